/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdlib.h>
#include <string.h>

#include <mien/tcp.h>

#include "simulate.h"

#define SECOND 1000000000.0

/* 250us, 20ms, 1.5s, 3m, 2h; a number alone is milliseconds. */
static bool
read_time(const char *text, uint64_t *ns)
{
	static const struct {
		const char *unit;
		double ns;
	} units[] = {{"ns", 1}, {"us", 1e3}, {"ms", 1e6}, {"", 1e6}, {"s", SECOND}, {"m", 60 * SECOND}, {"h", 3600 * SECOND}};
	char *end;
	double value = strtod(text, &end);

	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (end != text && strcmp(end, units[i].unit) == 0 && value >= 0 && value * units[i].ns < 1e18) {
			*ns = (uint64_t)(value * units[i].ns);
			return true;
		}
	return false;
}

static int
set_time(const char *flag, const char *value, uint64_t *ns)
{
	if (read_time(value, ns))
		return STATUS_FINE;
	return cli_error(STATUS_USAGE, "--%s %s: give a time as 250us, 20ms, 1.5s, 3m or 2h", flag, value);
}

/* A share of frames in percent, in millionths. */
static int
set_share(const char *flag, const char *value, uint32_t *ppm)
{
	char *end;
	double percent = strtod(value, &end);

	if (end == value || (*end && strcmp(end, "%") != 0) || percent < 0 || percent > 100)
		return cli_error(STATUS_USAGE, "--%s %s: give a share of the frames, from 0 to 100%%, as 1.5%%", flag, value);
	*ppm = (uint32_t)(percent * 10000 + 0.5);
	return STATUS_FINE;
}

static int
set_number(const char *flag, const char *value, uint64_t low, uint64_t high, uint64_t *out)
{
	if (cli_u64(value, low, high, out))
		return STATUS_FINE;
	return cli_error(STATUS_USAGE, "--%s %s: give a number from %llu to %llu", flag, value, (unsigned long long)low,
		(unsigned long long)high);
}

#define O ((struct simulate_options *)ctx)
#define BOTH(member, value) (O->scene.up.member = O->scene.down.member = (value))

/* Both directions of the link take the value. */
#define SET_LINK_TIME(name, flag, member)                                                          \
	static int set_##name(void *ctx, const char *value)                                        \
	{                                                                                          \
		uint64_t ns = 0;                                                                   \
		int status = set_time(flag, value, &ns);                                           \
		BOTH(member, ns);                                                                  \
		return status;                                                                     \
	}
SET_LINK_TIME(delay, "delay", delay_ns)
SET_LINK_TIME(jitter, "jitter", jitter_ns)
SET_LINK_TIME(coalesce, "coalesce", coalesce_ns)
SET_LINK_TIME(reorder_by, "reorder-by", reorder_ns)
SET_LINK_TIME(stall_every, "stall-every", stall_every_ns)

#define SET_LINK_SHARE(name, flag, member)                                                         \
	static int set_##name(void *ctx, const char *value)                                        \
	{                                                                                          \
		uint32_t ppm = 0;                                                                  \
		int status = set_share(flag, value, &ppm);                                         \
		BOTH(member, ppm);                                                                 \
		return status;                                                                     \
	}
SET_LINK_SHARE(loss, "loss", loss_ppm)
SET_LINK_SHARE(reorder, "reorder", reorder_ppm)
SET_LINK_SHARE(duplicate, "duplicate", duplicate_ppm)
SET_LINK_SHARE(corrupt, "corrupt", corrupt_ppm)

static int
set_stall(void *ctx, const char *value)
{
	uint64_t ns = 0;
	int status = set_time("stall", value, &ns);

	BOTH(stall_ns, ns);
	if (!O->scene.up.stall_every_ns)
		BOTH(stall_every_ns, 10000000000u);
	return status;
}

/* BEGIN,END: how often a burst of loss begins, and how often it ends. */
static int
set_burst(void *ctx, const char *value)
{
	const char *comma = strchr(value, ',');
	uint32_t begin = 0, end = 0;
	char first[32];

	if (!comma || (size_t)(comma - value) >= sizeof(first))
		return cli_error(STATUS_USAGE, "--burst %s: give two shares, as 0.1%%,20%%: how many frames begin a burst of loss and "
				"how many end it", value);
	memcpy(first, value, (size_t)(comma - value));
	first[comma - value] = '\0';
	if (set_share("burst", first, &begin) != STATUS_FINE || set_share("burst", comma + 1, &end) != STATUS_FINE)
		return STATUS_USAGE;
	BOTH(burst_begin_ppm, begin);
	BOTH(burst_end_ppm, end);
	return STATUS_FINE;
}

