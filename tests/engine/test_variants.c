/* SPDX-License-Identifier: BSD-3-Clause */
/* What personalities may say and few do: answers, SYNs, ports, and limits at their edges. */
#include "suites.h"

#define ALL "mss 1460,sackOK,TS val 1 ecr 0,nop,wscale 7"

/* -- answers ----------------------------------------------------------------------------------------------- */

static void
numbers_of_an_answer_come_from_the_segment(void)
{
	static const struct {
		uint8_t rule;
		uint32_t want;
	} cases[] = {{MIEN_NUM_ZERO, 0}, {MIEN_NUM_SEG_ACK, 77}, {MIEN_NUM_SEG_ACK_1, 78}, {MIEN_NUM_SEG_SEQ, 1000},
		{MIEN_NUM_SEG_SEQ_1, 1001}, {MIEN_NUM_SEG_END, 1010}};
	struct harness *h = harness_new(NULL);

	h->peer.iss = 0;
	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		h->p.answers[1] = (struct mien_answer){.send = MIEN_SEND_RST, .flags = TH_RST, .seq = cases[i].rule};
		h->p.answer[MIEN_TCP_CLOSED][TH_ACK | TH_PSH] = 1;
		inject(h, "P. 1000:1010(10) ack 77");

		CHECK_EQ_U(get_be32(harness_peek(h)->bytes + 4), cases[i].want);
		harness_ignore(h);
	}
	harness_free(h);
}

static void
an_answer_may_echo_what_it_answers(void)
{
	struct harness *h = harness_new(NULL);

	h->p.tcp.rst_rate = (struct mien_rate){.per_second = 1, .burst = 1};
	h->p.answers[1] = (struct mien_answer){.send = MIEN_SEND_RST, .flags = TH_RST, .options = MIEN_AOPT_ECHO,
		.window_rule = MIEN_AWIN_ECHO,
		.quirks = MIEN_ANSWER_COPY_URP | MIEN_ANSWER_COPY_RESERVED | MIEN_ANSWER_NO_LIMIT};
	h->p.answer[MIEN_TCP_CLOSED][TH_ACK] = h->p.answer[MIEN_TCP_CLOSED][TH_ACK | TH_URG] = 1;
	inject(h, ". 1:1(0) ack 1 win 123 <mss 8>");
	CHECK_EQ_U(harness_peek(h)->len, 24);
	expect(h, "R 0:0(0) win 123 <mss 8>");
	inject(h, ".U 1:1(0) ack 1 win 5 urg 9"); /* the rate does not count */
	CHECK_EQ_U(harness_peek(h)->len, 20); /* nothing to echo */
	CHECK_EQ_U(harness_peek(h)->bytes[19], 9);
	harness_ignore(h);

	h->p.answers[1].options = MIEN_AOPT_TS;
	inject(h, ". 1:1(0) ack 1 win 123 <mss 8>"); /* and without a timestamp nothing is put */
	CHECK_EQ_U(harness_peek(h)->len, 20);
	harness_ignore(h);
	harness_free(h);
}

/* Options of its own are those of a SYN-ACK to that SYN, by the table where it has an entry. */
static void
an_answer_looks_like_the_syn_ack_of_its_case(void)
{
	struct harness *h = harness_new(NULL);

	h->p.answers[1] = (struct mien_answer){.send = MIEN_SEND_ACK, .flags = TH_SYN | TH_ACK, .options = MIEN_AOPT_OWN,
		.ack = MIEN_NUM_SEG_END};
	h->p.answer[MIEN_TCP_CLOSED][TH_SYN] = 1;
	h->p.n_syn_cases = 2;
	h->p.syn_cases[0] = (struct mien_syn_case){.offered = MIEN_NEG_MSS | MIEN_NEG_WSCALE,
		.parts = MIEN_CASE_WSCALE | MIEN_CASE_MSS, .wscale = 3, .mss = 1000};
	h->p.syn_cases[1] = (struct mien_syn_case){.offered = MIEN_NEG_MSS | MIEN_NEG_SACK, .parts = MIEN_CASE_OPTIONS,
		.options = {.len = 4, .off_mss = 2, .off_wscale = MIEN_OPT_NONE, .off_ts = MIEN_OPT_NONE,
			.off_sack = MIEN_OPT_NONE, .bytes = {2, 4}}};

	inject(h, "S 0:0(0) win 100 <mss 1400,nop,wscale 2>");
	expect(h, "S. 0:0(0) ack 1 <mss 1000,nop,wscale 3>");
	inject(h, "S 0:0(0) win 100 <mss 1400,sackOK,nop,nop>");
	expect(h, "S. 0:0(0) ack 1 <mss 1460>");
	inject(h, "S 0:0(0) win 100 <nop,nop,TS val 5 ecr 0>");
	expect(h, "S. 0:0(0) ack 1 <mss 1460,nop,nop,TS val 0 ecr 5>");
	harness_free(h);
}

