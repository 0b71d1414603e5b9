/* SPDX-License-Identifier: BSD-3-Clause */
/* Loss and its repair: RFC 5681, 6582, 6675, 3042. Segments hold 1000 bytes. */
#include "suites.h"

#include "send_parts.h"

#define SEG 1000

/* Opens and sends n segments; what went out is forgotten. */
static struct harness *
sending(const char *options, uint32_t segments)
{
	struct harness *h = harness_new(NULL);

	harness_open(h, options);
	harness_send(h, 1, segments * SEG);
	harness_ignore(h);
	return h;
}

static void
dupacks(struct harness *h, uint32_t ack, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++)
		injectf(h, ". 1:1(0) ack %u win 65535", ack);
}

static void
fast_retransmit(void)
{
	struct harness *h = sending("mss 1000", 10);

	dupacks(h, 1, 2);
	expect_none(h);
	dupacks(h, 1, 1);

	expect(h, ". 1:1001(1000) ack 1");
	expect_none(h);
	CHECK_EQ_U(harness_tcb(h)->cc.ssthresh, 5 * SEG);
	inject(h, ". 1:1(0) ack 10001 win 65535");
	expect_none(h);
	CHECK(!(harness_tcb(h)->flags & TF_RECOVERY));
	CHECK_EQ_U(h->env.counters.tcp_fast_retransmits, 1);
	CHECK_EQ_U(h->env.counters.tcp_retransmits, 1);
	harness_free(h);
}

/* RFC 9438 4.6, and 4.8 with a timeout behind it. */
static void
cubic_reduction(void)
{
	struct harness *h = harness_new(NULL);

	h->p.tcp.cc = MIEN_CC_CUBIC;
	harness_open(h, "mss 1000");
	harness_send(h, 1, 10 * SEG);
	harness_ignore(h);

	dupacks(h, 1, 3);
	expect(h, ". 1:1001(1000) ack 1");
	CHECK_EQ_U(harness_tcb(h)->cc.ssthresh, 7 * SEG);
	harness_advance(h, 1000);
	CHECK_EQ_U(harness_tcb(h)->cc.cwnd, SEG);
	CHECK_EQ_U(harness_tcb(h)->cc.ssthresh, 4900);
	harness_free(h);
}

static void
limited_transmit(void)
{
	struct harness *h = sending("mss 1000", 20);

	dupacks(h, 1, 1);
	expect(h, ". 10001:11001(1000) ack 1");
	dupacks(h, 1, 1);
	expect(h, ". 11001:12001(1000) ack 1");
	dupacks(h, 1, 1);

	expect(h, ". 1:1001(1000) ack 1");
	expect_none(h);
	harness_free(h);
}

static void
recovery_goes_on_sending(void)
{
	struct harness *h = sending("mss 1000", 20);

	dupacks(h, 1, 3);
	harness_ignore(h); /* 12 sent, 1 again; cwnd 6 */

	dupacks(h, 1, 3);
	expect_none(h); /* 12 - 6 in flight: cwnd is full */
	dupacks(h, 1, 1);
	expect(h, ". 12001:13001(1000) ack 1");
	dupacks(h, 1, 1);
	expect(h, ". 13001:14001(1000) ack 1");
	inject(h, ". 1:1(0) ack 12001 win 65535");
	CHECK(!(harness_tcb(h)->flags & TF_RECOVERY));
	CHECK(harness_tcb(h)->cc.cwnd <= 6 * SEG);
	harness_free(h);
}

static void
partial_ack(void)
{
	struct harness *h = sending("mss 1000", 10);

	dupacks(h, 1, 5);
	expect(h, ". 1:1001(1000) ack 1");

	inject(h, ". 1:1(0) ack 3001 win 65535");
	expect(h, ". 3001:4001(1000) ack 1");
	expect_none(h);
	inject(h, ". 1:1(0) ack 6001 win 65535");
	expect(h, ". 6001:7001(1000) ack 1");
	expect_none(h);

	inject(h, ". 1:1(0) ack 10001 win 65535");
	CHECK_EQ_U(h->env.counters.tcp_fast_retransmits, 1);
	CHECK(!(harness_tcb(h)->flags & TF_RECOVERY));
	harness_free(h);
}

