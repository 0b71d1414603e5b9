/* SPDX-License-Identifier: BSD-3-Clause */
#include <pthread.h>
#include <string.h>

#include "fake_stack.h"
#include "loop_priv.h"
#include "suites.h"

static char body[2];
#define P(i) ((const struct mien_personality *)(const void *)&body[i])

static struct mien_registry *reg;
static struct mien_loop *loop;
static struct mien_port *port;
static struct mien_stack st;
static unsigned released;

static void
note_release(void *ctx, const struct mien_personality *p)
{
	CHECK_PTR(p, ctx);
	released++;
}

static void
before(void)
{
	const struct mien_port_config port_config = {.spec = "net_ring0", .mbufs = 512};
	const struct mien_loop_config config = {.poll = MIEN_POLL_ADAPTIVE};

	released = 0;
	fake_stack_init(&st);
	REQUIRE_EQ_I(mien_port_open(&port_config, &port, NULL), 0);
	REQUIRE_EQ_I(mien_loop_create(&config, &loop, NULL), 0);
	REQUIRE_EQ_I(mien_loop_attach(loop, &st, port, NULL), 0);
	REQUIRE_EQ_I(mien_registry_create(2, &reg), 0);
	REQUIRE_EQ_I(mien_registry_join(reg, loop), 0);
}

static void
after(void)
{
	mien_registry_destroy(reg);
	mien_loop_destroy(loop);
	mien_port_close(port);
}

static void
publishes(void)
{
	CHECK_NULL(mien_registry_get(reg, 0));

	CHECK_NULL(mien_registry_publish(reg, 0, P(0)));
	CHECK_PTR(mien_registry_get(reg, 0), P(0));
	CHECK_PTR(mien_registry_publish(reg, 0, P(1)), P(0));
	CHECK_PTR(mien_registry_get(reg, 0), P(1));
	CHECK_NULL(mien_registry_get(reg, 1));
	CHECK_NULL(mien_registry_get(reg, 2));
}

static void
use_ends(void *arg)
{
	__atomic_store_n(&st.users, 0, __ATOMIC_RELAXED);
}

static void *
run_loop(void *arg)
{
	return mien_loop_run(arg) == 0 ? arg : NULL;
}

static bool
collected_within(uint64_t ns)
{
	uint64_t until = mien_clock_now() + ns;

	while (mien_registry_collect(reg) > 0)
		if (mien_clock_now() > until)
			return false;
	return true;
}

static void
retires(void)
{
	pthread_t thread;

	/* given a personality with users */
	st.users = 3;
	REQUIRE_EQ_I(pthread_create(&thread, NULL, run_loop, loop), 0);
	REQUIRE_EQ_I(mien_registry_retire(reg, P(0), note_release, (void *)(uintptr_t)P(0)), 0);
	CHECK(!collected_within(150000000));
	CHECK_EQ_U(released, 0);

	/* when the last user is gone */
	REQUIRE_EQ_I(mien_loop_post(loop, use_ends, NULL), 0);

	CHECK(collected_within(2000000000));
	CHECK_EQ_U(released, 1);
	mien_loop_stop(loop);
	pthread_join(thread, NULL);
}

static void
destroyed_with_retired(void)
{
	REQUIRE_EQ_I(mien_registry_retire(reg, P(0), note_release, (void *)(uintptr_t)P(0)), 0);
	CHECK_EQ_U(mien_registry_collect(reg), 1);

	mien_registry_destroy(reg);
	reg = NULL;

	CHECK_EQ_U(released, 1);
}

static void
loop_gone(void)
{
	mien_loop_destroy(loop);
	loop = NULL;

	REQUIRE_EQ_I(mien_registry_retire(reg, P(0), note_release, (void *)(uintptr_t)P(0)), 0);

	CHECK_EQ_U(mien_registry_collect(reg), 0);
	CHECK_EQ_U(released, 1);
}

static const struct test_case cases[] = {
	{"a published personality is read until the next is published", publishes},
	{"a retired personality is released once no stack uses it", retires},
	{"a registry's end releases what was retired", destroyed_with_retired},
	{"a loop that is gone holds nothing back", loop_gone},
	{NULL, NULL},
};
const struct test_suite publish_suite = {
	.name = "publish", .cases = cases, .before = before, .after = after};
