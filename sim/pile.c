/* SPDX-License-Identifier: BSD-3-Clause */
#include "pile.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <rte_errno.h>
#include <rte_mempool.h>

#include <mien/stack.h>

#define HUGE_PAGE ((size_t)2 << 20)
#define CACHE 256u

/* -- what was put in last comes out first ------------------------------------------------------------------- */

struct pile {
	uint32_t n;
	void *at[];
};

static int
pile_alloc(struct rte_mempool *mp)
{
	struct pile *p = malloc(sizeof(*p) + mp->size * sizeof(p->at[0]));

	if (!p)
		return -ENOMEM;
	p->n = 0;
	mp->pool_data = p;
	return 0;
}

static void
pile_free(struct rte_mempool *mp)
{
	free(mp->pool_data);
}

static int
pile_put(struct rte_mempool *mp, void *const *from, unsigned n)
{
	struct pile *p = mp->pool_data;

	memcpy(p->at + p->n, from, n * sizeof(from[0]));
	p->n += n;
	return 0;
}

static int
pile_get(struct rte_mempool *mp, void **to, unsigned n)
{
	struct pile *p = mp->pool_data;

	if (p->n < n)
		return -ENOBUFS;
	p->n -= n;
	memcpy(to, p->at + p->n, n * sizeof(to[0]));
	return 0;
}

static unsigned
pile_count(const struct rte_mempool *mp)
{
	return ((const struct pile *)mp->pool_data)->n;
}

static const struct rte_mempool_ops sim_pile = {.name = "sim_pile", .alloc = pile_alloc, .free = pile_free,
	.enqueue = pile_put, .dequeue = pile_get, .get_count = pile_count};
RTE_MEMPOOL_REGISTER_OPS(sim_pile)

/* -- memory ------------------------------------------------------------------------------------------------- */

static void
unmap(struct rte_mempool_memhdr *part, void *opaque)
{
	munmap(opaque, part->len);
}

static bool
populate(struct rte_mempool *mp)
{
	size_t min, align;
	ssize_t want = rte_mempool_op_calc_mem_size_default(mp, mp->size, 0, &min, &align);
	size_t len = want > 0 ? ((size_t)want + HUGE_PAGE - 1) / HUGE_PAGE * HUGE_PAGE : 0, before;
	char *p, *at;
	int rc;

	if (!len)
		return false;
	p = mmap(NULL, len + HUGE_PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (p == MAP_FAILED)
		return false;
	at = (char *)RTE_ALIGN_CEIL((uintptr_t)p, HUGE_PAGE);
	before = (size_t)(at - p);
	if (before)
		munmap(p, before);
	if (before < HUGE_PAGE)
		munmap(at + len, HUGE_PAGE - before);
	madvise(at, len, MADV_HUGEPAGE); /* refused, it is slower */
	rc = rte_mempool_populate_iova(mp, at, RTE_BAD_IOVA, len, unmap, at);
	if (rc <= 0)
		munmap(at, len);
	return rc == (int)mp->size;
}

struct rte_mempool *
pile_pool(const char *name, uint32_t n, uint16_t room)
{
	struct rte_pktmbuf_pool_private priv = {.mbuf_data_room_size = room, .mbuf_priv_size = MIEN_MBUF_PRIV_SIZE};
	unsigned size = (unsigned)sizeof(struct rte_mbuf) + MIEN_MBUF_PRIV_SIZE + room;
	struct rte_mempool *mp = rte_mempool_create_empty(name, n, size, CACHE, sizeof(priv), SOCKET_ID_ANY,
		RTE_MEMPOOL_F_NO_IOVA_CONTIG);

	if (!mp)
		return NULL;
	if (rte_mempool_set_ops_byname(mp, sim_pile.name, NULL) != 0) {
		rte_mempool_free(mp);
		return NULL;
	}
	rte_pktmbuf_pool_init(mp, &priv);
	if (!populate(mp)) {
		rte_mempool_free(mp);
		return NULL;
	}
	rte_mempool_obj_iter(mp, rte_pktmbuf_init, NULL);
	return mp;
}
