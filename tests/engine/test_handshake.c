/* SPDX-License-Identifier: BSD-3-Clause */
/* Opening: passive, active, simultaneous, refused (RFC 9293 3.5, 3.10.7.2, 3.10.7.3). */
#include "suites.h"

/* A listener at 80 under the plain personality, which a test may change before its first segment. */
static struct harness *
listening(void)
{
	struct harness *h = harness_new(NULL);

	harness_listen(h, 80);
	return h;
}

static void
a_syn_is_answered_and_the_ack_opens(void)
{
	struct harness *h = listening();

	inject(h, "S 0:0(0) win 65535 <mss 1460,sackOK,TS val 5 ecr 0,nop,wscale 7>");
	expect(h, "S. 0:0(0) ack 1 win 65535 <mss 1460,sackOK,TS val 0 ecr 5,nop,wscale 7>");
	inject(h, ". 1:1(0) ack 1 win 500 <nop,nop,TS val 6 ecr 0>");

	CHECK_EQ_U(expect_event(h, MIEN_EV_ACCEPT).u.listener, h->listener);
	CHECK_EQ_U(harness_state(h), MIEN_TCP_ESTABLISHED);
	expect_none(h);
	harness_free(h);
}

static void
an_echo_goes_both_ways(void)
{
	struct harness *h = harness_new(NULL);

	harness_open(h, NULL);

	inject(h, "P. 1:65(64) ack 1 win 65535");
	(void)expect_event(h, MIEN_EV_READABLE);
	harness_read(h, 1, 64);
	harness_send(h, 1, 64);

	expect(h, "P. 1:65(64) ack 65");
	inject(h, ". 65:65(0) ack 65 win 65535");
	expect_none(h);
	expect_no_event(h);
	harness_free(h);
}

static void
only_what_both_offer_is_negotiated(void)
{
	static const char *const cases[][2] = {
		{"S 0:0(0) win 100 <mss 1460>", "S. 0:0(0) ack 1 <mss 1460>"},
		{"S 0:0(0) win 100 <sackOK,eol>", "S. 0:0(0) ack 1 <mss 1460,nop,nop,sackOK>"},
		{"S 0:0(0) win 100 <mss 640,nop,wscale 5,TS val 9 ecr 0>",
			"S. 0:0(0) ack 1 <mss 1460,nop,nop,TS val 0 ecr 9,nop,wscale 7>"},
		{"S 0:0(0) win 100", "S. 0:0(0) ack 1 <mss 1460>"},
	};
	struct harness *h = listening();

	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		h->peer.port = (uint16_t)(5000 + i);

		inject(h, cases[i][0]);

		expect(h, cases[i][1]);
	}
	harness_free(h);
}

static void
a_window_shift_above_14_is_used_as_14(void)
{
	struct harness *h = harness_new(NULL);
	struct mien_tcp_info info;

	harness_open(h, "mss 1460,nop,wscale 255");

	info = harness_info(h);
	CHECK_EQ_U(info.snd_wscale, 14);
	CHECK_EQ_U(info.snd_wnd, 65535u << 14);
	harness_free(h);
}

static void
odd_options_of_a_syn_are_survived(void)
{
	static const char *const options[] = {"x fe00", "x fe01", "x 0200", "x 0202", "x 0203aa", "x 02280000",
		"mss 0", "mss 1", "mss 48", "mss 65535", "mss 1460,mss 8", "wscale 15", "x 0302", "x 040300", "x 080900",
		"nop,nop,nop,x 08", "TS val 7 ecr 99", "sack 1:2", "x 2205aabbcc", "x 1d03aa", "x 1302",
		"eol,x ffffffffffffff", "x 01010101010101010101010101010101010101010101010101010101010101010101010101010101",
		"x fd280000000000000000000000000000000000000000000000000000000000000000000000000000"};
	struct harness *h = listening();

	for (unsigned i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
		h->peer.port = (uint16_t)(6000 + i);

		injectf(h, "S 0:0(0) win 1000 <%s>", options[i]);

		expect(h, "S. 0:0(0) ack 1");
		expect_none(h);
		harness_advance(h, 0);
	}
	harness_free(h);
}

