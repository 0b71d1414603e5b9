/* SPDX-License-Identifier: BSD-3-Clause */
/* mien simulate: stacks in personalities on a path that harms, under virtual time, and everything read along. */
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include <mien/profile.h>

#include "commands.h"
#include "simulate/simulate.h"
#include "wear.h"

static volatile sig_atomic_t stop;

static void
on_signal(int number)
{
	(void)number;
	stop = 1;
}

struct wardrobe {
	const struct mien_personality *all[SIMULATE_LIST];
	unsigned n;
};

/* Every personality that is no mere parent. */
static int
fill(struct wardrobe *w, const struct simulate_options *o)
{
	struct mien_profile_info info;
	int status = STATUS_FINE;

	wear_begin();
	for (size_t i = 0; mien_profile_builtin(i, &info) && w->n < SIMULATE_LIST && status == STATUS_FINE; i++)
		if (!info.abstract)
			w->all[w->n++] = wear_load(info.name, o->sets, o->n_sets, &status);
	wear_settle();
	return status;
}

static int
dress(struct simulate_options *o)
{
	int status = STATUS_FINE;
	unsigned n = o->scene.clients + o->scene.servers;

	for (unsigned i = 0; i < n && status == STATUS_FINE; i++) {
		const char *name = i < o->scene.clients ? o->client : o->server;

		if (name || !o->scene.p[i])
			o->scene.p[i] = wear_load(name ? name : "linux-6", o->sets, o->n_sets, &status);
	}
	return status;
}

/* The options of one seed: what is drawn first, then what flags say. */
static int
options_of(uint64_t seed, int argc, char **argv, const struct command *self, const struct wardrobe *w,
	struct simulate_options *o)
{
	int operand, status;
	bool done;

	*o = (struct simulate_options){.seed = 1, .runs = 1, .size = 50000, .argc = argc, .argv = argv};
	if (w) {
		struct simulate_options first = *o;

		status = cli_parse(argc, argv, self, &first, &operand, &done);
		if (status != STATUS_FINE)
			return status;
		scene_draw(seed, w->all, w->n, first.size, &o->scene);
	} else {
		o->scene.clients = o->scene.servers = 1;
		o->workload = "bulk";
		o->bytes = 1000000;
	}
	status = cli_parse(argc, argv, self, o, &operand, &done);
	if (status != STATUS_FINE)
		return status;
	if (o->workload) {
		if (w && !o->bytes)
			o->bytes = 1000000;
		status = simulate_plan(o);
	}
	o->scene.seed = seed;
	return status == STATUS_FINE ? dress(o) : status;
}

static int
one(struct simulate_options *o, struct sim_pools *pools, struct simulate_totals *t)
{
	struct mien_error error = {0};
	struct sim_outcome out;
	char *text = NULL;
	size_t len = 0;
	FILE *story = open_memstream(&text, &len);
	int rc;

	if (!story)
		return cli_error(STATUS_PORT, "out of memory");
	if (o->pcap && mien_capture_create(o->pcap, &o->scene.capture, &error) != MIEN_OK) {
		fclose(story);
		free(text);
		return cli_mien_error(mien_driver_exit_status(&error), &error);
	}
	rc = scene_run(&o->scene, pools, story, &out);
	fclose(story);
	if (o->scene.capture)
		mien_capture_close(o->scene.capture);
	o->scene.capture = NULL;
	if (rc == MIEN_OK)
		simulate_add(t, &o->scene, &out);
	if (rc == MIEN_OK && out.wrong) {
		fprintf(stderr, "seed %" PRIu64 ": ", o->scene.seed);
		scene_describe(&o->scene, stderr);
		fprintf(stderr, "again: ");
		simulate_replay(o, o->scene.seed, stderr);
		fputs(text, stderr);
	} else if (cli_out.verbose) {
		fprintf(stderr, "seed %" PRIu64 ": ", o->scene.seed);
		scene_describe(&o->scene, stderr);
	}
	free(text);
	return rc == MIEN_OK ? STATUS_FINE : cli_error(STATUS_PORT, "the simulation did not start: %s", mien_strerror(rc));
}

static int
run_all(struct simulate_options *o, const struct command *self, const struct wardrobe *w, struct sim_pools *pools,
	struct simulate_totals *t)
{
	uint64_t first = o->seed, runs = o->runs, segments = o->segments;
	static struct simulate_options each;
	struct progress progress;
	int status = STATUS_FINE;

	progress_begin(&progress, "simulating", segments ? "segments" : "runs", segments ? segments : runs);
	for (uint64_t i = 0; status == STATUS_FINE && !stop && (segments ? t->segments < segments : i < runs); i++) {
		status = options_of(first + i, o->argc, o->argv, self, w, &each);
		if (status == STATUS_FINE)
			status = one(&each, pools, t);
		progress_step(&progress, segments ? t->segments : i + 1);
	}
	progress_end(&progress, segments ? t->segments : t->runs);
	return status;
}

static int
check(const struct simulate_options *o)
{
	if (!o->random && (o->scene.up.mtu_silent && !o->scene.up.mtu))
		return cli_error(STATUS_USAGE, "--mtu-silent: give --mtu too");
	if (o->pcap && (o->runs > 1 || o->segments))
		return cli_error(STATUS_USAGE, "--pcap holds one run: leave --runs and --segments away");
	return STATUS_FINE;
}

static int
run(int argc, char **argv, const struct command *self)
{
	const struct sigaction action = {.sa_handler = on_signal};
	static struct simulate_options o;
	static struct wardrobe w;
	struct simulate_totals t = {0};
	struct mien_error error = {0};
	struct sim_pools pools;
	int operand, status;
	bool done;

	o = (struct simulate_options){.seed = 1, .runs = 1, .argc = argc, .argv = argv};
	status = cli_parse(argc, argv, self, &o, &operand, &done);
	if (status != STATUS_FINE || done)
		return status;
	if (operand < argc)
		return cli_error(STATUS_USAGE, "%s: takes no operand: see mien simulate --help", argv[operand]);
	status = check(&o);
	if (status == STATUS_FINE && o.random)
		status = fill(&w, &o);
	if (status != STATUS_FINE)
		return status;
	if (sim_pools_create(&pools, &error) != MIEN_OK)
		return cli_mien_error(mien_driver_exit_status(&error), &error);
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	status = run_all(&o, self, o.random ? &w : NULL, &pools, &t);
	if (t.runs)
		simulate_report(&o, &t);
	sim_pools_destroy(&pools);
	wear_forget();
	if (status != STATUS_FINE)
		return status;
	return t.wrong_runs ? STATUS_DIFFERENT : stop ? STATUS_INTERRUPTED : STATUS_FINE;
}

static const struct flag *const tables[] = {simulate_flags, NULL};

const struct command cmd_simulate = {
	.name = "simulate",
	.summary = "two or more hosts on a path that loses, delays and rewrites, under virtual time",
	.operands = "",
	.example = "  mien simulate --client windows-11 --server linux-6 --rate 10M --delay 20ms --loss 1% --bytes 10M\n"
		   "  mien simulate --box mss=1200,no-sack --workload request --rounds 1000 --bytes 300\n"
		   "  mien simulate --random --seed 7 --segments 1M\n",
	.flags = tables,
	.run = run,
};