static void
no_second_recovery(void)
{
	struct harness *h = sending("mss 1000", 10);

	dupacks(h, 1, 3);
	harness_ignore(h);
	inject(h, ". 1:1(0) ack 10001 win 65535");
	harness_send(h, 10001, 2 * SEG);
	harness_ignore(h);

	/* what was sent again arrived twice: these ACKs are at `recover` and prove nothing */
	dupacks(h, 10001, 3);

	expect_none(h);
	CHECK_EQ_U(h->env.counters.tcp_fast_retransmits, 1);
	harness_free(h);
}

static void
recovery_long_after_the_last(void)
{
	struct harness *h = sending("mss 1000", 10);

	harness_tcb(h)->board.recover -= 0x90000000u; /* 2.4 GB ago */

	dupacks(h, 1, 3);

	expect(h, ". 1:1001(1000) ack 1");
	harness_free(h);
}

static void
what_is_no_duplicate(void)
{
	struct harness *h = sending("mss 1000", 10);

	inject(h, "P. 1:11(10) ack 1 win 65535");
	inject(h, "P. 11:21(10) ack 1 win 65535");
	inject(h, "P. 21:31(10) ack 1 win 65535");
	inject(h, ". 31:31(0) ack 1 win 65000");
	inject(h, ". 31:31(0) ack 1 win 64000");
	inject(h, ". 31:31(0) ack 1 win 63000");

	CHECK_EQ_U(h->env.counters.tcp_dup_acks_received, 0);
	CHECK_EQ_U(h->env.counters.tcp_retransmits, 0);
	harness_free(h);
}

static void
nothing_in_flight(void)
{
	struct harness *h = harness_new(NULL);

	harness_open(h, NULL);

	dupacks(h, 1, 10);

	CHECK_EQ_U(h->env.counters.tcp_dup_acks_received, 0);
	expect_none(h);
	harness_free(h);
}

#define SACKOK "mss 1000,nop,nop,sackOK"

static void
sack_recovery(void)
{
	struct harness *h = sending(SACKOK, 10);

	/* 1 and 4 are lost */
	inject(h, ". 1:1(0) ack 1 win 65535 <nop,nop,sack 1001:2001>");
	inject(h, ". 1:1(0) ack 1 win 65535 <nop,nop,sack 1001:3001>");
	expect_none(h);
	inject(h, ". 1:1(0) ack 1 win 65535 <nop,nop,sack 4001:5001 1001:3001>");
	expect(h, ". 1:1001(1000) ack 1");
	expect_none(h);

	inject(h, ". 1:1(0) ack 1 win 65535 <nop,nop,sack 4001:6001 1001:3001>");
	inject(h, ". 1:1(0) ack 1 win 65535 <nop,nop,sack 4001:7001 1001:3001>");
	expect(h, ". 3001:4001(1000) ack 1");
	inject(h, ". 1:1(0) ack 3001 win 65535 <nop,nop,sack 4001:10001>");
	expect_none(h);
	inject(h, ". 1:1(0) ack 10001 win 65535");

	CHECK_EQ_U(h->env.counters.tcp_retransmits, 2);
	CHECK_EQ_U(h->env.counters.tcp_fast_retransmits, 1);
	CHECK_EQ_U(harness_tcb(h)->sack.sacked_bytes, 0);
	CHECK_EQ_U(harness_tcb(h)->sack.lost_bytes, 0);
	CHECK(!(harness_tcb(h)->flags & TF_RECOVERY));
	harness_free(h);
}

