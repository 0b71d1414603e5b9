/* SPDX-License-Identifier: BSD-3-Clause */
#include "ranges.h"

#include <errno.h>
#include <string.h>

#include "banned.h"

/* The first range that ends at or after seq, n if there is none. Sets are small: a plain walk. */
static uint16_t
first_reaching(const struct ranges *rs, uint32_t seq)
{
	uint16_t i = 0;

	while (i < rs->n && seq_lt(rs->r[i].end, seq))
		i++;
	return i;
}

/*
 * Would the set with [start, end) in it span less than 2^31? Distances are taken from the first
 * range's start, in 64 bits, where they cannot wrap.
 */
static bool
fits_span(const struct ranges *rs, uint32_t start, uint32_t end)
{
	int64_t low, high, last;

	if (!seq_lt(start, end))
		return false;
	if (rs->n == 0)
		return true;
	low = seq_diff(start, rs->r[0].start);
	high = low + (int64_t)(end - start);
	last = (int64_t)(rs->r[rs->n - 1].end - rs->r[0].start);
	return (high > last ? high : last) - (low < 0 ? low : 0) <= INT32_MAX;
}

int
ranges_add(struct ranges *rs, uint32_t start, uint32_t end)
{
	uint16_t from, to;

	if (!fits_span(rs, start, end))
		return -EINVAL;
	from = to = first_reaching(rs, start);
	while (to < rs->n && seq_leq(rs->r[to].start, end))
		to++;
	if (from == to && rs->n == rs->cap)
		return -ENOSPC;
	if (from < to) {
		start = seq_min(start, rs->r[from].start);
		end = seq_max(end, rs->r[to - 1].end);
	}
	memmove(&rs->r[from + 1], &rs->r[to], (size_t)(rs->n - to) * sizeof(rs->r[0]));
	rs->r[from] = (struct range){start, end};
	rs->n = (uint16_t)(rs->n + 1 - (to - from));
	return 0;
}

void
ranges_subtract_below(struct ranges *rs, uint32_t seq)
{
	uint16_t gone = 0;

	while (gone < rs->n && seq_leq(rs->r[gone].end, seq))
		gone++;
	rs->n = (uint16_t)(rs->n - gone);
	memmove(rs->r, rs->r + gone, rs->n * sizeof(rs->r[0]));
	if (rs->n > 0)
		rs->r[0].start = seq_max(rs->r[0].start, seq);
}

const struct range *
ranges_find(const struct ranges *rs, uint32_t seq)
{
	for (uint16_t i = 0; i < rs->n; i++)
		if (seq_in_window(seq, rs->r[i].start, rs->r[i].end - rs->r[i].start))
			return &rs->r[i];
	return NULL;
}

bool
ranges_covers(const struct ranges *rs, uint32_t start, uint32_t end)
{
	const struct range *r = ranges_find(rs, start);

	return start == end || (r != NULL && end - start <= r->end - start);
}

uint32_t
ranges_total(const struct ranges *rs)
{
	uint32_t total = 0;

	for (uint16_t i = 0; i < rs->n; i++)
		total += rs->r[i].end - rs->r[i].start;
	return total;
}
