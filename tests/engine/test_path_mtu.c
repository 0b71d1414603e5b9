/* SPDX-License-Identifier: BSD-3-Clause */
/* The path MTU: told by ICMP (RFC 1191, RFC 5927 7), guessed from silence (RFC 2923), searched for (RFC 4821). */
#include "suites.h"

#include "send_parts.h"

#define MSS 1460
#define TEN_MINUTES (UINT64_C(10) * 60 * 1000)

static struct harness *
opened(const struct mien_personality *p)
{
	struct harness *h = harness_new(p);

	harness_open(h, "mss 1460,sackOK,nop,nop");
	return h;
}

static struct mien_personality
plain(void)
{
	struct mien_personality p;

	mien_personality_init_plain(&p);
	p.tcp.nagle = 0;
	return p;
}

/* The first of so many full segments is at seq. */
static void
send_full(struct harness *h, uint32_t seq, uint32_t segments)
{
	harness_send(h, seq, segments * MSS);
	harness_ignore(h);
}

/* -- told ---------------------------------------------------------------------------------------------------- */

static void
outside_what_is_in_flight_nothing_changes(void)
{
	struct harness *h = opened(NULL);

	send_full(h, 1, 2);

	CHECK_EQ_U(harness_too_big(h, 2921, 68), MIEN_DROP_ICMP_STALE);
	CHECK_EQ_U(harness_too_big(h, 0, 68), MIEN_DROP_ICMP_STALE);
	CHECK_EQ_U(harness_too_big(h, 0x40000000, 68), MIEN_DROP_ICMP_STALE);

	expect_none(h);
	CHECK_EQ_U(harness_tcb(h)->mss, MSS);
	harness_free(h);
}

static void
nothing_below_the_floor_is_believed(void)
{
	struct harness *h = opened(NULL);

	send_full(h, 1, 2);

	CHECK_EQ_U(harness_too_big(h, 1, 68), MIEN_DROP_NONE);
	expect(h, ". 1:513(512) ack 1");
	expect(h, ". 513:1025(512) ack 1");
	expect(h, ". 1025:1461(436) ack 1");
	CHECK_EQ_U(harness_too_big(h, 1, 68), MIEN_DROP_ICMP_STALE);
	CHECK_EQ_U(harness_tcb(h)->mss, 512);
	CHECK(!(harness_tcb(h)->flags & (TF_RECOVERY | TF_RTO_RECOVERY)));
	harness_free(h);
}

static void
no_mtu_told_means_the_next_plateau(void)
{
	struct harness *h = opened(NULL);

	send_full(h, 1, 2);

	CHECK_EQ_U(harness_too_big(h, 1, 0), MIEN_DROP_NONE);
	CHECK_EQ_U(harness_tcb(h)->mss, 1492 - 40);
	CHECK_EQ_U(harness_too_big(h, 1, 0), MIEN_DROP_NONE);
	CHECK_EQ_U(harness_tcb(h)->mss, 1006 - 40);
	CHECK_EQ_U(harness_too_big(h, 1, 0), MIEN_DROP_NONE);
	CHECK_EQ_U(harness_tcb(h)->mss, 552 - 40);
	CHECK_EQ_U(harness_too_big(h, 1, 1400), MIEN_DROP_ICMP_STALE);
	harness_free(h);
}

/* Ten segments of the size in use got through. */
static struct harness *
with_progress(void)
{
	struct harness *h = opened(NULL);

	send_full(h, 1, 10);
	inject(h, ". 1:1(0) ack 14601 win 65535");
	send_full(h, 14601, 2);
	return h;
}

static void
an_ack_contradicts_what_was_told(void)
{
	struct harness *h = with_progress();

	CHECK_EQ_U(harness_too_big(h, 14601, 800), MIEN_DROP_NONE);
	expect_none(h);
	inject(h, ". 1:1(0) ack 17521 win 65535");
	harness_send(h, 17521, MSS);

	expect(h, "P. 17521:18981(1460) ack 1");
	harness_advance(h, 250);
	expect(h, "P. 17521:18981(1460) ack 1");
	CHECK_EQ_U(harness_tcb(h)->mss, MSS);
	harness_free(h);
}

