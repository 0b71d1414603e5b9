/* SPDX-License-Identifier: BSD-3-Clause */
/* TCP over IPv6: the same connections, other sizes, sums and hashes. */
#include "suites.h"

#include <stdio.h>

#include "fast_open.h"
#include "send_parts.h"
#include "tcp_rx.h"

/* 2001:db8::last, with a byte in its middle. */
static struct mien_addr
addr6(uint8_t middle, uint8_t last)
{
	const uint8_t bytes[16] = {0x20, 1, 0x0d, 0xb8, [8] = middle, [15] = last};

	return mien_addr_from_bytes(bytes);
}

static struct harness *
over_ipv6(void)
{
	struct harness *h = harness_new(NULL);

	h->host.addr = addr6(0, 1);
	h->peer.addr = addr6(0, 2);
	return h;
}

static void
segments_leave_room_for_the_longer_header(void)
{
	struct harness *h = over_ipv6();

	harness_listen(h, 80);
	inject(h, "S 0:0(0) win 65535 <mss 9000>");
	expect(h, "S. 0:0(0) ack 1 <mss 1440>");
	inject(h, "P. 1:11(10) ack 1 win 65535");
	(void)expect_event(h, MIEN_EV_ACCEPT);
	harness_send(h, 1, 2000);

	expect(h, ". 1:1441(1440) ack 11");
	expect(h, "P. 1441:2001(560) ack 11");
	harness_read(h, 1, 10);
	harness_free(h);
}

static void
without_an_mss_option_segments_hold_1220_bytes(void)
{
	struct harness *h = over_ipv6();

	harness_listen(h, 80);
	inject(h, "S 0:0(0) win 65535");
	harness_ignore(h);
	inject(h, ". 1:1(0) ack 1 win 65535");
	(void)expect_event(h, MIEN_EV_ACCEPT);
	harness_send(h, 1, 1300);

	expect(h, ". 1:1221(1220) ack 1");
	harness_ignore(h);
	harness_free(h);
}

static void
an_open_goes_to_one_host_only(void)
{
	static const uint8_t group[16] = {0xff, 2, [15] = 1};
	struct harness *h = over_ipv6();
	struct mien_tcp_connect config = {.remote = mien_addr_from_bytes(group), .remote_port = 80};
	uint64_t conn;

	CHECK_EQ_I(tcp_user_connect(&h->tcp, &h->host, &config, &conn), MIEN_EINVAL);
	harness_connect(h);

	expect(h, "S 0:0(0) <mss 1440,sackOK,TS val 0 ecr 0,nop,wscale 7>");
	inject(h, "S. 0:0(0) ack 1 win 65535 <mss 1440>");
	expect(h, ". 1:1(0) ack 1");
	(void)expect_event(h, MIEN_EV_CONNECTED);
	harness_free(h);
}

static void
what_no_connection_wants_is_reset(void)
{
	struct harness *h = over_ipv6();

	inject(h, ". 1000:1000(0) ack 77");

	expect(h, "R 77:77(0)");
	expect_none(h);
	harness_free(h);
}

/* Both addresses count in a cookie's hash. */
static void
cookies_hold_the_whole_address(void)
{
	struct harness *h = over_ipv6();

	h->p.tcp.backlog = 1;
	h->p.tcp.backlog_full = MIEN_BACKLOG_COOKIES;
	harness_listen(h, 80);
	h->peer.port++;
	inject(h, "S 0:0(0) win 65535 <mss 1440>");
	h->peer.port--;
	inject(h, "S 0:0(0) win 65535 <mss 1440>");
	harness_ignore(h);
	CHECK_EQ_U(h->env.counters.tcp_cookies_sent, 1);

	h->peer.addr = addr6(1, 2);
	inject(h, ". 1:1(0) ack 1 win 65535");
	CHECK_EQ_U(h->env.counters.tcp_cookies_accepted, 0);
	harness_ignore(h);
	h->peer.addr = addr6(0, 2);
	inject(h, ". 1:1(0) ack 1 win 65535");

	(void)expect_event(h, MIEN_EV_ACCEPT);
	CHECK_EQ_U(h->env.counters.tcp_cookies_accepted, 1);
	CHECK_EQ_U(harness_tcb(h)->mss, 1440);
	harness_free(h);
}

