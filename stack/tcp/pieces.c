/* SPDX-License-Identifier: BSD-3-Clause */
#include "pieces.h"

static inline bool
ends_by(struct rte_mbuf *m, uint32_t seq)
{
	return seq_leq(pkt_meta(m)->end, seq);
}

struct piece_place
pieces_seek(const struct pkt_queue *q, uint32_t seq)
{
	struct piece_place where = {.at = q->head};
	struct rte_mbuf *m = q->head, *next;

	if (!m || !ends_by(m, seq))
		return where;
	for (unsigned level = PIECE_LEVELS; level-- > 0;) {
		while ((next = *piece_way(m, level)) != NULL && ends_by(next, seq))
			m = next;
		where.before[level] = m;
	}
	where.at = next;
	return where;
}

/* On how many levels a piece stands. */
static uint8_t
draw_height(struct env *env)
{
	uint32_t luck = rng_u32(&env->luck);
	uint8_t height = 1;

	while (height < PIECE_LEVELS && (luck & 7) == 0) {
		height++;
		luck >>= 3;
	}
	return height;
}

/* The old head keeps the levels that it draws; on the others the new one takes over its ways. */
static void
link_head(struct pkt_queue *q, struct rte_mbuf *m, uint8_t height)
{
	struct rte_mbuf *old = q->head;

	for (unsigned level = 0; level < PIECE_LEVELS; level++)
		*piece_way(m, level) = !old || level < height ? old : *piece_way(old, level);
	if (old)
		pkt_meta(old)->height = height;
	else
		q->tail = m;
	pkt_meta(m)->height = PIECE_LEVELS;
	q->head = m;
}

void
pieces_link(struct env *env, struct pkt_queue *q, struct rte_mbuf *m)
{
	uint8_t height = draw_height(env);
	struct piece_place where;

	if (q->tail && height == 1 && ends_by(q->tail, pkt_meta(m)->seq)) {
		where = (struct piece_place){.before = {q->tail}}; /* as most pieces come */
	} else {
		where = pieces_seek(q, pkt_meta(m)->seq);
		if (!where.before[0]) {
			link_head(q, m, height);
			return;
		}
	}
	pkt_meta(m)->height = height;
	for (unsigned level = 0; level < height; level++) {
		*piece_way(m, level) = *piece_way(where.before[level], level);
		*piece_way(where.before[level], level) = m;
	}
	if (!pkt_meta(m)->next)
		q->tail = m;
}

/* The next piece becomes the head: on the levels above its own it goes on where the old head went. */
static void
unlink_head(struct pkt_queue *q)
{
	struct rte_mbuf *old = q->head, *m = pkt_meta(old)->next;

	q->head = m;
	if (!m) {
		q->tail = NULL;
		return;
	}
	for (unsigned level = pkt_meta(m)->height; level < PIECE_LEVELS; level++)
		*piece_way(m, level) = *piece_way(old, level);
	pkt_meta(m)->height = PIECE_LEVELS;
}

void
pieces_unlink(struct pkt_queue *q, const struct piece_place *where)
{
	struct rte_mbuf *m = where->at;

	if (m == q->head) {
		unlink_head(q);
		return;
	}
	for (unsigned level = 0; level < pkt_meta(m)->height; level++)
		*piece_way(where->before[level], level) = *piece_way(m, level);
	if (q->tail == m)
		q->tail = where->before[0];
}
