/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdlib.h>
#include <string.h>

#include "capture.h"
#include "frame.h"
#include "sim_priv.h"

#define REORDER_DEFAULT_NS 5000000u
#define ETHER_LEN 14u

/* SplitMix64 (Steele, Lea, Flood 2014): one word of state, any seed is good. */
static uint64_t
next_random(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15u;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return z ^ (z >> 31);
}

/* True ppm times in a million; always draws one number, so that one knob does not shift another's luck. */
static bool
happens(uint64_t *state, uint32_t ppm)
{
	return ((unsigned __int128)next_random(state) * 1000000u) >> 64 < ppm;
}

int
sim_create(uint64_t seed, uint64_t start_ns, struct sim **out)
{
	struct sim *sim = calloc(1, sizeof(*sim));

	if (sim == NULL)
		return MIEN_ENOMEM;
	sim->seed = seed;
	sim->now = start_ns;
	*out = sim;
	return 0;
}

void
sim_destroy(struct sim *sim)
{
	if (sim == NULL)
		return;
	for (uint32_t i = 0; i < sim->flight_count; i++)
		rte_pktmbuf_free(sim->flights[i].m);
	for (uint32_t i = 0; i < sim->node_count; i++) {
		for (uint32_t k = 0; k < sim->nodes[i].inbox_count; k++)
			rte_pktmbuf_free(sim->nodes[i].inbox[k]);
		free(sim->nodes[i].inbox);
	}
	for (uint32_t i = 0; i < sim->link_count; i++)
		free(sim->links[i].members);
	free(sim->flights);
	free(sim->nodes);
	free(sim->links);
	timers_free(&sim->timers);
	free(sim);
}

int
sim_add_node(struct sim *sim, const struct sim_node_config *config, unsigned *node)
{
	struct sim_node *nodes = realloc(sim->nodes, (sim->node_count + 1) * sizeof(*nodes));
	uint64_t mix = sim->seed;

	if (nodes == NULL)
		return MIEN_ENOMEM;
	sim->nodes = nodes;
	for (uint32_t i = 0; i <= sim->node_count; i++)
		next_random(&mix);
	nodes[sim->node_count] = (struct sim_node){.config = *config, .link = NO_LINK};
	nodes[sim->node_count].rng = next_random(&mix);
	*node = sim->node_count++;
	return 0;
}

int
sim_add_link(struct sim *sim, const struct sim_link_config *config, unsigned *link)
{
	struct sim_link *links = realloc(sim->links, (sim->link_count + 1) * sizeof(*links));

	if (links == NULL)
		return MIEN_ENOMEM;
	sim->links = links;
	memset(&links[sim->link_count], 0, sizeof(links[0]));
	*link = sim->link_count++;
	if (config != NULL)
		sim_set_link(sim, *link, config);
	return 0;
}

int
sim_join(struct sim *sim, unsigned link, unsigned node)
{
	struct sim_link *l = &sim->links[link];
	uint32_t *members;

	if (sim->nodes[node].link != NO_LINK)
		return MIEN_EEXIST;
	members = realloc(l->members, (l->member_count + 1) * sizeof(*members));
	if (members == NULL)
		return MIEN_ENOMEM;
	l->members = members;
	members[l->member_count++] = node;
	sim->nodes[node].link = link;
	return 0;
}

void
sim_set_link(struct sim *sim, unsigned link, const struct sim_link_config *config)
{
	sim->links[link].config = *config;
	if (config->reorder_ns == 0)
		sim->links[link].config.reorder_ns = REORDER_DEFAULT_NS;
}

void
sim_link_stats(const struct sim *sim, unsigned link, struct sim_link_stats *out)
{
	*out = sim->links[link].stats;
}

void
sim_capture(struct sim *sim, unsigned node, struct mien_capture *capture)
{
	sim->nodes[node].capture = capture;
}

int
sim_at(struct sim *sim, uint64_t when, mien_timer_fn fn, void *ctx)
{
	return timers_add(&sim->timers, when, fn, ctx, NULL);
}

void
sim_stop(struct sim *sim)
{
	sim->stopping = true;
}

uint64_t
sim_now(const struct sim *sim)
{
	return sim->now;
}

unsigned
sim_in_flight(const struct sim *sim)
{
	return sim->flight_count;
}

static bool
comes_before(const struct flight *a, const struct flight *b)
{
	return a->when != b->when ? a->when < b->when : a->order < b->order;
}

static void
swap(struct flight *a, struct flight *b)
{
	struct flight tmp = *a;

	*a = *b;
	*b = tmp;
}

static bool
take_off(struct sim *sim, uint64_t when, uint32_t to, struct rte_mbuf *m)
{
	struct flight *heap = sim->flights;
	uint32_t i;

	if (sim->flight_count == sim->flight_cap) {
		uint32_t cap = sim->flight_cap == 0 ? 256 : sim->flight_cap * 2;

		heap = realloc(heap, cap * sizeof(*heap));
		if (heap == NULL)
			return false;
		sim->flights = heap;
		sim->flight_cap = cap;
	}
	i = sim->flight_count++;
	heap[i] = (struct flight){when, sim->flight_order++, m, to};
	for (; i > 0 && comes_before(&heap[i], &heap[(i - 1) / 2]); i = (i - 1) / 2)
		swap(&heap[i], &heap[(i - 1) / 2]);
	return true;
}

uint64_t
sim_next_flight(const struct sim *sim)
{
	return sim->flight_count > 0 ? sim->flights[0].when : MIEN_NEVER;
}

