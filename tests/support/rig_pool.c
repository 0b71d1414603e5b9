/* SPDX-License-Identifier: BSD-3-Clause */
#include "rig_pool.h"

#include <stdio.h>
#include <stdlib.h>

#include <rte_errno.h>
#include <rte_mbuf.h>
#include <rte_mempool.h>

#include <mien/driver.h>

#include "rng.h"

#if defined(__SANITIZE_ADDRESS__)
#define POISONING 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define POISONING 1
#endif
#endif

#ifdef POISONING
#include <sanitizer/asan_interface.h>
#define POISON(p, len) __asan_poison_memory_region(p, len)
#define UNPOISON(p, len) __asan_unpoison_memory_region(p, len)
#else
#define POISON(p, len) ((void)(p), (void)(len))
#define UNPOISON(p, len) ((void)(p), (void)(len))
#endif

struct rig_pool {
	struct rig_pool *next;
	uint32_t n;
	bool live; /* DPDK has initialised every mbuf: poison what is free */
	uint64_t allocs, fail_from, fail_count;
	uint32_t fail_ppm;
	struct rng rng;
	void *objs[];
};

/* DPDK's own memory is not searched by LeakSanitizer: here it finds pools that live to the end. */
static struct rig_pool *all;

static int
pool_alloc(struct rte_mempool *mp)
{
	struct rig_pool *p = calloc(1, sizeof(*p) + mp->size * sizeof(void *));

	mp->pool_data = p;
	if (!p)
		return -ENOMEM;
	p->next = all;
	all = p;
	return 0;
}

static void
pool_release(struct rte_mempool *mp)
{
	struct rig_pool **at = &all;

	while (*at != mp->pool_data)
		at = &(*at)->next;
	*at = (*at)->next;
	free(mp->pool_data);
}

static int
pool_put(struct rte_mempool *mp, void *const *objs, unsigned int n)
{
	struct rig_pool *p = mp->pool_data;

	for (unsigned int i = 0; i < n; i++) {
		p->objs[p->n++] = objs[i];
		if (p->live)
			POISON(objs[i], mp->elt_size);
	}
	return 0;
}

static bool
is_to_fail(struct rig_pool *p, unsigned int n)
{
	uint64_t from = p->allocs, to = from + n;

	p->allocs = to;
	if (p->fail_ppm && rng_below(&p->rng, 1000000) < p->fail_ppm)
		return true;
	return p->fail_count && to > p->fail_from && from < p->fail_from + p->fail_count;
}

static int
pool_get(struct rte_mempool *mp, void **objs, unsigned int n)
{
	struct rig_pool *p = mp->pool_data;

	if (p->n < n || (p->live && is_to_fail(p, n)))
		return -ENOBUFS;
	for (unsigned int i = 0; i < n; i++) {
		objs[i] = p->objs[--p->n];
		if (p->live)
			UNPOISON(objs[i], mp->elt_size);
	}
	return 0;
}

static unsigned int
pool_count(const struct rte_mempool *mp)
{
	return ((const struct rig_pool *)mp->pool_data)->n;
}

static const struct rte_mempool_ops rig_ops = {
	.name = "rig",
	.alloc = pool_alloc,
	.free = pool_release,
	.enqueue = pool_put,
	.dequeue = pool_get,
	.get_count = pool_count,
};

RTE_MEMPOOL_REGISTER_OPS(rig_ops)

struct rte_mempool *
rig_pool_create(uint32_t mbufs, uint16_t room)
{
	static unsigned int number;
	struct rte_mempool *pool;
	struct mien_error error;
	char name[32];

	if (mien_eal_start(NULL, &error) != MIEN_OK) {
		printf("%s\n", error.text);
		abort();
	}
	snprintf(name, sizeof(name), "rig%u", number++);
	pool = rte_pktmbuf_pool_create_by_ops(
		name, mbufs, 0, MIEN_MBUF_PRIV_SIZE, room, SOCKET_ID_ANY, "rig");
	if (!pool) {
		printf("no pool of %u mbufs: %s\n", mbufs, rte_strerror(rte_errno));
		abort();
	}
	((struct rig_pool *)pool->pool_data)->live = true;
	for (uint32_t i = 0; i < mbufs; i++)
		POISON(((struct rig_pool *)pool->pool_data)->objs[i], pool->elt_size);
	return pool;
}

uint32_t
rig_pool_free(struct rte_mempool *pool)
{
	struct rig_pool *p;
	uint32_t used;

	if (!pool)
		return 0;
	used = rte_mempool_in_use_count(pool);
	p = pool->pool_data;
	for (uint32_t i = 0; i < p->n; i++)
		UNPOISON(p->objs[i], pool->elt_size);
	rte_mempool_free(pool);
	return used;
}

uint64_t
rig_pool_allocs(const struct rte_mempool *pool)
{
	return ((const struct rig_pool *)pool->pool_data)->allocs;
}

void
rig_pool_fail(struct rte_mempool *pool, uint64_t skip, uint64_t count)
{
	struct rig_pool *p = pool->pool_data;

	p->fail_from = p->allocs + skip;
	p->fail_count = count;
}

void
rig_pool_fail_often(struct rte_mempool *pool, uint32_t ppm, uint64_t seed)
{
	struct rig_pool *p = pool->pool_data;

	p->fail_ppm = ppm;
	rng_seed(&p->rng, seed);
}
