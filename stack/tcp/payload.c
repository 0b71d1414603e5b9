/* SPDX-License-Identifier: BSD-3-Clause */
#include "payload.h"

struct rte_mbuf *
payload_cut_chain(struct rte_mbuf *m, uint32_t n)
{
	while (n >= m->data_len && m->next) {
		struct rte_mbuf *next = m->next;

		n -= m->data_len;
		next->pkt_len = m->pkt_len - m->data_len;
		next->nb_segs = (uint16_t)(m->nb_segs - 1);
		m->next = NULL;
		m->nb_segs = 1;
		rte_pktmbuf_free_seg(m);
		m = next;
	}
	rte_pktmbuf_adj(m, n < m->data_len ? (uint16_t)n : m->data_len);
	return m;
}

void
payload_truncate(struct rte_mbuf *m, uint32_t len)
{
	struct rte_mbuf *seg = m;
	uint32_t left = len;
	uint16_t segs = 1;

	while (left > seg->data_len && seg->next) {
		left -= seg->data_len;
		seg = seg->next;
		segs++;
	}
	if (seg->next) {
		rte_pktmbuf_free(seg->next);
		seg->next = NULL;
	}
	seg->data_len = (uint16_t)left;
	m->pkt_len = len;
	m->nb_segs = segs;
}
