/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A network of stacks in one process under virtual time: nodes on links that delay, limit, lose, duplicate, reorder
 * and corrupt. Everything follows from the seed: the same calls give the same bytes and the same counters.
 *
 *	sim_create(seed, start, &sim);
 *	sim_add_node(sim, &(struct sim_node_config){.st = a, .pool = pool}, &node_a); ... node_b
 *	sim_add_link(sim, &(struct sim_link_config){.delay_ns = 10000000, .loss_ppm = 20000}, &link);
 *	sim_join(sim, link, node_a); sim_join(sim, link, node_b);
 *	sim_run(sim, start + 10 * 1000000000ull);
 *
 * One thread. Stacks and pools stay the caller's; the stacks must outlive the simulation.
 */
#ifndef DRIVERS_SIM_LINK_H
#define DRIVERS_SIM_LINK_H

#include <mien/driver.h>

struct sim;

struct sim_node_config {
	struct mien_stack *st;
	struct rte_mempool *pool; /* frames are copied into it on arrival, as a wire would */
	struct mien_app app;	  /* what the application hears; may be empty */
};

/* All zero: a wire that delivers everything at once. Both directions alike. */
struct sim_link_config {
	uint64_t delay_ns;
	uint64_t rate_bps;	/* 0: no limit */
	uint32_t queue_bytes;	/* waiting to be sent at the rate; 0: no limit */
	uint32_t loss_ppm;	/* of a million frames */
	uint32_t duplicate_ppm;
	uint32_t reorder_ppm;	/* frames that come reorder_ns late */
	uint64_t reorder_ns;	/* 0: 5 ms */
	uint32_t corrupt_ppm;	/* one bit behind the Ethernet header flips; what has no checksum is lost instead */
};

/* Of all senders on a link. */
struct sim_link_stats {
	uint64_t frames, bytes; /* offered by the stacks */
	uint64_t delivered;	/* copies included, one for each receiver */
	uint64_t lost, queue_full, duplicated, reordered, corrupted, no_mbuf;
};

/* Errors: ENOMEM. */
int sim_create(uint64_t seed, uint64_t start_ns, struct sim **out);
/* Frees frames on their way. */
void sim_destroy(struct sim *sim);
int sim_add_node(struct sim *sim, const struct sim_node_config *config, unsigned *node);
int sim_add_link(struct sim *sim, const struct sim_link_config *config, unsigned *link);
/* Puts a node on a link; a node is on one link, a link takes any number: each frame reaches all others. */
int sim_join(struct sim *sim, unsigned link, unsigned node);
/* Changes a link for the frames sent from now on. */
void sim_set_link(struct sim *sim, unsigned link, const struct sim_link_config *config);
void sim_link_stats(const struct sim *sim, unsigned link, struct sim_link_stats *out);

/* Writes what the node sends and receives into a capture, stamped with virtual time. NULL ends it. Not owned. */
void sim_capture(struct sim *sim, unsigned node, struct mien_capture *capture);
/* Calls fn at a virtual time. */
int sim_at(struct sim *sim, uint64_t when, mien_timer_fn fn, void *ctx);
/* Ends the running sim_run() after this step; for callbacks. */
void sim_stop(struct sim *sim);
uint64_t sim_now(const struct sim *sim);
/* Frames on their way. */
unsigned sim_in_flight(const struct sim *sim);

/*
 * Runs to `until`, or until nothing is due any more, or sim_stop(). Time goes straight to the next arrival, timer or
 * deadline. 0, or MIEN_ESTATE when time stands still because something due is never done.
 */
int sim_run(struct sim *sim, uint64_t until);

#endif
