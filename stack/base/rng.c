/* SPDX-License-Identifier: BSD-3-Clause */
#include "rng.h"

#include <assert.h>

#include "banned.h"

static uint64_t
splitmix64(uint64_t *x)
{
	uint64_t z = *x += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

void
rng_seed(struct rng *r, uint64_t seed)
{
	for (int i = 0; i < 4; i++)
		r->s[i] = splitmix64(&seed);
}

/* Lemire, "Fast random integer generation in an interval" (2019): a multiply, rarely a division. */
uint32_t
rng_below(struct rng *r, uint32_t bound)
{
	uint64_t m = (uint64_t)rng_u32(r) * bound;

	if ((uint32_t)m < bound) {
		uint32_t uneven = -bound % bound;

		while ((uint32_t)m < uneven)
			m = (uint64_t)rng_u32(r) * bound;
	}
	return (uint32_t)(m >> 32);
}

uint32_t
rng_range(struct rng *r, uint32_t low, uint32_t high)
{
	assert(low <= high);
	if (high - low == UINT32_MAX)
		return rng_u32(r);
	return low + rng_below(r, high - low + 1);
}