static void
a_timeout_confirms_what_was_told(void)
{
	struct harness *h = with_progress();
	uint32_t cwnd = harness_tcb(h)->cc.cwnd;

	CHECK_EQ_U(harness_too_big(h, 14601, 800), MIEN_DROP_NONE);
	expect_none(h);
	harness_advance(h, 250);

	expect(h, ". 14601:15361(760) ack 1");
	expect(h, ". 15361:16061(700) ack 1");
	expect(h, ". 16061:16821(760) ack 1");
	expect(h, "P. 16821:17521(700) ack 1");
	expect_none(h);
	CHECK_EQ_U(harness_tcb(h)->cc.cwnd, cwnd);
	CHECK(!(harness_tcb(h)->flags & TF_RTO_RECOVERY));
	harness_free(h);
}

static void
what_was_sent_again_confirms_it_too(void)
{
	struct harness *h = with_progress();

	harness_advance(h, 250);
	harness_ignore(h);

	CHECK_EQ_U(harness_too_big(h, 14601, 800), MIEN_DROP_NONE);

	expect(h, ". 14601:15361(760) ack 1");
	harness_free(h);
}

/* -- remembered and forgotten -------------------------------------------------------------------------------- */

static void
connections_to_one_destination_know_it_together(void)
{
	struct harness *h = opened(NULL);

	send_full(h, 1, 2);
	CHECK_EQ_U(harness_too_big(h, 1, 1000), MIEN_DROP_NONE);
	harness_ignore(h);

	h->peer.port++;
	inject(h, "S 0:0(0) win 65535 <mss 1460>");
	expect(h, "S. 0:0(0) ack 1 <mss 1460>");
	inject(h, ". 1:1(0) ack 1 win 65535");
	(void)expect_event(h, MIEN_EV_ACCEPT);

	CHECK_EQ_U(harness_tcb(h)->mss, 960);
	harness_free(h);
}

static void
datagrams_know_what_connections_learned(void)
{
	struct harness *h = opened(NULL);

	send_full(h, 1, 2);
	CHECK_EQ_U(tcp_datagram_mtu(&h->tcp, &h->host, &h->peer.addr), 1500);
	CHECK_EQ_U(harness_too_big(h, 1, 1000), MIEN_DROP_NONE);
	harness_ignore(h);

	CHECK_EQ_U(tcp_datagram_mtu(&h->tcp, &h->host, &h->peer.addr), 1000);
	CHECK(!tcp_datagram_too_large(&h->tcp, &h->host, &h->peer.addr, 1000, 1400)); /* nothing new */
	CHECK(tcp_datagram_too_large(&h->tcp, &h->host, &h->peer.addr, 900, 1000));
	CHECK_EQ_U(tcp_datagram_mtu(&h->tcp, &h->host, &h->peer.addr), 900);
	harness_free(h);
}

/* Nothing but addresses and a port has to be guessed for it. */
static void
connections_do_not_believe_what_datagrams_were_told(void)
{
	struct harness *h = harness_new(NULL);

	CHECK(tcp_datagram_too_large(&h->tcp, &h->host, &h->peer.addr, 1000, 1400));
	harness_open(h, "mss 1460,sackOK,nop,nop");
	send_full(h, 1, 1);
	harness_advance(h, 1000); /* a timeout, when it would be asked for again */

	CHECK_EQ_U(harness_tcb(h)->mss, MSS);
	harness_free(h);
}

static void
after_ten_minutes_it_is_raised(void)
{
	struct mien_personality p = plain();
	struct harness *h;

	p.tcp.black_hole = MIEN_BLACK_HOLE_OFF;
	h = opened(&p);
	send_full(h, 1, 2);
	CHECK_EQ_U(harness_too_big(h, 1, 1000), MIEN_DROP_NONE);
	inject(h, ". 1:1(0) ack 2921 win 65535");
	harness_ignore(h);

	harness_advance(h, TEN_MINUTES - 1000);
	CHECK_EQ_U(harness_tcb(h)->mss, 960);
	harness_advance(h, 2000);

	harness_send(h, 2921, MSS);
	expect(h, "P. 2921:4381(1460) ack 1");
	CHECK_EQ_U(harness_state(h), MIEN_TCP_ESTABLISHED);
	harness_free(h);
}

