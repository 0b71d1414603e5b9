/* SPDX-License-Identifier: BSD-3-Clause */
#include "segment_fmt.h"

#include "arp.h"
#include "eth.h"
#include "icmp4.h"
#include "icmp6.h"
#include "ip4.h"
#include "ip6.h"
#include "udp_hdr.h"
#include "wire_text.h"

/* What the upper layer's text needs of the datagram around it. */
struct datagram {
	uint8_t family;
	uint8_t proto;
	uint8_t src[16];
	uint8_t dst[16];
	const uint8_t *p; /* the upper layer */
	size_t len;
};

static void
add_bad(struct wire_text *t, const char *layer, enum wire_verdict v, size_t len)
{
	text_add(t, "%s %s (%zu)", layer, wire_verdict_name(v), len);
}

static void
add_proto(struct wire_text *t, uint8_t proto)
{
	switch (proto) {
	case IPP_ICMP:
		text_add(t, "icmp");
		break;
	case IPP_IGMP:
		text_add(t, "igmp");
		break;
	case IPP_TCP:
		text_add(t, "tcp");
		break;
	case IPP_UDP:
		text_add(t, "udp");
		break;
	case IPP_ICMP6:
		text_add(t, "icmp6");
		break;
	default:
		text_add(t, "proto %u", proto);
	}
}

static void
add_hosts(struct wire_text *t, const struct datagram *d)
{
	char src[46], dst[46];

	ip_addr_fmt(src, sizeof(src), d->family, d->src);
	ip_addr_fmt(dst, sizeof(dst), d->family, d->dst);
	text_add(t, "%s > %s ", src, dst);
}

static void
add_tcp(struct wire_text *t, const struct datagram *d)
{
	char text[SEGMENT_FMT_CAP];
	struct tcp_hdr_v v;
	enum wire_verdict verdict = tcp_parse(d->p, d->len, &v);

	if (verdict != WIRE_OK) {
		add_hosts(t, d);
		add_bad(t, "tcp", verdict, d->len);
		return;
	}
	segment_fmt_addr(text, sizeof(text), d->family, d->src, d->dst, &v, NULL);
	text_add(t, "%s", text);
}

static void
add_udp(struct wire_text *t, const struct datagram *d)
{
	char src[64], dst[64];
	struct udp_hdr_v v;
	enum wire_verdict verdict = udp_parse(d->p, d->len, &v);

	if (verdict != WIRE_OK) {
		add_hosts(t, d);
		add_bad(t, "udp", verdict, d->len);
		return;
	}
	endpoint_fmt(src, sizeof(src), d->family, d->src, v.sport);
	endpoint_fmt(dst, sizeof(dst), d->family, d->dst, v.dport);
	text_add(t, "%s > %s udp (%u)", src, dst, v.payload_len);
}

/* The packet an error is about. Its text is bounded: no quote within a quote is followed. */
static void
add_quote(struct wire_text *t, const struct icmp4_v *v)
{
	char src[16], dst[16];
	struct icmp4_quote q;
	enum wire_verdict verdict = icmp4_quote_parse(v->payload, v->payload_len, &q);

	if (verdict != WIRE_OK) {
		add_bad(t, " [quote", verdict, v->payload_len);
		text_add(t, "]");
		return;
	}
	ip4_addr_fmt(src, sizeof(src), q.src);
	ip4_addr_fmt(dst, sizeof(dst), q.dst);
	if (q.has_ports)
		text_add(t, " [%s:%u > %s:%u ", src, q.sport, dst, q.dport);
	else
		text_add(t, " [%s > %s ", src, dst);
	add_proto(t, q.proto);
	if (q.has_seq)
		text_add(t, " seq %u", q.seq);
	text_add(t, " len %u]", q.total_len);
}

static void
add_unreach(struct wire_text *t, const struct icmp4_v *v)
{
	static const char *const codes[] = {
		"net", "host", "proto", "port", "needfrag", "srcfail", "net-unknown", "host-unknown",
		"isolated", "net-prohibited", "host-prohibited", "net-tos", "host-tos", "admin",
		"precedence", "precedence-cutoff",
	};

	if (v->code < sizeof(codes) / sizeof(codes[0]))
		text_add(t, "unreachable %s", codes[v->code]);
	else
		text_add(t, "unreachable code %u", v->code);
	if (v->code == ICMP4_UNREACH_NEEDFRAG)
		text_add(t, " mtu %u", icmp4_mtu(v));
}

static void
add_gateway(struct wire_text *t, const struct icmp4_v *v)
{
	char gateway[16];

	ip4_addr_fmt(gateway, sizeof(gateway), v->rest);
	text_add(t, "redirect %u to %s", v->code, gateway);
}

/* A query or its answer: "echo request id 1 seq 2 (56)". */
static void
add_query(struct wire_text *t, const char *name, const struct icmp4_v *v)
{
	text_add(t, "%s id %u seq %u", name, icmp4_id(v), icmp4_seq(v));
	if (v->code)
		text_add(t, " code %u", v->code);
	text_add(t, " (%u)", v->payload_len);
}

