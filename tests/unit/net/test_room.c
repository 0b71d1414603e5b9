/* SPDX-License-Identifier: BSD-3-Clause */
/* The room as a whole: memory and mbufs that run out, hashes that meet, events that are taken back. */
#include "suites.h"

#include <stdlib.h>

#include "arp.h"
#include "bed.h"

/* Memory that ends after `left` regions. */
struct scant {
	unsigned int left, out;
};

static void *
scant_alloc(void *ctx, size_t size, size_t align)
{
	struct scant *s = ctx;

	if (s->left == 0)
		return NULL;
	s->left--;
	s->out++;
	return mem_pages.alloc(mem_pages.ctx, size, align);
}

static void
scant_free(void *ctx, void *p, size_t size)
{
	struct scant *s = ctx;

	s->out--;
	mem_pages.free(mem_pages.ctx, p, size);
}

static void
memory_may_end_anywhere(void)
{
	struct bed *b = bed_new();
	const struct net_limits limits = bed_limits();
	struct scant scant = {0};
	const struct mem_ops mem = {scant_alloc, scant_free, &scant};
	struct net net;
	unsigned int regions;

	/* when memory ends at each region in turn, then nothing is left behind */
	for (regions = 0;; regions++) {
		int err;

		scant.left = regions;
		err = net_create(&net, &b->env, &b->tcp, &limits, &mem);
		if (err == MIEN_OK)
			break;
		CHECK_EQ_I(err, MIEN_ENOMEM);
		CHECK_EQ_U(scant.out, 0);
		REQUIRE(regions < 100);
	}

	/* and with enough there is a room, which gives all of it back */
	CHECK(regions > 10);
	CHECK_EQ_U(scant.out, regions);
	net_destroy(&net);
	CHECK_EQ_U(scant.out, 0);
	net_destroy(&net); /* twice is once */
	bed_free(b);
}

/* An entry of another's hash: what a stranger would need 2^64 tries for. */
static void
collide(struct flow_table *t, uint64_t hash, uint32_t index)
{
	REQUIRE_EQ_I(flow_table_insert(t, hash, index), 0);
}

static void
addresses_of_one_hash_are_told_apart(void)
{
	struct bed *b = bed_new_started();
	const struct mien_addr other = mien_addr_ip4(HOST_IP + 8), stranger = mien_addr_ip4(PEER_IP + 8);
	uint64_t h;

	/* given a host and a neighbour that stand where others would */
	collide(&b->net.host_table, addr_hash(&b->net, &other), (uint32_t)b->host);
	collide(&b->net.neigh_table, addr_hash(&b->net, &stranger), pool_next(&b->net.neighs, 0));

	/* then they are not taken for them */
	CHECK_EQ_I(net_host_find(&b->net, &other, &h), MIEN_ENOENT);
	CHECK_NULL(host_find(&b->net, &other));
	CHECK(!neigh_known(&b->net, &stranger));
	bed_free(b);
}

static void
ports_of_one_hash_are_told_apart(void)
{
	struct bed *b = bed_new_started();
	const struct mien_addr any = mien_addr_any(), host = mien_addr_ip4(HOST_IP);
	const struct mien_udp_bind bind = {.addr = host, .port = 7777};
	uint64_t ep;

	REQUIRE_EQ_I(net_udp_bind(&b->net, &bind, &ep), 0);
	collide(&b->net.udp_table, udp_hash(&b->net, &any, 7777), (uint32_t)ep);
	collide(&b->net.udp_table, udp_hash(&b->net, &host, 7778), (uint32_t)ep);
	CHECK_NULL(udp_bound(&b->net, &any, 7777));
	CHECK_NULL(udp_bound(&b->net, &host, 7778));
	CHECK_NOT_NULL(udp_bound(&b->net, &host, 7777));
	bed_free(b);
}

/* Where a link's entry stands. */
static uint64_t
link_hash(const struct bed *b, const struct mien_addr *prefix, unsigned int bits)
{
	const struct siphash_key key = {b->net.hash_key.k0, b->net.hash_key.k1 ^ bits};

	return siphash13_2w(&key, prefix->q);
}

static void
links_of_one_hash_are_told_apart(void)
{
	struct bed *b = bed_new_started();
	const struct mien_addr near = mien_addr_ip4(0x0a090000), far = mien_addr_ip4(0xc0a80100),
			       half = mien_addr_ip4(0x0a09007f), any = mien_addr_any(), to = mien_addr_ip4(0xc0a80105);
	const struct mien_host_config config = {.addr = mien_addr_ip4(0x0a0a0001), .prefix_len = 25, .personality = b->p};
	uint32_t link = pool_next(&b->net.subnets, 0);
	uint64_t h;

	/* given a link of 24 bits that stands where one of 25 would, and where another of 24 would */
	REQUIRE_EQ_I(net_host_add(&b->net, &config, &h), 0);
	collide(&b->net.subnet_table, link_hash(b, &near, 96 + 25), link);
	collide(&b->net.subnet_table, link_hash(b, &far, 96 + 24), link);

	/* then it has its own broadcast address only, and no route leads to where it is not */
	CHECK(!subnet_is_broadcast(&b->net, &half));
	CHECK_NULL(net_source_host(&b->net, &any, &to));
	bed_free(b);
}

static enum mien_drop
fragment(struct bed *b, uint32_t src, uint32_t dst, uint8_t proto, uint16_t id, bool last)
{
	const struct ip4_hdr_v v = {
		.src = src, .dst = dst, .proto = proto, .id = id, .flags = last ? 0 : IP4_MF, .frag_off = last ? 8 : 0};
	struct frame f;

	frame_ip(&f, &v, "12345678", 8);
	return bed_rx(b, f.bytes, f.len);
}