/* The cookie that the peer gets is its own alone. */
static void
fast_open_knows_a_peer_by_its_whole_address(void)
{
	struct harness *h = over_ipv6();
	const struct mien_tcp_listen config = {.port = 80, .fast_open = MIEN_FAST_OPEN_ON};
	uint64_t listener;
	const struct flow_key flow = {.local = addr6(0, 1), .remote = addr6(0, 2)};
	char syn[96] = "S 0:10(10) win 65535 <mss 1440,FO ";
	uint8_t cookie[16];

	REQUIRE_EQ_I(tcp_user_listen(&h->tcp, &config, &listener), MIEN_OK);
	h->peer.local_port = 80;
	fast_open_cookie(&h->host.fo_key[0], &flow, cookie, h->p.tcp.fast_open.cookie);
	for (unsigned i = 0; i < h->p.tcp.fast_open.cookie; i++)
		snprintf(syn + strlen(syn), 3, "%02x", cookie[i]);
	strcat(syn, ",nop,nop>");

	h->peer.addr = addr6(1, 2);
	inject(h, syn);
	expect_no_event(h);
	harness_ignore(h);
	h->peer.addr = addr6(0, 2);
	h->peer.port++;
	inject(h, syn);

	(void)expect_event(h, MIEN_EV_ACCEPT);
	harness_read(h, 1, 10);
	harness_free(h);
}

/* What a SYN can carry: an MSS of 1440 without 40 bytes of options. */
static void
a_syn_with_bytes_leaves_room_too(void)
{
	struct harness *h = over_ipv6();
	static uint8_t bytes[2000];
	const struct mien_tcp_connect config = {.remote = addr6(0, 2), .remote_port = 5000, .data = bytes,
		.data_len = sizeof(bytes), .fast_open = MIEN_FAST_OPEN_NO_COOKIE};

	h->p.tcp.ts.offer = 0;
	h->p.syn = h->p.synack[0];
	CHECK_EQ_U(tcp_user_fast_open_room(&h->tcp, &h->host, &config), 1400);
	REQUIRE_EQ_I(tcp_user_connect(&h->tcp, &h->host, &config, &h->conn), MIEN_OK);

	expect(h, "S 0:1400(1400) <mss 1440>");
	harness_free(h);
}

/* RFC 8201: the SYN's MSS is that of the path that dropped it. */
static void
a_syn_too_large_for_the_path_goes_again_smaller(void)
{
	struct harness *h = over_ipv6();
	static uint8_t bytes[2000];
	const struct mien_tcp_connect config = {.remote = addr6(0, 2), .remote_port = 5000, .data = bytes,
		.data_len = sizeof(bytes), .fast_open = MIEN_FAST_OPEN_NO_COOKIE};
	struct tcp_icmp icmp = {.err = MIEN_EMSGSIZE, .hard = true, .mtu = 1280};

	h->p.tcp.ts.offer = 0;
	h->p.syn = h->p.synack[0];
	REQUIRE_EQ_I(tcp_user_connect(&h->tcp, &h->host, &config, &h->conn), MIEN_OK);
	harness_ignore(h);
	icmp.key = harness_tcb(h)->key;
	icmp.seq = harness_tcb(h)->iss;

	CHECK_EQ_U(tcp_icmp_error(&h->tcp, &icmp), MIEN_DROP_NONE);

	expect(h, "S 0:0(0) <mss 1220>");
	harness_free(h);
}

const struct test_suite ipv6_suite = {
	.name = "IPv6",
	.setup = harness_setup,
	.cases = (const struct test_case[]){
		{"segments leave room for the longer header", segments_leave_room_for_the_longer_header},
		{"without an MSS option segments hold 1220 bytes", without_an_mss_option_segments_hold_1220_bytes},
		{"an open goes to one host only", an_open_goes_to_one_host_only},
		{"what no connection wants is reset", what_no_connection_wants_is_reset},
		{"cookies hold the whole address", cookies_hold_the_whole_address},
		{"Fast Open knows a peer by its whole address", fast_open_knows_a_peer_by_its_whole_address},
		{"a SYN with bytes leaves room too", a_syn_with_bytes_leaves_room_too},
		{"a SYN too large for the path goes again smaller", a_syn_too_large_for_the_path_goes_again_smaller},
		{NULL, NULL},
	},
};
