/* SPDX-License-Identifier: BSD-3-Clause */
/* The watch at a client: a right conversation passes, each wrong segment of its own is told by its rule. */
#include <mien/driver.h>

#include "frames.h"
#include "suites.h"
#include "watch.h"

#define MS UINT64_C(1000000)
#define ISS 100u
#define IRS 500u

static struct mien_personality p;
static struct watch *watch;
static enum watch_rule told;
static unsigned count;
static bool asks; /* the host asks for its neighbours' addresses */

static void
violated(void *ctx, const struct watch_violation *v)
{
	told = v->rule;
	count++;
}

/* sent by the client, or got from the server, in so many mbufs; numbers from the ISNs. */
static void
at_in(uint64_t ms, struct test_segment s, unsigned pieces)
{
	struct rte_mbuf *m;

	s.seq += s.from_server ? IRS : ISS;
	s.ack += s.flags & TH_ACK ? s.from_server ? ISS : IRS : 0;
	m = test_frame(&s);
	while (m->nb_segs < pieces)
		REQUIRE_EQ_I(rte_pktmbuf_chain(m, rte_pktmbuf_alloc(sim_test_pool)), 0);
	watch_frame(watch, ms * MS, 0, !s.from_server, m, false);
	rte_pktmbuf_free(m);
}

static void
at(uint64_t ms, struct test_segment s)
{
	at_in(ms, s, 1);
}

static const uint8_t syn_opts[20] = {2, 4, 5, 180, 4, 2, 8, 10, 0, 0, 0, 50, 0, 0, 0, 0, 1, 3, 3, 7};
static const uint8_t synack_opts[20] = {2, 4, 5, 180, 4, 2, 8, 10, 0, 0, 0, 70, 0, 0, 0, 50, 1, 3, 3, 7};

/* TSval, TSecr of both sides at a time in milliseconds. */
static const uint8_t *
stamps(bool server, uint32_t ms, uint8_t echo)
{
	static uint8_t ts[12];
	const uint32_t v = (server ? 70 : 50) + ms;
	const uint8_t all[12] = {1, 1, 8, 10, (uint8_t)(v >> 24), (uint8_t)(v >> 16), (uint8_t)(v >> 8), (uint8_t)v, 0, 0, 0,
		(uint8_t)((server ? 50 : 70) + echo)};

	memcpy(ts, all, sizeof(ts));
	return ts;
}

#define SAYS(ms, echo) .opts = stamps(false, ms, echo), .opt_len = 12, .window = 512
#define HEARS(ms, echo) .from_server = true, .opts = stamps(true, ms, echo), .opt_len = 12, .window = 512

/* Open at 10 ms; 500 bytes are sent then and acknowledged at 20 ms, with these windows, with ECN and SACK or not. */
static void
begin_as(uint16_t first, uint16_t then, bool ecn, bool sack)
{
	const struct watch_host host = {&p, CLIENT_IP, 1500, true, asks};
	uint8_t answer[20];

	memcpy(answer, synack_opts, sizeof(answer));
	if (!sack)
		answer[4] = answer[5] = 1;
	mien_personality_init_plain(&p);
	p.tcp.ts.hz = 1000;
	count = 0;
	REQUIRE_EQ_I(watch_create(&host, 1, violated, NULL, &watch), 0);
	at(0, (struct test_segment){.flags = TH_SYN | (ecn ? TH_ECE | TH_CWR : 0), .window = 65535, .opts = syn_opts,
		      .opt_len = 20});
	at(10, (struct test_segment){.from_server = true, .flags = TH_SYN | TH_ACK | (ecn ? TH_ECE : 0), .ack = 1,
		       .window = first, .opts = answer, .opt_len = 20});
	at(10, (struct test_segment){.flags = TH_ACK, .seq = 1, .ack = 1, SAYS(10, 0)});
	at(10, (struct test_segment){.flags = TH_ACK, .seq = 1, .ack = 1, .len = 500, SAYS(10, 0)});
	at(20, (struct test_segment){.from_server = true, .flags = TH_ACK, .seq = 1, .ack = 501, .opts = stamps(true, 10, 10),
		       .opt_len = 12, .window = then});
	CHECK_EQ_U(count, 0);
}

