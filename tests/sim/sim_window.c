/* SPDX-License-Identifier: BSD-3-Clause */
/* A path of 100 Mbit/s and 100 ms holds 1.25 MB: whether the receive buffer follows. */
#include <inttypes.h>
#include <stdio.h>

#include "suites.h"

#define MBIT 1000000.0

static void
room(struct mien_stack_config *config, unsigned stack)
{
	config->sndbuf = 8u << 20;
}

/* bit/s of one flow after `warm` seconds, to a receiver whose buffer of 64 KiB grows by this policy. */
static double
goodput(enum mien_growth growth, uint32_t step, unsigned warm)
{
	const struct rig_link_config link = {.delay_ns = 50 * RIG_MS, .rate_bps = 100000000, .queue_ns = 100 * RIG_MS};
	struct mien_personality sender, receiver;
	struct rig_conn *s;
	struct stack_rig *r;
	uint64_t before;

	mien_personality_init_plain(&sender);
	sender.tcp.cc = MIEN_CC_CUBIC;
	sender.tcp.recovery = MIEN_RECOVERY_RACK;
	sender.tcp.tlp = sender.tcp.prr = 1;
	mien_personality_init_plain(&receiver);
	receiver.tcp.growth = (uint8_t)growth;
	receiver.tcp.rcv_step = step;
	r = rig_create(&(struct rig_config){.p = {&receiver, &sender}, .link = link, .mbufs = 32768, .no_digest = true,
		.tune = room});
	rig_listen(r, 0, 80, &(struct rig_plan){.read = RIG_PIECES});
	rig_connect(r, 1, 0, 80, &(struct rig_plan){.send = UINT64_MAX / 2, .write = RIG_MBUF});
	rig_run(r, warm * RIG_SECOND);
	s = rig_last(r, 0);
	REQUIRE_NOT_NULL(s);
	before = s->received;
	rig_run(r, 5 * RIG_SECOND);
	before = s->received - before;
	CHECK_EQ_U(rig_abandon(r), 0);
	return (double)before * 8 / 5;
}

static void
policies(void)
{
	static const struct {
		const char *name;
		enum mien_growth growth;
		uint32_t step;
		unsigned warm;
		double least, most;
	} all[] = {
		{"double", MIEN_GROWTH_DOUBLE, 0, 10, 85 * MBIT, 100 * MBIT},
		{"right-size", MIEN_GROWTH_RIGHT, 0, 10, 85 * MBIT, 100 * MBIT},
		{"step of half", MIEN_GROWTH_STEP, 0, 10, 85 * MBIT, 100 * MBIT},
		{"step of 16 KiB", MIEN_GROWTH_STEP, 16384, 20, 85 * MBIT, 100 * MBIT},
		{"fixed", MIEN_GROWTH_FIXED, 0, 5, 4 * MBIT, 5.5 * MBIT},
	};

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		double rate = goodput(all[i].growth, all[i].step, all[i].warm);

		printf("\t%-16s %6.1f Mbit/s\n", all[i].name, rate / MBIT);
		if (rate < all[i].least || rate > all[i].most)
			FAIL("%s: %.1f Mbit/s", all[i].name, rate / MBIT);
	}
}

static const struct test_case cases[] = {
	{"the receive buffer does not bound a long path where it grows", policies},
	{NULL, NULL},
};

const struct test_suite window_suite = {.name = "window", .cases = cases};
