/* SPDX-License-Identifier: BSD-3-Clause */
#include "suites.h"

#include "bed.h"
#include "tcp_hdr.h"

/* Pass one alone; the mbuf is freed. */
static uint8_t
kind_of(struct bed *b, struct rte_mbuf *m, struct rx_pkt *pkt)
{
	net_rx_parse(&b->net, m, pkt);
	rte_pktmbuf_free(m);
	return pkt->kind;
}

static uint8_t
kind(struct bed *b, const struct frame *f)
{
	struct rx_pkt pkt;

	return kind_of(b, bed_mbuf(f->bytes, f->len), &pkt);
}

static void
plain_segments_take_the_fast_path(void)
{
	struct bed *b = bed_new_started();
	struct rte_mbuf *m;
	struct rx_pkt pkt;
	struct frame f;

	frame_tcp(&f, 80, TH_ACK | TH_PSH, 10);
	f.bytes[FRAME_IP + 1] = 3;
	frame_fix_ip(&f);
	m = bed_mbuf(f.bytes, f.len);
	net_rx_parse(&b->net, m, &pkt);

	REQUIRE_EQ_U(pkt.kind, RX_TCP);
	CHECK_PTR(pkt.host, pool_lookup(&b->net.hosts, b->host));
	CHECK_EQ_U(mien_addr_get_ip4(&pkt.seg.key.local), HOST_IP);
	CHECK_EQ_U(mien_addr_get_ip4(&pkt.seg.key.remote), PEER_IP);
	CHECK(mien_addr_is_ip4(&pkt.seg.key.local));
	CHECK_EQ_U(pkt.seg.key.lport, 80);
	CHECK_EQ_U(pkt.seg.key.rport, 5000);
	CHECK_EQ_U(pkt.seg.seq, 1000);
	CHECK_EQ_U(pkt.seg.wnd, 1024);
	CHECK_EQ_U(pkt.seg.len, 10);
	CHECK_EQ_X(pkt.seg.flags, TH_ACK | TH_PSH);
	CHECK_EQ_U(pkt.seg.ttl, 61);
	CHECK_EQ_U(pkt.seg.tos, 3);
	CHECK_EQ_U(pkt.seg.df, 1);
	CHECK_EQ_U(pkt.seg.m->pkt_len, 10);
	CHECK_MEM(pkt_data(pkt.seg.m), "xxxxxxxxxx", 10);
	rte_pktmbuf_free(m);
	bed_free(b);
}

static void
a_frame_of_54_bytes_is_no_exception(void)
{
	struct bed *b = bed_new_started();
	struct frame f;

	frame_tcp(&f, 80, TH_ACK, 0);
	CHECK_EQ_U(f.len, 54);
	CHECK_EQ_U(kind(b, &f), RX_TCP);
	bed_free(b);
}

static void
padding_is_cut_off(void)
{
	struct bed *b = bed_new_started();
	struct rx_pkt pkt;
	struct frame f;
	struct rte_mbuf *m;

	memset(&f, 0xee, sizeof(f));
	frame_tcp(&f, 80, TH_ACK, 2);
	m = bed_mbuf(f.bytes, 60);
	net_rx_parse(&b->net, m, &pkt);
	CHECK_EQ_U(pkt.kind, RX_TCP);
	CHECK_EQ_U(pkt.seg.m->pkt_len, 2);
	CHECK_EQ_U(pkt.seg.m->data_len, 2);
	rte_pktmbuf_free(m);
	bed_free(b);
}