/* Where a connection ends in a reset, the personality's answer for no connection goes, if it is one. */
static void
a_reset_of_a_connection_is_the_personalitys(void)
{
	for (unsigned i = 0; i < 3; i++) {
		struct harness *h = harness_new(NULL);

		h->p.answers[1] = (struct mien_answer){
			.send = i == 0 ? MIEN_SEND_RST : i == 1 ? MIEN_SEND_SYNACK : MIEN_SEND_DROP,
			.flags = TH_RST | TH_PSH, .seq = MIEN_NUM_SEG_ACK};
		h->p.answer[MIEN_TCP_CLOSED][TH_ACK | TH_PSH] = 1;
		harness_open(h, NULL);
		harness_close(h);
		harness_ignore(h);
		inject(h, "P. 1:11(10) ack 2");

		if (i == 0)
			expect(h, "RP 2:2(0)");
		else if (i == 1)
			expect(h, "R 2:2(0)");
		expect_none(h);
		harness_free(h);
	}
}

/* -- SYNs -------------------------------------------------------------------------------------------------- */

static void
a_syn_may_have_odd_flags(void)
{
	struct harness *h = harness_new(NULL);

	h->p.tcp.syn_extra.urg = 1;
	h->p.tcp.syn_extra.urgent = 7;
	h->p.tcp.synack_extra.psh = 1;
	harness_connect(h);
	expect(h, "SU 0:0(0) urg 7");
	harness_listen(h, 80);
	inject(h, "S 0:0(0) win 100");

	expect(h, "SP. 0:0(0) ack 1");
	harness_free(h);
}

static void
a_syn_ack_may_have_a_scale_of_its_own(void)
{
	struct harness *h = harness_new(NULL);

	h->p.tcp.wscale_synack = 4;
	harness_listen(h, 80);
	inject(h, "S 0:0(0) win 100 <mss 1460,nop,wscale 2>");

	expect(h, "S. 0:0(0) ack 1 <mss 1460,nop,wscale 3>");
	harness_free(h);
}

/* RFC 7323 2.3. */
static void
a_scale_above_14_counts_as_14(void)
{
	struct harness *h = harness_new(NULL);

	h->p.tcp.wscale = 15;
	harness_listen(h, 80);
	inject(h, "S 0:0(0) win 100 <mss 1460,nop,wscale 15>");
	expect(h, "S. 0:0(0) ack 1 <mss 1460,nop,wscale 15>");
	inject(h, ". 1:1(0) ack 1 win 1");
	(void)expect_event(h, MIEN_EV_ACCEPT);

	CHECK_EQ_U(harness_tcb(h)->rcv_wscale, 14);
	CHECK_EQ_U(harness_tcb(h)->snd_wnd, 1 << 14);
	harness_free(h);
}

static void
parts_of_the_first_timestamps_may_be_zero(void)
{
	static const struct {
		uint8_t zero;
		const char *want;
	} cases[] = {{MIEN_TS_ZERO_VALUE, "S. 0:0(0) ack 1 <mss 1460,sackOK,TS val 0 ecr 1,nop,wscale 7>"},
		{MIEN_TS_ZERO_BOTH, "S. 0:0(0) ack 1 <mss 1460,sackOK,TS val 0 ecr 0,nop,wscale 7>"}};

	for (unsigned i = 0; i < 2; i++) {
		struct harness *h = harness_new(NULL);

		h->p.tcp.ts.first_zero = cases[i].zero;
		harness_listen(h, 80);
		harness_advance(h, 5000);
		inject(h, "S 0:0(0) win 100 <" ALL ">");
		expect(h, cases[i].want);
		harness_free(h);
	}
	{
		struct harness *h = harness_new(NULL);

		h->p.tcp.ts.first_zero = MIEN_TS_ZERO_ECHO;
		harness_listen(h, 80);
		inject(h, "S 0:0(0) win 100 <" ALL ">");
		CHECK_EQ_U(get_be32(harness_peek(h)->bytes + 32), 0); /* behind MSS, SACK and TSval */
		harness_ignore(h);
		harness_free(h);
	}
}

