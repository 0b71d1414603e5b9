/* SPDX-License-Identifier: BSD-3-Clause */
/* TCP Fast Open (RFC 7413), the side of the listener. */
#include "suites.h"

#include <stdio.h>

#include "fast_open.h"

#define COOKIE_TEXT 40

static struct harness *
listening_with(uint8_t fast_open, uint16_t max)
{
	struct harness *h = harness_new(NULL);
	const struct mien_tcp_listen config = {.port = 80, .fast_open = fast_open, .fast_open_max = max};

	h->peer.local_port = 80;
	REQUIRE_EQ_I(tcp_user_listen(&h->tcp, &config, &h->listener), MIEN_OK);
	return h;
}

static struct harness *
listening(void)
{
	return listening_with(MIEN_FAST_OPEN_ON, 0);
}

/* The cookie that a key of the host gives the peer, as text. */
static const char *
cookie_of(const struct harness *h, unsigned key, char *text)
{
	const struct flow_key flow = {.local = h->host.addr, .remote = h->peer.addr};
	uint8_t cookie[16];

	fast_open_cookie(&h->host.fo_key[key], &flow, cookie, h->p.tcp.fast_open.cookie);
	for (unsigned i = 0; i < h->p.tcp.fast_open.cookie; i++)
		snprintf(text + 2 * i, 3, "%02x", cookie[i]);
	return text;
}

/* A SYN with the right cookie and n bytes. */
static void
inject_syn(struct harness *h, unsigned n)
{
	char text[COOKIE_TEXT];

	injectf(h, "S 0:%u(%u) win 65535 <mss 1460,FO %s,nop,nop>", n, n, cookie_of(h, 0, text));
}

/* A connection accepted with its SYN of ten bytes. */
static void
open_early(struct harness *h)
{
	inject_syn(h, 10);
	expect(h, "S. 0:0(0) ack 11 <mss 1460>");
	h->conn = expect_event(h, MIEN_EV_ACCEPT).object;
	(void)expect_event(h, MIEN_EV_READABLE);
}

static void
expectf_cookie(struct harness *h, const char *format, unsigned key)
{
	char text[COOKIE_TEXT], line[200];

	snprintf(line, sizeof(line), format, cookie_of(h, key, text));
	expect(h, line);
}

static void
who_asks_gets_a_cookie(void)
{
	struct harness *h = listening();

	inject(h, "S 0:0(0) win 65535 <mss 1460,sackOK,TS val 5 ecr 0,nop,wscale 7,FO,nop,nop>");

	expectf_cookie(h, "S. 0:0(0) ack 1 <mss 1460,sackOK,TS val 0 ecr 5,nop,wscale 7,FO %s,nop,nop>", 0);
	expect_no_event(h);
	CHECK_EQ_U(h->env.counters.tcp_fast_open_cookies_sent, 1);
	harness_advance(h, 1000);
	expect(h, "S. 0:0(0) ack 1 <mss 1460,sackOK,TS val 1000 ecr 5,nop,wscale 7>");
	harness_free(h);
}

static void
data_with_a_cookie_is_delivered_at_once(void)
{
	struct harness *h = listening();
	struct mien_tcp_info info;

	inject_syn(h, 100);

	expect(h, "S. 0:0(0) ack 101 win 65535 <mss 1460>");
	h->conn = expect_event(h, MIEN_EV_ACCEPT).object;
	(void)expect_event(h, MIEN_EV_READABLE);
	harness_read(h, 1, 100);
	CHECK_EQ_U(harness_state(h), MIEN_TCP_SYN_RECEIVED);
	REQUIRE_EQ_I(tcp_user_info(&h->tcp, h->conn, &info), MIEN_OK);
	CHECK_EQ_U(info.syn_data, 1);
	inject(h, ". 101:101(0) ack 1 win 65535");
	CHECK_EQ_U(harness_state(h), MIEN_TCP_ESTABLISHED);
	expect_no_event(h);
	expect_none(h);
	harness_free(h);
}