static void
anything_unusual_is_left_to_pass_two(void)
{
	static const struct {
		unsigned int at;
		uint8_t value;
	} odd[] = {
		{0, 0xff}, {0, 0x04}, {13, 0x06}, {FRAME_IP, 0x46}, {FRAME_IP, 0x55}, {FRAME_IP + 2, 0xff},
		{FRAME_IP + 6, 0x20}, {FRAME_IP + 7, 1}, {FRAME_IP + 9, 17}, {FRAME_IP + 12, 127},
		{FRAME_IP + 15, 255}, {FRAME_IP + 15, 1}, {FRAME_IP + 19, 9}, {FRAME_L4 + 12, 0x40},
		{FRAME_L4 + 12, 0xf0}, {FRAME_L4 + 4, 0x77},
	};
	struct bed *b = bed_new_started();

	for (unsigned int i = 0; i < sizeof(odd) / sizeof(odd[0]); i++) {
		struct frame f;

		frame_tcp(&f, 80, TH_ACK, 10);
		f.bytes[odd[i].at] = odd[i].value;
		frame_fix_ip(&f);
		if (kind(b, &f) != RX_SLOW)
			FAIL("byte %u set to %02x takes the fast path", odd[i].at, odd[i].value);
	}
	bed_free(b);
}

static void
the_ports_verdict_is_respected(void)
{
	struct bed *b = bed_new_started();
	struct rx_pkt pkt;
	struct rte_mbuf *m;
	struct frame f;

	/* given a segment whose checksums are wrong */
	frame_tcp(&f, 80, TH_ACK, 10);
	f.bytes[FRAME_L4 + 16] ^= 1;
	f.bytes[FRAME_IP + 10] ^= 1;

	/* a port that says nothing leaves it to us; one that says good is believed; one that says bad is checked */
	CHECK_EQ_U(kind(b, &f), RX_SLOW);
	m = bed_mbuf(f.bytes, f.len);
	m->ol_flags = RTE_MBUF_F_RX_IP_CKSUM_GOOD | RTE_MBUF_F_RX_L4_CKSUM_GOOD;
	CHECK_EQ_U(kind_of(b, m, &pkt), RX_TCP);
	frame_fix_ip(&f);
	m = bed_mbuf(f.bytes, f.len);
	m->ol_flags = RTE_MBUF_F_RX_L4_CKSUM_BAD;
	CHECK_EQ_I(bed_rx_mbuf(b, m), MIEN_DROP_TCP_CHECKSUM);
	bed_free(b);
}

static void
tcp_verdicts(void)
{
	struct bed *b = bed_new_started();
	struct frame f;

	frame_tcp(&f, 80, TH_ACK, 10);
	f.bytes[FRAME_L4 + 12] = 0x40;
	CHECK_EQ_I(bed_rx(b, f.bytes, f.len), MIEN_DROP_TCP_DATA_OFFSET);
	f.bytes[FRAME_L4 + 12] = 0xf0;
	CHECK_EQ_I(bed_rx(b, f.bytes, f.len), MIEN_DROP_TCP_DATA_OFFSET);
	frame_tcp(&f, 80, TH_ACK, 10);
	f.bytes[FRAME_L4 + 4] ^= 1;
	CHECK_EQ_I(bed_rx(b, f.bytes, f.len), MIEN_DROP_TCP_CHECKSUM);
	frame_tcp(&f, 80, TH_ACK, 0);
	put_be16(f.bytes + FRAME_IP + 2, 39);
	frame_fix_ip(&f);
	CHECK_EQ_I(bed_rx(b, f.bytes, f.len), MIEN_DROP_TCP_SHORT);
	frame_tcp(&f, 80, TH_SYN, 0);
	put_be32(f.bytes + FRAME_IP + 12, HOST_IP);
	frame_fix_ip(&f);
	CHECK_EQ_I(bed_rx(b, f.bytes, f.len), MIEN_DROP_TCP_LAND);
	frame_tcp(&f, 80, TH_SYN, 0);
	put_be32(f.bytes + FRAME_IP + 16, 0x0a0900ff);
	frame_fix_ip(&f);
	memcpy(f.bytes, BROADCAST_MAC, 6);
	CHECK_EQ_I(bed_rx(b, f.bytes, f.len), MIEN_DROP_TCP_BROADCAST);
	CHECK_NULL(bed_sent(b));
	bed_free(b);
}