static int
set_rate(void *ctx, const char *value)
{
	uint64_t bps = 0;

	if (!cli_u64(value, 0, 1000000000000u, &bps) || (bps && bps < 1000))
		return cli_error(STATUS_USAGE, "--rate %s: give bits a second, as 10M or 1G; 0: no limit", value);
	BOTH(rate_bps, bps);
	return STATUS_FINE;
}

static int
set_queue(void *ctx, const char *value)
{
	uint64_t n = 0;
	int status = set_number("queue", value, 0, UINT32_MAX, &n);

	BOTH(queue_bytes, (uint32_t)n);
	return status;
}

static int
set_mtu(void *ctx, const char *value)
{
	uint64_t n = 0;
	int status = set_number("mtu", value, 68, 1500, &n);

	BOTH(mtu, (uint16_t)n);
	return status;
}

static int
set_mtu_silent(void *ctx, const char *value)
{
	(void)value;
	BOTH(mtu_silent, true);
	O->scene.may_fail = true;
	return STATUS_FINE;
}

#define SET_NUMBER(name, flag, low, high, to)                                                      \
	static int set_##name(void *ctx, const char *value)                                        \
	{                                                                                          \
		uint64_t n = 0;                                                                    \
		int status = set_number(flag, value, low, high, &n);                               \
		to;                                                                                \
		return status;                                                                     \
	}
SET_NUMBER(seed, "seed", 0, UINT64_MAX, O->seed = n)
SET_NUMBER(runs, "runs", 1, UINT64_MAX, O->runs = n)
SET_NUMBER(segments, "segments", 1, UINT64_MAX, O->segments = n)
SET_NUMBER(size, "size", 100, 1000000000, O->size = n)
SET_NUMBER(bytes, "bytes", 0, UINT64_MAX / 4, O->bytes = n)
SET_NUMBER(clients, "clients", 1, SCENE_HOSTS / 2, O->scene.clients = (unsigned)n)
SET_NUMBER(servers, "servers", 1, SCENE_HOSTS / 2, O->scene.servers = (unsigned)n)
SET_NUMBER(connections, "connections", 1, 1000000, O->scene.plan.connections = (uint32_t)n)
SET_NUMBER(parallel, "parallel", 1, 4000, O->scene.plan.parallel = (uint32_t)n)
SET_NUMBER(rounds, "rounds", 1, 1000000000, O->scene.plan.rounds = (uint32_t)n)
SET_NUMBER(sndbuf, "sndbuf", 2048, 1u << 30, O->scene.plan.sndbuf = (uint32_t)n)

#define SET_TIME(name, flag, member)                                                               \
	static int set_##name(void *ctx, const char *value)                                        \
	{                                                                                          \
		return set_time(flag, value, &O->member);                                          \
	}
SET_TIME(think, "think", scene.plan.think_ns)
SET_TIME(duration, "duration", scene.most_ns)

#define SET_STRING(name)                                                                           \
	static int set_##name(void *ctx, const char *value)                                        \
	{                                                                                          \
		O->name = value;                                                                   \
		return STATUS_FINE;                                                                \
	}
SET_STRING(client)
SET_STRING(server)
SET_STRING(pcap)
SET_STRING(workload)

#define SET_TRUE(name, member)                                                                     \
	static int set_##name(void *ctx, const char *value)                                        \
	{                                                                                          \
		(void)value;                                                                       \
		O->member = true;                                                                  \
		return STATUS_FINE;                                                                \
	}
SET_TRUE(random, random)
SET_TRUE(wrap_seq, scene.wrap_seq)
SET_TRUE(wrap_ts, scene.wrap_ts)
SET_TRUE(sums, scene.sums)
SET_TRUE(arp, scene.arp)
SET_TRUE(may_fail, scene.may_fail)

static int
set_personality(void *ctx, const char *value)
{
	O->client = O->server = value;
	return STATUS_FINE;
}

static int
set_set(void *ctx, const char *value)
{
	if (!strchr(value, '='))
		return cli_error(STATUS_USAGE, "--set %s: write KEY=VALUE, as ip.ttl=64", value);
	if (O->n_sets == SIMULATE_SETS)
		return cli_error(STATUS_USAGE, "too many --set: at most %d", SIMULATE_SETS);
	O->sets[O->n_sets++] = value;
	return STATUS_FINE;
}

/* -- boxes -------------------------------------------------------------------------------------------------- */

