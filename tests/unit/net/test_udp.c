/* SPDX-License-Identifier: BSD-3-Clause */
#include "suites.h"

#include "bed.h"
#include "udp_hdr.h"

static uint64_t
bound(struct bed *b, uint32_t addr, uint16_t port)
{
	const struct mien_udp_bind bind = {
		.addr = addr ? mien_addr_ip4(addr) : mien_addr_any(), .port = port, .queue = 4, .cookie = 5};
	uint64_t ep = 0;

	REQUIRE_EQ_I(net_udp_bind(&b->net, &bind, &ep), 0);
	return ep;
}

static void
expect_datagram(struct bed *b, uint64_t ep, const char *data, struct mien_udp_peer *from)
{
	struct rte_mbuf *m = NULL;

	REQUIRE_EQ_I(net_udp_recv(&b->net, ep, &m, from), 0);
	REQUIRE_EQ_U(m->pkt_len, strlen(data));
	CHECK_MEM(pkt_data(m), data, strlen(data));
	rte_pktmbuf_free(m);
}

static void
from_port_0(void)
{
	struct bed *b = bed_new_started();
	uint64_t ep = bound(b, 0, 7777);
	struct mien_udp_peer from;
	struct frame f;

	frame_udp(&f, 0, 7777, "hello", 5);
	CHECK_EQ_U(bed_rx(b, f.bytes, f.len), MIEN_DROP_NONE);

	expect_datagram(b, ep, "hello", &from);
	CHECK_EQ_U(from.remote_port, 0);
	CHECK_EQ_I(net_udp_send(&b->net, ep, "x", 1, &from), MIEN_EINVAL);
	CHECK_NULL(bed_sent(b));
	CHECK_EQ_I(net_udp_close(&b->net, ep), 0);
	bed_free(b);
}

static void
received(void)
{
	struct bed *b = bed_new_started();
	uint64_t ep = bound(b, 0, 7777);
	struct mien_udp_peer from;
	struct mien_event ev;
	struct rte_mbuf *m;
	struct frame f;

	CHECK_EQ_I(net_udp_recv(&b->net, ep, &m, &from), MIEN_EAGAIN);
	frame_udp(&f, 5555, 7777, "hello", 5);
	CHECK_EQ_I(bed_rx(b, f.bytes, f.len), MIEN_DROP_NONE);

	REQUIRE(bed_event(b, &ev));
	CHECK_EQ_U(ev.type, MIEN_EV_UDP_READABLE);
	CHECK_EQ_U(ev.object, ep);
	CHECK_EQ_U(ev.cookie, 5);
	CHECK(!bed_event(b, &ev));
	expect_datagram(b, ep, "hello", &from);
	CHECK_EQ_U(mien_addr_get_ip4(&from.remote), PEER_IP);
	CHECK_EQ_U(mien_addr_get_ip4(&from.local), HOST_IP);
	CHECK_EQ_U(from.remote_port, 5555);
	CHECK_EQ_U(from.local_port, 7777);
	CHECK_EQ_U(from.ttl, 61);
	CHECK_EQ_U(b->env.mbufs_held, 0);
	bed_free(b);
}

static void
lengths_and_sums(void)
{
	struct bed *b = bed_new_started();
	uint64_t ep = bound(b, 0, 7777);
	struct mien_udp_peer from;
	struct frame f;

	/* a length of 8 with five bytes behind it is an empty datagram */
	frame_udp(&f, 5555, 7777, "hello", 5);
	put_be16(f.bytes + FRAME_L4 + 4, 8);
	put_be16(f.bytes + FRAME_L4 + 6, 0);
	CHECK_EQ_I(bed_rx(b, f.bytes, f.len), MIEN_DROP_NONE);
	expect_datagram(b, ep, "", &from);

	/* no checksum is none to be wrong */
	frame_udp(&f, 5555, 7777, "hello", 5);
	put_be16(f.bytes + FRAME_L4 + 6, 0);
	CHECK_EQ_I(bed_rx(b, f.bytes, f.len), MIEN_DROP_NONE);
	expect_datagram(b, ep, "hello", &from);

	/* source port 0 is delivered, and no answer can be sent to it */
	frame_udp(&f, 0, 7777, "hello", 5);
	CHECK_EQ_I(bed_rx(b, f.bytes, f.len), MIEN_DROP_NONE);
	expect_datagram(b, ep, "hello", &from);
	CHECK_EQ_I(net_udp_send(&b->net, ep, "x", 1, &from), MIEN_EINVAL);
	bed_free(b);
}

