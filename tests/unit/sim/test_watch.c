/* SPDX-License-Identifier: BSD-3-Clause */
/* The watch at a client: a right conversation passes, each wrong segment of its own is told by its rule. */
#include "watched.h"

static void
right(void)
{
	breaks((struct test_segment){NEXT, .len = 100}, WATCH_RULES);
	breaks((struct test_segment){.flags = TH_ACK | TH_FIN, .seq = 501, .ack = 1}, WATCH_RULES);
	breaks((struct test_segment){.flags = TH_RST | TH_ACK, .seq = 501, .ack = 1}, WATCH_RULES);
}

static void
wrong_numbers(void)
{
	breaks((struct test_segment){.flags = TH_ACK, .seq = 502, .ack = 1, .len = 9}, WATCH_SEQUENCE);
	breaks((struct test_segment){.flags = TH_ACK, .seq = 501, .ack = 2, .len = 9}, WATCH_ACK);
	breaks((struct test_segment){NEXT, .window = 511, .len = 9}, WATCH_EDGE);
	breaks((struct test_segment){NEXT, .len = 1449}, WATCH_MSS);
	breaks((struct test_segment){.flags = TH_RST, .seq = 600}, WATCH_RESET);
	breaks((struct test_segment){.flags = TH_PSH, .seq = 501, .len = 9}, WATCH_FORM);
}

static void
wrong_stamps(void)
{
	breaks((struct test_segment){NEXT, .len = 9, .opts = stamps(false, 9, 10), .opt_len = 12}, WATCH_TSVAL);
	breaks((struct test_segment){NEXT, .len = 9, .opts = stamps(false, 90, 10), .opt_len = 12}, WATCH_TSVAL);
	breaks((struct test_segment){NEXT, .len = 9, .opts = stamps(false, 20, 0), .opt_len = 12}, WATCH_TSECR);
	breaks((struct test_segment){NEXT, .len = 9, .opts = (const uint8_t[4]){1, 1, 1, 1}, .opt_len = 4}, WATCH_TSVAL);
}

static void
hears_of_an_address(uint64_t ms)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(sim_test_pool);
	uint8_t *frame = (uint8_t *)rte_pktmbuf_append(m, 42);

	memset(eth_build(frame, (const uint8_t[6]){2, 0, 0, 0, 0, 1}, (const uint8_t[6]){2, 0, 0, 0, 0, 2}, 0x0806), 0, 28);
	watch_frame(watch, ms * MS, 0, false, m, false);
	rte_pktmbuf_free(m);
}

static void
wrong_sack(void)
{
	const uint8_t sack[24] = {1, 1, 8, 10, 0, 0, 0, 70, 0, 0, 0, 80, 1, 1, 5, 10, 0, 0, 2, 88, 0, 0, 3, 0};

	breaks((struct test_segment){NEXT, .opts = sack, .opt_len = 24}, WATCH_SACK);
}

/* What waited for an address says what was when it was written; what is written later does not. */
static void
stamps_that_waited(void)
{
	for (unsigned wrong = 0; wrong < 2; wrong++) {
		asks = true;
		begin();
		at(30, (struct test_segment){.flags = TH_ACK, .seq = 1, .ack = 501, HEARS(20, 10)});
		hears_of_an_address(wrong ? 30 : 31);
		says(31, 10, (struct test_segment){NEXT, .len = 9});
		broke(wrong, WATCH_TSECR);
		says(31, 20, (struct test_segment){.flags = TH_ACK, .seq = 510, .ack = 1, .len = 9});
		broke(wrong, WATCH_TSECR);
		says(31, 10, (struct test_segment){.flags = TH_ACK, .seq = 519, .ack = 1, .len = 9});
		broke(wrong + 1, WATCH_TSECR);
		end();
	}
}

#define KNOWN 48u /* gaps that the watch has room for */

/* So many gaps are in front of what came, and all that it has room for are filled. */
static void
begin_behind_gaps(uint32_t n)
{
	begin_as(60000, 512, false, false);
	for (uint32_t i = 0; i < n; i++) {
		hears_bytes(30, 101 + 200 * i, 0);
		acks(30, 10, 1);
	}
	for (uint32_t i = 0; i < KNOWN; i++) {
		hears_bytes(30, 1 + 200 * i, 0);
		acks(30, 20, 201 + 200 * i);
	}
}

