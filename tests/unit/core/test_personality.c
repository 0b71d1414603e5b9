/* SPDX-License-Identifier: BSD-3-Clause */
#include "suites.h"

#include <mien/err.h>
#include <mien/personality.h>

#include <stdlib.h>
#include <string.h>

#define ALL (MIEN_NEG_SACK | MIEN_NEG_WSCALE | MIEN_NEG_TS)

static struct mien_personality *
plain(void)
{
	struct mien_personality *p = aligned_alloc(64, sizeof(*p));

	REQUIRE_NOT_NULL(p);
	memset(p, 0xa5, sizeof(*p));
	mien_personality_init_plain(p);
	return p;
}

static void
plain_is_valid(void)
{
	struct mien_personality *p = plain();
	const char *why = "";

	CHECK_EQ_I(mien_personality_validate(p, &why), 0);
	CHECK_NULL(why);
	CHECK_STR(p->name, "plain");
	free(p);
}

static void
plain_is_the_same_each_time(void)
{
	struct mien_personality *a = plain(), *b = plain();

	CHECK_MEM(a, b, sizeof(*a));
	free(a);
	free(b);
}

static void
check_layout(const struct mien_opt_template *t, const char *want, size_t len)
{
	CHECK_EQ_U(t->len, len);
	CHECK_MEM(t->bytes, want, len);
}

#define LAYOUT(t, want) check_layout(t, want, sizeof(want) - 1)
#define TS "\x08\x0a\0\0\0\0\0\0\0\0"
#define MSS "\x02\x04\0\0"

static void
plain_lays_options_out(void)
{
	struct mien_personality *p = plain();

	LAYOUT(&p->syn, MSS "\x04\x02" TS "\x01\x03\x03\0");
	LAYOUT(&p->synack[ALL], MSS "\x04\x02" TS "\x01\x03\x03\0");
	LAYOUT(&p->synack[MIEN_NEG_WSCALE | MIEN_NEG_TS], MSS "\x01\x01" TS "\x01\x03\x03\0");
	LAYOUT(&p->synack[MIEN_NEG_WSCALE | MIEN_NEG_SACK], MSS "\x01\x01\x04\x02\x01\x03\x03\0");
	LAYOUT(&p->synack[MIEN_NEG_SACK | MIEN_NEG_TS], MSS "\x04\x02" TS);
	LAYOUT(&p->synack[MIEN_NEG_SACK], MSS "\x01\x01\x04\x02");
	LAYOUT(&p->synack[MIEN_NEG_TS], MSS "\x01\x01" TS);
	LAYOUT(&p->synack[MIEN_NEG_WSCALE], MSS "\x01\x03\x03\0");
	LAYOUT(&p->synack[0], MSS);
	LAYOUT(&p->synack[ALL | MIEN_NEG_MSS], MSS "\x04\x02" TS "\x01\x03\x03\0");
	LAYOUT(&p->segment[0], "");
	LAYOUT(&p->segment[1], "\x01\x01" TS);
	LAYOUT(&p->sack[0], "\x01\x01\x05\x02");
	LAYOUT(&p->sack[1], "\x01\x01" TS "\x01\x01\x05\x02");
	free(p);
}

static void
plain_answers_by_the_rfc(void)
{
	struct mien_personality *p = plain();

	for (unsigned int s = 0; s < MIEN_TCP_STATE_COUNT; s++)
		for (unsigned int f = 0; f < 64; f++)
			CHECK_EQ_U(p->answers[p->answer[s][f]].send, MIEN_SEND_RFC);
	free(p);
}

/* One thing that may be wrong: writes value over the byte, 16 or 32 bits at offset. */
struct damage {
	size_t offset;
	size_t size;
	uint32_t value;
	const char *word; /* stands in the sentence */
};

#define AT(member, value, word)                                                                    \
	{                                                                                          \
		offsetof(struct mien_personality, member),                                         \
			sizeof(((struct mien_personality *)0)->member), value, word                \
	}

