/* SPDX-License-Identifier: BSD-3-Clause */
#include <time.h>

#include <mien/driver.h>

#include "clock.h"
#include "suites.h"

static uint64_t
kernel_clock(clockid_t id)
{
	struct timespec ts;

	clock_gettime(id, &ts);
	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

static void
ratio(void)
{
	const struct clock_mark from = {1000, 5000}, to = {1000 + 300000000, 5000 + 100000000};

	uint64_t r = clock_ratio(&from, &to); /* 3 GHz */

	CHECK_EQ_U((uint64_t)(((unsigned __int128)3000000000u * r) >> 32), 999999999);
}

static void
ratio_of_nothing(void)
{
	const struct clock_mark from = {1000, 5000}, soon = {2000, 6000}, back = {10, 200000000};

	CHECK_EQ_U(clock_ratio(&from, &soon), 0);
	CHECK_EQ_U(clock_ratio(&from, &back), 0);
}

static void
never_back(void)
{
	uint64_t last = mien_clock_now();

	for (int i = 0; i < 100000; i++) {
		uint64_t now = mien_clock_now();

		if (now < last)
			REQUIRE_FAIL("%llu after %llu", (unsigned long long)now, (unsigned long long)last);
		last = now;
	}
}

static void
keeps_pace(void)
{
	const struct timespec rest = {0, 50000000};
	uint64_t mine = mien_clock_now(), kernels = kernel_clock(CLOCK_MONOTONIC);

	nanosleep(&rest, NULL);
	mine = mien_clock_now() - mine;
	kernels = kernel_clock(CLOCK_MONOTONIC) - kernels;

	/* The bound allows for being preempted between the two readings. */
	CHECK(mine < kernels + 20000000 && kernels < mine + 20000000);
}

static void
wall(void)
{
	uint64_t now = mien_clock_now();

	uint64_t mine = mien_clock_wall(now), kernels = kernel_clock(CLOCK_REALTIME);

	CHECK(mine <= kernels && kernels - mine < 1000000000u);
	CHECK_EQ_U(kernels / 1000000000u / 31556952u >= 50, 1);
}

static const struct test_case cases[] = {
	{"the ratio of two marks turns ticks into nanoseconds", ratio},
	{"marks too close or in the wrong order give no ratio", ratio_of_nothing},
	{"the clock never goes back", never_back},
	{"the clock keeps pace with the kernel's", keeps_pace},
	{"a moment's wall-clock time is the kernel's", wall},
	{NULL, NULL},
};
const struct test_suite clock_suite = {.name = "clock", .cases = cases};
