/* SPDX-License-Identifier: BSD-3-Clause */
/* Datagrams larger than the MTU of the link, or of the path, leave in pieces (RFC 791 3.2). */
#include "net_parts.h"

/* One piece is copied into an mbuf of its own: rare enough, and any port can send it. */
static bool
send_piece(struct net *n, struct host *h, const struct rte_mbuf *m, uint32_t off, uint32_t len,
	const struct ip4_hdr_v *hdr, const struct ip_tx *tx)
{
	struct rte_mbuf *piece = pkt_new(n->env, len);

	if (!piece)
		return false;
	pkt_copy(m, off, len, pkt_append(piece, len));
	ip4_send(n, h, piece, hdr, tx);
	return true;
}

void
ip4_fragment(struct net *n, struct host *h, struct rte_mbuf *m, struct ip4_hdr_v *hdr, const struct ip_tx *tx, uint16_t mtu)
{
	uint32_t total = rte_pktmbuf_pkt_len(m), room = (uint32_t)(mtu - IP4_HDR_MIN) & ~7u, len;

	for (uint32_t off = 0; off < total; off += len) {
		len = total - off < room ? total - off : room;
		hdr->frag_off = (uint16_t)off;
		hdr->flags = off + len < total ? IP4_MF : 0;
		hdr->total_len = (uint16_t)(IP4_HDR_MIN + len);
		if (!send_piece(n, h, m, off, len, hdr, tx))
			break; /* the rest is of no use to the receiver */
	}
	n->env->counters.ip_fragmented++;
	rte_pktmbuf_free(m);
}
