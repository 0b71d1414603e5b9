/* SPDX-License-Identifier: BSD-3-Clause */
/* Prints in nmap's text format as profiles. The prints here are made up. */
#include "suites.h"

#include <stdlib.h>
#include <string.h>

#include <mien/import.h>

#define PRINT \
	"# a comment\n" \
	"Fingerprint Made-up OS 1.0\n" \
	"Class Nobody | Made-up | 1.X | general purpose\n" \
	"SEQ(SP=FB-105%GCD=1-6%ISR=104-10E%TI=Z|RD%CI=I%II=I%TS=8)\n" \
	"OPS(O1=M5B4ST11NW3|NNT11%O2=M578ST11NW3|NNT11%O3=M280NNT11NW3|NNT11%O4=M5B4ST11NW3|NNT11%" \
	"O5=M218ST11NW3|NNT11%O6=M109ST11|NNT11)\n" \
	"WIN(W1=2000%W2=2000%W3=2000%W4=2000%W5=2000%W6=1000)\n" \
	"ECN(R=Y%DF=Y%T=3B-45%TG=40%W=2000%O=M5B4NNSNW3%CC=Y%Q=)\n" \
	"T1(R=Y%DF=Y%T=3B-45%TG=40%S=O%A=S+%F=AS%RD=0%Q=)\n" \
	"T2(R=N)\n" \
	"T3(R=Y%DF=Y%T=3B-45%TG=40%W=2000%S=O%A=S+%F=AS%O=M109ST11NW3%RD=0%Q=)\n" \
	"T4(R=Y%DF=N%T=FA-104%TG=FF%W=400%S=A%A=Z%F=R%O=%RD=0%Q=)\n" \
	"T5(R=Y%DF=N%T=FA-104%TG=FF%W=0%S=Z%A=S+%F=AR%O=%RD=BD1AB510%Q=)\n" \
	"T6(R=Y%DF=N%T=FA-104%TG=FF%W=0%S=A%A=Z%F=R%O=WANM109T10S%RD=1F59B3D4%Q=)\n" \
	"T7(R=Y%DF=N%T=7B-85%TG=80%W=0%S=Z%A=S%F=AR%O=%RD=0%Q=U)\n" \
	"U1(DF=N%T=FA-104%TG=FF%IPL=70%UN=128%RIPL=134%RID=4210%RIPCK=Z%RUCK=0%RUD=G)\n" \
	"IE(DFI=S%T=FA-104%TG=FF%CD=Z)\n"

#define OPTIONS_39 "W1W1W1W1W1W1W1W1W1W1W1W1W1" /* bytes of options */

static struct mien_prints *
prints_of(const char *text)
{
	struct mien_prints *p = NULL;
	struct mien_error err = {0};

	if (mien_prints_parse(text, strlen(text), "p.txt", &p, &err) != 0)
		REQUIRE_FAIL("%s:%u: %s", err.file, err.line, err.text);
	return p;
}

/* The entry as a profile, and what was said of it. */
static struct mien_profile *
profile_from(const char *text, struct string *report)
{
	struct mien_prints *prints = prints_of(text);
	struct mien_profile *profile = NULL;
	struct mien_error err = {0};
	struct string yaml;
	struct mien_sink out = string_sink(&yaml), said = string_sink(report);

	if (mien_prints_write(prints, 0, "made-up", &out, &said, &err) != 0)
		REQUIRE_FAIL("%s:%u: %s", err.file, err.line, err.text);
	if (mien_profile_parse(yaml.text, yaml.len, "made-up.yaml", &profile, &err) != 0)
		REQUIRE_FAIL("%u:%u: %s\n%s", err.line, err.column, err.text, yaml.text);
	free(yaml.text);
	mien_prints_free(prints);
	return profile;
}

