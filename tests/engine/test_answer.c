/* SPDX-License-Identifier: BSD-3-Clause */
/* Segments that no connection wants: RFC 9293 3.10.7.1 and 3.10.7.2, and what personalities do instead. */
#include "suites.h"

struct answer_case {
	const char *in, *out; /* out NULL: silence */
};

static void
run(struct harness *h, const struct answer_case *c, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		h->peer.port++;
		inject(h, c[i].in);

		if (c[i].out)
			expect(h, c[i].out);
		expect_none(h);
	}
}

#define RUN(h, cases) run(h, cases, sizeof(cases) / sizeof((cases)[0]))

static void
a_closed_port_answers_as_the_rfc_says(void)
{
	static const struct answer_case cases[] = {
		{"S 1000:1000(0) win 100", "R. 0:0(0) ack 1001 win 0"},
		{"S 1000:1100(100) win 100", "R. 0:0(0) ack 1101 win 0"},
		{". 1000:1000(0) ack 77", "R 77:77(0) win 0"},
		{"SF 1000:1000(0)", "R. 0:0(0) ack 1002 win 0"},
		{"FPU 1000:1000(0)", "R. 0:0(0) ack 1001 win 0"},
		{"- 1000:1000(0)", "R. 0:0(0) ack 1000 win 0"},
		{"R 1000:1000(0)", NULL},
		{"R. 1000:1000(0) ack 77", NULL},
		{"S. 1000:1000(0) ack 77", "R 77:77(0) win 0"},
	};
	struct harness *h = harness_new(NULL);

	RUN(h, cases);

	CHECK_EQ_U(h->env.counters.tcp_resets_sent, 7);
	harness_free(h);
}

/* Port 0 is nobody's: no listener has it. From port 0 a SYN is answered as from any. */
static void
port_0_is_a_port_as_any(void)
{
	struct harness *h = harness_new(NULL);

	harness_listen(h, 80);
	h->peer.local_port = 0;
	inject(h, "S 1000:1000(0) win 100");
	expect(h, "R. 0:0(0) ack 1001 win 0");

	h->peer.local_port = 80;
	h->peer.port = 0;
	inject(h, "S 0:0(0) win 100");
	expect(h, "S. 0:0(0) ack 1");
	inject(h, "R 1:1(0)");

	CHECK_EQ_U(pool_used(&h->tcp.tcbs), 0);
	harness_free(h);
}

static void
a_listener_resets_acks_and_drops_what_is_no_syn(void)
{
	static const struct answer_case cases[] = {
		{". 1000:1000(0) ack 77", "R 77:77(0) win 0"},
		{"S. 1000:1000(0) ack 77", "R 77:77(0) win 0"},
		{"R 1000:1000(0)", NULL},
		{"F 1000:1000(0)", NULL},
		{"- 1000:1000(0)", NULL},
		{"FPU 1000:1000(0)", NULL},
		{"SF 1000:1000(0)", NULL},
		{"SR 1000:1000(0)", NULL},
		{"FSRP.UEW 1000:1000(0)", NULL},
		{"P 1000:1010(10)", NULL},
	};
	struct harness *h = harness_new(NULL);

	harness_listen(h, 80);
	RUN(h, cases);

	CHECK_EQ_U(pool_used(&h->tcp.tcbs), 0);
	harness_free(h);
}

/* Windows 10 and Solaris 10 in fingerprint notation: T2 Z/S AR, T3 Z/O AR; T2 A/S AR with the window echoed. */
static void
a_personality_answers_odd_segments_in_its_own_way(void)
{
	struct harness *h = harness_new(NULL);
	struct harness_sent sent;

	h->p.answers[1] = (struct mien_answer){.send = MIEN_SEND_RST, .flags = TH_RST | TH_ACK, .seq = MIEN_NUM_ZERO,
		.ack = MIEN_NUM_SEG_SEQ};
	h->p.answers[2] = (struct mien_answer){.send = MIEN_SEND_RST, .flags = TH_RST | TH_ACK,
		.seq = MIEN_NUM_SEG_ACK, .ack = MIEN_NUM_SEG_SEQ, .window_rule = MIEN_AWIN_ECHO,
		.options = MIEN_AOPT_ECHO, .payload = 1, .ttl = 77, .df = MIEN_DF_ON + 1,
		.quirks = MIEN_ANSWER_COPY_URP};
	h->p.payloads[0] = (struct mien_payload){.len = 4, .bytes = "gone"};
	h->p.answer[MIEN_TCP_LISTEN][0] = 1;
	h->p.answer[MIEN_TCP_LISTEN][TH_FIN | TH_SYN | TH_URG | TH_PSH] = 2;
	harness_listen(h, 80);

	inject(h, "- 1000:1000(0) win 128 <wscale 10,nop,mss 265>");
	expect(h, "R. 0:0(0) ack 1000 win 0");
	inject(h, "FSPU 1000:1000(0) win 256 urg 9 <wscale 10,nop,mss 265,sackOK,nop,nop>");

	sent = *harness_peek(h);
	CHECK_EQ_U(sent.ip.ttl, 77);
	CHECK_EQ_U(sent.ip.df, MIEN_DF_ON + 1);
	CHECK_EQ_U(sent.ip.cls, MIEN_CLASS_RST);
	CHECK_EQ_U(sent.bytes[14] << 8 | sent.bytes[15], 256);
	CHECK_EQ_U(sent.bytes[19], 9);
	CHECK_EQ_U(sent.len, 20 + 12 + 4);
	CHECK_MEM(sent.bytes + 32, "gone", 4);
	harness_free(h);
}

