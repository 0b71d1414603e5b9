/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The SACK scoreboard (RFC 2018, RFC 6675), kept as marks on the packets of rtxq. An ACK costs what
 * it changes: the place of a block is found by rtx_index.c, and what was SACKed before is skipped.
 */
#include "send_parts.h"

#define NEAR 8 /* packets that are looked at one by one */

/* In front of or at the last packet judged? Its SACKed bytes count in `below`. */
static inline bool
is_judged(const struct scoreboard *s, const struct pkt_meta *meta)
{
	return s->edge && seq_leq(meta->seq, pkt_meta(s->edge)->seq);
}

/* News of a packet, for the first time. */
static void
delivered(struct tcp *t, struct tcb *tcb, struct rte_mbuf *m, struct rtx_acked *acked)
{
	const struct pkt_meta *meta = pkt_meta(m);

	if (!(meta->flags & (PKT_RTX | PKT_NEW)) && seq_leq(meta->end, tcb->board.recover))
		acked->first = true;
	if (tcb_rack(tcb))
		rack_delivered(t, tcb, meta, acked);
	again_drop(tcb, m);
}

static uint32_t
mark_sacked(struct tcp *t, struct tcb *tcb, struct rte_mbuf *m, struct rtx_acked *acked)
{
	struct sack_state *s = &tcb->sack;
	struct pkt_meta *meta = pkt_meta(m);
	uint32_t len = pkt_len(meta);

	delivered(t, tcb, m, acked);
	meta->flags |= PKT_SACKED;
	meta->run = m;
	s->sacked_bytes += len;
	if (is_judged(&tcb->board, meta))
		tcb->board.below += len;
	if (meta->flags & PKT_LOST) {
		meta->flags &= (uint8_t)~PKT_LOST;
		lost_less(tcb, len);
	}
	return len;
}

/* Where marking begins: mostly it goes on a little behind the last packet judged. */
static struct rte_mbuf *
begin_of(struct tcb *tcb, uint32_t left)
{
	struct rte_mbuf *m = tcb->board.edge;

	if (!m || seq_gt(pkt_meta(m)->seq, left))
		return rtx_index_find(tcb, left);
	for (unsigned int step = 0; step < NEAR; step++, m = rtxq_next(m))
		if (!rtxq_next(m) || seq_gt(pkt_meta(rtxq_next(m))->seq, left))
			return m;
	return rtx_index_find(tcb, left);
}

/* Marks whole packets inside the block that reach into news, what no earlier one told of it. */
static uint32_t
mark_range(struct tcp *t, struct tcb *tcb, const struct tcp_sack_block *b, const struct tcp_sack_block *news,
	struct rtx_acked *acked)
{
	uint32_t fresh = 0;

	for (struct rte_mbuf *m = begin_of(tcb, news->left); m; m = rtxq_next(m)) {
		const struct pkt_meta *meta = pkt_meta(m);

		if (seq_geq(meta->seq, news->right))
			break;
		if (meta->flags & PKT_SACKED)
			m = run_last(m);
		else if (seq_geq(meta->seq, b->left) && seq_leq(meta->end, b->right))
			fresh += mark_sacked(t, tcb, m, acked);
	}
	return fresh;
}

/* Takes off *b what an earlier block told; false when nothing is left. */
static bool
unseen(const struct tcb *tcb, struct tcp_sack_block *b)
{
	for (unsigned int i = 0; i < TCB_SEEN; i++) {
		const struct tcp_sack_block *old = &tcb->seen[i];

		if (old->left == old->right)
			continue;
		if (seq_leq(old->left, b->left) && seq_lt(b->left, old->right))
			b->left = seq_min(old->right, b->right);
		else if (seq_lt(old->left, b->right) && seq_leq(b->right, old->right))
			b->right = seq_max(old->left, b->left);
		if (b->left == b->right)
			return false;
	}
	return true;
}

/* Inside what is in flight? D-SACKs and nonsense are not. */
static bool
block_is_valid(const struct tcb *tcb, const struct tcp_sack_block *b)
{
	return seq_lt(b->left, b->right) && seq_geq(b->left, tcb->snd_una) &&
	       seq_leq(b->right, tcb->snd_nxt);
}

bool
sack_is_duplicate(const struct tcb *tcb, const struct tcp_segment *seg)
{
	const struct tcp_sack_block *b = seg->opt.sack;

	if (seg->opt.n_sack == 0 || !seq_lt(b->left, b->right) || b->right - b->left > tcb->max_snd_wnd)
		return false;
	if (seq_leq(b->right, seg->ack))
		return true;
	return seg->opt.n_sack > 1 && seq_geq(b[0].left, b[1].left) && seq_leq(b[0].right, b[1].right);
}

