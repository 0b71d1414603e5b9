/* SPDX-License-Identifier: BSD-3-Clause */
/* The 802.1Q tag: 16 bits of control information between source address and ethertype. */
#ifndef WIRE_VLAN_H
#define WIRE_VLAN_H

#include "ethertypes.h"
#include "wire.h"

#define VLAN_TAG_LEN 4
#define VLAN_VID_NONE 0 /* priority tag: the frame belongs to no VLAN (802.1Q 6.9.1) */

static inline uint16_t
vlan_vid(uint16_t tci)
{
	return tci & 0x0fff;
}

static inline uint8_t
vlan_pcp(uint16_t tci)
{
	return (uint8_t)(tci >> 13);
}

static inline bool
vlan_dei(uint16_t tci)
{
	return tci & 0x1000;
}

static inline uint16_t
vlan_tci(uint8_t pcp, bool dei, uint16_t vid)
{
	return (uint16_t)((pcp & 7) << 13 | (dei ? 0x1000 : 0) | (vid & 0x0fff));
}

/* Is it the ethertype of a tag, customer or service? */
static inline bool
vlan_is_tag(uint16_t ethertype)
{
	return ethertype == ETYPE_VLAN || ethertype == ETYPE_SVLAN;
}

#endif
