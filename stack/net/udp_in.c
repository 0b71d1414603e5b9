/* SPDX-License-Identifier: BSD-3-Clause */
/* UDP received (RFC 768, RFC 1122 4.1): to an endpoint's queue, or the port is closed. */
#include "udp_hdr.h"

#include "udp_ep.h"

uint64_t
udp_hash(const struct net *n, const struct mien_addr *addr, uint16_t port)
{
	const struct siphash_key key = {n->hash_key.k0, n->hash_key.k1 ^ port};

	return siphash13_2w(&key, addr->q);
}

struct udp_ep *
udp_bound(const struct net *n, const struct mien_addr *addr, uint16_t port)
{
	struct flow_iter it;

	for (uint32_t i = flow_find_first(&n->udp_table, udp_hash(n, addr, port), &it); i != FLOW_NONE;
		i = flow_find_next(&n->udp_table, &it)) {
		struct udp_ep *ep = pool_at(&n->udps, i);

		if (ep->port == port && mien_addr_eq(&ep->addr, addr))
			return ep;
	}
	return NULL;
}

struct udp_ep *
udp_find(const struct net *n, const struct mien_addr *addr, const struct host *h, uint16_t port)
{
	const struct mien_addr any = mien_addr_any(), group = group_addr(h ? h->tcp.group : 0);
	struct udp_ep *ep = udp_bound(n, addr, port);

	if (!ep && !mien_addr_is_any(&group))
		ep = udp_bound(n, &group, port);
	return ep ? ep : udp_bound(n, &any, port);
}

/* RFC 768, RFC 1122 4.1.3.4. hdr: the header's bytes. */
static enum mien_drop
check(const struct ip_rx *rx, const uint8_t hdr[UDP_HDR_LEN], uint32_t *len)
{
	uint32_t sum;

	*len = get_be16(hdr + 4);
	if (*len < UDP_HDR_LEN || *len > rx->len)
		return MIEN_DROP_UDP_SHORT;
	if (get_be16(hdr + 6) == 0 || rx->cksum_ok)
		return MIEN_DROP_NONE;
	sum = cksum_pseudo4(mien_addr_get_ip4(&rx->src), mien_addr_get_ip4(&rx->dst), IPP_UDP, (uint16_t)*len);
	return cksum_is_ok(pkt_sum(rx->m, 0, *len, sum)) ? MIEN_DROP_NONE : MIEN_DROP_UDP_CHECKSUM;
}

/* Takes rx->m, cut to the datagram's data. */
static void
enqueue(struct net *n, struct udp_ep *ep, const struct ip_rx *rx, uint16_t sport)
{
	struct rte_mbuf *m = rx->m;

	*udp_meta(m) = (struct udp_meta){
		.peer = {
			.local = rx->dst,
			.remote = rx->src,
			.local_port = ep->port,
			.remote_port = sport,
			.ttl = rx->ttl,
			.tos = rx->tos,
		},
	};
	if (ep->tail)
		udp_meta(ep->tail)->next = m;
	else
		ep->head = m;
	ep->tail = m;
	ep->waiting++;
	n->env->mbufs_held += m->nb_segs;
	n->env->counters.udp_received++;
	env_event(n->env, &ep->ev, MIEN_EV_UDP_READABLE);
}

/* Its queue, or all queues together. */
static bool
is_full(const struct net *n, const struct udp_ep *ep)
{
	return ep->waiting >= ep->limit || (n->env->hold_recv && n->env->mbufs_held >= n->env->hold_recv);
}

enum mien_drop
udp_input(struct net *n, struct ip_rx *rx)
{
	enum mien_drop drop = MIEN_DROP_UDP_SHORT;
	uint8_t hdr[UDP_HDR_LEN];
	struct udp_ep *ep;
	uint32_t len;

	if (rx->len >= UDP_HDR_LEN) {
		pkt_copy(rx->m, 0, sizeof(hdr), hdr);
		drop = check(rx, hdr, &len);
	}
	if (drop != MIEN_DROP_NONE)
		goto out;
	ep = udp_find(n, &rx->dst, rx->host, get_be16(hdr + 2));
	drop = !ep ? MIEN_DROP_UDP_CLOSED : is_full(n, ep) ? MIEN_DROP_UDP_FULL : MIEN_DROP_NONE;
	if (drop != MIEN_DROP_NONE)
		goto out;
	pkt_cut_to(rx->m, len);
	pkt_cut_front(rx->m, UDP_HDR_LEN);
	enqueue(n, ep, rx, get_be16(hdr));
	return MIEN_DROP_NONE;
out:
	if (drop == MIEN_DROP_UDP_CLOSED && rx->host && rx->host->tcp.p->icmp.port_unreachable)
		icmp_answer(n, rx, ICMP4_UNREACH, ICMP4_UNREACH_PORT);
	rte_pktmbuf_free(rx->m);
	return drop;
}

enum mien_drop
udp_error(struct net *n, const struct transport_error *e)
{
	struct host *h = host_find(n, &e->local);
	struct udp_ep *ep = udp_find(n, &e->local, h, e->lport);

	if (!ep)
		return MIEN_DROP_ICMP_STALE;
	if (e->err == MIEN_EMSGSIZE && e->len && h)
		tcp_datagram_too_large(n->tcp, &h->tcp, &e->remote, e->mtu, e->len);
	ep->ev.err = e->err;
	env_event(n->env, &ep->ev, MIEN_EV_UDP_ERROR);
	return MIEN_DROP_NONE;
}
