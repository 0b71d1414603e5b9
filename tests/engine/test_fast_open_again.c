/* SPDX-License-Identifier: BSD-3-Clause */
/* TCP Fast Open (RFC 7413): SYNs with data that come again. */
#include "suites.h"

#include <stdio.h>

#include "fast_open.h"

#define COOKIE_TEXT 40

/* A SYN with the right cookie, n bytes, and the options in front of that. */
static void
inject_syn_with(struct harness *h, unsigned n, const char *options)
{
	const struct flow_key flow = {.local = h->host.addr, .remote = h->peer.addr};
	char text[COOKIE_TEXT];
	uint8_t cookie[16];

	fast_open_cookie(&h->host.fo_key[0], &flow, cookie, h->p.tcp.fast_open.cookie);
	for (unsigned i = 0; i < h->p.tcp.fast_open.cookie; i++)
		snprintf(text + 2 * i, 3, "%02x", cookie[i]);
	injectf(h, "S 0:%u(%u) win 65535 <mss 1460,%sFO %s,nop,nop>", n, n, options, text);
}

static void
inject_syn(struct harness *h, unsigned n)
{
	inject_syn_with(h, n, "sackOK,nop,nop,");
}

/* A connection accepted with its SYN of ten bytes, the handshake behind it. */
static struct harness *
open_by_syn(void)
{
	struct harness *h = harness_new(NULL);
	const struct mien_tcp_listen config = {.port = 80, .fast_open = MIEN_FAST_OPEN_ON};

	h->p.tcp.dsack = 1;
	h->peer.local_port = 80;
	REQUIRE_EQ_I(tcp_user_listen(&h->tcp, &config, &h->listener), MIEN_OK);
	inject_syn(h, 10);
	expect(h, "S. 0:0(0) ack 11");
	h->conn = expect_event(h, MIEN_EV_ACCEPT).object;
	(void)expect_event(h, MIEN_EV_READABLE);
	inject(h, ". 11:11(0) ack 1 win 65535");
	expect_none(h);
	return h;
}

/* RFC 2883 4: the bytes, not the SYN in front of them. */
static void
its_bytes_are_told_of_where_they_are(void)
{
	struct harness *h = open_by_syn();

	inject_syn(h, 10);

	expect(h, ". 1:1(0) ack 11 <nop,nop,sack 1:11>");
	harness_read(h, 1, 10);
	expect_no_event(h);
	harness_free(h);
}

/* They belong to a connection that is over, or to one to come. */
static void
bytes_in_front_of_the_syn_are_not_told_of(void)
{
	struct harness *h = open_by_syn();

	inject(h, "S 4294960000:4294960010(10) win 65535 <mss 1460,sackOK>");
	expect(h, ". 1:1(0) ack 11 <>");
	inject(h, "P. 4294960000:4294960010(10) ack 1 win 65535");
	expect(h, ". 1:1(0) ack 11 <>");
	inject(h, "P. 4294967290:5(11) ack 1 win 65535");
	expect(h, ". 1:1(0) ack 11 <nop,nop,sack 1:5>");
	expect_none(h);
	harness_free(h);
}

/* Its number is one, since others are out; bytes behind the SYN-ACK do not make another of it. */
static void
an_ack_that_fits_a_syn_cookie_leaves_it(void)
{
	struct harness *h = harness_new(NULL);
	const struct mien_tcp_listen config = {.port = 80, .backlog = 1, .fast_open = MIEN_FAST_OPEN_ON};

	h->p.tcp.backlog_full = MIEN_BACKLOG_COOKIES;
	h->peer.local_port = 80;
	REQUIRE_EQ_I(tcp_user_listen(&h->tcp, &config, &h->listener), MIEN_OK);
	inject(h, "S 0:0(0) win 65535 <mss 1460>");
	h->peer.port++;
	inject(h, "S 0:0(0) win 65535 <mss 1460>");
	h->peer.port--;
	inject(h, "R 1:1(0) win 0");
	CHECK_EQ_U(h->env.counters.tcp_cookies_sent, 1);
	harness_ignore(h);
	h->peer.port += 2;

	inject_syn_with(h, 0, "");
	expect(h, "S. 0:0(0) ack 1");
	h->conn = expect_event(h, MIEN_EV_ACCEPT).object;
	harness_send(h, 1, 100);
	expect(h, "P. 1:101(100) ack 1");
	inject(h, ". 1:1(0) ack 1 win 65535");

	expect_no_event(h);
	CHECK_EQ_U(h->env.counters.tcp_cookies_accepted, 0);
	CHECK_EQ_U(harness_info(h).state, MIEN_TCP_ESTABLISHED);
	inject(h, ". 1:1(0) ack 101 win 65535");
	harness_advance(h, 5000);
	expect_none(h);
	harness_free(h);
}

/* It overtook the bytes that its SYN-ACK had left out. */
static void
bytes_of_a_doubled_syn_do_not_end_a_connection(void)
{
	for (unsigned challenge = 0; challenge < 2; challenge++) {
		struct harness *h = harness_new(NULL);

		h->p.tcp.challenge_ack = (uint8_t)challenge;
		harness_listen(h, 80);
		inject(h, "S 0:100(100) win 65535 <mss 1460>");
		expect(h, "S. 0:0(0) ack 1");
		inject(h, ". 1:1(0) ack 1 win 65535");
		(void)expect_event(h, MIEN_EV_ACCEPT);
		inject(h, "S 0:100(100) win 65535 <mss 1460>");

		expect(h, ". 1:1(0) ack 1");
		expect_no_event(h);
		inject(h, "S 1:101(100) win 65535 <mss 1460>"); /* inside the window */
		expect(h, challenge ? ". 1:1(0) ack 1" : "R. 1:1(0) ack 1");
		harness_free(h);
	}
}

/* What a closed window has not taken did not come twice. */
static void
bytes_that_were_not_taken_are_none_that_came(void)
{
	struct harness *h = open_by_syn();
	struct tcb *tcb = harness_tcb(h);

	tcb->rcv_adv = tcb->rcv_nxt;
	inject(h, "P. 1:31(30) ack 1 win 65535");

	expect(h, ". 1:1(0) ack 11 <nop,nop,sack 1:11>");
	harness_free(h);
}

const struct test_suite fast_open_again_suite = {
	.name = "fast open again",
	.setup = harness_setup,
	.cases = (const struct test_case[]){
		{"bytes of a doubled SYN are told of where they are", its_bytes_are_told_of_where_they_are},
		{"bytes in front of the SYN, and of another one, are not told of", bytes_in_front_of_the_syn_are_not_told_of},
		{"an ACK that fits a SYN cookie leaves a connection that is open early", an_ack_that_fits_a_syn_cookie_leaves_it},
		{"bytes of a doubled SYN do not end a connection", bytes_of_a_doubled_syn_do_not_end_a_connection},
		{"bytes that a closed window did not take are none that came twice", bytes_that_were_not_taken_are_none_that_came},
		{NULL, NULL},
	},
};