static void
a_case_may_set_a_reserved_bit(void)
{
	struct harness *h = harness_new(NULL);

	h->p.n_syn_cases = 1;
	h->p.syn_cases[0] = (struct mien_syn_case){.offered = MIEN_NEG_MSS, .parts = MIEN_CASE_RESERVED};
	harness_listen(h, 80);
	inject(h, "S 0:0(0) win 100 <mss 1400>");

	CHECK_EQ_X(harness_peek(h)->bytes[12] & 15, 8);
	harness_ignore(h);
	harness_free(h);
}

static void
the_isn_may_be_what_the_peer_acknowledges(void)
{
	struct harness *h = harness_new(NULL);

	h->p.tcp.isn.kind = MIEN_ISN_PEER_ACK;
	harness_listen(h, 80);
	inject(h, "S 0:0(0) win 100");
	CHECK_EQ_X(h->peer.local_iss, 0);
	harness_ignore(h);
	harness_connect(h); /* there is no such thing in an open of its own */

	CHECK(h->peer.local_iss != 0);
	harness_ignore(h);
	harness_free(h);
}

static void
deck_increments_grow_with_the_time_between(void)
{
	struct harness *h = harness_new(NULL);
	static const struct {
		uint32_t ms, want;
	} gaps[] = {{100, 1000}, {10, 1000}, {200, 2000}, {900, 1000}};
	uint32_t last, now;

	h->p.tcp.isn = (struct mien_isn_rule){.kind = MIEN_ISN_DECK, .cards = 1, .timed = 1, .idle_ms = 5000, .deck = {1000}};
	harness_connect(h);
	last = h->peer.local_iss;
	for (unsigned i = 0; i < 4; i++) {
		uint32_t step;

		harness_advance(h, gaps[i].ms);
		harness_connect(h);
		now = h->peer.local_iss;
		step = now - last < 0x80000000u ? now - last : last - now;
		CHECK_EQ_U(step, gaps[i].want);
		last = now;
	}
	harness_ignore(h);
	harness_free(h);
}

/* A peer in SYN-RECEIVED repeats its SYN: without ECN it has given it up, with it it has not. */
static void
a_repeated_syn_may_give_ecn_up(void)
{
	for (unsigned i = 0; i < 2; i++) {
		struct harness *h = harness_new(NULL);

		h->p.tcp.ecn = MIEN_ECN_ACCEPT;
		harness_listen(h, 80);
		inject(h, "SEW 0:0(0) win 100 <mss 1460>");
		expect(h, "S.E 0:0(0) ack 1");
		inject(h, i == 0 ? "SEW 0:0(0) win 100 <mss 1460>" : "S 0:0(0) win 100 <mss 1460>");

		expect(h, i == 0 ? "S.E 0:0(0) ack 1" : "S. 0:0(0) ack 1");
		harness_free(h);
	}
}

/* With options as long as the segment something is left for a byte. */
static void
the_smallest_segments_still_carry_bytes(void)
{
	struct harness *h = harness_new(NULL);
	const struct mien_tcp_listen config = {.port = 80, .mss = 8};
	uint64_t listener;

	REQUIRE_EQ_I(tcp_user_listen(&h->tcp, &config, &listener), MIEN_OK);
	h->peer.local_port = 80;
	inject(h, "S 0:0(0) win 65535 <" ALL ">");
	expect(h, "S. 0:0(0) ack 1 <mss 8,sackOK,TS val 0 ecr 1,nop,wscale 7>");
	inject(h, "P. 1:2(1) ack 1 win 65535 <nop,nop,TS val 1 ecr 0>");
	(void)expect_event(h, MIEN_EV_ACCEPT);
	harness_read(h, 1, 1);
	harness_send(h, 1, 20);

	expect(h, ". 1:9(8) ack 2");
	harness_ignore(h);
	harness_free(h);
}