static void
where_it_is_searched_for_it_is_raised_by_probes(void)
{
	struct harness *h = opened(NULL);

	send_full(h, 1, 2);
	CHECK_EQ_U(harness_too_big(h, 1, 1000), MIEN_DROP_NONE);
	inject(h, ". 1:1(0) ack 2921 win 65535");
	harness_ignore(h);
	harness_advance(h, TEN_MINUTES + 1000);

	harness_tcb(h)->cc.cwnd = 30 * MSS;
	harness_tcb(h)->rtx_since = h->env.now; /* not idle */
	harness_send(h, 2921, 20000);

	expect(h, ". 2921:4163(1242) ack 1");
	expect(h, ". 4163:5123(960) ack 1");
	harness_ignore(h);
	harness_free(h);
}

static void
a_personality_may_begin_with_less_than_the_link(void)
{
	struct mien_personality p = plain();
	struct harness *h;

	p.tcp.pmtu_initial = 640;
	h = opened(&p);
	harness_send(h, 1, 700);

	expect(h, ". 1:601(600) ack 1");
	expect(h, "P. 601:701(100) ack 1");
	harness_free(h);
}

/* -- black holes --------------------------------------------------------------------------------------------- */

/* Ten full segments are in flight, and nothing comes back for the time of three timeouts. */
static struct harness *
in_a_black_hole(enum mien_black_hole kind, uint8_t after)
{
	struct mien_personality p = plain();
	struct harness *h;

	p.tcp.black_hole = (uint8_t)kind;
	p.tcp.black_hole_after = after;
	h = opened(&p);
	send_full(h, 1, 10);
	harness_advance(h, 1300); /* timeouts at 200 and 600 ms; the next is at 1400 */
	return h;
}

static void
large_segments_that_vanish_are_made_smaller(void)
{
	struct harness *h = in_a_black_hole(MIEN_BLACK_HOLE_SEARCH, 3);

	expect(h, ". 1:1461(1460) ack 1");
	expect(h, ". 1:1461(1460) ack 1");
	expect_none(h);
	harness_advance(h, 200);
	expect(h, ". 1:1025(1024) ack 1");
	expect_none(h);
	harness_advance(h, 1600);
	expect(h, ". 1:513(512) ack 1");
	harness_advance(h, 3200);
	expect(h, ". 1:513(512) ack 1");

	inject(h, ". 1:1(0) ack 513 win 65535");
	expect(h, ". 513:1025(512) ack 1");
	CHECK_EQ_U(harness_tcb(h)->mss, 512);
	CHECK_EQ_U(h->env.counters.tcp_path_mtu_lowered, 2);
	harness_free(h);
}

static void
some_systems_go_down_by_steps(void)
{
	struct harness *h = in_a_black_hole(MIEN_BLACK_HOLE_STEPS, 2);

	expect(h, ". 1:1461(1460) ack 1");
	expect(h, ". 1:1201(1200) ack 1");
	harness_advance(h, 200);

	CHECK_EQ_U(harness_peek(h)->ip.df, MIEN_DF_OFF + 1);
	expect(h, ". 1:537(536) ack 1");
	harness_free(h);
}

static void
others_go_to_the_smallest_at_once(void)
{
	struct harness *h = in_a_black_hole(MIEN_BLACK_HOLE_SMALLEST, 3);

	harness_ignore(h);
	harness_advance(h, 200);

	CHECK_EQ_U(harness_peek(h)->ip.df, MIEN_DF_OFF + 1);
	expect(h, ". 1:537(536) ack 1");
	harness_free(h);
}

static void
others_do_not_look_for_them(void)
{
	struct harness *h = in_a_black_hole(MIEN_BLACK_HOLE_OFF, 3);

	harness_ignore(h);
	harness_advance(h, 200);
	expect(h, ". 1:1461(1460) ack 1");
	harness_advance(h, 1600);
	expect(h, ". 1:1461(1460) ack 1");
	harness_free(h);
}

static void
a_small_segment_that_vanishes_says_nothing(void)
{
	struct harness *h = opened(NULL);

	harness_send(h, 1, 500);
	harness_advance(h, 10000);

	CHECK_EQ_U(harness_tcb(h)->mss, MSS);
	harness_ignore(h);
	harness_free(h);
}

/* -- probes -------------------------------------------------------------------------------------------------- */

