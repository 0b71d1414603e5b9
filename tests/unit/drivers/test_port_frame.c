/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdlib.h>
#include <string.h>

#include <rte_ether.h>
#include <rte_ip.h>
#include <rte_tcp.h>
#include <rte_udp.h>

#include "frame.h"
#include "port_priv.h"
#include "suites.h"

static struct mien_port port;

static int
setup(void)
{
	const struct mien_pool_config config = {.mbufs = 512};

	return mien_pool_create(&config, &port.pool, NULL, NULL);
}

static int
teardown(void)
{
	CHECK_EQ_U(mien_pool_in_use(port.pool), 0);
	mien_pool_free(port.pool);
	return 0;
}

static void
before(void)
{
	memset(&port.stats, 0, sizeof(port.stats));
}

/* A frame with payload; its transport checksum holds the pseudo-header's sum, as a kernel leaves it. */
static struct rte_mbuf *
partial(uint8_t protocol, uint32_t payload, bool tagged)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(port.pool);
	uint32_t l2 = tagged ? 18 : 14, l4 = protocol == IPPROTO_TCP ? 20 : 8;
	uint8_t *p = (uint8_t *)rte_pktmbuf_append(m, (uint16_t)(l2 + 20 + l4 + payload));
	struct rte_ipv4_hdr *ip = (struct rte_ipv4_hdr *)(void *)(p + l2);
	uint16_t sum;

	if (p == NULL) {
		REQUIRE_FAIL("no mbuf");
		return NULL;
	}
	memset(p, 0, l2 + 20 + l4);
	if (tagged)
		memcpy(p + 12, "\x81\x00\x00\x05", 4);
	memcpy(p + l2 - 2, "\x08\x00", 2);
	ip->version_ihl = 0x45;
	ip->total_length = rte_cpu_to_be_16((uint16_t)(20 + l4 + payload));
	ip->time_to_live = 64;
	ip->next_proto_id = protocol;
	ip->src_addr = rte_cpu_to_be_32(0x0a4d0001);
	ip->dst_addr = rte_cpu_to_be_32(0x0a4d0002);
	ip->hdr_checksum = rte_ipv4_cksum(ip);
	for (uint32_t i = 0; i < payload; i++)
		p[l2 + 20 + l4 + i] = (uint8_t)(i * 7 + 1);
	sum = rte_ipv4_phdr_cksum(ip, 0);
	memcpy(p + l2 + 20 + (protocol == IPPROTO_TCP ? 16 : 6), &sum, 2);
	return m;
}

static bool
sums_up(const struct rte_ipv4_hdr *ip)
{
	uint32_t len = rte_be_to_cpu_16(ip->total_length) - 20u;
	uint32_t sum = (uint32_t)rte_ipv4_phdr_cksum(ip, 0) + rte_raw_cksum(ip + 1, len);

	return (uint16_t)((sum >> 16) + sum) == 0xffff;
}

static bool
is_right(struct rte_mbuf *m, uint32_t l2)
{
	return sums_up(rte_pktmbuf_mtod_offset(m, struct rte_ipv4_hdr *, l2));
}

static void
completes(void)
{
	static const struct {
		uint8_t protocol;
		uint32_t payload;
		bool tagged;
	} rows[] = {{IPPROTO_TCP, 0, false}, {IPPROTO_TCP, 1, false}, {IPPROTO_TCP, 1400, true},
		{IPPROTO_UDP, 0, false}, {IPPROTO_UDP, 33, true}};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct rte_mbuf *m = partial(rows[i].protocol, rows[i].payload, rows[i].tagged);

		CHECK(!is_right(m, rows[i].tagged ? 18 : 14));
		port_inspect_rx(&port, m);

		CHECK(is_right(m, rows[i].tagged ? 18 : 14));
		CHECK_EQ_X(m->ol_flags & RTE_MBUF_F_RX_L4_CKSUM_MASK, RTE_MBUF_F_RX_L4_CKSUM_GOOD);
		CHECK_EQ_U(port.stats.rx_completed, i + 1);
		rte_pktmbuf_free(m);
	}
}

static void
leaves_others(void)
{
	struct rte_mbuf *m = partial(IPPROTO_TCP, 100, false);
	uint8_t copy[154];

	port_inspect_rx(&port, m);
	m->ol_flags = 0;
	rte_pktmbuf_mtod(m, uint8_t *)[100] ^= 1; /* finished, then damaged on the way */
	memcpy(copy, rte_pktmbuf_mtod(m, void *), sizeof(copy));
	port_inspect_rx(&port, m);

	CHECK_MEM(rte_pktmbuf_mtod(m, void *), copy, sizeof(copy));
	CHECK_EQ_X(m->ol_flags, 0);
	CHECK_EQ_U(port.stats.rx_completed, 1);
	rte_pktmbuf_free(m);
}

