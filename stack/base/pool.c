/* SPDX-License-Identifier: BSD-3-Clause */
#include "pool.h"

#include <errno.h>
#include <string.h>

#include "asan.h"
#include "banned.h"

static size_t
round_up(size_t n, size_t align)
{
	return (n + align - 1) & ~(align - 1);
}

int
pool_init(struct pool *p, const struct mem_ops *mem, uint32_t max, size_t obj_size, size_t align)
{
	size_t objs_size, size;

	memset(p, 0, sizeof(*p));
	if (align == 0)
		align = _Alignof(max_align_t);
	if (max == 0 || max >= POOL_LIVE || obj_size == 0 || (align & (align - 1)) != 0)
		return -EINVAL;
	p->obj_size = round_up(obj_size, align);
	if (__builtin_mul_overflow(p->obj_size, (size_t)max, &objs_size) ||
		__builtin_add_overflow(objs_size, CACHE_LINE, &objs_size))
		return -EINVAL;
	objs_size = round_up(objs_size - CACHE_LINE, CACHE_LINE);
	if (__builtin_add_overflow(objs_size, max * sizeof(struct pool_slot), &size))
		return -EINVAL;
	p->objs = mem->alloc(mem->ctx, size, align > CACHE_LINE ? align : CACHE_LINE);
	if (p->objs == NULL)
		return -ENOMEM;
	p->slots = (struct pool_slot *)(void *)(p->objs + objs_size);
	p->max = max;
	p->free = POOL_NONE;
	p->region_size = size;
	p->mem = mem;
	return 0;
}

void
pool_fini(struct pool *p)
{
	if (p->objs != NULL) {
		asan_open(p->objs, p->region_size);
		p->mem->free(p->mem->ctx, p->objs, p->region_size);
	}
	memset(p, 0, sizeof(*p));
}

uint32_t
pool_get(struct pool *p)
{
	uint32_t index = p->free;

	if (index != POOL_NONE) {
		p->free = p->slots[index].next;
		asan_open(pool_at(p, index), p->obj_size);
	} else if (p->touched < p->max) {
		index = p->touched++;
		p->slots[index].generation = 1;
	} else {
		return POOL_NONE;
	}
	p->slots[index].next = POOL_LIVE;
	p->used++;
	return index;
}

void
pool_put(struct pool *p, uint32_t index)
{
	struct pool_slot *slot = &p->slots[index];

	assert(pool_live(p, index));
	if (++slot->generation == 0)
		slot->generation = 1; /* else index 0 would get handle 0 */
	slot->next = p->free;
	p->free = index;
	p->used--;
	asan_close(pool_at(p, index), p->obj_size);
}

uint32_t
pool_next(const struct pool *p, uint32_t from)
{
	for (uint32_t index = from; index < p->touched; index++)
		if (p->slots[index].next == POOL_LIVE)
			return index;
	return POOL_NONE;
}
