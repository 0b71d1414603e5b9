/* SPDX-License-Identifier: BSD-3-Clause */
/* The watch where connections begin: SYNs and SYN-ACKs that come more than once, and are not the same each time. */
#include <mien/tcp.h>

#include "ip4.h"
#include "watch_rig.h"

#define COOKIE 0x70000000u /* from ISS or IRS: numbers of other SYN-ACKs */
#define COOKIE_MSS 536u

static bool server; /* the watch is at the server */

static void
begin(bool at_server)
{
	const struct watch_host host = {.p = &p, .ip = at_server ? SERVER_IP : CLIENT_IP, .mtu = 1500,
		.cookie_mss = at_server ? COOKIE_MSS : 0, .fo_client = at_server ? 0 : MIEN_FAST_OPEN_NO_COOKIE};

	server = at_server;
	watch_at(&host);
	p.tcp.syn = (struct mien_schedule){.gap_ms = {1000, 2000, 4000}, .count = 3};
}

static void
at(uint64_t ms, struct test_segment s)
{
	s.window = s.window ? s.window : 60000;
	show(ms, s, s.from_server == server, 1);
}

#define MSS .opts = (const uint8_t[4]){2, 4, 5, 180}, .opt_len = 4

static void
syn(uint64_t ms, uint8_t flags, uint16_t len)
{
	at(ms, (struct test_segment){.flags = TH_SYN | flags, .len = len, MSS});
}

static void
synack(uint64_t ms, uint32_t seq, uint8_t flags)
{
	at(ms, (struct test_segment){.from_server = true, .flags = TH_SYN | TH_ACK | flags, .seq = seq, .ack = 1, MSS});
}

static void
client_says(uint64_t ms, uint32_t seq, uint32_t ack, uint16_t len)
{
	at(ms, (struct test_segment){.flags = TH_ACK, .seq = seq, .ack = ack, .len = len});
}

static void
server_says(uint64_t ms, uint32_t seq, uint32_t ack, uint16_t len, uint8_t tos)
{
	at(ms, (struct test_segment){.from_server = true, .flags = TH_ACK, .seq = seq, .ack = ack, .len = len, .tos = tos});
}

/* The host hears an ICMP error. */
static void
too_big(uint64_t ms)
{
	struct rte_mbuf *m = test_frame(&(struct test_segment){.from_server = !server});

	rte_pktmbuf_mtod(m, uint8_t *)[14 + 9] = 1; /* the protocol */
	watch_frame(watch, ms * MS, 0, false, m, false);
	rte_pktmbuf_free(m);
}

/* -- SYNs --------------------------------------------------------------------------------------------------- */

/* A SYN without the data that was too big is no timeout: R2's and the first gap begin with it. */
static void
without_what_was_too_big(void)
{
	begin(false);
	syn(0, 0, 1400);
	too_big(10);
	syn(10, 0, 0);
	syn(1010, 0, 0);
	syn(3010, 0, 0);
	broke(0, WATCH_R2);
	syn(7010, 0, 0);
	broke(1, WATCH_R2);
	watch_over();
}

static void
without_what_was_too_big_twice(void)
{
	begin(false);
	syn(10, 0, 1400);
	too_big(20);
	syn(20, 0, 0);
	too_big(30);
	syn(30, 0, 0);
	broke(1, WATCH_EARLY);
	watch_over();

	begin(false);
	syn(10, 0, 0);
	too_big(20);
	syn(20, 0, 0);
	broke(1, WATCH_EARLY);
	watch_over();

	begin(false);
	syn(10, 0, 1400);
	too_big(20);
	syn(30, 0, 0);
	broke(1, WATCH_EARLY);
	watch_over();
}

/* RFC 3168 6.1.1.1: of a SYN with ECN and one without that came together the first may be answered alone. */
static void
with_ecn_and_without(void)
{
	for (unsigned again = 0; again < 2; again++) {
		begin(true);
		syn(0, TH_ECE | TH_CWR, 0);
		syn(0, 0, 0);
		synack(0, 0, TH_ECE);
		if (again)
			synack(0, 0, 0);
		client_says(10, 1, 1, 100);
		server_says(10, 1, 101, 100, 2);
		broke(again, WATCH_ECN);
		watch_over();
	}
}