/* More gaps than the watch has room for: what it does not know may have filled one, and was answered at once. */
static void
stamps_behind_many_gaps(void)
{
	for (uint32_t n = KNOWN; n <= KNOWN + 1; n++) {
		begin_behind_gaps(n);
		for (uint32_t i = 0; i < 2; i++)
			at(40, (struct test_segment){.flags = TH_ACK, .seq = 1 + 200 * KNOWN + 50 * i, .ack = 501, .len = 50, HEARS(30 + i, 10)});
		acks(40, 30, 51 + 200 * KNOWN);
		acks(40, 31, 101 + 200 * KNOWN);
		broke(n == KNOWN, WATCH_TSECR);
		end();
	}
}

static void
a_stamp_behind_a_gap_that_may_be_filled(void)
{
	const uint32_t last = 1 + 200 * KNOWN;

	for (unsigned wrong = 0; wrong < 2; wrong++) {
		begin_behind_gaps(KNOWN + 1);
		at(40, (struct test_segment){.flags = TH_ACK, .seq = last, .ack = 501, .len = 100, HEARS(30, 10)});
		at(40, (struct test_segment){.flags = TH_ACK, .seq = last + 200, .ack = 501, .len = 50, HEARS(31, 10)});
		acks(40, 30, last + 200);
		acks(40, wrong ? 32 : 31, last + 250);
		broke(wrong, WATCH_TSECR);
		end();
	}
}

/* What seems to be in front of a gap may be in order, where gaps are not all known: then its ACK may wait. */
static void
bytes_behind_many_gaps(void)
{
	const uint32_t last = 1 + 200 * KNOWN;

	for (unsigned wrong = 0; wrong < 2; wrong++) {
		begin_behind_gaps(KNOWN + 1);
		hears_bytes(40, last, 0);
		if (!wrong)
			hears_bytes(40, last + 200, 0);
		acks(40, 30, last + 200);
		hears_bytes(50, last + 300, 0);
		says(60, 30, (struct test_segment){.flags = TH_ACK, .seq = 501, .ack = last + (wrong ? 200 : 400), .len = 9});
		broke(wrong, WATCH_ACK_NOW);
		end();
	}
}

/* RFC 5961 5.2: what acknowledges too little has its stamp looked at, answered or not; an older one behind it, not. */
static void
a_stamp_of_what_is_dropped(void)
{
	for (unsigned wrong = 0; wrong < 2; wrong++) {
		begin_with(600, 4, false);
		p.tcp.challenge_ack = true;
		at(20, (struct test_segment){NEXT, .len = 500, SAYS(20, 10)});
		for (uint32_t i = 0; i < 3; i++)
			at(30, (struct test_segment){.from_server = true, .flags = TH_ACK, .seq = 1, .ack = i ? 301 : 1001,
				       .opts = stamps(true, 20 + i % 2, 20), .opt_len = 12, .window = 4});
		says(40, 21 + wrong, (struct test_segment){.flags = TH_ACK, .seq = 1001, .ack = 1, .len = 9});
		broke(wrong, WATCH_TSECR);
		end();
	}
}

/* What came behind an answer of the same time may be TS.Recent, so that an older one is PAWS's to answer at once. */
static void
a_stamp_that_may_be_too_old(void)
{
	for (unsigned wrong = 0; wrong < 2; wrong++) {
		begin();
		hears_bytes(30, 1, 0);
		acks(30, 20, 101);
		hears_bytes(40, 101, 0);
		hears_bytes(40, 1, 0);
		at(40, (struct test_segment){.flags = TH_ACK, .seq = 201, .ack = 501, HEARS(35, 10)});
		acks(40, 30, 201);
		at(50, (struct test_segment){.flags = TH_ACK, .seq = 201, .ack = 501, HEARS(33, 10)});
		at(50, (struct test_segment){.flags = TH_ACK, .seq = 201, .ack = 501, HEARS(38, 10)});
		acks(50, wrong ? 39 : 35, 201);
		broke(wrong, WATCH_TSECR);
		end();
	}
}

