/* SPDX-License-Identifier: BSD-3-Clause */
/* The inside of a world: nodes and links (world.c), the course of time (world_run.c). */
#ifndef SIM_WORLD_PRIV_H
#define SIM_WORLD_PRIV_H

#include "world.h"

#define NO_WAY UINT32_MAX

struct world_way {
	struct way way;
	uint32_t from, to;
	uint32_t side; /* number of the link at its end: 0 is a box's inside */
	uint32_t back; /* the other direction */
};

struct world_node {
	bool is_host, poked;
	struct world_host host;
	uint64_t deadline; /* the stack's, as of its last step */
	uint64_t asleep_until;
	struct rte_mbuf **inbox;
	uint32_t inbox_count, inbox_cap;
	struct box box;
	struct world *world; /* for box.emit */
	uint32_t *route;     /* which way leads to that node */
	uint32_t *ways;	     /* that begin here */
	uint32_t way_count;
	uint32_t number;
};

struct world_timer {
	uint64_t when, order;
	world_timer_fn fn;
	void *ctx;
	uint64_t arg;
};

struct world {
	struct dice dice;
	uint64_t now, drift_from;
	struct rte_mempool *pool;
	bool stopping, routed;
	struct world_node **nodes;
	uint32_t node_count;
	struct world_way *ways;
	uint32_t way_count;
	/* When something arrives by each way, and when each node has something to do: what time looks at again and again. */
	uint64_t *arrivals, *wakes;
	struct world_timer *timers; /* a heap */
	uint32_t timer_count, timer_cap;
	uint64_t timer_order;
	world_seen_fn seen;
	void *seen_ctx;
	struct way_losses losses;
};

/* Which way leads where; once, when the first run begins. */
int world_route(struct world *w);
/* Sends m (taken) from a node, to which it came by way `in` (NO_WAY: it is the node's own). */
void world_forward(struct world *w, uint32_t node, struct rte_mbuf *m, uint32_t in);
/* Puts m (taken) into a host's inbox. */
void world_arrive(struct world *w, uint32_t node, struct rte_mbuf *m);
uint64_t world_next_timer(const struct world *w);
/* Finds anew when the node has something to do. */
void world_rewake(struct world *w, struct world_node *n);
/* Runs timers that are due; false when none was. */
bool world_run_timers(struct world *w);

#endif
