/* SPDX-License-Identifier: BSD-3-Clause */
/* Tail loss probes (RFC 8985 7). */
#include "recovery.h"

#include "send_parts.h"

static const struct setting tlp = {.options = SACKOK, .recovery = MIEN_RECOVERY_RACK, .tlp = true};

static void
probe_repeats_the_last(void)
{
	struct harness *h = sending(&tlp, 3);

	harness_advance(h, 290);
	expect_time(h, RTT + 200, "P. 2001:3001(1000) ack 1");
	expect_none(h);
	CHECK_EQ_U(h->env.counters.tcp_tail_probes, 1);
	CHECK_EQ_U(h->env.counters.tcp_rto_expired, 0);
	CHECK_EQ_U(harness_tcb(h)->cc.cwnd, 10 * SEG);

	harness_advance(h, 300); /* one probe an episode, then the timeout */
	expect_time(h, RTT + 500, ". 1:1001(1000) ack 1");
	CHECK_EQ_U(h->env.counters.tcp_tail_probes, 1);
	CHECK_EQ_U(h->env.counters.tcp_rto_expired, 1);
	harness_free(h);
}

static void
probe_with_new_data(void)
{
	struct harness *h = sending(&tlp, 12);

	harness_advance(h, 290);
	expect_time(h, RTT + 200, ". 10001:11001(1000) ack 1");
	expect_none(h);
	CHECK_EQ_U(h->env.counters.tcp_retransmits, 0);

	inject(h, ". 1:1(0) ack 11001 win 65535");
	CHECK(!(harness_tcb(h)->sack.marks & MK_TLP));
	CHECK(harness_tcb(h)->cc.cwnd >= 10 * SEG);
	harness_free(h);
}

static void
probe_waits_for_a_delayed_ack(void)
{
	struct harness *h = sending(&tlp, 1);

	harness_advance(h, 350);

	expect_time(h, RTT + 300, "P. 1:1001(1000) ack 1"); /* 2 * 100 + 200, but not after the timeout */
	CHECK_EQ_U(h->env.counters.tcp_tail_probes, 1);
	harness_free(h);
}

static void
probe_counts_from_the_last_sent(void)
{
	struct harness *h = sending(&tlp, 2);

	harness_advance(h, 150);
	harness_send(h, 2001, 2 * SEG);
	harness_ignore(h);
	harness_advance(h, 180);
	expect_none(h);
	harness_advance(h, 40);

	expect_time(h, RTT + 350, "P. 3001:4001(1000) ack 1");
	harness_free(h);
}

static void
probe_finds_the_tail_lost(void)
{
	struct harness *h = sending(&tlp, 6);

	harness_advance(h, RTT);
	inject(h, ". 1:1(0) ack 2001 win 65535"); /* 3 to 6 are lost */
	harness_advance(h, 210);
	expect(h, "P. 5001:6001(1000) ack 1");
	harness_advance(h, 90);
	inject(h, ". 1:1(0) ack 2001 win 65535 <nop,nop,sack 5001:6001>");

	harness_advance(h, 30); /* the reordering window */
	expect(h, ". 2001:3001(1000) ack 1");
	CHECK(harness_tcb(h)->flags & TF_RECOVERY);
	CHECK_EQ_U(h->env.counters.tcp_rto_expired, 0);
	harness_free(h);
}

static void
probe_repaired_a_loss(void)
{
	struct harness *h = sending(&tlp, 3);

	harness_advance(h, RTT);
	inject(h, ". 1:1(0) ack 2001 win 65535");
	harness_advance(h, 350);
	expect(h, "P. 2001:3001(1000) ack 1");
	inject(h, ". 1:1(0) ack 3001 win 65535");
	CHECK_EQ_U(harness_tcb(h)->cc.ssthresh, UINT32_MAX); /* not known yet */
	harness_send(h, 3001, SEG);
	inject(h, ". 1:1(0) ack 4001 win 65535");

	CHECK(harness_tcb(h)->cc.ssthresh < 10 * SEG);
	CHECK_EQ_U(harness_tcb(h)->sack.marks & (MK_TLP | MK_TLP_RTX), 0);
	harness_free(h);
}

