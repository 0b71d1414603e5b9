/* SPDX-License-Identifier: BSD-3-Clause */
/* The index of the retransmission queue: it finds what a walk finds, in few steps, while packets come and go. */
#include "suites.h"

#include <stdlib.h>

#include "send_parts.h"

#define BEGIN 0xfffff000u /* wraps soon */
#define SIZE 10u
#define MANY 32768u
#define STEPS_MOST 130 /* of MANY: log2 is 15 */

struct queue {
	struct tcb tcb;
	struct rng rng;
	uint32_t n;
	uint32_t trimmed; /* off the first */
};

static struct rte_mbuf *
packet(uint32_t seq, uint32_t end)
{
	struct rte_mbuf *m = aligned_alloc(64, sizeof(*m) + MIEN_MBUF_PRIV_SIZE);

	REQUIRE_NOT_NULL(m);
	memset(m, 0, sizeof(*m));
	*pkt_meta(m) = (struct pkt_meta){.seq = seq, .end = end, .flight = 77};
	return m;
}

static void
append(struct queue *q, uint32_t n)
{
	for (; n > 0; n--, q->n++) {
		uint32_t seq = q->tcb.rtxq.tail ? pkt_meta(q->tcb.rtxq.tail)->end : BEGIN;

		pkt_queue_link(&q->tcb.rtxq, packet(seq, seq + SIZE), 1);
	}
}

static struct queue *
queue_of(uint32_t n)
{
	struct queue *q = aligned_alloc(64, sizeof(*q));

	REQUIRE_NOT_NULL(q);
	memset(q, 0, sizeof(*q));
	rng_seed(&q->rng, n);
	append(q, n);
	return q;
}

/* As an ACK does. */
static void
take_first(struct queue *q)
{
	struct rte_mbuf *m = q->tcb.rtxq.head;

	if (pkt_meta(m)->sent & SENT_COUNTED)
		rtx_index_drop(&q->tcb, m);
	pkt_queue_unlink(&q->tcb.rtxq, 1);
	q->n--;
	q->trimmed = 0;
	free(m);
}

static void
queue_free(struct queue *q)
{
	while (q->tcb.rtxq.head)
		take_first(q);
	CHECK_NULL(q->tcb.counted.top);
	CHECK_EQ_X(q->tcb.sack.marks, 0);
	free(q);
}

static struct rte_mbuf *
walk(const struct queue *q, uint32_t seq)
{
	struct rte_mbuf *m = q->tcb.rtxq.head;

	while (rtxq_next(m) && seq_leq(pkt_meta(rtxq_next(m))->seq, seq))
		m = rtxq_next(m);
	return m;
}

/* How far it is by what is known. */
static unsigned int
steps_to(const struct queue *q, uint32_t seq)
{
	struct rte_mbuf *m = q->tcb.rtxq.head;
	unsigned int n = 0;

	for (;; n++) {
		const struct pkt_meta *meta = pkt_meta(m);

		if (meta->sent & SENT_WAY && seq_leq(pkt_meta(meta->way)->seq, seq))
			m = meta->way;
		else if (meta->next && seq_leq(pkt_meta(meta->next)->seq, seq))
			m = meta->next;
		else
			return n;
	}
}

static uint32_t
any_seq(struct queue *q)
{
	uint32_t first = pkt_meta(q->tcb.rtxq.head)->seq;

	return first + rng_below(&q->rng, pkt_meta(q->tcb.rtxq.tail)->end - first);
}

static void
any_place_is_near(void)
{
	struct queue *q = queue_of(MANY);
	unsigned int most = 0;

	CHECK(rtx_index_find(&q->tcb, pkt_meta(q->tcb.rtxq.tail)->seq) == q->tcb.rtxq.tail);
	for (unsigned int i = 0; i < 20000; i++)
		most = RTE_MAX(most, steps_to(q, any_seq(q)));
	CHECK(most <= STEPS_MOST);

	for (unsigned int i = 0; i < 777; i++) /* nor do odd beginnings matter */
		take_first(q);
	for (unsigned int i = 0; i < 20000; i++)
		most = RTE_MAX(most, steps_to(q, any_seq(q)));
	CHECK(most <= STEPS_MOST);
	CHECK(rtx_index_ok(&q->tcb));
	queue_free(q);
}

