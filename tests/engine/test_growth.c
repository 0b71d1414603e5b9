/* SPDX-License-Identifier: BSD-3-Clause */
/* How the receive buffer grows (RFC 9293 3.8.6.2.2 leaves it open): policies of systems, and what none may do. */
#include "suites.h"

#define RTT 100 /* ms */
#define SEG 1448

struct policy {
	enum mien_growth growth;
	uint32_t step;
};

/* A connection over a round trip of RTT, with a buffer of 64 KiB that may grow to 4 MiB. */
static struct harness *
opened(struct policy policy)
{
	struct mien_personality p;
	struct harness *h;

	mien_personality_init_plain(&p);
	p.tcp.growth = (uint8_t)policy.growth;
	p.tcp.rcv_step = policy.step;
	h = harness_new(&p);
	harness_listen(h, 80);
	inject(h, "S 0:0(0) win 65535 <mss 1460,nop,wscale 7>");
	harness_advance(h, RTT);
	inject(h, ". 1:1(0) ack 1 win 512");
	(void)expect_event(h, MIEN_EV_ACCEPT);
	harness_ignore(h);
	return h;
}

/* The peer sends at most `most` bytes of the window in a round trip, and the application reads them all. */
static void
round_trip(struct harness *h, uint32_t *seq, uint32_t most)
{
	uint32_t right = harness_tcb(h)->rcv_adv, room = right - harness_tcb(h)->rcv_nxt, n = (room < most ? room : most) / SEG;

	for (uint32_t i = 0; i < n; i++, *seq += SEG) {
		injectf(h, ". %u:%u(%u) ack 1 win 512", *seq, *seq + SEG, SEG);
		while (harness_peek(h))
			harness_ignore(h);
	}
	for (uint32_t i = n; i > 0; i--) {
		harness_read(h, *seq - i * SEG, SEG);
		harness_ignore(h);
	}
	harness_flush(h);
	harness_ignore(h);
	CHECK(seq_geq(harness_tcb(h)->rcv_adv, right));
	harness_advance(h, RTT);
	harness_ignore(h);
	while (h->env.events.head)
		(void)expect_event(h, MIEN_EV_READABLE);
}

/* The buffer after so many round trips. */
static uint32_t
grown(struct policy policy, unsigned int rounds, uint32_t most)
{
	struct harness *h = opened(policy);
	uint32_t seq = 1, size;

	for (unsigned int i = 0; i < rounds; i++)
		round_trip(h, &seq, most);
	size = harness_tcb(h)->rcvbuf;
	harness_free(h);
	return size;
}

static void
a_full_window_doubles_it(void)
{
	uint32_t after = grown((struct policy){MIEN_GROWTH_DOUBLE, 0}, 8, UINT32_MAX);

	CHECK(after >= 8 * 65536u);
}

static void
right_sizing_keeps_ahead_of_the_peer(void)
{
	const struct policy p = {MIEN_GROWTH_RIGHT, 0};

	CHECK(grown(p, 8, UINT32_MAX) >= 16 * 65536u);
	/* 100 KB a round trip: room for twice as much, and not for ten times */
	CHECK(grown(p, 30, 100000) >= 200000);
	CHECK(grown(p, 30, 100000) <= 1000000);
}

/* Found by fuzzing: half of it was 0, and divided by. */
static void
a_buffer_of_one_byte_is_right_sized(void)
{
	struct harness *h = opened((struct policy){MIEN_GROWTH_RIGHT, 0});
	struct tcb *tcb = harness_tcb(h);

	tcb->rcvbuf = 1;
	inject(h, ". 1:1001(1000) ack 1 win 512");
	harness_advance(h, RTT);
	harness_read(h, 1, 1000);

	CHECK(tcb->rcvbuf > 1);
	harness_ignore(h);
	while (h->env.events.head)
		(void)expect_event(h, MIEN_EV_READABLE);
	harness_free(h);
}

static void
steps_are_added_one_a_round_trip(void)
{
	const struct policy p = {MIEN_GROWTH_STEP, 16384}, half = {MIEN_GROWTH_STEP, 0};
	uint32_t after = grown(p, 10, UINT32_MAX);

	CHECK(after > 65536 + 4 * 16384 && after <= 65536 + 20 * 16384);
	CHECK(grown(half, 10, UINT32_MAX) > 4 * 65536u);
}

static void
a_fixed_buffer_stays(void)
{
	CHECK_EQ_U(grown((struct policy){MIEN_GROWTH_FIXED, 0}, 5, UINT32_MAX), 65536);
}

static void
a_slow_peer_makes_none_grow(void)
{
	for (enum mien_growth g = MIEN_GROWTH_DOUBLE; g < MIEN_GROWTH_COUNT; g++)
		CHECK_EQ_U(grown((struct policy){g, 16384}, 60, 8 * SEG), 65536);
}

const struct test_suite growth_suite = {
	.name = "receive buffer",
	.setup = harness_setup,
	.cases = (const struct test_case[]){
		/* proves SHLD-14 */
		{"a full window makes the buffer twice as large", a_full_window_doubles_it},
		{"right-sizing keeps ahead of what a peer sends", right_sizing_keeps_ahead_of_the_peer},
		{"a buffer of one byte is right-sized too", a_buffer_of_one_byte_is_right_sized},
		{"steps are added one a round trip", steps_are_added_one_a_round_trip},
		{"a fixed buffer stays", a_fixed_buffer_stays},
		{"a peer slower than the window makes no buffer grow", a_slow_peer_makes_none_grow},
		{NULL, NULL},
	},
};
