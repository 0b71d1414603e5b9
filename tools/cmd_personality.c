/* SPDX-License-Identifier: BSD-3-Clause */
/* mien personality: which there are, what one says, whether a file is right, how two differ. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <mien/profile.h>

#include "commands.h"
#include "emit.h"

#define VALUE_MAX 8192
#define SETS 64

struct personality_options {
	const char *sets[SETS];
	unsigned n_sets;
	bool all, yaml;
	const char *out;
};

static int
set_set(void *ctx, const char *value)
{
	struct personality_options *o = ctx;

	if (!strchr(value, '='))
		return cli_error(STATUS_USAGE, "--set %s: write KEY=VALUE, as ip.ttl=64", value);
	if (o->n_sets == SETS)
		return cli_error(STATUS_USAGE, "too many --set: at most %d", SETS);
	o->sets[o->n_sets++] = value;
	return STATUS_FINE;
}

static int
set_all(void *ctx, const char *value)
{
	(void)value;
	((struct personality_options *)ctx)->all = true;
	return STATUS_FINE;
}

static int
set_yaml(void *ctx, const char *value)
{
	(void)value;
	((struct personality_options *)ctx)->yaml = true;
	return STATUS_FINE;
}

static int
set_out(void *ctx, const char *value)
{
	((struct personality_options *)ctx)->out = value;
	return STATUS_FINE;
}

static const struct flag all_flag[] = {
	{"all", 'a', NULL, "with those that are only there to be inherited from", set_all},
	{NULL, 0, NULL, NULL, NULL},
};
static const struct flag set_flag[] = {
	{"set", 0, "KEY=VALUE", "override one knob; repeatable", set_set},
	{NULL, 0, NULL, NULL, NULL},
};
static const struct flag show_flag[] = {
	{"yaml", 0, NULL, "as a profile file with every knob resolved", set_yaml},
	{"output", 'o', "FILE", "write to FILE instead of standard output", set_out},
	{NULL, 0, NULL, NULL, NULL},
};

static int
load(const char *name, const struct personality_options *o, struct mien_profile **out)
{
	struct mien_error error = {0};
	int err = mien_profile_load(name, out, &error);

	for (unsigned i = 0; err == MIEN_OK && i < o->n_sets; i++) {
		err = mien_profile_set(out, o->sets[i], &error);
		if (err != MIEN_OK)
			mien_profile_unref(*out);
	}
	if (err == MIEN_OK)
		return STATUS_FINE;
	return cli_mien_error(err == MIEN_EPERM ? STATUS_PERMISSION : STATUS_USAGE, &error);
}

/* Parses the flags and wants at least one operand, or none when least is 0. */
static int
begin(int argc, char **argv, const struct command *self, struct personality_options *o, int least, int most,
	int *operand, bool *done)
{
	int status;

	*o = (struct personality_options){0};
	status = cli_parse(argc, argv, self, o, operand, done);
	if (status != STATUS_FINE || *done)
		return status;
	if (argc - *operand < least || argc - *operand > most)
		return cli_error(STATUS_USAGE, "usage: mien %s [FLAGS] %s: see mien %s --help", self->name,
			self->operands, self->name);
	return STATUS_FINE;
}

static void
put_file(void *arg, const char *text, size_t len)
{
	fwrite(text, 1, len, arg);
}

static void
list_json(bool all)
{
	json_t *list = json_array();
	struct mien_profile_info info;

	for (size_t i = 0; mien_profile_builtin(i, &info); i++)
		if (!info.abstract || all)
			json_array_append_new(list, json_pack("{s:s, s:s, s:s, s:b}", "name", info.name, "title", info.title,
				"inherits", info.parent, "abstract", info.abstract));
	emit(json_pack("{s:o}", "personalities", list));
}

static int
run_list(int argc, char **argv, const struct command *self)
{
	struct personality_options o;
	struct mien_profile_info info;
	int operand, status;
	bool done;

	status = begin(argc, argv, self, &o, 0, 0, &operand, &done);
	if (status != STATUS_FINE || done)
		return status;
	if (emit_wanted()) {
		list_json(o.all);
		return STATUS_FINE;
	}
	for (size_t i = 0; mien_profile_builtin(i, &info); i++)
		if (!info.abstract || o.all)
			printf("%-16s %s%s\n", info.name, info.title, info.abstract ? " (abstract)" : "");
	return STATUS_FINE;
}

static const char *
origin_name(enum mien_origin origin)
{
	static const char *const names[] = {"default", "inherited", "profile", "set"};

	return (size_t)origin < sizeof(names) / sizeof(names[0]) ? names[origin] : "?";
}

static void
show_json(const struct mien_profile *p)
{
	static char value[VALUE_MAX];
	json_t *knobs = json_object(), *evidence = json_array(), *expect = json_object();
	struct mien_knob_value knob;
	const char *left, *right;

	for (size_t i = 0; mien_profile_knob(p, i, &knob, value, sizeof(value)); i++)
		json_object_set_new(knobs, knob.key, json_pack("{s:s, s:s, s:s}", "value", knob.value, "origin",
			origin_name(knob.origin), "from", knob.from));
	for (size_t i = 0; mien_profile_evidence(p, i, &left, &right); i++)
		json_array_append_new(evidence, json_pack("{s:s, s:s}", "what", left, "source", right));
	for (size_t i = 0; mien_profile_expect_at(p, i, &left, &right); i++)
		json_object_set_new(expect, left, json_string(right));
	emit(json_pack("{s:s, s:s, s:s, s:s, s:b, s:o, s:o, s:o}", "name", mien_profile_name(p), "title",
		mien_profile_title(p), "inherits", mien_profile_parent(p), "file", mien_profile_file(p), "abstract",
		mien_profile_is_abstract(p), "knobs", knobs, "evidence", evidence, "expect", expect));
}

