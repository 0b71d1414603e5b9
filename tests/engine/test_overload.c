/* SPDX-License-Identifier: BSD-3-Clause */
/* What peers can make the TCP room hold, and who gives way when it is too much. */
#include "suites.h"

#include "tcp_rx.h"

#define SECOND 1000 /* of harness_advance() */

static struct harness *
limited(const struct tcp_limits *own)
{
	struct tcp_limits limits = *own;

	limits.max_conns = own->max_conns ? own->max_conns : 64;
	limits.max_time_wait = 16;
	limits.max_listeners = 4;
	limits.max_reassembly_bytes = own->max_reassembly_bytes ? own->max_reassembly_bytes : 1 << 20;
	limits.sndbuf = 65536;
	return harness_with_limits(NULL, &limits);
}

/* Another peer's connection to port 80. */
static uint64_t
open_from(struct harness *h, uint16_t port, unsigned wnd)
{
	h->peer.port = port;
	inject(h, "S 0:0(0) win 65535 <mss 1460,sackOK,nop,nop>");
	harness_ignore(h);
	injectf(h, ". 1:1(0) ack 1 win %u", wnd);
	return expect_event(h, MIEN_EV_ACCEPT).object;
}

static void
set_pressure(struct harness *h, enum mien_pressure level)
{
	h->env.hold_send = 1000;
	h->env.hold_pressure = level == MIEN_PRESSURE_NONE ? 1000 : 1;
	if (level == MIEN_PRESSURE_LIMIT)
		h->env.hold_send = 1;
	tcp_weigh(&h->tcp);
	CHECK_EQ_U(h->env.pressure, level);
	h->env.hold_send = 1000;
}

/* A minute of turns, as a loop makes them. */
static void
turns(struct harness *h, unsigned seconds)
{
	for (unsigned i = 0; i < seconds * 10; i++) {
		harness_advance(h, 100);
		tcp_relieve(&h->tcp);
		harness_ignore(h);
	}
}

/* -- SYN floods -------------------------------------------------------------------------------------------- */

static void
half_open_connections_take_a_share_only(void)
{
	struct harness *h = limited(&(struct tcp_limits){.max_half_open = 8});

	harness_listen(h, 80);
	for (unsigned i = 0; i < 1000; i++) {
		h->peer.addr = mien_addr_ip4(0x0b000000 + i);
		inject(h, "S 0:0(0) win 3000 <mss 1460>");
		harness_ignore(h);
	}
	CHECK_EQ_U(pool_used(&h->tcp.tcbs), 8);
	CHECK_EQ_U(h->env.counters.tcp_cookies_sent, 992);
	CHECK_EQ_U(h->drop, MIEN_DROP_TCP_HALF_OPEN);

	inject(h, "S 0:0(0) win 65535 <mss 1460>"); /* the last of them, in earnest */
	expect(h, "S. 0:0(0) ack 1 <mss 1460>");
	inject(h, "P. 1:11(10) ack 1 win 500");

	h->conn = expect_event(h, MIEN_EV_ACCEPT).object;
	CHECK_EQ_U(harness_state(h), MIEN_TCP_ESTABLISHED);
	CHECK_EQ_U(h->env.counters.tcp_cookies_accepted, 1);
	CHECK_EQ_U(h->tcp.half_open, 8);
	harness_free(h);
}

/* The network doubled the SYN; between its copies a place became free. */
static void
the_cookie_that_the_peer_took_counts(void)
{
	struct harness *h = limited(&(struct tcp_limits){.max_half_open = 1});

	harness_listen(h, 80);
	inject(h, "S 0:0(0) win 65535 <mss 1460>");
	h->peer.port++;
	inject(h, "S 0:0(0) win 65535 <mss 1400>");
	harness_ignore(h); /* its cookie */
	h->peer.port--;
	inject(h, "R 1:1(0)");
	h->peer.port++;
	CHECK_EQ_U(h->tcp.half_open, 0);
	{
		uint32_t cookie = h->peer.local_iss;

		inject(h, "S 0:0(0) win 65535 <mss 1400,nop,wscale 2>"); /* another offer, another number */
		CHECK_EQ_U(h->tcp.half_open, 1);
		harness_ignore(h);
		h->peer.local_iss = cookie;
	}

	inject(h, "P. 1:11(10) ack 1 win 500");

	h->conn = expect_event(h, MIEN_EV_ACCEPT).object;
	CHECK_EQ_U(harness_state(h), MIEN_TCP_ESTABLISHED);
	CHECK_EQ_U(h->tcp.half_open, 0);
	CHECK_EQ_U(pool_used(&h->tcp.tcbs), 1);
	harness_free(h);
}

