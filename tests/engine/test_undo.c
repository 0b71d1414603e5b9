/* SPDX-License-Identifier: BSD-3-Clause */
/* Retransmissions that were needless: D-SACK (RFC 2883, 3708), Eifel (RFC 3522, 4015), F-RTO (RFC 5682). */
#include "suites.h"

#include "send_parts.h"

#define SEG 1000
#define SACKOK "mss 1000,nop,nop,sackOK"
#define STAMPED "mss 1012,sackOK,TS val 1 ecr 0"

/* Opens and sends n segments, ten of which are in flight at most; what went out is forgotten. */
static struct harness *
sending(const char *options, uint8_t undo, bool frto, uint32_t segments)
{
	struct harness *h = harness_new(NULL);

	h->p.tcp.undo = undo;
	h->p.tcp.frto = frto;
	harness_open(h, options);
	harness_send(h, 1, segments * SEG);
	harness_ignore(h);
	return h;
}

/* Segments 2 to 4 are reported, 1 goes out again. */
static void
fast_retransmit(struct harness *h)
{
	inject(h, ". 1:1(0) ack 1 win 65535 <nop,nop,sack 1001:4001>");
	expect(h, ". 1:1001(1000) ack 1");
	CHECK_EQ_U(harness_tcb(h)->cc.cwnd, 5 * SEG);
}

static void
dsack_after_the_end(void)
{
	struct harness *h = sending(SACKOK, MIEN_UNDO_DSACK, false, 10);

	fast_retransmit(h);
	inject(h, ". 1:1(0) ack 10001 win 65535");
	CHECK(harness_tcb(h)->cc.cwnd <= 5 * SEG);

	inject(h, ". 1:1(0) ack 10001 win 65535 <nop,nop,sack 1:1001>");

	CHECK_EQ_U(harness_tcb(h)->cc.cwnd, 10 * SEG);
	CHECK_EQ_U(harness_tcb(h)->cc.ssthresh, UINT32_MAX);
	CHECK_EQ_U(h->env.counters.tcp_dsacks_received, 1);
	CHECK_EQ_U(h->env.counters.tcp_retransmits_needless, 1);
	CHECK_EQ_U(h->env.counters.tcp_recoveries_undone, 1);
	harness_free(h);
}

static void
dsack_in_recovery(void)
{
	struct harness *h = sending(SACKOK, MIEN_UNDO_DSACK, false, 10);

	fast_retransmit(h);
	inject(h, ". 1:1(0) ack 4001 win 65535");
	expect(h, ". 4001:5001(1000) ack 1"); /* a partial ACK sends the next hole */

	inject(h, ". 1:1(0) ack 4001 win 65535 <nop,nop,sack 1:1001>");
	CHECK(harness_tcb(h)->flags & TF_RECOVERY); /* of two only one */
	inject(h, ". 1:1(0) ack 6001 win 65535 <nop,nop,sack 4001:5001>");

	CHECK(!(harness_tcb(h)->flags & TF_RECOVERY));
	CHECK(harness_tcb(h)->cc.cwnd >= 10 * SEG);
	CHECK_EQ_U(harness_tcb(h)->sack.lost_bytes, 0);
	CHECK_EQ_U(h->env.counters.tcp_recoveries_undone, 1);
	harness_free(h);
}

static void
dsack_inside_a_block(void)
{
	struct harness *h = sending(SACKOK, MIEN_UNDO_DSACK, false, 10);

	fast_retransmit(h);
	harness_advance(h, 400); /* a timeout on top: the SACKed ones go again as well */
	inject(h, ". 1:1(0) ack 1001 win 65535");
	inject(h, ". 1:1(0) ack 2001 win 65535 <nop,nop,sack 3001:4001 3001:6001>");

	CHECK_EQ_U(h->env.counters.tcp_dsacks_received, 1);
	harness_free(h);
}

static void
doubled_by_the_network(void)
{
	struct harness *h = sending(SACKOK, MIEN_UNDO_BOTH, false, 10);

	inject(h, ". 1:1(0) ack 2001 win 65535 <nop,nop,sack 1:1001>");
	inject(h, ". 1:1(0) ack 2001 win 65535 <nop,nop,sack 1001:2001>");

	CHECK_EQ_U(h->env.counters.tcp_dsacks_received, 2);
	CHECK_EQ_U(h->env.counters.tcp_retransmits_needless, 0);
	CHECK_EQ_U(h->env.counters.tcp_recoveries_undone, 0);
	CHECK_EQ_U(h->env.counters.tcp_dup_acks_received, 0);
	harness_free(h);
}

