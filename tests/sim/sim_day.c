/* SPDX-License-Identifier: BSD-3-Clause */
/* Long times: a day of quiet and of churn, clocks that jump, numbers that wrap. */
#include <stdio.h>

#include <rte_mbuf.h>

#include "suites.h"

#define DAY (86400 * RIG_SECOND)
#define IDLE_MS 60000u
#define QUIET 20 /* connections that only live */
#define STUCK 8	 /* that wait for a window */
#define FIRST_PORT 2000
#define DELAY RIG_MS

/* When each quiet connection was asked last, and how far the distances lie from each other. */
struct probes {
	uint64_t last[QUIET], shortest, longest, n;
};

static void
watch(void *ctx, struct stack_rig *r, unsigned from, const uint8_t *frame, uint32_t len)
{
	struct probes *p = ctx;
	unsigned port = (unsigned)frame[34] << 8 | frame[35], i = port - FIRST_PORT;
	uint64_t apart;

	(void)len;
	if (from != 1 || frame[23] != 6 || i >= QUIET)
		return;
	apart = r->now - p->last[i];
	if (p->last[i] && apart > RIG_SECOND) {
		p->shortest = p->n == 0 || apart < p->shortest ? apart : p->shortest;
		p->longest = apart > p->longest ? apart : p->longest;
		p->n++;
	}
	p->last[i] = r->now;
}

static void
keep_alive(struct stack_rig *r, const struct rig_conn *c)
{
	CHECK_EQ_I(mien_tcp_set(r->st[1], r->now, c->handle, MIEN_TCP_KEEPALIVE_IDLE_MS, IDLE_MS), MIEN_OK);
	CHECK_EQ_I(mien_tcp_set(r->st[1], r->now, c->handle, MIEN_TCP_KEEPALIVE_INTERVAL_MS, IDLE_MS / 4), MIEN_OK);
	CHECK_EQ_I(mien_tcp_set(r->st[1], r->now, c->handle, MIEN_TCP_KEEPALIVE, 1), MIEN_OK);
}

static void
same_as_before(struct stack_rig *r, const struct mien_gauges before[2])
{
	struct mien_gauges now;

	for (unsigned i = 0; i < 2; i++) {
		mien_stack_gauges(r->st[i], &now);
		CHECK_EQ_U(now.tcbs, before[i].tcbs);
		CHECK_EQ_U(now.timers, before[i].timers);
		CHECK_EQ_U(now.time_wait, before[i].time_wait);
		CHECK_EQ_U(now.mbufs_held, before[i].mbufs_held);
		CHECK_EQ_U(now.neighbours, before[i].neighbours);
	}
}

/* Every ten seconds somebody comes, says a line, and leaves TIME-WAIT behind at the one who closed first. */
static unsigned
churn(struct stack_rig *r, uint64_t ns)
{
	static const struct rig_plan plan = {.send = 100, .finish = true};
	uint64_t end = r->now + ns;
	unsigned good = 0, n = 0;

	while (r->now < end) {
		struct rig_conn *c = rig_connect(r, n % 2, !(n % 2), 80, &plan);

		rig_run(r, 10 * RIG_SECOND);
		good += c && c->closed && c->err == MIEN_OK && c->received == 100;
		n++;
	}
	CHECK_EQ_U(good, n);
	return n;
}