/* The text of the answer to a frame that comes in mbufs of `each` bytes. */
static void
expect_in_chain(struct bed *b, const struct frame *f, size_t each, const char *want)
{
	if (bed_rx_mbuf(b, bed_chain(f->bytes, f->len, each)) != MIEN_DROP_NONE)
		FAIL("dropped in mbufs of %zu bytes", each);
	if (strcmp(bed_sent_text(b), want) != 0)
		FAIL("mbufs of %zu bytes: \"%s\"", each, b->text);
}

static void
chains_are_read_like_one_mbuf(void)
{
	static const size_t each[] = {1, 7, 14, 20, 33, 34, 35, 41, 53, 100};
	struct bed *b = bed_new_started();
	struct frame echo;

	frame_echo(&echo, 7, 301);
	for (unsigned int i = 0; i < sizeof(each) / sizeof(each[0]); i++)
		expect_in_chain(b, &echo, each[i], "10.9.0.1 > 10.9.0.2 icmp echo reply id 7 seq 1 (301)");
	bed_free(b);
}

static void
tcp_in_chains(void)
{
	static const size_t each[] = {1, 14, 33, 54, 60};
	struct bed *b = bed_new_started();

	for (unsigned int i = 0; i < sizeof(each) / sizeof(each[0]); i++) {
		struct frame f;

		/* a closed port resets what comes, and acknowledges its length */
		frame_tcp(&f, 81, TH_PSH, 100);
		bed_rx_mbuf(b, bed_chain(f.bytes, f.len, each[i]));
		CHECK_NOT_NULL(strstr(bed_sent_text(b), "R. 0:0(0) ack 1100"));
	}
	bed_free(b);
}

static void
snap_frames_are_received(void)
{
	struct bed *b = bed_new_started();
	uint8_t snap[256];
	struct frame f;

	frame_echo(&f, 7, 16);
	memcpy(snap, f.bytes, 12);
	put_be16(snap + 12, (uint16_t)(8 + f.len - 14));
	memcpy(snap + 14, "\xaa\xaa\x03\0\0\0\x08\x00", 8);
	memcpy(snap + 22, f.bytes + 14, f.len - 14);
	CHECK_EQ_I(bed_rx(b, snap, f.len + 8), MIEN_DROP_NONE);
	CHECK_STR(bed_sent_text(b), "10.9.0.1 > 10.9.0.2 icmp echo reply id 7 seq 1 (16)");
	snap[14] = 0x42;
	CHECK_EQ_I(bed_rx(b, snap, f.len + 8), MIEN_DROP_ETH_TYPE);
	bed_free(b);
}

static void
link_verdicts(void)
{
	struct bed *b = bed_new_started();
	struct frame f;

	frame_echo(&f, 7, 16);
	CHECK_EQ_I(bed_rx(b, f.bytes, 13), MIEN_DROP_ETH_SHORT);
	f.bytes[0] = 3;
	CHECK_EQ_I(bed_rx(b, f.bytes, f.len), MIEN_DROP_ETH_NOT_OURS);
	frame_echo(&f, 7, 16);
	put_be16(f.bytes + 12, ETYPE_IP6);
	CHECK_EQ_I(bed_rx(b, f.bytes, f.len), MIEN_DROP_ETH_TYPE);
	put_be16(f.bytes + 12, ETYPE_SVLAN);
	CHECK_EQ_I(bed_rx(b, f.bytes, f.len), MIEN_DROP_VLAN);
	bed_free(b);
}