static void
only_where_the_personality_does(void)
{
	struct harness *h = sending(SACKOK, MIEN_UNDO_OFF, false, 10);

	fast_retransmit(h);
	inject(h, ". 1:1(0) ack 10001 win 65535");
	inject(h, ". 1:1(0) ack 10001 win 65535 <nop,nop,sack 1:1001>");

	CHECK_EQ_U(h->env.counters.tcp_retransmits_needless, 1);
	CHECK_EQ_U(harness_tcb(h)->cc.ssthresh, 5 * SEG);
	harness_free(h);
}

static void
eifel_after_a_timeout(void)
{
	struct harness *h = sending(STAMPED, MIEN_UNDO_TIMESTAMPS, false, 10);
	uint32_t rto = harness_tcb(h)->rtt.rto_ms;

	harness_advance(h, 250);
	expect(h, ". 1:1001(1000) ack 1");
	harness_advance(h, 50);
	inject(h, ". 1:1(0) ack 1001 win 65535 <nop,nop,TS val 2 ecr 5>"); /* sent long before */

	expect_none(h);
	CHECK_EQ_U(harness_tcb(h)->sack.lost_bytes, 0);
	CHECK(!(harness_tcb(h)->flags & TF_RTO_RECOVERY));
	CHECK(harness_tcb(h)->cc.cwnd >= 10 * SEG);
	CHECK_EQ_U(harness_tcb(h)->cc.ssthresh, UINT32_MAX);
	CHECK(harness_tcb(h)->rtt.rto_ms > rto); /* RFC 4015 3.3 */
	CHECK(harness_tcb(h)->rtt.srtt_us >= 290000);
	harness_free(h);
}

static void
eifel_of_a_true_loss(void)
{
	struct harness *h = sending(STAMPED, MIEN_UNDO_TIMESTAMPS, false, 10);

	harness_advance(h, 250);
	expect(h, ". 1:1001(1000) ack 1");
	injectf(h, ". 1:1(0) ack 1001 win 65535 <nop,nop,TS val 2 ecr %u>", (unsigned int)harness_ms(h));

	expect(h, ". 1001:2001(1000) ack 1");
	CHECK(harness_tcb(h)->flags & TF_RTO_RECOVERY);
	CHECK_EQ_U(h->env.counters.tcp_recoveries_undone, 0);
	harness_free(h);
}

static void
eifel_after_a_fast_retransmit(void)
{
	struct harness *h = sending(STAMPED, MIEN_UNDO_TIMESTAMPS, false, 10);

	harness_advance(h, 20);
	inject(h, ". 1:1(0) ack 1 win 65535 <nop,nop,TS val 2 ecr 1,nop,nop,sack 1001:4001>");
	expect(h, ". 1:1001(1000) ack 1");
	inject(h, ". 1:1(0) ack 10001 win 65535 <nop,nop,TS val 2 ecr 5>");

	CHECK_EQ_U(harness_tcb(h)->cc.cwnd, 10 * SEG);
	CHECK_EQ_U(h->env.counters.tcp_recoveries_undone, 1);
	harness_free(h);
}

static void
frto_needless(void)
{
	struct harness *h = sending(SACKOK, MIEN_UNDO_OFF, true, 20);

	harness_advance(h, 250);
	expect(h, ". 1:1001(1000) ack 1");
	inject(h, ". 1:1(0) ack 1001 win 65535");
	expect(h, ". 10001:11001(1000) ack 1"); /* new data, not 1001 again */
	expect(h, ". 11001:12001(1000) ack 1");
	expect_none(h);

	inject(h, ". 1:1(0) ack 2001 win 65535");

	CHECK(!(harness_tcb(h)->flags & TF_RTO_RECOVERY));
	CHECK(harness_tcb(h)->cc.cwnd >= 10 * SEG);
	CHECK_EQ_U(harness_tcb(h)->sack.lost_bytes, 0);
	CHECK_EQ_U(h->env.counters.tcp_retransmits, 1);
	CHECK_EQ_U(h->env.counters.tcp_recoveries_undone, 1);
	harness_free(h);
}

