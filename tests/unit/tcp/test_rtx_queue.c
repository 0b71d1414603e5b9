/* SPDX-License-Identifier: BSD-3-Clause */
/* Cutting, joining, trimming and splitting of real mbufs, without a connection's life. */
#include <stdlib.h>
#include <string.h>

#include "mbufs.h"
#include "send_parts.h"
#include "suites.h"

#define START (UINT32_MAX - 1000) /* numbers wrap in every test */

static struct tcp *t;
static struct env *env;
static struct tcb *tcb;

static void
before(void)
{
	t = calloc(1, sizeof(*t));
	env = calloc(1, sizeof(*env));
	tcb = aligned_alloc(64, sizeof(*tcb));
	REQUIRE(t && env && tcb);
	memset(tcb, 0, sizeof(*tcb));
	t->env = env;
	env->pool = env->indirect = mbufs_pool();
	tcb->snd_una = tcb->snd_nxt = START;
	tcb->mss = 1000;
}

static void
after(void)
{
	tcp_queues_free(t, tcb);
	CHECK_EQ_U(env->mbufs_held, 0);
	CHECK_EQ_U(tcb->rtxq.bytes + tcb->sndq.bytes + tcb->rtxq.count + tcb->sndq.count, 0);
	mbufs_feed();
	CHECK_EQ_U(mbufs_out(), 0);
	free(tcb);
	free(env);
	free(t);
}

/* The application's mbuf (chain) with the stream's bytes from pos on. */
static void
queue(uint32_t pos, uint32_t len, uint32_t each, uint64_t token)
{
	struct rte_mbuf *m = mbufs_chain(pos, len, each);

	*pkt_meta(m) = (struct pkt_meta){.seq = START + pos,
		.end = START + pos + len,
		.token = token,
		.flags = token ? PKT_TOKEN | PKT_PUSH : PKT_PUSH};
	pkt_queue_push(env, &tcb->sndq, m);
}

static struct rte_mbuf *
take(uint32_t len)
{
	struct rte_mbuf *m = rtxq_take(t, tcb, len);

	if (m)
		tcb->snd_nxt += pkt_len(pkt_meta(m));
	return m;
}

/* Does the packet hold the stream's bytes [pos, pos + len)? */
static void
check_packet(struct rte_mbuf *m, uint32_t pos, uint32_t len)
{
	const struct pkt_meta *meta = pkt_meta(m);
	uint8_t bytes[4000] = {0};

	REQUIRE_EQ_U(pkt_len(meta), len);
	CHECK_EQ_U(meta->seq - START, pos);
	chain_copy(m, meta->skip, len, bytes);
	for (uint32_t i = 0; i < len; i++)
		REQUIRE_EQ_U(bytes[i], stream_byte(pos + i));
}

static void
whole(void)
{
	struct rte_mbuf *m;

	queue(0, 500, 500, 0);
	m = tcb->sndq.head;

	CHECK_PTR(take(500), m);

	check_packet(m, 0, 500);
	CHECK_EQ_U(mbufs_out(), 1);
	CHECK_EQ_U(tcb->rtxq.bytes, 500);
	CHECK_NULL(tcb->sndq.head);
}

static void
cut(void)
{
	struct rte_mbuf *a, *b, *c;

	queue(0, 1800, 1800, 9);

	a = take(700);
	b = take(700);
	c = take(400);

	check_packet(a, 0, 700);
	check_packet(b, 700, 700);
	check_packet(c, 1400, 400);
	CHECK(RTE_MBUF_CLONED(a) && RTE_MBUF_CLONED(b) && RTE_MBUF_DIRECT(c));
	CHECK_EQ_U(env->counters.tcp_payload_copied, 0);
	CHECK(!(pkt_meta(a)->flags & PKT_TOKEN) && !(pkt_meta(b)->flags & PKT_TOKEN));
	CHECK(pkt_meta(c)->flags & PKT_TOKEN);
	CHECK_EQ_U(env->mbufs_held, 3);
}

static void
cut_chain(void)
{
	struct rte_mbuf *a, *b;

	queue(0, 1500, 400, 9);

	a = take(1000);
	b = take(500);

	check_packet(a, 0, 1000);
	check_packet(b, 1000, 500);
	CHECK_EQ_U(a->nb_segs, 3);
	CHECK_EQ_U(b->nb_segs, 2);
	CHECK_EQ_U(pkt_meta(b)->token, 9);
	CHECK_EQ_U(env->mbufs_held, 5);
}

static void
coalesce(void)
{
	struct rte_mbuf *a, *b;

	queue(0, 300, 300, 1);
	queue(300, 300, 300, 2);
	queue(600, 900, 900, 3);

	a = take(1000);
	b = take(500);

	check_packet(a, 0, 1000);
	check_packet(b, 1000, 500);
	CHECK_EQ_U(a->nb_segs, 3);
	CHECK_EQ_U(pkt_meta(a)->token, 2);
	CHECK_EQ_U(pkt_meta(b)->token, 3);
	CHECK_EQ_U(env->counters.tcp_payload_copied, 0);
}