/* -- other floods ------------------------------------------------------------------------------------------ */

static void
strangers_are_answered_at_a_pace(void)
{
	static const char *const kinds[] = {"S 0:0(0) win 3000", ". 1:1(0) ack 1 win 3000", "F. 1:1(0) ack 1 win 3000",
		"S. 0:0(0) ack 1 win 3000", "P. 1:101(100) ack 1 win 3000"};

	for (unsigned k = 0; k < sizeof(kinds) / sizeof(kinds[0]); k++) {
		struct harness *h = harness_new(NULL);
		unsigned answers;

		h->p.tcp.rst_rate.per_second = 0; /* the system's own */
		h->env.answers_per_second = 800;
		for (unsigned i = 0; i < 1000; i++) {
			h->peer.addr = mien_addr_ip4(0x0b000000 + i);
			inject(h, kinds[k]);
			harness_ignore(h);
		}
		answers = (unsigned)h->env.counters.tcp_resets_sent;
		CHECK(answers <= 100 && answers >= 88); /* nobody can count on the last eighth */
		CHECK_EQ_U(h->drop, MIEN_DROP_TCP_RST_RATE);
		harness_advance(h, SECOND);
		inject(h, kinds[k]);
		CHECK_EQ_U(h->env.counters.tcp_resets_sent, answers + 1);
		harness_ignore(h);

		CHECK_EQ_U(pool_used(&h->tcp.tcbs), 0);
		CHECK_EQ_U(h->env.mbufs_held, 0);
		harness_free(h);
	}
}

/* RFC 5961 7, CVE-2016-5696: what one connection is asked tells nothing of another. */
static void
challenges_are_counted_for_each_connection(void)
{
	struct harness *h = limited(&(struct tcp_limits){0});
	uint64_t before;

	harness_listen(h, 80);
	(void)open_from(h, 1000, 65535);
	(void)open_from(h, 1001, 65535);
	for (unsigned i = 0; i < 200; i++) {
		inject(h, "R 100:100(0)");
		harness_ignore(h);
	}
	before = h->env.counters.tcp_challenge_acks;
	CHECK(before >= 9 && before <= 10); /* the limit varies by one */

	h->peer.port = 1000;
	for (unsigned i = 0; i < 200; i++) {
		inject(h, "R 100:100(0)");
		harness_ignore(h);
	}
	CHECK(h->env.counters.tcp_challenge_acks - before >= 9);
	harness_free(h);
}

/* -- peers that take nothing ------------------------------------------------------------------------------- */

static void
under_pressure_closed_windows_end(void)
{
	struct harness *h = limited(&(struct tcp_limits){0});
	uint64_t shut, open;

	harness_listen(h, 80);
	open = open_from(h, 1000, 65535);
	shut = open_from(h, 1001, 0);
	h->conn = shut;
	harness_send(h, 1, 5000);
	turns(h, 20);
	CHECK_EQ_U(harness_state(h), MIEN_TCP_ESTABLISHED); /* MUST-37, while there is room */
	set_pressure(h, MIEN_PRESSURE_SOME);
	turns(h, 1);

	CHECK_EQ_I(expect_event(h, MIEN_EV_CLOSED).err, MIEN_ETIMEDOUT);
	CHECK_EQ_U(h->env.counters.tcp_stuck_ended, 1);
	CHECK_EQ_U(h->env.mbufs_held, 0);
	h->conn = open;
	CHECK_EQ_U(harness_state(h), MIEN_TCP_ESTABLISHED);
	harness_free(h);
}

/* The same for windows of one byte, opened again for each that came. */
static void
under_pressure_windows_of_one_byte_end(void)
{
	struct harness *h = limited(&(struct tcp_limits){0});

	harness_listen(h, 80);
	h->conn = open_from(h, 1000, 1);
	harness_send(h, 1, 5000);
	for (unsigned i = 0; i < 40; i++) {
		const struct tcb *tcb = tcb_find(&h->tcp, h->conn);

		turns(h, 1);
		injectf(h, ". 1:1(0) ack %u win 1", tcb->snd_nxt - tcb->iss);
		harness_ignore(h);
	}
	CHECK(tcb_find(&h->tcp, h->conn)->snd_una != tcb_find(&h->tcp, h->conn)->iss + 1);
	CHECK_EQ_U(harness_state(h), MIEN_TCP_ESTABLISHED);
	set_pressure(h, MIEN_PRESSURE_SOME);
	turns(h, 1);

	CHECK_EQ_I(expect_event(h, MIEN_EV_CLOSED).err, MIEN_ETIMEDOUT);
	CHECK_EQ_U(h->env.mbufs_held, 0);
	harness_free(h);
}

