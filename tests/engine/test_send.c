/* SPDX-License-Identifier: BSD-3-Clause */
/* What is sent when (RFC 9293 3.7, 3.8.6). */
#include "stream.h"

static void
full_segments(void)
{
	struct harness *h = plain(0);

	harness_open(h, NULL);

	harness_send(h, 1, 4000);

	expect_stream(h, ". 1:1461(1460) ack 1");
	expect_stream(h, ". 1461:2921(1460) ack 1");
	expect_stream(h, "P. 2921:4001(1080) ack 1");
	expect_none(h);
	harness_free(h);
}

static void
timestamps_shorten_segments(void)
{
	struct harness *h = plain(0);

	harness_open(h, "mss 1460,nop,nop,TS val 1 ecr 0");

	harness_send(h, 1, 2000);

	expect_stream(h, ". 1:1449(1448) ack 1");
	expect_stream(h, "P. 1449:2001(552) ack 1");
	harness_free(h);
}

static void
no_mss_means_536(void)
{
	struct harness *h = plain(1);

	harness_open(h, "nop,nop,sackOK");

	harness_send(h, 1, 600);

	expect_stream(h, ". 1:537(536) ack 1");
	expect_none(h); /* the rest is small and waits */
	harness_free(h);
}

/* Minshall's form: full segments in flight hold nothing back. */
static void
nagle_of_small_ones(void)
{
	struct harness *h = plain(MIEN_NAGLE_SMALL);

	harness_open(h, "mss 1000");

	harness_send(h, 1, 2100);
	expect(h, ". 1:1001(1000) ack 1");
	expect(h, ". 1001:2001(1000) ack 1");
	expect(h, "P. 2001:2101(100) ack 1");
	harness_send(h, 2101, 100);
	expect_none(h);
	inject(h, ". 1:1(0) ack 2001 win 65535");
	expect_none(h);
	inject(h, ". 1:1(0) ack 2101 win 65535");

	expect(h, "P. 2101:2201(100) ack 1");
	harness_free(h);
}

/* Nor does a small one that was acknowledged; one that was not does, whatever went after it. */
static void
nagle_of_an_earlier_small_one(void)
{
	struct harness *h = plain(MIEN_NAGLE_SMALL);

	harness_open(h, "mss 1000");
	harness_send(h, 1, 100);
	expect(h, "P. 1:101(100) ack 1");
	harness_send(h, 101, 1000);
	expect(h, "P. 101:1101(1000) ack 1");

	harness_send(h, 1101, 100);
	expect_none(h);
	inject(h, ". 1:1(0) ack 101 win 65535");

	expect(h, "P. 1101:1201(100) ack 1");
	harness_free(h);
}

static void
nagle_holds(void)
{
	struct harness *h = plain(1);

	harness_open(h, NULL);

	harness_send(h, 1, 10);
	harness_send(h, 11, 10);
	harness_send(h, 21, 10);

	expect_stream(h, "P. 1:11(10) ack 1");
	expect_none(h);
	inject(h, ". 1:1(0) ack 11 win 65535");
	expect_stream(h, "P. 11:31(20) ack 1");
	expect_none(h);
	harness_free(h);
}

static void
nodelay_does_not(void)
{
	struct harness *h = plain(1);

	harness_open(h, NULL);
	REQUIRE_EQ_I(tcp_user_set(&h->tcp, h->conn, MIEN_TCP_NODELAY, 1), MIEN_OK);

	harness_send(h, 1, 10);
	harness_send(h, 11, 10);

	expect_stream(h, "P. 1:11(10) ack 1");
	expect_stream(h, "P. 11:21(10) ack 1");
	harness_free(h);
}

static void
cork_holds(void)
{
	struct harness *h = plain(0);

	harness_open(h, NULL);
	REQUIRE_EQ_I(tcp_user_set(&h->tcp, h->conn, MIEN_TCP_CORK, 1), MIEN_OK);

	harness_send(h, 1, 2000);

	expect_stream(h, ". 1:1461(1460) ack 1");
	inject(h, ". 1:1(0) ack 1461 win 65535");
	harness_advance(h, 100000);
	expect_none(h);
	harness_set(h, MIEN_TCP_CORK, 0);
	expect_stream(h, "P. 1461:2001(540) ack 1");
	harness_free(h);
}

