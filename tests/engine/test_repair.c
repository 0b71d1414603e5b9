/* SPDX-License-Identifier: BSD-3-Clause */
/* Loss recovery at its edges: bare FINs, odd reports, probes of windows and tails, timers that meet. */
#include "stream.h"

#define SEG 1000
#define RTT 100
#define SACKOK "mss 1000,nop,nop,sackOK"
#define STAMPED "mss 1012,sackOK,TS val 1 ecr 0"

struct repair {
	const char *options;
	uint8_t recovery;
	bool tlp, frto;
};

/* Opens with a round trip of 100 ms and sends n segments; what went out is forgotten. */
static struct harness *
sending(const struct repair *r, uint32_t segments)
{
	struct harness *h = harness_new(NULL);

	h->p.tcp.recovery = r->recovery;
	h->p.tcp.undo = MIEN_UNDO_BOTH;
	h->p.tcp.tlp = r->tlp;
	h->p.tcp.frto = r->frto;
	h->p.tcp.prr = 0;
	h->p.tcp.initial_cwnd = 20;
	harness_listen(h, 80);
	injectf(h, "S 0:0(0) win 65535 <%s>", r->options);
	harness_ignore(h);
	harness_advance(h, RTT);
	inject(h, strstr(r->options, "TS") ? ". 1:1(0) ack 1 win 65535 <nop,nop,TS val 1 ecr 0>"
					   : ". 1:1(0) ack 1 win 65535");
	(void)expect_event(h, MIEN_EV_ACCEPT);
	if (segments)
		harness_send(h, 1, segments * SEG);
	harness_ignore(h);
	return h;
}

static const struct repair plain_dupacks = {.options = "mss 1000", .recovery = MIEN_RECOVERY_NEWRENO};
static const struct repair sack = {.options = SACKOK, .recovery = MIEN_RECOVERY_SACK};
static const struct repair rack = {.options = SACKOK, .recovery = MIEN_RECOVERY_RACK};
static const struct repair tlp = {.options = SACKOK, .recovery = MIEN_RECOVERY_RACK, .tlp = true};

static struct tcb *
of(const struct harness *h)
{
	return harness_tcb(h);
}

/* -- bare FINs --------------------------------------------------------------------------------------------- */

static void
duplicate_acks_show_the_loss_of_a_fin_alone(void)
{
	struct harness *h = sending(&plain_dupacks, 0);

	REQUIRE_EQ_I(tcp_user_shutdown(&h->tcp, h->conn), MIEN_OK);
	harness_flush(h);
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
	const struct repair *const kinds[] = {&sack, &rack};

	for (unsigned i = 0; i < 2; i++) {
		struct harness *h = sending(kinds[i], 6);

		REQUIRE_EQ_I(tcp_user_shutdown(&h->tcp, h->conn), MIEN_OK);
		harness_flush(h);
		expect(h, "F. 6001:6001(0) ack 1");
		harness_advance(h, RTT);
		inject(h, ". 1:1(0) ack 1 win 65535 <nop,nop,sack 1001:5001>");
		CHECK(of(h)->flags & TF_RECOVERY);
		harness_ignore(h);
		inject(h, ". 1:1(0) ack 6001 win 65535");

		expect(h, "F. 6001:6001(0) ack 1");
		harness_free(h);
	}
}

