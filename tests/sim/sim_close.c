/* SPDX-License-Identifier: BSD-3-Clause */
/* Beginnings and ends of connections: crossed, cut short, in every state. */
#include <stdio.h>

#include "suites.h"

#define LINK .link = {.delay_ns = 10 * RIG_MS}
#define KEPT {.keep = true}

static void
half_close(void)
{
	struct stack_rig *r = rig_create(&(struct rig_config){LINK, .inspect = true});
	struct rig_conn *c, *s;

	/* The client has nothing more to say and hears 300 KB all the same. */
	rig_listen(r, 0, 80, &(struct rig_plan)KEPT);
	c = rig_connect(r, 1, 0, 80, &(struct rig_plan){.send = 100, .finish = true});
	CHECK(rig_until_state(c, MIEN_TCP_FIN_WAIT_2, RIG_SECOND));
	s = rig_last(r, 0);
	REQUIRE_NOT_NULL(s);
	CHECK_EQ_U(rig_state(s), MIEN_TCP_CLOSE_WAIT);
	s->plan.send = 300000;
	s->plan.keep = false;
	rig_pump(s);
	CHECK(rig_settle(r, 100 * RIG_SECOND));

	CHECK_EQ_U(c->received, 300000);
	CHECK_EQ_I(c->err, MIEN_OK);
	CHECK_EQ_I(s->err, MIEN_OK);
	CHECK_EQ_U(rig_end(r), 0);
}

static void
simultaneous_open(void)
{
	for (uint32_t loss = 0; loss <= 200000; loss += 100000) {
		struct stack_rig *r = rig_create(&(struct rig_config){
			.link = {.delay_ns = 10 * RIG_MS, .loss_ppm = loss}, .inspect = true, .seed = 2 + loss});
		const struct rig_plan plan = {.send = 20000, .finish = true};
		struct rig_conn *a = rig_connect_from(r, 0, 1000, 1, 2000, &plan),
				*b = rig_connect_from(r, 1, 2000, 0, 1000, &plan);

		REQUIRE(a && b);
		CHECK(rig_settle(r, 1000 * RIG_SECOND));
		CHECK_EQ_I(a->err, MIEN_OK);
		CHECK_EQ_I(b->err, MIEN_OK);
		CHECK_EQ_U(a->received, 20000);
		CHECK_EQ_U(b->received, 20000);
		CHECK_EQ_U(rig_end(r), 0);
	}
}

static void
simultaneous_close(void)
{
	struct stack_rig *r = rig_create(&(struct rig_config){LINK, .inspect = true});
	struct rig_conn *c, *s;

	rig_listen(r, 0, 80, &(struct rig_plan)KEPT);
	c = rig_connect(r, 1, 0, 80, &(struct rig_plan)KEPT);
	rig_run(r, RIG_SECOND);
	s = rig_last(r, 0);
	REQUIRE_NOT_NULL(s);
	CHECK_EQ_I(mien_tcp_close(r->st[1], r->now, c->handle), MIEN_OK);
	CHECK_EQ_I(mien_tcp_close(r->st[0], r->now, s->handle), MIEN_OK);
	CHECK(rig_until_state(c, MIEN_TCP_CLOSING, RIG_SECOND));
	CHECK_EQ_U(rig_state(s), MIEN_TCP_CLOSING);
	CHECK(rig_settle(r, 100 * RIG_SECOND));

	CHECK_EQ_I(c->err, MIEN_OK);
	CHECK_EQ_I(s->err, MIEN_OK);
	CHECK_EQ_U(rig_end(r), 0);
}

/* -- abort in every state ----------------------------------------------------------------------------------- */

struct stage {
	struct stack_rig *r;
	struct rig_conn *c, *s; /* client, server; s may be NULL */
};

static void
cut(struct stage *g, unsigned int into)
{
	rig_set_link(g->r, into, &(struct rig_link_config){.loss_ppm = 1000000});
}

static void
close_at(struct stage *g, struct rig_conn *c)
{
	CHECK_EQ_I(mien_tcp_close(g->r->st[c->stack], g->r->now, c->handle), MIEN_OK);
}

