/* SPDX-License-Identifier: BSD-3-Clause */
/* Parents: values, general and special keys, cycles, where a value comes from. */
#include "suites.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char dir[] = "/tmp/mien-profiles-XXXXXX";

static int
make_dir(void)
{
	return mkdtemp(dir) == NULL;
}

static const char *const names[] = {"a.yaml", "b.yaml", "c.yaml"};

static char *
path_of(const char *name)
{
	static char path[128];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	return path;
}

static int
remove_dir(void)
{
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		unlink(path_of(names[i]));
	return rmdir(dir);
}

static void
write_file(const char *name, const char *text)
{
	FILE *f = fopen(path_of(name), "w");

	REQUIRE_NOT_NULL(f);
	fputs(text, f);
	fclose(f);
}

#define EVIDENCE "title: T\nevidence: [{what: w, source: s}]\n"

static void
child_overrides_parent(void)
{
	struct mien_profile *p = NULL;

	write_file("a.yaml", "name: a\ninherits: b.yaml\n" EVIDENCE "ip: {rst: {ttl: 7}}\n");
	write_file("b.yaml", "name: b\ninherits: plain\n" EVIDENCE
			     "ip: {ttl: 99, rst: {df: off}}\ntcp: {nagle: off}\n");

	REQUIRE_EQ_I(mien_profile_load(path_of("a.yaml"), &p, NULL), 0);

	CHECK_EQ_U(mien_profile_personality(p)->ip[MIEN_CLASS_RST].ttl, 7);
	CHECK_EQ_U(mien_profile_personality(p)->ip[MIEN_CLASS_RST].df, MIEN_DF_OFF);
	CHECK_EQ_U(mien_profile_personality(p)->ip[MIEN_CLASS_ECHO].ttl, 99);
	CHECK_EQ_U(mien_profile_personality(p)->tcp.nagle, 0);
	CHECK_STR(mien_profile_parent(p), "b");
	CHECK_STR(mien_profile_personality(p)->name, "a");
	mien_profile_unref(p);
}

/* A parent on disk changes between two children. */
static void
a_library_reads_parents_once(void)
{
	struct mien_profile_library *library = mien_profile_library_new();
	struct mien_profile *a = NULL, *c = NULL, *later = NULL, *fresh = NULL;

	REQUIRE_NOT_NULL(library);
	write_file("a.yaml", "name: a\ninherits: b.yaml\n" EVIDENCE "ip: {rst: {ttl: 7}}\n");
	write_file("b.yaml", "name: b\n" EVIDENCE "ip: {ttl: 99}\n");
	write_file("c.yaml", "name: c\ninherits: b.yaml\n" EVIDENCE "tcp: {nagle: off}\n");

	REQUIRE_EQ_I(mien_profile_library_load(library, path_of("a.yaml"), &a, NULL), 0);
	write_file("b.yaml", "name: b\n" EVIDENCE "ip: {ttl: 11}\n");
	REQUIRE_EQ_I(mien_profile_library_load(library, path_of("c.yaml"), &c, NULL), 0);
	REQUIRE_EQ_I(mien_profile_library_load(library, path_of("b.yaml"), &later, NULL), 0);
	mien_profile_library_free(library);
	REQUIRE_EQ_I(mien_profile_load(path_of("c.yaml"), &fresh, NULL), 0);

	/* then c has the parent that a had, untouched by what a said; who asks for b itself gets b */
	CHECK_EQ_U(mien_profile_personality(a)->ip[MIEN_CLASS_RST].ttl, 7);
	CHECK_EQ_U(mien_profile_personality(c)->ip[MIEN_CLASS_RST].ttl, 99);
	CHECK_STR(mien_profile_parent(c), "b");
	CHECK_EQ_U(mien_profile_personality(later)->ip[MIEN_CLASS_RST].ttl, 11);
	CHECK_EQ_U(mien_profile_personality(fresh)->ip[MIEN_CLASS_RST].ttl, 11);
	mien_profile_unref(a);
	mien_profile_unref(c);
	mien_profile_unref(later);
	mien_profile_unref(fresh);
}

