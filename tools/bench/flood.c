/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * mien bench flood: what a server's core does under attack. Peace and flood take turns, so that their ratio holds
 * when the machine drifts.
 */
#include "flood.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "../wear.h"

#define MS UINT64_C(1000000)
#define ROUNDS 4 /* of peace and flood */
#define GOODPUT_MIN 0.8
#define LAST_NS (5 * MS)
#define FRAMES 200000 /* to measure the cost of one */

struct flood_options {
	uint64_t rate, ms, connections, link_mbps, delay_us;
	const char *personality;
	uint32_t kinds; /* bits; 0: all */
};

struct flood_result {
	double frame_ns, ratio, peace_bps, flood_bps, share; /* of the core, under flood */
	struct flood_newcomers newcomers;
	uint64_t offered, missed, missed_peers;
	uint32_t most_tcbs, most_held, most_in_use;
	int64_t rss_kb; /* more than before */
};

static int
set_number(const char *flag, const char *value, uint64_t min, uint64_t max, uint64_t *out)
{
	if (!cli_u64(value, min, max, out))
		return cli_error(STATUS_USAGE, "--%s %s: give a number from %" PRIu64 " to %" PRIu64, flag, value, min, max);
	return STATUS_FINE;
}

#define SET(member, flag, min, max)                                                                \
	static int set_##member(void *ctx, const char *value)                                      \
	{                                                                                          \
		return set_number(flag, value, min, max, &((struct flood_options *)ctx)->member);  \
	}
SET(rate, "rate", 1000, 100000000)
SET(ms, "ms", 10, 100000)
SET(connections, "connections", 1, 10000)
SET(link_mbps, "link", 0, 1000000)
SET(delay_us, "delay", 0, 1000000)

static int
set_kind(void *ctx, const char *value)
{
	enum flood_kind kind;

	if (!flood_find(value, &kind))
		return cli_error(STATUS_USAGE, "--kind %s: choose syn, syn-closed, ack, ack-closed, rst, fin, syn-ack, blind, "
			"fragment, udp, echo or arp", value);
	((struct flood_options *)ctx)->kinds |= 1u << kind;
	return STATUS_FINE;
}

static int
set_personality(void *ctx, const char *value)
{
	((struct flood_options *)ctx)->personality = value;
	return STATUS_FINE;
}

static const struct flag flags[] = {
	{"kind", 0, "KIND", "one flood of syn, syn-closed, ack, ack-closed, rst, fin, syn-ack, blind, fragment, udp, echo, "
		"arp; repeatable (all)", set_kind},
	{"rate", 0, "N", "frames of the flood a second (1M)", set_rate},
	{"ms", 0, "N", "virtual milliseconds of each turn of peace and of flood (200)", set_ms},
	{"connections", 0, "N", "established, uploading (16)", set_connections},
	{"link", 0, "MBPS", "of the server's port for its peers; 0: what the core can do (10000)", set_link_mbps},
	{"delay", 0, "US", "one way (50)", set_delay_us},
	{"personality", 'p', "NAME|FILE", "what the server wears (linux-6)", set_personality},
	{NULL, 0, NULL, NULL, NULL},
};

static const struct flag *const tables[] = {flags, NULL};

static long
rss_kb(void)
{
	struct rusage u;

	getrusage(RUSAGE_SELF, &u);
	return u.ru_maxrss;
}

/* Bytes a second that arrived in so much time. */
static double
turn(struct flood_world *w, struct flood *flood, uint64_t ns)
{
	uint64_t bytes = w->server.counts.bytes, start = w->now;

	w->flood = flood;
	w->flood_at = w->now;
	w->newcomers.since = w->newcomers.next_at = flood ? w->now : UINT64_MAX;
	flood_world_run(w, w->now + ns - LAST_NS);
	w->newcomers.next_at = UINT64_MAX; /* who asks later has no time to come in */
	flood_world_run(w, w->now + LAST_NS);
	w->newcomers.since = UINT64_MAX;
	w->flood = NULL;
	return (double)(w->server.counts.bytes - bytes) * 1e9 / (double)(w->now - start);
}

/* What waits from one turn must not count in the next. */
static void
settle(struct flood_world *w)
{
	flood_world_run(w, w->now + 50 * MS);
}

static void
measure(struct flood_world *w, const struct flood_options *o, struct flood *flood, struct flood_result *r)
{
	struct flood_newcomers *n = &w->newcomers;
	long rss = rss_kb();
	uint64_t busy = 0;

	*r = (struct flood_result){0};
	w->offered = w->missed = w->missed_peers = 0;
	w->most_tcbs = w->most_held = w->most_in_use = 0;
	n->asked = n->done = 0;
	n->slowest_ns = 0;
	for (unsigned i = 0; i < ROUNDS; i++) {
		r->peace_bps += turn(w, NULL, o->ms * MS) / ROUNDS;
		busy -= w->busy;
		r->flood_bps += turn(w, flood, o->ms * MS) / ROUNDS;
		busy += w->busy;
		settle(w);
	}
	r->ratio = r->flood_bps / r->peace_bps;
	r->share = (double)busy / ((double)o->ms * 1e6 * ROUNDS);
	r->newcomers = *n;
	r->offered = w->offered;
	r->missed = w->missed;
	r->missed_peers = w->missed_peers;
	r->most_tcbs = w->most_tcbs;
	r->most_held = w->most_held;
	r->most_in_use = w->most_in_use;
	w->flood = flood;
	r->frame_ns = flood_world_frame_ns(w, FRAMES);
	w->flood = NULL;
	r->rss_kb = rss_kb() - rss;
	settle(w);
}

