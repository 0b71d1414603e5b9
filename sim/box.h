/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A middlebox: what it does to the TCP segments that pass. It has two sides; side 0 is inside (its clients' side).
 * Nothing is remembered of connections: ports, addresses, sequence numbers and timestamps move by keyed hashes.
 */
#ifndef SIM_BOX_H
#define SIM_BOX_H

#include <rte_mbuf.h>

#include "seg.h"
#include "way.h"

#define SIM_BOX_MSS 1u		/* lowers the MSS of SYNs to .mss */
#define SIM_BOX_NO_WSCALE 2u	/* takes options off SYNs */
#define SIM_BOX_NO_SACK 4u
#define SIM_BOX_NO_TS 8u
#define SIM_BOX_TTL 16u		/* takes .ttl off, but leaves 1 */
#define SIM_BOX_PORTS 32u	/* other ports outside for those from 1024 on inside */
#define SIM_BOX_SEQ 64u		/* other sequence numbers outside */
#define SIM_BOX_TS 128u		/* other timestamps outside */
#define SIM_BOX_SPLIT 256u	/* segments with more than .split bytes leave as two */
#define SIM_BOX_COALESCE 512u	/* segments that come at one time and continue each other leave as one */
#define SIM_BOX_NO_FO 1024u	/* takes Fast Open's option off SYNs */
#define SIM_BOX_FO_LOST 2048u	/* drops SYNs that have it */
#define SIM_BOX_DATA_LOST 4096u /* drops SYNs with data */
#define SIM_BOX_DATA_CUT 8192u	/* takes their data off */
#define SIM_BOX_SYN_TWICE 32768u /* SYNs with data come again with the next one */
#define SIM_BOX_ADDRESSES 16384u /* each connection from inside has one of a few addresses outside: box_address() */

struct sim_box_config {
	uint32_t what; /* SIM_BOX_... */
	uint16_t mss, split;
	uint8_t ttl;
	uint64_t key;
};

struct sim_box_stats {
	uint64_t frames, rewritten, split, coalesced, dropped;
};

/* The addresses outside of one inside. */
#define BOX_ADDRESSES 3u

static inline uint32_t
box_address(uint32_t inside, unsigned i)
{
	return inside + ((i + 1) << 8);
}

struct box {
	struct sim_box_config config;
	struct sim_box_stats stats;
	struct way_losses *losses; /* not owned; NULL: they are not counted */
	struct rte_mempool *pool;
	struct rte_mbuf *held[2]; /* from each side: may be continued */
	struct seg held_seg[2];
	struct rte_mbuf *late; /* a copy of the last SYN with data from inside */
	void (*emit)(void *ctx, unsigned side, struct rte_mbuf *m); /* takes m, which came in at this side */
	void *ctx;
};

/* Takes m, which came in at this side (0, 1); damaged frames pass as they are. */
void box_pass(struct box *b, unsigned side, struct rte_mbuf *m);
/* Lets go what waited to be continued: nothing more comes at this time. */
void box_flush(struct box *b);
void box_fini(struct box *b);

#endif
