/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdlib.h>
#include <string.h>

#include "capture.h"
#include "fake_stack.h"
#include "sim_link.h"
#include "suites.h"
#include "temp.h"

#define T0 1000000000ull
#define MS 1000000ull
#define NODES 3

static struct rte_mempool *pool;
static struct mien_stack st[NODES];
static struct sim *sim;
static unsigned node[NODES], wire;

static int
setup(void)
{
	const struct mien_pool_config config = {.mbufs = 4096};

	return mien_pool_create(&config, &pool, NULL, NULL);
}

static int
teardown(void)
{
	mien_pool_free(pool);
	return 0;
}

/* nodes stacks on one link. */
static void
begin(uint64_t seed, unsigned nodes, const struct sim_link_config *config)
{
	REQUIRE_EQ_I(sim_create(seed, T0, &sim), 0);
	REQUIRE_EQ_I(sim_add_link(sim, config, &wire), 0);
	for (unsigned i = 0; i < nodes; i++) {
		const struct sim_node_config node_config = {.st = &st[i], .pool = pool};

		fake_stack_init(&st[i]);
		REQUIRE_EQ_I(sim_add_node(sim, &node_config, &node[i]), 0);
		REQUIRE_EQ_I(sim_join(sim, wire, node[i]), 0);
	}
}

static void
end(void)
{
	sim_destroy(sim);
	sim = NULL;
	for (unsigned i = 0; i < NODES; i++)
		fake_stack_fini(&st[i]);
	CHECK_EQ_U(mien_pool_in_use(pool), 0);
}

static void
after(void)
{
	if (sim != NULL)
		end();
}

static void
send_frames(unsigned from, unsigned count, uint16_t len)
{
	for (unsigned i = 0; i < count; i++) {
		struct rte_mbuf *m = rte_pktmbuf_alloc(pool);
		uint8_t *p;

		REQUIRE_NOT_NULL(m);
		p = (uint8_t *)rte_pktmbuf_append(m, len);
		if (p == NULL) {
			REQUIRE_FAIL("no room");
			return;
		}
		memset(p, 0, len);
		memcpy(p + 12, "\x08\x00", 2);
		p[len - 1] = (uint8_t)i;
		fake_stack_send(&st[from], m);
	}
}

static void
delays(void)
{
	begin(1, 2, &(struct sim_link_config){.delay_ns = 25 * MS});
	send_frames(0, 2, 60);

	REQUIRE_EQ_I(sim_run(sim, T0 + 24 * MS), 0);
	CHECK_EQ_U(st[1].received_count, 0);
	CHECK_EQ_U(sim_now(sim), T0 + 24 * MS);
	CHECK_EQ_U(sim_in_flight(sim), 2);
	REQUIRE_EQ_I(sim_run(sim, T0 + 1000 * MS), 0);

	CHECK_EQ_U(st[1].received_count, 2);
	CHECK_EQ_U(st[1].received[0], T0 + 25 * MS);
	CHECK_EQ_U(st[0].received_count, 0);
}

static void
limits_rate(void)
{
	begin(1, 2, &(struct sim_link_config){.rate_bps = 1000000, .delay_ns = MS});
	send_frames(0, 5, 125); /* one millisecond each */

	REQUIRE_EQ_I(sim_run(sim, T0 + 1000 * MS), 0);

	REQUIRE_EQ_U(st[1].received_count, 5);
	for (unsigned i = 0; i < 5; i++)
		CHECK_EQ_U(st[1].received[i], T0 + (i + 2) * MS);
}

static void
limits_queue(void)
{
	struct sim_link_stats stats;

	begin(1, 2, &(struct sim_link_config){.rate_bps = 1000000, .queue_bytes = 400});
	send_frames(0, 10, 125);

	REQUIRE_EQ_I(sim_run(sim, T0 + 1000 * MS), 0);

	sim_link_stats(sim, wire, &stats);
	CHECK_EQ_U(st[1].received_count, 3);
	CHECK_EQ_U(stats.queue_full, 7);
	CHECK_EQ_U(stats.frames, 10);
}

