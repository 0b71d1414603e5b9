/* SPDX-License-Identifier: BSD-3-Clause */
/* Probes as they go on the wire. */
#include <stdlib.h>
#include <string.h>

#include "nmap_probe.h"
#include "octets.h"
#include "suites.h"

static const struct nmap_target target = {
	.mac = {2, 0, 0, 0, 0, 2},
	.scanner_mac = {2, 0, 0, 0, 0, 1},
	.addr = 0x0a000002,
	.scanner = 0x0a000001,
	.open = 80,
	.closed = 81,
	.closed_udp = 33333,
	.port_base = 40000,
	.udp_port = 50000,
	.echo_id = 0xffff,
	.seq = 0x1000,
	.ack = 0x2000,
	.seed = 3,
};

static struct observed
build(enum nmap_probe probe, struct nmap_sent *sent, uint8_t frame[NMAP_FRAME_MAX])
{
	size_t len;
	struct observed o;

	len = nmap_probe_build(&target, probe, frame, sent);
	REQUIRE(len <= NMAP_FRAME_MAX);
	REQUIRE(observe(frame, len, &o));
	CHECK_EQ_X(octets_checksum(frame + 14, 20, 0), 0);
	CHECK_EQ_X(o.src, target.scanner);
	CHECK_EQ_X(o.dst, target.addr);
	return o;
}

static void
every_segment_has_a_right_checksum_and_options_that_end(void)
{
	for (unsigned probe = 0; probe < NMAP_PROBES; probe++) {
		struct nmap_sent sent = {0};
		uint8_t frame[NMAP_FRAME_MAX];
		struct observed o = build(probe, &sent, frame);
		struct opt_walk w;

		if (o.kind != OBSERVED_TCP)
			continue;
		CHECK_EQ_X(octets_checksum(frame + 34, o.ip_len - 20u,
				   octets_pseudo(o.src, o.dst, 6, (uint16_t)(o.ip_len - 20))),
			0);
		opt_begin(&w, o.opts, o.opt_len);
		while (opt_next(&w))
			;
		CHECK(w.at == w.end);
		CHECK_EQ_U(o.opt_len % 4, 0);
		CHECK_EQ_U(o.dport, probe >= NMAP_PROBE_T5 ? 81 : 80);
		CHECK_EQ_X(o.seq, sent.seq);
		CHECK_EQ_X(o.ack, sent.ack);
		CHECK(o.ttl >= 37 && o.ttl <= 59);
	}
}

static void
timed_syns_count_up_and_offer_different_things(void)
{
	static const uint16_t mss[6] = {1460, 1400, 640, 0, 536, 265};
	static const uint16_t windows[6] = {1, 63, 4, 4, 16, 512};

	for (unsigned i = 0; i < 6; i++) {
		struct nmap_sent sent = {0};
		uint8_t frame[NMAP_FRAME_MAX];
		struct observed o = build(NMAP_S1 + i, &sent, frame);
		const uint8_t *size = opt_find(o.opts, o.opt_len, 2, 4);

		CHECK_EQ_X(o.seq, target.seq + i);
		CHECK_EQ_U(size ? octets_get16(size) : 0, mss[i]);
		CHECK_EQ_U(o.window, windows[i]);
		CHECK_EQ_X(o.flags, FLAG_SYN);
		CHECK_NOT_NULL(opt_find(o.opts, o.opt_len, 8, 10));
		CHECK_EQ_I(opt_find(o.opts, o.opt_len, 4, 2) != NULL, i != 2);
		CHECK_EQ_I(opt_find(o.opts, o.opt_len, 3, 3) != NULL, i != 5);
	}
}

static void
the_ecn_probe_sets_what_should_be_zero(void)
{
	struct nmap_sent sent = {0};
	uint8_t frame[NMAP_FRAME_MAX];
	struct observed o = build(NMAP_PROBE_ECN, &sent, frame);

	CHECK_EQ_X(o.flags, FLAG_SYN | FLAG_ECE | FLAG_CWR);
	CHECK_EQ_X(o.reserved, 8);
	CHECK_EQ_X(o.urgent, 0xf7f5);
	CHECK_EQ_X(o.ack, 0);
	CHECK_NULL(opt_find(o.opts, o.opt_len, 8, 10));
}

static void
the_datagram_is_300_times_c(void)
{
	struct nmap_sent sent = {0};
	uint8_t frame[NMAP_FRAME_MAX];
	struct observed o = build(NMAP_PROBE_U1, &sent, frame);

	CHECK_EQ_U(o.ip_len, 328);
	CHECK_EQ_X(o.ip_id, 0x1042);
	CHECK_EQ_U(o.dport, 33333);
	CHECK_EQ_X(octets_checksum(frame + 34, 308, octets_pseudo(o.src, o.dst, 17, 308)), 0);
	CHECK_EQ_U(frame[42], 'C');
	CHECK_EQ_U(frame[341], 'C');
	CHECK(o.ttl >= 51 && o.ttl <= 64);
}

