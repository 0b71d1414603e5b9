/* SPDX-License-Identifier: BSD-3-Clause */
#include "suites.h"

#include "bed.h"

#define STRANGER 0x0a090032u /* 10.9.0.50 */
#define ASKS "arp who-has 10.9.0.50 tell 10.9.0.1"

static const uint8_t STRANGER_MAC[6] = {2, 0, 0, 0, 0, 0x50};

/* A UDP datagram of the host with data of len bytes to a station of the link. */
static void
send_to(struct bed *b, uint32_t dst, uint16_t len)
{
	static const uint8_t data[64];
	const struct mien_udp_bind bind = {.port = 9};
	const struct mien_udp_peer to = {.remote = mien_addr_ip4(dst), .remote_port = 53};
	const struct mien_addr any = mien_addr_any();
	struct udp_ep *ep = udp_bound(&b->net, &any, 9);
	uint64_t handle;

	if (ep)
		handle = pool_handle(&b->net.udps, ep->index);
	else
		REQUIRE_EQ_I(net_udp_bind(&b->net, &bind, &handle), 0);
	CHECK_EQ_I(net_udp_send(&b->net, handle, data, len, &to), 0);
}

static void
answer_from(struct bed *b, uint32_t ip, const uint8_t mac[6])
{
	struct frame f;

	frame_arp(&f, 2, mac, ip, HOST_IP);
	memcpy(f.bytes, HOST_MAC, 6);
	CHECK_EQ_I(bed_rx(b, f.bytes, f.len), MIEN_DROP_NONE);
}

static bool
knows(struct bed *b, uint32_t ip)
{
	const struct mien_addr a = mien_addr_ip4(ip);

	return neigh_known(&b->net, &a);
}

static void
packets_wait_for_the_answer(void)
{
	struct bed *b = bed_new_started();

	/* given a station that is not known */
	send_to(b, STRANGER, 1);
	send_to(b, STRANGER, 2);
	CHECK_STR(bed_sent_text(b), ASKS);
	CHECK_NULL(bed_sent(b));
	CHECK_EQ_U(b->env.mbufs_held, 2);

	/* when it answers */
	answer_from(b, STRANGER, STRANGER_MAC);

	/* then what waited goes out in order, and what follows goes at once */
	CHECK_STR(bed_sent_text(b), "10.9.0.1:9 > 10.9.0.50:53 udp (1)");
	CHECK_MEM(b->out[b->next - 1].bytes, STRANGER_MAC, 6);
	CHECK_STR(bed_sent_text(b), "10.9.0.1:9 > 10.9.0.50:53 udp (2)");
	CHECK_EQ_U(b->env.mbufs_held, 0);
	send_to(b, STRANGER, 3);
	CHECK_STR(bed_sent_text(b), "10.9.0.1:9 > 10.9.0.50:53 udp (3)");
	bed_free(b);
}

static void
the_latest_packets_are_kept(void)
{
	struct bed *b = bed_new_started();

	for (uint16_t len = 1; len <= NEIGH_QUEUE + 3; len++)
		send_to(b, STRANGER, len);
	CHECK_EQ_U(bed_drops(b, MIEN_DROP_NEIGH_QUEUE), 3);
	bed_sent(b);
	answer_from(b, STRANGER, STRANGER_MAC);

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
		send_to(b, STRANGER, 1);
		bed_advance(b, 100 * NS_PER_MS);
	}

	/* then there was a request a second, and the packets were given up after the last */
	for (unsigned int i = 0; i < 3; i++)
		CHECK_STR(bed_sent_text(b), ASKS);
	CHECK_NULL(bed_sent(b));
	bed_advance(b, start + 3 * NS_PER_SECOND - b->env.now);
	CHECK_EQ_U(bed_drops(b, MIEN_DROP_NEIGH_FAILED), NEIGH_QUEUE);
	CHECK_EQ_U(b->env.mbufs_held, 0);
	CHECK(!knows(b, STRANGER));
	bed_free(b);
}

static void
failure_is_told(void)
{
	struct bed *b = bed_new_started();
	struct mien_event ev;

	send_to(b, STRANGER, 1);
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
	send_to(b, STRANGER, 1);
	answer_from(b, STRANGER, STRANGER_MAC);
	bed_advance(b, b->p->arp.reachable_ms * NS_PER_MS + 1);
	while (bed_sent(b))
		;

	/* when it is sent to */
	send_to(b, STRANGER, 2);

	/* then the packet goes, and the neighbour is asked by unicast */
	CHECK_STR(bed_sent_text(b), "10.9.0.1:9 > 10.9.0.50:53 udp (2)");
	CHECK_STR(bed_sent_text(b), ASKS);
	CHECK_MEM(b->out[b->next - 1].bytes, STRANGER_MAC, 6);

	/* and forgotten when it does not answer */
	bed_advance(b, 10 * NS_PER_SECOND);
	CHECK(!knows(b, STRANGER));
	while (bed_sent(b))
		;
	send_to(b, STRANGER, 3);
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
		send_to(b, STRANGER, 1);
		while (*bed_sent_text(b))
			requests += strcmp(b->text, ASKS) == 0;
		answer_from(b, STRANGER, STRANGER_MAC);
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

	send_to(b, STRANGER, 1);
	answer_from(b, STRANGER, STRANGER_MAC);
	CHECK(knows(b, STRANGER));
	bed_advance(b, NEIGH_KEEP + NS_PER_SECOND);

	CHECK(!knows(b, STRANGER));
	CHECK(knows(b, PEER_IP)); /* static */
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
	answer_from(b, STRANGER, STRANGER_MAC);
	CHECK(!knows(b, STRANGER));

	/* a request for us */
	frame_arp(&f, 1, STRANGER_MAC, STRANGER, HOST_IP);
	bed_rx(b, f.bytes, f.len);
	CHECK(knows(b, STRANGER));
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
		CHECK(!knows(b, spa[i]));
	}
	frame_arp(&f, 1, BROADCAST_MAC, STRANGER, HOST_IP);
	bed_rx(b, f.bytes, f.len);
	CHECK(!knows(b, STRANGER));
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
	send_to(b, STRANGER, 1);
	CHECK_MEM(bed_sent(b)->bytes, STRANGER_MAC, 6);
	bed_advance(b, 2 * NS_PER_SECOND);
	bed_rx(b, f.bytes, f.len);
	send_to(b, STRANGER, 1);

	/* then only the later one counts */
	CHECK_MEM(bed_sent(b)->bytes, other, 6);

	/* and a static neighbour never changes */
	frame_arp(&f, 1, other, PEER_IP, HOST_IP);
	bed_rx(b, f.bytes, f.len);
	bed_sent(b);
	send_to(b, PEER_IP, 1);
	CHECK_MEM(bed_sent(b)->bytes, PEER_MAC, 6);
	bed_free(b);
}

