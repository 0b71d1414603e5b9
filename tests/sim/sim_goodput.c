/* SPDX-License-Identifier: BSD-3-Clause */
/* The grid of goodput, reduced; `goodput` measures all of it. */
#include <stdio.h>

#include "goodput.h"
#include "suites.h"

#define MBIT 20

static void
no_loss(void)
{
	static const double rtts[] = {1, 10, 50, 200}, queues[] = {0.25, 1};
	static const enum mien_cc kinds[] = {MIEN_CC_CUBIC, MIEN_CC_CUBIC_LINUX};
	double mbit[GOODPUT_FLOWS];

	for (unsigned int i = 0; i < (sim_slow_build() ? 4 : 16); i++) {
		const struct goodput_cell cell = {.rate_mbit = MBIT, .rtt_ms = rtts[i % 4], .queue = queues[i / 8]};
		double least = 0.9 * goodput_ceiling(&cell);

		goodput_measure(&cell, kinds[i / 4 % 2], 1, 15, 20, i + 1, mbit);
		if (mbit[0] < least)
			printf("RTT %g ms, queue %g: %.2f Mbit/s\n", cell.rtt_ms, cell.queue, mbit[0]);
		CHECK(mbit[0] >= least);
	}
}

/* Where the queue overflows before chance strikes, there is more loss than the function knows of. */
static void
random_loss(void)
{
	static const struct goodput_cell cells[] = {
		{.rate_mbit = MBIT, .rtt_ms = 10, .queue = 1, .loss = 0.001},
		{.rate_mbit = MBIT, .rtt_ms = 50, .queue = 1, .loss = 0.001},
	};
	double mbit[GOODPUT_FLOWS];

	for (unsigned int i = 0; i < (sim_slow_build() ? 1 : 2); i++) {
		double sum = 0, least = goodput_response(&cells[i]);

		for (unsigned int seed = 1; seed <= 4; seed++) {
			goodput_measure(&cells[i], MIEN_CC_CUBIC, 1, 10, 50, seed, mbit);
			sum += mbit[0] / 4;
		}
		if (sum < least)
			printf("RTT %g ms, loss %g: %.2f of %.2f Mbit/s\n", cells[i].rtt_ms, cells[i].loss, sum, least);
		CHECK(sum >= least);
	}
}

static const struct test_case cases[] = {
	{"without loss nine tenths of a bottleneck are used, whatever the round trip and the buffer", no_loss},
	{"under random loss CUBIC reaches RFC 9438's response function", random_loss},
	{NULL, NULL},
};

const struct test_suite goodput_suite = {.name = "goodput", .cases = cases};