static void
a_timeout_of_a_fin_alone_sends_it_again(void)
{
	const struct repair with_frto = {.options = SACKOK, .recovery = MIEN_RECOVERY_SACK, .frto = true};
	const struct repair *const kinds[] = {&sack, &rack, &with_frto};

	for (unsigned i = 0; i < 3; i++) {
		struct harness *h = sending(kinds[i], 0);

		REQUIRE_EQ_I(tcp_user_shutdown(&h->tcp, h->conn), MIEN_OK);
		harness_flush(h);
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
	const struct repair *const kinds[] = {&sack, &rack};

	for (unsigned i = 0; i < 2; i++) {
		struct harness *h = sending(kinds[i], 8);

		harness_advance(h, RTT);
		inject(h, ". 1:1(0) ack 1 win 65535 <nop,nop,sack 1:1001 2001:6001>");

		expect(h, ". 1001:2001(1000) ack 1");
		expect_none(h);
		CHECK_EQ_U(of(h)->sack.sacked_bytes, 5000);

		/* it never acknowledges it: it must have thrown it away (RFC 2018 8) */
		harness_advance(h, 1000);
		CHECK_EQ_U(of(h)->sack.sacked_bytes, 0);
		expect(h, ". 1:1001(1000) ack 1");
		harness_free(h);
	}
}

static void
duplicate_acks_are_counted_as_far_as_the_counter_goes(void)
{
	struct harness *h = sending(&plain_dupacks, 4);

	of(h)->sack.dupacks = UINT16_MAX;
	of(h)->flags |= TF_RECOVERY;
	inject(h, ". 1:1(0) ack 1 win 65535");

	CHECK_EQ_U(of(h)->sack.dupacks, UINT16_MAX);
	of(h)->sack.dupacks = 0;
	of(h)->flags &= ~TF_RECOVERY;
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
	CHECK(of(h)->sack.lost_bytes > 0);
	inject(h, ". 1:1(0) ack 1 win 65535 <nop,nop,sack 1:1001 1:2001>");
	CHECK_EQ_U(h->env.counters.tcp_recoveries_undone, 1);
	CHECK_EQ_U(of(h)->sack.lost_bytes, 0);
	harness_free(h);

	h = sending(&sack, 12);
	h->tx_room = 1;
	inject(h, ". 1:1(0) ack 1 win 65535 <nop,nop,sack 3001:12001>");
	expect(h, ". 1:1001(1000) ack 1");
	h->tx_room = 0;
	CHECK_EQ_U(of(h)->sack.lost_bytes, 2 * SEG);
	inject(h, ". 1:1(0) ack 1 win 65535 <nop,nop,sack 1:1001 1:2001>");
	CHECK_EQ_U(of(h)->undo_needed, 0);
	CHECK_EQ_U(h->env.counters.tcp_recoveries_undone, 0);
	harness_free(h);
}

/* Eifel knows that the timeout was needless, and learns no round trip from an echo that old. */
static void
an_echo_of_long_ago_undoes_without_a_sample(void)
{
	const struct repair stamped = {.options = STAMPED, .recovery = MIEN_RECOVERY_SACK};
	struct harness *h = sending(&stamped, 0);
	uint32_t srtt = of(h)->rtt.srtt_us;

	harness_advance(h, 700000);
	harness_send(h, 1, SEG);
	harness_ignore(h);
	harness_advance(h, 400);
	expect(h, "P. 1:1001(1000) ack 1");
	inject(h, ". 1:1(0) ack 1001 win 65535 <nop,nop,TS val 2 ecr 100>");

	CHECK_EQ_U(h->env.counters.tcp_recoveries_undone, 1);
	CHECK_EQ_U(of(h)->rtt.srtt_us, srtt);
	harness_free(h);
}

/* Not each segment has its timestamp where the system does not insist; 0 is the echo of none. */
static void
without_an_echo_nothing_is_proved(void)
{
	static const char *const options[] = {"", " <nop,nop,TS val 2 ecr 0>"};
	const uint8_t recoveries[] = {MIEN_RECOVERY_SACK, MIEN_RECOVERY_RACK};

	for (unsigned i = 0; i < 4; i++) {
		const struct repair stamped = {.options = STAMPED, .recovery = recoveries[i / 2]};
		struct harness *h = sending(&stamped, 0);

		h->p.tcp.ts_missing = 1;
		h->p.tcp.undo = MIEN_UNDO_TIMESTAMPS;
		harness_send(h, 1, SEG);
		harness_advance(h, 500);
		harness_ignore(h);
		injectf(h, ". 1:1(0) ack 1001 win 65535%s", options[i % 2]);

		CHECK_EQ_U(h->env.counters.tcp_recoveries_undone, 0);
		CHECK_EQ_U(of(h)->rtt.backoff, 1); /* no sample ends it */
		harness_free(h);
	}
}

/* -- RACK -------------------------------------------------------------------------------------------------- */

static void
what_was_sent_again_is_told(void)
{
	struct harness *h = sending(&rack, 10);
	struct mien_tcp_info info;

	of(h)->cc.ssthresh = 20 * SEG;
	harness_advance(h, RTT);
	inject(h, ". 1:1(0) ack 1 win 65535 <nop,nop,sack 3001:10001>");
	of(h)->cc.cwnd = 20 * SEG;
	tcp_mark_dirty(&h->tcp, of(h));
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

	of(h)->rack_flags |= RACK_REORDERED;
	of(h)->rtt.min_us = RTT_MIN_NONE;
	CHECK_EQ_U(rack_reo_wnd(of(h)), of(h)->rtt.srtt_us / 4 * NS_PER_US);

	of(h)->rack_mult = UINT8_MAX;
	rack_dsack(of(h));
	CHECK_EQ_U(of(h)->rack_mult, UINT8_MAX);
	CHECK_EQ_U(rack_reo_wnd(of(h)), of(h)->rtt.srtt_us * NS_PER_US);
	harness_free(h);
}

/* Without any round trip measured, as the SYN-ACK went twice. */
static struct harness *
unsampled(bool with_tlp)
{
	struct harness *h = harness_new(NULL);

	h->p.tcp.recovery = MIEN_RECOVERY_RACK;
	h->p.tcp.tlp = with_tlp;
	harness_listen(h, 80);
	inject(h, "S 0:0(0) win 65535 <" SACKOK ">");
	inject(h, "S 0:0(0) win 65535 <" SACKOK ">");
	harness_ignore(h);
	inject(h, ". 1:1(0) ack 1 win 65535");
	(void)expect_event(h, MIEN_EV_ACCEPT);
	CHECK_EQ_U(of(h)->rtt.srtt_us, 0);
	return h;
}

/* A retransmission that comes back sooner than any round trip took is the first copy's ACK; the first ever is not. */
static void
the_first_round_trip_counts_after_a_timeout(void)
{
	struct harness *h = unsampled(false);

	harness_send(h, 1, SEG);
	harness_advance(h, 3001);
	CHECK_EQ_U(h->env.counters.tcp_rto_expired, 1);
	CHECK_EQ_U(of(h)->rtt.min_us, RTT_MIN_NONE);
	harness_advance(h, 50);
	inject(h, ". 1:1(0) ack 1001 win 65535");

	CHECK(of(h)->rack.rtt_us >= 50000 && of(h)->rack.rtt_us < 52000);
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
	CHECK(of(h)->flags & TF_PERSIST);
	inject(h, ". 1:1(0) ack 1 win 0 <nop,nop,sack 1001:2001>");

	CHECK(of(h)->flags & TF_PERSIST);
	CHECK(of(h)->sack.timer != RTX_REORDER);
	CHECK(of(h)->deadline[DL_RTX] > h->env.now + 100 * HARNESS_MS);
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

	CHECK(of(h)->flags & TF_RTO_RECOVERY);
	CHECK_EQ_U(h->env.counters.tcp_fast_retransmits, 0);
	harness_ignore(h);
	harness_free(h);
}

/* -- tail loss probes -------------------------------------------------------------------------------------- */

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

	mtu_wait(of(h), 500, of(h)->snd_nxt);
	rtx_timer_start(&h->tcp, of(h));
	CHECK_EQ_U(of(h)->sack.timer, RTX_RTO);
	of(h)->mtu_wait = 0;
	rtx_timer_start(&h->tcp, of(h));
	CHECK_EQ_U(of(h)->sack.timer, RTX_PROBE);
	mtu_wait_over(of(h));
	harness_free(h);
}

