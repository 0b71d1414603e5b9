/* SPDX-License-Identifier: BSD-3-Clause */
/* Every kind of mistake gives one error with its place and a way out. */
#include "suites.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct mistake {
	const char *text;
	unsigned int line, column;
	const char *word; /* stands in the message */
};

static const struct mistake files[] = {
	{"", 0, 0, "empty"},
	{"# nothing\n", 0, 0, "empty"},
	{"a: b: c\n", 1, 5, "not YAML"},
	{"a: [1, 2\n", 2, 1, "not YAML"},
	{"[a, b]\n", 1, 1, "mapping"},
	{HEAD "---\nname: u\n", 5, 1, "second document"},
	{"title: T\nevidence: [{what: w, source: s}]\n", 1, 1, "name: is missing"},
	{"name: n\nevidence: [{what: w, source: s}]\n", 1, 1, "title: is missing"},
	{"name: N N\ntitle: T\n", 1, 7, "lower-case"},
	{"name: [n]\ntitle: T\n", 1, 7, "one value"},
	{"name: ''\ntitle: T\n", 1, 7, "bytes"},
	{"name: n\ntitle: \"a\\tb\"\n", 2, 8, "control character"},
	{"name: n\ntitle: T\n", 1, 1, "evidence: is missing"},
	{"name: n\ntitle: T\nevidence: []\n", 3, 11, "list"},
	{"name: n\ntitle: T\nevidence: [{what: w}]\n", 3, 12, "needs what: and source:"},
	{"name: n\ntitle: T\nevidence: [{what: w, source: s, who: x}]\n", 3, 33, "unknown key who"},
	{"name: n\ntitle: T\nevidence: [{what: w, source: s, keys: ip}]\n", 3, 39, "list of keys"},
	{"name: n\ntitle: T\nevidence: [{what: w, source: s, keys: [up]}]\n", 3, 40,
		"neither a key nor a group"},
	{"name: n\ntitle: T\nevidence: [{what: w, source: s, keys: [ip]}]\ntcp: {nagle: off}\n", 4,
		14, "no evidence for tcp.nagle"},
	{HEAD "title: U\n", 4, 1, "twice"},
	{HEAD "abstract: maybe\n", 4, 11, "on or off"},
	{HEAD "expect: {nmpa: x}\n", 4, 10, "unknown key nmpa"},
	{HEAD "expect: [x]\n", 4, 9, "mapping"},
	{HEAD "expect: {nmap-print: 6x}\n", 4, 22, "a line number"},
	{HEAD "expect: {nmap-t1: 'R=Y%%DF'}\n", 4, 19, "ATTRIBUTE=EXPRESSION"},
	{HEAD "expect: {nmap-t1: 'R=Y%'}\n", 4, 19, "ATTRIBUTE=EXPRESSION"},
	{HEAD "expect: {nmap-t8: R=Y}\n", 4, 10, "unknown key nmap-t8"},
	{HEAD "expect: {arp-answers: '0101010000'}\n", 4, 23, "eleven"},
	{HEAD "expect: {syn-signature: '4:64+0'}\n", 4, 25, "version:ttl"},
	{HEAD "expect: {syn-times: '1 2 4'}\n", 4, 21, "silence or rst"},
	{HEAD "expect: {synack-times: 'rst '}\n", 4, 24, "silence or rst"},
	{HEAD "inherits: windows-95\n", 4, 11, "no personality is called"},
	{HEAD "inherits: none.yaml\n", 4, 11, "cannot be opened"},
	{HEAD "inherits: [a]\n", 4, 11, "one value"},
};

