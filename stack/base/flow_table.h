/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * From the 64-bit hash of a flow's key to the 32-bit index of its object.
 *
 * Keys are not kept here: a lookup walks the candidates whose 16-bit tag matches, nearly always
 * one or none, and the caller compares keys in its own objects. A bucket is one cache line of
 * eight; there is room for twice the entries asked for, and what does not fit its bucket chains to
 * spare buckets, of which there are enough for any distribution of hashes: a table never refuses
 * an entry below its capacity. The hash must be keyed (siphash.h), or a stranger can choose one
 * chain for all his flows. Used by one thread at a time.
 */
#ifndef MIEN_BASE_FLOW_TABLE_H
#define MIEN_BASE_FLOW_TABLE_H

#include <stdint.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include "mem.h"

#define FLOW_NONE UINT32_MAX
#define FLOW_WAYS 8

/* Ways are filled from 0 on without holes; only the last bucket of a chain is not full. */
struct flow_bucket {
	uint16_t tag[FLOW_WAYS]; /* 0 is an empty way */
	uint32_t index[FLOW_WAYS];
	uint32_t next; /* the next bucket of the chain, 0 at its end */
	uint32_t spare[3];
} __attribute__((aligned(CACHE_LINE)));

_Static_assert(sizeof(struct flow_bucket) == CACHE_LINE, "one bucket, one line");

struct flow_table {
	struct flow_bucket *buckets; /* direct ones, then spare ones */
	uint32_t n_direct;
	uint32_t touched;    /* spare buckets from here on were never used */
	uint32_t free_spare; /* list of spare buckets used before, 0 at its end */
	uint32_t used;
	uint32_t max;
	size_t region_size;
	const struct mem_ops *mem;
};

/* Where a walk over candidates stands; stale after an insert or remove. */
struct flow_iter {
	const struct flow_bucket *bucket;
	uint32_t hits; /* ways still to give, SSE2's two bits each */
	uint16_t tag;
};

/* For up to max entries. mem is borrowed until flow_table_fini. 0, -EINVAL or -ENOMEM. */
int flow_table_init(struct flow_table *t, const struct mem_ops *mem, uint32_t max)
	__attribute__((warn_unused_result));
void flow_table_fini(struct flow_table *t);

/* Adds an entry; the same twice is two entries. 0, or -ENOSPC with max entries in use. */
int flow_table_insert(struct flow_table *t, uint64_t hash, uint32_t index)
	__attribute__((warn_unused_result));

/* Takes out one entry that was added with this hash and index; 0 or -ENOENT. */
int flow_table_remove(struct flow_table *t, uint64_t hash, uint32_t index);

static inline uint16_t
flow_tag(uint64_t hash)
{
	uint16_t tag = (uint16_t)hash;

	return tag != 0 ? tag : 1;
}

/* The bucket comes from the upper half of the hash, scaled: the number need not be 2^n. */
static inline struct flow_bucket *
flow_bucket_of(const struct flow_table *t, uint64_t hash)
{
	return &t->buckets[(hash >> 32) * t->n_direct >> 32];
}

/* Two bits per way whose tag is this one. */
static inline uint32_t
flow_match(const struct flow_bucket *b, uint16_t tag)
{
#ifdef __SSE2__
	__m128i tags = _mm_load_si128((const __m128i *)(const void *)b->tag);

	return (uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi16(tags, _mm_set1_epi16((short)tag)));
#else
	uint32_t hits = 0;

	for (unsigned int way = 0; way < FLOW_WAYS; way++)
		hits |= b->tag[way] == tag ? 3u << 2 * way : 0;
	return hits;
#endif
}

static inline void
flow_table_prefetch(const struct flow_table *t, uint64_t hash)
{
	__builtin_prefetch(flow_bucket_of(t, hash));
}

/* The next candidate's index, or FLOW_NONE. */
static inline uint32_t
flow_find_next(const struct flow_table *t, struct flow_iter *it)
{
	unsigned int way;

	while (it->hits == 0) {
		if (it->bucket->next == 0)
			return FLOW_NONE;
		it->bucket = &t->buckets[it->bucket->next];
		it->hits = flow_match(it->bucket, it->tag);
	}
	way = (unsigned int)__builtin_ctz(it->hits) / 2;
	it->hits &= it->hits - 1;
	it->hits &= it->hits - 1;
	return it->bucket->index[way];
}

/*
 * The first candidate of a hash, or FLOW_NONE:
 *	for (i = flow_find_first(t, hash, &it); i != FLOW_NONE; i = flow_find_next(t, &it))
 *		if (the object at i has the key)
 */
static inline uint32_t
flow_find_first(const struct flow_table *t, uint64_t hash, struct flow_iter *it)
{
	it->bucket = flow_bucket_of(t, hash);
	it->tag = flow_tag(hash);
	it->hits = flow_match(it->bucket, it->tag);
	return flow_find_next(t, it);
}

static inline uint32_t
flow_table_used(const struct flow_table *t)
{
	return t->used;
}

#endif
