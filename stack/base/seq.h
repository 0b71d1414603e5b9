/* SPDX-License-Identifier: BSD-3-Clause */
/* Arithmetic on 32-bit sequence numbers, modulo 2^32 (RFC 9293 section 3.4). */
#ifndef MIEN_BASE_SEQ_H
#define MIEN_BASE_SEQ_H

#include <stdbool.h>
#include <stdint.h>

/* a - b as a signed distance; meaningful while they are less than 2^31 apart. */
static inline int32_t
seq_diff(uint32_t a, uint32_t b)
{
	return (int32_t)(a - b);
}

static inline bool
seq_lt(uint32_t a, uint32_t b)
{
	return seq_diff(a, b) < 0;
}

static inline bool
seq_leq(uint32_t a, uint32_t b)
{
	return seq_diff(a, b) <= 0;
}

static inline bool
seq_gt(uint32_t a, uint32_t b)
{
	return seq_diff(a, b) > 0;
}

static inline bool
seq_geq(uint32_t a, uint32_t b)
{
	return seq_diff(a, b) >= 0;
}

/* Is seq one of the size numbers from start on? Never in a window of size 0. */
static inline bool
seq_in_window(uint32_t seq, uint32_t start, uint32_t size)
{
	return seq - start < size;
}

static inline uint32_t
seq_max(uint32_t a, uint32_t b)
{
	return seq_lt(a, b) ? b : a;
}

static inline uint32_t
seq_min(uint32_t a, uint32_t b)
{
	return seq_lt(b, a) ? b : a;
}

#endif
