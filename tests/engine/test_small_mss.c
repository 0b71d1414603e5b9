/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Peers that ask for tiny segments and report them in odd ways: CVE-2019-11477 (SACK Panic), CVE-2019-11478 (SACK
 * slowness, pieces cut by reports) and CVE-2019-11479 (an MSS of 1 byte costs a packet a byte).
 */
#include "suites.h"

#include "send_parts.h"

#define TINY 48 /* the floor: Linux's tcp_min_snd_mss */

/* Everything given is in flight; what went out is forgotten. */
static struct harness *
in_flight(const char *options, uint32_t bytes)
{
	struct harness *h = harness_new(NULL);

	harness_open(h, options);
	harness_tcb(h)->cc.cwnd = 1 << 20;
	harness_send(h, 1, bytes);
	for (unsigned int i = 0; i < 100 && harness_tcb(h)->sndq.head; i++) {
		harness_ignore(h);
		harness_flush(h);
	}
	harness_ignore(h);
	CHECK_EQ_U(harness_tcb(h)->rtxq.bytes, bytes);
	return h;
}

static unsigned int
packets_of(const struct harness *h)
{
	unsigned int n = 0;

	for (struct rte_mbuf *m = harness_tcb(h)->rtxq.head; m; m = rtxq_next(m))
		n++;
	return n;
}

static void
no_peer_gets_smaller_segments_than_the_floor(void)
{
	static const char *const options[] = {"mss 0", "mss 1", "mss 8", "mss 47", "mss 48"};
	struct harness *h;

	for (unsigned int i = 0; i < RTE_DIM(options); i++) {
		h = in_flight(options[i], 10 * TINY);
		CHECK_EQ_U(harness_tcb(h)->mss, TINY);
		CHECK_EQ_U(packets_of(h), 10);
		harness_free(h);
	}
	h = in_flight("mss 1,sackOK,TS val 1 ecr 0,nop,wscale 7", 360); /* the options go off, as off any MSS */
	CHECK_EQ_U(harness_tcb(h)->mss, TINY - 12);
	CHECK_EQ_U(packets_of(h), 10);
	harness_free(h);
}

/* CVE-2019-11479: beyond the floor the send buffer counts mbufs, so that bytes by the packet do not empty the pool. */
static void
tiny_segments_take_a_bounded_part_of_the_pool(void)
{
	struct harness *h = harness_new(NULL);
	uint8_t bytes[512] = {0};

	harness_open(h, "mss 1");
	harness_tcb(h)->sndbuf = 64 * 1024;
	while (tcp_user_send(&h->tcp, h->conn, bytes, sizeof(bytes)) > 0) {
		harness_tcb(h)->cc.cwnd = 1 << 20;
		harness_flush(h);
		harness_ignore(h);
	}
	CHECK(harness_tcb(h)->rtxq.count + harness_tcb(h)->sndq.count <= 64 * 1024 / MBUF_COST + sizeof(bytes) / TINY + 1);
	harness_free(h);
}

/* CVE-2019-11477: one run of far more segments than a count of 16 bits holds bytes of, taken in and given up at once. */
static void
a_run_of_all_tiny_segments_is_one_run(void)
{
	struct harness *h = in_flight("mss 1,sackOK", 400 * TINY);

	for (unsigned int i = 399; i > 0; i--)
		injectf(h, ". 1:1(0) ack 1 win 65535 <nop,nop,sack %u:%u>", 1 + i * TINY, 1 + 400 * TINY);
	CHECK_EQ_U(harness_tcb(h)->sack.sacked_bytes, 399 * TINY);
	CHECK_NULL(tcb_check(&h->tcp, harness_tcb(h)));
	harness_ignore(h);

	injectf(h, ". 1:1(0) ack %u win 65535", 1 + 400 * TINY);
	CHECK_NULL(harness_tcb(h)->rtxq.head);
	CHECK_EQ_U(harness_tcb(h)->sack.sacked_bytes, 0);
	CHECK_EQ_U(harness_tcb(h)->sack.lost_bytes, 0);
	CHECK_EQ_X(harness_tcb(h)->sack.marks & MK_EDGE, 0);
	harness_free(h);
}

