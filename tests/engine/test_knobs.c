/* SPDX-License-Identifier: BSD-3-Clause */
/* Timers and limits of a personality: each knob as an observer meets it on the wire, at a value unlike the plain one. */
#include "suites.h"

/* Opened at 0 ms with an RTT of 0, by a personality that the test changed. */
static struct harness *
opened(const struct mien_tcp_rule *rule)
{
	struct mien_personality p;

	mien_personality_init_plain(&p);
	p.tcp = *rule;
	return harness_new(&p);
}

static struct mien_tcp_rule
plain(void)
{
	struct mien_personality p;

	mien_personality_init_plain(&p);
	p.tcp.rto_min_ms = 1000;
	p.tcp.quickack = 0;
	p.tcp.nagle = 0;
	p.tcp.ts.base = MIEN_TS_BOOT;
	return p.tcp;
}

/* -- retransmission ------------------------------------------------------------------------------------------ */

static void
timeouts_follow_the_list(void)
{
	struct mien_tcp_rule rule = plain();
	struct harness *h;

	rule.backoff = (struct mien_backoff){.count = 4, .factor = {1, 1, 2, 5}};
	h = opened(&rule);
	harness_open(h, NULL);
	harness_send(h, 1, 10);
	expect(h, "P. 1:11(10) ack 1");

	harness_advance(h, 16000);

	expect_time(h, 1000, "P. 1:11(10) ack 1");
	expect_time(h, 2000, "P. 1:11(10) ack 1");
	expect_time(h, 3000, "P. 1:11(10) ack 1");
	expect_time(h, 5000, "P. 1:11(10) ack 1");
	expect_time(h, 10000, "P. 1:11(10) ack 1");
	expect_time(h, 15000, "P. 1:11(10) ack 1");
	expect_none(h);
	harness_free(h);
}

static void
the_longest_timeout_ends_every_list(void)
{
	struct mien_tcp_rule rule = plain();
	struct harness *h;

	rule.backoff = (struct mien_backoff){.count = 2, .factor = {2, 200}};
	rule.rto_max_ms = 4000;
	h = opened(&rule);
	harness_open(h, NULL);
	harness_send(h, 1, 10);
	harness_ignore(h);

	harness_advance(h, 12000);

	expect_time(h, 1000, "P. 1:11(10) ack 1");
	expect_time(h, 3000, "P. 1:11(10) ack 1");
	expect_time(h, 7000, "P. 1:11(10) ack 1");
	expect_time(h, 11000, "P. 1:11(10) ack 1");
	harness_free(h);
}

static void
a_syn_may_end_in_a_reset(void)
{
	struct mien_tcp_rule rule = plain();
	struct harness *h;

	rule.syn = (struct mien_schedule){.count = 2, .end = MIEN_END_RST, .gap_ms = {500, 700}};
	h = opened(&rule);
	harness_connect(h);
	harness_advance(h, 2000);

	expect_time(h, 0, "S 0:0(0)");
	expect_time(h, 500, "S 0:0(0)");
	expect_time(h, 1200, "R 1:1(0)");
	expect_none(h);
	harness_free(h);
}

static void
a_syn_offers_ecn_where_it_says_so(void)
{
	struct mien_tcp_rule rule = plain();
	struct harness *h;

	rule.ecn_offer = 1;
	h = opened(&rule);
	harness_connect(h);

	expect(h, "SEW 0:0(0)");
	harness_free(h);
}

/* -- delayed acknowledgments --------------------------------------------------------------------------------- */

static void
delayed_acks_leave_on_their_own_tick(void)
{
	struct mien_tcp_rule rule = plain();
	struct harness *h;

	rule.delack_ms = 1;
	rule.delack_tick_ms = 200;
	rule.tick_ms = 500;
	h = opened(&rule);
	harness_open(h, NULL);
	harness_advance(h, 130);
	inject(h, "P. 1:11(10) ack 1");
	expect_none(h);
	harness_advance(h, 300);
	expect_time(h, 200, ". 1:1(0) ack 11");

	/* and without one of their own, on that of all timers */
	h->p.tcp.delack_tick_ms = 0;
	inject(h, "P. 11:21(10) ack 1");
	harness_advance(h, 300);
	expect_time(h, 500, ". 1:1(0) ack 21");
	harness_free(h);
}

