/* SPDX-License-Identifier: BSD-3-Clause */
#include "suites.h"

#include "bed.h"

#define STRANGER 0x0a090032u /* 10.9.0.50 */
#define ASKS "arp who-has 10.9.0.50 tell 10.9.0.1"

static const uint8_t STRANGER_MAC[6] = {2, 0, 0, 0, 0, 0x50};

static void
packets_wait_for_the_answer(void)
{
	struct bed *b = bed_new_started();

	/* given a station that is not known */
	bed_send_to(b, STRANGER, 1);
	bed_send_to(b, STRANGER, 2);
	CHECK_STR(bed_sent_text(b), ASKS);
	CHECK_NULL(bed_sent(b));
	CHECK_EQ_U(b->env.mbufs_held, 2);

	/* when it answers */
	bed_answer_from(b, STRANGER, STRANGER_MAC);

	/* then what waited goes out in order, and what follows goes at once */
	CHECK_STR(bed_sent_text(b), "10.9.0.1:9 > 10.9.0.50:53 udp (1)");
	CHECK_MEM(b->out[b->next - 1].bytes, STRANGER_MAC, 6);
	CHECK_STR(bed_sent_text(b), "10.9.0.1:9 > 10.9.0.50:53 udp (2)");
	CHECK_EQ_U(b->env.mbufs_held, 0);
	bed_send_to(b, STRANGER, 3);
	CHECK_STR(bed_sent_text(b), "10.9.0.1:9 > 10.9.0.50:53 udp (3)");
	bed_free(b);
}

static void
the_latest_packets_are_kept(void)
{
	struct bed *b = bed_new_started();

	for (uint16_t len = 1; len <= NEIGH_QUEUE + 3; len++)
		bed_send_to(b, STRANGER, len);
	CHECK_EQ_U(bed_drops(b, MIEN_DROP_NEIGH_QUEUE), 3);
	bed_sent(b);
	bed_answer_from(b, STRANGER, STRANGER_MAC);

	CHECK_STR(bed_sent_text(b), "10.9.0.1:9 > 10.9.0.50:53 udp (4)");
	bed_free(b);
}

static void
requests_are_paced(void)
{
	struct bed *b = bed_new();
	uint64_t start;

	/* given a personality that would ask every 100 ms */
	b->p->arp.retry_ms = 100;
	b->p->arp.retries = 3;
	bed_start(b);
	start = b->env.now;

	/* when packets keep coming and nobody answers */
	for (unsigned int i = 0; i < 29; i++) {
		bed_send_to(b, STRANGER, 1);
		bed_advance(b, 100 * NS_PER_MS);
	}

	/* then there was a request a second, and the packets were given up after the last */
	for (unsigned int i = 0; i < 3; i++)
		CHECK_STR(bed_sent_text(b), ASKS);
	CHECK_NULL(bed_sent(b));
	bed_advance(b, start + 3 * NS_PER_SECOND - b->env.now);
	CHECK_EQ_U(bed_drops(b, MIEN_DROP_NEIGH_FAILED), NEIGH_QUEUE);
	CHECK_EQ_U(b->env.mbufs_held, 0);
	CHECK(!bed_knows(b, STRANGER));
	bed_free(b);
}

static void
failure_is_told(void)
{
	struct bed *b = bed_new_started();
	struct mien_event ev;

	bed_send_to(b, STRANGER, 1);
	bed_advance(b, 10 * NS_PER_SECOND);

	REQUIRE(bed_event(b, &ev));
	CHECK_EQ_U(ev.type, MIEN_EV_UDP_ERROR);
	CHECK_EQ_I(ev.err, MIEN_EUNREACH);
	bed_free(b);
}

