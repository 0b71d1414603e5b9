/* SPDX-License-Identifier: BSD-3-Clause */
/* What RFC 9293 3.9.1 lets a TCP offer to applications, and this one does. */
#include "suites.h"

/* -- FLUSH -------------------------------------------------------------------------------------------------- */

/* Open, with so many bytes given to a window of so many. */
static struct harness *
given(uint32_t bytes, unsigned int window)
{
	struct harness *h = harness_new(NULL);

	harness_open(h, "mss 1000");
	injectf(h, ". 1:1(0) ack 1 win %u", window);
	if (bytes)
		harness_send(h, 1, bytes);
	return h;
}

static void
only_what_was_not_sent_is_dropped(void)
{
	struct harness *h = given(1500, 1000);

	/* given 1000 bytes in flight and 500 that find no window */
	expect(h, ". 1:1001(1000) ack 1");

	/* when what waits is dropped */
	CHECK_EQ_I(tcp_user_flush(&h->tcp, h->conn), 500);
	CHECK_EQ_I(tcp_user_flush(&h->tcp, h->conn), 0);
	harness_flush(h);

	/* then what is in flight is sent again, and what is given next follows it */
	CHECK_EQ_U(harness_info(h).unsent, 0);
	harness_advance(h, 1000);
	expect(h, ". 1:1001(1000) ack 1");
	harness_ignore(h);
	inject(h, ". 1:1(0) ack 1001 win 1000");
	harness_send(h, 1001, 100);
	expect(h, "P. 1001:1101(100) ack 1");
	harness_free(h);
}

static void
nothing_is_left_to_probe_for(void)
{
	struct harness *h = given(100, 0);

	CHECK_EQ_I(tcp_user_flush(&h->tcp, h->conn), 100);
	harness_flush(h);

	harness_advance(h, 300000);
	expect_none(h);
	CHECK_EQ_U(harness_state(h), MIEN_TCP_ESTABLISHED);
	harness_free(h);
}

static void
the_fin_follows_at_once(void)
{
	struct harness *h = given(3000, 1000);

	harness_ignore(h);
	harness_shutdown(h);
	expect_none(h);

	CHECK_EQ_I(tcp_user_flush(&h->tcp, h->conn), 2000);
	harness_flush(h);

	expect(h, "F. 1001:1001(0) ack 1");
	harness_free(h);
}

static void
whoever_waits_for_room_is_told(void)
{
	struct harness *h = given(0, 0);
	uint8_t bytes[3000] = {0};

	harness_set(h, MIEN_TCP_SNDBUF, 2000);
	CHECK_EQ_I(tcp_user_send(&h->tcp, h->conn, bytes, sizeof(bytes)), 2000);

	CHECK_EQ_I(tcp_user_flush(&h->tcp, h->conn), 2000);

	(void)expect_event(h, MIEN_EV_WRITABLE);
	CHECK_EQ_I(tcp_user_send(&h->tcp, h->conn, bytes, 2000), 2000);
	harness_free(h);
}

/* RFC 6093: the mark stands behind the last byte that is sent. */
static void
an_urgent_mark_goes_no_further_than_what_is_sent(void)
{
	struct harness *h = given(1500, 1000);

	harness_ignore(h);
	CHECK_EQ_I(tcp_user_urgent(&h->tcp, h->conn), MIEN_OK);
	harness_flush(h);
	harness_ignore(h);

	CHECK_EQ_I(tcp_user_flush(&h->tcp, h->conn), 500);
	inject(h, ". 1:1(0) ack 1001 win 1000");
	harness_send(h, 1001, 10);

	expect(h, "P. 1001:1011(10) ack 1");
	harness_free(h);
}

static void
what_is_closed_has_nothing_to_drop(void)
{
	struct harness *h = given(100, 0);

	harness_close(h);
	CHECK_EQ_I(tcp_user_flush(&h->tcp, h->conn), MIEN_ECLOSED);
	inject(h, "R 1:1(0)");
	CHECK_EQ_I(tcp_user_flush(&h->tcp, h->conn), MIEN_ESTALE);
	harness_ignore(h);
	harness_free(h);
}

/* -- what comes with received bytes ------------------------------------------------------------------------- */

struct shown {
	uint32_t len;
	bool pushed;
	uint8_t tos;
};

static void
shows(struct harness *h, const struct shown *want, int n)
{
	struct mien_piece pieces[8];

	REQUIRE_EQ_I(tcp_user_peek(&h->tcp, h->conn, pieces, 8), n);
	for (int i = 0; i < n; i++)
		if (pieces[i].len != want[i].len || pieces[i].pushed != want[i].pushed || pieces[i].tos != want[i].tos)
			FAIL("piece %d: %u bytes, %s, class %u", i, pieces[i].len, pieces[i].pushed ? "pushed" : "not pushed",
				pieces[i].tos);
}

