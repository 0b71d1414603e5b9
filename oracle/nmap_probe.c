/* SPDX-License-Identifier: BSD-3-Clause */
#include "nmap_probe.h"

#include <string.h>

#include "octets.h"

#define ETHER 14
#define IP 20

#define U1_DATA 300
#define U1_ID 0x1042
#define U1_BYTE 'C'

#define WS(n) 3, 3, (n)
#define NOP 1
#define MSS(n) 2, 4, (n) >> 8, (n) & 255
#define TS 8, 10, 255, 255, 255, 255, 0, 0, 0, 0
#define SACKOK 4, 2
#define EOL 0

/* What differs between the TCP probes. */
struct shape {
	uint8_t flags, reserved, opt_len;
	bool df, closed, no_ack;
	uint16_t window, urgent;
	uint8_t opts[20];
};

static const struct shape seq_shapes[6] = {
	{.flags = FLAG_SYN, .window = 1, .opt_len = 20, .opts = {WS(10), NOP, MSS(1460), TS, SACKOK}},
	{.flags = FLAG_SYN, .window = 63, .opt_len = 20, .opts = {MSS(1400), WS(0), SACKOK, TS, EOL}},
	{.flags = FLAG_SYN, .window = 4, .opt_len = 20, .opts = {TS, NOP, NOP, WS(5), NOP, MSS(640)}},
	{.flags = FLAG_SYN, .window = 4, .opt_len = 16, .opts = {SACKOK, TS, WS(10), EOL}},
	{.flags = FLAG_SYN, .window = 16, .opt_len = 20, .opts = {MSS(536), SACKOK, TS, WS(10), EOL}},
	{.flags = FLAG_SYN, .window = 512, .opt_len = 16, .opts = {MSS(265), SACKOK, TS}},
};

static const struct shape ecn_shape = {
	.flags = FLAG_SYN | FLAG_ECE | FLAG_CWR,
	.reserved = 8,
	.window = 3,
	.urgent = 0xf7f5,
	.no_ack = true,
	.opt_len = 12,
	.opts = {WS(10), NOP, MSS(1460), SACKOK, NOP, NOP},
};

/* T2 to T7. */
#define ODD_OPTS .opt_len = 20, .opts = {WS(10), NOP, MSS(265), TS, SACKOK}
static const struct shape odd_shapes[6] = {
	{.flags = 0, .window = 128, .df = true, ODD_OPTS},
	{.flags = FLAG_SYN | FLAG_FIN | FLAG_URG | FLAG_PSH, .window = 256, ODD_OPTS},
	{.flags = FLAG_ACK, .window = 1024, .df = true, ODD_OPTS},
	{.flags = FLAG_SYN, .window = 31337, .closed = true, ODD_OPTS},
	{.flags = FLAG_ACK, .window = 32768, .df = true, .closed = true, ODD_OPTS},
	{.flags = FLAG_FIN | FLAG_PSH | FLAG_URG, .window = 65535, .closed = true, .opt_len = 20,
		.opts = {WS(15), NOP, MSS(265), TS, SACKOK}},
};

static const struct shape *
shape_of(enum nmap_probe probe)
{
	if (probe <= NMAP_S6)
		return &seq_shapes[probe - NMAP_S1];
	if (probe >= NMAP_O1 && probe <= NMAP_O6)
		return &seq_shapes[probe - NMAP_O1];
	if (probe == NMAP_PROBE_ECN)
		return &ecn_shape;
	if (probe == NMAP_PROBE_T1)
		return &seq_shapes[0];
	return &odd_shapes[probe - NMAP_PROBE_T2];
}

/* splitmix64's output function: numbers that only the probe decides. */
static uint64_t
mix(uint64_t z)
{
	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return z ^ z >> 31;
}

static void
put_ether(const struct nmap_target *t, uint8_t *frame)
{
	memcpy(frame, t->mac, 6);
	memcpy(frame + 6, t->scanner_mac, 6);
	octets_put16(frame + 12, 0x0800);
}

struct ip_facts {
	uint16_t len, id;
	uint8_t tos, ttl, protocol;
	bool df;
};

/* The frame's first two headers; what follows them. */
static uint8_t *
put_ip(const struct nmap_target *t, uint8_t *frame, const struct ip_facts *f)
{
	uint8_t *ip = frame + ETHER;

	put_ether(t, frame);
	ip[0] = 0x45;
	ip[1] = f->tos;
	octets_put16(ip + 2, (uint16_t)(IP + f->len));
	octets_put16(ip + 4, f->id);
	octets_put16(ip + 6, f->df ? 0x4000 : 0);
	ip[8] = f->ttl;
	ip[9] = f->protocol;
	octets_put16(ip + 10, 0);
	octets_put32(ip + 12, t->scanner);
	octets_put32(ip + 16, t->addr);
	octets_put16(ip + 10, octets_checksum(ip, IP, 0));
	return ip + IP;
}

