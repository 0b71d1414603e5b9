/* SPDX-License-Identifier: BSD-3-Clause */
/* What every benchmark needs. */
#ifndef TESTS_BENCH_H
#define TESTS_BENCH_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static inline uint64_t
clock_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
}

/* Ends the process where something is not as the benchmark needs it. */
static inline void
must(bool ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "benchmark: %s\n", what);
	exit(1);
}

#endif
