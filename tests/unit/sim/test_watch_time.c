/* SPDX-License-Identifier: BSD-3-Clause */
/* The watch's clock: probes, ACKs and retransmissions too soon or too late, and silence. */
#include "watched.h"

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

/*
 * What fills a gap is acknowledged at once, unless the host may have had no room for what lay behind: where mbufs are
 * scarce few wait out of order.
 */
static void
no_room_behind_a_gap(void)
{
	for (unsigned pieces = 4; pieces <= 5; pieces++) {
		begin_as(60000, 512, false, false);
		at_in(30, (struct test_segment){.flags = TH_ACK, .seq = 101, .ack = 501, .len = 100, HEARS(20, 10)}, pieces);
		acks(30, 10, 1);
		hears_bytes(31, 1, 0);
		acks(33, 21, 101);
		broke(pieces == 4, WATCH_ACK_NOW);
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

static const struct test_case cases[] = {
	{"keepalives too soon and too many are told", keepalives_too_soon},
	{"probes of a closed window too soon, and sooner than before, are told", a_closed_window_probed_too_soon},
	{"an older segment does not open a closed window", a_closed_window_that_an_older_segment_does_not_open},
	{"a keepalive's byte may stand where FIN stood, more may not", a_keepalives_byte_behind_fin},
	{"an ACK that nothing asked for is told", an_idle_ack},
	{"an ACK that does not come in time is told", owes_acks},
	{"what fills a gap is owed an ACK at once when the host had room for what lay behind", no_room_behind_a_gap},
	{"a host behind what came owes none for a gap that it may not know", a_host_that_is_behind},
	{"a retransmission before any timeout is told", keeps_the_timeout},
	{"a timeout shorter than the one before and than the longest is told", backs_off_to_the_most},
	{"silence while bytes are out is told when it ends", is_not_silent},
	{"an ACK begins the time of silence anew", is_not_silent_behind_an_ack},
	{NULL, NULL},
};

const struct test_suite watch_time_suite = {.name = "watch_time", .cases = cases};