/* MSS and stamps. */
static const uint8_t *
stamped(uint16_t val, uint16_t echo)
{
	static uint8_t opts[16];

	memcpy(opts, (const uint8_t[16]){2, 4, 5, 180, 1, 1, 8, 10, 0, 0, (uint8_t)(val >> 8), (uint8_t)val, 0, 0, (uint8_t)(echo >> 8),
			     (uint8_t)echo}, 16);
	return opts;
}

/* The SYN comes again with a later stamp, which is answered; what comes then is out of order and leaves TS.Recent alone. */
static void
with_a_later_stamp(void)
{
	for (uint16_t wrong = 0; wrong < 2; wrong++) {
		begin(true);
		p.tcp.ts.hz = 1000;
		for (uint16_t ms = 0; ms <= 1000; ms += 1000) {
			at(ms, (struct test_segment){.flags = TH_SYN, .opts = stamped(50 + ms, 0), .opt_len = 16});
			at(ms, (struct test_segment){.from_server = true, .flags = TH_SYN | TH_ACK, .ack = 1,
				       .opts = stamped(70 + ms, 50 + ms), .opt_len = 16});
		}
		at(2000, (struct test_segment){.flags = TH_ACK, .seq = 101, .ack = 1, .len = 100, .opts = stamped(2050, 1070) + 4, .opt_len = 12});
		at(2000, (struct test_segment){.from_server = true, .flags = TH_ACK, .seq = 1, .ack = 1,
				 .opts = stamped(2070, wrong ? 2050 : 1050) + 4, .opt_len = 12});
		broke(wrong, WATCH_TSECR);
		watch_over();
	}
}

/* Of another connection each, as those that waited while the host slept: which is the first is the host's to say. */
static void
others_at_one_time(void)
{
	for (uint64_t apart = 0; apart < 2; apart++) {
		begin(true);
		for (uint32_t i = 0; i < 3; i++)
			at(i * apart, (struct test_segment){.flags = TH_SYN, .seq = i * 5000, MSS});
		for (uint32_t i = 0; i < 3; i++)
			at(2 * apart, (struct test_segment){.from_server = true, .flags = TH_SYN | TH_ACK, .seq = i, .ack = 5000 * i + 1,
					      MSS});
		broke(apart ? 2 : 0, WATCH_ACK);
		watch_over();
	}
}

static void
again_behind_another(void)
{
	begin(true);
	syn(0, TH_ECE | TH_CWR, 0);
	at(0, (struct test_segment){.flags = TH_SYN, .seq = 5000, MSS});
	syn(0, 0, 0);
	synack(0, 0, TH_ECE);
	client_says(10, 1, 1, 100);
	server_says(10, 1, 101, 100, 2);
	broke(0, WATCH_ECN);
	watch_over();
}

/* The first of them made a connection that is over. */
static void
one_that_was_answered_before(void)
{
	begin(true);
	syn(0, 0, 100);
	synack(0, 0, 0);
	client_says(10, 1, 1, 100);
	at(20, (struct test_segment){.from_server = true, .flags = TH_RST | TH_ACK, .seq = 1, .ack = 101});
	syn(1000, 0, 100);
	at(1000, (struct test_segment){.flags = TH_SYN, .seq = 5000, MSS});
	synack(1000, 7, 0);
	broke(0, WATCH_ACK);
	at(1000, (struct test_segment){.from_server = true, .flags = TH_SYN | TH_ACK, .seq = 9, .ack = 4000, MSS});
	broke(1, WATCH_ACK);
	watch_over();
}

/* What came with a SYN may be answered behind the SYN-ACK. */
static void
segments_at_the_time_of_the_syn(void)
{
	for (unsigned n = 1; n <= 2; n++) {
		begin(true);
		syn(10, 0, 0);
		for (unsigned i = 0; i < n; i++)
			client_says(10, 100000, 1, 0);
		synack(10, 0, 0);
		for (unsigned i = 0; i < 4; i++)
			server_says(10, 1, 1, 0, 0);
		broke(3 - n, WATCH_ACK_IDLE); /* the SYN asks for one, too */
		watch_over();
	}
}

