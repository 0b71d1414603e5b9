/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Linux's packets for a port that segments, and PSH within long writes, where a personality pushes bursts: Linux gathers
 * a write in such packets, and pushes the end of each with which more than half of the largest window was given to it
 * since the last push.
 */
#include "send_parts.h"

#define FILL 65215u /* bytes of a packet for a port that segments, headers taken off */

#define BURST_BYTES 65536u /* the longest packet a port segments */

uint32_t
push_burst(const struct tcb *tcb, uint32_t mss)
{
	const struct cc_state *c = &tcb->cc;
	uint32_t us = RTE_MAX(tcb->rtt.srtt_us, 1u), least = tcb->p->tcp.push_bursts;
	uint64_t bytes;

	bytes = (uint64_t)c->cwnd * (c->cwnd < c->ssthresh / 2 ? 200 : 120) * (1000000 / 1024) / 100 / us;
	us = RTE_MIN(us, (uint32_t)tcb->rtt.min_us) / 512;
	if (us < 32)
		bytes += BURST_BYTES >> us;
	bytes = RTE_MIN(bytes, BURST_BYTES);
	return (uint32_t)RTE_MAX(1u, RTE_MIN(RTE_MAX(bytes / mss, least), c->cwnd / mss / 2));
}

/* Segments of one packet as Linux fills it: half of the largest window at most. */
static uint32_t
push_fill(const struct tcb *tcb)
{
	return RTE_MIN(tcb->max_snd_wnd / 2, FILL) / RTE_MAX(tcb->mss, (uint16_t)1);
}

static uint16_t
push_next(const struct tcb *tcb)
{
	uint32_t fill = push_fill(tcb), half = tcb->max_snd_wnd / 2;

	return (uint16_t)RTE_MIN(fill ? (half / (fill * tcb->mss) + 1) * fill : 0, (uint32_t)UINT16_MAX);
}

/* A long write into an empty queue: what can leave at once does so from the first packet, which is filled again then. */
void
push_plan(struct tcb *tcb)
{
	uint32_t mss = tcb->mss, pipe = loss_pipe(tcb), now = 0, first;

	if (tcb->cc.cwnd > pipe && mss)
		now = (tcb->cc.cwnd - pipe) / mss;
	first = now + push_fill(tcb);
	if (first * mss <= tcb->max_snd_wnd / 2)
		first = now + push_next(tcb);
	tcb->push_in = (uint16_t)RTE_MIN(first, (uint32_t)UINT16_MAX);
}

bool
push_passed(struct tcb *tcb)
{
	if (--tcb->push_in)
		return false;
	tcb->push_in = push_next(tcb);
	return true;
}
