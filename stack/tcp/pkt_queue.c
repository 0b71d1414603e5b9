/* SPDX-License-Identifier: BSD-3-Clause */
/* Queues of packets, linked through the private area of their first mbufs. */
#include "tcp_parts.h"

void
pkt_queue_push(struct env *env, struct pkt_queue *q, struct rte_mbuf *m)
{
	pkt_queue_link(q, m, m->nb_segs);
	env->mbufs_held += m->nb_segs;
}

struct rte_mbuf *
pkt_queue_pop(struct env *env, struct pkt_queue *q)
{
	struct rte_mbuf *m = q->head;

	if (!m)
		return NULL;
	pkt_queue_unlink(q, m->nb_segs);
	env->mbufs_held -= m->nb_segs;
	return m;
}

void
pkt_queue_free(struct env *env, struct pkt_queue *q)
{
	struct rte_mbuf *m;

	while ((m = pkt_queue_pop(env, q)) != NULL)
		rte_pktmbuf_free(m);
}