/* Whatever the personalities say of it, unless something was drawn. */
static int
set_fast_open(void *ctx, const char *value)
{
	struct sim_fast_open *f = &O->scene.plan.fast_open;
	uint64_t n = 0;
	int status = set_number("fast-open", value, 0, LOAD_EARLY, &n);

	f->early = (uint32_t)n;
	f->client = f->client ? f->client : MIEN_FAST_OPEN_ON;
	f->server = f->server ? f->server : MIEN_FAST_OPEN_ON;
	O->scene.cookies.len = O->scene.cookies.len ? O->scene.cookies.len : 8;
	O->scene.cookies.forced = true;
	return status;
}

static const struct {
	const char *name;
	uint32_t what;
	unsigned low, high; /* of its number; 0: it has none */
} deeds[] = {
	{"mss", SIM_BOX_MSS, 48, 65495}, {"no-wscale", SIM_BOX_NO_WSCALE, 0, 0}, {"no-sack", SIM_BOX_NO_SACK, 0, 0},
	{"no-timestamps", SIM_BOX_NO_TS, 0, 0}, {"ttl", SIM_BOX_TTL, 1, 254}, {"ports", SIM_BOX_PORTS, 0, 0},
	{"sequence", SIM_BOX_SEQ, 0, 0}, {"timestamps", SIM_BOX_TS, 0, 0}, {"split", SIM_BOX_SPLIT, 1, 65495},
	{"coalesce", SIM_BOX_COALESCE, 0, 0}, {"no-fast-open", SIM_BOX_NO_FO, 0, 0},
	{"drop-fast-open", SIM_BOX_FO_LOST, 0, 0}, {"drop-syn-data", SIM_BOX_DATA_LOST, 0, 0},
	{"cut-syn-data", SIM_BOX_DATA_CUT, 0, 0}, {"addresses", SIM_BOX_ADDRESSES, 0, 0},
	{"syn-data-twice", SIM_BOX_SYN_TWICE, 0, 0},
};

static bool
read_deed(const char *text, size_t len, struct sim_box_config *b)
{
	const char *equals = memchr(text, '=', len);
	size_t name = equals ? (size_t)(equals - text) : len;
	unsigned long number;
	char *end = NULL;

	for (size_t i = 0; i < sizeof(deeds) / sizeof(deeds[0]); i++) {
		if (strlen(deeds[i].name) != name || strncmp(deeds[i].name, text, name) != 0)
			continue;
		b->what |= deeds[i].what;
		if (!equals || !deeds[i].high)
			return !equals && !deeds[i].high;
		number = strtoul(equals + 1, &end, 10);
		if (end != text + len || number < deeds[i].low || number > deeds[i].high)
			return false;
		*(deeds[i].what == SIM_BOX_MSS ? &b->mss : &b->split) = (uint16_t)number;
		b->ttl = (uint8_t)number;
		return true;
	}
	return false;
}

static int
set_box(void *ctx, const char *value)
{
	struct sim_box_config b = {0};
	size_t n;

	if (O->scene.n_boxes == SCENE_BOXES)
		return cli_error(STATUS_USAGE, "too many --box: at most %d", SCENE_BOXES);
	for (const char *p = value;; p += n + 1) {
		n = strcspn(p, ",");
		if (!read_deed(p, n, &b))
			return cli_error(STATUS_USAGE, "--box %s: known are mss=N, split=N, ttl=N, no-wscale, no-sack, no-timestamps, "
					"ports, sequence, timestamps, coalesce, addresses, no-fast-open, drop-fast-open, drop-syn-data, "
					"cut-syn-data, syn-data-twice", value);
		if (!p[n])
			break;
	}
	b.key = O->seed + O->scene.n_boxes;
	O->scene.boxes[O->scene.n_boxes++] = b;
	return STATUS_FINE;
}

/* -- what is said ------------------------------------------------------------------------------------------- */

int
simulate_plan(struct simulate_options *o)
{
	struct sim_plan *p = &o->scene.plan;
	const char *w = o->workload;

	p->up = p->down = o->bytes;
	if (strcmp(w, "bulk") == 0)
		p->both = true;
	else if (strcmp(w, "bulk-up") == 0)
		p->down = 0;
	else if (strcmp(w, "bulk-down") == 0)
		p->up = 0;
	else if (strcmp(w, "request") == 0)
		p->rounds = p->rounds ? p->rounds : 100;
	else if (strcmp(w, "short") == 0)
		p->parallel = p->parallel ? p->parallel : 16;
	else if (strcmp(w, "half-close") == 0)
		p->ending = SIM_HALF_CLOSES;
	else if (strcmp(w, "abort") == 0)
		p->ending = SIM_CLIENT_ABORTS, p->both = true, p->abort_after = o->bytes / 2;
	else if (strcmp(w, "slow-reader") == 0)
		p->both = true, p->client_reads_bps = p->server_reads_bps = 1000000;
	else if (strcmp(w, "idle") == 0)
		p->keepalive = true, p->rounds = p->rounds ? p->rounds : 3, p->think_ns = p->think_ns ? p->think_ns : 7200000000000;
	else
		return cli_error(STATUS_USAGE, "--workload %s: known are bulk, bulk-up, bulk-down, request, short, half-close, "
				"abort, slow-reader, idle", w);
	return STATUS_FINE;
}

