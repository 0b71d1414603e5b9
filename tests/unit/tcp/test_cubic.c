/* SPDX-License-Identifier: BSD-3-Clause */
/* RFC 9438. Times of its functions are in 1/1024 s. */
#include "cc_cubic.h"
#include "send_parts.h"
#include "suites.h"

#define MSS 1000u
#define MS UINT64_C(1000000)
#define START (UINT64_C(3600) * 1000 * MS)

static const struct cc_ops *
cubic(void)
{
	return cc_ops(MIEN_CC_CUBIC);
}

static struct tcb *
fresh(uint32_t cwnd, uint32_t rtt_us)
{
	static struct mien_personality p;
	static struct tcb tcb;

	mien_personality_init_plain(&p);
	tcb = (struct tcb){.p = &p, .mss = MSS, .cc.cwnd = cwnd, .rtt.srtt_us = rtt_us};
	cubic()->init(&tcb, START);
	return &tcb;
}

/* One window of ACKs, spread over the round trip that ends at now. */
static void
round_trip(struct tcb *tcb, uint64_t now)
{
	uint64_t rtt = tcb->rtt.srtt_us * UINT64_C(1000);
	uint32_t n = tcb->cc.cwnd / MSS;

	for (uint32_t i = 1; i <= n; i++)
		cubic()->acked(tcb, now - rtt + rtt * i / n, MSS, 0);
}

/* Equal but for so much. */
static bool
near(uint32_t a, uint32_t b, uint32_t by)
{
	return (a > b ? a - b : b - a) <= by;
}

/* Figure 2, computed with 40 digits: floor(cbrt(below / mss / 0.4) * 1024). */
static void
k_of_figure_2(void)
{
	static const struct {
		uint32_t below;
		uint16_t mss;
		uint32_t k;
	} t[] = {
		{0, 1460, 0},
		{3000, 1000, 2004},
		{43800, 1460, 4318},
		{438000, 1460, 9303},
		{1737600, 1448, 14768},
		{228480000, 8960, 40906},
		{322122720, 1460, 83978},
		{322122547, 64, 238173},
		{21900, 1460, 3427},
		{1, 1460, 122},
		{4294967295, 536, 278106},
	};

	for (unsigned int i = 0; i < RTE_DIM(t); i++)
		CHECK_EQ_U(cubic_k(t[i].below, t[i].mss), t[i].k);
}

/* Figure 1, computed with 40 digits and held between 0 and 1 GiB. */
static const struct {
	uint32_t w_max;
	uint16_t mss;
	int32_t offset;
	uint32_t window;
} figure_1[] = {
	{10000, 1000, -61440, 0},
	{10000, 1000, -5120, 0},
	{10000, 1000, -1024, 9600},
	{10000, 1000, -102, 9999},
	{10000, 1000, -1, 9999},
	{10000, 1000, 0, 10000},
	{10000, 1000, 1, 10000},
	{10000, 1000, 102, 10000},
	{10000, 1000, 1024, 10400},
	{10000, 1000, 5120, 60000},
	{10000, 1000, 61440, 86410000},
	{146000, 1460, -61440, 0},
	{146000, 1460, -5120, 73000},
	{146000, 1460, -1024, 145416},
	{146000, 1460, -102, 145999},
	{146000, 1460, -1, 145999},
	{146000, 1460, 0, 146000},
	{146000, 1460, 1, 146000},
	{146000, 1460, 102, 146000},
	{146000, 1460, 1024, 146584},
	{146000, 1460, 5120, 219000},
	{146000, 1460, 61440, 126290000},
	{1460000, 1460, -61440, 0},
	{1460000, 1460, -5120, 1387000},
	{1460000, 1460, -1024, 1459416},
	{1460000, 1460, -102, 1459999},
	{1460000, 1460, -1, 1459999},
	{1460000, 1460, 0, 1460000},
	{1460000, 1460, 1, 1460000},
	{1460000, 1460, 102, 1460000},
	{1460000, 1460, 1024, 1460584},
	{1460000, 1460, 5120, 1533000},
	{1460000, 1460, 61440, 127604000},
	{761600000, 8960, -61440, 0},
	{761600000, 8960, -5120, 761152000},
	{761600000, 8960, -1024, 761596416},
	{761600000, 8960, -102, 761599996},
	{761600000, 8960, -1, 761599999},
	{761600000, 8960, 0, 761600000},
	{761600000, 8960, 1, 761600000},
	{761600000, 8960, 102, 761600003},
	{761600000, 8960, 1024, 761603584},
	{761600000, 8960, 5120, 762048000},
	{761600000, 8960, 61440, 1073741824},
	{1073741824, 1460, -61440, 947597824},
	{1073741824, 1460, -5120, 1073668824},
	{1073741824, 1460, -1024, 1073741240},
	{1073741824, 1460, -102, 1073741823},
	{1073741824, 1460, -1, 1073741823},
	{1073741824, 1460, 0, 1073741824},
	{1073741824, 1460, 1, 1073741824},
	{1073741824, 1460, 102, 1073741824},
	{1073741824, 1460, 1024, 1073741824},
	{1073741824, 1460, 5120, 1073741824},
	{1073741824, 1460, 61440, 1073741824},
	{1073741824, 64, -61440, 1068212224},
	{1073741824, 64, -5120, 1073738624},
	{1073741824, 64, -1024, 1073741798},
	{1073741824, 64, -102, 1073741823},
	{1073741824, 64, -1, 1073741823},
	{1073741824, 64, 0, 1073741824},
	{1073741824, 64, 1, 1073741824},
	{1073741824, 64, 102, 1073741824},
	{1073741824, 64, 1024, 1073741824},
	{1073741824, 64, 5120, 1073741824},
	{1073741824, 64, 61440, 1073741824},
};