/* Brings the client, or in SYN-RECEIVED, CLOSE-WAIT and LAST-ACK the server, to the state. Gives that side. */
static struct rig_conn *
bring_to(struct stage *g, enum mien_tcp_state state)
{
	if (state == MIEN_TCP_SYN_SENT)
		cut(g, 0);
	if (state == MIEN_TCP_SYN_RECEIVED) { /* crossing SYNs, the SYN-ACKs lost */
		g->c = rig_connect_from(g->r, 1, 3000, 0, 4000, &(struct rig_plan)KEPT);
		g->s = rig_connect_from(g->r, 0, 4000, 1, 3000, &(struct rig_plan)KEPT);
		rig_run(g->r, 5 * RIG_MS);
		cut(g, 0);
		cut(g, 1);
		rig_run(g->r, 10 * RIG_MS);
		return g->c;
	}
	g->c = rig_connect(g->r, 1, 0, 80, &(struct rig_plan)KEPT);
	rig_run(g->r, 100 * RIG_MS);
	g->s = rig_last(g->r, 0);
	if (state == MIEN_TCP_SYN_SENT || state == MIEN_TCP_ESTABLISHED)
		return g->c;
	REQUIRE_NOT_NULL(g->s);
	if (state == MIEN_TCP_FIN_WAIT_1)
		cut(g, 0);
	close_at(g, g->c);
	if (state == MIEN_TCP_CLOSING)
		close_at(g, g->s);
	rig_run(g->r, state == MIEN_TCP_CLOSING ? 10 * RIG_MS : 100 * RIG_MS);
	if (state == MIEN_TCP_LAST_ACK) {
		cut(g, 1);
		close_at(g, g->s);
		rig_run(g->r, 5 * RIG_MS);
	}
	return state == MIEN_TCP_CLOSE_WAIT || state == MIEN_TCP_LAST_ACK ? g->s : g->c;
}

/* The side in the state goes, both ends forget; the other hears a reset or gives up in its own time. */
static void
abort_in(enum mien_tcp_state state)
{
	struct stage g = {.r = rig_create(&(struct rig_config){LINK, .inspect = true})};
	struct rig_conn *c;

	rig_listen(g.r, 0, 80, &(struct rig_plan)KEPT);
	c = bring_to(&g, state);
	if (!CHECK_EQ_U(rig_state(c), state))
		printf("\tin %s\n", mien_tcp_state_name(state));
	CHECK_EQ_I(mien_tcp_abort(g.r->st[c->stack], g.r->now, c->handle), MIEN_OK);
	CHECK_EQ_U(rig_state(c), MIEN_TCP_CLOSED);
	rig_run(g.r, RIG_MS);
	CHECK(c->closed);
	CHECK_EQ_I(c->err, MIEN_EABORTED);
	/* What still stands on the other side ends too: a reset came, or what it sends is refused. */
	rig_set_link(g.r, 0, &(struct rig_link_config){.delay_ns = RIG_MS});
	rig_set_link(g.r, 1, &(struct rig_link_config){.delay_ns = RIG_MS});
	for (struct rig_conn *at = g.r->conns; at; at = at->all)
		if (!at->closed) {
			at->plan.send = 1;
			rig_pump(at);
			if (rig_state(at) == MIEN_TCP_FIN_WAIT_2 || rig_state(at) == MIEN_TCP_FIN_WAIT_1)
				at->plan.send = 0;
		}
	CHECK(rig_settle(g.r, 3600 * RIG_SECOND));
	CHECK_EQ_U(rig_end(g.r), 0);
}

static void
abort_everywhere(void)
{
	for (enum mien_tcp_state state = MIEN_TCP_SYN_SENT; state <= MIEN_TCP_LAST_ACK; state++)
		abort_in(state);
}

static void
stack_destroyed_everywhere(void)
{
	for (enum mien_tcp_state state = MIEN_TCP_SYN_SENT; state <= MIEN_TCP_TIME_WAIT; state++) {
		struct stage g = {.r = rig_create(&(struct rig_config){LINK})};

		rig_listen(g.r, 0, 80, &(struct rig_plan){
			.send = state <= MIEN_TCP_ESTABLISHED ? 100000 : 0, .keep = true, .write = RIG_MIX});
		bring_to(&g, state);
		CHECK_EQ_U(rig_abandon(g.r), 0);
	}
}