/* Which waited for an address: of a host whose numbers come again each may be another connection's, and need not be. */
static void
a_syn_without_what_the_last_one_had(void)
{
	const uint8_t with_cookie[12] = {2, 4, 5, 180, 34, 6, 1, 2, 3, 4, 1, 1};
	const struct watch_host host = {.p = &p, .ip = CLIENT_IP, .mtu = 1500, .arp = true, .fo_client = MIEN_FAST_OPEN_ON};

	server = false;
	watch_at(&host);
	p.tcp.isn.kind = MIEN_ISN_CONST;
	at(0, (struct test_segment){.flags = TH_SYN, .opts = (const uint8_t[8]){2, 4, 5, 180, 34, 2, 1, 1}, .opt_len = 8});
	syn(1000, 0, 0);
	at(1100, (struct test_segment){.from_server = true, .flags = TH_SYN | TH_ACK, .ack = 1, .opts = with_cookie, .opt_len = 12});
	client_says(1100, 1, 1, 0);
	at(2000, (struct test_segment){.flags = TH_SYN, .sport = 9, .dport = 80, .len = 100, .opts = with_cookie, .opt_len = 12});
	at(3000, (struct test_segment){.flags = TH_SYN, .sport = 9, .dport = 80, MSS});
	at(3100, (struct test_segment){.from_server = true, .flags = TH_SYN | TH_ACK, .ack = 101, .sport = 80, .dport = 9, MSS});
	at(3200, (struct test_segment){.flags = TH_ACK, .seq = 101, .ack = 1, .sport = 9, .dport = 80, .len = 10});
	broke(0, WATCH_FAST_OPEN);
	watch_over();
}

/* Of a host whose SYNs always begin at one number, and wait for an address, the second may be another connection's. */
static void
with_ecn_at_the_same_number(void)
{
	for (unsigned asked = 0; asked < 2; asked++) {
		const struct watch_host host = {.p = &p, .ip = CLIENT_IP, .mtu = 1500, .arp = true};

		server = false;
		watch_at(&host);
		p.tcp.isn.kind = MIEN_ISN_CONST;
		syn(600, asked ? TH_ECE | TH_CWR : 0, 0);
		syn(1000, 0, 0);
		synack(1200, 0, TH_ECE);
		at(1200, (struct test_segment){.flags = TH_ACK | TH_CWR, .seq = 1, .ack = 1, .len = 100});
		broke(!asked, WATCH_ECN);
		watch_over();
	}
}

/* -- SYN-ACKs ----------------------------------------------------------------------------------------------- */

/* RFC 4987 3.6: each cookie is good, and so is what a connection that is kept has offered. */
static void
one_of_several(void)
{
	for (unsigned taken = 0; taken < 3; taken++) {
		uint32_t seq = taken * COOKIE;

		begin(true);
		syn(0, 0, 0);
		synack(0, 0, 0);
		syn(1000, 0, 0);
		synack(1000, COOKIE, 0);
		synack(2000, 2 * COOKIE, 0);
		synack(3000, COOKIE, 0);
		client_says(3010, 1, seq + 1, 100);
		server_says(3010, seq + 1, 101, 500, 0);
		client_says(3020, 101, seq + 501, 100);
		server_says(3020, seq + 501, 201, 500, 0);
		broke(0, WATCH_SEQUENCE);
		server_says(3020, seq + 1500, 201, 100, 0);
		broke(1, WATCH_SEQUENCE);
		watch_over();
	}
}

/* The ACK came with the SYN once more, which is answered first. */
static void
the_one_before_the_last(void)
{
	for (unsigned later = 0; later < 2; later++) {
		begin(true);
		syn(0, 0, 0);
		synack(0, 0, 0);
		syn(1000, 0, 0);
		client_says(1000, 1, 1, 100);
		synack(1000 + later, COOKIE, 0);
		server_says(1000 + later, 1, 101, 500, 0);
		broke(later ? 2 : 0, WATCH_SEQUENCE);
		watch_over();
	}
}

static void
none_of_them(void)
{
	begin(true);
	syn(0, 0, 0);
	synack(0, 0, 0);
	synack(1000, COOKIE, 0);
	client_says(1010, 1, 1, 0);
	server_says(1010, COOKIE + 1, 1, 0, 0);
	CHECK(count >= 1);
	watch_over();

	begin(true);
	syn(0, 0, 0);
	synack(0, 0, 0);
	synack(1000, COOKIE, 0);
	client_says(1010, 2, 1, 0); /* the SYN's number is in the cookie */
	server_says(1010, 1, 1, 0, 0);
	CHECK(count >= 1);
	watch_over();
}

