/* SPDX-License-Identifier: BSD-3-Clause */
#include "suites.h"

#include "pool.h"
#include "rng.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

struct obj {
	uint64_t words[5];
};

static void *
no_memory(void *ctx, size_t size, size_t align)
{
	return NULL;
}

/* Counts what is out in *ctx. */
static void *
counted_alloc(void *ctx, size_t size, size_t align)
{
	void *p = aligned_alloc(align, (size + align - 1) / align * align);

	*(size_t *)ctx += size;
	return p != NULL ? memset(p, 0, size) : NULL;
}

static void
counted_free(void *ctx, void *p, size_t size)
{
	*(size_t *)ctx -= size;
	free(p);
}

static size_t
resident_pages(void *start, size_t size)
{
	size_t pages = (size + 4095) / 4096, n = 0;
	unsigned char *map = calloc(pages, 1);

	REQUIRE_NOT_NULL(map);
	REQUIRE_EQ_I(mincore(start, size, map), 0);
	for (size_t i = 0; i < pages; i++)
		n += map[i] & 1;
	free(map);
	return n;
}

static void
gives_all_then_none(void)
{
	struct pool p;
	uint8_t seen[100] = {0};

	REQUIRE_EQ_I(pool_init(&p, &mem_pages, 100, sizeof(struct obj), 0), 0);

	for (int i = 0; i < 100; i++) {
		uint32_t index = pool_get(&p);

		REQUIRE(index < 100);
		CHECK_EQ_U(seen[index]++, 0);
		memset(pool_at(&p, index), 0xa5, sizeof(struct obj));
	}

	CHECK_EQ_U(pool_used(&p), 100);
	CHECK_EQ_X(pool_get(&p), POOL_NONE);
	pool_put(&p, 42);
	CHECK_EQ_U(pool_get(&p), 42);
	CHECK_EQ_X(pool_get(&p), POOL_NONE);
	pool_fini(&p);
}

static void
last_put_is_first_got(void)
{
	struct pool p;
	uint32_t a, b, c;

	REQUIRE_EQ_I(pool_init(&p, &mem_pages, 8, sizeof(struct obj), CACHE_LINE), 0);
	a = pool_get(&p);
	b = pool_get(&p);
	c = pool_get(&p);

	pool_put(&p, a);
	pool_put(&p, c);
	pool_put(&p, b);

	CHECK_EQ_U(pool_used(&p), 0);
	CHECK_EQ_U(pool_get(&p), b);
	CHECK_EQ_U(pool_get(&p), c);
	CHECK_EQ_U(pool_get(&p), a);
	pool_fini(&p);
}

static void
stale_handle_finds_nothing(void)
{
	struct pool p;
	uint64_t first, second;
	uint32_t index;

	REQUIRE_EQ_I(pool_init(&p, &mem_pages, 4, sizeof(struct obj), 0), 0);
	index = pool_get(&p);
	first = pool_handle(&p, index);
	CHECK(first != 0);
	CHECK_PTR(pool_lookup(&p, first), pool_at(&p, index));

	pool_put(&p, index);
	CHECK_NULL(pool_lookup(&p, first));
	CHECK_NULL(pool_lookup(&p, first + (UINT64_C(1) << 32)));

	CHECK_EQ_U(pool_get(&p), index);
	second = pool_handle(&p, index);
	CHECK(second != first);
	CHECK_NULL(pool_lookup(&p, first));
	CHECK_PTR(pool_lookup(&p, second), pool_at(&p, index));
	pool_fini(&p);
}

static void
made_up_handle_finds_nothing(void)
{
	struct pool p;

	REQUIRE_EQ_I(pool_init(&p, &mem_pages, 4, sizeof(struct obj), 0), 0);
	CHECK_NULL(pool_lookup(&p, 0));
	CHECK_EQ_U(pool_get(&p), 0);

	CHECK_NULL(pool_lookup(&p, 0));
	CHECK_NULL(pool_lookup(&p, (UINT64_C(1) << 32) | 1));
	CHECK_NULL(pool_lookup(&p, (UINT64_C(1) << 32) | 4));
	CHECK_NULL(pool_lookup(&p, (UINT64_C(1) << 32) | POOL_NONE));
	CHECK_NULL(pool_lookup(&p, UINT64_MAX));
	pool_fini(&p);
}

static void
generation_skips_zero(void)
{
	struct pool p;
	uint32_t index;

	REQUIRE_EQ_I(pool_init(&p, &mem_pages, 1, sizeof(struct obj), 0), 0);
	index = pool_get(&p);
	p.slots[index].generation = UINT32_MAX;
	pool_put(&p, index);
	index = pool_get(&p);

	CHECK_EQ_X(pool_handle(&p, index), UINT64_C(1) << 32);
	pool_fini(&p);
}

static void
unused_objects_stay_untouched(void)
{
	struct pool p;

	REQUIRE_EQ_I(pool_init(&p, &mem_pages, 1000000, 512, CACHE_LINE), 0);

	for (int i = 0; i < 20; i++)
		memset(pool_at(&p, pool_get(&p)), 1, 512);

	CHECK(resident_pages(p.objs, p.region_size) <= 20 * 512 / 4096 + 2);
	pool_fini(&p);
}

