/* SPDX-License-Identifier: BSD-3-Clause */
/* The watch where it cannot know what a host did with what came: nothing is told that may be right, all that is wrong. */
#include "watch_rig.h"

/* Sent by the client, or got from the server. */
static void
at(uint64_t ms, struct test_segment s)
{
	s.window = s.window ? s.window : s.from_server ? 1000 : 60000;
	show(ms, s, !s.from_server, 1);
}

static void
says(uint64_t ms, uint32_t seq, uint32_t ack, uint16_t len)
{
	at(ms, (struct test_segment){.flags = TH_ACK, .seq = seq, .ack = ack, .len = len});
}

static void
hears(uint64_t ms, uint32_t seq, uint32_t ack, uint16_t len)
{
	at(ms, (struct test_segment){.from_server = true, .flags = TH_ACK, .seq = seq, .ack = ack, .len = len});
}

static void
says_reset(uint64_t ms, uint32_t seq)
{
	at(ms, (struct test_segment){.flags = TH_RST | TH_ACK, .seq = seq, .ack = 1});
}

/* An ACK with blocks of 100 bytes, which begin there. */
static void
says_sack(uint64_t ms, uint32_t ack, uint32_t first, uint32_t second)
{
	uint8_t opts[20] = {1, 1, 5, 18};

	put_be32(opts + 4, IRS + first);
	put_be32(opts + 8, IRS + first + 100);
	put_be32(opts + 12, IRS + second);
	put_be32(opts + 16, IRS + second + 100);
	at(ms, (struct test_segment){.flags = TH_ACK, .seq = 1, .ack = ack, .opts = opts, .opt_len = sizeof(opts)});
}

/* Open at 10 ms; the server's window is 1000 bytes, and neighbours' addresses are known or not. */
static void
begin(bool arp)
{
	const struct watch_host host = {.p = &p, .ip = CLIENT_IP, .mtu = 1500, .arp = arp};
	static const uint8_t opts[8] = {2, 4, 5, 180, 4, 2, 1, 1};

	watch_at(&host);
	p.tcp.challenge_ack = true;
	at(0, (struct test_segment){.flags = TH_SYN, .opts = opts, .opt_len = 8});
	at(10, (struct test_segment){.from_server = true, .flags = TH_SYN | TH_ACK, .ack = 1, .opts = opts, .opt_len = 8});
	says(10, 1, 1, 0);
	CHECK_EQ_U(count, 0);
}

/* 2000 bytes that are sent and acknowledged, by a segment of this place. */
static void
sends_twice_the_window(uint32_t seq)
{
	hears(20, 1, 1, 100);
	says(20, 1, 101, 1000);
	hears(30, 101, 1001, 0);
	says(30, 1001, 101, 1000);
	hears(40, seq, 2001, 100);
}

/*
 * RFC 5961 5.2 counts from SND.UNA, which an ACK in a segment outside the window does not move (RFC 9293 3.10.7.4): the
 * next bytes behind an ACK of long ago may be taken or not.
 */
static void
an_ack_in_what_came_twice(void)
{
	begin(false);
	sends_twice_the_window(1);
	says(40, 2001, 101, 0);
	hears(50, 101, 900, 100);
	says(50, 2001, 201, 0);
	broke(0, WATCH_ACK);
	watch_over();

	begin(false);
	sends_twice_the_window(1);
	says(40, 2001, 101, 0);
	hears(50, 101, 900, 100);
	says(50, 2001, 101, 0);
	hears(60, 201, 2001, 100);
	says(60, 2001, 101, 0);
	broke(0, WATCH_ACK);
	watch_over();
}

static void
an_ack_in_what_was_taken(void)
{
	begin(false);
	sends_twice_the_window(101);
	says(40, 2001, 201, 0);
	hears(50, 201, 900, 100);
	says(50, 2001, 301, 0);
	broke(1, WATCH_ACK);
	watch_over();
}