static void
an_answer_goes_before_the_handshake_ends(void)
{
	struct harness *h = listening();

	open_early(h);
	harness_read(h, 1, 10);
	harness_send(h, 1, 2000);

	expect(h, ". 1:1461(1460) ack 11");
	expect(h, "P. 1461:2001(540) ack 11");
	inject(h, ". 11:11(0) ack 2001 win 65535");
	CHECK_EQ_U(harness_state(h), MIEN_TCP_ESTABLISHED);
	harness_advance(h, 5000);
	expect_none(h);
	harness_free(h);
}

static void
what_was_sent_early_and_lost_is_sent_again(void)
{
	struct harness *h = listening();

	open_early(h);
	harness_send(h, 1, 200);
	expect(h, "P. 1:201(200) ack 11");

	harness_advance(h, 900);
	expect_none(h);
	harness_advance(h, 100);
	expect(h, "S. 0:0(0) ack 11");
	expect_none(h);
	inject(h, ". 11:11(0) ack 1 win 65535");

	harness_advance(h, 3100);
	expect(h, "P. 1:201(200) ack 11");
	inject(h, ". 11:11(0) ack 201 win 65535");
	harness_free(h);
}

static void
a_syn_ack_sent_again_takes_no_window_back(void)
{
	struct harness *h = listening();
	char text[COOKIE_TEXT];

	h->p.tcp.window_synack.base = 65160;
	injectf(h, "S 0:10(10) win 65535 <mss 1460,nop,wscale 7,FO %s,nop,nop>", cookie_of(h, 0, text));
	expect(h, "S. 0:0(0) ack 11 win 65160");
	h->conn = expect_event(h, MIEN_EV_ACCEPT).object;
	harness_send(h, 1, 20);
	expect(h, "P. 1:21(20) ack 11 win 510");

	harness_advance(h, 1000);

	expect(h, "S. 0:0(0) ack 11 win 65280");
	harness_free(h);
}

static void
a_fin_waits_for_the_handshake(void)
{
	struct harness *h = listening();

	open_early(h);
	harness_read(h, 1, 10);
	harness_send(h, 1, 20);
	REQUIRE_EQ_I(tcp_user_close(&h->tcp, h->conn), MIEN_OK);
	harness_flush(h);

	expect(h, "P. 1:21(20) ack 11");
	expect_none(h);
	inject(h, ". 11:11(0) ack 1 win 65535");
	expect(h, "F. 21:21(0) ack 11");
	inject(h, "F. 11:11(0) ack 22 win 65535");
	expect(h, ". 22:22(0) ack 12");
	harness_free(h);
}

static void
abort_and_close_with_bytes_unread_reset(void)
{
	for (unsigned i = 0; i < 2; i++) {
		struct harness *h = listening();

		open_early(h);
		REQUIRE_EQ_I(i ? tcp_user_close(&h->tcp, h->conn) : tcp_user_abort(&h->tcp, h->conn), MIEN_OK);
		harness_flush(h);

		expect(h, "R. 1:1(0) ack 11");
		CHECK_EQ_I(expect_event(h, MIEN_EV_CLOSED).err, MIEN_EABORTED);
		harness_free(h);
	}
}

static void
without_an_answer_the_connection_times_out(void)
{
	struct harness *h = listening();

	open_early(h);
	harness_advance(h, 120000);

	CHECK_EQ_I(expect_event(h, MIEN_EV_CLOSED).err, MIEN_ETIMEDOUT);
	harness_ignore(h);
	harness_free(h);
}

static void
a_reset_ends_it_and_the_application_hears(void)
{
	struct harness *h = listening();

	open_early(h);
	inject(h, "R 11:11(0) win 0");

	CHECK_EQ_I(expect_event(h, MIEN_EV_CLOSED).err, MIEN_ERESET);
	expect_none(h);
	harness_free(h);
}