static void
echoes_differ_in_code_df_tos_and_length(void)
{
	struct nmap_sent sent = {0};
	uint8_t frame[NMAP_FRAME_MAX];
	struct observed one = build(NMAP_PROBE_IE1, &sent, frame), two = build(NMAP_PROBE_IE2, &sent, frame);

	CHECK_EQ_U(one.code, 9);
	CHECK_EQ_U(two.code, 0);
	CHECK(one.df && !two.df);
	CHECK_EQ_U(one.tos, 0);
	CHECK_EQ_U(two.tos, 4);
	CHECK_EQ_U(one.quote_len, 120);
	CHECK_EQ_U(two.quote_len, 150);
	CHECK_EQ_X(two.rest, 0x00000000 | 296); /* the identifier wraps */
}

/* The answer that a host would give to the probe's frame: addresses and ports turned round. */
static struct observed
answer_to(enum nmap_probe probe)
{
	struct nmap_sent sent = {0};
	uint8_t frame[NMAP_FRAME_MAX];
	struct observed o = build(probe, &sent, frame);
	uint32_t addr = o.src;
	uint16_t port = o.sport;

	if (o.kind == OBSERVED_UDP) {
		o.kind = OBSERVED_ICMP;
		o.type = 3;
		o.code = 3;
		o.quote_len = 28;
		memcpy(o.quote, frame + 14, 28);
	}
	if (o.type == 8)
		o.type = 0;
	o.src = o.dst, o.dst = addr;
	o.sport = o.dport, o.dport = port;
	return o;
}

static void
answers_find_their_probe(void)
{
	for (unsigned probe = 0; probe < NMAP_PROBES; probe++) {
		struct observed o = answer_to(probe);

		CHECK_EQ_U(nmap_probe_of(&target, &o), probe);
		o.src++;
		CHECK_EQ_U(nmap_probe_of(&target, &o), NMAP_PROBES);
	}
}

static void
a_segment_with_wrong_option_lengths_is_no_answer(void)
{
	static const struct {
		uint8_t len, opts[8];
		bool sound;
	} cases[] = {
		{4, {2, 4, 5, 0xb4}, true},
		{4, {2, 3, 5, 1}, false},
		{4, {3, 3, 7, 1}, true},
		{4, {3, 4, 7, 1}, false},
		{8, {0, 9, 9, 9, 9, 9, 9, 9}, true}, /* behind EOL */
		{4, {1, 1, 1, 8}, false},
		{4, {77, 4, 0, 0}, true},
		{4, {5, 4, 0, 0}, false},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct observed o = answer_to(NMAP_PROBE_T2);

		o.opt_len = cases[i].len;
		memcpy(o.opts, cases[i].opts, cases[i].len);
		CHECK_EQ_U(nmap_probe_of(&target, &o), cases[i].sound ? NMAP_PROBE_T2 : NMAP_PROBES);
	}
}

static void
the_kernel_resets_what_it_never_opened(void)
{
	struct observed o = answer_to(NMAP_PROBE_T3), reset;
	uint8_t frame[NMAP_FRAME_MAX];
	size_t len;

	o.flags = FLAG_SYN | FLAG_ACK;
	o.ack = 0x777;
	len = nmap_reset_build(&target, &o, frame);
	REQUIRE(len > 0 && observe(frame, len, &reset));
	CHECK_EQ_X(reset.flags, FLAG_RST);
	CHECK_EQ_X(reset.seq, 0x777);
	CHECK_EQ_U(reset.sport, o.dport);

	o.flags = FLAG_SYN;
	o.seq = 0x500;
	len = nmap_reset_build(&target, &o, frame);
	REQUIRE(len > 0 && observe(frame, len, &reset));
	CHECK_EQ_X(reset.flags, FLAG_RST | FLAG_ACK);
	CHECK_EQ_X(reset.ack, 0x501);

	o.flags = FLAG_RST;
	CHECK_EQ_U(nmap_reset_build(&target, &o, frame), 0);
}

static const struct test_case cases[] = {
	{"every segment has a right checksum and options that end", every_segment_has_a_right_checksum_and_options_that_end},
	{"the timed SYNs count up and offer different things", timed_syns_count_up_and_offer_different_things},
	{"the ECN probe sets what should be zero", the_ecn_probe_sets_what_should_be_zero},
	{"the datagram is 300 times C", the_datagram_is_300_times_c},
	{"the echo requests differ in code, DF, TOS and length", echoes_differ_in_code_df_tos_and_length},
	{"answers find their probe", answers_find_their_probe},
	{"a segment with wrong option lengths is no answer", a_segment_with_wrong_option_lengths_is_no_answer},
	{"the scanner's kernel resets what it never opened", the_kernel_resets_what_it_never_opened},
	{NULL, NULL},
};
const struct test_suite probe_suite = {.name = "probe", .cases = cases};
