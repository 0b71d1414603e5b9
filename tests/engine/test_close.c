/* SPDX-License-Identifier: BSD-3-Clause */
/* The ways to the end of a connection (RFC 9293 3.6). */
#include "suites.h"

static struct harness *
opened(void)
{
	struct harness *h = harness_new(NULL);

	harness_open(h, NULL);
	return h;
}

static void
the_side_that_closes_first_waits(void)
{
	struct harness *h = opened();

	harness_close(h);
	expect(h, "F. 1:1(0) ack 1");
	CHECK_EQ_U(harness_state(h), MIEN_TCP_FIN_WAIT_1);
	inject(h, ". 1:1(0) ack 2");
	CHECK_EQ_U(harness_state(h), MIEN_TCP_FIN_WAIT_2);
	inject(h, "F. 1:1(0) ack 2");

	expect(h, ". 2:2(0) ack 2");
	CHECK_EQ_I(expect_event(h, MIEN_EV_CLOSED).err, MIEN_OK);
	CHECK_EQ_U(pool_used(&h->tcp.tcbs), 0);
	CHECK_EQ_U(pool_used(&h->tcp.tws), 1);
	harness_advance(h, 59999);
	CHECK_EQ_U(pool_used(&h->tcp.tws), 1);
	harness_advance(h, 2);
	expect_nothing_left(h);
	harness_free(h);
}

static void
the_side_that_closes_last_is_gone_with_the_last_ack(void)
{
	struct harness *h = opened();

	inject(h, "F. 1:1(0) ack 1");
	expect(h, ". 1:1(0) ack 2");
	(void)expect_event(h, MIEN_EV_PEER_CLOSED);
	CHECK_EQ_U(harness_state(h), MIEN_TCP_CLOSE_WAIT);
	harness_close(h);
	expect(h, "F. 1:1(0) ack 2");
	CHECK_EQ_U(harness_state(h), MIEN_TCP_LAST_ACK);
	inject(h, ". 2:2(0) ack 2");

	CHECK_EQ_I(expect_event(h, MIEN_EV_CLOSED).err, MIEN_OK);
	expect_none(h);
	expect_nothing_left(h);
	harness_free(h);
}

static void
fins_that_cross_close_simultaneously(void)
{
	struct harness *h = opened();

	harness_close(h);
	expect(h, "F. 1:1(0) ack 1");
	inject(h, "F. 1:1(0) ack 1");
	expect(h, ". 2:2(0) ack 2");
	CHECK_EQ_U(harness_state(h), MIEN_TCP_CLOSING);
	inject(h, ". 2:2(0) ack 2");

	CHECK_EQ_I(expect_event(h, MIEN_EV_CLOSED).err, MIEN_OK);
	CHECK_EQ_U(pool_used(&h->tcp.tws), 1);
	harness_free(h);
}

static void
a_fin_that_acknowledges_ours_leads_to_time_wait_at_once(void)
{
	struct harness *h = opened();

	harness_close(h);
	harness_ignore(h);

	inject(h, "F. 1:1(0) ack 2");

	expect(h, ". 2:2(0) ack 2");
	CHECK_EQ_U(pool_used(&h->tcp.tws), 1);
	harness_free(h);
}

static void
a_half_closed_connection_still_receives(void)
{
	struct harness *h = opened();

	harness_shutdown(h);
	expect(h, "F. 1:1(0) ack 1");
	CHECK_EQ_I(tcp_user_shutdown(&h->tcp, h->conn), MIEN_ECLOSED);

	inject(h, ". 1:1(0) ack 2");
	inject(h, "P. 1:101(100) ack 2");

	(void)expect_event(h, MIEN_EV_READABLE);
	harness_read(h, 1, 100);
	harness_advance(h, 600000);
	CHECK_EQ_U(harness_state(h), MIEN_TCP_FIN_WAIT_2);
	harness_free(h);
}

static void
bytes_unread_outlive_an_orderly_end(void)
{
	struct harness *h = opened();
	uint8_t byte;

	harness_shutdown(h);
	inject(h, "FP. 1:101(100) ack 2");
	(void)expect_event(h, MIEN_EV_READABLE);
	(void)expect_event(h, MIEN_EV_PEER_CLOSED);
	expect_no_event(h);
	harness_advance(h, 120000);

	harness_read(h, 1, 60);
	expect_no_event(h);
	harness_read(h, 61, 40);
	CHECK_EQ_I(tcp_user_recv(&h->tcp, h->conn, &byte, 1), 0);

	CHECK_EQ_I(expect_event(h, MIEN_EV_CLOSED).err, MIEN_OK);
	CHECK_EQ_I(tcp_user_recv(&h->tcp, h->conn, &byte, 1), MIEN_ESTALE);
	expect_nothing_left(h);
	harness_free(h);
}