static void
data_on_a_syn_is_not_acknowledged(void)
{
	struct harness *h = listening();

	inject(h, "S 0:100(100) win 65535 <mss 1460>");

	expect(h, "S. 0:0(0) ack 1");
	expect_none(h);
	harness_free(h);
}

static void
a_repeated_syn_gets_its_syn_ack_again(void)
{
	struct harness *h = listening();

	inject(h, "S 0:0(0) win 65535 <mss 1460>");
	expect(h, "S. 0:0(0) ack 1");

	inject(h, "S 0:0(0) win 65535 <mss 1460>");

	expect(h, "S. 0:0(0) ack 1");
	CHECK_EQ_U(h->tcp.half_open, 1);
	harness_free(h);
}

static void
syn_acks_are_sent_again_by_schedule_and_given_up(void)
{
	struct harness *h = listening();

	inject(h, "S 0:0(0) win 65535 <mss 1460>");

	harness_advance(h, 100000);

	expect_time(h, 0, "S. 0:0(0) ack 1");
	expect_time(h, 1000, "S. 0:0(0) ack 1");
	expect_time(h, 3000, "S. 0:0(0) ack 1");
	expect_time(h, 7000, "S. 0:0(0) ack 1");
	expect_time(h, 15000, "S. 0:0(0) ack 1");
	expect_time(h, 31000, "S. 0:0(0) ack 1");
	expect_none(h);
	CHECK_EQ_U(h->tcp.half_open, 0);
	CHECK_EQ_U(pool_used(&h->tcp.tcbs), 0);
	expect_no_event(h);
	harness_free(h);
}

static void
an_ack_of_something_else_in_syn_received_is_reset(void)
{
	struct harness *h = listening();

	inject(h, "S 0:0(0) win 65535 <mss 1460>");
	harness_ignore(h);

	inject(h, ". 1:1(0) ack 2 win 65535");

	expect(h, "R 2:2(0)");
	CHECK_EQ_U(h->tcp.half_open, 1);
	harness_free(h);
}

/* An old duplicate of a SYN; what its sender's TIME-WAIT says to the SYN-ACK. */
static void
an_ack_of_an_earlier_connection_is_reset_in_syn_received(void)
{
	struct harness *h = listening();

	inject(h, "S 0:0(0) win 65535 <mss 1460,sackOK,TS val 500 ecr 0,nop,wscale 7>");
	harness_ignore(h);

	inject(h, ". 90000:90000(0) ack 80000 win 65535 <nop,nop,TS val 600 ecr 0>");
	expect(h, "R 80000:80000(0)");
	inject(h, ". 1:1(0) ack 80000 win 65535 <nop,nop,TS val 400 ecr 0>");
	expect(h, "R 80000:80000(0)");
	inject(h, "S. 90000:90000(0) ack 80000 win 65535 <mss 1460,sackOK,TS val 600 ecr 0,nop,wscale 7>");
	expect(h, "R 80000:80000(0)");
	inject(h, "R. 90000:90000(0) ack 80000 win 0");
	expect_none(h);
	inject(h, ". 90000:90000(0) ack 1 win 65535 <nop,nop,TS val 600 ecr 0>");
	expect(h, ". 1:1(0) ack 1");
	CHECK_EQ_U(h->tcp.half_open, 1);
	harness_free(h);
}

static void
a_reset_in_syn_received_goes_back_to_listen(void)
{
	struct harness *h = listening();

	inject(h, "S 0:0(0) win 65535 <mss 1460>");
	harness_ignore(h);

	inject(h, "R 1:1(0)");

	expect_none(h);
	expect_no_event(h);
	CHECK_EQ_U(pool_used(&h->tcp.tcbs), 0);
	CHECK_EQ_U(h->tcp.half_open, 0);
	CHECK_EQ_U(h->host.conns, 0);
	CHECK_EQ_U(wheel_count(&h->env.wheel), 0);
	harness_free(h);
}

