/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Pacing, where a personality has it: what cwnd allows leaves in small bursts, each at its time by DL_PACE, not at once.
 * The rate is two windows in a round trip in slow start and six fifths of one later, so that pacing never holds back
 * what ACKs could release.
 */
#include "send_parts.h"

#define BURST_US 250u /* what would leave in this time leaves together */

/* Tenths of a window in a round trip. */
static uint32_t
ratio(const struct tcb *tcb)
{
	return tcb->cc.cwnd < tcb->cc.ssthresh / 2 ? 20 : 12;
}

uint32_t
pace_burst(const struct tcb *tcb)
{
	uint64_t bytes;

	if (!tcb->rtt.srtt_us)
		return UINT32_MAX;
	bytes = (uint64_t)tcb->cc.cwnd * ratio(tcb) * BURST_US / (10 * (uint64_t)tcb->rtt.srtt_us);
	return RTE_MAX((uint32_t)(bytes / tcb->mss), 1u);
}

void
pace_sent(struct tcp *t, struct tcb *tcb, uint32_t bytes)
{
	uint64_t ns = (uint64_t)bytes * tcb->rtt.srtt_us * (10 * NS_PER_US / ratio(tcb)) / RTE_MAX(tcb->cc.cwnd, 1u);

	if (ns)
		deadline_set_on_tick(t, tcb, DL_PACE, t->env->now + ns, 0);
}

bool
expire_pace(struct tcp *t, struct tcb *tcb)
{
	tcp_mark_dirty(t, tcb);
	return true;
}
