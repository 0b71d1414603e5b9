/* SPDX-License-Identifier: BSD-3-Clause */
#include "suites.h"

#include "ranges.h"
#include "rng.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The set as "start-end start-end", each as a distance from base. */
static void
expect_ranges(const struct ranges *rs, uint32_t base, const char *want)
{
	char text[256] = "";

	for (uint16_t i = 0; i < rs->n; i++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%d-%d", i ? " " : "",
			seq_diff(rs->r[i].start, base), seq_diff(rs->r[i].end, base));
	CHECK_STR(text, want);
}

static void
add_merges_at(uint32_t base)
{
	struct range storage[4];
	struct ranges rs;

	ranges_init(&rs, storage, 4);
	CHECK_EQ_I(ranges_add(&rs, base + 30, base + 40), 0);
	CHECK_EQ_I(ranges_add(&rs, base + 10, base + 20), 0);
	CHECK_EQ_I(ranges_add(&rs, base + 50, base + 60), 0);
	expect_ranges(&rs, base, "10-20 30-40 50-60");

	CHECK_EQ_I(ranges_add(&rs, base + 12, base + 15), 0);
	expect_ranges(&rs, base, "10-20 30-40 50-60");
	CHECK_EQ_I(ranges_add(&rs, base + 20, base + 22), 0);
	expect_ranges(&rs, base, "10-22 30-40 50-60");
	CHECK_EQ_I(ranges_add(&rs, base + 45, base + 50), 0);
	expect_ranges(&rs, base, "10-22 30-40 45-60");
	CHECK_EQ_I(ranges_add(&rs, base + 21, base + 46), 0);
	expect_ranges(&rs, base, "10-60");
	CHECK_EQ_I(ranges_add(&rs, base, base + 100), 0);
	expect_ranges(&rs, base, "0-100");
	CHECK_EQ_U(ranges_total(&rs), 100);
}

static void
add_merges_what_touches(void)
{
	add_merges_at(1000);
	add_merges_at(0xfffffff0);
	add_merges_at(0x7ffffff0);
	add_merges_at(0xffffffd3);
}

static void
full_set_is_unchanged(void)
{
	struct range storage[2];
	struct ranges rs;

	ranges_init(&rs, storage, 2);
	CHECK_EQ_I(ranges_add(&rs, 10, 20), 0);
	CHECK_EQ_I(ranges_add(&rs, 30, 40), 0);

	CHECK_EQ_I(ranges_add(&rs, 50, 60), -ENOSPC);
	CHECK_EQ_I(ranges_add(&rs, 0, 5), -ENOSPC);
	CHECK_EQ_I(ranges_add(&rs, 22, 28), -ENOSPC);
	expect_ranges(&rs, 0, "10-20 30-40");

	CHECK_EQ_I(ranges_add(&rs, 40, 45), 0);
	CHECK_EQ_I(ranges_add(&rs, 15, 35), 0);
	expect_ranges(&rs, 0, "10-45");
}

static void
senseless_ranges_are_refused(void)
{
	struct range storage[4];
	struct ranges rs;

	ranges_init(&rs, storage, 4);
	CHECK_EQ_I(ranges_add(&rs, 10, 10), -EINVAL);
	CHECK_EQ_I(ranges_add(&rs, 10, 9), -EINVAL);
	CHECK_EQ_I(ranges_add(&rs, 10, 20), 0);

	CHECK_EQ_I(ranges_add(&rs, 0x80000000, 0x80000010), -EINVAL);
	CHECK_EQ_I(ranges_add(&rs, 0x80000012, 0x80000020), -EINVAL);
	CHECK_EQ_I(ranges_add(&rs, 0x7ffffff0, 0x8000000a), -EINVAL);
	expect_ranges(&rs, 0, "10-20");
	CHECK_EQ_I(ranges_add(&rs, 0x7ffffff0, 0x80000009), 0);
	CHECK_EQ_I(ranges_add(&rs, 9, 10), -EINVAL);
}