static void
a_duplicate_of_something_else_is_not_the_probes(void)
{
	struct harness *h = sending(&tlp, 3);

	harness_advance(h, 210);
	expect(h, "P. 2001:3001(1000) ack 1");
	inject(h, ". 1:1(0) ack 2001 win 65535 <nop,nop,sack 1:1001>"); /* the network doubled it */
	CHECK(of(h)->sack.marks & MK_TLP);
	inject(h, ". 1:1(0) ack 3001 win 65535 <nop,nop,sack 2001:3001>");

	CHECK(!(of(h)->sack.marks & MK_TLP));
	CHECK_EQ_U(h->env.counters.tcp_retransmits_needless, 1);
	harness_free(h);
}

/* The probe went with the FIN behind it; the D-SACK can only name the bytes. */
static void
a_probe_with_a_fin_is_reported_without_it(void)
{
	struct harness *h = sending(&tlp, 0);

	REQUIRE_EQ_I(tcp_user_send(&h->tcp, h->conn, (uint8_t[1000]){0}, 1000), 1000);
	REQUIRE_EQ_I(tcp_user_shutdown(&h->tcp, h->conn), MIEN_OK);
	harness_flush(h);
	expect(h, "FP. 1:1001(1000) ack 1");
	harness_advance(h, 450);
	expect(h, "FP. 1:1001(1000) ack 1");
	CHECK_EQ_U(h->env.counters.tcp_tail_probes, 1);
	inject(h, ". 1:1(0) ack 1002 win 65535 <nop,nop,sack 1:1001>");

	CHECK(!(of(h)->sack.marks & MK_TLP));
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
	CHECK(of(h)->sack.marks & MK_TLP);
	cwnd = of(h)->cc.cwnd;
	inject(h, ". 1:1(0) ack 2001 win 65535");

	CHECK(!(of(h)->sack.marks & MK_TLP));
	CHECK_EQ_U(of(h)->cc.cwnd, cwnd);
	harness_free(h);
}

