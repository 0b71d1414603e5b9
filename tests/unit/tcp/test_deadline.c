/* SPDX-License-Identifier: BSD-3-Clause */
/* Four deadlines, one lazily moved wheel entry. */
#include <stdlib.h>
#include <string.h>

#include "suites.h"
#include "tcp_parts.h"

#define MS UINT64_C(1000000)

static struct tcp *t;
static struct env *env;
static struct tcb *tcb;
static struct mien_personality personality;

static void
before(void)
{
	t = calloc(1, sizeof(*t));
	env = calloc(1, sizeof(*env));
	tcb = aligned_alloc(64, sizeof(*tcb));
	REQUIRE(t && env && tcb);
	memset(tcb, 0, sizeof(*tcb));
	mien_personality_init_plain(&personality);
	env->now = 1000 * MS;
	wheel_init(&env->wheel, env->now, WHEEL_TICK_MS);
	t->env = env;
	tcb->p = &personality;
	deadline_stop(t, tcb);
}

static void
after(void)
{
	deadline_stop(t, tcb);
	CHECK_EQ_U(wheel_count(&env->wheel), 0);
	free(tcb);
	free(env);
	free(t);
}

static void
earliest_counts(void)
{
	deadline_set(t, tcb, DL_KEEP, 5000 * MS);
	deadline_set(t, tcb, DL_RTX, 2000 * MS);
	deadline_set(t, tcb, DL_ACK, 3000 * MS);

	CHECK_EQ_U(wheel_next(&env->wheel), 2000 * MS);
	CHECK_EQ_U(wheel_count(&env->wheel), 1);
}

static void
later_is_lazy(void)
{
	deadline_set(t, tcb, DL_RTX, 2000 * MS);

	deadline_set(t, tcb, DL_RTX, 9000 * MS);

	CHECK_EQ_U(tcb->deadline[DL_RTX], 9000 * MS);
	CHECK_EQ_U(tcb->timer.deadline, 2000 * MS);
	deadline_rearm(t, tcb);
	CHECK_EQ_U(tcb->timer.deadline, 9000 * MS);
}

static void
cleared(void)
{
	deadline_set(t, tcb, DL_RTX, 2000 * MS);
	deadline_set(t, tcb, DL_ACK, 3000 * MS);

	deadline_clear(t, tcb, DL_RTX);
	deadline_rearm(t, tcb);
	CHECK_EQ_U(tcb->timer.deadline, 3000 * MS);

	deadline_clear(t, tcb, DL_ACK);
	deadline_rearm(t, tcb);
	CHECK(!wheel_is_set(&tcb->timer));
}

static void
on_the_tick(void)
{
	personality.tcp.tick_ms = 500;

	deadline_set(t, tcb, DL_RTX, 2001 * MS);
	CHECK_EQ_U(tcb->deadline[DL_RTX], 2500 * MS);
	deadline_set(t, tcb, DL_RTX, 2500 * MS);
	CHECK_EQ_U(tcb->deadline[DL_RTX], 2500 * MS);
	deadline_set(t, tcb, DL_RTX, WHEEL_NEVER);
	CHECK_EQ_U(tcb->deadline[DL_RTX], WHEEL_NEVER);
}

static const struct test_case cases[] = {
	{"the wheel's entry stands at the earliest deadline", earliest_counts},
	{"a deadline that moves away leaves the entry until it is armed again", later_is_lazy},
	{"a deadline that was cleared is forgotten", cleared},
	{"deadlines lie on the system's tick, never before their time", on_the_tick},
	{NULL, NULL},
};

const struct test_suite deadline_suite = {"deadline", NULL, NULL, cases, before, after};
