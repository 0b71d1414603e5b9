/* SPDX-License-Identifier: BSD-3-Clause */
#include "box.h"

#include <string.h>

#include "frame.h"

#define ETHER_LEN 14u
#define COALESCE_MOST 16000u
#define FIRST_EPHEMERAL 1024u
#define IN_FAST_OPEN (SIM_BOX_FO_LOST | SIM_BOX_DATA_LOST | SIM_BOX_DATA_CUT)

static uint64_t
mix(uint64_t x)
{
	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
	x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
	return x ^ (x >> 31);
}

static uint8_t *
ip_of(struct rte_mbuf *m)
{
	return rte_pktmbuf_mtod_offset(m, uint8_t *, ETHER_LEN);
}

/* From here on the frame's checksums are what a port fills in. */
static void
sums_are_due(struct rte_mbuf *m, uint16_t tcp_at)
{
	m->l2_len = ETHER_LEN;
	m->l3_len = tcp_at - ETHER_LEN;
	m->ol_flags |= RTE_MBUF_F_TX_IPV4 | RTE_MBUF_F_TX_IP_CKSUM | RTE_MBUF_F_TX_TCP_CKSUM;
}

/* The number by which a thing of this kind moves on its way from `side`, for a connection seen from inside. */
static uint32_t
shift_of(const struct box *b, const uint32_t ip[2], const uint16_t port[2], unsigned side, unsigned kind)
{
	uint64_t h = mix(b->config.key + kind * 2 + side);

	h = mix(h ^ ((uint64_t)ip[0] << 32 | ip[1]));
	return (uint32_t)mix(h ^ ((uint32_t)port[0] << 16 | port[1]));
}

static uint16_t
other_port(const struct box *b, uint16_t port)
{
	/* The bits above stay, so that the port stays from 1024 on. */
	return port >= FIRST_EPHEMERAL ? port ^ (uint16_t)(1 + b->config.key % (FIRST_EPHEMERAL - 1)) : port;
}

/* -- options ------------------------------------------------------------------------------------------------ */

static bool
is_stripped(const struct box *b, uint8_t kind)
{
	static const uint32_t boxes[256] = {[3] = SIM_BOX_NO_WSCALE, [4] = SIM_BOX_NO_SACK, [8] = SIM_BOX_NO_TS,
		[34] = SIM_BOX_NO_FO, [254] = SIM_BOX_NO_FO};

	return b->config.what & boxes[kind];
}

struct shifts {
	uint32_t seq, ack, tsval, tsecr;
};

static void
rewrite_option(const struct box *b, uint8_t *p, unsigned len, const struct seg *s, const struct shifts *by)
{
	if (s->flags & SEG_SYN && is_stripped(b, p[0])) {
		memset(p, 1, len);
	} else if (p[0] == 2 && len == 4 && b->config.what & SIM_BOX_MSS) {
		if (seg_be16(p + 2) > b->config.mss)
			seg_put16(p + 2, b->config.mss);
	} else if (p[0] == 8 && len == 10 && b->config.what & SIM_BOX_TS) {
		seg_put32(p + 2, seg_be32(p + 2) + by->tsval);
		if (s->flags & SEG_ACK && seg_be32(p + 6))
			seg_put32(p + 6, seg_be32(p + 6) - by->tsecr);
	} else if (p[0] == 5 && b->config.what & SIM_BOX_SEQ) {
		for (unsigned i = 2; i + 4 <= len; i += 4)
			seg_put32(p + i, seg_be32(p + i) - by->ack);
	}
}

static void
rewrite_options(const struct box *b, uint8_t *tcp, const struct seg *s, const struct shifts *by)
{
	for (unsigned i = 20, step; i < s->hdr_len && tcp[i] != 0; i += step) {
		step = tcp[i] == 1 ? 1 : i + 1u < s->hdr_len ? tcp[i + 1] : 0;
		if (step == 0 || i + step > s->hdr_len)
			return;
		if (step > 1)
			rewrite_option(b, tcp + i, step, s, by);
	}
}

/* -- the header --------------------------------------------------------------------------------------------- */

