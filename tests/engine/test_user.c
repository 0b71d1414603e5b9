/* SPDX-License-Identifier: BSD-3-Clause */
/* What applications ask for and are told (RFC 9293 3.9.1), and whose personality counts. */
#include "suites.h"

static struct mien_personality other;

static void
make_other(const struct harness *h)
{
	other = h->p;
	other.tcp.wscale = 3;
	other.tcp.window_synack.base = other.tcp.window_syn.base = 4321;
}

static void
a_listeners_personality_goes_before_the_hosts(void)
{
	struct harness *h = harness_new(NULL);
	const struct mien_tcp_listen config = {.port = 80, .personality = &other};
	uint64_t listener;

	make_other(h);
	REQUIRE_EQ_I(tcp_user_listen(&h->tcp, &config, &listener), MIEN_OK);

	inject(h, "S 0:0(0) win 100 <mss 1460,nop,wscale 7>");

	expect(h, "S. 0:0(0) ack 1 win 4321 <mss 1460,nop,wscale 3>");
	CHECK_EQ_U(worn_users(&h->tcp, &other), 2);
	REQUIRE_EQ_I(tcp_user_unlisten(&h->tcp, listener), MIEN_OK);
	CHECK_EQ_U(worn_users(&h->tcp, &other), 0);
	harness_free(h);
}

static void
a_connection_may_wear_a_personality_of_its_own(void)
{
	struct harness *h = harness_new(NULL);
	struct mien_tcp_connect config = {.remote = h->peer.addr, .remote_port = h->peer.port, .personality = &other};

	make_other(h);
	REQUIRE_EQ_I(tcp_user_connect(&h->tcp, &h->host, &config, &h->conn), MIEN_OK);

	expect(h, "S 0:0(0) win 4321 <mss 1460,sackOK,TS val 0 ecr 0,nop,wscale 3>");
	harness_free(h);
}

static void
a_connection_keeps_its_personality_when_the_host_changes(void)
{
	struct harness *h = harness_new(NULL);

	make_other(h);
	harness_open(h, "mss 1460,nop,wscale 7");
	h->host.p = &other;
	h->host.epoch++;

	inject(h, "P. 1:11(10) ack 1");
	harness_advance(h, 40);
	expect(h, ". 1:1(0) ack 11");
	h->peer.port++;
	inject(h, "S 0:0(0) win 100 <mss 1460,nop,wscale 7>");

	expect(h, "S. 0:0(0) ack 1 win 4321 <mss 1460,nop,wscale 3>");
	CHECK_PTR(harness_tcb(h)->p, &h->p);
	harness_free(h);
}

static void
a_hosts_own_listener_goes_before_that_of_any_address(void)
{
	struct harness *h = harness_new(NULL);
	struct mien_tcp_listen config = {.port = 80};
	uint64_t any, own;

	REQUIRE_EQ_I(tcp_user_listen(&h->tcp, &config, &any), MIEN_OK);
	CHECK_EQ_I(tcp_user_listen(&h->tcp, &config, &own), MIEN_EEXIST);
	config.addr = h->host.addr;
	REQUIRE_EQ_I(tcp_user_listen(&h->tcp, &config, &own), MIEN_OK);

	inject(h, "S 0:0(0) win 100");
	inject(h, ". 1:1(0) ack 1 win 100");

	CHECK_EQ_U(expect_event(h, MIEN_EV_ACCEPT).u.listener, own);
	harness_free(h);
}