/* Nobody knows of the connection yet: nobody is told of its troubles. */
static void
a_soft_error_of_a_half_open_connection_is_nobodys(void)
{
	struct harness *h = harness_new(NULL);
	struct tcp_icmp icmp = {.err = MIEN_EUNREACH, .key = {.local = h->host.addr, .remote = h->peer.addr, .lport = 80,
		.rport = h->peer.port}};

	harness_listen(h, 80);
	inject(h, "S 0:0(0) win 100");
	harness_ignore(h);
	icmp.seq = h->peer.local_iss;
	CHECK_EQ_U(tcp_icmp_error(&h->tcp, &icmp), MIEN_DROP_NONE);
	expect_no_event(h);

	icmp.key.rport++;
	CHECK(tcp_icmp_error(&h->tcp, &icmp) != MIEN_DROP_NONE);
	harness_free(h);
}

/* -- windows and challenges -------------------------------------------------------------------------------- */

/* It begins before the window and ends behind it. */
static void
a_segment_around_the_whole_window_is_cut_to_it(void)
{
	struct harness *h = harness_new(NULL);

	h->p.tcp.rcvbuf = h->p.tcp.rcvbuf_max = 500;
	h->p.tcp.window_synack = h->p.tcp.window_synack_no_wscale = (struct mien_window_rule){.base = 500};
	harness_open(h, NULL);
	inject(h, "P. 1:11(10) ack 1 win 65535");
	harness_read(h, 1, 10);
	harness_ignore(h);
	inject(h, "P. 1:1201(1200) ack 1 win 65535");

	CHECK(harness_tcb(h)->rcvq.bytes > 0 && harness_tcb(h)->rcvq.bytes <= 510);
	harness_read(h, 11, harness_tcb(h)->rcvq.bytes);
	harness_ignore(h);
	harness_free(h);
}

static void
a_closed_window_takes_acks_and_fins_at_its_edge_only(void)
{
	struct harness *h = harness_new(NULL);

	h->p.tcp.rcvbuf = h->p.tcp.rcvbuf_max = 500;
	h->p.tcp.window_synack = h->p.tcp.window_synack_no_wscale = (struct mien_window_rule){.base = 500};
	harness_open(h, NULL);
	inject(h, "P. 1:501(500) ack 1 win 65535");
	harness_advance(h, 300);
	CHECK_EQ_U(harness_tcb(h)->rcv_adv, harness_tcb(h)->rcv_nxt);
	harness_ignore(h);
	inject(h, "P. 511:512(1) ack 1 win 65535");
	CHECK_EQ_U(h->drop, MIEN_DROP_TCP_SEQ_FUTURE);
	inject(h, "S 501:501(0) win 65535");
	CHECK_EQ_U(h->drop, MIEN_DROP_TCP_SEQ_FUTURE);
	harness_ignore(h);
	inject(h, "F. 501:501(0) ack 1 win 65535");

	CHECK_EQ_U(harness_state(h), MIEN_TCP_CLOSE_WAIT);
	expect(h, ". 1:1(0) ack 502 win 0");
	harness_read(h, 1, 500);
	harness_ignore(h);
	harness_free(h);
}

static void
more_challenges_than_are_counted_are_not_limited(void)
{
	struct harness *h = harness_new(NULL);

	h->p.tcp.challenges = 1000;
	harness_open(h, NULL);
	for (unsigned i = 0; i < 300; i++) {
		inject(h, "S 1:1(0) win 65535");
		expect(h, ". 1:1(0) ack 1");
	}
	harness_free(h);
}

/* 2^32 ms after a beginning of the clock, which is less than a second after 0. */
static void
challenges_are_counted_where_the_clock_begins_anew(void)
{
	struct harness *h = harness_new(NULL);

	h->p.tcp.challenges = 2;
	harness_open(h, NULL);
	harness_advance(h, (UINT64_C(1) << 32) - 3600000 + 100);
	for (unsigned i = 0; i < 5; i++)
		inject(h, "S 1:1(0) win 65535");

	CHECK_EQ_U(h->env.counters.tcp_challenge_acks, 2);
	harness_ignore(h);
	harness_free(h);
}

