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

static void
violated(void *ctx, const struct watch_violation *v)
{
	told = v->rule;
	count++;
}

/* sent by the client, or got from the server; numbers from the ISNs. */
static void
at(uint64_t ms, struct test_segment s)
{
	struct rte_mbuf *m;

	s.seq += s.from_server ? IRS : ISS;
	s.ack += s.flags & TH_ACK ? s.from_server ? ISS : IRS : 0;
	m = test_frame(&s);
	watch_frame(watch, ms * MS, 0, !s.from_server, m, false);
	rte_pktmbuf_free(m);
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

/* Open at 10 ms; 500 bytes are sent then and acknowledged at 20 ms. */
static void
begin(void)
{
	const struct watch_host host = {&p, CLIENT_IP, 1500, true};

	mien_personality_init_plain(&p);
	p.tcp.ts.hz = 1000;
	count = 0;
	REQUIRE_EQ_I(watch_create(&host, 1, violated, NULL, &watch), 0);
	at(0, (struct test_segment){.flags = TH_SYN, .window = 65535, .opts = syn_opts, .opt_len = 20});
	at(10, (struct test_segment){.from_server = true, .flags = TH_SYN | TH_ACK, .ack = 1, .window = 60000,
		      .opts = synack_opts, .opt_len = 20});
	at(10, (struct test_segment){.flags = TH_ACK, .seq = 1, .ack = 1, SAYS(10, 0)});
	at(10, (struct test_segment){.flags = TH_ACK, .seq = 1, .ack = 1, .len = 500, SAYS(10, 0)});
	at(20, (struct test_segment){.flags = TH_ACK, .seq = 1, .ack = 501, HEARS(10, 10)});
	CHECK_EQ_U(count, 0);
}

static void
end(void)
{
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
	watch_end(watch, (30 + p.tcp.delack_ms + p.tcp.tick_ms + 2) * MS);
	CHECK_EQ_U(count, 1);
	CHECK_EQ_I(told, WATCH_ACK_LATE);
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
	{"a SACK block for what did not come is told", wrong_sack},
	{"an ACK that nothing asked for is told", an_idle_ack},
	{"an ACK that does not come in time is told", owes_acks},
	{"a retransmission before any timeout is told", keeps_the_timeout},
	{"silence while bytes are out is told when it ends", is_not_silent},
	{"more than the congestion window can hold is told", stays_in_the_windows},
	{NULL, NULL},
};

const struct test_suite watch_suite = {.name = "watch", .cases = cases};
