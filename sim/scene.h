/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One simulation from beginning to end: clients and servers in personalities, a path of boxes between them, what they
 * say to each other, and everything that reads along.
 *
 *	clients --+                                            +-- servers
 *	clients --+-- junction -- box -- box -- link -- junction --+-- servers
 *
 * Junctions stand only where several hosts are.
 */
#ifndef SIM_SCENE_H
#define SIM_SCENE_H

#include <stdio.h>

#include <mien/driver.h>

#include "load.h"
#include "watch.h"

#define SCENE_HOSTS 64
#define SCENE_BOXES 4

/* What becomes of Fast Open's cookies. */
struct sim_cookies {
	bool forced;	   /* all personalities have Fast Open, with cookies of .len bytes, and .experimental or not */
	bool experimental;
	uint8_t len;
	bool renews;	   /* hosts put on their personality anew, as after a reboot */
	uint64_t every_ns; /* about so often keys change, cookies are forgotten, hosts renewed; 0: never */
};

struct sim_scene {
	uint64_t seed;
	unsigned clients, servers;		       /* 1 to SCENE_HOSTS / 2 each */
	const struct mien_personality *p[SCENE_HOSTS]; /* clients first, then servers */
	struct sim_link_config up, down;	       /* towards the servers, towards the clients */
	struct sim_box_config boxes[SCENE_BOXES];
	unsigned n_boxes;
	struct sim_plan plan;
	uint16_t change_mtu;   /* at change_at the path's MTU becomes this; 0: it stays */
	uint64_t change_at_ns;
	uint64_t sleep_every_ns, sleep_ns; /* hosts stand still now and then: their clocks jump */
	int32_t drift_ppm[SCENE_HOSTS]; /* by how much their clocks run faster */
	struct sim_cookies cookies; /* where the plan has Fast Open */
	bool ecn;	       /* hosts ask for ECN and agree to it, whatever their personality does */
	bool wrap_seq, wrap_ts; /* sequence numbers, timestamps pass 2^32 soon */
	bool sums;	       /* checksums are computed and verified in software */
	bool arp;	       /* neighbours are asked for */
	bool may_fail;	       /* connections may time out */
	uint64_t most_ns;      /* virtual time at most; 0: 60 days */
	struct mien_capture *capture; /* everything hosts send; not owned */
};

/* Whether a box on the way does any of that. */
static inline bool
scene_has_box(const struct sim_scene *s, uint32_t what)
{
	for (unsigned i = 0; i < s->n_boxes; i++)
		if (s->boxes[i].what & what)
			return true;
	return false;
}

struct sim_outcome {
	uint64_t frames, virtual_ns, cpu_ns, digest;
	uint64_t begin_ns; /* virtual */
	uint64_t wrong;	   /* violations, wrong bytes, connections stuck or left, memory left: 0 is right */
	struct watch_stats watch;
	struct load_stats load;
	struct sim_link_stats link;
	struct sim_box_stats box;
	uint64_t retransmits, timeouts; /* of all stacks */
	char first[320]; /* what went wrong first */
};

/* mbufs for any number of scenes, one after the other. */
struct sim_pools {
	struct rte_mempool *frames, *views;
};
/* Starts DPDK in its plain form when it is not running. */
int sim_pools_create(struct sim_pools *pools, struct mien_error *error);
void sim_pools_destroy(struct sim_pools *pools);

/* Runs it. What goes wrong first is told on `story` (may be NULL) with the segments before it. Errors: as the stack's. */
int scene_run(const struct sim_scene *scene, struct sim_pools *pools, FILE *story, struct sim_outcome *out);

/* Draws everything from the seed: personalities of a list, path and plan. size: segments, roughly. */
void scene_draw(uint64_t seed, const struct mien_personality *const *list, unsigned n, uint64_t size,
	struct sim_scene *out);
/* So many half-open at once, or talking, may be too many for a server's queue or one in front of the link. */
bool scene_is_crowded(const struct sim_scene *scene, uint32_t half_open, uint32_t talking);
/* In words, on one line. */
void scene_describe(const struct sim_scene *scene, FILE *out);

#endif