static void
window_of_figure_1(void)
{
	for (unsigned int i = 0; i < RTE_DIM(figure_1); i++) {
		uint32_t w = cubic_window(figure_1[i].w_max, figure_1[i].mss, figure_1[i].offset);

		if (!near(w, figure_1[i].window, 1))
			CHECK_EQ_U(w, figure_1[i].window);
	}
}

/* Every size of window and segment, any time: in order, in bounds, and back at the window the epoch began with. */
static void
curve_is_whole(void)
{
	static const uint16_t mss[] = {1, 64, 536, 1460, 8960, 65535};

	for (unsigned int i = 0; i < RTE_DIM(mss); i++)
		for (uint32_t w = 2u * mss[i]; w && w <= 1u << 30; w *= 2) {
			uint32_t begin = (uint32_t)((uint64_t)w * 7 / 10), k = cubic_k(w - begin, mss[i]), last = 0;

			for (int64_t at = -(INT64_C(1) << 31) + 1; at < INT64_C(1) << 31; at += 9999991) {
				uint32_t now = cubic_window(w, mss[i], (int32_t)at);

				CHECK(now >= last && now <= 1u << 30);
				CHECK(at < 0 ? now <= w : now >= w);
				last = now;
			}
			if (mss[i] >= 64) /* K of one-byte segments is past the farthest time */
				CHECK(near(cubic_window(w, mss[i], -(int32_t)k), begin, 2 + w / 500));
		}
}

/* No window and no round trip makes cwnd fall, or grow by more than a half in a round trip. */
static void
growth_is_bounded(void)
{
	static const uint32_t rtt_us[] = {1, 50, 1000, 50000, 1000000, 60000000};

	for (unsigned int i = 0; i < RTE_DIM(rtt_us); i++)
		for (uint32_t cwnd = 2 * MSS; cwnd && cwnd <= 1u << 30; cwnd *= 2) {
			struct tcb *tcb = fresh(cwnd, rtt_us[i]);
			uint64_t now = START, rtt = rtt_us[i] * UINT64_C(1000);

			cubic()->loss(tcb, now, cwnd);
			for (unsigned int n = 0; n < 200; n++) {
				uint32_t before = tcb->cc.cwnd;

				now += rtt;
				for (unsigned int part = 0; part < 4; part++)
					cubic()->acked(tcb, now, before / 4, 0);
				CHECK(tcb->cc.cwnd >= before);
				CHECK(tcb->cc.cwnd <= before + before / 2 + before / 4 + MSS);
				CHECK(tcb->cc.cwnd <= (1u << 30) + MSS);
			}
		}
}

