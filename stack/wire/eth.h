/* SPDX-License-Identifier: BSD-3-Clause */
/* Ethernet II framing (RFC 894) with at most one 802.1Q tag. */
#ifndef WIRE_ETH_H
#define WIRE_ETH_H

#include "ethertypes.h"
#include "vlan.h"
#include "wire.h"

#define ETH_ADDR_LEN 6
#define ETH_HDR_LEN 14
#define ETH_MIN_FRAME 60 /* without FCS; shorter ones are padded by port or driver */

struct eth_hdr_v {
	uint8_t dst[ETH_ADDR_LEN];
	uint8_t src[ETH_ADDR_LEN];
	uint16_t ethertype; /* of the payload, behind the tag when there is one */
	uint16_t tci;	    /* 0 when untagged */
	bool tagged;
	uint8_t hdr_len; /* 14 or 18 */
	uint32_t payload_len;
	const uint8_t *payload;
};

static inline bool
eth_is_group(const uint8_t addr[ETH_ADDR_LEN])
{
	return addr[0] & 1;
}

static inline bool
eth_is_broadcast(const uint8_t addr[ETH_ADDR_LEN])
{
	return get_be32(addr) == 0xffffffff && get_be16(addr + 4) == 0xffff;
}

static inline bool
eth_is_zero(const uint8_t addr[ETH_ADDR_LEN])
{
	return get_be32(addr) == 0 && get_be16(addr + 4) == 0;
}

static inline bool
eth_addr_eq(const uint8_t a[ETH_ADDR_LEN], const uint8_t b[ETH_ADDR_LEN])
{
	return get_be32(a) == get_be32(b) && get_be16(a + 4) == get_be16(b + 4);
}

/*
 * WIRE_OK, WIRE_SHORT, WIRE_LENGTH_FRAME or WIRE_QINQ. With the last two the addresses, the
 * ethertype found and the payload are still filled in.
 */
static inline enum wire_verdict
eth_parse(const uint8_t *p, size_t len, struct eth_hdr_v *v)
{
	if (len < ETH_HDR_LEN)
		return WIRE_SHORT;
	memcpy(v->dst, p, ETH_ADDR_LEN);
	memcpy(v->src, p + 6, ETH_ADDR_LEN);
	v->ethertype = get_be16(p + 12);
	v->tci = 0;
	v->tagged = false;
	v->hdr_len = ETH_HDR_LEN;
	if (__builtin_expect(v->ethertype == ETYPE_VLAN, 0)) {
		if (len < ETH_HDR_LEN + VLAN_TAG_LEN)
			return WIRE_SHORT;
		v->tci = get_be16(p + 14);
		v->tagged = true;
		v->ethertype = get_be16(p + 16);
		v->hdr_len = ETH_HDR_LEN + VLAN_TAG_LEN;
	}
	v->payload = p + v->hdr_len;
	v->payload_len = (uint32_t)(len - v->hdr_len);
	if (__builtin_expect(vlan_is_tag(v->ethertype), 0))
		return WIRE_QINQ;
	return __builtin_expect(v->ethertype < ETYPE_MIN, 0) ? WIRE_LENGTH_FRAME : WIRE_OK;
}

/* Writes the 14-byte header; returns what follows it. The caller has the room. */
static inline uint8_t *
eth_build(uint8_t *p, const uint8_t dst[ETH_ADDR_LEN], const uint8_t src[ETH_ADDR_LEN],
	uint16_t ethertype)
{
	memcpy(p, dst, ETH_ADDR_LEN);
	memcpy(p + 6, src, ETH_ADDR_LEN);
	put_be16(p + 12, ethertype);
	return p + ETH_HDR_LEN;
}

/* The same with an 802.1Q tag, 18 bytes. */
static inline uint8_t *
eth_build_tagged(uint8_t *p, const uint8_t dst[ETH_ADDR_LEN], const uint8_t src[ETH_ADDR_LEN],
	uint16_t tci, uint16_t ethertype)
{
	p = eth_build(p, dst, src, ETYPE_VLAN);
	put_be16(p, tci);
	put_be16(p + 2, ethertype);
	return p + VLAN_TAG_LEN;
}

#endif