static void
window_limits(void)
{
	struct harness *h = plain(1);

	harness_open(h, NULL);
	inject(h, ". 1:1(0) ack 1 win 3000");

	harness_send(h, 1, 10000);

	expect_stream(h, ". 1:1461(1460) ack 1");
	expect_stream(h, ". 1461:2921(1460) ack 1");
	expect_none(h); /* 79 bytes would be a silly segment */
	inject(h, ". 1:1(0) ack 2921 win 3000");
	expect_stream(h, ". 2921:4381(1460) ack 1");
	expect_stream(h, ". 4381:5841(1460) ack 1");
	expect_none(h);
	harness_free(h);
}

static void
half_the_window_is_enough(void)
{
	struct harness *h = plain(1);

	harness_listen(h, 80);
	inject(h, "S 0:0(0) win 1000 <mss 1460>");
	harness_ignore(h);
	inject(h, ". 1:1(0) ack 1 win 1000");
	(void)expect_event(h, MIEN_EV_ACCEPT);

	harness_send(h, 1, 5000);

	expect_stream(h, ". 1:1001(1000) ack 1");
	inject(h, ". 1:1(0) ack 1001 win 499");
	expect_none(h);
	inject(h, ". 1:1(0) ack 1001 win 500");
	expect_stream(h, ". 1001:1501(500) ack 1");
	expect_none(h);
	harness_free(h);
}

static void
cwnd_limits(void)
{
	struct harness *h = plain(1);

	harness_open(h, NULL);

	harness_send(h, 1, 60000);

	CHECK_EQ_U(h->sent_count, 10); /* RFC 6928 */
	harness_ignore(h);
	inject(h, ". 1:1(0) ack 1461 win 65535");
	expect_stream(h, ". 14601:16061(1460) ack 1");
	expect_stream(h, ". 16061:17521(1460) ack 1");
	expect_none(h);
	harness_free(h);
}

static void
shrunk_window(void)
{
	struct harness *h = plain(1);

	harness_open(h, NULL);
	harness_send(h, 1, 4380);
	harness_ignore(h);

	/* the right edge moves left, into what was sent */
	inject(h, ". 1:1(0) ack 1461 win 1000");
	harness_send(h, 4381, 1000);
	expect_none(h);

	inject(h, ". 1:1(0) ack 4381 win 4000");
	expect_stream(h, "P. 4381:5381(1000) ack 1");
	harness_free(h);
}

static void
window_of_data_sent_again(void)
{
	struct harness *h = plain(0);

	harness_open(h, NULL);
	harness_send(h, 1, 2920);
	harness_ignore(h);
	inject(h, "P. 101:201(100) ack 1 win 5000"); /* the first 100 bytes are missing */
	harness_ignore(h);

	inject(h, "P. 1:101(100) ack 2921 win 2000");
	harness_ignore(h);
	harness_send(h, 2921, 5000);

	expect_stream(h, ". 2921:4381(1460) ack 201");
	expect_none(h); /* 540 more bytes are less than half the largest window */
	CHECK_EQ_U(harness_tcb(h)->snd_wnd, 2000);
	harness_free(h);
}

static void
ack_goes_along(void)
{
	struct harness *h = plain(1);

	harness_open(h, NULL);
	h->hold = true;

	inject(h, "P. 1:101(100) ack 1 win 65535");
	inject(h, "P. 101:201(100) ack 1 win 65535");
	h->hold = false;
	harness_send(h, 1, 64);

	expect_stream(h, "P. 1:65(64) ack 201");
	harness_advance(h, 150);
	expect_none(h);
	harness_free(h);
}

static void
fin_goes_along(void)
{
	struct harness *h = plain(1);

	harness_open(h, NULL);

	REQUIRE_EQ_I(tcp_user_send(&h->tcp, h->conn, "x", 1), 1);
	harness_close(h);

	expect(h, "FP. 1:2(1) ack 1");
	expect_none(h);
	harness_free(h);
}

static void
fin_follows_what_waits(void)
{
	struct harness *h = plain(1);

	harness_open(h, NULL);
	inject(h, ". 1:1(0) ack 1 win 1460");
	harness_send(h, 1, 2000);
	harness_close(h);

	expect_stream(h, ". 1:1461(1460) ack 1");
	expect_none(h);
	CHECK_EQ_U(harness_state(h), MIEN_TCP_FIN_WAIT_1);
	inject(h, ". 1:1(0) ack 1461 win 1460");
	expect_stream(h, "FP. 1461:2001(540) ack 1");
	inject(h, ". 1:1(0) ack 2002 win 1460");
	CHECK_EQ_U(harness_state(h), MIEN_TCP_FIN_WAIT_2);
	expect_none(h);
	harness_free(h);
}