static void
a_library_keeps_no_parent_with_a_mistake(void)
{
	struct mien_profile_library *library = mien_profile_library_new();
	struct mien_profile *a = NULL;
	struct mien_error err = {0};

	REQUIRE_NOT_NULL(library);
	write_file("a.yaml", "name: a\ninherits: b.yaml\n" EVIDENCE);
	write_file("b.yaml", "name: b\n" EVIDENCE "ip: {ttl: x}\n");
	CHECK_EQ_I(mien_profile_library_load(library, path_of("a.yaml"), &a, &err), MIEN_EPARSE);
	CHECK_EQ_U(err.line, 4);
	CHECK_NULL(a);

	write_file("b.yaml", "name: b\n" EVIDENCE "ip: {ttl: 9}\n");
	REQUIRE_EQ_I(mien_profile_library_load(library, path_of("a.yaml"), &a, NULL), 0);
	CHECK_EQ_U(mien_profile_personality(a)->ip[0].ttl, 9);
	mien_profile_unref(a);
	mien_profile_library_free(library);
}

static void
general_keys_come_first(void)
{
	struct mien_profile *p = profile_of(
		"ip: {rst: {ttl: 7, id: {policy: random}}, ttl: 9, id: {policy: zero}}\n"
		"tcp:\n  synack: {window-ecn: 100, window: {rule: mss, base: 4, minus-ts: on}}\n");
	const struct mien_personality *b = mien_profile_personality(p);

	CHECK_EQ_U(b->ip[MIEN_CLASS_RST].ttl, 7);
	CHECK_EQ_U(b->ip[MIEN_CLASS_UDP].ttl, 9);
	CHECK_EQ_U(b->ip[MIEN_CLASS_RST].id_policy, MIEN_IPID_RANDOM);
	CHECK_EQ_U(b->ip[MIEN_CLASS_UDP].id_policy, MIEN_IPID_ZERO);
	CHECK_EQ_U(b->tcp.window_synack_no_wscale.kind, MIEN_WINDOW_MUL);
	CHECK_EQ_U(b->tcp.window_synack_no_wscale.minus_ts, 1);
	CHECK_EQ_U(b->tcp.window_synack_ecn.kind, MIEN_WINDOW_CONST);
	CHECK_EQ_U(b->tcp.window_synack_ecn.base, 100);
	CHECK_EQ_U(b->tcp.window_synack_ecn.minus_ts, 0);
	mien_profile_unref(p);
}

static struct mien_knob_value
knob(const struct mien_profile *p, const char *key)
{
	static char value[512];
	struct mien_knob_value v;

	for (size_t i = 0; mien_profile_knob(p, i, &v, value, sizeof(value)); i++)
		if (strcmp(v.key, key) == 0)
			return v;
	REQUIRE_FAIL("no knob is called %s", key);
	return v;
}

static void
origins_are_kept(void)
{
	struct mien_profile *p = builtin_profile("windows-11");

	REQUIRE_EQ_I(mien_profile_set(&p, "ip.rst.ttl=65", NULL), 0);

	CHECK_EQ_U(knob(p, "ip.rst.ttl").origin, MIEN_ORIGIN_SET);
	CHECK_STR(knob(p, "ip.rst.ttl").value, "65");
	CHECK_EQ_U(knob(p, "tcp.isn.deck").origin, MIEN_ORIGIN_PROFILE);
	CHECK_STR(knob(p, "tcp.isn.deck").from, "windows-11");
	CHECK_EQ_U(knob(p, "tcp.rto.initial").origin, MIEN_ORIGIN_INHERITED);
	CHECK_STR(knob(p, "tcp.rto.initial").from, "windows-nt10");
	CHECK_STR(knob(p, "tcp.probe").from, "windows-nt6");
	CHECK_EQ_U(knob(p, "tcp.mss.rule").origin, MIEN_ORIGIN_DEFAULT);
	CHECK_STR(knob(p, "tcp.mss.rule").from, "");
	mien_profile_unref(p);
}

