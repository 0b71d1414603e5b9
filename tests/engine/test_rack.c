/* SPDX-License-Identifier: BSD-3-Clause */
/* RACK (RFC 8985), proportional rate reduction (RFC 6937). */
#include "recovery.h"

#include "send_parts.h"

static const struct setting rack = {.options = SACKOK, .recovery = MIEN_RECOVERY_RACK};
static const struct setting prr = {.options = SACKOK, .recovery = MIEN_RECOVERY_RACK, .prr = true};
static const struct setting wide_prr = {.options = SACKOK, .recovery = MIEN_RECOVERY_RACK, .prr = true, .cwnd = 20};

/* Nothing is judged: all that is out left after what was delivered. */
static void
a_reordering_timer_puts_no_timeout_off(void)
{
	struct harness *h = sending(&rack, 10);

	harness_advance(h, RTT);
	inject(h, ". 1:1(0) ack 1 win 65535 <nop,nop,sack 1001:2001>");
	CHECK_EQ_U(harness_tcb(h)->sack.timer, RTX_REORDER);
	harness_tcb(h)->rack.sent_at = 0;

	harness_advance(h, 2000);

	expect_time(h, RTT + 300, ". 1:1001(1000) ack 1");
	harness_free(h);
}

static void
lost_by_time(void)
{
	struct harness *h = sending(&rack, 10);

	harness_advance(h, RTT);
	inject(h, ". 1:1(0) ack 1 win 65535 <nop,nop,sack 1001:2001>");
	expect_none(h);

	harness_advance(h, 100); /* the window is a quarter of the round trip */
	expect_time(h, 2 * RTT + 25, ". 1:1001(1000) ack 1");
	expect_none(h);
	CHECK(harness_tcb(h)->flags & TF_RECOVERY);
	CHECK_EQ_U(h->env.counters.tcp_rto_expired, 0);
	harness_free(h);
}

static void
three_reported(void)
{
	struct harness *h = sending(&rack, 10);

	harness_advance(h, RTT);
	inject(h, ". 1:1(0) ack 1 win 65535 <nop,nop,sack 1001:4001>");

	expect(h, ". 1:1001(1000) ack 1");
	expect_none(h);
	harness_free(h);
}

/* 300 ms after it was sent the front's ACK cannot be here yet: it was found lost late. */
static void
timeout_of_the_retransmission(void)
{
	struct harness *h = sending(&rack, 10);

	harness_advance(h, 250);
	inject(h, ". 1:1(0) ack 1 win 65535 <nop,nop,sack 1001:4001>");
	expect_time(h, RTT + 250, ". 1:1001(1000) ack 1");
	harness_advance(h, 299);
	CHECK_EQ_U(h->env.counters.tcp_rto_expired, 0);
	harness_advance(h, 1);

	expect_time(h, RTT + 550, ". 1:1001(1000) ack 1");
	CHECK_EQ_U(h->env.counters.tcp_rto_expired, 1);
	harness_free(h);
}

static void
reordering_heals(void)
{
	struct harness *h = sending(&rack, 10);

	harness_advance(h, RTT);
	inject(h, ". 1:1(0) ack 1 win 65535 <nop,nop,sack 1001:2001>");
	harness_advance(h, 20);
	inject(h, ". 1:1(0) ack 2001 win 65535");
	CHECK(harness_tcb(h)->rack_flags & RACK_REORDERED);
	/* from now on three reports are no proof */
	inject(h, ". 1:1(0) ack 2001 win 65535 <nop,nop,sack 3001:6001>");
	expect_none(h);
	inject(h, ". 1:1(0) ack 10001 win 65535");
	harness_advance(h, 1000);

	expect_none(h);
	CHECK_EQ_U(h->env.counters.tcp_retransmits, 0);
	harness_free(h);
}

/* The newest block comes first (RFC 2018 4), and one ACK may report several segments. */
static void
blocks_have_no_order(void)
{
	struct harness *h = sending(&rack, 10);

	harness_advance(h, RTT);
	inject(h, ". 1:1(0) ack 1 win 65535 <nop,nop,sack 4001:6001 1001:3001>");

	expect(h, ". 1:1001(1000) ack 1");
	CHECK(!(harness_tcb(h)->rack_flags & RACK_REORDERED));
	harness_free(h);
}