size_t
nmap_segment_build(const struct nmap_target *t, const struct nmap_segment *s, uint8_t *frame)
{
	uint16_t len = (uint16_t)(20 + s->opt_len);
	const struct ip_facts ip = {.len = len, .id = s->ip_id, .ttl = s->ttl, .protocol = 6, .df = s->df};
	uint8_t *p = put_ip(t, frame, &ip);

	octets_put16(p, s->sport);
	octets_put16(p + 2, s->dport);
	octets_put32(p + 4, s->seq);
	octets_put32(p + 8, s->ack);
	p[12] = (uint8_t)(len / 4 << 4 | s->reserved);
	p[13] = s->flags;
	octets_put16(p + 14, s->window);
	octets_put16(p + 16, 0);
	octets_put16(p + 18, s->urgent);
	memcpy(p + 20, s->opts, s->opt_len);
	octets_put16(p + 16, octets_checksum(p, len, octets_pseudo(t->scanner, t->addr, 6, len)));
	return (size_t)(ETHER + IP + len);
}

static uint16_t
source_port(const struct nmap_target *t, enum nmap_probe probe)
{
	return (uint16_t)(t->port_base + probe);
}

static size_t
build_tcp(const struct nmap_target *t, enum nmap_probe probe, uint8_t *frame, struct nmap_sent *sent)
{
	const struct shape *shape = shape_of(probe);
	struct nmap_segment s = {.sport = source_port(t, probe),
		.dport = shape->closed ? t->closed : t->open,
		.seq = sent->seq,
		.ack = sent->ack,
		.flags = shape->flags,
		.reserved = shape->reserved,
		.opt_len = shape->opt_len,
		.ttl = sent->ttl,
		.window = shape->window,
		.urgent = shape->urgent,
		.ip_id = sent->ip_id,
		.df = shape->df};

	memcpy(s.opts, shape->opts, sizeof(shape->opts));
	return nmap_segment_build(t, &s, frame);
}

static size_t
build_udp(const struct nmap_target *t, uint8_t *frame, struct nmap_sent *sent)
{
	const uint16_t len = 8 + U1_DATA;
	const struct ip_facts ip = {.len = len, .id = U1_ID, .ttl = sent->ttl, .protocol = 17};
	uint8_t *p = put_ip(t, frame, &ip);

	octets_put16(p, t->udp_port);
	octets_put16(p + 2, t->closed_udp);
	octets_put16(p + 4, len);
	octets_put16(p + 6, 0);
	memset(p + 8, U1_BYTE, U1_DATA);
	sent->ip_id = U1_ID;
	sent->udp_sum = octets_checksum(p, len, octets_pseudo(t->scanner, t->addr, 17, len));
	octets_put16(p + 6, sent->udp_sum);
	return (size_t)(ETHER + IP + len);
}

static size_t
build_echo(const struct nmap_target *t, bool second, uint8_t *frame, const struct nmap_sent *sent)
{
	const uint16_t len = second ? 8 + 150 : 8 + 120;
	const struct ip_facts ip = {.len = len,
		.id = sent->ip_id,
		.tos = second ? 4 : 0,
		.ttl = sent->ttl,
		.protocol = 1,
		.df = !second};
	uint8_t *p = put_ip(t, frame, &ip);

	memset(p, 0, len);
	p[0] = 8;
	p[1] = second ? 0 : 9;
	octets_put16(p + 4, (uint16_t)(t->echo_id + second));
	octets_put16(p + 6, second ? 296 : 295);
	octets_put16(p + 2, octets_checksum(p, len, 0));
	return (size_t)(ETHER + IP + len);
}