/* The SYN-ACK that it quotes lies before SND.UNA; bytes of the SYN do not make the connection a known one. */
static void
an_icmp_error_ends_it_where_the_personality_says_so(void)
{
	struct harness *h = listening();

	h->p.tcp.icmp_ends_open = 1;
	open_early(h);
	CHECK_EQ_U(harness_icmp(h, 1, MIEN_EUNREACH, false), MIEN_DROP_ICMP_STALE);

	CHECK_EQ_U(harness_icmp(h, 0, MIEN_EUNREACH, false), MIEN_DROP_NONE);

	CHECK_EQ_I(expect_event(h, MIEN_EV_CLOSED).err, MIEN_EUNREACH);
	harness_free(h);
}

static void
a_wrong_cookie_gets_a_new_one_and_data_is_ignored(void)
{
	static const char *const wrong[] = {"0011223344556677", "00112233", "00112233445566778899aabbccddeeff"};

	for (unsigned i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		struct harness *h = listening();

		injectf(h, "S 0:10(10) win 65535 <mss 1460,FO %s,nop,nop>", wrong[i]);

		expectf_cookie(h, "S. 0:0(0) ack 1 <mss 1460,FO %s,nop,nop>", 0);
		expect_no_event(h);
		CHECK_EQ_U(h->env.counters.tcp_fast_open_passive_refused, 1);
		inject(h, ". 1:1(0) ack 1 win 65535");
		(void)expect_event(h, MIEN_EV_ACCEPT);
		expect_no_event(h);
		harness_free(h);
	}
}

static void
a_cookie_of_impossible_length_is_no_option(void)
{
	static const char *const odd[] = {"0011", "001122", "0011223344", "00112233445566778899aabbccddeeff0011"};

	for (unsigned i = 0; i < sizeof(odd) / sizeof(odd[0]); i++) {
		struct harness *h = listening();

		injectf(h, "S 0:10(10) win 65535 <mss 1460,FO %s>", odd[i]);

		expect(h, "S. 0:0(0) ack 1 <mss 1460>");
		expect_no_event(h);
		harness_free(h);
	}
}

static void
the_cookie_of_another_peer_is_wrong(void)
{
	struct harness *h = listening();
	char text[COOKIE_TEXT];

	cookie_of(h, 0, text);
	h->peer.addr = mien_addr_ip4(0x0a000063);
	injectf(h, "S 0:10(10) win 65535 <mss 1460,FO %s,nop,nop>", text);

	expectf_cookie(h, "S. 0:0(0) ack 1 <mss 1460,FO %s,nop,nop>", 0);
	expect_no_event(h);
	harness_free(h);
}

static void
a_cookie_of_the_last_key_opens_and_is_replaced(void)
{
	const struct siphash_key second = {21, 22}, third = {31, 32};
	struct harness *h = listening();
	char text[COOKIE_TEXT];

	cookie_of(h, 0, text);
	fast_open_key_set(&h->host, &second);
	injectf(h, "S 0:10(10) win 65535 <mss 1460,FO %s,nop,nop>", text);

	expectf_cookie(h, "S. 0:0(0) ack 11 <mss 1460,FO %s,nop,nop>", 0);
	(void)expect_event(h, MIEN_EV_ACCEPT);
	(void)expect_event(h, MIEN_EV_READABLE);
	fast_open_key_set(&h->host, &third);
	h->peer.port++;
	injectf(h, "S 0:10(10) win 65535 <mss 1460,FO %s,nop,nop>", text);
	expectf_cookie(h, "S. 0:0(0) ack 1 <mss 1460,FO %s,nop,nop>", 0);
	expect_no_event(h);
	harness_free(h);
}

