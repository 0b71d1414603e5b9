/* SPDX-License-Identifier: BSD-3-Clause */
/* Path MTUs as told by routers, by timeouts and by other connections, where several things come together. */
#include "stream.h"

#define MSS 1460

static struct harness *
opened(const char *options)
{
	struct harness *h = plain(0);

	harness_open(h, options);
	return h;
}

/* Ten segments of the size in use got through. */
static struct harness *
with_progress(void)
{
	struct harness *h = opened("mss 1460,sackOK,nop,nop");

	harness_send(h, 1, 10 * MSS);
	inject(h, ". 1:1(0) ack 14601 win 65535");
	harness_ignore(h);
	return h;
}

/* -- ICMP -------------------------------------------------------------------------------------------------- */

static void
no_plateau_lies_below_the_smallest_segments(void)
{
	struct harness *h = plain(0);

	h->p.tcp.mss_floor = 0;
	harness_open(h, "mss 1");
	harness_send(h, 1, 10);
	harness_ignore(h);

	CHECK_EQ_U(harness_too_big(h, 1, 0), MIEN_DROP_ICMP_STALE);
	CHECK_EQ_U(harness_tcb(h)->mss, 8);
	expect_none(h);
	harness_free(h);
}

/* A FIN is never too large, whatever a router says of it: when it is lost, it just goes again. */
static void
a_fin_cannot_be_too_large(void)
{
	struct harness *h = with_progress();

	harness_shutdown(h);
	expect(h, "F. 14601:14601(0) ack 1");
	CHECK_EQ_U(harness_too_big(h, 14601, 1000), MIEN_DROP_NONE);
	expect_none(h);
	harness_advance(h, 250);

	expect(h, "F. 14601:14601(0) ack 1");
	CHECK_EQ_U(h->env.counters.tcp_retransmits, 1);
	harness_free(h);
}

/* The numbers have wrapped: what was acknowledged is more than it seems. */
static void
progress_counts_past_the_end_of_the_numbers(void)
{
	struct harness *h = plain(0);

	h->p.tcp.isn = (struct mien_isn_rule){.kind = MIEN_ISN_CONST, .value = UINT32_MAX - 100};
	harness_open(h, "mss 1460,sackOK,nop,nop");
	harness_send(h, 1, 2 * MSS);
	harness_ignore(h);

	CHECK_EQ_U(harness_too_big(h, 1, 800), MIEN_DROP_NONE);
	expect_none(h); /* in doubt */
	CHECK_EQ_U(harness_tcb(h)->mss, MSS);
	harness_free(h);
}

/* The first packet is small: it is lost like any other, and the large one behind it is cut. */
static void
a_timeout_of_a_small_packet_cuts_those_behind_it(void)
{
	struct harness *h = with_progress();

	harness_send(h, 14601, 100);
	harness_send(h, 14701, MSS);
	harness_ignore(h);
	CHECK_EQ_U(harness_too_big(h, 14701, 800), MIEN_DROP_NONE);
	harness_advance(h, 250);

	CHECK_EQ_U(harness_tcb(h)->mss, 760);
	CHECK_EQ_U(h->env.counters.tcp_rto_expired, 1);
	expect_stream(h, "P. 14601:14701(100) ack 1");
	harness_free(h);
}

/* New data while it is not known whether the router lied. */
static void
in_doubt_nothing_is_probed_for(void)
{
	struct harness *h = with_progress();

	harness_send(h, 14601, MSS);
	harness_ignore(h);
	CHECK_EQ_U(harness_too_big(h, 14601, 800), MIEN_DROP_NONE);
	harness_send(h, 16061, 4 * MSS);

	expect_stream(h, ". 16061:17521(1460) ack 1");
	CHECK_EQ_U(harness_tcb(h)->mtu_wait, 800);
	CHECK_EQ_U(h->env.counters.tcp_path_mtu_probes, 0);
	harness_ignore(h);
	harness_free(h);
}

static void
a_syn_without_bytes_is_not_sent_for_it(void)
{
	struct harness *h = plain(0);

	harness_connect(h);
	harness_ignore(h);
	CHECK_EQ_U(harness_too_big(h, 0, 1000), MIEN_DROP_NONE);
	expect_none(h);
	inject(h, "S. 0:0(0) ack 1 win 65535 <mss 1460>");

	CHECK_EQ_U(harness_tcb(h)->mss, 960);
	harness_free(h);
}