static void
rewrite_numbers(const struct box *b, unsigned side, uint8_t *tcp, const struct seg *s, struct shifts *by)
{
	const uint32_t ip[2] = {side ? s->dst : s->src, side ? s->src : s->dst};
	uint16_t port[2] = {side ? s->dport : s->sport, side ? s->sport : s->dport};

	if (b->config.what & SIM_BOX_PORTS && side)
		port[0] = other_port(b, port[0]);
	if (b->config.what & SIM_BOX_SEQ) {
		by->seq = shift_of(b, ip, port, side, 0);
		by->ack = shift_of(b, ip, port, !side, 0);
		seg_put32(tcp + 4, s->seq + by->seq);
		if (s->flags & SEG_ACK)
			seg_put32(tcp + 8, s->ack - by->ack);
	}
	if (b->config.what & SIM_BOX_TS) {
		by->tsval = shift_of(b, ip, port, side, 1);
		by->tsecr = shift_of(b, ip, port, !side, 1);
	}
	if (b->config.what & SIM_BOX_PORTS && side)
		seg_put16(tcp + 2, port[0]);
	else if (b->config.what & SIM_BOX_PORTS)
		seg_put16(tcp, other_port(b, s->sport));
}

/* What an ICMP error quotes is a segment that went the other way, as it looked when it had passed the box. */
static void
rewrite_quote(struct box *b, unsigned side, struct rte_mbuf *m)
{
	uint8_t *ip = ip_of(m), *icmp = ip + (ip[0] & 15) * 4, *quoted = icmp + 8, *tcp = quoted + (quoted[0] & 15) * 4;
	const uint8_t *end = rte_pktmbuf_mtod_offset(m, uint8_t *, m->data_len);
	uint32_t addr[2], sum = 0;
	uint16_t port[2];

	if (quoted + 28 > end || icmp[0] != 3 || tcp + 8 > end || quoted[9] != 6)
		return;
	addr[0] = seg_be32(quoted + (side ? 12 : 16));
	addr[1] = seg_be32(quoted + (side ? 16 : 12));
	port[0] = seg_be16(tcp + (side ? 0 : 2));
	port[1] = seg_be16(tcp + (side ? 2 : 0));
	if (b->config.what & SIM_BOX_PORTS)
		seg_put16(tcp + (side ? 0 : 2), other_port(b, port[0]));
	if (b->config.what & SIM_BOX_PORTS && side)
		port[0] = other_port(b, port[0]);
	if (b->config.what & SIM_BOX_SEQ)
		seg_put32(tcp + 4, seg_be32(tcp + 4) - shift_of(b, addr, port, !side, 0));
	seg_put16(icmp + 2, 0);
	for (const uint8_t *p = icmp; p < end; p += 2)
		sum += p + 1 < end ? seg_be16(p) : (uint32_t)*p << 8;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	seg_put16(icmp + 2, ~sum & 0xffff);
}

static void
rewrite(struct box *b, unsigned side, struct rte_mbuf *m, const struct seg *s)
{
	uint8_t *ip = ip_of(m), *tcp = rte_pktmbuf_mtod_offset(m, uint8_t *, s->tcp_at);
	const uint32_t in_syn = SIM_BOX_MSS | SIM_BOX_NO_WSCALE | SIM_BOX_NO_SACK | SIM_BOX_NO_TS |
		SIM_BOX_NO_FO;
	const uint32_t in_all = SIM_BOX_SEQ | SIM_BOX_TS;
	struct shifts by = {0};

	if (b->config.what & SIM_BOX_TTL)
		ip[8] = ip[8] > b->config.ttl ? ip[8] - b->config.ttl : 1;
	if (b->config.what & (in_all | SIM_BOX_PORTS))
		rewrite_numbers(b, side, tcp, s, &by);
	if (b->config.what & in_all || (b->config.what & in_syn && s->flags & SEG_SYN))
		rewrite_options(b, tcp, s, &by);
	sums_are_due(m, s->tcp_at);
	b->stats.rewritten++;
}

/* -- addresses ---------------------------------------------------------------------------------------------- */

static void
put_address(uint8_t *ip, unsigned at, uint32_t addr)
{
	uint32_t sum = 0;

	seg_put32(ip + at, addr);
	seg_put16(ip + 10, 0);
	for (unsigned i = 0; i < (ip[0] & 15u) * 4; i += 2)
		sum += seg_be16(ip + i);
	sum = (sum & 0xffff) + (sum >> 16);
	seg_put16(ip + 10, ~(sum + (sum >> 16)) & 0xffff);
}

