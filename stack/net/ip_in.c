/* SPDX-License-Identifier: BSD-3-Clause */
/* IPv4 received (RFC 791, RFC 1122 3.2.1): is it sound, is it for us, to whom does it go. */
#include "segment_fill.h"

static enum mien_drop
drop_of(enum wire_verdict v)
{
	switch (v) {
	case WIRE_OK:
		return MIEN_DROP_NONE;
	case WIRE_BAD_VERSION:
		return MIEN_DROP_IP_VERSION;
	case WIRE_BAD_HEADER_LEN:
		return MIEN_DROP_IP_HEADER_LEN;
	case WIRE_BAD_TOTAL_LEN:
		return MIEN_DROP_IP_TOTAL_LEN;
	case WIRE_BAD_CHECKSUM:
		return MIEN_DROP_IP_CHECKSUM;
	default:
		return MIEN_DROP_IP_SHORT;
	}
}

/* A source that one cannot answer, unless the host does; TCP never does (RFC 9293 MUST-63). */
static bool
is_bad_source(const struct net *n, const struct ip4_hdr_v *v, const struct ip_rx *rx)
{
	const struct mien_personality *p = rx->host && v->proto != IPP_TCP ? rx->host->tcp.p : NULL;

	if (ip4_is_class_e(v->src))
		return !p || !p->take_class_e;
	if (subnet_is_broadcast(n, &rx->src))
		return !p || !p->take_net_broadcast;
	return ip4_is_bad_source(v->src);
}

/* RFC 1122 3.2.1.3, 3.3.6: source, destination and the way it came fit together. */
static enum mien_drop
addresses_check(struct net *n, const struct ip4_hdr_v *v, const uint8_t *eth_dst, struct ip_rx *rx)
{
	bool link_group = eth_is_group(eth_dst);

	rx->host = host_find(n, &rx->dst);
	rx->group = link_group || !rx->host;
	if (!link_group && !link_is_for(n, rx->host, eth_dst))
		return MIEN_DROP_ETH_NOT_OURS;
	if (is_bad_source(n, v, rx))
		return MIEN_DROP_IP_BAD_SOURCE;
	if (!rx->host)
		return ip4_is_broadcast(v->dst) || subnet_is_broadcast(n, &rx->dst) ? MIEN_DROP_NONE
										     : MIEN_DROP_IP_NOT_OURS;
	if (link_group && (!rx->host->tcp.p->take_link_broadcast || v->proto == IPP_TCP))
		return MIEN_DROP_IP_LINK_BROADCAST;
	if (v->src == v->dst)
		return v->proto == IPP_TCP ? MIEN_DROP_TCP_LAND : MIEN_DROP_IP_BAD_SOURCE;
	return rx->host->tcp.ready ? MIEN_DROP_NONE : MIEN_DROP_HOST_DOWN;
}

static void
rx_init(struct ip_rx *rx, struct rte_mbuf *m, const struct ip4_hdr_v *v)
{
	uint64_t l4 = m->ol_flags & RTE_MBUF_F_RX_L4_CKSUM_MASK;

	*rx = (struct ip_rx){
		.m = m,
		.src = mien_addr_ip4(v->src),
		.dst = mien_addr_ip4(v->dst),
		.hdr = pkt_data(m),
		.hdr_len = v->ihl,
		.len = v->payload_len,
		.id = v->id,
		.frag_off = v->frag_off,
		.more = v->flags & IP4_MF,
		.df = !!(v->flags & IP4_DF),
		.proto = v->proto,
		.tos = v->tos,
		.ttl = v->ttl,
		.cksum_ok = l4 == RTE_MBUF_F_RX_L4_CKSUM_GOOD || l4 == RTE_MBUF_F_RX_L4_CKSUM_NONE,
	};
}

/* Takes rx->m: whole datagrams and fragments that are sound and for us. */
static enum mien_drop
take_in(struct net *n, struct ip_rx *rx)
{
	uint8_t hdr[IP_HDR_COPY];
	enum mien_drop drop = MIEN_DROP_NONE;

	pkt_cut_to(rx->m, rx->hdr_len + rx->len);
	pkt_cut_front(rx->m, rx->hdr_len);
	if ((rx->more || rx->frag_off) && !reass_input(n, rx, hdr, &drop))
		return drop;
	return ip_deliver(n, rx);
}

