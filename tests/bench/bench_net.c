/* SPDX-License-Identifier: BSD-3-Clause */
/* Nanoseconds per packet of the net room: classification, the way out, ARP and echo, for one host and for many. */
#include <stdio.h>
#include <stdlib.h>

#include <rte_eal.h>

#include "bench.h"
#include "arp.h"
#include "net_parts.h"
#include "tcp_hdr.h"

#define BURST 32
#define ROUNDS 4000
#define NET 0x0a000000u /* 10.0.0.0/8 */
#define PEER (NET + 0xfffffe)

static const uint8_t MAC[6] = {2, 0, 0, 0, 0, 1}, PEER_MAC[6] = {2, 0, 0, 0, 0, 2};

struct bench {
	struct env env;
	struct tcp tcp;
	struct net net;
	struct mien_personality p;
	uint32_t hosts;
	struct rte_mbuf *m[BURST];
	struct rx_pkt pkt[BURST];
	uint32_t len;
	uint64_t best;
};

static void
report(struct bench *b, const char *what)
{
	printf("%-44s %8u  %7.1f ns\n", what, b->hosts, (double)b->best / BURST);
	b->best = UINT64_MAX;
}

static uint32_t
host_ip(const struct bench *b, uint32_t i)
{
	return NET + 1 + i % b->hosts;
}

static struct bench *
bench_new(struct rte_mempool *pool, uint32_t hosts)
{
	const struct net_limits limits = {
		hosts, 16, 1024, 16, .max_fragment_bytes = 1 << 20, .mac = {2, 0, 0, 0, 0, 1}};
	const struct tcp_limits tcp_limits = {16, 16, 16, 1 << 20, 65536};
	const struct mien_addr peer = mien_addr_ip4(PEER);
	struct bench *b = aligned_alloc(64, (sizeof(*b) + 63) & ~(size_t)63);
	uint64_t host;

	must(b != NULL, "no memory");
	memset(b, 0, sizeof(*b));
	b->hosts = hosts;
	b->best = UINT64_MAX;
	b->env.now = NS_PER_SECOND;
	b->env.pool = b->env.indirect = pool;
	b->env.mtu = 1500;
	b->env.headroom = ENV_HEADROOM;
	rng_seed(&b->env.rng, 1);
	wheel_init(&b->env.wheel, b->env.now, WHEEL_TICK_MS);
	mien_personality_init_plain(&b->p);
	b->p.icmp.errors.per_second = 0;
	must(!tcp_create(&b->tcp, &b->env, &tcp_limits, &mem_pages), "tcp_create");
	must(!net_create(&b->net, &b->env, &b->tcp, &limits, &mem_pages), "net_create");
	for (uint32_t i = 0; i < hosts; i++) {
		const struct mien_host_config c = {
			.addr = mien_addr_ip4(host_ip(b, i)), .prefix_len = 8, .personality = &b->p};

		must(!net_host_add(&b->net, &c, &host), "net_host_add");
	}
	must(!net_add_neighbour(&b->net, &peer, PEER_MAC), "net_add_neighbour");
	return b;
}

static void
bench_free(struct bench *b)
{
	net_destroy(&b->net);
	tcp_destroy(&b->tcp);
	free(b);
}

static void
burst_alloc(struct bench *b, uint32_t len)
{
	b->len = len;
	must(rte_pktmbuf_alloc_bulk(b->env.pool, b->m, BURST) == 0, "no mbufs");
	for (unsigned int i = 0; i < BURST; i++)
		pkt_append(b->m[i], len);
}

static void
burst_free(struct bench *b)
{
	rte_pktmbuf_free_bulk(b->m, BURST);
}

/* What pass one and the way out cut off or add is given back. */
static void
burst_reset(struct bench *b)
{
	for (unsigned int i = 0; i < BURST; i++) {
		b->m[i]->data_off = RTE_PKTMBUF_HEADROOM;
		b->m[i]->data_len = (uint16_t)b->len;
		b->m[i]->pkt_len = b->len;
	}
}

/* An IPv4 packet from the peer to a host at random. */
static uint8_t *
put_ip(struct bench *b, unsigned int i, uint8_t proto)
{
	const struct ip4_hdr_v v = {.src = PEER,
		.dst = host_ip(b, rng_u32(&b->env.rng)),
		.total_len = (uint16_t)(b->len - ETH_HDR_LEN),
		.flags = IP4_DF,
		.ttl = 64,
		.proto = proto};

	return ip4_build(eth_build(pkt_data(b->m[i]), MAC, PEER_MAC, ETYPE_IP4), &v);
}

