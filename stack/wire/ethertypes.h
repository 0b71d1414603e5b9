/* SPDX-License-Identifier: BSD-3-Clause */
/* Ethertypes (IANA ieee-802-numbers) and IP protocol numbers (IANA protocol-numbers). */
#ifndef WIRE_ETHERTYPES_H
#define WIRE_ETHERTYPES_H

enum ethertype {
	ETYPE_MIN = 0x0600, /* below it the field is an 802.3 length */
	ETYPE_IP4 = 0x0800,
	ETYPE_ARP = 0x0806,
	ETYPE_RARP = 0x8035,
	ETYPE_VLAN = 0x8100, /* 802.1Q C-tag */
	ETYPE_IP6 = 0x86dd,
	ETYPE_SVLAN = 0x88a8, /* 802.1ad S-tag */
};

enum ip_proto {
	IPP_HOPOPT = 0,
	IPP_ICMP = 1,
	IPP_IGMP = 2,
	IPP_IPIP = 4,
	IPP_TCP = 6,
	IPP_UDP = 17,
	IPP_IP6 = 41,
	IPP_ROUTING = 43,
	IPP_FRAGMENT = 44,
	IPP_ESP = 50,
	IPP_AH = 51,
	IPP_ICMP6 = 58,
	IPP_NONE = 59,
	IPP_DSTOPTS = 60,
	IPP_MOBILITY = 135,
};

#endif