/* Nobody waits for its bytes any more: a byte now and then is not enough. */
static void
an_orphan_has_to_make_progress(void)
{
	struct harness *h = limited(&(struct tcp_limits){0});
	unsigned seconds = 0;

	harness_listen(h, 80);
	h->conn = open_from(h, 1000, 1);
	harness_send(h, 1, 5000);
	REQUIRE_EQ_I(tcp_user_close(&h->tcp, h->conn), MIEN_OK);
	CHECK_EQ_U(h->tcp.orphans, 1);
	for (; seconds < 1000 && tcb_find(&h->tcp, h->conn); seconds++) {
		const struct tcb *tcb = tcb_find(&h->tcp, h->conn);
		uint32_t next = tcb->snd_nxt - tcb->iss;

		turns(h, 1);
		if (tcb_find(&h->tcp, h->conn))
			injectf(h, ". 1:1(0) ack %u win 1", next);
		harness_ignore(h);
	}

	CHECK(seconds >= 119 && seconds <= 125);
	CHECK_EQ_U(h->tcp.orphans, 0);
	CHECK_EQ_U(h->env.mbufs_held, 0);
	harness_free(h);
}

/* Each of the states in which only the peer can go on: closed by the application, window shut or peer silent. */
static void
no_state_of_closing_lasts(void)
{
	static const char *const then[] = {
		NULL,			   /* FIN-WAIT-1, window shut */
		". 1:1(0) ack 2 win 65535",  /* FIN-WAIT-2 */
		"F. 1:1(0) ack 1 win 65535", /* CLOSING */
	};

	for (unsigned i = 0; i < 4; i++) {
		struct harness *h = limited(&(struct tcp_limits){0});

		harness_listen(h, 80);
		h->conn = open_from(h, 1000, i == 0 ? 0 : 65535);
		if (i == 3) { /* LAST-ACK */
			inject(h, "F. 1:1(0) ack 1 win 65535");
			(void)expect_event(h, MIEN_EV_PEER_CLOSED);
		}
		if (i == 0)
			harness_send(h, 1, 1000);
		harness_close(h);
		harness_ignore(h);
		if (i < 3 && then[i])
			inject(h, then[i]);
		for (unsigned minute = 0; minute < 30 && tcb_find(&h->tcp, h->conn); minute++) {
			if (i == 0)
				inject(h, ". 1:1(0) ack 1 win 0"); /* probes are answered */
			turns(h, 60);
		}

		CHECK_NULL(tcb_find(&h->tcp, h->conn));
		CHECK_EQ_U(h->tcp.orphans, 0);
		CHECK_EQ_U(h->env.mbufs_held, 0);
		harness_free(h);
	}
}

static void
orphans_are_limited(void)
{
	struct harness *h = limited(&(struct tcp_limits){.max_orphans = 4});
	uint64_t conn[6];

	harness_listen(h, 80);
	for (unsigned i = 0; i < 6; i++)
		conn[i] = open_from(h, (uint16_t)(1000 + i), 65535);
	for (unsigned i = 0; i < 4; i++)
		REQUIRE_EQ_I(tcp_user_close(&h->tcp, conn[i]), MIEN_OK);
	harness_flush(h);
	harness_ignore(h);
	CHECK_EQ_U(h->tcp.orphans, 4);

	h->peer.port = 1004;
	REQUIRE_EQ_I(tcp_user_close(&h->tcp, conn[4]), MIEN_OK); /* the others have just begun: none gives way */
	harness_flush(h);
	CHECK_NULL(tcb_find(&h->tcp, conn[4]));
	CHECK_EQ_U(h->env.counters.tcp_resets_sent, 1);
	CHECK_EQ_U(h->env.counters.tcp_orphans_refused, 1);
	CHECK_EQ_U(h->tcp.orphans, 4);

	harness_advance(h, 2 * SECOND);
	harness_ignore(h);
	REQUIRE_EQ_I(tcp_user_close(&h->tcp, conn[5]), MIEN_OK); /* one that got nowhere makes room */
	CHECK_EQ_U(h->env.counters.tcp_orphans_refused, 1);
	CHECK_EQ_U(h->env.counters.tcp_stuck_ended, 1);
	CHECK_EQ_U(h->tcp.orphans, 4);
	harness_ignore(h);
	harness_free(h);
}

