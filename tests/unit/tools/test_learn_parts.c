/* SPDX-License-Identifier: BSD-3-Clause */
/* What learning is made of: window rules, identification policies, times, the journal. */
#include "suites.h"

#include <stdlib.h>
#include <string.h>

#include "learn/findings.h"
#include "learn/id_policy.h"
#include "learn/journal.h"
#include "learn/read.h"
#include "learn/script.h"
#include "learn/windows.h"

#define MS 1000000ull

/* -- windows --------------------------------------------------------------------------------------------------- */

static void
a_rule_is_found_that_gives_all_windows(void)
{
	const struct mien_window_rule wanted = {.kind = MIEN_WINDOW_FLOOR, .unit = MIEN_UNIT_PEER, .minus_ts = 1,
		.unit_floor = 536, .no_mss = 536, .base = 65535};
	static const uint16_t mss[] = {1460, 1400, 640, 536, 265, 0};
	struct window_sample s[12];
	struct mien_window_rule found;

	for (unsigned i = 0; i < 12; i++) {
		s[i] = (struct window_sample){.peer_mss = mss[i % 6], .own_mss = 1460, .ts = i < 6};
		s[i].window = window_of(&wanted, &s[i]);
	}

	REQUIRE(window_fit(s, 12, &found));

	CHECK_EQ_U(s[4].window, 0xffdc);
	CHECK(found.kind == wanted.kind && found.unit == wanted.unit && found.minus_ts && found.base == 65535 &&
		found.unit_floor == 536 && found.no_mss == 536);
}

static void
windows_without_a_rule_are_left_alone(void)
{
	const struct window_sample s[] = {{1460, 1460, 1111, false}, {1400, 1460, 7, false}, {536, 1460, 65000, false}};
	struct mien_window_rule found;

	CHECK(!window_fit(s, 3, &found));
	CHECK(!window_fit(s, 0, &found));
	CHECK(window_fit(s, 1, &found) && found.kind == MIEN_WINDOW_CONST && found.base == 1111);
}

/* -- identification -------------------------------------------------------------------------------------------- */

/* IDs 25 ms apart, of kinds and peers in turn as the letters say. */
static unsigned
row(struct id_sample *s, const uint16_t *ids, unsigned n, const char *kinds)
{
	for (unsigned i = 0; i < n; i++)
		s[i] = (struct id_sample){.at = i * 25 * MS, .id = ids[i], .port = (uint16_t)(kinds[i] + 1), .peer = (uint32_t)kinds[i],
			.kind = (uint8_t)kinds[i]};
	return n;
}

static void
each_policy_shows_in_a_row_of_numbers(void)
{
	static const struct {
		uint16_t ids[5];
		enum id_policy_kind kind;
		uint16_t value;
	} rows[] = {
		{{0, 0, 0, 0, 0}, ID_ZERO, 0},
		{{0x7d2, 0x7d2, 0x7d2, 0x7d2, 0x7d2}, ID_CONSTANT, 0x7d2},
		{{65534, 65535, 0, 1, 3}, ID_COUNTER, 1},
		{{10, 12, 14, 16, 20}, ID_COUNTER, 2},
		{{0x1000, 0x1100, 0x1200, 0x1300, 0x1500}, ID_SWAPPED, 1},
		{{100, 1500, 3101, 6000, 8001}, ID_STEPS, 2899},
		{{9, 50000, 300, 41000, 7}, ID_RANDOM, 0},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct id_sample s[5];
		struct id_policy p = id_policy_find(s, row(s, rows[i].ids, 5, "aaaaa"));

		CHECK_EQ_U(p.kind, rows[i].kind);
		CHECK_EQ_U(p.value, rows[i].value);
	}
}

static void
one_number_is_no_policy(void)
{
	static const uint16_t ids[] = {77};
	struct id_sample s[1];

	CHECK_EQ_U(id_policy_find(s, row(s, ids, 1, "a")).kind, ID_UNKNOWN);
	CHECK_EQ_U(id_policy_find(s, 0).kind, ID_UNKNOWN);
}

static void
a_shared_counter_goes_on_across_kinds(void)
{
	static const uint16_t shared[] = {5, 6, 7, 9, 10, 11}, apart[] = {5, 900, 6, 901, 7, 902};
	struct id_sample s[6];

	CHECK(id_shared(s, row(s, shared, 6, "ababab"), ID_KINDS));
	CHECK(!id_shared(s, row(s, apart, 6, "ababab"), ID_KINDS));
	CHECK(id_by_port(s, row(s, apart, 6, "ababab")));
	CHECK(!id_shared(s, row(s, shared, 6, "aaaaaa"), ID_KINDS));
}

/* -- times ----------------------------------------------------------------------------------------------------- */

