/* SPDX-License-Identifier: BSD-3-Clause */
/* The watch at both ends of TCP Fast Open: a right conversation passes, each wrong segment is told by its rule. */
#include <mien/tcp.h>

#include "watch_rig.h"

#define COOKIE 0xa1a2a3a4a5a6a7a8u
#define OTHER 0xb1b2b3b4b5b6b7b8u

static bool server; /* the watch is at the server */

static void
begin_as(bool at_server, uint8_t mode)
{
	const struct watch_host host = {.p = &p, .ip = at_server ? SERVER_IP : CLIENT_IP, .mtu = 1500,
		.fo_client = at_server ? 0 : mode, .fo_server = at_server ? mode : 0, .fo_cookie = 8};

	server = at_server;
	watch_at(&host);
}

static void
at(uint64_t ms, struct test_segment s)
{
	s.window = s.window ? s.window : 60000;
	show(ms, s, s.from_server == server, 1);
}

/* MSS and the option with so many bytes of the cookie. */
static const uint8_t *
cookie_of(uint64_t cookie, uint8_t len)
{
	static uint8_t opts[16];

	memcpy(opts, (const uint8_t[16]){2, 4, 5, 180, 34, (uint8_t)(2 + len), [14] = 1, 1}, 16);
	for (unsigned i = 0; i < 8; i++)
		opts[6 + i] = (uint8_t)(i < len ? cookie >> (56 - 8 * i) : 1);
	return opts;
}

#define FO(cookie, len) .opts = cookie_of(cookie, len), .opt_len = 16
#define MSS .opts = (const uint8_t[4]){2, 4, 5, 180}, .opt_len = 4

static uint16_t port;

/* A connection from another port each; what the server says to a request. */
static void
asks(uint64_t ms, uint64_t cookie)
{
	port++;
	at(ms, (struct test_segment){.flags = TH_SYN, .sport = port, .dport = 80, FO(0, 0)});
	at(ms + 1, (struct test_segment){.from_server = true, .flags = TH_SYN | TH_ACK, .ack = 1, .sport = 80, .dport = port,
			   FO(cookie, 8)});
	at(ms + 1, (struct test_segment){.flags = TH_ACK, .seq = 1, .ack = 1, .sport = port, .dport = 80});
}

static void
says_syn(uint64_t ms, uint64_t cookie, uint16_t len)
{
	port++;
	at(ms, (struct test_segment){.flags = TH_SYN, .sport = port, .dport = 80, .len = len, FO(cookie, 8)});
}

static void
answers(uint64_t ms, uint32_t ack, uint16_t window)
{
	at(ms, (struct test_segment){.from_server = true, .flags = TH_SYN | TH_ACK, .ack = ack, .sport = 80, .dport = port,
		       .window = window, MSS});
}

static void
says(uint64_t ms, uint32_t seq, uint16_t len)
{
	at(ms, (struct test_segment){.flags = TH_ACK, .seq = seq, .ack = 1, .sport = port, .dport = 80, .len = len});
}

static uint64_t
habit(enum watch_habit h)
{
	return watch_stats(watch)->habits[h];
}

/* -- who connects ------------------------------------------------------------------------------------------- */

static void
right_at_the_client(void)
{
	begin_as(false, MIEN_FAST_OPEN_ON);
	asks(0, COOKIE);
	says_syn(10, COOKIE, 600);
	answers(20, 601, 0);
	says(20, 601, 100);
	says_syn(30, COOKIE, 600);
	answers(40, 1, 0);
	says(40, 1, 600);
	says_syn(50, COOKIE, 600);
	answers(60, 301, 0);
	says(60, 301, 300);

	broke(0, WATCH_FAST_OPEN);
	CHECK_EQ_U(habit(WATCH_H_FO_ASKED), 1);
	watch_over();
}

static void
data_without_a_cookie(void)
{
	begin_as(false, MIEN_FAST_OPEN_ON);
	at(0, (struct test_segment){.flags = TH_SYN, .len = 100, MSS});
	broke(1, WATCH_FAST_OPEN);
	watch_over();

	begin_as(false, MIEN_FAST_OPEN_NO_COOKIE);
	at(0, (struct test_segment){.flags = TH_SYN, .len = 100, MSS});
	broke(0, WATCH_FAST_OPEN);
	watch_over();
}