static void
frto_by_sack(void)
{
	struct harness *h = sending(SACKOK, MIEN_UNDO_OFF, true, 20);

	harness_advance(h, 250);
	inject(h, ". 1:1(0) ack 1001 win 65535");
	harness_ignore(h);
	inject(h, ". 1:1(0) ack 1001 win 65535 <nop,nop,sack 2001:3001>"); /* sent once, before the timeout */

	CHECK(!(harness_tcb(h)->flags & TF_RTO_RECOVERY));
	CHECK_EQ_U(h->env.counters.tcp_recoveries_undone, 1);
	harness_free(h);
}

static void
frto_true_loss(void)
{
	struct harness *h = sending(SACKOK, MIEN_UNDO_OFF, true, 20);

	harness_advance(h, 250);
	inject(h, ". 1:1(0) ack 1001 win 65535");
	harness_ignore(h);
	inject(h, ". 1:1(0) ack 1001 win 65535 <nop,nop,sack 10001:11001>"); /* only the new one arrived */

	expect(h, ". 1001:2001(1000) ack 1");
	CHECK(harness_tcb(h)->flags & TF_RTO_RECOVERY);
	CHECK_EQ_U(h->env.counters.tcp_recoveries_undone, 0);
	harness_free(h);
}

static void
frto_first_is_a_duplicate(void)
{
	struct harness *h = sending(SACKOK, MIEN_UNDO_OFF, true, 20);

	harness_advance(h, 250);
	harness_ignore(h);
	inject(h, ". 1:1(0) ack 1 win 65535 <nop,nop,sack 2001:3001>");
	expect_none(h);
	inject(h, ". 1:1(0) ack 1001 win 65535 <nop,nop,sack 2001:3001>");

	expect(h, ". 1001:2001(1000) ack 1");
	CHECK(harness_tcb(h)->flags & TF_RTO_RECOVERY);
	harness_free(h);
}

static void
frto_without_new_data(void)
{
	struct harness *h = sending(SACKOK, MIEN_UNDO_OFF, true, 10);

	harness_advance(h, 250);
	harness_ignore(h);
	inject(h, ". 1:1(0) ack 1001 win 65535");

	expect(h, ". 1001:2001(1000) ack 1");
	expect(h, ". 2001:3001(1000) ack 1");
	expect_none(h);
	harness_free(h);
}

static void
frto_without_sack(void)
{
	struct harness *h = sending("mss 1000", MIEN_UNDO_OFF, true, 20);

	harness_advance(h, 250);
	harness_ignore(h);
	/* the receiver held 2 to 4: an ACK that covers 1 as well proves nothing */
	inject(h, ". 1:1(0) ack 4001 win 65535");
	CHECK(harness_tcb(h)->flags & TF_RTO_RECOVERY);
	expect(h, ". 10001:11001(1000) ack 1");
	expect(h, ". 11001:12001(1000) ack 1");
	expect_none(h);
	inject(h, ". 1:1(0) ack 5001 win 65535");

	CHECK(!(harness_tcb(h)->flags & TF_RTO_RECOVERY));
	CHECK_EQ_U(h->env.counters.tcp_recoveries_undone, 1);
	harness_free(h);
}

const struct test_suite undo_suite = {
	.name = "undo",
	.setup = harness_setup,
	.cases = (const struct test_case[]){
		{"a D-SACK after the recovery puts the windows back", dsack_after_the_end},
		{"a recovery is over when D-SACKs report all that it sent", dsack_in_recovery},
		{"a block inside the second one is a D-SACK", dsack_inside_a_block},
		{"a duplicate that the network made changes nothing", doubled_by_the_network},
		{"a personality without undo only counts", only_where_the_personality_does},
		{"an echo of before the timeout undoes it and makes the timeout longer", eifel_after_a_timeout},
		{"an echo of what was sent again does not", eifel_of_a_true_loss},
		{"an echo of before the fast retransmission undoes it", eifel_after_a_fast_retransmit},
		{"F-RTO sends new data and finds the timeout needless", frto_needless},
		{"F-RTO takes a report of what was sent once for a proof", frto_by_sack},
		{"F-RTO goes back to sending again when only new data arrived", frto_true_loss},
		{"F-RTO ends where the first ACK after the timeout is a duplicate", frto_first_is_a_duplicate},
		{"F-RTO ends where there is no new data", frto_without_new_data},
		{"F-RTO without SACK waits for an ACK of what was sent once alone", frto_without_sack},
		{NULL, NULL},
	},
};
