/* SPDX-License-Identifier: BSD-3-Clause */
/* How the congestion window grows with what is sent and acknowledged (RFC 5681, 3465, 7661). Segments hold 1000 bytes. */
#include "suites.h"

#include "send_parts.h"

#define SEG 1000

static struct harness *
sending(uint8_t ack_limit, const char *options, uint32_t segments)
{
	struct harness *h = harness_new(NULL);

	h->p.tcp.ack_limit = ack_limit;
	harness_open(h, options);
	harness_send(h, 1, segments * SEG);
	harness_ignore(h);
	return h;
}

static uint32_t
cwnd(const struct harness *h)
{
	return harness_tcb(h)->cc.cwnd;
}

static void
an_ack_counts_for_two_segments(void)
{
	struct harness *h = sending(2, "mss 1000", 10);

	inject(h, ". 1:1(0) ack 4001 win 65535");

	CHECK_EQ_U(cwnd(h), 12 * SEG);
	harness_free(h);
}

static void
an_ack_counts_for_all_it_covers(void)
{
	struct harness *h = sending(0, "mss 1000", 10);

	inject(h, ". 1:1(0) ack 4001 win 65535");

	CHECK_EQ_U(cwnd(h), 14 * SEG);
	harness_free(h);
}

static void
half_a_window_grows_nothing(void)
{
	struct harness *h = sending(0, "mss 1000", 5);

	inject(h, ". 1:1(0) ack 2001 win 65535");
	inject(h, ". 1:1(0) ack 5001 win 65535");

	CHECK_EQ_U(cwnd(h), 10 * SEG);
	harness_free(h);
}

static void
slow_start_ends_at_twice_what_was_out(void)
{
	struct harness *h = sending(0, "mss 1000", 9);

	inject(h, ". 1:1(0) ack 2001 win 65535");
	CHECK_EQ_U(cwnd(h), 12 * SEG);
	inject(h, ". 1:1(0) ack 4001 win 65535");
	inject(h, ". 1:1(0) ack 6001 win 65535");
	inject(h, ". 1:1(0) ack 8001 win 65535");
	CHECK_EQ_U(cwnd(h), 18 * SEG);
	inject(h, ". 1:1(0) ack 9001 win 65535");

	CHECK_EQ_U(cwnd(h), 18 * SEG);
	harness_free(h);
}

/* What was left to send did not fill the window any more. */
static uint32_t
after_the_last_ack(uint8_t cc)
{
	struct harness *h = harness_new(NULL);
	uint32_t end;

	h->p.tcp.cc = cc;
	h->p.tcp.ack_limit = 0;
	harness_open(h, "mss 1000");
	harness_send(h, 1, 14 * SEG);
	inject(h, ". 1:1(0) ack 4001 win 65535");
	inject(h, ". 1:1(0) ack 12001 win 65535");
	CHECK_EQ_U(cwnd(h), 22 * SEG);
	inject(h, ". 1:1(0) ack 14001 win 65535");
	end = cwnd(h);
	harness_ignore(h);
	harness_free(h);
	return end / SEG;
}

static void
linux_remembers_a_full_window(void)
{
	CHECK_EQ_U(after_the_last_ack(MIEN_CC_CUBIC), 22);
	CHECK_EQ_U(after_the_last_ack(MIEN_CC_CUBIC_LINUX), 24);
}

static void
a_full_window_counts_to_its_last_ack(void)
{
	struct harness *h = sending(0, "mss 1000", 10);

	for (uint32_t i = 2; i <= 10; i += 2)
		injectf(h, ". 1:1(0) ack %u win 65535", i * SEG + 1);

	CHECK_EQ_U(cwnd(h), 20 * SEG);
	harness_free(h);
}