static enum mien_drop
options_check(struct net *n, struct ip_rx *rx, const struct ip4_hdr_v *v)
{
	bool strict = rx->host && rx->host->tcp.p->icmp.parameter_problem;
	unsigned int at;

	if (v->opt_len == 0 || ip4_options_check(v, strict, &at) == MIEN_DROP_NONE)
		return MIEN_DROP_NONE;
	if (at && strict) {
		pkt_cut_to(rx->m, rx->hdr_len + rx->len);
		pkt_cut_front(rx->m, rx->hdr_len);
		icmp_answer_problem(n, rx, at);
	}
	return MIEN_DROP_IP_OPTION;
}

enum mien_drop
ip4_input(struct net *n, struct rte_mbuf *m, const uint8_t *dst)
{
	uint64_t ip_sum = m->ol_flags & RTE_MBUF_F_RX_IP_CKSUM_MASK;
	struct ip4_hdr_v v;
	struct ip_rx rx;
	enum mien_drop drop;

	drop = drop_of(ip4_parse(pkt_data(m), rte_pktmbuf_pkt_len(m),
		ip_sum == RTE_MBUF_F_RX_IP_CKSUM_GOOD ? IP4_CKSUM_DONE : 0, &v));
	if (drop == MIEN_DROP_NONE) {
		rx_init(&rx, m, &v);
		drop = addresses_check(n, &v, dst, &rx);
	}
	if (drop == MIEN_DROP_NONE)
		drop = options_check(n, &rx, &v);
	if (drop == MIEN_DROP_NONE)
		return take_in(n, &rx);
	rte_pktmbuf_free(m);
	return drop;
}

/* The slow way to tcp_input: options, fragments, chains. Takes rx->m. */
static enum mien_drop
tcp_deliver(struct net *n, struct ip_rx *rx)
{
	struct tcp_segment seg = {.ttl = rx->ttl, .tos = rx->tos, .df = rx->df};
	enum mien_drop drop = MIEN_DROP_TCP_SHORT;
	uint32_t sum, doff;
	const uint8_t *p;

	if (!rx->host) {
		drop = MIEN_DROP_TCP_BROADCAST;
		goto out;
	}
	if (!pkt_contiguous(n->env, &rx->m, TCP_HDR_MIN))
		goto out;
	drop = MIEN_DROP_TCP_DATA_OFFSET;
	doff = (uint32_t)(pkt_data(rx->m)[12] >> 4) * 4;
	if (doff < TCP_HDR_MIN || !pkt_contiguous(n->env, &rx->m, doff))
		goto out;
	drop = MIEN_DROP_TCP_CHECKSUM;
	p = pkt_data(rx->m);
	sum = cksum_pseudo4(mien_addr_get_ip4(&rx->src), mien_addr_get_ip4(&rx->dst), IPP_TCP, (uint16_t)rx->len);
	if (!rx->cksum_ok && !cksum_is_ok(pkt_sum(rx->m, 0, rx->len, sum)))
		goto out;
	pkt_cut_front(rx->m, doff);
	segment_fill(n, &seg, rx->m, p, doff, rx->len - doff, &rx->dst, &rx->src);
	return tcp_input(n->tcp, &rx->host->tcp, &seg);
out:
	rte_pktmbuf_free(rx->m);
	return drop;
}

enum mien_drop
ip_deliver(struct net *n, struct ip_rx *rx)
{
	switch (rx->proto) {
	case IPP_TCP:
		return tcp_deliver(n, rx);
	case IPP_UDP:
		return udp_input(n, rx);
	case IPP_ICMP:
		return icmp4_input(n, rx);
	default:
		break;
	}
	if (rx->host && rx->host->tcp.p->icmp.protocol_unreachable)
		icmp_answer(n, rx, ICMP4_UNREACH, ICMP4_UNREACH_PROTO);
	rte_pktmbuf_free(rx->m);
	return MIEN_DROP_IP_PROTOCOL;
}
