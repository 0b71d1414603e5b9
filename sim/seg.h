/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A frame as the simulation reads it. Nothing of the engine's parsers is used: what they get wrong, this one shall not
 * get wrong in the same way.
 */
#ifndef SIM_SEG_H
#define SIM_SEG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { SEG_FIN = 1, SEG_SYN = 2, SEG_RST = 4, SEG_PSH = 8, SEG_ACK = 16, SEG_URG = 32, SEG_ECE = 64, SEG_CWR = 128 };
/* Options that are there. */
enum { SEG_O_MSS = 1, SEG_O_WSCALE = 2, SEG_O_SACKOK = 4, SEG_O_TS = 8, SEG_O_SACK = 16, SEG_O_OTHER = 32,
	SEG_O_FO = 64, SEG_O_FO_EXP = 128 /* under kind 254 (RFC 6994): besides SEG_O_FO */ };
#define SEG_FO_MOST 16

enum seg_kind { SEG_IS_TCP, SEG_IS_OTHER, SEG_IS_BAD };

struct seg {
	uint32_t src, dst;
	uint32_t seq, ack;
	uint32_t len;	      /* of the payload */
	uint32_t tsval, tsecr;
	uint16_t sport, dport;
	uint16_t window, urgent;
	uint16_t mss;
	uint16_t ip_len;      /* the packet's, header included */
	uint16_t tcp_at;      /* where the TCP header is in the frame */
	uint8_t hdr_len;      /* of TCP, options included */
	uint8_t flags, reserved;
	uint8_t options, wscale, n_sack;
	uint8_t ttl, protocol, tos; /* tos: its two bits of ECN */
	uint16_t pieces;      /* mbufs that it lies in; the watch's to set */
	bool df, fragment;
	uint32_t sack[4][2];
	uint8_t fo_len, fo[SEG_FO_MOST]; /* SEG_O_FO: the cookie (RFC 7413 4.1.1), 0 bytes: a request */
	const char *wrong;    /* SEG_IS_BAD: what; otherwise what is odd about the options, or NULL */
};

/* have: bytes that lie in one piece (all headers do), of a frame of frame_len. */
enum seg_kind seg_read(const uint8_t *frame, uint32_t have, uint32_t frame_len, struct seg *out);

/* The sequence number behind the segment: SYN and FIN count. */
static inline uint32_t
seg_end(const struct seg *s)
{
	return s->seq + s->len + !!(s->flags & SEG_SYN) + !!(s->flags & SEG_FIN);
}

/* a lies behind b in sequence space. */
static inline bool
seg_after(uint32_t a, uint32_t b)
{
	return (int32_t)(a - b) > 0;
}

static inline uint16_t
seg_be16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

static inline uint32_t
seg_be32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static inline void
seg_put16(uint8_t *p, uint32_t v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

static inline void
seg_put32(uint8_t *p, uint32_t v)
{
	seg_put16(p, v >> 16);
	seg_put16(p + 2, v);
}

/*
 * Writes the segment in packetdrill's words, "P. 1:101(100) ack 1 win 229 <nop,nop,TS val 1 ecr 2>", its numbers less
 * the two bases. Gives the length, as snprintf does.
 */
int seg_print(char *buf, size_t cap, const struct seg *s, uint32_t seq_base, uint32_t ack_base);

#endif
