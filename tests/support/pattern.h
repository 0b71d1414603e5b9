/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The bytes of test streams: a function of the offset and of the connection's two ports, so that
 * any piece can be checked alone, and bytes of another connection or another place are noticed.
 */
#ifndef TESTS_PATTERN_H
#define TESTS_PATTERN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* The same on both ends. */
static inline uint32_t
pattern_salt(uint16_t port, uint16_t other)
{
	return (uint32_t)port ^ other;
}

static inline uint64_t
pattern_word(uint64_t index, uint32_t salt)
{
	uint64_t x = index + ((uint64_t)salt << 40);

	x = (x ^ x >> 31) * 0x9e3779b97f4a7c15u;
	return x ^ x >> 29;
}

static inline void
pattern_fill(void *to, uint64_t offset, size_t len, uint32_t salt)
{
	uint8_t *p = to;

	while (len > 0) {
		uint64_t w = pattern_word(offset / 8, salt);
		size_t skip = offset % 8, n = 8 - skip < len ? 8 - skip : len;

		memcpy(p, (const uint8_t *)&w + skip, n);
		p += n;
		offset += n;
		len -= n;
	}
}

static inline bool
pattern_holds(const void *from, uint64_t offset, size_t len, uint32_t salt)
{
	const uint8_t *p = from;

	while (len > 0) {
		uint64_t w = pattern_word(offset / 8, salt);
		size_t skip = offset % 8, n = 8 - skip < len ? 8 - skip : len;

		if (memcmp(p, (const uint8_t *)&w + skip, n) != 0)
			return false;
		p += n;
		offset += n;
		len -= n;
	}
	return true;
}

#endif
