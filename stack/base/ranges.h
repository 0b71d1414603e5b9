/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A sorted set of disjoint, not touching ranges [start, end) of sequence numbers, for what arrived
 * out of order and for what the peer has selectively acknowledged. The capacity is fixed; all
 * ranges together span less than 2^31 numbers, so that serial arithmetic orders them.
 */
#ifndef MIEN_BASE_RANGES_H
#define MIEN_BASE_RANGES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "seq.h"

struct range {
	uint32_t start, end; /* the first number, and the one after the last */
};

struct ranges {
	struct range *r;
	uint16_t n, cap;
};

/* An empty set of at most cap ranges, kept in storage, which is borrowed for the set's life. */
static inline void
ranges_init(struct ranges *rs, struct range *storage, uint16_t cap)
{
	*rs = (struct ranges){storage, 0, cap};
}

static inline void
ranges_clear(struct ranges *rs)
{
	rs->n = 0;
}

/*
 * Adds [start, end), merging what it meets or touches. 0; -EINVAL if it is empty or the set would
 * span 2^31 numbers; -ENOSPC if it would be one range too many. The set is unchanged on failure.
 */
int ranges_add(struct ranges *rs, uint32_t start, uint32_t end)
	__attribute__((warn_unused_result));

/* Takes out every number before seq. */
void ranges_subtract_below(struct ranges *rs, uint32_t seq);

/* The range that holds seq, or NULL. */
const struct range *ranges_find(const struct ranges *rs, uint32_t seq);

static inline bool
ranges_contains(const struct ranges *rs, uint32_t seq)
{
	return ranges_find(rs, seq) != NULL;
}

/* Is all of [start, end) in the set? */
bool ranges_covers(const struct ranges *rs, uint32_t start, uint32_t end);

/* How many numbers are in the set. */
uint32_t ranges_total(const struct ranges *rs);

#endif
