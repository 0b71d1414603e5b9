/* SPDX-License-Identifier: BSD-3-Clause */
#include "siphash.h"

#include "banned.h"

/* n <= 8 bytes as the low end of a little-endian word. */
static uint64_t
load_le(const uint8_t *bytes, size_t n)
{
	uint64_t word = 0;

	for (size_t i = 0; i < n; i++)
		word |= (uint64_t)bytes[i] << 8 * i;
	return word;
}

struct siphash_key
siphash_key_of(const uint8_t bytes[16])
{
	return (struct siphash_key){load_le(bytes, 8), load_le(bytes + 8, 8)};
}

static inline __attribute__((always_inline)) uint64_t
hash_bytes(const struct siphash_key *key, const uint8_t *data, size_t len, unsigned int c,
	unsigned int d)
{
	struct siphash_state s = siphash_start(key);
	size_t left = len;

	for (; left >= 8; left -= 8, data += 8)
		siphash_word(&s, load_le(data, 8), c);
	siphash_word(&s, (uint64_t)len << 56 | load_le(data, left), c);
	return siphash_end(&s, d);
}

uint64_t
siphash24(const struct siphash_key *key, const void *data, size_t len)
{
	return hash_bytes(key, data, len, 2, 4);
}

uint64_t
siphash13(const struct siphash_key *key, const void *data, size_t len)
{
	return hash_bytes(key, data, len, 1, 3);
}
