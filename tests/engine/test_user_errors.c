/* SPDX-License-Identifier: BSD-3-Clause */
/* Calls with odd arguments or at times when they cannot be served, and what the calls tell in rare states. */
#include "suites.h"

#include "send_parts.h"
#include "tcp_rx.h"

/* -- CLOSE and ABORT --------------------------------------------------------------------------------------- */

/* RFC 9293 3.10.5: in CLOSING and LAST-ACK nothing is left to be reset. */
static void
the_last_states_are_aborted_in_silence(void)
{
	for (unsigned i = 0; i < 2; i++) {
		struct harness *h = harness_new(NULL);

		harness_open(h, NULL);
		if (i == 0)
			inject(h, "F. 1:1(0) ack 1 win 65535");
		harness_shutdown(h);
		if (i == 1)
			inject(h, "F. 1:1(0) ack 1 win 65535");
		CHECK_EQ_U(harness_state(h), i == 0 ? MIEN_TCP_LAST_ACK : MIEN_TCP_CLOSING);
		harness_ignore(h);

		REQUIRE_EQ_I(tcp_user_abort(&h->tcp, h->conn), MIEN_OK);
		expect_none(h);
		CHECK_EQ_U(h->env.counters.tcp_resets_sent, 0);
		harness_free(h);
	}
}

/* Closed in order, with bytes not yet read. */
static void
what_ended_in_order_can_be_closed_or_aborted(void)
{
	int (*const calls[])(struct tcp *, uint64_t) = {tcp_user_close, tcp_user_abort};

	for (unsigned i = 0; i < 2; i++) {
		struct harness *h = harness_new(NULL);

		harness_open(h, NULL);
		inject(h, "FP. 1:101(100) ack 1 win 65535");
		harness_shutdown(h);
		inject(h, ". 102:102(0) ack 2 win 65535");
		harness_ignore(h);
		CHECK_EQ_U(harness_state(h), MIEN_TCP_CLOSED);
		CHECK_EQ_U(harness_info(h).unread, 100);
		{
			uint32_t it = 0;
			uint64_t conn;

			CHECK(!tcp_user_next(&h->tcp, &it, &conn)); /* it is no connection any more */
		}

		CHECK_EQ_I(calls[i](&h->tcp, h->conn), MIEN_OK);
		CHECK_EQ_I(calls[i](&h->tcp, h->conn), MIEN_ESTALE); /* only its event is left */
		CHECK_EQ_U(h->env.mbufs_held, 0);
		(void)expect_event(h, MIEN_EV_READABLE);
		(void)expect_event(h, MIEN_EV_PEER_CLOSED);
		CHECK_EQ_I(expect_event(h, MIEN_EV_CLOSED).err, MIEN_OK);
		CHECK_EQ_I(calls[i](&h->tcp, h->conn), MIEN_ESTALE);
		harness_free(h);
	}
}

/* Connections and TIME-WAIT records of other hosts stay. */
static void
a_host_that_goes_takes_only_its_own(void)
{
	struct harness *h = harness_new(NULL);
	struct tcp_host other = h->host;
	const struct mien_tcp_connect config = {.remote = h->peer.addr, .remote_port = 99};
	void (*catch_output)(void *, struct tcp_host *, struct rte_mbuf *, const struct ip_tx *);
	uint64_t conn;

	tcp_host_gone(&h->tcp, &other); /* which has none */
	other.addr = mien_addr_ip4(0x0a000063);
	other.index = 7;
	catch_output = h->env.ip_output;
	h->env.ip_output = harness_swallow;
	REQUIRE_EQ_I(tcp_user_connect(&h->tcp, &other, &config, &conn), MIEN_OK);
	h->env.ip_output = catch_output;
	harness_open(h, NULL); /* will be in TIME-WAIT */
	harness_close(h);
	inject(h, "F. 1:1(0) ack 2 win 65535");
	REQUIRE_EQ_U(pool_used(&h->tcp.tws), 1);
	h->peer.port++;
	inject(h, "S 0:0(0) win 65535");
	inject(h, ". 1:1(0) ack 1 win 65535");
	inject(h, "R 1:1(0)"); /* a zombie until its events are drained */
	harness_ignore(h);

	tcp_host_gone(&h->tcp, &other);
	CHECK_EQ_U(pool_used(&h->tcp.tws), 1);
	CHECK_EQ_U(other.conns, 0);
	CHECK_EQ_U(h->host.conns, 1);
	tcp_host_gone(&h->tcp, &h->host);
	CHECK_EQ_U(pool_used(&h->tcp.tws), 0);
	CHECK_EQ_U(h->host.conns, 0);
	harness_free(h);
}