/* Bytes behind the peer's FIN are nobody's, and their stamps neither. */
static void
a_stamp_behind_a_fin(void)
{
	for (unsigned wrong = 0; wrong < 2; wrong++) {
		begin();
		says(20, 10, (struct test_segment){.flags = TH_ACK | TH_FIN, .seq = 501, .ack = 1});
		at(30, (struct test_segment){.flags = TH_ACK | TH_FIN, .seq = 1, .ack = 502, HEARS(20, 20)});
		says(30, 20, (struct test_segment){.flags = TH_ACK, .seq = 502, .ack = 2});
		at(40, (struct test_segment){.flags = TH_ACK, .seq = 2, .ack = 502, .len = 100, HEARS(30, 30)});
		says(40, wrong ? 19 : 20, (struct test_segment){.flags = TH_ACK, .seq = 502, .ack = 2});
		broke(wrong, WATCH_TSECR);
		end();
	}
}

/* An ACK with blocks of 100 bytes, which begin there; 0: no block. echo: as stamps() has it. */
static void
says_sack(uint32_t ms, uint8_t echo, uint32_t ack, uint32_t first, uint32_t second)
{
	const uint32_t edges[4] = {first, first + 100, second, second + 100};
	uint8_t opts[32] = {0}, n = second ? 2 : 1;

	memcpy(opts, stamps(false, ms, echo), 12);
	memcpy(opts + 12, (const uint8_t[4]){1, 1, 5, (uint8_t)(2 + 8 * n)}, 4);
	for (unsigned i = 0; i < 2u * n; i++)
		put_be32(opts + 16 + 4 * i, IRS + edges[i]);
	at(ms, (struct test_segment){.flags = TH_ACK, .seq = 501, .ack = ack, .window = 512, .opts = opts,
		       .opt_len = (uint8_t)(16 + 8 * n)});
}

/* RFC 2018 4: the first block holds what asked for the ACK. */
static void
sack_in_another_order(void)
{
	for (unsigned wrong = 0; wrong < 2; wrong++) {
		begin();
		hears_bytes(30, 101, 0);
		says_sack(30, 10, 1, 101, 0);
		hears_bytes(31, 301, 0);
		says_sack(31, 10, 1, wrong ? 101 : 301, wrong ? 301 : 101);
		broke(wrong, WATCH_SACK);
		end();
	}
}

/* RFC 2883 4: of the most recent segment, and from a stack that does it. */
static void
dsack_of_what_came_before(void)
{
	for (unsigned wrong = 0; wrong < 3; wrong++) {
		begin();
		p.tcp.dsack = wrong != 2;
		hears_bytes(30, 1, 0);
		at(30, (struct test_segment){.flags = TH_ACK, .seq = 501, .ack = 101, SAYS(30, 20)});
		hears_bytes(40, 1, 0);
		if (wrong == 1)
			at(40, (struct test_segment){.flags = TH_ACK, .seq = 501, .ack = 101, SAYS(40, 20)});
		else
			says_sack(40, 20, 101, 1, 0);
		hears_bytes(50, 101, 0);
		if (wrong == 1)
			says_sack(50, 40, 201, 1, 0);
		broke(wrong != 0, WATCH_SACK);
		end();
	}
}

/* RFC 9293 3.8.4: a keepalive's byte may stand in the SYN's place, and is one that came before. */
static void
dsack_of_a_keepalive(void)
{
	const uint8_t dsack[24] = {1, 1, 8, 10, 0, 0, 0, 80, 0, 0, 0, 80, 1, 1, 5, 10, 0, 0, 1, 244, 0, 0, 1, 245};

	for (unsigned wrong = 0; wrong < 2; wrong++) {
		begin();
		p.tcp.dsack = true;
		if (!wrong)
			at(30, (struct test_segment){.flags = TH_ACK, .seq = 0, .ack = 501, .len = 1, HEARS(20, 10)});
		at(30, (struct test_segment){NEXT, .opts = dsack, .opt_len = 24, .window = 512});
		if (!wrong)
			broke(0, WATCH_SACK);
		else
			CHECK_EQ_I(told, WATCH_SACK);
		end();
	}
}