static void
probe_was_needless(void)
{
	struct harness *h = sending(&tlp, 3);

	harness_advance(h, 210);
	expect(h, "P. 2001:3001(1000) ack 1");
	inject(h, ". 1:1(0) ack 3001 win 65535");
	inject(h, ". 1:1(0) ack 3001 win 65535 <nop,nop,sack 2001:3001>");
	CHECK(!(harness_tcb(h)->sack.marks & MK_TLP));
	harness_send(h, 3001, SEG);
	inject(h, ". 1:1(0) ack 4001 win 65535");

	CHECK_EQ_U(harness_tcb(h)->cc.ssthresh, UINT32_MAX);
	CHECK_EQ_U(h->env.counters.tcp_retransmits_needless, 1);
	harness_free(h);
}

static void
probe_of_a_fin(void)
{
	struct harness *h = sending(&tlp, 1);

	inject(h, ". 1:1(0) ack 1001 win 65535");
	harness_close(h);
	expect(h, "F. 1001:1001(0) ack 1");
	harness_advance(h, 600);

	expect(h, "F. 1001:1001(0) ack 1");
	CHECK_EQ_U(h->env.counters.tcp_tail_probes, 1);
	inject(h, ". 1:1(0) ack 1002 win 65535");
	CHECK_EQ_U(harness_state(h), MIEN_TCP_FIN_WAIT_2);
	harness_free(h);
}

/* The segment with the highest number is a bare FIN, whatever came before it. */
static void
probe_of_a_bare_fin(void)
{
	struct harness *h = sending(&tlp, 3);

	harness_close(h);
	expect(h, "F. 3001:3001(0) ack 1");
	harness_advance(h, 2 * RTT + 1);

	expect(h, "F. 3001:3001(0) ack 1");
	expect_none(h);
	harness_free(h);
}

static void
without_a_round_trip_a_probe_waits_a_second(void)
{
	struct harness *h = unsampled(true);

	harness_send(h, 1, 2 * SEG);
	harness_ignore(h);
	harness_advance(h, 2000);

	expect_time(h, 1000, "P. 1001:2001(1000) ack 1");
	harness_free(h);
}

static void
a_probe_respects_the_peers_window(void)
{
	struct harness *h = sending(&tlp, 2);

	inject(h, ". 1:1(0) ack 1 win 2000");
	harness_send(h, 2001, SEG);
	expect_none(h);
	harness_advance(h, 210);
	expect(h, "P. 1001:2001(1000) ack 1"); /* no new data: the window is full */
	harness_free(h);

	h = sending(&tlp, 3);
	inject(h, ". 1:1(0) ack 1 win 2000"); /* it shrank below what is out */
	harness_advance(h, 210);
	expect_none(h);
	CHECK_EQ_U(h->env.counters.tcp_tail_probes, 0);
	harness_advance(h, 200); /* the timeout counts from what was sent, as if no probe had been thought of */
	expect_time(h, RTT + 300, ". 1:1001(1000) ack 1");
	harness_free(h);
}

/* While a larger segment is out to find the path MTU, no tail is probed for. */
static void
a_search_for_the_mtu_takes_the_probes_place(void)
{
	struct harness *h = sending(&tlp, 2);

	mtu_wait(harness_tcb(h), 500, harness_tcb(h)->snd_nxt);
	rtx_timer_start(&h->tcp, harness_tcb(h));
	CHECK_EQ_U(harness_tcb(h)->sack.timer, RTX_RTO);
	harness_tcb(h)->mtu_wait = 0;
	rtx_timer_start(&h->tcp, harness_tcb(h));
	CHECK_EQ_U(harness_tcb(h)->sack.timer, RTX_PROBE);
	mtu_wait_over(harness_tcb(h));
	harness_free(h);
}

static void
a_duplicate_of_something_else_is_not_the_probes(void)
{
	struct harness *h = sending(&tlp, 3);

	harness_advance(h, 210);
	expect(h, "P. 2001:3001(1000) ack 1");
	inject(h, ". 1:1(0) ack 2001 win 65535 <nop,nop,sack 1:1001>"); /* the network doubled it */
	CHECK(harness_tcb(h)->sack.marks & MK_TLP);
	inject(h, ". 1:1(0) ack 3001 win 65535 <nop,nop,sack 2001:3001>");

	CHECK(!(harness_tcb(h)->sack.marks & MK_TLP));
	CHECK_EQ_U(h->env.counters.tcp_retransmits_needless, 1);
	harness_free(h);
}

