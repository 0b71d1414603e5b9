/* SPDX-License-Identifier: BSD-3-Clause */
/* ARP packets of our own (RFC 826, RFC 5227). */
#include "arp.h"

#include "net_parts.h"

void
arp_request(struct net *n, struct host *h, uint32_t spa, uint32_t tpa, const uint8_t *dst)
{
	static const uint8_t broadcast[ETH_ADDR_LEN] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
	struct arp_pkt a = {
		.htype = ARP_HTYPE_ETHER,
		.ptype = ETYPE_IP4,
		.hlen = 6,
		.plen = 4,
		.op = ARP_REQUEST,
		.spa = spa,
		.tpa = tpa,
	};
	struct rte_mbuf *m = pkt_new(n->env, ARP_PKT_LEN);

	if (!m)
		return;
	memcpy(a.sha, h->mac, sizeof(a.sha));
	arp_build(pkt_append(m, ARP_PKT_LEN), &a);
	link_header(n, h, m, dst ? dst : broadcast, ETYPE_ARP);
	link_output(n, m);
	n->env->counters.arp_requests_sent++;
}
