/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Stacks and boxes joined by links, in one thread, under virtual time: always straight to the earliest arrival, timer or
 * deadline. Everything follows from the seed: the same calls give the same frames.
 *
 *	world_create(seed, start, pool, &w);
 *	world_add_host(w, &(struct world_host){.st = a}, &ha); ... hb
 *	world_add_box(w, &(struct sim_box_config){.what = SIM_BOX_PORTS}, &box);
 *	world_join(w, ha, box, &link, &link); world_join(w, box, hb, &link, &link);
 *	world_run(w, start + 10 * 1000000000ull);
 *
 * The topology is a tree. A box that rewrites has two links: the first one joined is inside. Host number n is the
 * station 02:00:00:00:hi:lo of n + 1; frames to a group reach everybody. Stacks and the pool stay the caller's.
 */
#ifndef SIM_WORLD_H
#define SIM_WORLD_H

#include <mien/stack.h>

#include "box.h"
#include "way.h"

struct world;

struct world_host {
	struct mien_stack *st;
	/* What the application hears; may be NULL. */
	void (*events)(void *ctx, unsigned host, const struct mien_event *events, unsigned n);
	void *ctx;
	bool sums; /* the stack does its own checksums, and verifies; otherwise the link vouches for undamaged frames */
	int32_t drift_ppm; /* its clock runs so much faster, from the last world_jump() on */
};

/* Every frame that a host sends, before any link touches it, or gets; m is borrowed. */
typedef void (*world_seen_fn)(void *ctx, uint64_t now, unsigned host, bool sent, const struct rte_mbuf *m, bool damaged);
typedef void (*world_timer_fn)(void *ctx, uint64_t arg);

/* Errors of all: ENOMEM. */
int world_create(uint64_t seed, uint64_t start_ns, struct rte_mempool *pool, struct world **out);
/* Frees frames on their way. */
void world_destroy(struct world *w);
int world_add_host(struct world *w, const struct world_host *config, unsigned *node);
int world_add_box(struct world *w, const struct sim_box_config *config, unsigned *node);
/* Joins two nodes by a link, the first direction from a to b. */
int world_join(struct world *w, unsigned a, unsigned b, const struct sim_link_config *there,
	const struct sim_link_config *back);
/* Changes one direction for the frames sent from now on. */
void world_set_link(struct world *w, unsigned from, unsigned to, const struct sim_link_config *config);
void world_observe(struct world *w, world_seen_fn fn, void *ctx);

/* Calls fn at a virtual time. */
int world_at(struct world *w, uint64_t when, world_timer_fn fn, void *ctx, uint64_t arg);
/* The host's application did something outside of its events. */
void world_poke(struct world *w, unsigned host);
/* The host stands still until then, as one that is suspended: its clock jumps. */
void world_sleep(struct world *w, unsigned host, uint64_t until);
/* Ends the running world_run() after this time; for callbacks. */
void world_stop(struct world *w);
/* Time jumps while nothing is on its way. */
void world_jump(struct world *w, uint64_t to);
uint64_t world_now(const struct world *w);
/* What the host's clock shows then: the time to call its stack with. */
uint64_t world_clock(const struct world *w, unsigned host, uint64_t when);
/* Of both directions of all links. */
void world_link_stats(const struct world *w, struct sim_link_stats *out);
/* The same; it counts on. */
const struct way_losses *world_losses(const struct world *w);
void world_box_stats(const struct world *w, struct sim_box_stats *out);
uint32_t world_in_flight(const struct world *w);

/*
 * Runs to `until`, or until nothing is due any more, or world_stop(). 0; MIEN_ESTATE when time stands still because
 * something due is never done.
 */
int world_run(struct world *w, uint64_t until);

static inline void
world_mac(unsigned host, uint8_t mac[6])
{
	mac[0] = 2;
	mac[1] = mac[2] = mac[3] = 0;
	mac[4] = (uint8_t)((host + 1) >> 8);
	mac[5] = (uint8_t)(host + 1);
}

#endif
