/* SPDX-License-Identifier: BSD-3-Clause */
#include "way.h"

#include <stdlib.h>
#include <string.h>

#include <rte_prefetch.h>

#include <mien/err.h>

#include "frame.h"
#include "seg.h"

#define ETHER_LEN 14u
#define REORDER_DEFAULT_NS 5000000u
#define FIRST_PLACES 256u

int
way_init(struct way *w, const struct sim_link_config *config, struct dice dice, struct rte_mempool *pool)
{
	*w = (struct way){.dice = dice, .pool = pool, .stall_from = UINT64_MAX};
	w->ring = malloc(FIRST_PLACES * sizeof(*w->ring));
	w->places = FIRST_PLACES;
	way_set(w, config);
	return w->ring ? 0 : MIEN_ENOMEM;
}

void
way_fini(struct way *w)
{
	while (w->count) {
		rte_pktmbuf_free(w->ring[w->head].m);
		w->head = (w->head + 1) & (w->places - 1);
		w->count--;
	}
	free(w->ring);
	w->ring = NULL;
}

/* The next silence begins a stall's period later, half of it more or less. */
static void
next_stall(struct way *w, uint64_t from)
{
	uint64_t every = w->config.stall_every_ns;

	w->stall_from = w->config.stall_ns ? from + every / 2 + dice_below(&w->dice, every + 1) : UINT64_MAX;
	w->stall_to = w->stall_from + (w->config.stall_ns ? w->config.stall_ns : 0);
}

void
way_set(struct way *w, const struct sim_link_config *config)
{
	w->config = *config;
	if (!config->reorder_ns)
		w->config.reorder_ns = REORDER_DEFAULT_NS;
	w->stall_from = UINT64_MAX;
	w->stall_to = config->stall_ns ? 0 : UINT64_MAX;
}

/* -- frames on their way ------------------------------------------------------------------------------------ */

static bool
grow(struct way *w)
{
	struct way_flight *ring = malloc(2 * w->places * sizeof(*ring));

	if (!ring)
		return false;
	for (uint32_t i = 0; i < w->count; i++)
		ring[i] = w->ring[(w->head + i) & (w->places - 1)];
	free(w->ring);
	w->ring = ring;
	w->head = 0;
	w->places *= 2;
	return true;
}

/* Takes m. Nearly every frame goes to the end; a late one lets those that come before it pass. */
static void
launch(struct way *w, uint64_t at, struct rte_mbuf *m)
{
	uint32_t mask = w->places - 1, i;

	if (w->count == w->places && !grow(w)) {
		rte_pktmbuf_free(m);
		w->stats.no_mbuf++;
		return;
	}
	mask = w->places - 1;
	for (i = w->count++; i > 0 && w->ring[(w->head + i - 1) & mask].at > at; i--)
		w->ring[(w->head + i) & mask] = w->ring[(w->head + i - 1) & mask];
	w->ring[(w->head + i) & mask] = (struct way_flight){at, m};
}

struct rte_mbuf *
way_take(struct way *w, uint64_t now)
{
	struct way_flight *f = &w->ring[w->head];

	if (!w->count || f->at > now)
		return NULL;
	w->head = (w->head + 1) & (w->places - 1);
	w->count--;
	w->stats.delivered++;
	/* Those behind it have lain for long: their memory is fetched while this one is looked at. */
	if (w->count > 2)
		rte_prefetch0(w->ring[(w->head + 2) & (w->places - 1)].m);
	if (w->count)
		rte_prefetch0(rte_pktmbuf_mtod(w->ring[w->head].m, const void *));
	return f->m;
}

/* -- what the link does to a frame -------------------------------------------------------------------------- */

struct rte_mbuf *
way_copy(struct rte_mempool *pool, const struct rte_mbuf *m)
{
	uint8_t bytes[UINT16_MAX];
	struct rte_mbuf *copy;

	if (m->pkt_len > sizeof(bytes))
		return NULL;
	frame_copy(m, bytes, m->pkt_len);
	frame_fill_checksums(bytes, m->pkt_len, m);
	copy = frame_to_mbuf(pool, bytes, m->pkt_len);
	if (copy)
		copy->packet_type = m->packet_type;
	return copy;
}

