/* SPDX-License-Identifier: BSD-3-Clause */
/* Opening and closing in order. */
#include "suites.h"

static void
a_syn_is_answered_and_the_ack_opens(void)
{
	struct harness *h = harness_new(NULL);

	harness_listen(h, 80);

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

const struct test_suite handshake_suite = {
	.name = "handshake",
	.setup = harness_setup,
	.cases = (const struct test_case[]){
		{"a SYN is answered and the ACK opens", a_syn_is_answered_and_the_ack_opens},
		{"an echo goes both ways", an_echo_goes_both_ways},
		{NULL, NULL},
	},
};
