/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Recoveries that were needless: found out by D-SACK (RFC 3708), by timestamps (Eifel, RFC 3522) or by F-RTO (RFC 5682),
 * put back as RFC 4015 says. An episode can be undone until the next one begins.
 */
#include "send_parts.h"

#define TOO_LONG_AGO (1u << 30)

void
undo_begin(struct tcb *tcb, bool timeout)
{
	tcb->undo_state = (uint8_t)(UNDO_READY | (timeout ? UNDO_TIMEOUT : 0));
	tcb->undo_needed = 0;
	tcb->undo.una = tcb->snd_una;
	tcb->undo.cwnd = tcb->cc.cwnd;
	tcb->undo.ssthresh = tcb->cc.ssthresh;
}

void
undo_sent(struct tcp *t, struct tcb *tcb)
{
	if (!(tcb->undo_state & UNDO_READY) || !(tcb->flags & (TF_RECOVERY | TF_RTO_RECOVERY)))
		return;
	if (!(tcb->undo_state & UNDO_SENT))
		tcb->undo.stamp = ts_now(t, tcb);
	tcb->undo_state |= UNDO_SENT;
	if (tcb->undo_needed < UINT16_MAX)
		tcb->undo_needed++;
}

unsigned int
undo_dsack(struct tcb *tcb, const struct tcp_sack_block *b)
{
	unsigned int n = (b->right - b->left + tcb->mss - 1) / tcb->mss;

	if (tcb->snd_una - tcb->undo.una > TOO_LONG_AGO)
		tcb->undo_state = UNDO_NOT;
	if (!(tcb->undo_state & UNDO_SENT) || seq_leq(b->right, tcb->undo.una))
		return 0;
	n = RTE_MIN(n, (unsigned int)tcb->undo_needed);
	tcb->undo_needed = (uint16_t)(tcb->undo_needed - n);
	return n;
}

/* Everything sent again was reported as a duplicate, or the ACK answers a segment sent before. */
bool
undo_is_due(const struct tcb *tcb, const struct tcp_segment *seg)
{
	uint8_t by = tcb->p->tcp.undo;

	if (!(tcb->undo_state & UNDO_SENT))
		return false;
	if ((by & MIEN_UNDO_DSACK) && tcb->undo_needed == 0)
		return true;
	return (by & MIEN_UNDO_TIMESTAMPS) && (tcb->neg & MIEN_NEG_TS) && (seg->opt.present & OPT_TS) &&
	       seg->opt.tsecr && seq_gt(seg->ack, tcb->undo.una) && seq_lt(seg->opt.tsecr, tcb->undo.stamp);
}

/* What was marked is in flight after all; what never left stays to be sent. */
static void
unmark(struct tcb *tcb)
{
	for (struct rte_mbuf *m = tcb->rtxq.head; m && tcb->sack.lost_bytes; m = rtxq_next(m)) {
		struct pkt_meta *meta = pkt_meta(m);

		if ((meta->flags & (PKT_LOST | PKT_NEW)) != PKT_LOST)
			continue;
		meta->flags &= (uint8_t)~PKT_LOST;
		lost_less(tcb, pkt_len(meta));
	}
	tcb->flags &= ~TF_FIN_LOST;
	sack_rejudge(tcb);
}

void
undo_do(struct tcp *t, struct tcb *tcb)
{
	bool timeout = tcb->undo_state & UNDO_TIMEOUT;

	if (tcb->flags & (TF_RECOVERY | TF_RTO_RECOVERY))
		unmark(tcb);
	tcb->flags &= ~(TF_RECOVERY | TF_RTO_RECOVERY | TF_RTX_NOW);
	frto_end(tcb);
	tcb->sack.dupacks = 0;
	tcb->prr.flight = 0;
	tcb->rtt.backoff = 0;
	tcb->board.recover = tcb->snd_una;
	tcb->undo_state = UNDO_NOT;
	if (!timeout)
		tcb->rack_flags |= RACK_REORDERED;
	cc_ops(tcb->cc_kind)->undo(tcb, t->env->now, tcb->undo.cwnd, tcb->undo.ssthresh);
	t->env->counters.tcp_recoveries_undone++;
	tcp_mark_dirty(t, tcb);
}
