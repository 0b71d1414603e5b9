/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A token bucket in one word: the time at which it will be full again. Rate and burst are given
 * with each call, so that they may lie in shared read-only data. All zero is a full bucket.
 */
#ifndef MIEN_BASE_TOKEN_BUCKET_H
#define MIEN_BASE_TOKEN_BUCKET_H

#include <stdbool.h>
#include <stdint.h>

struct token_bucket {
	uint64_t full_at; /* ns */
};

/* Takes a token if there is one; burst 0 is taken for 1. Rate 0: no limit. now in ns. */
static inline bool
token_bucket_take(struct token_bucket *b, uint64_t now, uint32_t per_second, uint32_t burst)
{
	uint64_t gap, start;

	if (per_second == 0)
		return true;
	gap = UINT64_C(1000000000) / per_second;
	start = b->full_at > now ? b->full_at : now;
	if (start - now > gap * (burst > 0 ? burst - 1 : 0))
		return false;
	b->full_at = start + gap;
	return true;
}

#endif
