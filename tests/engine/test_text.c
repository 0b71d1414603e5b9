/* SPDX-License-Identifier: BSD-3-Clause */
/* Bytes received: order, overlaps, acknowledgments, the window, urgent data (RFC 9293 3.8.5, 3.8.6, RFC 5681 4.2). */
#include "suites.h"

#define SACK_OPEN "mss 1460,sackOK,nop,nop"

static struct harness *
opened(const char *options)
{
	struct harness *h = harness_new(NULL);

	harness_open(h, options);
	return h;
}

static void
a_gap_is_acknowledged_at_once_and_reported(void)
{
	struct harness *h = opened(SACK_OPEN);

	inject(h, "P. 101:201(100) ack 1");
	expect(h, ". 1:1(0) ack 1 <nop,nop,sack 101:201>");
	inject(h, "P. 301:401(100) ack 1");
	expect(h, ". 1:1(0) ack 1 <nop,nop,sack 301:401 101:201>");
	inject(h, "P. 201:301(100) ack 1");
	expect(h, ". 1:1(0) ack 1 <nop,nop,sack 101:401>");
	inject(h, "P. 1:101(100) ack 1");

	expect(h, ". 1:1(0) ack 401 <>");
	(void)expect_event(h, MIEN_EV_READABLE);
	harness_read(h, 1, 400);
	CHECK_EQ_U(h->tcp.reass_bytes, 0);
	CHECK_EQ_U(h->env.mbufs_held, 0);
	harness_free(h);
}

static void
a_headers_own_mbuf_is_not_kept(void)
{
	struct harness *h = opened(SACK_OPEN);

	h->header_apart = true;
	inject(h, "P. 101:201(100) ack 1");
	CHECK_EQ_U(h->env.mbufs_held, 1);
	CHECK_EQ_U(harness_tcb(h)->reass.count, 1);
	inject(h, "P. 1:101(100) ack 1");
	CHECK_EQ_U(h->env.mbufs_held, 2);
	inject(h, "P. 201:301(100) ack 1");

	CHECK_EQ_U(h->env.mbufs_held, 3);
	harness_ignore(h);
	harness_read(h, 1, 300);
	CHECK_EQ_U(h->env.mbufs_held, 0);
	harness_free(h);
}

/* RFC 9293 3.8.6.3: full is what this side said it takes, also where that is less than the default. */
static void
small_segments_are_full_where_no_larger_are_taken(void)
{
	struct harness *h = harness_new(NULL);

	h->p.tcp.mss_rule = MIEN_MSS_CONST;
	h->p.tcp.mss = 512;
	h->p.tcp.quickack = 0;
	h->p.tcp.delack_segments = 2;
	harness_open(h, "mss 1460,sackOK,TS val 1 ecr 0");

	inject(h, ". 1:501(500) ack 1 <nop,nop,TS val 2 ecr 0>");
	expect_none(h);
	inject(h, ". 501:1001(500) ack 1 <nop,nop,TS val 2 ecr 0>");

	expect(h, ". 1:1(0) ack 1001");
	harness_free(h);
}

/* RFC 5681 4.2: a FIN may be all that waits behind a gap. */
static void
bytes_in_front_of_a_fin_that_came_first_are_acknowledged_at_once(void)
{
	struct harness *h = opened(SACK_OPEN);

	h->p.tcp.quickack = 0;
	inject(h, "P. 1:101(100) ack 1");
	harness_advance(h, 1000);
	inject(h, "F. 301:301(0) ack 1");
	harness_ignore(h);

	inject(h, "P. 101:201(100) ack 1");

	expect(h, ". 1:1(0) ack 201");
	inject(h, "P. 201:301(100) ack 1");
	expect(h, ". 1:1(0) ack 302");
	harness_free(h);
}

