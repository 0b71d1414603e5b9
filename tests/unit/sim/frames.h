/* SPDX-License-Identifier: BSD-3-Clause */
/* Segments as mbufs, for what reads and rewrites them. */
#ifndef TESTS_UNIT_SIM_FRAMES_H
#define TESTS_UNIT_SIM_FRAMES_H

#include <string.h>

#include <rte_mbuf.h>

#include "cksum.h"
#include "eth.h"
#include "ip4.h"
#include "suites.h"
#include "tcp_hdr.h"

#define CLIENT_IP 0x0a000001u
#define SERVER_IP 0x0a000002u

struct test_segment {
	bool from_server;
	uint8_t flags;
	uint32_t seq, ack;
	uint16_t window, sport, dport; /* ports 0: 1024 and 80 */
	const uint8_t *opts;
	uint8_t opt_len, tos;
	uint16_t len; /* payload: bytes 0, 1, 2, ... */
};

static inline struct rte_mbuf *
test_frame(const struct test_segment *s)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(sim_test_pool);
	uint16_t l4 = (uint16_t)(20 + s->opt_len + s->len);
	struct ip4_hdr_v ip = {.src = s->from_server ? SERVER_IP : CLIENT_IP, .dst = s->from_server ? CLIENT_IP : SERVER_IP,
		.ttl = 64, .proto = 6, .tos = s->tos, .flags = IP4_DF, .total_len = (uint16_t)(20 + l4)};
	struct tcp_hdr_v tcp = {.sport = s->sport ? s->sport : s->from_server ? 80 : 1024,
		.dport = s->dport ? s->dport : s->from_server ? 1024 : 80, .flags = s->flags, .window = s->window,
		.seq = s->seq, .ack = s->ack, .opts = s->opts, .opt_len = s->opt_len};
	uint8_t *frame = (uint8_t *)rte_pktmbuf_append(m, (uint16_t)(34 + l4)), *head, *payload;

	head = ip4_build(eth_build(frame, (const uint8_t[6]){2, 0, 0, 0, 0, s->from_server ? 1 : 2},
				   (const uint8_t[6]){2, 0, 0, 0, 0, s->from_server ? 2 : 1}, 0x0800), &ip);
	payload = tcp_build(head, &tcp);
	for (unsigned i = 0; i < s->len; i++)
		payload[i] = (uint8_t)i;
	put_be16(head + 16, cksum_l4(cksum_pseudo4(ip.src, ip.dst, 6, l4), head, l4, NULL, 0));
	return m;
}

#endif
