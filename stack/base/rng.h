/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A small seeded generator: xoshiro256** of Blackman and Vigna (2018), seeded through splitmix64.
 *
 * Fast and even, but anyone who sees enough of its output can tell the rest: what a stranger must
 * not guess (ISN, cookies, timestamp offsets) comes from siphash.h with a secret key instead.
 */
#ifndef MIEN_BASE_RNG_H
#define MIEN_BASE_RNG_H

#include <stdint.h>

struct rng {
	uint64_t s[4];
};

/* Any seed is good, also 0. */
void rng_seed(struct rng *r, uint64_t seed);

/* Evenly from 0 to bound - 1; 0 for bound 0. */
uint32_t rng_below(struct rng *r, uint32_t bound);

/* Evenly from low to high, both included; low <= high. */
uint32_t rng_range(struct rng *r, uint32_t low, uint32_t high);

static inline uint64_t
rng_u64(struct rng *r)
{
	uint64_t *s = r->s, x = s[1] * 5, result = (x << 7 | x >> 57) * 9, t = s[1] << 17;

	s[2] ^= s[0];
	s[3] ^= s[1];
	s[1] ^= s[2];
	s[0] ^= s[3];
	s[2] ^= t;
	s[3] = s[3] << 45 | s[3] >> 19;
	return result;
}

static inline uint32_t
rng_u32(struct rng *r)
{
	return (uint32_t)(rng_u64(r) >> 32);
}

#endif
