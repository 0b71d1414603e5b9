/* SPDX-License-Identifier: BSD-3-Clause */
/* Scenes by lot: the grid of personalities, impairments, boxes and workloads. */
#include <inttypes.h>
#include <string.h>

#include "scene.h"
#include "scene_fo.h"

#define SECOND UINT64_C(1000000000)
#define MS UINT64_C(1000000)
#define US UINT64_C(1000)

#define PICK(dice, list) ((list)[dice_below(dice, sizeof(list) / sizeof((list)[0]))])

#define BACKLOG_DEFAULT 1024u /* struct mien_tcp_listen */

static void
draw_line(struct dice *d, struct sim_link_config *c)
{
	static const uint64_t delays[] = {0, 50 * US, 500 * US, 2 * MS, 10 * MS, 25 * MS, 80 * MS, 150 * MS, 300 * MS};
	static const uint64_t rates[] = {0, 0, 1000000, 8000000, 50000000, 100000000, 1000000000, 10000000000};
	static const uint64_t coalesces[] = {0, 0, 10 * US, 50 * US, 250 * US};
	uint64_t bdp;

	*c = (struct sim_link_config){.delay_ns = PICK(d, delays), .rate_bps = PICK(d, rates), .coalesce_ns = PICK(d, coalesces)};
	bdp = c->rate_bps / 8 * 2 * c->delay_ns / SECOND;
	if (c->rate_bps && dice_below(d, 4))
		c->queue_bytes = (uint32_t)(6000 + dice_below(d, 2 * bdp + 30000));
}

enum harm { CLEAN, LOSS, HEAVY, BURSTS, REORDER, DUPLICATE, CORRUPT, JITTER, STALLS, MTU, SLEEP, ALL, HARMS };

static void
draw_loss(struct dice *d, enum harm harm, struct sim_link_config *c)
{
	if (harm == LOSS)
		c->loss_ppm = (uint32_t)dice_range(d, 100, 30000);
	else if (harm == HEAVY)
		c->loss_ppm = (uint32_t)dice_range(d, 50000, 250000);
	if (harm == BURSTS) {
		c->burst_begin_ppm = (uint32_t)dice_range(d, 100, 5000);
		c->burst_end_ppm = (uint32_t)dice_range(d, 50000, 500000);
	}
	if (harm == STALLS) {
		c->stall_every_ns = dice_range(d, SECOND, 20 * SECOND);
		c->stall_ns = dice_range(d, 10 * MS, 5 * SECOND);
	}
}

static void
draw_harm(struct dice *d, enum harm harm, struct sim_link_config *c)
{
	draw_loss(d, harm, c);
	if (harm == REORDER || harm == ALL) {
		c->reorder_ppm = (uint32_t)dice_range(d, 1000, harm == ALL ? 20000 : 300000);
		c->reorder_ns = dice_range(d, 10 * US, 20 * MS);
	}
	if (harm == DUPLICATE || harm == ALL)
		c->duplicate_ppm = (uint32_t)dice_range(d, 1000, harm == ALL ? 10000 : dice_below(d, 4) ? 50000 : 1000000);
	if (harm == CORRUPT || harm == ALL)
		c->corrupt_ppm = (uint32_t)dice_range(d, 500, 20000);
	if (harm == JITTER || harm == ALL)
		c->jitter_ns = dice_range(d, 10 * US, 30 * MS);
	if (harm == ALL)
		c->loss_ppm = (uint32_t)dice_range(d, 100, 20000);
}

