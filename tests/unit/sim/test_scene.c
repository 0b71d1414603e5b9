/* SPDX-License-Identifier: BSD-3-Clause */
#include "scene.h"
#include "suites.h"

#define SEEDS 20000u
#define BACKLOG 1024u /* where neither listener nor personality says otherwise */

enum kind { OTHER, DOOMED, NEITHER };

/* Of all scenes drawn each doomed one may fail, and of the others not all. */
static void
only_the_doomed_may_fail(enum kind (*kind_of)(const struct sim_scene *s))
{
	struct mien_personality p;
	const struct mien_personality *const list[] = {&p};
	unsigned doomed = 0, right = 0;

	mien_personality_init_plain(&p);
	for (uint64_t seed = 1; seed <= SEEDS; seed++) {
		struct sim_scene s;
		enum kind kind;

		scene_draw(seed, list, 1, 50000, &s);
		kind = kind_of(&s);
		doomed += kind == DOOMED;
		right += kind == OTHER && !s.may_fail;
		CHECK(kind != DOOMED || (s.may_fail && s.plan.keepalive));
	}
	CHECK(doomed > 0);
	CHECK(right > 0);
}

/* Behind such a box each connection may leave a half-open one: from a full queue on SYNs are not answered. */
static enum kind
by_doubled_syns(const struct sim_scene *s)
{
	if (!scene_has_box(s, SIM_BOX_SYN_TWICE))
		return NEITHER;
	return s->plan.connections > BACKLOG ? DOOMED : OTHER;
}

static void
more_doubled_syns_than_may_be_half_open(void)
{
	only_the_doomed_may_fail(by_doubled_syns);
}

/* What is in front of a later connection's SYN may keep it for longer than it is tried. */
static enum kind
by_a_deep_queue(const struct sim_scene *s)
{
	uint64_t ahead = (uint64_t)s->plan.parallel * s->plan.down * (s->plan.rounds ? s->plan.rounds : 1);

	if (!s->plan.fast_open.client || !s->down.rate_bps || s->plan.parallel == s->plan.connections)
		return NEITHER;
	return !s->down.queue_bytes && ahead * 8 > 30 * s->down.rate_bps ? DOOMED : OTHER;
}

static void
a_queue_that_holds_half_a_minute(void)
{
	only_the_doomed_may_fail(by_a_deep_queue);
}

static const struct test_case cases[] = {
	{"more SYNs that come twice than may be half-open let connections time out", more_doubled_syns_than_may_be_half_open},
	{"a queue that holds half a minute lets later connections time out", a_queue_that_holds_half_a_minute},
	{NULL, NULL},
};

const struct test_suite scene_suite = {.name = "scene", .cases = cases};