struct rte_mbuf *
way_twin(struct rte_mempool *pool, struct rte_mbuf *m)
{
	struct rte_mbuf *twin = frame_to_mbuf(pool, rte_pktmbuf_mtod(m, const void *), m->data_len), *piece;

	if (!twin)
		return NULL;
	twin->ol_flags = m->ol_flags & ~(RTE_MBUF_F_INDIRECT | RTE_MBUF_F_EXTERNAL);
	twin->tx_offload = m->tx_offload;
	twin->packet_type = m->packet_type;
	for (struct rte_mbuf *from = m->next; from; from = from->next) {
		piece = rte_pktmbuf_alloc(pool);
		if (piece)
			rte_pktmbuf_attach(piece, from);
		if (!piece || rte_pktmbuf_chain(twin, piece) != 0) {
			rte_pktmbuf_free(piece);
			rte_pktmbuf_free(twin);
			return NULL;
		}
	}
	return twin;
}

void
way_count_loss(struct way_losses *l, const struct rte_mbuf *m)
{
	struct seg s;

	if (!l)
		return;
	l->all++;
	if (seg_read(rte_pktmbuf_mtod(m, const uint8_t *), m->data_len, m->pkt_len, &s) == SEG_IS_TCP)
		l->of[(s.sport + s.dport) % WAY_LOSSES]++;
	else
		l->others++;
}

/* An mbuf that somebody else refers to may not travel: its fields are theirs, too. */
static bool
is_shared(const struct rte_mbuf *m)
{
	for (; m; m = m->next)
		if (rte_mbuf_refcnt_read(m) != 1)
			return true;
	return false;
}

/* Takes m, gives a private copy with one bit of the IP packet flipped; NULL when it is lost instead. */
static struct rte_mbuf *
damage(struct way *w, struct rte_mbuf *m)
{
	struct rte_mbuf *copy = way_copy(w->pool, m);
	uint64_t bit = dice_u64(&w->dice);
	uint8_t *p;

	way_count_loss(w->losses, m);
	rte_pktmbuf_free(m);
	if (!copy)
		return NULL;
	p = rte_pktmbuf_mtod(copy, uint8_t *);
	if (copy->data_len <= ETHER_LEN || p[12] != 0x08 || p[13] != 0x00) {
		rte_pktmbuf_free(copy);
		return NULL;
	}
	p[ETHER_LEN + (bit >> 3) % (copy->data_len - ETHER_LEN)] ^= (uint8_t)(1u << (bit & 7));
	copy->packet_type = WAY_DAMAGED;
	return copy;
}

/* RFC 791's DF; without it a packet passes whole, as one that was fragmented and put together again. */
static bool
is_too_big(const struct way *w, const struct rte_mbuf *m)
{
	const uint8_t *p = rte_pktmbuf_mtod(m, const uint8_t *);

	return w->config.mtu && m->pkt_len > w->config.mtu + ETHER_LEN && m->data_len > ETHER_LEN + 20 && p[12] == 0x08 &&
		p[13] == 0x00 && p[ETHER_LEN + 6] & 0x40;
}

static bool
is_lost(struct way *w)
{
	const struct sim_link_config *c = &w->config;

	if (w->bad)
		w->bad = !dice_hit(&w->dice, c->burst_end_ppm);
	else
		w->bad = dice_hit(&w->dice, c->burst_begin_ppm);
	return dice_hit(&w->dice, c->loss_ppm) || w->bad;
}

/* When the frame has left the queue and is on the wire; false: the queue is full. *marked: it is long. */
static bool
pass_queue(struct way *w, uint64_t now, uint32_t len, uint64_t *out, bool *marked)
{
	uint64_t begin = w->busy_until > now ? w->busy_until : now, waiting;

	*out = now;
	*marked = false;
	if (!w->config.rate_bps)
		return true;
	waiting = (uint64_t)((unsigned __int128)(begin - now) * w->config.rate_bps / 8000000000u);
	if (w->config.queue_bytes && begin > now && waiting + len > w->config.queue_bytes)
		return false;
	*marked = w->config.mark_bytes && waiting > w->config.mark_bytes;
	w->busy_until = begin + (uint64_t)len * 8000000000u / w->config.rate_bps;
	*out = w->busy_until;
	return true;
}

