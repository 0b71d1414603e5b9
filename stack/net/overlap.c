/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Who wins where fragments overlap. The policies are those of J. Novak, "Target-based fragmentation reassembly"
 * (2005), stated for two pieces, the one that came first and the one that comes now.
 */
#include "reass.h"

struct span {
	uint32_t start, end;
};

static bool
older_wins(enum mien_overlap policy, struct span older, struct span newer)
{
	switch (policy) {
	case MIEN_OVERLAP_LAST:
		return false;
	case MIEN_OVERLAP_BSD:
		return older.start <= newer.start;
	case MIEN_OVERLAP_BSD_RIGHT:
		return older.start > newer.start;
	case MIEN_OVERLAP_LINUX:
		return older.start < newer.start;
	case MIEN_OVERLAP_SOLARIS: /* unless it is covered, on the left by more than itself */
		return !(newer.start < older.start && newer.end >= older.end);
	case MIEN_OVERLAP_WINDOWS: /* unless it is covered by more than itself on both sides */
		return !(newer.start < older.start && newer.end > older.end);
	case MIEN_OVERLAP_DROP: /* what is equal may stay; what is not was refused before */
	case MIEN_OVERLAP_VISTA:
	case MIEN_OVERLAP_RFC5722:
	case MIEN_OVERLAP_FIRST:
	case MIEN_OVERLAP_COUNT:
		break;
	}
	return true;
}

/* A view of bytes [from, to) of a piece; NULL without mbufs. The piece stays. */
static struct rte_mbuf *
view(struct net *n, struct rte_mbuf *m, uint32_t from, uint32_t to)
{
	struct rte_mbuf *v = rte_pktmbuf_clone(m, n->env->indirect);
	const struct piece *p = piece_of(m);

	if (!v)
		return NULL;
	pkt_cut_to(v, to - p->start);
	pkt_cut_front(v, from - p->start);
	*piece_of(v) = (struct piece){.start = from, .end = to};
	return v;
}

/* Cuts a piece down to [from, to), not empty. */
static void
cut(struct rte_mbuf *m, uint32_t from, uint32_t to)
{
	struct piece *p = piece_of(m);

	pkt_cut_to(m, to - p->start);
	pkt_cut_front(m, from - p->start);
	p->start = from;
	p->end = to;
}

static void
account(struct net *n, struct datagram *d, const struct rte_mbuf *m, bool in)
{
	uint32_t bytes = m->pkt_len, pinned = pkt_pinned(m);

	d->bytes = in ? d->bytes + bytes : d->bytes - bytes;
	d->pinned = in ? d->pinned + pinned : d->pinned - pinned;
	d->pieces = (uint16_t)(in ? d->pieces + 1 : d->pieces - 1);
	n->frag_bytes = in ? n->frag_bytes + pinned : n->frag_bytes - pinned;
	n->frag_mbufs = in ? n->frag_mbufs + m->nb_segs : n->frag_mbufs - m->nb_segs;
	n->frag_sources[d->source] = in ? n->frag_sources[d->source] + pinned : n->frag_sources[d->source] - pinned;
	n->env->mbufs_held = in ? n->env->mbufs_held + m->nb_segs : n->env->mbufs_held - m->nb_segs;
}

static void
link_in(struct net *n, struct datagram *d, struct rte_mbuf **at, struct rte_mbuf *m)
{
	if (!*at)
		d->last = m;
	piece_of(m)->next = *at;
	*at = m;
	account(n, d, m, true);
}

/* The piece whose `next` is at. */
static struct rte_mbuf *
before_of(struct rte_mbuf **at)
{
	uint8_t *piece = (uint8_t *)at - offsetof(struct piece, next);

	return (struct rte_mbuf *)(void *)(piece - sizeof(struct rte_mbuf));
}

/* The newer wins over all of its span: the older keeps what sticks out. Returns where to go on; NULL: no mbufs. */
static struct rte_mbuf **
make_way(struct net *n, struct datagram *d, struct rte_mbuf **at, struct span newer)
{
	struct rte_mbuf *old = *at, *right = NULL;
	struct span o = {piece_of(old)->start, piece_of(old)->end};

	if (o.start < newer.start && o.end > newer.end) {
		right = view(n, old, newer.end, o.end);
		if (!right)
			return NULL;
	}
	account(n, d, old, false);
	if (o.start >= newer.start && o.end <= newer.end) {
		*at = piece_of(old)->next;
		if (d->last == old)
			d->last = at == &d->first ? NULL : before_of(at);
		rte_pktmbuf_free(old);
		return at;
	}
	cut(old, o.start < newer.start ? o.start : newer.end, o.start < newer.start ? newer.start : o.end);
	account(n, d, old, true);
	if (right)
		link_in(n, d, &piece_of(old)->next, right);
	return o.start < newer.start ? &piece_of(old)->next : at;
}

