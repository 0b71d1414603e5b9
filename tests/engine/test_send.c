/* SPDX-License-Identifier: BSD-3-Clause */
/* What is sent when (RFC 9293 3.7, 3.8.6), and how much of it is copied. */
#include "suites.h"

#include "send_parts.h"

/* The next segment, whose payload must be this side's stream. */
static void
expect_stream_at(struct harness *h, const char *text, const char *file, int line)
{
	const struct harness_sent *s = harness_peek(h);
	struct tcp_hdr_v v = {0};

	if (s)
		REQUIRE_EQ_U(tcp_parse(s->bytes, s->len, &v), WIRE_OK);
	for (uint32_t i = 0; i < v.payload_len; i++)
		if (v.payload[i] != harness_byte(v.seq - h->peer.local_iss + i))
			REQUIRE_FAIL("byte %u is wrong in %s", v.seq - h->peer.local_iss + i, text);
	expect_at_line(h, text, file, line);
}
#define expect_stream(h, text) expect_stream_at(h, text, __FILE__, __LINE__)

static struct harness *
plain(uint8_t nagle)
{
	struct mien_personality p;

	mien_personality_init_plain(&p);
	p.tcp.nagle = nagle;
	return harness_new(&p);
}

/* An mbuf of the application with n bytes of the stream. */
static struct rte_mbuf *
app_mbuf(struct harness *h, uint32_t seq, uint32_t n)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(h->env.pool);
	uint8_t *p;

	REQUIRE_NOT_NULL(m);
	p = (uint8_t *)rte_pktmbuf_append(m, (uint16_t)n);
	REQUIRE_NOT_NULL(p);
	for (uint32_t i = 0; i < n; i++)
		p[i] = harness_byte(seq + i);
	return m;
}

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
	REQUIRE_EQ_I(tcp_user_set(&h->tcp, h->conn, MIEN_TCP_CORK, 0), MIEN_OK);
	harness_flush(h);
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
	CHECK_EQ_U(tcb_find(&h->tcp, h->conn)->snd_wnd, 2000);
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
	REQUIRE_EQ_I(tcp_user_close(&h->tcp, h->conn), MIEN_OK);
	harness_flush(h);

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
	REQUIRE_EQ_I(tcp_user_close(&h->tcp, h->conn), MIEN_OK);
	harness_flush(h);

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
zero_copy(void)
{
	struct harness *h = plain(0);
	struct rte_mbuf *m;

	harness_open(h, NULL);
	m = app_mbuf(h, 1, 1400);
	REQUIRE_EQ_I(tcp_user_send_mbuf(&h->tcp, h->conn, &m, 0), 1400);
	harness_flush(h);
	m = app_mbuf(h, 1401, 64);
	REQUIRE_EQ_I(tcp_user_send_mbuf(&h->tcp, h->conn, &m, 0), 64);
	harness_flush(h);

	expect_stream(h, "P. 1:1401(1400) ack 1");
	expect_stream(h, "P. 1401:1465(64) ack 1");
	CHECK_EQ_U(h->env.counters.tcp_payload_copied, 0);
	CHECK_EQ_U(h->env.mbufs_held, 2);
	inject(h, ". 1:1(0) ack 1465 win 65535");
	CHECK_EQ_U(h->env.mbufs_held, 0);
	harness_free(h);
}

static void
shared_mbuf_is_not_touched(void)
{
	struct harness *h = plain(0);
	struct rte_mbuf *m, *mine;
	uint8_t before[128];

	harness_open(h, NULL);
	mine = m = app_mbuf(h, 1, 1400);
	rte_mbuf_refcnt_update(m, 1);
	memset(m->buf_addr, 0x55, 128);
	memcpy(before, m->buf_addr, 128);

	REQUIRE_EQ_I(tcp_user_send_mbuf(&h->tcp, h->conn, &m, 0), 1400);
	harness_flush(h);

	expect_stream(h, "P. 1:1401(1400) ack 1");
	CHECK_MEM(mine->buf_addr, before, 128);
	CHECK_EQ_U(mine->pkt_len, 1400);
	CHECK_EQ_U(h->env.counters.tcp_payload_copied, 0);
	inject(h, ". 1:1(0) ack 1401 win 65535");
	CHECK_EQ_U(rte_mbuf_refcnt_read(mine), 1);
	rte_pktmbuf_free(mine);
	harness_free(h);
}

