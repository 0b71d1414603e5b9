/* SPDX-License-Identifier: BSD-3-Clause */
/* ARP received: RFC 826's order of steps, RFC 5227's conflicts, and the personality's tolerance of odd requests. */
#include "arp.h"

#include "net_parts.h"

#define ETYPE_IPX 0x8137
#define HTYPE_IEEE802 6

/* What is odd about the form of the packet: bits that the personality must have. */
static uint16_t
odd_form(const struct arp_pkt *a)
{
	uint16_t odd = 0;

	if (a->htype != ARP_HTYPE_ETHER)
		odd |= a->htype == HTYPE_IEEE802 ? MIEN_ARP_HRD_6 : MIEN_ARP_HRD_UNKNOWN;
	if (a->ptype != ETYPE_IP4)
		odd |= a->ptype == ETYPE_IPX ? MIEN_ARP_PRO_8137 : MIEN_ARP_PRO_UNKNOWN;
	if (a->plen != 4)
		odd |= MIEN_ARP_PLN_6;
	if (a->hlen != 6)
		odd |= MIEN_ARP_HLN_8;
	if (a->op != ARP_REQUEST && a->op != ARP_REPLY)
		odd |= MIEN_ARP_OP_UNKNOWN;
	return odd;
}

/* Lengths that no system overlooks. */
static bool
is_malformed(const struct arp_pkt *a)
{
	return (a->hlen != 6 && a->hlen != 8) || (a->plen != 4 && a->plen != 6);
}

/* What is odd about the sender's address, seen from h. */
static uint16_t
odd_sender(const struct host *h, uint32_t spa)
{
	struct mien_addr addr = mien_addr_ip4(spa);

	if (spa == 0)
		return MIEN_ARP_SPA_ZERO;
	if (ip4_is_loopback(spa))
		return MIEN_ARP_SPA_LOOPBACK;
	if (ip4_is_broadcast(spa))
		return MIEN_ARP_SPA_BROADCAST;
	if (ip4_is_subnet_broadcast(spa, mien_addr_get_ip4(&h->tcp.addr), h->tcp.prefix_len))
		return MIEN_ARP_SPA_NET_BROADCAST;
	return host_on_link(h, &addr) ? 0 : MIEN_ARP_SPA_OFFLINK;
}

/* RFC 1122 3.2.1.3 for the sender's two addresses. */
static bool
is_bad_sender(const struct arp_pkt *a, const struct host *target)
{
	if (eth_is_group(a->sha) && (!target || !(target->tcp.p->arp.answer & MIEN_ARP_SHA_GROUP)))
		return true;
	return eth_is_zero(a->sha) || ip4_is_multicast(a->spa) || ip4_is_class_e(a->spa);
}

/* The request turned round: odd fields stay as they came. */
static void
reply(struct net *n, struct host *h, const struct arp_pkt *request)
{
	struct arp_pkt a = *request;
	struct rte_mbuf *m = pkt_new(n->env, ARP_PKT_LEN);

	if (!m)
		return;
	a.op = ARP_REPLY;
	memcpy(a.tha, request->sha, sizeof(a.tha));
	a.tpa = request->spa;
	memcpy(a.sha, h->mac, sizeof(a.sha));
	a.spa = request->tpa;
	arp_build(pkt_append(m, ARP_PKT_LEN), &a);
	link_header(n, h, m, a.tha, ETYPE_ARP);
	link_output(n, m);
	n->env->counters.arp_replies_sent++;
}

/* The sender claims an address of ours; or, RFC 5227 2.1.1, probes for one that we are probing for. */
static bool
conflicts(struct net *n, const struct arp_pkt *a, struct host *target)
{
	struct mien_addr spa = mien_addr_ip4(a->spa);
	struct host *claimed = host_find(n, &spa);

	if (!claimed && target && target->acd <= ACD_WAIT && a->spa == 0 && a->op == ARP_REQUEST)
		claimed = target;
	if (!claimed || eth_addr_eq(a->sha, claimed->mac))
		return false;
	acd_conflict(n, claimed, a->sha);
	return true;
}

static enum mien_drop
for_host(struct net *n, struct host *h, const struct arp_pkt *a, uint16_t odd)
{
	struct mien_addr spa = mien_addr_ip4(a->spa);
	uint16_t odd_from;

	if (!h->tcp.ready)
		return MIEN_DROP_HOST_DOWN;
	odd_from = odd_sender(h, a->spa);
	if ((odd | odd_from) & (uint16_t)~h->tcp.p->arp.answer)
		return odd_from && !odd ? MIEN_DROP_ARP_BAD_SENDER : MIEN_DROP_ARP_IGNORED;
	if (!odd && !odd_from && !eth_is_group(a->sha))
		neigh_learn(n, &spa, a->sha, a->op == ARP_REQUEST);
	if (a->op != ARP_REPLY)
		reply(n, h, a);
	return MIEN_DROP_NONE;
}

enum mien_drop
arp_input(struct net *n, const uint8_t *dst, const uint8_t *body, uint32_t len)
{
	struct arp_pkt a;
	struct mien_addr tpa, spa;
	struct host *target;
	uint16_t odd;

	if (arp_parse(body, len, &a) != WIRE_OK || is_malformed(&a))
		return MIEN_DROP_ARP_MALFORMED;
	odd = odd_form(&a);
	tpa = mien_addr_ip4(a.tpa);
	spa = mien_addr_ip4(a.spa);
	target = host_find(n, &tpa);
	if (!eth_is_broadcast(dst) && !link_is_for(n, target, dst))
		return MIEN_DROP_ETH_NOT_OURS;
	if (is_bad_sender(&a, target))
		return MIEN_DROP_ARP_BAD_SENDER;
	if (!odd && conflicts(n, &a, target))
		return MIEN_DROP_ARP_CONFLICT;
	if (target)
		return for_host(n, target, &a, odd);
	if (!odd && host_find(n, &spa) == NULL && neigh_known(n, &spa))
		neigh_learn(n, &spa, a.sha, false); /* RFC 826: the merge, whoever was asked */
	return MIEN_DROP_ARP_NOT_OURS;
}
