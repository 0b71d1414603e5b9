/* SPDX-License-Identifier: BSD-3-Clause */
/* Pacing: segments leave at their times. Segments hold 1000 bytes, round trips 100 ms, the first window ten segments. */
#include "suites.h"

#include "send_parts.h"

#define SEG 1000

static struct harness *
opened(bool pacing)
{
	struct harness *h = harness_new(NULL);

	h->p.tcp.pacing = pacing;
	h->p.tcp.initial_cwnd = 10;
	harness_open_after(h, "mss 1000", 100);
	return h;
}

/* The next n segments leave so many us apart, the first at `from` ms. */
static void
expect_apart(struct harness *h, unsigned int n, uint32_t seq, uint64_t from, uint64_t us)
{
	char text[64];

	for (unsigned int i = 0; i < n; i++) {
		snprintf(text, sizeof(text), ". %u:%u(%u) ack 1", seq + i * SEG, seq + (i + 1) * SEG, SEG);
		expect_time(h, from + i * us / 1000, text);
	}
}

static void
two_windows_in_slow_start(void)
{
	struct harness *h = opened(true);

	harness_send(h, 1, 20 * SEG);
	CHECK_EQ_U(h->sent_count, 1);
	harness_advance(h, 99);

	expect_apart(h, 10, 1, 100, 5000);
	expect_none(h); /* cwnd is full */
	harness_free(h);
}

static void
six_fifths_in_avoidance(void)
{
	struct harness *h = opened(true);

	harness_tcb(h)->cc.ssthresh = 10 * SEG;
	harness_send(h, 1, 20 * SEG);
	harness_advance(h, 99);

	expect_apart(h, 10, 1, 100, 8333);
	expect_none(h);
	harness_free(h);
}

static void
without_pacing_at_once(void)
{
	struct harness *h = opened(false);

	harness_send(h, 1, 20 * SEG);

	CHECK_EQ_U(h->sent_count, 10);
	harness_ignore(h);
	harness_free(h);
}

static void
short_round_trips_leave_in_bursts(void)
{
	struct harness *h = opened(true);

	harness_tcb(h)->rtt.srtt_us = 1000; /* 20 segments a millisecond: five in a quarter */
	harness_send(h, 1, 20 * SEG);

	CHECK_EQ_U(h->sent_count, 5);
	harness_advance(h, 1);
	CHECK_EQ_U(h->sent_count, 10);
	harness_ignore(h);
	harness_free(h);
}

static void
what_is_lost_waits_too(void)
{
	struct harness *h = opened(true);

	harness_send(h, 1, 5 * SEG);
	harness_advance(h, 24); /* the last has just left */
	harness_ignore(h);
	for (unsigned int i = 0; i < 3; i++)
		inject(h, ". 1:1(0) ack 1 win 65535");
	expect_none(h);

	harness_advance(h, 30);
	expect_time(h, 125, ". 1:1001(1000) ack 1");
	harness_ignore(h);
	harness_free(h);
}

static void
acks_and_fin(void)
{
	struct harness *h = opened(true);

	h->p.tcp.delack_ms = 0;
	harness_send(h, 1, SEG);
	expect_time(h, 100, "P. 1:1001(1000) ack 1");

	inject(h, "P. 1:101(100) ack 1001 win 65535");
	expect_time(h, 100, ". 1001:1001(0) ack 101"); /* an ACK waits for nothing */
	harness_shutdown(h);
	expect_none(h);
	CHECK(!(harness_tcb(h)->flags & TF_PERSIST));

	harness_advance(h, 10);
	expect_time(h, 105, "F. 1001:1001(0) ack 101");
	harness_ignore(h);
	harness_free(h);
}

/* Two segments in 8.3 ms, half of which a burst that comes late is given; then in 7.1 ms. */
static void
as_linux(void)
{
	static const uint64_t at[] = {200, 204, 211, 218};
	struct harness *h = opened(true);

	h->p.tcp.push_bursts = 2;
	harness_send(h, 1, 30 * SEG);
	CHECK_EQ_U(h->sent_count, 10);
	harness_ignore(h);
	harness_advance(h, 100);

	inject(h, ". 1:1(0) ack 2001 win 65535");
	inject(h, ". 1:1(0) ack 4001 win 65535");
	harness_advance(h, 40);

	for (unsigned int i = 0; i < RTE_DIM(at); i++) {
		char text[64];
		uint32_t seq = 10001 + i * 2 * SEG;

		snprintf(text, sizeof(text), ". %u:%u(%u) ack 1", seq, seq + SEG, SEG);
		expect_time(h, at[i], text);
		snprintf(text, sizeof(text), "P. %u:%u(%u) ack 1", seq + SEG, seq + 2 * SEG, SEG);
		expect_time(h, at[i], text);
	}
	expect_none(h);
	harness_free(h);
}

const struct test_suite pace_suite = {
	.name = "pace",
	.setup = harness_setup,
	.cases = (const struct test_case[]){
		{"in slow start two windows leave in a round trip", two_windows_in_slow_start},
		{"later six fifths of a window do", six_fifths_in_avoidance},
		{"without pacing a window leaves at once", without_pacing_at_once},
		{"what a quarter of a millisecond holds leaves together", short_round_trips_leave_in_bursts},
		{"what is sent again waits for its time", what_is_lost_waits_too},
		{"an ACK waits for nothing, a FIN for its time", acks_and_fin},
		{"Linux lets ten segments go first, then bursts, a late one earlier", as_linux},
		{NULL, NULL},
	},
};
