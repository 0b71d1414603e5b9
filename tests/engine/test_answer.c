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
		{"a closed port answers as the RFC says", a_closed_port_answers_as_the_rfc_says},
		{"a listener resets ACKs and drops what is no SYN", a_listener_resets_acks_and_drops_what_is_no_syn},
		{"a personality answers odd segments in its own way", a_personality_answers_odd_segments_in_its_own_way},
		{"a personality may take odd flags for a SYN", a_personality_may_take_odd_flags_for_a_syn},
		{"resets stay below the personality's rate", resets_stay_below_the_personalitys_rate},
		{"a segment from itself is dropped", a_segment_from_itself_is_dropped},
		{NULL, NULL},
	},
};
