/* SPDX-License-Identifier: BSD-3-Clause */
/* Layouts: bytes from words, and what is left of them when an option was not negotiated. */
#include "layout.h"
#include "observe.h"
#include "suites.h"

#include <stdio.h>
#include <string.h>

#define SACK MIEN_NEG_SACK
#define WS MIEN_NEG_WSCALE
#define TS MIEN_NEG_TS
#define MSS MIEN_NEG_MSS

static void
words_become_bytes(void)
{
	struct mien_profile *p = profile_of(
		"tcp: {syn: {options: [mss, nop, wscale, nop, nop, ts, sackok, eol, eol]}}\n");
	const struct mien_opt_template *t = &mien_profile_personality(p)->syn;
	static const uint8_t want[24] = {
		2, 4, 0, 0, 1, 3, 3, 0, 1, 1, 8, 10, 0, 0, 0, 0, 0, 0, 0, 0, 4, 2, 0, 0};

	CHECK_EQ_U(t->len, 24);
	CHECK_MEM(t->bytes, want, sizeof(want));
	CHECK_EQ_U(t->off_mss, 2);
	CHECK_EQ_U(t->off_wscale, 7);
	CHECK_EQ_U(t->off_ts, 12);
	CHECK_EQ_U(t->off_sack, MIEN_OPT_NONE);
	mien_profile_unref(p);
}

static void
layout_decides_what_is_offered(void)
{
	struct mien_profile *p = profile_of("tcp: {syn: {options: [mss]}, synack: {options: [mss, "
					    "nop, wscale, nop, nop, sackok]}}\n");
	const struct mien_tcp_rule *tcp = &mien_profile_personality(p)->tcp;

	CHECK(!tcp->sack_offer && !tcp->wscale_offer && !tcp->ts.offer);
	CHECK(tcp->sack_accept && tcp->wscale_accept);
	CHECK(!tcp->ts.accept);
	mien_profile_unref(p);
}

static void
options_of_other_kinds_stay_as_they_are(void)
{
	struct mien_profile *p = profile_of("tcp: {synack: {options: [kind=30, mss, nop, wscale, kind=254+0x0102, nop, nop]}}\n");
	const struct mien_opt_template *full = &mien_profile_personality(p)->synack[15];
	const struct mien_opt_template *rest = &mien_profile_personality(p)->synack[MIEN_NEG_MSS];
	static const uint8_t all[16] = {30, 2, 2, 4, 0, 0, 1, 3, 3, 0, 254, 4, 1, 2, 1, 1};
	static const uint8_t less[12] = {1, 1, 30, 2, 2, 4, 0, 0, 254, 4, 1, 2};
	char text[128];

	CHECK_EQ_U(full->len, 16);
	CHECK_MEM(full->bytes, all, sizeof(all));
	layout_format(full, text, sizeof(text));
	CHECK_STR(text, "[kind=30, mss, nop, wscale, kind=254+0x0102, nop, nop]");
	CHECK_EQ_U(mien_profile_personality(p)->synack[MIEN_NEG_MSS | WS].len, 16);
	CHECK_EQ_U(rest->len, 12);
	CHECK_MEM(rest->bytes, less, sizeof(less));
	mien_profile_unref(p);
}

/* What is listed is sent as it is listed, however it is padded. */
static void
nothing_moves_where_nothing_leaves(void)
{
	struct mien_profile *p = profile_of("tcp: {synack: {options: [mss, wscale, nop, 0x0103fe00]}}\n");
	const struct mien_opt_template *t = &mien_profile_personality(p)->synack[MIEN_NEG_MSS | WS];
	static const uint8_t want[12] = {2, 4, 0, 0, 3, 3, 0, 1, 1, 3, 0xfe, 0};

	CHECK_EQ_U(t->len, 12);
	CHECK_MEM(t->bytes, want, sizeof(want));
	mien_profile_unref(p);
}

struct derived {
	const char *full, *no_sack, *no_wscale, *no_ts, *no_sack_ts, *no_wscale_ts, *no_sack_wscale,
		*none;
};