static int
show(const struct mien_profile *p, const struct personality_options *o)
{
	FILE *out = o->out ? fopen(o->out, "we") : stdout;
	struct mien_sink sink = {.put = put_file, .arg = out};
	bool good;

	if (!out)
		return cli_error(STATUS_USAGE, "%s: cannot be written: %m", o->out);
	if (emit_wanted())
		show_json(p);
	else if (o->yaml || o->out)
		mien_profile_write(p, &sink);
	else
		mien_profile_show(p, &sink);
	good = fflush(out) == 0 || errno == EPIPE;
	if (o->out)
		good = fclose(out) == 0 && good;
	return good ? STATUS_FINE : cli_error(STATUS_USAGE, "%s: cannot be written", o->out ? o->out : "output");
}

static int
run_show(int argc, char **argv, const struct command *self)
{
	struct personality_options o;
	struct mien_profile *p;
	int operand, status;
	bool done;

	status = begin(argc, argv, self, &o, 1, 1, &operand, &done);
	if (status != STATUS_FINE || done)
		return status;
	status = load(argv[operand], &o, &p);
	if (status != STATUS_FINE)
		return status;
	status = show(p, &o);
	mien_profile_unref(p);
	return status;
}

static void
checked(const char *name, const struct mien_profile *p)
{
	if (emit_wanted())
		emit(json_pack("{s:s, s:s, s:b}", "file", name, "name", mien_profile_name(p), "good", true));
	else
		printf("%s: %s is in order\n", name, mien_profile_name(p));
}

static int
run_check(int argc, char **argv, const struct command *self)
{
	int operand, status, worst = STATUS_FINE;
	struct personality_options o;
	struct mien_profile *p;
	bool done;

	status = begin(argc, argv, self, &o, 1, argc, &operand, &done);
	if (status != STATUS_FINE || done)
		return status;
	for (; operand < argc; operand++) {
		status = load(argv[operand], &o, &p);
		if (status != STATUS_FINE) {
			worst = status;
			continue;
		}
		checked(argv[operand], p);
		mien_profile_unref(p);
	}
	return worst;
}

static void
diff_json(const struct mien_profile *a, const struct mien_profile *b)
{
	static char value_a[VALUE_MAX], value_b[VALUE_MAX];
	struct mien_knob_value knob_a, knob_b;
	json_t *list = json_array();

	for (size_t i = 0; mien_profile_knob(a, i, &knob_a, value_a, sizeof(value_a)) &&
		mien_profile_knob(b, i, &knob_b, value_b, sizeof(value_b)); i++)
		if (strcmp(knob_a.value, knob_b.value) != 0)
			json_array_append_new(list, json_pack("{s:s, s:s, s:s}", "key", knob_a.key, "a", knob_a.value, "b",
				knob_b.value));
	emit(json_pack("{s:s, s:s, s:o}", "a", mien_profile_name(a), "b", mien_profile_name(b), "differences", list));
}

static void
put_nothing(void *arg, const char *text, size_t len)
{
	(void)arg, (void)text, (void)len;
}

static int
run_diff(int argc, char **argv, const struct command *self)
{
	struct mien_sink sink = {.put = put_file, .arg = stdout};
	struct mien_profile *a, *b;
	struct personality_options o;
	int operand, status;
	size_t differences;
	bool done;

	status = begin(argc, argv, self, &o, 2, 2, &operand, &done);
	if (status != STATUS_FINE || done)
		return status;
	status = load(argv[operand], &o, &a);
	if (status != STATUS_FINE)
		return status;
	status = load(argv[operand + 1], &o, &b);
	if (status != STATUS_FINE) {
		mien_profile_unref(a);
		return status;
	}
	if (emit_wanted()) {
		diff_json(a, b);
		sink.put = put_nothing;
	}
	differences = mien_profile_diff(a, b, &sink);
	mien_profile_unref(a);
	mien_profile_unref(b);
	return differences ? STATUS_DIFFERENT : STATUS_FINE;
}

static const struct flag *const list_tables[] = {all_flag, NULL};
static const struct flag *const show_tables[] = {show_flag, set_flag, NULL};
static const struct flag *const set_tables[] = {set_flag, NULL};

static const struct command list = {
	.name = "personality list",
	.summary = "the built-in personalities",
	.operands = "",
	.example = "  mien personality list\n",
	.flags = list_tables,
	.run = run_list,
};
static const struct command show_one = {
	.name = "personality show",
	.summary = "every knob of a personality, and where its value is from",
	.operands = "NAME|FILE",
	.example = "  mien personality show windows-11\n  mien personality show linux-6 --yaml -o mine.yaml\n",
	.flags = show_tables,
	.run = run_show,
};
static const struct command check = {
	.name = "personality check",
	.summary = "whether profile files are right; says file, line and column",
	.operands = "FILE...",
	.example = "  mien personality check mine.yaml\n",
	.flags = set_tables,
	.run = run_check,
};
static const struct command diff = {
	.name = "personality diff",
	.summary = "what distinguishes two personalities; exit 1 when something does",
	.operands = "A B",
	.example = "  mien personality diff windows-10 windows-11\n",
	.flags = set_tables,
	.run = run_diff,
};
static const struct command *const subs[] = {&list, &show_one, &check, &diff, &personality_import, &personality_learn,
	&personality_verify, NULL};

const struct command cmd_personality = {
	.name = "personality",
	.summary = "lists, shows, checks, compares, imports, learns and verifies personalities",
	.operands = "list|show|check|diff|import|learn|verify",
	.example = "  mien personality show windows-11\n  mien personality diff windows-10 linux-6\n",
	.sub = subs,
	.run = cli_run_sub,
};
