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

static inline uint64_t
token_bucket_gap(uint32_t per_second)
{
	return UINT64_C(1000000000) / per_second;
}

/* ns until there is a token, 0: now. Burst 0 is taken for 1. Rate 0: no limit. now in ns. */
static inline uint64_t
token_bucket_wait(const struct token_bucket *b, uint64_t now, uint32_t per_second, uint32_t burst)
{
	uint64_t owed, allowed;

	if (per_second == 0 || b->full_at <= now)
		return 0;
	owed = b->full_at - now;
	allowed = token_bucket_gap(per_second) * (burst > 0 ? burst - 1 : 0);
	return owed > allowed ? owed - allowed : 0;
}

/* Takes the next token, now or one to come: gives the ns until it is there. */
static inline uint64_t
token_bucket_reserve(struct token_bucket *b, uint64_t now, uint32_t per_second, uint32_t burst)
{
	uint64_t wait = token_bucket_wait(b, now, per_second, burst);

	if (per_second != 0)
		b->full_at = (b->full_at > now ? b->full_at : now) + token_bucket_gap(per_second);
	return wait;
}

/* Takes a token if there is one. */
static inline bool
token_bucket_take(struct token_bucket *b, uint64_t now, uint32_t per_second, uint32_t burst)
{
	if (token_bucket_wait(b, now, per_second, burst) > 0)
		return false;
	(void)token_bucket_reserve(b, now, per_second, burst);
	return true;
}

#endif