static void
random_bytes_do_no_harm(void)
{
	struct bed *b = bed_new_started();

	for (unsigned int i = 0; i < 20000; i++) {
		struct frame f;
		unsigned int changes = 1 + rng_below(&b->env.rng, 4);

		if (i % 3 == 0)
			frame_tcp(&f, 80, TH_SYN, 16);
		else if (i % 3 == 1)
			frame_echo(&f, 7, 16);
		else
			frame_udp(&f, 5555, 7, "hello", 5);
		while (changes-- > 0)
			f.bytes[rng_below(&b->env.rng, (uint32_t)f.len)] = (uint8_t)rng_u32(&b->env.rng);
		if (i % 2)
			frame_fix_ip(&f);
		f.len -= rng_below(&b->env.rng, 3) ? 0 : rng_below(&b->env.rng, (uint32_t)f.len);
		bed_rx_mbuf(b, bed_chain(f.bytes, f.len, 1 + rng_below(&b->env.rng, 80)));
		b->n_out = b->next = 0;
		bed_sent(b);
		if (i % 100 == 0)
			bed_advance(b, NS_PER_SECOND);
	}
	bed_free(b);
}

/* What the port took out of a frame counts as if it still stood there. */
static void
tags_that_the_port_took_out_count(void)
{
	static const struct {
		uint16_t vlan, tci;
		bool stripped;
		uint8_t kind;
	} tag[] = {
		{0, 0, false, RX_TCP}, {0, 5, true, RX_SLOW}, {5, 5, true, RX_TCP}, {5, 0x2005, true, RX_TCP}, {5, 6, true, RX_SLOW},
		{5, 0, false, RX_SLOW},
	};
	struct bed *b = bed_new_started();
	struct rx_pkt pkt;
	struct rte_mbuf *m;
	struct frame f;

	for (size_t i = 0; i < sizeof(tag) / sizeof(tag[0]); i++) {
		frame_tcp(&f, 80, TH_ACK, 10);
		m = bed_mbuf(f.bytes, f.len);
		b->net.limits.vlan = tag[i].vlan;
		m->vlan_tci = tag[i].tci;
		m->ol_flags |= tag[i].stripped ? RTE_MBUF_F_RX_VLAN | RTE_MBUF_F_RX_VLAN_STRIPPED : 0;
		CHECK_EQ_U(kind_of(b, m, &pkt), tag[i].kind);
		m = bed_mbuf(f.bytes, f.len);
		m->vlan_tci = tag[i].tci;
		m->ol_flags |= tag[i].stripped ? RTE_MBUF_F_RX_VLAN | RTE_MBUF_F_RX_VLAN_STRIPPED : 0;
		if (tag[i].kind == RX_SLOW)
			CHECK_EQ_I(bed_rx_mbuf(b, m), MIEN_DROP_VLAN);
		else
			rte_pktmbuf_free(m);
	}
	b->net.limits.vlan = 0;
	bed_free(b);
}

/* A tag in the frame: only this stack's, only before IPv4, and none behind one that was taken out. */
static void
tags_in_the_frame_are_this_vlans(void)
{
	static const struct {
		uint16_t tci, type;
		bool stripped, fast, taken;
	} tag[] = {
		{5, 0x0800, false, true, true}, {0x6005, 0x0800, false, true, true}, {6, 0x0800, false, false, false},
		{5, 0x86dd, false, false, true}, {5, 0x0800, true, false, false},
	};
	struct bed *b = bed_new_started();
	struct rx_pkt pkt;
	struct rte_mbuf *m;
	struct frame f;

	b->net.limits.vlan = 5;
	for (size_t i = 0; i < sizeof(tag) / sizeof(tag[0]); i++)
		for (unsigned int both = 0; both < 2; both++) {
			frame_tcp(&f, 80, TH_ACK, 10);
			memmove(f.bytes + 16, f.bytes + 12, f.len - 12);
			f.len += 4;
			put_be16(f.bytes + 12, 0x8100);
			put_be16(f.bytes + 14, tag[i].tci);
			put_be16(f.bytes + 16, tag[i].type);
			m = bed_mbuf(f.bytes, f.len);
			m->vlan_tci = 5;
			m->ol_flags |= tag[i].stripped ? RTE_MBUF_F_RX_VLAN | RTE_MBUF_F_RX_VLAN_STRIPPED : 0;
			if (both == 0)
				CHECK_EQ_U(kind_of(b, m, &pkt), tag[i].fast ? RX_TCP : RX_SLOW);
			else
				CHECK((bed_rx_mbuf(b, m) != MIEN_DROP_VLAN) == tag[i].taken);
		}
	while (bed_sent(b))
		;
	b->net.limits.vlan = 0;
	bed_free(b);
}

