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
	struct goodput_got got;

	for (unsigned int i = 0; i < (sim_slow_build() ? 4 : 16); i++) {
		const struct goodput_cell cell = {.rate_mbit = MBIT, .rtt_ms = rtts[i % 4], .queue = queues[i / 8]};
		double least = 0.9 * goodput_ceiling(&cell);

		goodput_measure(&cell, &(struct goodput_run){.cc = kinds[i / 4 % 2], .flows = 1, .warm = 15, .seconds = 20,
			.seed = i + 1}, &got);
		if (got.mbit[0] < least)
			printf("RTT %g ms, queue %g: %.2f Mbit/s\n", cell.rtt_ms, cell.queue, got.mbit[0]);
		CHECK(got.mbit[0] >= least);
	}
}

/* Where the queue overflows before chance strikes, there is more loss than the function knows of. */
static void
random_loss_of_the_path(void)
{
	static const double rtts[] = {10, 50};
	struct goodput_got got;

	for (unsigned int i = 0; i < (sim_slow_build() ? 1 : 2); i++) {
		const struct goodput_cell cell = {.rate_mbit = MBIT, .rtt_ms = rtts[i], .queue = 1, .loss = 0.001};
		double sum = 0, least = goodput_response(&cell, goodput_path_rtt_ms(&cell), cell.loss);

		for (unsigned int seed = 1; seed <= 4; seed++) {
			goodput_measure(&cell, &(struct goodput_run){.cc = MIEN_CC_CUBIC, .flows = 1, .warm = 10,
				.seconds = 50, .seed = seed}, &got);
			sum += got.mbit[0] / 4;
		}
		if (sum < least)
			printf("RTT %g ms, loss %g: %.2f of %.2f Mbit/s\n", cell.rtt_ms, cell.loss, sum, least);
		CHECK(sum >= least);
	}
}

static void
random_loss(void)
{
	static const double losses[] = {0.001, 0.01, 0.02, 0.05};
	static const unsigned int seconds[] = {100, 200, 300, 300};
	struct goodput_got got;

	for (unsigned int i = 0; i < (sim_slow_build() ? 1 : 4); i++) {
		const struct goodput_cell cell = {.rate_mbit = MBIT, .rtt_ms = 50, .queue = 1, .loss = losses[i]};
		double least;

		goodput_measure(&cell, &(struct goodput_run){.cc = MIEN_CC_CUBIC, .flows = 1, .warm = 10,
			.seconds = seconds[i], .seed = 1}, &got);
		least = goodput_response_of(&cell, &got);
		if (got.mbit[0] < least)
			printf("loss %g: %.2f of %.2f Mbit/s\n", cell.loss, got.mbit[0], least);
		CHECK(got.mbit[0] >= least);
	}
}

static void
loss_in_turn(void)
{
	static const double losses[] = {0.001, 0.01, 0.02, 0.05};
	struct goodput_got got;

	for (unsigned int i = 0; i < (sim_slow_build() ? 1 : 4); i++) {
		const struct goodput_cell cell = {.rate_mbit = MBIT, .rtt_ms = 50, .queue = 1, .loss = losses[i],
			.periodic = true, .at_once = true};
		double window, rule;

		goodput_measure(&cell, &(struct goodput_run){.cc = MIEN_CC_CUBIC, .flows = 1, .warm = 10,
			.seconds = 100, .seed = 1}, &got);
		window = goodput_window_of(&cell, &got);
		rule = goodput_rule_window(got.srtt_ms, cell.loss, 100);
		if (window < 0.97 * rule)
			printf("loss %g: a window of %.2f segments, not %.2f\n", cell.loss, window, rule);
		CHECK(window >= 0.97 * rule);
	}
}

/* Against the response function itself: what it leaves out is missing there. */
static void
rule_is_the_function(void)
{
	CHECK(goodput_rule_window(50, 0.0001, 2000) > 0.99 * goodput_window(50, 0.0001));
	CHECK(goodput_rule_window(50, 0.001, 1000) > 0.95 * goodput_window(50, 0.001));
	CHECK(goodput_rule_window(50, 0.001, 1000) < goodput_window(50, 0.001));
}

static const struct test_case cases[] = {
	{"without loss nine tenths of a bottleneck are used, whatever the round trip and the buffer", no_loss},
	{"under few losses by lot CUBIC reaches RFC 9438's response function for the path", random_loss_of_the_path},
	{"under losses by lot CUBIC reaches RFC 9438's response function for its round trip", random_loss},
	{"under losses in turn CUBIC has the window of its rule in whole segments", loss_in_turn},
	{"the rule in whole segments comes near the response function where windows are large", rule_is_the_function},
	{NULL, NULL},
};

const struct test_suite goodput_suite = {.name = "goodput", .cases = cases};
