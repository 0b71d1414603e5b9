/* SPDX-License-Identifier: BSD-3-Clause */
#include "suites.h"

#include "tcp_rx.h"

struct rule_case {
	struct mien_window_rule rule;
	uint16_t own, peer; /* peer 0: no MSS option */
	uint8_t neg;
	uint16_t want;
};

/* From nmap-os-db: W1..W6 of systems whose windows follow the offered MSS. */
static const struct rule_case cases[] = {
	{{.kind = MIEN_WINDOW_CONST, .base = 65535}, 1460, 1460, 0, 65535},
	{{.kind = MIEN_WINDOW_CONST, .base = 262140, .shift = 2}, 1460, 1460, 0, 65535},
	{{.kind = MIEN_WINDOW_MUL, .base = 45}, 1460, 1460, 0, 65535},
	{{.kind = MIEN_WINDOW_MUL, .base = 4}, 1460, 1460, 0, 5840},
	{{.kind = MIEN_WINDOW_MUL, .base = 4, .minus_ts = 1}, 1460, 1460, MIEN_NEG_TS, 5792},
	{{.kind = MIEN_WINDOW_MUL, .base = 4, .minus_ts = 1}, 1460, 1460, 0, 5840},
	{{.kind = MIEN_WINDOW_MUL, .base = 10, .unit = MIEN_UNIT_PEER}, 1460, 265, 0, 2650},
	{{.kind = MIEN_WINDOW_MUL, .base = 10, .unit = MIEN_UNIT_PEER, .unit_floor = 536}, 1460, 265, 0, 5360},
	{{.kind = MIEN_WINDOW_MUL, .base = 10, .unit = MIEN_UNIT_PEER, .no_mss = 536}, 1460, 0, 0, 5360},
	{{.kind = MIEN_WINDOW_MUL, .base = 10, .unit = MIEN_UNIT_PEER}, 1460, 0, 0, 14600},
	{{.kind = MIEN_WINDOW_MUL, .base = 2, .unit = MIEN_UNIT_MIN}, 1460, 8000, 0, 2920},
	{{.kind = MIEN_WINDOW_CEIL, .base = 8192, .unit = MIEN_UNIT_PEER}, 1460, 1460, 0, 8760},
	{{.kind = MIEN_WINDOW_CEIL, .base = 8192, .unit = MIEN_UNIT_PEER}, 1460, 536, 0, 8576},
	{{.kind = MIEN_WINDOW_FLOOR, .base = 65535, .unit = MIEN_UNIT_PEER}, 1460, 1460, 0, 64240},
	{{.kind = MIEN_WINDOW_FLOOR, .base = 65535, .unit = MIEN_UNIT_PEER}, 1460, 1400, 0, 64400},
	{{.kind = MIEN_WINDOW_MUL, .base = 1000, .unit = MIEN_UNIT_PEER}, 1460, 1, 0, 1000},
};

static struct mien_personality p;

static void
syn_windows_follow_the_rules(void)
{
	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct rule_case *c = &cases[i];
		struct tcb tcb = {.p = &p, .mss_own = c->own, .peer_mss = c->peer};

		tcb.syn_set = (uint8_t)(c->neg | (c->peer ? MIEN_NEG_MSS : 0) | MIEN_NEG_WSCALE);
		p.tcp.window_synack = c->rule;

		if (!CHECK_EQ_U(syn_window(&tcb, true, false), c->want))
			FAIL("case %u", i);
	}
}

static void
each_kind_of_syn_has_its_rule(void)
{
	struct tcb tcb = {.p = &p, .mss_own = 1460, .syn_set = MIEN_NEG_WSCALE};

	p.tcp.window_syn.base = 1;
	p.tcp.window_synack = (struct mien_window_rule){.base = 2};
	p.tcp.window_synack_no_wscale.base = 3;
	p.tcp.window_synack_ecn.base = 4;

	CHECK_EQ_U(syn_window(&tcb, false, false), 1);
	CHECK_EQ_U(syn_window(&tcb, true, false), 2);
	CHECK_EQ_U(syn_window(&tcb, true, true), 4);
	tcb.syn_set = 0;
	CHECK_EQ_U(syn_window(&tcb, true, false), 3);
}

static void
the_edge_moves_by_a_segment_or_half_the_buffer(void)
{
	struct tcb tcb = {.p = &p, .rcv_nxt = 1000, .rcv_adv = 1000, .rcvbuf = 8000, .mss_rcv = 1000};

	tcb.rcvq.bytes = 7001;
	CHECK_EQ_U(rcv_window(&tcb), 0);
	tcb.rcvq.bytes = 7000;
	CHECK_EQ_U(rcv_window(&tcb), 1000);
	tcb.mss_rcv = 6000;
	CHECK_EQ_U(rcv_window(&tcb), 0);
	tcb.rcvq.bytes = 4000;
	CHECK_EQ_U(rcv_window(&tcb), 4000);
}

static void
a_scaled_window_is_rounded_without_taking_back(void)
{
	struct tcb tcb = {.p = &p, .rcv_nxt = 1000, .rcv_adv = 1000 + 12800, .rcvbuf = 20000, .mss_rcv = 536,
		.rcv_wscale = 8};
	uint32_t edge;

	tcb.rcvq.bytes = 20000;
	CHECK_EQ_U(rcv_window_field(&tcb), 50);
	tcb.rcv_nxt += 1; /* 12799 left: 49.996 units */
	CHECK_EQ_U(rcv_window_field(&tcb), 50);
	edge = tcb.rcv_adv;
	CHECK(seq_geq(edge, 1000 + 12800));
	tcb.rcvbuf = 100;

	(void)rcv_window_field(&tcb);

	CHECK(seq_geq(tcb.rcv_adv, edge));
}

static void
an_unscaled_window_ends_at_65535(void)
{
	struct tcb tcb = {.p = &p, .rcv_nxt = 1000, .rcv_adv = 1000, .rcvbuf = 1 << 20, .mss_rcv = 536};

	CHECK_EQ_U(rcv_window_field(&tcb), 65535);
}

const struct test_suite window_suite = {
	.name = "window",
	.cases = (const struct test_case[]){
		{"SYN windows follow the rules", syn_windows_follow_the_rules},
		{"each kind of SYN has its rule", each_kind_of_syn_has_its_rule},
		/* proves MUST-39 SW-2 */
		{"the edge moves by a segment or half the buffer", the_edge_moves_by_a_segment_or_half_the_buffer},
		/* proves TS-2 REC-1 */
		{"a scaled window is rounded without taking back", a_scaled_window_is_rounded_without_taking_back},
		/* proves MUST-1 */
		{"an unscaled window ends at 65535", an_unscaled_window_ends_at_65535},
		{NULL, NULL},
	},
};
