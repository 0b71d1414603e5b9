/* SPDX-License-Identifier: BSD-3-Clause */
#include "wire_walk.h"

#include <stdio.h>
#include <stdlib.h>

#include "arp.h"
#include "eth.h"
#include "icmp4.h"
#include "ip4.h"
#include "ip6.h"
#include "segment_fmt.h"
#include "tcp_hdr.h"
#include "tcp_opt.h"
#include "udp_hdr.h"

#define HOLD(cond)                                                                                 \
	do {                                                                                       \
		if (!(cond)) {                                                                     \
			fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #cond);                 \
			abort();                                                                   \
		}                                                                                  \
	} while (0)

/* Reads each byte; the range must lie in the bytes given. */
static uint64_t
touch(const uint8_t *p, size_t len, const uint8_t *in, size_t in_len)
{
	uint64_t sum = 0;

	HOLD(p >= in && p <= in + in_len && len <= (size_t)(in + in_len - p));
	for (size_t i = 0; i < len; i++)
		sum += p[i];
	return sum;
}

uint64_t
wire_walk_tcp_opts(const uint8_t *p, size_t len)
{
	char text[8 * TCP_OPTIONS_FMT_CAP];
	unsigned int steps = 0;
	struct tcp_opt_iter it;
	struct tcp_opts o, any;
	struct tcp_opt opt;
	uint64_t sum = 0;

	tcp_opts_parse(p, len, &o);
	tcp_opts_parse_any(p, len, &any);
	HOLD(o.present == any.present && o.n_sack <= TCP_SACK_MAX);
	HOLD(!(o.present & OPT_TS) || (o.tsval == any.tsval && o.tsecr == any.tsecr));
	HOLD(!(o.present & OPT_SACK) == !o.n_sack);
	if (o.present & OPT_TFO)
		sum += touch(o.tfo, o.tfo_len, p, len);
	tcp_opt_begin(&it, p, len);
	while (tcp_opt_next(&it, &opt)) {
		HOLD(++steps <= len);
		if (opt.len > 2)
			sum += touch(opt.data, opt.len - 2u, p, len);
	}
	HOLD((it.stop == TCP_OPT_AT_BAD) == !!(o.present & OPT_BAD));
	if (len > TCP_OPTS_MAX)
		return sum + tcp_opts_layout(text, sizeof(text), p, len);
	HOLD(tcp_opts_layout(text, sizeof(text), p, len) < TCP_OPT_LAYOUT_CAP);
	HOLD(tcp_options_fmt(text, sizeof(text), p, len, NULL) < TCP_OPTIONS_FMT_CAP);
	return sum;
}

static uint64_t
walk_tcp(const uint8_t *p, size_t len)
{
	char text[SEGMENT_FMT_CAP];
	uint8_t out[TCP_HDR_MAX];
	struct tcp_hdr_v v;

	if (tcp_parse(p, len, &v) != WIRE_OK)
		return 0;
	HOLD(v.doff + v.payload_len == len && v.doff == TCP_HDR_MIN + v.opt_len);
	HOLD(tcp_build(out, &v) == out + v.doff && memcmp(out, p, v.doff) == 0);
	HOLD(segment_fmt(text, sizeof(text), &v, NULL) < sizeof(text));
	return touch(v.payload, v.payload_len, p, len) + wire_walk_tcp_opts(v.opts, v.opt_len) +
		tcp_cksum_ok(p, len, cksum_pseudo4(1, 2, IPP_TCP, (uint16_t)len));
}

static uint64_t
walk_udp(const uint8_t *p, size_t len)
{
	struct udp_hdr_v v;

	if (udp_parse(p, len, &v) != WIRE_OK)
		return 0;
	HOLD(v.len <= len);
	return touch(v.payload, v.payload_len, p, len) +
		udp_cksum_ok(p, &v, cksum_pseudo4(1, 2, IPP_UDP, v.len), true);
}

static uint64_t
walk_icmp4(const uint8_t *p, size_t len)
{
	struct icmp4_quote q;
	struct icmp4_v v;
	uint64_t sum;

	if (icmp4_parse(p, len, &v) == WIRE_SHORT)
		return 0;
	sum = touch(v.payload, v.payload_len, p, len);
	if (icmp4_quote_parse(v.payload, v.payload_len, &q) == WIRE_OK)
		sum += touch(q.l4, q.l4_len, p, len) + q.sport + q.seq;
	return sum;
}

