/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Pieces that wait out of order, in the order of their numbers, none overlapping another: a list that skips (W. Pugh,
 * "Skip lists: a probabilistic alternative to balanced trees", 1990). Each of the four levels holds an eighth of the
 * pieces of the level below it, drawn where nobody outside can guess; the first piece stands on all of them and so is
 * the list's head. Finding a place among n pieces takes some 16 steps and n / 512 more, whatever an attacker sends.
 */
#ifndef TCP_PIECES_H
#define TCP_PIECES_H

#include "tcp_parts.h"

#define PIECE_LEVELS 4

/* Between two pieces. */
struct piece_place {
	struct rte_mbuf *before[PIECE_LEVELS]; /* the last piece in front, on each level; NULL: none */
	struct rte_mbuf *at;		       /* the first behind */
};

/* The way from a piece to the next of its level. */
static inline struct rte_mbuf **
piece_way(struct rte_mbuf *m, unsigned level)
{
	static const uint8_t at[PIECE_LEVELS] = {offsetof(struct pkt_meta, next), offsetof(struct pkt_meta, far),
		offsetof(struct pkt_meta, again_next), offsetof(struct pkt_meta, again_prev)};

	return (struct rte_mbuf **)(void *)((uint8_t *)pkt_meta(m) + at[level]);
}

/* at: the first piece that ends behind seq. */
struct piece_place pieces_seek(const struct pkt_queue *q, uint32_t seq);
/* Puts m, whose numbers are set and overlap nothing. The queue's sums are the caller's, as of the next one. */
void pieces_link(struct env *env, struct pkt_queue *q, struct rte_mbuf *m);
/* Takes where->at out. */
void pieces_unlink(struct pkt_queue *q, const struct piece_place *where);

#endif