/* -- listeners, hosts, personalities ------------------------------------------------------------------------ */

static void
unlisten_half_open(void)
{
	struct stack_rig *r = rig_create(&(struct rig_config){LINK, .inspect = true});
	struct mien_gauges g;
	struct rig_conn *c[20];
	uint64_t listener = rig_listen(r, 0, 80, &(struct rig_plan){0});

	/* given: half the connections open, half without the last ACK of the handshake */
	for (unsigned int i = 0; i < 10; i++)
		c[i] = rig_connect(r, 1, 0, 80, &(struct rig_plan){.send = 10});
	rig_run(r, RIG_SECOND);
	rig_set_link(r, 1, &(struct rig_link_config){.loss_ppm = 1000000});
	for (unsigned int i = 10; i < 20; i++)
		c[i] = rig_connect(r, 1, 0, 80, &(struct rig_plan){.send = 10});
	rig_run(r, 100 * RIG_MS);
	mien_stack_gauges(r->st[0], &g);
	CHECK_EQ_U(g.half_open, 10);
	CHECK_EQ_U(g.tcbs, 20);

	CHECK_EQ_I(mien_tcp_unlisten(r->st[0], r->now, listener), MIEN_OK);
	CHECK_EQ_I(mien_tcp_unlisten(r->st[0], r->now, listener), MIEN_ESTALE);

	mien_stack_gauges(r->st[0], &g);
	CHECK_EQ_U(g.half_open, 0);
	rig_run(r, RIG_MS);
	mien_stack_gauges(r->st[0], &g);
	CHECK_EQ_U(g.tcbs, 10);
	wire_check_forget(r->wire); /* half-open ones went without a word */
	rig_set_link(r, 1, &(struct rig_link_config){.delay_ns = RIG_MS});
	rig_run(r, 10 * RIG_SECOND);
	for (unsigned int i = 0; i < 20; i++) {
		CHECK_EQ_I(c[i]->closed ? c[i]->err : 0, i < 10 ? 0 : MIEN_EREFUSED);
		if (!c[i]->closed)
			close_at(&(struct stage){.r = r}, c[i]);
	}
	CHECK(rig_settle(r, 1000 * RIG_SECOND));
	CHECK_EQ_U(rig_end(r), 0);
}

static void
host_removed(void)
{
	struct stack_rig *r = rig_create(&(struct rig_config){LINK, .mbufs = 60000});
	struct mien_gauges g;

	rig_listen(r, 0, 80, &(struct rig_plan){.send = 1000000, .write = RIG_MIX});
	for (unsigned int i = 0; i < 50; i++)
		rig_connect(r, 1, 0, 80, &(struct rig_plan){.send = 1000000, .write = RIG_MBUF, .hold = i % 2});
	rig_run(r, 200 * RIG_MS);

	rig_remove_host(r, 0);
	mien_stack_gauges(r->st[0], &g);
	CHECK_EQ_U(g.hosts, 0);
	rig_run(r, RIG_MS);

	mien_stack_gauges(r->st[0], &g);
	CHECK_EQ_U(g.tcbs, 0);
	CHECK_EQ_U(g.mbufs_held, 0);
	for (struct rig_conn *c = r->conns; c; c = c->all)
		CHECK(c->stack == 1 || (c->closed && c->err == MIEN_EABORTED));
	/* Nobody answers any more: the clients give up. */
	CHECK(rig_settle(r, 36000 * RIG_SECOND));
	for (struct rig_conn *c = r->conns; c; c = c->all)
		CHECK_EQ_I(c->err, c->stack == 1 ? MIEN_ETIMEDOUT : MIEN_EABORTED);
	CHECK_EQ_U(rig_end(r), 0);
}

