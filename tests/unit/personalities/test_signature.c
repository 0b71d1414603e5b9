/* SPDX-License-Identifier: BSD-3-Clause */
/* p0f's signatures as values and as profiles. All of them are made up. */
#include "suites.h"

#include <stdlib.h>
#include <string.h>

#include <mien/signature.h>

static const char *
read_back(const char *text)
{
	static char again[MIEN_SIG_CAP];
	struct mien_signature s;
	struct mien_error err = {0};

	if (mien_signature_parse(text, &s, &err) != MIEN_OK)
		REQUIRE_FAIL("%s: %u: %s", text, err.column, err.text);
	mien_signature_format(&s, again);
	return again;
}

static void
a_signature_reads_back_as_it_was_written(void)
{
	static const char *const texts[] = {
		"*:64:0:*:mss*20,10:mss,sok,ts,nop,ws:df,id+:0",
		"4:128+7:0:1460:8192,*:mss,nop,ws,nop,nop,sok::0",
		"6:255-:40:0:*,0::flow,seq-,ack+,bad:+",
		"*:192+?:0:1331:%7,255:?30,sack,nop,eol+3:id-,ecn,0+,ack-,uptr+,urgf+,pushf+,ts1-,ts2+,opt+,exws:*",
		"*:1:255:65535:mtu*1000,0:eol+0:df:0",
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		CHECK_STR(read_back(texts[i]), texts[i]);
}

static void
what_is_no_signature_is_refused_with_its_column(void)
{
	static const struct {
		const char *text;
		unsigned column;
		const char *says;
	} wrong[] = {
		{"", 1, "IP version"},
		{"5:64:0:*:9,0:mss::0", 1, "4, 6 or *"},
		{"4", 2, "colon"},
		{"*:0:0:*:9,0:mss::0", 3, "1 to 255"},
		{"*:256:0:*:9,0:mss::0", 3, "1 to 255"},
		{"*:200+56:0:*:9,0:mss::0", 7, "hops"},
		{"*:64:x:*:9,0:mss::0", 6, "IP options"},
		{"*:64:0:65536:9,0:mss::0", 8, "MSS"},
		{"*:64:0:*:mss*0,0:mss::0", 14, "factor"},
		{"*:64:0:*:%1,0:mss::0", 11, "window"},
		{"*:64:0:*:70000,0:mss::0", 10, "mtu*N"},
		{"*:64:0:*:9:mss::0", 11, "comma"},
		{"*:64:0:*:9,256:mss::0", 12, "scale"},
		{"*:64:0:*:9,0:mss,foo::0", 18, "eol+N"},
		{"*:64:0:*:9,0:mss;nop::0", 17, "comma"},
		{"*:64:0:*:9,0:eol+1,nop::0", 19, "behind eol"},
		{"*:64:0:*:9,0:?256::0", 15, "kind"},
		{"*:64:0:*:9,0:mss:df,evil:0", 21, "pushf+"},
		{"*:64:0:*:9,0:mss:df:1", 21, "payload"},
		{"*:64:0:*:9,0:mss:df:0 ", 22, "ends"},
		{"*:64:0:*:9,0:mss", 17, "comma"},
	};
	struct mien_signature s;

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		struct mien_error err = {0};
		char *exact = strdup(wrong[i].text);

		CHECK_EQ_I(mien_signature_parse(exact, &s, &err), MIEN_EPARSE);
		CHECK_EQ_U(err.column, wrong[i].column);
		if (strstr(err.text, wrong[i].says) == NULL)
			FAIL("%s: \"%s\" says nothing of \"%s\"", wrong[i].text, err.text, wrong[i].says);
		free(exact);
	}
}

static void
check_window(uint16_t window, int32_t mss, bool stamped, uint16_t peer, enum mien_sig_window rule, unsigned factor)
{
	struct mien_signature s = {.version = 4, .mss = mss};

	mien_signature_name_window(&s, window, stamped, 60, peer);

	CHECK_EQ_U(s.window_rule, rule);
	CHECK_EQ_U(s.window, factor);
}

static void
a_window_is_a_multiple_of_the_first_size_that_fits(void)
{
	check_window(4 * 1400, 1400, false, 0, MIEN_SIG_MSS, 4);
	check_window(4 * 1388, 1400, true, 0, MIEN_SIG_MSS, 4);
	check_window(4 * 1388, 1400, false, 0, MIEN_SIG_BYTES, 4 * 1388);
	check_window(4 * 1460, 1400, false, 0, MIEN_SIG_MSS, 4);
	check_window(3 * 1440, 1400, false, 0, MIEN_SIG_MTU, 3);
	check_window(7 * 1460, 1400, false, 1331, MIEN_SIG_MSS, 7); /* the peer's MSS comes last */
	check_window(7 * 1331, 1400, false, 1331, MIEN_SIG_MSS, 7);
	check_window(4 * 99, 99, false, 0, MIEN_SIG_BYTES, 4 * 99);
	check_window(0, 1460, false, 0, MIEN_SIG_BYTES, 0);
}

