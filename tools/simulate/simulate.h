/* SPDX-License-Identifier: BSD-3-Clause */
/* mien simulate: flags to scenes (options.c), what came of them (report.c). */
#ifndef TOOLS_SIMULATE_H
#define TOOLS_SIMULATE_H

#include "cli.h"
#include "scene.h"

#define SIMULATE_SETS 16
#define SIMULATE_LIST 256

struct simulate_options {
	struct sim_scene scene; /* without --random, all of it; with it, what flags say on top */
	uint64_t seed, runs, segments, size;
	bool random, digest;
	const char *client, *server, *pcap, *workload;
	const char *sets[SIMULATE_SETS];
	unsigned n_sets;
	uint64_t bytes;
	int argc;
	char **argv;
};

/* Of all runs. */
struct simulate_totals {
	uint64_t runs, wrong_runs, frames, segments, bytes, cpu_ns, virtual_ns, violations, wrong, stuck, failed;
	uint64_t retransmits, timeouts, digest, connections;
	uint64_t by_rule[WATCH_RULES], habits[WATCH_HABITS];
	struct sim_link_stats link;
	struct sim_box_stats box;
	uint64_t wrong_seed; /* of the first wrong run */
	char first[320];
};

extern const struct flag simulate_flags[];

/* Makes a plan of --workload and --bytes and what stands beside them. A status. */
int simulate_plan(struct simulate_options *o);
void simulate_add(struct simulate_totals *t, const struct sim_scene *scene, const struct sim_outcome *o);
/* The command that plays a seed again. */
void simulate_replay(const struct simulate_options *o, uint64_t seed, FILE *out);
void simulate_report(const struct simulate_options *o, const struct simulate_totals *t);

#endif
