/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Every allocation on the packet path fails once, in a scene that has all of it: neighbours asked for, connections both
 * ways over a bad link, fragments in and out, datagrams, pings, errors, another personality in between, closing. What can
 * be used up besides mbufs is used up one by one.
 */
#include <stdio.h>

#include <rte_mbuf.h>

#include "cksum.h"
#include "eth.h"
#include "ip4.h"
#include "rig_pool.h"
#include "suites.h"

#define DATAGRAM 4000
#define STREAM 9000

static struct mien_personality other;

struct scene {
	struct stack_rig *r;
	uint64_t udp[2];
	uint32_t refused, datagrams;
};

static void
few(struct mien_stack_config *config, unsigned stack)
{
	config->max_conns = config->max_time_wait = config->max_fragments = 16;
}

/* Without an mbuf a datagram is refused to its sender, who may come again. */
static void
say_datagram(struct scene *s, unsigned from)
{
	static const uint8_t bytes[DATAGRAM];
	struct mien_udp_peer to = {.remote = rig_addr(!from), .remote_port = 7};
	int rc = mien_udp_send(s->r->st[from], s->r->now, s->udp[from], bytes, DATAGRAM, &to);

	s->refused += rc == MIEN_ENOMEM;
	CHECK(rc == MIEN_OK || rc == MIEN_ENOMEM);
}

static void
echo_datagrams(struct scene *s, unsigned i)
{
	struct mien_udp_peer from;
	struct rte_mbuf *m;
	int rc;

	while (mien_udp_recv(s->r->st[i], s->udp[i], &m, &from) == MIEN_OK) {
		s->datagrams++;
		rc = i == 0 ? mien_udp_send_mbuf(s->r->st[i], s->r->now, s->udp[i], m, &from) : MIEN_ECLOSED;
		s->refused += rc == MIEN_ENOMEM;
		if (rc != MIEN_OK)
			rte_pktmbuf_free(m);
	}
}

/* A ping of 3000 bytes in three pieces, and a datagram to a closed port. */
static void
provoke(struct scene *s, unsigned to)
{
	static uint8_t body[3008] = {8}, frame[1600];
	struct ip4_hdr_v v = {.ttl = 64, .proto = IPP_ICMP, .id = 77};
	const uint32_t piece = 1008;
	uint8_t mac[6] = {2, 0, 0, 0, 0, (uint8_t)(to + 1)}, from[6] = {2, 0, 0, 0, 0, (uint8_t)(2 - to)}, *p;

	v.src = 0x0a000001u + !to;
	v.dst = 0x0a000001u + to;
	put_be16(body + 2, 0);
	put_be16(body + 2, cksum(body, sizeof(body)));
	for (uint32_t at = 0; at < sizeof(body); at += piece) {
		uint32_t n = RTE_MIN(piece, (uint32_t)sizeof(body) - at);

		v.total_len = (uint16_t)(20 + n);
		v.frag_off = (uint16_t)at;
		v.flags = at + n < sizeof(body) ? IP4_MF : 0;
		p = ip4_build(eth_build(frame, mac, from, ETYPE_IP4), &v);
		memcpy(p, body + at, n);
		rig_inject(s->r, to, frame, (uint32_t)(p + n - frame));
	}
	v = (struct ip4_hdr_v){.src = v.src, .dst = v.dst, .ttl = 64, .proto = IPP_UDP, .total_len = 32};
	p = ip4_build(eth_build(frame, mac, from, ETYPE_IP4), &v);
	memcpy(p, "\x10\0\x10\1\0\x0c\0\0data", 12);
	rig_inject(s->r, to, frame, (uint32_t)(p + 12 - frame));
}

static void
play(struct scene *s)
{
	const struct rig_plan plan = {.send = STREAM, .finish = true, .chunk = 2500};
	struct stack_rig *r = s->r;

	rig_connect(r, 1, 0, 80, &plan);
	rig_connect(r, 0, 1, 80, &plan);
	rig_run(r, 20 * RIG_MS);
	for (unsigned i = 0; i < 2; i++) {
		say_datagram(s, i);
		provoke(s, i);
	}
	rig_run(r, 20 * RIG_MS);
	CHECK_EQ_I(mien_host_set_personality(r->st[0], r->now, r->host[0], &other), MIEN_OK);
	for (unsigned i = 0; i < 2; i++)
		echo_datagrams(s, i);
	CHECK(rig_settle(r, 4000 * RIG_SECOND));
	for (unsigned i = 0; i < 2; i++)
		echo_datagrams(s, i);
}

static struct scene
begin(uint64_t seed)
{
	const struct rig_plan plan = {.send = STREAM, .finish = true, .chunk = 2500};
	struct scene s = {.r = rig_create(&(struct rig_config){.arp = true, .inspect = true, .mbufs = 400, .seed = seed,
		.tune = few, .wire = {.leaky = true},
		.link = {.delay_ns = RIG_MS, .loss_ppm = 30000, .reorder_ppm = 50000, .duplicate_ppm = 10000}})};

	mien_personality_init_plain(&other);
	other.tcp.overlap = MIEN_SEGMENTS_LAST;
	other.frag_overlap = MIEN_OVERLAP_LINUX;
	for (unsigned i = 0; i < 2; i++) {
		rig_listen(s.r, i, 80, &plan);
		CHECK_EQ_I(mien_udp_bind(s.r->st[i], &(struct mien_udp_bind){.port = 7, .queue = 8}, &s.udp[i]), MIEN_OK);
	}
	return s;
}