static void
lost_again(void)
{
	struct harness *h = sending(&rack, 11);

	harness_advance(h, RTT);
	inject(h, ". 1:1(0) ack 1 win 65535 <nop,nop,sack 1001:10001>");
	expect(h, ". 1:1001(1000) ack 1");
	expect(h, "P. 10001:11001(1000) ack 1"); /* sent after it */
	harness_advance(h, RTT);
	inject(h, ". 1:1(0) ack 1 win 65535 <nop,nop,sack 1001:11001>");

	expect(h, ". 1:1001(1000) ack 1");
	CHECK_EQ_U(h->env.counters.tcp_retransmits, 2);
	CHECK_EQ_U(h->env.counters.tcp_rto_expired, 0);
	CHECK_EQ_U(h->env.counters.tcp_fast_retransmits, 1);
	inject(h, ". 1:1(0) ack 11001 win 65535");
	CHECK_EQ_U(harness_tcb(h)->sack.marks, 0);
	harness_free(h);
}

static void
dsack_widens(void)
{
	struct harness *h = sending(&rack, 10);
	uint64_t narrow;

	harness_advance(h, RTT);
	inject(h, ". 1:1(0) ack 1 win 65535 <nop,nop,sack 1001:4001>");
	expect(h, ". 1:1001(1000) ack 1");
	CHECK_EQ_U(rack_reo_wnd(harness_tcb(h)), 0);
	inject(h, ". 1:1(0) ack 10001 win 65535");
	narrow = rack_reo_wnd(harness_tcb(h));
	inject(h, ". 1:1(0) ack 10001 win 65535 <nop,nop,sack 1:1001>");

	CHECK_EQ_U(narrow, 25 * HARNESS_MS);
	CHECK_EQ_U(rack_reo_wnd(harness_tcb(h)), 50 * HARNESS_MS);
	CHECK_EQ_U(h->env.counters.tcp_recoveries_undone, 1);
	CHECK_EQ_U(harness_tcb(h)->cc.cwnd, 10 * SEG);
	harness_free(h);
}

static void
timeout_marks_what_is_old(void)
{
	struct harness *h = sending(&rack, 4);

	harness_advance(h, 250);
	harness_send(h, 4001, 2 * SEG);
	harness_ignore(h);
	harness_advance(h, 60); /* the timeout comes 300 ms after the first */

	expect_time(h, RTT + 300, ". 1:1001(1000) ack 1");
	CHECK_EQ_U(harness_tcb(h)->sack.lost_bytes, 3 * SEG); /* 1001 to 4001, not what was just sent */
	harness_free(h);
}

static void
timeout_keeps_reports(void)
{
	struct harness *h = sending(&rack, 4);

	harness_advance(h, RTT);
	inject(h, ". 1:1(0) ack 1001 win 65535");
	inject(h, ". 1:1(0) ack 1001 win 65535 <nop,nop,sack 2001:3001>");
	harness_advance(h, 30);
	expect(h, ". 1001:2001(1000) ack 1");
	harness_advance(h, 1000);
	expect(h, ". 1001:2001(1000) ack 1"); /* by the timeout */
	harness_ignore(h);
	CHECK_EQ_U(harness_tcb(h)->sack.sacked_bytes, SEG);

	inject(h, ". 1:1(0) ack 3001 win 65535");
	expect(h, "P. 3001:4001(1000) ack 1");
	harness_free(h);
}

static void
the_timer_may_wait_longer(void)
{
	struct harness *h = sending(&rack, 10);

	h->p.tcp.reorder_slack_ms = 2;
	harness_advance(h, RTT);
	inject(h, ". 1:1(0) ack 1 win 65535 <nop,nop,sack 1001:2001>");

	harness_advance(h, 100);

	expect_time(h, 2 * RTT + 27, ". 1:1001(1000) ack 1");
	harness_free(h);
}

static void
the_timer_sends_one_at_first(void)
{
	struct harness *h = sending(&prr, 10);

	harness_advance(h, RTT);
	inject(h, ". 1:1(0) ack 1 win 65535 <nop,nop,sack 7001:8001>");

	harness_advance(h, 50);

	expect(h, ". 1:1001(1000) ack 1");
	expect_none(h);
	CHECK_EQ_U(harness_tcb(h)->sack.lost_bytes, 6 * SEG);
	harness_free(h);
}