static void
begin_with(uint16_t first, uint16_t then, bool ecn)
{
	begin_as(first, then, ecn, true);
}

static void
begin(void)
{
	begin_with(60000, 512, false);
}

static void
end(void)
{
	asks = false;
	watch_destroy(watch);
	CHECK_EQ_U(mien_pool_in_use(sim_test_pool), 0);
}

/* One more segment of the client at 20 ms breaks this rule, or none (WATCH_RULES). */
static void
breaks(struct test_segment s, enum watch_rule rule)
{
	uint8_t opts[40] = {0};

	if (s.opts)
		memcpy(opts, s.opts, s.opt_len);
	begin();
	if (!s.opts) {
		memcpy(opts, stamps(false, 20, 10), 12);
		s.opt_len = 12;
	}
	s.opts = opts;
	s.window += s.window ? 0 : 512;
	at(20, s);
	if (rule == WATCH_RULES)
		CHECK_EQ_U(count, 0);
	else if (count == 0 || told != rule)
		FAIL("%u violations, the last: %s", count, count ? watch_rule_name(told) : "");
	end();
}

#define NEXT .flags = TH_ACK, .seq = 501, .ack = 1

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
wrong_sack(void)
{
	const uint8_t sack[24] = {1, 1, 8, 10, 0, 0, 0, 70, 0, 0, 0, 80, 1, 1, 5, 10, 0, 0, 2, 88, 0, 0, 3, 0};

	breaks((struct test_segment){NEXT, .opts = sack, .opt_len = 24}, WATCH_SACK);
}

