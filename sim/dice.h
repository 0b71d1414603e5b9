/* SPDX-License-Identifier: BSD-3-Clause */
/* Luck from a seed: SplitMix64 (Steele, Lea, Flood 2014), one word of state, any seed is good. */
#ifndef SIM_DICE_H
#define SIM_DICE_H

#include <stdbool.h>
#include <stdint.h>

struct dice {
	uint64_t state;
};

static inline uint64_t
dice_u64(struct dice *d)
{
	uint64_t z = d->state += 0x9e3779b97f4a7c15u;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return z ^ (z >> 31);
}

/* Evenly from 0 to n - 1; 0 for n 0. */
static inline uint64_t
dice_below(struct dice *d, uint64_t n)
{
	return (uint64_t)(((unsigned __int128)dice_u64(d) * n) >> 64);
}

/* Evenly from low to high, both included. */
static inline uint64_t
dice_range(struct dice *d, uint64_t low, uint64_t high)
{
	return low + dice_below(d, high - low + 1);
}

/* True ppm times in a million. What never happens draws nothing: it costs no time. */
static inline bool
dice_hit(struct dice *d, uint32_t ppm)
{
	return ppm != 0 && dice_below(d, 1000000) < ppm;
}

/* Another die whose luck has nothing to do with this one's. */
static inline struct dice
dice_split(struct dice *d)
{
	return (struct dice){dice_u64(d)};
}

#endif
