/* SPDX-License-Identifier: BSD-3-Clause */
#include <string.h>

#include <mien/driver.h>

#include "frames.h"
#include "suites.h"
#include "way.h"

#define T0 UINT64_C(1000000000)
#define MS UINT64_C(1000000)

static struct way way;

static void
begin(const struct sim_link_config *config, uint64_t seed)
{
	REQUIRE_EQ_I(way_init(&way, config, (struct dice){seed}, sim_test_pool), 0);
}

static void
end(void)
{
	way_fini(&way);
	CHECK_EQ_U(mien_pool_in_use(sim_test_pool), 0);
}

/* An IPv4 frame with DF; its last byte is a number. */
static struct rte_mbuf *
frame(uint16_t len, unsigned number)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(sim_test_pool);
	uint8_t *p = (uint8_t *)rte_pktmbuf_append(m, len);

	memset(p, 0, len);
	p[12] = 8;
	p[20] = 0x40;
	p[len - 1] = (uint8_t)number;
	return m;
}

/* Puts frames of this length at T0, all at once. */
static void
put(unsigned count, uint16_t len)
{
	for (unsigned i = 0; i < count; i++)
		way_put(&way, T0, frame(len, i));
}

/* Takes all: when each arrives. Gives how many. */
static unsigned
take(uint64_t *at, unsigned most)
{
	struct rte_mbuf *m;
	unsigned n = 0;

	while (way_next(&way) != UINT64_MAX) {
		uint64_t when = way_next(&way);

		CHECK(way_take(&way, when - 1) == NULL);
		m = way_take(&way, when);
		REQUIRE_NOT_NULL(m);
		rte_pktmbuf_free(m);
		if (n < most)
			at[n] = when;
		n++;
	}
	return n;
}

static void
delays(void)
{
	uint64_t at[2];

	begin(&(struct sim_link_config){.delay_ns = 25 * MS}, 1);
	put(2, 60);

	CHECK_EQ_U(take(at, 2), 2);

	CHECK_EQ_U(at[0], T0 + 25 * MS);
	CHECK_EQ_U(at[1], T0 + 25 * MS);
	end();
}

static void
limits_rate(void)
{
	uint64_t at[5];

	begin(&(struct sim_link_config){.rate_bps = 1000000, .delay_ns = MS}, 1);
	put(5, 125); /* one millisecond each */

	CHECK_EQ_U(take(at, 5), 5);

	for (unsigned i = 0; i < 5; i++)
		CHECK_EQ_U(at[i], T0 + (i + 2) * MS);
	end();
}

static void
limits_queue(void)
{
	uint64_t at[10];

	begin(&(struct sim_link_config){.rate_bps = 1000000, .queue_bytes = 400}, 1);
	put(10, 125);

	CHECK_EQ_U(take(at, 10), 3);

	CHECK_EQ_U(way.stats.queue_full, 7);
	end();
}

/* What becomes of 20000 frames. */
static struct sim_link_stats
through(const struct sim_link_config *config, uint64_t seed)
{
	struct sim_link_stats stats;

	begin(config, seed);
	for (unsigned i = 0; i < 400; i++) {
		put(50, 100);
		take(NULL, 0);
	}
	stats = way.stats;
	end();
	return stats;
}

static void
rates(void)
{
	const struct sim_link_config config = {.delay_ns = MS, .loss_ppm = 20000, .duplicate_ppm = 10000,
		.reorder_ppm = 10000, .corrupt_ppm = 5000};

	struct sim_link_stats s = through(&config, 42);

	/* Five standard deviations around the mean. */
	CHECK_EQ_U(s.frames, 20000);
	CHECK(s.lost > 300 && s.lost < 500);
	CHECK(s.duplicated > 125 && s.duplicated < 270);
	CHECK(s.reordered > 125 && s.reordered < 270);
	CHECK(s.corrupted > 47 && s.corrupted < 150);
	CHECK_EQ_U(s.delivered, s.frames - s.lost + s.duplicated);
}

/* In the bad state all is lost: 0.5 % begin one, of 5 frames on average. */
static void
bursts(void)
{
	struct sim_link_stats s = through(&(struct sim_link_config){.burst_begin_ppm = 5000, .burst_end_ppm = 200000}, 3);

	CHECK(s.lost > 300 && s.lost < 700);
}