static void
closing_with_bytes_unread_resets(void)
{
	struct harness *h = opened();

	inject(h, "P. 1:11(10) ack 1");
	(void)expect_event(h, MIEN_EV_READABLE);

	REQUIRE_EQ_I(tcp_user_close(&h->tcp, h->conn), MIEN_OK);

	expect(h, "R. 1:1(0) ack 11");
	CHECK_EQ_I(expect_event(h, MIEN_EV_CLOSED).err, MIEN_EABORTED);
	expect_nothing_left(h);
	harness_free(h);
}

static void
an_older_personality_closes_with_fin_all_the_same(void)
{
	struct harness *h = opened();

	h->p.tcp.close_unread_rst = 0;
	inject(h, "P. 1:11(10) ack 1");
	(void)expect_event(h, MIEN_EV_READABLE);

	harness_close(h);

	expect(h, "F. 1:1(0) ack 11");
	harness_free(h);
}

static void
data_after_the_application_closed_is_reset(void)
{
	struct harness *h = opened();

	harness_close(h);
	inject(h, ". 1:1(0) ack 2");
	harness_ignore(h);

	inject(h, "P. 1:11(10) ack 2");

	expect(h, "R 2:2(0)"); /* as if there were no connection */
	CHECK_EQ_I(expect_event(h, MIEN_EV_CLOSED).err, MIEN_EABORTED);
	expect_nothing_left(h);
	harness_free(h);
}

static void
a_peer_that_never_closes_is_given_up_in_fin_wait_2(void)
{
	struct harness *h = opened();

	harness_close(h);
	inject(h, ". 1:1(0) ack 2");
	harness_advance(h, 59000);
	CHECK_EQ_U(harness_state(h), MIEN_TCP_FIN_WAIT_2);
	inject(h, ". 1:1(0) ack 2");

	harness_advance(h, 2000);

	CHECK_EQ_I(expect_event(h, MIEN_EV_CLOSED).err, MIEN_OK);
	expect_nothing_left(h);
	harness_free(h);
}

static void
a_fin_out_of_order_waits_for_the_bytes_before_it(void)
{
	struct harness *h = opened();

	inject(h, "FP. 11:21(10) ack 1");
	expect(h, ". 1:1(0) ack 1");
	inject(h, "F. 31:31(0) ack 1"); /* contradicts the first: the bytes decide */
	harness_ignore(h);
	inject(h, "FP. 11:21(10) ack 1");
	harness_ignore(h);
	inject(h, "P. 1:11(10) ack 1");

	expect(h, ". 1:1(0) ack 22");
	(void)expect_event(h, MIEN_EV_READABLE);
	(void)expect_event(h, MIEN_EV_PEER_CLOSED);
	harness_read(h, 1, 20);
	harness_free(h);
}

static void
a_peer_that_keeps_its_window_shut_does_not_hold_a_closed_connection(void)
{
	struct harness *h = opened();

	harness_send(h, 1, 100);
	inject(h, ". 1:1(0) ack 1 win 0");
	REQUIRE_EQ_I(tcp_user_close(&h->tcp, h->conn), MIEN_OK);
	for (unsigned i = 0; i < 119; i++) {
		harness_advance(h, 1000);
		inject(h, ". 1:1(0) ack 1 win 0");
	}
	CHECK_EQ_U(harness_state(h), MIEN_TCP_FIN_WAIT_1);
	harness_ignore(h);

	harness_advance(h, 2000);

	CHECK_EQ_I(expect_event(h, MIEN_EV_CLOSED).err, MIEN_ETIMEDOUT);
	CHECK_EQ_U(h->env.counters.tcp_resets_sent, 1);
	expect_nothing_left(h);
	harness_free(h);
}

static void
bytes_beyond_a_fin_are_forgotten_with_it(void)
{
	struct harness *h = opened();

	inject(h, "P. 12:22(10) ack 1");
	harness_ignore(h);

	inject(h, "FP. 1:11(10) ack 1");

	expect(h, ". 1:1(0) ack 12");
	CHECK_EQ_U(h->tcp.reass_bytes, 0);
	CHECK_EQ_U(harness_state(h), MIEN_TCP_CLOSE_WAIT);
	harness_free(h);
}

