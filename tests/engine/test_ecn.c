/* SPDX-License-Identifier: BSD-3-Clause */
/* Explicit congestion notification, both sides (RFC 3168). Segments hold 1000 bytes. */
#include "suites.h"

#include "ecn.h"
#include "send_parts.h"

#define SEG 1000
#define ECT0 2
#define CE 3

/* A connection that the peer opened, ECN negotiated. */
static struct harness *
opened(uint8_t cc)
{
	struct harness *h = harness_new(NULL);

	h->p.tcp.ecn = MIEN_ECN_ACCEPT;
	h->p.tcp.cc = cc;
	h->p.tcp.delack_ms = 0;
	harness_listen(h, 80);
	inject(h, "SEW 0:0(0) win 65535 <mss 1000>");
	expect(h, "S.E 0:0(0) ack 1");
	inject(h, ". 1:1(0) ack 1 win 65535");
	(void)expect_event(h, MIEN_EV_ACCEPT);
	return h;
}

static void
expect_tos_at(struct harness *h, unsigned int tos, const char *text, const char *file, int line)
{
	const struct harness_sent *s = harness_peek(h);

	if (s && s->ip.tos != tos)
		FAIL("%s has tos %u, not %u (%s:%d)", text, s->ip.tos, tos, file, line);
	expect_at_line(h, text, file, line);
}
#define expect_tos(h, tos, text) expect_tos_at(h, tos, text, __FILE__, __LINE__)

static bool
negotiated(struct harness *h)
{
	return harness_tcb(h)->neg & MIEN_NEG_ECN;
}

/* -- negotiation (6.1.1) ---------------------------------------------------------------------------------------- */

static void
a_listener_negotiates_by_rule(void)
{
	static const struct {
		uint8_t rule;
		const char *syn;
		bool ecn;
	} cases[] = {{MIEN_ECN_ACCEPT, "SEW 0:0(0) win 65535 <mss 1000>", true},
		{MIEN_ECN_ACCEPT, "SE 0:0(0) win 65535 <mss 1000>", false},
		{MIEN_ECN_ACCEPT, "S 0:0(0) win 65535 <mss 1000>", false},
		{MIEN_ECN_REFUSE, "SEW 0:0(0) win 65535 <mss 1000>", false},
		{MIEN_ECN_COPY, "SEW 0:0(0) win 65535 <mss 1000>", false}};
	struct harness *h = harness_new(NULL);

	harness_listen(h, 80);
	for (unsigned int i = 0; i < RTE_DIM(cases); i++) {
		h->p.tcp.ecn = cases[i].rule;
		h->peer.port++;

		inject(h, cases[i].syn);
		harness_ignore(h);
		inject(h, ". 1:1(0) ack 1 win 65535");

		(void)expect_event(h, MIEN_EV_ACCEPT);
		CHECK_EQ_U(negotiated(h), cases[i].ecn);
	}
	harness_free(h);
}

static void
an_active_open_negotiates(void)
{
	static const struct {
		const char *answer;
		bool ecn;
	} cases[] = {{"S.E 0:0(0) ack 1 win 65535 <mss 1000>", true}, {"S. 0:0(0) ack 1 win 65535 <mss 1000>", false},
		{"S.EW 0:0(0) ack 1 win 65535 <mss 1000>", false}, {"S.W 0:0(0) ack 1 win 65535 <mss 1000>", false}};
	struct harness *h = harness_new(NULL);

	h->p.tcp.ecn_offer = 1;
	for (unsigned int i = 0; i < RTE_DIM(cases); i++) {
		h->peer.port++;
		harness_connect(h);
		expect_tos(h, 0, "SEW 0:0(0)");

		inject(h, cases[i].answer);

		expect_tos(h, 0, ". 1:1(0) ack 1");
		(void)expect_event(h, MIEN_EV_CONNECTED);
		CHECK_EQ_U(negotiated(h), cases[i].ecn);
	}
	harness_free(h);
}

