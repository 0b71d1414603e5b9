/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdlib.h>
#include <string.h>

#include "frame.h"
#include "world_priv.h"

#define ETHER_LEN 14u
#define QUOTE_MOST 548u /* RFC 1812 4.3.2.3 */

int
world_create(uint64_t seed, uint64_t start_ns, struct rte_mempool *pool, struct world **out)
{
	struct world *w = calloc(1, sizeof(*w));

	if (!w)
		return MIEN_ENOMEM;
	w->dice.state = seed;
	w->now = w->drift_from = start_ns;
	w->pool = pool;
	*out = w;
	return 0;
}

static void
node_free(struct world_node *n)
{
	for (uint32_t i = 0; i < n->inbox_count; i++)
		rte_pktmbuf_free(n->inbox[i]);
	box_fini(&n->box);
	free(n->inbox);
	free(n->route);
	free(n->ways);
	free(n);
}

void
world_destroy(struct world *w)
{
	if (!w)
		return;
	for (uint32_t i = 0; i < w->way_count; i++)
		way_fini(&w->ways[i].way);
	for (uint32_t i = 0; i < w->node_count; i++)
		node_free(w->nodes[i]);
	free(w->timers);
	free(w->arrivals);
	free(w->wakes);
	free(w->nodes);
	free(w->ways);
	free(w);
}

static struct world_node *
add_node(struct world *w)
{
	struct world_node **nodes = realloc(w->nodes, (w->node_count + 1) * sizeof(struct world_node *));
	uint64_t *wakes = realloc(w->wakes, (w->node_count + 1) * sizeof(*wakes));
	struct world_node *n;

	w->nodes = nodes ? nodes : w->nodes;
	w->wakes = wakes ? wakes : w->wakes;
	if (!nodes || !wakes)
		return NULL;
	n = calloc(1, sizeof(*n));
	if (!n)
		return NULL;
	n->number = w->node_count;
	n->world = w;
	wakes[n->number] = MIEN_NEVER;
	nodes[w->node_count++] = n;
	return n;
}

int
world_add_host(struct world *w, const struct world_host *config, unsigned *node)
{
	struct world_node *n = add_node(w);

	if (!n)
		return MIEN_ENOMEM;
	n->is_host = true;
	n->host = *config;
	*node = n->number;
	return 0;
}

static void
emit(void *ctx, unsigned side, struct rte_mbuf *m)
{
	struct world_node *n = ctx;
	struct world *w = n->world;

	/* The way back from here is the one it came by. */
	world_forward(w, n->number, m, side < n->way_count ? w->ways[n->ways[side]].back : NO_WAY);
}

int
world_add_box(struct world *w, const struct sim_box_config *config, unsigned *node)
{
	struct world_node *n = add_node(w);

	if (!n)
		return MIEN_ENOMEM;
	n->box.config = *config;
	n->box.pool = w->pool;
	n->box.losses = &w->losses;
	n->box.emit = emit;
	n->box.ctx = n;
	*node = n->number;
	return 0;
}

static int
add_way(struct world *w, unsigned from, unsigned to, uint32_t back, const struct sim_link_config *config)
{
	struct world_node *n = w->nodes[from];
	uint32_t *list = realloc(n->ways, (n->way_count + 1) * sizeof(*list));
	struct way *way = &w->ways[w->way_count].way;
	int rc;

	if (!list)
		return MIEN_ENOMEM;
	n->ways = list;
	list[n->way_count++] = w->way_count;
	w->ways[w->way_count++] = (struct world_way){.from = from, .to = to, .back = back};
	rc = way_init(way, config, dice_split(&w->dice), w->pool);
	way->losses = &w->losses;
	return rc;
}

int
world_join(struct world *w, unsigned a, unsigned b, const struct sim_link_config *there,
	const struct sim_link_config *back)
{
	struct world_way *ways = realloc(w->ways, (w->way_count + 2) * sizeof(*ways));
	uint64_t *arrivals = realloc(w->arrivals, (w->way_count + 2) * sizeof(*arrivals));
	uint32_t first = w->way_count;
	int rc;

	w->ways = ways ? ways : w->ways;
	w->arrivals = arrivals ? arrivals : w->arrivals;
	if (!ways || !arrivals)
		return MIEN_ENOMEM;
	arrivals[first] = arrivals[first + 1] = MIEN_NEVER;
	rc = add_way(w, a, b, first + 1, there);
	if (!rc)
		rc = add_way(w, b, a, first, back);
	if (!rc) {
		w->ways[first].side = w->nodes[b]->way_count - 1;
		w->ways[first + 1].side = w->nodes[a]->way_count - 1;
	}
	return rc;
}

