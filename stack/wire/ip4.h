/* SPDX-License-Identifier: BSD-3-Clause */
/* The IPv4 header (RFC 791), its options, and the classes of addresses. */
#ifndef WIRE_IP4_H
#define WIRE_IP4_H

#include "cksum.h"
#include "ethertypes.h"
#include "wire.h"

#define IP4_HDR_MIN 20
#define IP4_HDR_MAX 60
#define IP4_OPTS_MAX 40

/* The three flag bits of ip4_hdr_v.flags. */
#define IP4_MF 1
#define IP4_DF 2
#define IP4_EVIL 4 /* reserved bit (RFC 791; RFC 3514) */

struct ip4_hdr_v {
	uint32_t src;
	uint32_t dst;
	uint16_t total_len;
	uint16_t id;
	uint16_t frag_off; /* bytes */
	uint16_t cksum;
	uint8_t ihl; /* bytes, 20..60 */
	uint8_t tos;
	uint8_t flags; /* IP4_MF, IP4_DF, IP4_EVIL */
	uint8_t ttl;
	uint8_t proto;
	uint8_t opt_len;
	uint16_t payload_len; /* total_len - ihl: link padding is cut off */
	const uint8_t *opts;
	const uint8_t *payload;
};
_Static_assert(sizeof(struct ip4_hdr_v) <= 48, "ip4_hdr_v stays within a cache line");

enum ip4_parse_flags {
	IP4_CKSUM_DONE = 1, /* the port has verified the header checksum */
};

/* Partial sum over the header of ihl bytes: 0xffff when folded if it is right. */
static inline uint32_t
ip4_hdr_sum(const uint8_t *p, unsigned int ihl)
{
	uint32_t w[5];
	uint64_t s;

	memcpy(w, p, sizeof(w));
	s = (uint64_t)w[0] + w[1] + w[2] + w[3] + w[4];
	if (__builtin_expect(ihl > IP4_HDR_MIN, 0))
		s += cksum_partial(p + IP4_HDR_MIN, ihl - IP4_HDR_MIN, 0);
	return cksum_reduce64(s);
}

/*
 * RFC 1122 3.2.1.1 and 3.2.1.2: version, header length, total length against the bytes present,
 * header checksum. Options are not looked at: see ip4_opt_next(). v is filled only on WIRE_OK.
 */
static inline enum wire_verdict
ip4_parse(const uint8_t *p, size_t len, unsigned int parse_flags, struct ip4_hdr_v *v)
{
	unsigned int ihl, total, frag;

	if (__builtin_expect(len < IP4_HDR_MIN, 0))
		return WIRE_SHORT;
	ihl = (p[0] & 15u) * 4;
	if (__builtin_expect(p[0] >> 4 != 4, 0))
		return WIRE_BAD_VERSION;
	if (__builtin_expect(ihl < IP4_HDR_MIN || ihl > len, 0))
		return WIRE_BAD_HEADER_LEN;
	total = get_be16(p + 2);
	if (__builtin_expect(total < ihl || total > len, 0))
		return WIRE_BAD_TOTAL_LEN;
	if (!(parse_flags & IP4_CKSUM_DONE) && !cksum_is_ok(ip4_hdr_sum(p, ihl)))
		return WIRE_BAD_CHECKSUM;
	frag = get_be16(p + 6);
	v->src = get_be32(p + 12);
	v->dst = get_be32(p + 16);
	v->total_len = (uint16_t)total;
	v->id = get_be16(p + 4);
	v->frag_off = (uint16_t)(frag << 3);
	v->cksum = get_be16(p + 10);
	v->ihl = (uint8_t)ihl;
	v->tos = p[1];
	v->flags = (uint8_t)(frag >> 13);
	v->ttl = p[8];
	v->proto = p[9];
	v->opt_len = (uint8_t)(ihl - IP4_HDR_MIN);
	v->payload_len = (uint16_t)(total - ihl);
	v->opts = p + IP4_HDR_MIN;
	v->payload = p + ihl;
	return WIRE_OK;
}

