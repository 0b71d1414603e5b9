/* SPDX-License-Identifier: BSD-3-Clause */
#include "suites.h"

#include "rng.h"

/* First outputs from state 1, 2, 3, 4, as other implementations of xoshiro256** give them. */
static void
known_sequence(void)
{
	static const uint64_t want[] = {11520, 0, 1509978240, 1215971899390074240,
		1216172134540287360, 607988272756665600, UINT64_C(16172922978634559625),
		8476171486693032832, UINT64_C(10595114339597558777), 2904607092377533576};
	struct rng r = {{1, 2, 3, 4}};

	for (size_t i = 0; i < sizeof(want) / sizeof(want[0]); i++)
		CHECK_EQ_U(rng_u64(&r), want[i]);
}

/* The first outputs of splitmix64 from 1234567. */
static void
known_seeding(void)
{
	struct rng r;

	rng_seed(&r, 1234567);

	CHECK_EQ_U(r.s[0], 6457827717110365317);
	CHECK_EQ_U(r.s[1], 3203168211198807973);
	CHECK_EQ_U(r.s[2], UINT64_C(9817491932198370423));
	CHECK_EQ_U(r.s[3], 4593380528125082431);
}

static void
same_seed_same_numbers(void)
{
	struct rng a, b, c;
	int same = 0;

	rng_seed(&a, 0);
	rng_seed(&b, 0);
	rng_seed(&c, 1);
	for (int i = 0; i < 100; i++) {
		uint32_t x = rng_u32(&a);

		CHECK_EQ_U(rng_u32(&b), x);
		same += rng_u32(&c) == x;
	}
	CHECK(same < 3);
}

static void
below_stays_below_and_is_even(void)
{
	uint32_t count[7] = {0};
	struct rng r;

	rng_seed(&r, 3);
	for (int i = 0; i < 70000; i++) {
		uint32_t x = rng_below(&r, 7);

		REQUIRE(x < 7);
		count[x]++;
	}

	for (int i = 0; i < 7; i++)
		CHECK(count[i] > 9600 && count[i] < 10400);
	CHECK_EQ_U(rng_below(&r, 0), 0);
	CHECK_EQ_U(rng_below(&r, 1), 0);
}

/* A plain multiply would give the multiples of 3 twice as often as the others. */
static void
large_bounds_are_even(void)
{
	uint32_t bound = 3u << 30, thirds = 0;
	struct rng r;

	rng_seed(&r, 4);
	for (int i = 0; i < 90000; i++)
		thirds += rng_below(&r, bound) % 3 == 0;

	CHECK(thirds > 29400 && thirds < 30600);
}

static void
range_includes_both_ends(void)
{
	bool low = false, high = false;
	struct rng r;

	rng_seed(&r, 5);
	for (int i = 0; i < 1000; i++) {
		uint32_t x = rng_range(&r, 10, 13);

		REQUIRE(x >= 10 && x <= 13);
		low |= x == 10;
		high |= x == 13;
	}

	CHECK(low && high);
	CHECK_EQ_U(rng_range(&r, 9, 9), 9);
	CHECK(rng_range(&r, 0, UINT32_MAX) != rng_range(&r, 0, UINT32_MAX));
}

static const struct test_case cases[] = {
	{"the generator gives the published sequence", known_sequence},
	{"the seed is spread by splitmix64", known_seeding},
	{"the same seed gives the same numbers, another seed others", same_seed_same_numbers},
	{"numbers below a bound stay below it and come evenly", below_stays_below_and_is_even},
	{"bounds that do not divide 2^32 are even too", large_bounds_are_even},
	{"a range includes both its ends", range_includes_both_ends},
	{NULL, NULL},
};

const struct test_suite rng_suite = {"rng", NULL, NULL, cases, NULL, NULL};