static void
a_cookie_from_nowhere(void)
{
	begin_as(false, MIEN_FAST_OPEN_ON);
	asks(0, COOKIE);
	says_syn(10, OTHER, 100);
	broke(1, WATCH_FAST_OPEN);
	says_syn(20, COOKIE, 100);
	broke(1, WATCH_FAST_OPEN);
	watch_forgot(watch, 0);
	says_syn(30, COOKIE, 100);
	broke(2, WATCH_FAST_OPEN);
	watch_over();

	begin_as(false, MIEN_FAST_OPEN_OFF);
	at(0, (struct test_segment){.flags = TH_SYN, FO(0, 0)});
	broke(1, WATCH_FAST_OPEN);
	watch_over();
}

/* What comes too late for a connection that was given up is not kept; what is used is. */
static void
a_cookie_behind_many_that_came_late(void)
{
	begin_as(false, MIEN_FAST_OPEN_ON);
	asks(0, COOKIE);
	says_syn(10, COOKIE, 100);
	for (unsigned i = 0; i < 30; i++)
		asks(20 + i, OTHER + i);
	says_syn(60, COOKIE, 100);
	says_syn(60, OTHER + 29, 100);
	says_syn(60, OTHER + 20, 100);
	broke(0, WATCH_FAST_OPEN);
	for (unsigned i = 0; i < 30; i++)
		asks(70 + i, OTHER + 100 + i);
	says_syn(100, OTHER + 20, 100);
	broke(0, WATCH_FAST_OPEN);
	says_syn(100, COOKIE, 100);
	broke(1, WATCH_FAST_OPEN);
	watch_over();
}

static void
more_than_the_peers_mss(void)
{
	begin_as(false, MIEN_FAST_OPEN_ON);
	asks(0, COOKIE);
	says_syn(10, COOKIE, 1444);
	broke(0, WATCH_MSS);
	says_syn(20, COOKIE, 1445);
	CHECK(count >= 1);
	CHECK_EQ_U(watch_stats(watch)->by_rule[WATCH_MSS], 1);
	watch_over();
}

static void
a_syn_made_in_a_sleep(void)
{
	begin_as(false, MIEN_FAST_OPEN_ON);
	asks(0, COOKIE);
	watch_slept(watch, 0, 20 * MS);
	watch_forgot(watch, 0);
	says_syn(20, COOKIE, 1444);
	broke(0, WATCH_MSS);
	says_syn(20, COOKIE, 1445);
	CHECK_EQ_U(watch_stats(watch)->by_rule[WATCH_MSS], 1);
	says_syn(21, COOKIE, 600);
	CHECK_EQ_U(watch_stats(watch)->by_rule[WATCH_MSS], 2);
	watch_over();
}

static void
the_own_mss_where_nothing_was_heard_yet(void)
{
	begin_as(false, MIEN_FAST_OPEN_NO_COOKIE);
	at(0, (struct test_segment){.flags = TH_SYN, .sport = 1, .dport = 80, .len = 1456, MSS});
	broke(0, WATCH_MSS);
	at(0, (struct test_segment){.flags = TH_SYN, .sport = 2, .dport = 80, .len = 1457, MSS});
	CHECK_EQ_U(watch_stats(watch)->by_rule[WATCH_MSS], 1);
	watch_over();
}

/* A SYN may be made before that is looked at. */
static void
more_than_the_mss_that_comes_at_this_time(void)
{
	for (unsigned trusts = 0; trusts < 2; trusts++) {
		begin_as(false, trusts ? MIEN_FAST_OPEN_NO_COOKIE : MIEN_FAST_OPEN_ON);
		if (!trusts)
			asks(1, COOKIE);
		port++;
		at(5, (struct test_segment){.flags = TH_SYN, .sport = port, .dport = 80, MSS});
		at(10, (struct test_segment){.from_server = true, .flags = TH_SYN | TH_ACK, .ack = 1, .sport = 80, .dport = port,
				    .opts = (const uint8_t[4]){2, 4, 2, 88}, .opt_len = 4});
		for (uint64_t late = 0; late < 2; late++) {
			port++;
			at(10 + late, (struct test_segment){.flags = TH_SYN, .sport = port, .dport = 80, .len = 1400,
					      .opts = trusts ? (const uint8_t[4]){2, 4, 5, 180} : cookie_of(COOKIE, 8),
					      .opt_len = trusts ? 4 : 16});
			broke((unsigned)late, WATCH_MSS);
		}
		watch_over();
	}
}