static const struct mistake knobs_wrong[] = {
	{"tpc: {nagle: off}\n", 4, 1, "unknown key tpc; did you mean tcp?"},
	{"ip: {tll: 5}\n", 4, 6, "did you mean ip.ttl?"},
	{"firewall: on\n", 4, 1, "unknown key firewall; `mien"},
	{"tcp: {nagel: off}\n", 4, 7, "did you mean tcp.nagle?"},
	{"tcp: 5\n", 4, 6, "mapping"},
	{"tcp: {nagle: off, nagle: on}\n", 4, 19, "twice"},
	{"tcp: {nagle: off}\ntcp.nagle: on\n", 5, 12, "set twice (first in line 4)"},
	{"tcp: {nagle: maybe}\n", 4, 14, "off, on or small"},
	{"tcp: {cork-ends: maybe}\n", 4, 18, "on or off"},
	{"tcp: {nagle: [on]}\n", 4, 14, "one value, got a list"},
	{"ip: {ttl: 300x}\n", 4, 11, "1..255 or copy"},
	{"ip: {ttl: 256}\n", 4, 11, "1..255 or copy"},
	{"ip: {ttl: -1}\n", 4, 11, "1..255 or copy"},
	{"ip: {rst: {ttl: 0x}}\n", 4, 17, "1..255 or copy"},
	{"ip: {rst: {id: {policy: chaos}}}\n", 4, 25, "per-connection"},
	{"ip: {rst: {id: {counter: 4}}}\n", 4, 26, "0..3"},
	{"tcp: {wscale: 256}\n", 4, 15, "0..255"},
	{"tcp: {rto: {min: 200}}\n", 4, 18, "a duration in ms, s, min or h"},
	{"tcp: {rto: {min: 2 s}}\n", 4, 18, "a duration"},
	{"tcp: {rto: {min: 0ms}}\n", 4, 18, "1ms..1h"},
	{"tcp: {timestamps: {clock: 100}}\n", 4, 27, "Hz"},
	{"tcp: {receive-buffer: {initial: 64KB}}\n", 4, 33, "KiB"},
	{"icmp: {errors: {ttl-delta: +200}}\n", 4, 28, "-100..100"},
	{"icmp: {errors: {quote: 8}}\n", 4, 24, "28..65535 or all"},
	{"tcp: {syn: {window: 70000}}\n", 4, 21, "16 bits"},
	{"tcp: {syn: {window: {base: 70000, shift: 0}}}\n", 4, 42, "16 bits"},
	{"ip: {ttl: 9}\ntcp: {rto: {min: 3s, max: 2s}}\n", 5, 27, "contradict each other"},
	{"tcp: {rto: {initial: 3min}}\n", 4, 22, "tcp.rto.initial: the values do not fit"},
	{"tcp: {persist: {min: 3s, max: 1s}}\n", 4, 31, "persist"},
	{"tcp: {receive-buffer: {max: 1KiB}}\n", 4, 29, "below the buffer"},
	{"tcp: {mss: {rule: constant}}\n", 4, 19, "constant MSS is 0"},
	{"tcp: {mss: {default: 40, floor: 41}}\n", 4, 33, "below the floor"},
	{"tcp: {reset-rate: {per-second: 9, burst: 0}}\n", 4, 42, "no burst"},
	{"icmp: {errors: {destination: {per-second: 1}}}\n", 4, 43, "no burst"},
	{"icmp: {echo: {per-second: 1}}\n", 4, 27, "no burst"},
	{"icmp: {errors: {ip-checksum: constant}}\n", 4, 30, "cannot be constant"},
	{"tcp: {syn: {options: [mss, 0x04020101]}}\n", 4, 22, "has a word"},
	{"tcp: {syn: {options: [mss, 0x03030a00]}}\n", 4, 22, "has a word"},
	{"tcp: {syn: {window: {rule: round}}}\n", 4, 28, "constant, ceil, floor or mss"},
	{"tcp: {syn: {options: mss}}\n", 4, 22, "list"},
	{"tcp: {syn: {options: [mss, md5]}}\n", 4, 28, "none of mss"},
	{"tcp: {syn: {options: [mss, mss]}}\n", 4, 28, "twice"},
	{"tcp: {syn: {options: [sackok, sackok]}}\n", 4, 31, "twice"},
	{"tcp: {syn: {options: [mss, wscale]}}\n", 4, 22, "multiple of 4"},
	{"tcp: {syn: {options: [eol, mss, nop, nop, nop]}}\n", 4, 22, "behind eol"},
	{"tcp: {syn: {options: [nop, nop, sack]}}\n", 4, 22, "tcp.segment.sack-options only"},
	{"tcp: {segment: {sack-options: [nop, nop, nop, nop]}}\n", 4, 31, "does not end in sack"},
	{"tcp: {segment: {options: [nop, nop, nop, nop]}}\n", 4, 26, "timestamps has none"},
	{"tcp: {synack: {options-without: {ts: [mss, nop, nop, ts]}}}\n", 4, 38, "not negotiated"},
	{"tcp: {syn: {gaps: []}}\n", 4, 19, "1 to 14 durations"},
	{"tcp: {syn: {gaps: [1s, 2]}}\n", 4, 24, "no duration"},
	{"tcp: {rto: {backoff: [1, 0]}}\n", 4, 26, "1 to 255"},
	{"tcp: {rto: {backoff: [1, x]}}\n", 4, 26, "1 to 255"},
	{"tcp: {rto: {backoff: 2}}\n", 4, 22, "a list"},
	{"tcp: {rto: {backoff: [1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1]}}\n", 4, 22, "at most 15"},
	{"tcp: {backlog: {full: cookie}}\n", 4, 23, "silent, rst or cookies"},
	{"tcp: {accept-queue: {ack: answer}}\n", 4, 27, "ignore or rst"},
	{"tcp: {overlap: bsd-right}\n", 4, 16, "old-linux"},
	{"tcp: {isn: {deck: [1, 2, 3, 4, 5, 6]}}\n", 4, 19, "five increments, got 6"},
	{"tcp: {synack: {cases: [{offered: [mss], isn: 5}]}}\n", 4, 46, "zero, peer-ack"},
	{"tcp: {synack: {cases: [{offered: [mss], ecn: 1}]}}\n", 4, 46, "only \"on\""},
	{"tcp: {isn: {deck: [1, 2, 3, 4, 2147483648]}}\n", 4, 32, "no number"},
	{"tcp: {isn: {generator: deck, gcd: 1}}\n", 4, 35, "go together"},
	{"tcp: {isn: {generator: step, gcd: 1, isr: 9, sp: 9}}\n", 4, 35, "generator: deck"},
	{"tcp: {isn: {generator: deck, gcd: 1, isr: 0x80, sp: 0x100}}\n", 4, 35,
		"no five increments"},
	{"tcp: {isn: {generator: deck, gcd: one, isr: 1, sp: 1}}\n", 4, 35, "no number"},
	{"arp: {answers: [zero-sender, gratuitous]}\n", 4, 30, "none of loopback-sender"},
	{"arp: {answers: [zero-sender, zero-sender]}\n", 4, 30, "twice"},
	{"tcp: {ports: {low: 5000, high: 1000}}\n", 4, 32, "source ports is empty"},
	{"tcp: {answers: [x]}\n", 4, 16, "mapping"},
	{"tcp: {answers: {open.syn: rst}}\n", 4, 17, "STATE.FLAGS"},
	{"tcp: {answers: {closed.sin: rst}}\n", 4, 17, "STATE.FLAGS"},
	{"tcp: {answers: {closed.syn-: rst}}\n", 4, 17, "STATE.FLAGS"},
	{"tcp: {answers: {closed.syn: reset}}\n", 4, 29, "none of rfc, drop"},
	{"tcp: {answers: {closed.syn: {seq: zero}}}\n", 4, 29, "send: is missing"},
	{"tcp: {answers: {closed.syn: {send: drop, seq: zero}}}\n", 4, 47, "no meaning"},
	{"tcp: {answers: {closed.syn: {send: rst, seq: one}}}\n", 4, 46, "seg-ack"},
	{"tcp: {answers: {closed.syn: {send: rst, color: red}}}\n", 4, 48, "unknown key color"},
	{"tcp: {answers: {closed.syn: {send: rst, window: 70000}}}\n", 4, 49, "0 to 65535"},
	{"tcp: {answers: {closed.syn: {send: rst, payload: 0123456789abcdef0123456789abcdef0123456789ab}}}\n", 4, 50,
		"longer than 43"},
	{"tcp: {synack: {cases: [{mss: 1400, window: 9}]}}\n", 4, 24, "offered: is missing"},
	{"tcp: {synack: {cases: [{offered: [mss, foo]}]}}\n", 4, 40, "foo"},
	{"tcp: {synack: {cases: [{offered: [mss], window: 65536}]}}\n", 4, 49, "0 to 65535"},
	{"tcp: {synack: {cases: [{offered: [mss], wnd: 1}]}}\n", 4, 46, "unknown key wnd"},
	{"tcp: {synack: {cases: [{offered: [mss], options: [mss=70000, eol]}]}}\n", 4, 51, "none of mss"},
	{"tcp: {synack: {options: [mss, 0x01, nop, nop, nop]}}\n", 4, 37, "behind raw bytes"},
	{"tcp: {synack: {options: [mss, kind=8, nop, nop]}}\n", 4, 31, "no word of its own"},
	{"tcp: {synack: {options: [mss, kind=256, nop, nop]}}\n", 4, 31, "6 to 255"},
	{"tcp: {synack: {options: [mss, kind=30+0x1, nop, nop]}}\n", 4, 31, "hexadecimal"},
	{"tcp: {answers: {closed.syn: {send: rst, options: 0x0101}}}\n", 4, 50, "multiple of 4"},
	{"tcp: {answers: {closed.syn: {send: rst, flags: rst}}}\n", 4, 48, "list"},
	{"\"a\\nb\": 1\n", 4, 1, "control character"},
	{"? [a]\n: 1\n", 4, 3, "one value"},
};