/* RFC 7323 3.2 would have it of all; no system that was observed does it. */
static void
a_reset_may_echo_the_stamp_it_answers(void)
{
	struct harness *h = harness_new(NULL);

	h->p.answers[1] = (struct mien_answer){.send = MIEN_SEND_RST, .flags = TH_RST, .seq = MIEN_NUM_SEG_ACK,
		.options = MIEN_AOPT_TS};
	h->p.answer[MIEN_TCP_CLOSED][TH_ACK] = 1;

	inject(h, ". 1000:1000(0) ack 77 <nop,nop,TS val 4711 ecr 1>");
	expect(h, "R 77:77(0) win 0 <nop,nop,TS val 0 ecr 4711>");
	inject(h, ". 1000:1000(0) ack 77");

	expect(h, "R 77:77(0) win 0 <>");
	harness_free(h);
}

static void
a_personality_may_take_odd_flags_for_a_syn(void)
{
	struct harness *h = harness_new(NULL);

	h->p.answers[1] = (struct mien_answer){.send = MIEN_SEND_SYNACK};
	h->p.answer[MIEN_TCP_LISTEN][TH_FIN | TH_SYN | TH_URG | TH_PSH] = 1;
	harness_listen(h, 80);

	inject(h, "FSPU 0:0(0) win 256 <wscale 10,nop,mss 265,sackOK,nop,nop>");

	expect(h, "S. 0:0(0) ack 1");
	CHECK_EQ_U(h->tcp.half_open, 1);
	harness_free(h);
}

/* A SYN of the shape of the case gets what stands there; any other gets what the rules say. */
static void
a_syn_of_a_certain_shape_gets_an_answer_of_its_own(void)
{
	struct harness *h = harness_new(NULL);
	struct mien_syn_case *c = h->p.syn_cases;

	h->p.n_syn_cases = 3;
	c[0] = (struct mien_syn_case){.offered = MIEN_NEG_MSS | MIEN_NEG_SACK, .answer = 1};
	c[1] = (struct mien_syn_case){.offered = MIEN_NEG_MSS | MIEN_NEG_WSCALE, .peer_mss = 1400,
		.parts = MIEN_CASE_WINDOW | MIEN_CASE_WSCALE | MIEN_CASE_MSS, .window = 4321, .wscale = 3, .mss = 1000};
	c[2] = (struct mien_syn_case){.offered = MIEN_NEG_WSCALE, .parts = MIEN_CASE_OPTIONS, .ttl = 99,
		.df = MIEN_DF_OFF + 1, .urgent = 7,
		.options = {.len = 4, .off_mss = MIEN_OPT_NONE, .off_wscale = MIEN_OPT_NONE, .off_ts = MIEN_OPT_NONE,
			.off_sack = MIEN_OPT_NONE, .bytes = {2, 4, 2, 0}}};
	h->p.answers[1] = (struct mien_answer){.send = MIEN_SEND_RST, .flags = TH_RST | TH_ACK, .ack = MIEN_NUM_SEG_END};
	harness_listen(h, 80);

	inject(h, "S 0:0(0) win 100 <mss 1400,sackOK,nop,nop>");
	expect(h, "R. 0:0(0) ack 1 win 0");
	h->peer.port++;
	inject(h, "S 0:0(0) win 100 <mss 1400,nop,wscale 2>");
	expect(h, "S. 0:0(0) ack 1 win 4321 <mss 1000,nop,wscale 3>");
	h->peer.port++;
	inject(h, "S 0:0(0) win 100 <mss 1300,nop,wscale 2>");
	expect(h, "S. 0:0(0) ack 1 win 65535 <mss 1460,nop,wscale 7>");
	h->peer.port++;
	inject(h, "S 0:0(0) win 100 <nop,wscale 2>");

	CHECK_EQ_U(harness_peek(h)->ip.ttl, 99);
	CHECK_EQ_U(harness_peek(h)->ip.df, MIEN_DF_OFF + 1);
	CHECK_EQ_U(harness_peek(h)->bytes[19], 7);
	expect(h, "S. 0:0(0) ack 1 win 65535 <mss 512>");
	harness_free(h);
}

