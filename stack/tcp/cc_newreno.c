/* SPDX-License-Identifier: BSD-3-Clause */
#include "cc_newreno.h"

#include "send_parts.h"

/* RFC 5681 3.1: ssthresh starts as high as a window can be. */
void
newreno_init(struct tcb *tcb, uint64_t now)
{
	tcb->cc.ssthresh = UINT32_MAX;
	tcb->cc.acked = 0;
}

/* Slow start by bytes acknowledged; then one MSS a window. */
void
newreno_acked(struct tcb *tcb, uint64_t now, uint32_t bytes, uint32_t rtt_us)
{
	struct cc_state *c = &tcb->cc;

	if (c->cwnd < c->ssthresh) {
		c->cwnd += RTE_MIN(slow_start_bytes(tcb, bytes), c->ssthresh - c->cwnd);
		return;
	}
	c->acked += bytes;
	if (c->acked >= c->cwnd) {
		c->acked -= c->cwnd;
		c->cwnd += tcb->mss;
	}
}

/* (4): half of what was in flight, at least two segments. */
static uint32_t
half(const struct tcb *tcb, uint32_t in_flight)
{
	return RTE_MAX(in_flight / 2, 2u * tcb->mss);
}

void
newreno_loss(struct tcb *tcb, uint64_t now, uint32_t in_flight)
{
	tcb->cc.cwnd = tcb->cc.ssthresh = half(tcb, in_flight);
	tcb->cc.acked = 0;
}

void
newreno_timeout(struct tcb *tcb, uint64_t now, uint32_t in_flight)
{
	tcb->cc.ssthresh = half(tcb, in_flight);
	tcb->cc.cwnd = tcb->mss;
	tcb->cc.acked = 0;
}

void
newreno_undo(struct tcb *tcb, uint64_t now, uint32_t cwnd, uint32_t ssthresh)
{
	tcb->cc.cwnd = RTE_MAX(tcb->cc.cwnd, cwnd);
	tcb->cc.ssthresh = RTE_MAX(tcb->cc.ssthresh, ssthresh);
}

/* 4.1: after an idle time longer than the RTO, at most the restart window. */
void
newreno_idle(struct tcb *tcb, uint64_t now)
{
	uint32_t restart = (uint32_t)tcb->p->tcp.initial_cwnd * tcb->mss;

	tcb->cc.cwnd = RTE_MIN(tcb->cc.cwnd, restart);
}