static void
draw_path(struct dice *d, struct sim_scene *s)
{
	enum harm harm = (enum harm)dice_below(d, HARMS);
	unsigned ways = (unsigned)dice_below(d, 3); /* both, towards the servers, towards the clients */

	draw_line(d, &s->up);
	s->down = s->up;
	if (dice_below(d, 4) == 0) {
		draw_line(d, &s->down);
		s->down.delay_ns = s->up.delay_ns;
	}
	if (ways != 2)
		draw_harm(d, harm, &s->up);
	if (ways != 1)
		draw_harm(d, harm, &s->down);
	s->may_fail = harm == HEAVY || harm == BURSTS || harm == STALLS || harm == SLEEP;
	if (harm == MTU) {
		s->change_mtu = (uint16_t)dice_range(d, 576, 1499);
		s->change_at_ns = dice_range(d, 0, 2 * SECOND);
		s->up.mtu_silent = s->down.mtu_silent = dice_below(d, 4) == 0;
		s->may_fail = s->up.mtu_silent;
	}
	if (harm == SLEEP) {
		s->sleep_every_ns = dice_range(d, SECOND / 2, 60 * SECOND);
		s->sleep_ns = dice_range(d, 10 * MS, dice_below(d, 4) ? 5 * SECOND : 200 * SECOND);
	}
}

static void
draw_boxes(struct dice *d, struct sim_scene *s)
{
	s->n_boxes = dice_below(d, 2) ? 0 : 1 + (unsigned)dice_below(d, 2);
	for (unsigned i = 0; i < s->n_boxes; i++) {
		struct sim_box_config *b = &s->boxes[i];

		*b = (struct sim_box_config){.what = 1u << dice_below(d, 10), .key = dice_u64(d), .ttl = (uint8_t)dice_range(d, 1, 20),
			.mss = (uint16_t)dice_range(d, 200, 1440), .split = (uint16_t)dice_range(d, 100, 1400)};
		if (dice_below(d, 3) == 0)
			b->what |= 1u << dice_below(d, 10);
		if (s->change_mtu && b->what & SIM_BOX_COALESCE) /* what it joins would never pass */
			b->what = SIM_BOX_TTL;
	}
}

enum work { BULK_UP, BULK_DOWN, BULK_BOTH, REQUESTS, SHORT, HALF_CLOSE, ABORT, SLOW_READER, IDLE, WORKS };

static void
draw_work(struct dice *d, enum work work, uint64_t bytes, struct sim_plan *p)
{
	switch (work) {
	case BULK_UP:
		p->up = bytes;
		break;
	case BULK_DOWN:
		p->down = bytes;
		break;
	case BULK_BOTH:
		p->up = p->down = bytes / 2;
		p->both = true;
		break;
	case REQUESTS:
		p->rounds = (uint32_t)dice_range(d, 10, 1000);
		p->up = dice_range(d, 1, 3000);
		p->down = 1 + dice_below(d, bytes / p->rounds + 1);
		p->think_ns = dice_below(d, 2) ? 0 : dice_range(d, 1 * US, 2 * SECOND);
		break;
	case SHORT:
		p->connections = (uint32_t)(1 + bytes / 10000);
		p->connections = p->connections < 2000 ? p->connections : 2000;
		p->parallel = (uint32_t)dice_range(d, 1, 64);
		p->up = dice_below(d, 2000);
		p->down = dice_below(d, 8000);
		break;
	case HALF_CLOSE:
		p->up = bytes / 2;
		p->down = bytes / 2;
		p->ending = SIM_HALF_CLOSES;
		break;
	case ABORT:
		p->up = p->down = bytes / 8;
		p->both = true;
		p->connections = 4;
		p->keepalive = true; /* a reset may be lost */
		p->ending = dice_below(d, 2) ? SIM_CLIENT_ABORTS : SIM_SERVER_ABORTS;
		p->abort_after = dice_below(d, p->up + 1);
		break;
	case SLOW_READER:
		p->up = p->down = bytes / 16;
		p->both = dice_below(d, 2);
		p->client_reads_bps = dice_range(d, 10000, 10000000);
		p->server_reads_bps = dice_range(d, 10000, 10000000);
		break;
	case IDLE:
	default:
		p->rounds = 3;
		p->up = p->down = bytes / 64;
		p->keepalive = true;
		p->think_ns = dice_range(d, 60, 5 * 3600) * SECOND;
		break;
	}
}