/* What splits a packet: the second half is counted nowhere. */
static void
split(struct queue *q)
{
	struct rte_mbuf *m = walk(q, any_seq(q)), *m2;
	struct pkt_meta *meta = pkt_meta(m);

	if (pkt_len(meta) < 2 || m == q->tcb.rtxq.tail)
		return;
	m2 = packet(meta->seq + 1, meta->end);
	meta->end = meta->seq + 1;
	pkt_meta(m2)->next = meta->next;
	meta->next = m2;
	q->tcb.rtxq.count++;
	q->n++;
}

/* Bytes of the first are acknowledged. */
static void
trim(struct queue *q)
{
	struct rte_mbuf *m = q->tcb.rtxq.head;

	if (pkt_len(pkt_meta(m)) < 2)
		return;
	if (pkt_meta(m)->sent & SENT_COUNTED)
		rtx_index_drop(&q->tcb, m);
	pkt_meta(m)->seq++;
	pkt_meta(m)->skip++;
	q->trimmed++;
}

static void
change(struct queue *q)
{
	uint32_t n;

	switch (rng_below(&q->rng, 8)) {
	case 0:
		append(q, rng_below(&q->rng, 200));
		break;
	case 1:
		for (n = rng_below(&q->rng, rng_below(&q->rng, 8) ? 40 : q->n); n > 0 && q->n > 1; n--)
			take_first(q);
		break;
	case 2:
		split(q);
		break;
	case 3:
		trim(q);
		break;
	default:
		break;
	}
}

static void
it_finds_what_a_walk_finds(void)
{
	for (uint32_t seed = 1; seed <= 40; seed++) {
		struct queue *q = queue_of(seed * 9);

		for (unsigned int i = 0; i < 400; i++) {
			uint32_t seq = any_seq(q);

			CHECK(rtx_index_find(&q->tcb, seq) == walk(q, seq));
			CHECK(rtx_index_ok(&q->tcb));
			CHECK_EQ_U(pkt_meta(q->tcb.rtxq.tail)->flight, 77);
			CHECK_EQ_U(pkt_skip(pkt_meta(q->tcb.rtxq.head)), q->trimmed);
			change(q);
		}
		queue_free(q);
	}
}

static void
a_few_packets_are_not_counted(void)
{
	struct queue *q = queue_of(20);

	CHECK(rtx_index_find(&q->tcb, BEGIN + 15 * SIZE) == walk(q, BEGIN + 15 * SIZE));
	CHECK_NULL(q->tcb.counted.top);
	CHECK(rtx_index_find(&q->tcb, BEGIN - 5) == q->tcb.rtxq.head);
	queue_free(q);
}

static void
runs_are_gone_through_once(void)
{
	struct queue *q = queue_of(1000);
	struct rte_mbuf *first = NULL, *last = NULL;

	for (struct rte_mbuf *m = q->tcb.rtxq.head; m; m = rtxq_next(m)) {
		uint32_t at = (pkt_meta(m)->seq - BEGIN) / SIZE;

		if (at < 100 || at >= 900)
			continue;
		pkt_meta(m)->flags |= PKT_SACKED;
		pkt_meta(m)->run = m;
		first = first ? first : m;
		last = m;
	}

	CHECK(run_last(first) == last);
	CHECK(pkt_meta(first)->run == last);
	CHECK(pkt_meta(rtxq_next(first))->run == last);

	last = rtxq_next(last); /* it grows */
	pkt_meta(last)->flags |= PKT_SACKED;
	pkt_meta(last)->run = last;
	CHECK(run_last(first) == last);
	CHECK(run_last(last) == last);
	CHECK(rtx_index_ok(&q->tcb));
	queue_free(q);
}

const struct test_suite rtx_index_suite = {
	.name = "index of the retransmission queue",
	.cases = (const struct test_case[]){
		{"any place is near", any_place_is_near},
		{"it finds what a walk finds", it_finds_what_a_walk_finds},
		{"a few packets are not counted", a_few_packets_are_not_counted},
		{"runs of SACKed packets are gone through once", runs_are_gone_through_once},
		{NULL, NULL},
	},
};
