/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * RACK (RFC 8985 6): a packet is lost when one sent after it was delivered and a round trip and the reordering window
 * have passed since it left. Packets sent once stand in rtxq in the order of sending, so what was judged ends at
 * board.edge; those sent again stand in a ring in that order. An ACK costs what it changes.
 */
#include "send_parts.h"

#define ROUNDS 16 /* recoveries without a D-SACK that let the window shrink again (6.2 step 4) */

/* -- the ring ----------------------------------------------------------------------------- */

void
again_add(struct tcb *tcb, struct rte_mbuf *m)
{
	struct pkt_meta *meta = pkt_meta(m);
	struct rte_mbuf *last;

	again_drop(tcb, m);
	last = tcb->rack.again;
	if (last) {
		meta->again_prev = last;
		meta->again_next = pkt_meta(last)->again_next;
		pkt_meta(meta->again_next)->again_prev = m;
		pkt_meta(last)->again_next = m;
	} else {
		meta->again_next = meta->again_prev = m;
	}
	meta->rtx |= RTX_LISTED;
	tcb->rack.again = m;
	tcb->sack.marks |= MK_AGAIN;
}

void
again_drop(struct tcb *tcb, struct rte_mbuf *m)
{
	struct pkt_meta *meta = pkt_meta(m);

	if (!(meta->rtx & RTX_LISTED))
		return;
	meta->rtx &= RTX_TIMES;
	pkt_meta(meta->again_prev)->again_next = meta->again_next;
	pkt_meta(meta->again_next)->again_prev = meta->again_prev;
	if (tcb->rack.again != m)
		return;
	tcb->rack.again = meta->again_prev == m ? NULL : meta->again_prev;
	if (!tcb->rack.again)
		tcb->sack.marks &= (uint8_t)~MK_AGAIN;
}

uint32_t
rack_resent(const struct tcb *tcb)
{
	struct rte_mbuf *last = tcb->sack.marks & MK_AGAIN ? tcb->rack.again : NULL, *m = last;
	uint32_t bytes = 0;

	while (m) {
		bytes += pkt_len(pkt_meta(m));
		m = pkt_meta(m)->again_next;
		if (m == last)
			break;
	}
	return bytes;
}

/* -- what was delivered ------------------------------------------------------------------- */

/* An ACK of what was sent again may be that of the first copy (6.2 step 2). */
static bool
is_of_first_copy(const struct tcb *tcb, const struct pkt_meta *meta, const struct tcp_segment *seg, uint32_t rtt_us)
{
	if (!(meta->flags & PKT_RTX))
		return false;
	if ((tcb->neg & MIEN_NEG_TS) && (seg->opt.present & OPT_TS) && seg->opt.tsecr &&
		seq_lt(seg->opt.tsecr, ts_at(tcb->p, meta->sent_at, tcb->ts_offset)))
		return true;
	return rtt_us < tcb->rtt.min_us && tcb->rtt.min_us != RTT_MIN_NONE;
}

/* By so many bytes, itself included. */
static void
overtaken(struct tcb *tcb, uint32_t bytes, struct rtx_acked *acked)
{
	uint32_t segments = (bytes + tcb->mss - 1) / tcb->mss;

	if (!acked->overtaken && tcb->rack_flags + RACK_EVENT <= UINT8_MAX)
		tcb->rack_flags = (uint8_t)(tcb->rack_flags + RACK_EVENT);
	acked->overtaken = true;
	tcb->rack_flags |= RACK_REORDERED;
	if (segments > tcb->reordering)
		tcb->reordering = (uint8_t)RTE_MIN(segments, (uint32_t)UINT8_MAX);
}

void
rack_delivered(struct tcp *t, struct tcb *tcb, const struct pkt_meta *meta, struct rtx_acked *acked)
{
	struct rack *r = &tcb->rack;
	uint32_t rtt_us = (uint32_t)RTE_MIN((t->env->now - meta->sent_at) / NS_PER_US, (uint64_t)UINT32_MAX);

	if (tcb->sack.sacked_bytes == 0 || seq_gt(meta->end, r->fack))
		r->fack = meta->end;
	else if (!(meta->flags & PKT_RTX))
		overtaken(tcb, r->fack - meta->seq, acked);
	if (is_of_first_copy(tcb, meta, acked->seg, rtt_us))
		return;
	if (!(meta->flags & PKT_RTX))
		rtt_min(&tcb->rtt, rtt_us);
	r->rtt_us = rtt_us;
	if (meta->sent_at > r->sent_at || (meta->sent_at == r->sent_at && seq_gt(meta->end, r->end))) {
		r->sent_at = meta->sent_at;
		r->end = meta->end;
	}
}

/* -- the reordering window ---------------------------------------------------------------- */