static void
a_second_segment_of_any_size(void)
{
	struct mien_tcp_rule rule = plain();
	struct harness *h;

	rule.delack_second = 1;
	h = opened(&rule);
	harness_open(h, "mss 1460,nop,nop,sackOK");

	inject(h, "P. 1:11(10) ack 1");
	expect_none(h);
	inject(h, "P. 11:21(10) ack 1");
	expect(h, ". 1:1(0) ack 21");
	inject(h, "P. 21:31(10) ack 1");
	expect_none(h);
	harness_advance(h, 100);

	expect_time(h, 40, ". 1:1(0) ack 31");

	/* one of which a part came before */
	inject(h, "P. 21:41(20) ack 1");
	expect(h, ". 1:1(0) ack 41 <nop,nop,sack 21:31>");
	harness_free(h);
}

static void
acks_wait_as_long_and_for_as_many_segments_as_it_says(void)
{
	struct mien_tcp_rule rule = plain();
	struct harness *h;

	rule.delack_ms = 120;
	rule.delack_segments = 3;
	rule.quickack = 2;
	h = opened(&rule);
	harness_open(h, NULL);
	inject(h, ". 1:1001(1000) ack 1");
	expect(h, ". 1:1(0) ack 1001");
	inject(h, ". 1001:2001(1000) ack 1");
	expect(h, ". 1:1(0) ack 2001"); /* two at once */

	inject(h, ". 2001:3001(1000) ack 1");
	inject(h, ". 3001:4001(1000) ack 1");
	expect_none(h);
	inject(h, ". 4001:5001(1000) ack 1");
	expect(h, ". 1:1(0) ack 5001"); /* every third */

	inject(h, ". 5001:6001(1000) ack 1");
	harness_advance(h, 200);
	expect_time(h, 120, ". 1:1(0) ack 6001");
	harness_free(h);
}

/* -- keepalive ------------------------------------------------------------------------------------------------ */

static void
keepalives(uint8_t byte, uint8_t end, const char *probe)
{
	struct mien_tcp_rule rule = plain();
	struct harness *h;

	rule.keepalive_idle_ms = 3000;
	rule.keepalive_interval_ms = 700;
	rule.keepalive_count = 2;
	rule.keepalive_byte = byte;
	rule.keepalive_end = end;
	h = opened(&rule);
	harness_open(h, NULL);
	REQUIRE_EQ_I(tcp_user_set(&h->tcp, h->conn, MIEN_TCP_KEEPALIVE, 1), MIEN_OK);

	harness_advance(h, 10000);

	expect_time(h, 3000, probe);
	expect_time(h, 3700, probe);
	if (end == MIEN_END_RST)
		expect_time(h, 4400, "R. 1:1(0) ack 1");
	expect_none(h);
	CHECK_EQ_I(expect_event(h, MIEN_EV_CLOSED).err, MIEN_ETIMEDOUT);
	harness_free(h);
}

static void
keepalives_have_every_form(void)
{
	keepalives(0, MIEN_END_RST, ". 0:0(0) ack 1");
	keepalives(1, MIEN_END_RST, ". 0:1(1) ack 1");
	keepalives(0, MIEN_END_SILENT, ". 0:0(0) ack 1");
	keepalives(1, MIEN_END_SILENT, ". 0:1(1) ack 1");
}

/* -- zero windows --------------------------------------------------------------------------------------------- */