/* RFC 2883 4: "the first duplicate contiguous sequence". */
static void
of_several_duplicates_the_first_is_reported(void)
{
	struct harness *h = opened(SACK_OPEN);

	h->p.tcp.dsack = 1;
	inject(h, "P. 101:201(100) ack 1");
	inject(h, "P. 301:401(100) ack 1");
	harness_ignore(h);

	inject(h, "P. 1:501(500) ack 1");

	expect(h, ". 1:1(0) ack 501 <nop,nop,sack 101:201>");
	inject(h, "P. 601:701(100) ack 1");
	inject(h, "P. 801:901(100) ack 1");
	harness_ignore(h);
	inject(h, "P. 401:1001(600) ack 1"); /* what was delivered comes before what waits */
	expect(h, ". 1:1(0) ack 1001 <nop,nop,sack 401:501>");
	harness_free(h);
}

static void
duplicates_that_touch_are_reported_as_one(void)
{
	struct harness *h = opened(SACK_OPEN);

	h->p.tcp.dsack = 1;
	inject(h, "P. 201:301(100) ack 1");
	inject(h, "P. 101:201(100) ack 1");
	harness_ignore(h);

	inject(h, "P. 101:301(200) ack 1");

	expect(h, ". 1:1(0) ack 1 <nop,nop,sack 101:301 101:301>");
	harness_free(h);
}

static void
without_sack_a_gap_is_acknowledged_without_blocks(void)
{
	struct harness *h = opened("mss 1460");

	inject(h, "P. 101:201(100) ack 1");

	expect(h, ". 1:1(0) ack 1 <>");
	harness_free(h);
}

static void
the_newest_blocks_come_first_as_many_as_fit(void)
{
	struct harness *h = opened(SACK_OPEN);

	for (unsigned i = 1; i <= 5; i++)
		injectf(h, "P. %u:%u(10) ack 1", i * 100, i * 100 + 10);
	h->sent_first += 4;
	h->sent_count -= 4;

	expect(h, ". 1:1(0) ack 1 <nop,nop,sack 500:510 400:410 300:310 200:210>");
	harness_free(h);
}

static void
bytes_that_came_twice_are_reported_once(void)
{
	struct harness *h = opened(SACK_OPEN);

	inject(h, "P. 1:101(100) ack 1");
	harness_advance(h, 100);
	harness_ignore(h);

	inject(h, "P. 1:101(100) ack 1");
	expect(h, ". 1:1(0) ack 101 <nop,nop,sack 1:101>");
	inject(h, "P. 201:301(100) ack 1");
	expect(h, ". 1:1(0) ack 101 <nop,nop,sack 201:301>");
	inject(h, "P. 201:301(100) ack 1");

	expect(h, ". 1:1(0) ack 101 <nop,nop,sack 201:301 201:301>");
	harness_free(h);
}

/* Which bytes count where segments overlap: old 'o' at [11, 31), new 'n' at [1, 41) in two orders of coming. */
static void
overlaps(uint8_t policy, const char *first, const char *second, const char *want)
{
	struct harness *h = harness_new(NULL);
	char got[64] = {0};

	h->p.tcp.overlap = policy;
	harness_open(h, "mss 1460");
	inject_fill(h, first, 'o');
	inject_fill(h, second, 'n');

	inject_fill(h, ". 1:2(1) ack 1", '.');

	CHECK_EQ_I(tcp_user_recv(&h->tcp, h->conn, got, sizeof(got)), (int64_t)strlen(want));
	CHECK_STR(got, want);
	harness_free(h);
}

