/* SPDX-License-Identifier: BSD-3-Clause */
#include "frames.h"

#include "arp.h"
#include "eth.h"
#include "icmp4.h"
#include "ip4.h"
#include "tcp_hdr.h"
#include "tcp_opt.h"
#include "udp_hdr.h"

static const uint8_t broadcast[6] = {255, 255, 255, 255, 255, 255};

/* Lengths and numbers at which code is wrong by one. */
static const uint32_t edges[] = {0, 1, 2, 3, 4, 7, 8, 15, 16, 19, 20, 21, 40, 59, 60, 61, 127, 128, 255, 256, 511,
	512, 535, 536, 1023, 1024, 1459, 1460, 1461, 1499, 1500, 1501, 32767, 32768, 65534, 65535, 0x7fffffff,
	0x80000000, 0xfffffffe, 0xffffffff};

static uint32_t
edge(struct choice *c)
{
	return edges[choose(c, sizeof(edges) / sizeof(edges[0]))];
}

void
forge_init(struct forge *f, struct choice *choice)
{
	memset(f, 0, sizeof(*f));
	f->choice = choice;
}

static uint32_t
host(struct choice *c)
{
	return FORGE_HOST + choose(c, FORGE_HOSTS);
}

static uint32_t
peer(struct choice *c)
{
	if (once_in(c, 64))
		return choose_u32(c);
	return FORGE_PEER + choose(c, 4);
}

static uint8_t *
ethernet(struct forge *f, struct frame *out, uint16_t type, bool group)
{
	uint8_t dst[6] = {2, 0, 0, 0, 0, 1}, src[6] = {2, 0, 0, 0, 1, (uint8_t)(9 + choose(f->choice, 4))};

	return eth_build(out->b, group ? broadcast : dst, src, type);
}

/* The header of what follows; lengths are set when all is there. */
static uint8_t *
ip_begin(struct forge *f, struct frame *out, uint32_t src, uint32_t dst, uint8_t proto)
{
	struct choice *c = f->choice;
	uint8_t opts[40] = {0};
	struct ip4_hdr_v v = {.src = src, .dst = dst, .proto = proto, .ttl = 64, .total_len = 20, .opts = opts};

	v.id = (uint16_t)choose(c, 65536);
	v.flags = once_in(c, 2) ? IP4_DF : 0;
	v.tos = once_in(c, 8) ? (uint8_t)choose(c, 256) : 0;
	if (once_in(c, 16)) {
		v.opt_len = (uint8_t)(4 * choose(c, 11));
		for (unsigned int i = 0; i < v.opt_len; i++)
			opts[i] = (uint8_t)(once_in(c, 2) ? choose(c, 16) : choose(c, 256));
	}
	return ip4_build(ethernet(f, out, ETYPE_IP4, once_in(c, 256)), &v);
}

static void
ip_end(struct frame *out, const uint8_t *end)
{
	out->len = (uint32_t)(end - out->b);
	put_be16(out->b + ETH_HDR_LEN + 2, (uint16_t)(out->len - ETH_HDR_LEN));
}

static uint8_t *
bytes(struct choice *c, uint8_t *p, uint32_t n)
{
	uint8_t fill = (uint8_t)choose(c, 256);

	for (uint32_t i = 0; i < n; i++)
		p[i] = (uint8_t)(fill + i);
	return p + n;
}

static uint32_t
payload_len(struct choice *c)
{
	switch (choose(c, 8)) {
	case 0:
	case 1:
	case 2:
		return 0;
	case 3:
		return 1;
	case 4:
		return choose(c, 64);
	case 5:
		return 1460;
	default:
		return choose(c, 1461);
	}
}

/* -- kinds -------------------------------------------------------------------------------------------------- */

static void
make_arp(struct forge *f, struct frame *out)
{
	struct choice *c = f->choice;
	struct arp_pkt a = {.htype = 1, .ptype = 0x0800, .hlen = 6, .plen = 4, .op = (uint16_t)(1 + choose(c, 2))};
	bool odd = once_in(c, 4);

	a.spa = peer(c);
	a.tpa = once_in(c, 8) ? choose_u32(c) : host(c);
	if (once_in(c, 16))
		a.spa = a.tpa;
	memcpy(a.sha, (const uint8_t[6]){2, 0, 0, 0, 1, (uint8_t)(a.spa)}, 6);
	if (odd) {
		a.htype = (uint16_t)choose(c, 8);
		a.hlen = (uint8_t)choose(c, 9);
		a.plen = (uint8_t)choose(c, 9);
		a.op = (uint16_t)choose(c, 6);
	}
	out->len = (uint32_t)(arp_build(ethernet(f, out, ETYPE_ARP, once_in(c, 2)), &a) - out->b);
	while (once_in(c, 2) && out->len < 60)
		out->b[out->len++] = 0;
}