static void
pushes_and_classes_are_shown(void)
{
	struct harness *h = harness_new(NULL);

	harness_open(h, "mss 1000");
	inject_tos(h, 0x20, ". 1:1001(1000) ack 1");
	inject_tos(h, 0xb8, "P. 1001:1501(500) ack 1");
	shows(h, (const struct shown[]){{1000, false, 0x20}, {500, true, 0xb8}}, 2);

	/* a piece that is read in part ends where it did */
	REQUIRE_EQ_I(tcp_user_consume(&h->tcp, h->conn, 1200), MIEN_OK);
	shows(h, (const struct shown[]){{300, true, 0xb8}}, 1);
	harness_ignore(h);
	harness_free(h);
}

static void
they_are_behind_a_gap_too(void)
{
	struct harness *h = harness_new(NULL);

	/* given a pushed segment ahead, of which the end is here before, */
	harness_open(h, "mss 1000");
	inject_tos(h, 0x08, "P. 801:1001(200) ack 1");
	inject_tos(h, 0x20, "P. 501:901(400) ack 1");
	/* when the gap is filled, */
	inject_tos(h, 0, ". 1:501(500) ack 1");
	/* then each piece has its own, and PSH is where its last byte is */
	shows(h, (const struct shown[]){{500, false, 0}, {300, false, 0x20}, {200, true, 0x08}}, 3);
	harness_ignore(h);
	harness_free(h);
}

static void
a_cut_takes_the_push_with_it(void)
{
	struct harness *h = harness_new(NULL);

	h->p.tcp.overlap = MIEN_SEGMENTS_LAST;
	harness_open(h, "mss 1000");
	inject_tos(h, 0x08, "P. 501:901(400) ack 1");
	inject_tos(h, 0x20, ". 701:801(100) ack 1"); /* wins over the middle */
	inject_tos(h, 0x28, ". 851:1001(150) ack 1"); /* and over the end */
	inject(h, ". 1:501(500) ack 1");

	shows(h, (const struct shown[]){{500, false, 0}, {200, false, 0x08}, {100, false, 0x20}, {50, false, 0x08}, {150, false, 0x28}},
		5);
	harness_ignore(h);
	harness_free(h);
}

/* Small segments share an mbuf: the piece says what the last of them said. */
static void
of_small_ones_together_the_last_counts(void)
{
	struct harness *h = harness_new(NULL);
	struct mien_piece pieces[8];
	int n;

	harness_open(h, "mss 1000");
	for (unsigned i = 1; i < 20; i++)
		injectf(h, "%s %u:%u(1) ack 1", i % 2 ? "P." : ".", i, i + 1);
	inject_tos(h, 0x20, ". 20:21(1) ack 1");
	n = tcp_user_peek(&h->tcp, h->conn, pieces, 8);
	REQUIRE(n > 0 && n < 8);
	CHECK(!pieces[n - 1].pushed);
	CHECK_EQ_U(pieces[n - 1].tos, 0x20);
	inject(h, "P. 21:22(1) ack 1");
	n = tcp_user_peek(&h->tcp, h->conn, pieces, 8);
	CHECK(pieces[n - 1].pushed);
	CHECK_EQ_U(pieces[n - 1].tos, 0);
	harness_ignore(h);
	harness_free(h);
}

const struct test_suite interface_suite = {
	.name = "interface",
	.setup = harness_setup,
	.cases = (const struct test_case[]){
		/* proves MAY-14 */
		{"a flush drops what was not sent, and nothing else", only_what_was_not_sent_is_dropped},
		{"behind a flush a closed window is not probed", nothing_is_left_to_probe_for},
		{"behind a flush the FIN follows at once", the_fin_follows_at_once},
		{"whoever waits for room is told of a flush", whoever_waits_for_room_is_told},
		{"an urgent mark goes no further than what a flush leaves", an_urgent_mark_goes_no_further_than_what_is_sent},
		{"what is closed has nothing to flush", what_is_closed_has_nothing_to_drop},
		/* proves MAY-9 MAY-17 */
		{"where the peer pushed is shown, and the traffic class", pushes_and_classes_are_shown},
		{"they are shown of what came behind a gap, too", they_are_behind_a_gap_too},
		{"what is cut off takes its push with it", a_cut_takes_the_push_with_it},
		{"of small segments that share an mbuf the last one counts", of_small_ones_together_the_last_counts},
		{NULL, NULL},
	},
};
