/* SPDX-License-Identifier: BSD-3-Clause */
#include <string.h>

#include <mien/driver.h>

#include "fake_stack.h"
#include "suites.h"
#include "world.h"

#define T0 UINT64_C(1000000000)
#define MS UINT64_C(1000000)
#define NODES 3

static struct mien_stack st[NODES];
static struct world *world;
static unsigned node[NODES];

/* Hosts, all on one junction when there are more than two. */
static void
begin(unsigned hosts, const struct sim_link_config *link)
{
	unsigned junction;

	REQUIRE_EQ_I(world_create(1, T0, sim_test_pool, &world), 0);
	for (unsigned i = 0; i < hosts; i++) {
		fake_stack_init(&st[i]);
		REQUIRE_EQ_I(world_add_host(world, &(struct world_host){.st = &st[i]}, &node[i]), 0);
	}
	if (hosts == 2) {
		REQUIRE_EQ_I(world_join(world, node[0], node[1], link, link), 0);
		return;
	}
	REQUIRE_EQ_I(world_add_box(world, &(struct sim_box_config){0}, &junction), 0);
	for (unsigned i = 0; i < hosts; i++)
		REQUIRE_EQ_I(world_join(world, node[i], junction, link, link), 0);
}

static void
end(void)
{
	world_destroy(world);
	world = NULL;
	for (unsigned i = 0; i < NODES; i++)
		fake_stack_fini(&st[i]);
	CHECK_EQ_U(mien_pool_in_use(sim_test_pool), 0);
}

static void
after(void)
{
	if (world != NULL)
		end();
}

/* to: a host, or NODES for everybody. */
static void
send_frames(unsigned from, unsigned to, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		struct rte_mbuf *m = rte_pktmbuf_alloc(sim_test_pool);
		uint8_t *p = (uint8_t *)rte_pktmbuf_append(m, 60);

		REQUIRE_NOT_NULL(p);
		if (!p)
			return;
		memset(p, to == NODES ? 0xff : 0, 60);
		if (to < NODES)
			world_mac(node[to], p);
		world_mac(node[from], p + 6);
		p[12] = 0x88;
		fake_stack_send(&st[from], m);
	}
}

static void
brings_frames(void)
{
	begin(2, &(struct sim_link_config){.delay_ns = 25 * MS});
	send_frames(0, 1, 2);

	REQUIRE_EQ_I(world_run(world, T0 + 24 * MS), 0);
	CHECK_EQ_U(st[1].received_count, 0);
	CHECK_EQ_U(world_now(world), T0 + 24 * MS);
	CHECK_EQ_U(world_in_flight(world), 2);
	REQUIRE_EQ_I(world_run(world, T0 + 1000 * MS), 0);

	CHECK_EQ_U(st[1].received_count, 2);
	CHECK_EQ_U(st[1].received[0], T0 + 25 * MS);
	CHECK_EQ_U(st[0].received_count, 0);
}

static void
finds_the_way(void)
{
	const struct sim_link_config link = {.delay_ns = MS};

	begin(3, &link);
	send_frames(0, 2, 3);
	send_frames(2, NODES, 2);

	REQUIRE_EQ_I(world_run(world, T0 + 100 * MS), 0);

	CHECK_EQ_U(st[0].received_count, 2);
	CHECK_EQ_U(st[1].received_count, 2);
	CHECK_EQ_U(st[2].received_count, 3);
	CHECK_EQ_U(st[2].received[0], T0 + 2 * MS);
}

static void
deadlines(void)
{
	begin(2, &(struct sim_link_config){0});
	st[0].deadline = T0 + 3 * MS;
	st[0].period = 10 * MS;
	st[1].deadline = T0 + 4 * MS;

	REQUIRE_EQ_I(world_run(world, T0 + 30 * MS), 0);

	REQUIRE_EQ_U(st[0].advanced_count, 3);
	CHECK_EQ_U(st[0].advanced[2], T0 + 23 * MS);
	REQUIRE_EQ_U(st[1].advanced_count, 1);
	CHECK_EQ_U(st[1].advanced[0], T0 + 4 * MS);
}

/* One second at 500 ppm is half a millisecond. */
static void
clocks_drift(void)
{
	struct world_host quick = {.st = &st[1], .drift_ppm = 500};
	unsigned number;

	begin(1, &(struct sim_link_config){0});
	fake_stack_init(&st[1]);
	REQUIRE_EQ_I(world_add_host(world, &quick, &number), 0);
	st[1].deadline = T0 + 1000 * MS;
	world_jump(world, T0);

	REQUIRE_EQ_I(world_run(world, T0 + 1000 * MS - MS / 2), 0);
	CHECK_EQ_U(st[1].advanced_count, 0);
	REQUIRE_EQ_I(world_run(world, T0 + 1000 * MS - MS / 2 + 1000), 0);

	REQUIRE_EQ_U(st[1].advanced_count, 1);
	CHECK(st[1].advanced[0] - (T0 + 1000 * MS) <= 1);
}

