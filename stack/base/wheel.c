/* SPDX-License-Identifier: BSD-3-Clause */
#include "wheel.h"

#include <assert.h>
#include <string.h>

#include "banned.h"

#define DIGIT_BITS 8
#define TICK_BITS (WHEEL_LEVELS * DIGIT_BITS)
#define FAR_SLOT (WHEEL_LEVELS * WHEEL_SLOTS) /* differs above the highest level's digit */
#define LATE_SLOT (FAR_SLOT + 1)	      /* set while firing, already due: next call */
#define FAR_BIT (1u << WHEEL_LEVELS)
#define INSERT_STEPS 8 /* in the slot that is kept sorted, before it is left to the next sort */

void
wheel_init(struct wheel *w, uint64_t now, unsigned int tick_shift)
{
	assert(tick_shift < 64);
	memset(w, 0, sizeof(*w));
	w->tick_shift = (uint8_t)tick_shift;
	w->cur = now >> tick_shift;
	w->stop = WHEEL_NEVER;
}

/* The slot of a tick not before the current one, by the highest digit in which they differ. */
static unsigned int
slot_of(const struct wheel *w, uint64_t tick)
{
	uint64_t differ = tick ^ w->cur;
	unsigned int level;

	if (differ < WHEEL_SLOTS)
		return tick % WHEEL_SLOTS;
	level = (63 - (unsigned int)__builtin_clzll(differ)) / DIGIT_BITS;
	if (level >= WHEEL_LEVELS)
		return FAR_SLOT;
	return level * WHEEL_SLOTS + (tick >> level * DIGIT_BITS) % WHEEL_SLOTS;
}

/* The first tick of an occupied slot. */
static uint64_t
slot_start(const struct wheel *w, unsigned int id)
{
	unsigned int low = id / WHEEL_SLOTS * DIGIT_BITS;
	uint64_t above;

	if (id == FAR_SLOT)
		return w->slots[id].min >> w->tick_shift >> TICK_BITS << TICK_BITS;
	above = w->cur >> (low + DIGIT_BITS) << (low + DIGIT_BITS);
	return above | (uint64_t)(id % WHEEL_SLOTS) << low;
}

/* Until when time may pass without this slot: nothing to fire and nothing to move down. */
static uint64_t
slot_stop(const struct wheel *w, unsigned int id)
{
	return id < WHEEL_SLOTS ? w->slots[id].min : slot_start(w, id) << w->tick_shift;
}

/* The occupied slot that comes first in time, or LATE_SLOT when there is none. */
static unsigned int
first_slot(const struct wheel *w)
{
	unsigned int level, word;

	if (w->levels == 0)
		return LATE_SLOT;
	level = (unsigned int)__builtin_ctz(w->levels);
	if (level == WHEEL_LEVELS)
		return FAR_SLOT;
	for (word = 0; w->map[level][word] == 0; word++)
		;
	return level * WHEEL_SLOTS + word * 64 + (unsigned int)__builtin_ctzll(w->map[level][word]);
}

static void
mark_occupied(struct wheel *w, unsigned int id)
{
	unsigned int level = id / WHEEL_SLOTS, digit = id % WHEEL_SLOTS;

	if (id == LATE_SLOT)
		return;
	w->levels |= (uint8_t)(1u << level);
	if (id != FAR_SLOT)
		w->map[level][digit / 64] |= UINT64_C(1) << digit % 64;
}

static void
mark_empty(struct wheel *w, unsigned int id)
{
	unsigned int level = id / WHEEL_SLOTS, digit = id % WHEEL_SLOTS;
	uint64_t *map;

	if (id == FAR_SLOT)
		w->levels &= (uint8_t)~FAR_BIT;
	if (id >= FAR_SLOT)
		return;
	map = w->map[level];
	map[digit / 64] &= ~(UINT64_C(1) << digit % 64);
	if ((map[0] | map[1] | map[2] | map[3]) == 0)
		w->levels &= (uint8_t)~(1u << level);
}

/* Hangs an entry into a slot, behind its equals; in the current tick's, sorted if that is cheap. */
static void
link_entry(struct wheel *w, unsigned int id, struct wheel_entry *entry)
{
	struct wheel_slot *slot = &w->slots[id];
	struct wheel_entry *after = slot->last;

	if (after == NULL) {
		slot->unsorted = false;
		slot->min = entry->deadline;
		mark_occupied(w, id);
	} else if (entry->deadline < slot->min) {
		slot->min = entry->deadline;
	}
	for (int i = 0; i < INSERT_STEPS && after != NULL && id == w->cur % WHEEL_SLOTS; i++) {
		if (after->deadline <= entry->deadline)
			break;
		after = after->prev;
	}
	if (after != NULL && after->deadline > entry->deadline) {
		after = slot->last;
		slot->unsorted = true;
	}
	entry->prev = after;
	entry->next = after != NULL ? after->next : slot->first;
	*(after != NULL ? &after->next : &slot->first) = entry;
	*(entry->next != NULL ? &entry->next->prev : &slot->last) = entry;
	entry->slot = (uint16_t)(id + 1);
}

static void
unlink_entry(struct wheel *w, struct wheel_entry *entry)
{
	unsigned int id = entry->slot - 1u;
	struct wheel_slot *slot = &w->slots[id];

	*(entry->prev != NULL ? &entry->prev->next : &slot->first) = entry->next;
	*(entry->next != NULL ? &entry->next->prev : &slot->last) = entry->prev;
	entry->slot = 0;
	if (slot->first == NULL)
		mark_empty(w, id);
}