/* A SYN cookie keeps an MSS below its smallest as that, and the first window counts in those. */
static void
the_smallest_mss_of_a_cookie(void)
{
	const uint8_t less[4] = {2, 4, 1, 36};

	begin(true);
	p.tcp.initial_cwnd = 10;
	at(0, (struct test_segment){.flags = TH_SYN, .opts = less, .opt_len = 4});
	synack(0, 0, 0);
	client_says(10, 1, 1, 0);
	for (uint32_t i = 0; i < 13; i++)
		server_says(10, 1 + COOKIE_MSS * i, 1, COOKIE_MSS, 0);
	broke(0, WATCH_CWND);
	server_says(10, 1 + COOKIE_MSS * 13, 1, COOKIE_MSS, 0);
	broke(1, WATCH_CWND);
	watch_over();
}

/* Without the ACK that fits the cookie there is no connection, and nothing that comes is kept. */
static void
bytes_in_front_of_the_ack(void)
{
	for (unsigned known = 0; known < 2; known++) {
		begin(true);
		p.tcp.delack_ms = 100;
		syn(0, 0, 0);
		synack(0, 0, 0);
		if (known)
			client_says(5, 1, 1, 0);
		client_says(10, 1001, 1, 100);
		client_says(20, 1, 1, 500);
		server_says(20, 1, 501, 100, 0);
		client_says(30, 501, 101, 100);
		server_says(40, 101, 601, 100, 0);
		broke(known, WATCH_ACK_NOW);
		watch_over();
	}
}

/* A connection of a cookie's, closed by both; the ACK of its handshake comes once more, and the host asks for its peer. */
static void
a_late_ack_of_the_handshake(void)
{
	for (unsigned cookies = 0; cookies < 2; cookies++) {
		const struct watch_host host = {
			.p = &p, .ip = SERVER_IP, .mtu = 1500, .cookie_mss = cookies ? COOKIE_MSS : 0};

		server = true;
		watch_at(&host);
		syn(0, 0, 0);
		synack(0, 0, 0);
		client_says(10, 1, 1, 100);
		server_says(10, 1, 101, 0, 0);
		at(20, (struct test_segment){.flags = TH_FIN | TH_ACK, .seq = 101, .ack = 1});
		at(20, (struct test_segment){.from_server = true, .flags = TH_FIN | TH_ACK, .seq = 1, .ack = 102});
		client_says(30, 102, 2, 0);
		client_says(40, 1, 1, 0);
		CHECK_EQ_U(count, 0);
		server_says(7200040, 0, 1, 0, 0);
		server_says(7275040, 0, 1, 0, 0);
		if (cookies)
			CHECK_EQ_U(count, 0);
		else
			CHECK(count > 0);
		watch_over();
	}
}

static const struct test_case cases[] = {
	{"a SYN goes once more without what was too big, and that is no timeout", without_what_was_too_big},
	{"it does so once, at once, and when it had data", without_what_was_too_big_twice},
	{"of a SYN with ECN and one without the SYN-ACK tells which was answered", with_ecn_and_without},
	{"a SYN at the number of one with ECN may be that one again, without", with_ecn_at_the_same_number},
	{"a SYN that comes again with a later stamp may be the one that is echoed", with_a_later_stamp},
	{"of several SYNs that came together each may be answered", others_at_one_time},
	{"a SYN that comes again behind another is known by both", again_behind_another},
	{"one that was answered before may be answered again", one_that_was_answered_before},
	{"what came with a SYN is answered once", segments_at_the_time_of_the_syn},
	{"a SYN that may be the last one again leaves what that had", a_syn_without_what_the_last_one_had},
	{"the connection is that of the SYN-ACK that is acknowledged", one_of_several},
	{"it may be one that was acknowledged when the last one was sent", the_one_before_the_last},
	{"segments of a SYN-ACK that is not acknowledged are told", none_of_them},
	{"a first window of the smallest segments that a cookie keeps passes, more is told", the_smallest_mss_of_a_cookie},
	{"what comes before the ACK of a cookie may be let go", bytes_in_front_of_the_ack},
	{"a late ACK of a cookie may make another connection of it", a_late_ack_of_the_handshake},
	{NULL, NULL},
};

const struct test_suite watch_open_suite = {.name = "watch_open", .cases = cases};