/* A server whose queue is full lets others wait; many at a queue of a few packets take each other's turns for long. */
bool
scene_is_crowded(const struct sim_scene *s, uint32_t half_open, uint32_t talking)
{
	const uint32_t queues[] = {s->up.queue_bytes, s->down.queue_bytes};

	for (unsigned i = s->clients; i < s->clients + s->servers; i++)
		if (half_open > (s->p[i]->tcp.backlog ? s->p[i]->tcp.backlog : BACKLOG_DEFAULT))
			return true;
	for (unsigned i = 0; i < 2; i++)
		if (queues[i] && queues[i] < 4000 * talking)
			return true;
	return false;
}

static void
draw_plan(struct dice *d, uint64_t size, struct sim_scene *s)
{
	enum work work = (enum work)dice_below(d, WORKS);
	uint64_t flows = 1, bytes;

	if (work != SHORT && work != ABORT && dice_below(d, 3) == 0)
		flows = dice_range(d, 2, 16);
	/* A segment with data, and half an ACK for it. */
	bytes = (size / 3 + dice_below(d, size)) * 900 / flows;
	if (s->may_fail || s->up.loss_ppm + s->down.loss_ppm > 20000)
		bytes /= 8;
	s->plan.connections = (uint32_t)flows;
	draw_work(d, work, bytes, &s->plan);
	if (s->plan.ending == SIM_CLIENT_CLOSES && dice_below(d, 3) == 0)
		s->plan.ending = SIM_SERVER_CLOSES;
	/* A client may pick a port that waits in TIME-WAIT at the server. */
	s->may_fail |= work == SHORT && s->plan.ending == SIM_SERVER_CLOSES;
	if (work == SHORT)
		flows = s->plan.parallel;
	s->may_fail |= scene_is_crowded(s, work == SHORT ? s->plan.parallel : s->plan.connections, (uint32_t)flows);
	/* Each small segment that waits to be read holds an mbuf. */
	if (scene_has_box(s, SIM_BOX_MSS | SIM_BOX_SPLIT))
		s->plan.rcvbuf = s->plan.sndbuf = 131072;
	/* Where one end may give up, the other must find out. */
	s->plan.keepalive |= s->may_fail;
	s->plan.nodelay = dice_below(d, 2);
	s->plan.copies = dice_below(d, 8) == 0;
	if (dice_below(d, 4) == 0 && !s->plan.sndbuf)
		s->plan.sndbuf = (uint32_t)dice_range(d, 4096, 4u << 20);
}

/* Numbers that came later: what was drawn before stays as it was. */
static void
draw_more(struct dice *d, struct sim_scene *s)
{
	s->ecn = dice_below(d, 4) == 0;
	if (s->ecn && dice_below(d, 4)) {
		s->up.mark_bytes = (uint32_t)dice_range(d, 3000, 60000);
		s->down.mark_bytes = (uint32_t)dice_range(d, 3000, 60000);
	}
	if (dice_below(d, 4) == 0)
		for (unsigned i = 0; i < s->clients + s->servers; i++)
			s->drift_ppm[i] = (int32_t)dice_range(d, 0, 1000) - 500;
}

void
scene_draw(uint64_t seed, const struct mien_personality *const *list, unsigned n, uint64_t size, struct sim_scene *out)
{
	struct dice d = {seed};

	/* Seeds that lie side by side shall have nothing in common. */
	d = (struct dice){dice_u64(&d) ^ dice_u64(&d) << 1};
	memset(out, 0, sizeof(*out));
	out->seed = seed;
	out->clients = dice_below(&d, 4) ? 1 : (unsigned)dice_range(&d, 2, 4);
	out->servers = dice_below(&d, 4) ? 1 : (unsigned)dice_range(&d, 2, 4);
	for (unsigned i = 0; i < out->clients + out->servers; i++)
		out->p[i] = list[dice_below(&d, n)];
	draw_path(&d, out);
	draw_boxes(&d, out);
	draw_plan(&d, size, out);
	out->wrap_seq = dice_below(&d, 6) == 0 && out->plan.connections <= 16;
	out->wrap_ts = dice_below(&d, 6) == 0;
	out->sums = dice_below(&d, 16) == 0;
	out->arp = dice_below(&d, 16) == 0;
	draw_more(&d, out);
	scene_fo_draw(seed, out);
}