static const struct damage damages[] = {
	AT(version, 99, "version"),
	AT(size, 8, "size"),
	AT(name[0], 0, "name"),
	AT(ip[MIEN_CLASS_RST].df, MIEN_DF_INVERT + 1, "DF"),
	AT(ip[MIEN_CLASS_UDP].tos_rule, 2, "TOS"),
	AT(ip[0].id_policy, MIEN_IPID_POLICY_COUNT, "ID policy"),
	AT(ip[0].id_counter, MIEN_IPID_COUNTERS, "counter"),
	AT(syn.len, 44, "40 bytes"),
	AT(synack[3].len, 7, "multiple of 4"),
	AT(synack[7].off_mss, 3, "MSS"),
	AT(synack[7].off_wscale, 18, "window scale"),
	AT(synack[7].off_ts, 39, "timestamp"),
	AT(synack[7].off_ts, 0, "timestamp"),
	AT(synack[7].holds, 0, "holds"),
	AT(syn.off_sack, 4, "SACK"),
	AT(segment[1].off_ts, MIEN_OPT_NONE, "timestamps"),
	AT(sack[0].off_sack, 2, "SACK"),
	AT(sack[1].bytes[14], 4, "SACK"),
	AT(answers[0].send, MIEN_SEND_DROP, "answer 0"),
	AT(answers[47].send, MIEN_SEND_SYNACK + 1, "unknown"),
	AT(answers[1].seq, MIEN_NUM_ISN + 1, "rule"),
	AT(answers[1].ack, MIEN_NUM_ISN + 1, "rule"),
	AT(answers[1].window_rule, 2, "window"),
	AT(answers[1].options, MIEN_AOPT_RAW + 1, "option"),
	AT(answers[1].options, MIEN_AOPT_RAW, "raw"),
	AT(answers[1].raw, 1, "raw"),
	AT(answers[1].reserved, 16, "reserved"),
	AT(answers[1].df, MIEN_DF_INVERT + 2, "DF"),
	AT(answers[1].payload, MIEN_PAYLOADS + 1, "payload"),
	AT(answer[MIEN_TCP_LISTEN][63], MIEN_ANSWERS, "table"),
	AT(payloads[3].len, MIEN_PAYLOAD_MAX + 1, "payload"),
	AT(n_syn_cases, MIEN_SYN_CASES + 1, "cases"),
	AT(tcp.window_syn.kind, 4, "window rule"),
	AT(tcp.window_synack.unit, 4, "window rule"),
	AT(tcp.window_synack.shift, 15, "14"),
	AT(tcp.window_synack.base, 65536, "16 bits"),
	AT(tcp.window_synack_ecn.base, 0x7fffffff, "1 GiB"),
	AT(tcp.window_synack_no_wscale.base, 65536, "16 bits"),
	AT(tcp.rcvbuf, 0, "buffer"),
	AT(tcp.rcvbuf_max, 1, "limit"),
	AT(tcp.mss_rule, MIEN_MSS_CONST, "MSS"),
	AT(tcp.mss_rule, 3, "MSS"),
	AT(tcp.mss_default, 8, "MSS"),
	AT(tcp.syn_extra.reserved, 16, "reserved bits"),
	AT(tcp.synack_extra.urg, 2, "flag"),
	AT(ip[MIEN_CLASS_SYN].reserved, 2, "reserved bit"),
	AT(tcp.ecn, 4, "ECN"),
	AT(tcp.cc, MIEN_CC_COUNT, "congestion"),
	AT(tcp.initial_cwnd, 0, "initial"),
	AT(tcp.dupack_threshold, 0, "duplicate"),
	AT(tcp.delack_segments, 0, "forced"),
	AT(tcp.delack_ms, 501, "0.5 s"),
	AT(tcp.probe, 2, "probe"),
	AT(tcp.overlap, MIEN_SEGMENTS_COUNT, "overlap"),
	AT(tcp.keepalive_count, 0, "keepalive"),
	AT(tcp.rto_initial_ms, 0, "timeout"),
	AT(tcp.rto_min_ms, 120001, "timeout"),
	AT(tcp.rto_max_ms, 3600001, "hour"),
	AT(tcp.persist_min_ms, 0, "persist"),
	AT(tcp.port_low, 0, "ports"),
	AT(tcp.port_high, 1, "ports"),
	AT(tcp.syn.count, 0, "schedule"),
	AT(tcp.synack.count, 15, "schedule"),
	AT(tcp.synack.end, 2, "ends"),
	AT(tcp.syn.gap_ms[6], 0, "gap"),
	AT(tcp.ts.hz, 0, "clock"),
	AT(tcp.ts.base, MIEN_TS_STEP + 1, "base"),
	AT(tcp.isn.kind, MIEN_ISN_KIND_COUNT, "ISN"),
	AT(tcp.isn.cards, 6, "deck"),
	AT(tcp.rst_rate.burst, 0, "resets"),
	AT(icmp.echo_code, 3, "echo"),
	AT(icmp.ip_sum, MIEN_SUM_CONST, "checksum"),
	AT(icmp.udp_sum, 4, "checksum"),
	AT(icmp.quote, 27, "quotes"),
	AT(icmp.max, 55, "56"),
	AT(icmp.errors.burst, 0, "errors"),
	AT(arp.answer, 0x2000, "ARP"),
	AT(arp.retries, 0, "ARP"),
	AT(frag_overlap, MIEN_OVERLAP_COUNT, "fragments"),
	AT(frag_max, 0, "reassembly"),
};