/* -- files --------------------------------------------------------------------------------------------------------- */

static const char file[] =
	"; invented\nclasses = win,unix\n\n[mtu]\nlabel = Ethernet\nsig = 1500\n\n"
	"[tcp:request]\r\n"
	"label = s:!:Prober:scan\r\n"
	"sys   = @unix\n"
	"sig   = *:64:0:*:9,0:mss:df:0\n"
	"label = g:unix:Thing:\n"
	"sig   = *:64:0:*:*,*:mss,nop,ws:df:0\n"
	"sig   = *:64:0:*:64512,9:mss,nop,ws:df:0\n"
	"[tcp:response]\n"
	"label = s:unix:Thing:2: new\n"
	"sig   = *:64:0:*:mss*4,0:mss:df:0\n"
	"sig   = *:64:0:*:mss*4,*:mss,nop,ws,sok,ts:df,ts1-:0\n"
	"sig   = *:64:0:*:mss*4,0:mss,sok,eol+1:df:0\n"
	"sig   = *:64:0:*:mss*5,0:mss,nop,nop,ts:df:0\n"
	"[http:request]\nlabel = s:!:Browser:\nsig = 1:Host::Firefox\n";

static struct mien_signatures *
signatures_of(const char *text)
{
	struct mien_signatures *s = NULL;
	struct mien_error err = {0};

	if (mien_signatures_parse(text, strlen(text), "sigs.fp", &s, &err) != MIEN_OK)
		REQUIRE_FAIL("%s:%u:%u: %s", err.file, err.line, err.column, err.text);
	return s;
}

static void
a_file_is_read_by_sections_and_labels(void)
{
	struct mien_signatures *s = signatures_of(file);
	const struct mien_signature_entry *tool = mien_signatures_at(s, 0), *generic = mien_signatures_at(s, 1);
	const struct mien_signature_entry *answer = mien_signatures_at(s, 4);

	REQUIRE(tool && generic && answer && mien_signatures_at(s, 6) && !mien_signatures_at(s, 7));
	CHECK_STR(tool->name, "Prober scan");
	CHECK(tool->tool && !tool->response && !tool->generic);
	CHECK_EQ_U(tool->line, 11);
	CHECK_EQ_U(tool->label_line, 9);
	CHECK_STR(generic->name, "Thing");
	CHECK(generic->generic && !generic->tool);
	CHECK_STR(answer->name, "Thing 2: new");
	CHECK_STR(answer->label, "s:unix:Thing:2: new");
	CHECK_STR(answer->text, "*:64:0:*:mss*4,*:mss,nop,ws,sok,ts:df,ts1-:0");
	CHECK(answer->response);
	mien_signatures_free(s);
}

static void
what_is_no_signature_file_is_refused_with_its_place(void)
{
	static const struct {
		const char *text;
		unsigned line, column;
	} wrong[] = {
		{"", 0, 0},
		{"name: linux-6\n", 0, 0},
		{"[tcp:request]\nsig = *:64:0:*:9,0:mss:df:0\n", 2, 7},
		{"[tcp:request]\nlabel = s:unix\n", 2, 9},
		{"[tcp:request]\nlabel = x:unix:a:b\n", 2, 9},
		{"[tcp:request]\nlabel = s:unix:a:b\nsig = *:64\n", 3, 11},
		{"[tcp:request]\nlabel = s:unix:a:b\n sig =  *:64:0:*:9,0:mss:dg:0\n", 3, 26},
		{"[tcp:request]\n label\n", 2, 2},
	};

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		struct mien_signatures *s = (void *)1;
		struct mien_error err = {0};

		CHECK_EQ_I(mien_signatures_parse(wrong[i].text, strlen(wrong[i].text), "sigs.fp", &s, &err), MIEN_EPARSE);
		CHECK(s == NULL);
		CHECK_EQ_U(err.line, wrong[i].line);
		CHECK_EQ_U(err.column, wrong[i].column);
		CHECK_STR(err.file, "sigs.fp");
	}
}

/* -- profiles ------------------------------------------------------------------------------------------------------- */

static struct mien_profile *
profile_from(const struct mien_signatures *s, const size_t chosen[], size_t n, struct string *report)
{
	struct mien_profile *profile = NULL;
	struct mien_error err = {0};
	struct string yaml;
	struct mien_sink out = string_sink(&yaml), said = string_sink(report);

	if (mien_signatures_write(s, chosen, n, "made-up", &out, &said, &err) != 0)
		REQUIRE_FAIL("%s:%u: %s", err.file, err.line, err.text);
	if (mien_profile_parse(yaml.text, yaml.len, "made-up.yaml", &profile, &err) != 0)
		REQUIRE_FAIL("%u:%u: %s\n%s", err.line, err.column, err.text, yaml.text);
	free(yaml.text);
	return profile;
}