static void
waits_are_rounded_as_they_were_meant(void)
{
	static const struct {
		uint64_t measured;
		const char *words;
	} waits[] = {{1003, "1s"}, {2040, "2s"}, {41, "40ms"}, {203, "200ms"}, {1502, "1500ms"}, {3400, "3400ms"}, {63900, "64s"},
		{60100, "1min"}};

	for (size_t i = 0; i < sizeof(waits) / sizeof(waits[0]); i++) {
		char words[24];

		duration_words(duration_round(waits[i].measured * MS), words);

		CHECK_STR(words, waits[i].words);
	}
}

/* -- findings -------------------------------------------------------------------------------------------------- */

static void
what_was_seen_decides_what_is_the_same(void)
{
	struct findings a = {.n = 0}, b = {.n = 0};

	findings_set(&a, HOW_HELD, "tcp.synack.gaps", "[1s, 2s, 4s]");
	findings_seen(&a, "1s 2s ");
	findings_set(&b, HOW_HELD, "tcp.synack.gaps", "[1s, 2s, 30s]");
	findings_seen(&b, "1s 2s ");
	findings_set(&a, HOW_IDS, "ip.rst.ttl", "%u", 64);
	findings_set(&b, HOW_IDS, "ip.rst.ttl", "%u", 128);
	CHECK(finding_same(&a.at[0], &b.at[0]));
	CHECK_EQ_U(findings_distance(&a, &b), 4);

	findings_set(&a, HOW_HELD, "tcp.synack.gaps", "[1s, 2s]");
	findings_seen(&a, "1s ...");
	CHECK(finding_same(findings_get(&a, "tcp.synack.gaps"), &b.at[0]));
	findings_drop(&a, "ip.rst.");
	CHECK_EQ_U(a.n, 1);

	findings_free(&a);
	findings_free(&b);
}

/* -- the journal ----------------------------------------------------------------------------------------------- */

static void
an_answer_is_told_by_its_ports(void)
{
	const struct observed q = {.kind = OBSERVED_TCP, .src = 1, .dst = 2, .sport = 5, .dport = 80, .flags = FLAG_SYN};
	const struct observed a = {.kind = OBSERVED_TCP, .src = 2, .dst = 1, .sport = 80, .dport = 5, .flags = FLAG_RST};
	struct observed other = a;

	other.dport = 6;
	CHECK(journal_answers(&q, &a));
	CHECK(!journal_answers(&q, &other));
	CHECK(!journal_answers(&a, &a));
	CHECK(is_syn(&q) && !is_synack(&q));
}

static void
a_cut_frame_is_left_out(void)
{
	struct journal j = {.n = 0};

	for (size_t len = 0; len < 60; len++) {
		uint8_t *frame = calloc(1, len + 1); /* exactly so long, but for calloc(0) */

		if (len > 13)
			frame[12] = 8;
		if (len > 14)
			frame[14] = 0x45;
		CHECK_EQ_I(journal_add(&j, 1, true, frame, len), MIEN_OK);
		free(frame);
	}

	CHECK_EQ_U(j.n, 0);
	journal_free(&j);
}

static void
overlapping_pieces_sum_up_alike(void)
{
	for (unsigned o = 0; o < OVERLAPS; o++) {
		for (unsigned i = 0; i < overlaps[o].n; i++) {
			uint8_t body[128];
			size_t len = script_overlap(o, i, 7, body);
			uint32_t sum = 0;

			for (size_t at = 0; at < len; at += 2)
				sum += (uint32_t)(body[at] << 8 | body[at + 1]);

			CHECK_EQ_U(len, 8u * overlaps[o].piece[i].units);
			CHECK_EQ_U(sum % 0xffff, 0);
		}
	}
}

static const struct test_case cases[] = {
	{"a rule is found that gives all windows", a_rule_is_found_that_gives_all_windows},
	{"windows without a rule are left alone", windows_without_a_rule_are_left_alone},
	{"each policy shows in a row of numbers", each_policy_shows_in_a_row_of_numbers},
	{"one number is no policy", one_number_is_no_policy},
	{"a shared counter goes on across kinds", a_shared_counter_goes_on_across_kinds},
	{"waits are rounded as they were meant", waits_are_rounded_as_they_were_meant},
	{"what was seen decides what is the same", what_was_seen_decides_what_is_the_same},
	{"an answer is told by its ports", an_answer_is_told_by_its_ports},
	{"a cut frame is left out", a_cut_frame_is_left_out},
	{"overlapping pieces sum up alike", overlapping_pieces_sum_up_alike},
	{NULL, NULL},
};

const struct test_suite learn_parts_suite = {"learn parts", NULL, NULL, cases, NULL, NULL};