static void
congestion_without_agreement(void)
{
	breaks((struct test_segment){NEXT, .len = 9, .tos = 2}, WATCH_ECN);
	breaks((struct test_segment){.flags = TH_ACK | TH_ECE, .seq = 501, .ack = 1, .len = 9}, WATCH_ECN);
	breaks((struct test_segment){.flags = TH_ACK | TH_CWR, .seq = 501, .ack = 1, .len = 9}, WATCH_ECN);
}

/* RFC 3168 6.1.4, 6.1.5: new bytes alone are ECN-capable. */
static void
marks_on_what_is_not_new(void)
{
	begin_with(60000, 512, true);
	at(20, (struct test_segment){NEXT, .len = 100, .tos = 2, SAYS(20, 10)});
	broke(0, WATCH_ECN);
	at(20, (struct test_segment){NEXT, .len = 100, .tos = 3, SAYS(20, 10)});
	broke(1, WATCH_ECN);
	at(2000, (struct test_segment){NEXT, .len = 100, .tos = 2, SAYS(2000, 10)});
	broke(2, WATCH_ECN);
	hears_bytes(2001, 1, 0);
	at(2001, (struct test_segment){.flags = TH_ACK, .seq = 601, .ack = 101, .tos = 2, .opts = stamps(false, 2001, 0), .opt_len = 12,
		       .window = 512});
	CHECK(count >= 3);
	end();
}

/* RFC 3168 6.1.3. */
static void
echoes_of_congestion(void)
{
	begin_with(60000, 512, true);
	hears_bytes(30, 1, 3);
	at(35, (struct test_segment){.flags = TH_ACK | TH_ECE, .seq = 501, .ack = 101, SAYS(35, 20)});
	broke(0, WATCH_ECN);
	at(35, (struct test_segment){.flags = TH_ACK, .seq = 501, .ack = 101, .len = 9, SAYS(35, 20)});
	broke(1, WATCH_ECN);
	end();

	begin_with(60000, 512, true);
	at(20, (struct test_segment){.flags = TH_ACK | TH_ECE, .seq = 501, .ack = 1, .len = 9, SAYS(20, 10)});
	broke(1, WATCH_ECN);
	end();
}

/* RFC 3168 6.1.2. */
static void
an_echo_without_answer(void)
{
	for (unsigned wrong = 0; wrong < 2; wrong++) {
		begin_with(60000, 512, true);
		at(20, (struct test_segment){NEXT, .len = 900, .tos = 2, SAYS(20, 10)});
		for (uint16_t ack = 601; ack <= 801; ack += 100)
			at(30, (struct test_segment){.flags = TH_ACK | TH_ECE, .seq = 1, .ack = ack, HEARS(20, 20)});
		at(31, (struct test_segment){.flags = TH_ACK | (wrong ? 0 : TH_CWR), .seq = 1401, .ack = 1, .len = 9, .tos = 2,
			       SAYS(31, 20)});
		broke(wrong, WATCH_ECN);
		end();
	}
}

/* RFC 3168 6.1.6: a probe says nothing of it, first or again; the bytes that follow do. */
static void
an_echo_in_front_of_a_probe(void)
{
	for (unsigned wrong = 0; wrong < 3; wrong++) {
		uint32_t ms = 31;

		begin_with(1400, 7, true);
		at(20, (struct test_segment){NEXT, .len = 900, .tos = 2, SAYS(20, 10)});
		for (uint16_t ack = 601; ack <= 801; ack += 100)
			at(30, (struct test_segment){.from_server = true, .flags = TH_ACK | TH_ECE, .seq = 1, .ack = ack,
				       .opts = stamps(true, 20, 20), .opt_len = 12});
		at(ms, (struct test_segment){.from_server = true, .flags = TH_ACK, .seq = 1, .ack = 1401, .opts = stamps(true, 21, 20),
			       .opt_len = 12});
		for (unsigned i = 0; i < 2; i++)
			says(ms += p.tcp.persist_max_ms, 21, (struct test_segment){.flags = TH_ACK | (wrong == 1 ? TH_CWR : 0), .seq = 1401,
								     .ack = 1, .len = 1});
		at(++ms, (struct test_segment){.flags = TH_ACK, .seq = 1, .ack = 1401, HEARS(22, 20)});
		says(++ms, 22, (struct test_segment){.flags = TH_ACK | (wrong == 2 ? 0 : TH_CWR), .seq = 1401, .ack = 1, .len = 9,
				       .tos = 2});
		broke(wrong == 1 ? 2 : wrong == 2, WATCH_ECN);
		end();
	}
}

