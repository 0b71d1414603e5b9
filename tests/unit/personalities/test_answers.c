/* SPDX-License-Identifier: BSD-3-Clause */
#include "suites.h"

#include <string.h>

#define FIN 0x01u
#define SYN 0x02u
#define RST 0x04u
#define PSH 0x08u
#define ACK 0x10u
#define URG 0x20u

static const struct mien_answer *
answer(const struct mien_profile *p, enum mien_tcp_state state, unsigned int flags)
{
	const struct mien_personality *b = mien_profile_personality(p);

	return &b->answers[b->answer[state][flags]];
}

static void
all_parts_are_read(void)
{
	struct mien_profile *p =
		profile_of("tcp: {answers: {closed.syn: {send: rst, flags: [rst, fin], seq: "
			   "seg-ack, ack: seg-seq+1,"
			   " window: echo, options: echo, df: copy, ttl: 200, payload: \"no "
			   "port\", copy: [urgent, reserved], limit: off}}}\n");
	const struct mien_answer *a = answer(p, MIEN_TCP_CLOSED, SYN);
	const struct mien_payload *text = &mien_profile_personality(p)->payloads[0];

	CHECK_EQ_U(a->send, MIEN_SEND_RST);
	CHECK_EQ_X(a->flags, RST | FIN);
	CHECK_EQ_U(a->seq, MIEN_NUM_SEG_ACK);
	CHECK_EQ_U(a->ack, MIEN_NUM_SEG_SEQ_1);
	CHECK_EQ_U(a->window_rule, MIEN_AWIN_ECHO);
	CHECK_EQ_U(a->options, MIEN_AOPT_ECHO);
	CHECK_EQ_U(a->df, MIEN_DF_COPY + 1);
	CHECK_EQ_U(a->ttl, 200);
	CHECK_EQ_X(
		a->quirks, MIEN_ANSWER_COPY_URP | MIEN_ANSWER_COPY_RESERVED | MIEN_ANSWER_NO_LIMIT);
	CHECK_EQ_U(a->payload, 1);
	CHECK_EQ_U(text->len, 7);
	CHECK_MEM(text->bytes, "no port", 7);
	mien_profile_unref(p);
}

static void
send_has_defaults(void)
{
	struct mien_profile *p =
		profile_of("tcp: {answers: {closed.syn: rst-ack, closed.ack: rst, closed.null: ack,"
			   " closed.fin: drop, listen.syn-ack: synack}}\n");

	CHECK_EQ_X(answer(p, MIEN_TCP_CLOSED, SYN)->flags, RST | ACK);
	CHECK_EQ_U(answer(p, MIEN_TCP_CLOSED, SYN)->ack, MIEN_NUM_SEG_END);
	CHECK_EQ_X(answer(p, MIEN_TCP_CLOSED, ACK)->flags, RST);
	CHECK_EQ_X(answer(p, MIEN_TCP_CLOSED, 0)->flags, ACK);
	CHECK_EQ_U(answer(p, MIEN_TCP_CLOSED, FIN)->send, MIEN_SEND_DROP);
	CHECK_EQ_U(answer(p, MIEN_TCP_LISTEN, SYN | ACK)->send, MIEN_SEND_SYNACK);
	mien_profile_unref(p);
}

static void
narrow_rules_win(void)
{
	struct mien_profile *p = profile_of(
		"tcp: {answers: {listen.fin-syn: ack, listen.fin-syn+: drop, listen.ack+: rst,"
		" listen.any: rst-ack}}\n");

	CHECK_EQ_X(answer(p, MIEN_TCP_LISTEN, 0)->flags, RST | ACK);
	CHECK_EQ_X(answer(p, MIEN_TCP_LISTEN, PSH | URG)->flags, RST | ACK);
	CHECK_EQ_X(answer(p, MIEN_TCP_LISTEN, ACK | PSH)->flags, RST);
	CHECK_EQ_U(answer(p, MIEN_TCP_LISTEN, FIN | SYN | PSH)->send, MIEN_SEND_DROP);
	CHECK_EQ_U(answer(p, MIEN_TCP_LISTEN, FIN | SYN | ACK)->send, MIEN_SEND_DROP);
	CHECK_EQ_U(answer(p, MIEN_TCP_LISTEN, FIN | SYN)->send, MIEN_SEND_ACK);
	CHECK_EQ_U(answer(p, MIEN_TCP_CLOSED, 0)->send, MIEN_SEND_RFC);
	mien_profile_unref(p);
}

static void
resets_are_left_alone(void)
{
	struct mien_profile *p = profile_of(
		"tcp: {answers: {closed.any: rst, closed.ack+: rst-ack, listen.rst+: drop}}\n");

	for (unsigned int f = 0; f < 64; f++) {
		if (f & RST)
			CHECK_EQ_U(answer(p, MIEN_TCP_CLOSED, f)->send, MIEN_SEND_RFC);
		CHECK_EQ_U(answer(p, MIEN_TCP_LISTEN, f)->send,
			f & RST ? MIEN_SEND_DROP : MIEN_SEND_RFC);
	}
	mien_profile_unref(p);
}

static void
every_state_has_a_name(void)
{
	static const char *const states[] = {"closed", "listen", "syn-sent", "syn-received",
		"established", "fin-wait-1", "fin-wait-2", "close-wait", "closing", "last-ack",
		"time-wait"};
	char set[64];

	for (unsigned int s = 0; s < MIEN_TCP_STATE_COUNT; s++) {
		struct mien_profile *p = profile_of("");

		strcpy(set, "tcp.answers.");
		strcat(set, states[s]);
		strcat(set, ".urg=drop");
		CHECK_EQ_I(mien_profile_set(&p, set, NULL), 0);
		CHECK_EQ_U(answer(p, (enum mien_tcp_state)s, URG)->send, MIEN_SEND_DROP);
		mien_profile_unref(p);
	}
}

static const struct test_case cases[] = {
	{"every part of an answer is read", all_parts_are_read},
	{"send alone brings its usual numbers and flags", send_has_defaults},
	{"narrow rules win over wide ones, whatever their order", narrow_rules_win},
	{"rules that do not name RST leave segments with RST alone", resets_are_left_alone},
	{"every state can be named", every_state_has_a_name},
	{NULL, NULL},
};

const struct test_suite answers_suite = {"answers", NULL, NULL, cases, NULL, NULL};