static void
sent_before_the_connection_opens(void)
{
	struct harness *h = plain(1);

	harness_connect(h);
	expect(h, "S 0:0(0)");
	harness_send(h, 1, 3000);
	expect_none(h);

	inject(h, "S. 0:0(0) ack 1 win 65535 <mss 1000>");

	expect_stream(h, ". 1:1001(1000) ack 1");
	expect_stream(h, ". 1001:2001(1000) ack 1");
	expect_stream(h, "P. 2001:3001(1000) ack 1");
	expect_none(h);
	harness_free(h);
}

static void
urgent_pointer(void)
{
	struct harness *h = plain(0);

	harness_open(h, NULL);
	inject(h, ". 1:1(0) ack 1 win 1460");
	harness_send(h, 1, 1460);
	expect_stream(h, "P. 1:1461(1460) ack 1");
	harness_send(h, 1461, 3);
	REQUIRE_EQ_I(tcp_user_urgent(&h->tcp, h->conn), MIEN_OK);
	harness_send(h, 1464, 2);

	inject(h, ". 1:1(0) ack 1461 win 1460");

	expect_stream(h, "P.U 1461:1466(5) ack 1 win 65535 urg 3"); /* MUST-62 */
	inject(h, ". 1:1(0) ack 1466 win 1460");
	harness_send(h, 1466, 2);
	expect_stream(h, "P. 1466:1468(2) ack 1");
	harness_free(h);
}

