/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The bytes that connections carry: one piece of read-only memory that all refer to instead of copying, so that what
 * arrives at the address where it should lie needs no comparison, and whoever writes to it ends the process.
 */
#ifndef SIM_STREAM_H
#define SIM_STREAM_H

#include <rte_mbuf.h>

#define STREAM_SIZE (1u << 20)
#define STREAM_RUN (1u << 16) /* so many can be had in one piece from anywhere */

/* Makes them if they are not there; NULL without memory. */
const uint8_t *stream_base(void);

/* At least STREAM_RUN bytes from a place of a stream. */
static inline const uint8_t *
stream_at(const uint8_t *base, uint64_t stream, uint64_t place)
{
	return base + ((stream * 0x9e3779b97f4a7c15u + place) & (STREAM_SIZE - 1));
}

/* An mbuf that shows len <= UINT16_MAX bytes at p; NULL: none is free. */
struct rte_mbuf *stream_mbuf(struct rte_mempool *views, const uint8_t *p, uint16_t len);

#endif