static void
old_entries_are_asked_again(void)
{
	struct bed *b = bed_new_started();

	/* given a neighbour that answered longer ago than it counts as reachable */
	bed_send_to(b, STRANGER, 1);
	bed_answer_from(b, STRANGER, STRANGER_MAC);
	bed_advance(b, b->p->arp.reachable_ms * NS_PER_MS + 1);
	while (bed_sent(b))
		;

	/* when it is sent to */
	bed_send_to(b, STRANGER, 2);

	/* then the packet goes, and the neighbour is asked by unicast */
	CHECK_STR(bed_sent_text(b), "10.9.0.1:9 > 10.9.0.50:53 udp (2)");
	CHECK_STR(bed_sent_text(b), ASKS);
	CHECK_MEM(b->out[b->next - 1].bytes, STRANGER_MAC, 6);

	/* and forgotten when it does not answer */
	bed_advance(b, 10 * NS_PER_SECOND);
	CHECK(!bed_knows(b, STRANGER));
	while (bed_sent(b))
		;
	bed_send_to(b, STRANGER, 3);
	CHECK_STR(bed_sent_text(b), ASKS);
	CHECK_MEM(b->out[b->next - 1].bytes, BROADCAST_MAC, 6);
	bed_free(b);
}

static void
short_lives_do_not_flood(void)
{
	struct bed *b = bed_new();
	unsigned int requests = 0;

	/* given a personality that trusts an entry for a millisecond, and a neighbour that answers at once */
	b->p->arp.reachable_ms = 1;
	bed_start(b);
	for (unsigned int i = 0; i < 50; i++) {
		bed_send_to(b, STRANGER, 1);
		while (*bed_sent_text(b))
			requests += strcmp(b->text, ASKS) == 0;
		bed_answer_from(b, STRANGER, STRANGER_MAC);
		bed_advance(b, 100 * NS_PER_MS);
	}

	/* then in five seconds it is asked five times */
	CHECK_EQ_U(requests, 5);
	bed_free(b);
}

static void
unused_entries_are_forgotten(void)
{
	struct bed *b = bed_new_started();

	bed_send_to(b, STRANGER, 1);
	bed_answer_from(b, STRANGER, STRANGER_MAC);
	CHECK(bed_knows(b, STRANGER));
	bed_advance(b, NEIGH_KEEP + NS_PER_SECOND);

	CHECK(!bed_knows(b, STRANGER));
	CHECK(bed_knows(b, PEER_IP)); /* static */
	bed_free(b);
}

static void
only_those_who_ask_us_are_learned(void)
{
	struct bed *b = bed_new_started();
	struct frame f;

	/* a request for somebody else, and a reply nobody asked for */
	frame_arp(&f, 1, STRANGER_MAC, STRANGER, 0x0a090063);
	bed_rx(b, f.bytes, f.len);
	bed_answer_from(b, STRANGER, STRANGER_MAC);
	CHECK(!bed_knows(b, STRANGER));

	/* a request for us */
	frame_arp(&f, 1, STRANGER_MAC, STRANGER, HOST_IP);
	bed_rx(b, f.bytes, f.len);
	CHECK(bed_knows(b, STRANGER));
	bed_free(b);
}

static void
bad_senders_are_not_learned(void)
{
	struct bed *b = bed_new_started();
	struct frame f;

	for (unsigned int i = 0; i < 4; i++) {
		static const uint32_t spa[4] = {0, 0xc0000209, 0x0a0900ff, 0x7f000001};

		frame_arp(&f, 1, STRANGER_MAC, spa[i], HOST_IP);
		bed_rx(b, f.bytes, f.len);
		CHECK(!bed_knows(b, spa[i]));
	}
	frame_arp(&f, 1, BROADCAST_MAC, STRANGER, HOST_IP);
	bed_rx(b, f.bytes, f.len);
	CHECK(!bed_knows(b, STRANGER));
	CHECK_EQ_U(b->net.neighs.used, 1);
	bed_free(b);
}