/* Linux: before it is known that packets overtake others, SACKed bytes may mean loss and open no window. */
static void
where_packets_overtake_what_is_sacked_opens_the_window(void)
{
	struct harness *h = sending(&rack, 10);
	uint32_t cwnd = harness_info(h).cwnd;

	harness_advance(h, RTT);
	inject(h, ". 1:1(0) ack 1 win 65535 <nop,nop,sack 9001:10001>");
	CHECK_EQ_U(harness_info(h).cwnd, cwnd);
	inject(h, ". 1:1(0) ack 1 win 65535 <nop,nop,sack 3001:4001 9001:10001>");
	CHECK_EQ_U(harness_info(h).cwnd, cwnd + SEG);
	inject(h, ". 1:1(0) ack 10001 win 65535");

	CHECK_EQ_U(harness_info(h).cwnd, cwnd + 3 * SEG); /* two for an ACK, RFC 3465 */
	CHECK_EQ_U(harness_info(h).reorderings, 2);
	harness_ignore(h);
	harness_free(h);
}

static void
the_farthest_overtaking_is_told(void)
{
	struct harness *h = sending(&rack, 10);
	struct mien_tcp_info info;

	harness_advance(h, RTT);
	inject(h, ". 1:1(0) ack 1 win 65535 <nop,nop,sack 8001:9001>");
	inject(h, ". 1:1(0) ack 1 win 65535 <nop,nop,sack 3001:4001 8001:9001>");

	info = harness_info(h);
	CHECK_EQ_U(info.reordering, 6);
	CHECK_EQ_U(info.reorderings, 1);
	CHECK_EQ_U(info.sacked, 2 * SEG);
	CHECK_EQ_U(info.loss_state, MIEN_LOSS_DISORDER);
	harness_ignore(h);
	harness_free(h);
}

/* The ACK covers what was sent again and, behind it, what only came late: RACK.rtt is that of the last one. */
static void
what_came_late_counts_for_the_round_trip(void)
{
	struct harness *h = sending(&prr, 10);

	harness_advance(h, RTT);
	inject(h, ". 1:1(0) ack 1 win 65535 <nop,nop,sack 1001:2001>");
	inject(h, ". 1:1(0) ack 1 win 65535 <nop,nop,sack 1001:3001>");
	inject(h, ". 1:1(0) ack 1 win 65535 <nop,nop,sack 1001:3001 8001:9001>");
	expect(h, ". 1:1001(1000) ack 1");
	harness_ignore(h);
	harness_advance(h, RTT + 20);

	inject(h, ". 1:1(0) ack 4001 win 65535 <nop,nop,sack 8001:9001>");

	CHECK_EQ_U(harness_tcb(h)->rack.rtt_us, (2 * RTT + 20) * 1000);
	harness_ignore(h);
	harness_free(h);
}

static void
an_overtaken_ack_tells_too(void)
{
	struct harness *h = sending(&rack, 10);

	inject(h, ". 1:1(0) ack 3001 win 65535");
	inject(h, ". 1:1(0) ack 2001 win 65535 <nop,nop,sack 5001:7001>");

	CHECK_EQ_U(harness_tcb(h)->sack.sacked_bytes, 2 * SEG);
	harness_ignore(h);
	harness_free(h);
}

/* -- proportional rate reduction ------------------------------------------------------------------------------ */

static void
prr_spreads(void)
{
	struct harness *h = sending(&wide_prr, 40);
	unsigned int most = 0, sent = 0;

	harness_advance(h, RTT);
	inject(h, ". 1:1(0) ack 1 win 65535 <nop,nop,sack 1001:4001>");
	expect(h, ". 1:1001(1000) ack 1");
	CHECK_EQ_U(harness_tcb(h)->cc.ssthresh, 10 * SEG);
	sent = h->sent_count;
	harness_ignore(h);
	for (uint32_t i = 4; i < 20; i++) {
		injectf(h, ". 1:1(0) ack 1 win 65535 <nop,nop,sack 1001:%u>", i * SEG + SEG + 1);
		most = RTE_MAX(most, h->sent_count);
		sent += h->sent_count;
		harness_ignore(h);
	}

	/* one for two, from the first ACK on */
	CHECK(most <= 1);
	CHECK(sent >= 8 && sent <= 10);
	inject(h, ". 1:1(0) ack 20001 win 65535");
	CHECK_EQ_U(harness_tcb(h)->cc.cwnd, 10 * SEG);
	CHECK_EQ_U(harness_tcb(h)->prr.flight, 0);
	harness_free(h);
}

