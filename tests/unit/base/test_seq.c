/* SPDX-License-Identifier: BSD-3-Clause */
#include "suites.h"

#include "seq.h"

static void
order_holds_across_wrap(void)
{
	static const uint32_t bases[] = {0, 1, 0x7fffffff, 0x80000000, 0xfffffff0, 0xffffffff};

	for (size_t i = 0; i < sizeof(bases) / sizeof(bases[0]); i++) {
		uint32_t a = bases[i], b = a + 0x20;

		CHECK(seq_lt(a, b) && !seq_lt(b, a) && !seq_lt(a, a));
		CHECK(seq_leq(a, b) && !seq_leq(b, a) && seq_leq(a, a));
		CHECK(seq_gt(b, a) && !seq_gt(a, b) && !seq_gt(a, a));
		CHECK(seq_geq(b, a) && !seq_geq(a, b) && seq_geq(a, a));
		CHECK_EQ_I(seq_diff(b, a), 0x20);
		CHECK_EQ_I(seq_diff(a, b), -0x20);
		CHECK_EQ_X(seq_max(a, b), b);
		CHECK_EQ_X(seq_max(b, a), b);
		CHECK_EQ_X(seq_min(a, b), a);
		CHECK_EQ_X(seq_min(b, a), a);
	}
}

static void
furthest_apart(void)
{
	CHECK(seq_lt(0, 0x7fffffff));
	CHECK(seq_gt(0, 0x80000001));
	CHECK(seq_lt(0x90000000, 0x0fffffff));
}

static void
window_has_its_edges(void)
{
	CHECK(seq_in_window(0xfffffffe, 0xfffffffe, 4));
	CHECK(seq_in_window(1, 0xfffffffe, 4));
	CHECK(!seq_in_window(2, 0xfffffffe, 4));
	CHECK(!seq_in_window(0xfffffffd, 0xfffffffe, 4));
	CHECK(!seq_in_window(7, 7, 0));
}

static const struct test_case cases[] = {
	{"order holds on both sides of the wrap", order_holds_across_wrap},
	{"numbers up to 2^31 - 1 apart compare", furthest_apart},
	{"a window holds its first number and not the one past its end", window_has_its_edges},
	{NULL, NULL},
};

const struct test_suite seq_suite = {"seq", NULL, NULL, cases, NULL, NULL};
