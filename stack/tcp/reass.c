/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Bytes received out of order: pieces in the order of their numbers (pieces.h). Where a new piece overlaps an old one
 * the personality's policy says whose bytes count; the other is cut, in two where it must be (the second part is a view
 * of the same bytes). What SACK reports is kept beside them, newest first (RFC 2018 4).
 */
#include "payload.h"
#include "pieces.h"
#include "tcp_rx.h"

#define PIECES_MIN 64
#define PIECES_MAX 8192
#define BYTES_PER_PIECE 1024 /* of the receive buffer */

static uint32_t
piece_seq(struct rte_mbuf *m)
{
	return pkt_meta(m)->seq;
}

static uint32_t
piece_end(struct rte_mbuf *m)
{
	return pkt_meta(m)->end;
}

/* -- the queue with its counts ----------------------------------------------------------------------------- */

static void
link_piece(struct tcp *t, struct tcb *tcb, struct rte_mbuf *m)
{
	struct pkt_queue *q = &tcb->reass;
	uint32_t len = piece_end(m) - piece_seq(m);

	pieces_link(t->env, q, m);
	q->bytes += len;
	q->count += m->nb_segs;
	tcb->flags |= TF_GAP;
	t->reass_bytes += len;
	t->reass_mbufs += m->nb_segs;
	t->env->mbufs_held += m->nb_segs;
}

/* Gives the piece behind the place. */
static struct rte_mbuf *
unlink_piece(struct tcp *t, struct tcb *tcb, const struct piece_place *where)
{
	struct pkt_queue *q = &tcb->reass;
	struct rte_mbuf *m = where->at;
	uint32_t len = piece_end(m) - piece_seq(m);

	pieces_unlink(q, where);
	if (!q->head)
		tcb->flags &= ~TF_GAP;
	q->bytes -= len;
	q->count -= m->nb_segs;
	t->reass_bytes -= len;
	t->reass_mbufs -= m->nb_segs;
	t->env->mbufs_held -= m->nb_segs;
	return m;
}

static struct rte_mbuf *
unlink_first(struct tcp *t, struct tcb *tcb)
{
	const struct piece_place first = {.at = tcb->reass.head};

	return unlink_piece(t, tcb, &first);
}

void
reass_free(struct tcp *t, struct tcb *tcb)
{
	while (tcb->reass.head)
		rte_pktmbuf_free(unlink_first(t, tcb));
	tcb->n_rcv_sack = 0;
}

/* One connection's share of pieces, by what it may receive. */
static uint32_t
most_pieces(const struct tcb *tcb)
{
	return RTE_MIN(PIECES_MIN + tcb->rcvbuf / BYTES_PER_PIECE, (uint32_t)PIECES_MAX);
}

/* -- overlaps ---------------------------------------------------------------------------------------------- */

struct span {
	uint32_t seq, end;
};

static bool
covers(struct span a, struct span b)
{
	return seq_leq(a.seq, b.seq) && seq_geq(a.end, b.end);
}

/*
 * Whose bytes count, as J. Novak and S. Sturges, "Target-based TCP stream reassembly" (2007), measured it: came is what
 * came now, old what is here, uncut what it was when it came. BSD and Solaris cut what they hold; Linux keeps whole
 * segments, sorted, and reads each byte from the one that begins first.
 */
static bool
old_wins(uint8_t policy, struct span old, struct span uncut, struct span came)
{
	switch ((enum mien_segment_overlap)policy) {
	case MIEN_SEGMENTS_LAST:
		return false;
	case MIEN_SEGMENTS_BSD:
	case MIEN_SEGMENTS_WINDOWS:
		return seq_leq(old.seq, came.seq);
	case MIEN_SEGMENTS_LINUX:
		return seq_lt(uncut.seq, came.seq) || (uncut.seq == came.seq && seq_geq(uncut.end, came.end));
	case MIEN_SEGMENTS_OLD_LINUX:
		return seq_lt(uncut.seq, came.seq) || (uncut.seq == came.seq && seq_gt(uncut.end, came.end));
	case MIEN_SEGMENTS_SOLARIS: /* a piece ends where a later one begins that reaches further */
		return !covers(came, old) && !(seq_gt(came.seq, old.seq) && seq_gt(came.end, old.end));
	default: /* FIRST, VISTA */
		return true;
	}
}