/* Sends 20000 frames through a bad link. */
static struct sim_link_stats
through(uint64_t seed, const struct sim_link_config *config)
{
	struct sim_link_stats stats;

	begin(seed, 2, config);
	for (unsigned i = 0; i < 400; i++) {
		send_frames(0, 50, 100);
		if (sim_run(sim, T0 + (i + 1) * 100 * MS) != 0)
			FAIL("stuck");
	}
	sim_link_stats(sim, wire, &stats);
	end();
	return stats;
}

static void
rates(void)
{
	const struct sim_link_config config = {.delay_ns = MS, .loss_ppm = 20000, .duplicate_ppm = 10000,
		.reorder_ppm = 10000, .corrupt_ppm = 5000};

	struct sim_link_stats s = through(42, &config);

	/* Five standard deviations around the mean. */
	CHECK_EQ_U(s.frames, 20000);
	CHECK(s.lost > 300 && s.lost < 500);
	CHECK(s.duplicated > 125 && s.duplicated < 270);
	CHECK(s.reordered > 125 && s.reordered < 270);
	CHECK(s.corrupted > 47 && s.corrupted < 150);
	CHECK_EQ_U(s.delivered, s.frames - s.lost + s.duplicated);
}

static void
repeats(void)
{
	const struct sim_link_config config = {.delay_ns = MS, .loss_ppm = 20000, .duplicate_ppm = 10000};

	struct sim_link_stats a = through(7, &config), b = through(7, &config), c = through(8, &config);

	CHECK_MEM(&a, &b, sizeof(a));
	CHECK(memcmp(&a, &c, sizeof(a)) != 0);
}

static void
reorders(void)
{
	begin(1, 2, &(struct sim_link_config){.delay_ns = MS, .reorder_ppm = 1000000, .reorder_ns = 7 * MS});
	send_frames(0, 1, 60);
	REQUIRE_EQ_I(sim_run(sim, T0), 0);
	sim_set_link(sim, wire, &(struct sim_link_config){.delay_ns = MS});
	send_frames(0, 1, 60);
	REQUIRE_EQ_I(sim_run(sim, T0 + 100 * MS), 0);

	REQUIRE_EQ_U(st[1].received_count, 2);
	CHECK_EQ_U(st[1].received[0], T0 + MS);
	CHECK_EQ_U(st[1].received[1], T0 + 8 * MS);
}

/* Reads the frames a node received into all[]; gives how many. */
static unsigned
captured(const char *path, uint8_t (*all)[128], unsigned max)
{
	struct capture_reader *r = NULL;
	struct capture_frame f;
	unsigned n = 0;

	REQUIRE_EQ_I(capture_open(path, &r, NULL), 0);
	while (n < max && capture_next(r, &f, NULL) == 1)
		memcpy(all[n++], f.data, f.len < 128 ? f.len : 128);
	capture_close(r);
	return n;
}

static void
corrupts(void)
{
	char *path = temp_path("sim.pcapng");
	struct mien_capture *capture = NULL;
	uint8_t got[40][128];
	uint8_t sent[128] = {0};

	begin(3, 2, &(struct sim_link_config){.corrupt_ppm = 1000000});
	REQUIRE_EQ_I(mien_capture_create(path, &capture, NULL), 0);
	sim_capture(sim, node[1], capture);
	send_frames(0, 40, 100);
	REQUIRE_EQ_I(sim_run(sim, T0), 0);
	CHECK_EQ_I(mien_capture_close(capture), 0);

	REQUIRE_EQ_U(captured(path, got, 40), 40);
	memcpy(sent + 12, "\x08\x00", 2);
	for (unsigned i = 0; i < 40; i++) {
		unsigned bits = 0;

		sent[99] = (uint8_t)i;
		for (unsigned k = 0; k < 100; k++)
			bits += (unsigned)__builtin_popcount(sent[k] ^ got[i][k]);
		CHECK_EQ_U(bits, 1);
		CHECK_MEM(got[i], sent, 14);
	}
	temp_remove(path);
}

