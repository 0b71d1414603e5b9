/* SPDX-License-Identifier: BSD-3-Clause */
#include "suites.h"

#include <stdlib.h>

#include "bed.h"
#include "tcp_hdr.h"
#include "udp_hdr.h"

static struct tcp_host *
host(struct bed *b)
{
	return pool_lookup(&b->net.hosts, b->host);
}

static const uint8_t *
sent_ip(struct bed *b)
{
	const struct sent *s = bed_sent(b);

	REQUIRE_NOT_NULL(s);
	CHECK(cksum_is_ok(ip4_hdr_sum(s->bytes + FRAME_IP, 20)));
	return s->bytes + FRAME_IP;
}

static const uint8_t *
output(struct bed *b, struct ip_tx tx)
{
	if (mien_addr_is_any(&tx.remote))
		tx.remote = mien_addr_ip4(PEER_IP);
	tx.proto = 253;
	ip_output(&b->net, host(b), bed_mbuf("12345678", 8), &tx);
	return sent_ip(b);
}

static void
ttl_follows_the_rules(void)
{
	struct bed *b = bed_new_started();

	b->p->ip[MIEN_CLASS_ECHO].ttl = 0;
	b->p->ip[MIEN_CLASS_RST].ttl = 255;
	CHECK_EQ_U(output(b, (struct ip_tx){.cls = MIEN_CLASS_RST})[8], 255);
	CHECK_EQ_U(output(b, (struct ip_tx){.cls = MIEN_CLASS_RST, .ttl = 7})[8], 7);
	CHECK_EQ_U(output(b, (struct ip_tx){.cls = MIEN_CLASS_ECHO, .reply_ttl = 33})[8], 33);
	CHECK_EQ_U(output(b, (struct ip_tx){.cls = MIEN_CLASS_ECHO})[8], 64); /* never 0 */
	bed_free(b);
}

static void
df_follows_the_rules(void)
{
	struct bed *b = bed_new_started();
	struct mien_ip_rule *r = &b->p->ip[MIEN_CLASS_ECHO];

	r->df = MIEN_DF_ON;
	CHECK_EQ_X(output(b, (struct ip_tx){.cls = MIEN_CLASS_ECHO})[6], 0x40);
	r->df = MIEN_DF_OFF;
	CHECK_EQ_X(output(b, (struct ip_tx){.cls = MIEN_CLASS_ECHO, .reply_df = 1})[6], 0);
	r->df = MIEN_DF_COPY;
	CHECK_EQ_X(output(b, (struct ip_tx){.cls = MIEN_CLASS_ECHO, .reply_df = 1})[6], 0x40);
	CHECK_EQ_X(output(b, (struct ip_tx){.cls = MIEN_CLASS_ECHO, .reply_df = 0})[6], 0);
	CHECK_EQ_X(output(b, (struct ip_tx){.cls = MIEN_CLASS_ECHO, .df = MIEN_DF_ON + 1})[6], 0x40);
	CHECK_EQ_X(output(b, (struct ip_tx){.cls = MIEN_CLASS_ECHO, .df = MIEN_DF_OFF + 1, .reply_df = 1})[6], 0);
	bed_free(b);
}

static void
tos_follows_the_rules(void)
{
	struct bed *b = bed_new_started();
	struct mien_ip_rule *r = &b->p->ip[MIEN_CLASS_ICMP_ERROR];

	r->tos = 0xc0;
	CHECK_EQ_X(output(b, (struct ip_tx){.cls = MIEN_CLASS_ICMP_ERROR, .reply_tos = 4})[1], 0xc0);
	CHECK_EQ_X(output(b, (struct ip_tx){.cls = MIEN_CLASS_ICMP_ERROR, .tos = 2})[1], 0xc2);
	r->tos_rule = MIEN_TOS_COPY;
	CHECK_EQ_X(output(b, (struct ip_tx){.cls = MIEN_CLASS_ICMP_ERROR, .reply_tos = 4})[1], 4);
	bed_free(b);
}

