/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Objects of one size in one region, known by index, or by a handle that goes stale when the
 * object is put back.
 *
 * The region is taken once. Objects that were never in use stay untouched, so a large pool costs
 * address space and not memory; the object put last is got first, while it is still in the cache.
 * A handle is generation << 32 | index; 0 is never one. Used by one thread at a time.
 */
#ifndef MIEN_BASE_POOL_H
#define MIEN_BASE_POOL_H

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mem.h"

#define POOL_NONE UINT32_MAX	 /* no object; also ends the list of free ones */
#define POOL_LIVE (UINT32_MAX - 1) /* in pool_slot.next: the object is in use */

struct pool_slot {
	uint32_t generation; /* of the object living here, or of the next to live here */
	uint32_t next;	     /* free list, or POOL_LIVE */
};

struct pool {
	uint8_t *objs;
	struct pool_slot *slots;
	size_t obj_size; /* rounded up to the alignment */
	uint32_t max;
	uint32_t used;
	uint32_t touched; /* slots below this have been in use at some time */
	uint32_t free;	  /* put last */
	size_t region_size;
	const struct mem_ops *mem;
};

/*
 * Makes room for max objects of obj_size bytes. align is a power of two (CACHE_LINE for objects
 * that must not share lines), 0 for that of the widest type. mem is borrowed until pool_fini.
 * Returns 0, -EINVAL or -ENOMEM.
 */
int pool_init(struct pool *p, const struct mem_ops *mem, uint32_t max, size_t obj_size,
	size_t align) __attribute__((warn_unused_result));

/* Gives the region back, whatever is still in use; harmless on a pool of zeros. */
void pool_fini(struct pool *p);

/*
 * Gives a free object's index, or POOL_NONE when all are in use. The object is all zero the first
 * time and holds what its last user left after that.
 */
uint32_t pool_get(struct pool *p) __attribute__((warn_unused_result));

/*
 * Takes an object back; every handle to it is stale from now on. AddressSanitizer, where it is
 * compiled in, reports whoever still touches it.
 */
void pool_put(struct pool *p, uint32_t index);

/* The first index in use at or after from, or POOL_NONE. */
uint32_t pool_next(const struct pool *p, uint32_t from);

/* Over the indices in use, in order; the current object may be put back, others may be got. */
#define pool_foreach(p, index)                                                                     \
	for (uint32_t index = pool_next(p, 0); index != POOL_NONE; index = pool_next(p, index + 1))

static inline uint32_t
pool_used(const struct pool *p)
{
	return p->used;
}

static inline bool
pool_live(const struct pool *p, uint32_t index)
{
	return index < p->touched && p->slots[index].next == POOL_LIVE;
}

/* The object of an index in use. */
static inline void *
pool_at(const struct pool *p, uint32_t index)
{
	assert(index < p->max);
	return p->objs + (size_t)index * p->obj_size;
}

/* The index of an object of this pool; divides, so not for the packet path. */
static inline uint32_t
pool_index(const struct pool *p, const void *obj)
{
	return (uint32_t)((size_t)((const uint8_t *)obj - p->objs) / p->obj_size);
}

static inline uint64_t
pool_handle(const struct pool *p, uint32_t index)
{
	assert(pool_live(p, index));
	return (uint64_t)p->slots[index].generation << 32 | index;
}

/* The object of a handle, or NULL if it was put back since, or the handle never was one. */
static inline void *
pool_lookup(const struct pool *p, uint64_t handle)
{
	uint32_t index = (uint32_t)handle;

	if (!pool_live(p, index) || p->slots[index].generation != handle >> 32)
		return NULL;
	return pool_at(p, index);
}

#endif