static void
beyond_the_limit_a_syn_is_one_as_any_other(void)
{
	struct harness *h = listening_with(MIEN_FAST_OPEN_ON, 2);
	uint32_t iss;

	for (unsigned i = 0; i < 2; i++) {
		open_early(h);
		h->peer.port++;
	}
	iss = h->peer.local_iss;
	inject_syn(h, 10);

	expect(h, "S. 0:0(0) ack 1 <mss 1460>");
	expect_no_event(h);
	CHECK_EQ_U(h->env.counters.tcp_fast_open_overflow, 1);
	h->peer.port--;
	h->peer.local_iss = iss;
	inject(h, ". 11:11(0) ack 1 win 65535");
	h->peer.port += 2;
	open_early(h);
	harness_free(h);
}

static void
resets_count_as_pending_for_a_minute(void)
{
	struct harness *h = listening_with(MIEN_FAST_OPEN_ON, 1);

	open_early(h);
	inject(h, "R 11:11(0) win 0");
	(void)expect_event(h, MIEN_EV_CLOSED);
	h->peer.port++;
	inject_syn(h, 10);
	expect(h, "S. 0:0(0) ack 1 <mss 1460>");

	harness_advance(h, 61000);
	harness_ignore(h);
	h->peer.port++;

	open_early(h);
	harness_free(h);
}

static void
a_listener_that_did_not_ask_ignores_the_option(void)
{
	struct harness *h = listening_with(MIEN_FAST_OPEN_OFF, 0);

	inject_syn(h, 10);

	expect(h, "S. 0:0(0) ack 1 <mss 1460>");
	expect_no_event(h);
	harness_free(h);
}

static void
a_personality_without_it_ignores_the_option(void)
{
	struct harness *h = listening();

	h->p.tcp.fast_open.server = 0;
	inject_syn(h, 10);

	expect(h, "S. 0:0(0) ack 1 <mss 1460>");
	expect_no_event(h);
	harness_free(h);
}

static void
a_syn_that_comes_again_gets_its_syn_ack_again(void)
{
	struct harness *h = listening();

	open_early(h);
	inject_syn(h, 10);
	expect(h, "S. 0:0(0) ack 11 <mss 1460>");
	inject(h, "S 0:0(0) win 65535 <mss 1460>");

	expect(h, "S. 0:0(0) ack 11 <mss 1460>");
	expect_no_event(h);
	CHECK_EQ_U(h->env.counters.tcp_fast_open_passive, 1);
	harness_read(h, 1, 10);
	harness_free(h);
}

static void
another_syn_in_the_window_ends_nothing(void)
{
	struct harness *h = listening();

	open_early(h);
	inject(h, "S 50:50(0) win 65535 <mss 1460>");

	expect(h, ". 1:1(0) ack 11");
	CHECK_EQ_U(harness_state(h), MIEN_TCP_SYN_RECEIVED);
	harness_free(h);
}

static void
syn_cookies_leave_no_room_for_it(void)
{
	struct harness *h = listening();

	h->p.tcp.backlog = 1;
	h->p.tcp.backlog_full = MIEN_BACKLOG_COOKIES;
	inject(h, "S 0:0(0) win 65535 <mss 1460>");
	expect(h, "S. 0:0(0) ack 1 <mss 1460>");
	h->peer.port++;
	inject_syn(h, 10);

	expect(h, "S. 0:0(0) ack 1 <mss 1460>");
	expect_no_event(h);
	harness_free(h);
}

static void
a_full_accept_queue_leaves_no_room_for_it(void)
{
	const struct mien_tcp_listen config = {.port = 81, .fast_open = MIEN_FAST_OPEN_ON, .accept_backlog = 1};
	struct harness *h = harness_new(NULL);

	h->p.tcp.accept_syn = MIEN_ACCEPT_SYN_ANSWER;
	h->peer.local_port = 81;
	REQUIRE_EQ_I(tcp_user_listen(&h->tcp, &config, &h->listener), MIEN_OK);
	inject_syn(h, 10);
	expect(h, "S. 0:0(0) ack 11");
	h->peer.port++;
	inject_syn(h, 10);

	expect(h, "S. 0:0(0) ack 1 <mss 1460>");
	harness_free(h);
}

