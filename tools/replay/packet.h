/* SPDX-License-Identifier: BSD-3-Clause */
/* A frame of a capture, taken apart as far as replay must know it. Nothing in it is trusted. */
#ifndef TOOLS_PACKET_H
#define TOOLS_PACKET_H

#include <stdbool.h>
#include <stdint.h>

#define PACKET_MAX 65600u

enum packet_kind { PACKET_OTHER, PACKET_ARP, PACKET_IP4 };

#define TCP_FIN 1
#define TCP_SYN 2
#define TCP_RST 4
#define TCP_ACK 16

struct packet {
	uint8_t *frame; /* borrowed */
	uint32_t len;
	enum packet_kind kind;
	uint16_t vlan;	   /* 0: untagged */
	uint32_t src, dst; /* IPv4, or ARP's sender and target, host order */
	uint8_t *ip;	   /* IPv4 only */
	uint32_t ip_len;   /* of the packet, or what is there of it */
	uint8_t protocol;
	bool fragment;	   /* a part of a datagram */
	bool whole;	   /* all bytes the header announces are there */
	uint8_t *l4;	   /* NULL: not there (a later fragment, or cut) */
	uint32_t l4_len;
	/* TCP, when tcp is set: at least 20 bytes, and the options that the data offset announces, are there. */
	bool tcp;
	uint8_t flags;
	uint16_t src_port, dst_port; /* UDP too, else 0 */
	uint32_t seq, ack;
	uint32_t options_len, payload_len;
};

/** Takes a frame apart; p points into it. */
void packet_parse(struct packet *p, uint8_t *frame, uint32_t len);
/** Where the value of a TCP option lies, with its whole length >= least; NULL: not there. */
uint8_t *packet_option(const struct packet *p, uint8_t kind, uint8_t least, uint8_t *whole_len);

/** The checksum of the packet's TCP or UDP part, as it should stand in the header. */
uint16_t packet_checksum(const struct packet *p);
/** The checksum was left to a port: it holds the pseudo header's sum only. */
bool packet_unsummed(const struct packet *p);
/** Where the checksum of TCP or UDP stands; NULL: neither. */
uint8_t *packet_checksum_field(const struct packet *p);

#endif