static void
stop_it(void *ctx, uint64_t arg)
{
	*(uint64_t *)ctx = world_now(world) + arg;
	world_stop(world);
}

static void
timers(void)
{
	uint64_t at = 0;

	begin(2, &(struct sim_link_config){0});
	st[0].deadline = T0 + MS;
	st[0].period = MS;
	REQUIRE_EQ_I(world_at(world, T0 + 5 * MS, stop_it, &at, 7), 0);

	REQUIRE_EQ_I(world_run(world, MIEN_NEVER - 1), 0);

	CHECK_EQ_U(at, T0 + 5 * MS + 7);
	CHECK_EQ_U(world_now(world), T0 + 5 * MS);
}

/* An application's own time. */
static void
speak(void *ctx, uint64_t arg)
{
	(void)ctx;
	send_frames((unsigned)arg, 1 - (unsigned)arg, 1);
	world_poke(world, node[arg]);
}

/* "s0 r1 ...": who sent and who received. */
static void
note(void *ctx, uint64_t now, unsigned host, bool sent, const struct rte_mbuf *m, bool damaged)
{
	char *text = ctx;

	(void)now;
	(void)m;
	(void)damaged;
	snprintf(text + strlen(text), 4, "%c%u ", sent ? 's' : 'r', host == node[1]);
}

static void
speaks_first(void)
{
	char text[64] = "";

	begin(2, &(struct sim_link_config){.delay_ns = 5 * MS});
	world_observe(world, note, text);
	send_frames(0, 1, 1);
	REQUIRE_EQ_I(world_at(world, T0 + 5 * MS, speak, NULL, 1), 0);

	REQUIRE_EQ_I(world_run(world, T0 + 100 * MS), 0);

	CHECK_STR(text, "s0 s1 r1 r0 ");
}

static void
sleepers(void)
{
	begin(2, &(struct sim_link_config){.delay_ns = MS});
	st[1].deadline = T0 + 2 * MS;
	world_sleep(world, node[1], T0 + 50 * MS);
	send_frames(0, 1, 4);

	REQUIRE_EQ_I(world_run(world, T0 + 100 * MS), 0);

	REQUIRE_EQ_U(st[1].received_count, 4);
	CHECK_EQ_U(st[1].received[0], T0 + 50 * MS);
	REQUIRE_EQ_U(st[1].advanced_count, 1);
	CHECK_EQ_U(st[1].advanced[0], T0 + 50 * MS);
}

static void
again(void *ctx, uint64_t arg)
{
	CHECK_EQ_I(world_at(world, world_now(world), again, ctx, arg), 0);
}

static void
stands_still(void)
{
	begin(2, &(struct sim_link_config){0});
	REQUIRE_EQ_I(world_at(world, T0, again, NULL, 0), 0);

	CHECK_EQ_I(world_run(world, T0 + MS), MIEN_ESTATE);
}

static void
leaves_nothing(void)
{
	begin(2, &(struct sim_link_config){.delay_ns = MS});
	send_frames(0, 1, 30);
	REQUIRE_EQ_I(world_run(world, T0), 0);
	CHECK_EQ_U(world_in_flight(world), 30);

	end();
}

/* What a router in front of a narrow link says (RFC 1191 4). */
static void
tells_too_big(void)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(sim_test_pool);
	uint8_t *p = (uint8_t *)rte_pktmbuf_append(m, 214);

	begin(2, &(struct sim_link_config){.mtu = 100});
	REQUIRE_NOT_NULL(p);
	if (!p)
		return;
	memset(p, 0, 214);
	world_mac(node[1], p);
	world_mac(node[0], p + 6);
	p[12] = 8;
	p[20] = 0x40;
	fake_stack_send(&st[0], m);

	REQUIRE_EQ_I(world_run(world, T0), 0);

	CHECK_EQ_U(st[1].received_count, 0);
	CHECK_EQ_U(world_in_flight(world), 0);
}

static const struct test_case cases[] = {
	{"a frame arrives at the host that it is addressed to, the delay later", brings_frames},
	{"boxes know the way, and frames to all reach all others", finds_the_way},
	{"deadlines run at their time and not at another", deadlines},
	{"a clock that drifts reaches its deadlines sooner", clocks_drift},
	{"a timer of the world can end the run", timers},
	{"what an application says leaves before what comes at that time", speaks_first},
	{"a host that stands still hears all at once when it goes on", sleepers},
	{"work that never ends is told instead of hanging", stands_still},
	{"a packet that is too big goes no further", tells_too_big},
	{"frames on their way are freed with the world", leaves_nothing},
	{NULL, NULL},
};

const struct test_suite world_suite = {.name = "world", .cases = cases, .after = after};