static void
a_syn_without_answer_is_repeated_without_ecn(void)
{
	struct harness *h = harness_new(NULL);

	h->p.tcp.ecn_offer = 1;
	harness_connect(h);
	expect(h, "SEW 0:0(0)");

	harness_advance(h, 1000);
	expect(h, "S 0:0(0)");
	inject(h, "S.E 0:0(0) ack 1 win 65535 <mss 1000>"); /* to the first: the peer may have seen the second too */

	expect(h, ". 1:1(0) ack 1");
	harness_send(h, 1, SEG);
	expect_tos(h, 0, "P. 1:1001(1000) ack 1");
	inject_tos(h, CE, "P. 1:101(100) ack 1001 win 65535");
	harness_advance(h, 500);
	expect_tos(h, 0, ".E 1001:1001(0) ack 101"); /* its marks are answered all the same (6.1.1) */
	harness_free(h);
}

static void
a_syn_repeated_without_ecn_takes_it_back(void)
{
	struct harness *h = harness_new(NULL);

	h->p.tcp.ecn = MIEN_ECN_ACCEPT;
	harness_listen(h, 80);
	inject(h, "SEW 0:0(0) win 65535 <mss 1000>");
	expect(h, "S.E 0:0(0) ack 1");

	inject(h, "S 0:0(0) win 65535 <mss 1000>");

	expect(h, "S. 0:0(0) ack 1");
	inject(h, ". 1:1(0) ack 1 win 65535");
	(void)expect_event(h, MIEN_EV_ACCEPT);
	CHECK(!negotiated(h));
	harness_free(h);
}

/* -- what is marked (6.1.4 to 6.1.6) ---------------------------------------------------------------------------- */

static void
only_new_data_is_ect(void)
{
	struct harness *h = opened(MIEN_CC_NEWRENO);

	harness_send(h, 1, 2 * SEG);
	expect_tos(h, ECT0, ". 1:1001(1000) ack 1");
	expect_tos(h, ECT0, "P. 1001:2001(1000) ack 1");

	harness_advance(h, 1100); /* a timeout */
	expect_tos(h, 0, ". 1:1001(1000) ack 1");
	harness_ignore(h);
	inject(h, ". 1:1(0) ack 2001 win 65535");
	inject(h, "P. 1:101(100) ack 2001 win 65535");

	expect_tos(h, 0, ". 2001:2001(0) ack 101");
	harness_free(h);
}

static void
a_window_probe_is_not_ect(void)
{
	struct harness *h = opened(MIEN_CC_NEWRENO);

	inject(h, "P. 1:11(10) ack 1 win 0");
	harness_ignore(h);
	harness_send(h, 1, SEG);
	expect_none(h);

	harness_advance(h, 1500);

	REQUIRE_NOT_NULL(harness_peek(h));
	CHECK_EQ_U(harness_peek(h)->ip.tos, 0);
	harness_free(h);
}

/* 6.1.6: its loss would be seen by nobody; the new data that follows has it. */
static void
a_window_probe_has_no_cwr(void)
{
	struct harness *h = opened(MIEN_CC_NEWRENO);

	h->p.tcp.probe = MIEN_PROBE_ONE_BYTE;
	harness_send(h, 1, 4 * SEG);
	harness_ignore(h);
	inject(h, ".E 1:1(0) ack 2001 win 2000");
	harness_send(h, 4001, 2 * SEG);
	inject(h, ". 1:1(0) ack 4001 win 0");
	expect_none(h);

	harness_advance(h, 1500);

	expect_tos(h, 0, ". 4001:4002(1) ack 1");
	inject(h, ". 1:1(0) ack 4002 win 65535");
	expect_tos(h, ECT0, ".W 4002:5002(1000) ack 1");
	harness_free(h);
}

static void
without_negotiation_nothing_is_ect(void)
{
	struct harness *h = harness_new(NULL);

	h->p.tcp.delack_ms = 0;
	harness_open(h, "mss 1000");
	inject_tos(h, CE, "P. 1:101(100) ack 1 win 65535");
	expect_tos(h, 0, ". 1:1(0) ack 101");
	harness_send(h, 1, SEG);

	expect_tos(h, 0, "P. 1:1001(1000) ack 101");
	harness_free(h);
}

static void
the_traffic_class_stays_beside_the_marks(void)
{
	struct harness *h = opened(MIEN_CC_NEWRENO);

	REQUIRE_EQ_I(tcp_user_set(&h->tcp, h->conn, MIEN_TCP_TOS, 0xb9), MIEN_OK);
	harness_send(h, 1, SEG);

	expect_tos(h, 0xb8 | ECT0, "P. 1:1001(1000) ack 1");
	harness_free(h);
}

/* -- the receiver (6.1.3) --------------------------------------------------------------------------------------- */