static void
a_repeated_fin_is_acknowledged_and_data_behind_it_ignored(void)
{
	struct harness *h = opened();

	inject(h, "F. 1:1(0) ack 1");
	expect(h, ". 1:1(0) ack 2");
	(void)expect_event(h, MIEN_EV_PEER_CLOSED);

	inject(h, "F. 1:1(0) ack 1");
	expect(h, ". 1:1(0) ack 2");
	inject(h, "P. 2:12(10) ack 1");

	expect_no_event(h);
	CHECK_EQ_U(h->drop, MIEN_DROP_TCP_AFTER_FIN);
	CHECK_EQ_U(harness_state(h), MIEN_TCP_CLOSE_WAIT);
	harness_free(h);
}

static void
an_abort_resets(void)
{
	struct harness *h = opened();

	harness_send(h, 1, 10);
	harness_ignore(h);

	REQUIRE_EQ_I(tcp_user_abort(&h->tcp, h->conn), MIEN_OK);

	expect(h, "R. 11:11(0) ack 1");
	CHECK_EQ_I(expect_event(h, MIEN_EV_CLOSED).err, MIEN_EABORTED);
	CHECK_EQ_I(tcp_user_abort(&h->tcp, h->conn), MIEN_ESTALE);
	expect_nothing_left(h);
	harness_free(h);
}

static void
a_close_before_the_answer_ends_the_attempt(void)
{
	struct harness *h = harness_new(NULL);

	harness_connect(h);
	harness_ignore(h);

	REQUIRE_EQ_I(tcp_user_close(&h->tcp, h->conn), MIEN_OK);

	CHECK_EQ_I(expect_event(h, MIEN_EV_CLOSED).err, MIEN_EABORTED);
	harness_flush(h);
	expect_none(h);
	expect_nothing_left(h);
	harness_free(h);
}

static void
the_end_is_told_after_everything_else_in_a_drain_of_its_own(void)
{
	struct harness *h = harness_new(NULL);
	struct mien_event ev[8];
	struct event_source *src;

	harness_listen(h, 80);
	inject(h, "S 0:0(0) win 65535");
	inject(h, "P. 1:11(10) ack 1");
	inject(h, "R 11:11(0)");
	src = h->env.events.head;
	h->env.events.head = h->env.events.tail = NULL;
	src->queued = 0;

	CHECK_EQ_U(tcp_take_events(&h->tcp, src, ev, 8), 1);
	CHECK_EQ_U(ev[0].type, MIEN_EV_ACCEPT);
	REQUIRE_EQ_I(tcp_user_set_cookie(&h->tcp, ev[0].object, 99), MIEN_OK);

	CHECK_EQ_U(expect_event(h, MIEN_EV_READABLE).cookie, 99);
	CHECK_EQ_U(expect_event(h, MIEN_EV_CLOSED).cookie, 99);
	expect_nothing_left(h);
	harness_free(h);
}

static void
a_host_that_goes_takes_its_connections_with_it(void)
{
	struct harness *h = opened();

	h->peer.port++;
	inject(h, "S 0:0(0) win 65535");
	harness_ignore(h);

	tcp_host_gone(&h->tcp, &h->host);

	CHECK_EQ_I(expect_event(h, MIEN_EV_CLOSED).err, MIEN_EABORTED);
	expect_none(h);
	expect_nothing_left(h);
	harness_free(h);
}

static void
unlisten_drops_half_open_connections_only(void)
{
	struct harness *h = opened();

	h->peer.port++;
	inject(h, "S 0:0(0) win 65535");
	harness_ignore(h);

	REQUIRE_EQ_I(tcp_user_unlisten(&h->tcp, h->listener), MIEN_OK);

	CHECK_EQ_U(h->tcp.half_open, 0);
	CHECK_EQ_U(pool_used(&h->tcp.tcbs), 1);
	inject(h, ". 1:1(0) ack 77");
	expect(h, "R 77:77(0)");
	CHECK_EQ_I(tcp_user_unlisten(&h->tcp, h->listener), MIEN_ESTALE);
	harness_free(h);
}

/* -- keepalive --------------------------------------------------------------------------------------------- */

static struct harness *
kept_alive(void)
{
	struct harness *h = opened();

	harness_set(h, MIEN_TCP_KEEPALIVE_IDLE_MS, 10000);
	harness_set(h, MIEN_TCP_KEEPALIVE_INTERVAL_MS, 1000);
	harness_set(h, MIEN_TCP_KEEPALIVE_COUNT, 3);
	harness_set(h, MIEN_TCP_KEEPALIVE, 1);
	return h;
}

