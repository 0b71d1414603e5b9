/* SPDX-License-Identifier: BSD-3-Clause */
/* Calibration of the clock; mien_clock_now() is public. */
#ifndef DRIVERS_CLOCK_H
#define DRIVERS_CLOCK_H

#include <stdint.h>

/* A moment on both clocks. */
struct clock_mark {
	uint64_t tsc;
	uint64_t ns; /* CLOCK_MONOTONIC */
};

struct clock_mark clock_mark(void);
/* Nanoseconds in 2^-32 per tick between two marks; 0 when they are too close or the counter is unusable. */
uint64_t clock_ratio(const struct clock_mark *from, const struct clock_mark *to);
/* Reads the counter from now on, at the rate seen since `from`; does nothing when it is no steady clock. */
void clock_calibrate(const struct clock_mark *from);

#endif