static void
send_returns_what_fits(void)
{
	struct harness *h = plain(0);
	static uint8_t bytes[3000];
	struct rte_mbuf *m;

	harness_open(h, NULL);
	REQUIRE_EQ_I(tcp_user_set(&h->tcp, h->conn, MIEN_TCP_SNDBUF, 2500), MIEN_OK);
	for (uint32_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = harness_byte(1 + i);

	CHECK_EQ_I(tcp_user_send(&h->tcp, h->conn, bytes, 2000), 2000);
	CHECK_EQ_U(tcp_user_writable(&h->tcp, h->conn), 500);
	m = app_mbuf(h, 2001, 1000);
	CHECK_EQ_I(tcp_user_send_mbuf(&h->tcp, h->conn, &m, 7), 500);
	REQUIRE_NOT_NULL(m);
	CHECK_EQ_U(m->pkt_len, 500);
	CHECK_EQ_U(*rte_pktmbuf_mtod(m, uint8_t *), harness_byte(2501));
	CHECK_EQ_I(tcp_user_send_mbuf(&h->tcp, h->conn, &m, 8), MIEN_EAGAIN);
	CHECK_NOT_NULL(m);
	CHECK_EQ_I(tcp_user_send(&h->tcp, h->conn, bytes, 1), MIEN_EAGAIN);
	harness_flush(h);

	expect_stream(h, ". 1:1461(1460) ack 1");
	expect_stream(h, "P. 1461:2501(1040) ack 1");
	expect_no_event(h);
	inject(h, ". 1:1(0) ack 2501 win 65535");
	(void)expect_event(h, MIEN_EV_WRITABLE);
	CHECK_EQ_U(expect_event(h, MIEN_EV_SENT).u.token, 7);
	CHECK_EQ_I(tcp_user_send_mbuf(&h->tcp, h->conn, &m, 8), 500);
	CHECK_NULL(m);
	harness_flush(h);
	expect_stream(h, "P. 2501:3001(500) ack 1");
	harness_free(h);
}

static void
sending_after_close(void)
{
	struct harness *h = plain(0);
	struct rte_mbuf *m = NULL;

	harness_open(h, NULL);
	m = app_mbuf(h, 1, 10);
	REQUIRE_EQ_I(tcp_user_shutdown(&h->tcp, h->conn), MIEN_OK);

	CHECK_EQ_I(tcp_user_send(&h->tcp, h->conn, "x", 1), MIEN_ECLOSED);
	CHECK_EQ_I(tcp_user_send_mbuf(&h->tcp, h->conn, &m, 0), MIEN_ECLOSED);
	CHECK_EQ_U(tcp_user_writable(&h->tcp, h->conn), 0);
	CHECK_EQ_I(tcp_user_send(&h->tcp, h->conn + (UINT64_C(1) << 32), "x", 1), MIEN_ESTALE);
	rte_pktmbuf_free(m);
	harness_free(h);
}

static void
transmit_queue_full(void)
{
	struct harness *h = plain(0);

	harness_open(h, NULL);
	h->tx_room = 2;
	harness_send(h, 1, 4000);
	expect_stream(h, ". 1:1461(1460) ack 1");
	expect_stream(h, ". 1461:2921(1460) ack 1");
	expect_none(h);

	CHECK(!tcp_output_pending(&h->tcp) || h->sent_count);

	expect_stream(h, "P. 2921:4001(1080) ack 1");
	CHECK(tcp_output_pending(&h->tcp));
	harness_free(h);
}

static void
no_mbuf(void)
{
	struct harness *h = plain(0);
	static struct rte_mbuf *kept[1 << 16];
	unsigned int n = 0;

	harness_open(h, NULL);
	while (n < sizeof(kept) / sizeof(kept[0]) && (kept[n] = rte_pktmbuf_alloc(h->env.pool)) != NULL)
		n++;

	tcp_ack_soon(&h->tcp, harness_tcb(h));
	CHECK(tcp_output_pending(&h->tcp)); /* nothing to be done now: a busy loop would not help */
	harness_advance(h, 100);
	expect_none(h);

	while (n)
		rte_pktmbuf_free(kept[--n]);
	harness_advance(h, 10);
	expect(h, ". 1:1(0) ack 1");
	harness_free(h);
}

static void
taken_off_and_on_again(void)
{
	struct harness *h = plain(0);
	struct tcb *tcb;

	harness_open(h, NULL);
	tcb = harness_tcb(h);
	REQUIRE_EQ_I(tcp_user_send(&h->tcp, h->conn, "x", 1), 1);

	for (uint32_t i = 0; i < 3 * h->tcp.dirty_mask; i++) {
		tcp_unmark_dirty(&h->tcp, tcb);
		tcp_mark_dirty(&h->tcp, tcb);
	}
	CHECK(h->tcp.dirty_end - h->tcp.dirty_first <= h->tcp.dirty_mask + 1);
	harness_flush(h);

	expect_at_line(h, "P. 1:2(1) ack 1", __FILE__, __LINE__);
	expect_none(h);
	CHECK(!(tcb->flags & TF_DIRTY));
	harness_free(h);
}

const struct test_suite send_suite = {
	.name = "send",
	.setup = harness_setup,
	.cases = (const struct test_case[]){
		/* proves MUST-60 MUST-61 SHLD-28 */
		{"bytes go out in full segments, PSH on the last", full_segments},
		/* proves MUST-16 TS-8 PM-2 */
		{"timestamps take their twelve bytes off the segment", timestamps_shorten_segments},
		/* proves MUST-15 */
		{"without an MSS option segments hold 536 bytes", no_mss_means_536},
		/* proves SHLD-7 SW-3 */
		{"a small segment waits while another is in flight", nagle_holds},
		/* proves SW-3 */
		{"or for another small one alone, where the system does so", nagle_of_small_ones},
		{"even if full ones went after that", nagle_of_an_earlier_small_one},
		/* proves MUST-17 */
		{"with Nagle off it does not wait", nodelay_does_not},
		{"a corked connection sends full segments only", cork_holds},
		/* proves MUST-38 CC-2 SW-1 */
		{"no more than the window is sent, and nothing silly", window_limits},
		/* proves SW-1 */
		{"half of the largest window ever offered is worth a segment", half_the_window_is_enough},
		/* proves CC-1 CC-2 */
		{"no more than cwnd is sent", cwnd_limits},
		/* proves MUST-34 SHLD-15 */
		{"a window that shrinks stops new data", shrunk_window},
		{"data sent again brings the window with its newer ACK", window_of_data_sent_again},
		{"an ACK that is owed goes along with data", ack_goes_along},
		{"a FIN goes along with the last data", fin_goes_along},
		{"a FIN follows all that waits", fin_follows_what_waits},
		{"what is sent before the connection opens goes out with the ACK of the SYN", sent_before_the_connection_opens},
		/* proves MUST-62 */
		{"the urgent pointer names the octet behind urgent data", urgent_pointer},
		{"a send returns what fits, and events tell of room and completion", send_returns_what_fits},
		{"after the close nothing more is taken", sending_after_close},
		{"a full transmit queue stops output and keeps it pending", transmit_queue_full},
		{"without an mbuf an ACK stays owed", no_mbuf},
		{"a connection taken off the list of those to send and put back stands there once", taken_off_and_on_again},
		{NULL, NULL},
	},
};
