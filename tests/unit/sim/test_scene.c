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

static const struct test_case cases[] = {
	{"more SYNs that come twice than may be half-open let connections time out", more_doubled_syns_than_may_be_half_open},
	{NULL, NULL},
};

const struct test_suite scene_suite = {.name = "scene", .cases = cases};
