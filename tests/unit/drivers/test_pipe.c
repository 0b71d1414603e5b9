/* SPDX-License-Identifier: BSD-3-Clause */
#include <string.h>

#include <mien/driver.h>

#include "fake_stack.h"
#include "suites.h"

static const uint8_t arp_request[42] = "\xff\xff\xff\xff\xff\xff\x02\0\0\0\0\x01\x08\x06"
				       "\x00\x01\x08\x00\x06\x04\x00\x01\x02\0\0\0\0\x01\x0a\x4d\0\x01"
				       "\0\0\0\0\0\0\x0a\x4d\0\x02";

static struct rte_mempool *pool;
static struct mien_stack st;

static int
setup(void)
{
	const struct mien_pool_config config = {.mbufs = 64};

	return mien_pool_create(&config, &pool, NULL, NULL);
}

static int
teardown(void)
{
	mien_pool_free(pool);
	return 0;
}

static void
in_and_out(void)
{
	uint8_t out[1514];

	fake_stack_init(&st);
	REQUIRE_EQ_I(mien_frame_in(&st, 7, pool, arp_request, sizeof(arp_request)), 0);
	int len = mien_frame_out(&st, 7, out, sizeof(out));

	CHECK_EQ_I(len, 42);
	CHECK_EQ_U(st.received[0], 7);
	CHECK_MEM(out + 20, "\x00\x02", 2);
	CHECK_EQ_I(mien_frame_out(&st, 7, out, sizeof(out)), 0);
	CHECK_EQ_U(mien_pool_in_use(pool), 0);
}

static void
too_small(void)
{
	uint8_t out[41];

	fake_stack_init(&st);
	REQUIRE_EQ_I(mien_frame_in(&st, 7, pool, arp_request, sizeof(arp_request)), 0);

	CHECK_EQ_I(mien_frame_out(&st, 7, out, sizeof(out)), MIEN_EMSGSIZE);
	CHECK_EQ_U(mien_pool_in_use(pool), 0);
}

static void
exhausted(void)
{
	static const uint8_t large[65535];
	struct rte_mbuf *all[64];
	unsigned n = 0;

	fake_stack_init(&st);
	CHECK_EQ_I(mien_frame_in(&st, 7, pool, large, 65535 + 1), MIEN_EMSGSIZE);
	while (n < 64 && (all[n] = rte_pktmbuf_alloc(pool)) != NULL)
		n++;
	CHECK_EQ_I(mien_frame_in(&st, 7, pool, arp_request, sizeof(arp_request)), MIEN_ENOMEM);

	CHECK_EQ_U(st.received_count, 0);
	rte_pktmbuf_free_bulk(all, n);
	CHECK_EQ_U(mien_pool_in_use(pool), 0);
}

static const struct test_case cases[] = {
	{"a frame passed in is answered by a frame taken out", in_and_out},
	{"a frame that does not fit is lost and told", too_small},
	{"an empty pool is told and nothing leaks", exhausted},
	{NULL, NULL},
};
const struct test_suite pipe_suite = {
	.name = "pipe", .setup = setup, .teardown = teardown, .cases = cases};
