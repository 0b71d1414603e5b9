/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Takes any bytes through every parser of the wire room, touches every byte that a parser says is
 * there, and holds the parsers to their promises: what they point at lies within what they were
 * given, and what parses builds the same bytes again. Aborts where that fails, so that a fuzzer
 * and a plain test can share it.
 */
#ifndef TESTS_WIRE_WALK_H
#define TESTS_WIRE_WALK_H

#include <stddef.h>
#include <stdint.h>

/* An Ethernet frame, then whatever it carries. Returns a sum over what was read. */
uint64_t wire_walk_frame(const uint8_t *p, size_t len);

/* The bytes given to every parser in turn, whatever they are. */
uint64_t wire_walk_any(const uint8_t *p, size_t len);

/* The bytes as TCP options. */
uint64_t wire_walk_tcp_opts(const uint8_t *p, size_t len);

#endif