static void
make_icmp(struct forge *f, struct frame *out)
{
	static const uint8_t types[] = {ICMP4_ECHO, ICMP4_ECHO, ICMP4_ECHO, ICMP4_TIMESTAMP, ICMP4_MASK, ICMP4_INFO,
		ICMP4_ECHO_REPLY, ICMP4_REDIRECT};
	struct choice *c = f->choice;
	uint8_t *p = ip_begin(f, out, peer(c), host(c), IPP_ICMP);

	p[0] = types[choose(c, sizeof(types))];
	p[1] = (uint8_t)(once_in(c, 4) ? choose(c, 20) : 0);
	put_be32(p + 4, choose_u32(c));
	ip_end(out, bytes(c, p + 8, payload_len(c)));
}

/* An error about something the stack sent. */
static void
make_icmp_error(struct forge *f, struct frame *out)
{
	static const uint8_t types[] = {ICMP4_UNREACH, ICMP4_UNREACH, ICMP4_UNREACH, ICMP4_TIME_EXCEEDED,
		ICMP4_SOURCE_QUENCH, ICMP4_PARAM_PROBLEM, ICMP4_REDIRECT};
	struct choice *c = f->choice;
	const struct frame *about = &f->heard[choose(c, FRAMES_HEARD)];
	uint32_t n = about->len > ETH_HDR_LEN ? about->len - ETH_HDR_LEN : 0;
	uint8_t *p;

	if (n < 20) {
		make_icmp(f, out);
		return;
	}
	p = ip_begin(f, out, get_be32(about->b + 30), get_be32(about->b + 26), IPP_ICMP);
	p[0] = types[choose(c, sizeof(types))];
	p[1] = (uint8_t)choose(c, 16);
	put_be32(p + 4, once_in(c, 2) ? edge(c) : choose(c, 1501));
	n = n < 28 + choose(c, 64) ? n : 28 + choose(c, 64);
	memcpy(p + 8, about->b + ETH_HDR_LEN, n);
	ip_end(out, p + 8 + n);
}

static void
make_udp(struct forge *f, struct frame *out)
{
	struct choice *c = f->choice;
	uint8_t *p = ip_begin(f, out, peer(c), host(c), IPP_UDP);
	uint32_t n = payload_len(c);
	uint16_t len = (uint16_t)(once_in(c, 16) ? edge(c) : n + 8);

	p = udp_build(p, (uint16_t)(1024 + choose(c, 8)), once_in(c, 2) ? 53 : (uint16_t)choose(c, 65536), len, 1);
	ip_end(out, bytes(c, p, n));
}

static uint8_t *
options(struct choice *c, uint8_t *p, const struct heard_flow *flow, bool syn)
{
	uint8_t *start = p;
	struct tcp_sack_block b[4];
	unsigned int n;

	if (once_in(c, 32)) {
		n = 4 * choose(c, 11);
		for (unsigned int i = 0; i < n; i++)
			p[i] = (uint8_t)(once_in(c, 2) ? choose(c, 11) : choose(c, 256));
		return p + n;
	}
	if (syn && !once_in(c, 8))
		p = tcp_opt_put_mss(p, (uint16_t)(once_in(c, 8) ? edge(c) : 1460));
	if (syn && once_in(c, 2))
		p = tcp_opt_put_ws(p, (uint8_t)choose(c, 16));
	if (syn && once_in(c, 2))
		p = tcp_opt_put_sackok(p);
	if ((flow && flow->ts) || (syn && once_in(c, 2)))
		p = tcp_opt_put_ts(p, choose(c, 1000), once_in(c, 8) ? choose_u32(c) : flow ? flow->tsval : 0);
	if (syn && once_in(c, 8) && p - start <= 28) {
		n = once_in(c, 2) ? 0 : once_in(c, 4) ? choose(c, 9) : 8;
		p = once_in(c, 4) ? tcp_opt_put_tfo_exp(p, "cookie..", (uint8_t)n) : tcp_opt_put_tfo(p, "cookie..", (uint8_t)n);
	}
	if (!syn && once_in(c, 4)) {
		n = 1 + choose(c, 3);
		for (unsigned int i = 0; i < n; i++) {
			b[i].left = (flow ? flow->ack : 0) - choose(c, 65536);
			b[i].right = b[i].left + (once_in(c, 4) ? edge(c) : choose(c, 3000));
		}
		if (p - start + 2 + 8 * (int)n <= 40)
			p = tcp_opt_put_sack(p, b, n);
	}
	return tcp_opt_pad(start, p);
}

