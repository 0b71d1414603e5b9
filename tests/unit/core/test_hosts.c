/* SPDX-License-Identifier: BSD-3-Clause */
/* 65 536 hosts in one stack: what each takes, how they announce themselves, how they are found. */
#include "suites.h"

#include <stdlib.h>
#include <string.h>

#include <rte_mbuf.h>

#include <mien/mien.h>

#include "counted_mem.h"
#include "mbufs.h"

#define HOSTS 65536
#define FIRST 0x0a010001u
#define HOST_BYTES 512
#define SECOND UINT64_C(1000000000)
#define A_SECOND_BEARS 8256 /* frames: the pace and what may go at once */

static struct mien_personality *p;
static struct counted_mem mem;

static int
suite_setup(void)
{
	p = aligned_alloc(64, sizeof(*p));
	mien_personality_init_plain(p);
	p->arp.announce = 2;
	p->arp.probe = 3;
	return mbufs_pool() ? 0 : 1;
}

static int
suite_teardown(void)
{
	free(p);
	return mbufs_out() == 0 ? 0 : 1;
}

static struct mien_stack *
stack_new(void)
{
	struct mien_stack_config config;
	struct mien_stack *st = NULL;

	mien_stack_config_init(&config);
	config.pool = mbufs_pool();
	config.mem = counted_mem_ops(&mem);
	config.max_hosts = HOSTS;
	config.max_conns = config.max_time_wait = 16;
	REQUIRE_EQ_I(mien_stack_create(&config, &st), MIEN_OK);
	return st;
}

static void
add_all(struct mien_stack *st, uint8_t prefix_len, bool probe, bool announce)
{
	struct mien_host_config config = {.prefix_len = prefix_len, .probe = probe, .announce = announce, .personality = p};
	uint64_t host;

	for (uint32_t i = 0; i < HOSTS; i++) {
		config.addr = mien_addr_ip4(FIRST + i);
		config.mac[0] = 2;
		memcpy(config.mac + 2, &i, 4);
		REQUIRE_EQ_I(mien_host_add(st, 0, &config, &host), MIEN_OK);
	}
}

static void
an_idle_host_takes_under_512_bytes(void)
{
	static const uint8_t lens[] = {8, 32}; /* all on one link; each on a link of its own */

	for (unsigned i = 0; i < sizeof(lens); i++) {
		struct mien_stack *st = stack_new();
		uint64_t before = counted_mem_resident(&mem), each;

		add_all(st, lens[i], false, false);

		each = (counted_mem_resident(&mem) - before) / HOSTS;
		CHECK(each < HOST_BYTES);
		CHECK(each > 128); /* they are there */
		mien_stack_destroy(st);
	}
}

/* Runs for a second; counts the ARP requests that left, by sender address 0 or not, and marks who sent. */
struct sent {
	uint32_t probes, announcements;
	uint8_t by[HOSTS];
};

static void
take(struct mien_stack *st, uint64_t now, struct sent *sent)
{
	struct rte_mbuf *out[32];
	uint16_t n;

	while ((n = mien_stack_tx_burst(st, now, out, 32)) > 0) {
		for (uint16_t i = 0; i < n; i++) {
			const uint8_t *arp = rte_pktmbuf_mtod_offset(out[i], const uint8_t *, 14);
			uint32_t target = (uint32_t)arp[24] << 24 | arp[25] << 16 | arp[26] << 8 | arp[27];

			if (arp[14] == 0)
				sent->probes++;
			else
				sent->announcements++;
			REQUIRE(target - FIRST < HOSTS);
			sent->by[target - FIRST]++;
		}
		rte_pktmbuf_free_bulk(out, n);
	}
}

static void
run_a_second(struct mien_stack *st, uint64_t *now, struct sent *sent)
{
	uint64_t end = *now + SECOND;

	sent->probes = sent->announcements = 0;
	take(st, *now, sent);
	for (uint64_t next; (next = mien_stack_deadline(st)) < end; take(st, *now, sent)) {
		*now = next > *now ? next : *now;
		mien_stack_advance(st, *now);
	}
	*now = end;
}

static void
announcements_leave_at_one_pace(void)
{
	struct mien_stack *st = stack_new();
	struct sent *sent = calloc(1, sizeof(*sent));
	struct mien_host_info info;
	struct mien_counters c;
	uint64_t now = 0, all = 0, host;
	uint32_t it = 0;

	/* when all start at once */
	add_all(st, 8, false, true);

	/* then all answer at once */
	for (uint32_t i = 0; i < HOSTS; i++)
		REQUIRE(mien_host_next(st, &it, &host) && mien_host_info(st, host, &info) == MIEN_OK && info.ready);

	/* and announce themselves twice each, no faster than a link bears */
	for (unsigned s = 0; s < 30; s++) {
		run_a_second(st, &now, sent);
		CHECK(sent->announcements <= A_SECOND_BEARS);
		CHECK_EQ_U(sent->probes, 0);
		all += sent->announcements;
	}
	CHECK_EQ_U(all, 2 * HOSTS);
	for (uint32_t i = 0; i < HOSTS; i++)
		REQUIRE_EQ_U(sent->by[i], 2);
	mien_stack_counters(st, &c);
	CHECK_EQ_U(c.drops[MIEN_DROP_TX_FULL], 0);
	mien_stack_destroy(st);
	free(sent);
}

static void
probes_leave_at_one_pace(void)
{
	struct mien_stack *st = stack_new();
	struct sent *sent = calloc(1, sizeof(*sent));
	struct mien_event ev[32];
	uint64_t now = 0, ready = 0, probes = 0;
	struct mien_counters c;

	add_all(st, 8, true, false);
	for (unsigned s = 0; s < 60; s++) {
		run_a_second(st, &now, sent);
		CHECK(sent->probes + sent->announcements <= A_SECOND_BEARS);
		probes += sent->probes;
		for (unsigned n; (n = mien_stack_events(st, ev, 32)) > 0;)
			ready += n;
	}

	CHECK_EQ_U(probes, 3 * HOSTS);
	CHECK_EQ_U(ready, HOSTS);
	for (uint32_t i = 0; i < HOSTS; i++)
		REQUIRE_EQ_U(sent->by[i], 5);
	mien_stack_counters(st, &c);
	CHECK_EQ_U(c.drops[MIEN_DROP_TX_FULL], 0);
	mien_stack_destroy(st);
	free(sent);
}

static const struct test_case cases[] = {
	{"an idle host takes under 512 bytes", an_idle_host_takes_under_512_bytes},
	{"65 536 hosts announce themselves at one pace", announcements_leave_at_one_pace},
	{"65 536 hosts probe at one pace and all become ready", probes_leave_at_one_pace},
	{NULL, NULL},
};

const struct test_suite hosts_suite = {"hosts", suite_setup, suite_teardown, cases, NULL, NULL};