/* RTE_MBUF_F_RX_L4_CKSUM_NONE: the sum is known to be wrong in the frame, the data to be right, as from a virtual machine. */
static void
a_sum_that_was_never_made_is_no_fault(void)
{
	struct bed *b = bed_new_started();
	struct rx_pkt pkt;
	struct rte_mbuf *m;
	struct frame f;

	frame_tcp(&f, 80, TH_ACK, 10);
	f.bytes[FRAME_L4 + 16] ^= 1;
	m = bed_mbuf(f.bytes, f.len);
	m->ol_flags = RTE_MBUF_F_RX_L4_CKSUM_NONE;
	CHECK_EQ_U(kind_of(b, m, &pkt), RX_TCP);
	m = bed_mbuf(f.bytes, f.len);
	m->ol_flags = RTE_MBUF_F_RX_IP_CKSUM_BAD | RTE_MBUF_F_RX_L4_CKSUM_GOOD;
	CHECK_EQ_U(kind_of(b, m, &pkt), RX_SLOW);
	frame_udp(&f, 5000, 9, "data", 4);
	f.bytes[FRAME_L4 + 6] ^= 1;
	m = bed_mbuf(f.bytes, f.len);
	m->ol_flags = RTE_MBUF_F_RX_L4_CKSUM_NONE;
	CHECK(bed_rx_mbuf(b, m) != MIEN_DROP_UDP_CHECKSUM);
	m = bed_mbuf(f.bytes, f.len);
	CHECK_EQ_I(bed_rx_mbuf(b, m), MIEN_DROP_UDP_CHECKSUM);
	while (bed_sent(b))
		;
	bed_free(b);
}

static void
a_room_without_room_is_refused(void)
{
	struct bed *b = bed_new();
	const struct net_limits good = b->net.limits;
	struct net net;

	for (unsigned int i = 0; i < 6; i++) {
		struct net_limits l = good;

		l.max_hosts = i == 0 ? 0 : l.max_hosts;
		l.max_udp = i == 1 ? 0 : l.max_udp;
		l.max_neighbours = i == 2 ? 0 : l.max_neighbours;
		l.max_fragments = i == 3 ? 0 : l.max_fragments;
		l.vlan = i == 4 ? 4095 : 0;
		l.mac[0] |= i == 5;
		CHECK_EQ_I(net_create(&net, &b->env, &b->tcp, &l, &mem_pages), MIEN_EINVAL);
	}
	bed_free(b);
}

/* RTE_MBUF_F_RX_L4_CKSUM_GOOD keeps the transport's sum out of it. */
static uint8_t
kind_from(struct bed *b, uint32_t src)
{
	struct rx_pkt pkt;
	struct rte_mbuf *m;
	struct frame f;

	frame_tcp(&f, 80, TH_ACK, 10);
	put_be32(f.bytes + FRAME_IP + 12, src);
	frame_fix_ip(&f);
	m = bed_mbuf(f.bytes, f.len);
	m->ol_flags = RTE_MBUF_F_RX_L4_CKSUM_GOOD;
	return kind_of(b, m, &pkt);
}

static void
bad_sources_are_left_to_pass_two(void)
{
	struct bed *b = bed_new_started();
	struct host *h = pool_lookup(&b->net.hosts, b->host);

	CHECK_EQ_U(kind_from(b, PEER_IP), RX_TCP);
	CHECK_EQ_U(kind_from(b, HOST_IP), RX_SLOW);
	CHECK_EQ_U(kind_from(b, 0x0a0900ff), RX_SLOW);
	CHECK_EQ_U(kind_from(b, 0xe0000001), RX_SLOW);
	h->tcp.ready = false;
	CHECK_EQ_U(kind_from(b, PEER_IP), RX_SLOW);
	bed_free(b);
}