static void
a_syn_again_with_data(void)
{
	begin_as(false, MIEN_FAST_OPEN_ON);
	asks(0, COOKIE);
	says_syn(10, COOKIE, 100);
	at(4000, (struct test_segment){.flags = TH_SYN, .sport = port, .dport = 80, MSS});
	broke(0, WATCH_FAST_OPEN);
	CHECK_EQ_U(habit(WATCH_H_FO_AGAIN), 1);
	at(12000, (struct test_segment){.flags = TH_SYN, .sport = port, .dport = 80, .len = 100, FO(COOKIE, 8)});
	broke(1, WATCH_FAST_OPEN);
	watch_over();
}

/* The SYN goes at 10 ms and twice again, in vain; each time an ACK of an earlier connection is reset. */
static void
connects_in_vain(void)
{
	begin_as(false, MIEN_FAST_OPEN_ON);
	p.tcp.syn = (struct mien_schedule){.count = 3, .gap_ms = {3000, 6000, 12000}};
	asks(0, COOKIE);
	says_syn(10, COOKIE, 100);
	for (unsigned i = 0; i < 2; i++) {
		at(i ? 9010 : 3010, (struct test_segment){.flags = TH_SYN, .sport = port, .dport = 80, MSS});
		at(i ? 9020 : 3020, (struct test_segment){.from_server = true, .flags = TH_ACK, .ack = 5000, .sport = 80, .dport = port});
		at(i ? 9020 : 3020, (struct test_segment){.flags = TH_RST, .seq = 5000, .sport = port, .dport = 80});
	}
	CHECK_EQ_U(count, 0);
}

static void
another_connection_at_the_same_number(void)
{
	static const struct {
		bool renewed;
		uint64_t ms;
		unsigned wrong;
	} cases[] = {{true, 21010, 0}, {true, 21005, 1}, {false, 21010, 1}};

	for (unsigned i = 0; i < 3; i++) {
		connects_in_vain();
		if (cases[i].renewed)
			watch_key(watch, 0, false);
		at(cases[i].ms, (struct test_segment){.flags = TH_SYN, .sport = port, .dport = 80, .len = 100, FO(COOKIE, 8)});
		CHECK_EQ_U(watch_stats(watch)->by_rule[WATCH_FAST_OPEN], cases[i].wrong);
		watch_over();
	}
}

static void
a_syn_too_soon_behind_a_reset(void)
{
	connects_in_vain();
	p.tcp.syn.count = 4;
	at(20000, (struct test_segment){.flags = TH_SYN, .sport = port, .dport = 80, MSS});
	broke(1, WATCH_EARLY);
	watch_over();
}

static void
what_is_left_out_and_comes_late(void)
{
	begin_as(false, MIEN_FAST_OPEN_ON);
	asks(0, COOKIE);
	says_syn(10, COOKIE, 600);
	answers(20, 1, 0);
	says(25, 1, 600);
	broke(1, WATCH_FAST_OPEN);

	says_syn(30, COOKIE, 600);
	answers(40, 301, 0);
	says(40, 601, 100);
	broke(2, WATCH_FAST_OPEN);
	watch_over();
}

static void
a_cookie_of_odd_length_or_behind_the_syn(void)
{
	const uint8_t odd[12] = {2, 4, 5, 180, 34, 7, 1, 2, 3, 4, 5, 1};

	begin_as(false, MIEN_FAST_OPEN_ON);
	asks(0, COOKIE);
	at(10, (struct test_segment){.flags = TH_ACK, .seq = 1, .ack = 1, .sport = port, .dport = 80, .len = 9,
		       .opts = (const uint8_t[4]){34, 2, 1, 1}, .opt_len = 4});
	broke(1, WATCH_FORM);
	at(20, (struct test_segment){.flags = TH_SYN, .sport = 9, .dport = 80, .opts = odd, .opt_len = 12});
	CHECK_EQ_U(watch_stats(watch)->by_rule[WATCH_FRAME], 1);
	watch_over();
}

/* -- who listens -------------------------------------------------------------------------------------------- */

