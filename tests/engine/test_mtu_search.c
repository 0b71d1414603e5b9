/* SPDX-License-Identifier: BSD-3-Clause */
/* Probes for a larger path MTU (RFC 4821) where other things happen to them: ICMP, timeouts, losses, closing. */
#include "stream.h"

/* A path of 640 bytes as far as is known, on a link of 1500; the first probe is of 1026. */
static struct harness *
searching_with(const char *options)
{
	struct harness *h = plain(0);

	h->p.tcp.pmtu_base = 552;
	h->p.tcp.initial_cwnd = 20;
	harness_open(h, options);
	pmtu_lower(&h->tcp, harness_tcb(h), 640);
	harness_tcb(h)->cc.cwnd = 20 * 600;
	mtu_search(harness_tcb(h));
	return h;
}

static struct harness *
searching(void)
{
	return searching_with("mss 1460,sackOK,nop,nop");
}

/* And that probe is out. */
static struct harness *
probing(void)
{
	struct harness *h = searching();

	harness_send(h, 1, 6000);
	expect_stream(h, ". 1:987(986) ack 1");
	harness_ignore(h);
	return h;
}

static void
a_router_tells_the_size_that_a_probe_must_not_exceed(void)
{
	struct harness *h = probing();

	CHECK_EQ_U(harness_too_big(h, 1, 1100), MIEN_DROP_ICMP_STALE); /* it was no larger */
	CHECK_EQ_U(harness_too_big(h, 987, 800), MIEN_DROP_ICMP_STALE); /* this was no probe */
	CHECK_EQ_U(harness_too_big(h, 1, 800), MIEN_DROP_NONE);
	CHECK_EQ_U(harness_tcb(h)->mtu_high, 800);
	inject(h, ". 1:1(0) ack 1 win 65535 <nop,nop,sack 987:2787>");

	CHECK(!(harness_tcb(h)->flags & TF_RECOVERY));
	CHECK_EQ_U(harness_tcb(h)->mtu_high, 800);
	CHECK(harness_tcb(h)->sack.marks & MK_MTU ? harness_tcb(h)->deadline[DL_LIFE] != WHEEL_NEVER : true);
	harness_ignore(h);
	harness_free(h);
}

static void
the_search_ends_where_a_router_says_so(void)
{
	for (unsigned closed = 0; closed < 2; closed++) {
		struct harness *h = probing();
		uint64_t life;

		CHECK_EQ_U(harness_too_big(h, 1, 645), MIEN_DROP_NONE);
		if (closed)
			REQUIRE_EQ_I(tcp_user_close(&h->tcp, h->conn), MIEN_OK);
		life = harness_tcb(h)->deadline[DL_LIFE];
		inject(h, ". 1:1(0) ack 1 win 65535 <nop,nop,sack 987:2787>");

		CHECK(!(harness_tcb(h)->sack.marks & MK_MTU));
		CHECK_EQ_U(harness_tcb(h)->deadline[DL_LIFE] == life, closed);
		harness_ignore(h);
		harness_free(h);
	}
}

static void
of_a_closed_connection_no_other_probe_is_planned(void)
{
	struct harness *h = probing();
	uint64_t life;

	REQUIRE_EQ_I(tcp_user_close(&h->tcp, h->conn), MIEN_OK);
	life = harness_tcb(h)->deadline[DL_LIFE];
	inject(h, ". 1:1(0) ack 1 win 65535 <nop,nop,sack 987:2787>");

	CHECK_EQ_U(harness_tcb(h)->mtu_high, 1025);
	CHECK_EQ_U(harness_tcb(h)->deadline[DL_LIFE], life);
	harness_ignore(h);
	harness_free(h);
}

static void
a_timeout_ends_a_probe(void)
{
	struct harness *h = probing();

	harness_advance(h, 250);

	CHECK_EQ_U(h->env.counters.tcp_rto_expired, 1);
	CHECK_EQ_U(harness_tcb(h)->mtu_high, 1025);
	CHECK_EQ_U(harness_tcb(h)->mtu_wait, 0);
	expect_stream(h, ". 1:601(600) ack 1");
	harness_ignore(h);
	harness_free(h);
}

