/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * SipHash, the keyed hash of Aumasson and Bernstein, "SipHash: a fast short-input PRF" (2012),
 * with 64 bits of output: 2-4 for secrets that an observer sees the output of (ISN, cookies,
 * timestamp offsets), 1-3 for tables, whose hashes never leave the process.
 *
 * The forms over words give what the byte form gives for those words stored little-endian.
 */
#ifndef MIEN_BASE_SIPHASH_H
#define MIEN_BASE_SIPHASH_H

#include <stddef.h>
#include <stdint.h>

struct siphash_key {
	uint64_t k0, k1; /* the 16 bytes of the key as two little-endian words */
};

struct siphash_state {
	uint64_t v0, v1, v2, v3;
};

/* From the 16 bytes that the specification calls the key. */
struct siphash_key siphash_key_of(const uint8_t bytes[16]);

uint64_t siphash24(const struct siphash_key *key, const void *data, size_t len);
uint64_t siphash13(const struct siphash_key *key, const void *data, size_t len);

static inline uint64_t
siphash_rotl(uint64_t x, unsigned int bits)
{
	return x << bits | x >> (64 - bits);
}

/* SipRound, figure 2.1 of the paper. */
static inline void
siphash_rounds(struct siphash_state *s, unsigned int rounds)
{
	while (rounds-- > 0) {
		s->v0 += s->v1;
		s->v2 += s->v3;
		s->v1 = siphash_rotl(s->v1, 13) ^ s->v0;
		s->v3 = siphash_rotl(s->v3, 16) ^ s->v2;
		s->v0 = siphash_rotl(s->v0, 32) + s->v3;
		s->v2 += s->v1;
		s->v1 = siphash_rotl(s->v1, 17) ^ s->v2;
		s->v3 = siphash_rotl(s->v3, 21) ^ s->v0;
		s->v2 = siphash_rotl(s->v2, 32);
	}
}

static inline struct siphash_state
siphash_start(const struct siphash_key *key)
{
	/* "somepseudorandomlygeneratedbytes", read big-endian */
	struct siphash_state s = {
		.v0 = key->k0 ^ UINT64_C(0x736f6d6570736575),
		.v1 = key->k1 ^ UINT64_C(0x646f72616e646f6d),
		.v2 = key->k0 ^ UINT64_C(0x6c7967656e657261),
		.v3 = key->k1 ^ UINT64_C(0x7465646279746573),
	};

	return s;
}

static inline void
siphash_word(struct siphash_state *s, uint64_t word, unsigned int rounds)
{
	s->v3 ^= word;
	siphash_rounds(s, rounds);
	s->v0 ^= word;
}

static inline uint64_t
siphash_end(struct siphash_state *s, unsigned int rounds)
{
	s->v2 ^= 0xff;
	siphash_rounds(s, rounds);
	return s->v0 ^ s->v1 ^ s->v2 ^ s->v3;
}

/* n words; n is a constant at each use, so that all of it unrolls. */
static inline __attribute__((always_inline)) uint64_t
siphash_words(const struct siphash_key *key, const uint64_t *words, unsigned int n, unsigned int c,
	unsigned int d)
{
	struct siphash_state s = siphash_start(key);

	for (unsigned int i = 0; i < n; i++)
		siphash_word(&s, words[i], c);
	siphash_word(&s, (uint64_t)n * 8 << 56, c);
	return siphash_end(&s, d);
}

static inline uint64_t
siphash24_2w(const struct siphash_key *key, const uint64_t words[2])
{
	return siphash_words(key, words, 2, 2, 4);
}

static inline uint64_t
siphash24_5w(const struct siphash_key *key, const uint64_t words[5])
{
	return siphash_words(key, words, 5, 2, 4);
}

static inline uint64_t
siphash13_2w(const struct siphash_key *key, const uint64_t words[2])
{
	return siphash_words(key, words, 2, 1, 3);
}

static inline uint64_t
siphash13_5w(const struct siphash_key *key, const uint64_t words[5])
{
	return siphash_words(key, words, 5, 1, 3);
}

#endif
