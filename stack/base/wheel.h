/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A hierarchical timing wheel: deadlines in nanoseconds, exact, with O(1) set and cancel.
 *
 * Four levels of 256 slots, each level 256 times coarser, and a list for what lies beyond (49 days
 * at ticks of 1 ms). An entry lies at the level of the highest digit in which its tick differs
 * from the current one, so a lower level always holds the earlier entries, and within a level
 * every occupied slot lies ahead: the first set bit of an occupancy map is the next thing to do.
 * Time moves from one occupied slot to the next, so a jump of days costs no more than its entries.
 * Slots keep a lower bound of their deadlines; the slot time has reached is kept sorted, and so
 * entries fire in the order of their deadlines, equal ones in the order they were set.
 *
 * Entries live in their owner, who cancels them before they go away. Used by one thread at a time.
 */
#ifndef MIEN_BASE_WHEEL_H
#define MIEN_BASE_WHEEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WHEEL_NEVER UINT64_MAX
#define WHEEL_TICK_MS 20 /* tick_shift for ticks of 2^20 ns, about 1 ms */

#define WHEEL_LEVELS 4
#define WHEEL_SLOTS 256

/* One deadline; all zero is a valid entry that is not set. */
struct wheel_entry {
	struct wheel_entry *next, *prev;
	uint64_t deadline; /* ns */
	uint16_t slot;	   /* 1 + where it hangs, 0 when not set */
	uint16_t spare;
	uint32_t owner; /* for whoever owns the entry; the wheel does not look at it */
};

struct wheel_slot {
	struct wheel_entry *first, *last;
	uint64_t min; /* no deadline in here is earlier */
	bool unsorted;
};

struct wheel {
	uint64_t cur;	/* current tick */
	uint64_t stop;	/* ns; before this wheel_advance has nothing to do */
	uint64_t until; /* ns; while firing, the time given to wheel_advance */
	uint32_t count; /* entries set */
	uint8_t tick_shift;
	bool firing;
	uint8_t levels; /* bit per level that holds something */
	uint64_t map[WHEEL_LEVELS][WHEEL_SLOTS / 64];
	/* the last two: beyond the levels; set while firing at a time already due */
	struct wheel_slot slots[WHEEL_LEVELS * WHEEL_SLOTS + 2];
};

/* Called with the entry no longer set. May set and cancel this entry and any other. */
typedef void (*wheel_fire_fn)(void *arg, struct wheel_entry *entry);

/* An empty wheel at time now (ns) with ticks of 2^tick_shift ns. About 32 KiB. */
void wheel_init(struct wheel *w, uint64_t now, unsigned int tick_shift);

/* Sets or moves an entry; WHEEL_NEVER cancels it. A deadline in the past is due at once. */
void wheel_set(struct wheel *w, struct wheel_entry *entry, uint64_t deadline);

/* Harmless on an entry that is not set. */
void wheel_cancel(struct wheel *w, struct wheel_entry *entry);

/*
 * Not later than the earliest deadline, WHEEL_NEVER without entries. Exact, unless an entry that
 * shared the earliest one's slot was cancelled or moved: then it may be too early, and
 * wheel_advance at that time corrects it.
 */
uint64_t wheel_next(const struct wheel *w);

/*
 * Fires every entry whose deadline is <= now and returns how many. What the callback sets is fired
 * in the same call if due by now in a later tick, else in the next call: an entry that is always
 * set again to the past does not hang the caller. Not to be called from the callback.
 */
unsigned int wheel_advance(struct wheel *w, uint64_t now, wheel_fire_fn fire, void *arg);

static inline bool
wheel_is_set(const struct wheel_entry *entry)
{
	return entry->slot != 0;
}

static inline uint32_t
wheel_count(const struct wheel *w)
{
	return w->count;
}

/* The struct that an entry lies in. */
#define wheel_owner_of(entry, type, member)                                                        \
	((type *)(void *)((char *)(entry) - offsetof(type, member)))

_Static_assert(sizeof(struct wheel_entry) == 32, "half a cache line in every owner");

#endif
