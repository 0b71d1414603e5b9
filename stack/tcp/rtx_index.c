/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Finding a packet of rtxq by its number, wherever a peer's reports point.
 *
 * Packets in front of the last one that was asked for are counted 1, 2, ... as they follow each other. Packet k knows
 * the way to packet k + (the lowest bit of k), so that any of n is found in log^2 n / 2 steps, whatever is asked: a list
 * that skips without dice. Packets are counted once, join behind and leave in front, where no way leads. Those whose way
 * ends behind the last one counted are k, k less its lowest bit, and so on: a stack, linked by the same field.
 * What a split puts between two that are counted is not; nor is the last of rtxq, a first one that lost bytes, or a
 * queue of a few packets.
 */
#include "send_parts.h"

#define FEW 32u		       /* mbufs: a walk */
#define LAST_MAX (UINT32_C(1) << 31)

static inline uint32_t
lowest_bit(uint32_t k)
{
	return k & (0u - k);
}

/* The next to be counted; it is not the last of rtxq. */
static void
count_in(struct tcb *tcb, struct rte_mbuf *m)
{
	struct rtx_index *x = &tcb->counted;
	struct rte_mbuf *open = x->top;
	uint32_t j;

	if (!open) {
		x->last = 0;
		x->first = 1;
		tcb->sack.marks |= MK_EDGE;
	}
	for (j = x->last++; open && j + lowest_bit(j) == x->last; j &= j - 1) {
		struct rte_mbuf *below = (j & (j - 1)) >= x->first ? pkt_meta(open)->way : NULL;

		pkt_meta(open)->way = m;
		pkt_meta(open)->sent |= SENT_WAY;
		open = below;
	}
	pkt_meta(m)->way = open;
	pkt_meta(m)->sent |= SENT_COUNTED;
	x->top = m;
}

/* The walk goes on from m, the last counted one, or the first of all, to the next. */
static void
extend(struct tcb *tcb, struct rte_mbuf *m, struct rte_mbuf *next)
{
	struct rtx_index *x = &tcb->counted;

	if (!x->top) {
		if (tcb->rtxq.count < FEW)
			return;
		if (pkt_meta(m)->skip == 0) /* which is still asked for */
			count_in(tcb, m);
	}
	if (pkt_meta(next)->next && x->last < LAST_MAX)
		count_in(tcb, next);
}

struct rte_mbuf *
rtx_index_find(struct tcb *tcb, uint32_t seq)
{
	struct rte_mbuf *m = tcb->rtxq.head, *next;

	while (m) {
		const struct pkt_meta *meta = pkt_meta(m);

		if (meta->sent & SENT_WAY && seq_leq(pkt_meta(meta->way)->seq, seq)) {
			m = meta->way;
			continue;
		}
		next = meta->next;
		if (!next || seq_gt(pkt_meta(next)->seq, seq))
			break;
		if (m == (tcb->counted.top ? tcb->counted.top : tcb->rtxq.head))
			extend(tcb, m, next);
		m = next;
	}
	return m;
}

void
rtx_index_drop(struct tcb *tcb, struct rte_mbuf *m)
{
	struct rtx_index *x = &tcb->counted;
	struct pkt_meta *meta = pkt_meta(m);

	meta->sent &= SENT_FIN | SENT_SMALL;
	meta->skip = meta->flight = 0;
	x->first++;
	if (x->top != m)
		return;
	x->top = NULL;
	if (!tcb->board.edge)
		tcb->sack.marks &= (uint8_t)~MK_EDGE;
}

struct rte_mbuf *
run_last(struct rte_mbuf *m)
{
	struct rte_mbuf *last = m, *next;

	for (;;) {
		next = pkt_meta(last)->run;
		if (next == last)
			next = rtxq_next(last);
		if (!next || !(pkt_meta(next)->flags & PKT_SACKED))
			break;
		last = next;
	}
	while (m != last) {
		next = pkt_meta(m)->run == m ? rtxq_next(m) : pkt_meta(m)->run;
		pkt_meta(m)->run = last;
		m = next;
	}
	return last;
}

bool
rtx_index_ok(const struct tcb *tcb)
{
	const struct rtx_index *x = &tcb->counted;
	const struct rte_mbuf *last = NULL;
	uint32_t n = 0;

	for (struct rte_mbuf *m = tcb->rtxq.head; m; m = rtxq_next(m)) {
		const struct pkt_meta *meta = pkt_meta(m);

		if (meta->sent & SENT_COUNTED) {
			n++;
			last = m;
		}
		if (meta->sent & SENT_WAY && (!(pkt_meta(meta->way)->sent & SENT_COUNTED) ||
						     seq_leq(pkt_meta(meta->way)->seq, meta->seq)))
			return false;
		if (meta->flags & PKT_SACKED && (seq_lt(pkt_meta(meta->run)->seq, meta->seq) ||
						       !(pkt_meta(meta->run)->flags & PKT_SACKED)))
			return false;
	}
	return last == x->top && (!last || (n == x->last - x->first + 1 && tcb->sack.marks & MK_EDGE));
}