/* -- timers that meet -------------------------------------------------------------------------------------- */

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

static void
the_user_timeout_ends_an_open(void)
{
	struct harness *h = harness_new(NULL);

	harness_connect(h);
	REQUIRE_EQ_I(tcp_user_set(&h->tcp, h->conn, MIEN_TCP_USER_TIMEOUT_MS, 2000), MIEN_OK);
	harness_ignore(h);
	harness_advance(h, 5000);

	expect(h, "S 0:0(0)");
	expect_none(h);
	CHECK_EQ_I(expect_event(h, MIEN_EV_CLOSED).err, MIEN_ETIMEDOUT);
	harness_free(h);
}

static void
the_user_timeout_ends_unanswered_probes_of_a_window(void)
{
	struct harness *h = sending(&plain_dupacks, 0);

	inject(h, ". 1:1(0) ack 1 win 0");
	harness_send(h, 1, 100);
	REQUIRE_EQ_I(tcp_user_set(&h->tcp, h->conn, MIEN_TCP_USER_TIMEOUT_MS, 5000), MIEN_OK);
	harness_advance(h, 3000);
	inject(h, ". 1:1(0) ack 1 win 0"); /* still there */
	harness_advance(h, 4900);
	CHECK_EQ_U(harness_state(h), MIEN_TCP_ESTABLISHED);
	harness_advance(h, 60000);

	CHECK_EQ_I(expect_event(h, MIEN_EV_CLOSED).err, MIEN_ETIMEDOUT);
	harness_ignore(h);
	harness_free(h);
}

/* Under pressure a peer that keeps its window shut is not probed for ever. */
static void
under_pressure_a_window_that_stays_shut_ends_at_its_probe(void)
{
	struct harness *h = sending(&plain_dupacks, 0);

	inject(h, ". 1:1(0) ack 1 win 0");
	harness_send(h, 1, 100);
	harness_advance(h, 2000);
	h->env.pressure = MIEN_PRESSURE_SOME;
	harness_ignore(h);
	harness_advance(h, 200000);

	CHECK_EQ_U(h->env.counters.tcp_stuck_ended, 1);
	CHECK_EQ_I(expect_event(h, MIEN_EV_CLOSED).err, MIEN_ETIMEDOUT);
	harness_ignore(h);
	harness_free(h);
}

/* An ACK of what was out, and still no window: the probes' timer goes on. */
static void
an_ack_does_not_start_the_timeout_of_a_closed_window(void)
{
	struct harness *h = sending(&plain_dupacks, 4);
	uint64_t due;

	inject(h, ". 1:1(0) ack 1 win 0");
	CHECK(of(h)->flags & TF_PERSIST);
	due = of(h)->deadline[DL_RTX];
	inject(h, ". 1:1(0) ack 2001 win 0");

	CHECK(of(h)->flags & TF_PERSIST);
	CHECK_EQ_U(of(h)->deadline[DL_RTX], due);
	harness_ignore(h);
	harness_free(h);
}