/* -- options ----------------------------------------------------------------------------------------------- */

static void
options_can_be_set_before_the_connection_opens(void)
{
	struct harness *h = harness_new(NULL);

	harness_connect(h);
	harness_ignore(h);
	harness_set(h, MIEN_TCP_CORK, 1);
	REQUIRE_EQ_I(tcp_user_send(&h->tcp, h->conn, "abc", 3), 3);
	harness_set(h, MIEN_TCP_NODELAY, 1); /* nothing can be let go yet */
	REQUIRE_EQ_I(tcp_user_urgent(&h->tcp, h->conn), MIEN_OK);
	harness_set(h, MIEN_TCP_KEEPALIVE, 1);
	harness_set(h, MIEN_TCP_KEEPALIVE_IDLE_MS, 1000);
	expect_none(h);

	inject(h, "S. 0:0(0) ack 1 win 65535 <mss 1460>");
	expect(h, ".U 1:1(0) ack 1 urg 3");
	harness_set(h, MIEN_TCP_CORK, 0);
	expect(h, "P.U 1:4(3) ack 1 urg 3");
	inject(h, ". 1:1(0) ack 4 win 65535");
	harness_advance(h, 1001);
	expect(h, ". 3:3(0) ack 1");
	harness_free(h);
}

static void
a_cork_goes_before_bytes_that_more_follows(void)
{
	struct harness *h = harness_new(NULL);

	harness_open(h, NULL);
	harness_set(h, MIEN_TCP_CORK, 1);
	harness_set(h, MIEN_TCP_MORE, 1);
	harness_send(h, 1, 10);
	harness_set(h, MIEN_TCP_MORE, 0); /* all of it was given, and the cork still holds it */
	expect_none(h);
	harness_set(h, MIEN_TCP_NODELAY, 0);
	expect_none(h);
	harness_set(h, MIEN_TCP_NODELAY, 1);
	expect(h, "P. 1:11(10) ack 1");
	harness_send(h, 11, 10);
	expect_none(h);
	harness_set(h, MIEN_TCP_MORE, 1);
	harness_set(h, MIEN_TCP_NODELAY, 1);
	expect(h, ". 11:21(10) ack 1"); /* more follows */

	harness_set(h, MIEN_TCP_CORK, 0);
	harness_set(h, MIEN_TCP_MORE, 1);
	harness_send(h, 21, 10);
	expect_none(h);
	harness_set(h, MIEN_TCP_NODELAY, 1); /* what is held goes, once */
	expect(h, ". 21:31(10) ack 1");
	harness_set(h, MIEN_TCP_MORE, 1);
	harness_set(h, MIEN_TCP_MORE, 1);
	harness_send(h, 31, 10);
	expect_none(h);
	harness_set(h, MIEN_TCP_MORE, 0);
	expect(h, "P. 31:41(10) ack 1");
	harness_free(h);
}

/* -- SEND -------------------------------------------------------------------------------------------------- */