static bool
is_good(const struct flood_result *r)
{
	return r->ratio >= GOODPUT_MIN && r->newcomers.done == r->newcomers.asked;
}

static void
print(enum flood_kind kind, const struct flood_result *r)
{
	const struct flood_newcomers *n = &r->newcomers;

	if (cli_out.json || cli_out.json_lines) {
		printf("{\"flood\": \"%s\", \"frame_ns\": %.1f, \"goodput_ratio\": %.3f, \"peace_mbps\": %.0f, "
		       "\"flood_mbps\": %.0f, \"core_share\": %.3f, \"newcomers\": %u, \"newcomers_connected\": %u, "
		       "\"slowest_ms\": %.1f, \"frames\": %" PRIu64 ", \"missed\": %" PRIu64
		       ", \"missed_peers\": %" PRIu64 ", \"most_tcbs\": %u, \"most_mbufs_held\": %u, "
		       "\"most_mbufs_in_use\": %u, \"rss_grown_kb\": %" PRId64 "}\n",
			flood_name(kind), r->frame_ns, r->ratio, r->peace_bps * 8e-6, r->flood_bps * 8e-6, r->share, n->asked,
			n->done, (double)n->slowest_ns / 1e6, r->offered, r->missed, r->missed_peers, r->most_tcbs,
			r->most_held, r->most_in_use, r->rss_kb);
		return;
	}
	printf("%-11s %7.0f ns %6.0f %% %8.0f Mb/s %6.1f %% %6u of %-5u %7.1f ms %7u %7u %7u %7" PRId64 "\n", flood_name(kind),
		r->frame_ns, r->share * 100, r->flood_bps * 8e-6, r->ratio * 100, n->done, n->asked,
		(double)n->slowest_ns / 1e6, r->most_tcbs, r->most_held, r->most_in_use, r->rss_kb);
}

static void
print_head(const struct flood_options *o)
{
	if (cli_out.json || cli_out.json_lines)
		return;
	printf("%" PRIu64 " frames/s against %" PRIu64 " uploads; goodput against that of the same run without flood\n",
		o->rate, o->connections);
	printf("%-11s %10s %8s %13s %8s %15s %10s %7s %7s %7s %7s\n", "flood", "a frame", "of core", "goodput", "ratio",
		"new connections", "slowest", "TCBs", "held", "mbufs", "RSS kB");
}

static int
measure_all(struct flood_world *w, const struct flood_options *o)
{
	struct flood flood = {.to = {2, 0, 0, 0, 0, 1}, .from = {2, 0, 0, 0, 0, 254}, .target = 0x0a000001,
		.peer = 0x0a000002, .open_port = BENCH_PORT, .closed_port = 9, .seed = 1};
	unsigned bad = 0;

	if (!flood_world_warm_up(w))
		return cli_error(STATUS_PEER, "the connections did not come up");
	w->flood_gap = 1000000000u / o->rate;
	print_head(o);
	for (unsigned i = 0; i < FLOOD_KINDS; i++) {
		struct flood_result r;

		if (o->kinds && !(o->kinds >> i & 1))
			continue;
		flood.kind = (enum flood_kind)i;
		measure(w, o, &flood, &r);
		print(flood.kind, &r);
		fflush(stdout);
		bad += !is_good(&r);
	}
	return bad ? cli_error(STATUS_DIFFERENT, "%u floods took more than a fifth of the goodput, or turned newcomers away",
			     bad)
		   : STATUS_FINE;
}

static int
run(int argc, char **argv, const struct command *self)
{
	struct flood_options o = {.rate = 1000000, .ms = 200, .connections = 16, .link_mbps = 10000, .delay_us = 50,
		.personality = "linux-6"};
	struct flood_setup setup;
	struct mien_error error = {0};
	struct flood_world *w;
	int operand, status;
	bool done;

	status = cli_parse(argc, argv, self, &o, &operand, &done);
	if (status != STATUS_FINE || done)
		return status;
	setup = (struct flood_setup){.connections = o.connections, .link_mbps = o.link_mbps, .delay_us = o.delay_us,
		.p = wear_load(o.personality, NULL, 0, &status)};
	if (!setup.p)
		return status;
	w = calloc(1, sizeof(*w));
	if (!w)
		return cli_error(STATUS_PORT, "out of memory");
	status = flood_world_create(w, &setup, &error) == MIEN_OK ? measure_all(w, &o) : cli_mien_error(STATUS_PORT, &error);
	flood_world_free(w);
	free(w);
	return status;
}

const struct command bench_flood_command = {
	.name = "bench flood",
	.summary = "a server under attack: goodput, new connections, cost of a hostile frame",
	.operands = "",
	.example = "  mien bench flood\n  mien bench flood --kind syn --link 0\n",
	.flags = tables,
	.run = run,
};
