/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Millions of hostile frames without a fuzzer:
 *
 *	soak [--frames N] [--seconds N] [--seed N] [--every N] [--pcap OUT] [CAPTURE...]
 *
 * Every N frames (200000) the stack is destroyed as it is and another begins with the next seed, so
 * that `--seed S --frames N` repeats a failure of the world with seed S, given the same captures;
 * --pcap writes what went in and came out of the last world. Frames of the captures are used among
 * others.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <mien/personality.h>

#include "capture.h"
#include "world.h"

struct args {
	uint64_t frames, seconds, seed, every;
	const char *pcap;
	struct frame *seeds;
	size_t n_seeds, cap;
};

static void
load(struct args *a, const char *path)
{
	struct capture_reader *r;
	struct capture_frame f;
	struct mien_error error;

	if (capture_open(path, &r, &error) != MIEN_OK)
		return; /* malformed captures are other tests' matter */
	while (capture_next(r, &f, &error) == 1 && a->n_seeds < 20000) {
		if (a->n_seeds == a->cap) {
			a->cap = a->cap ? 2 * a->cap : 256;
			a->seeds = realloc(a->seeds, a->cap * sizeof(*a->seeds));
			if (!a->seeds)
				abort();
		}
		if (f.len > FRAME_CAP)
			continue;
		a->seeds[a->n_seeds].len = f.len;
		memcpy(a->seeds[a->n_seeds++].b, f.data, f.len);
	}
	capture_close(r);
}

static bool
number(const char *name, int *i, int argc, char **argv, uint64_t *out)
{
	if (strcmp(argv[*i], name) != 0 || *i + 1 >= argc)
		return false;
	*out = strtoull(argv[++*i], NULL, 0);
	return true;
}

static uint64_t
seconds_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec;
}

static bool
soak(const struct args *a, struct world_stats *sum)
{
	uint64_t end = a->seconds ? seconds_now() + a->seconds : UINT64_MAX;

	for (uint64_t seed = a->seed; sum->frames < a->frames && seconds_now() < end; seed++) {
		struct choice choice = {0};
		FILE *pcap = a->pcap ? fopen(a->pcap, "wb") : NULL;
		struct world *w;

		rng_seed(&choice.rng, seed);
		w = world_create(&choice, a->seeds, a->n_seeds);
		world_sum(w, sum);
		if (pcap)
			world_record(w, pcap);
		for (uint64_t i = 0; i < a->every && sum->frames + i < a->frames; i++) {
			world_step(w);
			if (i % 4096 == 0 && seconds_now() >= end)
				break;
		}
		if (pcap)
			fclose(pcap);
		if (!world_end(w)) {
			printf("the world with seed %" PRIu64 " went wrong\n", seed);
			return false;
		}
	}
	return true;
}

int
main(int argc, char **argv)
{
	struct args a = {.frames = 1000000, .seed = 1, .every = 200000};
	struct world_stats sum = {0};
	bool good;

	for (int i = 1; i < argc; i++)
		if (strcmp(argv[i], "--pcap") == 0 && i + 1 < argc)
			a.pcap = argv[++i];
		else if (!number("--frames", &i, argc, argv, &a.frames) &&
			!number("--seconds", &i, argc, argv, &a.seconds) &&
			!number("--seed", &i, argc, argv, &a.seed) && !number("--every", &i, argc, argv, &a.every))
			load(&a, argv[i]);
	good = soak(&a, &sum);
	printf("%" PRIu64 " frames (%zu seeds), %" PRIu64 " answers, %" PRIu64 " connections accepted, %" PRIu64
	       " opened, %" PRIu64 " bytes read, %" PRIu64 " datagrams\n",
		sum.frames, a.n_seeds, sum.answers, sum.accepted, sum.opened, sum.bytes, sum.datagrams);
	for (enum mien_tcp_state s = MIEN_TCP_SYN_SENT; s < MIEN_TCP_STATE_COUNT; s++) {
		printf("%s %" PRIu64 "%s", mien_tcp_state_name(s), sum.states[s], s == MIEN_TCP_TIME_WAIT ? "\n" : ", ");
		good = good && (sum.states[s] || sum.frames < 1000000);
	}
	/* A soak that nothing answers shows nothing. */
	good = good && sum.accepted > sum.frames / 500 && sum.bytes > 0 && sum.answers > sum.frames / 20;
	printf("%d passed, %d failed\n", good, !good);
	free(a.seeds);
	return !good;
}