/* Congestion experienced, where the sender said that it understands (RFC 3168 5; RFC 1624 for the checksum). */
static void
mark(struct way *w, struct rte_mbuf *m)
{
	uint8_t *p = rte_pktmbuf_mtod(m, uint8_t *), *ip = p + ETHER_LEN, was;
	uint32_t sum;

	if (m->data_len < ETHER_LEN + 20 || p[12] != 0x08 || p[13] != 0x00 || !(ip[1] & 3) || (ip[1] & 3) == 3)
		return;
	was = ip[1];
	ip[1] |= 3;
	sum = (uint16_t)~(ip[10] << 8 | ip[11]);
	sum += (uint16_t)~(ip[0] << 8 | was) + (uint32_t)(ip[0] << 8 | ip[1]);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = ~((sum & 0xffff) + (sum >> 16));
	ip[10] = (uint8_t)(sum >> 8);
	ip[11] = (uint8_t)sum;
	w->stats.marked++;
}

/* A frame that would arrive inside of a silence arrives at its end. */
static uint64_t
behind_stall(struct way *w, uint64_t at)
{
	if (w->stall_to == UINT64_MAX)
		return at;
	while (at >= w->stall_to)
		next_stall(w, w->stall_to ? w->stall_to : at);
	if (at < w->stall_from)
		return at;
	w->stats.stalls++;
	return w->stall_to;
}

static uint64_t
arrival(struct way *w, uint64_t sent, bool *late)
{
	const struct sim_link_config *c = &w->config;
	uint64_t at = sent + c->delay_ns;

	if (c->jitter_ns)
		at += dice_below(&w->dice, c->jitter_ns + 1);
	at = behind_stall(w, at);
	if (at < w->last_at)
		at = w->last_at;
	*late = dice_hit(&w->dice, c->reorder_ppm);
	if (!*late)
		w->last_at = at;
	else
		at += 1 + dice_below(&w->dice, c->reorder_ns);
	if (c->coalesce_ns)
		at = (at + c->coalesce_ns - 1) / c->coalesce_ns * c->coalesce_ns;
	return at;
}

static void
send_one(struct way *w, uint64_t sent, struct rte_mbuf *m)
{
	bool late, damaged = dice_hit(&w->dice, w->config.corrupt_ppm) && !way_is_damaged(m);
	uint64_t at = arrival(w, sent, &late);

	w->stats.reordered += late;
	w->stats.corrupted += damaged;
	if (damaged)
		m = damage(w, m);
	if (m)
		launch(w, at, m);
}

enum way_fate
way_put(struct way *w, uint64_t now, struct rte_mbuf *m)
{
	struct rte_mbuf *copy = NULL;
	uint64_t sent;
	bool room, marked;

	w->stats.frames++;
	w->stats.bytes += m->pkt_len;
	if (is_too_big(w, m)) {
		w->stats.too_big++;
		if (!w->config.mtu_silent)
			return WAY_TOO_BIG;
		rte_pktmbuf_free(m);
		return WAY_LOST;
	}
	room = pass_queue(w, now, m->pkt_len, &sent, &marked);
	if (!room || is_lost(w)) {
		w->stats.queue_full += !room;
		w->stats.lost += room;
		way_count_loss(w->losses, m);
		rte_pktmbuf_free(m);
		return WAY_LOST;
	}
	if (is_shared(m)) {
		copy = way_twin(w->pool, m);
		rte_pktmbuf_free(m);
		m = copy;
		copy = NULL;
	}
	if (m && marked)
		mark(w, m);
	if (m && dice_hit(&w->dice, w->config.duplicate_ppm))
		copy = way_twin(w->pool, m);
	if (!m)
		w->stats.no_mbuf++;
	else
		send_one(w, sent, m);
	if (copy) {
		w->stats.duplicated++;
		send_one(w, sent, copy);
	}
	return WAY_SENT;
}
