/* SPDX-License-Identifier: BSD-3-Clause */
/* A stack's creation, its public calls' checks, its trace. */
#include "suites.h"

#include <stdlib.h>
#include <string.h>

#include <mien/mien.h>

#include "mbufs.h"

static struct mien_personality *good;

static struct mien_stack *
stack_new(void)
{
	struct mien_stack_config config;
	struct mien_stack *st = NULL;

	mien_stack_config_init(&config);
	config.pool = mbufs_pool();
	config.max_conns = 16;
	REQUIRE_EQ_I(mien_stack_create(&config, &st), MIEN_OK);
	return st;
}

static struct mien_host_config
host_at(uint32_t addr, const struct mien_personality *p)
{
	return (struct mien_host_config){.addr = mien_addr_ip4(addr), .prefix_len = 24, .personality = p};
}

static int
suite_setup(void)
{
	good = aligned_alloc(64, sizeof(*good));
	mien_personality_init_plain(good);
	return mbufs_pool() ? 0 : 1;
}

static int
suite_teardown(void)
{
	free(good);
	return mbufs_out() == 0 ? 0 : 1;
}

static void
a_personality_that_breaks_its_rules_is_refused_everywhere(void)
{
	struct mien_stack *st = stack_new();
	struct mien_personality *bad = aligned_alloc(64, sizeof(*bad));
	struct mien_host_config config = host_at(0x0a000001, good);
	struct mien_tcp_listen listen = {.port = 80, .personality = bad};
	struct mien_tcp_connect connect = {.remote = mien_addr_ip4(0x0a000002), .remote_port = 80, .personality = bad};
	uint64_t host, id;

	*bad = *good;
	bad->syn.len = 41;
	REQUIRE_EQ_I(mien_host_add(st, 0, &config, &host), MIEN_OK);

	CHECK_EQ_I(mien_host_set_personality(st, 0, host, bad), MIEN_EINVAL);
	CHECK_EQ_I(mien_host_set_personality(st, 0, host, NULL), MIEN_EINVAL);
	CHECK_EQ_I(mien_tcp_listen(st, &listen, &id), MIEN_EINVAL);
	CHECK_EQ_I(mien_tcp_connect(st, 0, &connect, &id), MIEN_EINVAL);
	config = host_at(0x0a000003, bad);
	CHECK_EQ_I(mien_host_add(st, 0, &config, &host), MIEN_EINVAL);

	CHECK_EQ_U(mien_stack_personality_users(st, bad), 0);
	mien_stack_destroy(st);
	free(bad);
}

static void
a_personality_is_counted_while_it_is_worn(void)
{
	struct mien_stack *st = stack_new();
	struct mien_personality *other = aligned_alloc(64, sizeof(*other));
	const struct mien_host_config config = host_at(0x0a000001, good);
	uint64_t host;

	*other = *good;
	REQUIRE_EQ_I(mien_host_add(st, 0, &config, &host), MIEN_OK);
	CHECK_EQ_U(mien_stack_personality_users(st, good), 1);

	REQUIRE_EQ_I(mien_host_set_personality(st, 0, host, other), MIEN_OK);

	CHECK_EQ_U(mien_stack_personality_users(st, good), 0);
	CHECK_EQ_U(mien_stack_personality_users(st, other), 1);
	mien_stack_destroy(st);
	free(other);
}

static void
a_configuration_of_another_size_or_without_a_pool_is_refused(void)
{
	struct mien_stack_config config;
	struct mien_stack *st = NULL;

	mien_stack_config_init(&config);
	CHECK_EQ_I(mien_stack_create(&config, &st), MIEN_EINVAL);
	config.pool = mbufs_pool();
	config.size--;
	CHECK_EQ_I(mien_stack_create(&config, &st), MIEN_EINVAL);
	config.size++;
	config.mtu = 100;
	CHECK_EQ_I(mien_stack_create(&config, &st), MIEN_EINVAL);
	CHECK_NULL(st);
}

struct seen {
	unsigned received, sent;
	enum mien_drop drop;
};

static void
see(void *ctx, const struct mien_trace_record *r)
{
	struct seen *seen = ctx;

	if (r->sent)
		seen->sent++;
	else
		seen->received++;
	seen->drop = r->drop;
}

static struct rte_mbuf *
arp_request(uint32_t target)
{
	static const uint8_t head[] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2, 0, 0, 0, 0, 9, 8, 6, 0, 1, 8, 0, 6, 4, 0, 1,
		2, 0, 0, 0, 0, 9, 10, 0, 0, 9, 0, 0, 0, 0, 0, 0};
	struct rte_mbuf *m = rte_pktmbuf_alloc(mbufs_pool());
	uint8_t *p = (uint8_t *)rte_pktmbuf_append(m, 42);

	memcpy(p, head, sizeof(head));
	for (unsigned i = 0; i < 4; i++)
		p[38 + i] = (uint8_t)(target >> (24 - 8 * i));
	return m;
}

static void
a_trace_shows_what_came_why_it_fell_and_what_went(void)
{
	struct mien_stack *st = stack_new();
	const struct mien_host_config config = host_at(0x0a000001, good);
	const struct mien_addr peer = mien_addr_ip4(0x0a000009), stranger = mien_addr_ip4(0x0a0000ff);
	struct rte_mbuf *m, *out[4];
	struct seen seen = {0};
	uint64_t host;
	uint16_t n;

	REQUIRE_EQ_I(mien_host_add(st, 0, &config, &host), MIEN_OK);
	mien_stack_trace(st, &peer, see, &seen);

	m = arp_request(0x0a000001);
	mien_stack_rx_burst(st, 1, &m, 1);
	n = mien_stack_tx_burst(st, 1, out, 4);
	CHECK_EQ_U(n, 1);
	CHECK_EQ_U(seen.received, 1);
	CHECK_EQ_U(seen.sent, 1);
	rte_pktmbuf_free_bulk(out, n);

	m = arp_request(0x0a000002);
	mien_stack_rx_burst(st, 2, &m, 1);
	CHECK_EQ_U(seen.received, 2);
	CHECK_EQ_U(seen.drop, MIEN_DROP_ARP_NOT_OURS);

	mien_stack_trace(st, &stranger, see, &seen);
	m = arp_request(0x0a000002);
	mien_stack_rx_burst(st, 3, &m, 1);
	CHECK_EQ_U(seen.received, 2);
	mien_stack_destroy(st);
}

static const struct test_case cases[] = {
	{"a personality that breaks its rules is refused everywhere", a_personality_that_breaks_its_rules_is_refused_everywhere},
	{"a personality is counted while it is worn", a_personality_is_counted_while_it_is_worn},
	{"a configuration of another size or without a pool is refused",
		a_configuration_of_another_size_or_without_a_pool_is_refused},
	{"a trace shows what came, why it fell and what went", a_trace_shows_what_came_why_it_fell_and_what_went},
	{NULL, NULL},
};

const struct test_suite stack_suite = {"stack", suite_setup, suite_teardown, cases, NULL, NULL};