static void
subtract_below_cuts(void)
{
	struct range storage[4];
	struct ranges rs;

	ranges_init(&rs, storage, 4);
	CHECK_EQ_I(ranges_add(&rs, 0xfffffff0, 0xfffffff8), 0);
	CHECK_EQ_I(ranges_add(&rs, 0xfffffffc, 4), 0);
	CHECK_EQ_I(ranges_add(&rs, 8, 12), 0);

	ranges_subtract_below(&rs, 0xffffffe0);
	expect_ranges(&rs, 0, "-16--8 -4-4 8-12");
	ranges_subtract_below(&rs, 0xfffffffa);
	expect_ranges(&rs, 0, "-4-4 8-12");
	ranges_subtract_below(&rs, 1);
	expect_ranges(&rs, 0, "1-4 8-12");
	ranges_subtract_below(&rs, 4);
	expect_ranges(&rs, 0, "8-12");
	ranges_subtract_below(&rs, 100);
	expect_ranges(&rs, 0, "");
	ranges_subtract_below(&rs, 200);
}

static void
contains_and_covers(void)
{
	struct range storage[4];
	struct ranges rs;

	ranges_init(&rs, storage, 4);
	CHECK(!ranges_contains(&rs, 0));
	CHECK_EQ_I(ranges_add(&rs, 0xfffffffe, 2), 0);
	CHECK_EQ_I(ranges_add(&rs, 5, 9), 0);

	CHECK(!ranges_contains(&rs, 0xfffffffd));
	CHECK(ranges_contains(&rs, 0xfffffffe));
	CHECK(ranges_contains(&rs, 1));
	CHECK(!ranges_contains(&rs, 2));
	CHECK(ranges_covers(&rs, 0xfffffffe, 2));
	CHECK(ranges_covers(&rs, 0, 0));
	CHECK(!ranges_covers(&rs, 0, 3));
	CHECK(!ranges_covers(&rs, 1, 6));
	CHECK_PTR(ranges_find(&rs, 8), &rs.r[1]);
	ranges_clear(&rs);
	CHECK(!ranges_contains(&rs, 8));
}

/* Does the set hold just the flagged numbers, in as few ranges as can be? */
static bool
same_as_flags(const struct ranges *rs, uint32_t base, const bool *flags, uint32_t n)
{
	uint16_t runs = 0;

	for (uint32_t i = 0; i < n; i++) {
		bool starts = flags[i] && (i == 0 || !flags[i - 1]);

		if (ranges_contains(rs, base + i) != flags[i])
			return false;
		if (starts && (runs >= rs->n || rs->r[runs].start != base + i))
			return false;
		runs += starts;
	}
	return runs == rs->n;
}

static void
random_use_agrees_with_model(void)
{
	enum { SPAN = 200, CAP = 6 };
	struct range *storage = malloc(CAP * sizeof(*storage));
	struct ranges rs;
	struct rng r;

	rng_seed(&r, 8);
	ranges_init(&rs, storage, CAP);
	for (int round = 0; round < 300; round++) {
		uint32_t base = 0u - rng_below(&r, SPAN);
		bool flags[SPAN + 1] = {false};

		ranges_clear(&rs);
		for (int step = 0; step < 40; step++) {
			uint32_t start = rng_below(&r, SPAN), len = rng_range(&r, 1, 12);
			uint32_t end = start + len < SPAN ? start + len : SPAN;

			if (rng_below(&r, 16) == 0) {
				ranges_subtract_below(&rs, base + start);
				memset(flags, 0, start);
			} else if (ranges_add(&rs, base + start, base + end) == 0) {
				memset(flags + start, true, end - start);
			} else {
				CHECK_EQ_U(rs.n, CAP);
			}
			CHECK(same_as_flags(&rs, base, flags, SPAN));
		}
	}
	free(storage);
}

static const struct test_case cases[] = {
	{"what meets or touches is merged, also across the wrap", add_merges_what_touches},
	{"a full set refuses one more range and still merges", full_set_is_unchanged},
	{"empty ranges and spans of 2^31 are refused", senseless_ranges_are_refused},
	{"subtracting below a number drops and cuts ranges", subtract_below_cuts},
	{"a set knows its numbers and whole ranges", contains_and_covers},
	{"random use agrees with a model", random_use_agrees_with_model},
	{NULL, NULL},
};

const struct test_suite ranges_suite = {"ranges", NULL, NULL, cases, NULL, NULL};
