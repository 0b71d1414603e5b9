/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What is lost and what follows from it: fast retransmit and recovery (RFC 5681 3.2, RFC 6582, RFC
 * 6675, RFC 8985), limited transmit (RFC 3042) and retransmission timeouts. Lost packets are marked;
 * output sends them as cwnd allows.
 *
 * Without SACK each duplicate ACK stands for one segment that left the network, which takes the
 * place of inflating and deflating cwnd.
 */
#include "ecn.h"
#include "cc_hystart.h"
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
	if (tcb_scoreboard(tcb))
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
	again_drop(tcb, m);
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
	if (tcb->flags & TF_FIN_SENT)
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

/* delivered: bytes, by the ACK that told */
static void
enter_recovery(struct tcp *t, struct tcb *tcb, uint32_t delivered)
{
	if (unlikely(tcb->sack.marks & MK_MTU) && mtu_probe_lost(t, tcb))
		return;
	undo_begin(tcb, false);
	tlp_over(tcb);
	tcb->flags |= TF_RECOVERY;
	tcb->board.recover = tcb->snd_nxt;
	t->env->counters.tcp_fast_retransmits++;
	if (!ecn_reduced(tcb))
		cc(tcb)->loss(tcb, t->env->now, tcb_outstanding(tcb));
	ecn_lost(tcb);
	if (tcb->p->tcp.prr && tcb_scoreboard(tcb))
		prr_begin(tcb, delivered);
	if (tcb_rack(tcb))
		tcb->flags |= TF_RTX_NOW; /* something is marked; the front need not be */
	else
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

	if (tcb->flags & (TF_RECOVERY | TF_RTO_RECOVERY))
		return false;
	if (ahead == 0)
		return tcb_scoreboard(tcb);
	return ahead > tcb_outstanding(tcb);
}

static uint32_t
find_lost(struct tcp *t, struct tcb *tcb, struct rtx_acked *acked)
{
	if (tcb_rack(tcb))
		return rack_detect(t, tcb, &acked->wait);
	return tcb_scoreboard(tcb) ? sack_mark_lost(tcb) : 0;
}

/* A duplicate ACK after a timeout. */
static void
timeout_dupack(struct tcp *t, struct tcb *tcb, struct rtx_acked *acked)
{
	if ((tcb->sack.marks & MK_FRTO) && frto_dupack(tcb, acked))
		undo_do(t, tcb);
	else if (tcb_rack(tcb))
		(void)rack_detect(t, tcb, &acked->wait);
	tcp_mark_dirty(t, tcb);
}

/* cwnd grows only when it was what held sending back (RFC 7661), or did lately; in slow start to twice what was out. */
static inline void
grow(struct tcp *t, struct tcb *tcb, uint32_t flight, uint32_t bytes, uint32_t rtt_us)
{
	struct cc_state *c = &tcb->cc;

	if ((c->cwnd < c->ssthresh ? 2 * flight > c->cwnd : flight + tcb->mss > c->cwnd) || tcb->sack.limited)
		cc(tcb)->acked(tcb, t->env->now, bytes, rtt_us);
	else if (tcb->cc_kind == MIEN_CC_CUBIC_LINUX && hystart_linux_watches(tcb))
		cc(tcb)->acked(tcb, t->env->now, 0, rtt_us);
}

void
loss_dupack(struct tcp *t, struct tcb *tcb, struct rtx_acked *acked)
{
	struct sack_state *s = &tcb->sack;
	uint32_t lost;

	t->env->counters.tcp_dup_acks_received++;
	if (tcb->flags & TF_RTO_RECOVERY) {
		timeout_dupack(t, tcb, acked);
		return;
	}
	if (s->dupacks < UINT16_MAX)
		s->dupacks++;
	lost = find_lost(t, tcb, acked);
	if (may_recover(tcb) &&
		(lost || (!tcb_rack(tcb) && s->dupacks >= tcb->p->tcp.dupack_threshold)))
		enter_recovery(t, tcb, acked->sacked);
	if (tcb->flags & TF_RECOVERY)
		prr_acked(tcb, acked->sacked, false);
	else if (acked->sacked && tcb->reordering > tcb->p->tcp.dupack_threshold)
		grow(t, tcb, tcb_outstanding(tcb), acked->sacked, 0); /* as in order, where order is known to be none */
	tcp_mark_dirty(t, tcb);
}