static void
data_with_the_third_segment_is_delivered(void)
{
	struct harness *h = listening();

	inject(h, "S 0:0(0) win 65535 <mss 1460>");
	harness_ignore(h);

	inject(h, "P. 1:65(64) ack 1 win 65535");

	(void)expect_event(h, MIEN_EV_ACCEPT);
	(void)expect_event(h, MIEN_EV_READABLE);
	harness_read(h, 1, 64);
	harness_free(h);
}

static void
a_full_backlog_is_silent_or_resets_as_the_personality_says(void)
{
	struct harness *h = listening();

	h->p.tcp.backlog = 1;
	inject(h, "S 0:0(0) win 65535 <mss 1460>");
	harness_ignore(h);
	h->peer.port++;

	inject(h, "S 0:0(0) win 65535 <mss 1460>");
	expect_none(h);
	CHECK_EQ_U(h->drop, MIEN_DROP_TCP_SYN_BACKLOG);
	h->p.tcp.backlog_full = MIEN_END_RST;
	inject(h, "S 0:0(0) win 65535 <mss 1460>");

	expect(h, "R. 0:0(0) ack 1");
	CHECK_EQ_U(h->tcp.half_open, 1);
	harness_free(h);
}

static void
a_full_accept_queue_leaves_the_connection_half_open(void)
{
	struct harness *h = harness_new(NULL);
	const struct mien_tcp_listen config = {.port = 80, .accept_backlog = 1};

	h->p.tcp.isn = (struct mien_isn_rule){.kind = MIEN_ISN_CONST, .value = 4711};
	REQUIRE_EQ_I(tcp_user_listen(&h->tcp, &config, &h->listener), MIEN_OK);
	inject(h, "S 0:0(0) win 65535 <mss 1460>");
	h->peer.port++;
	inject(h, "S 0:0(0) win 65535 <mss 1460>");
	inject(h, ". 1:1(0) ack 1 win 65535");
	h->peer.port--;
	harness_ignore(h);

	inject(h, "P. 1:11(10) ack 1 win 65535");
	CHECK_EQ_U(h->drop, MIEN_DROP_TCP_ACCEPT_BACKLOG);
	(void)expect_event(h, MIEN_EV_ACCEPT);
	harness_advance(h, 1000);
	expect(h, "S. 0:0(0) ack 1");
	inject(h, "P. 1:11(10) ack 1 win 65535");

	(void)expect_event(h, MIEN_EV_ACCEPT);
	(void)expect_event(h, MIEN_EV_READABLE);
	harness_free(h);
}

/* -- active ------------------------------------------------------------------------------------------------ */

static void
an_active_open_sends_syn_and_acknowledges_the_answer(void)
{
	struct harness *h = harness_new(NULL);

	harness_connect(h);
	expect(h, "S 0:0(0) win 65535 <mss 1460,sackOK,TS val 0 ecr 0,nop,wscale 7>");

	inject(h, "S. 0:0(0) ack 1 win 1000 <mss 1400,sackOK,TS val 7 ecr 0,nop,wscale 3>");

	expect(h, ". 1:1(0) ack 1 <nop,nop,TS val 0 ecr 7>");
	(void)expect_event(h, MIEN_EV_CONNECTED);
	CHECK_EQ_U(harness_state(h), MIEN_TCP_ESTABLISHED);
	harness_free(h);
}

