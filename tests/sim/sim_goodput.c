/* SPDX-License-Identifier: BSD-3-Clause */
/* The grid of goodput, reduced; `goodput` measures all of it. */
#include <stdio.h>

#include "goodput.h"
#include "suites.h"

#define MBIT 20

static void
no_loss(void)
{
	static const double rtts[] = {1, 10, 50, 200};
	static const enum mien_cc kinds[] = {MIEN_CC_CUBIC, MIEN_CC_CUBIC_LINUX};
	struct goodput_got got;

	for (unsigned int i = 0; i < (sim_slow_build() ? 4 : 8); i++) {
		const struct goodput_cell cell = {.rate_mbit = MBIT, .rtt_ms = rtts[i % 4], .queue = 0.25};
		double least = 0.9 * goodput_ceiling(&cell);

		goodput_measure(&cell, &(struct goodput_run){.cc = kinds[i / 4], .flows = 1, .warm = 15, .seconds = 15,
			.seed = i + 1}, &got);
		if (got.mbit[0] < least)
			printf("RTT %g ms: %.2f Mbit/s\n", cell.rtt_ms, got.mbit[0]);
		CHECK(got.mbit[0] >= least);
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
		window = got.mbit[0] * 1e3 / 8 / GOODPUT_PAYLOAD / (1 - cell.loss) * got.srtt_ms;
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
	{"without loss nine tenths of a bottleneck are used behind a short queue, whatever the round trip", no_loss},
	{"under losses by lot CUBIC reaches RFC 9438's response function for its round trip", random_loss},
	{"under losses in turn CUBIC has the window of its rule in whole segments", loss_in_turn},
	{"the rule in whole segments comes near the response function where windows are large", rule_is_the_function},
	{NULL, NULL},
};

const struct test_suite goodput_suite = {.name = "goodput", .cases = cases};
