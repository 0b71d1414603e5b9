/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The SACK scoreboard (RFC 2018, RFC 6675), kept as marks on the packets of rtxq. An ACK costs what
 * it changes: blocks worked in before are skipped, marking goes on where it stopped, and no ACK
 * walks more than WALK_MAX packets (reports repeat, so what was left out comes again).
 */
#include "send_parts.h"

#define WALK_MAX 1024

/* In front of or at the last packet judged? Its SACKed bytes count in `below`. */
static inline bool
is_judged(const struct scoreboard *s, const struct pkt_meta *meta)
{
	return s->edge && seq_leq(meta->seq, pkt_meta(s->edge)->seq);
}

static uint32_t
mark_sacked(struct tcb *tcb, struct pkt_meta *meta)
{
	struct sack_state *s = &tcb->sack;
	uint32_t len = pkt_len(meta);

	meta->flags |= PKT_SACKED;
	s->sacked_bytes += len;
	if (is_judged(&tcb->board, meta))
		tcb->board.below += len;
	if (meta->flags & PKT_LOST) {
		meta->flags &= (uint8_t)~PKT_LOST;
		lost_less(tcb, len);
	}
	return len;
}

/* Marks whole packets inside [left, right); *walk is how many may still be looked at. */
static uint32_t
mark_range(struct tcb *tcb, uint32_t left, uint32_t right, unsigned int *walk)
{
	struct rte_mbuf *edge = tcb->board.edge, *m = tcb->rtxq.head;
	uint32_t fresh = 0;

	if (edge && seq_leq(pkt_meta(edge)->seq, left))
		m = edge;
	for (; m && *walk; m = rtxq_next(m), (*walk)--) {
		struct pkt_meta *meta = pkt_meta(m);

		if (seq_geq(meta->seq, right))
			break;
		if (!(meta->flags & PKT_SACKED) && seq_geq(meta->seq, left) &&
			seq_leq(meta->end, right))
			fresh += mark_sacked(tcb, meta);
	}
	return fresh;
}

/* Takes off *b what an earlier block told; false when nothing is left. */
static bool
unseen(const struct scoreboard *s, struct tcp_sack_block *b)
{
	for (unsigned int i = 0; i < TCP_SACK_MAX; i++) {
		const struct tcp_sack_block *old = &s->seen[i];

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

uint32_t
sack_update(struct tcb *tcb, const struct tcp_segment *seg)
{
	struct scoreboard *s = &tcb->board;
	struct tcp_sack_block valid[TCP_SACK_MAX] = {{0, 0}};
	unsigned int n = 0, walk = WALK_MAX;
	uint32_t fresh = 0;

	for (unsigned int i = 0; i < seg->opt.n_sack; i++) {
		struct tcp_sack_block b = seg->opt.sack[i];

		if (!block_is_valid(tcb, &b))
			continue;
		valid[n++] = b;
		if (unseen(s, &b))
			fresh += mark_range(tcb, b.left, b.right, &walk);
	}
	if (walk && n)
		memcpy(s->seen, valid, sizeof(valid));
	return fresh;
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
	}
	return fresh;
}

static void
reset(struct tcb *tcb)
{
	tcb->sack.sacked_bytes = tcb->board.below = 0;
	tcb->board.edge = NULL;
	memset(tcb->board.seen, 0, sizeof(tcb->board.seen));
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
		s->edge = NULL;
	if (tcb->sack.sacked_bytes == 0 && s->edge)
		reset(tcb);
}