/* -- in words ----------------------------------------------------------------------------------------------- */

static void
say_time(FILE *out, const char *what, uint64_t ns)
{
	if (ns >= 10 * SECOND)
		fprintf(out, ", %s %" PRIu64 " s", what, ns / SECOND);
	else if (ns >= MS)
		fprintf(out, ", %s %.1f ms", what, (double)ns / 1e6);
	else if (ns)
		fprintf(out, ", %s %.1f us", what, (double)ns / 1e3);
}

static void
say_rate(FILE *out, const char *what, uint32_t ppm)
{
	if (ppm)
		fprintf(out, ", %s %.2f %%", what, ppm / 1e4);
}

static void
say_link(FILE *out, const char *name, const struct sim_link_config *c)
{
	fprintf(out, "; %s", name);
	if (c->rate_bps)
		fprintf(out, " %.3g Mbit/s", (double)c->rate_bps / 1e6);
	say_time(out, "delay", c->delay_ns);
	say_time(out, "jitter", c->jitter_ns);
	if (c->queue_bytes)
		fprintf(out, ", queue %u bytes", c->queue_bytes);
	if (c->mark_bytes && c->rate_bps)
		fprintf(out, ", marked behind %u bytes", c->mark_bytes);
	say_rate(out, "loss", c->loss_ppm);
	say_rate(out, "bursts of loss", c->burst_begin_ppm);
	say_rate(out, "reordered", c->reorder_ppm);
	say_rate(out, "duplicated", c->duplicate_ppm);
	say_rate(out, "corrupted", c->corrupt_ppm);
	say_time(out, "stalls of", c->stall_ns);
	say_time(out, "coalesced by", c->coalesce_ns);
}

static void
say_plan(FILE *out, const struct sim_plan *p)
{
	static const char *const endings[] = {"client closes", "server closes", "half-close", "client aborts", "server aborts"};

	fprintf(out, "; %u connections of %u rounds, %" PRIu64 " bytes up, %" PRIu64 " down%s, %s", p->connections ? p->connections : 1,
		p->rounds ? p->rounds : 1, p->up, p->down, p->both ? " at once" : "", endings[p->ending]);
	say_time(out, "thinking", p->think_ns);
	if (p->client_reads_bps || p->server_reads_bps)
		fprintf(out, ", slow readers");
	if (p->keepalive)
		fprintf(out, ", keepalive");
}

void
scene_describe(const struct sim_scene *s, FILE *out)
{
	static const char *const boxes[] = {"mss", "no-wscale", "no-sack", "no-timestamps", "ttl", "ports", "sequence",
		"timestamps", "split", "coalesce", "no-fast-open", "drop-fast-open", "drop-syn-data", "cut-syn-data", "addresses", "syn-data-twice"};

	for (unsigned i = 0; i < s->clients + s->servers; i++)
		fprintf(out, "%s%s", i == 0 ? "" : i == s->clients ? " -> " : ", ", s->p[i]->name);
	say_link(out, "up", &s->up);
	say_link(out, "down", &s->down);
	for (unsigned i = 0; i < s->n_boxes; i++) {
		fprintf(out, "; box");
		for (unsigned k = 0; k < sizeof(boxes) / sizeof(boxes[0]); k++)
			if (s->boxes[i].what >> k & 1)
				fprintf(out, " %s", boxes[k]);
	}
	if (s->change_mtu)
		fprintf(out, "; MTU %u later%s", s->change_mtu, s->up.mtu_silent ? ", silently" : "");
	if (s->sleep_every_ns)
		say_time(out, "hosts sleep for", s->sleep_ns);
	say_plan(out, &s->plan);
	scene_fo_describe(s, out);
	fprintf(out, "%s%s", s->ecn ? "; ECN" : "", s->drift_ppm[0] ? "; clocks drift" : "");
	fprintf(out, "%s%s%s%s%s\n", s->wrap_seq ? "; sequence numbers wrap" : "", s->wrap_ts ? "; timestamps wrap" : "",
		s->sums ? "; software checksums" : "", s->arp ? "; ARP" : "", s->may_fail ? "; may fail" : "");
}
