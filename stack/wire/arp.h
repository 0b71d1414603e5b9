/* SPDX-License-Identifier: BSD-3-Clause */
/* ARP for IPv4 over Ethernet (RFC 826). */
#ifndef WIRE_ARP_H
#define WIRE_ARP_H

#include "wire.h"

#define ARP_PKT_LEN 28
#define ARP_HTYPE_ETHER 1

enum arp_op {
	ARP_REQUEST = 1,
	ARP_REPLY = 2,
	RARP_REQUEST = 3,
	RARP_REPLY = 4,
};

/*
 * The fields as they lie in the 28 bytes of the Ethernet/IPv4 form. When htype, ptype, hlen or
 * plen say otherwise the addresses are only what stands at those offsets: which oddities a host
 * overlooks is its personality's rule, not the parser's.
 */
struct arp_pkt {
	uint16_t htype;
	uint16_t ptype;
	uint8_t hlen;
	uint8_t plen;
	uint16_t op;
	uint8_t sha[6];
	uint8_t tha[6];
	uint32_t spa;
	uint32_t tpa;
};

/* WIRE_OK when 28 bytes are there, else WIRE_SHORT. Trailing bytes are padding. */
enum wire_verdict arp_parse(const uint8_t *p, size_t len, struct arp_pkt *a);

/* Do type and length fields name Ethernet and IPv4? */
bool arp_is_ether_ip4(const struct arp_pkt *a);

/* Writes ARP_PKT_LEN bytes, every field as given; returns what follows. The caller has the room. */
uint8_t *arp_build(uint8_t *p, const struct arp_pkt *a);

#endif
