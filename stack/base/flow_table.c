/* SPDX-License-Identifier: BSD-3-Clause */
#include "flow_table.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#include "banned.h"

#define MEAN_LOAD 4 /* entries per direct bucket of 8 when full: 2 % of buckets overflow */

/* Chains have no holes, so k spare buckets in one chain mean at least 8 k + 1 entries in it. */
static uint32_t
spare_buckets(uint32_t max)
{
	return max / FLOW_WAYS + 1;
}

int
flow_table_init(struct flow_table *t, const struct mem_ops *mem, uint32_t max)
{
	size_t n;

	memset(t, 0, sizeof(*t));
	if (max == 0 || max == UINT32_MAX)
		return -EINVAL;
	t->n_direct = max / MEAN_LOAD + 1;
	n = (size_t)t->n_direct + spare_buckets(max);
	t->region_size = n * sizeof(struct flow_bucket);
	t->buckets = mem->alloc(mem->ctx, t->region_size, CACHE_LINE);
	if (t->buckets == NULL)
		return -ENOMEM;
	t->touched = t->n_direct;
	t->max = max;
	t->mem = mem;
	return 0;
}

void
flow_table_fini(struct flow_table *t)
{
	if (t->buckets != NULL)
		t->mem->free(t->mem->ctx, t->buckets, t->region_size);
	memset(t, 0, sizeof(*t));
}

static uint32_t
get_spare(struct flow_table *t)
{
	uint32_t n = t->free_spare;

	if (n == 0) {
		assert(t->touched < t->n_direct + spare_buckets(t->max));
		return t->touched++;
	}
	t->free_spare = t->buckets[n].next;
	t->buckets[n].next = 0;
	return n;
}

static void
put_spare(struct flow_table *t, uint32_t n)
{
	t->buckets[n].next = t->free_spare;
	t->free_spare = n;
}

static unsigned int
ways_used(const struct flow_bucket *b)
{
	uint32_t empty = flow_match(b, 0);

	return empty == 0 ? FLOW_WAYS : (unsigned int)__builtin_ctz(empty) / 2;
}

int
flow_table_insert(struct flow_table *t, uint64_t hash, uint32_t index)
{
	struct flow_bucket *b = flow_bucket_of(t, hash);
	unsigned int way;

	if (t->used == t->max)
		return -ENOSPC;
	while (b->next != 0)
		b = &t->buckets[b->next];
	way = ways_used(b);
	if (way == FLOW_WAYS) {
		b->next = get_spare(t);
		b = &t->buckets[b->next];
		way = 0;
	}
	b->tag[way] = flow_tag(hash);
	b->index[way] = index;
	t->used++;
	return 0;
}

/*
 * Moves the chain's last entry to the hole; gives a spare bucket back when it was its only one.
 * link is what points to the hole's bucket, NULL if it is a direct one.
 */
static void
fill_hole(struct flow_table *t, struct flow_bucket *hole, unsigned int way, uint32_t *link)
{
	struct flow_bucket *last = hole;
	unsigned int last_way;

	while (last->next != 0) {
		link = &last->next;
		last = &t->buckets[*link];
	}
	last_way = ways_used(last) - 1;
	hole->tag[way] = last->tag[last_way];
	hole->index[way] = last->index[last_way];
	last->tag[last_way] = 0;
	if (last_way == 0 && link != NULL) {
		put_spare(t, *link);
		*link = 0;
	}
}

int
flow_table_remove(struct flow_table *t, uint64_t hash, uint32_t index)
{
	struct flow_bucket *b = flow_bucket_of(t, hash);
	uint16_t tag = flow_tag(hash);
	uint32_t *link = NULL;

	for (;;) {
		for (unsigned int way = 0; way < FLOW_WAYS; way++) {
			if (b->tag[way] != tag || b->index[way] != index)
				continue;
			fill_hole(t, b, way, link);
			t->used--;
			return 0;
		}
		if (b->next == 0)
			return -ENOENT;
		link = &b->next;
		b = &t->buckets[b->next];
	}
}
