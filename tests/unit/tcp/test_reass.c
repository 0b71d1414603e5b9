/* SPDX-License-Identifier: BSD-3-Clause */
/* Out-of-order bytes against a model: an array in which the policy is applied byte by byte. */
#include "suites.h"

#include <stdio.h>
#include <stdlib.h>

#include "overlaps.h"
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
	bool last_wins = policy == MIEN_SEGMENTS_LAST;
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
		try_order(MIEN_SEGMENTS_FIRST, &rng);
}

static void
the_last_copy_of_each_waiting_byte_is_kept(void)
{
	struct rng rng;

	rng_seed(&rng, 4);
	for (unsigned i = 0; i < ROUNDS; i++)
		try_order(MIEN_SEGMENTS_LAST, &rng);
}

static void
no_policy_loses_or_doubles_a_byte(void)
{
	struct rng rng;

	rng_seed(&rng, 5);
	for (uint8_t policy = 0; policy < MIEN_SEGMENTS_COUNT; policy++) {
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

/* -- who wins: pictures, one column a byte, sent from number 2 on; then the byte in front of them ------------- */

#define PICTURE_ROWS 24

/* Sends the rows, fills the hole in front with '0', and reads what the application gets. */
static void
draw(uint8_t policy, const char *const *rows, char *text)
{
	struct harness *h = harness_new(NULL);
	size_t width = strlen(rows[0]);
	char segment[64];

	h->p.tcp.overlap = policy;
	harness_open(h, NULL);
	for (; *rows; rows++) {
		struct overlaps_row r = overlaps_row(*rows);

		snprintf(segment, sizeof(segment), ". %u:%u(%u) ack 1", r.start + 2, r.end + 2, r.end - r.start);
		inject_fill(h, segment, (uint8_t)r.letter);
	}
	inject_fill(h, ". 1:2(1) ack 1", '0');
	memset(text, 0, width + 2);
	(void)tcp_user_recv(&h->tcp, h->conn, text, (uint32_t)width + 1);
	harness_ignore(h);
	harness_free(h);
}

static void
check_picture(uint8_t policy, const char *const *rows, const char *want)
{
	char text[OVERLAPS_WIDTH + 2];

	draw(policy, rows, text);
	if (text[0] != '0' || strcmp(text + 1, want) != 0)
		FAIL("policy %u, \"%s\" and so on: got \"%s\", expected \"0%s\"", policy, rows[0], text, want);
}

static void
the_long_picture_has_its_text_under_each_policy(void)
{
	static const struct {
		uint8_t policy;
		const char *result;
	} want[] = {
		/* sent first              "AAA BBCCC D  EEFFFGGHHI " */
		/* then                    " JJJJ KKKLLLMMM N  OP QQ" */
		{MIEN_SEGMENTS_FIRST,	   "AAAJBBCCCLDLMEEFFFGGHHIQ"},
		{MIEN_SEGMENTS_LAST,	   "AJJJJBKKKLLLMMMFNFGOPHQQ"},
		{MIEN_SEGMENTS_BSD,	   "AAAJJBCCCLLLMMMFFFGGHHIQ"},
		{MIEN_SEGMENTS_WINDOWS,	   "AAAJJBCCCLLLMMMFFFGGHHIQ"},
		{MIEN_SEGMENTS_LINUX,	   "AAAJJBCCCLLLMMMFFFGGHHQQ"},
		{MIEN_SEGMENTS_OLD_LINUX,  "AAAJJBKKKLLLMMMFFFGGHHQQ"},
		{MIEN_SEGMENTS_SOLARIS,	   "AJJJBBKKKLLLMMMFFFGGHHQQ"},
		{MIEN_SEGMENTS_VISTA,	   "AAAJBBCCCLDLMEEFFFGGHHIQ"},
	};

	for (unsigned i = 0; i < sizeof(want) / sizeof(want[0]); i++)
		check_picture(want[i].policy, overlaps_picture, want[i].result);
}

/* The same three ways to lie for every policy: in front of the old one, at its start, behind its start. */
static void
short_pictures_have_their_text(void)
{
	static const char *const front[] = {"  B  ", " AA  ", "JJJJ ", "    E", NULL};
	static const char *const same[] = {
		"CCC    ", "     HH", "KKK    ", "LLLL   ", "     P ", "     QQ", "    .  ", NULL};
	static const char *const behind[] = {"AA        ", "     FFF  ", "        GG", " JJ       ", "         O",
		"      N   ", "   ..     ", NULL};
	static const struct {
		uint8_t policy;
		const char *front, *same, *behind;
	} want[] = {
		{MIEN_SEGMENTS_FIRST, "JABJE", "CCCL.HH", "AAJ..FFFGG"},
		{MIEN_SEGMENTS_LAST, "JJJJE", "LLLL.QQ", "AJJ..FNFGO"},
		{MIEN_SEGMENTS_BSD, "JJJJE", "CCCL.HH", "AAJ..FFFGG"},
		{MIEN_SEGMENTS_WINDOWS, "JJJJE", "CCCL.HH", "AAJ..FFFGG"},
		{MIEN_SEGMENTS_LINUX, "JJJJE", "LLLL.HH", "AAJ..FFFGG"},
		{MIEN_SEGMENTS_OLD_LINUX, "JJJJE", "LLLL.QQ", "AAJ..FFFGG"},
		{MIEN_SEGMENTS_SOLARIS, "JJJJE", "LLLL.QQ", "AJJ..FFFGG"},
		{MIEN_SEGMENTS_VISTA, "JABJE", "CCCL.HH", "AAJ..FFFGG"},
	};

	for (unsigned i = 0; i < sizeof(want) / sizeof(want[0]); i++) {
		check_picture(want[i].policy, front, want[i].front);
		check_picture(want[i].policy, same, want[i].same);
		check_picture(want[i].policy, behind, want[i].behind);
	}
}

/* A lost bytes to B; C begins behind A's first byte and in front of what is left of A. */
static void
linux_remembers_where_a_cut_segment_began(void)
{
	static const char *const rows[] = {"  AAAA  ", "BBBB    ", "   CCCCC", NULL};

	check_picture(MIEN_SEGMENTS_LINUX, rows, "BBBBAACC");
	check_picture(MIEN_SEGMENTS_OLD_LINUX, rows, "BBBBAACC");
	check_picture(MIEN_SEGMENTS_BSD, rows, "BBBBCCCC"); /* tcp_reass() of 4.4BSD cut A for good */
}

/* C loses to A, and still began in front of B. */
static void
a_segment_that_lost_its_front_began_where_it_began(void)
{
	static const char *const rows[] = {"AAA   ", "   BBB", " CCCCC", NULL};

	check_picture(MIEN_SEGMENTS_BSD, rows, "AAACCC");
	check_picture(MIEN_SEGMENTS_LINUX, rows, "AAACCC");
	check_picture(MIEN_SEGMENTS_FIRST, rows, "AAABBB");
}

/* Bytes that were acknowledged are beyond any policy, read or not. */
static void
delivered_bytes_never_change(void)
{
	for (uint8_t policy = 0; policy < MIEN_SEGMENTS_COUNT; policy++) {
		struct harness *h = harness_new(NULL);
		char text[16] = {0};

		h->p.tcp.overlap = policy;
		harness_open(h, NULL);
		inject_fill(h, "P. 1:5(4) ack 1", 'G');
		inject_fill(h, "P. 1:5(4) ack 1", 'E');	 /* the same again */
		inject_fill(h, "P. 2:5(3) ack 1", 'X');
		inject_fill(h, "P. 3:8(5) ack 1", 'n');	 /* further */

		CHECK_EQ_I(tcp_user_recv(&h->tcp, h->conn, text, sizeof(text)), 7);
		CHECK_STR(text, "GGGGnnn");
		harness_ignore(h);
		harness_free(h);
	}
}

/* Whole segments, as Linux holds them: each byte is that of the one which begins first, or of the longest there. */
static char
model_linux(const struct overlaps_row *rows, unsigned n, unsigned at)
{
	const struct overlaps_row *best = NULL;

	for (unsigned i = 0; i < n; i++) {
		const struct overlaps_row *r = &rows[i];

		if (at < r->start || at >= r->end)
			continue;
		if (!best || r->start < best->start || (r->start == best->start && r->end > best->end))
			best = r;
	}
	return best ? best->letter : '-';
}

static void
linux_reads_each_byte_from_the_segment_that_begins_first(void)
{
	struct rng rng;

	rng_seed(&rng, 8);
	for (unsigned round = 0; round < ROUNDS; round++) {
		struct overlaps_row rows[PICTURE_ROWS];
		char text[PICTURE_ROWS + 1][OVERLAPS_WIDTH + 1], got[OVERLAPS_WIDTH + 2];
		const char *picture[PICTURE_ROWS + 2] = {NULL};

		for (unsigned i = 0; i < PICTURE_ROWS; i++) {
			struct overlaps_row *r = &rows[i];

			r->start = rng_range(&rng, 0, OVERLAPS_WIDTH - 1);
			r->end = r->start + rng_range(&rng, 1, OVERLAPS_WIDTH - r->start);
			r->letter = (char)('A' + i);
			memset(text[i], ' ', OVERLAPS_WIDTH);
			memset(text[i] + r->start, r->letter, r->end - r->start);
			text[i][OVERLAPS_WIDTH] = '\0';
			picture[i] = text[i];
		}
		draw(MIEN_SEGMENTS_LINUX, picture, got);
		for (unsigned at = 0; got[at + 1]; at++)
			REQUIRE_EQ_I(got[at + 1], model_linux(rows, PICTURE_ROWS, at));
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
			n = reass_blocks(harness_tcb(h), b, 4);
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
		{"the long picture has its text under each policy", the_long_picture_has_its_text_under_each_policy},
		{"short pictures have their text", short_pictures_have_their_text},
		{"linux remembers where a cut segment began", linux_remembers_where_a_cut_segment_began},
		{"a segment that lost its front began where it began",
			a_segment_that_lost_its_front_began_where_it_began},
		{"delivered bytes never change", delivered_bytes_never_change},
		{"linux reads each byte from the segment that begins first",
			linux_reads_each_byte_from_the_segment_that_begins_first},
		{"no policy loses or doubles a byte", no_policy_loses_or_doubles_a_byte},
		/* proves SA-6 */
		{"blocks tell the truth", blocks_tell_the_truth},
		{NULL, NULL},
	},
};