static void
exact_addresses_come_first(void)
{
	struct bed *b = bed_new_started();
	uint64_t any = bound(b, 0, 7777), exact = bound(b, HOST_IP, 7777);
	const struct mien_udp_bind again = {.port = 7777}, nowhere = {.addr = mien_addr_ip4(1), .port = 1};
	struct mien_udp_peer from;
	struct rte_mbuf *m;
	struct frame f;
	uint64_t ep;

	frame_udp(&f, 5555, 7777, "hello", 5);
	bed_rx(b, f.bytes, f.len);
	CHECK_EQ_I(net_udp_recv(&b->net, any, &m, &from), MIEN_EAGAIN);
	expect_datagram(b, exact, "hello", &from);
	CHECK_EQ_I(net_udp_bind(&b->net, &again, &ep), MIEN_EEXIST);
	CHECK_EQ_I(net_udp_bind(&b->net, &nowhere, &ep), MIEN_ENOENT);
	bed_free(b);
}

static void
broadcasts_are_delivered(void)
{
	struct bed *b = bed_new_started();
	uint64_t ep = bound(b, 0, 67);
	const struct ip4_hdr_v v = {.proto = IPP_UDP, .dst = 0xffffffff};
	struct mien_udp_peer from;
	uint8_t udp[12];
	struct frame f;

	udp_build(udp, 68, 67, 12, 0);
	memcpy(udp + 8, "dhcp", 4);
	frame_ip(&f, &v, udp, sizeof(udp));
	memcpy(f.bytes, BROADCAST_MAC, 6);
	CHECK_EQ_I(bed_rx(b, f.bytes, f.len), MIEN_DROP_NONE);
	expect_datagram(b, ep, "dhcp", &from);
	bed_free(b);
}

static void
queues_are_bounded(void)
{
	struct bed *b = bed_new_started();
	uint64_t ep = bound(b, 0, 7777);
	struct frame f;

	frame_udp(&f, 5555, 7777, "hello", 5);
	for (unsigned int i = 0; i < 4; i++)
		CHECK_EQ_I(bed_rx(b, f.bytes, f.len), MIEN_DROP_NONE);
	CHECK_EQ_I(bed_rx(b, f.bytes, f.len), MIEN_DROP_UDP_FULL);
	CHECK_NULL(bed_sent(b));
	CHECK_EQ_U(b->env.mbufs_held, 4);
	CHECK_EQ_I(net_udp_close(&b->net, ep), 0);
	CHECK_EQ_U(b->env.mbufs_held, 0);
	CHECK_EQ_I(net_udp_close(&b->net, ep), MIEN_ESTALE);
	CHECK_EQ_I(bed_rx(b, f.bytes, f.len), MIEN_DROP_UDP_CLOSED);
	bed_free(b);
}

static void
sent_with_a_checksum(void)
{
	struct bed *b = bed_new_started();
	uint64_t ep = bound(b, 0, 7777);
	const struct mien_udp_peer to = {.remote = mien_addr_ip4(PEER_IP), .remote_port = 53, .ttl = 9, .tos = 0x10};
	const struct sent *s;

	CHECK_EQ_I(net_udp_send(&b->net, ep, "hello", 5, &to), 0);
	s = bed_sent(b);
	REQUIRE_NOT_NULL(s);
	CHECK_EQ_U(s->len, FRAME_L4 + 13);
	CHECK(cksum_is_ok(cksum_partial(s->bytes + FRAME_L4, 13, cksum_pseudo4(HOST_IP, PEER_IP, IPP_UDP, 13))));
	CHECK_EQ_U(s->bytes[FRAME_IP + 8], 9);
	CHECK_EQ_X(s->bytes[FRAME_IP + 1], 0x10);
	bed_free(b);
}

