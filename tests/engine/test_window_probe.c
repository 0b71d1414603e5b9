/* SPDX-License-Identifier: BSD-3-Clause */
/* Windows that are closed, shrunk or silly, and the probes of them: RFC 9293 3.8.6.1, 3.8.6.2.1. */
#include "recovery.h"

#include "stream.h"

static const struct setting newreno = {.options = "mss 1000", .recovery = MIEN_RECOVERY_NEWRENO, .cwnd = 20};

/* Opened at 0 ms; the RTT of the handshake was 0, the timeout is a second. */
static struct harness *
opened(void)
{
	struct harness *h = harness_new(NULL);

	h->p.tcp.rto_min_ms = 1000;
	harness_open(h, NULL);
	return h;
}

/* A peer whose window is closed while 100 bytes wait; the segment that closed it was acknowledged at 0 ms. */
static struct harness *
blocked(uint8_t probe)
{
	struct harness *h = opened();

	h->p.tcp.probe = probe;
	h->p.tcp.persist_min_ms = 1000;
	h->p.tcp.persist_max_ms = 8000;
	inject(h, ". 1:1(0) ack 1 win 0");
	harness_send(h, 1, 100);
	expect_none(h);
	return h;
}

static void
probes_of_old_bytes(void)
{
	struct harness *h = blocked(MIEN_PROBE_OLD_SEQ);

	harness_advance(h, 32000);

	expect_time(h, 1000, ". 0:0(0) ack 1"); /* SHLD-29, SHLD-30 */
	expect_time(h, 3000, ". 0:0(0) ack 1");
	expect_time(h, 7000, ". 0:0(0) ack 1");
	expect_time(h, 15000, ". 0:0(0) ack 1");
	expect_time(h, 23000, ". 0:0(0) ack 1");
	expect_time(h, 31000, ". 0:0(0) ack 1");
	expect_none(h);
	inject(h, ". 1:1(0) ack 1 win 1000");
	expect(h, "P. 1:101(100) ack 1");
	harness_free(h);
}

static void
probes_of_one_byte(void)
{
	struct harness *h = blocked(MIEN_PROBE_ONE_BYTE);

	harness_advance(h, 1500);
	expect_time(h, 1000, ". 1:2(1) ack 1");
	inject(h, ". 1:1(0) ack 1 win 0");
	harness_advance(h, 2000);
	expect_time(h, 3000, ". 1:2(1) ack 1");
	inject(h, ". 1:1(0) ack 2 win 0"); /* it took the byte */
	harness_advance(h, 4500);
	expect_time(h, 7500, ". 2:3(1) ack 1");

	inject(h, ". 1:1(0) ack 2 win 1000"); /* it did not take this one */

	expect(h, ". 2:3(1) ack 1");
	expect(h, "P. 3:101(98) ack 1");
	expect_none(h);
	inject(h, ". 1:1(0) ack 101 win 1000");
	harness_advance(h, 100000);
	expect_none(h);
	harness_free(h);
}

/* With ONE_BYTE a probe repeats what is out; of a FIN there is no byte, and a chain's first is in its first mbuf. */
static void
a_probe_of_one_byte_needs_a_byte(void)
{
	struct harness *h = sending(&newreno, 0);

	h->p.tcp.probe = MIEN_PROBE_ONE_BYTE;
	harness_shutdown(h);
	inject(h, ". 1:1(0) ack 1 win 0");
	harness_ignore(h);
	harness_advance(h, 2000);
	expect(h, ". 0:0(0) ack 1");
	harness_ignore(h);
	harness_free(h);

	h = sending(&newreno, 0);
	h->p.tcp.probe = MIEN_PROBE_ONE_BYTE;
	{
		struct rte_mbuf *m = app_mbuf(h, 1, 1), *rest = app_mbuf(h, 2, 500);

		m->next = rest, m->nb_segs = 2, m->pkt_len = 501;
		REQUIRE_EQ_I(tcp_user_send_mbuf(&h->tcp, h->conn, &m, 0), 501);
	}
	harness_flush(h);
	inject(h, ". 1:1(0) ack 1 win 0");
	harness_ignore(h);
	harness_advance(h, 1500);
	expect_stream(h, ". 1:2(1) ack 1");
	inject(h, ". 1:1(0) ack 2 win 0");
	harness_ignore(h);
	harness_advance(h, 60000);
	expect_stream(h, ". 2:3(1) ack 1");
	harness_ignore(h);
	harness_free(h);
}

