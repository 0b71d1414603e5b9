/* SPDX-License-Identifier: BSD-3-Clause */
/* Numbers in network order at any address, and checksums that follow a change (RFC 1624). */
#ifndef TOOLS_BYTES_H
#define TOOLS_BYTES_H

#include <stddef.h>
#include <stdint.h>

static inline uint16_t
get16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

static inline uint32_t
get32(const uint8_t *p)
{
	return (uint32_t)get16(p) << 16 | get16(p + 2);
}

static inline void
put16(uint8_t *p, uint16_t v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

static inline void
put32(uint8_t *p, uint32_t v)
{
	put16(p, (uint16_t)(v >> 16));
	put16(p + 2, (uint16_t)v);
}

static inline uint16_t
fold(uint64_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)sum;
}

/** The ones' complement sum of n bytes, as if a zero followed an odd number of them. */
static inline uint64_t
sum_bytes(const uint8_t *p, size_t n)
{
	uint64_t sum = 0;

	for (size_t i = 0; i + 1 < n; i += 2)
		sum += get16(p + i);
	return n & 1 ? sum + (uint64_t)(p[n - 1] << 8) : sum;
}

/**
 * Writes v at p and lets the checksum at `sum` follow; odd: p lies at an odd distance from where the sum begins.
 * A wrong checksum stays as wrong as it was.
 */
static inline void
put32_summed(uint8_t *p, uint32_t v, uint8_t *sum, int odd)
{
	uint32_t old = get32(p);
	uint64_t s = (uint16_t)~get16(sum);

	put32(p, v);
	if (odd) {
		old = old << 8 | old >> 24;
		v = v << 8 | v >> 24;
	}
	s += (uint16_t)~(old >> 16);
	s += (uint16_t)~old;
	s += v >> 16;
	s += v & 0xffff;
	put16(sum, (uint16_t)~fold(s));
}

#endif