static void
overheard_packets_update(void)
{
	static const uint8_t other[6] = {2, 0, 0, 0, 0, 0x51};
	struct bed *b = bed_new_started();
	struct frame f;

	/* given a known station */
	frame_arp(&f, 1, STRANGER_MAC, STRANGER, HOST_IP);
	bed_rx(b, f.bytes, f.len);
	bed_sent(b);

	/* when it is heard with another MAC at once, and again later */
	frame_arp(&f, 1, other, STRANGER, 0x0a090063);
	bed_rx(b, f.bytes, f.len);
	bed_send_to(b, STRANGER, 1);
	CHECK_MEM(bed_sent(b)->bytes, STRANGER_MAC, 6);
	bed_advance(b, 2 * NS_PER_SECOND);
	bed_rx(b, f.bytes, f.len);
	bed_send_to(b, STRANGER, 1);

	/* then only the later one counts */
	CHECK_MEM(bed_sent(b)->bytes, other, 6);

	/* and a static neighbour never changes */
	frame_arp(&f, 1, other, PEER_IP, HOST_IP);
	bed_rx(b, f.bytes, f.len);
	bed_sent(b);
	bed_send_to(b, PEER_IP, 1);
	CHECK_MEM(bed_sent(b)->bytes, PEER_MAC, 6);
	bed_free(b);
}

static void
a_cached_route_is_checked(void)
{
	struct bed *b = bed_new_started();
	const struct mien_addr peer = mien_addr_ip4(PEER_IP), gone = mien_addr_ip4(STRANGER);
	struct ip_tx tx = {.remote = peer, .cls = MIEN_CLASS_UDP, .proto = IPP_UDP};
	uint32_t route = 0;

	/* given a route that was cached */
	tx.route = &route;
	for (unsigned int i = 0; i < 2; i++) {
		ip_output(&b->net, (struct tcp_host *)pool_lookup(&b->net.hosts, b->host), bed_mbuf("12345678", 8), &tx);
		CHECK_MEM(bed_sent(b)->bytes, PEER_MAC, 6);
		CHECK(route != 0);
	}

	/* when it is used for another destination */
	tx.remote = gone;
	ip_output(&b->net, (struct tcp_host *)pool_lookup(&b->net.hosts, b->host), bed_mbuf("12345678", 8), &tx);

	/* then that one is resolved */
	CHECK_STR(bed_sent_text(b), ASKS);
	bed_free(b);
}

static void
a_cached_route_may_be_gone(void)
{
	struct bed *b = bed_new_started();
	struct tcp_host *host = pool_lookup(&b->net.hosts, b->host);
	uint32_t route = 0;
	const struct ip_tx tx = {
		.remote = mien_addr_ip4(STRANGER), .cls = MIEN_CLASS_UDP, .proto = IPP_UDP, .route = &route};

	/* given a route to a neighbour that was forgotten */
	bed_send_to(b, STRANGER, 1);
	bed_answer_from(b, STRANGER, STRANGER_MAC);
	ip_output(&b->net, host, bed_mbuf("12345678", 8), &tx);
	CHECK(route != 0);
	bed_advance(b, NEIGH_KEEP + NS_PER_SECOND);
	while (bed_sent(b))
		;

	/* when it is used, then the neighbour is asked for */
	ip_output(&b->net, host, bed_mbuf("12345678", 8), &tx);
	CHECK_STR(bed_sent_text(b), ASKS);
	CHECK_NULL(bed_sent(b));
	bed_free(b);
}

static void
who_is_sent_to_is_kept(void)
{
	struct bed *b = bed_new();

	b->p->arp.reachable_ms = UINT32_MAX;
	bed_start(b);

	/* given a neighbour that was sent to shortly before its time is over */
	bed_send_to(b, STRANGER, 1);
	bed_answer_from(b, STRANGER, STRANGER_MAC);
	bed_advance(b, NEIGH_KEEP - 10 * NS_PER_SECOND);
	bed_send_to(b, STRANGER, 1);

	/* then it stays as long again, and no longer */
	bed_advance(b, NEIGH_KEEP - NS_PER_SECOND);
	CHECK(bed_knows(b, STRANGER));
	bed_advance(b, 2 * NS_PER_SECOND);
	CHECK(!bed_knows(b, STRANGER));
	bed_free(b);
}

