/* SPDX-License-Identifier: BSD-3-Clause */
/* What the public calls refuse, and by which name. */
#include "suites.h"

#include <stdlib.h>
#include <string.h>

#include <mien/mien.h>

#include "mbufs.h"

static struct mien_personality *plain;

static int
suite_setup(void)
{
	plain = aligned_alloc(64, sizeof(*plain));
	mien_personality_init_plain(plain);
	return mbufs_pool() ? 0 : 1;
}

static int
suite_teardown(void)
{
	free(plain);
	return mbufs_out() == 0 ? 0 : 1;
}

static void
small(struct mien_stack_config *config)
{
	mien_stack_config_init(config);
	config->pool = mbufs_pool();
	config->max_conns = 4;
	config->max_hosts = config->max_listeners = config->max_udp = 2;
	config->now = 1000000000;
}

/* A stack with the host 10.0.0.1/24 and the neighbour 10.0.0.2. */
static struct mien_stack *
begin(uint64_t *host)
{
	const struct mien_host_config config = {.addr = mien_addr_ip4(0x0a000001), .prefix_len = 24, .personality = plain};
	const struct mien_addr peer = mien_addr_ip4(0x0a000002);
	const uint8_t mac[6] = {2, 0, 0, 0, 0, 2};
	struct mien_stack_config stack;
	struct mien_stack *st = NULL;

	small(&stack);
	REQUIRE_EQ_I(mien_stack_create(&stack, &st), MIEN_OK);
	REQUIRE_EQ_I(mien_host_add(st, stack.now, &config, host), MIEN_OK);
	REQUIRE_EQ_I(mien_stack_add_neighbour(st, &peer, mac), MIEN_OK);
	return st;
}

static struct mien_addr
ip6(void)
{
	struct mien_addr a;

	REQUIRE_EQ_I(mien_addr_parse("2001:db8::1", &a), MIEN_OK);
	return a;
}

static void
a_handle_that_is_none_is_stale_to_every_call(void)
{
	const struct mien_udp_peer to = {.remote = mien_addr_ip4(0x0a000002), .remote_port = 9};
	struct mien_udp_peer from;
	struct mien_host_info host_info;
	struct mien_tcp_info info;
	struct mien_piece piece;
	uint64_t host;
	struct mien_stack *st = begin(&host);
	struct rte_mbuf *m = rte_pktmbuf_alloc(mbufs_pool());
	uint8_t bytes[16] = {0};

	REQUIRE_NOT_NULL(m);
	(void)rte_pktmbuf_append(m, 10);
	for (uint64_t no = 0; no < 3; no++) {
		const uint64_t h = no == 0 ? 0 : no == 1 ? UINT64_MAX : UINT64_C(1) << 40;

		CHECK_EQ_I(mien_tcp_send(st, 0, h, bytes, 4), MIEN_ESTALE);
		CHECK_EQ_I(mien_tcp_send_mbuf(st, 0, h, &m, 0), MIEN_ESTALE);
		CHECK_EQ_I(mien_tcp_flush(st, 0, h), MIEN_ESTALE);
		CHECK_EQ_I(mien_tcp_peek(st, h, &piece, 1), MIEN_ESTALE);
		CHECK_EQ_I(mien_tcp_consume(st, 0, h, 1), MIEN_ESTALE);
		CHECK_EQ_I(mien_tcp_recv(st, 0, h, bytes, 4), MIEN_ESTALE);
		CHECK_EQ_I(mien_tcp_shutdown(st, 0, h), MIEN_ESTALE);
		CHECK_EQ_I(mien_tcp_close(st, 0, h), MIEN_ESTALE);
		CHECK_EQ_I(mien_tcp_abort(st, 0, h), MIEN_ESTALE);
		CHECK_EQ_I(mien_tcp_set(st, 0, h, MIEN_TCP_NODELAY, 1), MIEN_ESTALE);
		CHECK_EQ_I(mien_tcp_urgent(st, 0, h), MIEN_ESTALE);
		CHECK_EQ_I(mien_tcp_set_cookie(st, h, 1), MIEN_ESTALE);
		CHECK_EQ_I(mien_tcp_info(st, h, &info), MIEN_ESTALE);
		CHECK_EQ_U(mien_tcp_writable(st, h), 0);
		CHECK_EQ_I(mien_tcp_unlisten(st, 0, h), MIEN_ESTALE);
		CHECK_EQ_I(mien_udp_close(st, h), MIEN_ESTALE);
		CHECK_EQ_I(mien_udp_send(st, 0, h, bytes, 4, &to), MIEN_ESTALE);
		CHECK_EQ_I(mien_udp_send_mbuf(st, 0, h, m, &to), MIEN_ESTALE);
		CHECK_EQ_I(mien_host_remove(st, 0, h), MIEN_ESTALE);
		CHECK_EQ_I(mien_host_set_personality(st, 0, h, plain), MIEN_ESTALE);
		CHECK_EQ_I(mien_host_set_fast_open_key(st, h, bytes), MIEN_ESTALE);
		CHECK_EQ_I(mien_host_info(st, h, &host_info), MIEN_ESTALE);
	}
	rte_pktmbuf_free(m);
	CHECK_EQ_I(mien_tcp_recv_mbuf(st, 0, 0, &m), MIEN_ESTALE);
	CHECK_EQ_I(mien_udp_recv(st, 0, &m, &from), MIEN_ESTALE);
	mien_stack_destroy(st);
}