static void
fragments_of_one_hash_are_told_apart(void)
{
	static const struct {
		uint32_t src, dst;
		uint16_t id;
		uint8_t proto;
	} other[] = {
		{PEER_IP, HOST_IP, 2, 253}, {PEER_IP, HOST_IP, 1, 252}, {PEER_IP + 1, HOST_IP, 1, 253},
		{PEER_IP, HOST_IP + 8, 1, 253},
	};

	for (unsigned int i = 0; i < sizeof(other) / sizeof(other[0]); i++) {
		struct bed *b = bed_new_started();
		const struct mien_host_config config = {
			.addr = mien_addr_ip4(HOST_IP + 8), .prefix_len = 24, .personality = b->p};
		const struct datagram *d;
		uint64_t hash, h;

		/* given the place of one datagram, at which another stands */
		REQUIRE_EQ_I(net_host_add(&b->net, &config, &h), 0);
		CHECK_EQ_I(fragment(b, PEER_IP, HOST_IP, 253, 1, false), MIEN_DROP_NONE);
		d = pool_at(&b->net.datagrams, 0);
		hash = d->hash;
		bed_advance(b, 100 * NS_PER_SECOND);
		REQUIRE_EQ_U(b->net.datagrams.used, 0);
		CHECK_EQ_I(fragment(b, other[i].src, other[i].dst, other[i].proto, other[i].id, false), MIEN_DROP_NONE);
		collide(&b->net.frag_table, hash, pool_next(&b->net.datagrams, 0));

		/* when the first one's end comes, then it is no end of the other */
		CHECK_EQ_I(fragment(b, PEER_IP, HOST_IP, 253, 1, true), MIEN_DROP_NONE);
		CHECK_EQ_U(b->net.datagrams.used, 2);
		bed_free(b);
	}
}

static void
events_can_be_taken_back_in_any_order(void)
{
	/* given three endpoints with something to read, when the first, the second or the third is closed */
	for (unsigned int i = 0; i < 3; i++) {
		struct bed *b = bed_new_started();
		struct mien_event ev;
		uint64_t ep[3];
		struct frame f;

		for (unsigned int j = 0; j < 3; j++) {
			const struct mien_udp_bind bind = {.port = (uint16_t)(7000 + j)};

			REQUIRE_EQ_I(net_udp_bind(&b->net, &bind, &ep[j]), 0);
			frame_udp(&f, 5555, bind.port, "hello", 5);
			CHECK_EQ_I(bed_rx(b, f.bytes, f.len), MIEN_DROP_NONE);
		}
		CHECK_EQ_I(net_udp_close(&b->net, ep[i]), 0);

		/* then the other two are heard of in their order, and one that comes after them */
		frame_udp(&f, 5555, i == 0 ? 7001 : 7000, "again", 5);
		CHECK_EQ_I(bed_rx(b, f.bytes, f.len), MIEN_DROP_NONE);
		REQUIRE(bed_event(b, &ev));
		CHECK_EQ_U(ev.object, ep[i == 0 ? 1 : 0]);
		REQUIRE(bed_event(b, &ev));
		CHECK_EQ_U(ev.object, ep[i == 2 ? 1 : 2]);
		CHECK(!bed_event(b, &ev));
		bed_free(b);
	}
}

static void
the_room_counts_what_it_holds(void)
{
	struct bed *b = bed_new_started();
	const struct mien_udp_bind bind = {.port = 7777};
	const struct mien_udp_peer to = {.remote = mien_addr_ip4(PEER_IP + 8), .remote_port = 53};
	struct mien_gauges g = {0};
	uint64_t ep;

	REQUIRE_EQ_I(net_udp_bind(&b->net, &bind, &ep), 0);
	CHECK_EQ_I(net_udp_send(&b->net, ep, "hello", 5, &to), 0);
	CHECK_EQ_I(fragment(b, PEER_IP, HOST_IP, 253, 1, false), MIEN_DROP_NONE);
	net_gauges(&b->net, &g);
	CHECK_EQ_U(g.hosts, 1);
	CHECK_EQ_U(g.udp_endpoints, 1);
	CHECK_EQ_U(g.neighbours, 2);
	CHECK_EQ_U(g.neighbour_mbufs, 1);
	CHECK_EQ_U(g.fragments, 1);
	CHECK_EQ_U(g.fragment_mbufs, 1);
	CHECK_EQ_U(g.fragment_bytes, sizeof(struct rte_mbuf) + RTE_MBUF_DEFAULT_BUF_SIZE);
	bed_free(b);
}

static const struct test_case cases[] = {
	{"memory may end at any region, and none is left behind", memory_may_end_anywhere},
	{"hosts and neighbours of one hash are told apart", addresses_of_one_hash_are_told_apart},
	{"endpoints of one hash are told apart", ports_of_one_hash_are_told_apart},
	{"links of one hash are told apart", links_of_one_hash_are_told_apart},
	/* proves IP-8 */
	{"fragments of one hash are told apart", fragments_of_one_hash_are_told_apart},
	{"what an endpoint had to tell goes with it, and nothing else", events_can_be_taken_back_in_any_order},
	{"the room counts what it holds", the_room_counts_what_it_holds},
	{NULL, NULL},
};

const struct test_suite room_suite = {"room", NULL, NULL, cases, NULL, NULL};