void
world_set_link(struct world *w, unsigned from, unsigned to, const struct sim_link_config *config)
{
	for (uint32_t i = 0; i < w->way_count; i++)
		if (w->ways[i].from == from && w->ways[i].to == to)
			way_set(&w->ways[i].way, config);
}

void
world_observe(struct world *w, world_seen_fn fn, void *ctx)
{
	w->seen = fn;
	w->seen_ctx = ctx;
}

/* From `node`, away from it in all directions: everything behind its link `way` is reached by it. */
static void
route_behind(struct world *w, struct world_node *n, uint32_t at, uint32_t from, uint32_t way)
{
	n->route[at] = way;
	for (uint32_t i = 0; i < w->nodes[at]->way_count; i++) {
		const struct world_way *next = &w->ways[w->nodes[at]->ways[i]];

		if (next->to != from)
			route_behind(w, n, next->to, at, way);
	}
}

int
world_route(struct world *w)
{
	for (uint32_t i = 0; i < w->node_count; i++) {
		struct world_node *n = w->nodes[i];

		free(n->route);
		n->route = malloc(w->node_count * sizeof(*n->route));
		if (!n->route)
			return MIEN_ENOMEM;
		for (uint32_t k = 0; k < w->node_count; k++)
			n->route[k] = NO_WAY;
		for (uint32_t k = 0; k < n->way_count; k++)
			route_behind(w, n, w->ways[n->ways[k]].to, i, n->ways[k]);
	}
	w->routed = true;
	return 0;
}

/* RFC 792, RFC 1191: fragmentation needed, told to who sent m (taken), by the node in front of the narrow way. */
static void
tell_too_big(struct world *w, uint32_t node, struct rte_mbuf *m, uint16_t mtu, uint32_t way)
{
	struct world_node *n = w->nodes[node];
	unsigned side = 0;

	uint8_t in[ETHER_LEN + QUOTE_MOST], out[ETHER_LEN + 28 + QUOTE_MOST] = {0}, *ip = out + ETHER_LEN, *icmp = ip + 20;
	uint32_t len = m->pkt_len < sizeof(in) ? m->pkt_len : sizeof(in), quote = len - ETHER_LEN, sum = 0;
	struct rte_mbuf *error;

	frame_copy(m, in, len);
	rte_pktmbuf_free(m);
	memcpy(out, in + 6, 6);
	world_mac(node, out + 6);
	out[12] = 8;
	ip[0] = 0x45;
	seg_put16(ip + 2, 28 + quote);
	ip[8] = 64;
	ip[9] = 1;
	seg_put32(ip + 12, 0x0a00fe01u + node);
	memcpy(ip + 16, in + ETHER_LEN + 12, 4);
	for (unsigned i = 0; i < 20; i += 2)
		sum += seg_be16(ip + i);
	sum = (sum & 0xffff) + (sum >> 16);
	seg_put16(ip + 10, ~(sum + (sum >> 16)) & 0xffff);
	icmp[0] = 3;
	icmp[1] = 4;
	seg_put16(icmp + 6, mtu);
	memcpy(icmp + 8, in + ETHER_LEN, quote);
	sum = 0;
	for (unsigned i = 0; i < 8 + quote; i += 2)
		sum += seg_be16(icmp + i);
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	seg_put16(icmp + 2, ~sum & 0xffff);
	error = frame_to_mbuf(w->pool, out, ETHER_LEN + 28 + quote);
	if (!error)
		return;
	/* A box translates what it hears from outside, also where it says it itself. */
	while (side < n->way_count && n->ways[side] != way)
		side++;
	if (n->is_host || !n->box.config.what)
		world_forward(w, node, error, NO_WAY);
	else
		box_pass(&n->box, side, error);
}

static void
send_by(struct world *w, uint32_t node, struct rte_mbuf *m, uint32_t way)
{
	struct world_way *out = &w->ways[way];

	if (way_put(&out->way, w->now, m) == WAY_TOO_BIG)
		tell_too_big(w, node, m, out->way.config.mtu, way);
	w->arrivals[way] = way_next(&w->ways[way].way);
}

void
world_forward(struct world *w, uint32_t node, struct rte_mbuf *m, uint32_t in)
{
	const uint8_t *p = rte_pktmbuf_mtod(m, const uint8_t *);
	struct world_node *n = w->nodes[node];
	uint32_t to = m->data_len >= ETHER_LEN ? (uint32_t)seg_be16(p + 4) - 1 : NO_WAY;
	struct rte_mbuf *copy;

	if (m->data_len >= ETHER_LEN && p[0] & 1) {
		for (uint32_t i = 0; i < n->way_count; i++)
			if (in == NO_WAY || n->ways[i] != w->ways[in].back) {
				copy = way_copy(w->pool, m);
				if (copy)
					send_by(w, node, copy, n->ways[i]);
			}
		rte_pktmbuf_free(m);
	} else if (to == node && n->is_host) {
		world_arrive(w, node, m);
	} else if (to < w->node_count && n->route[to] != NO_WAY) {
		send_by(w, node, m, n->route[to]);
	} else {
		rte_pktmbuf_free(m);
	}
}