/* A path of 640 bytes as far as is known, on a link of 1500. */
static struct harness *
searching(uint8_t initial_cwnd)
{
	struct mien_personality p = plain();
	struct harness *h;

	p.tcp.initial_cwnd = initial_cwnd;
	p.tcp.pmtu_base = 552;
	h = opened(&p);
	pmtu_lower(&h->tcp, harness_tcb(h), 640);
	harness_tcb(h)->cc.cwnd = initial_cwnd * 600u;
	mtu_search(harness_tcb(h));
	return h;
}

static void
a_probe_that_is_acknowledged_makes_segments_larger(void)
{
	struct harness *h = searching(11);

	harness_send(h, 1, 4000);

	expect(h, ". 1:987(986) ack 1");
	expect(h, ". 987:1587(600) ack 1");
	expect(h, ". 1587:2187(600) ack 1");
	expect(h, ". 2187:2787(600) ack 1");
	expect(h, ". 2787:3387(600) ack 1");
	expect(h, ". 3387:3987(600) ack 1");
	expect(h, "P. 3987:4001(14) ack 1");
	inject(h, ". 1:1(0) ack 4001 win 65535");
	harness_send(h, 4001, 2000);
	expect(h, ". 4001:4987(986) ack 1");
	expect(h, ". 4987:5973(986) ack 1");
	expect(h, "P. 5973:6001(28) ack 1");
	harness_free(h);
}

static void
the_loss_of_a_probe_alone_is_no_congestion(void)
{
	struct harness *h = searching(11);
	uint32_t cwnd = harness_tcb(h)->cc.cwnd, ssthresh = harness_tcb(h)->cc.ssthresh;

	harness_send(h, 1, 6000);
	harness_ignore(h);
	inject(h, ". 1:1(0) ack 1 win 65535 <nop,nop,sack 987:1587>");
	inject(h, ". 1:1(0) ack 1 win 65535 <nop,nop,sack 987:2187>");
	harness_ignore(h);
	inject(h, ". 1:1(0) ack 1 win 65535 <nop,nop,sack 987:2787>");

	expect(h, ". 1:601(600) ack 1");
	expect(h, ". 601:987(386) ack 1");
	CHECK(!(harness_tcb(h)->flags & TF_RECOVERY));
	CHECK_EQ_U(harness_tcb(h)->cc.ssthresh, ssthresh);
	CHECK(harness_tcb(h)->cc.cwnd >= cwnd);
	CHECK_EQ_U(harness_tcb(h)->mss, 600);
	CHECK_EQ_U(harness_tcb(h)->mtu_high, 1025);
	harness_ignore(h);

	/* and no other one follows at once */
	inject(h, ". 1:1(0) ack 6001 win 65535");
	harness_send(h, 6001, 6000);
	expect(h, ". 6001:6601(600) ack 1");
	harness_ignore(h);
	inject(h, ". 1:1(0) ack 12001 win 65535");
	harness_advance(h, 1100);
	harness_tcb(h)->rtx_since = h->env.now;
	harness_send(h, 12001, 6000);
	expect(h, ". 12001:12749(748) ack 1");
	harness_ignore(h);
	harness_free(h);
}

static void
a_probe_lost_among_others_is_congestion(void)
{
	struct harness *h = searching(11);

	harness_send(h, 1, 6000);
	harness_ignore(h);
	inject(h, ". 1:1(0) ack 1 win 65535 <nop,nop,sack 1587:3387>");
	inject(h, ". 1:1(0) ack 1 win 65535 <nop,nop,sack 1587:4587>");

	CHECK(harness_tcb(h)->flags & TF_RECOVERY);
	CHECK_EQ_U(harness_tcb(h)->mtu_high, 1025);
	harness_ignore(h);
	harness_free(h);
}

static void
no_probe_goes_out_without_data_behind_it(void)
{
	struct harness *h = searching(11);

	harness_send(h, 1, 3000);
	expect(h, ". 1:601(600) ack 1");
	harness_ignore(h);
	harness_free(h);
}

static void
no_probe_goes_out_in_a_small_window(void)
{
	struct harness *h = searching(10);

	harness_send(h, 1, 6000);
	expect(h, ". 1:601(600) ack 1");
	harness_ignore(h);
	harness_free(h);
}

