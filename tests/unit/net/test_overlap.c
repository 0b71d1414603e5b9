/* SPDX-License-Identifier: BSD-3-Clause */
/* Overlapping fragments: the vectors of Novak's and Sturges's papers, in units of 8 bytes. */
#include "suites.h"

#include "bed.h"
#include "overlaps.h"

#define UNIT 8
#define UNITS OVERLAPS_WIDTH

struct fragment {
	uint16_t offset, len;
};

static const struct fragment vector[6] = {{0, 3}, {4, 2}, {6, 3}, {1, 4}, {6, 3}, {9, 3}};

/* Fragment number `digit` filled with its digit. Protocol 253 comes back whole in the ICMP error's quote. */
static enum mien_drop
inject(struct bed *b, const struct fragment *fr, char digit, bool more)
{
	const struct ip4_hdr_v v = {.proto = 253,
		.id = 5,
		.frag_off = (uint16_t)(fr->offset * UNIT),
		.flags = more ? IP4_MF : 0};
	uint8_t bytes[UNITS * UNIT];
	struct frame f;

	memset(bytes, digit, sizeof(bytes));
	frame_ip(&f, &v, bytes, (size_t)fr->len * UNIT);
	return bed_rx(b, f.bytes, f.len);
}

/* Reads the datagram out of the quote, one letter for each unit; "" when there is none. */
static void
read_quote(struct bed *b, unsigned int units, char text[UNITS + 1])
{
	const struct sent *s = bed_sent(b);

	text[0] = '\0';
	if (s && CHECK_EQ_U(s->len, FRAME_L4 + 8 + 20 + units * UNIT)) {
		const uint8_t *data = s->bytes + FRAME_L4 + 8 + 20;

		for (unsigned int i = 0; i < units * UNIT; i++)
			CHECK_EQ_X(data[i], data[i / UNIT * UNIT]);
		for (unsigned int i = 0; i < units; i++)
			text[i] = (char)data[i * UNIT];
		text[units] = '\0';
	}
}

static struct bed *
bed_with(enum mien_overlap policy)
{
	struct bed *b = bed_new();

	b->p->frag_overlap = (uint8_t)policy;
	bed_start(b);
	return b;
}

static void
reassemble(enum mien_overlap policy, char text[UNITS + 1])
{
	struct bed *b = bed_with(policy);

	for (unsigned int i = 0; i < 6; i++)
		inject(b, &vector[i], (char)('1' + i), i < 5);
	read_quote(b, 12, text);
	bed_free(b);
}

static void
every_policy_has_its_winner(void)
{
	static const struct {
		enum mien_overlap policy;
		const char *result;
	} want[] = {
		{MIEN_OVERLAP_FIRST, "111422333666"},
		{MIEN_OVERLAP_LAST, "144442555666"},
		{MIEN_OVERLAP_BSD, "111442333666"},
		{MIEN_OVERLAP_BSD_RIGHT, "144422555666"},
		{MIEN_OVERLAP_LINUX, "111442555666"},
		{MIEN_OVERLAP_SOLARIS, "111422333666"},
		{MIEN_OVERLAP_WINDOWS, "111422333666"},
		{MIEN_OVERLAP_VISTA, ""},
		{MIEN_OVERLAP_RFC5722, ""},
		{MIEN_OVERLAP_DROP, ""},
	};

	for (unsigned int i = 0; i < sizeof(want) / sizeof(want[0]); i++) {
		char text[UNITS + 1];

		reassemble(want[i].policy, text);
		if (strcmp(text, want[i].result) != 0)
			FAIL("policy %u: got \"%s\", expected \"%s\"", want[i].policy, text, want[i].result);
	}
}

static void
draw(enum mien_overlap policy, char text[UNITS + 1])
{
	struct bed *b = bed_with(policy);

	for (const char *const *row = overlaps_picture; *row; row++) {
		struct overlaps_row r = overlaps_row(*row);
		struct fragment fr = {(uint16_t)r.start, (uint16_t)(r.end - r.start)};

		inject(b, &fr, r.letter, row[1] != NULL);
	}
	read_quote(b, UNITS, text);
	bed_free(b);
}