/* Are the bytes that two pieces share the same? */
static bool
agree(const struct rte_mbuf *old, const struct piece *o, const struct rte_mbuf *m, struct span s)
{
	uint32_t from = o->start > s.start ? o->start : s.start, to = o->end < s.end ? o->end : s.end;

	return pkt_equal(old, from - o->start, m, from - s.start, to - from);
}

static bool
all_agree(const struct datagram *d, const struct rte_mbuf *m, struct span s)
{
	for (struct rte_mbuf *old = d->first; old; old = piece_of(old)->next) {
		const struct piece *o = piece_of(old);

		if (o->start < s.end && o->end > s.start && !agree(old, o, m, s))
			return false;
	}
	return true;
}

/* Is all of it here already, in one piece or in several without a gap? */
static bool
is_inside(const struct datagram *d, struct span s)
{
	for (struct rte_mbuf *old = d->first; old; old = piece_of(old)->next) {
		const struct piece *o = piece_of(old);

		if (o->start <= s.start && o->end > s.start)
			s.start = o->end;
	}
	return s.start >= s.end;
}

enum fate { FATE_MERGE, FATE_IGNORE, FATE_DISCARD };

/* A fragment that overlaps, under policies that do not look for a winner. */
static enum fate
fate_of(const struct datagram *d, const struct rte_mbuf *m, struct span s)
{
	switch ((enum mien_overlap)d->overlap) {
	case MIEN_OVERLAP_DROP:
		return all_agree(d, m, s) ? FATE_MERGE : FATE_DISCARD;
	case MIEN_OVERLAP_VISTA:
		return FATE_IGNORE;
	case MIEN_OVERLAP_RFC5722: /* RFC 8200 4.5: duplicates may be ignored */
		return is_inside(d, s) ? FATE_IGNORE : FATE_DISCARD;
	default:
		return FATE_MERGE;
	}
}

/* A part of the newer one goes in front of *at. */
static bool
put_part(struct net *n, struct datagram *d, struct rte_mbuf **at, struct rte_mbuf *m, uint32_t from, uint32_t to)
{
	struct rte_mbuf *part = view(n, m, from, to);

	if (part)
		link_in(n, d, at, part);
	return part != NULL;
}

/*
 * The pieces from *at on overlap the newer one. Parts of it go in as views: rare, and so simpler than cutting it.
 * False without mbufs.
 */
static bool
merge(struct net *n, struct datagram *d, struct rte_mbuf **at, struct rte_mbuf *m, struct span s)
{
	uint32_t from = s.start; /* what is before it is decided */

	while (*at && piece_of(*at)->start < s.end) {
		struct span o = {piece_of(*at)->start, piece_of(*at)->end};

		if (!older_wins((enum mien_overlap)d->overlap, o, s)) {
			at = make_way(n, d, at, s);
			if (!at)
				return false;
			continue;
		}
		if (from < o.start) {
			if (!put_part(n, d, at, m, from, o.start))
				return false;
			at = &piece_of(*at)->next;
		}
		from = o.end > from ? o.end : from;
		at = &piece_of(*at)->next;
	}
	return from >= s.end || put_part(n, d, at, m, from, s.end);
}

enum mien_drop
overlap_insert(struct net *n, struct datagram *d, struct rte_mbuf *m, uint32_t start, uint32_t end)
{
	struct rte_mbuf **at = &d->first;
	struct span s = {start, end};
	enum fate fate;
	bool ok;

	*piece_of(m) = (struct piece){.start = start, .end = end};
	if (d->last && piece_of(d->last)->end <= start)
		at = &piece_of(d->last)->next; /* as honest senders send them */
	while (*at && piece_of(*at)->end <= start)
		at = &piece_of(*at)->next;
	if (!*at || piece_of(*at)->start >= end) {
		link_in(n, d, at, m);
		return MIEN_DROP_NONE;
	}
	fate = fate_of(d, m, s);
	if (fate != FATE_MERGE) {
		rte_pktmbuf_free(m);
		return fate == FATE_DISCARD ? MIEN_DROP_FRAG_OVERLAP : MIEN_DROP_NONE;
	}
	ok = merge(n, d, at, m, s);
	rte_pktmbuf_free(m); /* its views keep the bytes */
	return ok ? MIEN_DROP_NONE : MIEN_DROP_NO_MBUF;
}