static void
a_sum_of_zero_is_sent_as_ffff(void)
{
	struct bed *b = bed_new_started();
	uint64_t ep = bound(b, 0, 7777);
	const struct mien_udp_peer to = {.remote = mien_addr_ip4(PEER_IP), .remote_port = 53};
	uint8_t data[2] = {0};
	uint32_t sum = cksum_pseudo4(HOST_IP, PEER_IP, IPP_UDP, 10);
	uint8_t hdr[8];

	/* given data that makes the sum zero */
	udp_build(hdr, 7777, 53, 10, 0);
	put_be16(data, cksum_finish(cksum_partial(hdr, 8, sum)));
	CHECK_EQ_I(net_udp_send(&b->net, ep, data, 2, &to), 0);

	CHECK_EQ_X(get_be16(bed_sent(b)->bytes + FRAME_L4 + 6), 0xffff);
	bed_free(b);
}

static void
mbufs_are_sent_without_copy(void)
{
	struct bed *b = bed_new_started();
	uint64_t ep = bound(b, 0, 7777);
	const struct mien_udp_peer to = {.remote = mien_addr_ip4(PEER_IP), .remote_port = 53};
	struct rte_mbuf *m = bed_mbuf("hello", 5), *sent, *kept;

	/* a private mbuf takes the headers into its headroom */
	CHECK_EQ_I(net_udp_send_mbuf(&b->net, ep, m, &to), 0);
	CHECK_EQ_U(net_tx_take(&b->net, &sent, 1), 1);
	CHECK_PTR(sent, m);
	rte_pktmbuf_free(sent);

	/* in front of a shared one they stand in an mbuf of their own */
	kept = bed_mbuf("hello", 5);
	rte_mbuf_refcnt_update(kept, 1);
	CHECK_EQ_I(net_udp_send_mbuf(&b->net, ep, kept, &to), 0);
	CHECK_EQ_U(net_tx_take(&b->net, &sent, 1), 1);
	CHECK_EQ_U(sent->nb_segs, 2);
	CHECK_PTR(sent->next, kept);
	CHECK_MEM(pkt_data(kept), "hello", 5);
	rte_pktmbuf_free(sent);
	rte_pktmbuf_free(kept);
	bed_free(b);
}

static void
what_cannot_be_sent_stays_the_callers(void)
{
	struct bed *b = bed_new_started();
	uint64_t ep = bound(b, 0, 7777);
	struct mien_udp_peer to = {.remote = mien_addr_ip4(0x08080808), .remote_port = 53};
	struct rte_mbuf *m = bed_mbuf("hello", 5);

	CHECK_EQ_I(net_udp_send_mbuf(&b->net, ep, m, &to), MIEN_ENOROUTE);
	to.remote = mien_addr_ip4(PEER_IP);
	to.remote_port = 0;
	CHECK_EQ_I(net_udp_send_mbuf(&b->net, ep, m, &to), MIEN_EINVAL);
	CHECK_EQ_I(net_udp_send_mbuf(&b->net, ep + 1, m, &to), MIEN_ESTALE);
	to.remote_port = 53;
	CHECK_EQ_I(net_udp_send(&b->net, ep, b, 65508, &to), MIEN_EMSGSIZE);
	CHECK_EQ_U(m->pkt_len, 5);
	rte_pktmbuf_free(m);
	bed_free(b);
}

static void
large_sends_leave_in_pieces(void)
{
	struct bed *b = bed_new_started();
	uint64_t ep = bound(b, 0, 7777);
	const struct mien_udp_peer to = {.remote = mien_addr_ip4(PEER_IP), .remote_port = 53};
	static uint8_t data[5000];
	unsigned int pieces = 0;

	CHECK_EQ_I(net_udp_send(&b->net, ep, data, sizeof(data), &to), 0);
	while (bed_sent(b))
		pieces++;
	CHECK_EQ_U(pieces, 4);
	bed_free(b);
}

