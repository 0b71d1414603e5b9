/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Frames received: pass one takes out the segments that have nothing unusual about them, pass two sees the rest.
 * Whatever pass one does not like it leaves to pass two, which finds the reason.
 */
#include "segment_fill.h"

#define SNAP_LEN 8	   /* LLC and SNAP headers of RFC 1042 */
#define LONGEST_HEADERS (ETH_HDR_LEN + VLAN_TAG_LEN + SNAP_LEN + IP4_HDR_MAX)

/* The tag was taken out by the port. */
#define TAG_STRIPPED (RTE_MBUF_F_RX_VLAN | RTE_MBUF_F_RX_VLAN_STRIPPED)

/* Length of the link header before an IPv4 packet on this stack's VLAN; 0: anything else. */
static inline uint32_t
ip4_offset(const struct net *n, const struct rte_mbuf *m, const uint8_t *p)
{
	uint16_t type = get_be16(p + 12);

	if (__builtin_expect(n->limits.vlan == 0, 1))
		return type == ETYPE_IP4 && (m->ol_flags & TAG_STRIPPED) != TAG_STRIPPED ? ETH_HDR_LEN : 0;
	if ((m->ol_flags & TAG_STRIPPED) == TAG_STRIPPED)
		return type == ETYPE_IP4 && vlan_vid(m->vlan_tci) == n->limits.vlan ? ETH_HDR_LEN : 0;
	if (type != ETYPE_VLAN || vlan_vid(get_be16(p + 14)) != n->limits.vlan || get_be16(p + 16) != ETYPE_IP4)
		return 0;
	return ETH_HDR_LEN + VLAN_TAG_LEN;
}

static inline bool
ip_cksum_ok(const struct rte_mbuf *m, const uint8_t *ip)
{
	uint64_t f = m->ol_flags & RTE_MBUF_F_RX_IP_CKSUM_MASK;

	return f == RTE_MBUF_F_RX_IP_CKSUM_GOOD || (f == 0 && cksum_is_ok(ip4_hdr_sum(ip, IP4_HDR_MIN)));
}

static inline bool
l4_cksum_ok(const struct rte_mbuf *m, const uint8_t *ip, uint32_t l4_len)
{
	uint64_t f = m->ol_flags & RTE_MBUF_F_RX_L4_CKSUM_MASK;

	if (f == RTE_MBUF_F_RX_L4_CKSUM_GOOD || f == RTE_MBUF_F_RX_L4_CKSUM_NONE)
		return true;
	return f == 0 && m->nb_segs == 1 &&
	       tcp_cksum_ok(ip + IP4_HDR_MIN, l4_len,
		       cksum_pseudo4(get_be32(ip + 12), get_be32(ip + 16), IPP_TCP, (uint16_t)l4_len));
}

/* A host's own TCP, from a source that one can answer. */
static inline struct host *
tcp_host_for(struct net *n, const uint8_t *eth, const struct mien_addr *dst, uint32_t src)
{
	struct host *h = host_find(n, dst);

	if (!h || !h->tcp.ready || !link_is_for(n, h, eth) || ip4_is_bad_source(src) || src == mien_addr_get_ip4(dst) ||
		ip4_is_subnet_broadcast(src, mien_addr_get_ip4(dst), h->tcp.prefix_len))
		return NULL;
	return h;
}

void
net_rx_parse(struct net *n, struct rte_mbuf *m, struct rx_pkt *out)
{
	const uint8_t *p = pkt_data(m), *ip, *tcp;
	uint32_t have = rte_pktmbuf_data_len(m), l2, total, doff;
	struct mien_addr dst, src;

	out->m = m;
	out->kind = RX_SLOW;
	if (have < ETH_HDR_LEN + IP4_HDR_MIN + TCP_HDR_MIN)
		return;
	l2 = ip4_offset(n, m, p);
	ip = p + l2;
	if (l2 == 0 || ip[0] != 0x45 || ip[9] != IPP_TCP || (get_be16(ip + 6) & 0x3fff))
		return;
	total = get_be16(ip + 2);
	tcp = ip + IP4_HDR_MIN;
	doff = (uint32_t)(tcp[12] >> 4) * 4;
	if (total < IP4_HDR_MIN + doff || doff < TCP_HDR_MIN || l2 + IP4_HDR_MIN + doff > have ||
		l2 + total > rte_pktmbuf_pkt_len(m) || !ip_cksum_ok(m, ip) || !l4_cksum_ok(m, ip, total - IP4_HDR_MIN))
		return;
	dst = mien_addr_ip4(get_be32(ip + 16));
	out->host = tcp_host_for(n, p, &dst, get_be32(ip + 12));
	if (!out->host)
		return;
	src = mien_addr_ip4(get_be32(ip + 12));
	out->seg.ttl = ip[8];
	out->seg.tos = ip[1];
	out->seg.df = ip[6] >> 6 & 1;
	segment_fill(n, &out->seg, m, tcp, doff, total - IP4_HDR_MIN - doff, &dst, &src);
	if (__builtin_expect(l2 + total != rte_pktmbuf_pkt_len(m), 0))
		pkt_cut_to(m, l2 + total);
	rte_pktmbuf_adj(m, (uint16_t)(l2 + IP4_HDR_MIN + doff));
	out->kind = RX_TCP;
}

