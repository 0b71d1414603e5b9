/* SPDX-License-Identifier: BSD-3-Clause */
/* Signatures imported, worn, and read again from the engine's own frames. All of them are made up. */
#include <stdlib.h>
#include <string.h>

#include <mien/signature.h>

#include "oracle_fixture.h"
#include "p0f_match.h"
#include "suites.h"

struct text {
	char at[8192];
	size_t len;
};

static void
append(void *arg, const char *piece, size_t len)
{
	struct text *t = arg;

	REQUIRE(t->len + len < sizeof(t->at));
	memcpy(t->at + t->len, piece, len);
	t->len += len;
}

/* NULL where the importer refuses it. */
static struct mien_profile *
profile_if_any(const char *line, bool response)
{
	struct text yaml = {.len = 0};
	struct mien_sink out = {append, &yaml};
	struct mien_signatures *s;
	struct mien_profile *profile = NULL;
	struct mien_error err = {0};

	if (mien_signatures_line(line, response, &s, &err) != MIEN_OK)
		REQUIRE_FAIL("%s: %u: %s", line, err.column, err.text);
	if (mien_signatures_write(s, (size_t[]){0}, 1, "worn", &out, NULL, &err) == MIEN_OK &&
		mien_profile_parse(yaml.at, yaml.len, "worn.yaml", &profile, &err) != MIEN_OK)
		REQUIRE_FAIL("%s: %u: %s\n%.*s", line, err.line, err.text, (int)yaml.len, yaml.at);
	mien_signatures_free(s);
	return profile;
}

static struct mien_profile *
profile_from(const char *line, bool response)
{
	struct mien_profile *profile = profile_if_any(line, response);

	if (!profile)
		REQUIRE_FAIL("%s: refused", line);
	return profile;
}

/* What the engine shows is what the profile expects, and that what is wanted here. */
static void
check(const char *line, bool response, const char *want)
{
	struct mien_profile *profile = profile_from(line, response);
	struct oracle_print print;
	const char *got = response ? print.p0f_synack : print.p0f_syn;

	REQUIRE_EQ_I(oracle_fingerprint(
			     oracle, mien_profile_personality(profile), 1, NMAP_7_94, ORACLE_P0F, &print),
		MIEN_OK);
	CHECK_STR(got, want);
	CHECK_STR(mien_profile_expect(profile, response ? "synack-signature" : "syn-signature"), want);
	mien_profile_unref(profile);
}

static void
a_syn_shows_every_quirk(void)
{
	check("*:64:0:*:9,0:mss::0", false, "4:64+0:0:1460:9,0:mss::0");
	check("*:64:0:*:9,0:mss:df:0", false, "4:64+0:0:1460:9,0:mss:df:0");
	check("*:64:0:*:9,0:mss:df,id+:0", false, "4:64+0:0:1460:9,0:mss:df,id+:0");
	check("*:64:0:*:9,0:mss:id-:0", false, "4:64+0:0:1460:9,0:mss:id-:0");
	check("*:64:0:*:9,0:mss:ecn:0", false, "4:64+0:0:1460:9,0:mss:ecn:0");
	check("*:64:0:*:9,0:mss:0+:0", false, "4:64+0:0:1460:9,0:mss:0+:0");
	check("*:64:0:*:9,0:mss:flow:0", false, "4:64+0:0:1460:9,0:mss::0");
	check("*:64:0:*:9,0:mss:seq-:0", false, "4:64+0:0:1460:9,0:mss:seq-:0");
	check("*:64:0:*:9,0:mss:ack+:0", false, "4:64+0:0:1460:9,0:mss:ack+:0");
	check("*:64:0:*:9,0:mss:uptr+:0", false, "4:64+0:0:1460:9,0:mss:uptr+:0");
	check("*:64:0:*:9,0:mss:urgf+,pushf+:0", false, "4:64+0:0:1460:9,0:mss:urgf+,pushf+:0");
	check("*:64:0:*:9,0:mss,nop,nop,ts:ts1-,ts2+:0", false, "4:64+0:0:1460:9,0:mss,nop,nop,ts:ts1-,ts2+:0");
	check("*:64:0:*:9,0:mss,nop,eol+2:opt+:0", false, "4:64+0:0:1460:9,0:mss,nop,eol+2:opt+:0");
	check("*:64:0:*:9,*:mss,nop,ws:exws:0", false, "4:64+0:0:1460:9,15:mss,nop,ws:exws:0");
	check("*:64:0:*:9,200:mss,nop,ws:exws:0", false, "4:64+0:0:1460:9,200:mss,nop,ws:exws:0");
	check("*:64:0:*:9,0:mss,nop,nop,sok:bad:0", false, "4:64+0:0:1460:9,0:mss,nop,nop,sok:bad:0");
	check("*:64:0:*:9,0:mss,ts,nop,nop:ts1-,ts2+,bad:0", false, "4:64+0:0:1460:9,0:mss,ts,nop,nop:ts1-,ts2+,bad:0");
}