static void
personality_switched(void)
{
	static struct mien_personality other;
	struct stack_rig *r = rig_create(&(struct rig_config){LINK, .mbufs = 32768});
	const struct rig_plan plan = {.send = 3000, .keep = true};
	struct mien_tcp_info info;
	unsigned int kept = 0;

	/* given: 1 000 open connections */
	mien_personality_init_plain(&other);
	other.ip[MIEN_CLASS_TCP].ttl = 128;
	other.tcp.wscale = 3;
	other.tcp.ts.offer = other.tcp.ts.accept = 0;
	rig_listen(r, 0, 80, &(struct rig_plan){.echo = true, .keep = true});
	for (unsigned int i = 0; i < 1000; i++) {
		rig_connect(r, 1, 0, 80, &plan);
		if (i % 50 == 0)
			rig_run(r, 5 * RIG_MS);
	}
	rig_run(r, RIG_SECOND);

	CHECK_EQ_I(mien_host_set_personality(r->st[0], r->now, r->host[0], &other), MIEN_OK);

	/* then: they go on as they were, new ones are of the other kind */
	CHECK_EQ_U(mien_stack_personality_users(r->st[0], &r->plain), 1000);
	for (struct rig_conn *c = r->conns; c; c = c->all)
		if (c->stack == 1) {
			c->plan.send = 6000;
			c->plan.finish = true;
			rig_pump(c);
		} else if (mien_tcp_info(r->st[0], c->handle, &info) == MIEN_OK) {
			kept += info.personality == &r->plain;
			c->plan.keep = false;
		}
	CHECK_EQ_U(kept, 1000);
	rig_connect(r, 1, 0, 80, &(struct rig_plan){.send = 1000, .keep = true});
	rig_run(r, RIG_SECOND);
	REQUIRE_NOT_NULL(rig_last(r, 0));
	CHECK_EQ_I(mien_tcp_info(r->st[0], rig_last(r, 0)->handle, &info), MIEN_OK);
	CHECK_PTR(info.personality, &other);
	CHECK_EQ_U(info.rcv_wscale, 3);
	for (struct rig_conn *c = r->conns; c; c = c->all) {
		CHECK(c->received == (c->received < 3000 ? 1000 : 6000));
		c->plan.keep = false;
		c->plan.finish = true;
		rig_pump(c);
	}
	CHECK(rig_settle(r, 1000 * RIG_SECOND));
	rig_run(r, 300 * RIG_SECOND);
	CHECK_EQ_U(mien_stack_personality_users(r->st[0], &r->plain), 0);
	CHECK_EQ_U(rig_end(r), 0);
}

static void
a_closed_port(void)
{
	struct stack_rig *r = rig_create(&(struct rig_config){LINK});
	struct rig_conn *c = rig_connect(r, 1, 0, 81, &(struct rig_plan)KEPT);

	CHECK(rig_settle(r, RIG_SECOND));

	CHECK_EQ_I(c->err, MIEN_EREFUSED);
	CHECK_EQ_U(rig_end(r), 0);
}

static void
nobody_there(void)
{
	struct stack_rig *r = rig_create(&(struct rig_config){LINK});
	struct rig_conn *c;

	rig_set_link(r, 0, &(struct rig_link_config){.loss_ppm = 1000000});
	c = rig_connect(r, 1, 0, 81, &(struct rig_plan)KEPT);
	CHECK(rig_settle(r, 1000 * RIG_SECOND));

	CHECK_EQ_I(c->err, MIEN_ETIMEDOUT);
	CHECK_EQ_U(wire_check_stats(r->wire)->syns, r->plain.tcp.syn.count);
	CHECK_EQ_U(rig_end(r), 0);
}

static const struct test_case cases[] = {
	{"one side ends and hears the other out", half_close},
	{"two SYNs that cross make one connection, also with loss", simultaneous_open},
	{"two FINs that cross end it in CLOSING", simultaneous_close},
	{"an abort in every state leaves nothing on either side", abort_everywhere},
	{"a stack goes in every state without losing an mbuf", stack_destroyed_everywhere},
	{"a listener's end drops its half-open connections alone", unlisten_half_open},
	{"a host's end takes its connections without a word", host_removed},
	{"1 000 connections keep their personality when the host changes its", personality_switched},
	{"a closed port refuses", a_closed_port},
	{"a peer that is silent is given up after the personality's SYNs", nobody_there},
	{NULL, NULL},
};

const struct test_suite close_suite = {.name = "close", .cases = cases};
