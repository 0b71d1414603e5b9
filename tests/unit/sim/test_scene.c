/* SPDX-License-Identifier: BSD-3-Clause */
#include "scene.h"
#include "suites.h"

#define SEEDS 20000u
#define BACKLOG 1024u /* where neither listener nor personality says otherwise */

/* Behind such a box each connection may leave a half-open one: from a full queue on SYNs are not answered. */
static void
more_doubled_syns_than_may_be_half_open(void)
{
	struct mien_personality p;
	const struct mien_personality *const list[] = {&p};
	unsigned many = 0, few_right = 0;

	mien_personality_init_plain(&p);
	for (uint64_t seed = 1; seed <= SEEDS; seed++) {
		struct sim_scene s;

		scene_draw(seed, list, 1, 50000, &s);
		if (!scene_has_box(&s, SIM_BOX_SYN_TWICE))
			continue;
		if (s.plan.connections > BACKLOG) {
			many++;
			CHECK(s.may_fail && s.plan.keepalive);
		} else {
			few_right += !s.may_fail;
		}
	}
	CHECK(many > 0);
	CHECK(few_right > 0);
}

/* What is in front of a later connection's SYN may keep it for longer than it is tried. */
static void
a_queue_that_holds_half_a_minute(void)
{
	struct mien_personality p;
	const struct mien_personality *const list[] = {&p};
	unsigned deep = 0, others = 0;

	mien_personality_init_plain(&p);
	for (uint64_t seed = 1; seed <= SEEDS; seed++) {
		struct sim_scene s;
		uint64_t ahead;

		scene_draw(seed, list, 1, 50000, &s);
		ahead = (uint64_t)s.plan.parallel * s.plan.down * (s.plan.rounds ? s.plan.rounds : 1);
		if (!s.plan.fast_open.client || !s.down.rate_bps || s.plan.parallel == s.plan.connections)
			continue;
		if (!s.down.queue_bytes && ahead * 8 > 30 * s.down.rate_bps) {
			deep++;
			CHECK(s.may_fail && s.plan.keepalive);
		} else {
			others += !s.may_fail;
		}
	}
	CHECK(deep > 0);
	CHECK(others > 0);
}

static const struct test_case cases[] = {
	{"more SYNs that come twice than may be half-open let connections time out", more_doubled_syns_than_may_be_half_open},
	{"a queue that holds half a minute lets later connections time out", a_queue_that_holds_half_a_minute},
	{NULL, NULL},
};

const struct test_suite scene_suite = {.name = "scene", .cases = cases};
