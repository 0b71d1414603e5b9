/* SPDX-License-Identifier: BSD-3-Clause */
#include "pkt.h"

#define COMPARE_STEP 64

static struct rte_mbuf *
alloc(struct env *env, uint32_t room)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(env->pool);

	if (m && rte_pktmbuf_headroom(m) >= env->headroom && rte_pktmbuf_tailroom(m) >= room)
		return m;
	rte_pktmbuf_free(m);
	return NULL;
}

struct rte_mbuf *
pkt_new(struct env *env, uint32_t room)
{
	struct rte_mbuf *m = alloc(env, room);

	if (!m)
		env_drop(env, MIEN_DROP_NO_MBUF);
	return m;
}

void
pkt_cut_front(struct rte_mbuf *m, uint32_t n)
{
	struct rte_mbuf *seg = m;

	m->pkt_len -= n;
	while (n > 0) {
		uint32_t part = n < seg->data_len ? n : seg->data_len;

		seg->data_off = (uint16_t)(seg->data_off + part);
		seg->data_len = (uint16_t)(seg->data_len - part);
		n -= part;
		seg = seg->next;
	}
}

void
pkt_cut_to(struct rte_mbuf *m, uint32_t len)
{
	struct rte_mbuf *seg = m, *rest;

	m->pkt_len = len;
	while (len > seg->data_len) {
		len -= seg->data_len;
		seg = seg->next;
	}
	seg->data_len = (uint16_t)len;
	rest = seg->next;
	seg->next = NULL;
	while (rest) {
		struct rte_mbuf *next = rest->next;

		m->nb_segs--;
		rte_pktmbuf_free_seg(rest);
		rest = next;
	}
}

/* A new mbuf with a copy of the first len bytes in front of *m, whose segments all stay: the IP header lies there. */
static bool
put_copy_in_front(struct env *env, struct rte_mbuf **m, uint32_t len)
{
	struct rte_mbuf *front = alloc(env, len), *rest = *m;

	if (!front)
		return false;
	pkt_copy(rest, 0, len, pkt_append(front, len));
	pkt_cut_front(rest, len);
	front->next = rest;
	front->pkt_len += rest->pkt_len;
	front->nb_segs = (uint16_t)(rest->nb_segs + 1);
	*m = front;
	return true;
}

void
pkt_drop_empty(struct rte_mbuf *m)
{
	struct rte_mbuf *seg = m, *next;

	while ((next = seg->next) != NULL) {
		if (next->data_len > 0) {
			seg = next;
			continue;
		}
		seg->next = next->next;
		m->nb_segs--;
		rte_pktmbuf_free_seg(next);
	}
}

bool
pkt_contiguous(struct env *env, struct rte_mbuf **m, uint32_t len)
{
	if (rte_pktmbuf_data_len(*m) >= len)
		return true;
	return rte_pktmbuf_pkt_len(*m) >= len && put_copy_in_front(env, m, len);
}

bool
pkt_own(struct env *env, struct rte_mbuf **m, uint32_t len)
{
	if (rte_pktmbuf_data_len(*m) >= len && pkt_writable(*m) && rte_pktmbuf_headroom(*m) >= env->headroom)
		return true;
	return put_copy_in_front(env, m, len);
}

uint32_t
pkt_sum(const struct rte_mbuf *m, uint32_t off, uint32_t len, uint32_t sum)
{
	uint32_t done = 0;

	for (; m && done < len; m = m->next) {
		uint32_t part;

		if (off >= m->data_len) {
			off -= m->data_len;
			continue;
		}
		part = m->data_len - off;
		if (part > len - done)
			part = len - done;
		sum = cksum_combine(sum, cksum_partial(pkt_data(m) + off, part, 0), done & 1);
		done += part;
		off = 0;
	}
	return sum;
}

void
pkt_copy(const struct rte_mbuf *m, uint32_t off, uint32_t len, void *to)
{
	uint8_t *p = to;

	for (; m && len > 0; m = m->next) {
		uint32_t part;

		if (off >= m->data_len) {
			off -= m->data_len;
			continue;
		}
		part = m->data_len - off < len ? m->data_len - off : len;
		memcpy(p, pkt_data(m) + off, part);
		p += part;
		len -= part;
		off = 0;
	}
}

bool
pkt_equal(const struct rte_mbuf *a, uint32_t a_off, const struct rte_mbuf *b, uint32_t b_off, uint32_t len)
{
	uint8_t x[COMPARE_STEP], y[COMPARE_STEP];

	while (len > 0) {
		uint32_t part = len < COMPARE_STEP ? len : COMPARE_STEP;

		pkt_copy(a, a_off, part, x);
		pkt_copy(b, b_off, part, y);
		if (memcmp(x, y, part) != 0)
			return false;
		a_off += part;
		b_off += part;
		len -= part;
	}
	return true;
}