static void
a_connections_personality_counts(void)
{
	struct bed *b = bed_new_started();
	struct mien_personality *other = aligned_alloc(64, sizeof(*other));

	REQUIRE_NOT_NULL(other);
	mien_personality_init_plain(other);
	other->ip[MIEN_CLASS_TCP].ttl = 200;
	CHECK_EQ_U(output(b, (struct ip_tx){.cls = MIEN_CLASS_TCP, .p = other})[8], 200);
	CHECK_EQ_U(output(b, (struct ip_tx){.cls = MIEN_CLASS_TCP})[8], 64);
	free(other);
	bed_free(b);
}

static void
large_datagrams_leave_in_pieces(void)
{
	struct bed *b = bed_new_started();
	const struct ip_tx tx = {.remote = mien_addr_ip4(PEER_IP), .cls = MIEN_CLASS_UDP, .proto = 253};
	uint8_t data[4000], got[4000];
	uint16_t id = 0;
	unsigned int pieces = 0;

	/* given 4000 bytes in a chain of uneven mbufs */
	for (unsigned int i = 0; i < sizeof(data); i++)
		data[i] = (uint8_t)(i * 7);
	ip_output(&b->net, host(b), bed_chain(data, sizeof(data), 999), &tx);

	/* then three fragments of one identification carry them */
	for (const struct sent *s; (s = bed_sent(b)) != NULL; pieces++) {
		struct ip4_hdr_v v = {0};

		REQUIRE_EQ_I(ip4_parse(s->bytes + FRAME_IP, s->len - FRAME_IP, 0, &v), WIRE_OK);
		CHECK_EQ_U(v.frag_off, pieces * 1480);
		CHECK_EQ_U(v.flags, pieces < 2 ? IP4_MF : 0);
		CHECK(pieces == 0 || v.id == id);
		id = v.id;
		memcpy(got + v.frag_off, v.payload, v.payload_len);
	}
	CHECK_EQ_U(pieces, 3);
	CHECK_MEM(got, data, sizeof(data));
	CHECK_EQ_U(b->env.counters.ip_fragmented, 1);
	bed_free(b);
}

static void
df_forbids_pieces(void)
{
	struct bed *b = bed_new_started();
	const struct ip_tx tx = {.remote = mien_addr_ip4(PEER_IP), .cls = MIEN_CLASS_TCP, .proto = 253};
	static const uint8_t data[1481];

	ip_output(&b->net, host(b), bed_mbuf(data, 1480), &tx);
	CHECK_NOT_NULL(bed_sent(b));
	ip_output(&b->net, host(b), bed_mbuf(data, 1481), &tx);
	CHECK_NULL(bed_sent(b));
	CHECK_EQ_U(bed_drops(b, MIEN_DROP_IP_TOO_BIG), 1);
	bed_free(b);
}

static void
routes(void)
{
	struct bed *b = bed_new_started();
	const struct mien_addr gateway = mien_addr_ip4(PEER_IP), nowhere = mien_addr_ip4(0xc0000201);
	const struct ip_tx tx = {.remote = mien_addr_ip4(0x08080808), .cls = MIEN_CLASS_UDP, .proto = 253};

	/* without a gateway there is no way off the link */
	ip_output(&b->net, host(b), bed_mbuf("1234", 4), &tx);
	CHECK_EQ_U(bed_drops(b, MIEN_DROP_IP_NO_ROUTE), 1);
	CHECK_EQ_I(net_set_gateway(&b->net, &nowhere), MIEN_ENOROUTE);

	/* with one it goes to the gateway's MAC */
	REQUIRE_EQ_I(net_set_gateway(&b->net, &gateway), 0);
	ip_output(&b->net, host(b), bed_mbuf("1234", 4), &tx);
	CHECK_MEM(bed_sent(b)->bytes, PEER_MAC, 6);
	bed_free(b);
}

static void
bad_destinations(void)
{
	static const uint32_t bad[] = {0, 0x7f000001, 0xf0000001, 0x00000001};
	struct bed *b = bed_new_started();
	const struct mien_addr gateway = mien_addr_ip4(PEER_IP);

	REQUIRE_EQ_I(net_set_gateway(&b->net, &gateway), 0);
	for (unsigned int i = 0; i < 4; i++) {
		const struct ip_tx tx = {.remote = mien_addr_ip4(bad[i]), .cls = MIEN_CLASS_UDP, .proto = 253};

		ip_output(&b->net, host(b), bed_mbuf("1234", 4), &tx);
	}
	CHECK_NULL(bed_sent(b));
	CHECK_EQ_U(bed_drops(b, MIEN_DROP_IP_NO_ROUTE), 4);
	bed_free(b);
}