static void
options_outside_their_range_are_refused(void)
{
	static const struct {
		enum mien_tcp_opt opt;
		uint64_t value;
		int rc;
	} cases[] = {
		{MIEN_TCP_TTL, 256, MIEN_EINVAL}, {MIEN_TCP_TTL, 255, MIEN_OK}, {MIEN_TCP_TOS, 256, MIEN_EINVAL},
		{MIEN_TCP_TOS, 0xb8, MIEN_OK}, {MIEN_TCP_RCVBUF, 0, MIEN_EINVAL},
		{MIEN_TCP_RCVBUF, UINT64_C(1) << 31, MIEN_EINVAL}, {MIEN_TCP_SNDBUF, 0, MIEN_EINVAL},
		{MIEN_TCP_KEEPALIVE_COUNT, 0, MIEN_EINVAL}, {MIEN_TCP_KEEPALIVE_IDLE_MS, 0, MIEN_EINVAL},
		{MIEN_TCP_USER_TIMEOUT_MS, UINT64_C(1) << 32, MIEN_EINVAL}, {MIEN_TCP_OPT_COUNT, 1, MIEN_EINVAL},
		{MIEN_TCP_NODELAY, 1, MIEN_OK},
	};
	struct harness *h = harness_new(NULL);

	harness_open(h, NULL);
	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		CHECK_EQ_I(tcp_user_set(&h->tcp, h->conn, cases[i].opt, cases[i].value), cases[i].rc);

	harness_send(h, 1, 1);

	CHECK_EQ_U(harness_peek(h)->ip.ttl, 255);
	CHECK_EQ_U(harness_peek(h)->ip.tos, 0xb8);
	harness_free(h);
}

static void
keepalives_are_off_until_they_are_asked_for(void)
{
	struct harness *h = harness_new(NULL);

	harness_open(h, NULL);

	harness_advance(h, UINT64_C(48) * 3600 * 1000);
	expect_none(h);
	REQUIRE_EQ_I(tcp_user_set(&h->tcp, h->conn, MIEN_TCP_KEEPALIVE, 1), MIEN_OK);
	harness_advance(h, 7199000);
	expect_none(h);
	harness_advance(h, 2000);

	expect(h, ". 0:0(0) ack 1");
	harness_free(h);
}

static void
soft_errors_can_be_turned_off(void)
{
	struct harness *h = harness_new(NULL);

	harness_open(h, NULL);
	harness_send(h, 1, 100);
	REQUIRE_EQ_I(tcp_user_set(&h->tcp, h->conn, MIEN_TCP_SOFT_ERRORS, 0), MIEN_OK);

	CHECK_EQ_U(harness_icmp(h, 1, MIEN_EUNREACH, false), MIEN_DROP_NONE);

	expect_no_event(h);
	harness_free(h);
}

static void
an_open_that_times_out_tells_what_icmp_had_said(void)
{
	struct harness *h = harness_new(NULL);

	harness_connect(h);
	CHECK_EQ_U(harness_icmp(h, 0, MIEN_EUNREACH, false), MIEN_DROP_NONE);
	(void)expect_event(h, MIEN_EV_ERROR);

	harness_advance(h, 300000);

	CHECK_EQ_I(expect_event(h, MIEN_EV_CLOSED).err, MIEN_EUNREACH);
	harness_free(h);
}

static void
calls_on_an_ended_connection_are_stale(void)
{
	struct harness *h = harness_new(NULL);
	struct mien_tcp_info info;
	struct mien_piece piece;
	uint8_t byte = 0;

	harness_open(h, NULL);
	inject(h, "R 1:1(0)");
	(void)expect_event(h, MIEN_EV_CLOSED);

	CHECK_EQ_I(tcp_user_info(&h->tcp, h->conn, &info), MIEN_ESTALE);
	CHECK_EQ_I(tcp_user_peek(&h->tcp, h->conn, &piece, 1), MIEN_ESTALE);
	CHECK_EQ_I(tcp_user_recv(&h->tcp, h->conn, &byte, 1), MIEN_ESTALE);
	CHECK_EQ_I(tcp_user_send(&h->tcp, h->conn, &byte, 1), MIEN_ESTALE);
	CHECK_EQ_I(tcp_user_close(&h->tcp, h->conn), MIEN_ESTALE);
	CHECK_EQ_I(tcp_user_set(&h->tcp, h->conn, MIEN_TCP_CORK, 1), MIEN_ESTALE);
	CHECK_EQ_I(tcp_user_set_cookie(&h->tcp, h->conn, 1), MIEN_ESTALE);
	CHECK_EQ_I(tcp_user_shutdown(&h->tcp, 0), MIEN_ESTALE);
	harness_free(h);
}

