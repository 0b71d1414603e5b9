/* SPDX-License-Identifier: BSD-3-Clause */
/* Where a run's choices come from: a fuzzer's bytes while there are any, or a seeded generator. */
#ifndef TESTS_FUZZ_CHOICE_H
#define TESTS_FUZZ_CHOICE_H

#include <stdbool.h>
#include <stddef.h>

#include "rng.h"

struct choice {
	const uint8_t *p, *end; /* the fuzzer's input; NULL: the generator */
	struct rng rng;
};

/* 0 .. bound - 1; 0 when the input is used up. */
static inline uint32_t
choose(struct choice *c, uint32_t bound)
{
	uint32_t v = 0;

	if (bound <= 1)
		return 0;
	if (!c->p)
		return rng_below(&c->rng, bound);
	for (unsigned int i = 0; i < (bound > 65536 ? 4 : bound > 256 ? 2 : 1) && c->p < c->end; i++)
		v = v << 8 | *c->p++;
	return v % bound;
}

/* True once in n. */
static inline bool
once_in(struct choice *c, uint32_t n)
{
	return choose(c, n) == 0;
}

static inline uint32_t
choose_u32(struct choice *c)
{
	return choose(c, 65536) << 16 | choose(c, 65536);
}

static inline bool
choices_left(const struct choice *c)
{
	return !c->p || c->p < c->end;
}

#endif
