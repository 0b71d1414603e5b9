/* SPDX-License-Identifier: BSD-3-Clause */
/* The ways of finding loss against each other, over links that lose, reorder and stall. */
#include <inttypes.h>
#include <stdio.h>

#include "suites.h"

#define MIB (1u << 20)

/* A sender that recovers in this way. */
static struct mien_personality
sender(enum mien_recovery by, bool modern)
{
	struct mien_personality p;

	mien_personality_init_plain(&p);
	p.tcp.recovery = (uint8_t)by;
	p.tcp.tlp = p.tcp.prr = p.tcp.frto = modern;
	p.tcp.undo = modern ? MIEN_UNDO_BOTH : MIEN_UNDO_OFF;
	return p;
}

struct outcome {
	struct mien_counters sent;
	uint64_t ns;
};

/* Bytes from stack 1 to stack 0, all of which must arrive. */
static struct outcome
transfer(const struct mien_personality *p, const struct rig_link_config *link, uint64_t bytes, uint64_t seed)
{
	struct stack_rig *r = rig_create(
		&(struct rig_config){.p = {p, p}, .link = *link, .inspect = true, .seed = seed});
	struct outcome o;
	struct rig_conn *c, *s;
	uint64_t begin = r->now;

	rig_listen(r, 0, 80, &(struct rig_plan){.read = RIG_MIX});
	c = rig_connect(r, 1, 0, 80, &(struct rig_plan){.send = bytes, .finish = true, .write = RIG_MIX});
	CHECK(rig_settle(r, 10000 * RIG_SECOND));
	s = rig_last(r, 0);
	REQUIRE_NOT_NULL(s);
	CHECK_EQ_I(c->err, MIEN_OK);
	CHECK_EQ_U(s->received, bytes);
	o.ns = r->now - begin;
	mien_stack_counters(r->st[1], &o.sent);
	CHECK_EQ_U(rig_end(r), 0);
	return o;
}

static uint64_t
size(void)
{
	return sim_slow_build() ? MIB / 2 : 2 * MIB;
}

/* Late by less than a quarter of the round trip, but by more than three segments; long enough for RACK to learn it. */
static void
reordering_alone(void)
{
	const struct rig_link_config link = {.delay_ns = 20 * RIG_MS, .rate_bps = 50000000, .queue_ns = RIG_SECOND,
		.reorder_ppm = 20000, .reorder_ns = 5 * RIG_MS};
	const struct mien_personality rack = sender(MIEN_RECOVERY_RACK, true), sack = sender(MIEN_RECOVERY_SACK, false),
				      newreno = sender(MIEN_RECOVERY_NEWRENO, false);
	uint64_t by_rack = 0, by_sack = 0, by_newreno = 0, segments = 0;

	for (uint64_t seed = 1; seed <= 4; seed++) {
		const struct outcome o = transfer(&rack, &link, 2 * MIB, seed);

		by_rack += o.sent.tcp_retransmits;
		segments += o.sent.tcp_segments_sent;
		by_sack += transfer(&sack, &link, 2 * MIB, seed).sent.tcp_retransmits;
		by_newreno += transfer(&newreno, &link, 2 * MIB, seed).sent.tcp_retransmits;
	}

	/* nothing was lost: whatever was sent again was needless */
	if (by_rack * 10 > by_sack || by_rack * 200 > segments)
		printf("sent again: rack %" PRIu64 " of %" PRIu64 ", sack %" PRIu64 ", newreno %" PRIu64 "\n", by_rack,
			segments, by_sack, by_newreno);
	CHECK(by_rack * 10 <= by_sack);
	CHECK(by_rack * 10 <= by_newreno);
	CHECK(by_rack * 200 <= segments);
}