static void
add_icmp4_message(struct wire_text *t, const struct icmp4_v *v)
{
	switch (v->type) {
	case ICMP4_ECHO:
		add_query(t, "echo request", v);
		break;
	case ICMP4_ECHO_REPLY:
		add_query(t, "echo reply", v);
		break;
	case ICMP4_TIMESTAMP:
		add_query(t, "timestamp request", v);
		break;
	case ICMP4_TIMESTAMP_REPLY:
		add_query(t, "timestamp reply", v);
		break;
	case ICMP4_MASK:
		add_query(t, "mask request", v);
		break;
	case ICMP4_MASK_REPLY:
		add_query(t, "mask reply", v);
		break;
	case ICMP4_UNREACH:
		add_unreach(t, v);
		break;
	case ICMP4_TIME_EXCEEDED:
		text_add(t, "time-exceeded %s",
			v->code == ICMP4_EXCEEDED_REASS ? "reassembly" : "ttl");
		break;
	case ICMP4_PARAM_PROBLEM:
		text_add(t, "parameter-problem code %u pointer %u", v->code, v->rest >> 24);
		break;
	case ICMP4_SOURCE_QUENCH:
		text_add(t, "source-quench");
		break;
	case ICMP4_REDIRECT:
		add_gateway(t, v);
		break;
	default:
		text_add(t, "type %u code %u (%u)", v->type, v->code, v->payload_len);
	}
}

static void
add_icmp4(struct wire_text *t, const struct datagram *d)
{
	struct icmp4_v v;
	enum wire_verdict verdict = icmp4_parse(d->p, d->len, &v);

	add_hosts(t, d);
	if (verdict == WIRE_SHORT) {
		add_bad(t, "icmp", verdict, d->len);
		return;
	}
	text_add(t, "icmp ");
	add_icmp4_message(t, &v);
	if (icmp4_is_error(v.type))
		add_quote(t, &v);
}

static const char *
icmp6_name(uint8_t type)
{
	switch (type) {
	case ICMP6_UNREACH:
		return "unreachable";
	case ICMP6_PACKET_TOO_BIG:
		return "too-big";
	case ICMP6_TIME_EXCEEDED:
		return "time-exceeded";
	case ICMP6_PARAM_PROBLEM:
		return "parameter-problem";
	case ICMP6_ECHO:
		return "echo request";
	case ICMP6_ECHO_REPLY:
		return "echo reply";
	case ICMP6_ROUTER_SOLICIT:
		return "router solicitation";
	case ICMP6_ROUTER_ADVERT:
		return "router advertisement";
	case ICMP6_NEIGHBOR_SOLICIT:
		return "neighbor solicitation";
	case ICMP6_NEIGHBOR_ADVERT:
		return "neighbor advertisement";
	case ICMP6_REDIRECT:
		return "redirect";
	default:
		return NULL;
	}
}

static void
add_icmp6(struct wire_text *t, const struct datagram *d)
{
	const char *name;

	add_hosts(t, d);
	if (d->len < ICMP4_HDR_LEN) {
		add_bad(t, "icmp6", WIRE_SHORT, d->len);
		return;
	}
	name = icmp6_name(d->p[0]);
	if (name == NULL) {
		text_add(t, "icmp6 type %u code %u (%zu)", d->p[0], d->p[1], d->len - ICMP4_HDR_LEN);
		return;
	}
	text_add(t, "icmp6 %s", name);
	if (d->p[0] == ICMP6_ECHO || d->p[0] == ICMP6_ECHO_REPLY)
		text_add(t, " id %u seq %u", get_be16(d->p + 4), get_be16(d->p + 6));
	else if (d->p[1])
		text_add(t, " code %u", d->p[1]);
	text_add(t, " (%zu)", d->len - ICMP4_HDR_LEN);
}

static void
add_upper(struct wire_text *t, const struct datagram *d)
{
	if (d->proto == IPP_TCP) {
		add_tcp(t, d);
	} else if (d->proto == IPP_UDP) {
		add_udp(t, d);
	} else if (d->proto == IPP_ICMP && d->family == 4) {
		add_icmp4(t, d);
	} else if (d->proto == IPP_ICMP6 && d->family == 6) {
		add_icmp6(t, d);
	} else {
		add_hosts(t, d);
		add_proto(t, d->proto);
		text_add(t, " (%zu)", d->len);
	}
}

/* "10.0.0.1 > 10.0.0.2 fragment id 7 udp 1480:2960(1480)+", the plus for more to come. */
static void
add_fragment(struct wire_text *t, const struct datagram *d, uint32_t id, uint32_t off, bool more)
{
	add_hosts(t, d);
	text_add(t, "fragment id %u ", id);
	add_proto(t, d->proto);
	text_add(t, " %u:%zu(%zu)%s", off, off + d->len, d->len, more ? "+" : "");
}

