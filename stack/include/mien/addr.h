/* SPDX-License-Identifier: BSD-3-Clause */
/* Addresses of either family in one shape: IPv4 is held as ::ffff:a.b.c.d (RFC 4291 2.5.5.2). */
#ifndef MIEN_ADDR_H
#define MIEN_ADDR_H

#include <string.h>

#include <mien/defs.h>

MIEN_BEGIN_DECLS

/** 16 bytes in network order, 8-byte aligned; all zero means "any". */
struct mien_addr {
	uint64_t q[2];
};

/** Longest text of an address with prefix length, with its terminating zero. */
#define MIEN_ADDR_STRLEN 56

static inline struct mien_addr
mien_addr_from_bytes(const uint8_t b[16])
{
	struct mien_addr a;

	memcpy(&a, b, 16);
	return a;
}

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define MIEN_ADDR_BE32(x) __builtin_bswap32(x)
#define MIEN_ADDR_IP4_HIGH 0xffff0000u /* bytes 8 to 11 of an IPv4 address, as they lie in memory */
#define MIEN_ADDR_Q1(first, last) ((uint64_t)(last) << 32 | (first))
#define MIEN_ADDR_FIRST(q1) ((uint32_t)(q1))
#define MIEN_ADDR_LAST(q1) ((uint32_t)((q1) >> 32))
#else
#define MIEN_ADDR_BE32(x) (x)
#define MIEN_ADDR_IP4_HIGH 0x0000ffffu
#define MIEN_ADDR_Q1(first, last) ((uint64_t)(first) << 32 | (last))
#define MIEN_ADDR_FIRST(q1) ((uint32_t)((q1) >> 32))
#define MIEN_ADDR_LAST(q1) ((uint32_t)(q1))
#endif

/** An IPv4 address from a number in host byte order. */
static inline struct mien_addr
mien_addr_ip4(uint32_t host_order)
{
	struct mien_addr a;

	a.q[0] = 0;
	a.q[1] = MIEN_ADDR_Q1(MIEN_ADDR_IP4_HIGH, MIEN_ADDR_BE32(host_order));
	return a;
}

static inline struct mien_addr
mien_addr_any(void)
{
	struct mien_addr a;

	a.q[0] = 0;
	a.q[1] = 0;
	return a;
}

static inline bool
mien_addr_is_any(const struct mien_addr *a)
{
	return (a->q[0] | a->q[1]) == 0;
}

static inline bool
mien_addr_eq(const struct mien_addr *a, const struct mien_addr *b)
{
	return ((a->q[0] ^ b->q[0]) | (a->q[1] ^ b->q[1])) == 0;
}

static inline bool
mien_addr_is_ip4(const struct mien_addr *a)
{
	return a->q[0] == 0 && MIEN_ADDR_FIRST(a->q[1]) == MIEN_ADDR_IP4_HIGH;
}

/** The IPv4 address in host byte order; meaningless unless mien_addr_is_ip4(). */
static inline uint32_t
mien_addr_get_ip4(const struct mien_addr *a)
{
	return MIEN_ADDR_BE32(MIEN_ADDR_LAST(a->q[1]));
}

/** Writes "10.0.0.1" or RFC 5952 text; returns buf. cap >= MIEN_ADDR_STRLEN. */
MIEN_API char *mien_addr_format(const struct mien_addr *a, char *buf, size_t cap);
/** Reads an IPv4 or IPv6 address; MIEN_EPARSE when it is none. */
MIEN_CHECKED int mien_addr_parse(const char *text, struct mien_addr *out);
/** Reads "ADDR/LEN"; without "/LEN" the length is 32 or 128. *prefix_len counts in the address's family. */
MIEN_CHECKED int mien_cidr_parse(const char *text, struct mien_addr *out, unsigned *prefix_len);
/** a + n, as numbers of the whole address. */
MIEN_API struct mien_addr mien_addr_add(const struct mien_addr *a, uint64_t n);
/** <0, 0, >0 in address order. */
MIEN_API int mien_addr_cmp(const struct mien_addr *a, const struct mien_addr *b);

MIEN_END_DECLS
#endif