/* What the SYN announced stays, though a window rule that follows the MSS would give less with timestamps. */
static void
the_window_of_a_syn_is_not_taken_back(void)
{
	struct harness *h = harness_new(NULL);

	h->p.tcp.rcvbuf = h->p.tcp.rcvbuf_max = 8760;
	h->p.tcp.window_syn = (struct mien_window_rule){.kind = MIEN_WINDOW_CEIL, .base = 8192, .minus_ts = 1};
	h->p.tcp.wscale = 0;
	harness_connect(h);
	expect(h, "S 0:0(0) win 8760 <mss 1460,sackOK,TS val 0 ecr 0,nop,wscale 0>");

	inject(h, "S. 0:0(0) ack 1 win 1000 <mss 1400,sackOK,TS val 7 ecr 0,nop,wscale 3>");

	expect(h, ". 1:1(0) ack 1 win 8760 <nop,nop,TS val 0 ecr 7>");
	harness_free(h);
}

static void
the_window_of_a_syn_ack_is_not_scaled(void)
{
	struct harness *h = harness_new(NULL);
	struct mien_tcp_info info;

	harness_connect(h);

	inject(h, "S. 0:0(0) ack 1 win 1000 <mss 1400,nop,wscale 3>");

	info = harness_info(h);
	CHECK_EQ_U(info.snd_wnd, 1000);
	CHECK_EQ_U(info.snd_wscale, 3);
	harness_free(h);
}

static void
a_reset_that_acknowledges_the_syn_refuses(void)
{
	struct harness *h = harness_new(NULL);

	harness_connect(h);
	harness_ignore(h);

	inject(h, "R 0:0(0)");
	expect_no_event(h);
	inject(h, "R. 0:0(0) ack 5");
	expect_no_event(h);
	inject(h, "R. 0:0(0) ack 1");

	CHECK_EQ_I(expect_event(h, MIEN_EV_CLOSED).err, MIEN_EREFUSED);
	expect_none(h);
	CHECK_EQ_U(pool_used(&h->tcp.tcbs), 0);
	harness_free(h);
}

static void
an_unacceptable_ack_in_syn_sent_is_reset(void)
{
	struct harness *h = harness_new(NULL);

	harness_connect(h);
	harness_ignore(h);

	inject(h, "S. 0:0(0) ack 500 win 1000");

	expect(h, "R 500:500(0)");
	CHECK_EQ_U(harness_state(h), MIEN_TCP_SYN_SENT);
	harness_free(h);
}

static void
two_syns_that_cross_open_one_connection(void)
{
	struct harness *h = harness_new(NULL);

	harness_connect(h);
	expect(h, "S 0:0(0)");

	inject(h, "S 0:0(0) win 1000 <mss 1460>");
	expect(h, "S. 0:0(0) ack 1");
	CHECK_EQ_U(harness_state(h), MIEN_TCP_SYN_RECEIVED);
	inject(h, "S. 0:0(0) ack 1 win 1000 <mss 1460>");

	expect(h, ". 1:1(0) ack 1");
	(void)expect_event(h, MIEN_EV_CONNECTED);
	CHECK_EQ_U(harness_state(h), MIEN_TCP_ESTABLISHED);
	harness_free(h);
}

static void
the_syn_of_a_syn_ack_that_crossed_came_twice(void)
{
	struct harness *h = harness_new(NULL);

	h->p.tcp.dsack = 1;
	harness_connect(h);
	inject(h, "S 0:0(0) win 1000 <mss 1460,nop,nop,sackOK>");
	harness_ignore(h);

	inject(h, "S. 0:0(0) ack 1 win 1000 <mss 1460,nop,nop,sackOK>");

	expect(h, ". 1:1(0) ack 1 <nop,nop,sack 0:1>");
	harness_free(h);
}