static void
overlapping_segments_follow_the_policy(void)
{
	static const char *const covered[2] = {". 4:7(3) ack 1", ". 2:9(7) ack 1"};
	static const char *const behind[2] = {". 2:7(5) ack 1", ". 4:9(5) ack 1"};
	static const char *const inside[2] = {". 2:9(7) ack 1", ". 4:7(3) ack 1"};

	overlaps(MIEN_SEGMENTS_FIRST, covered[0], covered[1], ".nnooonn");
	overlaps(MIEN_SEGMENTS_LAST, covered[0], covered[1], ".nnnnnnn");
	overlaps(MIEN_SEGMENTS_WINDOWS, covered[0], covered[1], ".nnnnnnn");
	overlaps(MIEN_SEGMENTS_BSD, covered[0], covered[1], ".nnnnnnn");
	overlaps(MIEN_SEGMENTS_FIRST, behind[0], behind[1], ".ooooonn");
	overlaps(MIEN_SEGMENTS_LAST, behind[0], behind[1], ".oonnnnn");
	overlaps(MIEN_SEGMENTS_SOLARIS, behind[0], behind[1], ".oonnnnn");
	overlaps(MIEN_SEGMENTS_LINUX, behind[0], behind[1], ".ooooonn");
	overlaps(MIEN_SEGMENTS_FIRST, inside[0], inside[1], ".ooooooo");
	overlaps(MIEN_SEGMENTS_LAST, inside[0], inside[1], ".oonnnoo");
}

static void
the_first_copy_wins_over_bytes_that_fill_the_gap(void)
{
	struct harness *h = opened(NULL);
	char got[16] = {0};

	inject_fill(h, ". 4:6(2) ack 1", 'o');

	inject_fill(h, ". 1:9(8) ack 1", 'n');

	CHECK_EQ_I(tcp_user_recv(&h->tcp, h->conn, got, sizeof(got)), 8);
	CHECK_STR(got, "nnnoonnn");
	harness_free(h);
}

static void
pieces_out_of_order_are_bounded(void)
{
	struct harness *h = opened(NULL);

	for (unsigned i = 0; i < 200; i++) {
		injectf(h, ". %u:%u(1) ack 1", 3 + 2 * i, 4 + 2 * i);
		harness_ignore(h);
	}

	CHECK_EQ_U(h->env.mbufs_held, 64 + 64);
	CHECK_EQ_U(h->drop, MIEN_DROP_TCP_REASS_LIMIT);
	inject(h, ". 1:3(2) ack 1");
	harness_read(h, 1, 3);
	harness_free(h);
}

/* RFC 2018 4: also where nothing more is kept, an ACK tells first of what came. */
static void
a_piece_held_is_told_of_when_no_more_fit(void)
{
	struct harness *h = opened("mss 1460,sackOK");

	h->p.tcp.dsack = 1;
	for (unsigned i = 0; i < 200; i++)
		injectf(h, ". %u:%u(1) ack 1", 3 + 2 * i, 4 + 2 * i);
	harness_ignore(h);

	inject(h, ". 255:256(1) ack 1");

	expect(h, ". 1:1(0) ack 1 <nop,nop,sack 255:256 255:256 257:258 253:254>");
	CHECK_EQ_U(h->drop, MIEN_DROP_TCP_REASS_LIMIT);
	harness_free(h);
}

static void
bytes_out_of_order_are_bounded_in_all(void)
{
	const struct tcp_limits limits = {.max_conns = 4, .max_time_wait = 4, .max_listeners = 1,
		.max_reassembly_bytes = 1500, .sndbuf = 1 << 16};
	struct harness *h = harness_with_limits(NULL, &limits);

	h->p.tcp.ts.base = MIEN_TS_BOOT;
	mien_personality_init_plain(&h->p);
	harness_open(h, NULL);

	inject(h, ". 101:1101(1000) ack 1");
	inject(h, ". 1101:2101(1000) ack 1");

	CHECK_EQ_U(h->drop, MIEN_DROP_TCP_REASS_LIMIT);
	CHECK_EQ_U(h->tcp.reass_bytes, 1000);
	harness_free(h);
}

/* -- acknowledgments --------------------------------------------------------------------------------------- */