static void
a_synack_shows_every_quirk(void)
{
	check("*:64:0:*:9,0:mss:df,id+:0", true, "4:64+0:0:1460:9,0:mss:df,id+:0");
	check("*:64:0:*:9,0:mss:id-:0", true, "4:64+0:0:1460:9,0:mss:id-:0");
	check("*:64:0:*:9,0:mss:ecn,0+:0", true, "4:64+0:0:1460:9,0:mss:ecn,0+:0");
	check("*:64:0:*:9,0:mss:seq-:0", true, "4:64+0:0:1460:9,0:mss:seq-:0");
	check("*:64:0:*:9,0:mss:seq-,ack-,uptr+:0", true, "4:64+0:0:1460:9,0:mss:seq-,ack-,uptr+:0");
	check("*:64:0:*:9,0:mss:uptr+,pushf+:0", true, "4:64+0:0:1460:9,0:mss:uptr+,pushf+:0");
	check("*:64:0:*:9,0:mss:urgf+:0", true, "4:64+0:0:1460:9,0:mss:urgf+:0");
	check("*:64:0:*:9,0:mss,nop,nop,ts:ts1-:0", true, "4:64+0:0:1460:9,0:mss,nop,nop,ts:ts1-:0");
	check("*:64:0:*:9,0:mss,nop,eol+2:opt+:0", true, "4:64+0:0:1460:9,0:mss,nop,eol+2:opt+:0");
	check("*:64:0:*:9,20:mss,ws,nop:exws:0", true, "4:64+0:0:1460:9,20:mss,ws,nop:exws:0");
	check("*:64:0:*:9,0:mss,nop,nop,sok:bad:0", true, "4:64+0:0:1460:9,0:mss,nop,nop,sok:bad:0");
}

static void
layouts_of_any_kind_are_worn(void)
{
	check("*:64:0:*:9,7:sok,ts,ws,eol+0::0", false, "4:64+0:0:0:9,7:sok,ts,ws,eol+0::0");
	check("*:64:0:*:9,0:?30,mss,?254::0", false, "4:64+0:0:1460:9,0:?30,mss,?254::0");
	check("*:64:0:*:9,0:mss,nop,?30::0", false, "4:64+0:0:1460:9,0:mss,nop,?30::0");
	check("*:64:0:*:9,0:mss,?30,nop,nop,sok,nop:bad:0", false, "4:64+0:0:1460:9,0:mss,?30,nop,nop,sok,nop:bad:0");
	check("*:64:0:*:9,0:mss,?30,?31:bad:0", false, "4:64+0:0:1460:9,0:mss,?30,?31:bad:0");
	check("*:64:0:*:9,0:mss,nop,nop,sack::0", false, "4:64+0:0:1460:9,0:mss,nop,nop,sack::0");
	check("*:64:0:0:9,0:mss::0", false, "4:64+0:0:0:9,0:mss::0");
	check("*:64:0:*:9,0:::0", false, "4:64+0:0:0:9,0:::0");
	check("*:64:0:*:9,0:mss,?30,nop,nop::0", true, "4:64+0:0:1460:9,0:mss,?30,nop,nop::0");
	check("*:64:0:*:9,0:mss,nop,nop,nop,nop::0", true, "4:64+0:0:1460:9,0:mss,nop,nop,nop,nop::0");
}

static void
windows_and_ttls_are_worn(void)
{
	check("*:64:0:*:mss*44,0:mss::0", false, "4:64+0:0:1460:mss*44,0:mss::0");
	check("*:64:0:*:mss*60,0:mss::0", false, "4:64+0:0:1092:mss*60,0:mss::0");
	check("*:64:0:16396:mss*2,0:mss::0", false, "4:64+0:0:16396:mss*2,0:mss::0");
	check("*:64:0:1300:mtu*3,0:mss::0", false, "4:64+0:0:1300:mtu*3,0:mss::0");
	check("*:64:0:*:%7919,0:mss::0", false, "4:64+0:0:1460:63352,0:mss::0");
	check("*:64:0:*:*,0:mss::0", true, "4:64+0:0:1460:64512,0:mss::0");
	check("*:64:0:900:mss*7,0:mss::0", true, "4:64+0:0:900:mss*7,0:mss::0");
	check("*:192:0:*:9,0:mss::0", false, "4:192+?:0:1460:9,0:mss::0");
	check("*:60-:0:*:9,0:mss::0", true, "4:60+4:0:1460:9,0:mss::0");
	check("4:58+6:0:*:9,0:mss::0", true, "4:64+0:0:1460:9,0:mss::0");
}

/* -- any signature -------------------------------------------------------------------------------------------------- */

#define DRAWN 3000