/*
 * A recovery is undone once all it sent again came twice and nothing waits to be sent again; its end
 * may be long past by then.
 */
void
loss_dsack(struct tcp *t, struct tcb *tcb, const struct tcp_segment *seg)
{
	unsigned int needless;

	if (!sack_is_duplicate(tcb, seg))
		return;
	t->env->counters.tcp_dsacks_received++;
	if (tlp_duplicate(tcb, seg->opt.sack[0].right)) {
		t->env->counters.tcp_retransmits_needless++;
		return;
	}
	needless = undo_dsack(tcb, &seg->opt.sack[0]);
	if (!needless)
		return; /* the network doubled it, or it is too long ago */
	t->env->counters.tcp_retransmits_needless += needless;
	if (!(tcb->undo_state & UNDO_TIMEOUT))
		tcb->rack_flags |= RACK_REORDERED;
	rack_dsack(tcb);
	if (tcb->undo_needed == 0 && undo_is_due(tcb, seg) &&
		(tcb->sack.lost_bytes == 0 || (tcb->flags & TF_RTO_RECOVERY)))
		undo_do(t, tcb);
}

/* false: it was needless, and is undone */
static bool
leave_recovery(struct tcp *t, struct tcb *tcb, const struct rtx_acked *acked)
{
	if (undo_is_due(tcb, acked->seg)) {
		undo_do(t, tcb);
		return false;
	}
	rack_recovered(tcb);
	if ((tcb->flags & TF_RECOVERY) && !prr_end(tcb)) {
		/* RFC 6582 3.2 step 3, option 1: no burst when little is in flight. */
		uint32_t flight = RTE_MAX(tcb_outstanding(tcb), (uint32_t)tcb->mss) + tcb->mss;

		tcb->cc.cwnd = RTE_MIN(tcb->cc.ssthresh, flight);
	}
	tcb->flags &= ~(TF_RECOVERY | TF_RTO_RECOVERY | TF_RTX_NOW);
	tcb->sack.dupacks = 0;
	frto_end(tcb);
	return true;
}