/* A sender that fills its pool is no attack: what it wrote is not lost when it closes. */
static void
a_few_orphans_linger_whatever_is_scarce(void)
{
	struct harness *h = limited(&(struct tcp_limits){.max_orphans = 8});

	harness_listen(h, 80);
	h->conn = open_from(h, 1000, 65535);
	harness_send(h, 1, 5000);
	harness_ignore(h);
	set_pressure(h, MIEN_PRESSURE_LIMIT);

	REQUIRE_EQ_I(tcp_user_close(&h->tcp, h->conn), MIEN_OK);

	CHECK_EQ_U(h->tcp.orphans, 1);
	CHECK_EQ_U(h->env.counters.tcp_orphans_refused, 0);
	CHECK_EQ_I(harness_state(h), MIEN_TCP_FIN_WAIT_1);
	harness_ignore(h);
	harness_free(h);
}

/* A connection flood: all blocks in use, nothing said. */
static void
silent_connections_give_way_when_all_blocks_are_in_use(void)
{
	struct harness *h = limited(&(struct tcp_limits){.max_conns = 8});
	uint64_t talker;

	harness_listen(h, 80);
	talker = open_from(h, 999, 65535);
	inject(h, "P. 1:11(10) ack 1 win 500"); /* this one has something to say */
	(void)expect_event(h, MIEN_EV_READABLE);
	for (uint16_t port = 1000; port < 1007; port++)
		(void)open_from(h, port, 65535);
	harness_ignore(h);
	tcp_weigh(&h->tcp);
	CHECK_EQ_U(h->env.pressure, MIEN_PRESSURE_LIMIT);
	turns(h, 29);
	CHECK_EQ_U(pool_used(&h->tcp.tcbs), 8);
	turns(h, 2);

	for (unsigned i = 0; i < 7; i++)
		CHECK_EQ_I(expect_event(h, MIEN_EV_CLOSED).err, MIEN_ETIMEDOUT);
	CHECK_NOT_NULL(tcb_find(&h->tcp, talker));
	CHECK_EQ_U(pool_used(&h->tcp.tcbs), 1);
	harness_free(h);
}

/* -- out of order ------------------------------------------------------------------------------------------ */

static void
the_larger_gives_way_out_of_order(void)
{
	struct harness *h = limited(&(struct tcp_limits){.max_reassembly_mbufs = 40});
	uint64_t greedy, modest;
	uint32_t greedy_iss, modest_iss;

	harness_listen(h, 80);
	modest = open_from(h, 1001, 65535);
	modest_iss = h->peer.local_iss;
	greedy = open_from(h, 1000, 65535);
	greedy_iss = h->peer.local_iss;
	for (unsigned i = 0; i < 60; i++) { /* SegmentSmack: every other byte */
		injectf(h, ". %u:%u(1) ack 1", 3 + 2 * i, 4 + 2 * i);
		harness_ignore(h);
	}
	CHECK_EQ_U(h->drop, MIEN_DROP_TCP_REASS_LIMIT);
	CHECK_EQ_U(h->tcp.reass_mbufs, 40);
	h->peer.port = 1001;
	h->peer.local_iss = modest_iss;
	inject(h, ". 101:201(100) ack 1");

	CHECK_EQ_U(h->drop, MIEN_DROP_NONE);
	CHECK_EQ_U(h->tcp.reass_mbufs, 1);
	CHECK_EQ_U(h->env.counters.tcp_out_of_order_pruned, 40);
	harness_ignore(h);
	inject(h, ". 1:101(100) ack 1");
	h->conn = modest;
	(void)expect_event(h, MIEN_EV_READABLE);
	harness_read(h, 1, 200);
	h->peer.port = 1000; /* what was given up is asked for again, and comes */
	h->peer.local_iss = greedy_iss;
	h->conn = greedy;
	harness_ignore(h);
	inject(h, ". 3:13(10) ack 1");
	expect(h, ". 1:1(0) ack 1 <nop,nop,sack 3:13>");
	inject(h, ". 1:3(2) ack 1");
	(void)expect_event(h, MIEN_EV_READABLE);
	harness_read(h, 1, 12);
	harness_free(h);
}