/* The peer took a part of it, as from a buffer that was full: that says nothing of the path. */
static void
half_a_probe_proves_nothing(void)
{
	struct harness *h = probing();

	inject(h, ". 1:1(0) ack 501 win 65535");
	CHECK_EQ_U(harness_tcb(h)->mss, 600);
	CHECK_EQ_U(harness_tcb(h)->mtu_wait, 1026);
	inject(h, ". 1:1(0) ack 987 win 65535");

	CHECK_EQ_U(harness_tcb(h)->mss, 986);
	harness_ignore(h);
	harness_free(h);
}

/* The packet in front of the probe is lost: that is congestion, and the probe is judged by itself. */
static void
the_loss_of_what_is_in_front_of_a_probe_is_congestion(void)
{
	struct harness *h = searching();

	harness_send(h, 1, 600);
	harness_send(h, 601, 6000);
	expect_stream(h, "P. 1:601(600) ack 1");
	expect_stream(h, ". 601:1587(986) ack 1");
	harness_ignore(h);
	inject(h, ". 1:1(0) ack 1 win 65535 <nop,nop,sack 601:3387>");

	CHECK(harness_tcb(h)->flags & TF_RECOVERY);
	CHECK_EQ_U(harness_tcb(h)->mtu_wait, 1026);
	harness_ignore(h);
	harness_free(h);
}

/* It reports the probe itself, at the front, where an ACK would have told: what is lost is something else. */
static void
a_probe_reported_at_the_front_was_not_lost(void)
{
	struct harness *h = probing();

	inject(h, ". 1:1(0) ack 1 win 65535 <nop,nop,sack 1:987 1587:4587>");

	CHECK(harness_tcb(h)->flags & TF_RECOVERY);
	CHECK(harness_tcb(h)->cc.cwnd < 20 * 600);
	CHECK_EQ_U(harness_tcb(h)->mtu_high, 0);
	harness_ignore(h);
	harness_free(h);
}

static void
only_one_probe_is_out_at_a_time(void)
{
	struct harness *h = probing();

	harness_send(h, 6001, 3000);

	expect_stream(h, ". 6001:6601(600) ack 1");
	CHECK_EQ_U(h->env.counters.tcp_path_mtu_probes, 1);
	harness_ignore(h);
	harness_free(h);
}

/* Nothing but the size may be what stops it. */
static void
no_probe_goes_out_where_it_would_prove_nothing(void)
{
	for (unsigned i = 0; i < 6; i++) {
		struct harness *h = searching();
		struct tcb *tcb = harness_tcb(h);

		switch (i) {
		case 0: /* a router would cut it */
			h->p.ip[MIEN_CLASS_TCP].df = MIEN_DF_OFF;
			break;
		case 1: /* the peer's window is too small for those behind it */
			inject(h, ". 1:1(0) ack 1 win 3000");
			break;
		case 2: /* cwnd has no room for it */
			harness_send(h, 1, 10 * 600);
			harness_send(h, 6001, 9 * 600);
			break;
		case 3: /* something is overtaken or lost already */
			inject(h, "P. 11:21(10) ack 1 win 65535");
			break;
		case 4: /* a tail loss probe is out */
			tcb->sack.marks |= MK_TLP;
			break;
		case 5: /* something is reported */
			harness_send(h, 1, 2 * 600);
			inject(h, ". 1:1(0) ack 1 win 65535 <nop,nop,sack 601:1201>");
			break;
		}
		h->env.counters.tcp_path_mtu_probes = 0;
		harness_send(h, tcb->snd_nxt - tcb->iss, 6000);

		CHECK_EQ_U(h->env.counters.tcp_path_mtu_probes, 0);
		harness_ignore(h);
		harness_free(h);
	}
}

/* Without an MSS option the peer takes 536 bytes: there is nothing to be found. */
static void
the_peers_default_ends_the_search(void)
{
	struct harness *h = searching_with("nop,nop,sackOK");

	CHECK_EQ_U(harness_tcb(h)->mss, 536);
	harness_send(h, 1, 6000);

	CHECK(!(harness_tcb(h)->sack.marks & MK_MTU));
	CHECK_EQ_U(h->env.counters.tcp_path_mtu_probes, 0);
	harness_ignore(h);
	harness_free(h);
}

