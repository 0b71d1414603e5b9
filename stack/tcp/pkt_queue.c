/* SPDX-License-Identifier: BSD-3-Clause */
/* Queues of packets, linked through the private area of their first mbufs. */
#include "tcp_parts.h"

void
pkt_queue_push(struct env *env, struct pkt_queue *q, struct rte_mbuf *m)
{
	struct pkt_meta *meta = pkt_meta(m);

	meta->next = NULL;
	if (q->tail)
		pkt_meta(q->tail)->next = m;
	else
		q->head = m;
	q->tail = m;
	q->bytes += meta->end - meta->seq;
	q->count += m->nb_segs;
	env->mbufs_held += m->nb_segs;
}

struct rte_mbuf *
pkt_queue_pop(struct env *env, struct pkt_queue *q)
{
	struct rte_mbuf *m = q->head;
	const struct pkt_meta *meta;

	if (!m)
		return NULL;
	meta = pkt_meta(m);
	q->head = meta->next;
	if (!q->head)
		q->tail = NULL;
	q->bytes -= meta->end - meta->seq;
	q->count -= m->nb_segs;
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
