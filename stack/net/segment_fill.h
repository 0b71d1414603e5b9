/* SPDX-License-Identifier: BSD-3-Clause */
/* From a TCP header in an mbuf to a struct tcp_segment: one text for the fast path and the slow one. */
#ifndef NET_SEGMENT_FILL_H
#define NET_SEGMENT_FILL_H

#include "tcp_hdr.h"

#include "net_parts.h"

/*
 * p: the TCP header, doff bytes of it contiguous and checked; m: the mbuf, to which the caller has done or will do
 * what makes its data start at the payload. len: payload bytes.
 */
static inline void
segment_fill(const struct net *n, struct tcp_segment *seg, struct rte_mbuf *m, const uint8_t *p, uint32_t doff,
	uint32_t len, const struct mien_addr *local, const struct mien_addr *remote)
{
	seg->m = m;
	seg->key.local = *local;
	seg->key.remote = *remote;
	seg->key.lport = get_be16(p + 2);
	seg->key.rport = get_be16(p);
	seg->key.zero = 0;
	seg->hash = tcp_flow_hash(n->tcp, &seg->key);
	seg->seq = get_be32(p + 4);
	seg->ack = get_be32(p + 8);
	seg->len = len;
	seg->wnd = get_be16(p + 14);
	seg->urp = get_be16(p + 18);
	seg->flags = p[13];
	seg->reserved = p[12] & 15;
	seg->opt_len = (uint8_t)(doff - TCP_HDR_MIN);
	seg->opts = p + TCP_HDR_MIN;
	tcp_opts_parse(seg->opts, seg->opt_len, &seg->opt);
}

#endif
