/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The time stamp counter as a clock in nanoseconds: one multiplication, no division, no system call.
 * Until it is calibrated, and where it does not run at a constant rate, CLOCK_MONOTONIC stands in.
 */
#include <stdbool.h>
#include <time.h>

#include <rte_cycles.h>

#include <mien/driver.h>

#include "clock.h"

#define NS_PER_SECOND 1000000000ull
/* Two marks this far apart give the rate to about one part in a million. */
#define SHORTEST_CALIBRATION_NS (50 * 1000000ull)

/* Written once, then read only: the counter's value and time at calibration, and its rate. */
static struct {
	uint64_t tsc, ns;
	uint64_t ratio; /* 0: not calibrated; atomic, written last */
} calibration;

static uint64_t
read_clock(clockid_t id)
{
	struct timespec ts;

	clock_gettime(id, &ts);
	return (uint64_t)ts.tv_sec * NS_PER_SECOND + (uint64_t)ts.tv_nsec;
}

/* The counter ticks at one rate in every power state (CPUID 80000007h EDX bit 8). */
static bool
counter_is_steady(void)
{
#if defined(__x86_64__)
	uint32_t a = 0x80000000u, b, c = 0, d;

	__asm__ volatile("cpuid" : "+a"(a), "=b"(b), "+c"(c), "=d"(d));
	if (a < 0x80000007u)
		return false;
	a = 0x80000007u;
	__asm__ volatile("cpuid" : "+a"(a), "=b"(b), "+c"(c), "=d"(d));
	return (d & 1u << 8) != 0;
#else
	return true;
#endif
}

struct clock_mark
clock_mark(void)
{
	struct clock_mark best = {0, 0};
	uint64_t shortest = UINT64_MAX;

	/* The tightest of a few readings: an interrupt between the two clocks must not tilt the rate. */
	for (int i = 0; i < 5; i++) {
		uint64_t before = rte_rdtsc();
		uint64_t ns = read_clock(CLOCK_MONOTONIC);
		uint64_t after = rte_rdtsc();

		if (after - before < shortest) {
			shortest = after - before;
			best = (struct clock_mark){before + (after - before) / 2, ns};
		}
	}
	return best;
}

uint64_t
clock_ratio(const struct clock_mark *from, const struct clock_mark *to)
{
	if (to->tsc <= from->tsc || to->ns - from->ns < SHORTEST_CALIBRATION_NS)
		return 0;
	return (uint64_t)(((unsigned __int128)(to->ns - from->ns) << 32) / (to->tsc - from->tsc));
}

void
clock_calibrate(const struct clock_mark *from)
{
	struct clock_mark now = clock_mark();

	if (calibration.ratio != 0 || !counter_is_steady())
		return;
	if (now.ns - from->ns < SHORTEST_CALIBRATION_NS) {
		struct timespec rest = {0, (long)(SHORTEST_CALIBRATION_NS - (now.ns - from->ns))};

		nanosleep(&rest, NULL);
		now = clock_mark();
	}
	calibration.tsc = now.tsc;
	calibration.ns = now.ns;
	__atomic_store_n(&calibration.ratio, clock_ratio(from, &now), __ATOMIC_RELEASE);
}

uint64_t
mien_clock_now(void)
{
	uint64_t ratio = __atomic_load_n(&calibration.ratio, __ATOMIC_ACQUIRE);
	uint64_t ticks;

	if (ratio == 0)
		return read_clock(CLOCK_MONOTONIC);
	ticks = rte_rdtsc() - calibration.tsc;
	return calibration.ns + (uint64_t)((unsigned __int128)ticks * ratio >> 32);
}

uint64_t
mien_clock_wall(uint64_t now)
{
	uint64_t wall = read_clock(CLOCK_REALTIME);

	return wall - (mien_clock_now() - now);
}
