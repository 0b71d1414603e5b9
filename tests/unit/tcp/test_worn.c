/* SPDX-License-Identifier: BSD-3-Clause */
#include "suites.h"

#include <stdlib.h>

#include "tcp_room.h"

static struct mien_personality *
number(unsigned i)
{
	return (struct mien_personality *)(uintptr_t)(0x10000 + 64u * i);
}

static struct tcp *
room(void)
{
	struct tcp *t = calloc(1, sizeof(*t));

	REQUIRE_NOT_NULL(t);
	t->mem = mem_pages;
	REQUIRE_EQ_I(worn_create(t), 0);
	return t;
}

static void
room_free(struct tcp *t)
{
	worn_destroy(t);
	free(t);
}

static void
wearers_are_counted_one_by_one(void)
{
	struct tcp *t = room();

	CHECK_EQ_I(worn_take(t, number(1)), MIEN_OK);
	CHECK_EQ_I(worn_take(t, number(1)), MIEN_OK);
	CHECK_EQ_I(worn_take(t, number(2)), MIEN_OK);
	worn_give(t, number(1));

	CHECK_EQ_U(worn_users(t, number(1)), 1);
	CHECK_EQ_U(worn_users(t, number(2)), 1);
	CHECK_EQ_U(worn_users(t, number(3)), 0);
	CHECK_EQ_U(t->worn_count, 2);
	room_free(t);
}

static void
a_full_table_refuses_until_a_place_is_free(void)
{
	struct tcp *t = room();

	for (unsigned i = 0; i < TCP_WORN_MAX; i++)
		REQUIRE_EQ_I(worn_take(t, number(i)), MIEN_OK);

	CHECK_EQ_I(worn_take(t, number(TCP_WORN_MAX)), MIEN_EFULL);
	worn_give(t, number(77));
	CHECK_EQ_I(worn_take(t, number(TCP_WORN_MAX)), MIEN_OK);

	CHECK_EQ_U(worn_users(t, number(77)), 0);
	CHECK_EQ_U(worn_users(t, number(TCP_WORN_MAX)), 1);
	for (unsigned i = 0; i < TCP_WORN_MAX; i++)
		CHECK_EQ_U(worn_users(t, number(i)), i != 77);
	room_free(t);
}

const struct test_suite worn_suite = {
	.name = "worn",
	.cases = (const struct test_case[]){
		{"wearers are counted one by one", wearers_are_counted_one_by_one},
		{"a full table refuses until a place is free", a_full_table_refuses_until_a_place_is_free},
		{NULL, NULL},
	},
};
