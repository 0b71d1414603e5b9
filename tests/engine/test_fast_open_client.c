/* SPDX-License-Identifier: BSD-3-Clause */
/* TCP Fast Open (RFC 7413), the side that connects. */
#include "suites.h"

#include "fast_open.h"

#define OPTIONS "mss 1460,sackOK,TS val 0 ecr 0,nop,wscale 7"

static uint8_t stream[4000];

/* Connects with the first n bytes of the stream. */
static void
connect_with(struct harness *h, uint32_t n, uint8_t mode)
{
	const struct mien_tcp_connect config = {.remote = h->peer.addr, .remote_port = h->peer.port, .fast_open = mode,
		.data = stream, .data_len = n};
	struct mien_tcp_info info;

	for (uint32_t i = 0; i < sizeof(stream); i++)
		stream[i] = harness_byte(1 + i);
	REQUIRE_EQ_I(tcp_user_connect(&h->tcp, &h->host, &config, &h->conn), MIEN_OK);
	REQUIRE_EQ_I(tcp_user_info(&h->tcp, h->conn, &info), MIEN_OK);
	h->peer.local_port = info.local_port;
	harness_flush(h);
}

static struct harness *
plain(void)
{
	struct harness *h = harness_new(NULL);

	h->p.tcp.ts.offer = 0;
	h->p.syn = h->p.synack[0];
	return h;
}

/* The peer gives a cookie of four bytes and an MSS. */
static struct harness *
knowing(uint16_t mss)
{
	struct harness *h = plain();

	connect_with(h, 0, MIEN_FAST_OPEN_ON);
	expect(h, "S 0:0(0) <mss 1460,FO,nop,nop>");
	injectf(h, "S. 0:0(0) ack 1 win 65535 <mss %u,FO abcd1234,nop,nop>", mss);
	(void)expect_event(h, MIEN_EV_CONNECTED);
	expect(h, ". 1:1(0) ack 1");
	REQUIRE_EQ_I(tcp_user_abort(&h->tcp, h->conn), MIEN_OK);
	harness_ignore(h);
	(void)expect_event(h, MIEN_EV_CLOSED);
	h->peer.port++;
	return h;
}

/* One connection without bytes; the next one has another port. */
static void
talk(struct harness *h, uint8_t mode, const char *syn, unsigned mss, const char *cookie)
{
	connect_with(h, 0, mode);
	expect(h, syn);
	injectf(h, "S. 0:0(0) ack 1 win 65535 <mss %u%s>", mss, cookie);
	harness_ignore(h);
	h->peer.port++;
}

static unsigned
syn_data(const struct harness *h)
{
	struct mien_tcp_info info;

	REQUIRE_EQ_I(tcp_user_info(&h->tcp, h->conn, &info), MIEN_OK);
	return info.syn_data;
}

static void
without_a_cookie_one_is_asked_for(void)
{
	struct harness *h = harness_new(NULL);

	connect_with(h, 100, MIEN_FAST_OPEN_ON);

	expect(h, "S 0:0(0) <" OPTIONS ",FO,nop,nop>");
	inject(h, "S. 0:0(0) ack 1 win 65535 <mss 1460,FO abcd1234,nop,nop>");
	(void)expect_event(h, MIEN_EV_CONNECTED);
	expect(h, "P. 1:101(100) ack 1");
	CHECK_EQ_U(syn_data(h), 0);
	harness_free(h);
}

static void
with_a_cookie_data_goes_with_the_syn(void)
{
	struct harness *h = knowing(1460);

	connect_with(h, 1000, MIEN_FAST_OPEN_ON);

	expect(h, "S 0:1000(1000) <mss 1460,FO abcd1234,nop,nop>");
	inject(h, "S. 0:0(0) ack 1001 win 65535 <mss 1460>");
	(void)expect_event(h, MIEN_EV_CONNECTED);
	expect(h, ". 1001:1001(0) ack 1");
	CHECK_EQ_U(syn_data(h), 1);
	CHECK_EQ_U(h->env.counters.tcp_fast_open_active_taken, 1);
	harness_advance(h, 5000);
	expect_none(h);
	harness_free(h);
}