static void
errors_are_told(void)
{
	struct bed *b = bed_new_started();
	uint64_t ep = bound(b, 0, 7777);
	const struct mien_udp_peer to = {.remote = mien_addr_ip4(PEER_IP), .remote_port = 53};
	const struct ip4_hdr_v v = {.proto = IPP_ICMP};
	const struct sent *s;
	struct mien_event ev;
	uint8_t icmp[64];
	struct frame f;

	CHECK_EQ_I(net_udp_send(&b->net, ep, "hello", 5, &to), 0);
	s = bed_sent(b);
	frame_ip(&f, &v, icmp,
		icmp4_build_error(icmp, sizeof(icmp), ICMP4_UNREACH, ICMP4_UNREACH_PORT, 0, s->bytes + FRAME_IP, 28));
	CHECK_EQ_I(bed_rx(b, f.bytes, f.len), MIEN_DROP_NONE);

	REQUIRE(bed_event(b, &ev));
	CHECK_EQ_U(ev.type, MIEN_EV_UDP_ERROR);
	CHECK_EQ_I(ev.err, MIEN_EREFUSED);
	CHECK_EQ_U(ev.object, ep);
	bed_free(b);
}

static void
groups_hear_as_one(void)
{
	struct bed *b = bed_new();
	const struct mien_host_config config = {
		.addr = mien_addr_ip4(HOST_IP), .prefix_len = 24, .personality = b->p, .group = 3};
	const struct mien_addr peer = mien_addr_ip4(PEER_IP);
	struct mien_udp_bind bind = {.port = 7777, .group = 3};
	struct mien_udp_peer from;
	uint64_t group, other, own;
	struct frame f;

	/* given a host of group 3, and endpoints on this and on another group */
	REQUIRE_EQ_I(net_host_add(&b->net, &config, &b->host), 0);
	REQUIRE_EQ_I(net_add_neighbour(&b->net, &peer, PEER_MAC), 0);
	REQUIRE_EQ_I(net_udp_bind(&b->net, &bind, &group), 0);
	CHECK_EQ_I(net_udp_bind(&b->net, &bind, &other), MIEN_EEXIST);
	bind.group = 4;
	REQUIRE_EQ_I(net_udp_bind(&b->net, &bind, &other), 0);

	/* when a datagram comes, then it is its group's, and the answer leaves from the host */
	frame_udp(&f, 5555, 7777, "hello", 5);
	CHECK_EQ_I(bed_rx(b, f.bytes, f.len), MIEN_DROP_NONE);
	expect_datagram(b, group, "hello", &from);
	CHECK_EQ_I(net_udp_send(&b->net, group, "you", 3, &from), 0);
	CHECK_STR(bed_sent_text(b), "10.9.0.1:7777 > 10.9.0.2:5555 udp (3)");

	/* and the host's own endpoint comes first */
	own = bound(b, HOST_IP, 7777);
	CHECK_EQ_I(bed_rx(b, f.bytes, f.len), MIEN_DROP_NONE);
	expect_datagram(b, own, "hello", &from);

	/* and who closes the group's leaves the other's */
	CHECK_EQ_I(net_udp_close(&b->net, own), 0);
	CHECK_EQ_I(net_udp_close(&b->net, group), 0);
	CHECK_EQ_I(bed_rx(b, f.bytes, f.len), MIEN_DROP_UDP_CLOSED);
	CHECK_EQ_I(net_udp_close(&b->net, other), 0);
	bed_free(b);
}