static void
all_connections_are_walked_once(void)
{
	struct harness *h = harness_new(NULL);
	uint32_t it = 0;
	uint64_t conn;
	unsigned n = 0;

	harness_listen(h, 80);
	for (unsigned i = 0; i < 5; i++) {
		h->peer.port++;
		inject(h, "S 0:0(0) win 100");
	}
	h->peer.port = 5002;
	inject(h, "R 1:1(0)");

	while (tcp_user_next(&h->tcp, &it, &conn)) {
		CHECK_NOT_NULL(tcb_find(&h->tcp, conn));
		n++;
	}

	CHECK_EQ_U(n, 4);
	harness_free(h);
}

/* The client closes first, again and again, from the one port that it has. */
static void
a_port_in_time_wait_serves_again_after_a_second_with_timestamps(void)
{
	struct harness *h = harness_new(NULL);
	struct mien_tcp_connect config = {.remote = h->peer.addr, .remote_port = h->peer.port};
	uint32_t old;

	h->p.tcp.port_low = h->p.tcp.port_high = 2000;
	h->p.tcp.isn = (struct mien_isn_rule){.kind = MIEN_ISN_CONST, .value = 1000};
	harness_connect(h);
	inject(h, "S. 0:0(0) ack 1 win 1000 <mss 1400,sackOK,TS val 7 ecr 0>");
	(void)expect_event(h, MIEN_EV_CONNECTED);
	harness_close(h);
	inject(h, "F. 1:1(0) ack 2 win 1000 <nop,nop,TS val 8 ecr 0>");
	(void)expect_event(h, MIEN_EV_CLOSED);
	harness_ignore(h);
	old = h->peer.local_iss + 2;

	CHECK_EQ_I(tcp_user_connect(&h->tcp, &h->host, &config, &h->conn), MIEN_EPORTS);
	harness_advance(h, 1001);
	REQUIRE_EQ_I(tcp_user_connect(&h->tcp, &h->host, &config, &h->conn), MIEN_OK);

	expect(h, "S 0:0(0)");
	CHECK(seq_gt(h->peer.local_iss, old));
	CHECK_EQ_U(pool_used(&h->tcp.tws), 0);
	harness_free(h);
}

static void
bytes_are_counted_past_the_end_of_the_numbers(void)
{
	struct harness *h = harness_new(NULL);
	struct mien_tcp_info info;

	h->peer.iss = UINT32_MAX - 100;
	harness_open(h, NULL);
	info = harness_info(h);
	CHECK_EQ_U(info.bytes_received + info.bytes_sent, 0);

	inject(h, "P. 1:301(300) ack 1 win 1000");
	harness_send(h, 1, 10);
	inject(h, "F. 301:301(0) ack 11 win 1000");
	harness_close(h);

	info = harness_info(h);
	CHECK(info.rcv_nxt < h->peer.iss);
	CHECK_EQ_U(info.bytes_received, 300); /* a FIN is no byte */
	CHECK_EQ_U(info.bytes_sent, 10);
	harness_ignore(h);
	harness_free(h);
}

static void
a_listener_may_want_smaller_segments(void)
{
	struct harness *h = harness_new(NULL);
	const struct mien_tcp_listen config = {.port = 80, .mss = 1100};
	uint64_t listener;

	REQUIRE_EQ_I(tcp_user_listen(&h->tcp, &config, &listener), MIEN_OK);
	inject(h, "S 0:0(0) win 65535 <mss 1300>");
	expect(h, "S. 0:0(0) ack 1 <mss 1100>");
	inject(h, ". 1:1(0) ack 1 win 65535");
	h->conn = expect_event(h, MIEN_EV_ACCEPT).object;

	harness_send(h, 1, 2000);

	expect(h, ". 1:1101(1100) ack 1");
	harness_ignore(h);
	harness_free(h);
}