static uint32_t
inside_of(uint32_t addr)
{
	unsigned i = addr >> 8 & 0xff;

	return i >= 1 && i <= BOX_ADDRESSES ? addr & ~0xff00u : addr;
}

static uint32_t
outside_of(const struct box *b, const struct seg *s)
{
	return box_address(s->src, (unsigned)(mix(b->config.key ^ s->sport) % BOX_ADDRESSES));
}

/* Of what comes from outside; an ICMP error quotes what went there. */
static void
move_addresses(struct rte_mbuf *m, const struct seg *s)
{
	uint8_t *ip = ip_of(m), *quoted = ip + (ip[0] & 15) * 4 + 8;

	put_address(ip, 16, inside_of(s->dst));
	if (s->protocol == 1 && quoted + 20 <= rte_pktmbuf_mtod_offset(m, uint8_t *, m->data_len))
		seg_put32(quoted + 12, inside_of(seg_be32(quoted + 12)));
}

/* -- pieces ------------------------------------------------------------------------------------------------- */

/* Takes m. */
static void
split(struct box *b, unsigned side, struct rte_mbuf *m, const struct seg *s)
{
	uint8_t bytes[UINT16_MAX];
	uint32_t headers = s->tcp_at + s->hdr_len, first = headers + b->config.split, rest = s->len - b->config.split;
	uint8_t *ip = bytes + ETHER_LEN, *tcp = bytes + s->tcp_at;
	struct rte_mbuf *out;

	if (m->pkt_len > sizeof(bytes)) {
		b->emit(b->ctx, side, m);
		return;
	}
	frame_copy(m, bytes, headers + s->len);
	rte_pktmbuf_free(m);
	b->stats.split++;
	seg_put16(ip + 2, first - ETHER_LEN);
	tcp[13] = s->flags & (uint8_t)~(SEG_FIN | SEG_PSH);
	out = frame_to_mbuf(b->pool, bytes, first);
	if (out) {
		sums_are_due(out, s->tcp_at);
		b->emit(b->ctx, side, out);
	}
	memmove(bytes + headers, bytes + first, rest);
	seg_put16(ip + 2, headers + rest - ETHER_LEN);
	seg_put32(tcp + 4, seg_be32(tcp + 4) + b->config.split);
	tcp[13] = s->flags;
	out = frame_to_mbuf(b->pool, bytes, headers + rest);
	if (out) {
		sums_are_due(out, s->tcp_at);
		b->emit(b->ctx, side, out);
	}
}

static void
let_go(struct box *b, unsigned side)
{
	struct rte_mbuf *m = b->held[side];

	b->held[side] = NULL;
	if (m)
		b->emit(b->ctx, side, m);
}

static bool
continues(const struct seg *a, const struct seg *b)
{
	return a->src == b->src && a->dst == b->dst && a->sport == b->sport && a->dport == b->dport &&
		a->seq + a->len == b->seq && b->len && a->hdr_len == b->hdr_len && !b->n_sack &&
		(b->flags & ~(SEG_PSH | SEG_FIN)) == SEG_ACK && a->len + b->len < COALESCE_MOST;
}

/* Takes m. The latest acknowledgment, window and timestamps stand. */
static void
coalesce(struct box *b, unsigned side, struct rte_mbuf *m, const struct seg *s)
{
	struct rte_mbuf *first = b->held[side];
	struct seg *a = &b->held_seg[side];
	uint8_t *to, *from = rte_pktmbuf_mtod_offset(m, uint8_t *, s->tcp_at);
	bool waits = s->len && (s->flags & ~(SEG_PSH)) == SEG_ACK;

	if (!first || !continues(a, s) || first->nb_segs + m->nb_segs > 32) {
		let_go(b, side);
		if (!waits) {
			b->emit(b->ctx, side, m);
			return;
		}
		b->held[side] = m;
		*a = *s;
		return;
	}
	to = rte_pktmbuf_mtod_offset(first, uint8_t *, s->tcp_at);
	memcpy(to + 8, from + 8, 4);
	memcpy(to + 14, from + 14, 2);
	to[13] |= s->flags;
	memcpy(to + 20, from + 20, s->hdr_len - 20u);
	a->len += s->len;
	seg_put16(ip_of(first) + 2, (uint32_t)a->tcp_at - ETHER_LEN + a->hdr_len + a->len);
	if (!rte_pktmbuf_adj(m, (uint16_t)(s->tcp_at + s->hdr_len)) || rte_pktmbuf_chain(first, m) != 0)
		rte_pktmbuf_free(m);
	sums_are_due(first, a->tcp_at);
	b->stats.coalesced++;
	if (!waits)
		let_go(b, side);
}

