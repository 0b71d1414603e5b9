/* SPDX-License-Identifier: BSD-3-Clause */
/* TCP Fast Open (RFC 7413): SYNs with data that come again. */
#include "suites.h"

#include <stdio.h>

#include "fast_open.h"

#define COOKIE_TEXT 40

/* A SYN with the right cookie, SACK and n bytes. */
static void
inject_syn(struct harness *h, unsigned n)
{
	const struct flow_key flow = {.local = h->host.addr, .remote = h->peer.addr};
	char text[COOKIE_TEXT];
	uint8_t cookie[16];

	fast_open_cookie(&h->host.fo_key[0], &flow, cookie, h->p.tcp.fast_open.cookie);
	for (unsigned i = 0; i < h->p.tcp.fast_open.cookie; i++)
		snprintf(text + 2 * i, 3, "%02x", cookie[i]);
	injectf(h, "S 0:%u(%u) win 65535 <mss 1460,sackOK,nop,nop,FO %s,nop,nop>", n, n, text);
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
bytes_of_another_syn_are_not_told_of(void)
{
	struct harness *h = open_by_syn();

	inject(h, "S 4294960000:4294960010(10) win 65535 <mss 1460,sackOK>");

	expect(h, ". 1:1(0) ack 11 <>");
	expect_none(h);
	harness_free(h);
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
		{"bytes of another SYN are not told of", bytes_of_another_syn_are_not_told_of},
		{"bytes that a closed window did not take are none that came twice", bytes_that_were_not_taken_are_none_that_came},
		{NULL, NULL},
	},
};