/* In ascending order: what one ACK reports came in no order that is known, and RACK must not take it for reordered. */
static unsigned int
valid_blocks(const struct tcb *tcb, const struct tcp_segment *seg, struct tcp_sack_block *valid)
{
	unsigned int n = 0, at;

	for (unsigned int i = 0; i < seg->opt.n_sack; i++) {
		if (!block_is_valid(tcb, &seg->opt.sack[i]))
			continue;
		for (at = n++; at > 0 && seq_lt(seg->opt.sack[i].left, valid[at - 1].left); at--)
			valid[at] = valid[at - 1];
		valid[at] = seg->opt.sack[i];
	}
	return n;
}

uint32_t
sack_update(struct tcp *t, struct tcb *tcb, struct rtx_acked *acked)
{
	struct tcp_sack_block valid[TCP_SACK_MAX] = {{0, 0}};
	unsigned int n = valid_blocks(tcb, acked->seg, valid);

	for (unsigned int i = 0; i < n; i++) {
		struct tcp_sack_block news = valid[i];

		if (unseen(tcb, &news))
			acked->sacked += mark_range(t, tcb, &valid[i], &news, acked);
	}
	if (n)
		memcpy(tcb->seen, valid, sizeof(tcb->seen));
	return acked->sacked;
}

uint32_t
sack_mark_lost(struct tcb *tcb)
{
	struct scoreboard *s = &tcb->board;
	uint32_t limit = (tcb->p->tcp.dupack_threshold - 1u) * tcb->mss, fresh = 0;
	struct rte_mbuf *m = s->edge ? rtxq_next(s->edge) : tcb->rtxq.head;

	if (tcb->sack.sacked_bytes <= limit)
		return 0;
	for (unsigned int walk = 0; m && walk < WALK_MAX; m = rtxq_next(m), walk++) {
		const struct pkt_meta *meta = pkt_meta(m);
		uint32_t len = pkt_len(meta), sacked = meta->flags & PKT_SACKED ? len : 0;

		if (tcb->sack.sacked_bytes - s->below - sacked <= limit)
			break;
		s->below += sacked;
		if (!(meta->flags & (PKT_SACKED | PKT_LOST | PKT_RTX))) {
			loss_mark(tcb, m);
			fresh += len;
		}
		s->edge = m;
		tcb->sack.marks |= MK_EDGE;
	}
	return fresh;
}

void
sack_rejudge(struct tcb *tcb)
{
	tcb->board.edge = NULL;
	tcb->board.below = 0;
	if (!tcb->counted.top)
		tcb->sack.marks &= (uint8_t)~MK_EDGE;
}

static void
reset(struct tcb *tcb)
{
	sack_rejudge(tcb);
	tcb->sack.sacked_bytes = 0;
	memset(tcb->seen, 0, sizeof(tcb->seen));
}

void
sack_clear(struct tcb *tcb)
{
	if (tcb->sack.sacked_bytes)
		for (struct rte_mbuf *m = tcb->rtxq.head; m; m = rtxq_next(m))
			pkt_meta(m)->flags &= (uint8_t)~PKT_SACKED;
	reset(tcb);
}

void
sack_forget(struct tcb *tcb, struct rte_mbuf *m, uint32_t bytes)
{
	const struct pkt_meta *meta = pkt_meta(m);
	struct scoreboard *s = &tcb->board;
	bool whole = bytes == pkt_len(meta);

	if (meta->flags & PKT_LOST)
		lost_less(tcb, bytes);
	if (meta->flags & PKT_SACKED) {
		tcb->sack.sacked_bytes -= bytes;
		if (is_judged(s, meta))
			s->below -= bytes;
	}
	if (s->hint == m && whole)
		s->hint = NULL;
	if (s->edge == m && whole)
		sack_rejudge(tcb);
	if (tcb->sack.sacked_bytes == 0 && s->edge && !tcb_rack(tcb))
		reset(tcb);
}

void
sack_acked(struct tcp *t, struct tcb *tcb, struct rte_mbuf *m, struct rtx_acked *acked)
{
	uint32_t len = pkt_len(pkt_meta(m));

	if (pkt_meta(m)->flags & PKT_SACKED)
		acked->known += len;
	else
		delivered(t, tcb, m, acked);
	sack_forget(tcb, m, len);
	if (pkt_meta(m)->sent & SENT_COUNTED)
		rtx_index_drop(tcb, m);
	if (tcb->sack.sacked_bytes == 0)
		memset(tcb->seen, 0, sizeof(tcb->seen));
}
