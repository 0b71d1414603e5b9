/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Reassembly of IP datagrams (RFC 791, RFC 815, RFC 1122 3.3.2). A datagram is a list of pieces, sorted and free of
 * overlap; who wins where they overlapped was decided when they came, by the personality.
 */
#ifndef NET_REASS_H
#define NET_REASS_H

#include "net_parts.h"

#define REASS_PIECES 64	  /* of one datagram, where the personality says nothing */
#define REASS_MAX 65535   /* IP header and data together */
#define ECN_BITS 3u
#define ECN_NOT_ECT 0
#define ECN_CE 3

/* A piece is an mbuf chain; this is its private area. Bytes [start, end) of the datagram's data. */
struct piece {
	struct rte_mbuf *next;
	uint32_t start, end;
};
_Static_assert(sizeof(struct piece) <= MIEN_MBUF_PRIV_SIZE, "a piece's facts fit the private area");

static inline struct piece *
piece_of(struct rte_mbuf *m)
{
	return (struct piece *)(void *)((uint8_t *)m + sizeof(struct rte_mbuf));
}

struct datagram {
	struct mien_addr src, dst;
	struct host *host; /* NULL: broadcast */
	struct wheel_entry timer;
	struct rte_mbuf *first, *last; /* pieces */
	uint64_t hash;
	uint64_t pinned;	/* bytes of memory */
	uint32_t index, older, newer;
	uint32_t bytes;		/* of data that are here */
	uint32_t end;		/* highest end of a piece */
	uint32_t total;		/* bytes of data, once the last fragment is here */
	uint16_t id;
	uint16_t pieces;
	uint16_t source;	/* bucket of net.frag_sources */
	uint8_t proto;
	uint8_t ecn_seen;	/* 1 << ECN bits */
	uint8_t overlap;	/* enum mien_overlap */
	bool last_seen, first_seen;
	bool df;
	bool group;		/* a fragment of it came by broadcast */
	uint8_t tos, ttl;	/* of the first fragment */
	uint8_t hdr_len;
	uint8_t hdr[IP_HDR_COPY]; /* the first fragment's header */
};

/* overlap.c: puts m with bytes [start, end) among the pieces. Takes m. MIEN_DROP_NONE, or why the datagram is lost. */
enum mien_drop overlap_insert(struct net *n, struct datagram *d, struct rte_mbuf *m, uint32_t start, uint32_t end);

#endif
