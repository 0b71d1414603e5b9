/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * mbufs for worlds, whatever thread they run in, one at a time. What was freed last is given first, so that a world
 * uses as much memory as it has frames on their way; in huge pages where the machine has them to give.
 */
#ifndef SIM_PILE_H
#define SIM_PILE_H

#include <rte_mbuf.h>

/* n mbufs with room for so many bytes; NULL without memory. DPDK runs. Freed by mien_pool_free(). */
struct rte_mempool *pile_pool(const char *name, uint32_t n, uint16_t room);

#endif
