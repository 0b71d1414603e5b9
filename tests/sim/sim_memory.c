/* SPDX-License-Identifier: BSD-3-Clause */
/* mbufs that run out, and allocations that fail one by one. */
#include <stdio.h>
#include <stdlib.h>

#include <rte_mbuf.h>

#include "rig_pool.h"
#include "suites.h"

static const struct wire_check_config leaky = {.leaky = true};

static void
small_pool(uint32_t mbufs, bool chains)
{
	struct stack_rig *r = rig_create(&(struct rig_config){.mbufs = mbufs, .wire = leaky, .chains = chains,
		.inspect = true, .link = {.delay_ns = RIG_MS}, .seed = mbufs});
	struct rig_conn *c[4];
	unsigned int good = 0;

	rig_listen(r, 0, 7, &(struct rig_plan){.echo = true});
	for (unsigned int i = 0; i < 4; i++)
		c[i] = rig_connect(r, 1, 0, 7,
			&(struct rig_plan){.send = 200000, .finish = true, .write = RIG_MIX, .read = RIG_MIX});
	rig_settle(r, 10000 * RIG_SECOND);
	for (unsigned int i = 0; i < 4; i++)
		good += c[i]->err == MIEN_OK && c[i]->received == 200000;
	CHECK(good == 4 || mbufs < 96);
	/* Who waits for a peer that gave up in silence waits for ever, as TCP does. */
	for (struct rig_conn *at = r->conns; at; at = at->all)
		if (!at->closed && mien_tcp_abort(r->st[at->stack], r->now, at->handle) != MIEN_OK)
			rig_fail(r, "abort");
	CHECK(rig_settle(r, 1000 * RIG_SECOND));
	CHECK_EQ_U(rig_end(r), 0);
}