/* -- ports ------------------------------------------------------------------------------------------------- */

/* The ports are used up by connections in TIME-WAIT without timestamps, or of peers that did not offer any. */
static void
what_cannot_be_told_apart_keeps_its_port(void)
{
	for (unsigned i = 0; i < 3; i++) {
		struct harness *h = harness_new(NULL);
		const struct mien_tcp_connect config = {.remote = h->peer.addr, .remote_port = h->peer.port};

		h->p.tcp.port_low = h->p.tcp.port_high = 2000;
		h->p.tcp.port_pick = MIEN_PORT_PARITY; /* of one port there is no other parity */
		harness_connect(h);
		inject(h, i == 0 ? "S. 0:0(0) ack 1 win 1000 <mss 1400>" : "S. 0:0(0) ack 1 win 1000 <" ALL ">");
		(void)expect_event(h, MIEN_EV_CONNECTED);
		harness_close(h);
		inject(h, i == 0 ? "F. 1:1(0) ack 2 win 1000" : "F. 1:1(0) ack 2 win 1000 <nop,nop,TS val 8 ecr 0>");
		(void)expect_event(h, MIEN_EV_CLOSED);
		harness_ignore(h);
		if (i == 1)
			h->p.tcp.tw_reuse = 0;
		if (i == 2)
			h->p.tcp.ts.offer = 0;
		harness_advance(h, 2000);

		CHECK_EQ_I(tcp_user_connect(&h->tcp, &h->host, &config, &h->conn), MIEN_EPORTS);
		harness_free(h);
	}
}

/* LAND is a segment from the very same address and port. */
static void
a_peer_may_speak_from_the_port_it_speaks_to(void)
{
	struct harness *h = harness_new(NULL);

	harness_listen(h, 80);
	h->peer.port = 80;
	inject(h, "S 0:0(0) win 100");

	expect(h, "S. 0:0(0) ack 1");
	harness_free(h);
}

const struct test_suite variants_suite = {
	.name = "variants",
	.setup = harness_setup,
	.cases = (const struct test_case[]){
		{"numbers of an answer come from the segment", numbers_of_an_answer_come_from_the_segment},
		{"an answer may echo what it answers", an_answer_may_echo_what_it_answers},
		{"an answer looks like the SYN-ACK of its case", an_answer_looks_like_the_syn_ack_of_its_case},
		{"a reset of a connection is the personality's", a_reset_of_a_connection_is_the_personalitys},
		{"a SYN may have odd flags", a_syn_may_have_odd_flags},
		{"a SYN-ACK may have a scale of its own", a_syn_ack_may_have_a_scale_of_its_own},
		{"a scale above 14 counts as 14", a_scale_above_14_counts_as_14},
		{"parts of the first timestamps may be zero", parts_of_the_first_timestamps_may_be_zero},
		{"a case may set a reserved bit", a_case_may_set_a_reserved_bit},
		{"the ISN may be what the peer acknowledges", the_isn_may_be_what_the_peer_acknowledges},
		{"increments of the deck grow with the time between", deck_increments_grow_with_the_time_between},
		{"a repeated SYN may give ECN up", a_repeated_syn_may_give_ecn_up},
		{"the smallest segments still carry bytes", the_smallest_segments_still_carry_bytes},
		{"a soft error of a half-open connection is nobody's", a_soft_error_of_a_half_open_connection_is_nobodys},
		{"a segment around the whole window is cut to it", a_segment_around_the_whole_window_is_cut_to_it},
		{"a closed window takes ACKs and FINs at its edge only", a_closed_window_takes_acks_and_fins_at_its_edge_only},
		{"more challenges than are counted are not limited", more_challenges_than_are_counted_are_not_limited},
		{"challenges are counted where the clock begins anew", challenges_are_counted_where_the_clock_begins_anew},
		{"what cannot be told apart keeps its port", what_cannot_be_told_apart_keeps_its_port},
		{"a peer may speak from the port it speaks to", a_peer_may_speak_from_the_port_it_speaks_to},
		{NULL, NULL},
	},
};