/* Once it has gone again without its bytes, a SYN is not what was too large. */
static void
a_syn_sent_again_is_not_sent_for_it(void)
{
	struct harness *h = plain(0);
	static const uint8_t bytes[1000];
	const struct mien_tcp_connect config = {.remote = h->peer.addr, .remote_port = h->peer.port, .data = bytes,
		.data_len = sizeof(bytes), .fast_open = MIEN_FAST_OPEN_NO_COOKIE};

	REQUIRE_EQ_I(tcp_user_connect(&h->tcp, &h->host, &config, &h->conn), MIEN_OK);
	harness_advance(h, 1100);
	harness_ignore(h);
	CHECK_EQ_U(harness_too_big(h, 0, 1000), MIEN_DROP_NONE);

	expect_none(h);
	harness_free(h);
}

/* -- what is known of destinations ------------------------------------------------------------------------- */

/* An open to that destination learns an MTU, and is given up. */
static void
learn(struct harness *h, uint32_t remote, uint16_t mtu)
{
	const struct mien_tcp_connect config = {.remote = mien_addr_ip4(remote), .remote_port = 80};

	REQUIRE_EQ_I(tcp_user_connect(&h->tcp, &h->host, &config, &h->conn), MIEN_OK);
	h->peer.local_iss = harness_tcb(h)->iss;
	CHECK_EQ_U(harness_too_big(h, 0, mtu), MIEN_DROP_NONE);
	REQUIRE_EQ_I(tcp_user_abort(&h->tcp, h->conn), MIEN_OK);
	(void)expect_event(h, MIEN_EV_CLOSED);
	harness_ignore(h);
	harness_advance(h, 1);
}

/* The MSS of a connection from there, which is reset. */
static uint16_t
mss_from(struct harness *h, uint32_t remote)
{
	uint16_t mss;

	h->peer.addr = mien_addr_ip4(remote);
	h->peer.port++;
	inject(h, "S 0:0(0) win 65535 <mss 1460>");
	inject(h, ". 1:1(0) ack 1 win 65535");
	(void)expect_event(h, MIEN_EV_ACCEPT);
	mss = harness_tcb(h)->mss;
	inject(h, "R 1:1(0)");
	(void)expect_event(h, MIEN_EV_CLOSED);
	harness_ignore(h);
	return mss;
}

#define MANY 4000u

static void
the_memory_of_path_mtus_is_bounded(void)
{
	struct harness *h = plain(0);

	harness_listen(h, 80);
	for (uint32_t i = 0; i < MANY; i++) {
		h->host.index = i & 1;
		h->host.epoch = i >> 1 & 1;
		learn(h, 0x0b000000 + i, 1000);
	}

	h->host.index = 1, h->host.epoch = 1;
	CHECK_EQ_U(mss_from(h, 0x0b000000 + MANY - 1), 960);
	CHECK_EQ_U(mss_from(h, 0x0b000000 + 3), MSS); /* long ago */
	CHECK_EQ_U(mss_from(h, 0x0b000000 + MANY - 2), MSS); /* what another host learned */
	h->host.epoch = 0;
	CHECK_EQ_U(mss_from(h, 0x0b000000 + MANY - 1), MSS); /* and what it learned in another life */
	harness_free(h);
}

static void
what_is_known_of_a_destination_gets_old(void)
{
	struct harness *h = plain(0);

	h->p.tcp.pmtu_expire_ms = 5000;
	harness_listen(h, 80);
	learn(h, 0x0b000001, 1000);
	harness_advance(h, 4000);
	CHECK_EQ_U(mss_from(h, 0x0b000001), 960);
	harness_advance(h, 2000);
	CHECK_EQ_U(mss_from(h, 0x0b000001), MSS);

	h->p.tcp.pmtu_expire_ms = 0; /* for ever */
	learn(h, 0x0b000001, 1000);
	harness_advance(h, 100000000);
	CHECK_EQ_U(mss_from(h, 0x0b000001), 960);
	harness_free(h);
}

/* A second connection learns by a timeout what the first was told. */
static void
a_timeout_asks_what_others_know(void)
{
	struct harness *h = opened(NULL);
	uint64_t first = h->conn;
	uint32_t iss = h->peer.local_iss;

	h->peer.port++;
	inject(h, "S 0:0(0) win 65535 <mss 1460>");
	harness_ignore(h);
	inject(h, ". 1:1(0) ack 1 win 65535");
	(void)expect_event(h, MIEN_EV_ACCEPT);
	harness_send(h, 1, MSS);
	CHECK_EQ_U(harness_too_big(h, 1, 1000), MIEN_DROP_NONE);
	inject(h, ". 1:1(0) ack 1461 win 65535");
	harness_ignore(h);

	h->conn = first, h->peer.local_iss = iss, h->peer.port--;
	harness_send(h, 1, MSS);
	harness_ignore(h);
	CHECK_EQ_U(harness_tcb(h)->mss, MSS);
	harness_advance(h, 250);
	expect_stream(h, ". 1:961(960) ack 1");
	CHECK_EQ_U(harness_tcb(h)->mss, 960);
	harness_ignore(h);
	harness_advance(h, 1000); /* the next tells nothing new */
	CHECK_EQ_U(harness_tcb(h)->mss, 960);
	harness_ignore(h);
	harness_free(h);
}