static void
a_day(void)
{
	struct probes probes = {.n = 0};
	struct stack_rig *r = rig_create(&(struct rig_config){.link = {.delay_ns = DELAY}, .tap = watch, .ctx = &probes,
		.no_digest = true, .seed = 24});
	const struct rig_plan plan = {.send = 100, .finish = true};
	struct rig_conn *stuck[STUCK], *quiet;
	struct mien_gauges before[2];
	const uint64_t asked = QUIET * (DAY / (IDLE_MS * RIG_MS + 2 * DELAY));
	uint64_t held = 0;

	/* given: connections kept alive, connections held back by a closed window, and an hour of churn */
	for (unsigned i = 0; i < 2; i++)
		rig_listen(r, i, 80, &plan);
	rig_listen(r, 0, 81, &(struct rig_plan){.keep = true});
	rig_listen(r, 0, 82, &(struct rig_plan){.hold = true, .keep = true});
	for (unsigned i = 0; i < QUIET; i++) {
		quiet = rig_connect_from(r, 1, (uint16_t)(FIRST_PORT + i), 0, 81, &(struct rig_plan){.send = 1, .keep = true});
		rig_run(r, 100 * RIG_MS);
		keep_alive(r, quiet);
	}
	for (unsigned i = 0; i < STUCK; i++)
		stuck[i] = rig_connect(r, 1, 0, 82, &(struct rig_plan){.send = 8u << 20, .finish = true});
	churn(r, DAY / 24);
	for (unsigned i = 0; i < 2; i++)
		mien_stack_gauges(r->st[i], &before[i]);
	CHECK(before[0].time_wait + before[1].time_wait > 0);
	probes = (struct probes){.n = 0};

	/* when: a day passes */
	CHECK_EQ_U(churn(r, DAY), 8640);

	/* then: there is as much of everything as before, and the last probe came as exactly as the first */
	same_as_before(r, before);
	CHECK(asked - probes.n <= QUIET); /* the first of each is no distance */
	CHECK_EQ_U(probes.shortest, IDLE_MS * RIG_MS + 2 * DELAY);
	CHECK_EQ_U(probes.longest, IDLE_MS * RIG_MS + 2 * DELAY);

	/* and: who waited a day for a window goes on when it opens */
	for (struct rig_conn *c = r->conns; c; c = c->all)
		if (c->stack == 0 && c->plan.hold)
			rig_hold(c, false);
	rig_run(r, 200 * RIG_SECOND);
	for (unsigned i = 0; i < STUCK; i++)
		held += stuck[i]->finished && stuck[i]->err == MIEN_OK;
	CHECK_EQ_U(held, STUCK);
	for (struct rig_conn *c = r->conns; c; c = c->all)
		if (!c->closed)
			CHECK_EQ_I(mien_tcp_abort(r->st[c->stack], r->now, c->handle), MIEN_OK);
	CHECK(rig_settle(r, 100 * RIG_SECOND));
	CHECK_EQ_U(rig_end(r), 0);
}

/* -- jumps ----------------------------------------------------------------------------------------------------- */

/* The clock leaps while data is under way, while all is quiet, and further than timestamps are believed (24 days). */
static void
leaps(void)
{
	static const uint64_t leap[] = {90 * RIG_SECOND, 3600 * RIG_SECOND, DAY, 25 * DAY, 50 * DAY, 400 * DAY};

	for (size_t i = 0; i < sizeof(leap) / sizeof(leap[0]); i++) {
		struct stack_rig *r = rig_create(&(struct rig_config){.link = {.delay_ns = 20 * RIG_MS}, .seed = i,
			.inspect = true, .unchecked = true});
		struct rig_conn *c;

		rig_listen(r, 0, 80, &(struct rig_plan){.echo = true, .keep = true});
		c = rig_connect(r, 1, 0, 80, &(struct rig_plan){.send = 50000, .keep = true});
		rig_run(r, 90 * RIG_MS);
		CHECK(c->received < 50000);
		rig_jump(r, leap[i]);
		rig_run(r, 300 * RIG_SECOND);
		CHECK_EQ_U(c->received, 50000);
		rig_jump(r, leap[i]);
		c->plan.send = 100000;
		c->finished = false;
		rig_pump(c);
		rig_run(r, 300 * RIG_SECOND);
		CHECK_EQ_U(c->received, 100000);
		CHECK_EQ_I(mien_tcp_abort(r->st[1], r->now, c->handle), MIEN_OK);
		CHECK(rig_settle(r, 100 * RIG_SECOND));
		CHECK_EQ_U(rig_end(r), 0);
	}
}

/* -- wraps ----------------------------------------------------------------------------------------------------- */

static void
over_the_top(const struct mien_personality *p, uint64_t start_ns, uint64_t bytes)
{
	struct stack_rig *r = rig_create(&(struct rig_config){.p = {p, p}, .inspect = true, .seed = start_ns + bytes,
		.start_ns = start_ns, .no_digest = true,
		.link = {.delay_ns = RIG_MS, .loss_ppm = 20000, .reorder_ppm = 20000, .duplicate_ppm = 10000}});
	struct rig_conn *c;

	rig_listen(r, 0, 80, &(struct rig_plan){.echo = true});
	c = rig_connect(r, 1, 0, 80, &(struct rig_plan){.send = bytes, .finish = true});
	CHECK(rig_settle(r, 4000 * RIG_SECOND));
	CHECK_EQ_I(c->err, MIEN_OK);
	CHECK_EQ_U(c->received, bytes);
	CHECK_EQ_U(rig_end(r), 0);
}

