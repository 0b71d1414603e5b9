/* SPDX-License-Identifier: BSD-3-Clause */
/* What a stack asks its allocator for, by what it was made for. */
#include "suites.h"

#include <mien/mien.h>

#include "counted_mem.h"
#include "mbufs.h"

#define CONN_BYTES 768 /* an idle connection, all included */
#define HOST_BYTES 512 /* an idle host beyond its personality, all included */

static int
suite_setup(void)
{
	return mbufs_pool() ? 0 : 1;
}

static uint64_t
asked_for(uint32_t conns, uint32_t hosts)
{
	struct counted_mem mem;
	struct mien_stack_config config;
	struct mien_stack *st = NULL;
	uint64_t asked;

	mien_stack_config_init(&config);
	config.pool = mbufs_pool();
	config.mem = counted_mem_ops(&mem);
	config.max_conns = conns;
	config.max_hosts = hosts;
	REQUIRE_EQ_I(mien_stack_create(&config, &st), MIEN_OK);
	asked = mem.asked;
	mien_stack_destroy(st);
	CHECK_EQ_U(mem.asked, 0);
	return asked;
}

/* Tables are asked for in whole buckets: a line or two either way. */
static uint64_t
each(uint64_t twice, uint64_t once, uint32_t n)
{
	REQUIRE(twice > once);
	return (twice - once + n - 1) / n;
}

static void
a_connection_is_asked_for_in_under_768_bytes(void)
{
	static const uint32_t sizes[] = {1000, 16384, 100000, 1000000};

	for (unsigned i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		uint64_t once = asked_for(sizes[i], 16), twice = asked_for(2 * sizes[i], 16);

		CHECK(each(twice, once, sizes[i]) < CONN_BYTES);
		CHECK(each(twice, once, sizes[i]) >= 64); /* it was counted */
	}
}

static void
a_host_is_asked_for_in_under_512_bytes(void)
{
	static const uint32_t sizes[] = {1000, 4096, 65536};

	for (unsigned i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		uint64_t once = asked_for(16, sizes[i]), twice = asked_for(16, 2 * sizes[i]);

		CHECK(each(twice, once, sizes[i]) < HOST_BYTES);
		CHECK(each(twice, once, sizes[i]) >= 64);
	}
}

static const struct test_case cases[] = {
	{"a connection is asked for in under 768 bytes", a_connection_is_asked_for_in_under_768_bytes},
	{"a host is asked for in under 512 bytes", a_host_is_asked_for_in_under_512_bytes},
	{NULL, NULL},
};

const struct test_suite memory_suite = {"memory", suite_setup, NULL, cases, NULL, NULL};