/* Two segments came before the first: they were counted when they came. */
static void
overtaken_segments_count_once(const char *options, const char *dup)
{
	struct harness *h = sending(0, options, 15);

	injectf(h, ". 1:1(0) ack 1 win 65535 %s", dup);
	expect(h, ". 10001:11001(1000) ack 1");
	injectf(h, ". 1:1(0) ack 1 win 65535 %s", *dup ? "<nop,nop,sack 1001:3001>" : "");
	expect(h, ". 11001:12001(1000) ack 1");

	inject(h, ". 1:1(0) ack 3001 win 65535");

	CHECK_EQ_U(cwnd(h), 11 * SEG);
	expect(h, ". 12001:13001(1000) ack 1");
	expect(h, ". 13001:14001(1000) ack 1");
	expect_none(h);
	harness_free(h);
}

static void
reordering_adds_nothing(void)
{
	overtaken_segments_count_once("mss 1000", "");
}

static void
reordering_adds_nothing_with_sack(void)
{
	overtaken_segments_count_once("mss 1000,nop,nop,sackOK", "<nop,nop,sack 1001:2001>");
}

/* Everything that a first window of ten left behind, two seconds later. */
static uint32_t
cwnd_after_idle(uint8_t restart)
{
	struct harness *h = sending(0, "mss 1000", 10);
	uint32_t after;

	h->p.tcp.idle_restart = restart;
	inject(h, ". 1:1(0) ack 10001 win 65535");
	CHECK_EQ_U(cwnd(h), 20 * SEG);
	harness_advance(h, 2000);
	harness_send(h, 10001, SEG);
	after = cwnd(h);
	harness_ignore(h);
	harness_free(h);
	return after;
}

static void
an_idle_time_shrinks_the_window(void)
{
	CHECK_EQ_U(cwnd_after_idle(1), 10 * SEG);
}

static void
an_idle_time_may_leave_it(void)
{
	CHECK_EQ_U(cwnd_after_idle(0), 20 * SEG);
}

/* The timeout took cwnd to one segment; the ACK of the repair is the first of slow start. */
static void
the_ack_after_a_timeout_grows_the_window(void)
{
	struct harness *h = sending(0, "mss 1000", 1);

	harness_advance(h, 250);
	expect(h, "P. 1:1001(1000) ack 1");
	CHECK_EQ_U(cwnd(h), SEG);
	inject(h, ". 1:1(0) ack 1001 win 65535");

	CHECK_EQ_U(cwnd(h), 2 * SEG);
	harness_free(h);
}

static void
slow_start_stops_at_its_threshold(void)
{
	struct harness *h = sending(0, "mss 1000", 10);

	harness_tcb(h)->cc.ssthresh = 12 * SEG;
	inject(h, ". 1:1(0) ack 10001 win 65535");

	CHECK_EQ_U(cwnd(h), 12 * SEG);
	harness_free(h);
}

const struct test_suite cwnd_suite = {
	.name = "cwnd",
	.setup = harness_setup,
	.cases = (const struct test_case[]){
		{"one ACK lets the window grow by two segments", an_ack_counts_for_two_segments},
		{"or by all that it acknowledged, as on Linux", an_ack_counts_for_all_it_covers},
		{"a window that was half used does not grow", half_a_window_grows_nothing},
		{"slow start ends at twice what was out", slow_start_ends_at_twice_what_was_out},
		{"a window that was full once grows by each of its ACKs", a_full_window_counts_to_its_last_ack},
		{"Linux keeps in mind for a window that it was full", linux_remembers_a_full_window},
		{"segments that duplicate ACKs told of are not counted again", reordering_adds_nothing},
		{"nor those that SACK told of", reordering_adds_nothing_with_sack},
		{"the ACK that ends a timeout's repair grows the window", the_ack_after_a_timeout_grows_the_window},
		{"slow start stops at its threshold", slow_start_stops_at_its_threshold},
		{"after an idle time the window is the initial one", an_idle_time_shrinks_the_window},
		{"unless the personality keeps it", an_idle_time_may_leave_it},
		{NULL, NULL},
	},
};
