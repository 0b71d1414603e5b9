/* SPDX-License-Identifier: BSD-3-Clause */
/* PSH as of ports that segment, where a personality pushes bursts. */
#include "stream.h"

/* Opens with a round trip of so many ms, and bursts of two or more that end with PSH. */
static struct harness *
bursts(uint64_t rtt_ms)
{
	struct harness *h = plain(0);

	h->p.tcp.push_bursts = 2;
	harness_open_after(h, "mss 1000,nop,nop,sackOK", rtt_ms);
	return h;
}

/* Segments first to last, of 1000 bytes; every one whose number is a multiple of n has PSH. */
static void
expect_bursts(struct harness *h, unsigned int first, unsigned int last, unsigned int n)
{
	for (unsigned int i = first; i <= last; i++) {
		char text[64];

		snprintf(text, sizeof(text), "%s %u:%u(1000) ack 1", i % n ? "." : "P.", i * 1000 - 999, i * 1000 + 1);
		expect_stream(h, text);
	}
}

static void
a_burst_ends_with_psh(void)
{
	struct harness *h = bursts(100);

	harness_send(h, 1, 13000);

	expect_bursts(h, 1, 10, 2);
	inject(h, ". 1:1(0) ack 1001 win 65535");
	expect_bursts(h, 11, 12, 2);
	expect_none(h);
	harness_free(h);
}

static void
a_short_round_trip_makes_long_bursts(void)
{
	struct harness *h = bursts(1);

	harness_send(h, 1, 11000);

	expect_bursts(h, 1, 10, 5); /* half of cwnd */
	expect_none(h);
	harness_free(h);
}

static void
a_segment_alone_is_pushed_only_when_it_is_the_last(void)
{
	struct harness *h = bursts(100);

	harness_send(h, 1, 12000);
	harness_ignore(h);

	inject(h, ". 1:1(0) ack 1001 win 10000");

	expect_stream(h, ". 10001:11001(1000) ack 1");
	expect_none(h);
	harness_free(h);
}

static void
the_end_of_a_burst_sent_again_alone_has_no_psh(void)
{
	struct harness *h = bursts(100);

	harness_send(h, 1, 11000);
	harness_ignore(h);

	inject(h, ". 1:1(0) ack 1001 win 65535");
	harness_ignore(h);
	inject(h, ". 1:1(0) ack 1001 win 65535 <nop,nop,sack 2001:10001>");

	expect_stream(h, ". 1001:2001(1000) ack 1");
	harness_ignore(h);
	harness_free(h);
}

static void
a_burst_sent_again_whole_has_it(void)
{
	struct harness *h = bursts(100);

	harness_send(h, 1, 11000);
	harness_ignore(h);

	inject(h, ". 1:1(0) ack 2001 win 65535");
	harness_ignore(h);
	inject(h, ". 1:1(0) ack 2001 win 65535 <nop,nop,sack 4001:10001>");

	expect_stream(h, ". 2001:3001(1000) ack 1");
	expect_stream(h, "P. 3001:4001(1000) ack 1");
	harness_ignore(h);
	harness_free(h);
}

/* Linux sends what lies together as one packet. */
static void
several_sent_again_at_once_are_pushed(void)
{
	struct harness *h = bursts(100);

	harness_tcb(h)->rtt.srtt_us = harness_tcb(h)->rtt.min_us = 100; /* bursts of half of cwnd, five */
	harness_send(h, 1, 10000);
	harness_ignore(h);

	inject(h, ". 1:1(0) ack 1 win 65535 <nop,nop,sack 2001:10001>");

	expect_stream(h, ". 1:1001(1000) ack 1");
	expect_stream(h, "P. 1001:2001(1000) ack 1");
	harness_ignore(h);
	harness_free(h);

	h = bursts(100); /* of two */
	harness_send(h, 1, 10000);
	harness_ignore(h);
	inject(h, ". 1:1(0) ack 1001 win 65535");
	harness_ignore(h);
	inject(h, ". 1:1(0) ack 1001 win 65535 <nop,nop,sack 3001:10001>");
	expect_stream(h, ". 1001:2001(1000) ack 1");
	expect_stream(h, ". 2001:3001(1000) ack 1");
	harness_ignore(h);
	harness_free(h);
}

/*
 * Two leave at once from the first packet, which is filled again to half of the window; the next with which more than
 * half was given ends 16 segments later.
 */
static void
a_long_write_is_pushed_within(void)
{
	struct harness *h = bursts(100);

	harness_tcb(h)->max_snd_wnd = 20500;
	harness_tcb(h)->cc.cwnd = 2000;
	harness_tcb(h)->cc.ssthresh = 2000; /* one leaves for one, without PSH of bursts */
	harness_send(h, 1, 60000);
	harness_ignore(h);

	for (unsigned int acked = 1; acked <= 50; acked++) {
		char text[64];

		injectf(h, ". 1:1(0) ack %u win 10000", acked * 1000 + 1);
		harness_tcb(h)->cc.acked = 0;
		snprintf(text, sizeof(text), "%s %u:%u(1000) ack 1", acked == 10 || acked == 30 || acked == 50 ? "P." : ".",
			(acked + 1) * 1000 + 1, (acked + 2) * 1000 + 1);
		expect(h, text);
	}
	harness_ignore(h);
	harness_free(h);
}

const struct test_suite push_suite = {
	.name = "push",
	.setup = harness_setup,
	.cases = (const struct test_case[]){
		{"the last segment of a burst is pushed where the system does so", a_burst_ends_with_psh},
		{"it is long where the round trip is short", a_short_round_trip_makes_long_bursts},
		{"its end has no PSH when it is sent again alone", the_end_of_a_burst_sent_again_alone_has_no_psh},
		{"and has it when all of the burst is sent again", a_burst_sent_again_whole_has_it},
		{"what is sent again at once is pushed as far as it was one burst", several_sent_again_at_once_are_pushed},
		{"a segment alone is pushed only when it is the last",
			a_segment_alone_is_pushed_only_when_it_is_the_last},
		{"a long write is pushed now and then by half of the window", a_long_write_is_pushed_within},
		{NULL, NULL},
	},
};
