/* SPDX-License-Identifier: BSD-3-Clause */
/* Out-of-order bytes against a model: an array in which the policy is applied byte by byte. */
#include "suites.h"

#include <stdio.h>
#include <stdlib.h>

#include "tcp_harness.h"

#define SPAN 200 /* bytes of stream under test */
#define ROUNDS 400

struct model {
	uint8_t byte[SPAN + 1]; /* by relative number, 0: not here */
};

/* FIRST and LAST decide for each byte by itself, whatever the pieces are. */
static void
model_put(struct model *m, bool last_wins, uint32_t seq, uint32_t end, uint8_t fill)
{
	for (uint32_t i = seq; i < end; i++)
		if (last_wins || !m->byte[i])
			m->byte[i] = fill;
}

static void
check_stream(struct harness *h, const struct model *m)
{
	uint8_t got[SPAN];

	REQUIRE_EQ_I(tcp_user_recv(&h->tcp, h->conn, got, sizeof(got)), SPAN - 1);
	CHECK_MEM(got, m->byte + 1, SPAN - 1);
}

static void
put(struct harness *h, struct model *m, bool last_wins, uint32_t seq, uint32_t end, uint8_t fill)
{
	char text[64];

	snprintf(text, sizeof(text), ". %u:%u(%u) ack 1", seq, end, end - seq);
	inject_fill(h, text, fill);
	model_put(m, last_wins, seq, end, fill);
	harness_ignore(h);
}

/* Random pieces behind a hole of one byte, then the byte, then whatever is still missing. */
static void
try_order(uint8_t policy, struct rng *rng)
{
	bool last_wins = policy == MIEN_OVERLAP_LAST;
	struct harness *h = harness_new(NULL);
	struct model m = {{0}};

	h->p.tcp.overlap = policy;
	harness_open(h, "mss 1460,sackOK,nop,nop");
	for (unsigned i = 0; i < 30; i++) {
		uint32_t seq = rng_range(rng, 2, SPAN - 2), end = seq + rng_range(rng, 1, 40);

		put(h, &m, last_wins, seq, end < SPAN ? end : SPAN, (uint8_t)('a' + i % 26));
	}
	put(h, &m, last_wins, 1, 2, '.');
	for (uint32_t i = 2; i < SPAN; i++)
		if (!m.byte[i])
			put(h, &m, last_wins, i, i + 1, '-');

	check_stream(h, &m);
	CHECK_EQ_U(h->tcp.reass_bytes, 0);
	CHECK_EQ_U(h->env.mbufs_held, 0);
	harness_free(h);
}

static void
the_first_copy_of_each_byte_is_kept(void)
{
	struct rng rng;

	rng_seed(&rng, 3);
	for (unsigned i = 0; i < ROUNDS; i++)
		try_order(MIEN_OVERLAP_FIRST, &rng);
}

static void
the_last_copy_of_each_waiting_byte_is_kept(void)
{
	struct rng rng;

	rng_seed(&rng, 4);
	for (unsigned i = 0; i < ROUNDS; i++)
		try_order(MIEN_OVERLAP_LAST, &rng);
}

static void
no_policy_loses_or_doubles_a_byte(void)
{
	struct rng rng;

	rng_seed(&rng, 5);
	for (uint8_t policy = 0; policy < MIEN_OVERLAP_COUNT; policy++) {
		for (unsigned i = 0; i < 50; i++) {
			struct harness *h = harness_new(NULL);
			struct model m = {{0}};

			h->p.tcp.overlap = policy;
			harness_open(h, NULL);
			for (unsigned k = 0; k < 30; k++) {
				uint32_t seq = rng_range(&rng, 2, SPAN - 2), end = seq + rng_range(&rng, 1, 40);

				put(h, &m, true, seq, end < SPAN ? end : SPAN, 'x');
			}
			put(h, &m, true, 1, SPAN, 'x');

			check_stream(h, &m);
			CHECK_EQ_U(h->env.mbufs_held, 0);
			harness_free(h);
		}
	}
}

/* Blocks: only bytes that are held, none twice, the newest segment inside the first. */
static void
blocks_tell_the_truth(void)
{
	struct rng rng;

	rng_seed(&rng, 6);
	for (unsigned i = 0; i < 100; i++) {
		struct harness *h = harness_new(NULL);
		struct model m = {{0}};

		h->p.tcp.dsack = 0;
		harness_open(h, "mss 1460,sackOK,nop,nop");
		for (unsigned k = 0; k < 20; k++) {
			uint32_t seq = rng_range(&rng, 2, SPAN - 2), end = seq + rng_range(&rng, 1, 10);
			uint32_t at = h->peer.iss;
			struct tcp_sack_block b[4];
			unsigned n;

			end = end < SPAN ? end : SPAN;
			put(h, &m, true, seq, end, 'x');
			n = reass_blocks(tcb_find(&h->tcp, h->conn), b, 4);
			REQUIRE(n >= 1);
			CHECK(seq_leq(b[0].left, at + seq) && seq_geq(b[0].right, at + end));
			for (unsigned j = 0; j < n; j++)
				for (uint32_t s = b[j].left - at; s != b[j].right - at; s++)
					CHECK(m.byte[s]);
		}
		harness_free(h);
	}
}

const struct test_suite reass_suite = {
	.name = "reass",
	.setup = harness_setup,
	.cases = (const struct test_case[]){
		{"the first copy of each byte is kept", the_first_copy_of_each_byte_is_kept},
		{"the last copy of each waiting byte is kept", the_last_copy_of_each_waiting_byte_is_kept},
		{"no policy loses or doubles a byte", no_policy_loses_or_doubles_a_byte},
		{"blocks tell the truth", blocks_tell_the_truth},
		{NULL, NULL},
	},
};