static uint64_t
walk_upper(uint8_t proto, const uint8_t *p, size_t len)
{
	switch (proto) {
	case IPP_TCP:
		return walk_tcp(p, len);
	case IPP_UDP:
		return walk_udp(p, len);
	case IPP_ICMP:
	case IPP_ICMP6:
		return walk_icmp4(p, len);
	default:
		return 0;
	}
}

static uint64_t
walk_ip4_opts(const uint8_t *p, size_t len)
{
	struct ip4_opt_iter it;
	unsigned int steps = 0;
	struct ip4_opt o;
	uint64_t sum = 0;

	ip4_opt_begin(&it, p, len);
	while (ip4_opt_next(&it, &o)) {
		HOLD(++steps <= len / 2);
		sum += touch(o.data, o.len - 2u, p, len);
	}
	HOLD(ip4_opt_offset(&it) <= IP4_HDR_MIN + len);
	return sum;
}

static uint64_t
walk_ip4(const uint8_t *p, size_t len)
{
	uint8_t out[IP4_HDR_MAX];
	struct ip4_hdr_v v;
	uint64_t sum = ip4_parse(p, len, 0, &v);

	if (ip4_parse(p, len, IP4_CKSUM_DONE, &v) != WIRE_OK)
		return sum;
	HOLD(v.ihl + v.payload_len == v.total_len && v.total_len <= len);
	HOLD(ip4_build(out, &v) == out + v.ihl && memcmp(out, p, 10) == 0);
	HOLD(memcmp(out + 12, p + 12, v.ihl - 12u) == 0);
	HOLD(sum != WIRE_OK || v.cksum == get_be16(out + 10) || v.cksum == 0xffff);
	sum += walk_ip4_opts(v.opts, v.opt_len);
	sum += touch(v.payload, v.payload_len, p, len);
	return sum + walk_upper(v.proto, v.payload, v.payload_len);
}

static uint64_t
walk_ip6(const uint8_t *p, size_t len)
{
	uint8_t out[IP6_HDR_LEN];
	struct ip6_hdr_v v;
	struct ip6_ext x;

	if (ip6_parse(p, len, &v) != WIRE_OK)
		return 0;
	ip6_build(out, &v);
	HOLD(memcmp(out, p, IP6_HDR_LEN) == 0);
	if (ip6_ext_walk(v.payload, v.payload_len, v.next_hdr, &x) != WIRE_OK)
		return 0;
	HOLD(x.offset <= v.payload_len && x.n <= IP6_EXT_MAX);
	return touch(v.payload, v.payload_len, p, len) +
		walk_upper(x.proto, v.payload + x.offset, v.payload_len - x.offset);
}

static uint64_t
walk_arp(const uint8_t *p, size_t len)
{
	uint8_t out[ARP_PKT_LEN];
	struct arp_pkt a;

	if (arp_parse(p, len, &a) != WIRE_OK)
		return 0;
	arp_build(out, &a);
	HOLD(memcmp(out, p, ARP_PKT_LEN) == 0);
	return arp_is_ether_ip4(&a);
}

uint64_t
wire_walk_frame(const uint8_t *p, size_t len)
{
	char text[SEGMENT_FMT_CAP];
	struct eth_hdr_v v;

	HOLD(packet_fmt(text, sizeof(text), p, len) < sizeof(text));
	if (eth_parse(p, len, &v) == WIRE_SHORT)
		return 0;
	HOLD(v.hdr_len + v.payload_len == len);
	if (v.ethertype == ETYPE_ARP)
		return walk_arp(v.payload, v.payload_len);
	if (v.ethertype == ETYPE_IP4)
		return walk_ip4(v.payload, v.payload_len);
	if (v.ethertype == ETYPE_IP6)
		return walk_ip6(v.payload, v.payload_len);
	return touch(v.payload, v.payload_len, p, len);
}

uint64_t
wire_walk_any(const uint8_t *p, size_t len)
{
	char text[SEGMENT_FMT_CAP];
	struct ip6_ext x;

	HOLD(ip_packet_fmt(text, sizeof(text), p, len) < sizeof(text));
	if (len && ip6_ext_walk(p, len, p[0], &x) == WIRE_OK)
		HOLD(x.offset <= len);
	return wire_walk_frame(p, len) + walk_arp(p, len) + walk_ip4(p, len) + walk_ip6(p, len) +
		walk_icmp4(p, len) + walk_udp(p, len) + walk_tcp(p, len) + walk_ip4_opts(p, len) +
		wire_walk_tcp_opts(p, len);
}