size_t
nmap_probe_build(
	const struct nmap_target *t, enum nmap_probe probe, uint8_t *frame, struct nmap_sent *sent)
{
	uint64_t random = mix(t->seed + (probe + 1) * 0x9e3779b97f4a7c15u);
	bool seq = probe <= NMAP_S6;

	sent->ip_id = (uint16_t)random;
	sent->ttl = (uint8_t)(37 + (random >> 16) % 23);
	sent->seq = t->seq + (seq ? (uint32_t)(probe - NMAP_S1) : 0);
	sent->ack = probe == NMAP_PROBE_ECN ? 0 : t->ack;
	switch (probe) {
	case NMAP_PROBE_U1:
		sent->ttl = (uint8_t)(51 + (random >> 16) % 14);
		return build_udp(t, frame, sent);
	case NMAP_PROBE_IE1:
	case NMAP_PROBE_IE2:
		return build_echo(t, probe == NMAP_PROBE_IE2, frame, sent);
	default:
		return build_tcp(t, probe, frame, sent);
	}
}

/* A port unreachable that quotes as much as the ports of the datagram. */
static bool
answers_udp(const struct nmap_target *t, const struct observed *o)
{
	return o->type == 3 && o->code == 3 && o->quote_len >= IP + 8 && o->quote[9] == 17 &&
	       octets_get16(o->quote + IP) == t->udp_port &&
	       octets_get16(o->quote + IP + 2) == t->closed_udp;
}

/* Every option of a known kind has its length; what is left over is padding. */
static bool
options_sound(const struct observed *o)
{
	static const uint8_t lengths[15] = {[2] = 4, [3] = 3, [4] = 2, [8] = 10, [14] = 3};
	struct opt_walk w;

	opt_begin(&w, o->opts, o->opt_len);
	while (opt_next(&w)) {
		if (w.kind == 0)
			return true;
		if (w.kind == 5 && (w.len - 2) % 8 != 0)
			return false;
		if (w.kind < sizeof(lengths) && lengths[w.kind] && w.len != lengths[w.kind])
			return false;
	}
	return w.at == w.end;
}

enum nmap_probe
nmap_probe_of(const struct nmap_target *t, const struct observed *o)
{
	uint16_t offset = (uint16_t)(o->dport - t->port_base);

	if (o->dst != t->scanner || o->src != t->addr)
		return NMAP_PROBES;
	if (o->kind == OBSERVED_ICMP && answers_udp(t, o))
		return NMAP_PROBE_U1;
	if (o->kind == OBSERVED_ICMP && o->type == 0) {
		if (o->rest == ((uint32_t)t->echo_id << 16 | 295))
			return NMAP_PROBE_IE1;
		if (o->rest == ((uint32_t)(uint16_t)(t->echo_id + 1) << 16 | 296))
			return NMAP_PROBE_IE2;
	}
	if (o->kind != OBSERVED_TCP || offset >= NMAP_PROBES || !options_sound(o))
		return NMAP_PROBES;
	return (enum nmap_probe)offset;
}

static bool
resembles_shape(const struct observed *o, const struct shape *s)
{
	return o->flags == s->flags && o->window == s->window && o->reserved == s->reserved && o->df == s->df &&
	       o->opt_len == s->opt_len && memcmp(o->opts, s->opts, s->opt_len) == 0;
}

static bool
resembles_datagram(const struct observed *o)
{
	uint8_t data[U1_DATA];

	if (o->ip_id != U1_ID || o->data_len != U1_DATA)
		return false;
	memset(data, U1_BYTE, sizeof(data));
	return o->data_crc == octets_crc32(data, sizeof(data));
}

bool
nmap_probe_resembles(const struct observed *o)
{
	if (o->kind == OBSERVED_UDP)
		return resembles_datagram(o);
	if (o->kind == OBSERVED_ICMP && o->type == 8)
		return (o->code == 9 && (o->rest & 0xffff) == 295 && o->quote_len == 120) ||
		       (o->code == 0 && o->tos == 4 && (o->rest & 0xffff) == 296 && o->quote_len == 150);
	if (o->kind != OBSERVED_TCP)
		return false;
	for (unsigned i = 0; i < 6; i++)
		if (resembles_shape(o, &seq_shapes[i]) || resembles_shape(o, &odd_shapes[i]))
			return true;
	return resembles_shape(o, &ecn_shape);
}

size_t
nmap_reset_build(const struct nmap_target *t, const struct observed *o, uint8_t *frame)
{
	struct nmap_segment s = {.sport = o->dport, .dport = o->sport, .flags = FLAG_RST, .ttl = 64, .df = true};

	if (o->kind != OBSERVED_TCP || o->flags & FLAG_RST)
		return 0;
	if (o->flags & FLAG_ACK) {
		s.seq = o->ack;
	} else {
		s.flags |= FLAG_ACK;
		s.ack = o->seq + o->data_len + !!(o->flags & FLAG_SYN) + !!(o->flags & FLAG_FIN);
	}
	return nmap_segment_build(t, &s, frame);
}