static void
senseless_sends_are_refused(void)
{
	struct bed *b = bed_new_started();
	uint64_t own = bound(b, HOST_IP, 7777);
	const struct mien_udp_bind both = {.addr = mien_addr_ip4(HOST_IP), .port = 1, .group = 1};
	struct mien_udp_peer to = {.remote_port = 53};
	struct rte_mbuf *m;
	static uint8_t huge[65508];
	uint64_t ep;

	/* to nobody, to another family, from an address that is not the endpoint's */
	CHECK_EQ_I(net_udp_send(&b->net, own, "x", 1, &to), MIEN_EINVAL);
	to.remote = mien_addr_from_bytes((const uint8_t[16]){0xfe, 0x80, [15] = 1});
	CHECK_EQ_I(net_udp_send(&b->net, own, "x", 1, &to), MIEN_EINVAL);
	to.remote = mien_addr_ip4(PEER_IP);
	to.local = mien_addr_ip4(HOST_IP + 8);
	CHECK_EQ_I(net_udp_send(&b->net, own, "x", 1, &to), MIEN_EINVAL);

	/* more than a datagram holds */
	to.local = mien_addr_any();
	m = bed_chain(huge, sizeof(huge), BED_FRAME);
	CHECK_EQ_I(net_udp_send_mbuf(&b->net, own, m, &to), MIEN_EMSGSIZE);
	rte_pktmbuf_free(m);
	CHECK_NULL(bed_sent(b));

	/* the endpoint's own address, said or not, is right */
	CHECK_EQ_I(net_udp_send(&b->net, own, "x", 1, &to), 0);
	CHECK_STR(bed_sent_text(b), "10.9.0.1:7777 > 10.9.0.2:53 udp (1)");
	to.local = mien_addr_ip4(HOST_IP);
	CHECK_EQ_I(net_udp_send(&b->net, own, "", 0, &to), 0);
	CHECK_STR(bed_sent_text(b), "10.9.0.1:7777 > 10.9.0.2:53 udp (0)");

	/* an address and a group do not go together, and who has closed receives no more */
	CHECK_EQ_I(net_udp_bind(&b->net, &both, &ep), MIEN_EINVAL);
	CHECK_EQ_I(net_udp_close(&b->net, own), 0);
	CHECK_EQ_I(net_udp_recv(&b->net, own, &m, &to), MIEN_ESTALE);
	bed_free(b);
}

static void
a_port_that_sums_sums(void)
{
	struct bed *b = bed_new_started();
	uint64_t ep = bound(b, 0, 7777);
	const struct mien_udp_peer to = {.remote = mien_addr_ip4(PEER_IP), .remote_port = 53};
	uint16_t sum = cksum_fold(cksum_pseudo4(HOST_IP, PEER_IP, IPP_UDP, 13));
	const struct sent *s;

	b->env.tx_offloads = MIEN_OFFLOAD_UDP_CKSUM;
	CHECK_EQ_I(net_udp_send(&b->net, ep, "hello", 5, &to), 0);
	s = bed_sent(b);
	REQUIRE_NOT_NULL(s);
	CHECK_EQ_X(s->ol_flags, RTE_MBUF_F_TX_IPV4 | RTE_MBUF_F_TX_UDP_CKSUM);
	CHECK_MEM(s->bytes + FRAME_L4 + 6, &sum, 2);
	bed_free(b);
}

static void
all_queues_are_bounded_together(void)
{
	struct bed *b = bed_new_started();
	uint64_t ep = bound(b, 0, 7777);
	struct mien_udp_peer from;
	struct frame f;

	b->env.hold_recv = 2;
	frame_udp(&f, 5555, 7777, "hello", 5);
	CHECK_EQ_I(bed_rx(b, f.bytes, f.len), MIEN_DROP_NONE);
	CHECK_EQ_I(bed_rx(b, f.bytes, f.len), MIEN_DROP_NONE);
	CHECK_EQ_I(bed_rx(b, f.bytes, f.len), MIEN_DROP_UDP_FULL);
	expect_datagram(b, ep, "hello", &from);
	CHECK_EQ_I(bed_rx(b, f.bytes, f.len), MIEN_DROP_NONE);
	bed_free(b); /* with two that nobody read */
}

static void
without_headroom_the_header_has_its_own_mbuf(void)
{
	struct bed *b = bed_new_started();
	uint64_t ep = bound(b, 0, 7777);
	const struct mien_udp_peer to = {.remote = mien_addr_ip4(PEER_IP), .remote_port = 53};
	struct rte_mbuf *m = bed_mbuf("hello", 5), *sent;

	rte_pktmbuf_prepend(m, 100);
	CHECK_EQ_I(net_udp_send_mbuf(&b->net, ep, m, &to), 0);
	REQUIRE_EQ_U(net_tx_take(&b->net, &sent, 1), 1);
	CHECK_PTR(sent->next, m);
	CHECK_EQ_U(sent->pkt_len, FRAME_L4 + 8 + 105);
	rte_pktmbuf_free(sent);
	bed_free(b);
}

