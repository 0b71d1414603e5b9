/* SPDX-License-Identifier: BSD-3-Clause */
/* The three blocks of a pcapng file that a capture needs (draft-ietf-opsawg-pcapng). */
#ifndef DRIVERS_PCAPNG_WRITE_H
#define DRIVERS_PCAPNG_WRITE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/* Longest frame that is kept whole. */
#define PCAPNG_SNAPLEN 262144u

/* Section header and one Ethernet interface whose stamps are in nanoseconds. False when it could not be written. */
bool pcapng_write_header(FILE *f);
/* One packet: captured bytes of an original length, ns since 1970. */
bool pcapng_write_packet(FILE *f, uint64_t ns, const void *data, uint32_t captured, uint32_t original);

#endif