static void
ce_is_echoed_until_cwr(void)
{
	struct harness *h = opened(MIEN_CC_NEWRENO);

	inject_tos(h, ECT0, "P. 1:1001(1000) ack 1 win 65535");
	expect(h, ". 1:1(0) ack 1001");

	inject_tos(h, CE, "P. 1001:2001(1000) ack 1 win 65535");
	expect_tos(h, 0, ".E 1:1(0) ack 2001");
	inject_tos(h, ECT0, "P. 2001:3001(1000) ack 1 win 65535");
	expect(h, ".E 1:1(0) ack 3001");
	harness_send(h, 1, SEG);
	expect_tos(h, ECT0, "P.E 1:1001(1000) ack 3001");

	inject_tos(h, ECT0, "P.W 3001:4001(1000) ack 1001 win 65535");
	expect(h, ". 1001:1001(0) ack 4001");
	inject_tos(h, CE, "P.W 4001:5001(1000) ack 1001 win 65535"); /* reduced, and marked again */
	expect(h, ".E 1001:1001(0) ack 5001");
	harness_free(h);
}

static void
ce_outside_of_the_window_is_ignored(void)
{
	struct harness *h = opened(MIEN_CC_NEWRENO);

	inject_tos(h, ECT0, "P. 1:1001(1000) ack 1 win 65535");
	expect(h, ". 1:1(0) ack 1001");

	inject_tos(h, CE, "P. 1:1001(1000) ack 1 win 65535"); /* old */
	expect(h, ". 1:1(0) ack 1001");
	inject_tos(h, CE, "P. 9000001:9001001(1000) ack 1 win 65535"); /* beyond */
	expect(h, ". 1:1(0) ack 1001");
	inject_tos(h, CE, ". 1001:1001(0) ack 1 win 65535"); /* no data: no sender marks it ECT */

	expect_none(h);
	inject_tos(h, ECT0, "P. 1001:2001(1000) ack 1 win 65535");
	expect(h, ". 1:1(0) ack 2001");
	harness_free(h);
}

/* -- the sender (6.1.2) ----------------------------------------------------------------------------------------- */

static void
an_echo_reduces_once_a_window(void)
{
	struct harness *h = opened(MIEN_CC_NEWRENO);

	harness_send(h, 1, 40 * SEG); /* ten leave */
	harness_ignore(h);

	inject(h, ".E 1:1(0) ack 2001 win 65535");
	CHECK_EQ_U(harness_tcb(h)->cc.cwnd, 5 * SEG);
	CHECK_EQ_U(harness_tcb(h)->cc.ssthresh, 5 * SEG);
	expect_none(h);
	inject(h, ".E 1:1(0) ack 4001 win 65535");
	inject(h, ".E 1:1(0) ack 10001 win 65535");
	CHECK_EQ_U(harness_tcb(h)->cc.cwnd, 5 * SEG); /* nor does it grow */

	expect_tos(h, ECT0, ".W 10001:11001(1000) ack 1"); /* told once */
	expect_tos(h, ECT0, ". 11001:12001(1000) ack 1");
	harness_ignore(h);
	inject(h, ".E 1:1(0) ack 11001 win 65535"); /* of the next window */
	CHECK_EQ_U(harness_tcb(h)->cc.cwnd, 5 * SEG / 2);
	CHECK_EQ_U(h->env.counters.tcp_ecn_reductions, 2);
	CHECK_EQ_U(h->env.counters.tcp_retransmits, 0);
	harness_free(h);
}

/* RFC 9438 4.6. */
static void
cubic_reduces_by_its_own_factor(void)
{
	struct harness *h = opened(MIEN_CC_CUBIC);

	harness_send(h, 1, 40 * SEG);
	harness_ignore(h);

	inject(h, ".E 1:1(0) ack 2001 win 65535");

	CHECK_EQ_U(harness_tcb(h)->cc.cwnd, 7 * SEG);
	harness_free(h);
}

static void
echoes_reduce_down_to_one_segment(void)
{
	struct harness *h = opened(MIEN_CC_CUBIC);
	uint32_t at = 1;

	harness_send(h, 1, 40 * SEG);

	for (unsigned int i = 0; i < 12; i++) {
		uint32_t nxt = harness_tcb(h)->snd_nxt - harness_tcb(h)->iss;

		harness_ignore(h);
		injectf(h, ".E 1:1(0) ack %u win 65535", nxt > at ? nxt : at);
		at = nxt;
	}

	CHECK_EQ_U(harness_tcb(h)->cc.cwnd, SEG);
	CHECK_EQ_U(harness_tcb(h)->cc.ssthresh, 2 * SEG);
	harness_free(h);
}