/* Mostly the number itself, else one in its neighbourhood, or anywhere. */
static uint32_t
near(struct choice *c, uint32_t v)
{
	switch (choose(c, 16)) {
	case 0:
		return v + choose(c, 3000);
	case 1:
		return v - choose(c, 3000);
	case 2:
		return v + edge(c);
	case 3:
		return v - 1;
	case 4:
		return v + 1 + choose(c, 65536);
	default:
		return v;
	}
}

static uint8_t
segment_flags(struct choice *c)
{
	static const uint8_t usual[] = {TH_ACK, TH_ACK, TH_ACK, TH_ACK | TH_PSH, TH_ACK | TH_FIN, TH_ACK | TH_RST, TH_RST,
		TH_SYN, TH_SYN | TH_ACK, TH_ACK | TH_URG};

	return once_in(c, 8) ? (uint8_t)choose(c, 256) : usual[choose(c, sizeof(usual))];
}

static void
put_segment(struct forge *f, struct frame *out, const struct heard_flow *flow, struct tcp_hdr_v *v, bool syn)
{
	struct choice *c = f->choice;
	uint8_t *p = ip_begin(f, out, flow->remote, flow->local, IPP_TCP), opts[80];
	uint32_t n = syn && !once_in(c, 8) ? 0 : payload_len(c);

	v->sport = flow->rport;
	v->dport = flow->lport;
	v->opts = opts;
	v->opt_len = (uint8_t)(options(c, opts, flow, syn) - opts);
	v->window = (uint16_t)(once_in(c, 4) ? edge(c) : 65535);
	v->urp = (uint16_t)(v->flags & TH_URG || once_in(c, 32) ? (once_in(c, 2) ? edge(c) : choose(c, 1500)) : 0);
	v->reserved = (uint8_t)(once_in(c, 32) ? choose(c, 16) : 0);
	if (v->opt_len > TCP_OPTS_MAX)
		v->opt_len = TCP_OPTS_MAX;
	p = tcp_build(p, v);
	ip_end(out, bytes(c, p, n));
}

static void
make_syn(struct forge *f, struct frame *out)
{
	struct choice *c = f->choice;
	const struct heard_flow flow = {.local = host(c), .remote = peer(c),
		.lport = once_in(c, 4) ? (uint16_t)choose(c, 65536) : 80, .rport = (uint16_t)(2000 + choose(c, 24))};
	struct tcp_hdr_v v = {.seq = once_in(c, 4) ? 0u - choose(c, 3000) : choose_u32(c), .flags = TH_SYN};

	if (once_in(c, 16))
		v.flags |= TH_ECE | TH_CWR;
	put_segment(f, out, &flow, &v, true);
}

static void
make_segment(struct forge *f, struct frame *out)
{
	struct choice *c = f->choice;
	struct heard_flow *flow;
	struct tcp_hdr_v v = {0};

	if (f->n_flows == 0) {
		make_syn(f, out);
		return;
	}
	flow = &f->flows[choose(c, f->n_flows < FLOWS_HEARD ? f->n_flows : FLOWS_HEARD)];
	if (once_in(c, 2))
		flow = &f->flows[f->last];
	if (flow->half_open && once_in(c, 2)) { /* come in first */
		v = (struct tcp_hdr_v){.flags = TH_ACK, .seq = flow->seq, .ack = flow->ack};
		put_segment(f, out, flow, &v, false);
		return;
	}
	v.flags = segment_flags(c);
	v.seq = near(c, flow->seq);
	v.ack = v.flags & TH_ACK || once_in(c, 4) ? near(c, flow->ack) : 0;
	put_segment(f, out, flow, &v, v.flags & TH_SYN);
}