static void
snap_frames_have_tags_too(void)
{
	struct bed *b = bed_new_started();
	uint8_t snap[256] = {0};
	struct frame f;

	/* given a ping in an 802.3 frame on VLAN 5, with padding behind it */
	b->net.limits.vlan = 5;
	frame_echo(&f, 7, 16);
	memcpy(snap, f.bytes, 12);
	put_be16(snap + 12, ETYPE_VLAN);
	put_be16(snap + 14, 5);
	put_be16(snap + 16, (uint16_t)(8 + f.len - 14));
	memcpy(snap + 18, "\xaa\xaa\x03\0\0\0\x08\x00", 8);
	memcpy(snap + 26, f.bytes + 14, f.len - 14);
	CHECK_EQ_I(bed_rx(b, snap, f.len + 12 + 20), MIEN_DROP_NONE);
	CHECK_NOT_NULL(bed_sent(b));

	/* and one whose length cuts it off */
	put_be16(snap + 16, 8 + 20);
	CHECK_EQ_I(bed_rx(b, snap, f.len + 12 + 20), MIEN_DROP_IP_TOTAL_LEN);
	bed_free(b);
}

static void
the_longest_headers_are_read(void)
{
	uint8_t nops[40];
	const struct ip4_hdr_v v = {.proto = IPP_ICMP, .opts = nops, .opt_len = 40};
	struct bed *b = bed_new_started();
	uint8_t snap[256];
	struct frame echo, f;

	/* given a ping behind 40 bytes of options in an 802.3 frame, in mbufs of 20 bytes */
	memset(nops, IP4_OPT_NOP, sizeof(nops));
	frame_echo(&echo, 7, 16);
	frame_ip(&f, &v, echo.bytes + FRAME_L4, echo.len - FRAME_L4);
	memcpy(snap, f.bytes, 12);
	put_be16(snap + 12, (uint16_t)(8 + f.len - 14));
	memcpy(snap + 14, "\xaa\xaa\x03\0\0\0\x08\x00", 8);
	memcpy(snap + 22, f.bytes + 14, f.len - 14);
	CHECK_EQ_I(bed_rx_mbuf(b, bed_chain(snap, f.len + 8, 20)), MIEN_DROP_NONE);
	CHECK_STR(bed_sent_text(b), "10.9.0.1 > 10.9.0.2 icmp echo reply id 7 seq 1 (16)");
	bed_free(b);
}

static const struct test_case cases[] = {
	{"a plain segment takes the fast path with all its values", plain_segments_take_the_fast_path},
	{"a frame of 54 bytes takes it too", a_frame_of_54_bytes_is_no_exception},
	{"padding is cut off", padding_is_cut_off},
	{"anything unusual is left to pass two", anything_unusual_is_left_to_pass_two},
	{"the port's verdict on checksums is respected", the_ports_verdict_is_respected},
	{"malformed segments get their verdict", tcp_verdicts},
	{"chains of mbufs are read like one", chains_are_read_like_one_mbuf},
	{"segments in chains are read like others", tcp_in_chains},
	/* proves ARP-5 */
	{"802.3 frames are received", snap_frames_are_received},
	{"malformed frames get their verdict", link_verdicts},
	{"twenty thousand damaged packets do no harm", random_bytes_do_no_harm},
	{"tags that the port took out count", tags_that_the_port_took_out_count},
	{"tags in the frame are this VLAN's", tags_in_the_frame_are_this_vlans},
	{"a sum that was never made is no fault", a_sum_that_was_never_made_is_no_fault},
	{"a net room without room for what it needs is refused", a_room_without_room_is_refused},
	{"segments from addresses that nobody can answer are left to pass two", bad_sources_are_left_to_pass_two},
	{"802.3 frames have tags, too", snap_frames_have_tags_too},
	{"the longest headers are read in the smallest mbufs", the_longest_headers_are_read},
	{NULL, NULL},
};

const struct test_suite rx_suite = {"rx", NULL, NULL, cases, NULL, NULL};