static void
a_loss_in_the_same_window_reduces_no_further(void)
{
	struct harness *h = opened(MIEN_CC_NEWRENO);

	harness_send(h, 1, 10 * SEG);
	harness_ignore(h);
	inject(h, ".E 1:1(0) ack 2001 win 65535");
	CHECK_EQ_U(harness_tcb(h)->cc.ssthresh, 5 * SEG);

	for (unsigned int i = 0; i < 3; i++)
		inject(h, ".E 1:1(0) ack 2001 win 65535");

	expect_tos(h, 0, ". 2001:3001(1000) ack 1");
	CHECK_EQ_U(harness_tcb(h)->cc.ssthresh, 5 * SEG);
	harness_free(h);
}

static void
a_reduction_after_a_loss_is_told(void)
{
	struct harness *h = opened(MIEN_CC_NEWRENO);

	harness_send(h, 1, 10 * SEG);
	harness_ignore(h);
	for (unsigned int i = 0; i < 3; i++)
		inject(h, ". 1:1(0) ack 1 win 65535");
	expect_tos(h, 0, ". 1:1001(1000) ack 1");

	inject(h, ". 1:1(0) ack 10001 win 65535");
	harness_send(h, 10001, 2 * SEG);

	expect_tos(h, ECT0, ".W 10001:11001(1000) ack 1");
	expect_tos(h, ECT0, "P. 11001:12001(1000) ack 1");
	harness_free(h);
}

static void
an_echo_without_negotiation_is_ignored(void)
{
	struct harness *h = harness_new(NULL);

	harness_open(h, "mss 1000");
	harness_send(h, 1, 10 * SEG);
	harness_ignore(h);

	inject(h, ".E 1:1(0) ack 10001 win 65535");

	CHECK(harness_tcb(h)->cc.cwnd >= 10 * SEG);
	CHECK_EQ_U(h->env.counters.tcp_ecn_reductions, 0);
	harness_free(h);
}

const struct test_suite ecn_suite = {
	.name = "ecn",
	.setup = harness_setup,
	.cases = (const struct test_case[]){
		/* proves SHLD-8 EC-1 EC-5 */
		{"a listener negotiates ECN by rule", a_listener_negotiates_by_rule},
		/* proves SHLD-8 EC-1 EC-2 EC-5 */
		{"an active open negotiates ECN with an ECN-setup SYN-ACK alone", an_active_open_negotiates},
		/* proves EC-1 EC-5 */
		{"a SYN without answer is repeated without ECN", a_syn_without_answer_is_repeated_without_ecn},
		/* proves EC-5 */
		{"a SYN repeated without ECN takes it back", a_syn_repeated_without_ecn_takes_it_back},
		/* proves EC-2 EC-7 */
		{"only new data is ECT(0)", only_new_data_is_ect},
		/* proves EC-2 */
		{"a window probe is not ECT", a_window_probe_is_not_ect},
		/* proves EC-4 */
		{"a window probe has no CWR", a_window_probe_has_no_cwr},
		{"without negotiation nothing is ECT and CE means nothing", without_negotiation_nothing_is_ect},
		{"the traffic class stays beside the marks", the_traffic_class_stays_beside_the_marks},
		/* proves EC-3 */
		{"CE is echoed until CWR", ce_is_echoed_until_cwr},
		/* proves EC-6 */
		{"CE outside of the window is ignored", ce_outside_of_the_window_is_ignored},
		/* proves SHLD-8 EC-4 */
		{"an echo reduces cwnd once a window and is answered by CWR", an_echo_reduces_once_a_window},
		{"CUBIC reduces by its own factor", cubic_reduces_by_its_own_factor},
		{"echoes reduce cwnd down to one segment", echoes_reduce_down_to_one_segment},
		/* proves EC-4 */
		{"a loss in the window of an echo reduces no further", a_loss_in_the_same_window_reduces_no_further},
		/* proves EC-4 */
		{"a reduction after a loss is told by CWR", a_reduction_after_a_loss_is_told},
		{"an echo without negotiation is ignored", an_echo_without_negotiation_is_ignored},
		{NULL, NULL},
	},
};