const struct flag simulate_flags[] = {
	{"seed", 0, "N", "of all randomness (default: 1)", set_seed},
	{"personality", 'p', "NAME|FILE", "what both sides wear (default: linux-6)", set_personality},
	{"client", 0, "NAME|FILE", "what the clients wear", set_client},
	{"server", 0, "NAME|FILE", "what the servers wear", set_server},
	{"set", 0, "KEY=VALUE", "override one knob of the personalities; repeatable", set_set},
	{"clients", 0, "N", "hosts that connect (default: 1)", set_clients},
	{"servers", 0, "N", "hosts that are connected to (default: 1)", set_servers},
	{"workload", 0, "NAME", "bulk, bulk-up, bulk-down, request, short, half-close, abort, slow-reader, idle (default: bulk)",
		set_workload},
	{"bytes", 0, "N", "each way of a connection, or of a round (default: 1M)", set_bytes},
	{"rounds", 0, "N", "requests and answers of a connection", set_rounds},
	{"think", 0, "TIME", "between rounds", set_think},
	{"connections", 0, "N", "in all (default: 1)", set_connections},
	{"parallel", 0, "N", "of these at once (default: all)", set_parallel},
	{"sndbuf", 0, "BYTES", "of each connection", set_sndbuf},
	{"duration", 0, "TIME", "virtual time at most (default: until all is said)", set_duration},
	{"rate", 0, "BPS", "of the link, bits a second (default: no limit)", set_rate},
	{"delay", 0, "TIME", "one way (default: 0)", set_delay},
	{"jitter", 0, "TIME", "up to so much more", set_jitter},
	{"queue", 0, "BYTES", "in front of the link (default: no limit)", set_queue},
	{"loss", 0, "SHARE", "of the frames, as 1%", set_loss},
	{"burst", 0, "BEGIN,END", "bursts of loss: how many frames begin one and how many end it, as 0.1%,20%", set_burst},
	{"reorder", 0, "SHARE", "frames that come late", set_reorder},
	{"reorder-by", 0, "TIME", "by how much at most (default: 5ms)", set_reorder_by},
	{"duplicate", 0, "SHARE", "frames that come twice", set_duplicate},
	{"corrupt", 0, "SHARE", "frames of which one bit flips", set_corrupt},
	{"stall", 0, "TIME", "the link falls silent for so long", set_stall},
	{"stall-every", 0, "TIME", "about so often (default: 10s)", set_stall_every},
	{"coalesce", 0, "TIME", "receivers look this often", set_coalesce},
	{"mtu", 0, "BYTES", "packets larger than this do not pass the link", set_mtu},
	{"mtu-silent", 0, NULL, "and no ICMP says so", set_mtu_silent},
	{"box", 0, "WHAT,...", "a middlebox: mss=N, split=N, ttl=N, no-wscale, no-sack, no-timestamps, ports, sequence, "
			       "timestamps, coalesce, addresses, no-fast-open, drop-fast-open, drop-syn-data, cut-syn-data, "
			       "syn-data-twice; "
			       "repeatable", set_box},
	{"fast-open", 0, "BYTES", "TCP Fast Open on both sides, with so many bytes", set_fast_open},
	{"wrap-sequence", 0, NULL, "sequence numbers pass 2^32 early", set_wrap_seq},
	{"wrap-timestamps", 0, NULL, "the clients' timestamps pass 2^32 early", set_wrap_ts},
	{"software-checksums", 0, NULL, "the stacks compute and verify them all", set_sums},
	{"arp", 0, NULL, "neighbours are asked for", set_arp},
	{"may-fail", 0, NULL, "connections that time out are no fault", set_may_fail},
	{"random", 0, NULL, "draw personalities, path and workload from the seed; flags stand above it", set_random},
	{"runs", 0, "N", "so many seeds from --seed on (default: 1)", set_runs},
	{"segments", 0, "N", "seeds until so many segments were sent", set_segments},
	{"size", 0, "N", "segments of a drawn run, roughly (default: 50k)", set_size},
	{"pcap", 0, "FILE", "write what hosts send: pcapng, or pcap when it ends in .pcap", set_pcap},
	{NULL, 0, NULL, NULL, NULL},
};