static void
broadcasts_and_groups(void)
{
	struct bed *b = bed_new_started();

	output(b, (struct ip_tx){.cls = MIEN_CLASS_UDP, .remote = mien_addr_ip4(0xffffffff)});
	CHECK_MEM(b->out[b->next - 1].bytes, BROADCAST_MAC, 6);
	output(b, (struct ip_tx){.cls = MIEN_CLASS_UDP, .remote = mien_addr_ip4(0x0a0900ff)});
	CHECK_MEM(b->out[b->next - 1].bytes, BROADCAST_MAC, 6);
	output(b, (struct ip_tx){.cls = MIEN_CLASS_UDP, .remote = mien_addr_ip4(0xe0fb0203)});
	CHECK_MEM(b->out[b->next - 1].bytes, "\x01\x00\x5e\x7b\x02\x03", 6);
	bed_free(b);
}

static void
the_port_gets_the_pseudo_header(void)
{
	struct bed *b = bed_new_started();
	const struct ip_tx tx = {.remote = mien_addr_ip4(PEER_IP), .cls = MIEN_CLASS_TCP, .proto = IPP_TCP};
	uint8_t tcp[24] = {0};
	const struct sent *s;
	uint16_t sum;

	b->env.tx_offloads = MIEN_OFFLOAD_IP4_CKSUM | MIEN_OFFLOAD_TCP_CKSUM;
	ip_output(&b->net, host(b), bed_mbuf(tcp, sizeof(tcp)), &tx);

	s = bed_sent(b);
	REQUIRE_NOT_NULL(s);
	CHECK_EQ_X(s->ol_flags, RTE_MBUF_F_TX_IPV4 | RTE_MBUF_F_TX_IP_CKSUM | RTE_MBUF_F_TX_TCP_CKSUM);
	CHECK_EQ_X(get_be16(s->bytes + FRAME_IP + 10), 0);
	sum = cksum_fold(cksum_pseudo4(HOST_IP, PEER_IP, IPP_TCP, 24));
	CHECK_MEM(s->bytes + FRAME_L4 + 16, &sum, 2);
	bed_free(b);
}

static void
fragments_are_summed_here(void)
{
	struct bed *b = bed_new_started();
	const struct ip_tx tx = {.remote = mien_addr_ip4(PEER_IP), .cls = MIEN_CLASS_UDP, .proto = IPP_UDP};
	uint8_t udp[2000] = {0}, got[2000];
	uint32_t pseudo = cksum_pseudo4(HOST_IP, PEER_IP, IPP_UDP, sizeof(udp));
	const struct sent *s;

	/* given a port that sums, and a datagram that it never sees whole */
	b->env.tx_offloads = MIEN_OFFLOAD_IP4_CKSUM | MIEN_OFFLOAD_UDP_CKSUM;
	udp_build(udp, 1, 2, sizeof(udp), 0);
	ip_output(&b->net, host(b), bed_mbuf(udp, sizeof(udp)), &tx);

	s = bed_sent(b);
	REQUIRE_NOT_NULL(s);
	CHECK_EQ_X(s->ol_flags & RTE_MBUF_F_TX_L4_MASK, 0);
	memcpy(got, s->bytes + FRAME_L4, 1480);
	s = bed_sent(b);
	REQUIRE_NOT_NULL(s);
	memcpy(got + 1480, s->bytes + FRAME_L4, 520);
	CHECK(cksum_is_ok(cksum_partial(got, sizeof(got), pseudo)));
	bed_free(b);
}

/* What an application ends at that time, and the answer to a ping, must still go out. */
static void
what_can_wait_leaves_room(void)
{
	struct bed *b = bed_new_started();

	CHECK_EQ_U(b->env.tx_room(&b->net), NET_TX_RING - NET_TX_KEPT);
	b->net.tx->tail += NET_TX_RING - NET_TX_KEPT - 1;
	CHECK_EQ_U(b->env.tx_room(&b->net), 1);
	b->net.tx->tail++;
	CHECK_EQ_U(b->env.tx_room(&b->net), 0);
	b->net.tx->tail += NET_TX_KEPT;
	CHECK_EQ_U(b->env.tx_room(&b->net), 0);
	b->net.tx->head = b->net.tx->tail;
	bed_free(b);
}