static void
check_says(const struct string *report, const char *text)
{
	if (strstr(report->text, text) == NULL)
		FAIL("no \"%s\" in:\n%s", text, report->text);
}

static void
what_is_open_is_chosen_so_that_no_rival_fits(void)
{
	struct mien_signatures *s = signatures_of(file);
	struct string report;
	struct mien_profile *profile = profile_from(s, (size_t[]){1}, 1, &report);
	const struct mien_personality *p = mien_profile_personality(profile);

	CHECK_EQ_U(p->tcp.wscale, 5);
	CHECK_EQ_U(p->tcp.window_syn.base, 61440);
	CHECK_EQ_U(p->tcp.mss_rule, MIEN_MSS_OWN);
	CHECK_STR(mien_profile_title(profile), "Thing");
	CHECK_STR(mien_profile_expect(profile, "p0f-syn"), "Thing");
	CHECK_STR(mien_profile_expect(profile, "syn-signature"), "4:64+0:0:1460:61440,5:mss,nop,ws:df:0");
	check_says(&report, "took syn.mss=own of *\ntook syn.scale=5 of *\ntook syn.window=61440 of *\n");
	check_says(&report, "open synack");
	mien_profile_unref(profile);
	free(report.text);
	mien_signatures_free(s);
}

static void
a_label_is_a_system_that_answers_offers_differently(void)
{
	struct mien_signatures *s = signatures_of(file);
	struct string report;
	struct mien_profile *profile = profile_from(s, (size_t[]){2, 3, 4, 5, 6}, 5, &report);
	const struct mien_personality *p = mien_profile_personality(profile);

	CHECK_EQ_U(p->synack[15].len, 20);
	CHECK_EQ_U(p->synack[MIEN_NEG_MSS].len, 4);
	CHECK_EQ_U(p->synack[MIEN_NEG_MSS | MIEN_NEG_SACK].len, 8);
	CHECK_EQ_U(p->synack[MIEN_NEG_MSS | MIEN_NEG_SACK].bytes[7], 0); /* eol */
	CHECK_EQ_U(p->tcp.window_synack.unit, MIEN_UNIT_MIN);
	CHECK_EQ_U(p->tcp.ts.first_zero, MIEN_TS_ZERO_VALUE);
	CHECK_EQ_U(p->tcp.window_syn.base, 64512);
	CHECK_EQ_U(p->tcp.wscale, 9);
	CHECK_EQ_U(p->tcp.wscale_synack, 0); /* the same was chosen */
	check_says(&report, "cannot line 20: another system's SYN-ACK; --select 20");
	mien_profile_unref(profile);
	free(report.text);
	mien_signatures_free(s);
}

static void
syn_and_synack_may_have_scales_of_their_own(void)
{
	static const char text[] = "[tcp:request]\nlabel = s:unix:A:\nsig = *:64:0:*:65535,3:mss,nop,ws:df:0\n"
				   "[tcp:response]\nlabel = s:unix:A:\nsig = *:128:0:*:65535,0:mss,nop,ws::0\n";
	struct mien_signatures *s = signatures_of(text);
	struct string report;
	struct mien_profile *profile = profile_from(s, (size_t[]){0, 1}, 2, &report);
	const struct mien_personality *p = mien_profile_personality(profile);

	CHECK_EQ_U(p->tcp.wscale, 3);
	CHECK_EQ_U(p->tcp.wscale_synack, 1);
	CHECK_EQ_U(p->ip[MIEN_CLASS_SYN].ttl, 64);
	CHECK_EQ_U(p->ip[MIEN_CLASS_SYNACK].ttl, 128);
	CHECK_EQ_U(p->ip[MIEN_CLASS_SYN].df, MIEN_DF_ON);
	CHECK_EQ_U(p->ip[MIEN_CLASS_SYNACK].id_policy, MIEN_IPID_RANDOM);
	mien_profile_unref(profile);
	free(report.text);
	mien_signatures_free(s);
}

