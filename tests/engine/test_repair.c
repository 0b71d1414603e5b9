/* SPDX-License-Identifier: BSD-3-Clause */
/* Loss recovery at its edges: bare FINs, odd reports, timers of RACK's. */
#include "recovery.h"

#include "send_parts.h"

#define STAMPED "mss 1012,sackOK,TS val 1 ecr 0"

static const struct setting newreno = {.options = "mss 1000", .recovery = MIEN_RECOVERY_NEWRENO, .cwnd = 20};
static const struct setting sack = {.options = SACKOK, .recovery = MIEN_RECOVERY_SACK, .cwnd = 20};
static const struct setting rack = {.options = SACKOK, .recovery = MIEN_RECOVERY_RACK, .cwnd = 20};

/* -- bare FINs --------------------------------------------------------------------------------------------- */

static void
duplicate_acks_show_the_loss_of_a_fin_alone(void)
{
	struct harness *h = sending(&newreno, 0);

	harness_shutdown(h);
	expect(h, "F. 1:1(0) ack 1");
	for (unsigned i = 0; i < 3; i++)
		inject(h, ". 1:1(0) ack 1 win 65535");

	expect(h, "F. 1:1(0) ack 1");
	CHECK_EQ_U(h->env.counters.tcp_fast_retransmits, 1);
	harness_free(h);
}

/* All but the FIN is acknowledged within the recovery. */
static void
a_partial_ack_may_leave_the_fin_alone(void)
{
	const struct setting *const kinds[] = {&sack, &rack};

	for (unsigned i = 0; i < 2; i++) {
		struct harness *h = sending(kinds[i], 6);

		harness_shutdown(h);
		expect(h, "F. 6001:6001(0) ack 1");
		harness_advance(h, RTT);
		inject(h, ". 1:1(0) ack 1 win 65535 <nop,nop,sack 1001:5001>");
		CHECK(harness_tcb(h)->flags & TF_RECOVERY);
		harness_ignore(h);
		inject(h, ". 1:1(0) ack 6001 win 65535");

		expect(h, "F. 6001:6001(0) ack 1");
		harness_free(h);
	}
}

static void
a_timeout_of_a_fin_alone_sends_it_again(void)
{
	const struct setting with_frto = {.options = SACKOK, .recovery = MIEN_RECOVERY_SACK, .frto = true, .cwnd = 20};
	const struct setting *const kinds[] = {&sack, &rack, &with_frto};

	for (unsigned i = 0; i < 3; i++) {
		struct harness *h = sending(kinds[i], 0);

		harness_shutdown(h);
		harness_ignore(h);
		harness_advance(h, 400);

		expect(h, "F. 1:1(0) ack 1");
		inject(h, ". 1:1(0) ack 2 win 65535");
		CHECK_EQ_U(harness_state(h), MIEN_TCP_FIN_WAIT_2);
		harness_free(h);
	}
}

/* -- odd reports ------------------------------------------------------------------------------------------- */

/* The peer reports what it could have acknowledged; what is lost is behind it. */
static void
a_report_at_the_front_is_not_taken_back(void)
{
	const struct setting *const kinds[] = {&sack, &rack};

	for (unsigned i = 0; i < 2; i++) {
		struct harness *h = sending(kinds[i], 8);

		harness_advance(h, RTT);
		inject(h, ". 1:1(0) ack 1 win 65535 <nop,nop,sack 1:1001 2001:6001>");

		expect(h, ". 1001:2001(1000) ack 1");
		expect_none(h);
		CHECK_EQ_U(harness_tcb(h)->sack.sacked_bytes, 5000);

		/* it never acknowledges it: it must have thrown it away (RFC 2018 8) */
		harness_advance(h, 1000);
		CHECK_EQ_U(harness_tcb(h)->sack.sacked_bytes, 0);
		expect(h, ". 1:1001(1000) ack 1");
		harness_free(h);
	}
}

static void
duplicate_acks_are_counted_as_far_as_the_counter_goes(void)
{
	struct harness *h = sending(&newreno, 4);

	harness_tcb(h)->sack.dupacks = UINT16_MAX;
	harness_tcb(h)->flags |= TF_RECOVERY;
	inject(h, ". 1:1(0) ack 1 win 65535");

	CHECK_EQ_U(harness_tcb(h)->sack.dupacks, UINT16_MAX);
	harness_tcb(h)->sack.dupacks = 0;
	harness_tcb(h)->flags &= ~TF_RECOVERY;
	harness_ignore(h);
	harness_free(h);
}