static void
addresses_of_the_other_family_are_refused(void)
{
	struct mien_host_config host = {.addr = ip6(), .prefix_len = 64, .personality = plain};
	struct mien_tcp_connect connect = {.remote = ip6(), .remote_port = 80};
	struct mien_udp_peer to = {.remote = ip6(), .remote_port = 9};
	struct mien_udp_bind bind = {.addr = ip6(), .port = 9};
	const struct mien_addr six = ip6();
	const uint8_t mac[6] = {2, 0, 0, 0, 0, 9};
	uint64_t id, udp, first;
	struct mien_stack *st = begin(&first);

	CHECK_EQ_I(mien_host_add(st, 0, &host, &id), MIEN_ENOTSUP);
	CHECK(mien_tcp_connect(st, 0, &connect, &id) < 0);
	CHECK(mien_stack_add_neighbour(st, &six, mac) < 0);
	CHECK(mien_stack_set_gateway(st, &six) < 0);
	CHECK_EQ_I(mien_udp_bind(st, &bind, &id), MIEN_ENOENT);
	CHECK_EQ_I(mien_host_find(st, &six, &id), MIEN_ENOENT);
	bind.addr = mien_addr_ip4(0);
	REQUIRE_EQ_I(mien_udp_bind(st, &(struct mien_udp_bind){.port = 9}, &udp), MIEN_OK);
	CHECK_EQ_I(mien_udp_send(st, 0, udp, "x", 1, &to), MIEN_EINVAL);
	mien_stack_destroy(st);
}

static void
wrong_settings_are_refused(void)
{
	uint64_t host, id;
	struct mien_stack *st = begin(&host);
	const struct mien_addr bad[] = {mien_addr_ip4(0), mien_addr_ip4(0xe0000001), mien_addr_ip4(UINT32_MAX)};
	const uint8_t group[6] = {3, 0, 0, 0, 0, 9}, mac[6] = {2, 0, 0, 0, 0, 9};
	struct mien_host_config config = {.addr = mien_addr_ip4(0x0a000003), .prefix_len = 24, .personality = plain};
	const struct mien_addr other = mien_addr_ip4(0x0a000009);

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		const struct mien_tcp_connect to = {.remote = bad[i], .remote_port = 80};

		CHECK(mien_tcp_connect(st, 0, &to, &id) < 0);
		CHECK(mien_stack_add_neighbour(st, &bad[i], mac) < 0);
		config.addr = bad[i];
		CHECK_EQ_I(mien_host_add(st, 0, &config, &id), MIEN_EINVAL);
	}
	CHECK(mien_stack_add_neighbour(st, &other, group) < 0);
	CHECK_EQ_I(mien_tcp_connect(st, 0, &(struct mien_tcp_connect){.remote = other}, &id), MIEN_EINVAL);
	CHECK_EQ_I(mien_tcp_listen(st, &(struct mien_tcp_listen){.port = 0}, &id), MIEN_EINVAL);
	CHECK_EQ_I(mien_tcp_listen(st, &(struct mien_tcp_listen){.port = 80, .group = 1, .addr = other}, &id), MIEN_EINVAL);
	CHECK_EQ_I(mien_udp_bind(st, &(struct mien_udp_bind){.port = 9, .group = 1, .addr = other}, &id), MIEN_EINVAL);
	CHECK_EQ_I(mien_udp_bind(st, &(struct mien_udp_bind){.port = 9, .addr = other}, &id), MIEN_ENOENT);
	config = (struct mien_host_config){.addr = other, .prefix_len = 24, .personality = plain, .mac = {3}};
	CHECK_EQ_I(mien_host_add(st, 0, &config, &id), MIEN_EINVAL);
	config = (struct mien_host_config){.addr = mien_addr_ip4(0x0a000001), .prefix_len = 24, .personality = plain};
	CHECK_EQ_I(mien_host_add(st, 0, &config, &id), MIEN_EEXIST);
	mien_stack_destroy(st);
}

