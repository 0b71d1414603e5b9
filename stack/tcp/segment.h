/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A received segment as values (RFC 9293 3.3.1: SEG.SEQ, SEG.ACK, ...), and the facts that travel in the private
 * area of an mbuf while it stands in a queue.
 */
#ifndef TCP_SEGMENT_H
#define TCP_SEGMENT_H

#include <rte_mbuf.h>

#include <mien/addr.h>
#include <mien/stack.h>

#include "tcp_hdr.h"
#include "tcp_opt.h"

/** Key of a flow, family-agnostic, ports in host order; compared and hashed whole. */
struct flow_key {
	struct mien_addr local, remote;
	uint16_t lport, rport;
	uint32_t zero;
};
_Static_assert(sizeof(struct flow_key) == 40, "flow_key has no holes");

static inline bool
flow_key_eq(const struct flow_key *a, const struct flow_key *b)
{
	uint64_t pa, pb;

	memcpy(&pa, &a->lport, 8);
	memcpy(&pb, &b->lport, 8);
	return ((a->local.q[0] ^ b->local.q[0]) | (a->local.q[1] ^ b->local.q[1]) |
		(a->remote.q[0] ^ b->remote.q[0]) | (a->remote.q[1] ^ b->remote.q[1]) | (pa ^ pb)) == 0;
}

/** Filled by pass one; lives in an array parallel to the burst. Lengths in bytes. */
struct tcp_segment {
	struct rte_mbuf *m;    /* data starts at the payload, trimmed to its length (maybe 0) */
	struct flow_key key;
	uint64_t hash;	       /* of the key: tcp_flow_hash() */
	uint32_t seq, ack;
	uint32_t len;	       /* payload bytes; SYN and FIN not counted */
	uint16_t wnd;	       /* as sent, unscaled */
	uint16_t urp;
	uint8_t flags;	       /* TH_FIN .. TH_CWR */
	uint8_t reserved;      /* the four reserved bits */
	uint8_t opt_len;
	uint8_t ttl, tos, df;  /* of the IP header */
	const uint8_t *opts;   /* option bytes in the mbuf, in front of the payload */
	struct tcp_opts opt;   /* parsed */
};

/** SEG.LEN of RFC 9293: payload, SYN and FIN. */
static inline uint32_t
segment_len(const struct tcp_segment *seg)
{
	return seg->len + !!(seg->flags & TH_SYN) + !!(seg->flags & TH_FIN);
}

/* pkt_meta.flags */
#define PKT_SACKED 0x01u  /* the peer reported it */
#define PKT_LOST 0x02u	  /* to be sent again */
#define PKT_RTX 0x04u	  /* was sent more than once */
#define PKT_TOKEN 0x08u	  /* token is to be told when `end` is acknowledged */
#define PKT_PUSH 0x10u	  /* ends what one send call gave; received: PSH stood on its last byte */
#define PKT_BURST 0x20u	  /* ends a burst */
#define PKT_OWN 0x40u	  /* bytes were copied here: may be appended to while unsent */
#define PKT_NEW 0x80u	  /* in flight by number, but no copy has left yet */

/* pkt_meta.rtx */
#define RTX_LISTED 0x80u  /* stands in rack.again */
#define RTX_TIMES 0x7fu

/* pkt_meta.sent */
#define SENT_FIN 0x01u	   /* it carried the FIN */
#define SENT_COUNTED 0x02u /* rtx_index.c: it has a number, and way in place of skip and flight */
#define SENT_WAY 0x04u	   /* which leads to a later packet */
#define SENT_SMALL 0x08u   /* it was shorter than a full segment */

/** Private area of the first mbuf of a queued packet (payload chain). */
struct pkt_meta {
	struct rte_mbuf *next; /* in its queue; mbuf->next is the chain of one packet */
	union {
		uint64_t sent_at;     /* ns, last transmission */
		struct rte_mbuf *far; /* waiting out of order: pieces.h, as again_next and again_prev then */
	};
	union {
		uint64_t token;
		struct { /* waiting out of order: the segment's own bytes, whatever was cut off since */
			uint32_t came_seq, came_end;
		};
	};
	uint32_t seq, end;     /* bytes [seq, end) */
	uint16_t data_off;     /* m->data_off of the first payload byte (the header may stand before it) */
	uint16_t data_len;     /* of the first mbuf, payload only */
	uint8_t flags;	       /* PKT_... */
	union {
		uint8_t rtx;   /* times sent again; RTX_LISTED */
		uint8_t tos;   /* received: of the IP header that brought the last byte */
	};
	uint8_t small;	       /* a copy of the payload in env.indirect, nobody else holds it */
	union {
		uint8_t sent;	/* in rtxq: SENT_... */
		uint8_t height; /* waiting out of order: pieces.h */
	};
	union {
		struct {
			uint32_t skip;	 /* sent: payload bytes at the front already acknowledged */
			uint32_t flight; /* sent: outstanding when it first left, itself included; of the last one */
		};
		struct rte_mbuf *way; /* with SENT_COUNTED: rtx_index.c */
	};
	union {
		struct rte_mbuf *again_next; /* with RTX_LISTED: ring of rack.again */
		struct rte_mbuf *run;	     /* with PKT_SACKED: itself or a later one of the same run */
	};
	struct rte_mbuf *again_prev;
};
_Static_assert(sizeof(struct pkt_meta) <= MIEN_MBUF_PRIV_SIZE, "pkt_meta fits the private area");

static inline struct pkt_meta *
pkt_meta(struct rte_mbuf *m)
{
	return (struct pkt_meta *)(void *)((uint8_t *)m + sizeof(struct rte_mbuf));
}

/** Payload bytes at the front of a sent packet that are acknowledged. */
static inline uint32_t
pkt_skip(const struct pkt_meta *meta)
{
	return __builtin_expect(meta->sent & SENT_COUNTED, 0) ? 0 : meta->skip;
}

/** A queue of packets in sequence order, linked through pkt_meta.next. */
struct pkt_queue {
	struct rte_mbuf *head, *tail;
	uint32_t bytes;
	uint32_t count; /* mbufs, chains counted whole */
};

#endif
