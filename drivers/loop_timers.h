/* SPDX-License-Identifier: BSD-3-Clause */
/* A loop's own timers: a heap by time, for tens of timers, not for connections. */
#ifndef DRIVERS_LOOP_TIMERS_H
#define DRIVERS_LOOP_TIMERS_H

#include <mien/driver.h>

struct loop_timer {
	uint64_t when;
	uint64_t id; /* counts up: equal times fire in the order they were added */
	mien_timer_fn fn;
	void *ctx;
};

struct loop_timers {
	struct loop_timer *heap;
	uint32_t count, cap;
	uint64_t last_id;
};

/* MIEN_ENOMEM. */
int timers_add(struct loop_timers *t, uint64_t when, mien_timer_fn fn, void *ctx, uint64_t *id);
/* False when there is no such timer. */
bool timers_cancel(struct loop_timers *t, uint64_t id);
/* MIEN_NEVER when there are none. */
uint64_t timers_next(const struct loop_timers *t);
/* Fires what is due, each once; those added meanwhile wait for the next call. True when one fired. */
bool timers_run(struct loop_timers *t, uint64_t now);
void timers_free(struct loop_timers *t);

#endif