static void
slow_start(void)
{
	struct tcb *tcb = fresh(10 * MSS, 50000);

	round_trip(tcb, START + 50 * MS);

	CHECK_EQ_U(tcb->cc.cwnd, 20 * MSS);
}

static void
loss_leaves_seven_tenths(void)
{
	struct tcb *tcb = fresh(100 * MSS, 50000);

	cubic()->loss(tcb, START, 102 * MSS);
	CHECK_EQ_U(tcb->cc.cwnd, 70 * MSS);
	CHECK_EQ_U(tcb->cc.ssthresh, 70 * MSS);

	cubic()->loss(tcb, START, 40 * MSS);
	CHECK_EQ_U(tcb->cc.cwnd, 28 * MSS);

	cubic()->loss(tcb, START, MSS);
	CHECK_EQ_U(tcb->cc.cwnd, 2 * MSS);
}

/* What a window holds beyond its last whole segment was earned as the rest was. */
static void
loss_keeps_the_rest(void)
{
	struct tcb *tcb = fresh(5400, 50000);

	cubic()->loss(tcb, START, 5000);
	CHECK_EQ_U(tcb->cc.cwnd, 3780);

	tcb->cc.cwnd = 5400;
	cubic()->loss(tcb, START, 4400); /* a segment more had fitted */
	CHECK_EQ_U(tcb->cc.cwnd, 3080);
}

/* 1000 segments, 100 ms: K = cbrt(300 / 0.4) = 9.0856 s. */
static void
concave_then_convex(void)
{
	struct tcb *tcb = fresh(1000 * MSS, 100000);
	uint64_t now = START;
	uint32_t step[180], was;

	cubic()->loss(tcb, now, 1000 * MSS);
	cubic()->acked(tcb, now, MSS, 0);
	for (unsigned int n = 0; n < 180; n++) {
		was = tcb->cc.cwnd;
		now += 100 * MS;
		round_trip(tcb, now);
		step[n] = tcb->cc.cwnd - was;
		if (n == 50) /* 5.1 s: 0.4 * (5.1 - 9.0856)^3 + 1000 = 974.7, and up to a round trip ahead */
			CHECK(tcb->cc.cwnd >= 974 * MSS && tcb->cc.cwnd <= 977 * MSS);
		if (n == 90)
			CHECK(near(tcb->cc.cwnd, 1000 * MSS, MSS / 10));
	}

	CHECK(step[1] > step[30] && step[30] > step[60] && step[60] > step[85]);
	CHECK(step[95] < step[120] && step[120] < step[150] && step[150] < step[179]);
	/* 18 s: 1000 + 0.4 * (18 - 9.0856)^3 = 1283.3 */
	CHECK(tcb->cc.cwnd >= 1280 * MSS && tcb->cc.cwnd <= 1294 * MSS);
}

/* 10 segments, 1 ms: Reno with beta 0.7 gains 9/17 of a segment in a window, and 1 from where it was. */
static void
reno_friendly(void)
{
	struct tcb *tcb = fresh(20 * MSS, 1000);
	uint64_t now = START;

	cubic()->loss(tcb, now, 20 * MSS);
	for (unsigned int n = 0; n < 11; n++)
		round_trip(tcb, now += MS);
	CHECK(near(tcb->cc.cwnd, 14000 + 11 * MSS * 9 / 17, MSS));

	while (tcb->cc.cwnd < 20 * MSS && now < START + 100 * MS)
		round_trip(tcb, now += MS);
	for (unsigned int n = 0; n < 10; n++)
		round_trip(tcb, now += MS);
	CHECK(near(tcb->cc.cwnd, 30 * MSS, MSS));
}

/* W_max of a flow that lost before it was back is 0.85 of its window: K shows it. */
static void
fast_convergence(void)
{
	struct tcb *tcb = fresh(1000 * MSS, 100000);
	uint64_t now = START;

	cubic()->loss(tcb, now, 1000 * MSS);
	cubic()->loss(tcb, now, 700 * MSS); /* 490 left, W_max 595: K = cbrt(105 / 0.4) = 6.4 s */
	for (unsigned int n = 0; n < 64; n++)
		round_trip(tcb, now += 100 * MS);

	CHECK(near(tcb->cc.cwnd, 595 * MSS, MSS));
}

