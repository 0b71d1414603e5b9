/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdlib.h>

#include "loop_timers.h"

static bool
earlier(const struct loop_timer *a, const struct loop_timer *b)
{
	return a->when != b->when ? a->when < b->when : a->id < b->id;
}

static void
swap(struct loop_timer *a, struct loop_timer *b)
{
	struct loop_timer tmp = *a;

	*a = *b;
	*b = tmp;
}

static void
sift_up(struct loop_timers *t, uint32_t i)
{
	for (; i > 0 && earlier(&t->heap[i], &t->heap[(i - 1) / 2]); i = (i - 1) / 2)
		swap(&t->heap[i], &t->heap[(i - 1) / 2]);
}

static void
sift_down(struct loop_timers *t, uint32_t i)
{
	for (;;) {
		uint32_t child = 2 * i + 1;

		if (child >= t->count)
			return;
		if (child + 1 < t->count && earlier(&t->heap[child + 1], &t->heap[child]))
			child++;
		if (!earlier(&t->heap[child], &t->heap[i]))
			return;
		swap(&t->heap[child], &t->heap[i]);
		i = child;
	}
}

static void
take_out(struct loop_timers *t, uint32_t i)
{
	t->heap[i] = t->heap[--t->count];
	if (i < t->count) {
		sift_up(t, i);
		sift_down(t, i);
	}
}

int
timers_add(struct loop_timers *t, uint64_t when, mien_timer_fn fn, void *ctx, uint64_t *id)
{
	if (t->count == t->cap) {
		uint32_t cap = t->cap == 0 ? 16 : t->cap * 2;
		struct loop_timer *heap = realloc(t->heap, cap * sizeof(*heap));

		if (heap == NULL)
			return MIEN_ENOMEM;
		t->heap = heap;
		t->cap = cap;
	}
	t->heap[t->count] = (struct loop_timer){when, ++t->last_id, fn, ctx};
	if (id != NULL)
		*id = t->last_id;
	sift_up(t, t->count++);
	return 0;
}

bool
timers_cancel(struct loop_timers *t, uint64_t id)
{
	for (uint32_t i = 0; i < t->count; i++) {
		if (t->heap[i].id != id)
			continue;
		take_out(t, i);
		return true;
	}
	return false;
}

uint64_t
timers_next(const struct loop_timers *t)
{
	return t->count > 0 ? t->heap[0].when : MIEN_NEVER;
}

bool
timers_run(struct loop_timers *t, uint64_t now)
{
	uint64_t last_id = t->last_id;
	bool fired = false;

	while (t->count > 0 && t->heap[0].when <= now && t->heap[0].id <= last_id) {
		struct loop_timer due = t->heap[0];

		take_out(t, 0);
		due.fn(due.ctx, now);
		fired = true;
	}
	return fired;
}

void
timers_free(struct loop_timers *t)
{
	free(t->heap);
	*t = (struct loop_timers){0};
}
