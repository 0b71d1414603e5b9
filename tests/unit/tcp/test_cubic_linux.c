/* SPDX-License-Identifier: BSD-3-Clause */
/* CUBIC in whole segments, and HyStart, as Linux has them. */
#include "cc_cubic.h"
#include "send_parts.h"
#include "suites.h"

#define MSS 1000u
#define MS UINT64_C(1000000)
#define START (UINT64_C(3600) * 1000 * MS)

static const struct cc_ops *
cubic(void)
{
	return cc_ops(MIEN_CC_CUBIC_LINUX);
}

static struct tcb *
fresh(uint32_t segments, uint32_t rtt_us)
{
	static struct mien_personality p;
	static struct tcb tcb;

	mien_personality_init_plain(&p);
	tcb = (struct tcb){.p = &p, .mss = MSS, .cc_kind = MIEN_CC_CUBIC_LINUX, .cc.cwnd = segments * MSS,
		.rtt.srtt_us = rtt_us, .rtt.min_us = RTT_MIN_NONE};
	cubic()->init(&tcb, START);
	return &tcb;
}

/* Windows of ACKs, one behind the other; gives the time. */
static uint64_t
round_trips(struct tcb *tcb, uint64_t now, unsigned int count)
{
	uint64_t rtt = tcb->rtt.srtt_us * UINT64_C(1000);

	while (count--) {
		uint32_t n = tcb->cc.cwnd / MSS;

		for (uint32_t i = 1; i <= n; i++)
			cubic()->acked(tcb, now + rtt * i / n, MSS, 0);
		now += rtt;
	}
	return now;
}

static void
whole_segments(void)
{
	static const struct {
		uint32_t cwnd, left;
	} t[] = {{100, 70}, {12, 8}, {10, 7}, {5, 3}, {4, 2}, {2, 2}};

	for (unsigned int i = 0; i < RTE_DIM(t); i++) {
		struct tcb *tcb = fresh(t[i].cwnd, 50000);

		tcb->cc.cwnd += MSS / 2;
		cubic()->loss(tcb, START, 1);
		CHECK_EQ_U(tcb->cc.cwnd, t[i].left * MSS);
		CHECK_EQ_U(tcb->cc.ssthresh, t[i].left * MSS);
	}
}

/* W_max 12, K = cbrt(4 / 0.4) = 2.15 s; 0.2 s on the curve is 2.97 below, of which two count: two more in a window. */
static void
way_is_rounded_down(void)
{
	struct tcb *tcb = fresh(12, 200000);

	cubic()->loss(tcb, START, 12 * MSS);
	for (unsigned int i = 0; i < 4; i++)
		cubic()->acked(tcb, START, MSS, 0);

	CHECK_EQ_U(tcb->cc.cwnd, 9 * MSS);
}

/* 14 segments, 10 ms: 9/17 of a segment a window, also above the 20 that were lost. */
static void
friendliness_of_rfc_8312(void)
{
	struct tcb *tcb = fresh(20, 10000);

	cubic()->loss(tcb, START, 20 * MSS);
	(void)round_trips(tcb, START, 40);

	CHECK(tcb->cc.cwnd >= 32 * MSS && tcb->cc.cwnd <= 36 * MSS);
}

/* Reno's third after 3 ACKs at two segments, its fourth after 5 at three; those before the growth count as those after. */
static void
acks_are_counted_at_their_last_price(void)
{
	struct tcb *tcb = fresh(4, 1000);
	unsigned int n = 0;

	cubic()->loss(tcb, START, 4 * MSS);
	cubic()->loss(tcb, START, 2 * MSS); /* the plateau is one segment */
	while (tcb->cc.cwnd < 3 * MSS && n < 20)
		cubic()->acked(tcb, START + n++ * 40 * MS, MSS, 0);
	CHECK_EQ_U(n, 4);
	while (tcb->cc.cwnd < 4 * MSS && n < 20)
		cubic()->acked(tcb, START + n++ * 40 * MS, MSS, 0);

	CHECK_EQ_U(n, 9);
}

static void
twentieth_before_any_loss(void)
{
	struct tcb *tcb = fresh(100, 100000);

	tcb->cc.ssthresh = tcb->cc.cwnd;
	cubic()->timeout(tcb, START, 0); /* what was known is forgotten */
	tcb->cc.cwnd = tcb->cc.ssthresh = 100 * MSS;
	(void)round_trips(tcb, START, 10);

	CHECK(tcb->cc.cwnd >= 150 * MSS && tcb->cc.cwnd <= 165 * MSS);
}