static uint64_t
noticed(const struct scene *s)
{
	struct mien_counters c;
	uint64_t n = s->refused + s->r->no_mbuf;

	for (unsigned i = 0; i < 2; i++) {
		mien_stack_counters(s->r->st[i], &c);
		n += c.drops[MIEN_DROP_NO_MBUF];
	}
	return n;
}

/* Gives whether the n-th allocation of the pool was reached; everything else is as if it had never failed. */
static bool
fails_once(unsigned stack, bool views, uint64_t n)
{
	struct scene s = begin(3);
	struct rte_mempool *pool = views ? s.r->views[stack] : s.r->pool[stack];
	struct rig_conn *again;
	uint64_t served = 0;
	bool reached;

	rig_pool_fail(pool, n, 1);
	play(&s);
	reached = rig_pool_allocs(pool) > n;
	for (struct rig_conn *c = s.r->conns; c; c = c->all)
		served += c->err == MIEN_OK && c->received == STREAM;
	CHECK_EQ_U(served, 4); /* one lost allocation is one lost frame */
	if (!CHECK(!reached || noticed(&s) > 0))
		printf("\tstack %u, %s, allocation %u: nobody was told\n", stack, views ? "views" : "pool", (unsigned)n);
	rig_pool_fail(pool, 0, 0);
	again = rig_connect(s.r, !stack, stack, 80, &(struct rig_plan){.send = STREAM, .finish = true});
	CHECK(rig_settle(s.r, 1000 * RIG_SECOND));
	CHECK(again && again->err == MIEN_OK && again->received == STREAM);
	for (unsigned i = 0; i < 2; i++)
		CHECK_EQ_I(mien_udp_close(s.r->st[i], s.udp[i]), MIEN_OK);
	CHECK_EQ_U(rig_end(s.r), 0);
	return reached;
}

static void
each_site(unsigned stack, bool views)
{
	unsigned step = sim_slow_build() ? 5 : 1;
	uint64_t n = 0;

	while (fails_once(stack, views, n))
		n += step;
	CHECK(n > 3);
}

static void
server_pool(void)
{
	each_site(0, false);
}

static void
server_views(void)
{
	each_site(0, true);
}

static void
client_pool(void)
{
	each_site(1, false);
}

/* -- what is counted ------------------------------------------------------------------------------------------- */

static void
tiny(struct mien_stack_config *config, unsigned stack)
{
	if (stack != 0)
		return;
	config->max_conns = 2;
	config->max_time_wait = config->max_hosts = config->max_listeners = config->max_udp = 1;
	config->max_neighbours = 4;
	config->max_fragments = 1;
}

static void
limits(void)
{
	struct stack_rig *r = rig_create(&(struct rig_config){.tune = tiny, .link = {.delay_ns = RIG_MS}, .seed = 1});
	struct mien_host_config host = {.addr = rig_addr(3), .prefix_len = 24, .personality = &r->plain};
	struct mien_tcp_connect to = {.remote = rig_addr(1), .remote_port = 81};
	struct mien_tcp_listen listen = {.port = 81};
	struct mien_udp_bind bind = {.port = 9, .queue = 1};
	struct mien_counters c;
	uint64_t id, udp;
	unsigned open = 0;

	/* given: a stack with room for one or two of each, all taken */
	rig_listen(r, 0, 80, &(struct rig_plan){.hold = true, .keep = true});
	CHECK_EQ_I(mien_udp_bind(r->st[0], &bind, &udp), MIEN_OK);
	for (unsigned i = 0; i < 3; i++)
		rig_connect(r, 1, 0, 80, &(struct rig_plan){.send = 10});
	rig_run(r, 10 * RIG_MS);

	/* when: one more of each is wanted; then: the answer says why, and a SYN is dropped for that reason */
	bind.port = 10;
	CHECK_EQ_I(mien_udp_bind(r->st[0], &bind, &id), MIEN_EFULL);
	CHECK_EQ_I(mien_tcp_listen(r->st[0], &listen, &id), MIEN_EFULL);
	CHECK_EQ_I(mien_host_add(r->st[0], r->now, &host, &id), MIEN_EFULL);
	CHECK_EQ_I(mien_tcp_connect(r->st[0], r->now, &to, &id), MIEN_EFULL);
	mien_stack_counters(r->st[0], &c);
	CHECK(c.drops[MIEN_DROP_TCP_NO_TCB] > 0);

	/* and: what is given back serves the one who waited */
	for (struct rig_conn *at = r->conns; at; at = at->all)
		if (at->stack == 0 && open++ == 0)
			CHECK_EQ_I(mien_tcp_abort(r->st[0], r->now, at->handle), MIEN_OK);
	CHECK_EQ_U(open, 2);
	rig_run(r, 10 * RIG_SECOND);
	open = 0;
	for (struct rig_conn *at = r->conns; at; at = at->all)
		open += at->stack == 0;
	CHECK_EQ_U(open, 3);
	for (struct rig_conn *at = r->conns; at; at = at->all)
		if (!at->closed)
			CHECK_EQ_I(mien_tcp_abort(r->st[at->stack], r->now, at->handle), MIEN_OK);
	CHECK(rig_settle(r, 1000 * RIG_SECOND));
	CHECK_EQ_I(mien_udp_close(r->st[0], udp), MIEN_OK);
	CHECK_EQ_U(rig_end(r), 0);
}

static const struct test_case cases[] = {
	{"each mbuf that a server asks for may be missing once", server_pool},
	{"each view that a server asks for may be missing once", server_views},
	{"each mbuf that a client asks for may be missing once", client_pool},
	{"what is used up is refused by its name and serves again when it is back", limits},
	{NULL, NULL},
};

const struct test_suite scarce_suite = {.name = "scarce", .cases = cases};