static void
right_at_the_server(void)
{
	begin_as(true, MIEN_FAST_OPEN_ON);
	asks(0, COOKIE);
	says_syn(10, COOKIE, 600);
	answers(10, 601, 0);
	at(10, (struct test_segment){.from_server = true, .flags = TH_ACK, .seq = 1, .ack = 601, .sport = 80, .dport = port, .len = 500});
	answers(1010, 601, 0);
	says_syn(2000, COOKIE, 600);
	answers(2000, 1, 0);
	says_syn(2010, COOKIE, 600);
	answers(2010, 301, 300);
	watch_key(watch, 0, true);
	says_syn(2020, COOKIE, 600);
	answers(2020, 601, 0);
	says_syn(2030, OTHER, 600);
	answers(2030, 1, 0);

	broke(0, WATCH_FAST_OPEN);
	CHECK_EQ_U(habit(WATCH_H_FO_TAKEN), 3);
	CHECK_EQ_U(habit(WATCH_H_FO_PART), 1);
	CHECK_EQ_U(habit(WATCH_H_FO_REFUSED), 2);
	CHECK_EQ_U(habit(WATCH_H_FO_OLD), 1);
	CHECK_EQ_U(habit(WATCH_H_FO_WRONG), 1);
	watch_over();
}

/* The bytes of a SYN with this cookie are taken. */
static void
takes(uint64_t ms, uint64_t cookie)
{
	says_syn(ms, cookie, 100);
	answers(ms, 101, 0);
}

static void
data_taken_with_a_bad_cookie(void)
{
	begin_as(true, MIEN_FAST_OPEN_ON);
	asks(0, COOKIE);
	takes(10, COOKIE);
	broke(0, WATCH_FAST_OPEN);
	takes(20, OTHER);
	broke(1, WATCH_FAST_OPEN);
	watch_key(watch, 0, false);
	takes(30, COOKIE);
	broke(2, WATCH_FAST_OPEN);
	port++;
	at(40, (struct test_segment){.flags = TH_SYN, .sport = port, .dport = 80, .len = 100, MSS});
	answers(40, 101, 0);
	broke(3, WATCH_FAST_OPEN);
	watch_over();
}

static void
data_taken_that_nobody_wants(void)
{
	begin_as(true, MIEN_FAST_OPEN_OFF);
	takes(10, COOKIE);
	broke(1, WATCH_FAST_OPEN);
	watch_over();

	begin_as(true, MIEN_FAST_OPEN_NO_COOKIE);
	takes(10, COOKIE);
	broke(0, WATCH_FAST_OPEN);
	watch_over();
}

static void
acks_of_what_did_not_come(void)
{
	begin_as(true, MIEN_FAST_OPEN_ON);
	asks(0, COOKIE);
	says_syn(10, COOKIE, 600);
	answers(10, 602, 0);
	broke(1, WATCH_ACK);
	says_syn(20, COOKIE, 600);
	answers(20, 301, 400);
	broke(2, WATCH_FAST_OPEN);
	watch_over();
}

/* The same SYN comes again when all is over, and gets an answer with the same number. */
static void
a_connection_behind_one_with_the_same_numbers(void)
{
	for (unsigned over = 0; over < 2; over++) {
		begin_as(true, MIEN_FAST_OPEN_ON);
		says_syn(10, COOKIE, 600);
		answers(10, 1, 0);
		says(20, 1, 600);
		at(20, (struct test_segment){.from_server = true, .flags = (uint8_t)(TH_ACK | (over ? TH_FIN : 0)), .seq = 1, .ack = 601,
			       .sport = 80, .dport = port});
		port--;
		says_syn(1000, COOKIE, 600);
		answers(1000, 1, 0);
		says(1000, 100000, 0);
		at(1000, (struct test_segment){.from_server = true, .flags = TH_ACK, .seq = 1, .ack = 1, .sport = 80, .dport = port});

		if (over)
			broke(0, WATCH_ACK);
		else
			CHECK_EQ_U(watch_stats(watch)->by_rule[WATCH_ACK], 1);
		watch_over();
	}
}

/* The last timeout of a SYN-ACK is over: what comes then gets a stranger's reset, with whatever number. */
static void
a_reset_behind_the_last_syn_ack(void)
{
	for (unsigned late = 0; late < 2; late++) {
		uint64_t ms = late ? 9000 : 8000;

		begin_as(true, MIEN_FAST_OPEN_NO_COOKIE);
		p.tcp.synack = (struct mien_schedule){.gap_ms = {3000, 6000}, .count = 2};
		says_syn(10, COOKIE, 600);
		answers(10, 601, 0);
		at(10, (struct test_segment){.from_server = true, .flags = TH_ACK, .seq = 1, .ack = 601, .sport = 80, .dport = port, .len = 500});
		answers(3010, 601, 0);
		at(ms + 10, (struct test_segment){.flags = TH_ACK, .seq = 601, .ack = 501, .sport = port, .dport = 80});
		at(ms + 10, (struct test_segment){.from_server = true, .flags = TH_RST | TH_ACK, .seq = 502, .ack = 601, .sport = 80,
				    .dport = port});
		broke(!late, WATCH_RESET);
		watch_over();
	}
}