static void
add_ip4(struct wire_text *t, const uint8_t *p, size_t len)
{
	struct datagram d = {.family = 4};
	struct ip4_hdr_v v;
	enum wire_verdict verdict = ip4_parse(p, len, IP4_CKSUM_DONE, &v);

	if (verdict != WIRE_OK) {
		add_bad(t, "ip4", verdict, len);
		return;
	}
	d.proto = v.proto;
	d.p = v.payload;
	d.len = v.payload_len;
	put_be32(d.src, v.src);
	put_be32(d.dst, v.dst);
	if (ip4_is_fragment(&v))
		add_fragment(t, &d, v.id, v.frag_off, v.flags & IP4_MF);
	else
		add_upper(t, &d);
}

static void
add_ip6(struct wire_text *t, const uint8_t *p, size_t len)
{
	struct datagram d = {.family = 6};
	struct ip6_hdr_v v;
	struct ip6_ext x;
	enum wire_verdict verdict = ip6_parse(p, len, &v);

	if (verdict != WIRE_OK) {
		add_bad(t, "ip6", verdict, len);
		return;
	}
	memcpy(d.src, v.src, 16);
	memcpy(d.dst, v.dst, 16);
	verdict = ip6_ext_walk(v.payload, v.payload_len, v.next_hdr, &x);
	if (verdict != WIRE_OK) {
		add_hosts(t, &d);
		add_bad(t, "ip6 extension", verdict, v.payload_len);
		return;
	}
	d.proto = x.proto;
	d.p = v.payload + x.offset;
	d.len = v.payload_len - x.offset;
	if (x.fragment && (x.more || x.frag_off))
		add_fragment(t, &d, x.frag_id, x.frag_off, x.more);
	else
		add_upper(t, &d);
}

/* The operations that are not the two everybody knows. */
static void
add_arp_other(struct wire_text *t, const struct arp_pkt *a)
{
	char spa[16], tpa[16];

	ip4_addr_fmt(spa, sizeof(spa), a->spa);
	ip4_addr_fmt(tpa, sizeof(tpa), a->tpa);
	text_add(t, "arp op %u %s > %s", a->op, spa, tpa);
	if (!arp_is_ether_ip4(a))
		text_add(t, " hrd %u pro 0x%04x hln %u pln %u", a->htype, a->ptype, a->hlen, a->plen);
}

static void
add_arp(struct wire_text *t, const uint8_t *p, size_t len)
{
	char spa[16], tpa[16], sha[18];
	struct arp_pkt a;
	enum wire_verdict verdict = arp_parse(p, len, &a);

	if (verdict != WIRE_OK) {
		add_bad(t, "arp", verdict, len);
		return;
	}
	ip4_addr_fmt(spa, sizeof(spa), a.spa);
	ip4_addr_fmt(tpa, sizeof(tpa), a.tpa);
	eth_addr_fmt(sha, sizeof(sha), a.sha);
	if (arp_is_ether_ip4(&a) && a.op == ARP_REQUEST)
		text_add(t, "arp who-has %s tell %s", tpa, spa);
	else if (arp_is_ether_ip4(&a) && a.op == ARP_REPLY)
		text_add(t, "arp reply %s is-at %s", spa, sha);
	else
		add_arp_other(t, &a);
}

static void
add_ethertype(struct wire_text *t, const struct eth_hdr_v *v)
{
	char src[18], dst[18];

	if (v->ethertype == ETYPE_ARP) {
		add_arp(t, v->payload, v->payload_len);
	} else if (v->ethertype == ETYPE_IP4) {
		add_ip4(t, v->payload, v->payload_len);
	} else if (v->ethertype == ETYPE_IP6) {
		add_ip6(t, v->payload, v->payload_len);
	} else {
		eth_addr_fmt(src, sizeof(src), v->src);
		eth_addr_fmt(dst, sizeof(dst), v->dst);
		text_add(t, "%s > %s ethertype 0x%04x (%u)", src, dst, v->ethertype, v->payload_len);
	}
}

size_t
packet_fmt(char *buf, size_t cap, const uint8_t *frame, size_t len)
{
	struct wire_text t;
	struct eth_hdr_v v;
	enum wire_verdict verdict = eth_parse(frame, len, &v);

	text_begin(&t, buf, cap);
	if (verdict == WIRE_OK && v.tagged)
		text_add(&t, "vlan %u ", vlan_vid(v.tci));
	if (verdict == WIRE_OK)
		add_ethertype(&t, &v);
	else
		add_bad(&t, "ethernet", verdict, len);
	return t.len;
}

size_t
ip_packet_fmt(char *buf, size_t cap, const uint8_t *p, size_t len)
{
	struct wire_text t;

	text_begin(&t, buf, cap);
	if (len && p[0] >> 4 == 6)
		add_ip6(&t, p, len);
	else
		add_ip4(&t, p, len);
	return t.len;
}