/* A port that has not sent what it was given. */
static struct rte_mbuf *held[8];
static unsigned int n_held;

static void
hold_output(void *net, struct tcp_host *host, struct rte_mbuf *m, const struct ip_tx *tx)
{
	(void)net;
	(void)host;
	(void)tx;
	REQUIRE(n_held < 8);
	memset(rte_pktmbuf_prepend(m, 34), 0xee, 34); /* IP and Ethernet */
	held[n_held++] = m;
}

static void
check_held(const struct harness *h, const struct rte_mbuf *m, uint32_t seq, uint32_t len)
{
	static uint8_t room[2048];
	const uint8_t *p = rte_pktmbuf_read(m, 0, m->pkt_len, room);
	struct tcp_hdr_v v = {0};

	REQUIRE_EQ_U(m->pkt_len, 34 + 20 + len);
	REQUIRE_NOT_NULL(p);
	CHECK_EQ_U(p[33], 0xee);
	REQUIRE_EQ_U(tcp_parse(p + 34, m->pkt_len - 34, &v), WIRE_OK);
	CHECK_EQ_U(v.seq - h->peer.local_iss, seq);
	for (uint32_t i = 0; i < len; i++)
		REQUIRE_EQ_U(v.payload[i], harness_byte(seq + i));
}

static void
port_holds_the_first_copy(void)
{
	struct harness *h = plain(0);
	struct rte_mbuf *m;

	n_held = 0;
	harness_open(h, NULL);
	h->env.ip_output = hold_output;
	m = app_mbuf(h, 1, 1000);
	REQUIRE_EQ_I(tcp_user_send_mbuf(&h->tcp, h->conn, &m, 0), 1000);
	harness_flush(h);

	harness_advance(h, 250);			  /* sent again */
	inject(h, ". 1:1(0) ack 301 win 65535"); /* a part of it came */
	harness_advance(h, 500);			  /* the rest again */

	REQUIRE_EQ_U(n_held, 3);
	check_held(h, held[0], 1, 1000);
	check_held(h, held[1], 1, 1000);
	check_held(h, held[2], 301, 700);
	CHECK_EQ_U(held[0]->nb_segs, 1); /* the header stands in its headroom */
	CHECK_EQ_U(held[1]->nb_segs, 2);
	inject(h, ". 1:1(0) ack 1001 win 65535");
	CHECK_EQ_U(h->env.mbufs_held, 0);
	check_held(h, held[0], 1, 1000);
	while (n_held)
		rte_pktmbuf_free(held[--n_held]);
	CHECK_EQ_U(h->env.counters.tcp_payload_copied, 0);
	harness_free(h);
}

static void
count_free(void *addr, void *count)
{
	(void)addr;
	(*(unsigned int *)count)++;
}