static void
make_noise(struct forge *f, struct frame *out)
{
	struct choice *c = f->choice;

	out->len = choose(c, 200);
	for (uint32_t i = 0; i < out->len; i++)
		out->b[i] = (uint8_t)choose(c, 256);
	if (out->len >= 14 && !once_in(c, 4))
		ethernet(f, out, once_in(c, 2) ? ETYPE_IP4 : ETYPE_ARP, false);
	if (out->len > 34 && !once_in(c, 4)) {
		out->b[14] = 0x45;
		put_be16(out->b + 16, (uint16_t)(out->len - 14));
		put_be32(out->b + 30, host(c));
	}
}

/* A frame of a capture, turned to our hosts. */
static void
make_seed(struct forge *f, struct frame *out)
{
	struct choice *c = f->choice;

	if (f->n_seeds == 0) {
		make_noise(f, out);
		return;
	}
	*out = f->seeds[choose(c, (uint32_t)f->n_seeds)];
	if (out->len < 42)
		return;
	if (!once_in(c, 8))
		memcpy(out->b, (const uint8_t[6]){2, 0, 0, 0, 0, 1}, 6);
	if (get_be16(out->b + 12) == ETYPE_ARP)
		put_be32(out->b + 38, host(c));
	if (get_be16(out->b + 12) != ETYPE_IP4)
		return;
	put_be32(out->b + 26, peer(c));
	put_be32(out->b + 30, host(c));
	if (out->b[23] == IPP_TCP && once_in(c, 2) && out->len >= 54)
		put_be16(out->b + 36, 80);
	if (out->b[23] == IPP_UDP && once_in(c, 2))
		put_be16(out->b + 36, 53);
}

/* -- bending ------------------------------------------------------------------------------------------------ */

static void
bend_once(struct choice *c, struct frame *out)
{
	uint32_t at = choose(c, out->len < 80 || once_in(c, 8) ? out->len : 80), n;

	switch (choose(c, 8)) {
	case 0:
		out->b[at] = (uint8_t)choose(c, 256);
		break;
	case 1:
		out->b[at] ^= (uint8_t)(1u << choose(c, 8));
		break;
	case 2:
		if (at + 2 <= out->len)
			put_be16(out->b + at, (uint16_t)edge(c));
		break;
	case 3:
		if (at + 4 <= out->len)
			put_be32(out->b + at, edge(c));
		break;
	case 4: /* cut */
		out->len = at;
		break;
	case 5: /* lengthen */
		n = choose(c, 64);
		if (out->len + n <= FRAME_CAP) {
			memset(out->b + out->len, 0x5a, n);
			out->len += n;
		}
		break;
	case 6: /* take bytes out */
		n = choose(c, out->len - at + 1);
		memmove(out->b + at, out->b + at + n, out->len - at - n);
		out->len -= n;
		break;
	default: /* put bytes in */
		n = choose(c, 16);
		if (out->len + n <= FRAME_CAP) {
			memmove(out->b + at + n, out->b + at, out->len - at);
			out->len += n;
		}
		break;
	}
}

void
frame_fix_checksums(struct frame *f)
{
	uint8_t *ip = f->b + ETH_HDR_LEN, *p;
	uint32_t have, ihl, total, len, at;

	if (f->len < ETH_HDR_LEN + 20 || get_be16(f->b + 12) != ETYPE_IP4)
		return;
	have = f->len - ETH_HDR_LEN;
	ihl = (ip[0] & 15u) * 4;
	total = get_be16(ip + 2);
	if (ihl < 20 || ihl > have)
		return;
	put_be16(ip + 10, 0);
	put_be16(ip + 10, cksum(ip, ihl));
	if (total < ihl || total > have || get_be16(ip + 6) & 0x3fff)
		return;
	p = ip + ihl;
	len = total - ihl;
	at = ip[9] == IPP_TCP ? 16 : ip[9] == IPP_UDP ? 6 : 2;
	if ((ip[9] != IPP_TCP && ip[9] != IPP_UDP && ip[9] != IPP_ICMP) || len < at + 2)
		return;
	if (ip[9] == IPP_UDP && get_be16(p + 4) <= len)
		len = get_be16(p + 4);
	if (len < at + 2)
		return;
	put_be16(p + at, 0);
	put_be16(p + at, ip[9] == IPP_ICMP ? cksum(p, len)
					   : cksum_finish(cksum_partial(p, len, cksum_pseudo4(get_be32(ip + 12),
						     get_be32(ip + 16), ip[9], (uint16_t)len))));
}

