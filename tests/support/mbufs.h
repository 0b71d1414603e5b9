/* SPDX-License-Identifier: BSD-3-Clause */
/* Real mbufs in a plain process: DPDK without hugepages, started once. */
#ifndef TESTS_MBUFS_H
#define TESTS_MBUFS_H

#include <stdint.h>

#include <rte_mbuf.h>

#define MBUFS_COUNT 4095

/* A pool of MBUFS_COUNT mbufs as a stack wants them, without a cache; the same each time. */
struct rte_mempool *mbufs_pool(void);
/* How many of them are out; 0 at the end of a test. */
unsigned int mbufs_out(void);
/* Takes all but n of them away, gives them back. */
void mbufs_starve(unsigned int n);
void mbufs_feed(void);

/* The bytes of a stream: what stands at position pos of any stream made here. */
uint8_t stream_byte(uint32_t pos);
/* An mbuf with the stream's bytes [pos, pos + len); a chain of more when it does not fit one. */
struct rte_mbuf *mbufs_stream(uint32_t pos, uint32_t len);
/* A chain of mbufs of `each` bytes (the last may be shorter). */
struct rte_mbuf *mbufs_chain(uint32_t pos, uint32_t len, uint32_t each);

#endif