static void
so_may_an_active_open(void)
{
	struct harness *h = harness_new(NULL);
	struct mien_tcp_connect config = {.remote = h->peer.addr, .remote_port = h->peer.port, .mss = 900};

	REQUIRE_EQ_I(tcp_user_connect(&h->tcp, &h->host, &config, &h->conn), MIEN_OK);

	expect(h, "S 0:0(0) <mss 900,sackOK,TS val 0 ecr 0,nop,wscale 7>");
	harness_free(h);
}

static void
a_cork_may_end_by_itself(void)
{
	struct harness *h = harness_new(NULL);

	h->p.tcp.cork_ends = 1;
	harness_open(h, "mss 1000");
	harness_set(h, MIEN_TCP_CORK, 1);
	harness_send(h, 1, 40);
	harness_advance(h, 150);
	expect_none(h);

	harness_advance(h, 1000);

	expect(h, "P. 1:41(40) ack 1");
	harness_ignore(h);
	harness_free(h);
}

static void
more_holds_until_the_next_ack(void)
{
	struct harness *h = harness_new(NULL);

	harness_open(h, "mss 1000");
	harness_set(h, MIEN_TCP_NODELAY, 1);
	harness_set(h, MIEN_TCP_MORE, 1);
	harness_send(h, 1, 1100);
	expect(h, ". 1:1001(1000) ack 1");
	expect_none(h);

	inject(h, ". 1:1(0) ack 1001 win 65535");

	expect(h, ". 1001:1101(100) ack 1");
	harness_set(h, MIEN_TCP_MORE, 1);
	harness_send(h, 1101, 10);
	expect_none(h);
	harness_set(h, MIEN_TCP_MORE, 0);
	expect(h, "P. 1101:1111(10) ack 1");
	harness_free(h);
}

static void
nodelay_lets_go_what_a_cork_holds(void)
{
	struct harness *h = harness_new(NULL);

	harness_open(h, "mss 1000");
	harness_set(h, MIEN_TCP_CORK, 1);
	harness_send(h, 1, 10);
	expect_none(h);

	harness_set(h, MIEN_TCP_NODELAY, 1);

	expect(h, "P. 1:11(10) ack 1");
	harness_send(h, 11, 10);
	expect_none(h);
	harness_free(h);
}

const struct test_suite user_suite = {
	.name = "user calls",
	.setup = harness_setup,
	.cases = (const struct test_case[]){
		{"a listener's personality goes before the host's", a_listeners_personality_goes_before_the_hosts},
		{"a connection may wear a personality of its own", a_connection_may_wear_a_personality_of_its_own},
		{"a connection keeps its personality when the host changes",
			a_connection_keeps_its_personality_when_the_host_changes},
		{"a host's own listener goes before that of any address", a_hosts_own_listener_goes_before_that_of_any_address},
		{"options outside their range are refused", options_outside_their_range_are_refused},
		/* proves MUST-25 */
		{"keepalives are off until they are asked for", keepalives_are_off_until_they_are_asked_for},
		/* proves SHLD-20 */
		{"soft errors can be turned off", soft_errors_can_be_turned_off},
		{"an open that times out tells what ICMP had said", an_open_that_times_out_tells_what_icmp_had_said},
		{"calls on an ended connection are stale", calls_on_an_ended_connection_are_stale},
		{"a listener may want smaller segments", a_listener_may_want_smaller_segments},
		{"so may an active open", so_may_an_active_open},
		{"a cork may end by itself", a_cork_may_end_by_itself},
		/* proves MAY-15 */
		{"bytes that more follows wait for the next ACK, without PSH", more_holds_until_the_next_ack},
		{"turning off Nagle lets go what a cork holds, once", nodelay_lets_go_what_a_cork_holds},
		{"all connections are walked once", all_connections_are_walked_once},
		{"bytes are counted past the end of the numbers", bytes_are_counted_past_the_end_of_the_numbers},
		{"a port in TIME-WAIT serves again after a second, with timestamps",
			a_port_in_time_wait_serves_again_after_a_second_with_timestamps},
		{NULL, NULL},
	},
};