static void
mistakes_are_found(void)
{
	struct mien_personality *p = plain();

	for (size_t i = 0; i < sizeof(damages) / sizeof(damages[0]); i++) {
		const struct damage *d = &damages[i];
		const char *why = NULL;

		mien_personality_init_plain(p);
		memcpy((char *)p + d->offset, &d->value, d->size); /* little endian hosts only */

		if (mien_personality_validate(p, &why) != MIEN_EINVAL || why == NULL ||
			strstr(why, d->word) == NULL)
			FAIL("damage %zu: wanted a sentence with \"%s\", got \"%s\"", i, d->word,
				why ? why : "(none)");
	}
	CHECK_EQ_I(mien_personality_validate(NULL, NULL), MIEN_EINVAL);
	free(p);
}

static void
deck_is_limited(void)
{
	struct mien_personality *p = plain();

	p->tcp.isn = (struct mien_isn_rule){.kind = MIEN_ISN_DECK, .deck = {1, 2, 3, 4, INT32_MAX}};
	CHECK_EQ_I(mien_personality_validate(p, NULL), 0);

	p->tcp.isn.deck[2] = UINT32_C(1) << 31;

	CHECK_EQ_I(mien_personality_validate(p, NULL), MIEN_EINVAL);
	free(p);
}

static void
states_have_names(void)
{
	CHECK_STR(mien_tcp_state_name(MIEN_TCP_CLOSED), "CLOSED");
	CHECK_STR(mien_tcp_state_name(MIEN_TCP_FIN_WAIT_2), "FIN-WAIT-2");
	CHECK_STR(mien_tcp_state_name(MIEN_TCP_TIME_WAIT), "TIME-WAIT");
	CHECK_STR(mien_tcp_state_name(MIEN_TCP_STATE_COUNT), "?");
}

static const struct test_case cases[] = {
	{"the plain personality is valid", plain_is_valid},
	{"the plain personality leaves no byte unset", plain_is_the_same_each_time},
	{"the plain SYN-ACK has a layout for each negotiated set", plain_lays_options_out},
	{"the plain personality answers as the RFC says in every state", plain_answers_by_the_rfc},
	{"each value the engine cannot use gives a sentence that names it", mistakes_are_found},
	{"an increment of the ISN deck stays below 2^31", deck_is_limited},
	{"every TCP state has its RFC name", states_have_names},
	{NULL, NULL},
};

const struct test_suite personality_suite = {"personality", NULL, NULL, cases, NULL, NULL};
