/* SPDX-License-Identifier: BSD-3-Clause */
/* Frames as bytes and as mbufs. */
#ifndef DRIVERS_FRAME_H
#define DRIVERS_FRAME_H

#include <rte_mbuf.h>

/* Copies a frame into an mbuf, or a chain when one does not hold it. NULL: no mbufs. */
struct rte_mbuf *frame_to_mbuf(struct rte_mempool *pool, const void *data, uint32_t len);
/* Copies the frame out, len bytes of it. */
void frame_copy(const struct rte_mbuf *m, void *to, uint32_t len);
/* Where the checksum of a TCP or UDP header lies, of which l4_len bytes are there; else NULL. */
void *transport_checksum(uint8_t protocol, uint8_t *l4, uint32_t l4_len);
/* Computes the checksums that m's flags leave to the port, in a contiguous copy of the frame. */
void frame_fill_checksums(uint8_t *frame, uint32_t len, const struct rte_mbuf *m);

#endif