static void
a_full_ring_drops(void)
{
	struct bed *b = bed_new_started();
	const struct ip_tx tx = {.remote = mien_addr_ip4(PEER_IP), .cls = MIEN_CLASS_UDP, .proto = 253};
	struct rte_mbuf *m;

	b->net.tx->tail += NET_TX_RING - 1; /* as if so many waited */
	ip_output(&b->net, host(b), bed_mbuf("1234", 4), &tx);
	ip_output(&b->net, host(b), bed_mbuf("1234", 4), &tx);
	CHECK_EQ_U(bed_drops(b, MIEN_DROP_TX_FULL), 1);
	b->net.tx->head += NET_TX_RING - 1;
	CHECK_EQ_U(net_tx_take(&b->net, &m, 1), 1);
	rte_pktmbuf_free(m);
	bed_free(b);
}

static void
a_vlan_tags_all(void)
{
	struct bed *b = bed_new_started();
	struct frame f;
	const struct sent *s;
	uint8_t tagged[128];

	/* given a stack on VLAN 5 */
	b->net.limits.vlan = 5;
	frame_echo(&f, 7, 16);

	/* when an untagged, a foreign and a right frame come */
	CHECK_EQ_I(bed_rx(b, f.bytes, f.len), MIEN_DROP_VLAN);
	memcpy(tagged, f.bytes, 12);
	memcpy(tagged + 12, "\x81\x00\x00\x06", 4);
	memcpy(tagged + 16, f.bytes + 12, f.len - 12);
	CHECK_EQ_I(bed_rx(b, tagged, f.len + 4), MIEN_DROP_VLAN);
	tagged[15] = 5;
	CHECK_EQ_I(bed_rx(b, tagged, f.len + 4), MIEN_DROP_NONE);

	/* then the answer has the tag */
	s = bed_sent(b);
	REQUIRE_NOT_NULL(s);
	CHECK_MEM(s->bytes + 12, "\x81\x00\x00\x05\x08\x00\x45", 7);
	CHECK_EQ_U(s->len, f.len + 4);
	bed_free(b);
}

static void
what_cannot_leave_is_dropped(void)
{
	static const uint8_t huge[65516];
	struct bed *b = bed_new_started();
	struct ip_tx tx = {.remote = mien_addr_ip4(PEER_IP), .cls = MIEN_CLASS_UDP, .proto = 253};
	struct rte_mbuf *m = bed_mbuf("1234", 4);

	/* no room for the headers in front */
	rte_pktmbuf_prepend(m, 100);
	ip_output(&b->net, host(b), m, &tx);
	CHECK_EQ_U(bed_drops(b, MIEN_DROP_NO_MBUF), 1);

	/* more than an IP packet holds, whatever its pieces */
	ip_output(&b->net, host(b), bed_chain(huge, sizeof(huge), BED_FRAME), &tx);
	CHECK_EQ_U(bed_drops(b, MIEN_DROP_IP_TOO_BIG), 1);

	/* another family; a host that does not have its address yet */
	tx.remote = mien_addr_from_bytes((const uint8_t[16]){0xfe, 0x80, [15] = 1});
	ip_output(&b->net, host(b), bed_mbuf("1234", 4), &tx);
	CHECK_EQ_U(bed_drops(b, MIEN_DROP_IP_NO_ROUTE), 1);
	tx.remote = mien_addr_ip4(PEER_IP);
	host(b)->ready = false;
	ip_output(&b->net, host(b), bed_mbuf("1234", 4), &tx);
	CHECK_EQ_U(bed_drops(b, MIEN_DROP_HOST_DOWN), 1);
	CHECK_NULL(bed_sent(b));
	bed_free(b);
}

static void
the_reserved_flag_follows_the_rule(void)
{
	struct bed *b = bed_new_started();

	b->p->ip[MIEN_CLASS_ECHO].reserved = 1;
	b->p->ip[MIEN_CLASS_ECHO].df = MIEN_DF_ON;
	CHECK_EQ_X(output(b, (struct ip_tx){.cls = MIEN_CLASS_ECHO})[6], 0xc0);
	b->p->ip[MIEN_CLASS_ECHO].df = MIEN_DF_OFF;
	CHECK_EQ_X(output(b, (struct ip_tx){.cls = MIEN_CLASS_ECHO})[6], 0x80);
	bed_free(b);
}