static void
probed_for_ever(void)
{
	struct harness *h = blocked(MIEN_PROBE_OLD_SEQ);

	for (int i = 0; i < 1000; i++) {
		harness_advance(h, 8000);
		harness_ignore(h);
		inject(h, ". 1:1(0) ack 1 win 0");
	}

	CHECK_EQ_U(harness_state(h), MIEN_TCP_ESTABLISHED); /* MUST-37 */
	inject(h, ". 1:1(0) ack 1 win 100");
	expect(h, "P. 1:101(100) ack 1");
	harness_free(h);
}

static void
unanswered_probes(void)
{
	struct harness *h = blocked(MIEN_PROBE_OLD_SEQ);

	harness_advance(h, 200000);

	harness_ignore(h);
	CHECK_EQ_I(expect_event(h, MIEN_EV_CLOSED).err, MIEN_ETIMEDOUT);
	harness_free(h);
}

static void
the_user_timeout_ends_unanswered_probes_of_a_window(void)
{
	struct harness *h = sending(&newreno, 0);

	inject(h, ". 1:1(0) ack 1 win 0");
	harness_send(h, 1, 100);
	REQUIRE_EQ_I(tcp_user_set(&h->tcp, h->conn, MIEN_TCP_USER_TIMEOUT_MS, 5000), MIEN_OK);
	harness_advance(h, 3000);
	inject(h, ". 1:1(0) ack 1 win 0"); /* still there */
	harness_advance(h, 4900);
	CHECK_EQ_U(harness_state(h), MIEN_TCP_ESTABLISHED);
	harness_advance(h, 60000);

	CHECK_EQ_I(expect_event(h, MIEN_EV_CLOSED).err, MIEN_ETIMEDOUT);
	harness_ignore(h);
	harness_free(h);
}

/* Under pressure a peer that keeps its window shut is not probed for ever. */
static void
under_pressure_a_window_that_stays_shut_ends_at_its_probe(void)
{
	struct harness *h = sending(&newreno, 0);

	inject(h, ". 1:1(0) ack 1 win 0");
	harness_send(h, 1, 100);
	harness_advance(h, 2000);
	h->env.pressure = MIEN_PRESSURE_SOME;
	harness_ignore(h);
	harness_advance(h, 200000);

	CHECK_EQ_U(h->env.counters.tcp_stuck_ended, 1);
	CHECK_EQ_I(expect_event(h, MIEN_EV_CLOSED).err, MIEN_ETIMEDOUT);
	harness_ignore(h);
	harness_free(h);
}

static void
window_shrunk_to_zero(void)
{
	struct harness *h = opened();

	harness_send(h, 1, 100);
	expect(h, "P. 1:101(100) ack 1");
	inject(h, ". 1:1(0) ack 1 win 0");
	for (int i = 0; i < 100; i++) {
		harness_advance(h, 130000);
		CHECK(h->sent_count > 0); /* MUST-35 */
		harness_ignore(h);
		inject(h, ". 1:1(0) ack 1 win 0");
	}

	CHECK_EQ_U(harness_state(h), MIEN_TCP_ESTABLISHED);
	inject(h, ". 1:1(0) ack 1 win 1000");
	expect(h, "P. 1:101(100) ack 1");
	harness_free(h);
}

/* An ACK of what was out, and still no window: the probes' timer goes on. */
static void
an_ack_does_not_start_the_timeout_of_a_closed_window(void)
{
	struct harness *h = sending(&newreno, 4);
	uint64_t due;

	inject(h, ". 1:1(0) ack 1 win 0");
	CHECK(harness_tcb(h)->flags & TF_PERSIST);
	due = harness_tcb(h)->deadline[DL_RTX];
	inject(h, ". 1:1(0) ack 2001 win 0");

	CHECK(harness_tcb(h)->flags & TF_PERSIST);
	CHECK_EQ_U(harness_tcb(h)->deadline[DL_RTX], due);
	harness_ignore(h);
	harness_free(h);
}

