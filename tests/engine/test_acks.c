/* SPDX-License-Identifier: BSD-3-Clause */
/* When an ACK waits for an answer to ride on, as Linux's, and when a window is told, as FreeBSD's. */
#include "suites.h"

static struct harness *
acking(uint8_t quick, uint8_t answers)
{
	struct mien_personality p;

	mien_personality_init_plain(&p);
	p.tcp.rto_min_ms = 1000;
	p.tcp.nagle = 0;
	p.tcp.quickack = quick;
	p.tcp.interactive = answers;
	return harness_new(&p);
}

static struct harness *
interactive(uint8_t answers)
{
	struct harness *h = acking(16, answers);

	harness_open(h, "mss 1460,nop,nop,sackOK");
	return h;
}

static void
an_answer_makes_acks_wait_for_the_next(void)
{
	struct harness *h = interactive(1);

	inject(h, "P. 1:11(10) ack 1");
	expect(h, ". 1:1(0) ack 11"); /* quick: nothing was answered yet */
	harness_advance(h, 39);
	harness_send(h, 1, 10);
	expect(h, "P. 1:11(10) ack 11");

	inject(h, "P. 11:21(10) ack 11");

	expect_none(h);
	harness_send(h, 11, 10);
	expect(h, "P. 11:21(10) ack 21");
	harness_free(h);
}

static void
an_ack_that_had_to_go_alone_makes_them_quick_again(void)
{
	struct harness *h = interactive(1);

	inject(h, "P. 1:11(10) ack 1");
	harness_send(h, 1, 10);
	harness_ignore(h);
	inject(h, "P. 11:21(10) ack 11");
	expect_none(h);
	harness_advance(h, 100);
	expect_time(h, 40, ". 11:11(0) ack 21");

	inject(h, "P. 21:31(10) ack 11");

	expect(h, ". 11:11(0) ack 31");
	harness_free(h);
}

static void
what_is_sent_late_is_no_answer(void)
{
	struct harness *h = interactive(1);

	inject(h, "P. 1:11(10) ack 1");
	harness_advance(h, 40);
	harness_send(h, 1, 10);
	harness_ignore(h);

	inject(h, "P. 11:21(10) ack 11");

	expect(h, ". 11:11(0) ack 21");
	harness_free(h);
}

static void
a_long_answer_is_one(void)
{
	struct harness *h = interactive(3);

	for (unsigned int i = 0; i < 3; i++) {
		injectf(h, "P. %u:%u(10) ack %u", i * 10 + 1, i * 10 + 11, i * 4000 + 1);
		harness_ignore(h);
		CHECK_EQ_U(harness_tcb(h)->answers, i);
		harness_send(h, i * 4000 + 1, 4000);
		harness_ignore(h);
	}
	inject(h, "P. 31:41(10) ack 12001");

	expect_none(h);
	harness_free(h);
}

static void
behind_a_pause_acks_are_quick_again(void)
{
	struct harness *h = interactive(1);

	for (unsigned int i = 0; i < 16; i++) {
		injectf(h, "P. %u:%u(10) ack 1", i * 10 + 1, i * 10 + 11);
		harness_ignore(h);
	}
	inject(h, "P. 161:171(10) ack 1");
	expect_none(h); /* there were sixteen */
	harness_advance(h, 990);
	harness_ignore(h);
	inject(h, "P. 171:181(10) ack 1");
	expect_none(h); /* shorter than the retransmission timeout */
	harness_advance(h, 1010);
	harness_ignore(h);

	inject(h, "P. 181:191(10) ack 1");

	expect(h, ". 1:1(0) ack 191");
	harness_free(h);
}

static void
data_that_came_before_make_acks_quick_again(void)
{
	struct harness *h = interactive(1);

	inject(h, "P. 1:11(10) ack 1");
	harness_send(h, 1, 10);
	harness_ignore(h);
	inject(h, "P. 1:11(10) ack 11");
	harness_ignore(h);

	inject(h, "P. 11:21(10) ack 11");

	expect(h, ". 11:11(0) ack 21");
	harness_free(h);
}

static void
data_that_waited_for_the_handshake_are_an_answer(void)
{
	struct harness *h = acking(16, 1);

	harness_connect(h);
	harness_send(h, 1, 10);
	harness_ignore(h);
	inject(h, "S. 0:0(0) ack 1 <mss 1460>");
	expect(h, "P. 1:11(10) ack 1");

	inject(h, "P. 1:11(10) ack 11");

	expect_none(h);
	harness_free(h);
}

/* FreeBSD's rule: a quarter of the buffer, however little of the last window is used up. */
static void
windows_are_told_early(void)
{
	for (unsigned int early = 0; early < 2; early++) {
		struct harness *h = acking(0, 0);
		struct mien_tcp_rule *rule = &h->p.tcp;

		rule->rcvbuf = rule->rcvbuf_max = 20000;
		rule->window_synack.base = rule->window_synack_no_wscale.base = 20000;
		rule->delack_segments = 1;
		rule->update_early = (uint8_t)early;
		harness_open(h, "mss 1000");
		for (unsigned int i = 0; i < 6; i++)
			injectf(h, "P. %u:%u(1000) ack 1", i * 1000 + 1, i * 1000 + 1001);
		harness_ignore(h);

		harness_read(h, 1, 4000);
		expect_none(h);
		harness_read(h, 4001, 1000);

		if (early)
			expect(h, ". 1:1(0) ack 6001 win 19000");
		expect_none(h);
		harness_free(h);
	}
}

const struct test_suite acks_suite = {
	.name = "acks",
	.setup = harness_setup,
	.cases = (const struct test_case[]){
		{"an answer makes ACKs wait for the next", an_answer_makes_acks_wait_for_the_next},
		{"an ACK that had to go alone makes them quick again", an_ack_that_had_to_go_alone_makes_them_quick_again},
		{"what is sent late is no answer", what_is_sent_late_is_no_answer},
		{"a long answer is one", a_long_answer_is_one},
		{"behind a pause ACKs are quick again", behind_a_pause_acks_are_quick_again},
		{"data that came before make ACKs quick again", data_that_came_before_make_acks_quick_again},
		{"data that waited for the handshake are an answer", data_that_waited_for_the_handshake_are_an_answer},
		{"windows are told early", windows_are_told_early},
		{NULL, NULL},
	},
};
