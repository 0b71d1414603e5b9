/* SPDX-License-Identifier: BSD-3-Clause */
/* The invariants that simulations hold every connection to: each is broken once. */
#include "suites.h"
#include "tcp_harness.h"
#include "tcp_parts.h"

/* Established; 100 bytes sent, 50 read or not, 20 behind a gap. */
static struct harness *
busy(struct tcb **tcb)
{
	struct harness *h = harness_new(NULL);

	harness_open(h, NULL);
	harness_send(h, 1, 100);
	harness_flush(h);
	inject(h, "P. 1:51(50) ack 1 win 65535");
	inject(h, "P. 101:121(20) ack 1 win 65535");
	harness_ignore(h);
	*tcb = tcb_find(&h->tcp, h->conn);
	REQUIRE_NOT_NULL(*tcb);
	CHECK_NULL(tcb_check(&h->tcp, *tcb));
	return h;
}

#define BREAKS(field, by, sentence)                                                                \
	do {                                                                                       \
		const uint32_t by_ = (by);                                                         \
		field += by_;                                                                      \
		CHECK_STR(tcb_check(&h->tcp, tcb), sentence);                                      \
		field -= by_;                                                                      \
		CHECK_NULL(tcb_check(&h->tcp, tcb));                                               \
	} while (0)

static void
every_invariant_can_be_broken(void)
{
	struct tcb *tcb;
	struct harness *h = busy(&tcb);
	struct rte_mbuf *piece = tcb->reass.head, *keep;
	struct pkt_meta *meta = pkt_meta(piece);

	BREAKS(tcb->snd_una, 1000000u, "snd_una lies beyond snd_nxt");
	BREAKS(tcb->sndq.bytes, 1, "the sums of a send queue are wrong");
	BREAKS(tcb->rtxq.bytes, 1, "the sums of a send queue are wrong");
	BREAKS(tcb->rtxq.count, 0u - tcb->rtxq.count, "the sums of a send queue are wrong");
	BREAKS(tcb->key.rport, (uint16_t)1, "the connection cannot be found by its key");
	BREAKS(tcb->rcv_adv, 0u - 0x40000000u, "rcv_nxt lies beyond the window announced");
	BREAKS(tcb->rcvq.bytes, 1, "the sums of a receive queue are wrong");
	BREAKS(tcb->reass.bytes, 1, "the sums of a receive queue are wrong");
	BREAKS(piece->pkt_len, 1, "a piece is not as long as its numbers say");
	BREAKS(tcb->flags, TF_FIN_SENT, "a FIN was sent that nobody asked for");
	keep = tcb->rtxq.tail;
	tcb->rtxq.tail = NULL;
	CHECK_STR(tcb_check(&h->tcp, tcb), "the sums of a send queue are wrong");
	tcb->rtxq.tail = keep;
	meta->seq -= 50, meta->end -= 50;
	CHECK_STR(tcb_check(&h->tcp, tcb), "bytes next in order wait in reass");
	meta->seq += 50, meta->end += 50;
	harness_free(h);
}

static void
pieces_of_a_queue_stand_in_order(void)
{
	struct tcb *tcb;
	struct harness *h = busy(&tcb);
	struct pkt_meta *first;

	inject(h, "P. 201:221(20) ack 1 win 65535");
	harness_ignore(h);
	first = pkt_meta(tcb->reass.head);
	REQUIRE_NOT_NULL(first->next);
	first->seq += 500, first->end += 500;
	CHECK_STR(tcb_check(&h->tcp, tcb), "the sums of a receive queue are wrong");
	first->seq -= 500, first->end -= 500;
	CHECK_NULL(tcb_check(&h->tcp, tcb));
	harness_free(h);
}

static void
a_zombie_holds_nothing_but_unread_bytes(void)
{
	struct tcb *tcb;
	struct harness *h = busy(&tcb);
	uint8_t state;

	inject(h, "R. 51:51(0) ack 101 win 0");
	CHECK(tcb->flags & TF_ZOMBIE);
	CHECK_NULL(tcb_check(&h->tcp, tcb));
	state = tcb->state;
	tcb->state = MIEN_TCP_ESTABLISHED;
	CHECK_STR(tcb_check(&h->tcp, tcb), "a zombie holds more than unread bytes");
	tcb->state = state;
	tcb->flags |= TF_DIRTY;
	CHECK_STR(tcb_check(&h->tcp, tcb), "a zombie is dirty");
	tcb->flags &= ~TF_DIRTY;
	harness_free(h);
}

static const struct test_case cases[] = {
	{"every invariant of a connection can be broken, and is missed by name", every_invariant_can_be_broken},
	{"pieces of a queue stand in the order of their numbers", pieces_of_a_queue_stand_in_order},
	{"a zombie holds nothing but unread bytes", a_zombie_holds_nothing_but_unread_bytes},
	{NULL, NULL},
};

const struct test_suite tcb_check_suite = {.name = "tcb_check", .cases = cases, .setup = harness_setup};