/* Hangs an entry where its deadline belongs at the current tick. */
static void
place(struct wheel *w, struct wheel_entry *entry)
{
	uint64_t tick = entry->deadline >> w->tick_shift, stop;
	unsigned int id;

	if (tick < w->cur)
		tick = w->cur;
	id = slot_of(w, tick);
	if (w->firing && tick == w->cur && entry->deadline <= w->until)
		id = LATE_SLOT;
	link_entry(w, id, entry);
	if (id == LATE_SLOT)
		return;
	stop = slot_stop(w, id);
	if (stop < w->stop)
		w->stop = stop;
}

void
wheel_set(struct wheel *w, struct wheel_entry *entry, uint64_t deadline)
{
	wheel_cancel(w, entry);
	if (deadline == WHEEL_NEVER)
		return;
	entry->deadline = deadline;
	place(w, entry);
	w->count++;
}

void
wheel_cancel(struct wheel *w, struct wheel_entry *entry)
{
	if (entry->slot == 0)
		return;
	unlink_entry(w, entry);
	w->count--;
}

uint64_t
wheel_next(const struct wheel *w)
{
	unsigned int id = first_slot(w);
	uint64_t next = id != LATE_SLOT ? w->slots[id].min : WHEEL_NEVER;

	if (w->slots[LATE_SLOT].first != NULL && w->slots[LATE_SLOT].min < next)
		next = w->slots[LATE_SLOT].min;
	return next;
}

/* Joins two sorted lists; what is equal comes from a first. Only next is kept up. */
static struct wheel_entry *
merge(struct wheel_entry *a, struct wheel_entry *b)
{
	struct wheel_entry *head = NULL, **tail = &head;

	while (a != NULL && b != NULL) {
		struct wheel_entry **from = a->deadline <= b->deadline ? &a : &b;

		*tail = *from;
		tail = &(*from)->next;
		*from = *tail;
	}
	*tail = a != NULL ? a : b;
	return head;
}

/* Bottom-up merge sort, stable: bin i holds a sorted run of 2^i entries that came before. */
static void
sort_slot(struct wheel_slot *slot)
{
	struct wheel_entry *bins[32] = {NULL}, *sorted = NULL, *prev = NULL, *entry, *next;
	unsigned int i;

	for (entry = slot->first; entry != NULL; entry = next) {
		next = entry->next;
		entry->next = NULL;
		for (i = 0; bins[i] != NULL; i++) {
			entry = merge(bins[i], entry);
			bins[i] = NULL;
		}
		bins[i] = entry;
	}
	for (i = 0; i < 32; i++)
		sorted = merge(bins[i], sorted);
	slot->first = sorted;
	for (entry = sorted; entry != NULL; entry = entry->next) {
		entry->prev = prev;
		prev = entry;
	}
	slot->last = prev;
	slot->unsorted = false;
}

/* Takes all entries out of a slot and places them anew, in their order. */
static void
scatter(struct wheel *w, unsigned int id)
{
	struct wheel_slot *slot = &w->slots[id];
	struct wheel_entry *entry = slot->first, *next;

	slot->first = slot->last = NULL;
	mark_empty(w, id);
	for (; entry != NULL; entry = next) {
		next = entry->next;
		place(w, entry);
	}
}

/* Fires what is due in the slot of the current tick. */
static unsigned int
fire_slot(struct wheel *w, unsigned int id, wheel_fire_fn fire, void *arg)
{
	struct wheel_slot *slot = &w->slots[id];
	struct wheel_entry *entry;
	unsigned int fired = 0;

	for (;;) {
		if (slot->unsorted)
			sort_slot(slot);
		entry = slot->first;
		if (entry == NULL || entry->deadline > w->until)
			break;
		wheel_cancel(w, entry);
		fire(arg, entry);
		fired++;
	}
	if (entry != NULL)
		slot->min = entry->deadline;
	return fired;
}

static unsigned int
fire_until(struct wheel *w, uint64_t target, wheel_fire_fn fire, void *arg)
{
	unsigned int id, fired = 0;
	uint64_t start;

	w->firing = true;
	for (;;) {
		id = first_slot(w);
		if (id == LATE_SLOT)
			break;
		start = slot_start(w, id);
		if (start > target)
			break;
		w->cur = start;
		if (id >= WHEEL_SLOTS) {
			w->firing = false;
			scatter(w, id);
			w->firing = true;
			continue;
		}
		fired += fire_slot(w, id, fire, arg);
		if (w->slots[id].first != NULL)
			break; /* due later in the tick that until lies in */
	}
	w->firing = false;
	return fired;
}

unsigned int
wheel_advance(struct wheel *w, uint64_t now, wheel_fire_fn fire, void *arg)
{
	uint64_t target = now >> w->tick_shift;
	unsigned int id, fired = 0;

	assert(!w->firing);
	if (target < w->cur)
		target = w->cur; /* time does not run backwards */
	if (now >= w->stop) {
		w->until = now;
		fired = fire_until(w, target, fire, arg);
		w->cur = target;
		w->stop = WHEEL_NEVER;
		scatter(w, LATE_SLOT);
		id = first_slot(w);
		if (id != LATE_SLOT && slot_stop(w, id) < w->stop)
			w->stop = slot_stop(w, id);
		return fired;
	}
	w->cur = target;
	return 0;
}
