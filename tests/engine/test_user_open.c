/* SPDX-License-Identifier: BSD-3-Clause */
/* OPEN, active and passive: odd arguments, ports in use, limits. */
#include "suites.h"

#include <stdlib.h>

#define ALL "mss 1460,sackOK,TS val 1 ecr 0,nop,wscale 7"

static void
an_open_with_odd_arguments_is_refused(void)
{
	struct harness *h = harness_new(NULL);
	static const uint8_t bytes[1];
	const struct mien_tcp_connect good = {.remote = h->peer.addr, .remote_port = 80, .local_port = 2000};
	struct mien_tcp_connect odd[6] = {good, good, good, good, good, good};
	uint64_t conn;

	odd[0].remote_port = 0;
	odd[1].remote = mien_addr_any();
	odd[2].remote = mien_addr_ip4(0xe0000001);
	odd[3].fast_open = MIEN_FAST_OPEN_NO_COOKIE + 1;
	odd[4].data = bytes, odd[4].data_len = (1 << 20) + 1;
	odd[5].remote = h->host.addr, odd[5].remote_port = 2000; /* itself */
	for (unsigned i = 0; i < 6; i++)
		CHECK_EQ_I(tcp_user_connect(&h->tcp, &h->host, &odd[i], &conn), MIEN_EINVAL);
	odd[5].remote_port = 2001; /* another port of its own */
	CHECK_EQ_I(tcp_user_connect(&h->tcp, &h->host, &odd[5], &conn), MIEN_OK);

	CHECK_EQ_U(pool_used(&h->tcp.tcbs), 1);
	harness_free(h);
}

static void
a_port_in_use_to_the_same_peer_is_refused(void)
{
	struct harness *h = harness_new(NULL);
	struct mien_tcp_connect config = {.remote = h->peer.addr, .remote_port = 80, .local_port = 2000};
	uint64_t conn;

	REQUIRE_EQ_I(tcp_user_connect(&h->tcp, &h->host, &config, &conn), MIEN_OK);
	CHECK_EQ_I(tcp_user_connect(&h->tcp, &h->host, &config, &conn), MIEN_EEXIST);
	config.remote_port = 81;

	CHECK_EQ_I(tcp_user_connect(&h->tcp, &h->host, &config, &conn), MIEN_OK);
	harness_free(h);
}

/* With timestamps, after a second, it gives way to an open that asks for just this port. */
static void
a_port_asked_for_may_rest_in_time_wait(void)
{
	struct harness *h = harness_new(NULL);
	struct mien_tcp_connect config = {.remote = h->peer.addr, .remote_port = h->peer.port, .local_port = 2000};

	REQUIRE_EQ_I(tcp_user_connect(&h->tcp, &h->host, &config, &h->conn), MIEN_OK);
	h->peer.local_port = 2000;
	harness_flush(h);
	inject(h, "S. 0:0(0) ack 1 win 1000 <" ALL ">");
	(void)expect_event(h, MIEN_EV_CONNECTED);
	harness_close(h);
	inject(h, "F. 1:1(0) ack 2 win 1000 <nop,nop,TS val 8 ecr 0>");
	REQUIRE_EQ_U(pool_used(&h->tcp.tws), 1);
	(void)expect_event(h, MIEN_EV_CLOSED);

	CHECK_EQ_I(tcp_user_connect(&h->tcp, &h->host, &config, &h->conn), MIEN_EEXIST);
	harness_advance(h, 1001);
	CHECK_EQ_I(tcp_user_connect(&h->tcp, &h->host, &config, &h->conn), MIEN_OK);
	CHECK_EQ_U(pool_used(&h->tcp.tws), 0);
	harness_free(h);
}

static void
beyond_the_limit_of_connections_none_opens(void)
{
	const struct tcp_limits limits = {.max_conns = 1, .max_time_wait = 1, .max_listeners = 1,
		.max_reassembly_bytes = 1 << 20, .sndbuf = 1 << 20};
	struct harness *h = harness_with_limits(NULL, &limits);
	const struct mien_tcp_connect config = {.remote = h->peer.addr, .remote_port = 80};
	const struct mien_tcp_listen listen = {.port = 81};
	uint64_t conn;

	REQUIRE_EQ_I(tcp_user_connect(&h->tcp, &h->host, &config, &conn), MIEN_OK);
	CHECK_EQ_I(tcp_user_connect(&h->tcp, &h->host, &config, &conn), MIEN_EFULL);

	harness_listen(h, 80);
	CHECK_EQ_I(tcp_user_listen(&h->tcp, &listen, &conn), MIEN_EFULL);
	harness_free(h);
}