/* The next piece of f->whole; pieces may overlap, miss, or come twice. */
static void
make_fragment(struct forge *f, struct frame *out)
{
	struct choice *c = f->choice;
	const struct frame *w = &f->whole;
	uint32_t data = w->len - 34, at, n;

	at = f->fragment_at;
	n = 8 * (1 + choose(c, 100));
	if (once_in(c, 8) && at >= 8)
		at -= 8;
	at = at < data ? at : data;
	n = n < data - at ? n : data - at;
	memcpy(out->b, w->b, 34);
	memcpy(out->b + 34, w->b + 34 + at, n);
	out->len = 34 + n;
	put_be16(out->b + 16, (uint16_t)(20 + n));
	put_be16(out->b + 20, (uint16_t)(at / 8 | (at + n < data ? 0x2000 : 0)));
	if (once_in(c, 16))
		put_be16(out->b + 20, (uint16_t)choose(c, 65536));
	f->fragment_at = once_in(c, 8) ? f->fragment_at : at + n;
	if (f->fragment_at >= data || once_in(c, 16))
		f->whole.len = 0;
}

static void
begin_fragments(struct forge *f, const struct frame *out)
{
	if (out->len < 60 || get_be16(out->b + 12) != ETYPE_IP4 || (out->b[14] & 15) != 5)
		return;
	f->whole = *out;
	frame_fix_checksums(&f->whole);
	f->fragment_at = 0;
}

void
forge_frame(struct forge *f, struct frame *out)
{
	static void (*const make[])(struct forge *, struct frame *) = {make_segment, make_segment, make_segment,
		make_segment, make_segment, make_segment, make_syn, make_syn, make_icmp_error, make_icmp, make_udp,
		make_arp, make_noise, make_seed, make_seed};
	struct choice *c = f->choice;

	out->len = 0;
	if (f->whole.len && !once_in(c, 4))
		make_fragment(f, out);
	else
		make[choose(c, sizeof(make) / sizeof(make[0]))](f, out);
	if (!f->whole.len && once_in(c, 64)) {
		begin_fragments(f, out);
		if (f->whole.len)
			make_fragment(f, out);
	}
	for (unsigned int n = once_in(c, 4) ? 1 + choose(c, 4) : 0; n && out->len; n--)
		bend_once(c, out);
	if (!once_in(c, 16))
		frame_fix_checksums(out);
}

void
forge_hear(struct forge *f, const uint8_t *frame, uint32_t len)
{
	struct heard_flow *flow, now;
	struct ip4_hdr_v ip;
	struct tcp_hdr_v tcp;
	struct tcp_opts o;
	unsigned int i;

	if (len > FRAME_CAP || len < 34 || get_be16(frame + 12) != ETYPE_IP4)
		return;
	memcpy(f->heard[f->n_heard % FRAMES_HEARD].b, frame, len);
	f->heard[f->n_heard++ % FRAMES_HEARD].len = len;
	if (ip4_parse(frame + 14, len - 14, 0, &ip) != WIRE_OK || ip.proto != IPP_TCP ||
		tcp_parse(ip.payload, ip.payload_len, &tcp) != WIRE_OK || tcp.flags & TH_RST)
		return;
	tcp_opts_parse(tcp.opts, tcp.opt_len, &o);
	now = (struct heard_flow){.local = ip.src, .remote = ip.dst, .lport = tcp.sport, .rport = tcp.dport,
		.seq = tcp.flags & TH_ACK ? tcp.ack : choose_u32(f->choice), .ack = tcp.seq + tcp_seg_len(&tcp),
		.tsval = o.present & OPT_TS ? o.tsval : 0, .ts = o.present & OPT_TS,
		.half_open = (tcp.flags & (TH_SYN | TH_ACK)) == (TH_SYN | TH_ACK)};
	for (i = 0; i < FLOWS_HEARD && i < f->n_flows; i++) {
		flow = &f->flows[i];
		if (flow->local == now.local && flow->remote == now.remote && flow->lport == now.lport &&
			flow->rport == now.rport)
			break;
	}
	if (i == FLOWS_HEARD || i == f->n_flows)
		i = f->n_flows++ % FLOWS_HEARD;
	f->last = i;
	f->flows[i] = now;
}
