/* SPDX-License-Identifier: BSD-3-Clause */
/* Many connections: in a row and at once. Nothing of them may be left. */
#include <stdio.h>

#include "suites.h"

static void
in_a_row(void)
{
	unsigned int n = sim_slow_build() ? 2000 : 10000, good = 0;
	struct stack_rig *r = rig_create(&(struct rig_config){.link = {.delay_ns = RIG_MS / 10}});
	struct mien_counters counters;
	struct mien_gauges g;
	struct rig_conn *c;

	rig_listen(r, 0, 7, &(struct rig_plan){.echo = true});
	for (unsigned int i = 0; i < n; i++) {
		c = rig_connect(r, 1, 0, 7, &(struct rig_plan){.send = 64, .finish = true});
		rig_settle(r, 10 * RIG_SECOND);
		good += c->closed && c->err == MIEN_OK && c->received == 64;
	}
	CHECK_EQ_U(good, n);
	mien_stack_counters(r->st[0], &counters);
	CHECK_EQ_U(counters.tcp_passive_opens, n);
	CHECK_EQ_U(counters.tcp_retransmits, 0);
	mien_stack_gauges(r->st[0], &g);
	CHECK_EQ_U(g.tcbs, 0);
	CHECK_EQ_U(rig_end(r), 0);
}

static void
more_conns(struct mien_stack_config *config, unsigned stack)
{
	config->max_conns = 2048;
	config->max_half_open = 1024;
}

static void
at_once(struct rig_link_config link)
{
	struct stack_rig *r = rig_create(&(struct rig_config){.link = link, .mbufs = 60000, .tune = more_conns});
	unsigned int good = 0;
	struct mien_gauges g;

	rig_listen(r, 0, 7, &(struct rig_plan){.echo = true});
	for (unsigned int i = 0; i < 1000; i++)
		rig_connect(r, 1, 0, 7, &(struct rig_plan){.send = 5000, .keep = true});
	rig_run(r, 60 * RIG_SECOND);
	mien_stack_gauges(r->st[0], &g);
	CHECK_EQ_U(g.tcbs, 1000);
	for (struct rig_conn *c = r->conns; c; c = c->all) {
		if (c->stack == 1) {
			c->plan.finish = true;
			c->plan.keep = false;
			rig_pump(c);
		}
	}
	CHECK(rig_settle(r, 1000 * RIG_SECOND));
	for (struct rig_conn *c = r->conns; c; c = c->all)
		good += c->err == MIEN_OK && c->received == 5000;
	CHECK_EQ_U(good, 2000);
	CHECK_EQ_U(rig_end(r), 0);
}

static void
a_thousand_at_once(void)
{
	at_once((struct rig_link_config){.delay_ns = RIG_MS});
	at_once((struct rig_link_config){.delay_ns = RIG_MS, .loss_ppm = 20000, .reorder_ppm = 10000,
		.duplicate_ppm = 10000});
}

static void
few_half_open(struct mien_stack_config *config, unsigned stack)
{
	config->max_conns = 2048;
	if (stack == 0)
		config->max_half_open = 50;
}

/*
 * Nearly all are answered with cookies, and some of their SYNs come again when there is room: whoever took one answer was
 * reset for it when his first segments were lost.
 */
static void
cookies_reset_nobody(uint64_t seed, struct rig_link_config link)
{
	struct stack_rig *r = rig_create(&(struct rig_config){.link = link, .mbufs = 60000, .seed = seed, .tune = few_half_open});
	struct mien_counters c;
	unsigned int good = 0;

	rig_listen(r, 0, 7, &(struct rig_plan){.echo = true});
	for (unsigned int i = 0; i < 1000; i++)
		rig_connect(r, 1, 0, 7, &(struct rig_plan){.send = 20000, .finish = true});
	CHECK(rig_settle(r, 1000 * RIG_SECOND));
	for (struct rig_conn *at = r->conns; at; at = at->all)
		good += at->err == MIEN_OK && at->received == 20000;
	CHECK_EQ_U(good, 2000);
	mien_stack_counters(r->st[0], &c);
	CHECK(c.tcp_cookies_accepted > 500);
	CHECK_EQ_U(c.tcp_resets_sent, 0);
	CHECK_EQ_U(rig_end(r), 0);
}

static void
a_thousand_by_cookies(void)
{
	cookies_reset_nobody(1, (struct rig_link_config){.delay_ns = RIG_MS});
	cookies_reset_nobody(2, (struct rig_link_config){.delay_ns = RIG_MS, .loss_ppm = 50000, .reorder_ppm = 100000,
		.duplicate_ppm = 10000});
	if (!sim_slow_build()) /* SYNs come again while the answers to the first are under way */
		cookies_reset_nobody(3, (struct rig_link_config){.delay_ns = RIG_MS, .jitter_ns = 2 * RIG_SECOND,
			.loss_ppm = 30000, .duplicate_ppm = 10000});
}

static void
few_conns(struct mien_stack_config *config, unsigned stack)
{
	if (stack == 0) {
		config->max_conns = 50;
		config->max_half_open = 50; /* no cookies: who has one thinks that he is in */
		config->max_time_wait = 10;
	}
}

/* 400 come within 10 ms where 16 can wait and 50 stand: those who find no room try again in their own time. */
static void
no_room(void)
{
	struct stack_rig *r = rig_create(&(struct rig_config){.link = {.delay_ns = RIG_MS}, .tune = few_conns});
	unsigned int good = 0, ended = 0;

	rig_listen_with(r, 0, &(struct mien_tcp_listen){.port = 7, .backlog = 16}, &(struct rig_plan){.echo = true});
	for (unsigned int i = 0; i < 400; i++) {
		rig_connect(r, 1, 0, 7, &(struct rig_plan){.send = 1000, .finish = true});
		if (i % 40 == 0)
			rig_run(r, RIG_MS);
	}
	CHECK(rig_settle(r, 10000 * RIG_SECOND));
	for (struct rig_conn *c = r->conns; c; c = c->all)
		if (c->stack == 1) {
			ended += c->closed;
			good += c->err == MIEN_OK && c->received == 1000;
		}
	CHECK_EQ_U(ended, 400);
	CHECK(good >= 300);
	CHECK_EQ_U(rig_end(r), 0);
}

/* Three clients of one server: stacks on one link, each with its own neighbours. */
static void
several_stacks(void)
{
	struct stack_rig *r = rig_create(&(struct rig_config){.stacks = 4, .arp = true, .inspect = true,
		.link = {.delay_ns = RIG_MS, .loss_ppm = 10000}});
	unsigned int good = 0;

	rig_listen(r, 0, 7, &(struct rig_plan){.echo = true});
	for (unsigned int i = 0; i < 30; i++)
		rig_connect(r, 1 + i % 3, 0, 7, &(struct rig_plan){.send = 20000, .finish = true, .write = RIG_MIX});
	CHECK(rig_settle(r, 1000 * RIG_SECOND));
	for (struct rig_conn *c = r->conns; c; c = c->all)
		good += c->err == MIEN_OK && c->received == 20000;
	CHECK_EQ_U(good, 60);
	CHECK_EQ_U(rig_end(r), 0);
}

static const struct test_case cases[] = {
	{"10 000 connections in a row leave nothing behind", in_a_row},
	{"1 000 connections at once leave nothing behind", a_thousand_at_once},
	{"1 000 at once by cookies are all served", a_thousand_by_cookies},
	{"clients that find no room come again", no_room},
	{"four stacks share a link", several_stacks},
	{NULL, NULL},
};

const struct test_suite scale_suite = {.name = "scale", .cases = cases};
