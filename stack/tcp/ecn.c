/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Explicit congestion notification (RFC 3168) of connections that negotiated it, which is MIEN_NEG_ECN. The receiver's
 * half answers CE with ECE until CWR comes; the sender's half reduces cwnd once a window and says so by CWR.
 */
#include "ecn.h"

#include "send_parts.h"
#include "tcp_rx.h"

#define QUICK_ACKS 2 /* Linux, of a mark, and of what was sent again: among marked segments one without */

void
ecn_take(struct tcp *t, struct tcb *tcb, const struct tcp_segment *seg)
{
	uint8_t was = tcb->ecn & TCB_ECN_ECHO, marks = seg->tos & ECN_CE;

	if (seg->flags & TH_CWR)
		tcb->ecn &= (uint8_t)~TCB_ECN_ECHO;
	if (marks == ECN_CE ? !(tcb->ecn & TCB_ECN_ECHO) : !marks && tcb->ecn & TCB_ECN_SEEN)
		ack_quickly(tcb, QUICK_ACKS);
	if (marks == ECN_CE)
		tcb->ecn |= TCB_ECN_ECHO;
	if (marks)
		tcb->ecn |= TCB_ECN_SEEN;
	if ((tcb->ecn & TCB_ECN_ECHO) != was || seg->flags & TH_CWR)
		tcp_ack_soon(t, tcb); /* the sender waits for news, maybe with little in flight */
}

bool
ecn_reduced(const struct tcb *tcb)
{
	return (tcb->ecn & TCB_ECN_REDUCED) && seq_leq(tcb->snd_una, tcb->prr.ecn_end);
}

void
ecn_lost(struct tcb *tcb)
{
	if (tcb->neg & MIEN_NEG_ECN)
		tcb->ecn = (uint8_t)((tcb->ecn | TCB_ECN_CWR) & ~TCB_ECN_REDUCED);
}

/* 6.1.2, RFC 9438 4.6: as after a loss, but down to one segment. */
static void
reduce(struct tcp *t, struct tcb *tcb, uint32_t flight)
{
	uint32_t half = RTE_MAX(flight / 2, (uint32_t)tcb->mss);

	tcb->undo_state = UNDO_NOT;
	cc_ops(tcb->cc_kind)->loss(tcb, t->env->now, flight);
	if (tcb->cc.ssthresh == 2u * tcb->mss)
		tcb->cc.cwnd = RTE_MIN(tcb->cc.cwnd, half);
	tcb->ecn |= TCB_ECN_CWR | TCB_ECN_REDUCED;
	tcb->prr.ecn_end = tcb->snd_nxt;
	t->env->counters.tcp_ecn_reductions++;
}

/* An ACK that reports congestion lets nothing grow; behind a loss of the same window it says nothing new. */
enum step
ecn_echo_ack(struct tcp *t, struct tcb *tcb, struct tcp_segment *seg, bool *fin_acked, enum mien_drop *why)
{
	uint32_t cwnd = tcb->cc.cwnd, flight = tcb_outstanding(tcb);
	bool repairs = tcb->flags & (TF_RECOVERY | TF_RTO_RECOVERY);
	enum step s = in_ack(t, tcb, seg, fin_acked, why);

	if (s != STEP_GO_ON || repairs || seg->ack != tcb->snd_una || (tcb->flags & (TF_RECOVERY | TF_RTO_RECOVERY)))
		return s;
	tcb->cc.cwnd = RTE_MIN(tcb->cc.cwnd, cwnd);
	if (!ecn_reduced(tcb))
		reduce(t, tcb, flight);
	return s;
}