static void
repeats(void)
{
	const struct sim_link_config config = {.delay_ns = MS, .loss_ppm = 20000, .duplicate_ppm = 10000};

	struct sim_link_stats a = through(&config, 7), b = through(&config, 7), c = through(&config, 8);

	CHECK_MEM(&a, &b, sizeof(a));
	CHECK(memcmp(&a, &c, sizeof(a)) != 0);
}

static void
reorders(void)
{
	struct rte_mbuf *m;

	begin(&(struct sim_link_config){.delay_ns = MS, .reorder_ppm = 1000000, .reorder_ns = 7 * MS}, 1);
	way_put(&way, T0, frame(60, 1));
	way_set(&way, &(struct sim_link_config){.delay_ns = MS});
	way_put(&way, T0, frame(60, 2));

	m = way_take(&way, T0 + MS);

	REQUIRE_NOT_NULL(m);
	CHECK_EQ_U(rte_pktmbuf_mtod(m, uint8_t *)[59], 2);
	rte_pktmbuf_free(m);
	CHECK(way_next(&way) > T0 + MS && way_next(&way) <= T0 + 8 * MS);
	end();
}

static void
keeps_order(void)
{
	uint64_t at[50];

	begin(&(struct sim_link_config){.jitter_ns = 10 * MS}, 5);
	for (unsigned i = 0; i < 50; i++)
		way_put(&way, T0 + i, frame(60, i));
	for (unsigned i = 0; i < 50; i++) {
			struct rte_mbuf *m = way_take(&way, UINT64_MAX);

		CHECK_EQ_U(rte_pktmbuf_mtod(m, uint8_t *)[59], i);
		rte_pktmbuf_free(m);
	}
	CHECK_EQ_U(take(at, 50), 0);
	end();
}

static void
corrupts(void)
{
	uint8_t sent[128] = {0};

	begin(&(struct sim_link_config){.corrupt_ppm = 1000000}, 3);
	put(40, 100);
	sent[12] = 8;
	sent[20] = 0x40;
	for (unsigned i = 0; i < 40; i++) {
		struct rte_mbuf *m = way_take(&way, T0);
		const uint8_t *got = rte_pktmbuf_mtod(m, const uint8_t *);
		unsigned bits = 0;

		CHECK(way_is_damaged(m));
		sent[99] = (uint8_t)i;
		for (unsigned k = 0; k < 100; k++)
			bits += (unsigned)__builtin_popcount(sent[k] ^ got[k]);
		CHECK_EQ_U(bits, 1);
		CHECK_MEM(got, sent, 14);
		rte_pktmbuf_free(m);
	}
	end();
}

static void
spares_what_has_no_checksum(void)
{
	struct rte_mbuf *m = frame(60, 0);

	begin(&(struct sim_link_config){.corrupt_ppm = 1000000}, 3);
	rte_pktmbuf_mtod(m, uint8_t *)[13] = 6;
	way_put(&way, T0, m);

	CHECK_EQ_U(way_next(&way), UINT64_MAX);
	CHECK_EQ_U(way.stats.corrupted, 1);
	end();
}

static void
stalls(void)
{
	uint64_t silent = 0, last = 0;

	begin(&(struct sim_link_config){.stall_every_ns = 100 * MS, .stall_ns = 30 * MS}, 9);
	for (unsigned i = 0; i < 10000; i++) {
		uint64_t at = 0;

		way_put(&way, T0 + i * MS / 10, frame(60, 0));
		CHECK_EQ_U(take(&at, 1), 1);
		CHECK(at >= last);
		silent += at > T0 + i * MS / 10;
		last = at;
	}

	/* A second of which 30 ms in about 130 are silent. */
	CHECK(silent > 1200 && silent < 3500);
	end();
}

static void
refuses_what_is_too_big(void)
{
	struct rte_mbuf *m = frame(14 + 1001, 0), *small = frame(14 + 1000, 0), *free_one = frame(14 + 1001, 0);

	begin(&(struct sim_link_config){.mtu = 1000}, 1);
	rte_pktmbuf_mtod(free_one, uint8_t *)[20] = 0;

	CHECK_EQ_I(way_put(&way, T0, m), WAY_TOO_BIG);
	CHECK_EQ_I(way_put(&way, T0, small), WAY_SENT);
	CHECK_EQ_I(way_put(&way, T0, free_one), WAY_SENT); /* without DF */
	way_set(&way, &(struct sim_link_config){.mtu = 1000, .mtu_silent = true});
	CHECK_EQ_I(way_put(&way, T0, m), WAY_LOST);

	CHECK_EQ_U(way.stats.too_big, 2);
	end();
}

