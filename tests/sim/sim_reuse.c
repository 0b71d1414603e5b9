/* SPDX-License-Identifier: BSD-3-Clause */
/* The same ports again: TIME-WAIT, old duplicates, crossed incarnations. */
#include "suites.h"

/* The server ends first and keeps TIME-WAIT; the client comes again at once from the same port. */
static void
come_again(uint8_t tw_reuse, unsigned int times, uint64_t longest_ns)
{
	struct mien_personality p;
	struct stack_rig *r;
	struct mien_counters counters;

	mien_personality_init_plain(&p);
	p.tcp.tw_reuse = tw_reuse;
	r = rig_create(&(struct rig_config){.link = {.delay_ns = RIG_MS}, .p = {&p, &p}, .inspect = true});
	rig_listen(r, 0, 80, &(struct rig_plan){.send = 1000, .finish = true});
	for (unsigned int i = 0; i < times; i++) {
		uint64_t start = r->now;
		struct rig_conn *c = rig_connect_from(r, 1, 5000, 0, 80, &(struct rig_plan){0});

		REQUIRE_NOT_NULL(c);
		CHECK(rig_settle(r, 300 * RIG_SECOND));
		CHECK_EQ_I(c->err, MIEN_OK);
		CHECK_EQ_U(c->received, 1000);
		CHECK(r->now - start <= longest_ns);
	}
	mien_stack_counters(r->st[0], &counters);
	CHECK_EQ_U(counters.tcp_time_wait_reused, tw_reuse ? times - 1 : 0);
	CHECK_EQ_U(rig_end(r), 0);
}

static void
reopened_from_time_wait(void)
{
	come_again(1, 50, RIG_SECOND);
}

static void
kept_out_by_time_wait(void)
{
	come_again(0, 4, 130 * RIG_SECOND);
}

/* A fifth of what is sent comes twenty seconds late, into whatever connection has the ports by then. */
static void
old_duplicates(void)
{
	for (uint64_t seed = 1; seed <= 6; seed++) {
		struct stack_rig *r = rig_create(&(struct rig_config){.inspect = true, .seed = seed,
			.link = {.delay_ns = RIG_MS, .duplicate_ppm = 1000000, .reorder_ppm = 200000,
				.reorder_ns = 20 * RIG_SECOND}});
		unsigned int good = 0, tried = 0;

		rig_listen(r, 0, 80, &(struct rig_plan){.send = 20000, .finish = true, .write = RIG_MIX});
		for (unsigned int i = 0; i < 30; i++) {
			struct rig_conn *c = rig_connect_from(r, 1, (uint16_t)(5000 + i % 3), 0, 80,
				&(struct rig_plan){.send = 20000, .finish = true, .read = RIG_MIX});

			rig_run(r, 3 * RIG_SECOND);
			if (!c)
				continue; /* the old one is not over yet */
			tried++;
			rig_settle(r, 8 * RIG_SECOND);
			good += c->closed && c->err == MIEN_OK && c->received == 20000;
		}
		CHECK(tried >= 15);
		CHECK(good * 2 > tried);
		/* Some hang on a peer that has gone: half-open connections are TCP's, not an error here. */
		for (struct rig_conn *c = r->conns; c; c = c->all)
			if (!c->closed)
				CHECK_EQ_I(mien_tcp_abort(r->st[c->stack], r->now, c->handle), MIEN_OK);
		CHECK_EQ_U(rig_end(r), 0);
	}
}

/* One side forgets (a crash) and connects again from the same port: the other finds out and makes room. */
static void
half_open_is_found(void)
{
	struct stack_rig *r = rig_create(&(struct rig_config){.link = {.delay_ns = RIG_MS}, .inspect = true});
	struct rig_conn *c, *again;
	struct mien_host_config host = {.addr = rig_addr(1), .prefix_len = 24, .personality = &r->plain};

	rig_listen(r, 0, 80, &(struct rig_plan){.keep = true});
	c = rig_connect_from(r, 1, 5000, 0, 80, &(struct rig_plan){.send = 10, .keep = true});
	rig_run(r, RIG_SECOND);
	rig_remove_host(r, 1);
	rig_run(r, RIG_MS);
	CHECK(c->closed);
	REQUIRE_EQ_I(mien_host_add(r->st[1], r->now, &host, &r->host[1]), MIEN_OK);
	again = rig_connect_from(r, 1, 5000, 0, 80, &(struct rig_plan){.send = 10});
	REQUIRE_NOT_NULL(again);

	/* RFC 9293 3.5.1, RFC 5961 4: a challenge ACK, a reset, and the next SYN opens. */
	CHECK(rig_until_state(again, MIEN_TCP_ESTABLISHED, 10 * RIG_SECOND));

	for (struct rig_conn *at = r->conns; at; at = at->all)
		if (!at->closed)
			CHECK_EQ_I(mien_tcp_abort(r->st[at->stack], r->now, at->handle), MIEN_OK);
	CHECK_EQ_U(rig_end(r), 0);
}

static const struct test_case cases[] = {
	{"a newer SYN reopens a connection in TIME-WAIT", reopened_from_time_wait},
	{"without that, TIME-WAIT passes first and the client gets in", kept_out_by_time_wait},
	{"old duplicates spoil no byte of the next connection", old_duplicates},
	{"a peer that forgot its connection can open it again", half_open_is_found},
	{NULL, NULL},
};

const struct test_suite reuse_suite = {.name = "reuse", .cases = cases};
