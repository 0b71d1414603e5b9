/* SPDX-License-Identifier: BSD-3-Clause */
/* Windows that close, clocks that jump, numbers that wrap. */
#include <stdio.h>

#include "suites.h"

#define LINK .link = {.delay_ns = 10 * RIG_MS}

/* A server that reads nothing until it is told to; the client has more to send than it holds. */
static struct rig_conn *
stalled(struct stack_rig *r, struct rig_conn **server)
{
	struct rig_conn *c;

	rig_listen(r, 0, 80, &(struct rig_plan){.hold = true, .read = RIG_MIX});
	c = rig_connect(r, 1, 0, 80, &(struct rig_plan){.send = 8u << 20, .finish = true, .write = RIG_MBUF});
	rig_run(r, 30 * RIG_SECOND);
	*server = rig_last(r, 0);
	REQUIRE_NOT_NULL(*server);
	return c;
}

static void
zero_window(void)
{
	struct stack_rig *r = rig_create(&(struct rig_config){LINK, .inspect = true});
	struct rig_conn *s, *c = stalled(r, &s);
	struct mien_tcp_info info;

	/* given: the window is closed and is asked for */
	CHECK_EQ_I(mien_tcp_info(r->st[1], c->handle, &info), MIEN_OK);
	CHECK_EQ_U(info.snd_wnd, 0);
	CHECK(wire_check_stats(r->wire)->zero_windows > 0);
	CHECK(wire_check_stats(r->wire)->probes >= 3);
	/* MUST-37: however long it takes */
	rig_run(r, 7200 * RIG_SECOND);
	CHECK(!c->closed && !s->closed);

	rig_hold(s, false);
	CHECK(rig_settle(r, 1000 * RIG_SECOND));

	CHECK_EQ_U(s->received, 8u << 20);
	CHECK_EQ_I(c->err, MIEN_OK);
	CHECK_EQ_U(rig_end(r), 0);
}

/* The segment that opens the window again is lost: the next probe finds it open. */
static void
window_update_lost(void)
{
	struct stack_rig *r = rig_create(&(struct rig_config){LINK, .inspect = true});
	struct rig_conn *s, *c = stalled(r, &s);

	rig_set_link(r, 1, &(struct rig_link_config){.loss_ppm = 1000000});
	rig_hold(s, false);
	rig_run(r, RIG_MS);
	rig_set_link(r, 1, &(struct rig_link_config){.delay_ns = RIG_MS});
	CHECK(rig_settle(r, 1000 * RIG_SECOND));

	CHECK_EQ_U(s->received, 8u << 20);
	CHECK_EQ_I(c->err, MIEN_OK);
	CHECK_EQ_U(rig_end(r), 0);
}

/* RFC 9293 3.8.6.2: a reader of single bytes does not make its peer send tiny segments. */
static void
silly_window(void)
{
	struct stack_rig *r = rig_create(&(struct rig_config){LINK, .inspect = true});
	struct rig_conn *s, *c = stalled(r, &s);
	uint64_t segments = wire_check_stats(r->wire)->segments, before = s->received;
	uint8_t byte[100];

	for (unsigned int i = 0; i < 2000; i++) {
		if (mien_tcp_recv(r->st[0], r->now, s->handle, byte, sizeof(byte)) != sizeof(byte))
			rig_fail(r, "less than asked for");
		s->received += sizeof(byte);
		rig_run(r, 5 * RIG_MS);
	}
	CHECK(s->received - before == 200000);
	segments = wire_check_stats(r->wire)->segments - segments;
	CHECK(segments < 600); /* 200 000 bytes are 139 full segments */

	CHECK_EQ_I(mien_tcp_abort(r->st[1], r->now, c->handle), MIEN_OK);
	CHECK(rig_settle(r, 100 * RIG_SECOND));
	CHECK_EQ_U(rig_end(r), 0);
}

