/* SPDX-License-Identifier: BSD-3-Clause */
#include "suites.h"

#include "flow_table.h"
#include "rng.h"

#include <errno.h>

enum { MAX = 3000 };

/* How often a lookup of the hash gives the index. */
static unsigned int
found(const struct flow_table *t, uint64_t hash, uint32_t index)
{
	struct flow_iter it;
	unsigned int n = 0;

	for (uint32_t i = flow_find_first(t, hash, &it); i != FLOW_NONE;
		i = flow_find_next(t, &it))
		n += i == index;
	return n;
}

static void
entry_is_found_until_removed(void)
{
	struct flow_table t;

	REQUIRE_EQ_I(flow_table_init(&t, &mem_pages, 16), 0);
	CHECK_EQ_U(found(&t, 0x1234567800000000, 7), 0);

	CHECK_EQ_I(flow_table_insert(&t, 0x1234567800000000, 7), 0);
	CHECK_EQ_U(found(&t, 0x1234567800000000, 7), 1);
	CHECK_EQ_U(found(&t, 0x1234567800000002, 7), 0);
	CHECK_EQ_U(flow_table_used(&t), 1);
	flow_table_prefetch(&t, 0x1234567800000000);

	CHECK_EQ_I(flow_table_remove(&t, 0x1234567800000000, 8), -ENOENT);
	CHECK_EQ_I(flow_table_remove(&t, 0x1234567800000000, 7), 0);
	CHECK_EQ_I(flow_table_remove(&t, 0x1234567800000000, 7), -ENOENT);
	CHECK_EQ_U(found(&t, 0x1234567800000000, 7), 0);
	CHECK_EQ_U(flow_table_used(&t), 0);
	flow_table_fini(&t);
}

/* Fills to the last entry, looks at each, takes all out again; three times over. */
static void
fill_and_empty(uint64_t and_mask, uint32_t max)
{
	struct flow_table t;

	REQUIRE_EQ_I(flow_table_init(&t, &mem_pages, max), 0);
	for (int round = 0; round < 3; round++) {
		struct rng r;

		rng_seed(&r, 5);
		for (uint32_t i = 0; i < max; i++)
			CHECK_EQ_I(flow_table_insert(&t, rng_u64(&r) & and_mask, i), 0);
		CHECK_EQ_I(flow_table_insert(&t, 1, max), -ENOSPC);
		rng_seed(&r, 5);
		for (uint32_t i = 0; i < max; i++)
			CHECK_EQ_U(found(&t, rng_u64(&r) & and_mask, i), 1);
		rng_seed(&r, 5);
		for (uint32_t i = 0; i < max; i++)
			CHECK_EQ_I(flow_table_remove(&t, rng_u64(&r) & and_mask, i), 0);
		CHECK_EQ_U(flow_table_used(&t), 0);
	}
	flow_table_fini(&t);
}

static void
even_hashes_fill_it(void)
{
	fill_and_empty(UINT64_MAX, MAX);
	fill_and_empty(UINT64_MAX, 1);
	fill_and_empty(UINT64_MAX, 9);
}

static void
one_bucket_takes_all(void)
{
	fill_and_empty(0, MAX);
	fill_and_empty(0x00000000ffffffff, MAX);
}

static void
uneven_hashes_fill_it(void)
{
	fill_and_empty(0xf0000000ffffffff, MAX);
	fill_and_empty(0xffc0000000000001, MAX);
}

/* Spare buckets that hold one entry each. */
static void
chains_just_too_long_fill_it(uint32_t len)
{
	struct flow_table t;

	REQUIRE_EQ_I(flow_table_init(&t, &mem_pages, MAX), 0);
	for (uint32_t i = 0; i < MAX; i++) {
		uint64_t bucket = i / len, hash = (((bucket << 32) / t.n_direct + 1) << 32) | i;

		CHECK_EQ_I(flow_table_insert(&t, hash, i), 0);
		CHECK_EQ_U(found(&t, hash, i), 1);
	}
	flow_table_fini(&t);
}

static void
wasteful_chains_fill_it(void)
{
	chains_just_too_long_fill_it(9);
	chains_just_too_long_fill_it(17);
	chains_just_too_long_fill_it(8 * 100 + 1);
}

static void
random_use_agrees_with_model(void)
{
	static const uint64_t masks[] = {UINT64_MAX, 0xfc00000000000007, 0xff00000000000000};

	for (size_t m = 0; m < 3; m++) {
		uint64_t hash[256];
		bool in[256] = {false};
		uint32_t used = 0;
		struct flow_table t;
		struct rng r;

		rng_seed(&r, m);
		REQUIRE_EQ_I(flow_table_init(&t, &mem_pages, 200), 0);
		for (int step = 0; step < 50000; step++) {
			uint32_t i = rng_below(&r, 256);

			if (!in[i]) {
				hash[i] = rng_u64(&r) & masks[m];
				in[i] = used < 200;
				used += in[i];
				CHECK_EQ_I(flow_table_insert(&t, hash[i], i), in[i] ? 0 : -ENOSPC);
			} else if (rng_below(&r, 3) == 0) {
				CHECK_EQ_I(flow_table_remove(&t, hash[i], i), 0);
				in[i] = false;
				used--;
			}
			if (step % 64 == 0)
				for (i = 0; i < 256; i++)
					if (in[i])
						CHECK_EQ_U(found(&t, hash[i], i), 1);
			CHECK_EQ_U(flow_table_used(&t), used);
		}
		flow_table_fini(&t);
	}
}

static void
sizes_without_sense_are_refused(void)
{
	struct flow_table t;

	CHECK_EQ_I(flow_table_init(&t, &mem_pages, 0), -EINVAL);
	CHECK_EQ_I(flow_table_init(&t, &mem_pages, UINT32_MAX), -EINVAL);
	flow_table_fini(&t);
}

static const struct test_case cases[] = {
	{"an entry is found until it is removed", entry_is_found_until_removed},
	{"even hashes fill the table to its last entry", even_hashes_fill_it},
	{"the table holds its capacity in one bucket's chain", one_bucket_takes_all},
	{"uneven hashes fill the table to its last entry", uneven_hashes_fill_it},
	{"chains that waste most of their last bucket fit", wasteful_chains_fill_it},
	{"random inserts and removes agree with a model", random_use_agrees_with_model},
	{"sizes that make no sense are refused", sizes_without_sense_are_refused},
	{NULL, NULL},
};

const struct test_suite flow_table_suite = {"flow_table", NULL, NULL, cases, NULL, NULL};