static void
check_mistake(const char *text, const struct mistake *m)
{
	struct mien_profile *p = (void *)1;
	struct mien_error err = {0};
	size_t len = strlen(text);
	char *exact = calloc(1, len ? len : 1);

	REQUIRE_NOT_NULL(exact);
	memcpy(exact, text, len);
	if (mien_profile_parse(exact, len, "dir/f.yaml", &p, &err) == 0) {
		FAIL("accepted: %s", text);
		mien_profile_unref(p);
		p = NULL;
	} else if (err.line != m->line || err.column != m->column ||
		   strstr(err.text, m->word) == NULL) {
		FAIL("%s\nwanted %u:%u: ...%s...\ngot    %u:%u: %s", text, m->line, m->column,
			m->word, err.line, err.column, err.text);
	}
	CHECK_NULL(p);
	if (err.text[0])
		CHECK_STR(err.file, "dir/f.yaml");
	free(exact);
}

static void
whole_files(void)
{
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		check_mistake(files[i].text, &files[i]);
}

static void
single_knobs(void)
{
	char text[1024];

	for (size_t i = 0; i < sizeof(knobs_wrong) / sizeof(knobs_wrong[0]); i++) {
		strcpy(text, HEAD);
		strcat(text, knobs_wrong[i].text);
		check_mistake(text, &knobs_wrong[i]);
	}
}

