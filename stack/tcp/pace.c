/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Pacing, where a personality has it: what cwnd allows leaves in small bursts, each at its time by DL_PACE, not at once.
 * The rate is two windows in a round trip in slow start and six fifths of one later, so that pacing never holds back
 * what ACKs could release.
 */
#include "send_parts.h"

#define BURST_US 250u /* what would leave in this time leaves together */
#define UNPACED 10    /* segments of the stream that Linux does not pace */

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

/* So many segments of the stream are still free, where it is done as Linux does. */
uint32_t
pace_free(const struct tcb *tcb)
{
	uint32_t out = tcb->snd_nxt - tcb->iss - 1, all = UNPACED * (uint32_t)tcb->mss;

	if (!tcb->p->tcp.push_bursts || tcb->snd_wraps || out >= all)
		return 0;
	return (all - out + tcb->mss - 1) / tcb->mss;
}

/* Linux lets the one after a late burst go up to half of its time earlier. */
void
pace_sent(struct tcp *t, struct tcb *tcb, uint32_t bytes, bool late)
{
	uint64_t ns = (uint64_t)bytes * tcb->rtt.srtt_us * (10 * NS_PER_US / ratio(tcb)) / RTE_MAX(tcb->cc.cwnd, 1u);

	if (late && tcb->p->tcp.push_bursts)
		ns /= 2;
	if (ns && !pace_free(tcb))
		deadline_set_on_tick(t, tcb, DL_PACE, t->env->now + ns, 0);
}

bool
expire_pace(struct tcp *t, struct tcb *tcb)
{
	tcb->paced = 1;
	tcp_mark_dirty(t, tcb);
	return true;
}
