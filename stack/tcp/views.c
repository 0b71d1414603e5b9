/* SPDX-License-Identifier: BSD-3-Clause */
/* Indirect views of payload and the few things done to mbuf chains. */
#include "send_parts.h"

/* What a view or a header must not inherit from the packet it was received as. */
#define ATTACHED (RTE_MBUF_F_INDIRECT | RTE_MBUF_F_EXTERNAL)

bool
chain_is_own(const struct rte_mbuf *m)
{
	for (; m; m = m->next)
		if (rte_mbuf_refcnt_read(m) != 1 ||
			rte_pktmbuf_priv_size(m->pool) < sizeof(struct pkt_meta))
			return false;
	return true;
}

struct rte_mbuf *
view_of(struct env *env, struct rte_mbuf *seg, uint16_t data_off, uint16_t len)
{
	struct rte_mbuf *view = rte_pktmbuf_alloc(env->indirect);

	if (!view) {
		env_drop(env, MIEN_DROP_NO_MBUF);
		return NULL;
	}
	rte_pktmbuf_attach(view, seg);
	view->ol_flags &= ATTACHED;
	view->data_off = data_off;
	view->data_len = len;
	view->pkt_len = len;
	return view;
}

struct rte_mbuf *
view_range(struct env *env, struct rte_mbuf *m, uint32_t off, uint32_t len)
{
	struct rte_mbuf *head = NULL, **link = &head;
	uint32_t left = len;
	uint16_t segs = 0;

	for (; left; m = m->next) {
		uint32_t n;

		if (off >= m->data_len) {
			off -= m->data_len;
			continue;
		}
		n = RTE_MIN(left, m->data_len - off);
		*link = view_of(env, m, (uint16_t)(m->data_off + off), (uint16_t)n);
		if (!*link) {
			rte_pktmbuf_free(head);
			return NULL;
		}
		link = &(*link)->next;
		segs++;
		left -= n;
		off = 0;
	}
	head->nb_segs = segs;
	head->pkt_len = len;
	return head;
}

void
chain_copy(const struct rte_mbuf *m, uint32_t off, uint32_t len, uint8_t *to)
{
	for (; len; m = m->next) {
		uint32_t n;

		if (off >= m->data_len) {
			off -= m->data_len;
			continue;
		}
		n = RTE_MIN(len, m->data_len - off);
		memcpy(to, rte_pktmbuf_mtod_offset(m, const uint8_t *, off), n);
		to += n;
		len -= n;
		off = 0;
	}
}

struct rte_mbuf *
chain_cut(struct rte_mbuf *m, uint32_t len)
{
	uint32_t left = m->pkt_len - len;
	uint16_t segs = m->nb_segs;

	while (len >= m->data_len && m->next) {
		struct rte_mbuf *next = m->next;

		len -= m->data_len;
		m->next = NULL;
		m->nb_segs = 1;
		rte_pktmbuf_free_seg(m);
		m = next;
		segs--;
	}
	m->data_off = (uint16_t)(m->data_off + len);
	m->data_len = (uint16_t)(m->data_len - len);
	m->pkt_len = left;
	m->nb_segs = segs;
	return m;
}