static void
the_long_picture_has_its_text_under_each_policy(void)
{
	static const struct {
		enum mien_overlap policy;
		const char *result;
	} want[] = {
		/* sent first           "AAA BBCCC D  EEFFFGGHHI " */
		/* then                 " JJJJ KKKLLLMMM N  OP QQ" */
		{MIEN_OVERLAP_FIRST,	"AAAJBBCCCLDLMEEFFFGGHHIQ"},
		{MIEN_OVERLAP_LAST,	"AJJJJBKKKLLLMMMFNFGOPHQQ"},
		{MIEN_OVERLAP_BSD,	"AAAJJBCCCLLLMMMFFFGGHHIQ"},
		{MIEN_OVERLAP_BSD_RIGHT, "AJJJBBKKKLDLMEEFNFGOPHQQ"},
		{MIEN_OVERLAP_LINUX,	"AAAJJBKKKLLLMMMFFFGGPHQQ"},
		{MIEN_OVERLAP_SOLARIS,	"AAAJBBCCCLLLMMMFFFGGHHIQ"},
		{MIEN_OVERLAP_WINDOWS,	"AAAJBBCCCLLLMEEFFFGGHHIQ"},
		{MIEN_OVERLAP_VISTA,	""},
		{MIEN_OVERLAP_RFC5722,	""},
		{MIEN_OVERLAP_DROP,	""},
	};

	for (unsigned int i = 0; i < sizeof(want) / sizeof(want[0]); i++) {
		char text[UNITS + 1];

		draw(want[i].policy, text);
		if (strcmp(text, want[i].result) != 0)
			FAIL("policy %u: got \"%s\", expected \"%s\"", want[i].policy, text, want[i].result);
	}
}

/* AAAA, then what `second` draws, then BB that ends the datagram at [4, 6). */
static void
three(enum mien_overlap policy, const char *second, char text[UNITS + 1])
{
	struct bed *b = bed_with(policy);
	struct overlaps_row r = overlaps_row(second);

	inject(b, &(struct fragment){0, 4}, 'A', true);
	inject(b, &(struct fragment){(uint16_t)r.start, (uint16_t)(r.end - r.start)}, r.letter, true);
	inject(b, &(struct fragment){4, 2}, 'B', false);
	read_quote(b, 6, text);
	bed_free(b);
}

static void
newer_systems_let_nobody_win(void)
{
	static const struct {
		enum mien_overlap policy;
		const char *second, *result;
	} want[] = {
		{MIEN_OVERLAP_VISTA, " NN   ", "AAAABB"},   /* ignored */
		{MIEN_OVERLAP_VISTA, "  NNN ", "AAAABB"},
		{MIEN_OVERLAP_RFC5722, " NN   ", "AAAABB"}, /* inside of A */
		{MIEN_OVERLAP_RFC5722, "NNNN  ", "AAAABB"},
		{MIEN_OVERLAP_RFC5722, "  NNN ", ""},       /* the datagram is gone */
		{MIEN_OVERLAP_RFC5722, "  AAA ", ""},       /* also with equal bytes */
		{MIEN_OVERLAP_DROP, " NN   ", ""},
		{MIEN_OVERLAP_DROP, " AA   ", "AAAABB"},    /* no conflict */
	};

	for (unsigned int i = 0; i < sizeof(want) / sizeof(want[0]); i++) {
		char text[UNITS + 1];

		three(want[i].policy, want[i].second, text);
		if (strcmp(text, want[i].result) != 0)
			FAIL("policy %u, \"%s\": got \"%s\", expected \"%s\"", want[i].policy, want[i].second, text,
				want[i].result);
	}
}

/* Older [2, 4), then one that covers it, then the rest. */
static void
covering(enum mien_overlap policy, struct fragment newer, char *winner)
{
	struct bed *b = bed_new();
	const struct sent *s;

	b->p->frag_overlap = (uint8_t)policy;
	bed_start(b);
	inject(b, &(struct fragment){2, 2}, 'o', true);
	inject(b, &newer, 'n', true);
	inject(b, &(struct fragment){0, 2}, 'x', true);
	inject(b, &(struct fragment){(uint16_t)(newer.offset + newer.len), 1}, 'x', false);
	s = bed_sent(b);
	*winner = s ? (char)s->bytes[FRAME_L4 + 8 + 20 + 2 * UNIT] : '-';
	bed_free(b);
}

static void
covered_pieces_are_replaced_where_the_policy_says(void)
{
	char winner;

	covering(MIEN_OVERLAP_WINDOWS, (struct fragment){1, 4}, &winner);
	CHECK_EQ_I(winner, 'n');
	covering(MIEN_OVERLAP_WINDOWS, (struct fragment){1, 3}, &winner);
	CHECK_EQ_I(winner, 'o');
	covering(MIEN_OVERLAP_SOLARIS, (struct fragment){1, 3}, &winner);
	CHECK_EQ_I(winner, 'n');
	covering(MIEN_OVERLAP_SOLARIS, (struct fragment){2, 3}, &winner);
	CHECK_EQ_I(winner, 'o');
	covering(MIEN_OVERLAP_FIRST, (struct fragment){1, 4}, &winner);
	CHECK_EQ_I(winner, 'o');
}

