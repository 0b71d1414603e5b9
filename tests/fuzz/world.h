/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A stack under attack: two hosts, listeners, open connections, UDP endpoints, an application that
 * does as it likes, and time that goes in steps. Every choice comes from a struct choice.
 */
#ifndef TESTS_FUZZ_WORLD_H
#define TESTS_FUZZ_WORLD_H

#include <stdio.h>

#include <mien/stats.h>

#include "frames.h"
#include "wire_check.h"

struct world;

/* Seeds are borrowed. */
struct world *world_create(struct choice *choice, const struct frame *seeds, size_t n_seeds);
/* Everything that goes in and comes out is written there, as pcap with nanoseconds. Borrowed. */
void world_record(struct world *w, FILE *pcap);
/* One frame in, perhaps some time, perhaps calls of the application; what comes out is checked. */
void world_step(struct world *w);
/* Gives a frame as it is: exactly its bytes, so that a sanitizer sees a read behind them. */
void world_frame(struct world *w, const uint8_t *bytes, uint32_t len);
/* Some calls of the application. */
void world_app(struct world *w);
void world_time(struct world *w);
/* scenes.c: what was there before the input begins; each number is another, SCENES is one that has a bit of all. */
#define SCENES 24
void world_scene(struct world *w, unsigned int scene);

/* Frames given so far, frames answered, connections accepted, bytes read. */
struct world_stats {
	uint64_t frames, answers, accepted, opened, bytes, datagrams;
	uint64_t failures;
	uint64_t states[11]; /* connections seen in each, by enum mien_tcp_state */
	struct mien_counters counters; /* of the stack, at its end */
};
/* At its end the world's stats are added there. Borrowed. */
void world_sum(struct world *w, struct world_stats *sum);

/* Destroys the stack in whatever state it is. False when something was lost or wrong. */
bool world_end(struct world *w);

#endif
