/* SPDX-License-Identifier: BSD-3-Clause */
/* Down to the link: the IP header as the personality wants it, the route, the neighbour. */
#include "tcp_hdr.h"
#include "udp_hdr.h"

#include "net_parts.h"

static const uint8_t ETH_BROADCAST[ETH_ADDR_LEN] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};

static bool
is_broadcast(const struct host *h, uint32_t a)
{
	return ip4_is_broadcast(a) ||
	       ip4_is_subnet_broadcast(a, mien_addr_get_ip4(&h->tcp.addr), h->tcp.prefix_len);
}

/* RFC 1122 3.2.1.3: what no packet may be sent to. */
static bool
is_bad_destination(const struct mien_personality *p, uint32_t a)
{
	return ip4_is_zero_net(a) || ip4_is_loopback(a) || (ip4_is_class_e(a) && !p->take_class_e);
}

static void
header_of(const struct host *h, const struct mien_ip_rule *rule, const struct ip_tx *tx, struct ip4_hdr_v *v)
{
	uint8_t df = tx->df ? (uint8_t)(tx->df - 1) : rule->df;

	if (df >= MIEN_DF_COPY)
		df = !tx->reply_df == (df == MIEN_DF_INVERT) ? MIEN_DF_ON : MIEN_DF_OFF;
	*v = (struct ip4_hdr_v){
		.src = mien_addr_get_ip4(&h->tcp.addr),
		.dst = mien_addr_get_ip4(&tx->remote),
		.tos = (uint8_t)((rule->tos_rule == MIEN_TOS_COPY ? tx->reply_tos : rule->tos) | tx->tos),
		.flags = (uint8_t)((df == MIEN_DF_ON ? IP4_DF : 0) | (rule->reserved ? IP4_EVIL : 0)),
		.ttl = tx->ttl ? tx->ttl : rule->ttl ? rule->ttl : tx->reply_ttl,
		.proto = tx->proto,
	};
	if (v->ttl == 0)
		v->ttl = 64; /* RFC 1122 3.2.1.7: never 0; RFC 1700's default */
}

/* Takes m, at the IP header. */
static void
send_to_group(struct net *n, struct host *h, struct rte_mbuf *m, uint32_t dst)
{
	const uint8_t group[ETH_ADDR_LEN] = {0x01, 0x00, 0x5e, (uint8_t)(dst >> 16 & 0x7f), (uint8_t)(dst >> 8),
		(uint8_t)dst}; /* RFC 1112 6.4 */

	link_header(n, h, m, ip4_is_multicast(dst) ? group : ETH_BROADCAST, ETYPE_IP4);
	link_output(n, m);
}

/* Takes m, at the IP header. */
static void
send_to_hop(struct net *n, struct host *h, struct rte_mbuf *m, const struct ip_tx *tx)
{
	const struct mien_addr *hop = route_next_hop(n, h, &tx->remote);

	if (!hop) {
		env_drop(n->env, MIEN_DROP_IP_NO_ROUTE);
		rte_pktmbuf_free(m);
		return;
	}
	link_header(n, h, m, NULL, ETYPE_IP4);
	neigh_output(n, h, hop, tx->route, m);
}

/*
 * The header in five words, summed before they are stored: reading back what was just stored in other sizes would
 * wait for the stores.
 */
static void
header_put(uint8_t *p, const struct ip4_hdr_v *v, bool sum)
{
	const uint32_t w[5] = {
		0x45000000u | (uint32_t)v->tos << 16 | v->total_len,
		(uint32_t)v->id << 16 | (uint32_t)v->flags << 13 | (uint32_t)v->frag_off >> 3,
		(uint32_t)v->ttl << 24 | (uint32_t)v->proto << 16,
		v->src,
		v->dst,
	};
	uint32_t ck = 0;

	if (sum)
		ck = (uint16_t)~cksum_fold(cksum_reduce64((uint64_t)w[0] + w[1] + w[2] + w[3] + w[4]));
	put_be32(p, w[0]);
	put_be32(p + 4, w[1]);
	put_be32(p + 8, w[2] | ck);
	put_be32(p + 12, w[3]);
	put_be32(p + 16, w[4]);
}

void
ip4_send(struct net *n, struct host *h, struct rte_mbuf *m, const struct ip4_hdr_v *hdr, const struct ip_tx *tx)
{
	bool by_port = n->env->tx_offloads & MIEN_OFFLOAD_IP4_CKSUM;

	header_put(pkt_push(m, IP4_HDR_MIN), hdr, !by_port);
	m->l2_len = n->limits.vlan ? ETH_HDR_LEN + VLAN_TAG_LEN : ETH_HDR_LEN;
	m->l3_len = IP4_HDR_MIN;
	if (by_port)
		m->ol_flags |= RTE_MBUF_F_TX_IPV4 | RTE_MBUF_F_TX_IP_CKSUM;
	if (__builtin_expect(is_broadcast(h, hdr->dst) || ip4_is_multicast(hdr->dst), 0))
		send_to_group(n, h, m, hdr->dst);
	else
		send_to_hop(n, h, m, tx);
}

