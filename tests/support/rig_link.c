/* SPDX-License-Identifier: BSD-3-Clause */
#include "rig_link.h"

#include <stdlib.h>
#include <string.h>

#include "rng.h"

struct rig_link {
	struct rig_link_config config;
	struct rig_link_stats stats;
	struct rng rng;
	struct rig_frame **heap; /* by time, then number */
	size_t n, cap;
	uint64_t number;
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
heap_put(struct rig_link *l, struct rig_frame *f)
{
	size_t i = l->n++, up;

	if (l->n > l->cap) {
		l->cap = l->cap ? l->cap * 2 : 64;
		l->heap = realloc(l->heap, l->cap * sizeof(*l->heap));
		if (!l->heap)
			abort();
	}
	for (; i > 0 && earlier(f, l->heap[up = (i - 1) / 2]); i = up)
		l->heap[i] = l->heap[up];
	l->heap[i] = f;
}

static struct rig_frame *
heap_take(struct rig_link *l)
{
	struct rig_frame *first = l->heap[0], *last = l->heap[--l->n];
	size_t i = 0, down;

	for (; (down = 2 * i + 1) < l->n; i = down) {
		if (down + 1 < l->n && earlier(l->heap[down + 1], l->heap[down]))
			down++;
		if (!earlier(l->heap[down], last))
			break;
		l->heap[i] = l->heap[down];
	}
	l->heap[i] = last;
	return first;
}

static void
launch(struct rig_link *l, uint64_t at, const void *bytes, uint32_t len)
{
	struct rig_frame *f = malloc(sizeof(*f) + len);
	uint32_t bit;

	if (!f)
		abort();
	*f = (struct rig_frame){.at = at, .number = l->number++, .len = len};
	memcpy(f->bytes, bytes, len);
	if (chance(l, l->config.corrupt_ppm) && len > 14 && f->bytes[12] == 8 && f->bytes[13] == 0) {
		bit = rng_below(&l->rng, (len - 14) * 8);
		f->bytes[14 + bit / 8] ^= (uint8_t)(1u << bit % 8);
		l->stats.corrupted++;
	}
	if (chance(l, l->config.reorder_ppm)) {
		f->at += l->config.reorder_ns ? l->config.reorder_ns : 2000000;
		l->stats.reordered++;
	}
	heap_put(l, f);
}

void
rig_link_put(struct rig_link *l, uint64_t now, const void *bytes, uint32_t len)
{
	const struct rig_link_config *c = &l->config;
	uint64_t start = now, limit = c->queue_ns ? c->queue_ns : 100000000;

	l->stats.sent++;
	if (chance(l, c->loss_ppm)) {
		l->stats.lost++;
		return;
	}
	if (c->rate_bps) {
		start = l->busy_until > now ? l->busy_until : now;
		if (start - now > limit) {
			l->stats.overflowed++;
			return;
		}
		start += (uint64_t)(len + 24) * 8 * 1000000000 / c->rate_bps; /* with preamble, FCS and gap */
		l->busy_until = start;
	}
	launch(l, start + c->delay_ns, bytes, len);
	if (chance(l, c->duplicate_ppm)) {
		l->stats.duplicated++;
		launch(l, start + c->delay_ns, bytes, len);
	}
}

struct rig_frame *
rig_link_take(struct rig_link *l, uint64_t now)
{
	return l->n && l->heap[0]->at <= now ? heap_take(l) : NULL;
}

uint64_t
rig_link_next(const struct rig_link *l)
{
	return l->n ? l->heap[0]->at : UINT64_MAX;
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
	while (l->n)
		free(l->heap[--l->n]);
	free(l->heap);
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
