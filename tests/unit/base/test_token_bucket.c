/* SPDX-License-Identifier: BSD-3-Clause */
#include "suites.h"

#include "token_bucket.h"

#define MS UINT64_C(1000000)
#define SEC (1000 * MS)

static unsigned int
take_all(struct token_bucket *b, uint64_t now, uint32_t rate, uint32_t burst)
{
	unsigned int n = 0;

	while (n < 1000 && token_bucket_take(b, now, rate, burst))
		n++;
	return n;
}

static void
full_at_first(void)
{
	struct token_bucket b = {0};

	CHECK_EQ_U(take_all(&b, 0, 10, 5), 5);
	CHECK_EQ_U(take_all(&b, 100 * MS - 1, 10, 5), 0);
	CHECK_EQ_U(take_all(&b, 100 * MS, 10, 5), 1);
	CHECK_EQ_U(take_all(&b, 450 * MS, 10, 5), 3);
	CHECK_EQ_U(take_all(&b, 500 * MS, 10, 5), 1);
}

static void
never_above_its_burst(void)
{
	struct token_bucket b = {0};

	CHECK_EQ_U(take_all(&b, 1000 * SEC, 10, 5), 5);
	CHECK_EQ_U(take_all(&b, 9000 * SEC, 10, 5), 5);
}

static void
rate_holds_over_time(void)
{
	struct token_bucket b = {0};
	unsigned int taken = 0;

	for (uint64_t now = 0; now < 10 * SEC; now += MS)
		taken += token_bucket_take(&b, now, 200, 50);

	CHECK(taken >= 50 + 1999 && taken <= 50 + 2000);
}

static void
small_bursts_and_no_limit(void)
{
	struct token_bucket b = {0};

	CHECK_EQ_U(take_all(&b, 5 * SEC, 1, 0), 1);
	CHECK_EQ_U(take_all(&b, 6 * SEC - 1, 1, 0), 0);
	CHECK_EQ_U(take_all(&b, 6 * SEC, 1, 0), 1);
	CHECK_EQ_U(take_all(&b, 6 * SEC, 0, 3), 1000);
}

static void
reserved_tokens_come_in_turn(void)
{
	struct token_bucket b = {0};

	CHECK_EQ_U(token_bucket_reserve(&b, SEC, 10, 2), 0);
	CHECK_EQ_U(token_bucket_reserve(&b, SEC, 10, 2), 0);
	CHECK_EQ_U(token_bucket_reserve(&b, SEC, 10, 2), 100 * MS);
	CHECK_EQ_U(token_bucket_reserve(&b, SEC, 10, 2), 200 * MS);
	CHECK_EQ_U(token_bucket_wait(&b, SEC, 10, 2), 300 * MS);
	CHECK_EQ_U(token_bucket_wait(&b, SEC + 250 * MS, 10, 2), 50 * MS);
	CHECK(!token_bucket_take(&b, SEC + 299 * MS, 10, 2));
	CHECK(token_bucket_take(&b, SEC + 300 * MS, 10, 2));
}

static const struct test_case cases[] = {
	{"a new bucket is full and grows one token at a time", full_at_first},
	{"a quiet time gives no more than the burst", never_above_its_burst},
	{"the rate holds over time", rate_holds_over_time},
	{"a burst of 0 counts as 1 and a rate of 0 is no limit", small_bursts_and_no_limit},
	{"reserved tokens come one after the other", reserved_tokens_come_in_turn},
	{NULL, NULL},
};

const struct test_suite token_bucket_suite = {"token_bucket", NULL, NULL, cases, NULL, NULL};
