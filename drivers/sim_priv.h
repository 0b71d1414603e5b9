/* SPDX-License-Identifier: BSD-3-Clause */
/* The inside of a simulation: nodes and links (sim_link.c), the course of time (sim_run.c). */
#ifndef DRIVERS_SIM_PRIV_H
#define DRIVERS_SIM_PRIV_H

#include <rte_mbuf.h>

#include "loop_timers.h"
#include "sim_link.h"

#define NO_LINK UINT32_MAX

struct sim_node {
	struct sim_node_config config;
	struct mien_capture *capture;
	uint32_t link;
	/* The direction away from this node. */
	uint64_t rng;
	uint64_t busy_until; /* the last frame offered is on the wire by then */
	/* Frames that have arrived. */
	struct rte_mbuf **inbox;
	uint32_t inbox_count, inbox_cap;
};

struct sim_link {
	struct sim_link_config config;
	struct sim_link_stats stats;
	uint32_t *members;
	uint32_t member_count;
};

/* A frame on its way. */
struct flight {
	uint64_t when;
	uint64_t order; /* equal times arrive in the order they were sent */
	struct rte_mbuf *m;
	uint32_t to;
};

struct sim {
	uint64_t seed, now;
	bool stopping;
	struct sim_node *nodes;
	uint32_t node_count;
	struct sim_link *links;
	uint32_t link_count;
	struct flight *flights; /* a heap by (when, order) */
	uint32_t flight_count, flight_cap;
	uint64_t flight_order;
	struct loop_timers timers;
};

/* Sends a frame from a node; takes m. */
void sim_transmit(struct sim *sim, uint32_t node, struct rte_mbuf *m);
/* Puts a frame into a node's inbox; takes m. */
void sim_arrive(struct sim *sim, uint32_t node, struct rte_mbuf *m);
/* When the next frame arrives; MIEN_NEVER. */
uint64_t sim_next_flight(const struct sim *sim);
/* Moves frames whose time has come into inboxes. */
void sim_land(struct sim *sim);

#endif