static void
sends_of_nothing_and_too_late_are_refused(void)
{
	struct harness *h = harness_new(NULL);
	struct rte_mbuf *none = NULL, *empty = rte_pktmbuf_alloc(h->env.pool), *kept = empty;

	REQUIRE_NOT_NULL(empty);
	harness_open(h, NULL);
	CHECK_EQ_I(tcp_user_send(&h->tcp, h->conn, "", 0), 0);
	CHECK_EQ_I(tcp_user_send_mbuf(&h->tcp, h->conn, &none, 0), MIEN_EINVAL);
	CHECK_EQ_I(tcp_user_send_mbuf(&h->tcp, h->conn, &empty, 0), MIEN_EINVAL);
	CHECK_EQ_I(tcp_user_send_mbuf(&h->tcp, 0, &empty, 0), MIEN_ESTALE);
	CHECK_EQ_I(tcp_user_send(&h->tcp, 0, "abc", 3), MIEN_ESTALE);
	CHECK_EQ_U(tcp_user_writable(&h->tcp, 0), 0);

	REQUIRE_EQ_I(tcp_user_shutdown(&h->tcp, h->conn), MIEN_OK);
	CHECK_EQ_I(tcp_user_shutdown(&h->tcp, h->conn), MIEN_ECLOSED);
	CHECK_EQ_I(tcp_user_send_mbuf(&h->tcp, h->conn, &empty, 0), MIEN_ECLOSED);
	CHECK_EQ_I(tcp_user_send(&h->tcp, h->conn, "abc", 3), MIEN_ECLOSED);
	CHECK_EQ_I(tcp_user_urgent(&h->tcp, h->conn), MIEN_ECLOSED);
	CHECK_EQ_U(tcp_user_writable(&h->tcp, h->conn), 0);

	CHECK_PTR(empty, kept);
	rte_pktmbuf_free(empty);
	harness_ignore(h);
	harness_free(h);
}

/* A SYN with bytes in SYN-RECEIVED of a pending Fast Open. */
static void
before_the_handshake_is_over_a_close_waits(void)
{
	struct harness *h = harness_new(NULL);
	const struct mien_tcp_listen config = {.port = 80, .fast_open = MIEN_FAST_OPEN_NO_COOKIE};
	uint64_t listener;

	REQUIRE_EQ_I(tcp_user_listen(&h->tcp, &config, &listener), MIEN_OK);
	h->peer.local_port = 80;
	inject(h, "S 0:10(10) win 65535 <mss 1460>");
	(void)expect_event(h, MIEN_EV_ACCEPT);
	REQUIRE_EQ_I(tcp_user_shutdown(&h->tcp, h->conn), MIEN_OK);
	CHECK_EQ_I(tcp_user_send(&h->tcp, h->conn, "abc", 3), MIEN_ECLOSED);
	harness_ignore(h);
	harness_flush(h);
	expect_none(h);

	inject(h, ". 11:11(0) ack 1 win 65535");
	expect(h, "F. 1:1(0) ack 11");
	harness_free(h);
}

/* The pool's share of senders is used up: who has less than two segments waiting gets on. */
static void
when_mbufs_are_scarce_a_sender_has_room_for_two_segments(void)
{
	struct harness *h = harness_new(NULL);

	harness_open(h, NULL);
	h->env.hold_send = 4;
	h->env.mbufs_held = 2;
	CHECK_EQ_U(tcp_user_writable(&h->tcp, h->conn), 2 * 1460);
	h->env.mbufs_held = 1;
	CHECK_EQ_U(tcp_user_writable(&h->tcp, h->conn), 3 * 1460);
	REQUIRE_EQ_I(tcp_user_set(&h->tcp, h->conn, MIEN_TCP_SNDBUF, 1000), MIEN_OK);
	CHECK_EQ_U(tcp_user_writable(&h->tcp, h->conn), 1000);
	h->env.mbufs_held = 4;
	CHECK_EQ_U(tcp_user_writable(&h->tcp, h->conn), 1000);
	REQUIRE_EQ_I(tcp_user_set(&h->tcp, h->conn, MIEN_TCP_SNDBUF, 100000), MIEN_OK);
	CHECK_EQ_U(tcp_user_writable(&h->tcp, h->conn), 2 * 1460);
	h->env.mbufs_held = 0;

	harness_send(h, 1, 2 * 1460);
	h->env.mbufs_held += 4;
	CHECK_EQ_U(tcp_user_writable(&h->tcp, h->conn), 0);
	CHECK_EQ_I(tcp_user_send(&h->tcp, h->conn, "abc", 3), MIEN_EAGAIN);
	h->env.mbufs_held -= 4;
	inject(h, ". 1:1(0) ack 2921 win 65535");
	(void)expect_event(h, MIEN_EV_WRITABLE);
	harness_ignore(h);
	harness_free(h);
}