static void
bench_parse(struct bench *b, uint32_t payload, uint64_t ol_flags, const char *what)
{
	burst_alloc(b, ETH_HDR_LEN + IP4_HDR_MIN + TCP_HDR_MIN + payload);
	for (unsigned int i = 0; i < BURST; i++) {
		const struct tcp_hdr_v t = {.sport = 5000, .dport = 80, .flags = TH_ACK};
		uint8_t *p = put_ip(b, i, IPP_TCP);
		uint32_t dst = get_be32(p - 4), len = TCP_HDR_MIN + payload;

		memset(tcp_build(p, &t), 0, payload);
		put_be16(p + 16, cksum_finish(cksum_partial(p, len, cksum_pseudo4(PEER, dst, IPP_TCP, (uint16_t)len))));
		b->m[i]->ol_flags = ol_flags;
	}
	for (unsigned int r = 0; r < ROUNDS; r++) {
		uint64_t start = clock_ns(), ns;

		for (unsigned int i = 0; i < BURST; i++)
			net_rx_parse(&b->net, b->m[i], &b->pkt[i]);
		ns = clock_ns() - start;
		b->best = ns < b->best ? ns : b->best;
		for (unsigned int i = 0; i < BURST; i++)
			must(b->pkt[i].kind == RX_TCP, "a plain segment left the fast path");
		burst_reset(b);
	}
	burst_free(b);
	report(b, what);
}

static void
bench_output(struct bench *b)
{
	uint32_t route = 0;
	const struct ip_tx tx = {
		.remote = mien_addr_ip4(PEER), .cls = MIEN_CLASS_TCP, .proto = IPP_TCP, .route = &route};
	const struct mien_addr addr = mien_addr_ip4(host_ip(b, 0));
	struct host *h = host_find(&b->net, &addr);

	burst_alloc(b, 1460);
	for (unsigned int r = 0; r < ROUNDS; r++) {
		uint64_t start = clock_ns(), ns;

		for (unsigned int i = 0; i < BURST; i++)
			ip_output(&b->net, &h->tcp, b->m[i], &tx);
		ns = clock_ns() - start;
		b->best = ns < b->best ? ns : b->best;
		must(net_tx_take(&b->net, b->m, BURST) == BURST, "a packet was not sent");
		burst_reset(b);
	}
	burst_free(b);
	report(b, "ip_output, route cached");
}

/* Both passes of what is built by put, its answers freed. */
static void
bench_answer(struct bench *b, uint32_t len, void (*put)(struct bench *b, unsigned int i), const char *what)
{
	for (unsigned int r = 0; r < ROUNDS; r++) {
		uint64_t start, ns;

		burst_alloc(b, len);
		for (unsigned int i = 0; i < BURST; i++)
			put(b, i);
		start = clock_ns();
		for (unsigned int i = 0; i < BURST; i++) {
			net_rx_parse(&b->net, b->m[i], &b->pkt[i]);
			must(net_rx_slow(&b->net, &b->pkt[i]) == MIEN_DROP_NONE, "a request was dropped");
		}
		ns = clock_ns() - start;
		b->best = ns < b->best ? ns : b->best;
		must(net_tx_take(&b->net, b->m, BURST) == BURST, "a request was not answered");
		burst_free(b);
	}
	report(b, what);
}

static void
put_echo(struct bench *b, unsigned int i)
{
	uint8_t *p = put_ip(b, i, IPP_ICMP);

	icmp4_build_hdr(p, ICMP4_ECHO, 0, i, p + ICMP4_HDR_LEN, 56);
}

static void
put_arp(struct bench *b, unsigned int i)
{
	static const uint8_t all[6] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
	struct arp_pkt a = {.htype = ARP_HTYPE_ETHER,
		.ptype = ETYPE_IP4,
		.hlen = 6,
		.plen = 4,
		.op = ARP_REQUEST,
		.spa = PEER,
		.tpa = host_ip(b, rng_u32(&b->env.rng))};

	memcpy(a.sha, PEER_MAC, 6);
	arp_build(eth_build(pkt_data(b->m[i]), all, PEER_MAC, ETYPE_ARP), &a);
}

static void
bench_hosts(struct rte_mempool *pool, uint32_t hosts)
{
	struct bench *b = bench_new(pool, hosts);

	bench_parse(b, 0, RTE_MBUF_F_RX_IP_CKSUM_GOOD | RTE_MBUF_F_RX_L4_CKSUM_GOOD, "net_rx_parse, sums by the port");
	bench_parse(b, 0, 0, "net_rx_parse, 40 bytes summed");
	bench_parse(b, 1460, 0, "net_rx_parse, 1500 bytes summed");
	bench_output(b);
	bench_answer(b, ETH_HDR_LEN + IP4_HDR_MIN + ICMP4_HDR_LEN + 56, put_echo, "echo answered");
	bench_answer(b, ETH_HDR_LEN + ARP_PKT_LEN, put_arp, "ARP request answered");
	bench_free(b);
}

int
main(void)
{
	static char a0[] = "bench", a1[] = "--no-huge", a2[] = "--no-shconf", a3[] = "--no-pci", a4[] = "--no-telemetry",
		    a5[] = "--log-level=1", a6[] = "-l0", a7[] = "-m64";
	static char *argv[] = {a0, a1, a2, a3, a4, a5, a6, a7};
	struct rte_mempool *pool;

	must(rte_eal_init(8, argv) >= 0, "rte_eal_init");
	pool = rte_pktmbuf_pool_create("bench", 4095, 64, MIEN_MBUF_PRIV_SIZE, RTE_MBUF_DEFAULT_BUF_SIZE, SOCKET_ID_ANY);
	must(pool != NULL, "no pool");
	printf("%-44s %8s\n", "", "hosts");
	bench_hosts(pool, 1);
	bench_hosts(pool, 1024);
	bench_hosts(pool, 65536);
	return 0;
}
