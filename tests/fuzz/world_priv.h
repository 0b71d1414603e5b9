/* SPDX-License-Identifier: BSD-3-Clause */
/* Inside of a world, for its own files. */
#ifndef TESTS_FUZZ_WORLD_PRIV_H
#define TESTS_FUZZ_WORLD_PRIV_H

#include <mien/mien.h>

#include "world.h"

#define CONNS 96 /* handles the application knows */
#define MS UINT64_C(1000000)

struct world {
	struct choice *choice;
	struct forge forge;
	struct mien_stack *st;
	uint64_t now;
	struct rte_mempool *pool, *views;
	struct mien_personality p[3];
	uint64_t host[FORGE_HOSTS], listener /* 0: none listens */, udp[2];
	uint64_t conns[CONNS], conn_last;
	struct wire_check *wire;
	FILE *pcap;
	struct world_stats stats, *sum;
	struct frame frame;
};

/* Something is wrong: told, and counted. */
void world_fail(struct world *w, const char *what);
/* A frame in one piece, nothing chosen. */
void world_give(struct world *w, const struct frame *f);
/* The application has a connection. */
void world_know(struct world *w, uint64_t conn);
/* What the stack has to send, to the checker and to the forge's ears. */
void world_drain(struct world *w);
/* Events to the application, all that wait. */
void world_listen(struct world *w);

#endif