/* Exact rules for the 32 combinations without RST, in two states, each with a window of its own. */
static void
too_many_answers(void)
{
	static const char *const words[] = {"-fin", "-syn", "-rst", "-psh", "-ack", "-urg"};
	char text[8192] = HEAD "tcp:\n  answers:\n";
	struct mien_profile *p = NULL;
	struct mien_error err;

	for (unsigned int i = 0; i < 48; i++) {
		unsigned int f = (i & 3) | (i % 32 & 28) << 1;
		char flags[32] = "";
		size_t n = strlen(text);

		for (unsigned int bit = 0; bit < 6; bit++)
			if (f & 1u << bit)
				strcat(flags, words[bit]);
		snprintf(text + n, sizeof(text) - n, "    %s.%s: {send: rst, window: %u}\n",
			i < 32 ? "closed" : "listen", f ? flags + 1 : "null", i + 1);
	}

	CHECK_EQ_I(mien_profile_parse(text, strlen(text), "f", &p, &err), MIEN_EPARSE);
	CHECK_NULL(p);
	CHECK_NOT_NULL(strstr(err.text, "more than 47 different answers"));
}

static void
names_are_suggested(void)
{
	struct mien_profile *p;
	struct mien_error err;

	CHECK_EQ_I(mien_profile_load("windows-12", &p, &err), MIEN_ENOENT);
	CHECK_NULL(p);
	CHECK_NOT_NULL(strstr(err.text, "windows-11"));
	CHECK_EQ_I(mien_profile_load("no/such/file.yaml", &p, &err), MIEN_ENOENT);
	CHECK_STR(err.file, "no/such/file.yaml");
	CHECK_EQ_I(mien_profile_load("no/such/file.yaml", &p, NULL), MIEN_ENOENT);
}

static void
assignments_are_checked(void)
{
	struct mien_profile *p = builtin_profile("linux-6"), *before = p;
	struct mien_error err;

	CHECK_EQ_I(mien_profile_set(&p, "ip.ttl", &err), MIEN_EINVAL);
	CHECK_EQ_I(mien_profile_set(&p, "=5", &err), MIEN_EINVAL);
	CHECK_EQ_I(mien_profile_set(&p, "ip.ttl=", &err), MIEN_EPARSE);
	CHECK_EQ_I(mien_profile_set(&p, "ip.ttl=0", &err), MIEN_EPARSE);
	CHECK_NOT_NULL(strstr(err.text, "1..255"));
	CHECK_EQ_I(mien_profile_set(&p, "ip.tll=5", &err), MIEN_EPARSE);
	CHECK_EQ_I(mien_profile_set(&p, "tcp.ports.low=65000", &err), MIEN_EPARSE);
	CHECK_EQ_I(mien_profile_set(&p, "tcp.answers.closed.x=drop", &err), MIEN_EPARSE);
	CHECK_EQ_I(mien_profile_set(&p, "tcp.answers=drop", &err), MIEN_EPARSE);
	CHECK_EQ_I(mien_profile_set(&p, "name=x", &err), MIEN_EPARSE);

	CHECK_PTR(p, before);
	CHECK_EQ_U(mien_profile_personality(p)->ip[0].ttl, 64);
	mien_profile_unref(p);
}

static const struct test_case cases[] = {
	{"a file that is no profile is refused with line and column", whole_files},
	{"a wrong value is refused with line and column and what may stand there", single_knobs},
	{"more answers than a block holds are refused", too_many_answers},
	{"an unknown name is answered with the names there are", names_are_suggested},
	{"a wrong assignment leaves the profile as it was", assignments_are_checked},
	{NULL, NULL},
};

const struct test_suite mistakes_suite = {"mistakes", NULL, NULL, cases, NULL, NULL};