static void
sack_counts_bytes(void)
{
	struct harness *h = sending(SACKOK, 10);

	inject(h, ". 1:1(0) ack 1 win 65535 <nop,nop,sack 1001:4001>");

	expect(h, ". 1:1001(1000) ack 1"); /* IsLost(): more than two segments above */
	harness_free(h);
}

static void
sack_without_news(void)
{
	struct harness *h = sending(SACKOK, 10);

	for (int i = 0; i < 5; i++)
		inject(h, ". 1:1(0) ack 1 win 65535 <nop,nop,sack 1001:2001>");
	dupacks(h, 1, 5);

	CHECK_EQ_U(h->env.counters.tcp_dup_acks_received, 1);
	expect_none(h);
	harness_free(h);
}

static void
sack_nonsense(void)
{
	struct harness *h = sending(SACKOK, 10);

	inject(h, ". 1:1(0) ack 1001 win 65535 <nop,nop,sack 1:1001>");	      /* D-SACK */
	inject(h, ". 1:1(0) ack 1001 win 65535 <nop,nop,sack 5001:3001>");    /* reversed */
	inject(h, ". 1:1(0) ack 1001 win 65535 <nop,nop,sack 9001:12001>");   /* never sent */
	inject(h, ". 1:1(0) ack 1001 win 65535 <nop,nop,sack 501:5001>");     /* begins below SND.UNA */
	inject(h, ". 1:1(0) ack 1001 win 65535 <nop,nop,sack 2001:2001>");    /* empty */
	inject(h, ". 1:1(0) ack 1001 win 65535 <nop,nop,sack 2101:2901>");    /* inside a segment */

	CHECK_EQ_U(harness_tcb(h)->sack.sacked_bytes, 0);
	CHECK_EQ_U(h->env.counters.tcp_retransmits, 0);
	harness_free(h);
}

static void
sack_marks_follow_the_queue(void)
{
	struct harness *h = sending(SACKOK, 10);

	inject(h, ". 1:1(0) ack 1 win 65535 <nop,nop,sack 9001:10001 7001:8001 5001:6001 3001:4001>");
	CHECK_EQ_U(harness_tcb(h)->sack.sacked_bytes, 4 * SEG);
	inject(h, ". 1:1(0) ack 4001 win 65535 <nop,nop,sack 9001:10001 7001:8001 5001:6001>");
	CHECK_EQ_U(harness_tcb(h)->sack.sacked_bytes, 3 * SEG);
	inject(h, ". 1:1(0) ack 4001 win 65535 <nop,nop,sack 5001:10001>");
	CHECK_EQ_U(harness_tcb(h)->sack.sacked_bytes, 5 * SEG);
	inject(h, ". 1:1(0) ack 9501 win 65535");
	CHECK_EQ_U(harness_tcb(h)->sack.sacked_bytes, 500);
	inject(h, ". 1:1(0) ack 10001 win 65535");

	CHECK_EQ_U(harness_tcb(h)->sack.sacked_bytes, 0);
	CHECK_EQ_U(harness_tcb(h)->sack.lost_bytes, 0);
	CHECK_EQ_U(harness_tcb(h)->board.below, 0);
	harness_free(h);
}

static void
timeout_begins_again(void)
{
	struct harness *h = sending("mss 1000", 10);

	harness_advance(h, 250);
	expect(h, ". 1:1001(1000) ack 1");
	expect_none(h);
	CHECK_EQ_U(harness_tcb(h)->cc.cwnd, SEG);

	/* slow start through what was in flight */
	inject(h, ". 1:1(0) ack 1001 win 65535");
	expect(h, ". 1001:2001(1000) ack 1");
	expect(h, ". 2001:3001(1000) ack 1");
	expect_none(h);
	inject(h, ". 1:1(0) ack 10001 win 65535");
	expect_none(h);
	CHECK(!(harness_tcb(h)->flags & TF_RTO_RECOVERY));
	CHECK_EQ_U(harness_tcb(h)->cc.ssthresh, 5 * SEG);
	harness_free(h);
}