/* With ONE_BYTE a probe repeats what is out; of a FIN there is no byte, and a chain's first is in its first mbuf. */
static void
a_probe_of_one_byte_needs_a_byte(void)
{
	struct harness *h = sending(&plain_dupacks, 0);

	h->p.tcp.probe = MIEN_PROBE_ONE_BYTE;
	REQUIRE_EQ_I(tcp_user_shutdown(&h->tcp, h->conn), MIEN_OK);
	harness_flush(h);
	inject(h, ". 1:1(0) ack 1 win 0");
	harness_ignore(h);
	harness_advance(h, 2000);
	expect(h, ". 0:0(0) ack 1");
	harness_ignore(h);
	harness_free(h);

	h = sending(&plain_dupacks, 0);
	h->p.tcp.probe = MIEN_PROBE_ONE_BYTE;
	{
		struct rte_mbuf *m = app_mbuf(h, 1, 1), *rest = app_mbuf(h, 2, 500);

		m->next = rest, m->nb_segs = 2, m->pkt_len = 501;
		REQUIRE_EQ_I(tcp_user_send_mbuf(&h->tcp, h->conn, &m, 0), 501);
	}
	harness_flush(h);
	inject(h, ". 1:1(0) ack 1 win 0");
	harness_ignore(h);
	harness_advance(h, 1500);
	expect_stream(h, ". 1:2(1) ack 1");
	inject(h, ". 1:1(0) ack 2 win 0");
	harness_ignore(h);
	harness_advance(h, 60000);
	expect_stream(h, ". 2:3(1) ack 1");
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
	CHECK_EQ_U(of(h)->sack.timer, RTX_REORDER);
	of(h)->rack.sent_at = 0; /* nothing will be found */
	harness_advance(h, 300);

	CHECK_EQ_I(expect_event(h, MIEN_EV_CLOSED).err, MIEN_ETIMEDOUT);
	harness_free(h);

	h = sending(&rack, 0);
	REQUIRE_EQ_I(tcp_user_shutdown(&h->tcp, h->conn), MIEN_OK);
	harness_flush(h);
	harness_ignore(h);
	of(h)->sack.timer = RTX_REORDER;
	harness_advance(h, 350); /* only the FIN is out: it counts from now */
	CHECK_EQ_U(of(h)->sack.timer, RTX_RTO);
	harness_advance(h, 400);
	expect(h, "F. 1:1(0) ack 1");
	harness_free(h);
}

/* A corked rest asks for no probe, unless the window is too small for it. */
static void
a_cork_asks_for_no_probe_where_all_of_it_fits(void)
{
	for (unsigned i = 0; i < 2; i++) {
		struct harness *h = sending(&plain_dupacks, 0);

		REQUIRE_EQ_I(tcp_user_set(&h->tcp, h->conn, MIEN_TCP_CORK, 1), MIEN_OK);
		if (i == 1)
			inject(h, ". 1:1(0) ack 1 win 50");
		harness_send(h, 1, 100);
		CHECK_EQ_U(!!(of(h)->flags & TF_PERSIST), i);
		harness_ignore(h);
		harness_free(h);
	}
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
		{"without a round trip a probe waits a second", without_a_round_trip_a_probe_waits_a_second},
		{"a probe respects the peer's window", a_probe_respects_the_peers_window},
		{"a search for the path MTU takes the probe's place", a_search_for_the_mtu_takes_the_probes_place},
		{"a duplicate of something else is not the probe's", a_duplicate_of_something_else_is_not_the_probes},
		{"a probe with a FIN is reported without it", a_probe_with_a_fin_is_reported_without_it},
		{"a bare duplicate ACK tells of both copies", a_bare_duplicate_ack_tells_of_both_copies},
		{"the user timeout comes before a probe", the_user_timeout_comes_before_a_probe},
		{"the user timeout ends an open", the_user_timeout_ends_an_open},
		{"the user timeout ends unanswered probes of a window", the_user_timeout_ends_unanswered_probes_of_a_window},
		{"under pressure a window that stays shut ends at its probe",
			under_pressure_a_window_that_stays_shut_ends_at_its_probe},
		{"an ACK does not start the timeout of a closed window", an_ack_does_not_start_the_timeout_of_a_closed_window},
		{"a probe of one byte needs a byte", a_probe_of_one_byte_needs_a_byte},
		{"behind a reordering timer the nearest time counts", behind_a_reordering_timer_the_nearest_time_counts},
		{"a cork asks for no probe where all of it fits", a_cork_asks_for_no_probe_where_all_of_it_fits},
		{NULL, NULL},
	},
};