/* A view of the bytes of m behind the first `cut`; NULL without an mbuf. m keeps its own reference. */
static struct rte_mbuf *
view_behind(struct tcp *t, struct rte_mbuf *m, uint32_t cut)
{
	struct rte_mbuf *view = rte_pktmbuf_clone(m, t->env->indirect);

	return view ? payload_cut_front(view, cut) : NULL;
}

static void
truncate_piece(struct tcp *t, struct tcb *tcb, struct rte_mbuf *m, uint32_t end)
{
	struct pkt_meta *meta = pkt_meta(m);
	uint32_t cut = meta->end - end;

	t->env->mbufs_held -= m->nb_segs;
	t->reass_mbufs -= m->nb_segs;
	tcb->reass.count -= m->nb_segs;
	payload_truncate(m, end - meta->seq);
	t->env->mbufs_held += m->nb_segs;
	t->reass_mbufs += m->nb_segs;
	tcb->reass.count += m->nb_segs;
	meta->end = end;
	meta->flags = 0; /* PSH stood on what is cut off */
	tcb->reass.bytes -= cut;
	t->reass_bytes -= cut;
}

/* What was told of bytes that are gone must not be told again (RFC 2018 8). */
static void
bytes_lost(struct tcb *tcb)
{
	tcb->n_rcv_sack = 0;
}

/* Bytes [seq, end) of what came. */
static void
put_piece(struct tcp *t, struct tcb *tcb, struct rte_mbuf *m, uint32_t seq, uint32_t end, const struct arrival *came)
{
	*pkt_meta(m) = (struct pkt_meta){.seq = seq, .end = end, .came_seq = came->seq, .came_end = came->end,
		.flags = end == came->end ? came->flags : 0, .tos = came->tos};
	link_piece(t, tcb, m);
}

/* The new bytes [seq, end) win over the piece: what stands out of it on either side stays. */
static void
cut_old(struct tcp *t, struct tcb *tcb, const struct piece_place *hit, uint32_t seq, uint32_t end)
{
	struct rte_mbuf *old = hit->at, *rest = NULL;
	const struct pkt_meta was = *pkt_meta(old);

	if (seq_gt(was.end, end)) {
		rest = view_behind(t, old, end - was.seq);
		if (!rest)
			bytes_lost(tcb);
	}
	if (seq_lt(was.seq, seq))
		truncate_piece(t, tcb, old, seq);
	else
		rte_pktmbuf_free(unlink_piece(t, tcb, hit));
	if (rest)
		put_piece(t, tcb, rest, end, was.end, &(struct arrival){was.came_seq, was.came_end, was.flags, was.tos});
}

/* The first piece that shares bytes with [seq, end); at NULL: none does. */
static struct piece_place
find_overlap(const struct tcb *tcb, uint32_t seq, uint32_t end)
{
	struct piece_place where = {.at = NULL};

	if (tcb->reass.tail && seq_leq(piece_end(tcb->reass.tail), seq))
		return where;
	where = pieces_seek(&tcb->reass, seq);
	if (where.at && seq_geq(piece_seq(where.at), end))
		where.at = NULL;
	return where;
}

