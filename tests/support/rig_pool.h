/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * mbuf pools for tests: an allocation can be made to fail, each mbuf that is free is poisoned for
 * AddressSanitizer, and what is freed last is used first, so that a use after free shows.
 */
#ifndef TESTS_RIG_POOL_H
#define TESTS_RIG_POOL_H

#include <stdint.h>

struct rte_mempool;

/* Starts DPDK in its plain form when it is not running. room 0: a pool of views. Aborts on failure. */
struct rte_mempool *rig_pool_create(uint32_t mbufs, uint16_t room);
/* Frees the pool; gives how many mbufs were still out of it. */
uint32_t rig_pool_free(struct rte_mempool *pool);

/* Allocations tried so far, in mbufs. */
uint64_t rig_pool_allocs(const struct rte_mempool *pool);
/* The next allocation after `skip` others fails, and count - 1 behind it. count 0: none. */
void rig_pool_fail(struct rte_mempool *pool, uint64_t skip, uint64_t count);
/* Every allocation fails with this chance, from a seed. */
void rig_pool_fail_often(struct rte_mempool *pool, uint32_t ppm, uint64_t seed);

#endif