static void
every_way_over_bad_links(void)
{
	static const struct rig_link_config links[] = {
		{.delay_ns = 5 * RIG_MS, .loss_ppm = 50000},
		{.delay_ns = 20 * RIG_MS, .rate_bps = 20000000, .queue_ns = 30 * RIG_MS},
		{.delay_ns = 10 * RIG_MS, .loss_ppm = 20000, .reorder_ppm = 50000, .reorder_ns = 7 * RIG_MS,
			.duplicate_ppm = 20000},
		{.delay_ns = RIG_MS, .duplicate_ppm = 1000000},
		{.delay_ns = RIG_MS, .rate_bps = 100000000, .reorder_ppm = 300000, .reorder_ns = 10 * RIG_MS},
	};

	for (unsigned int i = 0; i < sizeof(links) / sizeof(links[0]); i++)
		for (unsigned int way = 0; way < 2 * MIEN_RECOVERY_COUNT; way++) {
			const struct mien_personality p = sender((enum mien_recovery)(way / 2), way % 2);

			(void)transfer(&p, &links[i], MIB / 2, i * 7 + way);
		}
}

/* RACK finds lost retransmissions and tails: timeouts are left to what nothing else can tell. */
static void
fewer_timeouts(void)
{
	const struct rig_link_config link = {.delay_ns = 20 * RIG_MS, .loss_ppm = 50000};
	const struct mien_personality rack = sender(MIEN_RECOVERY_RACK, true), sack = sender(MIEN_RECOVERY_SACK, false);
	uint64_t by_rack = 0, by_sack = 0;

	for (uint64_t seed = 1; seed <= 4; seed++) {
		by_rack += transfer(&rack, &link, size(), seed).sent.tcp_rto_expired;
		by_sack += transfer(&sack, &link, size(), seed).sent.tcp_rto_expired;
	}

	if (by_rack * 2 > by_sack)
		printf("timeouts: rack %" PRIu64 ", sack %" PRIu64 "\n", by_rack, by_sack);
	CHECK(by_rack * 2 <= by_sack);
}

/* The link holds everything for longer than the timeout, and loses nothing. */
static void
stalls(void)
{
	const struct rig_link_config fast = {.delay_ns = 10 * RIG_MS, .rate_bps = 20000000, .queue_ns = RIG_SECOND},
				     slow = {.delay_ns = 700 * RIG_MS, .rate_bps = 20000000, .queue_ns = RIG_SECOND};
	uint64_t needless[2];

	for (unsigned int modern = 0; modern < 2; modern++) {
		const struct mien_personality p = sender(MIEN_RECOVERY_SACK, modern);
		struct stack_rig *r = rig_create(&(struct rig_config){.p = {&p, &p}, .link = fast, .inspect = true});
		struct mien_counters sent;
		struct rig_conn *c;

		rig_listen(r, 0, 80, &(struct rig_plan){.read = RIG_MIX});
		c = rig_connect(r, 1, 0, 80, &(struct rig_plan){.send = 8 * MIB, .finish = true, .write = RIG_MIX});
		rig_run(r, 800 * RIG_MS);
		rig_set_link(r, 0, &slow);
		rig_run(r, 600 * RIG_MS);
		rig_set_link(r, 0, &slow);
		CHECK(rig_settle(r, 10000 * RIG_SECOND));
		CHECK_EQ_I(c->err, MIEN_OK);
		mien_stack_counters(r->st[1], &sent);
		CHECK(sent.tcp_rto_expired > 0);
		CHECK_EQ_U(sent.tcp_recoveries_undone > 0, modern);
		needless[modern] = sent.tcp_retransmits;
		CHECK_EQ_U(rig_end(r), 0);
	}
	CHECK(needless[1] * 2 <= needless[0]);
}

static const struct test_case cases[] = {
	{"RACK sends hardly anything again where frames only change places", reordering_alone},
	{"every way of finding loss gets the bytes over every bad link", every_way_over_bad_links},
	{"RACK and tail loss probes leave few losses to timeouts", fewer_timeouts},
	{"a link that stalls costs little where timeouts are undone", stalls},
	{NULL, NULL},
};

const struct test_suite recovery_suite = {.name = "recovery", .cases = cases};