static void
the_syn_carries_no_more_than_the_peer_takes(void)
{
	struct harness *h = knowing(940);

	connect_with(h, 2000, MIEN_FAST_OPEN_ON);

	expect(h, "S 0:900(900) <mss 1460,FO abcd1234,nop,nop>");
	inject(h, "S. 0:0(0) ack 901 win 65535 <mss 940>");
	expect(h, ". 901:1841(940) ack 1");
	expect(h, "P. 1841:2001(160) ack 1");
	harness_free(h);
}

static void
the_answer_to_a_plain_syn_tells_what_the_peer_takes(void)
{
	struct harness *h = plain();

	talk(h, MIEN_FAST_OPEN_NO_COOKIE, "S 0:0(0) <mss 1460>", 940, "");
	connect_with(h, 2000, MIEN_FAST_OPEN_NO_COOKIE);

	expect(h, "S 0:900(900) <mss 1460>");
	harness_free(h);
}

static void
what_the_syn_ack_leaves_out_goes_again_at_once(void)
{
	static const struct {
		uint32_t ack;
		const char *again;
	} cases[] = {{1, "P. 1:1001(1000) ack 1"}, {401, "P. 401:1001(600) ack 1"}, {1000, "P. 1000:1001(1) ack 1"}};

	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct harness *h = knowing(1460);

		connect_with(h, 1000, MIEN_FAST_OPEN_ON);
		expect(h, "S 0:1000(1000) <mss 1460,FO abcd1234,nop,nop>");
		injectf(h, "S. 0:0(0) ack %u win 65535 <mss 1460>", cases[i].ack);

		expect(h, cases[i].again);
		expect_none(h);
		CHECK_EQ_U(syn_data(h), 0);
		inject(h, ". 1:1(0) ack 1001 win 65535");
		harness_advance(h, 10000);
		expect_none(h);
		harness_free(h);
	}
}

static void
a_smaller_segment_size_cuts_what_goes_again(void)
{
	struct harness *h = knowing(1460);

	connect_with(h, 1420, MIEN_FAST_OPEN_ON);
	expect(h, "S 0:1420(1420)");
	inject(h, "S. 0:0(0) ack 101 win 65535 <mss 1000>");

	expect(h, ". 101:1101(1000) ack 1");
	expect(h, "P. 1101:1421(320) ack 1");
	harness_free(h);
}

static void
an_ack_of_more_than_was_sent_is_reset(void)
{
	struct harness *h = knowing(1460);

	connect_with(h, 100, MIEN_FAST_OPEN_ON);
	expect(h, "S 0:100(100)");
	inject(h, "S. 0:0(0) ack 102 win 65535 <mss 1460>");

	expect(h, "R 102:102(0)");
	CHECK_EQ_U(harness_state(h), MIEN_TCP_SYN_SENT);
	harness_free(h);
}

static void
a_syn_that_is_sent_again_is_plain(void)
{
	struct harness *h = knowing(1460);

	connect_with(h, 1000, MIEN_FAST_OPEN_ON);
	expect(h, "S 0:1000(1000) <mss 1460,FO abcd1234,nop,nop>");
	harness_advance(h, 1000);

	expect(h, "S 0:0(0) <mss 1460>");
	inject(h, "S. 0:0(0) ack 1 win 65535 <mss 1460>");
	(void)expect_event(h, MIEN_EV_CONNECTED);
	expect(h, "P. 1:1001(1000) ack 1");
	harness_free(h);
}

