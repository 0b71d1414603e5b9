/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How many objects wear each personality: a small open-addressed table by pointer. An entry whose count fell to
 * zero keeps its place until another personality needs it, so that probe sequences stay whole.
 */
#include "tcp_room.h"

#include <errno.h>

_Static_assert((TCP_WORN_MAX & (TCP_WORN_MAX - 1)) == 0, "probing masks");

#define WORN_SIZE (TCP_WORN_MAX * sizeof(struct worn))

int
worn_create(struct tcp *t)
{
	t->worn = t->mem.alloc(t->mem.ctx, WORN_SIZE, CACHE_LINE);
	return t->worn ? 0 : -ENOMEM;
}

void
worn_destroy(struct tcp *t)
{
	if (t->worn)
		t->mem.free(t->mem.ctx, t->worn, WORN_SIZE);
	t->worn = NULL;
}

static uint32_t
worn_start(const struct mien_personality *p)
{
	return (uint32_t)((uint64_t)(uintptr_t)p * UINT64_C(0x9e3779b97f4a7c15) >> 40);
}

static struct worn *
worn_find(const struct worn *table, const struct mien_personality *p)
{
	uint32_t at = worn_start(p);

	for (uint32_t i = 0; i < TCP_WORN_MAX; i++, at++) {
		const struct worn *w = &table[at & (TCP_WORN_MAX - 1)];

		if (w->p == p)
			return (struct worn *)(uintptr_t)w;
		if (!w->p)
			return NULL;
	}
	return NULL;
}

static struct worn *
worn_place(struct tcp *t, const struct mien_personality *p)
{
	uint32_t at = worn_start(p);

	for (uint32_t i = 0; i < TCP_WORN_MAX; i++, at++) {
		struct worn *w = &t->worn[at & (TCP_WORN_MAX - 1)];

		if (!w->p || w->users == 0)
			return w;
	}
	return NULL;
}

int
worn_take(struct tcp *t, const struct mien_personality *p)
{
	struct worn *w = worn_find(t->worn, p);

	if (!w) {
		w = worn_place(t, p);
		if (!w)
			return MIEN_EFULL;
		w->p = p;
		w->users = 0;
	}
	if (w->users++ == 0)
		t->worn_count++;
	return MIEN_OK;
}

void
worn_give(struct tcp *t, const struct mien_personality *p)
{
	struct worn *w = worn_find(t->worn, p);

	assert(w && w->users > 0);
	if (--w->users == 0)
		t->worn_count--;
}

uint32_t
worn_users(const struct tcp *t, const struct mien_personality *p)
{
	const struct worn *w = worn_find(t->worn, p);

	return w ? w->users : 0;
}