static void
a_cookie_without_bytes_opens_too(void)
{
	struct harness *h = listening();
	struct mien_tcp_info info;

	inject_syn(h, 0);

	expect(h, "S. 0:0(0) ack 1 <mss 1460>");
	h->conn = expect_event(h, MIEN_EV_ACCEPT).object;
	expect_no_event(h);
	harness_send(h, 1, 5);
	expect(h, "P. 1:6(5) ack 1");
	REQUIRE_EQ_I(tcp_user_info(&h->tcp, h->conn, &info), MIEN_OK);
	CHECK_EQ_U(info.syn_data, 0);
	harness_free(h);
}

static void
trusted_hosts_need_no_cookie(void)
{
	struct harness *h = listening_with(MIEN_FAST_OPEN_NO_COOKIE, 0);

	inject(h, "S 0:10(10) win 65535 <mss 1460>");

	expect(h, "S. 0:0(0) ack 11 <mss 1460>");
	h->conn = expect_event(h, MIEN_EV_ACCEPT).object;
	(void)expect_event(h, MIEN_EV_READABLE);
	harness_read(h, 1, 10);
	harness_free(h);
}

static void
the_experimental_kind_is_answered_in_kind(void)
{
	struct harness *h = listening();
	char text[COOKIE_TEXT];

	inject(h, "S 0:0(0) win 65535 <mss 1460,FOEXP>");
	expect(h, "S. 0:0(0) ack 1 <mss 1460>");
	h->p.tcp.fast_open.experimental = 1;
	h->peer.port++;
	inject(h, "S 0:0(0) win 65535 <mss 1460,FOEXP>");
	expectf_cookie(h, "S. 0:0(0) ack 1 <mss 1460,FOEXP %s>", 0);
	h->peer.port++;
	injectf(h, "S 0:10(10) win 65535 <mss 1460,FOEXP %s>", cookie_of(h, 0, text));

	expect(h, "S. 0:0(0) ack 11 <mss 1460>");
	(void)expect_event(h, MIEN_EV_ACCEPT);
	harness_free(h);
}

static void
cookies_are_as_long_as_the_personality_says(void)
{
	for (uint8_t len = 4; len <= 16; len = (uint8_t)(len + 2)) {
		struct harness *h = listening();
		char text[COOKIE_TEXT];

		h->p.tcp.fast_open.cookie = len;
		inject(h, "S 0:0(0) win 65535 <mss 1460,FO,nop,nop>");
		expectf_cookie(h, (len + 2) % 4 ? "S. 0:0(0) ack 1 <mss 1460,FO %s,nop,nop>" : "S. 0:0(0) ack 1 <mss 1460,FO %s>", 0);
		h->peer.port++;
		injectf(h, "S 0:10(10) win 65535 <mss 1460,FO %s>", cookie_of(h, 0, text));

		expect(h, "S. 0:0(0) ack 11 <mss 1460>");
		(void)expect_event(h, MIEN_EV_ACCEPT);
		harness_free(h);
	}
}

/* Key and addresses of one that a Linux 6.18 answered. */
static void
cookies_are_those_of_linux(void)
{
	static const uint8_t want[8] = {0x30, 0x21, 0xb9, 0xd8, 0x89, 0x01, 0x7e, 0xeb};
	static const uint8_t bytes[16] = {0xa1, 0xa1, 0xa1, 0xa1, 0xb2, 0xb2, 0xb2, 0xb2, 0xc3, 0xc3, 0xc3, 0xc3, 0xd4, 0xd4,
		0xd4, 0xd4};
	const struct siphash_key key = siphash_key_of(bytes);
	const struct flow_key flow = {.local = mien_addr_ip4(0xc0a80001), .remote = mien_addr_ip4(0xc0000201)};
	uint8_t cookie[8];

	fast_open_cookie(&key, &flow, cookie, sizeof(cookie));

	CHECK(memcmp(cookie, want, sizeof(want)) == 0);
}

