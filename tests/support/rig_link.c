/* SPDX-License-Identifier: BSD-3-Clause */
#include "rig_link.h"

#include <stdlib.h>
#include <string.h>

#include "rng.h"

#define FLOWS 64 /* told apart by jitter */

struct heap { /* by time, then number */
	struct rig_frame **at;
	size_t n, cap;
};

struct rig_link {
	struct rig_link_config config;
	struct rig_link_stats stats;
	struct rng rng;
	struct heap coming; /* to the queue: only with jitter */
	struct heap sent;
	uint64_t flow_at[FLOWS]; /* when the last frame of a flow comes to the queue */
	uint64_t number;
	uint64_t put_at, put_n; /* frames put at the last time */
	uint64_t busy_until; /* the last bit of what was put leaves */
};

static bool
chance(struct rig_link *l, uint32_t ppm)
{
	return ppm && rng_below(&l->rng, 1000000) < ppm;
}

static bool
earlier(const struct rig_frame *a, const struct rig_frame *b)
{
	return a->at != b->at ? a->at < b->at : a->number < b->number;
}

static void
heap_put(struct heap *h, struct rig_frame *f)
{
	size_t i = h->n++, up;

	if (h->n > h->cap) {
		h->cap = h->cap ? h->cap * 2 : 64;
		h->at = realloc(h->at, h->cap * sizeof(*h->at));
		if (!h->at)
			abort();
	}
	for (; i > 0 && earlier(f, h->at[up = (i - 1) / 2]); i = up)
		h->at[i] = h->at[up];
	h->at[i] = f;
}

static struct rig_frame *
heap_take(struct heap *h)
{
	struct rig_frame *first = h->at[0], *last = h->at[--h->n];
	size_t i = 0, down;

	for (; (down = 2 * i + 1) < h->n; i = down) {
		if (down + 1 < h->n && earlier(h->at[down + 1], h->at[down]))
			down++;
		if (!earlier(h->at[down], last))
			break;
		h->at[i] = h->at[down];
	}
	h->at[i] = last;
	return first;
}

static void
heap_free(struct heap *h)
{
	while (h->n)
		free(h->at[--h->n]);
	free(h->at);
}

static struct rig_frame *
frame_new(struct rig_link *l, uint64_t at, const void *bytes, uint32_t len)
{
	struct rig_frame *f = malloc(sizeof(*f) + len);

	if (!f)
		abort();
	*f = (struct rig_frame){.at = at, .number = l->number++, .len = len};
	memcpy(f->bytes, bytes, len);
	return f;
}

static bool
is_ip4(const struct rig_frame *f)
{
	return f->len >= 34 && f->bytes[12] == 8 && f->bytes[13] == 0;
}

/* CE in place of ECT, the checksum after RFC 1624. */
static void
mark(struct rig_link *l, struct rig_frame *f)
{
	uint8_t *ip = f->bytes + 14;
	uint32_t sum;

	if (!is_ip4(f) || !(ip[1] & 3))
		return;
	sum = (uint16_t)~(ip[10] << 8 | ip[11]) + (uint32_t)(uint16_t)~(ip[0] << 8 | ip[1]);
	ip[1] |= 3;
	sum += (uint32_t)(ip[0] << 8 | ip[1]);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = ~((sum & 0xffff) + (sum >> 16));
	ip[10] = (uint8_t)(sum >> 8);
	ip[11] = (uint8_t)sum;
	l->stats.marked++;
}

/* Takes f: its last bit has left at f->at, and it is on its way. */
static void
launch(struct rig_link *l, struct rig_frame *f)
{
	uint32_t bit;

	f->at += l->config.delay_ns;
	if (chance(l, l->config.corrupt_ppm) && f->len > 14 && f->bytes[12] == 8 && f->bytes[13] == 0) {
		bit = rng_below(&l->rng, (f->len - 14) * 8);
		f->bytes[14 + bit / 8] ^= (uint8_t)(1u << bit % 8);
		l->stats.corrupted++;
	}
	if (chance(l, l->config.reorder_ppm)) {
		f->at += l->config.reorder_ns ? l->config.reorder_ns : 2000000;
		l->stats.reordered++;
	}
	heap_put(&l->sent, f);
}