static void
strangers_do_not_push_out_those_in_use(void)
{
	struct bed *b = bed_new_started();
	struct frame f;

	/* given a neighbour in use, in a cache of eight */
	send_to(b, STRANGER, 1);
	answer_from(b, STRANGER, STRANGER_MAC);

	/* when a thousand stations ask */
	for (uint32_t i = 0; i < 1000; i++) {
		const uint8_t mac[6] = {2, 0, 0, 1, (uint8_t)(i >> 8), (uint8_t)i};

		b->n_out = b->next = 0;
		frame_arp(&f, 1, mac, 0x0a090040u + i % 100, HOST_IP);
		bed_rx(b, f.bytes, f.len);
		bed_sent(b);
	}

	/* then the cache holds eight, the one in use among them */
	CHECK(knows(b, STRANGER));
	CHECK(knows(b, PEER_IP));
	CHECK_EQ_U(b->net.neighs.used, 8);
	CHECK(b->env.counters.neigh_evicted > 0);
	bed_free(b);
}

/* Packets to where nobody is: answers to forged sources on the link, say. */
static void
silence_pushes_out_nobody(void)
{
	struct bed *b = bed_new_started();

	/* given a neighbour in use, in a cache of eight, and room for three frames that wait */
	send_to(b, STRANGER, 1);
	answer_from(b, STRANGER, STRANGER_MAC);
	b->env.hold_neighbours = 3;
	while (bed_sent(b))
		;

	/* when a hundred are asked for that do not answer */
	for (uint32_t i = 0; i < 100; i++) {
		b->n_out = b->next = 0;
		send_to(b, STRANGER + 1 + i, 1);
		CHECK(b->net.neigh_waiting <= 3);
		CHECK(b->net.neigh_asked_count <= 2); /* a quarter */
	}

	/* then those known stay, and the latest may still answer */
	CHECK(knows(b, STRANGER));
	CHECK(knows(b, PEER_IP));
	CHECK(b->net.neighs.used <= 4);
	b->n_out = b->next = 0;
	answer_from(b, STRANGER + 100, STRANGER_MAC);
	CHECK(knows(b, STRANGER + 100));
	CHECK_NOT_NULL(bed_sent(b));
	bed_free(b);
}

static void
new_neighbours_are_asked_for_at_a_pace(void)
{
	struct bed *b = bed_new_started();
	unsigned int asked = 0;

	/* when five thousand are wanted at once */
	for (uint32_t i = 0; i < 5000; i++) {
		b->n_out = b->next = 0;
		send_to(b, STRANGER + i % 100, 1);
		while (*bed_sent_text(b))
			asked++;
	}

	/* then a thousand are asked for, and the frames for the others are lost */
	CHECK_EQ_U(asked, 1000);
	CHECK(bed_drops(b, MIEN_DROP_NEIGH_QUEUE) >= 4000);
	bed_free(b);
}

static void
the_least_recently_used_goes(void)
{
	struct bed *b = bed_new_started();

	/* given a cache full of neighbours in use, the first of them used last */
	for (uint32_t i = 0; i < 7; i++) {
		const uint8_t mac[6] = {2, 0, 0, 0, 1, (uint8_t)i};

		send_to(b, STRANGER + i, 1);
		answer_from(b, STRANGER + i, mac);
		bed_advance(b, 2 * NS_PER_SECOND);
	}
	send_to(b, STRANGER, 1);

	/* when another is needed */
	send_to(b, STRANGER + 7, 1);

	/* then the second is gone */
	CHECK(knows(b, STRANGER));
	CHECK(!knows(b, STRANGER + 1));
	CHECK(knows(b, STRANGER + 2));
	CHECK_EQ_U(b->net.neighs.used, 8);
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
	/* proves S6 */
	{"strangers do not push out neighbours in use", strangers_do_not_push_out_those_in_use},
	/* proves S6 */
	{"packets to where nobody is push out no neighbour in use", silence_pushes_out_nobody},
	/* proves S6 */
	{"new neighbours are asked for at a pace", new_neighbours_are_asked_for_at_a_pace},
	{"the least recently used neighbour makes room", the_least_recently_used_goes},
	{"a cached route serves its destination only", a_cached_route_is_checked},
	{NULL, NULL},
};

const struct test_suite neigh_suite = {"neigh", NULL, NULL, cases, NULL, NULL};
