/* SPDX-License-Identifier: BSD-3-Clause */
/* Network-order numbers at any alignment, and the Internet checksum: the oracle reads the wire by itself. */
#ifndef ORACLE_OCTETS_H
#define ORACLE_OCTETS_H

#include <stddef.h>
#include <stdint.h>

static inline uint16_t
octets_get16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

static inline uint32_t
octets_get32(const uint8_t *p)
{
	return (uint32_t)octets_get16(p) << 16 | octets_get16(p + 2);
}

static inline uint8_t *
octets_put16(uint8_t *p, uint16_t v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
	return p + 2;
}

static inline uint8_t *
octets_put32(uint8_t *p, uint32_t v)
{
	octets_put16(p, (uint16_t)(v >> 16));
	return octets_put16(p + 2, (uint16_t)v);
}

/** RFC 1071 over len bytes, begun with `sum` (of a pseudo-header; 0 without): the value for the field. */
uint16_t octets_checksum(const uint8_t *p, size_t len, uint32_t sum);
/** The pseudo-header's part of it. Addresses in host order. */
uint32_t octets_pseudo(uint32_t src, uint32_t dst, uint8_t protocol, uint16_t len);
/** CRC-32 as zlib and Ethernet have it. */
uint32_t octets_crc32(const uint8_t *p, size_t len);

#endif