/* The probe went with the FIN behind it; the D-SACK can only name the bytes. */
static void
a_probe_with_a_fin_is_reported_without_it(void)
{
	struct harness *h = sending(&tlp, 0);

	REQUIRE_EQ_I(tcp_user_send(&h->tcp, h->conn, (uint8_t[1000]){0}, 1000), 1000);
	harness_shutdown(h);
	expect(h, "FP. 1:1001(1000) ack 1");
	harness_advance(h, 450);
	expect(h, "FP. 1:1001(1000) ack 1");
	CHECK_EQ_U(h->env.counters.tcp_tail_probes, 1);
	inject(h, ". 1:1(0) ack 1002 win 65535 <nop,nop,sack 1:1001>");

	CHECK(!(harness_tcb(h)->sack.marks & MK_TLP));
	CHECK_EQ_U(h->env.counters.tcp_retransmits_needless, 1);
	harness_free(h);
}

/* The original and the probe both came; a peer that reports no D-SACK acknowledges the second one bare. */
static void
a_bare_duplicate_ack_tells_of_both_copies(void)
{
	struct harness *h = sending(&tlp, 2);
	uint32_t cwnd;

	harness_advance(h, 210);
	expect(h, "P. 1001:2001(1000) ack 1");
	inject(h, ". 1:1(0) ack 2001 win 65535");
	CHECK(harness_tcb(h)->sack.marks & MK_TLP);
	cwnd = harness_tcb(h)->cc.cwnd;
	inject(h, ". 1:1(0) ack 2001 win 65535");

	CHECK(!(harness_tcb(h)->sack.marks & MK_TLP));
	CHECK_EQ_U(harness_tcb(h)->cc.cwnd, cwnd);
	harness_free(h);
}

static void
the_user_timeout_comes_before_a_probe(void)
{
	struct harness *h = sending(&tlp, 0);

	REQUIRE_EQ_I(tcp_user_set(&h->tcp, h->conn, MIEN_TCP_USER_TIMEOUT_MS, 150), MIEN_OK);
	harness_send(h, 1, 2 * SEG);
	harness_ignore(h);
	harness_advance(h, 160);

	expect_none(h);
	CHECK_EQ_I(expect_event(h, MIEN_EV_CLOSED).err, MIEN_ETIMEDOUT);
	harness_free(h);
}

const struct test_suite tlp_suite = {
	.name = "tail loss probes",
	.setup = harness_setup,
	.cases = (const struct test_case[]){
		/* proves RK-5 */
		{"after two round trips the last segment is sent once more", probe_repeats_the_last},
		/* proves RK-5 */
		{"a probe carries new data where there is some", probe_with_new_data},
		{"a probe of a single segment waits for a delayed ACK", probe_waits_for_a_delayed_ack},
		{"a probe counts from the last segment sent", probe_counts_from_the_last_sent},
		{"the report of a probe shows what was lost at the end", probe_finds_the_tail_lost},
		/* proves RK-5 */
		{"a probe that replaced a lost segment counts as a loss", probe_repaired_a_loss},
		{"a probe reported as duplicate counts as none", probe_was_needless},
		{"a lost FIN is probed for", probe_of_a_fin},
		{"a bare FIN is probed for, not what came before it", probe_of_a_bare_fin},
		{"without a round trip a probe waits a second", without_a_round_trip_a_probe_waits_a_second},
		{"a probe respects the peer's window", a_probe_respects_the_peers_window},
		{"a search for the path MTU takes the probe's place", a_search_for_the_mtu_takes_the_probes_place},
		{"a duplicate of something else is not the probe's", a_duplicate_of_something_else_is_not_the_probes},
		{"a probe with a FIN is reported without it", a_probe_with_a_fin_is_reported_without_it},
		{"a bare duplicate ACK tells of both copies", a_bare_duplicate_ack_tells_of_both_copies},
		{"the user timeout comes before a probe", the_user_timeout_comes_before_a_probe},
		{NULL, NULL},
	},
};