static void
lose_syn(struct harness *h)
{
	h->peer.port++;
	connect_with(h, 100, MIEN_FAST_OPEN_ON);
	expect(h, "S 0:100(100) <mss 1460,FO abcd1234,nop,nop>");
	harness_advance(h, 1000);
	expect(h, "S 0:0(0) <mss 1460>");
	inject(h, "S. 0:0(0) ack 1 win 65535 <mss 1460>");
	(void)expect_event(h, MIEN_EV_CONNECTED);
	REQUIRE_EQ_I(tcp_user_abort(&h->tcp, h->conn), MIEN_OK);
	harness_ignore(h);
	(void)expect_event(h, MIEN_EV_CLOSED);
}

static void
a_way_that_swallows_them_is_not_tried_for_longer_and_longer(void)
{
	struct harness *h = knowing(1460);

	lose_syn(h);
	lose_syn(h);
	h->peer.port++;
	connect_with(h, 100, MIEN_FAST_OPEN_ON);
	expect(h, "S 0:0(0) <mss 1460>");
	CHECK_EQ_U(h->env.counters.tcp_fast_open_blackholes, 1);
	harness_advance(h, 60000);
	harness_ignore(h);

	lose_syn(h);
	harness_advance(h, 110000);
	harness_ignore(h);
	h->peer.port++;
	connect_with(h, 100, MIEN_FAST_OPEN_ON);
	expect(h, "S 0:0(0) <mss 1460>");
	harness_advance(h, 10000);
	harness_ignore(h);
	h->peer.port++;
	connect_with(h, 100, MIEN_FAST_OPEN_ON);
	expect(h, "S 0:100(100) <mss 1460,FO abcd1234,nop,nop>");
	harness_free(h);
}

/* RFC 7413 4.1.3.1: "most importantly"; there are firewalls that then drop all of such a connection. */
static void
a_way_without_any_answer_is_not_tried(void)
{
	struct harness *h = knowing(1460);

	h->p.tcp.syn = (struct mien_schedule){.gap_ms = {1000, 2000}, .count = 2};
	for (unsigned i = 0; i < 2; i++) {
		h->peer.port++;
		connect_with(h, 100, MIEN_FAST_OPEN_ON);
		expect(h, "S 0:100(100) <mss 1460,FO abcd1234,nop,nop>");
		harness_advance(h, 3100);
		expect(h, "S 0:0(0) <mss 1460>");
		CHECK_EQ_I(expect_event(h, MIEN_EV_CLOSED).err, MIEN_ETIMEDOUT);
	}
	h->peer.port++;
	connect_with(h, 100, MIEN_FAST_OPEN_ON);

	expect(h, "S 0:0(0) <mss 1460>");
	CHECK_EQ_U(h->env.counters.tcp_fast_open_blackholes, 1);
	harness_free(h);
}

/* Nor has what nobody waited for. */
static void
a_reset_or_an_end_before_the_answer_says_nothing_of_the_way(void)
{
	struct harness *h = knowing(1460);

	for (unsigned i = 0; i < 4; i++) {
		h->peer.port++;
		connect_with(h, 100, MIEN_FAST_OPEN_ON);
		expect(h, "S 0:100(100) <mss 1460,FO abcd1234,nop,nop>");
		if (i & 1)
			inject(h, "R. 0:0(0) ack 101 win 0");
		else
			REQUIRE_EQ_I(tcp_user_abort(&h->tcp, h->conn), MIEN_OK);
		harness_ignore(h);
		(void)expect_event(h, MIEN_EV_CLOSED);
	}

	CHECK_EQ_U(h->env.counters.tcp_fast_open_blackholes, 0);
	harness_free(h);
}

static void
a_way_that_is_not_tried_tells_the_segment_size_still(void)
{
	struct harness *h = knowing(1460);

	lose_syn(h);
	lose_syn(h);
	h->peer.port++;
	connect_with(h, 100, MIEN_FAST_OPEN_ON);
	expect(h, "S 0:0(0) <mss 1460>");
	inject(h, "S. 0:0(0) ack 1 win 65535 <mss 940>");
	expect(h, "P. 1:101(100) ack 1");
	harness_advance(h, 60000);
	harness_ignore(h);
	h->peer.port++;
	connect_with(h, 1000, MIEN_FAST_OPEN_ON);

	expect(h, "S 0:900(900) <mss 1460,FO abcd1234,nop,nop>");
	harness_free(h);
}