/* Takes f, which comes to the queue at f->at. */
static void
queue(struct rig_link *l, struct rig_frame *f)
{
	const struct rig_link_config *c = &l->config;
	uint64_t start = f->at, limit = c->queue_ns ? c->queue_ns : 100000000;
	struct rig_frame *twin;

	if (c->rate_bps) {
		start = l->busy_until > f->at ? l->busy_until : f->at;
		if (start - f->at > limit) {
			l->stats.overflowed++;
			free(f);
			return;
		}
		if (c->mark_ns && start - f->at > c->mark_ns)
			mark(l, f);
		start += (uint64_t)(f->len + 24) * 8 * 1000000000 / c->rate_bps; /* with preamble, FCS and gap */
		l->busy_until = start;
	}
	f->at = start;
	twin = c->duplicate_ppm ? frame_new(l, start, f->bytes, f->len) : NULL;
	launch(l, f);
	if (chance(l, c->duplicate_ppm)) {
		l->stats.duplicated++;
		launch(l, twin);
	} else {
		free(twin);
	}
}

/* By addresses and ports. */
static unsigned int
flow_of(const struct rig_frame *f)
{
	unsigned int sum = 0;

	if (is_ip4(f) && f->len >= 38)
		for (unsigned int i = 26; i < 38; i++)
			sum = sum * 31 + f->bytes[i];
	return sum % FLOWS;
}

static bool
is_too_big(const struct rig_link *l, const uint8_t *frame, uint32_t len)
{
	return l->config.mtu && len > 14u + l->config.mtu && frame[12] == 8 && frame[13] == 0 && (frame[20] & 0x40) &&
	       (uint32_t)(frame[16] << 8 | frame[17]) > l->config.mtu;
}

void
rig_link_put(struct rig_link *l, uint64_t now, const void *bytes, uint32_t len)
{
	struct rig_frame *f;
	uint64_t *last;

	l->stats.sent++;
	l->put_n = now == l->put_at ? l->put_n + 1 : 1;
	l->put_at = now;
	l->stats.burst = l->put_n > l->stats.burst ? l->put_n : l->stats.burst;
	if (is_too_big(l, bytes, len)) {
		l->stats.too_big++;
		return;
	}
	if ((l->config.loss_every && l->stats.sent % l->config.loss_every == 0) || chance(l, l->config.loss_ppm)) {
		l->stats.lost++;
		return;
	}
	f = frame_new(l, now, bytes, len);
	if (!l->config.jitter_ns) {
		queue(l, f);
		return;
	}
	last = &l->flow_at[flow_of(f)];
	f->at += rng_below(&l->rng, (uint32_t)l->config.jitter_ns);
	f->at = f->at > *last ? f->at : *last;
	*last = f->at;
	heap_put(&l->coming, f);
}

struct rig_frame *
rig_link_take(struct rig_link *l, uint64_t now)
{
	while (l->coming.n && l->coming.at[0]->at <= now)
		queue(l, heap_take(&l->coming));
	return l->sent.n && l->sent.at[0]->at <= now ? heap_take(&l->sent) : NULL;
}

uint64_t
rig_link_next(const struct rig_link *l)
{
	uint64_t coming = l->coming.n ? l->coming.at[0]->at : UINT64_MAX, sent = l->sent.n ? l->sent.at[0]->at : UINT64_MAX;

	return coming < sent ? coming : sent;
}

struct rig_link *
rig_link_create(const struct rig_link_config *config, uint64_t seed)
{
	struct rig_link *l = calloc(1, sizeof(*l));

	if (!l)
		abort();
	l->config = *config;
	rng_seed(&l->rng, seed);
	return l;
}

void
rig_link_free(struct rig_link *l)
{
	if (!l)
		return;
	heap_free(&l->coming);
	heap_free(&l->sent);
	free(l);
}

void
rig_link_set(struct rig_link *l, const struct rig_link_config *config)
{
	l->config = *config;
}

const struct rig_link_stats *
rig_link_stats(const struct rig_link *l)
{
	return &l->stats;
}
