/* SPDX-License-Identifier: BSD-3-Clause */
#include "arp.h"

#include "ethertypes.h"

enum wire_verdict
arp_parse(const uint8_t *p, size_t len, struct arp_pkt *a)
{
	if (len < ARP_PKT_LEN)
		return WIRE_SHORT;
	a->htype = get_be16(p);
	a->ptype = get_be16(p + 2);
	a->hlen = p[4];
	a->plen = p[5];
	a->op = get_be16(p + 6);
	memcpy(a->sha, p + 8, sizeof(a->sha));
	a->spa = get_be32(p + 14);
	memcpy(a->tha, p + 18, sizeof(a->tha));
	a->tpa = get_be32(p + 24);
	return WIRE_OK;
}

bool
arp_is_ether_ip4(const struct arp_pkt *a)
{
	return a->htype == ARP_HTYPE_ETHER && a->ptype == ETYPE_IP4 && a->hlen == 6 && a->plen == 4;
}

uint8_t *
arp_build(uint8_t *p, const struct arp_pkt *a)
{
	put_be16(p, a->htype);
	put_be16(p + 2, a->ptype);
	p[4] = a->hlen;
	p[5] = a->plen;
	put_be16(p + 6, a->op);
	memcpy(p + 8, a->sha, sizeof(a->sha));
	put_be32(p + 14, a->spa);
	memcpy(p + 18, a->tha, sizeof(a->tha));
	put_be32(p + 24, a->tpa);
	return p + ARP_PKT_LEN;
}
