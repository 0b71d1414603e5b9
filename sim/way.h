/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One direction of a link under virtual time: rate, a queue in front of it, delay, jitter, loss by itself and in bursts,
 * duplication, reordering, corruption, an MTU, silence.
 *
 * Frames are mbufs and travel without being copied; a copy is made of one that is damaged or doubled, and of one whose
 * memory somebody else still refers to.
 */
#ifndef SIM_WAY_H
#define SIM_WAY_H

#include <rte_mbuf.h>

#include "dice.h"

/* All zero: a wire that delivers everything at once. */
struct sim_link_config {
	uint64_t delay_ns;
	uint64_t jitter_ns;	/* up to so much more for each frame; they keep their order */
	uint64_t rate_bps;	/* 0: no limit */
	uint32_t queue_bytes;	/* waiting for their turn at the rate; the next is dropped. 0: no limit */
	uint32_t mark_bytes;	/* with a rate: what finds more waiting and is ECN-capable comes marked (RFC 3168 5). 0: none is */
	uint32_t loss_ppm;	/* of a million frames, each by itself */
	uint32_t burst_begin_ppm, burst_end_ppm; /* Gilbert and Elliott: from good to bad, where all is lost, and back */
	uint32_t duplicate_ppm;
	uint32_t corrupt_ppm;	/* one bit of an IPv4 packet flips; what has no checksum is lost instead */
	uint32_t reorder_ppm;	/* frames that come up to reorder_ns later than the others */
	uint64_t reorder_ns;	/* 0: 5 ms */
	uint64_t stall_every_ns, stall_ns; /* about so often nothing arrives for so long; what was sent comes then */
	uint64_t coalesce_ns;	/* the receiver looks this often, as a network card that spares interrupts. 0: at once */
	uint16_t mtu;		/* IP packets larger than this do not pass; 0: all do */
	bool mtu_silent;	/* and nobody tells the sender */
};

struct sim_link_stats {
	uint64_t frames, bytes; /* offered */
	uint64_t delivered, lost, queue_full, duplicated, reordered, corrupted, too_big, stalls, no_mbuf,
		marked;
};

/* Frames that links lost or damaged and boxes dropped, by the sum of their ports: whichever way those of a connection go. */
#define WAY_LOSSES 4096u
struct way_losses {
	uint32_t all, others, of[WAY_LOSSES]; /* others: what has no ports */
};

/* m is about to be lost; l may be NULL. */
void way_count_loss(struct way_losses *l, const struct rte_mbuf *m);

struct way_flight {
	uint64_t at;
	struct rte_mbuf *m;
};

struct way {
	struct sim_link_config config;
	struct sim_link_stats stats;
	struct way_losses *losses; /* not owned; NULL: they are not counted */
	struct dice dice;
	struct rte_mempool *pool;
	uint64_t busy_until;	 /* when the last frame offered is on the wire */
	uint64_t last_at;	 /* when the last one in order arrives */
	uint64_t stall_from, stall_to; /* the next silence, or the one that lasts */
	bool bad;		 /* inside of a burst of loss */
	struct way_flight *ring; /* by time; a power of two of places */
	uint32_t head, count, places;
};

/* Errors: ENOMEM. The pool is borrowed. */
int way_init(struct way *w, const struct sim_link_config *config, struct dice dice, struct rte_mempool *pool);
/* Frees what is on its way. */
void way_fini(struct way *w);
/* For the frames put from now on. */
void way_set(struct way *w, const struct sim_link_config *config);

enum way_fate { WAY_SENT, WAY_LOST, WAY_TOO_BIG };
/* Takes m, except when it is too big and the sender must be told: then it stays the caller's. */
enum way_fate way_put(struct way *w, uint64_t now, struct rte_mbuf *m);
/* A frame that has arrived, or NULL; the caller's. */
struct rte_mbuf *way_take(struct way *w, uint64_t now);

/* When the next one arrives; MIEN_NEVER (all ones): none is on its way. */
static inline uint64_t
way_next(const struct way *w)
{
	return w->count ? w->ring[w->head].at : UINT64_MAX;
}

/* Whether a link has flipped a bit of it; the mark goes with the frame until a host takes it. */
#define WAY_DAMAGED 0xdau

static inline bool
way_is_damaged(const struct rte_mbuf *m)
{
	return m->packet_type == WAY_DAMAGED;
}

/* A copy in one piece, checksums complete; NULL without mbufs. m is borrowed. */
struct rte_mbuf *way_copy(struct rte_mempool *pool, const struct rte_mbuf *m);
/* A second frame like m (borrowed): its first piece, where the headers are, is copied, the others are referred to. */
struct rte_mbuf *way_twin(struct rte_mempool *pool, struct rte_mbuf *m);

#endif
