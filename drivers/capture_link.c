/* SPDX-License-Identifier: BSD-3-Clause */
#include <string.h>

#include <pcap/pcap.h>

#include "capture_link.h"

/* Senders and receivers without a MAC get these: locally administered. */
static const uint8_t stand_in[12] = {2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1};

bool
link_is_known(int dlt)
{
	switch (dlt) {
	case DLT_EN10MB:
	case DLT_RAW:
	case DLT_IPV4:
	case DLT_IPV6:
	case DLT_NULL:
	case DLT_LOOP:
	case DLT_LINUX_SLL:
	case DLT_LINUX_SLL2:
		return true;
	default:
		return false;
	}
}

/* Bare IP: the version tells the type. */
static int
from_ip(const uint8_t *packet, uint32_t len, uint32_t skip, uint8_t *header)
{
	static const uint8_t ip4[2] = {0x08, 0x00}, ip6[2] = {0x86, 0xdd};

	if (len <= skip)
		return -1;
	memcpy(header + 12, packet[skip] >> 4 == 6 ? ip6 : ip4, 2);
	return (int)skip;
}

/* Linux "cooked": protocol, and the sender's address when it is six bytes long. */
static int
from_cooked(const uint8_t *packet, uint32_t len, uint32_t skip, uint32_t protocol_at, uint32_t length_at,
	uint32_t address_at, uint8_t *header)
{
	if (len < skip)
		return -1;
	if (packet[length_at] == 6)
		memcpy(header + 6, packet + address_at, 6);
	memcpy(header + 12, packet + protocol_at, 2);
	return (int)skip;
}

int
link_to_ethernet(int dlt, const uint8_t *packet, uint32_t len, uint8_t header[LINK_ETHER_LEN])
{
	memcpy(header, stand_in, sizeof(stand_in));
	switch (dlt) {
	case DLT_NULL:
	case DLT_LOOP:
		return from_ip(packet, len, 4, header);
	case DLT_LINUX_SLL: /* type, hardware, length, address[8], protocol */
		return from_cooked(packet, len, 16, 14, 5, 6, header);
	case DLT_LINUX_SLL2: /* protocol, reserved, interface, hardware, type, length, address[8] */
		return from_cooked(packet, len, 20, 0, 11, 12, header);
	default:
		return from_ip(packet, len, 0, header);
	}
}