static void
gaps_that_nobody_fills_are_given_up_under_pressure(void)
{
	struct harness *h = limited(&(struct tcp_limits){0});

	harness_listen(h, 80);
	h->conn = open_from(h, 1000, 65535);
	for (unsigned i = 0; i < 10; i++)
		injectf(h, ". %u:%u(1) ack 1", 3 + 2 * i, 4 + 2 * i);
	harness_ignore(h);
	CHECK_EQ_U(h->env.mbufs_held, 10);
	set_pressure(h, MIEN_PRESSURE_SOME);
	turns(h, 4);

	CHECK_EQ_U(h->env.mbufs_held, 0);
	CHECK_EQ_U(harness_state(h), MIEN_TCP_ESTABLISHED);
	harness_free(h);
}

/* -- levels ------------------------------------------------------------------------------------------------ */

/* While so many mbufs are held. */
static enum mien_pressure
pressure_at(struct harness *h, uint32_t held)
{
	h->env.mbufs_held = held;
	tcp_weigh(&h->tcp);
	return h->env.pressure;
}

static void
levels_come_at_once_and_go_a_little_later(void)
{
	struct harness *h = harness_new(NULL);

	h->env.hold_pressure = 600;
	h->env.hold_send = 800;
	CHECK_EQ_U(pressure_at(h, 599), MIEN_PRESSURE_NONE);
	CHECK_EQ_U(pressure_at(h, 600), MIEN_PRESSURE_SOME);
	CHECK_EQ_U(pressure_at(h, 800), MIEN_PRESSURE_LIMIT);
	CHECK_EQ_U(pressure_at(h, 790), MIEN_PRESSURE_LIMIT);
	CHECK_EQ_U(pressure_at(h, 700), MIEN_PRESSURE_SOME);
	CHECK_EQ_U(pressure_at(h, 500), MIEN_PRESSURE_NONE);

	CHECK_EQ_U(h->env.counters.pressure_begun, 1);
	CHECK_EQ_U(h->env.counters.pressure_limits, 1);
	h->env.mbufs_held = 0;
	harness_free(h);
}

/* Here and there a byte is here before, as many as may wait: what stands between them needs no room for longer than it takes. */
static void
what_fills_the_first_gaps_is_taken_whole(void)
{
	struct harness *h = harness_new(NULL);
	unsigned most;

	h->p.tcp.overlap = MIEN_SEGMENTS_FIRST;
	harness_open(h, "mss 1000");
	most = 64 + harness_tcb(h)->rcvbuf / 1024;
	for (unsigned i = 0; i <= most; i++)
		injectf(h, ". %u:%u(1) ack 1", 11 + 2 * i, 12 + 2 * i);
	REQUIRE_EQ_U(harness_tcb(h)->reass.count, most);
	harness_ignore(h);

	inject(h, "P. 1:101(100) ack 1");

	expect(h, ". 1:1(0) ack 102");
	CHECK_EQ_U(harness_tcb(h)->reass.count, most - 46);
	harness_read(h, 1, 101);
	harness_free(h);
}

const struct test_suite overload_suite = {
	.name = "overload",
	.setup = harness_setup,
	.cases = (const struct test_case[]){
		/* proves S1 */
		{"half-open connections take their share of the blocks only", half_open_connections_take_a_share_only},
		/* proves S1 */
		{"of two answers to a SYN the cookie that the peer took counts", the_cookie_that_the_peer_took_counts},
		{"what fills the first gaps is taken whole, however many pieces wait", what_fills_the_first_gaps_is_taken_whole},
		/* proves S2 */
		{"strangers are answered at a pace, and nothing is kept of them", strangers_are_answered_at_a_pace},
		/* proves S8 */
		{"challenges are counted for each connection", challenges_are_counted_for_each_connection},
		/* proves S3 */
		{"under pressure connections with closed windows end", under_pressure_closed_windows_end},
		/* proves S3 */
		{"under pressure connections with windows of one byte end", under_pressure_windows_of_one_byte_end},
		/* proves S3 */
		{"an orphan has to make progress", an_orphan_has_to_make_progress},
		/* proves S3 */
		{"no state of closing lasts", no_state_of_closing_lasts},
		/* proves S3 */
		{"orphans are limited", orphans_are_limited},
		{"a few orphans linger whatever is scarce", a_few_orphans_linger_whatever_is_scarce},
		/* proves S3 */
		{"silent connections give way when all blocks are in use", silent_connections_give_way_when_all_blocks_are_in_use},
		/* proves S4 */
		{"out of order the larger gives way to the smaller", the_larger_gives_way_out_of_order},
		/* proves S4 */
		{"gaps that nobody fills are given up under pressure", gaps_that_nobody_fills_are_given_up_under_pressure},
		{"levels of pressure come at once and go a little later", levels_come_at_once_and_go_a_little_later},
		{NULL, NULL},
	},
};
