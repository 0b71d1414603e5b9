/* SPDX-License-Identifier: BSD-3-Clause */
#include "flood_frames.h"

#include <string.h>

#include "octets.h"

#define ETHER 14
#define IP 20
#define PORTS 28232 /* Linux's range of ports for connections */
#define PORT_FIRST 32768

enum { FIN = 1, SYN = 2, RST = 4, PSH = 8, ACK = 16 };

static const struct shape {
	const char *name;
	uint8_t flags;
	bool open;
} shapes[FLOOD_KINDS] = {
	[FLOOD_SYN] = {"syn", SYN, true},
	[FLOOD_SYN_CLOSED] = {"syn-closed", SYN, false},
	[FLOOD_ACK] = {"ack", ACK, true},
	[FLOOD_ACK_CLOSED] = {"ack-closed", ACK, false},
	[FLOOD_RST] = {"rst", RST, true},
	[FLOOD_FIN] = {"fin", FIN | ACK, true},
	[FLOOD_SYN_ACK] = {"syn-ack", SYN | ACK, true},
	[FLOOD_BLIND] = {"blind", 0, true},
	[FLOOD_FRAGMENT] = {"fragment", 0, true},
	[FLOOD_UDP] = {"udp", 0, false},
	[FLOOD_ECHO] = {"echo", 0, true},
	[FLOOD_ARP] = {"arp", 0, true},
};

/* splitmix64 (Steele, Lea, Flood 2014) */
static uint64_t
draw(struct flood *f)
{
	uint64_t z = f->seed += 0x9e3779b97f4a7c15u;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return z ^ z >> 31;
}

const char *
flood_name(enum flood_kind kind)
{
	return shapes[kind].name;
}

bool
flood_find(const char *name, enum flood_kind *kind)
{
	for (unsigned i = 0; i < FLOOD_KINDS; i++)
		if (strcmp(shapes[i].name, name) == 0) {
			*kind = (enum flood_kind)i;
			return true;
		}
	return false;
}

static void
put_link(const struct flood *f, uint8_t *frame, uint16_t type)
{
	memcpy(frame, f->to, 6);
	memcpy(frame + 6, f->from, 6);
	octets_put16(frame + 12, type);
}

/* Behind the header come len bytes; fragment as in the header. */
static size_t
put_ip(const struct flood *f, uint8_t *frame, uint32_t src, uint8_t protocol, uint16_t id, uint16_t fragment, size_t len)
{
	uint8_t *ip = frame + ETHER;

	put_link(f, frame, 0x0800);
	memset(ip, 0, IP);
	ip[0] = 0x45;
	octets_put16(ip + 2, (uint16_t)(IP + len));
	octets_put16(ip + 4, id);
	octets_put16(ip + 6, fragment);
	ip[8] = 57;
	ip[9] = protocol;
	octets_put32(ip + 12, src);
	octets_put32(ip + 16, f->target);
	octets_put16(ip + 10, octets_checksum(ip, IP, 0));
	return ETHER + IP + len;
}

/* 20.0.0.0 to 119.255.255.255: beyond every gateway. */
static uint32_t
stranger(uint64_t x)
{
	return (20 + (uint32_t)(x >> 32) % 100) << 24 | ((uint32_t)x & 0xffffff);
}

static size_t
tcp_frame(struct flood *f, uint8_t *frame, uint32_t src, uint16_t sport, uint8_t flags)
{
	static const uint8_t offer[20] = {2, 4, 5, 0xb4, 4, 2, 8, 10, 0, 0, 1, 0, 0, 0, 0, 0, 1, 3, 3, 7};
	uint8_t *tcp = frame + ETHER + IP;
	size_t options = flags & SYN ? sizeof(offer) : 0, data = flags & PSH ? 8 : 0, len = 20 + options + data;
	uint64_t x = draw(f);

	octets_put16(tcp, sport);
	octets_put16(tcp + 2, shapes[f->kind].open ? f->open_port : f->closed_port);
	octets_put32(tcp + 4, (uint32_t)x);
	octets_put32(tcp + 8, flags & ACK ? (uint32_t)(x >> 32) : 0);
	tcp[12] = (uint8_t)((20 + options) / 4 << 4);
	tcp[13] = flags;
	octets_put16(tcp + 14, 64240);
	memset(tcp + 16, 0, 4);
	memcpy(tcp + 20, offer, options);
	memset(tcp + 20 + options, 'x', data);
	octets_put16(tcp + 16, octets_checksum(tcp, len, octets_pseudo(src, f->target, 6, (uint16_t)len)));
	return put_ip(f, frame, src, 6, (uint16_t)x, 0x4000, len);
}