/* -- RECEIVE ----------------------------------------------------------------------------------------------- */

static void
reading_tells_what_is_there_and_what_is_not(void)
{
	struct harness *h = harness_new(NULL);
	struct mien_piece pieces[2];
	struct rte_mbuf *m;
	uint8_t got[16];

	CHECK_EQ_I(tcp_user_recv(&h->tcp, 0, got, 1), MIEN_ESTALE);
	CHECK_EQ_I(tcp_user_peek(&h->tcp, 0, pieces, 2), MIEN_ESTALE);
	CHECK_EQ_I(tcp_user_consume(&h->tcp, 0, 1), MIEN_ESTALE);
	CHECK_EQ_I(tcp_user_recv_mbuf(&h->tcp, 0, &m), MIEN_ESTALE);
	harness_open(h, NULL);
	CHECK_EQ_I(tcp_user_recv(&h->tcp, h->conn, got, 1), MIEN_EAGAIN);
	CHECK_EQ_I(tcp_user_recv_mbuf(&h->tcp, h->conn, &m), MIEN_EAGAIN);
	CHECK_EQ_I(tcp_user_consume(&h->tcp, h->conn, 1), MIEN_EINVAL);

	for (unsigned i = 0; i < 3; i++)
		injectf(h, "P. %u:%u(1000) ack 1 win 65535", 1 + 1000 * i, 1001 + 1000 * i);
	CHECK_EQ_I(tcp_user_peek(&h->tcp, h->conn, pieces, 2), 2); /* no more than asked for */
	CHECK_EQ_U(pieces[1].len, 1000);
	CHECK_EQ_I(tcp_user_peek(&h->tcp, h->conn, pieces, 0), 0);
	CHECK_EQ_I(tcp_user_consume(&h->tcp, h->conn, 0), MIEN_OK);
	CHECK_EQ_I(tcp_user_recv(&h->tcp, h->conn, got, 0), 0);
	CHECK_EQ_U(harness_info(h).unread, 3000);
	harness_read(h, 1, 1500);
	REQUIRE_EQ_I(tcp_user_recv_mbuf(&h->tcp, h->conn, &m), MIEN_OK);
	CHECK_EQ_U(m->pkt_len, 500);
	CHECK_EQ_U(*rte_pktmbuf_mtod(m, uint8_t *), harness_byte(1501));
	rte_pktmbuf_free(m);
	harness_read(h, 2001, 1000);
	harness_ignore(h);
	harness_free(h);
}

/* More packets than are freed at once. */
static void
a_hundred_packets_are_read_at_once(void)
{
	struct harness *h = harness_new(NULL);

	h->p.tcp.rcvbuf = h->p.tcp.rcvbuf_max = 60000;
	harness_open(h, NULL);
	for (unsigned i = 0; i < 100; i++)
		injectf(h, "P. %u:%u(500) ack 1 win 65535", 1 + 500 * i, 501 + 500 * i);
	harness_read(h, 1, 50000);

	CHECK_EQ_U(h->env.mbufs_held, 0);
	harness_ignore(h);
	harness_free(h);
}

/* -- STATUS ------------------------------------------------------------------------------------------------ */