/* What was sent again came twice, while more is still to be sent again: after a timeout that is proof enough. */
static void
dsacks_undo_while_more_is_lost_after_a_timeout_only(void)
{
	struct harness *h = sending(&sack, 8);

	harness_advance(h, 400);
	expect(h, ". 1:1001(1000) ack 1");
	CHECK(harness_tcb(h)->sack.lost_bytes > 0);
	inject(h, ". 1:1(0) ack 1 win 65535 <nop,nop,sack 1:1001 1:2001>");
	CHECK_EQ_U(h->env.counters.tcp_recoveries_undone, 1);
	CHECK_EQ_U(harness_tcb(h)->sack.lost_bytes, 0);
	harness_free(h);

	h = sending(&sack, 12);
	h->tx_room = 1;
	inject(h, ". 1:1(0) ack 1 win 65535 <nop,nop,sack 3001:12001>");
	expect(h, ". 1:1001(1000) ack 1");
	h->tx_room = 0;
	CHECK_EQ_U(harness_tcb(h)->sack.lost_bytes, 2 * SEG);
	inject(h, ". 1:1(0) ack 1 win 65535 <nop,nop,sack 1:1001 1:2001>");
	CHECK_EQ_U(harness_tcb(h)->undo_needed, 0);
	CHECK_EQ_U(h->env.counters.tcp_recoveries_undone, 0);
	harness_free(h);
}

/* Eifel knows that the timeout was needless, and learns no round trip from an echo that old. */
static void
an_echo_of_long_ago_undoes_without_a_sample(void)
{
	const struct setting stamped = {.options = STAMPED, .recovery = MIEN_RECOVERY_SACK, .cwnd = 20};
	struct harness *h = sending(&stamped, 0);
	uint32_t srtt = harness_tcb(h)->rtt.srtt_us;

	harness_advance(h, 700000);
	harness_send(h, 1, SEG);
	harness_ignore(h);
	harness_advance(h, 400);
	expect(h, "P. 1:1001(1000) ack 1");
	inject(h, ". 1:1(0) ack 1001 win 65535 <nop,nop,TS val 2 ecr 100>");

	CHECK_EQ_U(h->env.counters.tcp_recoveries_undone, 1);
	CHECK_EQ_U(harness_tcb(h)->rtt.srtt_us, srtt);
	harness_free(h);
}

/* Not each segment has its timestamp where the system does not insist; 0 is the echo of none. */
static void
without_an_echo_nothing_is_proved(void)
{
	static const char *const options[] = {"", " <nop,nop,TS val 2 ecr 0>"};
	const uint8_t recoveries[] = {MIEN_RECOVERY_SACK, MIEN_RECOVERY_RACK};

	for (unsigned i = 0; i < 4; i++) {
		const struct setting stamped = {.options = STAMPED, .recovery = recoveries[i / 2], .cwnd = 20};
		struct harness *h = sending(&stamped, 0);

		h->p.tcp.ts_missing = 1;
		h->p.tcp.undo = MIEN_UNDO_TIMESTAMPS;
		harness_send(h, 1, SEG);
		harness_advance(h, 500);
		harness_ignore(h);
		injectf(h, ". 1:1(0) ack 1001 win 65535%s", options[i % 2]);

		CHECK_EQ_U(h->env.counters.tcp_recoveries_undone, 0);
		CHECK_EQ_U(harness_tcb(h)->rtt.backoff, 1); /* no sample ends it */
		harness_free(h);
	}
}

/* -- RACK -------------------------------------------------------------------------------------------------- */

static void
what_was_sent_again_is_told(void)
{
	struct harness *h = sending(&rack, 10);
	struct mien_tcp_info info;

	harness_tcb(h)->cc.ssthresh = 20 * SEG;
	harness_advance(h, RTT);
	inject(h, ". 1:1(0) ack 1 win 65535 <nop,nop,sack 3001:10001>");
	harness_tcb(h)->cc.cwnd = 20 * SEG;
	tcp_mark_dirty(&h->tcp, harness_tcb(h));
	harness_flush(h);
	info = harness_info(h);
	CHECK_EQ_U(info.resent, 3 * SEG);

	inject(h, ". 1:1(0) ack 1001 win 65535 <nop,nop,sack 3001:10001>");
	info = harness_info(h);
	CHECK_EQ_U(info.resent, 2 * SEG);
	harness_ignore(h);
	harness_free(h);
}

/* The least round trip is not known: the smoothed one stands in for it. */
static void
the_reordering_window_goes_by_the_smoothed_round_trip(void)
{
	struct harness *h = sending(&rack, 10);

	harness_tcb(h)->rack_flags |= RACK_REORDERED;
	harness_tcb(h)->rtt.min_us = RTT_MIN_NONE;
	CHECK_EQ_U(rack_reo_wnd(harness_tcb(h)), harness_tcb(h)->rtt.srtt_us / 4 * NS_PER_US);

	harness_tcb(h)->rack_mult = UINT8_MAX;
	rack_dsack(harness_tcb(h));
	CHECK_EQ_U(harness_tcb(h)->rack_mult, UINT8_MAX);
	CHECK_EQ_U(rack_reo_wnd(harness_tcb(h)), harness_tcb(h)->rtt.srtt_us * NS_PER_US);
	harness_free(h);
}