static void
every_second_full_segment_is_acknowledged(void)
{
	struct harness *h = opened(NULL);

	inject(h, ". 1:1461(1460) ack 1"); /* larger than any before: its ACK shows that */
	harness_advance(h, 100);
	harness_ignore(h);

	inject(h, ". 1461:2921(1460) ack 1");
	expect_none(h);
	inject(h, ". 2921:4381(1460) ack 1");

	expect(h, ". 1:1(0) ack 4381");
	harness_free(h);
}

static void
a_small_segment_is_acknowledged_after_the_delay(void)
{
	struct harness *h = opened(NULL);

	inject(h, "P. 1:11(10) ack 1");
	expect_none(h);
	harness_advance(h, 500);

	expect_time(h, 40, ". 1:1(0) ack 11");
	expect_none(h);
	CHECK_EQ_U(h->env.counters.tcp_delayed_acks, 1);
	harness_free(h);
}

static void
the_first_segments_are_acknowledged_at_once_where_the_personality_does(void)
{
	struct harness *h = harness_new(NULL);

	h->p.tcp.quickack = 2;
	harness_open(h, NULL);

	inject(h, "P. 1:11(10) ack 1");
	expect(h, ". 1:1(0) ack 11");
	inject(h, "P. 11:21(10) ack 1");
	expect(h, ". 1:1(0) ack 21");
	inject(h, "P. 21:31(10) ack 1");

	expect_none(h);
	harness_free(h);
}

static void
a_burst_in_order_is_acknowledged_once(void)
{
	struct harness *h = opened(NULL);

	h->hold = true;
	for (unsigned i = 0; i < 10; i++)
		injectf(h, ". %u:%u(1000) ack 1", 1 + i * 1000, 1001 + i * 1000);
	h->hold = false;
	harness_flush(h);

	expect(h, ". 1:1(0) ack 10001");
	expect_none(h);
	harness_free(h);
}

/* -- the window -------------------------------------------------------------------------------------------- */

static void
fill_window(struct harness *h, uint32_t bytes)
{
	for (uint32_t at = 1; at <= bytes; at += 1024)
		injectf(h, ". %u:%u(1024) ack 1", at, at + 1024);
	harness_ignore(h);
}

static void
an_unread_buffer_closes_the_window_and_reading_opens_it(void)
{
	struct harness *h = harness_new(NULL);

	h->p.tcp.rcvbuf = h->p.tcp.rcvbuf_max = 16384;
	h->p.tcp.window_synack_no_wscale.base = 16384;
	harness_open(h, NULL);
	fill_window(h, 16384);

	inject(h, ". 16385:16386(1) ack 1");
	expect(h, ". 1:1(0) ack 16385 win 0");
	harness_read(h, 1, 1000);
	expect_none(h);
	harness_read(h, 1001, 10000);

	expect(h, ". 1:1(0) ack 16385 win 11000");
	harness_free(h);
}

static void
an_ack_and_a_reset_count_at_a_closed_window(void)
{
	struct harness *h = harness_new(NULL);

	h->p.tcp.rcvbuf = h->p.tcp.rcvbuf_max = 4096;
	h->p.tcp.window_synack_no_wscale.base = 4096;
	harness_open(h, NULL);
	harness_send(h, 1, 100);
	fill_window(h, 4096);

	inject(h, "P. 4097:4107(10) ack 101");

	expect(h, ". 101:101(0) ack 4097 win 0");
	CHECK_EQ_U(harness_tcb(h)->rtxq.bytes, 0);
	inject(h, "R 4097:4097(0)");
	CHECK_EQ_U(harness_state(h), MIEN_TCP_CLOSED);
	harness_free(h);
}

static void
the_right_edge_never_moves_left(void)
{
	struct harness *h = harness_new(NULL);
	struct mien_tcp_info before, after;

	harness_open(h, "mss 1460,nop,wscale 7");
	inject(h, "P. 1:11(10) ack 1");
	before = harness_info(h);

	REQUIRE_EQ_I(tcp_user_set(&h->tcp, h->conn, MIEN_TCP_RCVBUF, 1000), MIEN_OK);
	harness_advance(h, 100);

	after = harness_info(h);
	CHECK(seq_geq(after.rcv_nxt + after.rcv_wnd, before.rcv_nxt + before.rcv_wnd));
	harness_free(h);
}