static void
equal_bytes_are_no_conflict(void)
{
	struct bed *b = bed_new_started();

	/* given the plain host, which discards datagrams whose fragments contradict each other */
	/* when fragments overlap with the same bytes, one of them twice */
	inject(b, &(struct fragment){0, 4}, 'a', true);
	inject(b, &(struct fragment){0, 4}, 'a', true);
	inject(b, &(struct fragment){2, 4}, 'a', true);
	CHECK_EQ_I(inject(b, &(struct fragment){6, 1}, 'a', false), MIEN_DROP_IP_PROTOCOL);

	/* then the datagram is whole */
	CHECK_NOT_NULL(bed_sent(b));
	CHECK_EQ_U(b->env.counters.ip_reassembled, 1);
	bed_free(b);
}

static void
a_piece_inside_another_splits_it(void)
{
	struct bed *b = bed_new();
	const struct sent *s;

	b->p->frag_overlap = MIEN_OVERLAP_LAST;
	bed_start(b);
	inject(b, &(struct fragment){0, 5}, 'a', true);
	inject(b, &(struct fragment){2, 1}, 'b', true);
	inject(b, &(struct fragment){5, 1}, 'c', false);

	s = bed_sent(b);
	REQUIRE_NOT_NULL(s);
	for (unsigned int i = 0; i < 6; i++)
		CHECK_EQ_I(s->bytes[FRAME_L4 + 28 + i * UNIT], "aabaac"[i]);
	bed_free(b);
}

#define SPAN 64

/* What first and last give, byte by unit; units that nobody sent stay 0. */
static void
model(char bytes[SPAN], enum mien_overlap policy, const struct fragment *fr, char digit)
{
	for (unsigned int i = fr->offset; i < (unsigned int)fr->offset + fr->len; i++)
		if (policy == MIEN_OVERLAP_LAST || bytes[i] == 0)
			bytes[i] = digit;
}

/* Sorted, apart, not empty, as many bytes as it says; its units as the model has them where there is one. */
static void
check_datagram(const struct datagram *d, const char *want)
{
	uint32_t at = 0, bytes = 0;
	unsigned int pieces = 0;

	for (struct rte_mbuf *m = d->first; m; m = piece_of(m)->next, pieces++) {
		const struct piece *p = piece_of(m);
		uint8_t data[SPAN * UNIT];

		CHECK(p->start >= at && p->end > p->start);
		REQUIRE_EQ_U(m->pkt_len, p->end - p->start);
		pkt_copy(m, 0, m->pkt_len, data);
		for (uint32_t i = 0; want && i < m->pkt_len; i++)
			CHECK_EQ_I(data[i], want[(p->start + i) / UNIT]);
		at = p->end;
		bytes += m->pkt_len;
	}
	CHECK_EQ_U(d->bytes, bytes);
	CHECK_EQ_U(d->pieces, pieces);
}

static void
random_overlaps(enum mien_overlap policy, uint64_t seed)
{
	struct bed *b = bed_new();
	char want[SPAN] = {0};
	bool exact = policy == MIEN_OVERLAP_FIRST || policy == MIEN_OVERLAP_LAST;

	b->p->frag_overlap = (uint8_t)policy;
	b->p->frag_max = 1000;
	rng_seed(&b->env.rng, seed);
	bed_start(b);
	for (unsigned int i = 0; i < 40; i++) {
		struct fragment fr;
		char digit = (char)('0' + i);

		fr.offset = (uint16_t)rng_below(&b->env.rng, SPAN - 12);
		fr.len = (uint16_t)(1 + rng_below(&b->env.rng, 12));
		CHECK_EQ_I(inject(b, &fr, digit, true), MIEN_DROP_NONE);
		model(want, policy, &fr, digit);
		REQUIRE_EQ_U(b->net.datagrams.used, 1);
		check_datagram(pool_at(&b->net.datagrams, 0), exact ? want : NULL);
	}
	bed_free(b);
}