/* The options of nmap's ECN probe are those of many a client. */
static void
a_case_can_be_for_ecn_setup_alone(void)
{
	struct harness *h = harness_new(NULL);

	h->p.n_syn_cases = 1;
	h->p.syn_cases[0] = (struct mien_syn_case){.offered = MIEN_NEG_MSS | MIEN_NEG_SACK, .answer = 1, .ecn = 1};
	h->p.answers[1] = (struct mien_answer){.send = MIEN_SEND_RST, .flags = TH_RST | TH_ACK, .ack = MIEN_NUM_SEG_END};
	harness_listen(h, 80);

	inject(h, "SEW 0:0(0) win 100 <mss 1400,sackOK,nop,nop>");
	expect(h, "R. 0:0(0) ack 1 win 0");
	h->peer.port++;
	inject(h, "S 0:0(0) win 100 <mss 1400,sackOK,nop,nop>");

	expect(h, "S. 0:0(0) ack 1");
	harness_free(h);
}

/* The peer takes for agreed what it sees in the SYN-ACK, whatever the layout of the set was meant for. */
static void
what_the_synack_does_not_show_is_not_negotiated(void)
{
	struct harness *h = harness_new(NULL);
	const struct tcb *tcb;

	h->p.synack[MIEN_NEG_MSS | MIEN_NEG_SACK | MIEN_NEG_WSCALE] = h->p.synack[0];
	harness_listen(h, 80);
	inject(h, "S 0:0(0) win 1000 <mss 1000,nop,nop,sackOK,nop,wscale 3>");
	expect(h, "S. 0:0(0) ack 1 <mss 1460>");
	inject(h, ". 1:1(0) ack 1 win 1000");
	(void)expect_event(h, MIEN_EV_ACCEPT);
	tcb = harness_tcb(h);

	CHECK_EQ_X(tcb->neg, MIEN_NEG_MSS);
	CHECK_EQ_U(tcb->snd_wnd, 1000);
	inject(h, "P. 11:21(10) ack 1 win 1000");
	expect(h, ". 1:1(0) ack 1 win 65535 <>");
	harness_free(h);
}

static void
a_case_can_set_the_isn(void)
{
	struct harness *h = harness_new(NULL);
	struct mien_syn_case *c = h->p.syn_cases;

	h->p.n_syn_cases = 2;
	c[0] = (struct mien_syn_case){.offered = MIEN_NEG_MSS, .parts = MIEN_CASE_ISN_ZERO};
	c[1] = (struct mien_syn_case){.offered = MIEN_NEG_MSS | MIEN_NEG_SACK, .parts = MIEN_CASE_ISN_ACK};
	harness_listen(h, 80);

	inject(h, "S 0:0(0) win 100 <mss 1400>");
	CHECK_EQ_X(get_be32(harness_peek(h)->bytes + 4), 0);
	harness_ignore(h);
	h->peer.port++;
	inject(h, "S 0:0(0) win 100 <mss 1400,sackOK,nop,nop>");

	CHECK_EQ_X(get_be32(harness_peek(h)->bytes + 4), 0); /* as its acknowledgment field */
	harness_free(h);
}

/* What was not offered in the case is not used afterwards either. */
static void
a_case_negotiates_only_what_its_options_hold(void)
{
	struct harness *h = harness_new(NULL);

	h->p.n_syn_cases = 1;
	h->p.syn_cases[0] = (struct mien_syn_case){.offered = MIEN_NEG_MSS | MIEN_NEG_TS, .accept = MIEN_NEG_MSS,
		.parts = MIEN_CASE_OPTIONS,
		.options = {.len = 4, .off_mss = 2, .off_wscale = MIEN_OPT_NONE, .off_ts = MIEN_OPT_NONE,
			.off_sack = MIEN_OPT_NONE, .bytes = {2, 4}}};
	harness_listen(h, 80);
	inject(h, "S 0:0(0) win 1000 <mss 1000,nop,nop,TS val 5 ecr 0>");
	expect(h, "S. 0:0(0) ack 1 <mss 1460>");
	inject(h, ". 1:1(0) ack 1 win 1000");
	(void)expect_event(h, MIEN_EV_ACCEPT);

	inject(h, "P. 1:11(10) ack 1 win 1000");
	harness_advance(h, 300);

	expect(h, ". 1:1(0) ack 11 <>");
	harness_free(h);
}