static void
fragments(void)
{
	struct rte_mbuf *m = partial(IPPROTO_TCP, 100, false);

	rte_pktmbuf_mtod_offset(m, struct rte_ipv4_hdr *, 14)->fragment_offset = rte_cpu_to_be_16(0x2000);
	port_inspect_rx(&port, m);

	CHECK_EQ_U(port.stats.rx_completed, 0);
	rte_pktmbuf_free(m);
}

static void
every_cut(void)
{
	struct rte_mbuf *whole = partial(IPPROTO_TCP, 10, true);

	for (uint16_t len = 0; len < whole->data_len; len++) {
		struct rte_mbuf *m = rte_pktmbuf_copy(whole, port.pool, 0, len == 0 ? 1 : len);

		m->data_len = len;
		m->pkt_len = len;
		port_inspect_rx(&port, m);
		rte_pktmbuf_free(m);
	}

	CHECK_EQ_U(port.stats.rx_completed, 0);
	CHECK_EQ_U(port.stats.rx_truncated, whole->data_len - 38u);
	rte_pktmbuf_free(whole);
}

static void
chain_to_one(void)
{
	uint8_t bytes[5000], got[5000];
	struct rte_mbuf *m;

	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)(i * 13);
	m = frame_to_mbuf(port.pool, bytes, sizeof(bytes));
	REQUIRE_NOT_NULL(m);
	CHECK_EQ_U(m->pkt_len, 5000);
	CHECK(m->nb_segs > 1);
	frame_copy(m, got, sizeof(got));

	CHECK_MEM(got, bytes, sizeof(bytes));
	m->ol_flags = RTE_MBUF_F_TX_IPV4;
	rte_pktmbuf_free(m);
}

static void
linearise(void)
{
	struct rte_mbuf *a = partial(IPPROTO_TCP, 100, false), *b = rte_pktmbuf_alloc(port.pool);

	memset(rte_pktmbuf_append(b, 300), 0x5a, 300);
	a->ol_flags = RTE_MBUF_F_TX_TCP_CKSUM;
	a->l2_len = 14;
	REQUIRE_EQ_I(rte_pktmbuf_chain(a, b), 0);
	a = port_linearise(&port, a);

	REQUIRE_NOT_NULL(a);
	CHECK_EQ_U(a->nb_segs, 1);
	CHECK_EQ_U(a->data_len, 454);
	CHECK_EQ_X(a->ol_flags, RTE_MBUF_F_TX_TCP_CKSUM);
	CHECK_EQ_U(a->l2_len, 14);
	CHECK_EQ_U(rte_pktmbuf_mtod(a, uint8_t *)[453], 0x5a);
	CHECK_EQ_U(port.stats.tx_linearised, 1);
	rte_pktmbuf_free(a);
}

static void
linearise_too_long(void)
{
	static const uint8_t bytes[4000];
	struct rte_mbuf *m = frame_to_mbuf(port.pool, bytes, sizeof(bytes));

	CHECK_NULL(port_linearise(&port, m));
}

static void
fill(void)
{
	struct rte_mbuf *m = partial(IPPROTO_UDP, 51, false);
	uint8_t *copy = malloc(m->data_len);

	rte_pktmbuf_mtod_offset(m, struct rte_ipv4_hdr *, 14)->hdr_checksum = 0;
	m->ol_flags = RTE_MBUF_F_TX_IPV4 | RTE_MBUF_F_TX_IP_CKSUM | RTE_MBUF_F_TX_UDP_CKSUM;
	m->l2_len = 14;
	m->l3_len = 20;
	memcpy(copy, rte_pktmbuf_mtod(m, void *), m->data_len);
	frame_fill_checksums(copy, m->data_len, m);

	struct rte_ipv4_hdr *ip = (struct rte_ipv4_hdr *)(void *)(copy + 14);
	CHECK_EQ_X(rte_raw_cksum(ip, 20), 0xffff);
	CHECK(sums_up(ip));
	free(copy);
	rte_pktmbuf_free(m);
}

static const struct test_case cases[] = {
	{"a checksum that the local kernel left out is filled in", completes},
	{"a finished checksum is left alone, right or wrong", leaves_others},
	{"a fragment's checksum is left alone", fragments},
	{"a frame cut anywhere is looked at safely and counted", every_cut},
	{"a frame larger than an mbuf becomes a chain and comes out whole", chain_to_one},
	{"a chain becomes one segment with its offload flags", linearise},
	{"a chain that no mbuf holds is given up", linearise_too_long},
	{"checksums left to the port are filled in for a capture", fill},
	{NULL, NULL},
};
const struct test_suite port_frame_suite = {
	.name = "port_frame", .setup = setup, .teardown = teardown, .cases = cases, .before = before};