/* RFC 6937's successor: two of ten were SACKed before the recovery. */
static void
prr_leaves_out_what_was_sacked(void)
{
	struct harness *h = sending(&prr, 10);

	harness_advance(h, RTT);
	inject(h, ". 1:1(0) ack 1 win 65535 <nop,nop,sack 1001:2001>");
	inject(h, ". 1:1(0) ack 1 win 65535 <nop,nop,sack 1001:3001>");
	inject(h, ". 1:1(0) ack 1 win 65535 <nop,nop,sack 1001:4001>");

	expect(h, ". 1:1001(1000) ack 1");
	CHECK_EQ_U(harness_tcb(h)->prr.flight, 8 * SEG);
	harness_ignore(h);
	harness_free(h);
}

static void
growth_begins_with_the_end(void)
{
	struct harness *h = sending(&prr, 10);

	harness_advance(h, RTT);
	inject(h, ". 1:1(0) ack 1 win 65535 <nop,nop,sack 1001:4001>");
	expect(h, ". 1:1001(1000) ack 1");
	harness_advance(h, RTT);
	inject(h, ". 1:1(0) ack 1 win 65535 <nop,nop,sack 1001:10001>");
	CHECK_EQ_U(harness_tcb(h)->cc.acked, 0);
	inject(h, ". 1:1(0) ack 10001 win 65535");

	CHECK(!(harness_tcb(h)->flags & TF_RECOVERY));
	CHECK_EQ_U(harness_tcb(h)->cc.acked, SEG);
	harness_free(h);
}

static void
prr_after_heavy_loss(void)
{
	struct harness *h = sending(&wide_prr, 20);

	/* 1 to 16 are lost, more than the reduction asks for: no more is sent than was delivered, and one */
	harness_advance(h, RTT);
	inject(h, ". 1:1(0) ack 1 win 65535 <nop,nop,sack 16001:20001>");

	CHECK(h->sent_count >= 1 && h->sent_count <= 5);
	CHECK(loss_pipe(harness_tcb(h)) <= 5 * SEG);
	harness_free(h);
}

const struct test_suite rack_suite = {
	.name = "rack",
	.setup = harness_setup,
	.cases = (const struct test_case[]){
		/* proves RK-1 RK-3 */
		{"a packet is lost a reordering window after a later one was delivered", lost_by_time},
		{"a reordering timer that finds nothing does not put the timeout off", a_reordering_timer_puts_no_timeout_off},
		{"the timeout counts from the retransmission of the front", timeout_of_the_retransmission},
		/* proves RK-2 */
		{"three reports before any reordering was seen are enough", three_reported},
		/* proves RK-2 */
		{"what comes late within the window is not sent again", reordering_heals},
		{"what one ACK reports was not reordered", blocks_have_no_order},
		/* proves RK-4 */
		{"what was sent again and lost again is found without a timeout", lost_again},
		/* proves RK-2 */
		{"a needless retransmission makes the reordering window wider", dsack_widens},
		{"a timeout marks only what has been out for a round trip", timeout_marks_what_is_old},
		{"a timeout keeps what was reported", timeout_keeps_reports},
		{"the timer may wait longer than it must", the_timer_may_wait_longer},
		{"what the timer finds lost is sent as ACKs pace it", the_timer_sends_one_at_first},
		{"how far segments were overtaken is told", the_farthest_overtaking_is_told},
		{"where packets overtake, what is SACKed opens the window", where_packets_overtake_what_is_sacked_opens_the_window},
		{"the round trip is that of the last packet an ACK covers", what_came_late_counts_for_the_round_trip},
		{"what an overtaken ACK reports counts", an_overtaken_ack_tells_too},
		{"a reduction leaves out what was SACKed before it", prr_leaves_out_what_was_sacked},
		{"the ACK that ends a recovery is the first of the next window", growth_begins_with_the_end},
		/* proves CC-9 */
		{"a reduction sends one segment for two that were delivered", prr_spreads},
		/* proves CC-9 */
		{"after heavy loss no more is sent than was delivered", prr_after_heavy_loss},
		{NULL, NULL},
	},
};