/* So many violations so far, the last of this rule. */
static void
broke(unsigned n, enum watch_rule rule)
{
	if (count != n || (n && told != rule))
		FAIL("%u violations, the last: %s", count, count ? watch_rule_name(told) : "");
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

static void
hears_bytes(uint32_t ms, uint32_t seq, uint8_t tos)
{
	at(ms, (struct test_segment){.flags = TH_ACK, .seq = seq, .ack = 501, .len = 100, .tos = tos, HEARS(ms - 10, 10)});
}

static void
acks(uint32_t ms, uint8_t echo, uint32_t ack)
{
	at(ms, (struct test_segment){.flags = TH_ACK, .seq = 501, .ack = ack, SAYS(ms, echo)});
}

static void
says(uint32_t ms, uint8_t echo, struct test_segment s)
{
	s.opts = stamps(false, ms, echo);
	s.opt_len = 12;
	s.window = 512;
	at(ms, s);
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

/* More gaps than the watch has room for: what it does not know may have filled one, and was answered at once. */
static void
stamps_behind_many_gaps(void)
{
	const uint32_t known = 48;

	for (uint32_t n = known; n <= known + 1; n++) {
		begin_as(60000, 512, false, false);
		for (uint32_t i = 0; i < n; i++) {
			hears_bytes(30, 101 + 200 * i, 0);
			acks(30, 10, 1);
		}
		for (uint32_t i = 0; i < known; i++) {
			hears_bytes(30, 1 + 200 * i, 0);
			acks(30, 20, 201 + 200 * i);
		}
		for (uint32_t i = 0; i < 2; i++)
			at(40, (struct test_segment){.flags = TH_ACK, .seq = 1 + 200 * known + 50 * i, .ack = 501, .len = 50, HEARS(30 + i, 10)});
		acks(40, 30, 51 + 200 * known);
		acks(40, 31, 101 + 200 * known);
		broke(n == known, WATCH_TSECR);
		end();
	}
}

static void
a_stamp_behind_a_gap_that_may_be_filled(void)
{
	const uint32_t known = 48, last = 1 + 200 * known;

	for (unsigned wrong = 0; wrong < 2; wrong++) {
		begin_as(60000, 512, false, false);
		for (uint32_t i = 0; i <= known; i++) {
			hears_bytes(30, 101 + 200 * i, 0);
			acks(30, 10, 1);
		}
		for (uint32_t i = 0; i < known; i++) {
			hears_bytes(30, 1 + 200 * i, 0);
			acks(30, 20, 201 + 200 * i);
		}
		at(40, (struct test_segment){.flags = TH_ACK, .seq = last, .ack = 501, .len = 100, HEARS(30, 10)});
		at(40, (struct test_segment){.flags = TH_ACK, .seq = last + 200, .ack = 501, .len = 50, HEARS(31, 10)});
		acks(40, 30, last + 200);
		acks(40, wrong ? 32 : 31, last + 250);
		broke(wrong, WATCH_TSECR);
		end();
	}
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
keepalive_at(uint64_t ms)
{
	at(ms, (struct test_segment){.flags = TH_ACK, .seq = 500, .ack = 1, SAYS((uint32_t)ms, 10)});
}

static void
keepalives_too_soon(void)
{
	uint64_t idle, interval;

	begin();
	idle = p.tcp.keepalive_idle_ms;
	interval = p.tcp.keepalive_interval_ms;
	keepalive_at(20 + idle - 100);
	broke(1, WATCH_PROBE);
	end();

	begin();
	keepalive_at(20 + idle);
	keepalive_at(20 + idle + interval);
	broke(0, WATCH_PROBE);
	keepalive_at(20 + idle + 2 * interval - 100);
	broke(1, WATCH_PROBE);
	end();

	begin();
	for (unsigned i = 0; i <= p.tcp.keepalive_count; i++)
		keepalive_at(20 + idle + i * interval);
	broke(1, WATCH_PROBE);
	end();
}

static void
probe_at(uint64_t ms)
{
	at(ms, (struct test_segment){.flags = TH_ACK, .seq = 500, .ack = 1, SAYS((uint32_t)ms, 10)});
}

static void
a_closed_window_probed_too_soon(void)
{
	uint64_t least;

	begin_with(500, 0, false);
	least = p.tcp.persist_min_ms;
	probe_at(20 + least - 50);
	broke(1, WATCH_PROBE);
	end();

	begin_with(500, 0, false);
	probe_at(20 + least);
	probe_at(20 + 3 * least);
	broke(0, WATCH_PROBE);
	probe_at(20 + 4 * least);
	broke(1, WATCH_PROBE);
	end();
}

/* SND.WL1: the next ACK was lost, and what came before it comes again. */
static void
a_closed_window_that_an_older_segment_does_not_open(void)
{
	for (unsigned newer = 0; newer < 2; newer++) {
		begin_with(500, 0, false);
		at(30, (struct test_segment){.flags = TH_ACK, .seq = 101, .ack = 501, .from_server = true,
			       .opts = stamps(true, 30, 20), .opt_len = 12});
		at(31, (struct test_segment){.flags = TH_ACK, .seq = newer ? 101 : 1, .ack = 501, HEARS(31, 20)});
		at(31 + p.tcp.persist_min_ms, (struct test_segment){.flags = TH_ACK, .seq = 500, .ack = 1,
						      SAYS(31 + p.tcp.persist_min_ms, newer ? 10 : 31)});
		broke(newer, WATCH_PROBE);
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

static void
a_keepalives_byte_behind_fin(void)
{
	uint64_t idle;

	begin();
	idle = p.tcp.keepalive_idle_ms;
	at(20, (struct test_segment){.flags = TH_ACK | TH_FIN, .seq = 501, .ack = 1, SAYS(20, 10)});
	at(30, (struct test_segment){.flags = TH_ACK, .seq = 1, .ack = 502, HEARS(20, 20)});
	at(30 + idle, (struct test_segment){.flags = TH_ACK, .seq = 501, .ack = 1, .len = 1, SAYS((uint32_t)(30 + idle), 20)});
	broke(0, WATCH_SEQUENCE);
	at(30 + idle, (struct test_segment){.flags = TH_ACK, .seq = 501, .ack = 1, .len = 2, SAYS((uint32_t)(30 + idle), 20)});
	broke(1, WATCH_SEQUENCE);
	end();
}

static void
an_idle_ack(void)
{
	begin();
	at(25, (struct test_segment){NEXT, .len = 9, SAYS(25, 10)});
	at(25, (struct test_segment){.flags = TH_ACK, .seq = 510, .ack = 1, SAYS(25, 10)});

	CHECK_EQ_U(count, 1);
	CHECK_EQ_I(told, WATCH_ACK_IDLE);
	end();
}

static void
owes_acks(void)
{
	begin();
	/* A gap: at once. */
	at(30, (struct test_segment){.flags = TH_ACK, .seq = 101, .ack = 501, .len = 100, HEARS(20, 10)});
	at(31, (struct test_segment){NEXT, .len = 9, SAYS(31, 10)});
	CHECK_EQ_U(count, 1);
	CHECK_EQ_I(told, WATCH_ACK_NOW);
	end();

	begin();
	/* One segment: within the delay. */
	at(30, (struct test_segment){.flags = TH_ACK, .seq = 1, .ack = 501, .len = 100, HEARS(20, 10)});
	watch_end(watch, 0, (30 + p.tcp.delack_ms + p.tcp.tick_ms + 2) * MS);
	CHECK_EQ_U(count, 1);
	CHECK_EQ_I(told, WATCH_ACK_LATE);
	end();
}

/* What fills a gap is acknowledged at once, unless the host may have had no room for what lay behind. */
static void
no_room_behind_a_gap(void)
{
	for (unsigned pieces = 1; pieces < 80; pieces += 78) {
		begin_as(60000, 512, false, false);
		at_in(30, (struct test_segment){.flags = TH_ACK, .seq = 101, .ack = 501, .len = 100, HEARS(20, 10)}, pieces);
		acks(30, 10, 1);
		hears_bytes(31, 1, 0);
		acks(33, 21, 101);
		broke(pieces == 1, WATCH_ACK_NOW);
		end();
	}
}

static void
a_host_that_is_behind(void)
{
	begin_as(60000, 512, false, false);
	hears_bytes(30, 101, 0);
	acks(30, 10, 1);
	hears_bytes(31, 1, 0);
	acks(31, 21, 101); /* 101:201 found no room */
	hears_bytes(32, 301, 0);
	acks(32, 21, 101);
	hears_bytes(33, 101, 0);
	acks(33, 23, 201);
	hears_bytes(34, 201, 0);
	acks(36, 24, 301);
	broke(0, WATCH_ACK_NOW);
	end();
}

static void
keeps_the_timeout(void)
{
	begin();
	at(25, (struct test_segment){NEXT, .len = 100, SAYS(25, 10)});
	at(30, (struct test_segment){NEXT, .len = 100, SAYS(30, 10)});
	if (p.tcp.tlp) /* may be the probe */
		at(35, (struct test_segment){NEXT, .len = 100, SAYS(35, 10)});

	CHECK_EQ_U(count, 1);
	CHECK_EQ_I(told, WATCH_EARLY);
	end();
}

/* RFC 6298 2.5; behind a loss probe the timeout begins anew: RFC 8985 7.3. */
static void
backs_off_to_the_most(void)
{
	const struct test_segment next = {NEXT, .len = 100}, probe = {.flags = TH_ACK, .seq = 601, .ack = 1, .len = 100};
	uint32_t most, ms = 25;

	begin();
	most = p.tcp.rto_max_ms;
	says(ms, 10, next);
	says(ms + most / 2, 10, probe);
	says(ms += most / 2 + most, 10, next);
	says(ms += most, 10, next);
	broke(0, WATCH_BACKOFF);
	says(ms += most / 2, 10, next);
	broke(1, WATCH_BACKOFF);
	end();
}

static void
is_not_silent(void)
{
	uint32_t late;

	begin();
	late = 20 + 2 * (p.tcp.rto_max_ms + p.tcp.persist_max_ms);
	at(20, (struct test_segment){NEXT, .len = 100, SAYS(20, 10)});
	at(late, (struct test_segment){NEXT, .len = 100, SAYS(late, 10)});

	CHECK_EQ_U(count, 1);
	CHECK_EQ_I(told, WATCH_SILENT);
	end();
}

static void
is_not_silent_behind_an_ack(void)
{
	uint32_t most;

	begin();
	most = RTE_MAX(p.tcp.rto_max_ms, p.tcp.persist_max_ms);
	at(20, (struct test_segment){NEXT, .len = 100, SAYS(20, 10)});
	at(20, (struct test_segment){.flags = TH_ACK, .seq = 601, .ack = 1, .len = 100, SAYS(20, 10)});
	at(20 + most, (struct test_segment){.flags = TH_ACK, .seq = 1, .ack = 601, HEARS(30, 20)});
	at(20 + 2 * most, (struct test_segment){.flags = TH_ACK, .seq = 601, .ack = 1, .len = 100, SAYS(20 + 2 * most, 30)});

	broke(0, WATCH_SILENT);
	end();
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

static const struct test_case cases[] = {
	{"a right conversation passes", right},
	{"wrong sequence numbers, ACKs, windows, sizes and flags are told", wrong_numbers},
	{"timestamps that run back, run away, or echo another are told", wrong_stamps},
	{"a timestamp that waited for an address is let pass, none that is older than one echoed", stamps_that_waited},
	{"what fills a gap that may be known echoes what came between", stamps_behind_many_gaps},
	{"what came behind a gap that may be filled may be echoed", a_stamp_behind_a_gap_that_may_be_filled},
	{"a SACK block for what did not come is told", wrong_sack},
	{"SACK blocks in another order are told", sack_in_another_order},
	{"a D-SACK of what came before, or from a stack that sends none, is told", dsack_of_what_came_before},
	{"a D-SACK of a keepalive's byte in the SYN's place passes", dsack_of_a_keepalive},
	{"keepalives too soon and too many are told", keepalives_too_soon},
	{"probes of a closed window too soon, and sooner than before, are told", a_closed_window_probed_too_soon},
	{"an older segment does not open a closed window", a_closed_window_that_an_older_segment_does_not_open},
	{"ECN without agreement is told", congestion_without_agreement},
	{"ECN on what is not new bytes is told", marks_on_what_is_not_new},
	{"an echo of congestion that is missing or that nothing caused is told", echoes_of_congestion},
	{"congestion told of and not answered is told", an_echo_without_answer},
	{"a keepalive's byte may stand where FIN stood, more may not", a_keepalives_byte_behind_fin},
	{"an ACK that nothing asked for is told", an_idle_ack},
	{"an ACK that does not come in time is told", owes_acks},
	{"what fills a gap is owed an ACK at once when the host had room for what lay behind", no_room_behind_a_gap},
	{"a host behind what came owes none for a gap that it may not know", a_host_that_is_behind},
	{"a retransmission before any timeout is told", keeps_the_timeout},
	{"a timeout shorter than the one before and than the longest is told", backs_off_to_the_most},
	{"silence while bytes are out is told when it ends", is_not_silent},
	{"an ACK begins the time of silence anew", is_not_silent_behind_an_ack},
	{"more than the congestion window can hold is told", stays_in_the_windows},
	{NULL, NULL},
};

const struct test_suite watch_suite = {.name = "watch", .cases = cases};