static void
a_listener_that_goes_leaves_pending_connections(void)
{
	struct harness *h = listening();

	open_early(h);
	REQUIRE_EQ_I(tcp_user_unlisten(&h->tcp, h->listener), MIEN_OK);
	inject(h, ". 11:11(0) ack 1 win 65535");

	CHECK_EQ_U(harness_state(h), MIEN_TCP_ESTABLISHED);
	harness_free(h);
}

const struct test_suite fast_open_suite = {
	.name = "fast open",
	.setup = harness_setup,
	.cases = (const struct test_case[]){
		/* proves TF-2 */
		{"who asks gets a cookie", who_asks_gets_a_cookie},
		/* proves TF-6 */
		{"data with a cookie is delivered at once", data_with_a_cookie_is_delivered_at_once},
		/* proves TF-6 */
		{"an answer goes before the handshake ends", an_answer_goes_before_the_handshake_ends},
		{"what was sent early and lost is sent again", what_was_sent_early_and_lost_is_sent_again},
		{"a SYN-ACK sent again takes no window back", a_syn_ack_sent_again_takes_no_window_back},
		{"a FIN waits for the handshake", a_fin_waits_for_the_handshake},
		{"abort and close with bytes unread reset", abort_and_close_with_bytes_unread_reset},
		{"without an answer the connection times out", without_an_answer_the_connection_times_out},
		{"a reset ends it and the application hears", a_reset_ends_it_and_the_application_hears},
		{"an ICMP error ends it where the personality says so", an_icmp_error_ends_it_where_the_personality_says_so},
		/* proves TF-2 */
		{"a wrong cookie gets a new one and data is ignored", a_wrong_cookie_gets_a_new_one_and_data_is_ignored},
		/* proves TF-3 */
		{"a cookie of impossible length is no option", a_cookie_of_impossible_length_is_no_option},
		/* proves TF-2 */
		{"the cookie of another peer is wrong", the_cookie_of_another_peer_is_wrong},
		/* proves TF-5 */
		{"a cookie of the last key opens and is replaced", a_cookie_of_the_last_key_opens_and_is_replaced},
		/* proves TF-4 */
		{"beyond the limit a SYN is one as any other", beyond_the_limit_a_syn_is_one_as_any_other},
		/* proves TF-4 */
		{"resets count as pending for a minute", resets_count_as_pending_for_a_minute},
		/* proves TF-1 */
		{"a listener that did not ask ignores the option", a_listener_that_did_not_ask_ignores_the_option},
		/* proves TF-1 */
		{"a personality without it ignores the option", a_personality_without_it_ignores_the_option},
		{"a SYN that comes again gets its SYN-ACK again", a_syn_that_comes_again_gets_its_syn_ack_again},
		{"another SYN in the window ends nothing", another_syn_in_the_window_ends_nothing},
		{"SYN cookies leave no room for it", syn_cookies_leave_no_room_for_it},
		{"a full accept queue leaves no room for it", a_full_accept_queue_leaves_no_room_for_it},
		{"a cookie without bytes opens too", a_cookie_without_bytes_opens_too},
		{"trusted hosts need no cookie", trusted_hosts_need_no_cookie},
		{"the experimental kind is answered in kind", the_experimental_kind_is_answered_in_kind},
		{"cookies are as long as the personality says", cookies_are_as_long_as_the_personality_says},
		{"cookies are those of Linux", cookies_are_those_of_linux},
		{"a listener that goes leaves pending connections", a_listener_that_goes_leaves_pending_connections},
		{NULL, NULL},
	},
};