/* Four echoes want far more than there is. From 96 mbufs on all are served; with fewer none is lost. */
static void
exhaustion(void)
{
	static const uint32_t sizes[] = {24, 48, 96, 200, 400};

	for (unsigned int i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
		small_pool(sizes[i], false);
	small_pool(300, true);
}

/* One conversation with everything in it; the n-th allocation of the stack fails, and `count` - 1 behind it. */
static bool
failing_at(uint64_t n, uint64_t count, bool views, uint64_t *allocs)
{
	struct stack_rig *r = rig_create(&(struct rig_config){.wire = leaky, .inspect = true, .mbufs = 1000,
		.link = {.delay_ns = RIG_MS, .loss_ppm = 30000, .reorder_ppm = 50000}, .seed = 5});
	const struct rig_plan plan = {.send = 12000, .finish = true, .write = RIG_MIX, .read = RIG_MIX};
	struct rte_mempool *pool = views ? r->views[1] : r->pool[1];
	struct rig_conn *c;
	bool good;

	rig_pool_fail(pool, n, count);
	rig_listen(r, 0, 80, &plan);
	c = rig_connect(r, 1, 0, 80, &plan);
	good = rig_settle(r, 10000 * RIG_SECOND) && c->err == MIEN_OK && c->received == 12000;
	*allocs = rig_pool_allocs(pool);
	if (!good)
		printf("\tallocation %u, %u times: %s, %u bytes\n", (unsigned int)n, (unsigned int)count,
			mien_err_name(c->err), (unsigned int)c->received);
	return CHECK_EQ_U(rig_end(r), 0) && good;
}

static void
each_allocation(void)
{
	unsigned int step = sim_slow_build() ? 7 : 1, failed = 0;
	uint64_t allocs = 1, n;

	for (unsigned int views = 0; views < 2; views++) {
		for (n = 0, allocs = 1; n < allocs; n += step)
			failed += !failing_at(n, 1, views, &allocs);
		CHECK(n > 10 || views);
	}
	CHECK_EQ_U(failed, 0);
}

static void
twenty_allocations(void)
{
	uint64_t allocs = 1;
	unsigned int failed = 0;

	for (uint64_t n = 1; n < allocs; n += 11) /* at 0 no SYN would ever leave */
		failed += !failing_at(n, 20, false, &allocs);
	CHECK_EQ_U(failed, 0);
}

/* One allocation in ten fails on both sides all the time. */
static void
often(void)
{
	for (uint64_t seed = 1; seed <= 5; seed++) {
		struct stack_rig *r = rig_create(&(struct rig_config){.wire = leaky, .inspect = true,
			.link = {.delay_ns = RIG_MS, .loss_ppm = 10000}, .seed = seed});
		const struct rig_plan plan = {.send = 100000, .finish = true, .write = RIG_MIX, .read = RIG_MIX};
		struct rig_conn *c;

		for (unsigned int i = 0; i < 2; i++) {
			rig_pool_fail_often(r->pool[i], 100000, seed);
			rig_pool_fail_often(r->views[i], 100000, seed);
		}
		rig_listen(r, 0, 80, &plan);
		c = rig_connect(r, 1, 0, 80, &plan);
		CHECK(rig_settle(r, 100000 * RIG_SECOND));
		CHECK_EQ_I(c->err, MIEN_OK);
		CHECK_EQ_U(c->received, 100000);
		CHECK_EQ_U(rig_end(r), 0);
	}
}

/* The stack's own memory: the n-th region that creation asks for is not there. */
struct scarce {
	unsigned int left, held;
};

static void *
scarce_alloc(void *ctx, size_t size, size_t align)
{
	struct scarce *s = ctx;
	void *p;

	if (s->left == 0)
		return NULL;
	s->left--;
	p = aligned_alloc(align < 64 ? 64 : align, (size + 63) / 64 * 64);
	if (p) {
		memset(p, 0, size);
		s->held++;
	}
	return p;
}

static void
scarce_free(void *ctx, void *p, size_t size)
{
	((struct scarce *)ctx)->held--;
	free(p);
}

static void
creation(void)
{
	struct rte_mempool *pool = rig_pool_create(64, 2048);
	struct mien_stack *st = NULL;
	unsigned int n;
	int rc = MIEN_ENOMEM;

	for (n = 0; n < 200 && rc != MIEN_OK; n++) {
		struct scarce scarce = {.left = n};
		struct mien_stack_config config;

		mien_stack_config_init(&config);
		config.max_conns = config.max_time_wait = config.max_neighbours = 64;
		config.max_fragments = config.max_listeners = config.max_udp = config.max_hosts = 16;
		config.pool = pool;
		config.mem = (struct mien_mem){scarce_alloc, scarce_free, &scarce};
		rc = mien_stack_create(&config, &st);
		CHECK(rc == MIEN_OK || rc == MIEN_ENOMEM);
		if (rc == MIEN_OK)
			mien_stack_destroy(st);
		CHECK_EQ_U(scarce.held, 0);
	}
	CHECK(n > 5 && n < 200);
	CHECK_EQ_U(rig_pool_free(pool), 0);
}

/* 64 downloads at once want 32 MB of send buffers from a pool of 8 MB. */
static void
greedy_senders(void)
{
	for (enum rig_move move = RIG_COPY; move <= RIG_MBUF; move += 2) {
		struct stack_rig *r = rig_create(&(struct rig_config){.wire = leaky, .link = {.delay_ns = RIG_MS}});
		unsigned int good = 0;

		rig_listen(r, 0, 80, &(struct rig_plan){.send = 1 << 20, .finish = true, .write = move});
		for (unsigned int i = 0; i < 64; i++)
			rig_connect(r, 1, 0, 80, &(struct rig_plan){0});
		CHECK(rig_settle(r, 10000 * RIG_SECOND));
		for (struct rig_conn *c = r->conns; c; c = c->all)
			good += c->stack == 1 && c->err == MIEN_OK && c->received == 1 << 20;
		CHECK_EQ_U(good, 64);
		CHECK_EQ_U(rig_end(r), 0);
	}
}

static const struct test_case cases[] = {
	{"senders that want more than the pool has are held back, not ended", greedy_senders},
	{"pools too small for their work lose nothing and end it", exhaustion},
	/* proves S9 */
	{"any one allocation may fail", each_allocation},
	{"any twenty allocations in a row may fail", twenty_allocations},
	{"one allocation in ten may fail all the time", often},
	{"a stack that cannot have its memory leaves none behind", creation},
	{NULL, NULL},
};

const struct test_suite memory_suite = {.name = "memory", .cases = cases};