static void
slow_reader(void)
{
	struct stack_rig *r = rig_create(&(struct rig_config){.link = {.delay_ns = RIG_MS, .loss_ppm = 10000},
		.inspect = true});
	struct rig_conn *s, *c;

	rig_listen(r, 0, 80, &(struct rig_plan){.hold = true});
	c = rig_connect(r, 1, 0, 80, &(struct rig_plan){.send = 3u << 20, .finish = true, .write = RIG_MIX});
	rig_run(r, RIG_SECOND);
	s = rig_last(r, 0);
	REQUIRE_NOT_NULL(s);
	while (!c->closed && r->now < 100000 * RIG_SECOND) {
		rig_hold(s, false);
		if (!s->closed)
			s->plan.hold = true;
		rig_run(r, 300 * RIG_MS);
	}
	CHECK(rig_settle(r, 1000 * RIG_SECOND));

	CHECK_EQ_U(s->received, 3u << 20);
	CHECK_EQ_I(c->err, MIEN_OK);
	CHECK_EQ_U(rig_end(r), 0);
}

/* -- clocks and numbers ------------------------------------------------------------------------------------- */

static void
both_send(struct stack_rig *r, uint64_t bytes, uint64_t jump)
{
	const struct rig_plan plan = {.send = bytes, .finish = true, .write = RIG_MIX, .read = RIG_MIX};
	struct rig_conn *c, *s;

	rig_listen(r, 0, 80, &plan);
	c = rig_connect(r, 1, 0, 80, &plan);
	for (unsigned int i = 0; jump && i < 5; i++) {
		rig_run(r, 25 * RIG_MS);
		rig_jump(r, jump);
	}
	CHECK(rig_settle(r, 10000 * RIG_SECOND));
	s = rig_last(r, 0);
	REQUIRE_NOT_NULL(s);
	CHECK_EQ_I(c->err, MIEN_OK);
	CHECK_EQ_I(s->err, MIEN_OK);
	CHECK_EQ_U(c->received, bytes);
	CHECK_EQ_U(s->received, bytes);
	CHECK_EQ_U(rig_end(r), 0);
}

/* Seconds, an hour, a month: everything that was due in between is due at once. */
static void
clock_jumps(void)
{
	static const uint64_t jumps[] = {500 * RIG_MS, 10 * RIG_SECOND, 3600 * RIG_SECOND, 30 * 86400 * RIG_SECOND};

	for (unsigned int i = 0; i < 4; i++)
		both_send(rig_create(&(struct rig_config){
				  .link = {.delay_ns = 10 * RIG_MS, .loss_ppm = 5000}, .inspect = true, .seed = i}),
			2u << 20, jumps[i]);
}

static void
isn_wraps(void)
{
	static const uint32_t before[] = {0, 1, 2, 1459, 65536, 100000};
	struct mien_personality p;

	mien_personality_init_plain(&p);
	p.tcp.isn = (struct mien_isn_rule){.kind = MIEN_ISN_CONST};
	for (unsigned int i = 0; i < sizeof(before) / sizeof(before[0]); i++) {
		p.tcp.isn.value = 0u - before[i];
		both_send(rig_create(&(struct rig_config){.p = {&p, &p}, .inspect = true, .seed = i,
				  .link = {.delay_ns = RIG_MS, .loss_ppm = 20000, .reorder_ppm = 20000}}),
			1u << 20, 0);
		p.tcp.isn.value = 0x80000000u - before[i];
		both_send(rig_create(&(struct rig_config){.p = {&p, &p}, .inspect = true, .seed = i,
				  .link = {.delay_ns = RIG_MS, .loss_ppm = 20000, .reorder_ppm = 20000}}),
			1u << 20, 0);
	}
}

