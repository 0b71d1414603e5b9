/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The Internet checksum (RFC 1071), its pseudo-headers and its incremental update (RFC 1624).
 *
 * A partial sum is a uint32_t of 16-bit words as they lie in memory; it may be added to, combined
 * and folded, and means nothing else. A checksum is the host-order value of the header field:
 * what get_be16() reads and put_be16() writes.
 */
#ifndef WIRE_CKSUM_H
#define WIRE_CKSUM_H

#include "wire.h"

/* Adds two partial sums with end-around carry. */
static inline uint32_t
cksum_add(uint32_t a, uint32_t b)
{
	uint32_t s = a + b;

	return s + (s < a);
}

/* A partial sum from a 64-bit one. */
static inline uint32_t
cksum_reduce64(uint64_t s)
{
	s = (s & 0xffffffff) + (s >> 32);
	return (uint32_t)(s + (s >> 32));
}

/* The 16-bit one's complement sum, in memory order; 0xffff over bytes with a right checksum. */
static inline uint16_t
cksum_fold(uint32_t sum)
{
	sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)(sum + (sum >> 16));
}

/* The value for the checksum field: the complement of the sum, in host order. */
static inline uint16_t
cksum_finish(uint32_t sum)
{
	uint16_t folded = (uint16_t)~cksum_fold(sum);

	return get_be16(&folded);
}

/* Is a sum taken over the checksum field too, right? */
static inline bool
cksum_is_ok(uint32_t sum)
{
	return cksum_fold(sum) == 0xffff;
}

/* Adds len bytes to a partial sum; they start at an even offset. An odd last byte counts as high. */
uint32_t cksum_partial(const void *p, size_t len, uint32_t sum);

/* Adds the sum of a piece that starts at an even or odd offset of the whole. */
static inline uint32_t
cksum_combine(uint32_t sum, uint32_t piece, bool odd_offset)
{
	return cksum_add(sum, odd_offset ? piece << 24 | piece >> 8 : piece);
}

/* Adds pieces that follow each other, the first at an even offset; lengths may be odd. */
uint32_t cksum_pieces(const struct wire_piece *pieces, unsigned int n, uint32_t sum);

/* The checksum over len bytes alone. */
static inline uint16_t
cksum(const void *p, size_t len)
{
	return cksum_finish(cksum_partial(p, len, 0));
}

/* Partial sum of the IPv4 pseudo-header (RFC 9293 3.1); addresses in host order. */
static inline uint32_t
cksum_pseudo4(uint32_t src, uint32_t dst, uint8_t proto, uint16_t l4_len)
{
	uint64_t s = (uint64_t)src + dst + ((uint32_t)proto << 16 | l4_len);

	s = (s & 0xffffffff) + (s >> 32);
	s += s >> 32;
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	return __builtin_bswap32((uint32_t)s);
#else
	return (uint32_t)s;
#endif
}

/* Partial sum of the IPv6 pseudo-header (RFC 8200 8.1); addresses as on the wire. */
uint32_t cksum_pseudo6(
	const uint8_t src[16], const uint8_t dst[16], uint8_t proto, uint32_t l4_len);

/* The pseudo-header of either family, for callers that do not care which. */
struct cksum_pseudo {
	uint8_t family; /* 4 or 6 */
	uint8_t proto;
	uint32_t l4_len; /* header and data */
	union {
		struct {
			uint32_t src, dst; /* host order */
		} ip4;
		struct {
			uint8_t src[16], dst[16];
		} ip6;
	};
};

/* Partial sum of it. */
static inline uint32_t
cksum_pseudo(const struct cksum_pseudo *ph)
{
	if (ph->family == 6)
		return cksum_pseudo6(ph->ip6.src, ph->ip6.dst, ph->proto, ph->l4_len);
	return cksum_pseudo4(ph->ip4.src, ph->ip4.dst, ph->proto, (uint16_t)ph->l4_len);
}

/*
 * The value for the checksum field of a TCP header: hdr_len bytes of header with its field zero,
 * then n pieces of payload. pseudo: partial sum of the pseudo-header.
 */
uint16_t cksum_l4(uint32_t pseudo, const void *hdr, size_t hdr_len, const struct wire_piece *pieces,
	unsigned int n);

/* The same for UDP, where a sum of zero is sent as 0xffff (RFC 768). */
static inline uint16_t
cksum_udp(uint32_t pseudo, const void *hdr, size_t hdr_len, const struct wire_piece *pieces,
	unsigned int n)
{
	uint16_t c = cksum_l4(pseudo, hdr, hdr_len, pieces, n);

	return c ? c : 0xffff;
}

/* The checksum after a 16-bit word under it changed (RFC 1624 [Eqn. 3]). Host-order values. */
static inline uint16_t
cksum_update16(uint16_t ck, uint16_t was, uint16_t is)
{
	uint32_t s = (uint32_t)(uint16_t)~ck + (uint16_t)~was + is;

	s = (s & 0xffff) + (s >> 16);
	return (uint16_t)~(s + (s >> 16));
}

/* The same for a 32-bit word at an even offset. */
static inline uint16_t
cksum_update32(uint16_t ck, uint32_t was, uint32_t is)
{
	ck = cksum_update16(ck, (uint16_t)(was >> 16), (uint16_t)(is >> 16));
	return cksum_update16(ck, (uint16_t)was, (uint16_t)is);
}

#endif