static void
timeout(void)
{
	struct tcb *tcb = fresh(1000 * MSS, 100000);
	uint64_t now = START;

	cubic()->timeout(tcb, now, 1000 * MSS);
	CHECK_EQ_U(tcb->cc.cwnd, MSS);
	CHECK_EQ_U(tcb->cc.ssthresh, 700 * MSS);

	/* slow start; then the curve begins on its plateau (K = 0): 2 s on, 0.4 * 2^3 = 3.2 segments, as Reno: 10 */
	while (tcb->cc.cwnd < tcb->cc.ssthresh)
		round_trip(tcb, now += 100 * MS);
	tcb->cc.cwnd = 700 * MSS;
	for (unsigned int n = 0; n < 20; n++)
		round_trip(tcb, now += 100 * MS);
	CHECK(near(tcb->cc.cwnd, 710 * MSS + MSS / 2, MSS + MSS / 2));
	for (unsigned int n = 0; n < 80; n++)
		round_trip(tcb, now += 100 * MS);
	CHECK(near(tcb->cc.cwnd, 1100 * MSS, 20 * MSS));
}

/* The same growth as if there had been no loss, before the plateau and behind it. */
static void
undo(void)
{
	for (unsigned int after = 40; after <= 160; after += 120) {
		uint32_t cwnd[2];

		for (unsigned int undone = 0; undone < 2; undone++) {
			struct tcb *tcb = fresh(1000 * MSS, 100000);
			uint64_t now = START;

			cubic()->loss(tcb, now, 1000 * MSS);
			for (unsigned int n = 0; n < after; n++)
				round_trip(tcb, now += 100 * MS);
			if (undone) {
				uint32_t was = tcb->cc.cwnd, ssthresh = tcb->cc.ssthresh;

				cubic()->loss(tcb, now, was);
				CHECK(tcb->cc.cwnd < was);
				cubic()->undo(tcb, now, was, ssthresh);
				CHECK_EQ_U(tcb->cc.cwnd, was);
				CHECK_EQ_U(tcb->cc.ssthresh, ssthresh);
			}
			for (unsigned int n = 0; n < 30; n++)
				round_trip(tcb, now += 100 * MS);
			cwnd[undone] = tcb->cc.cwnd;
		}
		CHECK(near(cwnd[1], cwnd[0], cwnd[0] / 100));
	}
}

static void
undo_of_the_first(void)
{
	struct tcb *tcb = fresh(100 * MSS, 50000);

	cubic()->timeout(tcb, START, 100 * MSS);
	cubic()->undo(tcb, START, 100 * MSS, UINT32_MAX);
	CHECK_EQ_U(tcb->cc.cwnd, 100 * MSS);
	round_trip(tcb, START + 50 * MS);

	CHECK_EQ_U(tcb->cc.cwnd, 200 * MSS);
}

/* A minute in which cwnd was not what held sending back is no growth. */
static void
limited_by_the_application(void)
{
	struct tcb *tcb = fresh(1000 * MSS, 100000);
	uint64_t now = START;
	uint32_t was;

	cubic()->loss(tcb, now, 1000 * MSS);
	for (unsigned int n = 0; n < 50; n++)
		round_trip(tcb, now += 100 * MS);
	was = tcb->cc.cwnd;

	now += 60000 * MS;
	round_trip(tcb, now += 100 * MS);

	CHECK(tcb->cc.cwnd >= was && tcb->cc.cwnd - was < 5 * MSS);
}

static void
idle(void)
{
	struct tcb *tcb = fresh(1000 * MSS, 100000);
	uint64_t now = START;

	cubic()->loss(tcb, now, 1000 * MSS);
	round_trip(tcb, now += 100 * MS);

	cubic()->idle(tcb, now += 3600000 * MS);
	CHECK_EQ_U(tcb->cc.cwnd, 10 * MSS);
	while (tcb->cc.cwnd < tcb->cc.ssthresh)
		round_trip(tcb, now += 100 * MS);
	round_trip(tcb, now += 100 * MS);

	CHECK(tcb->cc.cwnd < 1000 * MSS);
}