/* n ACKs so far apart, of segments that took so long; whether slow start is over. */
static bool
train(struct tcb *tcb, uint64_t *now, unsigned int n, uint64_t gap, uint32_t rtt_us)
{
	while (n-- && tcb->cc.ssthresh == UINT32_MAX) {
		*now += gap;
		tcb->snd_una += MSS;
		cubic()->acked(tcb, *now, MSS, rtt_us);
	}
	return tcb->cc.ssthresh != UINT32_MAX;
}

static void
long_train_ends_slow_start(void)
{
	struct tcb *tcb = fresh(40, 100000);
	uint64_t now = START;

	tcb->snd_nxt = 1000 * MSS;
	CHECK(!train(tcb, &now, 50, MS, 100000));
	CHECK(train(tcb, &now, 2, MS, 100000)); /* half of 100 ms, and of 1 ms for a sender's bursts */
	CHECK_EQ_U(tcb->cc.ssthresh, tcb->cc.cwnd);
	CHECK_EQ_U(tcb->cc.cwnd, (40 + 51) * MSS);
}

static void
loose_acks_are_no_train(void)
{
	struct tcb *tcb = fresh(40, 100000);
	uint64_t now = START;

	tcb->snd_nxt = 1000 * MSS;
	CHECK(!train(tcb, &now, 60, 3 * MS, 100000));
	CHECK_EQ_U(tcb->cc.cwnd, 100 * MSS);
}

static void
longer_trips_end_slow_start(void)
{
	struct tcb *tcb = fresh(40, 100000);
	uint64_t now = START;

	tcb->snd_nxt = 20 * MSS;
	CHECK(!train(tcb, &now, 20, 3 * MS, 100000));
	tcb->snd_nxt = 1000 * MSS;
	CHECK(!train(tcb, &now, 8, 3 * MS, 113000)); /* 100 + 100 / 8 ms */
	CHECK(train(tcb, &now, 2, 3 * MS, 113000));
}

/* Ten segments that take ever longer: those of the first round count until all are acknowledged that cwnd of 16 sent. */
static uint32_t
left_slow_start_at(uint8_t hystart)
{
	struct tcb *tcb = fresh(10, 100000);
	struct mien_personality p = *tcb->p;
	uint64_t now = START;
	uint32_t sent = 10;

	p.tcp.hystart = hystart;
	tcb->p = &p;
	for (uint32_t acked = 2; tcb->cc.ssthresh == UINT32_MAX && acked < 100; acked += 2) {
		tcb->snd_nxt = sent * MSS;
		tcb->snd_una = acked * MSS;
		now += 100 * MS;
		cubic()->acked(tcb, now, 2 * MSS, 50000 * acked);
		sent = acked + tcb->cc.cwnd / MSS;
	}
	return tcb->cc.ssthresh / MSS;
}

static void
rounds_of_small_windows(void)
{
	CHECK_EQ_U(left_slow_start_at(MIEN_HYSTART_ON), 36);
	CHECK_EQ_U(left_slow_start_at(MIEN_HYSTART_LATE), 48);
}

/* The curve would have risen far in a minute. */
static void
idle_time_is_not_on_the_curve(void)
{
	struct tcb *tcb = fresh(100, 100000);
	uint64_t now;
	uint32_t before;

	cubic()->timeout(tcb, START, 0);
	tcb->cc.cwnd = tcb->cc.ssthresh = 100 * MSS;
	now = round_trips(tcb, START, 5);
	before = tcb->cc.cwnd;
	tcb->rtx_since = now;

	now += 60 * 1000 * MS;
	cubic_linux_restart(tcb, now);
	(void)round_trips(tcb, now, 1);

	CHECK(tcb->cc.cwnd > before && tcb->cc.cwnd <= before + before / 16);
}

static const struct test_case cases[] = {
	{"Linux leaves seven tenths of a window in whole segments", whole_segments},
	{"Linux rounds the way to the plateau down", way_is_rounded_down},
	{"Linux is as friendly as RFC 8312 says, above the last window too", friendliness_of_rfc_8312},
	{"Linux counts the ACKs that Reno needs in whole segments", acks_are_counted_at_their_last_price},
	{"Linux grows by a twentieth while no loss told its place", twentieth_before_any_loss},
	{"Linux leaves slow start when ACKs come closely for half a round trip", long_train_ends_slow_start},
	{"ACKs far from each other are no train", loose_acks_are_no_train},
	{"Linux leaves slow start when round trips grow", longer_trips_end_slow_start},
	{"idle time is not on the curve", idle_time_is_not_on_the_curve},
	{"some Linux counts no rounds while the window is small", rounds_of_small_windows},
	{NULL, NULL},
};

const struct test_suite cubic_linux_suite = {.name = "cubic as Linux", .cases = cases};