static void
probing(uint8_t probes, uint8_t how, uint8_t data_end, bool reset)
{
	struct mien_tcp_rule rule = plain();
	struct harness *h;

	rule.probe = MIEN_PROBE_OLD_SEQ;
	rule.persist_min_ms = 2000;
	rule.persist_max_ms = 3000;
	rule.data_retries = 3;
	rule.data_end = data_end;
	rule.persist_retries = probes;
	rule.persist_end = how;
	h = opened(&rule);
	harness_open(h, NULL);
	inject(h, ". 1:1(0) ack 1 win 0");
	harness_send(h, 1, 100);

	harness_advance(h, 60000);

	expect_time(h, 2000, ". 0:0(0) ack 1");
	for (uint64_t i = 1; i < (probes ? probes : 3u); i++)
		expect_time(h, 2000 + (i == 1 ? 2000 : 2000 + (i - 1) * 3000), ". 0:0(0) ack 1");
	if (reset)
		expect(h, "R. 1:1(0) ack 1");
	expect_none(h);
	CHECK_EQ_I(expect_event(h, MIEN_EV_CLOSED).err, MIEN_ETIMEDOUT);
	harness_free(h);
}

static void
probes_end_as_they_say(void)
{
	probing(2, MIEN_PERSIST_RST, MIEN_END_SILENT, true);
	probing(5, MIEN_PERSIST_SILENT, MIEN_END_RST, false);
	probing(0, MIEN_PERSIST_AS_DATA, MIEN_END_RST, true);
	probing(0, MIEN_PERSIST_AS_DATA, MIEN_END_SILENT, false);
}

/* -- ends of connections -------------------------------------------------------------------------------------- */

/* Closed by this side, and acknowledged. */
static struct harness *
in_fin_wait_2(const struct mien_tcp_rule *rule)
{
	struct harness *h = opened(rule);

	harness_open(h, NULL);
	harness_close(h);
	expect(h, "F. 1:1(0) ack 1");
	inject(h, ". 1:1(0) ack 2");
	CHECK_EQ_U(harness_state(h), MIEN_TCP_FIN_WAIT_2);
	return h;
}

static void
fin_wait_2_lasts_as_long_as_it_says(void)
{
	struct mien_tcp_rule rule = plain();
	struct harness *h;

	rule.fin_wait_2_ms = 7000;
	h = in_fin_wait_2(&rule);
	harness_advance(h, 6999);
	CHECK_EQ_U(harness_state(h), MIEN_TCP_FIN_WAIT_2);
	harness_advance(h, 2);
	CHECK_EQ_U(harness_state(h), MIEN_TCP_CLOSED);
	expect_none(h);
	harness_free(h);

	rule.fin_wait_2_ms = 0; /* for ever */
	h = in_fin_wait_2(&rule);
	harness_advance(h, 3600000);
	CHECK_EQ_U(harness_state(h), MIEN_TCP_FIN_WAIT_2);
	harness_free(h);
}

static void
time_wait_lasts_as_long_as_it_says(void)
{
	struct mien_tcp_rule rule = plain();
	struct harness *h;

	rule.time_wait_ms = 9000;
	h = in_fin_wait_2(&rule);
	inject(h, "F. 1:1(0) ack 2");
	expect(h, ". 2:2(0) ack 2");
	harness_advance(h, 8990);
	CHECK_EQ_U(pool_used(&h->tcp.tws), 1);
	harness_advance(h, 20);
	CHECK_EQ_U(pool_used(&h->tcp.tws), 0);
	harness_free(h);

	rule.time_wait_ms = 0; /* none */
	h = in_fin_wait_2(&rule);
	inject(h, "F. 1:1(0) ack 2");
	CHECK_EQ_U(pool_used(&h->tcp.tws), 0);
	harness_ignore(h);
	harness_free(h);
}

/* -- challenge ACKs ------------------------------------------------------------------------------------------- */

static unsigned
challenged(uint16_t limit)
{
	struct mien_tcp_rule rule = plain();
	struct harness *h;
	unsigned sent;

	rule.challenges = limit;
	h = opened(&rule);
	harness_open(h, NULL);
	for (unsigned i = 0; i < 50; i++)
		inject(h, "R 100:100(0)");
	sent = h->sent_count;
	harness_ignore(h);
	harness_free(h);
	return sent;
}

static void
challenges_are_as_many_as_it_says(void)
{
	CHECK_EQ_U(challenged(2), 2);
	CHECK_EQ_U(challenged(0), 50);
	CHECK(challenged(20) == 20 || challenged(20) == 19);
}

/* -- full queues ---------------------------------------------------------------------------------------------- */