/* Where the checksum stands in the transport header when it is left to IP; 0: it is done. */
static unsigned int
cksum_left(const struct env *env, uint8_t proto)
{
	if (proto == IPP_TCP && env->tx_offloads & MIEN_OFFLOAD_TCP_CKSUM)
		return 16;
	if (proto == IPP_UDP && env->tx_offloads & MIEN_OFFLOAD_UDP_CKSUM)
		return 6;
	return 0;
}

/* The port's part: the sum of the pseudo-header stands in the field, uncomplemented. */
static void
cksum_by_port(struct rte_mbuf *m, unsigned int at, const struct ip4_hdr_v *v, uint32_t len)
{
	uint16_t sum = cksum_fold(cksum_pseudo4(v->src, v->dst, v->proto, (uint16_t)len));

	memcpy(pkt_data(m) + at, &sum, sizeof(sum));
	m->ol_flags |= RTE_MBUF_F_TX_IPV4 | (v->proto == IPP_TCP ? RTE_MBUF_F_TX_TCP_CKSUM : RTE_MBUF_F_TX_UDP_CKSUM);
}

/* Fragments leave with the checksum of the whole, which no port can fill in. */
static void
cksum_by_hand(struct rte_mbuf *m, unsigned int at, const struct ip4_hdr_v *v, uint32_t len)
{
	uint32_t sum = cksum_pseudo4(v->src, v->dst, v->proto, (uint16_t)len);
	uint16_t ck;

	put_be16(pkt_data(m) + at, 0);
	ck = cksum_finish(pkt_sum(m, 0, len, sum));
	put_be16(pkt_data(m) + at, ck == 0 && v->proto == IPP_UDP ? 0xffff : ck);
}

/* Datagrams that must not be cut on the way are cut here, where they do not fit; nothing else that large is sent so. */
static uint16_t
mtu_for(const struct net *n, const struct host *h, const struct ip_tx *tx, const struct ip4_hdr_v *v)
{
	return tx->proto == IPP_UDP && v->flags & IP4_DF ? tcp_datagram_mtu(n->tcp, &h->tcp, &tx->remote) : n->env->mtu;
}

static enum mien_drop
ip4_output(struct net *n, struct host *h, struct rte_mbuf *m, const struct ip_tx *tx)
{
	const struct mien_personality *p = tx->p ? tx->p : h->tcp.p;
	const struct mien_ip_rule *rule = &p->ip[tx->cls];
	uint32_t len = rte_pktmbuf_pkt_len(m);
	unsigned int cksum_at = cksum_left(n->env, tx->proto);
	struct ip4_hdr_v v;
	uint16_t mtu;

	header_of(h, rule, tx, &v);
	if (is_bad_destination(p, v.dst))
		return MIEN_DROP_IP_NO_ROUTE;
	m->ol_flags &= RTE_MBUF_F_INDIRECT | RTE_MBUF_F_EXTERNAL;
	mtu = mtu_for(n, h, tx, &v);
	if (len + IP4_HDR_MIN > mtu) {
		if ((v.flags & IP4_DF && tx->proto != IPP_UDP) || len + IP4_HDR_MIN > UINT16_MAX)
			return MIEN_DROP_IP_TOO_BIG;
		if (cksum_at)
			cksum_by_hand(m, cksum_at, &v, len);
		v.id = ip_id_fragment(n, h, rule, tx);
		ip4_fragment(n, h, m, &v, tx, mtu);
		return MIEN_DROP_NONE;
	}
	if (cksum_at)
		cksum_by_port(m, cksum_at, &v, len);
	v.total_len = (uint16_t)(len + IP4_HDR_MIN);
	v.id = rule->id_zero_df && v.flags & IP4_DF ? 0 : ip_id_next(n, h, rule, tx);
	ip4_send(n, h, m, &v, tx);
	return MIEN_DROP_NONE;
}

/* Takes m. The one place where the family decides on the way out. */
void
ip_output(void *net, struct tcp_host *host, struct rte_mbuf *m, const struct ip_tx *tx)
{
	struct net *n = net;
	enum mien_drop drop;

	if (!host->ready)
		drop = MIEN_DROP_HOST_DOWN;
	else if (rte_pktmbuf_headroom(m) < ENV_HEADROOM)
		drop = MIEN_DROP_NO_MBUF;
	else if (mien_addr_is_ip4(&tx->remote))
		drop = ip4_output(n, host_of(host), m, tx);
	else
		drop = MIEN_DROP_IP_NO_ROUTE;
	if (drop != MIEN_DROP_NONE) {
		env_drop(n->env, drop);
		rte_pktmbuf_free(m);
	}
}
