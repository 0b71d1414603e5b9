/* SPDX-License-Identifier: BSD-3-Clause */
#include "frames.h"

#include <string.h>

#include "octets.h"

#define ETHER 14
#define IP 20

size_t
frame_raw(const struct frame_link *l, const struct frame_ip *f, const uint8_t *body, size_t len, uint8_t *frame)
{
	uint8_t *ip = frame + ETHER;

	memcpy(frame, l->to, 6);
	memcpy(frame + 6, l->from, 6);
	octets_put16(frame + 12, 0x0800);
	memset(ip, 0, IP);
	ip[0] = 0x45;
	ip[1] = f->tos;
	octets_put16(ip + 2, (uint16_t)(IP + len));
	octets_put16(ip + 4, f->id);
	octets_put16(ip + 6, (uint16_t)((f->df ? 0x4000 : 0) | (f->more ? 0x2000 : 0) | f->fragment));
	ip[8] = f->ttl;
	ip[9] = f->protocol;
	octets_put32(ip + 12, f->src);
	octets_put32(ip + 16, f->dst);
	octets_put16(ip + 10, octets_checksum(ip, IP, 0));
	if (len)
		memcpy(ip + IP, body, len);
	return ETHER + IP + len;
}

size_t
frame_segment(const struct frame_link *l, const struct frame_ip *f, const struct frame_tcp *t, uint8_t *frame)
{
	uint8_t body[FRAME_BODY] = {0};
	size_t head = 20u + t->opt_len, len = head + t->data_len;
	struct frame_ip ip = *f;

	ip.protocol = 6;
	octets_put16(body, t->sport);
	octets_put16(body + 2, t->dport);
	octets_put32(body + 4, t->seq);
	octets_put32(body + 8, t->ack);
	body[12] = (uint8_t)(head / 4 << 4);
	body[13] = t->flags;
	octets_put16(body + 14, t->window);
	memcpy(body + 20, t->opts, t->opt_len);
	memset(body + head, t->fill, t->data_len);
	octets_put16(body + 16, octets_checksum(body, len, octets_pseudo(f->src, f->dst, 6, (uint16_t)len)));
	return frame_raw(l, &ip, body, len, frame);
}

size_t
frame_datagram(const struct frame_link *l, const struct frame_ip *f, uint16_t sport, uint16_t dport, size_t len,
	uint8_t *frame)
{
	uint8_t body[FRAME_BODY];
	struct frame_ip ip = *f;

	ip.protocol = 17;
	octets_put16(body, sport);
	octets_put16(body + 2, dport);
	octets_put16(body + 4, (uint16_t)(8 + len));
	octets_put16(body + 6, 0);
	memset(body + 8, 'C', len);
	octets_put16(body + 6, octets_checksum(body, 8 + len, octets_pseudo(f->src, f->dst, 17, (uint16_t)(8 + len))));
	return frame_raw(l, &ip, body, 8 + len, frame);
}

size_t
frame_icmp(const struct frame_link *l, const struct frame_ip *f, uint8_t type, uint8_t code, uint16_t id, uint16_t seq,
	size_t len, uint8_t *frame)
{
	uint8_t body[FRAME_BODY] = {type, code};
	struct frame_ip ip = *f;

	ip.protocol = 1;
	octets_put16(body + 4, id);
	octets_put16(body + 6, seq);
	octets_put16(body + 2, octets_checksum(body, 8 + len, 0));
	return frame_raw(l, &ip, body, 8 + len, frame);
}

size_t
frame_arp(const struct frame_link *l, uint16_t op, uint32_t src, uint32_t dst, uint8_t *frame)
{
	uint8_t *p = frame + 12;

	memcpy(frame, l->to, 6);
	memcpy(frame + 6, l->from, 6);
	p = octets_put16(p, 0x0806);
	p = octets_put16(p, 1);
	p = octets_put16(p, 0x0800);
	*p++ = 6;
	*p++ = 4;
	p = octets_put16(p, op);
	memcpy(p, l->from, 6);
	p = octets_put32(p + 6, src);
	if (op == 1)
		memset(p, 0, 6);
	else
		memcpy(p, l->to, 6);
	octets_put32(p + 6, dst);
	return 42;
}