static void
a_new_cookie_replaces_the_old_one(void)
{
	struct harness *h = knowing(1460);

	connect_with(h, 10, MIEN_FAST_OPEN_ON);
	expect(h, "S 0:10(10) <mss 1460,FO abcd1234,nop,nop>");
	inject(h, "S. 0:0(0) ack 1 win 65535 <mss 1460,FO 0011223344556677,nop,nop>");
	expect(h, "P. 1:11(10) ack 1");
	h->peer.port++;
	connect_with(h, 10, MIEN_FAST_OPEN_ON);

	expect(h, "S 0:10(10) <mss 1460,FO 0011223344556677,nop,nop>");
	harness_free(h);
}

static void
a_cookie_that_nobody_asked_for_is_not_kept(void)
{
	struct harness *h = plain();

	talk(h, MIEN_FAST_OPEN_OFF, "S 0:0(0) <mss 1460>", 1460, ",FO abcd1234,nop,nop");
	connect_with(h, 10, MIEN_FAST_OPEN_ON);

	expect(h, "S 0:0(0) <mss 1460,FO,nop,nop>");
	harness_free(h);
}

/* One connection; the answer to its SYN gives no cookie or that one. */
static void
ask(struct harness *h, const char *syn, const char *cookie)
{
	talk(h, MIEN_FAST_OPEN_ON, syn, 1460, cookie);
}

static void
the_experimental_kind_is_tried_once(void)
{
	struct harness *h = plain();

	h->p.tcp.fast_open.experimental = 1;
	ask(h, "S 0:0(0) <mss 1460,FO,nop,nop>", "");
	ask(h, "S 0:0(0) <mss 1460,FOEXP>", "");
	ask(h, "S 0:0(0) <mss 1460,FO,nop,nop>", "");
	ask(h, "S 0:0(0) <mss 1460,FO,nop,nop>", "");
	fo_cache_forget(&h->tcp);
	ask(h, "S 0:0(0) <mss 1460,FO,nop,nop>", "");
	ask(h, "S 0:0(0) <mss 1460,FOEXP>", ",FOEXP 1234abcd");
	ask(h, "S 0:0(0) <mss 1460,FOEXP 1234abcd>", ",FO abcd5678,nop,nop");
	ask(h, "S 0:0(0) <mss 1460,FO abcd5678,nop,nop>", "");

	h->p.tcp.fast_open.experimental = 0;
	fo_cache_forget(&h->tcp);
	ask(h, "S 0:0(0) <mss 1460,FO,nop,nop>", "");
	ask(h, "S 0:0(0) <mss 1460,FO,nop,nop>", ",FOEXP 1234abcd");
	ask(h, "S 0:0(0) <mss 1460,FO,nop,nop>", "");
	harness_free(h);
}

static void
between_trusted_hosts_data_needs_no_cookie(void)
{
	struct harness *h = plain();

	connect_with(h, 2000, MIEN_FAST_OPEN_NO_COOKIE);

	expect(h, "S 0:1420(1420) <mss 1460>");
	inject(h, "S. 0:0(0) ack 1421 win 65535 <mss 1460>");
	expect(h, "P. 1421:2001(580) ack 1");
	CHECK_EQ_U(syn_data(h), 1);
	harness_free(h);
}

static void
a_personality_without_it_sends_a_plain_syn(void)
{
	struct harness *h = knowing(1460);

	h->p.tcp.fast_open.client = 0;
	connect_with(h, 10, MIEN_FAST_OPEN_ON);

	expect(h, "S 0:0(0) <mss 1460>");
	inject(h, "S. 0:0(0) ack 1 win 65535 <mss 1460>");
	expect(h, "P. 1:11(10) ack 1");
	harness_free(h);
}