/* A window acknowledged in slow start, each ACK with this round trip; gives how much cwnd grew. */
static uint32_t
round_of(struct tcb *tcb, uint32_t rtt_us)
{
	uint32_t was = tcb->cc.cwnd, end = tcb->snd_una + was;

	tcb->snd_nxt = end;
	while (seq_lt(tcb->snd_una, end)) {
		tcb->snd_una += MSS;
		cubic()->acked(tcb, START, MSS, rtt_us);
		tcb->snd_nxt = tcb->snd_una + tcb->cc.cwnd;
	}
	return tcb->cc.cwnd - was;
}

static struct tcb *
hystart(void)
{
	static struct mien_personality p;
	struct tcb *tcb = fresh(20 * MSS, 50000);

	mien_personality_init_plain(&p);
	p.tcp.hystart = 1;
	tcb->p = &p;
	cubic()->init(tcb, START);
	return tcb;
}

/* RFC 9406: an eighth longer is a queue; a quarter of the growth for five rounds, then congestion avoidance. */
static void
hystart_leaves(void)
{
	struct tcb *tcb = hystart();
	unsigned int rounds = 0;

	CHECK_EQ_U(round_of(tcb, 50000), 20 * MSS);
	CHECK_EQ_U(round_of(tcb, 50000), 40 * MSS);
	(void)round_of(tcb, 57000); /* the round of 50 ms ends in it */
	for (; tcb->cc.ssthresh == UINT32_MAX && rounds < 10; rounds++) {
		uint32_t was = tcb->cc.cwnd, grown = round_of(tcb, 57000);

		CHECK(grown <= was / 4 + 4 * MSS);
		CHECK(rounds >= 4 || grown >= was / 5);
	}

	CHECK(rounds == 4 || rounds == 5);
	CHECK(tcb->cc.ssthresh <= tcb->cc.cwnd);
	CHECK(round_of(tcb, 57000) < 2 * MSS);
}

static void
hystart_goes_on(void)
{
	struct tcb *tcb = hystart();
	uint32_t was;

	/* given: longer round trips, for some rounds */
	round_of(tcb, 50000);
	round_of(tcb, 50000);
	round_of(tcb, 60000);
	was = tcb->cc.cwnd;
	CHECK(round_of(tcb, 60000) <= was / 4 + 4 * MSS);
	was = tcb->cc.cwnd;

	CHECK(round_of(tcb, 50000) > was / 2);
	was = tcb->cc.cwnd;
	CHECK_EQ_U(round_of(tcb, 50000), was / MSS * MSS + (was % MSS ? MSS : 0));

	/* and what it kept is not taken for CUBIC's */
	CHECK_EQ_U(tcb->cc.ssthresh, UINT32_MAX);
	cubic()->loss(tcb, START, tcb->cc.cwnd);
	CHECK(tcb->cc.cwnd == tcb->cc.ssthresh);
	CHECK(round_of(tcb, 50000) < tcb->cc.cwnd / 4);
}

static const struct test_case cases[] = {
	/* proves CC-10 */
	{"K is figure 2's", k_of_figure_2},
	/* proves CC-10 */
	{"the window is figure 1's", window_of_figure_1},
	{"the curve rises from end to end, without overflow", curve_is_whole},
	{"a round trip of a microsecond to a minute lets cwnd grow by a half at most", growth_is_bounded},
	{"slow start doubles cwnd in a round trip", slow_start},
	{"a loss leaves seven tenths, two segments at least", loss_leaves_seven_tenths},
	{"a window in use is reduced with what no whole segment filled", loss_keeps_the_rest},
	{"growth is concave up to the last maximum, then convex", concave_then_convex},
	/* proves CC-10 */
	{"on a short round trip it grows as Reno would", reno_friendly},
	/* proves CC-10 */
	{"a flow that loses below its last maximum aims lower", fast_convergence},
	{"after a timeout the curve begins on its plateau", timeout},
	{"a loss that was none leaves no trace", undo},
	{"a timeout that was none in the first slow start leaves no trace", undo_of_the_first},
	/* proves CC-10 */
	{"time limited by the application does not count", limited_by_the_application},
	{"an idle time leaves the initial window and no jump after it", idle},
	/* proves CC-10 */
	{"HyStart++ leaves slow start when round trips grow", hystart_leaves},
	{"HyStart++ goes on when they were not longer after all", hystart_goes_on},
	{NULL, NULL},
};

const struct test_suite cubic_suite = {"cubic", NULL, NULL, cases, NULL, NULL};