static void
spares_what_has_no_checksum(void)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(pool);
	struct sim_link_stats stats;

	begin(3, 2, &(struct sim_link_config){.corrupt_ppm = 1000000});
	memcpy(memset(rte_pktmbuf_append(m, 60), 0, 60), "\2\0\0\0\0\1\2\0\0\0\0\2\x08\x06", 14);
	fake_stack_send(&st[0], m);
	REQUIRE_EQ_I(sim_run(sim, T0), 0);

	CHECK_EQ_U(st[1].received_count, 0);
	sim_link_stats(sim, wire, &stats);
	CHECK_EQ_U(stats.corrupted, 1);
}

static void
three_nodes(void)
{
	begin(1, 3, NULL);
	send_frames(2, 4, 60);

	REQUIRE_EQ_I(sim_run(sim, T0), 0);

	CHECK_EQ_U(st[0].received_count, 4);
	CHECK_EQ_U(st[1].received_count, 4);
	CHECK_EQ_U(st[2].received_count, 0);
}

static void
deadlines(void)
{
	begin(1, 2, NULL);
	st[0].deadline = T0 + 3 * MS;
	st[0].period = 10 * MS;
	st[1].deadline = T0 + 4 * MS;

	REQUIRE_EQ_I(sim_run(sim, T0 + 30 * MS), 0);

	REQUIRE_EQ_U(st[0].advanced_count, 3);
	CHECK_EQ_U(st[0].advanced[2], T0 + 23 * MS);
	REQUIRE_EQ_U(st[1].advanced_count, 1);
	CHECK_EQ_U(st[1].advanced[0], T0 + 4 * MS);
}

static void
stop_sim(void *ctx, uint64_t now)
{
	*(uint64_t *)ctx = now;
	sim_stop(sim);
}

static void
timers(void)
{
	uint64_t at = 0;

	begin(1, 2, NULL);
	st[0].deadline = T0 + MS;
	st[0].period = MS;
	REQUIRE_EQ_I(sim_at(sim, T0 + 5 * MS, stop_sim, &at), 0);

	REQUIRE_EQ_I(sim_run(sim, MIEN_NEVER - 1), 0);

	CHECK_EQ_U(at, T0 + 5 * MS);
	CHECK_EQ_U(sim_now(sim), T0 + 5 * MS);
}

static bool
never_done(void *ctx, struct mien_stack *stack, uint64_t now)
{
	return true;
}

static void
stands_still(void)
{
	const struct sim_node_config config = {.st = &st[0], .pool = pool, .app = {.turn = never_done}};

	fake_stack_init(&st[0]);
	REQUIRE_EQ_I(sim_create(1, T0, &sim), 0);
	REQUIRE_EQ_I(sim_add_node(sim, &config, &node[0]), 0);

	CHECK_EQ_I(sim_run(sim, T0 + MS), MIEN_ESTATE);
}

static void
leaves_nothing(void)
{
	begin(1, 2, &(struct sim_link_config){.delay_ns = MS});
	send_frames(0, 30, 60);
	REQUIRE_EQ_I(sim_run(sim, T0), 0);
	CHECK_EQ_U(sim_in_flight(sim), 30);

	end();
}

static const struct test_case cases[] = {
	{"a frame arrives the delay later, not before", delays},
	{"a rate spaces frames by their length", limits_rate},
	{"a full queue drops the newest", limits_queue},
	{"loss, duplication, reordering and corruption happen as often as asked", rates},
	{"the same seed repeats everything, another does not", repeats},
	{"a reordered frame is overtaken", reorders},
	{"corruption flips one bit behind the Ethernet header", corrupts},
	{"a damaged frame without a checksum is lost", spares_what_has_no_checksum},
	{"on a link of three each frame reaches the two others", three_nodes},
	{"deadlines run at their time and not at another", deadlines},
	{"a timer of the simulation can end the run", timers},
	{"work that never ends is told instead of hanging", stands_still},
	{"frames on their way are freed with the simulation", leaves_nothing},
	{NULL, NULL},
};
const struct test_suite sim_link_suite = {
	.name = "sim_link", .setup = setup, .teardown = teardown, .cases = cases, .after = after};