static void
stays_in_the_windows(void)
{
	begin();
	/* 501 + 512 * 128 is where the peer's window ends; the congestion window ends before it. */
	for (unsigned i = 0; i < 20 && count == 0; i++)
		at(20, (struct test_segment){.flags = TH_ACK, .seq = 501 + 1448 * i, .ack = 1, .len = 1448, SAYS(20, 10)});

	CHECK_EQ_U(count, 1);
	CHECK_EQ_I(told, WATCH_CWND);
	end();
}

/* No segment is smaller than the personality's least, whatever the peer's MSS: the first window counts in those. */
static void
starts_with_the_smallest_segments(void)
{
	const struct watch_host host = {.p = &p, .ip = CLIENT_IP, .mtu = 1500};
	static const uint8_t opts[4] = {2, 4, 1, 36};

	watch_at(&host);
	p.tcp.mss_floor = 536;
	p.tcp.initial_cwnd = 10;
	at(0, (struct test_segment){.flags = TH_SYN, .window = 60000, .opts = opts, .opt_len = 4});
	at(10, (struct test_segment){.from_server = true, .flags = TH_SYN | TH_ACK, .ack = 1, .window = 60000, .opts = opts, .opt_len = 4});
	for (unsigned i = 0; i < 13; i++)
		at(10, (struct test_segment){.flags = TH_ACK, .seq = 1 + 536 * i, .ack = 1, .len = 536, .window = 60000});
	broke(0, WATCH_CWND);
	at(10, (struct test_segment){.flags = TH_ACK, .seq = 1 + 536 * 13, .ack = 1, .len = 536, .window = 60000});
	broke(1, WATCH_CWND);
	watch_over();
}

static const struct test_case cases[] = {
	{"a right conversation passes", right},
	{"wrong sequence numbers, ACKs, windows, sizes and flags are told", wrong_numbers},
	{"timestamps that run back, run away, or echo another are told", wrong_stamps},
	{"a timestamp that waited for an address is let pass, none that is older than one echoed", stamps_that_waited},
	{"what fills a gap that may be known echoes what came between", stamps_behind_many_gaps},
	{"what came behind a gap that may be filled may be echoed", a_stamp_behind_a_gap_that_may_be_filled},
	{"bytes behind gaps that are not all known may be in order, and their ACK may wait", bytes_behind_many_gaps},
	{"the timestamp of what is dropped for its ACK stays known behind an older one", a_stamp_of_what_is_dropped},
	{"what may be too old for PAWS may be answered at once", a_stamp_that_may_be_too_old},
	{"bytes behind the peer's FIN leave TS.Recent as it is", a_stamp_behind_a_fin},
	{"a SACK block for what did not come is told", wrong_sack},
	{"SACK blocks in another order are told", sack_in_another_order},
	{"a D-SACK of what came before, or from a stack that sends none, is told", dsack_of_what_came_before},
	{"a D-SACK of a keepalive's byte in the SYN's place passes", dsack_of_a_keepalive},
	{"ECN without agreement is told", congestion_without_agreement},
	{"ECN on what is not new bytes is told", marks_on_what_is_not_new},
	{"an echo of congestion that is missing or that nothing caused is told", echoes_of_congestion},
	{"congestion told of and not answered is told", an_echo_without_answer},
	{"a probe of the window is no answer to congestion", an_echo_in_front_of_a_probe},
	{"more than the congestion window can hold is told", stays_in_the_windows},
	{"a first window of smallest segments passes, more is told", starts_with_the_smallest_segments},
	{NULL, NULL},
};

const struct test_suite watch_suite = {.name = "watch", .cases = cases};