static void
timeout_forgets_sack(void)
{
	struct harness *h = sending(SACKOK, 4);

	inject(h, ". 1:1(0) ack 1 win 65535 <nop,nop,sack 1001:2001>");
	harness_advance(h, 250);
	expect(h, ". 1:1001(1000) ack 1");
	CHECK_EQ_U(harness_tcb(h)->sack.sacked_bytes, 0);

	/* the receiver dropped what it had reported (RFC 2018 8) */
	inject(h, ". 1:1(0) ack 1001 win 65535");
	expect(h, ". 1001:2001(1000) ack 1");
	expect(h, ". 2001:3001(1000) ack 1");
	harness_free(h);
}

static void
lost_fin(void)
{
	struct harness *h = sending("mss 1000", 3);

	inject(h, ". 1:1(0) ack 3001 win 65535");
	harness_close(h);
	expect(h, "F. 3001:3001(0) ack 1");

	harness_advance(h, 250);
	expect(h, "F. 3001:3001(0) ack 1");
	expect_none(h);

	inject(h, ". 1:1(0) ack 3002 win 65535");
	CHECK_EQ_U(harness_state(h), MIEN_TCP_FIN_WAIT_2);
	harness_advance(h, 5000);
	expect_none(h);
	harness_free(h);
}

static void
lost_fin_behind_data(void)
{
	struct harness *h = harness_new(NULL);

	harness_open(h, "mss 1000");
	REQUIRE_EQ_I(tcp_user_send(&h->tcp, h->conn, "x", 1), 1);
	harness_close(h);
	expect(h, "FP. 1:2(1) ack 1");

	harness_advance(h, 250);
	expect(h, "FP. 1:2(1) ack 1");
	inject(h, ". 1:1(0) ack 2 win 65535"); /* the data, not the FIN */
	harness_advance(h, 2000);

	expect(h, "F. 2:2(0) ack 1");
	harness_free(h);
}

static void
ack_of_the_future(void)
{
	struct harness *h = sending("mss 1000", 2);

	inject(h, "P. 1:11(10) ack 2002 win 65535");

	CHECK_EQ_U(h->drop, MIEN_DROP_TCP_ACK_FUTURE);
	expect(h, ". 2001:2001(0) ack 1");
	CHECK_EQ_U(harness_tcb(h)->snd_una - h->peer.local_iss, 1);
	harness_free(h);
}

static void
ack_of_the_future_in_silence(void)
{
	struct harness *h = harness_new(NULL);

	h->p.tcp.ack_future = MIEN_ACK_FUTURE_SILENT;
	harness_listen(h, 80);
	inject(h, "S 0:0(0) win 65535 <mss 1000,TS val 100 ecr 0>");
	inject(h, ". 1:1(0) ack 1 win 65535 <nop,nop,TS val 100 ecr 0>");
	(void)expect_event(h, MIEN_EV_ACCEPT);
	harness_ignore(h);
	inject(h, "F. 1:1(0) ack 2002 win 65535 <nop,nop,TS val 200000 ecr 0>");
	CHECK_EQ_U(h->drop, MIEN_DROP_TCP_ACK_FUTURE);
	expect_none(h);
	inject(h, ". 1:1(0) ack 2002 win 65535 <nop,nop,TS val 200000 ecr 0>"); /* as predicted but for its number */
	CHECK_EQ_U(h->drop, MIEN_DROP_TCP_ACK_FUTURE);
	expect_none(h);

	inject(h, "P. 1:11(10) ack 1 win 65535 <nop,nop,TS val 201 ecr 0>");

	CHECK_EQ_U(h->drop, MIEN_DROP_NONE); /* not older than what nobody sent */
	CHECK_EQ_U(harness_tcb(h)->ts_recent, 201);
	harness_free(h);
}