/* A listener with one connection that waits to be accepted, and room for no other. */
static struct harness *
unaccepted(uint8_t syn, uint8_t ack)
{
	const struct mien_tcp_listen config = {.port = 80, .accept_backlog = 1};
	struct mien_tcp_rule rule = plain();
	struct harness *h;

	rule.accept_syn = syn;
	rule.accept_ack = ack;
	h = opened(&rule);
	REQUIRE_EQ_I(tcp_user_listen(&h->tcp, &config, &h->listener), MIEN_OK);
	inject(h, "S 0:0(0) win 65535 <mss 1460>");
	inject(h, ". 1:1(0) ack 1 win 65535");
	harness_ignore(h);
	h->peer.port++;
	return h;
}

static void
a_syn_to_a_full_accept_queue(void)
{
	struct harness *h = unaccepted(MIEN_ACCEPT_SYN_SILENT, 0);

	inject(h, "S 0:0(0) win 65535 <mss 1460>");
	expect_none(h);
	CHECK_EQ_U(h->drop, MIEN_DROP_TCP_ACCEPT_BACKLOG);
	harness_free(h);

	h = unaccepted(MIEN_ACCEPT_SYN_RST, 0);
	inject(h, "S 0:0(0) win 65535 <mss 1460>");
	expect(h, "R. 0:0(0) ack 1");
	harness_free(h);

	h = unaccepted(MIEN_ACCEPT_SYN_ANSWER, 0);
	inject(h, "S 0:0(0) win 65535 <mss 1460>");
	expect(h, "S. 0:0(0) ack 1");
	harness_free(h);
}

static void
an_ack_to_a_full_accept_queue(void)
{
	struct harness *h = unaccepted(MIEN_ACCEPT_SYN_ANSWER, MIEN_ACCEPT_ACK_IGNORE);

	inject(h, "S 0:0(0) win 65535 <mss 1460>");
	harness_ignore(h);
	inject(h, ". 1:1(0) ack 1 win 65535");
	expect_none(h);
	harness_advance(h, 1000);
	expect(h, "S. 0:0(0) ack 1"); /* as if the ACK had been lost */
	harness_free(h);

	h = unaccepted(MIEN_ACCEPT_SYN_ANSWER, MIEN_ACCEPT_ACK_RST);
	inject(h, "S 0:0(0) win 65535 <mss 1460>");
	harness_ignore(h);
	inject(h, ". 1:1(0) ack 1 win 65535");
	expect(h, "R 1:1(0)");
	CHECK_EQ_U(h->tcp.half_open, 0);
	harness_advance(h, 60000);
	expect_none(h);
	harness_free(h);
}

const struct test_suite knobs_suite = {
	.name = "knobs",
	.setup = harness_setup,
	.cases = (const struct test_case[]){
		{"timeouts follow the personality's list", timeouts_follow_the_list},
		{"the longest timeout ends every list", the_longest_timeout_ends_every_list},
		{"a SYN may end in a reset", a_syn_may_end_in_a_reset},
		{"a SYN offers ECN where the personality says so", a_syn_offers_ecn_where_it_says_so},
		{"delayed ACKs leave on a tick of their own", delayed_acks_leave_on_their_own_tick},
		{"ACKs wait as long and for as many segments as the personality says",
			acks_wait_as_long_and_for_as_many_segments_as_it_says},
		{"a second segment is acknowledged at once, however small, where the personality does so",
			a_second_segment_of_any_size},
		{"keepalives have every form, pace and end", keepalives_have_every_form},
		{"zero-window probes end as the personality says", probes_end_as_they_say},
		{"FIN-WAIT-2 lasts as long as the personality says", fin_wait_2_lasts_as_long_as_it_says},
		{"TIME-WAIT lasts as long as the personality says", time_wait_lasts_as_long_as_it_says},
		{"challenge ACKs are as many as the personality says", challenges_are_as_many_as_it_says},
		{"a SYN to a full accept queue is ignored, reset or answered", a_syn_to_a_full_accept_queue},
		{"an ACK to a full accept queue is ignored or reset", an_ack_to_a_full_accept_queue},
		{NULL, NULL},
	},
};