/* RFC 2018 4: of those that came together one that found no room may be what is answered. */
static void
two_that_came_together(void)
{
	for (unsigned kept = 0; kept < 2; kept++) {
		begin(false);
		hears(20, 301, 1, 100);
		hears(20, 501, 1, 100);
		says_sack(20, 1, 301, 501);
		hears(30, 701, 1, 100);
		says_sack(30, 1, 701, 501);
		hears(40, kept ? 501 : 901, 1, 100);
		hears(40, 501, 1, 100);
		says_sack(40, 1, 701, 501);
		broke(kept, WATCH_SACK);
		watch_over();
	}
	begin(false);
	hears(20, 301, 1, 100);
	hears(20, 501, 1, 100);
	says_sack(20, 1, 301, 501);
	hears(30, 701, 1, 100);
	says_sack(30, 1, 501, 701);
	broke(1, WATCH_SACK);
	watch_over();
}

/* Segments that waited for an address in vain were sent, as the host sees it; all of them stood in the window. */
static void
a_reset_behind_what_waited(void)
{
	for (unsigned wrong = 0; wrong < 3; wrong++) {
		begin(wrong != 1);
		says(20, 1, 1, 100);
		says_reset(30, wrong == 2 ? 1004 : 801);
		broke(wrong != 0, WATCH_RESET);
		watch_over();
	}
}

/* 100 bytes are sent, and so many times again; heard behind the last timeout is a segment from the server. */
static void
sends_again(unsigned times)
{
	uint64_t ms = 20, gap = 3000;

	p.tcp.rto_max_ms = 1000000;
	p.tcp.persist_max_ms = 1000000;
	p.tcp.tlp = 0;
	p.tcp.data_retries = 5;
	for (unsigned i = 0; i <= times; i++, ms += gap, gap *= 2)
		says(ms, 1, 1, 100);
	hears(ms, 1, 101, 0);
	says_reset(ms, 102);
}

/* Behind R2 the host knows the connection no more: it answers as to any stranger. */
static void
a_stranger_behind_r2(void)
{
	begin(false);
	p.tcp.data_end = MIEN_END_SILENT;
	sends_again(5);
	broke(0, WATCH_RESET);
	watch_over();

	begin(false);
	p.tcp.data_end = MIEN_END_SILENT;
	sends_again(3);
	broke(1, WATCH_RESET);
	watch_over();

	begin(false);
	p.tcp.data_end = MIEN_END_RST;
	sends_again(5);
	broke(1, WATCH_RESET);
	watch_over();
}

/* Bytes of the server's come as ever, and acknowledge nothing: none of them begins the timeouts anew. */
static void
no_ack_behind_r2(void)
{
	for (unsigned given_up = 0; given_up < 2; given_up++) {
		uint64_t ms = 1000;

		begin(false);
		p.tcp.data_end = MIEN_END_SILENT;
		p.tcp.data_retries = 5;
		p.tcp.backoff.count = 0;
		says(20, 1, 1, 100);
		for (uint32_t i = 0; i < (given_up ? 5 : 3); i++, ms += 10000) {
			hears(ms, 1 + 10 * i, 1, 10);
			says(ms, 101, 11 + 10 * i, 0);
			says(ms + 5000, 1, 11 + 10 * i, 100);
		}
		CHECK_EQ_U(count, 0);
		hears(ms, given_up ? 51 : 31, 1, 10);
		watch_end(watch, 0, (ms + 5000) * MS);
		broke(!given_up, WATCH_ACK_LATE);
		watch_over();
	}
}

static const struct test_case cases[] = {
	{"an ACK in what came twice may leave SND.UNA where it is", an_ack_in_what_came_twice},
	{"an ACK in what was taken moves SND.UNA, and bytes behind an older one do not come", an_ack_in_what_was_taken},
	{"of two that came together one without room may be answered", two_that_came_together},
	{"a reset behind what waited for an address is right inside the window alone", a_reset_behind_what_waited},
	{"a connection given up in silence is a stranger's", a_stranger_behind_r2},
	{"it acknowledges nothing, whatever it hears", no_ack_behind_r2},
	{NULL, NULL},
};

const struct test_suite watch_doubt_suite = {.name = "watch_doubt", .cases = cases};
