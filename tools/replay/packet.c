/* SPDX-License-Identifier: BSD-3-Clause */
/* Taking frames of captures apart. */
#include <string.h>

#include "bytes.h"
#include "packet.h"

#define ETHERTYPE_IP4 0x0800
#define ETHERTYPE_ARP 0x0806
#define ETHERTYPE_VLAN 0x8100
#define PROTO_TCP 6
#define PROTO_UDP 17

static void
parse_tcp(struct packet *p)
{
	uint32_t header;

	if (p->l4_len < 20)
		return;
	header = (uint32_t)(p->l4[12] >> 4) * 4;
	if (header < 20 || header > p->l4_len)
		return;
	p->tcp = true;
	p->seq = get32(p->l4 + 4);
	p->ack = get32(p->l4 + 8);
	p->flags = p->l4[13];
	p->options_len = header - 20;
	p->payload_len = p->l4_len - header;
}

static void
parse_ip4(struct packet *p, uint8_t *ip, uint32_t len)
{
	uint32_t header, total, offset;

	if (len < 20 || ip[0] >> 4 != 4)
		return;
	header = (uint32_t)(ip[0] & 15) * 4;
	total = get16(ip + 2);
	if (header < 20 || header > len || total < header)
		return;
	p->kind = PACKET_IP4;
	p->ip = ip;
	p->whole = total <= len;
	p->ip_len = p->whole ? total : len;
	p->src = get32(ip + 12);
	p->dst = get32(ip + 16);
	p->protocol = ip[9];
	offset = get16(ip + 6) & 0x1fffu;
	p->fragment = offset != 0 || (ip[6] & 0x20);
	if (offset != 0)
		return;
	p->l4 = ip + header;
	p->l4_len = p->ip_len - header;
	if ((p->protocol == PROTO_TCP || p->protocol == PROTO_UDP) && p->l4_len >= 8) {
		p->src_port = get16(p->l4);
		p->dst_port = get16(p->l4 + 2);
	}
	if (p->protocol == PROTO_TCP)
		parse_tcp(p);
}

void
packet_parse(struct packet *p, uint8_t *frame, uint32_t len)
{
	uint32_t at = 12;
	uint16_t type;

	*p = (struct packet){.frame = frame, .len = len};
	if (len < 14)
		return;
	type = get16(frame + at);
	if (type == ETHERTYPE_VLAN && len >= 18) {
		p->vlan = get16(frame + 14) & 0xfff;
		at = 16;
		type = get16(frame + at);
	}
	at += 2;
	if (type == ETHERTYPE_IP4) {
		parse_ip4(p, frame + at, len - at);
	} else if (type == ETHERTYPE_ARP && len - at >= 28) {
		p->kind = PACKET_ARP;
		p->src = get32(frame + at + 14);
		p->dst = get32(frame + at + 24);
	}
}

uint8_t *
packet_option(const struct packet *p, uint8_t kind, uint8_t least, uint8_t *whole_len)
{
	uint8_t *o = p->tcp ? p->l4 + 20 : NULL;
	uint32_t left = p->options_len;

	while (o && left > 0 && o[0] != 0) {
		uint32_t step = o[0] == 1 ? 1 : left > 1 ? o[1] : 0;

		if (step == 0 || step > left || (o[0] != 1 && step < 2))
			return NULL;
		if (o[0] == kind && step >= least) {
			*whole_len = (uint8_t)step;
			return o + 2;
		}
		o += step;
		left -= step;
	}
	return NULL;
}

static uint64_t
pseudo_sum(const struct packet *p)
{
	return sum_bytes(p->ip + 12, 8) + p->protocol + p->l4_len;
}

uint8_t *
packet_checksum_field(const struct packet *p)
{
	if (p->kind != PACKET_IP4 || !p->l4)
		return NULL;
	if (p->protocol == PROTO_TCP && p->l4_len >= 20)
		return p->l4 + 16;
	return p->protocol == PROTO_UDP && p->l4_len >= 8 ? p->l4 + 6 : NULL;
}

uint16_t
packet_checksum(const struct packet *p)
{
	uint8_t *field = packet_checksum_field(p);
	uint16_t sum = (uint16_t)~fold(pseudo_sum(p) + sum_bytes(p->l4, p->l4_len) + (uint16_t)~get16(field));

	return sum == 0 && p->protocol == PROTO_UDP ? 0xffff : sum;
}

bool
packet_unsummed(const struct packet *p)
{
	const uint8_t *field = packet_checksum_field(p);

	return field && p->whole && !p->fragment && get16(field) == fold(pseudo_sum(p)) && get16(field) != packet_checksum(p);
}
