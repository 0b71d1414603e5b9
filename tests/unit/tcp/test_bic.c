/* SPDX-License-Identifier: BSD-3-Clause */
/* BIC and Compound TCP as published. */
#include "cc_bic.h"
#include "cc_ctcp.h"
#include "send_parts.h"
#include "suites.h"

#define MSS 1000u
#define MS UINT64_C(1000000)
#define START (UINT64_C(3600) * 1000 * MS)

static struct tcb *
fresh(enum mien_cc kind, uint32_t cwnd)
{
	static struct mien_personality p;
	static struct tcb tcb;

	mien_personality_init_plain(&p);
	tcb = (struct tcb){.p = &p, .mss = MSS, .cc_kind = (uint8_t)kind, .cc.cwnd = cwnd, .rtt.srtt_us = 50000};
	tcb.snd_nxt = cwnd;
	cc_ops(kind)->init(&tcb, START);
	return &tcb;
}

/* One window of ACKs in a round trip of so long; what they free is sent. */
static void
round_trip(struct tcb *tcb, uint32_t rtt_us)
{
	uint32_t n = tcb->cc.cwnd / MSS;

	for (uint32_t i = 1; i <= n; i++) {
		tcb->snd_una += MSS;
		cc_ops(tcb->cc_kind)->acked(tcb, START, MSS, rtt_us);
		tcb->snd_nxt = tcb->snd_una + tcb->cc.cwnd;
	}
}

static bool
near(uint32_t a, uint32_t b, uint32_t by)
{
	return (a > b ? a - b : b - a) <= by;
}

/* -- BIC ---------------------------------------------------------------------------------------------------- */

static void
steps_of_the_search(void)
{
	static const struct {
		uint32_t cwnd, w_max, step; /* segments, segments, bytes */
	} t[] = {
		{10, 1000, 1000},   /* Reno's */
		{14, 0, 1000},
		{800, 1000, 16000}, /* linear, Smax */
		{936, 1000, 16000},
		{960, 1000, 10000}, /* a quarter of the way */
		{980, 1000, 5000},
		{996, 1000, 200},   /* the last four in twenty windows */
		{999, 1000, 200},
		{1000, 1000, 200},  /* past it: slowly, */
		{1003, 1000, 200},
		{1006, 1000, 2000}, /* then as fast as it came */
		{1030, 1000, 10000},
		{1048, 1000, 16000},
		{2000, 1000, 16000},
		{100, 0, 16000},    /* no maximum is known */
		{1000, 0, 50000},
	};

	for (unsigned int i = 0; i < RTE_DIM(t); i++)
		CHECK_EQ_U(bic_step(t[i].cwnd * MSS, t[i].w_max * MSS, MSS), t[i].step);
}

static void
bic_comes_back_to_its_maximum(void)
{
	struct tcb *tcb = fresh(MIEN_CC_BIC, 1000 * MSS);
	unsigned int rounds = 0, until_half = 0;

	cc_ops(MIEN_CC_BIC)->loss(tcb, START, 1000 * MSS);
	CHECK_EQ_U(tcb->cc.cwnd, 799804); /* 819/1024 */
	while (tcb->cc.cwnd < 996 * MSS && rounds < 100) {
		round_trip(tcb, 50000);
		rounds++;
		until_half += tcb->cc.cwnd < 900 * MSS;
	}

	CHECK(until_half == 6);			/* 100 segments at 16 */
	CHECK(rounds >= 15 && rounds <= 25);	/* then ever slower: each window takes a quarter off */
	for (unsigned int i = 0; i < 10; i++)
		round_trip(tcb, 50000);
	CHECK(tcb->cc.cwnd < 1000 * MSS);	/* a plateau */
}

static void
bic_makes_room(void)
{
	struct tcb *tcb = fresh(MIEN_CC_BIC, 1000 * MSS);
	const struct cc_ops *bic = cc_ops(MIEN_CC_BIC);

	bic->loss(tcb, START, 1000 * MSS);
	tcb->cc.cwnd = 900 * MSS;
	bic->loss(tcb, START, 900 * MSS);

	CHECK_EQ_U(bic_step(800 * MSS, 810 * MSS, MSS), 2500);
	CHECK_EQ_U(((const uint32_t *)(const void *)tcb->cc_priv)[0], 809912); /* (1 + beta) / 2 of 900 */
	bic->undo(tcb, START, 900 * MSS, 800 * MSS);
	CHECK_EQ_U(tcb->cc.cwnd, 900 * MSS);
	CHECK_EQ_U(((const uint32_t *)(const void *)tcb->cc_priv)[0], 1000 * MSS);
}