static uint32_t seed;

static unsigned
draw(unsigned n)
{
	seed = seed * 1664525 + 1013904223;
	return (seed >> 8) % n;
}

static int16_t
one_of(const int16_t *list, unsigned n)
{
	return list[draw(n)];
}

/* A list of options in any order, padded in one of the ways there are. */
static void
draw_options(struct mien_signature *s)
{
	static const uint8_t kinds[] = {2, 3, 4, 8, 1, 1, 30, 5};
	unsigned used = 0, n = draw(7);

	while (s->n_options < n) {
		uint8_t kind = kinds[draw(sizeof(kinds))];

		if (kind == 1 || !memchr(s->options, kind, s->n_options))
			s->options[s->n_options++] = kind;
	}
	for (unsigned i = 0; i < s->n_options; i++)
		used += s->options[i] == 1 ? 1 : s->options[i] == 3 ? 3 : s->options[i] == 2 ? 4 : s->options[i] >= 8 &&
			s->options[i] != 30 ? 10 : s->options[i] == 5 ? 10 : 2;
	if (draw(3) == 0) {
		s->options[s->n_options++] = 0;
		s->eol_pad = (uint8_t)(draw(2) * 4 + 3 - used % 4);
	} else if (draw(4)) { /* else an option of another kind has to fill it */
		for (; used % 4; used++)
			s->options[s->n_options++] = 1;
	}
}

static struct mien_signature
draw_signature(void)
{
	static const int16_t versions[] = {-1, 4}, sizes[] = {-1, -1, 1460, 1300, 536, 99, 0}, scales[] = {-1, 0, 7, 14, 20};
	static const uint32_t quirks[] = {MIEN_QUIRK_DF, MIEN_QUIRK_DF | MIEN_QUIRK_ID, MIEN_QUIRK_NO_ID, 0};
	struct mien_signature s = {.hops = MIEN_HOPS_NONE};

	s.version = (int8_t)one_of(versions, 2);
	s.ttl = (uint8_t)(1 + draw(255));
	s.window_rule = (uint8_t)draw(5);
	s.window = (uint16_t)(s.window_rule == MIEN_SIG_BYTES ? draw(65536) : s.window_rule == MIEN_SIG_ANY ? 0 : 2 + draw(40));
	draw_options(&s);
	s.mss = memchr(s.options, 2, s.n_options) ? one_of(sizes, 7) : 0;
	s.scale = memchr(s.options, 3, s.n_options) ? one_of(scales, 5) : 0;
	s.quirks = quirks[draw(4)];
	for (unsigned i = 3; i < 17; i++)
		s.quirks |= draw(8) == 0 ? 1u << i : 0;
	if (s.scale > 14)
		s.quirks |= MIEN_QUIRK_SCALE;
	return s;
}

/* What the importer takes, the engine shows: as the profile says, and so that the signature fits. */
static void
any_signature_that_is_taken_is_shown(void)
{
	unsigned taken = 0;

	seed = 1;
	for (unsigned i = 0; i < DRAWN; i++) {
		struct mien_signature s = draw_signature(), seen;
		bool response = draw(2);
		struct oracle_print print;
		struct mien_profile *profile;
		char text[MIEN_SIG_CAP];
		const char *got = response ? print.p0f_synack : print.p0f_syn;

		mien_signature_format(&s, text);
		profile = profile_if_any(text, response);
		if (!profile)
			continue;
		taken++;
		REQUIRE_EQ_I(oracle_fingerprint(oracle, mien_profile_personality(profile), i, NMAP_7_94, ORACLE_P0F, &print),
			MIEN_OK);
		REQUIRE_EQ_I(mien_signature_parse(got, &seen, NULL), MIEN_OK);
		if (strcmp(got, mien_profile_expect(profile, response ? "synack-signature" : "syn-signature")) != 0 ||
			p0f_fits(&seen, response ? print.synack_window : print.syn_window, &s) == P0F_NO)
			FAIL("%s %s is shown as\n\t%s, not\n\t%s", text, response ? "SYN-ACK" : "SYN", got,
				mien_profile_expect(profile, response ? "synack-signature" : "syn-signature"));
		mien_profile_unref(profile);
	}
	CHECK(taken > DRAWN / 8);
}

static const struct test_case cases[] = {
	{"a SYN shows every quirk", a_syn_shows_every_quirk},
	{"a SYN-ACK shows every quirk", a_synack_shows_every_quirk},
	{"layouts of any kind are worn", layouts_of_any_kind_are_worn},
	{"windows and TTLs are worn", windows_and_ttls_are_worn},
	{"any signature that is taken is shown", any_signature_that_is_taken_is_shown},
	{NULL, NULL},
};
const struct test_suite worn_suite = {.name = "worn", .setup = oracle_setup, .teardown = oracle_teardown, .cases = cases};