static void
what_no_host_can_show_is_refused_with_a_reason(void)
{
	static const struct {
		const char *text;
		bool response;
		const char *says;
	} wrong[] = {
		{"6:64:0:*:9,0:mss::0", false, "IPv6"},
		{"*:64:4:*:9,0:mss::0", false, "IP options"},
		{"*:64:0:*:9,0:mss::+", false, "payload"},
		{"*:64:0:1460:9,0:nop,nop,sok::0", false, "no mss among"},
		{"*:64:0:*:9,3:mss::0", false, "no ws among"},
		{"*:64:0:*:mss*4,0:nop,nop,sok::0", false, "no MSS of 100"},
		{"*:64:0:90:mss*4,0:mss::0", false, "no MSS of 100"},
		{"*:64:0:1460:mss*45,0:mss::0", false, "16 bits"},
		{"*:64:0:*:mss*700,0:mss::0", false, "16 bits"},
		{"*:64:0:*:9,0:mss,nop::0", false, "multiple of 4"},
		{"*:64:0:*:9,0:mss,mss::0", false, "twice"},
		{"*:64:0:*:9,0:mss,?0,nop,nop,nop::0", false, "kind 0"},
		{"*:64:0:*:9,0:mss,ts,ts,nop,nop,sack,sack::0", false, "46 bytes"},
		{"*:64:0:*:9,0:mss:id+:0", false, "df,id+"},
		{"*:64:0:*:9,0:mss:df,id-:0", false, "id-"},
		{"*:64:0:*:9,0:mss:uptr+,urgf+:0", false, "urgf+"},
		{"*:64:0:*:9,0:mss:ack+:0", true, "SYN-ACK"},
		{"*:64:0:*:9,0:mss:ack-:0", false, "ack-"},
		{"*:64:0:*:9,0:mss:ts1-:0", false, "no ts"},
		{"*:64:0:*:9,0:mss,nop,eol+0:opt+:0", false, "eol+N"},
		{"4:64:0:*:9,0:mss:flow:0", false, "IPv6"},
		{"*:64:0:*:9,15:mss,nop,ws::0", false, "exws"},
		{"*:64:0:*:9,7:mss,nop,ws:exws:0", false, "exws"},
		{"*:64:0:*:9,0:nop,nop,nop,nop:bad:0", false, "malformed"},
	};

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		struct mien_signatures *s;
		struct mien_error err = {0};
		struct string yaml;
		struct mien_sink out = string_sink(&yaml);

		REQUIRE_EQ_I(mien_signatures_line(wrong[i].text, wrong[i].response, &s, &err), MIEN_OK);
		CHECK_EQ_I(mien_signatures_write(s, (size_t[]){0}, 1, "x", &out, NULL, &err), MIEN_EINVAL);
		if (strstr(err.text, wrong[i].says) == NULL)
			FAIL("%s: \"%s\" says nothing of \"%s\"", wrong[i].text, err.text, wrong[i].says);
		CHECK(yaml.text == NULL); /* nothing was written */
		mien_signatures_free(s);
	}
}

static void
a_label_that_is_no_text_does_no_harm(void)
{
	static const char text[] = "[tcp:request]\nlabel = s:unix:A\t\xff\xc3\xa9\xc2\x85\xed\xa0\x80:\"\xf0\x9f\nsig = *:64:0:*:9,0:mss:df:0\n";
	struct mien_signatures *s = signatures_of(text);
	struct string report;
	struct mien_profile *profile = profile_from(s, (size_t[]){0}, 1, &report);

	CHECK_STR(mien_profile_title(profile), "A??\xc3\xa9????? \"??");
	mien_profile_unref(profile);
	free(report.text);
	mien_signatures_free(s);
}

static void
a_line_may_stand_there_as_in_a_file(void)
{
	struct mien_signatures *s;
	const struct mien_signature_entry *e;

	REQUIRE_EQ_I(mien_signatures_line(" sig = *:64:0:*:9,0:mss:df:0 \n", true, &s, NULL), MIEN_OK);
	e = mien_signatures_at(s, 0);
	CHECK(e->response);
	CHECK_STR(e->text, "*:64:0:*:9,0:mss:df:0");
	mien_signatures_free(s);
}

static const struct test_case cases[] = {
	{"a signature reads back as it was written", a_signature_reads_back_as_it_was_written},
	{"what is no signature is refused with its column", what_is_no_signature_is_refused_with_its_column},
	{"a window is a multiple of the first size that fits", a_window_is_a_multiple_of_the_first_size_that_fits},
	{"a file is read by sections and labels", a_file_is_read_by_sections_and_labels},
	{"what is no signature file is refused with its place", what_is_no_signature_file_is_refused_with_its_place},
	{"what is open is chosen so that no rival fits", what_is_open_is_chosen_so_that_no_rival_fits},
	{"a label is a system that answers offers differently", a_label_is_a_system_that_answers_offers_differently},
	{"SYN and SYN-ACK may have scales of their own", syn_and_synack_may_have_scales_of_their_own},
	{"what no host can show is refused with a reason", what_no_host_can_show_is_refused_with_a_reason},
	{"a label that is no text does no harm", a_label_that_is_no_text_does_no_harm},
	{"a line may stand there as in a file", a_line_may_stand_there_as_in_a_file},
	{NULL, NULL},
};
const struct test_suite signature_suite = {.name = "signature", .cases = cases};
