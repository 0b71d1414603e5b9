/* SPDX-License-Identifier: BSD-3-Clause */
/* Without mbufs, or without room in the transmit queue: nothing is lost, and all of it goes on once there are some. */
#include "stream.h"

#include <stdio.h>

#include "tcp_rx.h"

#define DRY 63

static struct rte_mempool *dry, *pool, *views;
static struct rte_mbuf *taken[DRY];
static unsigned n_taken;

static void
give_back(unsigned n)
{
	while (n-- && n_taken)
		rte_pktmbuf_free(taken[--n_taken]);
}

/* So many mbufs are left, of all kinds. */
static void
starve_views(struct harness *h, unsigned left)
{
	if (!dry)
		dry = rte_pktmbuf_pool_create("dry", DRY, 0, MIEN_MBUF_PRIV_SIZE, 2304, 0);
	REQUIRE_NOT_NULL(dry);
	while (n_taken < DRY && (taken[n_taken] = rte_pktmbuf_alloc(dry)) != NULL)
		n_taken++;
	give_back(left);
	pool = h->env.pool;
	views = h->env.indirect;
	h->env.indirect = dry;
}

static void
starve(struct harness *h, unsigned left)
{
	starve_views(h, left);
	h->env.pool = dry;
}

static void
feed(struct harness *h)
{
	h->env.pool = pool;
	h->env.indirect = views;
}

static void
done(struct harness *h)
{
	harness_free(h);
	give_back(DRY);
	if (dry)
		CHECK_EQ_U(rte_mempool_avail_count(dry), DRY);
}

/* -- bytes of the application ------------------------------------------------------------------------------ */