static void
objects_are_aligned_and_apart(void)
{
	static const size_t aligns[] = {0, 8, 64, 256};

	for (size_t i = 0; i < 4; i++) {
		size_t want = aligns[i] ? aligns[i] : _Alignof(max_align_t), out = 0;
		struct mem_ops mem = {counted_alloc, counted_free, &out};
		struct pool p;

		REQUIRE_EQ_I(pool_init(&p, &mem, 7, 41, aligns[i]), 0);
		for (uint32_t n = 0; n < 7; n++) {
			uint32_t index = pool_get(&p);

			CHECK_EQ_U((uintptr_t)pool_at(&p, index) % want, 0);
			CHECK_EQ_U(pool_index(&p, pool_at(&p, index)), index);
			memset(pool_at(&p, index), (int)n + 1, 41);
		}
		for (uint32_t n = 0; n < 7; n++)
			CHECK_EQ_U(((uint8_t *)pool_at(&p, n))[40], n + 1);
		CHECK(out != 0);
		pool_fini(&p);
		CHECK_EQ_U(out, 0);
	}
}

static void
wrong_sizes_are_refused(void)
{
	static const struct mem_ops none = {no_memory, NULL, NULL};
	struct pool p;

	CHECK_EQ_I(pool_init(&p, &mem_pages, 0, 8, 0), -EINVAL);
	CHECK_EQ_I(pool_init(&p, &mem_pages, POOL_LIVE, 8, 0), -EINVAL);
	CHECK_EQ_I(pool_init(&p, &mem_pages, 8, 0, 0), -EINVAL);
	CHECK_EQ_I(pool_init(&p, &mem_pages, 8, 8, 48), -EINVAL);
	CHECK_EQ_I(pool_init(&p, &mem_pages, 1u << 31, SIZE_MAX / 4, 0), -EINVAL);
	CHECK_EQ_I(pool_init(&p, &none, 8, 8, 0), -ENOMEM);
	pool_fini(&p);
}

static void
foreach_allows_put(void)
{
	struct pool p;
	uint32_t seen = 0;

	REQUIRE_EQ_I(pool_init(&p, &mem_pages, 10, sizeof(struct obj), 0), 0);
	for (int i = 0; i < 8; i++)
		CHECK_EQ_I(pool_get(&p), i);
	pool_put(&p, 0);
	pool_put(&p, 5);

	pool_foreach (&p, index) {
		seen |= 1u << index;
		pool_put(&p, index);
	}

	CHECK_EQ_X(seen, 0xde);
	CHECK_EQ_U(pool_used(&p), 0);
	CHECK_EQ_X(pool_next(&p, 0), POOL_NONE);
	pool_fini(&p);
}

static void
random_use_agrees_with_model(void)
{
	enum { MAX = 64 };
	uint64_t handle[MAX] = {0}, old[256] = {0}; /* of objects in use by index; put back ones */
	uint32_t used = 0, olds = 0;
	struct pool p;
	struct rng r;

	rng_seed(&r, 1);
	REQUIRE_EQ_I(pool_init(&p, &mem_pages, MAX, sizeof(struct obj), 0), 0);
	for (int step = 0; step < 20000; step++) {
		uint32_t i = rng_below(&r, MAX);

		if (rng_below(&r, 2)) {
			i = pool_get(&p);
			CHECK(used == MAX ? i == POOL_NONE : handle[i] == 0);
			if (i == POOL_NONE)
				continue;
			handle[i] = pool_handle(&p, i);
			*(uint64_t *)pool_at(&p, i) = handle[i];
			used++;
		} else if (handle[i] != 0) {
			CHECK_EQ_X(*(uint64_t *)pool_lookup(&p, handle[i]), handle[i]);
			old[olds++ % 256] = handle[i];
			pool_put(&p, i);
			handle[i] = 0;
			used--;
		}
		CHECK_NULL(pool_lookup(&p, old[rng_below(&r, 256)]));
		CHECK_EQ_U(pool_used(&p), used);
	}
	pool_fini(&p);
}

static const struct test_case cases[] = {
	{"every object is given once, then none", gives_all_then_none},
	{"the object put last is got first", last_put_is_first_got},
	{"a handle finds nothing once its object was put back", stale_handle_finds_nothing},
	{"a handle that never was given finds nothing", made_up_handle_finds_nothing},
	{"a generation that wraps skips 0, so no handle is 0", generation_skips_zero},
	{"objects never in use take no memory", unused_objects_stay_untouched},
	{"objects are aligned and do not overlap", objects_are_aligned_and_apart},
	{"sizes that make no sense or do not fit are refused", wrong_sizes_are_refused},
	{"a walk over all objects may put each one back", foreach_allows_put},
	{"random gets and puts agree with a model", random_use_agrees_with_model},
	{NULL, NULL},
};

const struct test_suite pool_suite = {"pool", NULL, NULL, cases, NULL, NULL};
