/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdlib.h>

#include "loop_timers.h"
#include "suites.h"

static struct loop_timers timers;
static uint64_t fired[64];
static unsigned fired_count;

static void
before(void)
{
	fired_count = 0;
}

static void
after(void)
{
	timers_free(&timers);
}

static void
note(void *ctx, uint64_t now)
{
	if (fired_count < 64)
		fired[fired_count++] = (uint64_t)(uintptr_t)ctx;
}

static void
again(void *ctx, uint64_t now)
{
	note(ctx, now);
	CHECK_EQ_I(timers_add(&timers, now, again, ctx, NULL), 0);
}

static void
in_order(void)
{
	static const uint64_t when[] = {50, 10, 30, 30, 20, 40, 10, 60};

	for (uintptr_t i = 0; i < 8; i++)
		REQUIRE_EQ_I(timers_add(&timers, when[i], note, (void *)i, NULL), 0);
	CHECK_EQ_U(timers_next(&timers), 10);
	CHECK(timers_run(&timers, 50));

	static const uint64_t want[] = {1, 6, 4, 2, 3, 5, 0};
	REQUIRE_EQ_U(fired_count, 7);
	for (unsigned i = 0; i < 7; i++)
		CHECK_EQ_U(fired[i], want[i]);
	CHECK_EQ_U(timers_next(&timers), 60);
}

static void
cancelled(void)
{
	uint64_t ids[20];

	for (uintptr_t i = 0; i < 20; i++)
		REQUIRE_EQ_I(timers_add(&timers, 100 - i, note, (void *)i, &ids[i]), 0);
	for (int i = 0; i < 20; i += 2)
		CHECK(timers_cancel(&timers, ids[i]));
	CHECK(!timers_cancel(&timers, ids[0]));
	timers_run(&timers, 1000);

	REQUIRE_EQ_U(fired_count, 10);
	for (unsigned i = 0; i < 10; i++)
		CHECK_EQ_U(fired[i], 19 - 2 * i);
	CHECK_EQ_U(timers_next(&timers), MIEN_NEVER);
}

static void
rearmed(void)
{
	REQUIRE_EQ_I(timers_add(&timers, 5, again, NULL, NULL), 0);

	CHECK(timers_run(&timers, 5));

	CHECK_EQ_U(fired_count, 1);
	CHECK_EQ_U(timers_next(&timers), 5);
}

static const struct test_case cases[] = {
	{"timers fire by time, equal ones in the order they were added", in_order},
	{"a cancelled timer does not fire and can be cancelled once", cancelled},
	{"a timer that arms itself again waits for the next turn", rearmed},
	{NULL, NULL},
};
const struct test_suite loop_timers_suite = {
	.name = "loop_timers", .cases = cases, .before = before, .after = after};