static size_t
blind_frame(struct flood *f, uint8_t *frame)
{
	static const uint8_t flags[] = {RST, SYN, ACK, PSH | ACK, RST | ACK, FIN | ACK};
	uint64_t x = draw(f);

	return tcp_frame(f, frame, f->peer, (uint16_t)(PORT_FIRST + (uint32_t)x % PORTS), flags[(x >> 32) % sizeof(flags)]);
}

static size_t
fragment_frame(struct flood *f, uint8_t *frame)
{
	uint64_t x = draw(f);

	memset(frame + ETHER + IP, 'f', 24);
	return put_ip(f, frame, stranger(x), x >> 40 & 1 ? 17 : 6, (uint16_t)(x >> 16), 0x2000, 24);
}

static size_t
udp_frame(struct flood *f, uint8_t *frame)
{
	uint8_t *udp = frame + ETHER + IP;
	uint64_t x = draw(f);
	uint32_t src = stranger(x);

	octets_put16(udp, (uint16_t)(x >> 16));
	octets_put16(udp + 2, f->closed_port);
	octets_put16(udp + 4, 16);
	octets_put16(udp + 6, 0);
	memset(udp + 8, 'u', 8);
	octets_put16(udp + 6, octets_checksum(udp, 16, octets_pseudo(src, f->target, 17, 16)));
	return put_ip(f, frame, src, 17, (uint16_t)x, 0, 16);
}

static size_t
echo_frame(struct flood *f, uint8_t *frame)
{
	uint8_t *icmp = frame + ETHER + IP;
	uint64_t x = draw(f);

	memset(icmp, 0, 24);
	icmp[0] = 8;
	octets_put16(icmp + 6, (uint16_t)x);
	octets_put16(icmp + 2, octets_checksum(icmp, 24, 0));
	return put_ip(f, frame, stranger(x), 1, (uint16_t)(x >> 16), 0, 24);
}

/* A request from an address of the target's /16. */
static size_t
arp_frame(struct flood *f, uint8_t *frame)
{
	static const uint8_t head[8] = {0, 1, 8, 0, 6, 4, 0, 1};
	uint8_t *arp = frame + ETHER;
	uint64_t x = draw(f);

	put_link(f, frame, 0x0806);
	memset(frame, 0xff, 6);
	memset(arp, 0, 28);
	memcpy(arp, head, sizeof(head));
	arp[8] = 2;
	octets_put32(arp + 9, (uint32_t)x);
	memcpy(frame + 6, arp + 8, 6);
	octets_put32(arp + 14, (f->target & 0xffff0000u) | (uint32_t)(0x100 + (x >> 32) % 0xfe00));
	octets_put32(arp + 24, f->target);
	return ETHER + 46;
}

size_t
flood_frame(struct flood *f, uint8_t frame[FLOOD_FRAME_MAX])
{
	uint64_t x;

	switch (f->kind) {
	case FLOOD_BLIND:
		return blind_frame(f, frame);
	case FLOOD_FRAGMENT:
		return fragment_frame(f, frame);
	case FLOOD_UDP:
		return udp_frame(f, frame);
	case FLOOD_ECHO:
		return echo_frame(f, frame);
	case FLOOD_ARP:
		return arp_frame(f, frame);
	default:
		x = draw(f);
		return tcp_frame(f, frame, stranger(x), (uint16_t)(1024 + (x >> 48) % 60000), shapes[f->kind].flags);
	}
}