static void
ack_far_too_old(void)
{
	struct harness *h = harness_new(NULL);

	harness_open(h, "mss 1000");
	for (uint32_t i = 0; i < 10; i++) {
		harness_send(h, 1 + i * 8000, 8000);
		injectf(h, ". 1:1(0) ack %u win 65535", 1 + (i + 1) * 8000);
	}
	harness_ignore(h);

	inject(h, "P. 1:11(10) ack 14465 win 65535");
	CHECK_EQ_U(h->drop, MIEN_DROP_TCP_ACK_OLD);
	expect(h, ". 80001:80001(0) ack 1");
	inject(h, "P. 1:11(10) ack 14466 win 65535");
	CHECK_EQ_U(h->drop, MIEN_DROP_NONE);
	harness_free(h);
}

static void
path_mtu(void)
{
	struct harness *h = sending("mss 1460", 3); /* 3000 bytes: 1460, 1460, 80 */
	struct tcb *tcb = harness_tcb(h);

	pmtu_lower(&h->tcp, tcb, 640);
	harness_flush(h);

	expect(h, ". 1:601(600) ack 1");
	expect(h, ". 601:1201(600) ack 1");
	expect(h, ". 1201:1461(260) ack 1");
	expect(h, ". 1461:2061(600) ack 1");
	expect(h, ". 2061:2661(600) ack 1");
	expect(h, ". 2661:2921(260) ack 1");
	expect_none(h);
	CHECK(!(harness_tcb(h)->flags & (TF_RECOVERY | TF_RTO_RECOVERY)));
	inject(h, ". 1:1(0) ack 3001 win 65535");
	harness_send(h, 3001, 1000);
	expect(h, ". 3001:3601(600) ack 1");
	harness_free(h);
}

const struct test_suite loss_suite = {
	.name = "loss",
	.setup = harness_setup,
	.cases = (const struct test_case[]){
		/* proves CC-6 */
		{"the third duplicate ACK sends the first segment again", fast_retransmit},
		{"with CUBIC it leaves seven tenths", cubic_reduction},
		/* proves CC-5 */
		{"the first two let a new segment each go", limited_transmit},
		{"in recovery each further one lets a segment go once half are gone", recovery_goes_on_sending},
		{"a partial ACK sends the next hole at once", partial_ack},
		{"duplicate ACKs of what was sent twice begin no second recovery", no_second_recovery},
		/* proves S10 */
		{"a recovery more than 2 GB ago does not prevent the next", recovery_long_after_the_last},
		{"an ACK with data or another window is no duplicate", what_is_no_duplicate},
		{"with nothing in flight no ACK is a duplicate", nothing_in_flight},
		/* proves SA-8 */
		{"with SACK only the holes are sent again", sack_recovery},
		{"bytes reported above a hole show its loss", sack_counts_bytes},
		{"a report without news is no duplicate ACK", sack_without_news},
		/* proves SA-9 S5 */
		{"reports that cannot be are ignored", sack_nonsense},
		{"the scoreboard's sums follow the queue", sack_marks_follow_the_queue},
		{"a timeout sends one segment and starts slowly again", timeout_begins_again},
		/* proves SA-7 */
		{"a timeout forgets what was reported", timeout_forgets_sack},
		{"a lost FIN is sent again", lost_fin},
		{"a FIN lost behind data is sent again alone", lost_fin_behind_data},
		/* proves est-ack-future */
		{"an ACK of what was never sent is answered and dropped", ack_of_the_future},
		/* proves est-ack-future */
		{"or dropped in silence by personality; its timestamp is not kept", ack_of_the_future_in_silence},
		/* proves MAY-12 BL-3 */
		{"an ACK older than any window is answered and dropped", ack_far_too_old},
		/* proves IC-10 est-icmp-ptb */
		{"what exceeds a smaller path MTU is cut and sent again", path_mtu},
		{NULL, NULL},
	},
};