/* RFC 6582 3.2 step 3, partial acknowledgment: the next hole is at the front. */
static void
partial_ack(struct tcb *tcb, uint32_t bytes)
{
	struct sack_state *s = &tcb->sack;

	if (tcb_rack(tcb)) {
		if (!tcb->rtxq.head)
			resend_front(tcb); /* the FIN: no time of its own is kept */
		return;
	}
	if (tcb_scoreboard(tcb)) {
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

/* Linux keeps in mind for a window that cwnd held it back, though what was left to send did not reach it any more. */
void
loss_note_sent(struct tcb *tcb, uint32_t nxt)
{
	bool limited = tcb_outstanding(tcb) + tcb->mss > tcb->cc.cwnd;

	if (!limited && (!tcb->sack.limited || tcb->snd_nxt == nxt || seq_lt(tcb->snd_una, tcb->limited_end)))
		return;
	tcb->sack.limited = limited;
	tcb->limited_end = tcb->snd_nxt;
}

/* Loss recovery after a timeout, or the proof that it was needless. */
static void
timeout_acked(struct tcp *t, struct tcb *tcb, const struct rtx_acked *acked, uint32_t rtt_us)
{
	bool needless = undo_is_due(tcb, acked->seg);

	if (!needless && (tcb->sack.marks & MK_FRTO))
		needless = frto_acked(tcb, acked);
	if (needless) {
		if (rtt_us)
			rtt_was_early(&tcb->rtt, &tcb->p->tcp, rtt_us);
		undo_do(t, tcb);
		return;
	}
	cc(tcb)->acked(tcb, t->env->now, acked->bytes, rtt_us);
	if (seq_geq(tcb->snd_una, tcb->board.recover))
		(void)leave_recovery(t, tcb, acked);
}

/* SND.UNA advanced while something is lost, SACKed or probed for. */
static __rte_noinline void
acked_in_loss(struct tcp *t, struct tcb *tcb, uint32_t flight, struct rtx_acked *acked, uint32_t rtt_us)
{
	bool grows = false;
	uint32_t lost;

	if (rtt_us)
		tcb->sack.marks &= (uint8_t)~MK_UNSAMPLED;
	if (tcb->sack.marks & MK_TLP)
		tlp_acked(t, tcb, acked->seg->ack, false);
	if (tcb->sack.marks & MK_MTU)
		mtu_acked(t, tcb);
	if (tcb->flags & TF_RTO_RECOVERY) {
		timeout_acked(t, tcb, acked, rtt_us);
	} else if (!(tcb->flags & TF_RECOVERY)) {
		tcb->sack.dupacks = 0;
		grows = true;
	} else if (seq_geq(tcb->snd_una, tcb->board.recover)) {
		/* what it delivers is the first of the next window */
		grows = leave_recovery(t, tcb, acked) && tcb_scoreboard(tcb);
	}
	lost = tcb_rack(tcb) ? rack_detect(t, tcb, &acked->wait) : 0;
	if (tcb->flags & TF_RECOVERY)
		partial_ack(tcb, acked->bytes);
	else if (lost && may_recover(tcb))
		enter_recovery(t, tcb, acked_delivered(acked));
	else if (grows)
		grow(t, tcb, flight, acked_delivered(acked), rtt_us);
	if (tcb->flags & TF_RECOVERY)
		prr_acked(tcb, acked_delivered(acked), !lost);
}

/* Of what an ACK covers, what duplicate ACKs or SACK blocks had not told before. */
static inline uint32_t
acked_now(const struct tcb *tcb, const struct rtx_acked *acked)
{
	uint32_t told = tcb->sack.dupacks * tcb->mss;

	if (likely(told == 0) || tcb_scoreboard(tcb))
		return acked->bytes - acked->known;
	return acked->bytes > told + tcb->mss ? acked->bytes - told : RTE_MIN(acked->bytes, (uint32_t)tcb->mss);
}

void
loss_acked(struct tcp *t, struct tcb *tcb, uint32_t flight, struct rtx_acked *acked, uint32_t rtt_us)
{
	if (unlikely((tcb->flags & (TF_RECOVERY | TF_RTO_RECOVERY)) | tcb->sack.sacked_bytes | tcb->sack.marks)) {
		acked_in_loss(t, tcb, flight, acked, rtt_us);
		return;
	}
	grow(t, tcb, flight, acked_now(tcb, acked), rtt_us);
	tcb->sack.dupacks = 0;
}

void
loss_reorder_expired(struct tcp *t, struct tcb *tcb)
{
	uint64_t wait = 0;

	if (rack_detect(t, tcb, &wait) && may_recover(tcb)) {
		enter_recovery(t, tcb, tcb->mss);
		prr_acked(tcb, tcb->mss, false); /* one at first, as if an ACK had told */
	}
	rtx_timer_resume(t, tcb);
	if (wait)
		rack_arm(t, tcb, wait);
	tcp_mark_dirty(t, tcb);
}

/* What is SACKed stays so where time or F-RTO needs it, unless the receiver gave it up (RFC 2018 8). */
static void
mark_by_timeout(struct tcp *t, struct tcb *tcb)
{
	struct rte_mbuf *m = tcb->rtxq.head;
	bool keep = tcb_rack(tcb) || tcb->p->tcp.frto;

	if (!keep || (m && (pkt_meta(m)->flags & PKT_SACKED)))
		sack_clear(tcb);
	if (!tcb_rack(tcb) || !m) {
		loss_mark_all(tcb);
		return;
	}
	rack_timeout(t, tcb);
	if ((tcb->flags & TF_FIN_SENT) && (pkt_meta(tcb->rtxq.tail)->flags & PKT_LOST))
		tcb->flags |= TF_FIN_LOST;
}

void
loss_timeout(struct tcp *t, struct tcb *tcb)
{
	bool again = tcb->flags & TF_RTO_RECOVERY; /* up to board.recover */

	t->env->counters.tcp_rto_expired++;
	if (tcb->retries <= 1) { /* RFC 5681 (4): ssthresh once for one segment */
		if (!again)
			undo_begin(tcb, true);
		cc(tcb)->timeout(tcb, t->env->now, tcb_outstanding(tcb));
	} else {
		tcb->cc.cwnd = tcb->mss;
	}
	ecn_lost(tcb);
	tlp_over(tcb);
	rtt_min_forget(&tcb->rtt);
	tcb->flags &= ~TF_RECOVERY;
	tcb->flags |= TF_RTO_RECOVERY | TF_RTX_NOW;
	tcb->prr.flight = 0;
	tcb->board.recover = tcb->snd_nxt;
	tcb->sack.dupacks = 0;
	mark_by_timeout(t, tcb);
	if (again || tcb->retries > 1)
		frto_end(tcb);
	else
		frto_begin(tcb);
}