static struct flight
touch_down(struct sim *sim)
{
	struct flight *heap = sim->flights, first = heap[0];
	uint32_t i = 0, child;

	heap[0] = heap[--sim->flight_count];
	while ((child = 2 * i + 1) < sim->flight_count) {
		if (child + 1 < sim->flight_count && comes_before(&heap[child + 1], &heap[child]))
			child++;
		if (!comes_before(&heap[child], &heap[i]))
			break;
		swap(&heap[child], &heap[i]);
		i = child;
	}
	return first;
}

void
sim_land(struct sim *sim)
{
	while (sim_next_flight(sim) <= sim->now) {
		struct flight f = touch_down(sim);

		sim_arrive(sim, f.to, f.m);
	}
}

void
sim_arrive(struct sim *sim, uint32_t node, struct rte_mbuf *m)
{
	struct sim_node *n = &sim->nodes[node];

	if (n->inbox_count == n->inbox_cap) {
		uint32_t cap = n->inbox_cap == 0 ? 64 : n->inbox_cap * 2;
		struct rte_mbuf **inbox = realloc(n->inbox, cap * sizeof(struct rte_mbuf *));

		if (inbox == NULL) {
			rte_pktmbuf_free(m);
			return;
		}
		n->inbox = inbox;
		n->inbox_cap = cap;
	}
	n->inbox[n->inbox_count++] = m;
}

/* A bit flips where a checksum guards it: in IPv4. Ethernet's own check would drop anything else. */
static bool
corrupt(struct rte_mbuf *m, uint64_t *rng)
{
	uint8_t *p = rte_pktmbuf_mtod(m, uint8_t *);
	uint64_t bit = next_random(rng);

	if (m->data_len <= ETHER_LEN || p[12] != 0x08 || p[13] != 0x00)
		return false;
	p[ETHER_LEN + (bit >> 3) % (m->data_len - ETHER_LEN)] ^= (uint8_t)(1u << (bit & 7));
	return true;
}

/* A copy of the frame as the receiver's port would see it: in its own memory, checksums complete. */
static struct rte_mbuf *
copy_for(const struct sim_node *to, const struct rte_mbuf *m)
{
	uint8_t bytes[UINT16_MAX];

	if (m->nb_segs == 1 && (m->ol_flags & RTE_MBUF_F_TX_OFFLOAD_MASK) == 0)
		return frame_to_mbuf(to->config.pool, rte_pktmbuf_mtod(m, const void *), m->data_len);
	if (m->pkt_len > sizeof(bytes))
		return NULL;
	frame_copy(m, bytes, m->pkt_len);
	frame_fill_checksums(bytes, m->pkt_len, m);
	return frame_to_mbuf(to->config.pool, bytes, m->pkt_len);
}

/* One copy to one receiver, late ns after now. */
static void
deliver(struct sim *sim, struct sim_link *link, uint32_t to, const struct rte_mbuf *m, uint64_t late,
	bool damaged, uint64_t *rng)
{
	struct rte_mbuf *copy = copy_for(&sim->nodes[to], m);

	if (copy == NULL) {
		link->stats.no_mbuf++;
		return;
	}
	if (damaged && !corrupt(copy, rng)) {
		rte_pktmbuf_free(copy);
		return;
	}
	link->stats.delivered++;
	if (late == 0)
		sim_arrive(sim, to, copy);
	else if (!take_off(sim, sim->now + late, to, copy))
		rte_pktmbuf_free(copy);
}

/* How long until the frame is there; false: the queue is full. */
static bool
pass_queue(const struct sim *sim, struct sim_node *from, const struct sim_link_config *c, uint32_t len,
	uint64_t *late)
{
	uint64_t begin = from->busy_until > sim->now ? from->busy_until : sim->now;

	*late = c->delay_ns;
	if (c->rate_bps == 0)
		return true;
	if (c->queue_bytes != 0 &&
		(unsigned __int128)(begin - sim->now) * c->rate_bps / 8000000000u + len > c->queue_bytes)
		return false;
	from->busy_until = begin + (uint64_t)((unsigned __int128)len * 8000000000u / c->rate_bps);
	*late += from->busy_until - sim->now;
	return true;
}

/* What the link does to one frame. */
static void
pass_link(struct sim *sim, struct sim_link *link, uint32_t node, const struct rte_mbuf *m)
{
	const struct sim_link_config *c = &link->config;
	struct sim_node *from = &sim->nodes[node];
	bool lost = happens(&from->rng, c->loss_ppm), twice = happens(&from->rng, c->duplicate_ppm);
	bool reordered = happens(&from->rng, c->reorder_ppm);
	bool damaged = happens(&from->rng, c->corrupt_ppm);
	uint64_t late;

	link->stats.frames++;
	link->stats.bytes += m->pkt_len;
	if (!pass_queue(sim, from, c, m->pkt_len, &late)) {
		link->stats.queue_full++;
		return;
	}
	if (lost) {
		link->stats.lost++;
		return;
	}
	link->stats.duplicated += twice;
	link->stats.reordered += reordered;
	link->stats.corrupted += damaged;
	if (reordered)
		late += c->reorder_ns;
	for (uint32_t i = 0; i < link->member_count; i++)
		for (int copies = twice ? 2 : 1; copies > 0 && link->members[i] != node; copies--)
			deliver(sim, link, link->members[i], m, late, damaged, &from->rng);
}

void
sim_transmit(struct sim *sim, uint32_t node, struct rte_mbuf *m)
{
	struct sim_node *from = &sim->nodes[node];

	if (from->capture != NULL && mien_capture_write_mbuf(from->capture, sim->now, m) != 0)
		from->capture = NULL;
	if (from->link != NO_LINK)
		pass_link(sim, &sim->links[from->link], node, m);
	rte_pktmbuf_free(m);
}