/* An 802.3 frame with IP or ARP inside (RFC 1042): its ethertype, 0 for anything else. len: what follows the link header. */
static uint16_t
snap_ethertype(const struct eth_hdr_v *v, uint32_t len)
{
	static const uint8_t snap[6] = {0xaa, 0xaa, 0x03, 0, 0, 0};

	if (v->payload_len < SNAP_LEN || v->ethertype < SNAP_LEN || v->ethertype > len)
		return 0;
	return memcmp(v->payload, snap, sizeof(snap)) == 0 ? get_be16(v->payload + 6) : 0;
}

/* MIEN_DROP_NONE when the frame is on this stack's VLAN; priority tags belong to none. */
static enum mien_drop
vlan_check(const struct net *n, const struct rte_mbuf *m, const struct eth_hdr_v *v)
{
	bool stripped = (m->ol_flags & TAG_STRIPPED) == TAG_STRIPPED;
	uint16_t vid = v->tagged ? vlan_vid(v->tci) : stripped ? vlan_vid(m->vlan_tci) : 0;

	return vid == n->limits.vlan && !(v->tagged && stripped) ? MIEN_DROP_NONE : MIEN_DROP_VLAN;
}

/* Finds the ethertype behind the link's headers; trims the length of an 802.3 frame. */
static enum mien_drop
link_parse(const struct net *n, struct rte_mbuf *m, struct eth_hdr_v *v)
{
	enum wire_verdict verdict = eth_parse(pkt_data(m), rte_pktmbuf_data_len(m), v);
	enum mien_drop drop;

	if (verdict == WIRE_SHORT)
		return MIEN_DROP_ETH_SHORT;
	if (eth_is_group(v->dst) && !eth_is_broadcast(v->dst))
		return MIEN_DROP_ETH_NOT_OURS;
	drop = verdict == WIRE_QINQ ? MIEN_DROP_VLAN : vlan_check(n, m, v);
	if (drop != MIEN_DROP_NONE || verdict == WIRE_OK)
		return drop;
	v->ethertype = snap_ethertype(v, rte_pktmbuf_pkt_len(m) - v->hdr_len);
	if (v->ethertype == 0)
		return MIEN_DROP_ETH_TYPE;
	pkt_cut_to(m, v->hdr_len + (v->tagged ? get_be16(pkt_data(m) + 16) : get_be16(pkt_data(m) + 12)));
	v->hdr_len += SNAP_LEN;
	return MIEN_DROP_NONE;
}

enum mien_drop
net_rx_slow(struct net *n, struct rx_pkt *pkt)
{
	struct rte_mbuf *m = pkt->m;
	uint32_t len = rte_pktmbuf_pkt_len(m), want = len < LONGEST_HEADERS ? len : LONGEST_HEADERS;
	struct eth_hdr_v v;
	enum mien_drop drop = MIEN_DROP_NO_MBUF;

	if (pkt_contiguous(n->env, &m, want))
		drop = link_parse(n, m, &v);
	if (drop == MIEN_DROP_NONE) {
		pkt_cut_front(m, v.hdr_len);
		if (v.ethertype == ETYPE_IP4)
			return ip4_input(n, m, v.dst);
		drop = v.ethertype == ETYPE_ARP
			? arp_input(n, v.dst, pkt_data(m), rte_pktmbuf_data_len(m))
			: MIEN_DROP_ETH_TYPE;
	}
	rte_pktmbuf_free(m);
	return drop;
}
