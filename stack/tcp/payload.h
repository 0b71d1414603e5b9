/* SPDX-License-Identifier: BSD-3-Clause */
/* Cutting received packets, which may be chains, down to the bytes that are wanted. */
#ifndef TCP_PAYLOAD_H
#define TCP_PAYLOAD_H

#include <rte_mbuf.h>

/* As payload_cut_front(), of any packet. */
struct rte_mbuf *payload_cut_chain(struct rte_mbuf *m, uint32_t n);

/*
 * Cuts n bytes (at most the packet's) off the front; takes m, gives what is left (maybe empty). An mbuf of which nothing
 * is left goes, as a header's own does, unless it is the last.
 */
static inline struct rte_mbuf *
payload_cut_front(struct rte_mbuf *m, uint32_t n)
{
	if (__builtin_expect(n >= rte_pktmbuf_data_len(m), 0))
		return payload_cut_chain(m, n);
	rte_pktmbuf_adj(m, (uint16_t)n);
	return m;
}

/* Cuts the packet down to its first len bytes; the same mbuf stays its first. */
void payload_truncate(struct rte_mbuf *m, uint32_t len);

#endif