static inline bool
ip4_is_fragment(const struct ip4_hdr_v *v)
{
	return (v->flags & IP4_MF) || v->frag_off;
}

/*
 * Writes the header of v: ihl from opt_len, total_len, flags, frag_off and the rest as given,
 * checksum computed (v->cksum, v->ihl, v->payload and payload_len are not read). opt_len must be
 * a multiple of 4 up to 40. Returns what follows the header; the caller has the room.
 */
uint8_t *ip4_build(uint8_t *p, const struct ip4_hdr_v *v);

/* Recomputes the header checksum of a built header in place. */
void ip4_set_cksum(uint8_t *p);

/* IPv4 option types (RFC 791, IANA ip-parameters). */
enum ip4_opt_type {
	IP4_OPT_EOL = 0,
	IP4_OPT_NOP = 1,
	IP4_OPT_RR = 7,
	IP4_OPT_TS = 68,
	IP4_OPT_SEC = 130,
	IP4_OPT_LSRR = 131,
	IP4_OPT_SSRR = 137,
	IP4_OPT_RALERT = 148,
};

struct ip4_opt {
	uint8_t type;
	uint8_t len;	     /* whole option; 1 for NOP */
	const uint8_t *data; /* behind type and length: len - 2 bytes */
};

struct ip4_opt_iter {
	const uint8_t *p;
	const uint8_t *end;
	const uint8_t *start;
	enum wire_verdict verdict; /* WIRE_BAD_OPTION once one was met */
};

static inline void
ip4_opt_begin(struct ip4_opt_iter *it, const uint8_t *opts, size_t len)
{
	*it = (struct ip4_opt_iter){.p = opts, .end = opts + len, .start = opts};
}

/*
 * The next option, NOPs skipped. False at the end, at EOL, or at an option of length 0 or 1 or
 * past the end: then the verdict is WIRE_BAD_OPTION and ip4_opt_offset() tells where it stands.
 */
bool ip4_opt_next(struct ip4_opt_iter *it, struct ip4_opt *o);

/* Offset of the iterator's place from the header's start (the pointer of ICMP 12/0). */
static inline unsigned int
ip4_opt_offset(const struct ip4_opt_iter *it)
{
	return IP4_HDR_MIN + (unsigned int)(it->p - it->start);
}

/* Classes of addresses, host order (RFC 1122 3.2.1.3, RFC 1112, RFC 6890). */
static inline bool
ip4_is_multicast(uint32_t a)
{
	return a >> 28 == 0xe;
}

static inline bool
ip4_is_loopback(uint32_t a)
{
	return a >> 24 == 127;
}

/* 240.0.0.0/4 without the limited broadcast. */
static inline bool
ip4_is_class_e(uint32_t a)
{
	return a >> 28 == 0xf && a != 0xffffffff;
}

static inline bool
ip4_is_broadcast(uint32_t a)
{
	return a == 0xffffffff;
}

/* 0.0.0.0/8: "this host on this network". */
static inline bool
ip4_is_zero_net(uint32_t a)
{
	return a >> 24 == 0;
}

static inline bool
ip4_is_linklocal(uint32_t a)
{
	return a >> 16 == 0xa9fe;
}

/* The mask of a prefix length 0..32. */
static inline uint32_t
ip4_mask(unsigned int prefix_len)
{
	return prefix_len ? ~0u << (32 - (prefix_len > 32 ? 32 : prefix_len)) : 0;
}

/* The directed broadcast of the subnet; /31 and /32 have none (RFC 3021). */
static inline bool
ip4_is_subnet_broadcast(uint32_t a, uint32_t net_addr, unsigned int prefix_len)
{
	uint32_t mask = ip4_mask(prefix_len);

	return prefix_len < 31 && (a & mask) == (net_addr & mask) && (a | mask) == 0xffffffff;
}

/* May it stand as the source of a datagram that is answered? Subnet broadcasts aside. */
static inline bool
ip4_is_bad_source(uint32_t a)
{
	return ip4_is_zero_net(a) || ip4_is_loopback(a) || a >> 29 == 7; /* 224.0.0.0/3 */
}

#endif
