/* SPDX-License-Identifier: BSD-3-Clause */
/* The TCP header (RFC 9293 3.1). */
#ifndef WIRE_TCP_HDR_H
#define WIRE_TCP_HDR_H

#include "cksum.h"
#include "wire.h"

#define TCP_HDR_MIN 20
#define TCP_HDR_MAX 60
#define TCP_OPTS_MAX 40

#define TH_FIN 0x01
#define TH_SYN 0x02
#define TH_RST 0x04
#define TH_PSH 0x08
#define TH_ACK 0x10
#define TH_URG 0x20
#define TH_ECE 0x40
#define TH_CWR 0x80

struct tcp_hdr_v {
	uint16_t sport;
	uint16_t dport;
	uint32_t seq;
	uint32_t ack;
	uint16_t window; /* as sent, not scaled */
	uint16_t cksum;
	uint16_t urp;
	uint8_t doff;	  /* bytes, 20..60 */
	uint8_t flags;	  /* TH_FIN .. TH_CWR */
	uint8_t reserved; /* the four bits between offset and flags */
	uint8_t opt_len;
	uint32_t payload_len;
	const uint8_t *opts;
	const uint8_t *payload;
};
_Static_assert(sizeof(struct tcp_hdr_v) <= 48, "tcp_hdr_v stays within a cache line");

/*
 * len: the IP payload. WIRE_SHORT, or WIRE_BAD_HEADER_LEN for a data offset below 5 or past the
 * end; v is filled only on WIRE_OK. The checksum is not verified here: see tcp_cksum_ok().
 */
static inline enum wire_verdict
tcp_parse(const uint8_t *p, size_t len, struct tcp_hdr_v *v)
{
	unsigned int doff;

	if (__builtin_expect(len < TCP_HDR_MIN, 0))
		return WIRE_SHORT;
	doff = (unsigned int)(p[12] >> 4) * 4;
	if (__builtin_expect(doff < TCP_HDR_MIN || doff > len, 0))
		return WIRE_BAD_HEADER_LEN;
	v->sport = get_be16(p);
	v->dport = get_be16(p + 2);
	v->seq = get_be32(p + 4);
	v->ack = get_be32(p + 8);
	v->window = get_be16(p + 14);
	v->cksum = get_be16(p + 16);
	v->urp = get_be16(p + 18);
	v->doff = (uint8_t)doff;
	v->flags = p[13];
	v->reserved = p[12] & 15;
	v->opt_len = (uint8_t)(doff - TCP_HDR_MIN);
	v->payload_len = (uint32_t)(len - doff);
	v->opts = p + TCP_HDR_MIN;
	v->payload = p + doff;
	return WIRE_OK;
}

/* len: header and data; pseudo: partial sum of the pseudo-header. */
static inline bool
tcp_cksum_ok(const uint8_t *p, size_t len, uint32_t pseudo)
{
	return cksum_is_ok(cksum_partial(p, len, pseudo));
}

/*
 * Writes the fixed header of v and copies its options (opt_len, a multiple of 4 up to 40; opts
 * may already lie at p + 20). v->doff is not read; v->cksum is written as given. Returns what
 * follows the options; the caller has the room.
 */
static inline uint8_t *
tcp_build(uint8_t *p, const struct tcp_hdr_v *v)
{
	put_be16(p, v->sport);
	put_be16(p + 2, v->dport);
	put_be32(p + 4, v->seq);
	put_be32(p + 8, v->ack);
	p[12] = (uint8_t)((TCP_HDR_MIN + v->opt_len) / 4 << 4 | (v->reserved & 15));
	p[13] = v->flags;
	put_be16(p + 14, v->window);
	put_be16(p + 16, v->cksum);
	put_be16(p + 18, v->urp);
	if (v->opt_len && v->opts != p + TCP_HDR_MIN)
		memcpy(p + TCP_HDR_MIN, v->opts, v->opt_len);
	return p + TCP_HDR_MIN + v->opt_len;
}

/* SEG.LEN: data and the sequence numbers of SYN and FIN (RFC 9293 3.4). */
static inline uint32_t
tcp_seg_len(const struct tcp_hdr_v *v)
{
	return v->payload_len + !!(v->flags & TH_SYN) + !!(v->flags & TH_FIN);
}

#endif