static void
external_memory(void)
{
	struct harness *h = plain(0);
	static uint8_t memory[8192] __attribute__((aligned(64)));
	uint16_t room = sizeof(memory);
	struct rte_mbuf_ext_shared_info *shinfo;
	struct rte_mbuf *m = rte_pktmbuf_alloc(h->env.pool);
	unsigned int freed = 0;

	harness_open(h, NULL);
	shinfo = rte_pktmbuf_ext_shinfo_init_helper(memory, &room, count_free, &freed);
	rte_pktmbuf_attach_extbuf(m, memory, 0, room, shinfo);
	rte_pktmbuf_reset_headroom(m);
	m->data_off = 0;
	for (uint32_t i = 0; i < 5000; i++)
		memory[i] = harness_byte(1 + i);
	rte_pktmbuf_append(m, 5000);

	REQUIRE_EQ_I(tcp_user_send_mbuf(&h->tcp, h->conn, &m, 0), 5000);
	harness_flush(h);

	expect_stream(h, ". 1:1461(1460) ack 1");
	expect_stream(h, ". 1461:2921(1460) ack 1");
	expect_stream(h, ". 2921:4381(1460) ack 1");
	expect_stream(h, "P. 4381:5001(620) ack 1");
	inject(h, ". 1:1(0) ack 4381 win 65535");
	CHECK_EQ_U(freed, 0);
	inject(h, ". 1:1(0) ack 5001 win 65535");
	CHECK_EQ_U(freed, 1);
	CHECK_EQ_U(h->env.counters.tcp_payload_copied, 0);
	harness_free(h);
}

static void
linear_port(void)
{
	struct harness *h = plain(0);
	struct rte_mbuf *m, *mine;

	h->env.tx_offloads = 0;
	harness_open(h, NULL);
	mine = m = app_mbuf(h, 1, 1400);
	rte_mbuf_refcnt_update(m, 1);

	REQUIRE_EQ_I(tcp_user_send_mbuf(&h->tcp, h->conn, &m, 0), 1400);
	harness_flush(h);

	expect_stream(h, "P. 1:1401(1400) ack 1");
	CHECK_EQ_U(h->env.counters.tcp_payload_copied, 1400);
	rte_pktmbuf_free(mine);
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

	tcp_ack_soon(&h->tcp, tcb_find(&h->tcp, h->conn));
	CHECK(tcp_output_pending(&h->tcp)); /* nothing to be done now: a busy loop would not help */
	harness_advance(h, 100);
	expect_none(h);

	while (n)
		rte_pktmbuf_free(kept[--n]);
	harness_advance(h, 10);
	expect(h, ". 1:1(0) ack 1");
	harness_free(h);
}

const struct test_suite send_suite = {
	.name = "send",
	.setup = harness_setup,
	.cases = (const struct test_case[]){
		{"bytes go out in full segments, PSH on the last", full_segments},
		{"timestamps take their twelve bytes off the segment", timestamps_shorten_segments},
		{"without an MSS option segments hold 536 bytes", no_mss_means_536},
		{"a small segment waits while another is in flight", nagle_holds},
		{"with Nagle off it does not wait", nodelay_does_not},
		{"a corked connection sends full segments only", cork_holds},
		{"no more than the window is sent, and nothing silly", window_limits},
		{"half of the largest window ever offered is worth a segment", half_the_window_is_enough},
		{"no more than cwnd is sent", cwnd_limits},
		{"a window that shrinks stops new data", shrunk_window},
		{"data sent again brings the window with its newer ACK", window_of_data_sent_again},
		{"an ACK that is owed goes along with data", ack_goes_along},
		{"a FIN goes along with the last data", fin_goes_along},
		{"a FIN follows all that waits", fin_follows_what_waits},
		{"what is sent before the connection opens goes out with the ACK of the SYN", sent_before_the_connection_opens},
		{"the urgent pointer names the octet behind urgent data", urgent_pointer},
		{"a send returns what fits, and events tell of room and completion", send_returns_what_fits},
		{"after the close nothing more is taken", sending_after_close},
		{"payload of mbufs is not copied", zero_copy},
		{"an mbuf that somebody else holds is not written to", shared_mbuf_is_not_touched},
		{"what a port still holds is not changed by sending it again", port_holds_the_first_copy},
		{"memory of the application goes out in views and is given back once", external_memory},
		{"a port without chains gets one copy", linear_port},
		{"a full transmit queue stops output and keeps it pending", transmit_queue_full},
		{"without an mbuf an ACK stays owed", no_mbuf},
		{NULL, NULL},
	},
};
