/* SPDX-License-Identifier: BSD-3-Clause */
/* A profile as text: for people, as a difference, as YAML that reads back. */
#include "answers.h"

#include <stdio.h>
#include <string.h>

size_t
mien_profile_knobs(void)
{
	return knob_count;
}

static enum mien_origin
origin_of(uint8_t source)
{
	return source == SOURCE_DEFAULT ? MIEN_ORIGIN_DEFAULT
	       : source == SOURCE_SET	? MIEN_ORIGIN_SET
	       : source == SOURCE_SELF	? MIEN_ORIGIN_PROFILE
					: MIEN_ORIGIN_INHERITED;
}

bool
mien_profile_knob(
	const struct mien_profile *p, size_t i, struct mien_knob_value *out, char *buf, size_t cap)
{
	struct mien_profile *plain = p == NULL ? profile_new() : NULL;

	if (i >= knob_count || cap == 0 || (p == NULL && plain == NULL)) {
		mien_profile_unref(plain);
		return false;
	}
	knob_format(&knobs[i], p ? &p->block : &plain->block, buf, cap);
	mien_profile_unref(plain);
	*out = (struct mien_knob_value){
		.key = knobs[i].key, .value = buf, .unit = knobs[i].unit, .help = knobs[i].help};
	out->origin = p ? origin_of(p->source[i]) : MIEN_ORIGIN_DEFAULT;
	out->from = p ? profile_source_name(p, p->source[i]) : "";
	return true;
}

void
mien_profile_knob_range(size_t i, char *buf, size_t cap)
{
	if (cap > 0)
		buf[0] = '\0';
	if (i < knob_count)
		knob_range(&knobs[i], buf, cap);
}

static void
put_source(const struct mien_sink *out, const struct mien_profile *p, uint8_t source)
{
	if (source == SOURCE_DEFAULT)
		put(out, "default");
	else if (source == SOURCE_SET)
		put(out, "set");
	else if (source == SOURCE_SELF)
		put(out, "profile");
	else
		put(out, "inherited from %s", profile_source_name(p, source));
}

struct shown {
	const struct mien_sink *out;
	const struct mien_profile *p;
};

static void
show_line(void *arg, const char *key, const char *value, uint8_t source)
{
	const struct shown *s = arg;
	char name[96];

	snprintf(name, sizeof(name), "tcp.answers.%s", key);
	put(s->out, "%-40s %-44s ", name, value);
	put_source(s->out, s->p, source);
	put(s->out, "\n");
}

static void
show_pairs(const struct mien_sink *out, const char *head, const struct pairs *list)
{
	if (list->count > 0)
		put(out, "\n%s\n", head);
	for (size_t i = 0; i < list->count; i++)
		put(out, "  %s: %s\n", list->at[i].a, list->at[i].b);
}

void
mien_profile_show(const struct mien_profile *p, const struct mien_sink *out)
{
	struct shown shown = {out, p};
	char value[VALUE_CAP], text[VALUE_CAP + 32];
	bool number;

	put(out, "%s: %s\n", p->block.name, p->block.title);
	for (unsigned int i = 1; i < p->depth; i++)
		put(out, "%s%s", i == 1 ? "inherits " : " < ", p->lineage[i]);
	put(out, "%s\n", p->depth > 1 ? "\n" : "");
	for (size_t i = 0; i < knob_count; i++) {
		knob_format(&knobs[i], &p->block, value, sizeof(value));
		number = value[strspn(value, "-0123456789")] ==
			 '\0'; /* "4MiB" and "all" have no unit */
		snprintf(text, sizeof(text), "%s%s%s", value, number && knobs[i].unit[0] ? " " : "",
			number ? knobs[i].unit : "");
		put(out, "%-40s %-44s ", knobs[i].key, text);
		put_source(out, p, p->source[i]);
		put(out, "\n");
	}
	answers_each(p, show_line, &shown);
	show_pairs(out, "evidence", &p->evidence);
	show_pairs(out, "expected", &p->expect);
}

/* Answers are compared cell by cell; equal runs of the flags would hide which rule made them. */
static size_t
diff_answers(
	const struct mien_profile *a, const struct mien_profile *b, const struct mien_sink *out)
{
	char va[VALUE_CAP], vb[VALUE_CAP], flags[48];
	size_t differences = 0;

	for (unsigned int s = 0; s < MIEN_TCP_STATE_COUNT; s++) {
		for (unsigned int f = 0; f < 64; f++) {
			answer_format(&a->block, a->block.answer[s][f], va, sizeof(va));
			answer_format(&b->block, b->block.answer[s][f], vb, sizeof(vb));
			if (strcmp(va, vb) == 0)
				continue;
			flag_pattern_format(&(struct flag_pattern){FLAGS_EXACT, (uint8_t)f}, flags,
				sizeof(flags));
			put(out, "tcp.answers.%s.%s: %s -> %s\n", state_word(s), flags, va, vb);
			differences++;
		}
	}
	return differences;
}

size_t
mien_profile_diff(
	const struct mien_profile *a, const struct mien_profile *b, const struct mien_sink *out)
{
	char va[VALUE_CAP], vb[VALUE_CAP];
	size_t differences = 0;

	for (size_t i = 0; i < knob_count; i++) {
		knob_format(&knobs[i], &a->block, va, sizeof(va));
		knob_format(&knobs[i], &b->block, vb, sizeof(vb));
		if (strcmp(va, vb) == 0)
			continue;
		put(out, "%s: %s -> %s\n", knobs[i].key, va, vb);
		differences++;
	}
	return differences + diff_answers(a, b, out);
}

static void
write_answer(void *arg, const char *key, const char *value, uint8_t source)
{
	struct shown *s = arg;

	if (s->p != NULL)
		put(s->out, "tcp.answers:\n");
	s->p = NULL; /* the head has been written */
	put(s->out, "  %s: %s\n", key, value);
}

static void
write_pairs(const struct mien_sink *out, const struct mien_profile *p)
{
	put(out, "evidence:\n");
	for (size_t i = 0; i < p->evidence.count; i++) {
		put(out, "  - {what: ");
		put_scalar(out, p->evidence.at[i].a);
		put(out, ", source: ");
		put_scalar(out, p->evidence.at[i].b);
		put(out, "}\n");
	}
	if (p->evidence.count == 0)
		put(out, "  - {what: \"everything\", source: \"the RFCs\"}\n");
	if (p->expect.count > 0)
		put(out, "expect:\n");
	for (size_t i = 0; i < p->expect.count; i++) {
		put(out, "  %s: ", p->expect.at[i].a);
		put_scalar(out, p->expect.at[i].b);
		put(out, "\n");
	}
}

void
mien_profile_write(const struct mien_profile *p, const struct mien_sink *out)
{
	struct shown head = {out, p};
	char value[VALUE_CAP];

	put(out, "name: %s\ntitle: ", p->block.name);
	put_scalar(out, p->block.title);
	put(out, "\n%s", p->abstract ? "abstract: on\n" : "");
	write_pairs(out, p);
	for (size_t i = 0; i < knob_count; i++) {
		knob_format(&knobs[i], &p->block, value, sizeof(value));
		put(out, "%s: %s\n", knobs[i].key, value);
	}
	answers_each(p, write_answer, &head);
}