/* The families of layouts and their members, as nmap and p0f have seen them. */
static const struct derived families[] = {
	{"mss, sackok, ts, nop, wscale", "M5B4NNT11NW7", "M5B4ST11", "M5B4NNSNW7", "M5B4NW7",
		"M5B4NNS", "M5B4NNT11", "M5B4"},
	{"mss, nop, wscale, sackok, ts", "M5B4NW7NNT11", "M5B4ST11", "M5B4NW7NNS", "M5B4NW7",
		"M5B4NNS", "M5B4NNT11", "M5B4"},
	{"mss, nop, wscale, nop, nop, ts, nop, nop, sackok", "M5B4NW7NNT11", "M5B4NNT11NNS",
		"M5B4NW7NNS", "M5B4NW7", "M5B4NNS", "M5B4NNT11", "M5B4"},
	{"mss, nop, wscale, nop, nop, ts, sackok, eol, eol", "M5B4NW7NNT11", "M5B4NNT11SLL",
		"M5B4NW7SLL", "M5B4NW7", "M5B4SLL", "M5B4NNT11", "M5B4"},
	{"mss, nop, nop, sackok, nop, wscale, nop, nop, ts", "M5B4NW7NNT11", "M5B4NNSNNT11",
		"M5B4NNSNW7", "M5B4NW7", "M5B4NNS", "M5B4NNT11", "M5B4"},
	{"mss, nop, wscale, nop, nop, ts", "M5B4NW7NNT11", "M5B4NNT11", "M5B4NW7", "M5B4NW7",
		"M5B4", "M5B4NNT11", "M5B4"},
	{"sackok, ts, mss, nop, wscale", "NNT11M5B4NW7", "ST11M5B4", "NNSM5B4NW7", "M5B4NW7",
		"NNSM5B4", "NNT11M5B4", "M5B4"},
	{"mss", "M5B4", "M5B4", "M5B4", "M5B4", "M5B4", "M5B4", "M5B4"},
};

static void
check_member(const struct mien_personality *p, unsigned int set, const char *want)
{
	char got[64];

	observe_options(p, &p->synack[set | MSS], 1460, got, sizeof(got));
	CHECK_STR(got, want);
	observe_options(p, &p->synack[set], 1460, got, sizeof(got));
	CHECK_STR(got, want);
}

static void
missing_layouts_are_derived(void)
{
	for (size_t i = 0; i < sizeof(families) / sizeof(families[0]); i++) {
		const struct derived *d = &families[i];
		char body[256];
		struct mien_profile *profile;
		const struct mien_personality *p;

		snprintf(
			body, sizeof(body), "tcp: {wscale: 7, synack: {options: [%s]}}\n", d->full);
		profile = profile_of(body);
		p = mien_profile_personality(profile);

		check_member(p, WS | TS, d->no_sack);
		check_member(p, SACK | TS, d->no_wscale);
		check_member(p, SACK | WS, d->no_ts);
		check_member(p, WS, d->no_sack_ts);
		check_member(p, SACK, d->no_wscale_ts);
		check_member(p, TS, d->no_sack_wscale);
		check_member(p, 0, d->none);
		mien_profile_unref(profile);
	}
}

static void
given_layouts_win(void)
{
	struct mien_profile *profile = profile_of(
		"tcp:\n  wscale: 6\n  synack:\n    options: [mss, nop, wscale, sackok, ts]\n"
		"    options-without: {ts: [mss, nop, wscale, sackok, eol, eol], mss-ts: [mss, "
		"nop, nop, sackok]}\n");
	const struct mien_personality *p = mien_profile_personality(profile);
	char got[64];

	observe_options(p, &p->synack[SACK | WS | MSS], 1460, got, sizeof(got));
	CHECK_STR(got, "M5B4NW6SLL");
	observe_options(p, &p->synack[SACK | WS], 1460, got, sizeof(got));
	CHECK_STR(got, "M5B4NNS");
	observe_options(p, &p->synack[SACK | MSS], 1460, got, sizeof(got));
	CHECK_STR(got, "M5B4NNS");
	mien_profile_unref(profile);
}

static const struct test_case cases[] = {
	{"words become bytes with their offsets", words_become_bytes},
	{"what a layout lists is what is offered and accepted", layout_decides_what_is_offered},
	{"layouts for what was not negotiated are derived as the real systems' are",
		missing_layouts_are_derived},
	{"a layout that is given wins over a derived one, also where the peer sent no MSS",
		given_layouts_win},
	{"options of other kinds stay as they are", options_of_other_kinds_stay_as_they_are},
	{"nothing moves where nothing leaves", nothing_moves_where_nothing_leaves},
	{NULL, NULL},
};

const struct test_suite layout_suite = {"layout", NULL, NULL, cases, NULL, NULL};