static void
errors_have_their_meaning(void)
{
	static const struct {
		uint8_t type, code;
		int err;
	} errors[] = {
		{ICMP4_UNREACH, ICMP4_UNREACH_NET, MIEN_EUNREACH}, {ICMP4_UNREACH, ICMP4_UNREACH_PROTO, MIEN_EREFUSED},
		{ICMP4_UNREACH, ICMP4_UNREACH_NEEDFRAG, MIEN_EMSGSIZE}, {ICMP4_TIME_EXCEEDED, 0, MIEN_EUNREACH},
		{ICMP4_PARAM_PROBLEM, 0, MIEN_EUNREACH},
	};
	struct bed *b = bed_new_started();
	uint64_t ep = bound(b, 0, 7777);
	const struct mien_udp_peer to = {.remote = mien_addr_ip4(PEER_IP), .remote_port = 53};
	const struct ip4_hdr_v v = {.proto = IPP_ICMP};
	uint8_t icmp[256], quote[200] = {0};
	struct mien_event ev;
	struct frame f;

	/* given errors that quote more than is ever needed */
	CHECK_EQ_I(net_udp_send(&b->net, ep, "hello", 5, &to), 0);
	memcpy(quote, bed_sent(b)->bytes + FRAME_IP, 33);
	for (unsigned int i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
		frame_ip(&f, &v, icmp,
			icmp4_build_error(icmp, sizeof(icmp), errors[i].type, errors[i].code, 0, quote, sizeof(quote)));
		CHECK_EQ_I(bed_rx(b, f.bytes, f.len), MIEN_DROP_NONE);
		REQUIRE(bed_event(b, &ev));
		CHECK_EQ_I(ev.err, errors[i].err);
	}

	/* and one that quotes no IPv4 header, or too little behind it, means nothing */
	quote[0] = 0x65;
	frame_ip(&f, &v, icmp, icmp4_build_error(icmp, sizeof(icmp), ICMP4_UNREACH, 3, 0, quote, sizeof(quote)));
	CHECK_EQ_I(bed_rx(b, f.bytes, f.len), MIEN_DROP_ICMP_SHORT);
	quote[0] = 0x45;
	frame_ip(&f, &v, icmp, icmp4_build_error(icmp, sizeof(icmp), ICMP4_UNREACH, 3, 0, quote, 27));
	CHECK_EQ_I(bed_rx(b, f.bytes, f.len), MIEN_DROP_ICMP_SHORT);
	CHECK(!bed_event(b, &ev));
	bed_free(b);
}

static const struct test_case cases[] = {
	/* proves udp-sport0 */
	{"a datagram from port 0 is delivered and has no answer", from_port_0},
	/* proves UDP-3 udp-ok */
	{"a datagram is received with its peer", received},
	/* proves UDP-5 udp-len8 udp-nosum */
	{"lengths and missing sums are read as they should be", lengths_and_sums},
	{"an endpoint at the address comes before one at any", exact_addresses_come_first},
	{"broadcasts are delivered", broadcasts_are_delivered},
	{"queues are bounded and emptied by close", queues_are_bounded},
	{"datagrams are sent with a checksum", sent_with_a_checksum},
	/* proves UDP-1 */
	{"a checksum of zero is sent as ffff", a_sum_of_zero_is_sent_as_ffff},
	{"mbufs are sent without a copy", mbufs_are_sent_without_copy},
	{"what cannot be sent stays the caller's", what_cannot_be_sent_stays_the_callers},
	{"what exceeds the MTU leaves in pieces", large_sends_leave_in_pieces},
	/* proves UDP-4 */
	{"ICMP errors are told to the endpoint", errors_are_told},
	{"endpoints on a group hear its hosts and speak for them", groups_hear_as_one},
	{"sends and binds without sense are refused", senseless_sends_are_refused},
	{"a port that sums finds the pseudo-header's sum in a datagram", a_port_that_sums_sums},
	{"what all queues hold is bounded, too", all_queues_are_bounded_together},
	{"a header that finds no headroom has its own mbuf", without_headroom_the_header_has_its_own_mbuf},
	{"each ICMP error has its meaning for an endpoint", errors_have_their_meaning},
	{NULL, NULL},
};

const struct test_suite udp_suite = {"udp", NULL, NULL, cases, NULL, NULL};