/* A retransmission that comes back sooner than any round trip took is the first copy's ACK; the first ever is not. */
static void
the_first_round_trip_counts_after_a_timeout(void)
{
	struct harness *h = unsampled(false);

	harness_send(h, 1, SEG);
	harness_advance(h, 3001);
	CHECK_EQ_U(h->env.counters.tcp_rto_expired, 1);
	CHECK_EQ_U(harness_tcb(h)->rtt.min_us, RTT_MIN_NONE);
	harness_advance(h, 50);
	inject(h, ". 1:1(0) ack 1001 win 65535");

	CHECK(harness_tcb(h)->rack.rtt_us >= 50000 && harness_tcb(h)->rack.rtt_us < 52000);
	harness_ignore(h);
	harness_free(h);
}

/* The window closes while segments are judged: its timer is the probe's then. */
static void
a_closed_window_needs_no_reordering_timer(void)
{
	struct harness *h = sending(&rack, 10);

	harness_advance(h, RTT);
	inject(h, ". 1:1(0) ack 1 win 0");
	CHECK(harness_tcb(h)->flags & TF_PERSIST);
	inject(h, ". 1:1(0) ack 1 win 0 <nop,nop,sack 1001:2001>");

	CHECK(harness_tcb(h)->flags & TF_PERSIST);
	CHECK(harness_tcb(h)->sack.timer != RTX_REORDER);
	CHECK(harness_tcb(h)->deadline[DL_RTX] > h->env.now + 100 * HARNESS_MS);
	harness_free(h);
}

/* What went again is found lost once more while the timeout's recovery lasts: it is no new one. */
static void
losses_in_a_timeouts_recovery_begin_no_other(void)
{
	struct harness *h = sending(&rack, 10);

	harness_advance(h, 500);
	expect(h, ". 1:1001(1000) ack 1");
	inject(h, ". 1:1(0) ack 1001 win 65535");
	harness_ignore(h); /* 1001 and 2001 went */
	harness_advance(h, 60);
	inject(h, ". 1:1(0) ack 1501 win 65535");
	harness_ignore(h);
	harness_advance(h, 60);
	inject(h, ". 1:1(0) ack 1701 win 65535 <nop,nop,sack 3001:4001>");

	CHECK(harness_tcb(h)->flags & TF_RTO_RECOVERY);
	CHECK_EQ_U(h->env.counters.tcp_fast_retransmits, 0);
	harness_ignore(h);
	harness_free(h);
}

/* The reordering timer gives its place back to a user timeout that is nearer than the retransmission's. */
static void
behind_a_reordering_timer_the_nearest_time_counts(void)
{
	struct harness *h = sending(&rack, 10);

	REQUIRE_EQ_I(tcp_user_set(&h->tcp, h->conn, MIEN_TCP_USER_TIMEOUT_MS, 250), MIEN_OK);
	harness_advance(h, RTT);
	inject(h, ". 1:1(0) ack 1 win 65535 <nop,nop,sack 1001:2001>");
	CHECK_EQ_U(harness_tcb(h)->sack.timer, RTX_REORDER);
	harness_tcb(h)->rack.sent_at = 0; /* nothing will be found */
	harness_advance(h, 300);

	CHECK_EQ_I(expect_event(h, MIEN_EV_CLOSED).err, MIEN_ETIMEDOUT);
	harness_free(h);

	h = sending(&rack, 0);
	harness_shutdown(h);
	harness_ignore(h);
	harness_tcb(h)->sack.timer = RTX_REORDER;
	harness_advance(h, 350); /* only the FIN is out: it counts from now */
	CHECK_EQ_U(harness_tcb(h)->sack.timer, RTX_RTO);
	harness_advance(h, 400);
	expect(h, "F. 1:1(0) ack 1");
	harness_free(h);
}

const struct test_suite repair_suite = {
	.name = "repair",
	.setup = harness_setup,
	.cases = (const struct test_case[]){
		{"duplicate ACKs show the loss of a FIN alone", duplicate_acks_show_the_loss_of_a_fin_alone},
		{"a partial ACK may leave the FIN alone", a_partial_ack_may_leave_the_fin_alone},
		{"a timeout of a FIN alone sends it again", a_timeout_of_a_fin_alone_sends_it_again},
		{"a report at the front is not taken back before a timeout", a_report_at_the_front_is_not_taken_back},
		{"duplicate ACKs are counted as far as the counter goes",
			duplicate_acks_are_counted_as_far_as_the_counter_goes},
		{"D-SACKs undo while more is lost after a timeout only", dsacks_undo_while_more_is_lost_after_a_timeout_only},
		{"an echo of long ago undoes without a sample", an_echo_of_long_ago_undoes_without_a_sample},
		{"without an echo nothing is proved", without_an_echo_nothing_is_proved},
		{"what was sent again is told", what_was_sent_again_is_told},
		{"the reordering window goes by the smoothed round trip where no other is known",
			the_reordering_window_goes_by_the_smoothed_round_trip},
		{"the first round trip counts after a timeout", the_first_round_trip_counts_after_a_timeout},
		{"a closed window needs no reordering timer", a_closed_window_needs_no_reordering_timer},
		{"losses in a timeout's recovery begin no other", losses_in_a_timeouts_recovery_begin_no_other},
		{"behind a reordering timer the nearest time counts", behind_a_reordering_timer_the_nearest_time_counts},
		{NULL, NULL},
	},
};