/* Takes m: only the headers go on. */
static struct rte_mbuf *
cut(struct box *b, struct rte_mbuf *m, const struct seg *s)
{
	uint8_t bytes[256];
	struct rte_mbuf *out;

	frame_copy(m, bytes, s->tcp_at + s->hdr_len);
	rte_pktmbuf_free(m);
	b->stats.split++;
	seg_put16(bytes + ETHER_LEN + 2, (uint32_t)s->tcp_at - ETHER_LEN + s->hdr_len);
	out = frame_to_mbuf(b->pool, bytes, s->tcp_at + s->hdr_len);
	if (out)
		sums_are_due(out, s->tcp_at);
	return out;
}

/* What boxes that do not know Fast Open do to its SYNs. Takes m; NULL: it goes no further. */
static struct rte_mbuf *
treat_syn(struct box *b, struct rte_mbuf *m, const struct seg *s)
{
	if ((b->config.what & SIM_BOX_FO_LOST && s->options & SEG_O_FO) || (b->config.what & SIM_BOX_DATA_LOST && s->len)) {
		b->stats.dropped++;
		way_count_loss(b->losses, m);
		rte_pktmbuf_free(m);
		return NULL;
	}
	return b->config.what & SIM_BOX_DATA_CUT && s->len ? cut(b, m, s) : m;
}

/* A copy of the SYN before goes out behind it. */
static void
repeat_syn(struct box *b, struct rte_mbuf *m)
{
	struct rte_mbuf *before = b->late;

	b->late = way_copy(b->pool, m);
	if (before)
		b->emit(b->ctx, 0, before);
}

void
box_pass(struct box *b, unsigned side, struct rte_mbuf *m)
{
	const uint8_t *p = rte_pktmbuf_mtod(m, const uint8_t *);
	bool moves = b->config.what & SIM_BOX_ADDRESSES;
	enum seg_kind kind;
	struct seg s;

	b->stats.frames++;
	if (!b->config.what || way_is_damaged(m)) {
		b->emit(b->ctx, side, m);
		return;
	}
	kind = seg_read(p, m->data_len, m->pkt_len, &s);
	if (kind != SEG_IS_TCP) {
		if (moves && side && kind == SEG_IS_OTHER && s.protocol)
			move_addresses(m, &s);
		if (kind == SEG_IS_OTHER && s.protocol == 1)
			rewrite_quote(b, side, m);
		b->emit(b->ctx, side, m);
		return;
	}
	if (s.flags & SEG_SYN && b->config.what & IN_FAST_OPEN) {
		m = treat_syn(b, m, &s);
		if (!m)
			return;
		p = rte_pktmbuf_mtod(m, const uint8_t *);
	}
	if (moves && side) {
		move_addresses(m, &s);
		seg_read(p, m->data_len, m->pkt_len, &s);
	}
	rewrite(b, side, m, &s);
	if (moves && !side)
		put_address(ip_of(m), 12, outside_of(b, &s));
	seg_read(p, m->data_len, m->pkt_len, &s);
	if (b->config.what & SIM_BOX_SYN_TWICE && !side && s.flags == SEG_SYN && s.len)
		repeat_syn(b, m);
	if (b->config.what & SIM_BOX_COALESCE)
		coalesce(b, side, m, &s);
	else if (b->config.what & SIM_BOX_SPLIT && s.len > b->config.split && !(s.flags & SEG_SYN))
		split(b, side, m, &s);
	else
		b->emit(b->ctx, side, m);
}

void
box_flush(struct box *b)
{
	let_go(b, 0);
	let_go(b, 1);
}

void
box_fini(struct box *b)
{
	rte_pktmbuf_free(b->held[0]);
	rte_pktmbuf_free(b->held[1]);
	rte_pktmbuf_free(b->late);
	b->held[0] = b->held[1] = b->late = NULL;
}