/* Without black hole detection it goes up again at once when it is old; while probes are wanted, by them. */
static void
what_others_knew_gets_old_on_a_connection_too(void)
{
	for (uint8_t probe = 0; probe < 2; probe++) {
		struct harness *h = plain(0);

		h->p.tcp.black_hole = MIEN_BLACK_HOLE_OFF;
		h->p.tcp.mtu_probe = probe;
		h->p.tcp.pmtu_expire_ms = 60000;
		learn(h, 0x0a000002, 1000);
		harness_open(h, NULL);
		CHECK_EQ_U(harness_tcb(h)->mss, 960);
		CHECK_EQ_U(!!(harness_tcb(h)->sack.marks & MK_MTU), probe);
		harness_tcb(h)->sack.marks &= (uint8_t)~MK_MTU;

		harness_advance(h, 60100);
		CHECK_EQ_U(harness_tcb(h)->mss, probe ? 960 : MSS);
		CHECK_EQ_U(!!(harness_tcb(h)->sack.marks & MK_MTU), probe);
		harness_free(h);
	}
}

/* Before the connection opens there is nothing to be raised; it is looked at again later. */
static void
it_may_get_old_before_the_connection_opens(void)
{
	struct harness *h = plain(0);

	h->p.tcp.pmtu_expire_ms = 400;
	h->p.tcp.black_hole = MIEN_BLACK_HOLE_OFF;
	harness_connect(h);
	harness_ignore(h);
	CHECK_EQ_U(harness_too_big(h, 0, 1000), MIEN_DROP_NONE);
	harness_advance(h, 500);
	CHECK_EQ_U(harness_tcb(h)->pmtu, 1000);
	inject(h, "S. 0:0(0) ack 1 win 65535 <mss 1460>");
	CHECK_EQ_U(harness_tcb(h)->mss, 960);

	harness_advance(h, 400);
	CHECK_EQ_U(harness_tcb(h)->mss, MSS);
	harness_ignore(h);
	harness_free(h);
}

/* Of a closed connection there is a clock already. */
static void
a_closed_connection_keeps_its_size(void)
{
	struct harness *h = opened(NULL);
	uint64_t life;

	harness_send(h, 1, MSS);
	harness_ignore(h);
	harness_close(h);
	expect_stream(h, "F. 1461:1461(0) ack 1");
	life = harness_tcb(h)->deadline[DL_LIFE];
	CHECK_EQ_U(harness_too_big(h, 1, 1000), MIEN_DROP_NONE);

	expect_stream(h, ". 1:961(960) ack 1");
	CHECK_EQ_U(harness_tcb(h)->deadline[DL_LIFE], life);
	harness_ignore(h);
	harness_free(h);
}

const struct test_suite mtu_told_suite = {
	.name = "MTU told",
	.setup = harness_setup,
	.cases = (const struct test_case[]){
		{"no plateau lies below the smallest segments", no_plateau_lies_below_the_smallest_segments},
		{"a FIN cannot be too large", a_fin_cannot_be_too_large},
		{"progress counts past the end of the numbers", progress_counts_past_the_end_of_the_numbers},
		{"a timeout of a small packet cuts those behind it", a_timeout_of_a_small_packet_cuts_those_behind_it},
		{"in doubt nothing is probed for", in_doubt_nothing_is_probed_for},
		{"a SYN without bytes is not sent again for it", a_syn_without_bytes_is_not_sent_for_it},
		{"a SYN that went again is not sent once more for it", a_syn_sent_again_is_not_sent_for_it},
		{"the memory of path MTUs is bounded", the_memory_of_path_mtus_is_bounded},
		{"what is known of a destination gets old", what_is_known_of_a_destination_gets_old},
		{"a timeout asks what others know", a_timeout_asks_what_others_know},
		{"what others knew gets old on a connection too", what_others_knew_gets_old_on_a_connection_too},
		{"it may get old before the connection opens", it_may_get_old_before_the_connection_opens},
		{"a closed connection keeps its size", a_closed_connection_keeps_its_size},
		{NULL, NULL},
	},
};