static void
cycles_are_found(void)
{
	struct mien_profile *p;
	struct mien_error err;

	write_file("a.yaml", "name: a\ninherits: b.yaml\n" EVIDENCE);
	write_file("b.yaml", "name: b\ninherits: ./c.yaml\n" EVIDENCE);
	write_file("c.yaml", "name: c\n\ninherits: a.yaml\n" EVIDENCE);

	CHECK_EQ_I(mien_profile_load(path_of("a.yaml"), &p, &err), MIEN_EPARSE);

	CHECK_NULL(p);
	CHECK_EQ_U(err.line, 3);
	CHECK_EQ_U(err.column, 11);
	CHECK_NOT_NULL(strstr(err.file, "c.yaml"));
	CHECK_NOT_NULL(strstr(err.text, "leads back to itself"));
}

static void
mistake_of_a_parent_names_the_parent(void)
{
	struct mien_profile *p;
	struct mien_error err;

	write_file("a.yaml", "name: a\ninherits: b.yaml\n" EVIDENCE);
	write_file("b.yaml", "name: b\n" EVIDENCE "ip: {ttl: x}\n");

	CHECK_EQ_I(mien_profile_load(path_of("a.yaml"), &p, &err), MIEN_EPARSE);

	CHECK_EQ_U(err.line, 4);
	CHECK_NOT_NULL(strstr(err.file, "b.yaml"));
}

static void
own_name_for_a_builtin_parent(void)
{
	struct mien_profile *p;
	struct mien_error err;

	write_file("a.yaml", "name: windows-11\ninherits: windows-11\n" EVIDENCE "ip: {ttl: 65}\n");

	REQUIRE_EQ_I(mien_profile_load(path_of("a.yaml"), &p, &err), 0);

	CHECK_EQ_U(mien_profile_personality(p)->ip[0].ttl, 65);
	CHECK_EQ_U(mien_profile_personality(p)->tcp.wscale, 8);
	mien_profile_unref(p);
}

static void
answers_are_inherited(void)
{
	struct mien_profile *p = NULL;
	const struct mien_personality *b;

	write_file("a.yaml",
		"name: a\ninherits: b.yaml\n" EVIDENCE "tcp: {answers: {closed.syn: drop}}\n");
	write_file("b.yaml", "name: b\n" EVIDENCE "tcp: {answers: {closed.any: {send: rst, window: "
						  "5}, listen.null: {send: rst, payload: x}}}\n");

	REQUIRE_EQ_I(mien_profile_load(path_of("a.yaml"), &p, NULL), 0);

	b = mien_profile_personality(p);
	CHECK_EQ_U(b->answers[b->answer[MIEN_TCP_CLOSED][2]].send, MIEN_SEND_DROP);
	CHECK_EQ_U(b->answers[b->answer[MIEN_TCP_CLOSED][0]].window, 5);
	CHECK_EQ_U(b->answers[b->answer[MIEN_TCP_LISTEN][0]].payload, 1);
	mien_profile_unref(p);
}

static const struct test_case cases[] = {
	{"a child's value wins over its parent's", child_overrides_parent},
	{"a library reads a parent once", a_library_reads_parents_once},
	{"a library keeps no parent with a mistake", a_library_keeps_no_parent_with_a_mistake},
	{"general keys are written before special ones, whatever their order",
		general_keys_come_first},
	{"each knob knows who set it", origins_are_kept},
	{"a parent that leads back to its child is refused at the line that closes the circle",
		cycles_are_found},
	{"a parent's mistake names the parent's file", mistake_of_a_parent_names_the_parent},
	{"a file may take the name of the built-in profile it inherits from",
		own_name_for_a_builtin_parent},
	{"a child changes single answers of its parent's table", answers_are_inherited},
	{NULL, NULL},
};

const struct test_suite inherits_suite = {"inherits", make_dir, remove_dir, cases, NULL, NULL};
