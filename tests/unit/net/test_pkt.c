/* SPDX-License-Identifier: BSD-3-Clause */
/* Answers without mbufs, or with mbufs too small for them: nothing leaves, nothing leaks, the drop is counted. */
#include "suites.h"

#include "arp.h"
#include "bed.h"

/* Receives a frame in mbufs of `each` bytes when so many others are left. */
static enum mien_drop
rx_starved(struct bed *b, const struct frame *f, size_t each, unsigned int left)
{
	struct rte_mbuf *m = bed_chain(f->bytes, f->len, each);
	enum mien_drop drop;

	bed_starve(b, left);
	drop = bed_rx_mbuf(b, m);
	bed_feed(b);
	return drop;
}

static void
no_mbuf_no_answer(void)
{
	const struct ip4_hdr_v v = {.proto = IPP_ICMP};
	struct bed *b = bed_new();
	uint8_t icmp[32];
	struct frame f;

	b->p->icmp.info = 1;
	bed_start(b);

	/* to an ARP request, to a closed port, to an information request */
	frame_arp(&f, ARP_REQUEST, PEER_MAC, PEER_IP, HOST_IP);
	CHECK_EQ_I(rx_starved(b, &f, BED_FRAME, 0), MIEN_DROP_NONE);
	CHECK_EQ_U(bed_drops(b, MIEN_DROP_NO_MBUF), 1);
	frame_udp(&f, 5555, 40000, "hello", 5);
	CHECK_EQ_I(rx_starved(b, &f, BED_FRAME, 0), MIEN_DROP_UDP_CLOSED);
	CHECK_EQ_U(bed_drops(b, MIEN_DROP_NO_MBUF), 2);
	frame_ip(&f, &v, icmp, icmp4_build(icmp, sizeof(icmp), ICMP4_INFO, 0, 1, NULL, 0));
	CHECK_EQ_I(rx_starved(b, &f, BED_FRAME, 0), MIEN_DROP_NONE);
	CHECK_EQ_U(bed_drops(b, MIEN_DROP_NO_MBUF), 3);
	CHECK_NULL(bed_sent(b));
	CHECK_EQ_U(b->env.counters.arp_replies_sent + b->env.counters.icmp_errors_sent, 0);
	bed_free(b);
}

static void
no_mbuf_no_question(void)
{
	struct bed *b = bed_new_started();
	const struct ip_tx tx = {.remote = mien_addr_ip4(PEER_IP + 8), .cls = MIEN_CLASS_UDP, .proto = 253};
	struct rte_mbuf *m = bed_mbuf("1234", 4);

	/* given a packet for a neighbour that cannot be asked for */
	bed_starve(b, 0);
	ip_output(&b->net, pool_lookup(&b->net.hosts, b->host), m, &tx);
	bed_feed(b);
	CHECK_NULL(bed_sent(b));
	CHECK_EQ_U(b->env.counters.arp_requests_sent, 0);

	/* then it waits, and the question is asked when its time comes again */
	bed_advance(b, 2 * NS_PER_SECOND);
	CHECK_STR(bed_sent_text(b), "arp who-has 10.9.0.10 tell 10.9.0.1");
	CHECK_EQ_U(b->env.mbufs_held, 1);
	bed_free(b);
}

static void
headers_in_pieces_need_an_mbuf(void)
{
	struct bed *b = bed_new_started();
	struct frame f;

	/* given a ping whose headers lie in several mbufs */
	frame_echo(&f, 7, 16);
	CHECK_EQ_I(rx_starved(b, &f, 20, 0), MIEN_DROP_NO_MBUF);
	CHECK_EQ_I(rx_starved(b, &f, 20, 1), MIEN_DROP_NONE);
	CHECK_STR(bed_sent_text(b), "10.9.0.1 > 10.9.0.2 icmp echo reply id 7 seq 1 (16)");
	CHECK_NULL(bed_sent(b));

	/* and a segment, of which the first mbuf holds all but the end of the options */
	frame_tcp(&f, 81, 2, 0);
	CHECK_EQ_I(rx_starved(b, &f, 40, 0), MIEN_DROP_NO_MBUF);
	CHECK_NULL(bed_sent(b));
	bed_free(b);
}

static void
what_others_hold_is_not_written(void)
{
	struct bed *b = bed_new_started();
	struct rte_mbuf *m, *sent;
	struct frame f;

	/* given a ping that somebody else holds, too */
	frame_echo(&f, 7, 16);
	m = bed_mbuf(f.bytes, f.len);
	rte_mbuf_refcnt_update(m, 1);
	CHECK_EQ_I(bed_rx_mbuf(b, m), MIEN_DROP_NONE);
	CHECK_MEM((uint8_t *)m->buf_addr + RTE_PKTMBUF_HEADROOM, f.bytes, f.len);
	rte_pktmbuf_free(m);
	REQUIRE_NOT_NULL(bed_sent(b));

	/* and one that lies in a view of another mbuf */
	m = bed_mbuf(f.bytes, f.len);
	sent = rte_pktmbuf_clone(m, b->env.pool);
	REQUIRE_NOT_NULL(sent);
	CHECK_EQ_I(bed_rx_mbuf(b, sent), MIEN_DROP_NONE);
	CHECK_MEM(pkt_data(m), f.bytes, f.len);
	rte_pktmbuf_free(m);
	REQUIRE_NOT_NULL(bed_sent(b));

	/* and without an mbuf for the reply's header there is none */
	m = bed_mbuf(f.bytes, f.len);
	rte_mbuf_refcnt_update(m, 1);
	bed_starve(b, 0);
	CHECK_EQ_I(bed_rx_mbuf(b, m), MIEN_DROP_NO_MBUF);
	bed_feed(b);
	rte_pktmbuf_free(m);
	CHECK_NULL(bed_sent(b));
	bed_free(b);
}