static void
an_entry_becomes_a_profile(void)
{
	struct string report;
	struct mien_profile *profile = profile_from(PRINT, &report);
	const struct mien_personality *p = mien_profile_personality(profile);
	const struct mien_answer *t5 = &p->answers[p->answer[MIEN_TCP_CLOSED][2]];
	const struct mien_answer *t7 = &p->answers[p->answer[MIEN_TCP_CLOSED][0x29]];

	CHECK_STR(mien_profile_title(profile), "Made-up OS 1.0");
	CHECK_STR(mien_profile_expect(profile, "nmap-print"), "2");
	CHECK_EQ_U(p->ip[MIEN_CLASS_SYNACK].ttl, 64);
	CHECK_EQ_U(p->ip[MIEN_CLASS_RST].ttl, 255);
	CHECK_EQ_U(p->ip[MIEN_CLASS_RST].df, MIEN_DF_OFF);
	CHECK_EQ_U(p->ip[MIEN_CLASS_ECHO].df, MIEN_DF_COPY);
	CHECK_EQ_U(p->ip[MIEN_CLASS_SYNACK].id_policy, MIEN_IPID_ZERO);
	CHECK_EQ_U(p->ip[MIEN_CLASS_RST].id_policy, MIEN_IPID_COUNTER);
	CHECK_EQ_U(p->tcp.mss_rule, MIEN_MSS_MIN_PEER);
	CHECK_EQ_U(p->tcp.wscale, 3);
	CHECK_EQ_U(p->tcp.window_synack.base, 0x2000);
	CHECK_EQ_U(p->tcp.window_synack_no_wscale.base, 0x1000);
	CHECK_EQ_U(p->tcp.ecn, MIEN_ECN_ACCEPT);
	CHECK_EQ_U(p->tcp.ts.hz, 200);
	CHECK_EQ_U(p->tcp.isn.kind, MIEN_ISN_DECK);
	CHECK_EQ_U(p->answers[p->answer[MIEN_TCP_LISTEN][0]].send, MIEN_SEND_DROP);
	CHECK_EQ_U(p->answers[p->answer[MIEN_TCP_LISTEN][0x2b]].send, MIEN_SEND_SYNACK);
	CHECK_EQ_U(p->answers[p->answer[MIEN_TCP_LISTEN][0x10]].window, 0x400);
	CHECK_MEM(p->payloads[t5->payload - 1].bytes, "No listener", 11);
	CHECK_EQ_U(t7->ttl, 128);
	CHECK(t7->urgent != 0);
	CHECK_EQ_U(p->icmp.quote, 84);
	CHECK_EQ_U(p->icmp.unused, 0x128);
	CHECK_EQ_I(p->icmp.len_delta, -20);
	CHECK_EQ_U(p->icmp.id_swap, 1);
	CHECK_EQ_U(p->icmp.ip_sum, MIEN_SUM_ZERO);
	CHECK_EQ_U(p->icmp.udp_sum, MIEN_SUM_ZERO);
	CHECK_EQ_U(p->icmp.echo_code, MIEN_CODE_ZERO);
	CHECK(strstr(report.text, "took SEQ.TI=Z of Z|RD\n") != NULL);
	CHECK(strstr(report.text, "open SEQ.SS\n") != NULL);
	free(report.text);
	mien_profile_unref(profile);
}

/* Written out and read again it has the same table of cases. */
static void
check_written(const struct mien_profile *profile)
{
	const struct mien_personality *p = mien_profile_personality(profile), *q;
	struct mien_profile *again = NULL;
	struct mien_error err = {0};
	struct string yaml;
	struct mien_sink out = string_sink(&yaml);

	mien_profile_write(profile, &out);
	if (mien_profile_parse(yaml.text, yaml.len, "again.yaml", &again, &err) != 0)
		REQUIRE_FAIL("%u:%u: %s\n%s", err.line, err.column, err.text, yaml.text);
	q = mien_profile_personality(again);
	CHECK_EQ_U(q->n_syn_cases, p->n_syn_cases);
	CHECK_MEM(q->syn_cases, p->syn_cases, sizeof(p->syn_cases));
	free(yaml.text);
	mien_profile_unref(again);
}

/* One case only: the probe without MSS, whose answer no rule of the others gives. */
static void
rules_go_before_cases(void)
{
	struct string report;
	struct mien_profile *profile = profile_from(PRINT, &report);
	const struct mien_personality *p = mien_profile_personality(profile);

	REQUIRE_EQ_U(p->n_syn_cases, 0);
	free(report.text);
	mien_profile_unref(profile);
}

static void
what_no_rule_gives_becomes_a_case(void)
{
	struct string report;
	struct mien_profile *profile = profile_from(
		"Fingerprint Odd\n"
		"OPS(O1=M5B4NW1%O2=M578NW1%O3=M5B4NW1%O4=M5B4LLNL%O5=M5B4NW9%O6=)\n"
		"WIN(W1=1000%W2=1000%W3=1234%W4=1000%W5=1000%W6=0)\n"
		"ECN(R=Y%DF=N%T=40%TG=40%W=1000%O=M5B4NW5%CC=N%Q=)\n"
		"T1(R=Y%DF=N%T=40%S=O%A=S+%F=AS%RD=0%Q=)\n", &report);
	const struct mien_personality *p = mien_profile_personality(profile);

	REQUIRE_EQ_U(p->n_syn_cases, 6);
	CHECK_EQ_U(p->syn_cases[0].mss, 0x578);
	CHECK_EQ_U(p->syn_cases[1].window, 0x1234);
	CHECK_EQ_U(p->syn_cases[2].options.len, 8);
	CHECK_MEM(p->syn_cases[2].options.bytes + 4, "\0\0\1\0", 4);
	CHECK_EQ_U(p->syn_cases[3].wscale, 9);
	CHECK_EQ_U(p->answers[p->syn_cases[4].answer].send, MIEN_SEND_RST);
	CHECK(!p->syn_cases[4].ecn && p->syn_cases[5].ecn); /* whose options are also those of other clients */
	check_written(profile);
	free(report.text);
	mien_profile_unref(profile);
}