/* Old bytes win inside [old_seq, old_end): the new piece keeps what lies in front, and gives what lies behind. */
static struct rte_mbuf *
cut_new(struct tcp *t, struct tcb *tcb, struct rte_mbuf *m, uint32_t *seq, const struct arrival *came, struct span old)
{
	uint32_t from = *seq, end = came->end;
	struct rte_mbuf *rest = NULL;

	if (seq_geq(from, old.seq)) { /* nothing in front */
		uint32_t cut = seq_min(end, old.end) - from;

		*seq = from + cut;
		if (*seq != end)
			return payload_cut_front(m, cut);
		rte_pktmbuf_free(m);
		return NULL;
	}
	/* Behind the first gap all of it is in order at once. */
	if (seq_gt(end, old.end) && (came->seq == tcb->rcv_nxt || tcb->reass.count < most_pieces(tcb)))
		rest = view_behind(t, m, old.end - from);
	payload_truncate(m, old.seq - from);
	put_piece(t, tcb, m, from, old.seq, came);
	*seq = old.end;
	return rest;
}

/* Adds to what of a segment was here before, as long as it is one run of bytes (RFC 2883 4: the first is reported). */
static void
note_duplicate(struct span *dup, uint32_t seq, uint32_t end)
{
	if (dup->seq == dup->end)
		*dup = (struct span){seq, end};
	else if (seq == dup->end)
		dup->end = end;
}

/*
 * Sorts what came in; overlaps are resolved one old piece at a time. Takes m. False: what lies behind some old piece
 * found no room.
 */
static bool
insert(struct tcp *t, struct tcb *tcb, struct rte_mbuf *m, const struct arrival *came)
{
	const struct span whole = {came->seq, came->end};
	uint32_t seq = whole.seq, end = whole.end;
	struct span dup = {seq, seq};
	struct piece_place hit;

	while (m && (hit = find_overlap(tcb, seq, end)).at) {
		const struct pkt_meta *meta = pkt_meta(hit.at);
		const struct span old = {meta->seq, meta->end}, uncut = {meta->came_seq, meta->came_end};

		note_duplicate(&dup, seq_max(seq, old.seq), seq_min(end, old.end));
		if (old_wins(tcb->p->tcp.overlap, old, uncut, whole))
			m = cut_new(t, tcb, m, &seq, came, old);
		else
			cut_old(t, tcb, &hit, seq, end);
	}
	if (m)
		put_piece(t, tcb, m, seq, end, came);
	/* A front that was delivered before has been told. */
	if (!(tcb->flags & TF_DSACK && tcb->rcv_sack.dup.right == tcb->rcv_nxt))
		reass_duplicate(tcb, dup.seq, dup.end);
	return m || seq_geq(seq, end);
}

/* -- SACK (RFC 2018, RFC 2883) ----------------------------------------------------------------------------- */

/* The block that now holds [left, right) comes first; those it swallowed go. */
static void
sack_add(struct tcb *tcb, uint32_t left, uint32_t right)
{
	struct rcv_sack *s = &tcb->rcv_sack;
	struct tcp_sack_block kept[TCP_SACK_MAX];
	unsigned n = 0;

	for (unsigned i = 0; i < tcb->n_rcv_sack; i++) {
		if (seq_geq(s->b[i].right, left) && seq_leq(s->b[i].left, right)) {
			left = seq_min(left, s->b[i].left);
			right = seq_max(right, s->b[i].right);
		} else {
			kept[n++] = s->b[i];
		}
	}
	if (n == TCP_SACK_MAX)
		n--;
	s->b[0] = (struct tcp_sack_block){left, right};
	memcpy(&s->b[1], kept, n * sizeof(kept[0]));
	tcb->n_rcv_sack = (uint8_t)(n + 1);
}

/* Blocks below the next byte expected are told by the ACK itself. */
static void
sack_advance(struct tcb *tcb)
{
	struct rcv_sack *s = &tcb->rcv_sack;
	uint8_t n = 0;

	for (unsigned i = 0; i < tcb->n_rcv_sack; i++)
		if (seq_gt(s->b[i].left, tcb->rcv_nxt))
			s->b[n++] = s->b[i];
	tcb->n_rcv_sack = n;
}

