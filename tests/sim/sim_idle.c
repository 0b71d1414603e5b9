/* SPDX-License-Identifier: BSD-3-Clause */
/* What connections and hosts that do nothing cost, in bytes that are really there. */
#include <stdio.h>

#include <rte_mbuf.h>
#include <rte_mempool.h>

#include "counted_mem.h"
#include "suites.h"

#define CONN_BYTES 768
#define PORTS 2
#define BATCH 500

static struct counted_mem mem[2];
static uint32_t wanted;

static void
counted(struct mien_stack_config *config, unsigned stack)
{
	config->max_conns = wanted;
	config->mem = counted_mem_ops(&mem[stack]);
}

/* Each connection carried a line both ways before it fell silent. */
static void
open_and_fall_silent(struct stack_rig *r, uint32_t n)
{
	static const struct rig_plan client = {.send = 64, .keep = true}, server = {.echo = true, .keep = true};

	for (unsigned port = 0; port < PORTS; port++)
		rig_listen(r, 0, (uint16_t)(80 + port), &server);
	for (uint32_t i = 0; i < n; i++) {
		uint16_t port = (uint16_t)(1024 + i / PORTS);

		if (!rig_connect_from(r, 1, port, 0, (uint16_t)(80 + i % PORTS), &client))
			rig_fail(r, "connect was refused");
		if (i % BATCH == BATCH - 1)
			rig_run(r, 10 * RIG_MS);
	}
	rig_run(r, 10 * RIG_SECOND);
}

static void
idle_connections(void)
{
	struct mien_gauges g;
	uint64_t before[2], each;
	struct stack_rig *r;

	wanted = sim_slow_build() ? 20000 : 100000;
	r = rig_create(&(struct rig_config){.unchecked = true, .tune = counted, .link = {.delay_ns = RIG_MS / 10}});
	for (unsigned i = 0; i < 2; i++)
		before[i] = counted_mem_resident(&mem[i]);

	open_and_fall_silent(r, wanted);

	for (unsigned i = 0; i < 2; i++) {
		mien_stack_gauges(r->st[i], &g);
		CHECK_EQ_U(g.tcbs, wanted);
		CHECK_EQ_U(g.mbufs_held, 0);
		CHECK_EQ_U(rte_mempool_in_use_count(r->pool[i]), 0);
		CHECK_EQ_U(rte_mempool_in_use_count(r->views[i]), 0);
		each = (counted_mem_resident(&mem[i]) - before[i]) / wanted;
		printf("\t%u bytes each at the %s\n", (unsigned)each, i == 0 ? "server" : "client");
		CHECK(each < CONN_BYTES);
		CHECK(each > 256); /* they are there */
	}
	CHECK_EQ_U(rig_abandon(r), 0);
}

static const struct test_case cases[] = {
	{"an idle connection takes under 768 bytes and no mbuf", idle_connections},
	{NULL, NULL},
};

const struct test_suite idle_suite = {.name = "idle", .cases = cases};