static void
bic_is_reno_in_small_windows(void)
{
	struct tcb *tcb = fresh(MIEN_CC_BIC, 12 * MSS);
	const struct cc_ops *bic = cc_ops(MIEN_CC_BIC);

	bic->loss(tcb, START, 12 * MSS);
	CHECK_EQ_U(tcb->cc.cwnd, 6 * MSS);
	round_trip(tcb, 50000);
	CHECK(near(tcb->cc.cwnd, 7 * MSS, 100));
	bic->loss(tcb, START, 3 * MSS);
	CHECK_EQ_U(tcb->cc.ssthresh, 2 * MSS);
	bic->timeout(tcb, START, 2 * MSS);
	CHECK_EQ_U(tcb->cc.cwnd, MSS);
}

/* -- Compound ----------------------------------------------------------------------------------------------- */

static void
gain_of_a_round(void)
{
	static const struct {
		uint32_t win, gain; /* segments, bytes: mss * (win^(3/4) / 8 - 1) */
	} t[] = {{1, 0}, {16, 0}, {81, 2375}, {256, 7000}, {10000, 124000}, {1000000, 3951847}};

	for (unsigned int i = 0; i < RTE_DIM(t); i++)
		CHECK(near(ctcp_gain(t[i].win * MSS, MSS), t[i].gain, 2));
}

static void
the_delay_window_grows_without_a_queue(void)
{
	struct tcb *tcb = fresh(MIEN_CC_CTCP, 256 * MSS);

	tcb->cc.ssthresh = 256 * MSS;

	round_trip(tcb, 50000);

	CHECK(near(tcb->cc.cwnd, (256 + 1 + 7) * MSS, 300)); /* Reno's segment and seven */
}

static void
the_delay_window_goes_with_a_queue(void)
{
	struct tcb *tcb = fresh(MIEN_CC_CTCP, 256 * MSS);
	uint32_t before;

	tcb->cc.ssthresh = 256 * MSS;
	for (unsigned int i = 0; i < 5; i++)
		round_trip(tcb, 50000);
	before = tcb->cc.cwnd;
	CHECK(before > 280 * MSS);

	for (unsigned int i = 0; i < 4; i++)
		round_trip(tcb, 60000); /* a sixth of the window waits: more than 30 segments */

	CHECK(tcb->cc.cwnd < before);
	CHECK(tcb->cc.cwnd >= (256 + 5) * MSS); /* Reno's part stays */
	round_trip(tcb, 60000);
	CHECK(near(tcb->cc.cwnd, 256 * MSS + 10 * MSS, 3 * MSS)); /* and grows */
}

static void
both_windows_are_halved(void)
{
	struct tcb *tcb = fresh(MIEN_CC_CTCP, 256 * MSS);
	const struct cc_ops *ctcp = cc_ops(MIEN_CC_CTCP);
	uint32_t before, dwnd;

	tcb->cc.ssthresh = 256 * MSS;
	for (unsigned int i = 0; i < 5; i++)
		round_trip(tcb, 50000);
	before = tcb->cc.cwnd;
	dwnd = ((const uint32_t *)(const void *)tcb->cc_priv)[0];

	ctcp->loss(tcb, START, before);
	CHECK_EQ_U(tcb->cc.cwnd, before / 2);
	CHECK_EQ_U(((const uint32_t *)(const void *)tcb->cc_priv)[0], dwnd / 2);
	ctcp->undo(tcb, START, before, UINT32_MAX);
	CHECK_EQ_U(tcb->cc.cwnd, before);
	CHECK_EQ_U(((const uint32_t *)(const void *)tcb->cc_priv)[0], dwnd);
	ctcp->timeout(tcb, START, before);
	CHECK_EQ_U(tcb->cc.cwnd, MSS);
	CHECK_EQ_U(((const uint32_t *)(const void *)tcb->cc_priv)[0], 0);
}

const struct test_suite bic_suite = {
	.name = "bic",
	.cases = (const struct test_case[]){
		/* proves MAY-18 */
		{"BIC's step is a quarter of the way, within its bounds", steps_of_the_search},
		{"BIC comes back to its maximum fast at first, then slowly", bic_comes_back_to_its_maximum},
		{"BIC makes room when it did not get back", bic_makes_room},
		{"BIC is Reno in small windows", bic_is_reno_in_small_windows},
		{"Compound's gain is an eighth of the window to the power of three quarters", gain_of_a_round},
		{"the delay window grows while there is no queue", the_delay_window_grows_without_a_queue},
		{"the delay window goes when there is a queue", the_delay_window_goes_with_a_queue},
		{"a loss halves both of Compound's windows, a timeout ends one", both_windows_are_halved},
		{NULL, NULL},
	},
};
