/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A server whose core is the clock: virtual time goes on by the time that the server's calls took, and everybody else
 * (peers, newcomers, attackers) costs nothing. So one thread says what a core and a port of its own would do.
 */
#ifndef TOOLS_BENCH_FLOOD_H
#define TOOLS_BENCH_FLOOD_H

#include "bench.h"
#include "flood_frames.h"

#define FLOOD_RING 4096 /* descriptors of the server's port */
#define FLOOD_WIRE 65536 /* frames under way in one direction at most */

enum flood_stack { FLOOD_SERVER, FLOOD_PEER, FLOOD_NEWCOMER, FLOOD_STACKS };

struct flood_setup {
	uint64_t connections; /* established, uploading as fast as they may */
	uint64_t link_mbps;   /* 0: no limit */
	uint64_t delay_us;    /* one way */
	const struct mien_personality *p;
};

/* A direction of a link: its own rate, one delay for all. */
struct flood_wire {
	struct flood_frame {
		uint64_t at;
		struct rte_mbuf *m;
	} *frames; /* FLOOD_WIRE */
	uint32_t head, tail;
	uint64_t idle_at; /* when the last byte put on it has left */
};

/* Connections opened one after the other while all that goes on. */
struct flood_newcomers {
	uint64_t next_at, gap_ns;
	uint64_t since; /* those who asked before, and those of UINT64_MAX, do not count */
	uint32_t asked, done;
	uint64_t slowest_ns;
};

struct flood_world {
	const struct flood_setup *setup;
	struct rte_mempool *pool[2], *views[2]; /* the server's, everybody else's */
	struct mien_personality plain;
	struct mien_stack *st[FLOOD_STACKS];
	struct bench_server server;
	struct bench_client client;
	struct flood_newcomers newcomers;
	struct flood_wire to_server[FLOOD_STACKS], from_server[FLOOD_STACKS];
	struct rte_mbuf *ring[FLOOD_RING];
	uint32_t ring_head, ring_tail;
	uint64_t now;	     /* ns */
	uint64_t busy;	     /* ns of the server's core */
	uint64_t clock_cost; /* ns that reading the clock takes */
	struct flood *flood; /* NULL: peace */
	uint64_t flood_at, flood_gap;
	uint64_t offered, missed, missed_peers; /* frames; what found no descriptor */
	uint32_t most_tcbs, most_held, most_in_use; /* TCBs, mbufs in queues, mbufs out of the server's pool */
};

int flood_world_create(struct flood_world *w, const struct flood_setup *setup, struct mien_error *error);
void flood_world_free(struct flood_world *w);
/** Turns until `end`. */
void flood_world_run(struct flood_world *w, uint64_t end);
/** Every connection is up and sends. */
bool flood_world_warm_up(struct flood_world *w);
/** ns of the server's core for one frame of the flood, with nothing else to do. */
double flood_world_frame_ns(struct flood_world *w, uint32_t frames);

#endif