static void
a_send_takes_what_there_are_mbufs_for(void)
{
	struct harness *h = plain(0);
	static uint8_t bytes[5000];

	for (uint32_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = harness_byte(1 + i);
	harness_open(h, NULL);
	starve(h, 0);
	CHECK_EQ_I(tcp_user_send(&h->tcp, h->conn, bytes, sizeof(bytes)), MIEN_ENOMEM);
	CHECK_EQ_U(harness_tcb(h)->sndq.bytes, 0);

	starve(h, 1);
	CHECK_EQ_I(tcp_user_send(&h->tcp, h->conn, bytes, sizeof(bytes)), 1460);
	feed(h);
	harness_flush(h);

	expect_stream(h, "P. 1:1461(1460) ack 1");
	expect_none(h);
	done(h);
}

/* What cannot be taken stays the caller's. */
static void
an_mbuf_that_others_hold_needs_a_view(void)
{
	struct harness *h = plain(0);
	struct rte_mbuf *m, *mine;

	harness_open(h, NULL);
	mine = m = app_mbuf(h, 1, 1000);
	rte_mbuf_refcnt_update(m, 1);
	starve_views(h, 0);
	CHECK_EQ_I(tcp_user_send_mbuf(&h->tcp, h->conn, &m, 0), MIEN_ENOMEM);
	CHECK_PTR(m, mine);

	REQUIRE_EQ_I(tcp_user_set(&h->tcp, h->conn, MIEN_TCP_SNDBUF, 400), MIEN_OK);
	CHECK_EQ_I(tcp_user_send_mbuf(&h->tcp, h->conn, &m, 0), MIEN_ENOMEM);
	CHECK_EQ_U(m->pkt_len, 1000);
	feed(h);
	CHECK_EQ_I(tcp_user_send_mbuf(&h->tcp, h->conn, &m, 0), 400);
	CHECK_EQ_U(m->pkt_len, 600);
	rte_pktmbuf_free(m);
	rte_pktmbuf_free(mine);
	done(h);
}

static void
an_open_with_bytes_that_find_no_mbuf_never_was(void)
{
	struct harness *h = plain(0);
	static const uint8_t bytes[100];
	const struct mien_tcp_connect config = {.remote = h->peer.addr, .remote_port = h->peer.port, .data = bytes,
		.data_len = sizeof(bytes)};
	uint64_t conn;

	starve(h, 0);
	CHECK_EQ_I(tcp_user_connect(&h->tcp, &h->host, &config, &conn), MIEN_ENOMEM);
	feed(h);

	CHECK_EQ_U(pool_used(&h->tcp.tcbs), 0);
	CHECK_EQ_U(h->host.conns, 0);
	harness_advance(h, 5000);
	expect_none(h);
	expect_no_event(h);
	done(h);
}

/* -- segments ---------------------------------------------------------------------------------------------- */

static void
a_short_segment_goes_without_a_copy(void)
{
	struct harness *h = plain(0);
	static const uint8_t bytes[100] = {1};

	harness_open(h, NULL);
	REQUIRE_EQ_I(tcp_user_send(&h->tcp, h->conn, bytes, 100), 100);
	starve(h, 0);
	harness_flush(h);
	feed(h);

	expect(h, "P. 1:101(100) ack 1");
	CHECK_EQ_U(h->env.counters.tcp_payload_copied_small, 0);
	done(h);
}

/* A packet that cannot carry its own header, since somebody else holds it. */
static struct rte_mbuf *
queue_shared(struct harness *h, uint32_t seq, uint32_t n)
{
	struct rte_mbuf *m = app_mbuf(h, seq, n), *mine = m;

	rte_mbuf_refcnt_update(m, 1);
	REQUIRE_EQ_I(tcp_user_send_mbuf(&h->tcp, h->conn, &m, 0), n);
	return mine;
}

static void
data_that_never_left_goes_first(void)
{
	static const uint32_t lengths[] = {100, 1400};

	for (unsigned i = 0; i < 2; i++) {
		struct harness *h = plain(0);
		struct rte_mbuf *mine;
		char want[40];

		harness_open(h, NULL);
		mine = queue_shared(h, 1, lengths[i]);
		REQUIRE_EQ_I(tcp_user_shutdown(&h->tcp, h->conn), MIEN_OK);
		starve(h, 0);
		harness_flush(h);
		harness_advance(h, 20);
		expect_none(h);
		CHECK_EQ_U(h->env.counters.tcp_retransmits, 0);

		feed(h);
		harness_advance(h, 5);
		snprintf(want, sizeof(want), "FP. 1:%u(%u) ack 1", 1 + lengths[i], lengths[i]);
		expect_stream(h, want);
		expect_none(h);
		CHECK_EQ_U(h->env.counters.tcp_retransmits, 0);
		rte_pktmbuf_free(mine);
		done(h);
	}
}

/* A packet of which the first bytes are acknowledged waits for its timeout, and then for mbufs. */
static struct harness *
timed_out_with(unsigned left)
{
	struct harness *h = plain(0);
	struct rte_mbuf *mine;

	harness_open(h, NULL);
	mine = queue_shared(h, 1, 1400);
	harness_flush(h);
	inject(h, ". 1:1(0) ack 101 win 65535");
	harness_ignore(h);
	starve(h, left);
	harness_advance(h, 1100);
	CHECK_EQ_U(h->env.counters.tcp_retransmits, 0);
	feed(h);
	harness_advance(h, 5);
	rte_pktmbuf_free(mine);
	return h;
}

static void
what_is_sent_again_waits_for_its_view(void)
{
	struct harness *h = timed_out_with(0);

	expect_stream(h, "P. 101:1401(1300) ack 1");
	expect_none(h);
	CHECK_EQ_U(h->env.counters.tcp_retransmits, 1);
	done(h);
}

/* Enough for a header, not for its view: the ACK that goes instead must not end the waiting. */
static void
an_ack_that_gets_the_last_mbuf_does_not_end_the_waiting(void)
{
	struct harness *h = timed_out_with(1);

	while (h->sent_count > 1)
		expect(h, ". 1401:1401(0) ack 1");
	expect_stream(h, "P. 101:1401(1300) ack 1");
	CHECK_EQ_U(h->env.counters.tcp_retransmits, 1);
	done(h);
}

static void
what_must_be_cut_waits_for_its_view(void)
{
	struct harness *h = plain(0);

	harness_open(h, NULL);
	harness_send(h, 1, 1460);
	harness_ignore(h);
	starve(h, 0);
	CHECK_EQ_U(harness_too_big(h, 1, 1000), MIEN_DROP_NONE);
	expect_none(h);

	feed(h);
	harness_advance(h, 5);
	expect_stream(h, ". 1:961(960) ack 1");
	expect_stream(h, "P. 961:1461(500) ack 1");
	done(h);
}

static void
a_fin_waits_for_an_mbuf(void)
{
	struct harness *h = plain(0);

	harness_open(h, NULL);
	starve(h, 0);
	harness_shutdown(h);
	expect_none(h);

	feed(h);
	harness_advance(h, 5);
	expect(h, "F. 1:1(0) ack 1");
	inject(h, ". 1:1(0) ack 2 win 65535");
	CHECK_EQ_U(harness_state(h), MIEN_TCP_FIN_WAIT_2);
	done(h);
}

/* Twelve pieces, more than one segment may chain, in one mbuf; a token is told when its piece is acknowledged. */
static void
many_small_pieces_are_copied_when_there_is_an_mbuf(void)
{
	struct harness *h = plain(0);
	uint64_t told = 0;

	harness_open(h, NULL);
	for (uint32_t i = 0; i < 12; i++) {
		struct rte_mbuf *m = app_mbuf(h, 1 + 150 * i, 150);

		REQUIRE_EQ_I(tcp_user_send_mbuf(&h->tcp, h->conn, &m, 1 + i), 150);
	}
	starve(h, 0);
	harness_flush(h);
	expect_none(h);

	feed(h);
	harness_advance(h, 5);
	expect_stream(h, ". 1:1461(1460) ack 1");
	expect_stream(h, "P. 1461:1801(340) ack 1");
	inject(h, ". 1:1(0) ack 1461 win 65535");
	told = expect_event(h, MIEN_EV_SENT).u.token;
	CHECK_EQ_U(told, 9); /* the tenth is not acknowledged whole */
	inject(h, ". 1:1(0) ack 1801 win 65535");
	CHECK_EQ_U(expect_event(h, MIEN_EV_SENT).u.token, 12);
	done(h);
}

/* The last piece is cut where the copy ends. */
static void
what_a_copy_leaves_of_the_last_piece_goes_next(void)
{
	struct harness *h = plain(0);

	harness_open(h, NULL);
	for (uint32_t i = 0; i < 10; i++) {
		struct rte_mbuf *m = app_mbuf(h, 1 + 150 * i, i < 9 ? 150 : 400);

		REQUIRE(tcp_user_send_mbuf(&h->tcp, h->conn, &m, 0) > 0);
	}
	harness_flush(h);
	harness_send(h, 1751, 10);

	expect_stream(h, ". 1:1461(1460) ack 1");
	expect_stream(h, "P. 1461:1751(290) ack 1");
	expect_stream(h, "P. 1751:1761(10) ack 1");
	done(h);
}

/* -- probes, resets, answers: lost as on the way ----------------------------------------------------------- */

static void
a_tail_probe_without_an_mbuf_is_none(void)
{
	struct mien_personality p;
	struct harness *h;
	struct rte_mbuf *mine;

	mien_personality_init_plain(&p);
	p.tcp.nagle = 0;
	p.tcp.tlp = 1;
	p.tcp.recovery = MIEN_RECOVERY_RACK;
	h = harness_new(&p);
	harness_open(h, "mss 1460,sackOK,nop,nop");
	mine = queue_shared(h, 1, 1400);
	harness_flush(h);
	harness_ignore(h);
	starve(h, 0);
	harness_advance(h, 300);
	expect_none(h);

	feed(h);
	CHECK_EQ_U(h->env.counters.tcp_tail_probes, 0);
	harness_advance(h, 5000);
	CHECK(h->env.counters.tcp_retransmits > 0);
	harness_ignore(h);
	rte_pktmbuf_free(mine);
	done(h);
}

static void
an_abort_without_an_mbuf_ends_in_silence(void)
{
	struct harness *h = plain(0);

	harness_open(h, NULL);
	starve(h, 0);
	REQUIRE_EQ_I(tcp_user_abort(&h->tcp, h->conn), MIEN_OK);
	feed(h);

	expect_none(h);
	CHECK_EQ_U(h->env.counters.tcp_resets_sent, 0);
	CHECK_EQ_I(expect_event(h, MIEN_EV_CLOSED).err, MIEN_EABORTED);
	done(h);
}

static void
a_window_probe_without_an_mbuf_is_lost(void)
{
	for (uint8_t form = MIEN_PROBE_OLD_SEQ; form <= MIEN_PROBE_ONE_BYTE; form++) {
		struct harness *h = plain(0);

		h->p.tcp.probe = form;
		harness_open(h, NULL);
		inject(h, "P. 1:2(1) ack 1 win 0");
		harness_send(h, 1, 2000);
		harness_advance(h, 150);
		harness_ignore(h);
		starve(h, 0);
		harness_advance(h, 1500);
		expect_none(h);
		CHECK_EQ_U(h->env.counters.tcp_probes_sent, 0);

		feed(h);
		harness_advance(h, 60000);
		CHECK(h->env.counters.tcp_probes_sent > 0);
		expect(h, form == MIEN_PROBE_ONE_BYTE ? ". 1:2(1) ack 2" : ". 0:0(0) ack 2");
		harness_ignore(h);
		done(h);
	}
}

static void
what_no_connection_wants_goes_without_an_answer(void)
{
	struct harness *h = plain(0);

	starve(h, 0);
	inject(h, ". 1000:1000(0) ack 77");
	feed(h);

	expect_none(h);
	CHECK_EQ_U(h->env.counters.tcp_resets_sent, 0);
	CHECK_EQ_U(h->env.counters.drops[MIEN_DROP_NO_MBUF], 1);
	done(h);
}

static void
a_cookie_without_an_mbuf_was_never_sent(void)
{
	struct harness *h = plain(0);

	h->p.tcp.backlog = 1;
	h->p.tcp.backlog_full = MIEN_BACKLOG_COOKIES;
	harness_listen(h, 80);
	inject(h, "S 0:0(0) win 65535 <mss 1460>");
	harness_ignore(h);
	h->peer.port++;
	starve(h, 0);
	inject(h, "S 0:0(0) win 65535 <mss 1460>");
	feed(h);

	expect_none(h);
	CHECK_EQ_U(h->env.counters.tcp_cookies_sent, 0);
	CHECK_EQ_U(h->tcp.cookies_until, 0);
	done(h);
}

/* -- what comes out of order ------------------------------------------------------------------------------- */

/* The old piece lies inside the new one, which loses what is behind it: the peer sends it again. */
static void
what_finds_no_view_is_asked_for_again(void)
{
	static const uint8_t policies[] = {MIEN_SEGMENTS_FIRST, MIEN_SEGMENTS_LAST};

	for (unsigned i = 0; i < 2; i++) {
		struct harness *h = plain(0);

		h->p.tcp.overlap = policies[i];
		harness_open(h, "mss 1460,sackOK,nop,nop");
		inject(h, i == 0 ? "P. 101:201(100) ack 1" : "P. 51:301(250) ack 1");
		harness_ignore(h);
		starve_views(h, 0);
		inject(h, i == 0 ? "P. 51:301(250) ack 1" : "P. 101:201(100) ack 1");
		feed(h);
		CHECK_EQ_U(harness_tcb(h)->reass.bytes, 150);
		harness_ignore(h);

		inject(h, "P. 1:51(50) ack 1");
		CHECK_EQ_U(harness_tcb(h)->rcvq.bytes, 200);
		expect(h, ". 1:1(0) ack 201 <>");
		inject(h, "P. 201:301(100) ack 1");
		harness_read(h, 1, 300);
		done(h);
	}
}

/* -- the transmit queue ------------------------------------------------------------------------------------ */

static void
a_full_transmit_queue_keeps_acks_fins_and_holes(void)
{
	struct harness *h = plain(0);

	harness_open(h, "mss 1460,sackOK,nop,nop");
	harness_send(h, 1, 6 * 1460);
	harness_ignore(h);
	h->hold = true;
	inject(h, "P. 1:101(100) ack 1 win 65535 <nop,nop,sack 2921:4381>");
	inject(h, "P. 101:201(100) ack 1 win 65535 <nop,nop,sack 2921:5841>");
	inject(h, "P. 201:301(100) ack 1 win 65535 <nop,nop,sack 2921:8761>");
	harness_tcb(h)->flags |= TF_ACK_NOW;
	tcp_mark_dirty(&h->tcp, harness_tcb(h));
	h->hold = false;

	h->tx_room = 0;
	CHECK(!tcp_output_pending(&h->tcp));
	expect_none(h);
	h->tx_room = 1;
	CHECK(!tcp_output_pending(&h->tcp));
	expect_stream(h, ". 1:1461(1460) ack 301");
	expect_none(h);
	h->tx_room = 1024;
	harness_ignore(h);
	inject(h, ". 301:301(0) ack 8761 win 65535");
	harness_ignore(h);

	REQUIRE_EQ_I(tcp_user_shutdown(&h->tcp, h->conn), MIEN_OK);
	h->tx_room = 0;
	CHECK(!tcp_output_pending(&h->tcp));
	expect_none(h);
	h->tx_room = 1;
	CHECK(tcp_output_pending(&h->tcp));
	expect(h, "F. 8761:8761(0) ack 301");
	done(h);
}

/* An ACK that is owed alone. */
static void
a_full_transmit_queue_keeps_an_ack_alone(void)
{
	struct harness *h = plain(0);

	harness_open(h, NULL);
	tcp_ack_soon(&h->tcp, harness_tcb(h));
	h->tx_room = 0;
	CHECK(!tcp_output_pending(&h->tcp));
	expect_none(h);

	h->tx_room = 1;
	CHECK(tcp_output_pending(&h->tcp));
	expect(h, ". 1:1(0) ack 1");
	done(h);
}

const struct test_suite no_mbuf_suite = {
	.name = "no mbuf",
	.setup = harness_setup,
	.cases = (const struct test_case[]){
		{"a send takes what there are mbufs for", a_send_takes_what_there_are_mbufs_for},
		{"an mbuf that others hold needs a view", an_mbuf_that_others_hold_needs_a_view},
		{"an open with bytes that find no mbuf never was", an_open_with_bytes_that_find_no_mbuf_never_was},
		{"a short segment goes without a copy", a_short_segment_goes_without_a_copy},
		{"data that never left goes first", data_that_never_left_goes_first},
		{"what is sent again waits for its view", what_is_sent_again_waits_for_its_view},
		{"an ACK that gets the last mbuf does not end the waiting",
			an_ack_that_gets_the_last_mbuf_does_not_end_the_waiting},
		{"what must be cut waits for its view", what_must_be_cut_waits_for_its_view},
		{"a FIN waits for an mbuf", a_fin_waits_for_an_mbuf},
		{"many small pieces are copied when there is an mbuf", many_small_pieces_are_copied_when_there_is_an_mbuf},
		{"what a copy leaves of the last piece goes next", what_a_copy_leaves_of_the_last_piece_goes_next},
		{"a tail probe without an mbuf is none", a_tail_probe_without_an_mbuf_is_none},
		{"an abort without an mbuf ends in silence", an_abort_without_an_mbuf_ends_in_silence},
		{"a window probe without an mbuf is lost", a_window_probe_without_an_mbuf_is_lost},
		{"what no connection wants goes without an answer", what_no_connection_wants_goes_without_an_answer},
		{"a cookie without an mbuf was never sent", a_cookie_without_an_mbuf_was_never_sent},
		{"what finds no view is asked for again", what_finds_no_view_is_asked_for_again},
		{"a full transmit queue keeps ACKs, FINs and holes", a_full_transmit_queue_keeps_acks_fins_and_holes},
		{"a full transmit queue keeps an ACK alone", a_full_transmit_queue_keeps_an_ack_alone},
		{NULL, NULL},
	},
};