static void
coalesces(void)
{
	uint64_t at[4];

	begin(&(struct sim_link_config){.rate_bps = 1000000, .coalesce_ns = 10 * MS}, 1);
	put(4, 125);

	CHECK_EQ_U(take(at, 4), 4);

	for (unsigned i = 0; i < 4; i++)
		CHECK_EQ_U(at[i], T0 + 10 * MS);
	end();
}

/* RFC 3168 5: what finds more than so much waiting is marked, when it is ECN-capable. */
static void
marks(void)
{
	unsigned marked = 0;
	struct rte_mbuf *m;

	begin(&(struct sim_link_config){.rate_bps = 1000000, .mark_bytes = 300}, 1);
	for (unsigned i = 0; i < 8; i++) {
		m = frame(125, i);
		rte_pktmbuf_mtod(m, uint8_t *)[15] = i % 2 ? 2 : 0;
		rte_pktmbuf_mtod(m, uint8_t *)[24] = 0x12; /* a checksum, wrong by as much as before */
		way_put(&way, T0, m);
	}
	while (way_next(&way) != UINT64_MAX) {
		const uint8_t *p;

		m = way_take(&way, way_next(&way));
		p = rte_pktmbuf_mtod(m, const uint8_t *);
		CHECK_EQ_U(p[15] == 3, p[124] % 2 && p[124] > 2);
		CHECK_EQ_U(p[24] << 8 | p[25], p[15] == 3 ? 0x1200 - 1 : 0x1200);
		marked += p[15] == 3;
		rte_pktmbuf_free(m);
	}
	CHECK_EQ_U(marked, 3);
	CHECK_EQ_U(way.stats.marked, 3);
	end();
}

/* A TCP segment between these ports. */
static void
put_segment(uint16_t sport, uint16_t dport)
{
	way_put(&way, T0, test_frame(&(struct test_segment){.sport = sport, .dport = dport, .flags = TH_ACK}));
}

static void
knows_whose_losses(void)
{
	static const struct sim_link_config kinds[] = {{.loss_ppm = 1000000}, {.corrupt_ppm = 1000000},
		{.rate_bps = 1000000, .queue_bytes = 1}};
	static struct way_losses losses;
	uint64_t at[8];

	for (unsigned i = 0; i < 3; i++) {
		memset(&losses, 0, sizeof(losses));
		begin(&kinds[i], 3);
		put(1, 100);
		way.losses = &losses;
		put_segment(1024, 80);
		put_segment(80, 1024);
		put_segment(80, 1025);
		put(1, 100);
		take(at, 8);
		end();

		CHECK_EQ_U(losses.all, 4);
		CHECK_EQ_U(losses.others, 1);
		CHECK_EQ_U(losses.of[1104], 2);
		CHECK_EQ_U(losses.of[1105], 1);
	}
}

static const struct test_case cases[] = {
	{"a frame arrives the delay later, not before", delays},
	{"a rate spaces frames by their length", limits_rate},
	{"a full queue drops the newest", limits_queue},
	{"loss, duplication, reordering and corruption happen as often as asked", rates},
	{"bursts of loss are as many and as long as asked", bursts},
	{"the same seed repeats everything, another does not", repeats},
	{"a reordered frame is overtaken", reorders},
	{"jitter lets no frame overtake another", keeps_order},
	{"corruption flips one bit behind the Ethernet header", corrupts},
	{"a damaged frame without a checksum is lost", spares_what_has_no_checksum},
	{"what finds a long queue is marked, when it understands", marks},
	{"what would arrive in a silence arrives at its end", stalls},
	{"packets beyond the MTU do not pass, and the sender can be told", refuses_what_is_too_big},
	{"it is counted which connection's segments are lost", knows_whose_losses},
	{"a receiver that looks rarely gets several frames at once", coalesces},
	{NULL, NULL},
};

const struct test_suite way_suite = {.name = "way", .cases = cases};