static void
options_have_their_ranges(void)
{
	static const struct {
		enum mien_tcp_opt opt;
		uint64_t least, most;
	} range[] = {
		{MIEN_TCP_KEEPALIVE_IDLE_MS, 1, UINT32_MAX}, {MIEN_TCP_KEEPALIVE_INTERVAL_MS, 1, UINT32_MAX},
		{MIEN_TCP_KEEPALIVE_COUNT, 1, UINT8_MAX}, {MIEN_TCP_USER_TIMEOUT_MS, 0, UINT32_MAX},
		{MIEN_TCP_SNDBUF, 1, INT32_MAX}, {MIEN_TCP_TOS, 0, UINT8_MAX}, {MIEN_TCP_TTL, 0, UINT8_MAX},
	};
	uint64_t host, conn;
	struct mien_stack *st = begin(&host);
	const struct mien_tcp_connect to = {.remote = mien_addr_ip4(0x0a000002), .remote_port = 80};

	REQUIRE_EQ_I(mien_tcp_connect(st, 0, &to, &conn), MIEN_OK);
	for (size_t i = 0; i < sizeof(range) / sizeof(range[0]); i++) {
		CHECK_EQ_I(mien_tcp_set(st, 0, conn, range[i].opt, range[i].least), MIEN_OK);
		CHECK_EQ_I(mien_tcp_set(st, 0, conn, range[i].opt, range[i].most), MIEN_OK);
		CHECK_EQ_I(mien_tcp_set(st, 0, conn, range[i].opt, range[i].most + 1), MIEN_EINVAL);
		if (range[i].least)
			CHECK_EQ_I(mien_tcp_set(st, 0, conn, range[i].opt, 0), MIEN_EINVAL);
	}
	CHECK_EQ_I(mien_tcp_set(st, 0, conn, MIEN_TCP_RCVBUF, UINT32_MAX), MIEN_EINVAL);
	CHECK_EQ_I(mien_tcp_set(st, 0, conn, MIEN_TCP_OPT_COUNT, 1), MIEN_EINVAL);
	CHECK_EQ_I(mien_tcp_set(st, 0, conn, MIEN_TCP_KEEPALIVE, 1), MIEN_OK);
	CHECK_EQ_I(mien_tcp_set(st, 0, conn, MIEN_TCP_KEEPALIVE_IDLE_MS, 5), MIEN_OK);
	CHECK_EQ_I(mien_tcp_set(st, 0, conn, MIEN_TCP_KEEPALIVE, 0), MIEN_OK);
	mien_stack_destroy(st);
}

static void
a_stack_that_nobody_can_reach_is_refused(void)
{
	struct mien_stack *st;

	for (unsigned int i = 0; i < 3; i++) {
		struct mien_stack_config config;

		small(&config);
		config.vlan = i == 0 ? 4095 : 0;
		config.mac[0] = i == 1 ? 1 : 2;
		config.pool = i == 2 ? NULL : config.pool;
		CHECK_EQ_I(mien_stack_create(&config, &st), MIEN_EINVAL);
	}
}

/* The host's limits: two hosts, two listeners, two endpoints. */
static void
what_is_full_says_so(void)
{
	uint64_t host, id;
	struct mien_stack *st = begin(&host);
	struct mien_host_config config = {.prefix_len = 24, .personality = plain};
	struct mien_tcp_connect to = {.remote = mien_addr_ip4(0x0a000002), .remote_port = 80};
	int rc = MIEN_OK;

	for (uint32_t i = 0; i < 3; i++) {
		config.addr = mien_addr_ip4(0x0a000010 + i);
		CHECK_EQ_I(mien_host_add(st, 0, &config, &id), i < 1 ? MIEN_OK : MIEN_EFULL);
		CHECK_EQ_I(mien_tcp_listen(st, &(struct mien_tcp_listen){.port = (uint16_t)(80 + i), .personality = plain}, &id),
			i < 2 ? MIEN_OK : MIEN_EFULL);
		CHECK_EQ_I(mien_udp_bind(st, &(struct mien_udp_bind){.port = (uint16_t)(80 + i)}, &id), i < 2 ? MIEN_OK : MIEN_EFULL);
	}
	CHECK_EQ_I(mien_tcp_listen(st, &(struct mien_tcp_listen){.port = 80}, &id), MIEN_EEXIST);
	CHECK_EQ_I(mien_udp_bind(st, &(struct mien_udp_bind){.port = 80}, &id), MIEN_EEXIST);
	for (unsigned int i = 0; i < 5; i++)
		rc = mien_tcp_connect(st, 0, &to, &id);
	CHECK_EQ_I(rc, MIEN_EFULL);
	mien_stack_destroy(st);
}

static const struct test_case cases[] = {
	{"a handle that is none is stale to every call", a_handle_that_is_none_is_stale_to_every_call},
	{"addresses of the other family are refused", addresses_of_the_other_family_are_refused},
	{"wrong settings of hosts, listeners, endpoints and neighbours are refused", wrong_settings_are_refused},
	{"options of connections have their ranges", options_have_their_ranges},
	{"a stack without memory or on no possible link is refused", a_stack_that_nobody_can_reach_is_refused},
	{"what is full says so", what_is_full_says_so},
	{NULL, NULL},
};

const struct test_suite refusals_suite = {
	.name = "refusals", .cases = cases, .setup = suite_setup, .teardown = suite_teardown};