static void
keepalives_give_up_after_their_count(void)
{
	struct harness *h = kept_alive();

	harness_advance(h, 10500);
	expect_time(h, 10000, ". 0:0(0) ack 1");
	inject(h, ". 1:1(0) ack 1");
	harness_advance(h, 30000);

	expect_time(h, 20500, ". 0:0(0) ack 1");
	expect_time(h, 21500, ". 0:0(0) ack 1");
	expect_time(h, 22500, ". 0:0(0) ack 1");
	expect_time(h, 23500, "R. 1:1(0) ack 1");
	CHECK_EQ_I(expect_event(h, MIEN_EV_CLOSED).err, MIEN_ETIMEDOUT);
	expect_nothing_left(h);
	harness_free(h);
}

/* A LOGO! whose connection is gone resets at the next number but one: each challenge of it brings another. */
static void
resets_that_cannot_be_true_do_not_keep_a_connection(void)
{
	struct harness *h = kept_alive();

	for (unsigned s = 1; s < 10; s++) {
		harness_advance(h, 1000);
		inject(h, "R. 2:2(0) ack 1");
		expect(h, ". 1:1(0) ack 1");
	}
	harness_advance(h, 1500);
	expect_time(h, 10000, ". 0:0(0) ack 1");
	inject(h, "R. 2:2(0) ack 1");
	expect(h, ". 1:1(0) ack 1");
	harness_advance(h, 3000);

	expect_time(h, 11000, ". 0:0(0) ack 1");
	expect_time(h, 12000, ". 0:0(0) ack 1");
	expect_time(h, 13000, "R. 1:1(0) ack 1");
	CHECK_EQ_I(expect_event(h, MIEN_EV_CLOSED).err, MIEN_ETIMEDOUT);
	expect_nothing_left(h);
	harness_free(h);
}

const struct test_suite close_suite = {
	.name = "close",
	.setup = harness_setup,
	.cases = (const struct test_case[]){
		/* proves MUST-13 */
		{"the side that closes first waits", the_side_that_closes_first_waits},
		{"the side that closes last is gone with the last ACK", the_side_that_closes_last_is_gone_with_the_last_ack},
		{"FINs that cross close simultaneously", fins_that_cross_close_simultaneously},
		{"a FIN that acknowledges ours leads to TIME-WAIT at once", a_fin_that_acknowledges_ours_leads_to_time_wait_at_once},
		/* proves MAY-1 */
		{"a half-closed connection still receives", a_half_closed_connection_still_receives},
		{"bytes unread outlive an orderly end", bytes_unread_outlive_an_orderly_end},
		/* proves SHLD-3 */
		{"closing with bytes unread resets", closing_with_bytes_unread_resets},
		{"an older personality closes with FIN all the same", an_older_personality_closes_with_fin_all_the_same},
		/* proves SHLD-3 */
		{"data after the application closed is reset", data_after_the_application_closed_is_reset},
		{"a peer that never closes is given up in FIN-WAIT-2", a_peer_that_never_closes_is_given_up_in_fin_wait_2},
		{"a FIN out of order waits for the bytes before it", a_fin_out_of_order_waits_for_the_bytes_before_it},
		/* proves PS-1 S3 */
		{"a peer that keeps its window shut does not hold a closed connection",
			a_peer_that_keeps_its_window_shut_does_not_hold_a_closed_connection},
		{"bytes beyond a FIN are forgotten with it", bytes_beyond_a_fin_are_forgotten_with_it},
		/* proves est-finfin est-fin-data */
		{"a repeated FIN is acknowledged and data behind it ignored",
			a_repeated_fin_is_acknowledged_and_data_behind_it_ignored},
		{"an abort resets", an_abort_resets},
		{"a close before the answer ends the attempt", a_close_before_the_answer_ends_the_attempt},
		{"the end is told after everything else in a drain of its own",
			the_end_is_told_after_everything_else_in_a_drain_of_its_own},
		{"a host that goes takes its connections with it", a_host_that_goes_takes_its_connections_with_it},
		{"unlisten drops half-open connections only", unlisten_drops_half_open_connections_only},
		/* proves MUST-29 */
		{"keepalives give up after their count", keepalives_give_up_after_their_count},
		{"resets that cannot be true do not keep a connection", resets_that_cannot_be_true_do_not_keep_a_connection},
		{NULL, NULL},
	},
};