static void
silly_window_is_overridden(void)
{
	struct harness *h = opened();

	inject(h, ". 1:1(0) ack 1 win 50");
	harness_send(h, 1, 100);
	expect_none(h);

	harness_advance(h, 1100);

	expect_time(h, 1000, ". 1:51(50) ack 1");
	inject(h, ". 1:1(0) ack 51 win 50");
	expect(h, "P. 51:101(50) ack 1");
	harness_free(h);
}

/* A corked rest asks for no probe, unless the window is too small for it. */
static void
a_cork_asks_for_no_probe_where_all_of_it_fits(void)
{
	for (unsigned i = 0; i < 2; i++) {
		struct harness *h = sending(&newreno, 0);

		REQUIRE_EQ_I(tcp_user_set(&h->tcp, h->conn, MIEN_TCP_CORK, 1), MIEN_OK);
		if (i == 1)
			inject(h, ". 1:1(0) ack 1 win 50");
		harness_send(h, 1, 100);
		CHECK_EQ_U(!!(harness_tcb(h)->flags & TF_PERSIST), i);
		harness_ignore(h);
		harness_free(h);
	}
}

/* -- a port that takes nothing ------------------------------------------------------------------------------ */

/* 100 bytes wait for a port whose queue is full; the peer was heard at 0 ms. */
static struct harness *
clogged(uint32_t user_timeout_ms)
{
	struct harness *h = opened();

	harness_set(h, MIEN_TCP_USER_TIMEOUT_MS, user_timeout_ms);
	h->tx_room = 0;
	harness_send(h, 1, 100);
	CHECK(!tcp_output_pending(&h->tcp));
	return h;
}

static void
the_user_timeout_ends_what_no_port_takes(void)
{
	struct harness *h = clogged(3000);

	harness_advance(h, 2900); /* after one timeout, then each half second */
	CHECK_EQ_U(harness_info(h).backoff, 0);
	CHECK_EQ_U(harness_info(h).retransmits, 0);
	CHECK_EQ_U(harness_info(h).probes, 4);
	expect_no_event(h);
	harness_advance(h, 200);

	CHECK_EQ_I(expect_event(h, MIEN_EV_CLOSED).err, MIEN_ETIMEDOUT);
	expect_none(h);
	h->tx_room = 1024;
	harness_free(h);
}

static void
what_no_port_takes_goes_when_it_does(void)
{
	struct harness *h = clogged(0);

	harness_advance(h, 100000);
	expect_none(h);
	h->tx_room = 1024;
	harness_flush(h);

	expect(h, "P. 1:101(100) ack 1");
	harness_advance(h, 1000);
	expect_time(h, 101000, "P. 1:101(100) ack 1"); /* from here on as any */
	harness_free(h);
}

const struct test_suite window_probe_suite = {
	.name = "window probes",
	.setup = harness_setup,
	.cases = (const struct test_case[]){
		/* proves MUST-36 SHLD-29 SHLD-30 est-zero-win */
		{"a closed window is probed after one RTO, then ever more rarely", probes_of_old_bytes},
		{"a probe of one byte becomes data when the peer takes it", probes_of_one_byte},
		{"a probe of one byte needs a byte", a_probe_of_one_byte_needs_a_byte},
		/* proves MUST-37 PS-1 */
		{"a connection whose probes are answered stays open", probed_for_ever},
		{"one whose probes are not ends", unanswered_probes},
		{"the user timeout ends unanswered probes of a window", the_user_timeout_ends_unanswered_probes_of_a_window},
		{"under pressure a window that stays shut ends at its probe",
			under_pressure_a_window_that_stays_shut_ends_at_its_probe},
		/* proves MUST-35 */
		{"a window shrunk to nothing is probed", window_shrunk_to_zero},
		{"an ACK does not start the timeout of a closed window", an_ack_does_not_start_the_timeout_of_a_closed_window},
		/* proves SW-1 */
		{"a silly window is filled after a while", silly_window_is_overridden},
		{"a cork asks for no probe where all of it fits", a_cork_asks_for_no_probe_where_all_of_it_fits},
		{"the user timeout ends what no port takes", the_user_timeout_ends_what_no_port_takes},
		{"what no port takes goes when one does", what_no_port_takes_goes_when_it_does},
		{NULL, NULL},
	},
};