/* -- timers ------------------------------------------------------------------------------------------------- */

static bool
is_before(const struct world_timer *a, const struct world_timer *b)
{
	return a->when != b->when ? a->when < b->when : a->order < b->order;
}

int
world_at(struct world *w, uint64_t when, world_timer_fn fn, void *ctx, uint64_t arg)
{
	struct world_timer t = {when, w->timer_order++, fn, ctx, arg}, *heap = w->timers;
	uint32_t i;

	if (w->timer_count == w->timer_cap) {
		uint32_t cap = w->timer_cap ? w->timer_cap * 2 : 64;

		heap = realloc(heap, cap * sizeof(*heap));
		if (!heap)
			return MIEN_ENOMEM;
		w->timers = heap;
		w->timer_cap = cap;
	}
	for (i = w->timer_count++; i > 0 && is_before(&t, &heap[(i - 1) / 2]); i = (i - 1) / 2)
		heap[i] = heap[(i - 1) / 2];
	heap[i] = t;
	return 0;
}

uint64_t
world_next_timer(const struct world *w)
{
	return w->timer_count ? w->timers[0].when : MIEN_NEVER;
}

static struct world_timer
take_timer(struct world *w)
{
	struct world_timer *heap = w->timers, first = heap[0], last = heap[--w->timer_count];
	uint32_t i = 0, child;

	for (; (child = 2 * i + 1) < w->timer_count; i = child) {
		if (child + 1 < w->timer_count && is_before(&heap[child + 1], &heap[child]))
			child++;
		if (!is_before(&heap[child], &last))
			break;
		heap[i] = heap[child];
	}
	heap[i] = last;
	return first;
}

bool
world_run_timers(struct world *w)
{
	uint64_t newer = w->timer_order; /* what is set from here on waits for the next round */
	bool any = false;

	while (world_next_timer(w) <= w->now && w->timers[0].order < newer) {
		struct world_timer t = take_timer(w);

		any = true;
		t.fn(t.ctx, t.arg);
	}
	return any;
}

/* -- asked from outside ------------------------------------------------------------------------------------- */

void
world_poke(struct world *w, unsigned host)
{
	w->nodes[host]->poked = true;
	world_rewake(w, w->nodes[host]);
}

void
world_sleep(struct world *w, unsigned host, uint64_t until)
{
	w->nodes[host]->asleep_until = until;
	world_rewake(w, w->nodes[host]);
}

void
world_stop(struct world *w)
{
	w->stopping = true;
}

void
world_jump(struct world *w, uint64_t to)
{
	if (to > w->now)
		w->now = to;
	w->drift_from = w->now;
}

uint64_t
world_clock(const struct world *w, unsigned host, uint64_t when)
{
	int32_t ppm = w->nodes[host]->host.drift_ppm;

	if (!ppm || when <= w->drift_from)
		return when;
	return when + (uint64_t)((__int128)(when - w->drift_from) * ppm / 1000000);
}

uint64_t
world_now(const struct world *w)
{
	return w->now;
}

void
world_link_stats(const struct world *w, struct sim_link_stats *out)
{
	*out = (struct sim_link_stats){0};
	for (uint32_t i = 0; i < w->way_count; i++) {
		const uint64_t *from = (const uint64_t *)(const void *)&w->ways[i].way.stats;
		uint64_t *to = (uint64_t *)(void *)out;

		for (size_t k = 0; k < sizeof(*out) / sizeof(*to); k++)
			to[k] += from[k];
	}
}

const struct way_losses *
world_losses(const struct world *w)
{
	return &w->losses;
}

void
world_box_stats(const struct world *w, struct sim_box_stats *out)
{
	*out = (struct sim_box_stats){0};
	for (uint32_t i = 0; i < w->node_count; i++) {
		const struct sim_box_stats *s = &w->nodes[i]->box.stats;

		out->frames += s->frames;
		out->rewritten += s->rewritten;
		out->split += s->split;
		out->coalesced += s->coalesced;
		out->dropped += s->dropped;
	}
}

uint32_t
world_in_flight(const struct world *w)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < w->way_count; i++)
		n += w->ways[i].way.count;
	return n;
}
