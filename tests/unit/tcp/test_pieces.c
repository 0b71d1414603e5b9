/* SPDX-License-Identifier: BSD-3-Clause */
/* The list that skips: order, and how far one has to go in it. */
#include "suites.h"

#include <stdlib.h>

#include "pieces.h"
#include "tcp_harness.h"

#define PIECES 8192 /* the most that one connection may have */
#define STEPS_MEAN 40
#define STEPS_MOST 160

struct bed {
	struct harness *h;
	struct pkt_queue q;
	struct rng rng;
};

static struct bed
bed(uint64_t seed)
{
	struct bed b = {.h = harness_new(NULL)};

	rng_seed(&b.rng, seed);
	return b;
}

/* Of one byte, which no list looks at: mbufs without data do. */
static void
put(struct bed *b, uint32_t seq)
{
	struct rte_mbuf *m = aligned_alloc(64, sizeof(*m) + MIEN_MBUF_PRIV_SIZE);

	REQUIRE_NOT_NULL(m);
	memset(m, 0, sizeof(*m));
	*pkt_meta(m) = (struct pkt_meta){.seq = seq, .end = seq + 1};
	pieces_link(&b->h->env, &b->q, m);
}

static void
take(struct bed *b, uint32_t seq)
{
	struct piece_place where = pieces_seek(&b->q, seq);

	REQUIRE_NOT_NULL(where.at);
	CHECK_EQ_U(pkt_meta(where.at)->seq, seq);
	pieces_unlink(&b->q, &where);
	free(where.at);
}

static void
bed_free(struct bed *b)
{
	while (b->q.head)
		take(b, pkt_meta(b->q.head)->seq);
	CHECK_NULL(b->q.tail);
	harness_free(b->h);
}

/* Steps that a search makes: the same way, counted. */
static unsigned
steps(const struct pkt_queue *q, uint32_t seq)
{
	struct rte_mbuf *m = q->head;
	unsigned n = 0;

	for (unsigned level = PIECE_LEVELS; level-- > 0;)
		for (struct rte_mbuf *next; n++, (next = *piece_way(m, level)) && seq_leq(pkt_meta(next)->end, seq);)
			m = next;
	return n;
}

static void
check_steps(const struct bed *b, uint32_t span)
{
	uint64_t sum = 0;
	unsigned most = 0;

	for (uint32_t seq = 0; seq < span; seq++) {
		unsigned n = steps(&b->q, seq);

		sum += n;
		most = n > most ? n : most;
	}
	CHECK(sum / span < STEPS_MEAN);
	CHECK(most < STEPS_MOST);
}

static void
check_order(const struct bed *b, unsigned count)
{
	struct rte_mbuf *last = NULL;
	unsigned n = 0;

	for (unsigned level = 0; level < PIECE_LEVELS && b->q.head; level++) {
		last = NULL;
		for (struct rte_mbuf *m = b->q.head; m; m = *piece_way(m, level)) {
			CHECK(!last || seq_leq(pkt_meta(last)->end, pkt_meta(m)->seq));
			CHECK(pkt_meta(m)->height > level);
			last = m;
			n += level == 0;
		}
		CHECK(level > 0 || last == b->q.tail);
	}
	CHECK_EQ_U(n, count);
}

enum order { UPWARDS, DOWNWARDS, ANYHOW, FROM_BOTH_ENDS, ORDERS };

/* Every other byte, as SegmentSmack sends them (CVE-2018-5390), in the order that hurts. */
static void
a_place_is_found_in_a_few_steps(void)
{
	for (enum order order = UPWARDS; order < ORDERS; order++) {
		struct bed b = bed(order);
		uint32_t *seq = calloc(PIECES, sizeof(*seq));

		REQUIRE_NOT_NULL(seq);
		for (uint32_t i = 0; i < PIECES; i++)
			seq[i] = 2 * (order == DOWNWARDS ? PIECES - 1 - i
					: order == FROM_BOTH_ENDS && i % 2 ? PIECES - 1 - i / 2
					: order == FROM_BOTH_ENDS	   ? i / 2
									   : i);
		for (uint32_t i = PIECES - 1; order == ANYHOW && i > 0; i--) {
			uint32_t other = rng_below(&b.rng, i + 1), kept = seq[i];

			seq[i] = seq[other];
			seq[other] = kept;
		}
		for (uint32_t i = 0; i < PIECES; i++)
			put(&b, seq[i]);

		check_order(&b, PIECES);
		check_steps(&b, 2 * PIECES);
		free(seq);
		bed_free(&b);
	}
}

/* The head goes and comes again and again: each new one takes the ways of the one before. */
static void
a_list_whose_front_is_eaten_stays_quick(void)
{
	struct bed b = bed(9);
	uint32_t first = 0;

	for (uint32_t i = 0; i < PIECES; i++)
		put(&b, 2 * i);
	for (unsigned round = 0; round < PIECES / 2; round++) {
		take(&b, first);
		first += 2;
		if (round % 3 == 0) {
			first -= 2;
			put(&b, first);
		}
	}
	for (uint32_t down = first; down > 0; down -= 2)
		put(&b, down - 2);

	check_order(&b, PIECES);
	check_steps(&b, 2 * PIECES);
	bed_free(&b);
}

/* Against an array of what is there. */
static void
pieces_come_and_go_in_any_order(void)
{
	struct bed b = bed(1);
	bool here[512] = {false};
	unsigned count = 0;

	for (unsigned round = 0; round < 20000; round++) {
		uint32_t i = rng_below(&b.rng, 512), base = UINT32_MAX - 600; /* numbers wrap among them */

		if (here[i])
			take(&b, base + 2 * i);
		else
			put(&b, base + 2 * i);
		here[i] = !here[i];
		count = here[i] ? count + 1 : count - 1;
		if (round % 500 == 0)
			check_order(&b, count);
	}

	check_order(&b, count);
	bed_free(&b);
}

const struct test_suite pieces_suite = {
	.name = "pieces",
	.setup = harness_setup,
	.cases = (const struct test_case[]){
		/* proves S4 */
		{"a place among 8192 pieces is found in a few steps", a_place_is_found_in_a_few_steps},
		/* proves S4 */
		{"a list whose front is eaten stays quick", a_list_whose_front_is_eaten_stays_quick},
		{"pieces come and go in any order", pieces_come_and_go_in_any_order},
		{NULL, NULL},
	},
};
