/* SPDX-License-Identifier: BSD-3-Clause */
/* Profiles as text: show, diff, write, the list of knobs. */
#include "suites.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void
check_reads_back(const struct mien_profile *p)
{
	struct mien_profile *again = NULL;
	struct mien_error err;
	struct string s;
	struct mien_sink sink = string_sink(&s);

	mien_profile_write(p, &sink);
	if (mien_profile_parse(s.text, s.len, "written", &again, &err) != 0)
		REQUIRE_FAIL("%s: %u:%u: %s", mien_profile_name(p), err.line, err.column, err.text);
	CHECK_MEM(mien_profile_personality(again), mien_profile_personality(p),
		sizeof(struct mien_personality));
	CHECK_EQ_U(mien_profile_is_abstract(again), mien_profile_is_abstract(p));
	mien_profile_unref(again);
	free(s.text);
}

static void
builtins_read_back(void)
{
	struct mien_profile_info info;

	for (size_t i = 0; mien_profile_builtin(i, &info); i++) {
		struct mien_profile *p = builtin_profile(info.name);

		check_reads_back(p);
		mien_profile_unref(p);
	}
}

static void
odd_values_read_back(void)
{
	struct mien_profile *p = profile_of(
		"expect: {nmap: 'a \"b\" \\ c'}\nip: {ttl: copy, tos: copy, rst: {tos: 7}}\n"
		"icmp: {errors: {quote: all, max: mtu, id: 7, ttl-delta: -51, length-delta: 20, "
		"udp-checksum: constant}}\n"
		"tcp:\n  isn: {generator: deck, gcd: 64000, isr: 0xA0, sp: 0x14}\n  synack: "
		"{options: [ts, sackok, mss]}\n"
		"  answers: {closed.any: {send: rst, payload: 'a\"\\'}, closed.fin+: {send: ack, "
		"flags: [ack, psh], window: 9},"
		" time-wait.rst: drop, established.null: {send: rst-ack, df: copy, ttl: 1, "
		"options: ts, copy: [reserved]}}\n");

	check_reads_back(p);
	mien_profile_unref(p);
}

static void
every_knob_can_be_set_to_what_it_shows(void)
{
	struct mien_profile *p = builtin_profile("macos");
	struct mien_knob_value v;
	char value[512], set[700];

	for (size_t i = 0; mien_profile_knob(p, i, &v, value, sizeof(value)); i++) {
		const struct mien_personality before = *mien_profile_personality(p);
		struct mien_error err;

		snprintf(set, sizeof(set), "%s=%s", v.key, value);
		if (mien_profile_set(&p, set, &err) != 0)
			FAIL("%s: %s", set, err.text);
		else if (strstr(v.key, "tcp.synack.options") == NULL &&
			 strstr(v.key, "tcp.synack.window.") == NULL)
			CHECK_MEM(mien_profile_personality(p), &before, sizeof(before));
	}
	mien_profile_unref(p);
}

static void
diff_names_what_differs(void)
{
	struct mien_profile *a = builtin_profile("linux-6"), *b = mien_profile_ref(a);
	struct string s;
	struct mien_sink sink = string_sink(&s);

	REQUIRE_EQ_I(mien_profile_set(&b, "tcp.rto.min=300ms", NULL), 0);
	REQUIRE_EQ_I(mien_profile_set(&b, "tcp.answers.closed.fin-psh-urg=drop", NULL), 0);

	CHECK_EQ_U(mien_profile_diff(a, b, &sink), 2);
	CHECK_STR(s.text,
		"tcp.rto.min: 200ms -> 300ms\ntcp.answers.closed.fin-psh-urg: rfc -> drop\n");
	free(s.text);

	sink = string_sink(&s);
	CHECK_EQ_U(mien_profile_diff(a, a, &sink), 0);
	CHECK_NULL(s.text);
	mien_profile_unref(a);
	mien_profile_unref(b);
}

static void
check_holds(const char *text, const char *line)
{
	if (strstr(text, line) == NULL)
		FAIL("missing: %s\nin\n%.3000s", line, text);
}

static void
show_names_value_unit_and_origin(void)
{
	struct mien_profile *p = builtin_profile("windows-10");
	struct string s;
	struct mien_sink sink = string_sink(&s);

	REQUIRE_EQ_I(mien_profile_set(&p, "ip.ttl=64", NULL), 0);
	mien_profile_show(p, &sink);

	check_holds(s.text, "windows-10: Microsoft Windows 10 1709 - 22H2\n");
	check_holds(s.text, "inherits windows-nt10 < windows-nt62 < windows-nt6\n");
	check_holds(s.text, "ip.rst.ttl                               64 hops                      "
			    "                set\n");
	check_holds(s.text, "tcp.wscale                               8 bits                       "
			    "                inherited from windows-nt6\n");
	check_holds(s.text, "tcp.synack.options                       [mss, nop, wscale, nop, nop, "
			    "sackok]         profile\n");
	check_holds(s.text, "tcp.nagle                                on                           "
			    "                default\n");
	check_holds(s.text, "tcp.receive-buffer.max                   4MiB                         "
			    "                inherited from windows-nt10\n");
	check_holds(s.text, "tcp.answers.listen.ack+");
	check_holds(s.text, "\nevidence\n");
	check_holds(s.text, "  nmap: Microsoft Windows 10\n");
	free(s.text);
	mien_profile_unref(p);
}

static void
knobs_have_help_and_range(void)
{
	char value[512], range[512];
	struct mien_knob_value v;
	size_t count = 0;

	for (; mien_profile_knob(NULL, count, &v, value, sizeof(value)); count++) {
		mien_profile_knob_range(count, range, sizeof(range));
		CHECK(strlen(v.help) > 5);
		CHECK(strlen(range) > 3);
		CHECK(value[0] != '\0');
		CHECK_EQ_U(v.origin, MIEN_ORIGIN_DEFAULT);
	}
	CHECK_EQ_U(count, mien_profile_knobs());
	CHECK(count > 150);
}

static void
knob_value_is_cut_at_the_buffer(void)
{
	struct mien_profile *p = builtin_profile("macos");
	struct mien_knob_value v;

	for (size_t cap = 1; cap < 64; cap++) {
		char *exact = calloc(1, cap);

		REQUIRE_NOT_NULL(exact);
		for (size_t i = 0; mien_profile_knob(p, i, &v, exact, cap); i++)
			CHECK(strlen(exact) < cap);
		free(exact);
	}
	mien_profile_unref(p);
}

static const struct test_case cases[] = {
	{"every built-in profile that is written reads back as the same block", builtins_read_back},
	{"unusual values that are written read back as the same block", odd_values_read_back},
	{"every knob can be set to the value it shows", every_knob_can_be_set_to_what_it_shows},
	{"diff names what differs and nothing else", diff_names_what_differs},
	{"show names value, unit and origin", show_names_value_unit_and_origin},
	{"every knob has a sentence and a range", knobs_have_help_and_range},
	{"a value is cut at the end of the buffer", knob_value_is_cut_at_the_buffer},
	{NULL, NULL},
};

const struct test_suite text_suite = {"text", NULL, NULL, cases, NULL, NULL};