static void
the_buffer_grows_when_the_application_keeps_up(void)
{
	struct harness *h = harness_new(NULL);
	uint32_t at = 1;

	harness_open(h, "mss 1460,nop,wscale 7");
	for (unsigned i = 0; i < 200; i++, at += 1000) {
		injectf(h, ". %u:%u(1000) ack 1", at, at + 1000);
		harness_read(h, at, 1000);
		harness_ignore(h);
	}

	CHECK(harness_tcb(h)->rcvbuf > h->p.tcp.rcvbuf);
	harness_free(h);
}

static void
one_byte_segments_do_not_hold_an_mbuf_each(void)
{
	struct harness *h = opened(NULL);

	for (unsigned i = 1; i <= 2000; i++)
		injectf(h, "P. %u:%u(1) ack 1", i, i + 1);
	harness_ignore(h);

	CHECK(h->env.mbufs_held <= 8);
	harness_read(h, 1, 2000);
	harness_free(h);
}

static void
bytes_are_looked_at_where_they_lie(void)
{
	struct harness *h = opened(NULL);
	struct mien_piece pieces[4];

	inject(h, "P. 1:101(100) ack 1");
	inject(h, "P. 101:201(100) ack 1");

	REQUIRE_EQ_I(tcp_user_peek(&h->tcp, h->conn, pieces, 4), 2);
	CHECK_EQ_U(pieces[0].len, 100);
	CHECK_EQ_U(pieces[1].data[0], harness_byte(101));
	CHECK_EQ_I(tcp_user_consume(&h->tcp, h->conn, 201), MIEN_EINVAL);
	REQUIRE_EQ_I(tcp_user_consume(&h->tcp, h->conn, 150), MIEN_OK);
	REQUIRE_EQ_I(tcp_user_peek(&h->tcp, h->conn, pieces, 4), 1);

	CHECK_EQ_U(pieces[0].len, 50);
	CHECK_EQ_U(pieces[0].data[0], harness_byte(151));
	CHECK_EQ_U(h->env.counters.tcp_payload_copied, 0);
	harness_free(h);
}

/* -- urgent data ------------------------------------------------------------------------------------------- */

static void
urgent_data_are_announced_and_stay_in_line(void)
{
	struct harness *h = opened(NULL);
	struct mien_tcp_info info;

	inject(h, "PU. 1:11(10) ack 1 urg 4");
	(void)expect_event(h, MIEN_EV_READABLE);
	(void)expect_event(h, MIEN_EV_URGENT);

	info = harness_info(h);
	CHECK_EQ_U(info.urgent_left, 4);
	harness_read(h, 1, 4);
	info = harness_info(h);
	CHECK_EQ_U(info.urgent_left, 0);
	harness_read(h, 5, 6);
	harness_free(h);
}

static void
an_urgent_pointer_without_its_flag_means_nothing(void)
{
	struct harness *h = opened(NULL);

	inject(h, "P. 1:11(10) ack 1 urg 9");

	(void)expect_event(h, MIEN_EV_READABLE);
	expect_no_event(h);
	harness_free(h);
}

static void
a_wild_urgent_pointer_is_survived(void)
{
	struct harness *h = opened(NULL);

	inject(h, "PU. 1:2(1) ack 1 urg 65535");

	(void)expect_event(h, MIEN_EV_READABLE);
	harness_read(h, 1, 1);
	CHECK_EQ_U(harness_state(h), MIEN_TCP_ESTABLISHED);
	harness_free(h);
}