/* Linux; the connection waits for a right one. 0 is no echo. */
static void
a_syn_ack_that_echoes_no_stamp_of_ours_is_reset(void)
{
	struct harness *h = harness_new(NULL);

	h->p.tcp.echo_check = 1;
	h->p.tcp.ts.base = MIEN_TS_ZERO;
	h->p.tcp.ts.step = 100;
	harness_connect(h);
	expect(h, "S 0:0(0) <mss 1460,sackOK,TS val 100 ecr 0,nop,wscale 7>");
	harness_advance(h, 20);

	inject(h, "S. 0:0(0) ack 1 <mss 1460,TS val 7 ecr 99>");
	expect(h, "R 1:1(0)");
	inject(h, "S. 0:0(0) ack 1 <mss 1460,TS val 7 ecr 121>");
	expect(h, "R 1:1(0)");
	CHECK_EQ_U(harness_state(h), MIEN_TCP_SYN_SENT);
	inject(h, "S. 0:0(0) ack 1 <mss 1460,TS val 7 ecr 120>");

	expect(h, ". 1:1(0) ack 1 <nop,nop,TS val 120 ecr 7>");
	(void)expect_event(h, MIEN_EV_CONNECTED);
	harness_free(h);
}

static void
a_syn_without_answer_is_sent_by_schedule_and_given_up(void)
{
	struct harness *h = harness_new(NULL);

	harness_connect(h);

	harness_advance(h, 300000);

	for (unsigned i = 0; i < 8; i++)
		expect_time(h, (1000u << i) - 1000, "S 0:0(0)");
	expect_none(h);
	CHECK_EQ_I(expect_event(h, MIEN_EV_CLOSED).err, MIEN_ETIMEDOUT);
	CHECK_EQ_U(pool_used(&h->tcp.tcbs), 0);
	harness_free(h);
}

static void
data_and_fin_of_a_syn_ack_are_taken(void)
{
	struct harness *h = harness_new(NULL);

	harness_connect(h);
	harness_ignore(h);

	inject(h, "SFP. 0:10(10) ack 1 win 1000 <mss 1460>");

	(void)expect_event(h, MIEN_EV_CONNECTED);
	(void)expect_event(h, MIEN_EV_READABLE);
	(void)expect_event(h, MIEN_EV_PEER_CLOSED);
	expect(h, ". 1:1(0) ack 12");
	harness_read(h, 1, 10);
	harness_free(h);
}

static void
data_sent_before_the_handshake_goes_with_its_end(void)
{
	struct harness *h = harness_new(NULL);

	harness_connect(h);
	harness_ignore(h);
	harness_send(h, 1, 10);
	expect_none(h);

	inject(h, "S. 0:0(0) ack 1 win 1000 <mss 1460>");

	expect(h, "P. 1:11(10) ack 1");
	expect_none(h);
	harness_free(h);
}

/* -- ECN (RFC 3168 6.1.1) ---------------------------------------------------------------------------------- */

static void
an_ecn_setup_syn_is_answered_by_rule(void)
{
	static const struct {
		uint8_t rule;
		const char *answer;
	} cases[] = {{MIEN_ECN_REFUSE, "S. 0:0(0) ack 1"}, {MIEN_ECN_ACCEPT, "S.E 0:0(0) ack 1"},
		{MIEN_ECN_COPY, "S.EW 0:0(0) ack 1"}, {MIEN_ECN_IGNORE, NULL}};
	struct harness *h = listening();

	for (unsigned i = 0; i < 4; i++) {
		h->p.tcp.ecn = cases[i].rule;
		h->peer.port++;

		inject(h, "SEW 0:0(0) win 3 <wscale 10,nop,mss 1460,sackOK,nop,nop>");

		if (cases[i].answer)
			expect(h, cases[i].answer);
		expect_none(h);
	}
	harness_free(h);
}