static void
sequence_wraps(void)
{
	static const uint32_t before[] = {0, 1, 2, 3, 535, 1447, 1448, 1460, 5000, 65535, 100000};
	struct mien_personality p;

	mien_personality_init_plain(&p);
	for (size_t i = 0; i < sizeof(before) / sizeof(before[0]); i++) {
		p.tcp.isn = (struct mien_isn_rule){.kind = MIEN_ISN_CONST, .value = UINT32_MAX - before[i]};
		over_the_top(&p, 0, 200000);
		p.tcp.isn.value = (1u << 31) - before[i];
		over_the_top(&p, 0, 200000);
	}
}

/* The clock of timestamps passes 2^32 and 2^31 in the middle of a transfer. */
static void
timestamp_wraps(void)
{
	static const uint64_t at[] = {UINT64_C(1) << 32, UINT64_C(1) << 31};
	struct mien_personality p;

	mien_personality_init_plain(&p);
	p.tcp.ts.hz = 1000;
	p.tcp.ts.base = MIEN_TS_ZERO;
	for (uint32_t before = 0; before < 200; before += 23)
		for (unsigned i = 0; i < 2; i++) {
			p.tcp.ts.step = (uint32_t)(at[i] - before);
			over_the_top(&p, 0, 300000);
		}
}

static void
big_frames(struct mien_stack_config *config, unsigned stack)
{
	config->mtu = 60000;
	config->sndbuf = 2u << 20;
	config->max_conns = config->max_time_wait = 16;
}

/* 4.5 GiB over one connection; byte counts are not 32 bits wide. */
static void
much(void)
{
	const uint64_t bytes = sim_quick() || sim_slow_build() ? UINT64_C(150) << 20 : UINT64_C(9) << 29;
	struct stack_rig *r = rig_create(&(struct rig_config){.tune = big_frames, .unchecked = true, .no_digest = true,
		.mbufs = 1500, .link = {.delay_ns = RIG_MS / 10, .loss_ppm = 200}, .seed = 4});
	struct mien_tcp_info info;
	struct rig_conn *c, *peer;
	bool told = false;

	rig_listen(r, 0, 80, &(struct rig_plan){.read = RIG_PIECES, .keep = true});
	c = rig_connect(r, 1, 0, 80, &(struct rig_plan){.send = bytes, .chunk = 60000});
	rig_run(r, RIG_MS);
	peer = rig_last(r, 0);
	REQUIRE_NOT_NULL(peer);
	for (unsigned i = 0; i < 4000 && peer->received < bytes; i++)
		rig_run(r, RIG_SECOND);
	CHECK_EQ_U(peer->received, bytes);
	told = mien_tcp_info(r->st[1], c->handle, &info) == MIEN_OK;
	CHECK(told);
	CHECK_EQ_U(info.bytes_sent, bytes);
	told = mien_tcp_info(r->st[0], peer->handle, &info) == MIEN_OK;
	CHECK(told);
	CHECK_EQ_U(info.bytes_received, bytes);
	CHECK_EQ_I(mien_tcp_close(r->st[1], r->now, c->handle), MIEN_OK);
	CHECK_EQ_I(mien_tcp_close(r->st[0], r->now, peer->handle), MIEN_OK);
	CHECK(rig_settle(r, 1000 * RIG_SECOND));
	CHECK_EQ_U(rig_end(r), 0);
}

static const struct test_case cases[] = {
	{"after a day of keepalives, closed windows and churn there is as much of all as before", a_day},
	{"connections outlive leaps of the clock", leaps},
	{"sequence numbers pass 0 at every place of a connection", sequence_wraps},
	{"timestamps pass 0 in the middle of a transfer", timestamp_wraps},
	{"more than four gigabytes go over one connection", much},
	{NULL, NULL},
};

const struct test_suite day_suite = {.name = "day", .cases = cases};