static void
options_that_leave_no_room_send_a_plain_syn(void)
{
	struct harness *h = knowing(1460);
	struct mien_opt_template *syn = &h->p.syn;

	for (uint8_t i = 4; i < 40; i = (uint8_t)(i + 4)) {
		tcp_opt_put_ws(syn->bytes + i, 1);
		syn->bytes[i + 3] = TCPOPT_NOP;
	}
	syn->len = 40;
	connect_with(h, 10, MIEN_FAST_OPEN_ON);

	expect(h, "S 0:0(0)");
	harness_free(h);
}

static void
a_reset_refuses_and_nothing_is_left(void)
{
	struct harness *h = knowing(1460);

	connect_with(h, 1000, MIEN_FAST_OPEN_ON);
	harness_ignore(h);
	inject(h, "R. 0:0(0) ack 1 win 0");

	CHECK_EQ_I(expect_event(h, MIEN_EV_CLOSED).err, MIEN_EREFUSED);
	harness_free(h);
}

static void
two_syns_that_cross_carry_data_on(void)
{
	struct harness *h = knowing(1460);

	connect_with(h, 1000, MIEN_FAST_OPEN_ON);
	expect(h, "S 0:1000(1000)");
	inject(h, "S 0:500(500) win 65535 <mss 1460>");
	expect(h, "S. 0:0(0) ack 1 <mss 1460>");

	inject(h, "S. 0:0(0) ack 1 win 65535 <mss 1460>");

	(void)expect_event(h, MIEN_EV_CONNECTED);
	expect(h, "P. 1:1001(1000) ack 1");
	inject(h, ". 1:1(0) ack 1001 win 65535");
	harness_advance(h, 5000);
	expect_none(h);
	harness_free(h);
}

static void
a_syn_too_large_for_the_way_goes_again_plain(void)
{
	struct harness *h = knowing(1460);
	struct tcp_icmp icmp = {.err = MIEN_EMSGSIZE, .mtu = 840};

	connect_with(h, 1000, MIEN_FAST_OPEN_ON);
	expect(h, "S 0:1000(1000) <mss 1460,FO abcd1234,nop,nop>");
	icmp.key = (struct flow_key){.local = h->host.addr, .remote = h->peer.addr, .lport = h->peer.local_port,
		.rport = h->peer.port};
	icmp.seq = h->peer.local_iss;
	CHECK_EQ_I(tcp_icmp_error(&h->tcp, &icmp), MIEN_DROP_NONE);

	expect(h, "S 0:0(0) <mss 800>");
	inject(h, "S. 0:0(0) ack 1 win 65535 <mss 1460>");
	expect(h, ". 1:801(800) ack 1");
	expect(h, "P. 801:1001(200) ack 1");
	harness_free(h);
}

static void
the_syn_carries_no_more_than_the_way_is_known_to_take(void)
{
	struct harness *h = knowing(1460);

	connect_with(h, 1000, MIEN_FAST_OPEN_ON);
	expect(h, "S 0:1000(1000)");
	CHECK_EQ_I(harness_too_big(h, 0, 840), MIEN_DROP_NONE);
	harness_ignore(h);
	h->peer.port++;
	connect_with(h, 1000, MIEN_FAST_OPEN_ON);

	expect(h, "S 0:760(760) <mss 1460,FO abcd1234,nop,nop>");
	harness_free(h);
}

static void
too_much_data_is_refused(void)
{
	struct harness *h = plain();
	const struct mien_tcp_connect config = {.remote = h->peer.addr, .remote_port = h->peer.port,
		.data = stream, .data_len = h->tcp.limits.sndbuf + 1};

	CHECK_EQ_I(tcp_user_connect(&h->tcp, &h->host, &config, &h->conn), MIEN_EINVAL);
	expect_none(h);
	expect_no_event(h);
	harness_free(h);
}