/* A duplicate that we made: the window was too small. Once a round trip. */
void
rack_dsack(struct tcb *tcb)
{
	struct rack *r = &tcb->rack;

	if ((tcb->rack_flags & RACK_ROUND) && seq_lt(tcb->snd_una, r->dsack_round))
		return;
	r->dsack_round = tcb->snd_nxt;
	tcb->rack_flags |= RACK_ROUND;
	tcb->rack_persist = ROUNDS;
	if (tcb->rack_mult < UINT8_MAX)
		tcb->rack_mult++;
}

void
rack_recovered(struct tcb *tcb)
{
	if (tcb->rack_persist && --tcb->rack_persist == 0)
		tcb->rack_mult = 0;
}

uint64_t
rack_reo_wnd(const struct tcb *tcb)
{
	uint64_t us = tcb->rtt.min_us;

	if (!(tcb->rack_flags & RACK_REORDERED) &&
		((tcb->flags & (TF_RECOVERY | TF_RTO_RECOVERY)) ||
			tcb->sack.sacked_bytes > (tcb->reordering - 1u) * tcb->mss))
		return 0;
	if (us == RTT_MIN_NONE)
		us = tcb->rtt.srtt_us;
	return RTE_MIN(us * (tcb->rack_mult + 1u) / 4, (uint64_t)tcb->rtt.srtt_us) * NS_PER_US;
}

/* -- what is lost ------------------------------------------------------------------------- */

enum verdict { LOST, TOO_EARLY, SENT_LATER };

/* Later than what was delivered last, or when it may be judged. */
static enum verdict
judge(const struct tcp *t, const struct tcb *tcb, const struct pkt_meta *meta, uint64_t reo_wnd, uint64_t *wait)
{
	const struct rack *r = &tcb->rack;
	uint64_t due = meta->sent_at + r->rtt_us * NS_PER_US + reo_wnd;

	if (meta->sent_at > r->sent_at || (meta->sent_at == r->sent_at && seq_geq(meta->end, r->end)))
		return SENT_LATER;
	if (due <= t->env->now)
		return LOST;
	due -= t->env->now;
	if (*wait == 0 || due < *wait)
		*wait = due;
	return TOO_EARLY;
}

static uint32_t
detect_again(struct tcp *t, struct tcb *tcb, uint64_t reo_wnd, uint64_t *wait)
{
	uint32_t fresh = 0;

	while (tcb->rack.again) {
		struct rte_mbuf *m = pkt_meta(tcb->rack.again)->again_next; /* the first */

		if (judge(t, tcb, pkt_meta(m), reo_wnd, wait) != LOST)
			break;
		fresh += pkt_len(pkt_meta(m));
		loss_mark(tcb, m); /* leaves the ring */
	}
	return fresh;
}

static uint32_t
detect_first(struct tcp *t, struct tcb *tcb, uint64_t reo_wnd, uint64_t *wait)
{
	struct scoreboard *s = &tcb->board;
	struct rte_mbuf *m = s->edge ? rtxq_next(s->edge) : tcb->rtxq.head;
	uint32_t fresh = 0;

	for (unsigned int walk = 0; m && walk < WALK_MAX; m = rtxq_next(m), walk++) {
		const struct pkt_meta *meta = pkt_meta(m);

		if (!(meta->flags & (PKT_SACKED | PKT_LOST | PKT_RTX))) {
			if (judge(t, tcb, meta, reo_wnd, wait) != LOST)
				break;
			loss_mark(tcb, m);
			fresh += pkt_len(meta);
		}
		if (meta->flags & PKT_SACKED)
			s->below += pkt_len(meta);
		s->edge = m;
		tcb->sack.marks |= MK_EDGE;
	}
	return fresh;
}

uint32_t
rack_detect(struct tcp *t, struct tcb *tcb, uint64_t *wait)
{
	uint64_t reo_wnd = rack_reo_wnd(tcb);
	uint32_t fresh = detect_again(t, tcb, reo_wnd, wait);

	return fresh + detect_first(t, tcb, reo_wnd, wait);
}

void
rack_timeout(struct tcp *t, struct tcb *tcb)
{
	uint32_t rtt_us = tcb->rack.rtt_us ? tcb->rack.rtt_us : tcb->rtt.srtt_us;
	uint64_t wait = rtt_us * NS_PER_US + rack_reo_wnd(tcb);

	for (struct rte_mbuf *m = tcb->rtxq.head; m; m = rtxq_next(m)) {
		const struct pkt_meta *meta = pkt_meta(m);

		if (!(meta->flags & PKT_SACKED) && (m == tcb->rtxq.head || meta->sent_at + wait <= t->env->now))
			loss_mark(tcb, m);
	}
}

void
rack_arm(struct tcp *t, struct tcb *tcb, uint64_t wait)
{
	uint64_t at = t->env->now + wait + tcb->p->tcp.reorder_slack_ms * NS_PER_MS;

	if (at >= tcb->deadline[DL_RTX] || (tcb->flags & TF_PERSIST))
		return;
	deadline_set(t, tcb, DL_RTX, at);
	tcb->sack.timer = RTX_REORDER;
}