static void
an_answer_may_look_like_a_syn_ack(void)
{
	struct harness *h = harness_new(NULL);

	h->p.tcp.isn = (struct mien_isn_rule){.kind = MIEN_ISN_CONST, .value = 5000};
	h->p.answers[1] = (struct mien_answer){.send = MIEN_SEND_ACK, .flags = TH_SYN | TH_ACK, .seq = MIEN_NUM_ISN,
		.ack = MIEN_NUM_SEG_SEQ, .window = 77, .options = MIEN_AOPT_OWN, .reserved = 8};
	h->p.answers[2] = (struct mien_answer){.send = MIEN_SEND_RST, .flags = TH_RST, .options = MIEN_AOPT_RAW, .raw = 1,
		.quirks = MIEN_ANSWER_COPY_TTL, .urgent = 3};
	h->p.payloads[0] = (struct mien_payload){.len = 4, .bytes = {2, 4, 1, 2}};
	h->p.answer[MIEN_TCP_LISTEN][TH_SYN] = 1;
	h->p.answer[MIEN_TCP_LISTEN][0] = 2;
	h->peer.ttl = 51;
	harness_listen(h, 80);

	inject(h, "S 1000:1000(0) win 100 <mss 1400,nop,wscale 2>");
	CHECK_EQ_U(harness_peek(h)->ip.cls, MIEN_CLASS_SYNACK);
	CHECK_EQ_U(harness_peek(h)->bytes[7] | harness_peek(h)->bytes[6] << 8, 5000);
	CHECK_EQ_X(harness_peek(h)->bytes[12] & 15, 8);
	CHECK_EQ_U(pool_used(&h->tcp.tcbs), 0);
	harness_ignore(h);
	inject(h, "- 1000:1000(0)");

	CHECK_EQ_U(harness_peek(h)->ip.ttl, 51);
	CHECK_EQ_U(harness_peek(h)->bytes[19], 3);
	CHECK_EQ_U(harness_peek(h)->len, 24);
	harness_free(h);
}

static void
resets_stay_below_the_personalitys_rate(void)
{
	struct harness *h = harness_new(NULL);

	h->p.tcp.rst_rate = (struct mien_rate){.per_second = 10, .burst = 2};
	inject(h, "S 1000:1000(0)");
	inject(h, "S 1000:1000(0)");
	harness_ignore(h);

	inject(h, "S 1000:1000(0)");
	expect_none(h);
	CHECK_EQ_U(h->drop, MIEN_DROP_TCP_RST_RATE);
	harness_advance(h, 101);
	inject(h, "S 1000:1000(0)");

	expect(h, "R. 0:0(0) ack 1001");
	harness_free(h);
}

static void
a_segment_from_itself_is_dropped(void)
{
	struct harness *h = harness_new(NULL);

	harness_listen(h, 80);
	h->peer.addr = h->host.addr;
	h->peer.port = 80;

	inject(h, "S 0:0(0) win 100");

	expect_none(h);
	CHECK_EQ_U(h->drop, MIEN_DROP_TCP_LAND);
	harness_free(h);
}

const struct test_suite answer_suite = {
	.name = "answers",
	.setup = harness_setup,
	.cases = (const struct test_case[]){
		/* proves tcp-dport0 tcp-sport0 */
		{"port 0 is a port as any other", port_0_is_a_port_as_any},
		/* proves tcp-closed tcp-closed-ack tcp-closed-rst tcp-closed-rstack */
		{"a closed port answers as the RFC says", a_closed_port_answers_as_the_rfc_says},
		/*
		 * proves tcp-listen-ack tcp-listen-rst tcp-listen-fin tcp-listen-null tcp-listen-xmas tcp-synfin
		 * tcp-synrst tcp-synack-listen tcp-all
		 */
		{"a listener resets ACKs and drops what is no SYN", a_listener_resets_acks_and_drops_what_is_no_syn},
		{"a personality answers odd segments in its own way", a_personality_answers_odd_segments_in_its_own_way},
		/* proves TS-9 */
		{"a reset may echo the stamp it answers", a_reset_may_echo_the_stamp_it_answers},
		{"a personality may take odd flags for a SYN", a_personality_may_take_odd_flags_for_a_syn},
		{"a SYN of a certain shape gets an answer of its own", a_syn_of_a_certain_shape_gets_an_answer_of_its_own},
		{"a case can be for ECN-setup SYNs alone", a_case_can_be_for_ecn_setup_alone},
		{"what the SYN-ACK does not show is not negotiated", what_the_synack_does_not_show_is_not_negotiated},
		{"a case can set the ISN", a_case_can_set_the_isn},
		{"a case negotiates only what its options hold", a_case_negotiates_only_what_its_options_hold},
		{"an answer may look like a SYN-ACK and open nothing", an_answer_may_look_like_a_syn_ack},
		/* proves IC-9 S2 */
		{"resets stay below the personality's rate", resets_stay_below_the_personalitys_rate},
		/* proves tcp-land */
		{"a segment from itself is dropped", a_segment_from_itself_is_dropped},
		{NULL, NULL},
	},
};