static void
random_overlaps_keep_the_order(void)
{
	for (unsigned int policy = MIEN_OVERLAP_FIRST; policy < MIEN_OVERLAP_RFC5722; policy++)
		for (uint64_t seed = 0; seed < 50; seed++)
			random_overlaps((enum mien_overlap)policy, seed);
}

static void
without_mbufs_the_datagram_is_lost(void)
{
	struct bed *b = bed_new();

	b->p->frag_overlap = MIEN_OVERLAP_LAST;
	bed_start(b);
	inject(b, &(struct fragment){0, 5}, 'a', true);

	/* when a fragment falls inside another and no mbuf is left but its own */
	bed_starve(b, 1);
	CHECK_EQ_I(inject(b, &(struct fragment){2, 1}, 'b', true), MIEN_DROP_NO_MBUF);
	bed_feed(b);

	CHECK_EQ_U(b->net.datagrams.used, 0);
	CHECK_EQ_U(b->env.mbufs_held, 0);
	bed_free(b);
}

static void
what_does_not_overlap_is_not_compared(void)
{
	struct bed *b = bed_with(MIEN_OVERLAP_DROP);

	/* given pieces before and behind the one that a fragment overlaps */
	inject(b, &(struct fragment){0, 2}, 'a', true);
	inject(b, &(struct fragment){3, 2}, 'b', true);
	inject(b, &(struct fragment){6, 2}, 'c', true);
	CHECK_EQ_I(inject(b, &(struct fragment){4, 2}, 'b', true), MIEN_DROP_NONE);
	CHECK_EQ_I(inject(b, &(struct fragment){4, 1}, 'x', true), MIEN_DROP_FRAG_OVERLAP);
	CHECK_EQ_U(b->net.datagrams.used, 0);
	bed_free(b);
}

static void
a_duplicate_of_what_came_in_two_is_ignored(void)
{
	struct bed *b = bed_with(MIEN_OVERLAP_RFC5722);

	inject(b, &(struct fragment){0, 1}, 'a', true);
	inject(b, &(struct fragment){2, 2}, 'b', true);
	inject(b, &(struct fragment){4, 2}, 'c', true);
	CHECK_EQ_I(inject(b, &(struct fragment){3, 2}, 'x', true), MIEN_DROP_NONE);
	CHECK_EQ_U(b->net.datagrams.used, 1);
	CHECK_EQ_I(inject(b, &(struct fragment){5, 2}, 'x', true), MIEN_DROP_FRAG_OVERLAP);
	CHECK_EQ_U(b->net.datagrams.used, 0);
	bed_free(b);
}

static void
views_need_mbufs(void)
{
	/* given a piece whose neighbours on both sides come with one fragment, and mbufs for that and `left` views */
	for (unsigned int left = 0; left < 3; left++) {
		struct bed *b = bed_with(MIEN_OVERLAP_FIRST);
		enum mien_drop drop;

		inject(b, &(struct fragment){2, 2}, 'a', true);
		bed_starve(b, 1 + left);
		drop = inject(b, &(struct fragment){0, 6}, 'b', true);
		bed_feed(b);

		/* then two views are enough, and with less the datagram is lost */
		CHECK_EQ_I(drop, left < 2 ? MIEN_DROP_NO_MBUF : MIEN_DROP_NONE);
		CHECK_EQ_U(b->net.datagrams.used, left == 2);
		CHECK(left == 2 || b->env.mbufs_held == 0);
		bed_free(b);
	}
}

static const struct test_case cases[] = {
	{"the published vector gives each policy's result", every_policy_has_its_winner},
	{"the long picture has its text under each policy", the_long_picture_has_its_text_under_each_policy},
	{"newer systems let nobody win", newer_systems_let_nobody_win},
	{"windows and solaris let a covering fragment win", covered_pieces_are_replaced_where_the_policy_says},
	{"an overlap with equal bytes is no conflict", equal_bytes_are_no_conflict},
	{"under last a fragment inside another one splits it", a_piece_inside_another_splits_it},
	{"random overlaps leave sorted pieces with the winner's bytes", random_overlaps_keep_the_order},
	{"without mbufs the datagram is lost and nothing leaks", without_mbufs_the_datagram_is_lost},
	{"what does not overlap is not compared", what_does_not_overlap_is_not_compared},
	{"a duplicate of what came in two pieces is ignored", a_duplicate_of_what_came_in_two_is_ignored},
	{"parts of a fragment need mbufs, and without them the datagram is lost", views_need_mbufs},
	{NULL, NULL},
};

const struct test_suite overlap_suite = {"overlap", NULL, NULL, cases, NULL, NULL};
