/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Proportional rate reduction (RFC 6937 and its successor): during a recovery as much is sent as was delivered, times
 * the reduction that congestion control wants, so that cwnd ends at ssthresh without a pause or a burst.
 */
#include "send_parts.h"

/* What was SACKed before is not delivered in the recovery: the successor takes it off RecoverFS. */
void
prr_begin(struct tcb *tcb, uint32_t delivered)
{
	tcb->prr = (struct prr){
		.out_from = (uint32_t)tcb->bytes_retransmitted,
		.flight = tcb_outstanding(tcb) - tcb->sack.sacked_bytes + delivered,
	};
}

static uint32_t
above(uint64_t a, uint32_t b)
{
	return a > b ? (uint32_t)(a - b) : 0;
}

void
prr_acked(struct tcb *tcb, uint32_t delivered, bool safe)
{
	struct prr *p = &tcb->prr;
	uint32_t pipe = loss_pipe(tcb), ssthresh = tcb->cc.ssthresh, out, count;

	if (!p->flight || !delivered)
		return;
	out = (uint32_t)tcb->bytes_retransmitted - p->out_from + (tcb->snd_nxt - tcb->board.recover);
	p->delivered += delivered;
	if (pipe > ssthresh) {
		count = above(((uint64_t)p->delivered * ssthresh + p->flight - 1) / p->flight, out);
	} else { /* slow start reduction bound while nothing more is lost, else conservative */
		count = RTE_MAX(above(p->delivered, out), delivered) + (safe ? tcb->mss : 0u);
		count = RTE_MIN(count, ssthresh - pipe);
	}
	if (count == 0 && out == 0)
		count = tcb->mss;
	tcb->cc.cwnd = RTE_MAX(pipe + count, (uint32_t)tcb->mss);
}

bool
prr_end(struct tcb *tcb)
{
	if (!tcb->prr.flight)
		return false;
	tcb->prr.flight = 0;
	tcb->cc.cwnd = tcb->cc.ssthresh;
	return true;
}