static void
bytes_behind_the_fin_are_forgotten(void)
{
	struct harness *h = opened(NULL);

	inject(h, ". 21:41(20) ack 1");
	inject(h, "F. 1:11(10) ack 1");

	harness_read(h, 1, 10);
	CHECK_EQ_U(harness_state(h), MIEN_TCP_CLOSE_WAIT);
	CHECK_NULL(harness_tcb(h)->reass.head);
	CHECK_EQ_U(h->tcp.reass_bytes, 0);
	harness_free(h);
}

const struct test_suite text_suite = {
	.name = "text",
	.setup = harness_setup,
	.cases = (const struct test_case[]){
		{"a header's own mbuf is not kept", a_headers_own_mbuf_is_not_kept},
		/* proves SHLD-31 MAY-13 SA-3 SA-4 CC-7 */
		{"small segments are full where no larger are taken", small_segments_are_full_where_no_larger_are_taken},
		{"bytes in front of a FIN that came first are acknowledged at once",
			bytes_in_front_of_a_fin_that_came_first_are_acknowledged_at_once},
		{"a gap is acknowledged at once and reported", a_gap_is_acknowledged_at_once_and_reported},
		/* proves SA-5 */
		{"of several duplicates in a segment the first is reported",
			of_several_duplicates_the_first_is_reported},
		{"duplicates that touch are reported as one", duplicates_that_touch_are_reported_as_one},
		/* proves SA-2 */
		{"without SACK a gap is acknowledged without blocks", without_sack_a_gap_is_acknowledged_without_blocks},
		/* proves SA-3 */
		{"the newest blocks come first, as many as fit", the_newest_blocks_come_first_as_many_as_fit},
		/* proves SA-5 */
		{"bytes that came twice are reported once", bytes_that_came_twice_are_reported_once},
		{"overlapping segments follow the policy", overlapping_segments_follow_the_policy},
		/* proves est-overlap */
		{"the first copy wins over bytes that fill the gap", the_first_copy_wins_over_bytes_that_fill_the_gap},
		/* proves est-ooo S4 */
		{"pieces out of order are bounded", pieces_out_of_order_are_bounded},
		{"a piece that is held is told of when no more fit", a_piece_held_is_told_of_when_no_more_fit},
		/* proves S4 */
		{"bytes out of order are bounded in all", bytes_out_of_order_are_bounded_in_all},
		/* proves SHLD-19 CC-7 */
		{"every second full segment is acknowledged", every_second_full_segment_is_acknowledged},
		/* proves MUST-40 SHLD-18 */
		{"a small segment is acknowledged after the delay", a_small_segment_is_acknowledged_after_the_delay},
		{"the first segments are acknowledged at once where the personality does",
			the_first_segments_are_acknowledged_at_once_where_the_personality_does},
		/* proves MUST-58 MUST-59 */
		{"a burst in order is acknowledged once", a_burst_in_order_is_acknowledged_once},
		{"an unread buffer closes the window and reading opens it", an_unread_buffer_closes_the_window_and_reading_opens_it},
		/* proves MUST-66 */
		{"an ACK and a reset count at a closed window", an_ack_and_a_reset_count_at_a_closed_window},
		/* proves SHLD-14 */
		{"the right edge never moves left", the_right_edge_never_moves_left},
		{"the buffer grows when the application keeps up", the_buffer_grows_when_the_application_keeps_up},
		{"one-byte segments do not hold an mbuf each", one_byte_segments_do_not_hold_an_mbuf_each},
		{"bytes are looked at where they lie", bytes_are_looked_at_where_they_lie},
		/* proves MUST-30 MUST-32 MUST-33 */
		{"urgent data are announced and stay in line", urgent_data_are_announced_and_stay_in_line},
		/* proves est-urg-noflag */
		{"an urgent pointer without its flag means nothing", an_urgent_pointer_without_its_flag_means_nothing},
		/* proves est-urgffff */
		{"a wild urgent pointer is survived", a_wild_urgent_pointer_is_survived},
		{"bytes behind the FIN are forgotten", bytes_behind_the_fin_are_forgotten},
		{NULL, NULL},
	},
};
