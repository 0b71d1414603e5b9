/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What every parser of this room shares: the verdict, and loads and stores of network-order
 * bytes at any alignment. Parsers take pointer + length, accept any bytes at any length, never
 * read past the length and keep nothing. Parsed values are in host byte order; pointers in them
 * borrow from the bytes parsed.
 */
#ifndef WIRE_H
#define WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum wire_verdict {
	WIRE_OK = 0,
	WIRE_SHORT,	      /* fewer bytes than the fixed header */
	WIRE_BAD_VERSION,     /* IP version is not the ethertype's */
	WIRE_BAD_HEADER_LEN,  /* header length below its minimum or past the bytes present */
	WIRE_BAD_TOTAL_LEN,   /* length field below the header or past the bytes present */
	WIRE_BAD_CHECKSUM,    /* the sum over header or segment is not all ones */
	WIRE_BAD_OPTION,      /* option with length 0 or 1, or running past the header */
	WIRE_LENGTH_FRAME,    /* IEEE 802.3 length in place of an ethertype (RFC 1042) */
	WIRE_QINQ,	      /* more than one VLAN tag */
	WIRE_TOO_MANY_HEADERS, /* IPv6 extension chain longer than IP6_EXT_MAX */
	WIRE_UNSUPPORTED,     /* well-formed, not understood here */
	WIRE_VERDICTS	      /* how many */
};

/* The verdict's short name ("bad-checksum"); "?" for a number that is none. */
const char *wire_verdict_name(enum wire_verdict v);

/* One run of bytes of a payload that lies in several places. Borrowed. */
struct wire_piece {
	const void *data;
	size_t len;
};

static inline uint16_t
get_be16(const void *p)
{
	uint16_t v;

	memcpy(&v, p, sizeof(v));
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	v = __builtin_bswap16(v);
#endif
	return v;
}

static inline uint32_t
get_be32(const void *p)
{
	uint32_t v;

	memcpy(&v, p, sizeof(v));
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	v = __builtin_bswap32(v);
#endif
	return v;
}

static inline void
put_be16(void *p, uint16_t v)
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	v = __builtin_bswap16(v);
#endif
	memcpy(p, &v, sizeof(v));
}

static inline void
put_be32(void *p, uint32_t v)
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	v = __builtin_bswap32(v);
#endif
	memcpy(p, &v, sizeof(v));
}

/* The value as the bytes that it is sent as. */
static inline uint32_t
wire32(uint32_t v)
{
	uint32_t w;

	put_be32(&w, v);
	return w;
}

static inline void
store32(uint8_t *p, uint32_t w)
{
	memcpy(p, &w, sizeof(w));
}

#endif