/* CVE-2019-11478: blocks that end inside of segments cut none, and no report makes the queue longer. */
static void
no_report_cuts_a_segment(void)
{
	struct harness *h = in_flight("mss 1,sackOK", 300 * TINY);
	struct rng rng;

	rng_seed(&rng, 11478);
	for (unsigned int i = 0; i < 2000; i++) {
		uint32_t left = 2 + rng_below(&rng, 299 * TINY), right = left + 1 + rng_below(&rng, 2 * TINY - 2);

		injectf(h, ". 1:1(0) ack 1 win 65535 <nop,nop,sack %u:%u>", left, RTE_MIN(right, 300u * TINY + 1));
		harness_ignore(h);
		if (i % 100 == 0)
			CHECK_NULL(tcb_check(&h->tcp, harness_tcb(h)));
	}
	CHECK_EQ_U(packets_of(h), 300);
	CHECK_EQ_U(harness_tcb(h)->rtxq.count, 300);

	injectf(h, ". 1:1(0) ack %u win 65535", 1 + 300 * TINY);
	CHECK_NULL(harness_tcb(h)->rtxq.head);
	harness_free(h);
}

/* Found by the grid: the index took the room where it stands how much of the first segment is acknowledged. */
static void
what_is_left_of_a_segment_goes_out_again(void)
{
	struct harness *h = in_flight("mss 1,sackOK", 100 * TINY);

	inject(h, ". 1:1(0) ack 21 win 65535");
	harness_ignore(h);
	harness_advance(h, 10);
	injectf(h, ". 1:1(0) ack 21 win 65535 <nop,nop,sack %u:%u>", 1 + 80 * TINY, 1 + 99 * TINY);
	expect(h, ". 21:49(28) ack 1");
	harness_ignore(h);
	harness_free(h);
}

/* Reports all over a long queue: what was told before is not gone through again, and every byte is counted once. */
static void
reports_all_over_the_queue_count_each_byte_once(void)
{
	struct harness *h = in_flight("mss 1,sackOK", 400 * TINY);
	struct rng rng;
	bool told[400] = {false};
	uint32_t want = 0, una = 0;

	rng_seed(&rng, 400);
	for (unsigned int i = 0; i < 3000; i++) {
		uint32_t at = una + 1 + rng_below(&rng, 399 - una), n = 1 + rng_below(&rng, RTE_MIN(400 - at, 9u));

		injectf(h, ". 1:1(0) ack %u win 65535 <nop,nop,sack %u:%u>", 1 + una * TINY, 1 + at * TINY,
			1 + (at + n) * TINY);
		harness_ignore(h);
		for (uint32_t p = at; p < at + n; p++) {
			want += told[p] ? 0 : TINY;
			told[p] = true;
		}
		CHECK_EQ_U(harness_tcb(h)->sack.sacked_bytes, want);
		if (rng_below(&rng, 40) == 0 && una < 300) { /* some are acknowledged, which ends their reports */
			una += 1 + rng_below(&rng, 8);
			injectf(h, ". 1:1(0) ack %u win 65535", 1 + una * TINY);
			want = 0;
			for (uint32_t p = una; p < 400; p++)
				want += told[p] ? TINY : 0;
			CHECK_EQ_U(harness_tcb(h)->sack.sacked_bytes, want);
		}
		CHECK_NULL(tcb_check(&h->tcp, harness_tcb(h)));
	}
	harness_free(h);
}

const struct test_suite small_mss_suite = {
	.name = "small segments",
	.setup = harness_setup,
	.cases = (const struct test_case[]){
		/* proves S5 */
		{"no peer gets smaller segments than the floor", no_peer_gets_smaller_segments_than_the_floor},
		/* proves S5 */
		{"tiny segments take a bounded part of the pool", tiny_segments_take_a_bounded_part_of_the_pool},
		/* proves S5 */
		{"a run of all tiny segments is one run", a_run_of_all_tiny_segments_is_one_run},
		/* proves S5 */
		{"no report cuts a segment", no_report_cuts_a_segment},
		/* proves S5 */
		{"what is left of a segment goes out again", what_is_left_of_a_segment_goes_out_again},
		/* proves S5 */
		{"reports all over the queue count each byte once", reports_all_over_the_queue_count_each_byte_once},
		{NULL, NULL},
	},
};
