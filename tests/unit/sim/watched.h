/* SPDX-License-Identifier: BSD-3-Clause */
/* A client that the watch looks at: its conversation with a server, frame by frame. */
#ifndef TESTS_UNIT_SIM_WATCHED_H
#define TESTS_UNIT_SIM_WATCHED_H

#include "watch_rig.h"

static bool asks; /* the host asks for its neighbours' addresses */

/* Sent by the client, or got from the server, in so many mbufs. */
static inline void
at_in(uint64_t ms, struct test_segment s, unsigned pieces)
{
	show(ms, s, !s.from_server, pieces);
}

static inline void
at(uint64_t ms, struct test_segment s)
{
	at_in(ms, s, 1);
}

static const uint8_t syn_opts[20] = {2, 4, 5, 180, 4, 2, 8, 10, 0, 0, 0, 50, 0, 0, 0, 0, 1, 3, 3, 7};
static const uint8_t synack_opts[20] = {2, 4, 5, 180, 4, 2, 8, 10, 0, 0, 0, 70, 0, 0, 0, 50, 1, 3, 3, 7};

/* TSval, TSecr of both sides at a time in milliseconds. */
static inline const uint8_t *
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
static inline void
begin_as(uint16_t first, uint16_t then, bool ecn, bool sack)
{
	const struct watch_host host = {&p, CLIENT_IP, 1500, true, asks};
	uint8_t answer[20];

	memcpy(answer, synack_opts, sizeof(answer));
	if (!sack)
		answer[4] = answer[5] = 1;
	watch_at(&host);
	p.tcp.ts.hz = 1000;
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

static inline void
begin_with(uint16_t first, uint16_t then, bool ecn)
{
	begin_as(first, then, ecn, true);
}

static inline void
begin(void)
{
	begin_with(60000, 512, false);
}

static inline void
end(void)
{
	asks = false;
	watch_over();
}

/* One more segment of the client at 20 ms breaks this rule, or none (WATCH_RULES). */
static inline void
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

static inline void
hears_bytes(uint32_t ms, uint32_t seq, uint8_t tos)
{
	at(ms, (struct test_segment){.flags = TH_ACK, .seq = seq, .ack = 501, .len = 100, .tos = tos, HEARS(ms - 10, 10)});
}

static inline void
acks(uint32_t ms, uint8_t echo, uint32_t ack)
{
	at(ms, (struct test_segment){.flags = TH_ACK, .seq = 501, .ack = ack, SAYS(ms, echo)});
}

static inline void
says(uint32_t ms, uint8_t echo, struct test_segment s)
{
	s.opts = stamps(false, ms, echo);
	s.opt_len = 12;
	s.window = 512;
	at(ms, s);
}

#endif
