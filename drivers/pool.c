/* SPDX-License-Identifier: BSD-3-Clause */
/* mbuf pools, also for a process that has no port. */
#include <stdio.h>

#include <rte_errno.h>
#include <rte_ether.h>
#include <rte_mbuf.h>
#include <rte_mempool.h>

#include <mien/driver.h>

#include "fail.h"

#define DEFAULT_MBUFS 8192
#define DEFAULT_MTU 1500
#define CACHE 256
/* Ethernet header with two tags, and what devices add. */
#define LINK_ROOM 128

/* Names are unique in the process. */
static struct rte_mempool *
make(const char *kind, uint32_t mbufs, uint16_t room)
{
	static unsigned number;
	char name[RTE_MEMPOOL_NAMESIZE];

	snprintf(name, sizeof(name), "mien_%s%u", kind,
		__atomic_fetch_add(&number, 1, __ATOMIC_RELAXED));
	/* One less than a power of two is what the pool's ring holds without waste. */
	if (mbufs > 1 && (mbufs & (mbufs - 1)) == 0)
		mbufs--;
	return rte_pktmbuf_pool_create(name, mbufs, mbufs >= 2 * CACHE ? CACHE : 0, MIEN_MBUF_PRIV_SIZE,
		room, SOCKET_ID_ANY);
}

static int
no_memory(uint32_t mbufs, uint32_t room, struct mien_error *error)
{
	return drv_fail(error, MIEN_ENOMEM,
		"%u mbufs of %u bytes do not fit into DPDK's memory (%s): ask for fewer, or for more memory",
		mbufs, room, rte_strerror(rte_errno));
}

int
mien_pool_create(const struct mien_pool_config *config, struct rte_mempool **pool,
	struct rte_mempool **indirect, struct mien_error *error)
{
	uint32_t mbufs = config != NULL && config->mbufs != 0 ? config->mbufs : DEFAULT_MBUFS;
	uint32_t views = config != NULL && config->indirect != 0 ? config->indirect : mbufs;
	uint32_t room = config != NULL && config->mtu != 0 ? config->mtu : DEFAULT_MTU;
	int rc = mien_eal_start(NULL, error);

	if (rc != 0)
		return rc;
	room += LINK_ROOM + 256;
	if (room < 2048)
		room = 2048;
	room += RTE_PKTMBUF_HEADROOM;
	if (room > UINT16_MAX)
		return drv_fail(error, MIEN_EINVAL, "an MTU of %u is too large: at most 64900",
			config->mtu);
	*pool = make("pool", mbufs, (uint16_t)room);
	if (*pool == NULL)
		return no_memory(mbufs, room, error);
	if (indirect == NULL)
		return 0;
	*indirect = make("view", views, MIEN_COPY_BREAK);
	if (*indirect == NULL) {
		mien_pool_free(*pool);
		*pool = NULL;
		return no_memory(views, MIEN_COPY_BREAK, error);
	}
	return 0;
}

void
mien_pool_free(struct rte_mempool *pool)
{
	rte_mempool_free(pool);
}

uint32_t
mien_pool_in_use(const struct rte_mempool *pool)
{
	return rte_mempool_in_use_count(pool);
}