/* Bytes in front of the SYN are of a connection before, late on their way: they did not come twice. */
static bool
is_before_syn(const struct tcb *tcb, uint32_t seq)
{
	return seq_lt(seq, tcb->irs) && bytes_since(tcb->irs, tcb->rcv_nxt, tcb->rcv_wraps, false) < 1u << 31;
}

void
reass_duplicate(struct tcb *tcb, uint32_t seq, uint32_t end)
{
	if (is_before_syn(tcb, seq))
		seq = tcb->irs + 1;
	if (!tcb->p->tcp.dsack || !(tcb->neg & MIEN_NEG_SACK) || !seq_lt(seq, end))
		return;
	tcb->rcv_sack.dup = (struct tcp_sack_block){seq, end};
	tcb->flags |= TF_DSACK;
}

unsigned
reass_blocks(struct tcb *tcb, struct tcp_sack_block *blocks, unsigned max)
{
	const struct rcv_sack *s = &tcb->rcv_sack;
	unsigned n = 0;

	if (tcb->flags & TF_DSACK) {
		blocks[n++] = s->dup;
		tcb->flags &= ~TF_DSACK;
	}
	for (unsigned i = 0; i < tcb->n_rcv_sack && n < max; i++)
		blocks[n++] = s->b[i];
	return n;
}

/* -- the verbs --------------------------------------------------------------------------------------------- */

static bool
stack_is_full(const struct tcp *t, const struct rte_mbuf *m, uint32_t len)
{
	const struct tcp_limits *l = &t->limits;

	return t->reass_bytes + len > l->max_reassembly_bytes ||
	       (l->max_reassembly_mbufs && t->reass_mbufs + m->nb_segs > l->max_reassembly_mbufs);
}

/* What fills the first gap is always welcome: it makes room. Where all have too much the larger give way. */
static bool
over_limits(struct tcp *t, struct tcb *tcb, const struct rte_mbuf *m, uint32_t seq, uint32_t len)
{
	if (seq == tcb->rcv_nxt)
		return false;
	if (tcb->reass.count >= most_pieces(tcb) >> (2 * t->scarce_mbufs))
		return true;
	return stack_is_full(t, m, len) && !(pressure_prune(t, tcb) && !stack_is_full(t, m, len));
}

/* What is let go and is here all the same is told of as any other duplicate. */
static void
tell_if_held(struct tcb *tcb, uint32_t seq, uint32_t end)
{
	for (unsigned i = 0; i < tcb->n_rcv_sack; i++) {
		const struct tcp_sack_block *b = &tcb->rcv_sack.b[i];

		if (seq_leq(b->left, seq) && seq_geq(b->right, end)) {
			reass_duplicate(tcb, seq, end);
			sack_add(tcb, seq, end);
			return;
		}
	}
}

bool
reass_insert(struct tcp *t, struct tcb *tcb, struct rte_mbuf *m, struct arrival came)
{
	if (over_limits(t, tcb, m, came.seq, came.end - came.seq)) {
		rte_pktmbuf_free(m);
		tell_if_held(tcb, came.seq, came.end);
		return false;
	}
	if (!insert(t, tcb, m, &came))
		bytes_lost(tcb);
	else if (came.seq != tcb->rcv_nxt)
		sack_add(tcb, came.seq, came.end);
	return true;
}

void
reass_pull(struct tcp *t, struct tcb *tcb)
{
	while (tcb->reass.head && piece_seq(tcb->reass.head) == tcb->rcv_nxt) {
		struct rte_mbuf *m = unlink_first(t, tcb);
		const struct pkt_meta *meta = pkt_meta(m);
		const struct arrival came = {tcb->rcv_nxt, meta->end, meta->flags, meta->tos};

		rcvq_append(t, tcb, m, came);
		rcv_nxt_add(tcb, came.end - came.seq);
	}
	sack_advance(tcb);
}