/* nmap up to 7.94 does not see the 1 of "1|5-7". */
static void
a_range_goes_before_a_single_number(void)
{
	struct string report;
	struct mien_profile *profile = profile_from(
		"Fingerprint Odd\nSEQ(SP=1D-2D%GCD=1-6%ISR=8A-94%TS=1|5-7)\nOPS(O1=T11NN)\nT1(R=Y%T=79|B0-BA)\n", &report);
	const struct mien_personality *p = mien_profile_personality(profile);

	CHECK_EQ_U(p->tcp.ts.hz, 64);
	CHECK(p->ip[MIEN_CLASS_SYNACK].ttl >= 0xb0);
	CHECK_EQ_U(p->tcp.isn.timed, 1);
	free(report.text);
	mien_profile_unref(profile);
}

static void
mistakes_are_named_with_their_line(void)
{
	static const struct {
		const char *text;
		unsigned line;
		const char *word;
	} wrong[] = {
		{"", 1, "no entry"},
		{"SEQ(SP=1)\n", 1, "outside"},
		{"Fingerprint \n", 1, "outside"},
		{"Fingerprint a\n", 1, "no tests"},
		{"Fingerprint a\n\nFingerprint b\nT2(R=N)\n", 1, "no tests"},
		{"Fingerprint a\nSEQ(SP=1\n", 2, "SEQ(SP=1"},
		{"Fingerprint a\nSEQ(SP)\n", 2, "ATTRIBUTE=VALUE"},
		{"Fingerprint a\nSEQ(XX=1)\n", 2, "XX"},
		{"Fingerprint a\nT2(R=N)\nT9(R=N)\n", 3, "T9"},
		{"Fingerprint a\nT2(R=N)\nT2(R=N)\n", 3, "twice"},
		{"Fingerprint a\nT2(R=N%R=N)\n", 2, "twice"},
	};

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		struct mien_prints *p = NULL;
		struct mien_error err = {0};

		CHECK_EQ_I(mien_prints_parse(wrong[i].text, strlen(wrong[i].text), "p.txt", &p, &err), MIEN_EPARSE);
		CHECK(p == NULL);
		CHECK_EQ_U(err.line, wrong[i].line);
		if (strstr(err.text, wrong[i].word) == NULL)
			FAIL("case %zu: \"%s\" does not say \"%s\"", i, err.text, wrong[i].word);
	}
}

static void
values_that_are_none_are_named(void)
{
	static const char *const wrong[] = {"OPS(O1=M5B4X)", "WIN(W1=10000)", "SEQ(TI=foo)", "T5(R=Y%F=AX)",
		"T5(R=Y%F=AR%W=zz)", "T1(R=Y%F=XS)", "T5(R=Y%F=AR%O=Q)", "U1(IPL=xyz)", "U1(RIPL=12345)",
		"T3(R=Y%F=AS%O=" OPTIONS_39 "NN)", "T5(R=Y%F=AR%O=" OPTIONS_39 "LL)"};

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		char text[128] = "Fingerprint a\n";
		struct mien_prints *p = prints_of(strcat(text, wrong[i]));
		struct mien_error err = {0};
		struct string yaml;
		struct mien_sink out = string_sink(&yaml);

		CHECK_EQ_I(mien_prints_write(p, 0, "a", &out, NULL, &err), MIEN_EPARSE);
		CHECK_EQ_U(err.line, 2);
		CHECK(err.text[0] != '\0');
		free(yaml.text);
		mien_prints_free(p);
	}
}

static void
forty_bytes_of_options_fit(void)
{
	static const char *const full[] = {"T3(R=Y%F=AS%O=" OPTIONS_39 "N)", "T5(R=Y%F=AR%O=" OPTIONS_39 "L)"};

	for (size_t i = 0; i < sizeof(full) / sizeof(full[0]); i++) {
		char text[128] = "Fingerprint a\n";
		struct string report;

		mien_profile_unref(profile_from(strcat(text, full[i]), &report));
		free(report.text);
	}
}

static void
several_entries_are_found(void)
{
	struct mien_prints *p = prints_of("MatchPoints\nSEQ(SP=25)\n\nFingerprint a\nT2(R=N)\n\nFingerprint b\nT2(R=N)\n");
	const char *title;
	unsigned line;

	CHECK(mien_prints_at(p, 1, &title, &line));
	CHECK_STR(title, "b");
	CHECK_EQ_U(line, 7);
	CHECK(!mien_prints_at(p, 2, &title, &line));
	mien_prints_free(p);
}

static const struct test_case cases[] = {
	{"an entry becomes a profile of concrete values", an_entry_becomes_a_profile},
	{"what a rule gives needs no case", rules_go_before_cases},
	{"what no rule gives becomes a case", what_no_rule_gives_becomes_a_case},
	{"a range goes before a single number", a_range_goes_before_a_single_number},
	{"a text that is no print is refused with its line", mistakes_are_named_with_their_line},
	{"a value that is none is named", values_that_are_none_are_named},
	{"as many options as a header holds are no mistake", forty_bytes_of_options_fit},
	{"a database has many entries behind its table of points", several_entries_are_found},
	{NULL, NULL},
};

const struct test_suite import_suite = {"import", NULL, NULL, cases, NULL, NULL};
