/* SPDX-License-Identifier: BSD-3-Clause */
#include "send_parts.h"
#include "suites.h"

#define MSS 1000

static struct mien_personality *
personality(void)
{
	static struct mien_personality p;

	mien_personality_init_plain(&p);
	return &p;
}

static struct tcb *
fresh(uint32_t cwnd)
{
	static struct tcb tcb;

	tcb = (struct tcb){.p = personality(), .mss = MSS, .cc.cwnd = cwnd};
	cc_ops(MIEN_CC_NEWRENO)->init(&tcb, 0);
	return &tcb;
}

static void
slow_start(void)
{
	struct tcb *tcb = fresh(10 * MSS);

	for (int i = 0; i < 10; i++)
		cc_ops(MIEN_CC_NEWRENO)->acked(tcb, 0, MSS, 0);

	CHECK_EQ_U(tcb->cc.cwnd, 20 * MSS);
}

static void
slow_start_is_limited(void)
{
	struct tcb *tcb = fresh(10 * MSS);

	cc_ops(MIEN_CC_NEWRENO)->acked(tcb, 0, 9 * MSS, 0);
	CHECK_EQ_U(tcb->cc.cwnd, 12 * MSS);

	tcb->flags |= TF_RTO_RECOVERY;
	cc_ops(MIEN_CC_NEWRENO)->acked(tcb, 0, 9 * MSS, 0);
	CHECK_EQ_U(tcb->cc.cwnd, 13 * MSS);
}

static void
avoidance(void)
{
	struct tcb *tcb = fresh(10 * MSS);

	tcb->cc.ssthresh = 10 * MSS;
	for (int i = 0; i < 9; i++)
		cc_ops(MIEN_CC_NEWRENO)->acked(tcb, 0, MSS, 0);
	CHECK_EQ_U(tcb->cc.cwnd, 10 * MSS);

	cc_ops(MIEN_CC_NEWRENO)->acked(tcb, 0, MSS, 0);

	CHECK_EQ_U(tcb->cc.cwnd, 11 * MSS);
}

static void
loss(void)
{
	struct tcb *tcb = fresh(20 * MSS);

	cc_ops(MIEN_CC_NEWRENO)->loss(tcb, 0, 16 * MSS);
	CHECK_EQ_U(tcb->cc.ssthresh, 8 * MSS);
	CHECK_EQ_U(tcb->cc.cwnd, 8 * MSS);

	cc_ops(MIEN_CC_NEWRENO)->loss(tcb, 0, 3 * MSS);
	CHECK_EQ_U(tcb->cc.ssthresh, 2 * MSS);
}

static void
timeout(void)
{
	struct tcb *tcb = fresh(20 * MSS);

	cc_ops(MIEN_CC_NEWRENO)->timeout(tcb, 0, 16 * MSS);

	CHECK_EQ_U(tcb->cc.ssthresh, 8 * MSS);
	CHECK_EQ_U(tcb->cc.cwnd, MSS);
}

static void
idle(void)
{
	struct tcb *tcb = fresh(100 * MSS);

	cc_ops(MIEN_CC_NEWRENO)->idle(tcb, 0);
	CHECK_EQ_U(tcb->cc.cwnd, 10 * MSS);

	tcb->cc.cwnd = 3 * MSS;
	cc_ops(MIEN_CC_NEWRENO)->idle(tcb, 0);
	CHECK_EQ_U(tcb->cc.cwnd, 3 * MSS);
}

static void
every_number_has_an_algorithm(void)
{
	for (unsigned int i = 0; i < 256; i++) {
		const struct cc_ops *ops = cc_ops((uint8_t)i);

		CHECK(ops->name && ops->init && ops->acked && ops->loss && ops->timeout && ops->idle);
	}
}

static const struct test_case cases[] = {
	/* proves MUST-19 CC-3 */
	{"slow start doubles cwnd in a round trip", slow_start},
	{"one ACK adds two segments at most, one after a timeout", slow_start_is_limited},
	/* proves MUST-19 CC-3 */
	{"congestion avoidance adds one segment in a round trip", avoidance},
	/* proves CC-4 */
	{"a loss leaves half of what was in flight, two segments at least", loss},
	/* proves CC-4 */
	{"a timeout leaves one segment", timeout},
	{"an idle time leaves the initial window at most", idle},
	/* proves MAY-18 */
	{"every number has an algorithm", every_number_has_an_algorithm},
	{NULL, NULL},
};

const struct test_suite cc_suite = {"cc", NULL, NULL, cases, NULL, NULL};