/* The sum at `at` of a transport that leaves in pieces, its bytes such that the sum is zero. */
static uint16_t
zero_sum(uint8_t proto, unsigned int at)
{
	struct bed *b = bed_new_started();
	const struct ip_tx tx = {.remote = mien_addr_ip4(PEER_IP), .cls = MIEN_CLASS_UDP, .proto = proto};
	uint8_t l4[2000] = {0};
	uint32_t pseudo = cksum_pseudo4(HOST_IP, PEER_IP, proto, sizeof(l4));
	const struct sent *s;
	uint16_t sum;

	put_be16(l4 + 100, cksum_finish(cksum_partial(l4, sizeof(l4), pseudo)));
	b->env.tx_offloads = MIEN_OFFLOAD_TCP_CKSUM | MIEN_OFFLOAD_UDP_CKSUM;
	ip_output(&b->net, host(b), bed_mbuf(l4, sizeof(l4)), &tx);
	s = bed_sent(b);
	REQUIRE_NOT_NULL(s);
	CHECK_EQ_U(get_be16(s->bytes + FRAME_L4 + 100), get_be16(l4 + 100));
	sum = get_be16(s->bytes + FRAME_L4 + at);
	bed_free(b);
	return sum;
}

/* RFC 768: zero says that there is none. */
static void
a_sum_of_zero_in_pieces(void)
{
	CHECK_EQ_X(zero_sum(IPP_UDP, 6), 0xffff);
	CHECK_EQ_X(zero_sum(IPP_TCP, 16), 0);
}

static void
pieces_end_where_mbufs_end(void)
{
	static const uint8_t data[4000];
	struct bed *b = bed_new_started();
	const struct ip_tx tx = {.remote = mien_addr_ip4(PEER_IP), .cls = MIEN_CLASS_UDP, .proto = 253};
	struct rte_mbuf *m = bed_chain(data, sizeof(data), 999);

	/* given a mbuf for one piece of three */
	bed_starve(b, 1);
	ip_output(&b->net, host(b), m, &tx);
	bed_feed(b);

	/* then one leaves, and the others are not tried */
	CHECK_NOT_NULL(bed_sent(b));
	CHECK_NULL(bed_sent(b));
	CHECK_EQ_U(bed_drops(b, MIEN_DROP_NO_MBUF), 1);
	bed_free(b);
}

static const struct test_case cases[] = {
	{"TTL comes from call, rule or the packet answered", ttl_follows_the_rules},
	{"DF comes from call, rule or the packet answered", df_follows_the_rules},
	{"TOS comes from rule or the packet answered, the call adds to it", tos_follows_the_rules},
	{"a connection's own personality counts", a_connections_personality_counts},
	{"what exceeds the MTU leaves in pieces", large_datagrams_leave_in_pieces},
	/* proves IP-12 PM-1 */
	{"DF forbids pieces", df_forbids_pieces},
	{"what is off the link goes to the gateway, if there is one", routes},
	{"nothing is sent to addresses that no host has", bad_destinations},
	{"broadcasts and groups have their own MACs", broadcasts_and_groups},
	{"a port that sums finds the pseudo-header's sum", the_port_gets_the_pseudo_header},
	{"fragments are summed here even if the port sums", fragments_are_summed_here},
	{"what can wait leaves room in the ring for what cannot", what_can_wait_leaves_room},
	{"a full ring drops and counts", a_full_ring_drops},
	{"a stack on a VLAN takes and sends its tag only", a_vlan_tags_all},
	{"what cannot leave is dropped by its reason", what_cannot_leave_is_dropped},
	{"the reserved flag follows the rule", the_reserved_flag_follows_the_rule},
	{"a sum of zero in pieces is ffff for UDP only", a_sum_of_zero_in_pieces},
	{"pieces end where mbufs end", pieces_end_where_mbufs_end},
	{NULL, NULL},
};

const struct test_suite ip_out_suite = {"ip_out", NULL, NULL, cases, NULL, NULL};