static void
the_echo_needs_headroom(void)
{
	struct bed *b = bed_new_started();
	struct rte_mbuf *m;
	struct frame f;

	/* given a ping that begins at its mbuf's first byte, behind which there are 28 bytes of headers to write into */
	frame_echo(&f, 7, 16);
	m = bed_mbuf("", 0);
	m->data_off = 0;
	memcpy(rte_pktmbuf_append(m, (uint16_t)f.len), f.bytes, f.len);
	CHECK_EQ_I(bed_rx_mbuf(b, m), MIEN_DROP_NONE);
	CHECK_STR(bed_sent_text(b), "10.9.0.1 > 10.9.0.2 icmp echo reply id 7 seq 1 (16)");
	bed_free(b);
}

static void
small_mbufs_hold_no_large_errors(void)
{
	struct bed *b = bed_new();
	static uint8_t data[3000];
	const struct ip4_hdr_v v = {.proto = 253};
	struct rte_mbuf *m;
	struct frame f;

	/* given a link of 9000 bytes and a personality that quotes all */
	b->env.mtu = 9000;
	b->p->icmp.max = 0;
	bed_start(b);
	frame_ip(&f, &v, data, 1000);
	put_be16(f.bytes + FRAME_IP + 2, 3020);
	frame_fix_ip(&f);
	m = bed_mbuf(f.bytes, FRAME_L4);
	m->next = bed_chain(data, sizeof(data), 1000);
	m->nb_segs = 4;
	m->pkt_len += 3000;

	/* when 3000 bytes come, then no mbuf is large enough for the error about them */
	CHECK_EQ_I(bed_rx_mbuf(b, m), MIEN_DROP_IP_PROTOCOL);
	CHECK_NULL(bed_sent(b));
	CHECK_EQ_U(bed_drops(b, MIEN_DROP_NO_MBUF), 1);
	bed_free(b);
}

static void
sends_without_mbufs_are_refused(void)
{
	static const uint8_t data[5000];
	struct bed *b = bed_new_started();
	const struct mien_udp_bind bind = {.port = 7777};
	const struct mien_udp_peer to = {.remote = mien_addr_ip4(PEER_IP), .remote_port = 53};
	struct rte_mbuf *m;
	uint64_t ep;

	REQUIRE_EQ_I(net_udp_bind(&b->net, &bind, &ep), 0);
	m = bed_mbuf("hello", 5);
	rte_mbuf_refcnt_update(m, 1);
	bed_starve(b, 0);
	CHECK_EQ_I(net_udp_send(&b->net, ep, "x", 1, &to), MIEN_ENOMEM);
	CHECK_EQ_I(net_udp_send_mbuf(&b->net, ep, m, &to), MIEN_ENOMEM);
	bed_feed(b);
	bed_starve(b, 1);
	CHECK_EQ_I(net_udp_send(&b->net, ep, data, sizeof(data), &to), MIEN_ENOMEM);
	bed_feed(b);
	CHECK_EQ_U(rte_mbuf_refcnt_read(m), 2); /* it stays the caller's */
	rte_mbuf_refcnt_update(m, -1);
	rte_pktmbuf_free(m);
	CHECK_NULL(bed_sent(b));
	bed_free(b);
}

static void
mbufs_without_headroom_are_none(void)
{
	struct bed *b = bed_new_started();
	struct frame f;

	/* given a pool whose mbufs leave less room in front than the link's headers take */
	b->env.headroom = RTE_PKTMBUF_HEADROOM + 1;
	frame_udp(&f, 5555, 40000, "hello", 5);
	CHECK_EQ_I(bed_rx(b, f.bytes, f.len), MIEN_DROP_UDP_CLOSED);
	CHECK_NULL(bed_sent(b));
	CHECK_EQ_U(bed_drops(b, MIEN_DROP_NO_MBUF), 1);
	bed_free(b);
}

static const struct test_case cases[] = {
	{"without mbufs nothing is answered, and the drop is counted", no_mbuf_no_answer},
	{"a question that found no mbuf is asked later", no_mbuf_no_question},
	{"headers in several mbufs need one more", headers_in_pieces_need_an_mbuf},
	{"what others hold is not written to", what_others_hold_is_not_written},
	{"an echo without headroom is answered from another mbuf", the_echo_needs_headroom},
	{"an error that no mbuf can hold is not sent", small_mbufs_hold_no_large_errors},
	{"sends without mbufs are refused and stay the caller's", sends_without_mbufs_are_refused},
	{"mbufs without room for the headers are none", mbufs_without_headroom_are_none},
	{NULL, NULL},
};

const struct test_suite pkt_suite = {"pkt", NULL, NULL, cases, NULL, NULL};