/* Each probe that arrives is acknowledged, until the search is over. */
static void
the_search_ends_near_what_the_link_takes(void)
{
	struct harness *h = searching(40);
	uint32_t seq = 1;

	harness_tcb(h)->cc.cwnd = 60000;
	for (unsigned int i = 0; i < 20; i++) {
		harness_send(h, seq, 20000);
		harness_ignore(h);
		seq += 20000;
		injectf(h, ". 1:1(0) ack %u win 65535", seq);
		harness_ignore(h);
	}

	CHECK(harness_tcb(h)->mss > MSS - MTU_SEARCH_END && harness_tcb(h)->mss <= MSS);
	CHECK(!(harness_tcb(h)->sack.marks & MK_MTU));
	CHECK(h->env.counters.tcp_path_mtu_probes >= 3 && h->env.counters.tcp_path_mtu_probes <= 12);
	harness_free(h);
}

/* The base of the search may lie above all that is possible. */
static void
no_probe_is_larger_than_the_peers_mss(void)
{
	struct mien_personality p = plain();
	struct harness *h;

	p.tcp.pmtu_base = 1024;
	p.tcp.initial_cwnd = 11;
	h = harness_new(&p);
	harness_open(h, "mss 700,sackOK,nop,nop");
	harness_tcb(h)->mss = 600;
	mtu_search(harness_tcb(h));

	harness_send(h, 1, 6000);

	expect(h, ". 1:651(650) ack 1");
	expect(h, ". 651:1251(600) ack 1");
	harness_ignore(h);
	harness_free(h);
}

const struct test_suite path_mtu_suite = {
	.name = "path MTU",
	.setup = harness_setup,
	.cases = (const struct test_case[]){
		/* proves est-icmp-ptb-out IC-11 PM-4 */
		{"an ICMP error outside what is in flight changes no path MTU", outside_what_is_in_flight_nothing_changes},
		/* proves est-icmp-ptb IC-10 PM-4 */
		{"no path MTU below the floor is believed", nothing_below_the_floor_is_believed},
		/* proves PM-3 */
		{"a router that tells no MTU means the next plateau", no_mtu_told_means_the_next_plateau},
		/* proves IC-11 PM-4 */
		{"an ACK contradicts a router that called its segment too large", an_ack_contradicts_what_was_told},
		/* proves IC-11 PM-4 */
		{"a timeout confirms it, and is no congestion", a_timeout_confirms_what_was_told},
		{"a segment that had to be sent again confirms it too", what_was_sent_again_confirms_it_too},
		/* proves PM-4 */
		{"connections to one destination know its path MTU together", connections_to_one_destination_know_it_together},
		{"datagrams know what connections learned of a path", datagrams_know_what_connections_learned},
		{"connections do not believe what datagrams were told", connections_do_not_believe_what_datagrams_were_told},
		/* proves IC-10 */
		{"after ten minutes the path MTU is raised", after_ten_minutes_it_is_raised},
		/* proves IC-10 PM-5 */
		{"where it is searched for it is raised by probes", where_it_is_searched_for_it_is_raised_by_probes},
		{"a personality may begin with less than the link takes", a_personality_may_begin_with_less_than_the_link},
		/* proves PM-5 */
		{"large segments that vanish are made smaller", large_segments_that_vanish_are_made_smaller},
		{"some systems go down by steps", some_systems_go_down_by_steps},
		{"others go to the smallest at once, which may be cut", others_go_to_the_smallest_at_once},
		{"others do not look for black holes", others_do_not_look_for_them},
		{"a small segment that vanishes says nothing of the path MTU", a_small_segment_that_vanishes_says_nothing},
		/* proves PM-5 */
		{"a probe that is acknowledged makes segments larger", a_probe_that_is_acknowledged_makes_segments_larger},
		/* proves PM-5 */
		{"the loss of a probe alone is no congestion", the_loss_of_a_probe_alone_is_no_congestion},
		/* proves PM-5 */
		{"a probe that is lost among others is congestion", a_probe_lost_among_others_is_congestion},
		{"no probe goes out without data behind it", no_probe_goes_out_without_data_behind_it},
		{"no probe goes out in a small window", no_probe_goes_out_in_a_small_window},
		{"no probe is larger than the peer's MSS", no_probe_is_larger_than_the_peers_mss},
		/* proves PM-5 */
		{"the search ends near what the link takes", the_search_ends_near_what_the_link_takes},
		{NULL, NULL},
	},
};