static void
the_state_of_recovery_is_told(void)
{
	struct harness *h = harness_new(NULL);

	CHECK_EQ_I(tcp_user_info(&h->tcp, 0, &(struct mien_tcp_info){0}), MIEN_ESTALE);
	harness_open(h, "mss 1460,sackOK,nop,nop");
	harness_send(h, 1, 10 * 1460);
	CHECK_EQ_U(harness_info(h).loss_state, MIEN_LOSS_NONE);
	inject(h, ". 1:1(0) ack 1 win 65535 <nop,nop,sack 1461:2921>");
	CHECK_EQ_U(harness_info(h).loss_state, MIEN_LOSS_DISORDER);
	inject(h, ". 1:1(0) ack 1 win 65535 <nop,nop,sack 1461:7301>");
	CHECK_EQ_U(harness_info(h).loss_state, MIEN_LOSS_RECOVERY);
	harness_advance(h, 3000);
	CHECK_EQ_U(harness_info(h).loss_state, MIEN_LOSS_TIMEOUT);
	inject(h, ". 1:1(0) ack 14601 win 65535");
	CHECK_EQ_U(harness_info(h).loss_state, MIEN_LOSS_NONE);

	/* without SACK duplicates are all there is */
	harness_tcb(h)->neg &= (uint8_t)~MIEN_NEG_SACK;
	harness_send(h, 14601, 1460);
	inject(h, ". 1:1(0) ack 14601 win 65535");
	CHECK_EQ_U(harness_info(h).loss_state, MIEN_LOSS_DISORDER);
	harness_ignore(h);
	harness_free(h);
}

static void
urgent_bytes_are_counted_down(void)
{
	struct harness *h = harness_new(NULL);

	harness_open(h, NULL);
	CHECK_EQ_U(harness_info(h).urgent_left, 0);
	inject(h, "PU. 1:101(100) ack 1 win 65535 urg 50");
	CHECK_EQ_U(harness_info(h).urgent_left, 50);
	harness_read(h, 1, 20);
	CHECK_EQ_U(harness_info(h).urgent_left, 30);
	harness_read(h, 21, 40);
	CHECK_EQ_U(harness_info(h).urgent_left, 0);
	inject(h, "U. 101:101(0) ack 1 win 65535 urg 0"); /* names nothing new */
	CHECK_EQ_U(harness_info(h).urgent_left, 0);
	harness_ignore(h);
	harness_free(h);
}

/* 4 GiB to the byte: the numbers are those of the beginning. */
static void
four_gibibytes_are_not_none(void)
{
	struct harness *h = harness_new(NULL);
	struct tcb *tcb;

	harness_open(h, NULL);
	tcb = harness_tcb(h);
	tcb->snd_nxt--, tcb->snd_una--;
	tcb->snd_wraps++;

	CHECK_EQ_U(harness_info(h).bytes_sent, UINT32_MAX);
	tcb->snd_nxt++, tcb->snd_una++;
	CHECK_EQ_U(harness_info(h).bytes_sent, UINT64_C(1) << 32);
	tcb->snd_wraps--;
	CHECK_EQ_U(harness_info(h).bytes_sent, 0);
	harness_free(h);
}

const struct test_suite user_errors_suite = {
	.name = "user errors",
	.setup = harness_setup,
	.cases = (const struct test_case[]){
		{"the last states are aborted in silence", the_last_states_are_aborted_in_silence},
		{"what ended in order can be closed or aborted", what_ended_in_order_can_be_closed_or_aborted},
		{"a host that goes takes only its own", a_host_that_goes_takes_only_its_own},
		{"options can be set before the connection opens", options_can_be_set_before_the_connection_opens},
		{"a cork goes before bytes that more follows", a_cork_goes_before_bytes_that_more_follows},
		{"sends of nothing and too late are refused", sends_of_nothing_and_too_late_are_refused},
		{"before the handshake is over a close waits", before_the_handshake_is_over_a_close_waits},
		{"when mbufs are scarce a sender has room for two segments",
			when_mbufs_are_scarce_a_sender_has_room_for_two_segments},
		{"reading tells what is there and what is not", reading_tells_what_is_there_and_what_is_not},
		{"a hundred packets are read at once", a_hundred_packets_are_read_at_once},
		{"the state of recovery is told", the_state_of_recovery_is_told},
		{"urgent bytes are counted down", urgent_bytes_are_counted_down},
		{"4 GiB to the byte are not none", four_gibibytes_are_not_none},
		{NULL, NULL},
	},
};
