/* SPDX-License-Identifier: BSD-3-Clause */
#include "mbufs.h"

#include <rte_eal.h>
#include <rte_lcore.h>

#include "check.h"

#define PRIV_SIZE 64
#define EACH_MAX 1800

static struct rte_mempool *pool;
static struct rte_mbuf *kept[MBUFS_COUNT];
static unsigned int n_kept;

struct rte_mempool *
mbufs_pool(void)
{
	static char a0[] = "test", a1[] = "--no-huge", a2[] = "--no-shconf", a3[] = "--no-pci",
		    a4[] = "--no-telemetry", a5[] = "--log-level=1", a6[] = "-l0", a7[] = "-m64";
	static char *argv[] = {a0, a1, a2, a3, a4, a5, a6, a7};

	if (pool)
		return pool;
	REQUIRE(rte_socket_count() > 0 || rte_eal_init(8, argv) >= 0);
	pool = rte_pktmbuf_pool_create(
		"tests", MBUFS_COUNT, 0, PRIV_SIZE, RTE_MBUF_DEFAULT_BUF_SIZE, SOCKET_ID_ANY);
	REQUIRE_NOT_NULL(pool);
	return pool;
}

unsigned int
mbufs_out(void)
{
	return pool ? rte_mempool_in_use_count(pool) : 0;
}

void
mbufs_starve(unsigned int n)
{
	while (rte_mempool_avail_count(mbufs_pool()) > n)
		kept[n_kept++] = rte_pktmbuf_alloc(pool);
}

void
mbufs_feed(void)
{
	while (n_kept)
		rte_pktmbuf_free(kept[--n_kept]);
}

uint8_t
stream_byte(uint32_t pos)
{
	return (uint8_t)(pos * 7 + (pos >> 8) * 13 + (pos >> 16));
}

static struct rte_mbuf *
one(uint32_t pos, uint32_t len)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(mbufs_pool());
	uint8_t *p;

	REQUIRE_NOT_NULL(m);
	p = (uint8_t *)rte_pktmbuf_append(m, (uint16_t)len);
	REQUIRE_NOT_NULL(p);
	for (uint32_t i = 0; i < len; i++)
		p[i] = stream_byte(pos + i);
	return m;
}

struct rte_mbuf *
mbufs_chain(uint32_t pos, uint32_t len, uint32_t each)
{
	struct rte_mbuf *head = one(pos, len < each ? len : each), *last = head;

	for (uint32_t done = head->data_len; done < len; done += last->data_len) {
		last->next = one(pos + done, len - done < each ? len - done : each);
		last = last->next;
		head->nb_segs++;
	}
	head->pkt_len = len;
	return head;
}

struct rte_mbuf *
mbufs_stream(uint32_t pos, uint32_t len)
{
	return mbufs_chain(pos, len, EACH_MAX);
}