static void
coalesce_many(void)
{
	struct rte_mbuf *a;

	for (uint32_t i = 0; i < 150; i++)
		queue(i * 10, 10, 10, i + 1);

	a = take(1000);

	check_packet(a, 0, 1000);
	CHECK_EQ_U(a->nb_segs, 1);
	CHECK_EQ_U(pkt_meta(a)->token, 100);
	CHECK_EQ_U(env->counters.tcp_payload_copied, 1000);
	CHECK_EQ_U(tcb->sndq.count, 50);
	CHECK_EQ_U(env->mbufs_held, 51);
}

static void
ack_frees(void)
{
	struct rtx_acked acked = {0};

	queue(0, 300, 300, 0);
	queue(300, 300, 300, 0);
	take(300);
	pkt_meta(take(300))->flags |= PKT_RTX;

	rtxq_ack(t, tcb, tcb->snd_una + 600, &acked);

	CHECK_EQ_U(acked.bytes, 600);
	CHECK(acked.sample && acked.rtx);
	CHECK_NULL(tcb->rtxq.head);
	CHECK_NULL(tcb->rtxq.tail);
	CHECK_EQ_U(mbufs_out(), 0);
}

static void
ack_trims(void)
{
	struct rtx_acked acked = {0};
	struct rte_mbuf *m;

	queue(0, 900, 400, 0);
	m = take(900);

	rtxq_ack(t, tcb, tcb->snd_una + 450, &acked);
	tcb->snd_una += 450;

	CHECK_EQ_U(acked.bytes, 450);
	check_packet(m, 450, 450);
	CHECK_EQ_U(tcb->rtxq.bytes, 450);

	rtxq_ack(t, tcb, tcb->snd_una + 1, &acked);
	check_packet(m, 451, 449);
}

static void
ack_many(void)
{
	struct rtx_acked acked = {0};

	for (uint32_t i = 0; i < 200; i++) {
		queue(i * 10, 10, 10, 0);
		take(10);
	}

	rtxq_ack(t, tcb, tcb->snd_una + 1999, &acked);

	CHECK_EQ_U(acked.bytes, 1999);
	CHECK_EQ_U(tcb->rtxq.count, 1);
	CHECK_EQ_U(mbufs_out(), 1);
}

static void
split(void)
{
	struct rtx_acked acked = {0};
	struct rte_mbuf *m, *m2;

	queue(0, 1000, 1000, 5);
	m = take(1000);
	rtxq_ack(t, tcb, tcb->snd_una + 100, &acked);

	REQUIRE(rtxq_split(t, tcb, m, 500));

	m2 = rtxq_next(m);
	check_packet(m, 100, 500);
	check_packet(m2, 600, 400);
	CHECK(!(pkt_meta(m)->flags & PKT_TOKEN));
	CHECK_EQ_U(pkt_meta(m2)->token, 5);
	CHECK_PTR(tcb->rtxq.tail, m2);
	CHECK_EQ_U(tcb->rtxq.bytes, 900);
}

static void
no_mbuf(void)
{
	queue(0, 1800, 1800, 0);
	mbufs_starve(0);

	CHECK_NULL(take(1000));

	CHECK_EQ_U(tcb->sndq.bytes, 1800);
	CHECK_EQ_U(tcb->sndq.head->pkt_len, 1800);
	mbufs_feed();
	check_packet(take(1000), 0, 1000);
}

static void
no_mbuf_while_joining(void)
{
	queue(0, 600, 600, 0);
	queue(600, 600, 600, 0);
	mbufs_starve(0);

	check_packet(take(1000), 0, 600);

	mbufs_feed();
	check_packet(take(600), 600, 600);
}

static const struct test_case cases[] = {
	{"an mbuf that fits a segment moves as it is", whole},
	{"a large mbuf is cut into views, the last piece is the mbuf itself", cut},
	{"a chain is cut where the segment ends", cut_chain},
	/* proves SHLD-27 MAY-16 */
	{"small mbufs are chained to one full segment", coalesce},
	{"very small mbufs are copied into one", coalesce_many},
	{"an ACK frees the packets it covers", ack_frees},
	{"an ACK inside a packet cuts off its front", ack_trims},
	{"an ACK of many packets frees them in bursts", ack_many},
	{"a packet is split where a smaller segment ends", split},
	{"without an mbuf nothing is taken and nothing is lost", no_mbuf},
	{"without an mbuf for a view a shorter segment goes out", no_mbuf_while_joining},
	{NULL, NULL},
};

const struct test_suite rtx_queue_suite = {"rtx queue", NULL, NULL, cases, before, after};