/* The timestamp clock passes 2^31 and 2^32 while data flows. */
static void
timestamps_wrap(void)
{
	struct mien_personality p;

	mien_personality_init_plain(&p);
	p.tcp.ts.base = MIEN_TS_BOOT;
	p.tcp.ts.hz = 1000;
	for (unsigned int i = 1; i <= 2; i++) {
		struct rig_config config = {.p = {&p, &p}, .inspect = true, .link = {.delay_ns = 10 * RIG_MS,
			.rate_bps = 20000000, .loss_ppm = 10000}};
		struct stack_rig *r = rig_create(&config);

		rig_jump(r, i * (UINT64_C(1) << 31) * RIG_MS - 400 * RIG_MS);
		both_send(r, 1u << 20, 0);
	}
}

static void
idle_for_days(void)
{
	struct stack_rig *r = rig_create(&(struct rig_config){LINK, .inspect = true});
	struct rig_conn *c, *s;
	uint64_t said;

	rig_listen(r, 0, 80, &(struct rig_plan){0});
	c = rig_connect(r, 1, 0, 80, &(struct rig_plan){.send = 10000});
	rig_run(r, RIG_SECOND);
	said = wire_check_stats(r->wire)->segments;
	s = rig_last(r, 0);
	REQUIRE_NOT_NULL(s);
	for (unsigned int day = 0; day < 60; day++) {
		rig_run(r, UINT64_C(86400) * RIG_SECOND / 2);
		wire_check_time_jump(r->wire);
	}
	CHECK_EQ_U(wire_check_stats(r->wire)->segments, said);
	c->plan.send = 20000;
	c->plan.finish = true;
	rig_pump(c);
	CHECK(rig_settle(r, 100 * RIG_SECOND));

	CHECK_EQ_U(s->received, 20000);
	CHECK_EQ_I(c->err, MIEN_OK);
	CHECK_EQ_U(rig_end(r), 0);
}

static void
keepalive(void)
{
	for (unsigned int alive = 0; alive < 2; alive++) {
		struct stack_rig *r = rig_create(&(struct rig_config){LINK, .inspect = true});
		struct rig_conn *c;

		rig_listen(r, 0, 80, &(struct rig_plan){0});
		c = rig_connect(r, 1, 0, 80, &(struct rig_plan){.send = 1});
		rig_run(r, RIG_SECOND);
		CHECK_EQ_I(mien_tcp_set(r->st[1], r->now, c->handle, MIEN_TCP_KEEPALIVE_IDLE_MS, 10000), 0);
		CHECK_EQ_I(mien_tcp_set(r->st[1], r->now, c->handle, MIEN_TCP_KEEPALIVE_INTERVAL_MS, 1000), 0);
		CHECK_EQ_I(mien_tcp_set(r->st[1], r->now, c->handle, MIEN_TCP_KEEPALIVE_COUNT, 4), 0);
		CHECK_EQ_I(mien_tcp_set(r->st[1], r->now, c->handle, MIEN_TCP_KEEPALIVE, 1), 0);
		if (!alive)
			rig_set_link(r, 0, &(struct rig_link_config){.loss_ppm = 1000000});
		rig_run(r, 60 * RIG_SECOND);
		CHECK_EQ_U(c->closed, !alive);
		CHECK_EQ_I(c->err, alive ? MIEN_OK : MIEN_ETIMEDOUT);
		CHECK_EQ_U(rig_abandon(r), 0);
	}
}

static const struct test_case cases[] = {
	/* proves MUST-37 MAY-8 */
	{"a closed window is probed for as long as it takes, then bytes go on", zero_window},
	{"a window update that was lost is found by the next probe", window_update_lost},
	{"a reader in small steps gets full segments", silly_window},
	{"a reader in bursts gets everything over a bad link", slow_reader},
	{"a clock that jumps loses no connection", clock_jumps},
	{"sequence numbers wrap", isn_wraps},
	{"timestamps wrap", timestamps_wrap},
	{"a connection idle for a month says nothing and goes on", idle_for_days},
	{"keepalives keep a connection whose peer answers, and end one whose peer is gone", keepalive},
	{NULL, NULL},
};

const struct test_suite flow_suite = {.name = "flow", .cases = cases};