static void
the_memory_for_peers_is_bounded(void)
{
	struct harness *h = plain();
	unsigned known = 0;

	for (uint32_t i = 0; i < 1000; i++) {
		const struct mien_addr remote = mien_addr_ip4(0x0a010000 + i);

		h->env.now++;
		fo_cache_get(&h->tcp, &h->host, &remote)->len = 8;
	}
	for (uint32_t i = 0; i < 1000; i++) {
		const struct mien_addr remote = mien_addr_ip4(0x0a010000 + i);

		known += fo_cache_find(&h->tcp, &h->host, &remote) != NULL;
	}

	CHECK_EQ_U(known, h->tcp.fo_peer_count);
	harness_free(h);
}

static void
cookies_are_not_known_to_another_epoch(void)
{
	struct harness *h = knowing(1460);

	h->host.epoch++;
	connect_with(h, 10, MIEN_FAST_OPEN_ON);

	expect(h, "S 0:0(0) <mss 1460,FO,nop,nop>");
	harness_free(h);
}

const struct test_suite fast_open_client_suite = {
	.name = "fast open client",
	.setup = harness_setup,
	.cases = (const struct test_case[]){
		{"without a cookie one is asked for", without_a_cookie_one_is_asked_for},
		/* proves TF-7 */
		{"with a cookie data goes with the SYN", with_a_cookie_data_goes_with_the_syn},
		/* proves TF-7 */
		{"the SYN carries no more than the peer takes", the_syn_carries_no_more_than_the_peer_takes},
		{"the answer to a plain SYN tells what the peer takes", the_answer_to_a_plain_syn_tells_what_the_peer_takes},
		/* proves TF-9 */
		{"what the SYN-ACK leaves out goes again at once", what_the_syn_ack_leaves_out_goes_again_at_once},
		{"a smaller segment size cuts what goes again", a_smaller_segment_size_cuts_what_goes_again},
		{"an ACK of more than was sent is reset", an_ack_of_more_than_was_sent_is_reset},
		/* proves TF-8 */
		{"a SYN that is sent again is plain", a_syn_that_is_sent_again_is_plain},
		/* proves TF-7 */
		{"a way that swallows them is not tried for longer and longer",
			a_way_that_swallows_them_is_not_tried_for_longer_and_longer},
		/* proves TF-7 */
		{"a way without any answer is not tried for a while", a_way_without_any_answer_is_not_tried},
		{"a reset, or an end before the answer, says nothing of the way",
			a_reset_or_an_end_before_the_answer_says_nothing_of_the_way},
		{"a way that is not tried tells the segment size still", a_way_that_is_not_tried_tells_the_segment_size_still},
		{"a new cookie replaces the old one", a_new_cookie_replaces_the_old_one},
		{"a cookie that nobody asked for is not kept", a_cookie_that_nobody_asked_for_is_not_kept},
		/* proves TF-7 */
		{"the experimental kind is tried once", the_experimental_kind_is_tried_once},
		{"between trusted hosts data needs no cookie", between_trusted_hosts_data_needs_no_cookie},
		/* proves TF-1 */
		{"a personality without it sends a plain SYN", a_personality_without_it_sends_a_plain_syn},
		{"options that leave no room send a plain SYN", options_that_leave_no_room_send_a_plain_syn},
		{"a reset refuses and nothing is left", a_reset_refuses_and_nothing_is_left},
		{"two SYNs that cross carry data on", two_syns_that_cross_carry_data_on},
		{"a SYN too large for the way goes again plain", a_syn_too_large_for_the_way_goes_again_plain},
		{"the SYN carries no more than the way is known to take", the_syn_carries_no_more_than_the_way_is_known_to_take},
		{"too much data is refused", too_much_data_is_refused},
		{"the memory for peers is bounded", the_memory_for_peers_is_bounded},
		{"cookies are not known to another epoch", cookies_are_not_known_to_another_epoch},
		{NULL, NULL},
	},
};