const struct test_suite handshake_suite = {
	.name = "handshake",
	.setup = harness_setup,
	.cases = (const struct test_case[]){
		/* proves MUST-2 MUST-4 MUST-14 MUST-67 MAY-3 tcp-ok */
		{"a SYN is answered and the ACK opens", a_syn_is_answered_and_the_ack_opens},
		/* proves MUST-45 */
		{"an echo goes both ways", an_echo_goes_both_ways},
		/* proves TS-1 SA-1 */
		{"only what both offer is negotiated", only_what_both_offer_is_negotiated},
		/* proves TS-1 tcpo-ws-15 tcpo-ws-255 */
		{"a window shift above 14 is used as 14", a_window_shift_above_14_is_used_as_14},
		/*
		 * proves MUST-7 tcpo-len0 tcpo-len1 tcpo-mss-len0 tcpo-mss-len2 tcpo-mss-len3 tcpo-mss-over tcpo-mss-0
		 * tcpo-mss-1 tcpo-mss-48 tcpo-mss-65535 tcpo-mss-dup tcpo-ws-15 tcpo-ws-len2 tcpo-sackok-len3
		 * tcpo-ts-len9 tcpo-ts-trunc tcpo-ts-ecr tcpo-sack-in-syn tcpo-tfo-odd tcpo-ao-len3 tcpo-md5-len2
		 * tcpo-eol-garbage tcpo-nop40 tcpo-unk40
		 */
		{"odd options of a SYN are survived", odd_options_of_a_syn_are_survived},
		/* proves tcp-syndata */
		{"data on a SYN is not acknowledged", data_on_a_syn_is_not_acknowledged},
		{"a repeated SYN gets its SYN-ACK again", a_repeated_syn_gets_its_syn_ack_again},
		/* proves SF-1 */
		{"SYN-ACKs are sent again by schedule and given up", syn_acks_are_sent_again_by_schedule_and_given_up},
		{"an ACK of something else in SYN-RECEIVED is reset", an_ack_of_something_else_in_syn_received_is_reset},
		{"an ACK of an earlier connection is reset in SYN-RECEIVED", an_ack_of_an_earlier_connection_is_reset_in_syn_received},
		/* proves MUST-11 */
		{"a reset in SYN-RECEIVED goes back to LISTEN", a_reset_in_syn_received_goes_back_to_listen},
		{"data with the third segment is delivered", data_with_the_third_segment_is_delivered},
		/* proves SF-1 */
		{"a full backlog is silent or resets as the personality says",
			a_full_backlog_is_silent_or_resets_as_the_personality_says},
		{"a full accept queue leaves the connection half open", a_full_accept_queue_leaves_the_connection_half_open},
		/* proves SHLD-5 */
		{"an active open sends SYN and acknowledges the answer", an_active_open_sends_syn_and_acknowledges_the_answer},
		/* proves SHLD-14 */
		{"the window of a SYN is not taken back", the_window_of_a_syn_is_not_taken_back},
		/* proves REC-1 TS-1 */
		{"the window of a SYN-ACK is not scaled", the_window_of_a_syn_ack_is_not_scaled},
		{"a reset that acknowledges the SYN refuses", a_reset_that_acknowledges_the_syn_refuses},
		{"an unacceptable ACK in SYN-SENT is reset", an_unacceptable_ack_in_syn_sent_is_reset},
		/* proves MUST-10 */
		{"two SYNs that cross open one connection", two_syns_that_cross_open_one_connection},
		{"the SYN of a SYN-ACK that crossed came twice", the_syn_of_a_syn_ack_that_crossed_came_twice},
		{"a SYN-ACK that echoes no stamp of ours is reset", a_syn_ack_that_echoes_no_stamp_of_ours_is_reset},
		/* proves MUST-22 RT-1 */
		{"a SYN without answer is sent by schedule and given up", a_syn_without_answer_is_sent_by_schedule_and_given_up},
		{"data and FIN of a SYN-ACK are taken", data_and_fin_of_a_syn_ack_are_taken},
		{"data sent before the handshake goes with its end", data_sent_before_the_handshake_goes_with_its_end},
		/* proves EC-1 EC-5 */
		{"an ECN-setup SYN is answered by rule", an_ecn_setup_syn_is_answered_by_rule},
		{NULL, NULL},
	},
};