/* A reset far off is refused: the SYN-ACK that goes again is of the SYN taken with a key that was good then. */
static void
a_syn_ack_again_behind_a_refused_reset(void)
{
	for (unsigned renewed = 0; renewed < 2; renewed++) {
		begin_as(true, MIEN_FAST_OPEN_ON);
		asks(0, COOKIE);
		says_syn(10, COOKIE, 600);
		answers(10, 601, 0);
		at(20, (struct test_segment){.flags = TH_RST, .seq = 15000, .sport = port, .dport = 80});
		watch_key(watch, 0, !renewed);
		watch_key(watch, 0, true);
		answers(3010, 601, 0);
		broke(renewed, WATCH_FAST_OPEN);
		watch_over();
	}
}

static void
cookies_that_are_wrong(void)
{
	begin_as(true, MIEN_FAST_OPEN_ON);
	asks(0, COOKIE);
	asks(10, COOKIE);
	broke(0, WATCH_FAST_OPEN);
	asks(20, OTHER);
	broke(1, WATCH_FAST_OPEN);
	watch_key(watch, 0, true);
	asks(30, OTHER);
	broke(1, WATCH_FAST_OPEN);
	/* Of another length, and to one who did not ask. */
	port++;
	at(40, (struct test_segment){.flags = TH_SYN, .sport = port, .dport = 80, MSS});
	at(40, (struct test_segment){.from_server = true, .flags = TH_SYN | TH_ACK, .ack = 1, .sport = 80, .dport = port, FO(OTHER, 8)});
	broke(2, WATCH_FAST_OPEN);
	port++;
	at(50, (struct test_segment){.flags = TH_SYN, .sport = port, .dport = 80, FO(0, 0)});
	at(50, (struct test_segment){.from_server = true, .flags = TH_SYN | TH_ACK, .ack = 1, .sport = 80, .dport = port, FO(OTHER, 4)});
	CHECK(count >= 3);
	watch_over();
}

static const struct test_case cases[] = {
	{"a right conversation passes where it begins", right_at_the_client},
	{"data in a SYN without a cookie is told", data_without_a_cookie},
	{"a cookie that the peer did not give is told", a_cookie_from_nowhere},
	{"a cookie that is used stays known behind many that came late", a_cookie_behind_many_that_came_late},
	{"more in a SYN than the peer's MSS is told", more_than_the_peers_mss},
	{"more than an MSS that comes at this time may still be sent", more_than_the_mss_that_comes_at_this_time},
	{"a SYN that was made in a sleep knows what was forgotten since", a_syn_made_in_a_sleep},
	{"more in a SYN than the own MSS is told where nothing was heard yet", the_own_mss_where_nothing_was_heard_yet},
	{"a SYN that is sent again with data is told", a_syn_again_with_data},
	{"who begins anew may connect at the number of a SYN that was given up", another_connection_at_the_same_number},
	{"the reset of a wrong ACK leaves a SYN's timeouts what they are", a_syn_too_soon_behind_a_reset},
	{"what the SYN-ACK left out and comes late is told", what_is_left_out_and_comes_late},
	{"a cookie of odd length, or behind the SYN, is told", a_cookie_of_odd_length_or_behind_the_syn},
	{"a right conversation passes where it is accepted", right_at_the_server},
	{"data that is taken with a bad cookie is told", data_taken_with_a_bad_cookie},
	{"data that is taken and nobody wants is told", data_taken_that_nobody_wants},
	{"a SYN-ACK for more than came, or for less than fits, is told", acks_of_what_did_not_come},
	{"a SYN-ACK behind bytes or FIN begins a connection, whatever its numbers", a_connection_behind_one_with_the_same_numbers},
	{"a reset behind the last SYN-ACK's timeout may stand anywhere", a_reset_behind_the_last_syn_ack},
	{"a SYN-ACK behind a reset that was refused is the same again", a_syn_ack_again_behind_a_refused_reset},
	{"cookies that change, have another length or were not asked for are told", cookies_that_are_wrong},
	{NULL, NULL},
};

const struct test_suite watch_fo_suite = {.name = "watch fast open", .cases = cases};
