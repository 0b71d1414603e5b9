/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Packets in mbuf chains: cutting, summing and making bytes contiguous. Offsets count from the first data byte.
 * Empty segments at the front are allowed: what was cut off stays readable behind them.
 */
#ifndef NET_PKT_H
#define NET_PKT_H

#include <assert.h>

#include "cksum.h"
#include "env.h"

/* May the bytes of the first segment be rewritten? */
static inline bool
pkt_writable(const struct rte_mbuf *m)
{
	return RTE_MBUF_DIRECT(m) && rte_mbuf_refcnt_read(m) == 1;
}

static inline uint8_t *
pkt_data(const struct rte_mbuf *m)
{
	return rte_pktmbuf_mtod(m, uint8_t *);
}

/* n more bytes in front; the headroom is there. */
static inline uint8_t *
pkt_push(struct rte_mbuf *m, uint32_t n)
{
	assert(m->data_off >= n);
	m->data_off = (uint16_t)(m->data_off - n);
	m->data_len = (uint16_t)(m->data_len + n);
	m->pkt_len += n;
	return pkt_data(m);
}

/* n more bytes at the end of a single mbuf; the tailroom is there. */
static inline uint8_t *
pkt_append(struct rte_mbuf *m, uint32_t n)
{
	uint8_t *p = pkt_data(m) + m->data_len;

	assert(m->nb_segs == 1 && n <= rte_pktmbuf_tailroom(m));
	m->data_len = (uint16_t)(m->data_len + n);
	m->pkt_len += n;
	return p;
}

/* An empty mbuf with headroom for the headers below `room` bytes; NULL is counted. */
struct rte_mbuf *pkt_new(struct env *env, uint32_t room);

/* Cuts n bytes off the front; n <= pkt_len. */
void pkt_cut_front(struct rte_mbuf *m, uint32_t n);
/* Cuts the end so that len bytes are left; len <= pkt_len. Frees segments that become empty. */
void pkt_cut_to(struct rte_mbuf *m, uint32_t len);

/* Frees empty segments behind the first. */
void pkt_drop_empty(struct rte_mbuf *m);

/*
 * Makes the first len bytes lie together, which may put a new mbuf in front (*m changes). False, with *m as it was,
 * when the packet is shorter or there is no mbuf.
 */
bool pkt_contiguous(struct env *env, struct rte_mbuf **m, uint32_t len);
/* Makes the first len bytes, which are there, contiguous and private, in an mbuf with headroom. False without an mbuf. */
bool pkt_own(struct env *env, struct rte_mbuf **m, uint32_t len);

/* Adds len bytes from offset off to a partial sum, as if off were even. */
uint32_t pkt_sum(const struct rte_mbuf *m, uint32_t off, uint32_t len, uint32_t sum);
/* Copies len bytes from off; they must be there. */
void pkt_copy(const struct rte_mbuf *m, uint32_t off, uint32_t len, void *to);
/* Are the bytes equal? Both ranges must be there. */
bool pkt_equal(const struct rte_mbuf *a, uint32_t a_off, const struct rte_mbuf *b, uint32_t b_off, uint32_t len);

/* mbufs of a chain and the memory they pin. */
static inline uint32_t
pkt_pinned(const struct rte_mbuf *m)
{
	uint32_t bytes = 0;

	for (; m; m = m->next)
		bytes += (uint32_t)sizeof(*m) + m->buf_len;
	return bytes;
}

#endif