/* The table of personalities in use is full. */
static void
one_personality_too_many_is_refused(void)
{
	struct harness *h = harness_new(NULL);
	struct mien_personality *others = calloc(TCP_WORN_MAX + 1, sizeof(*others));
	struct mien_tcp_connect open = {.remote = h->peer.addr, .remote_port = 80};
	struct mien_tcp_listen listen = {.port = 81};
	uint64_t object;

	REQUIRE_NOT_NULL(others);
	others[0] = h->p;
	for (unsigned i = 1; i <= TCP_WORN_MAX; i++)
		REQUIRE_EQ_I(worn_take(&h->tcp, &others[i]), MIEN_OK);

	open.personality = listen.personality = &others[0];
	CHECK_EQ_U(tcp_user_fast_open_room(&h->tcp, &h->host, &open), 0);
	CHECK_EQ_I(tcp_user_connect(&h->tcp, &h->host, &open, &object), MIEN_EFULL);
	CHECK_EQ_I(tcp_user_listen(&h->tcp, &listen, &object), MIEN_EFULL);
	CHECK_EQ_U(pool_used(&h->tcp.tcbs) + pool_used(&h->tcp.listeners), 0);
	harness_listen(h, 80);
	inject(h, "S 0:0(0) win 65535");

	CHECK_EQ_U(h->drop, MIEN_DROP_TCP_NO_TCB);
	expect_none(h);
	harness_free(h);
	free(others);
}

/* The limit of listeners is met before a personality is kept. */
static void
a_listener_that_finds_no_room_wears_nothing(void)
{
	struct harness *h = harness_new(NULL);
	static struct mien_personality other;
	struct mien_tcp_listen listen = {.port = 1};
	uint64_t listener;

	while (tcp_user_listen(&h->tcp, &listen, &listener) == MIEN_OK)
		listen.port++;
	other = h->p;
	listen.personality = &other;
	CHECK_EQ_I(tcp_user_listen(&h->tcp, &listen, &listener), MIEN_EFULL);

	CHECK_EQ_U(listen.port, 17);
	CHECK_EQ_U(worn_users(&h->tcp, &other), 0);
	harness_free(h);
}

static void
a_listener_with_odd_arguments_is_refused(void)
{
	struct harness *h = harness_new(NULL);
	const struct mien_tcp_listen odd[] = {{.port = 0}, {.port = 80, .fast_open = MIEN_FAST_OPEN_NO_COOKIE + 1},
		{.port = 80, .group = 1, .addr = h->host.addr}};
	uint64_t listener;

	for (unsigned i = 0; i < 3; i++)
		CHECK_EQ_I(tcp_user_listen(&h->tcp, &odd[i], &listener), MIEN_EINVAL);

	CHECK_EQ_I(tcp_user_unlisten(&h->tcp, 0), MIEN_ESTALE);
	CHECK_EQ_U(pool_used(&h->tcp.listeners), 0);
	harness_free(h);
}

static void
nagle_may_be_off_from_the_beginning(void)
{
	struct harness *h = harness_new(NULL);
	const struct mien_tcp_connect config = {.remote = h->peer.addr, .remote_port = h->peer.port, .nodelay = true};
	const struct mien_tcp_listen listen = {.port = 81, .nodelay = true};
	uint64_t listener;

	h->p.tcp.nagle = 1;
	REQUIRE_EQ_I(tcp_user_connect(&h->tcp, &h->host, &config, &h->conn), MIEN_OK);
	h->peer.local_port = harness_info(h).local_port;
	harness_flush(h);
	harness_ignore(h);
	inject(h, "S. 0:0(0) ack 1 win 65535 <mss 1460>");
	harness_ignore(h);
	harness_send(h, 1, 10);
	harness_send(h, 11, 10);
	expect(h, "P. 1:11(10) ack 1");
	expect(h, "P. 11:21(10) ack 1");

	REQUIRE_EQ_I(tcp_user_listen(&h->tcp, &listen, &listener), MIEN_OK);
	(void)expect_event(h, MIEN_EV_CONNECTED);
	h->peer.local_port = 81;
	inject(h, "S 0:0(0) win 65535 <mss 1460>");
	harness_ignore(h);
	inject(h, ". 1:1(0) ack 1 win 65535");
	(void)expect_event(h, MIEN_EV_ACCEPT);
	harness_send(h, 1, 10);
	harness_send(h, 11, 10);
	expect(h, "P. 1:11(10) ack 1");
	expect(h, "P. 11:21(10) ack 1");
	harness_free(h);
}

const struct test_suite user_open_suite = {
	.name = "user open",
	.setup = harness_setup,
	.cases = (const struct test_case[]){
		{"an open with odd arguments is refused", an_open_with_odd_arguments_is_refused},
		{"a port in use to the same peer is refused", a_port_in_use_to_the_same_peer_is_refused},
		{"a port asked for may rest in TIME-WAIT", a_port_asked_for_may_rest_in_time_wait},
		{"beyond the limit of connections none opens", beyond_the_limit_of_connections_none_opens},
		{"one personality too many is refused", one_personality_too_many_is_refused},
		{"a listener that finds no room wears nothing", a_listener_that_finds_no_room_wears_nothing},
		{"a listener with odd arguments is refused", a_listener_with_odd_arguments_is_refused},
		{"Nagle may be off from the beginning", nagle_may_be_off_from_the_beginning},
		{NULL, NULL},
	},
};