/* All that the link takes is in use, and it is known for ever, or by nobody any more: no time is kept. */
static void
a_search_that_is_over_needs_no_clock(void)
{
	for (unsigned i = 0; i < 3; i++) {
		struct harness *h = plain(0);

		harness_open(h, "mss 1460,sackOK,nop,nop");
		h->p.tcp.pmtu_expire_ms = i == 1 ? 0 : 5000;
		harness_tcb(h)->pmtu = i == 0 ? 0 : 1500;
		mtu_search(harness_tcb(h));
		if (i == 2)
			harness_tcb(h)->flags |= TF_DETACHED;
		harness_send(h, 1, 6000);

		CHECK(!(harness_tcb(h)->sack.marks & MK_MTU));
		CHECK_EQ_U(harness_tcb(h)->deadline[DL_LIFE], WHEEL_NEVER);
		harness_tcb(h)->flags &= ~TF_DETACHED;
		harness_ignore(h);
		harness_free(h);
	}
}

/* It is old enough while a probe is out: it waits for its end. */
static void
a_probe_is_out_when_its_size_gets_old(void)
{
	struct harness *h = probing();

	h->p.tcp.pmtu_expire_ms = 5000;
	pmtu_age(&h->tcp, harness_tcb(h));

	CHECK_EQ_U(harness_tcb(h)->deadline[DL_LIFE], h->env.now + 5000 * HARNESS_MS);
	CHECK_EQ_U(harness_tcb(h)->mtu_wait, 1026);
	harness_ignore(h);
	harness_free(h);
}

/* The copy of many small pieces ends with its mbuf, shorter than a segment. */
static void
a_probe_of_too_many_pieces_is_none(void)
{
	struct harness *h = plain(0);
	uint32_t seq = 1;

	h->env.mtu = 9000;
	h->p.tcp.mss_rule = MIEN_MSS_OWN;
	h->p.tcp.mss = 0;
	h->p.tcp.initial_cwnd = 30;
	harness_open(h, "mss 8960,sackOK,nop,nop");
	pmtu_lower(&h->tcp, harness_tcb(h), 3040);
	harness_tcb(h)->cc.cwnd = 30 * 3000;
	mtu_search(harness_tcb(h));
	for (unsigned i = 0; i < 200; i++, seq += 100) {
		struct rte_mbuf *m = app_mbuf(h, seq, 100);

		REQUIRE_EQ_I(tcp_user_send_mbuf(&h->tcp, h->conn, &m, 0), 100);
	}
	h->env.ip_output = harness_swallow;
	harness_tcb(h)->snd_wnd = harness_tcb(h)->max_snd_wnd = 60000;
	h->tx_room = 1;
	CHECK(!tcp_output_pending(&h->tcp));

	CHECK_EQ_U(h->env.counters.tcp_path_mtu_probes, 0);
	CHECK_EQ_U(harness_tcb(h)->mtu_wait, 0);
	CHECK(harness_tcb(h)->rtxq.bytes > 0 && harness_tcb(h)->rtxq.bytes <= 3000);
	harness_free(h);
}

const struct test_suite mtu_search_suite = {
	.name = "MTU search",
	.setup = harness_setup,
	.cases = (const struct test_case[]){
		{"a router tells the size that a probe must not exceed",
			a_router_tells_the_size_that_a_probe_must_not_exceed},
		{"the search ends where a router says so", the_search_ends_where_a_router_says_so},
		{"of a closed connection no other probe is planned", of_a_closed_connection_no_other_probe_is_planned},
		{"a timeout ends a probe", a_timeout_ends_a_probe},
		{"half a probe proves nothing", half_a_probe_proves_nothing},
		{"the loss of what is in front of a probe is congestion",
			the_loss_of_what_is_in_front_of_a_probe_is_congestion},
		{"a probe reported at the front was not lost", a_probe_reported_at_the_front_was_not_lost},
		{"only one probe is out at a time", only_one_probe_is_out_at_a_time},
		{"no probe goes out where it would prove nothing", no_probe_goes_out_where_it_would_prove_nothing},
		{"the peer's default ends the search", the_peers_default_ends_the_search},
		{"a search that is over needs no clock", a_search_that_is_over_needs_no_clock},
		{"a probe is out when its size gets old", a_probe_is_out_when_its_size_gets_old},
		{"a probe of too many pieces is none", a_probe_of_too_many_pieces_is_none},
		{NULL, NULL},
	},
};