static void
who_asked_may_be_gone(void)
{
	struct bed *b = bed_new_started();
	const struct mien_addr remote = mien_addr_ip4(STRANGER);
	const struct mien_host_config config = {
		.addr = mien_addr_ip4(HOST_IP + 8), .prefix_len = 24, .personality = b->p};
	const struct ip_tx tx = {.remote = remote, .cls = MIEN_CLASS_UDP, .proto = IPP_UDP};
	uint64_t other;

	/* given a host that asked for a neighbour and was removed */
	REQUIRE_EQ_I(net_host_add(&b->net, &config, &other), 0);
	ip_output(&b->net, pool_lookup(&b->net.hosts, other), bed_mbuf("12345678", 8), &tx);
	CHECK_STR(bed_sent_text(b), "arp who-has 10.9.0.50 tell 10.9.0.9");
	REQUIRE_EQ_I(net_host_remove(&b->net, other), 0);

	/* when it is time to ask again, then that is not done in its name */
	bed_advance(b, 2 * NS_PER_SECOND);
	CHECK_NULL(bed_sent(b));
	CHECK_EQ_U(bed_drops(b, MIEN_DROP_NEIGH_FAILED), 1);
	CHECK_EQ_U(b->env.mbufs_held, 0);
	bed_free(b);
}

static void
a_lost_echo_reply_concerns_nobody(void)
{
	struct bed *b = bed_new_started();
	struct mien_event ev;
	struct frame f;

	/* given an echo request from a station that answers no ARP */
	bed_send_to(b, PEER_IP, 1);
	CHECK_NOT_NULL(bed_sent(b));
	frame_echo(&f, 9, 16);
	put_be32(f.bytes + FRAME_IP + 12, STRANGER);
	frame_fix_ip(&f);
	CHECK_EQ_I(bed_rx(b, f.bytes, f.len), MIEN_DROP_NONE);
	bed_advance(b, 10 * NS_PER_SECOND);

	/* then the reply is lost, and the endpoint hears nothing of it */
	CHECK_EQ_U(bed_drops(b, MIEN_DROP_NEIGH_FAILED), 1);
	CHECK(!bed_event(b, &ev));
	bed_free(b);
}

static const struct test_case cases[] = {
	{"packets wait for the answer and go out in order", packets_wait_for_the_answer},
	/* proves ARP-3 */
	{"of many waiting packets the latest are kept", the_latest_packets_are_kept},
	/* proves ARP-2 */
	{"a destination is asked for at most once a second", requests_are_paced},
	/* proves ARP-4 */
	{"a neighbour that does not answer is told to the sender", failure_is_told},
	{"an old entry is asked again while it is used, and forgotten without answer", old_entries_are_asked_again},
	{"entries of short life do not flood the link", short_lives_do_not_flood},
	/* proves ARP-1 */
	{"an entry that nobody uses is forgotten", unused_entries_are_forgotten},
	/* proves ARP-8 arp-other arp-unsol */
	{"only who asks for us is learned", only_those_who_ask_us_are_learned},
	/* proves arp-offlink arp-bcast-spa */
	{"bad senders are not learned", bad_senders_are_not_learned},
	{"overheard packets update what is known, but not at once", overheard_packets_update},
	{"a cached route serves its destination only", a_cached_route_is_checked},
	{"a cached route to who was forgotten is looked up anew", a_cached_route_may_be_gone},
	{"a neighbour that is sent to is kept", who_is_sent_to_is_kept},
	{"nobody is asked for in the name of a host that is gone", who_asked_may_be_gone},
	{"an echo reply that cannot be sent is told to nobody", a_lost_echo_reply_concerns_nobody},
	{NULL, NULL},
};

const struct test_suite neigh_suite = {"neigh", NULL, NULL, cases, NULL, NULL};
