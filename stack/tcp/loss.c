/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What is lost and what follows from it: fast retransmit and recovery (RFC 5681 3.2, RFC 6582, RFC
 * 6675), limited transmit (RFC 3042) and retransmission timeouts. Lost packets are marked; output
 * sends them as cwnd allows.
 *
 * Without SACK each duplicate ACK stands for one segment that left the network, which takes the
 * place of inflating and deflating cwnd.
 */
#include "send_parts.h"

static inline const struct cc_ops *
cc(const struct tcb *tcb)
{
	return cc_ops(tcb->cc_kind);
}

uint32_t
loss_pipe(const struct tcb *tcb)
{
	uint32_t left = tcb->sack.lost_bytes, out = tcb_outstanding(tcb),
		 dupacks = tcb->sack.dupacks;

	if (likely(dupacks == 0 && left == 0))
		return out - tcb->sack.sacked_bytes;
	if (tcb->neg & MIEN_NEG_SACK)
		left += tcb->sack.sacked_bytes;
	else if (tcb->flags & TF_RECOVERY)
		left += dupacks * tcb->mss;
	else
		left += RTE_MIN(dupacks, 2u) * tcb->mss; /* RFC 3042 */
	return left < out ? out - left : 0;
}

void
loss_mark(struct tcb *tcb, struct rte_mbuf *m)
{
	struct pkt_meta *meta = pkt_meta(m);
	struct sack_state *s = &tcb->sack;

	if (meta->flags & PKT_LOST)
		return;
	meta->flags |= PKT_LOST;
	s->lost_bytes += pkt_len(meta);
	if (tcb->board.hint && seq_lt(meta->seq, pkt_meta(tcb->board.hint)->seq))
		tcb->board.hint = m;
}

void
loss_mark_all(struct tcb *tcb)
{
	for (struct rte_mbuf *m = tcb->rtxq.head; m; m = rtxq_next(m))
		if (!(pkt_meta(m)->flags & PKT_SACKED))
			loss_mark(tcb, m);
	tcb->board.hint = NULL;
	if ((tcb->flags & TF_FIN_SENT) && tcb->snd_una != tcb->snd_nxt)
		tcb->flags |= TF_FIN_LOST;
}

/* The hole at the front is sent again whatever cwnd says. */
static void
resend_front(struct tcb *tcb)
{
	struct rte_mbuf *m = tcb->rtxq.head;

	if (!m)
		tcb->flags |= TF_FIN_LOST;
	else if (!(pkt_meta(m)->flags & PKT_SACKED))
		loss_mark(tcb, m);
	tcb->flags |= TF_RTX_NOW;
}

static void
enter_recovery(struct tcp *t, struct tcb *tcb)
{
	tcb->flags |= TF_RECOVERY;
	tcb->board.recover = tcb->snd_nxt;
	t->env->counters.tcp_fast_retransmits++;
	cc(tcb)->loss(tcb, t->env->now, tcb_outstanding(tcb));
	resend_front(tcb);
}

/*
 * RFC 6582 3.2 step 1: duplicate ACKs of what was sent again prove nothing. `recover` counts only
 * while it lies in what is in flight: on a long-lived connection it is any number.
 */
static bool
may_recover(const struct tcb *tcb)
{
	uint32_t ahead = tcb->board.recover - tcb->snd_una;

	if (ahead == 0)
		return tcb->neg & MIEN_NEG_SACK;
	return ahead > tcb_outstanding(tcb);
}

void
loss_dupack(struct tcp *t, struct tcb *tcb)
{
	struct sack_state *s = &tcb->sack;
	uint32_t lost = 0;

	t->env->counters.tcp_dup_acks_received++;
	if (tcb->flags & TF_RTO_RECOVERY)
		return;
	if (s->dupacks < UINT16_MAX)
		s->dupacks++;
	if (tcb->neg & MIEN_NEG_SACK)
		lost = sack_mark_lost(tcb);
	if (!(tcb->flags & TF_RECOVERY) && may_recover(tcb) &&
		(lost || s->dupacks >= tcb->p->tcp.dupack_threshold))
		enter_recovery(t, tcb);
	tcp_mark_dirty(t, tcb);
}

static void
leave_recovery(struct tcb *tcb)
{
	if (tcb->flags & TF_RECOVERY) {
		/* RFC 6582 3.2 step 3, option 1: no burst when little is in flight. */
		uint32_t flight = RTE_MAX(tcb_outstanding(tcb), (uint32_t)tcb->mss) + tcb->mss;

		tcb->cc.cwnd = RTE_MIN(tcb->cc.ssthresh, flight);
	}
	tcb->flags &= ~(TF_RECOVERY | TF_RTO_RECOVERY | TF_RTX_NOW);
	tcb->sack.dupacks = 0;
}

/* RFC 6582 3.2 step 3, partial acknowledgment: the next hole is at the front. */
static void
partial_ack(struct tcb *tcb, uint32_t bytes)
{
	struct sack_state *s = &tcb->sack;

	if (tcb->neg & MIEN_NEG_SACK) {
		const struct rte_mbuf *m = tcb->rtxq.head;

		sack_mark_lost(tcb);
		if (!m || !(pkt_meta(tcb->rtxq.head)->flags & (PKT_RTX | PKT_SACKED)))
			resend_front(tcb);
		return;
	}
	if (bytes > tcb->mss) {
		uint32_t gone = bytes / tcb->mss - 1;

		s->dupacks = (uint16_t)(gone < s->dupacks ? s->dupacks - gone : 0);
	}
	resend_front(tcb);
}

/* cwnd grows only when it was what held sending back (RFC 7661). */
static void
grow(struct tcp *t, struct tcb *tcb, uint32_t flight, uint32_t bytes)
{
	struct cc_state *c = &tcb->cc;

	if (c->cwnd < c->ssthresh ? flight >= c->cwnd / 2 : flight + tcb->mss > c->cwnd)
		cc(tcb)->acked(tcb, t->env->now, bytes);
}

void
loss_acked(struct tcp *t, struct tcb *tcb, uint32_t flight, uint32_t bytes)
{
	if (likely(!(tcb->flags & (TF_RECOVERY | TF_RTO_RECOVERY)))) {
		tcb->sack.dupacks = 0;
		grow(t, tcb, flight, bytes);
		return;
	}
	if (seq_geq(tcb->snd_una, tcb->board.recover)) {
		leave_recovery(tcb);
		return;
	}
	if (tcb->flags & TF_RECOVERY)
		partial_ack(tcb, bytes);
	else
		cc(tcb)->acked(tcb, t->env->now, bytes);
}

void
loss_timeout(struct tcp *t, struct tcb *tcb)
{
	t->env->counters.tcp_rto_expired++;
	if (tcb->retries <= 1) /* RFC 5681 (4): ssthresh once for one segment */
		cc(tcb)->timeout(tcb, t->env->now, tcb_outstanding(tcb));
	else
		tcb->cc.cwnd = tcb->mss;
	tcb->flags &= ~TF_RECOVERY;
	tcb->flags |= TF_RTO_RECOVERY | TF_RTX_NOW;
	tcb->board.recover = tcb->snd_nxt;
	tcb->sack.dupacks = 0;
	sack_clear(tcb);
	loss_mark_all(tcb);
}
