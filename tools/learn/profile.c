/* SPDX-License-Identifier: BSD-3-Clause */
/* The nearest profile, and the text of the new one. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "learn.h"

#define VALUE_CAP 8192
#define SEED 77

/* -- the parent ------------------------------------------------------------------------------------------------ */

void
learn_parent_free(struct learn_parent *p)
{
	mien_profile_unref(p->profile);
	findings_free(&p->findings);
	*p = (struct learn_parent){.profile = NULL};
}

/* Asks a profile; it is kept in out where it is the nearest so far. */
static int
consider(struct oracle *o, const struct findings *f, const char *name, bool other, struct learn_parent *out,
	struct mien_error *error)
{
	struct learn_parent p = {.profile = NULL};
	struct nmap_print print;
	int err = mien_profile_load(name, &p.profile, error);

	if (err == MIEN_OK)
		err = learn_in_lab(o, mien_profile_personality(p.profile), SEED, other, &p.findings, &print, error);
	p.distance = findings_distance(f, &p.findings);
	if (err == MIEN_OK && (!out->profile || p.distance <= out->distance)) {
		learn_parent_free(out);
		*out = p;
		return MIEN_OK;
	}
	learn_parent_free(&p);
	return err == MIEN_ESTATE ? MIEN_OK : err; /* a host that is silent resembles none */
}

static size_t
weight(const struct findings *f)
{
	const struct findings none = {.n = 0};

	return findings_distance(f, &none);
}

int
learn_parent(struct oracle *o, const struct findings *f, const char *name, bool other,
	struct learn_parent *out, struct mien_error *error)
{
	struct mien_profile_info info;
	int err = MIEN_OK;

	*out = (struct learn_parent){.profile = NULL};
	if (name)
		return consider(o, f, name, other, out, error);
	for (size_t i = 0; err == MIEN_OK && mien_profile_builtin(i, &info); i++)
		if (!info.abstract)
			err = consider(o, f, info.name, other, out, error);
	if (err == MIEN_OK && out->profile && 2 * out->distance > weight(f))
		learn_parent_free(out); /* as many differences as not: no relation */
	return err;
}

/* -- text ------------------------------------------------------------------------------------------------------ */

static void __attribute__((format(printf, 2, 3)))
put(const struct mien_sink *out, const char *format, ...)
{
	char *text;
	va_list args;
	int n;

	va_start(args, format);
	n = vasprintf(&text, format, args);
	va_end(args);
	if (n < 0)
		return;
	out->put(out->arg, text, (size_t)n);
	free(text);
}

/* In double quotes; what cannot stand there is left out. */
static void
put_quoted(const struct mien_sink *out, const char *text)
{
	put(out, "\"");
	for (; *text; text++)
		if (*text == '"' || *text == '\\')
			put(out, "\\%c", *text);
		else if ((unsigned char)*text >= ' ' && *text != 127)
			put(out, "%c", *text);
	put(out, "\"");
}

static const char *
knob_text(const struct mien_profile *p, const char *key)
{
	static char value[VALUE_CAP];
	struct mien_knob_value knob;

	for (size_t i = 0; mien_profile_knob(p, i, &knob, value, sizeof(value)); i++)
		if (strcmp(knob.key, key) == 0)
			return value;
	return NULL;
}

/* What stands in the file for a finding; NULL: nothing, the parent says it. */
static const char *
text_of(const struct finding *f, const struct learn_parent *parent)
{
	const struct finding *other = parent->profile ? findings_get(&parent->findings, f->key) : NULL;

	if (!other || !finding_same(f, other))
		return f->value;
	return finding_is_answer(f) ? NULL : knob_text(parent->profile, f->key);
}

static void
write_evidence(
	const struct findings *f, const struct learn_parent *parent, const char *source, const struct mien_sink *out)
{
	for (unsigned how = 0; how < HOW_COUNT; how++) {
		bool begun = false, answers = false;

		for (size_t i = 0; i < f->n; i++) {
			bool is_answer = finding_is_answer(&f->at[i]);

			if (f->at[i].how != how || (is_answer && answers) || !text_of(&f->at[i], parent))
				continue;
			if (!begun) {
				put(out, "  - {what: \"%s\", source: ", how_what((enum finding_how)how));
				put_quoted(out, source);
			}
			put(out, "%s%s", begun ? ", " : ", keys: [", is_answer ? "tcp.answers" : f->at[i].key);
			begun = true;
			answers |= is_answer;
		}
		if (begun)
			put(out, "]}\n");
	}
}

/* A deck ends for a peer that stays away; for how long, nobody can see. */
static bool
wants_idle(const struct findings *f, const struct learn_parent *parent)
{
	const char *generator = findings_value(f, "tcp.isn.generator"), *idle;

	if (!generator || strcmp(generator, "deck") != 0)
		return false;
	idle = parent->profile ? knob_text(parent->profile, "tcp.isn.idle") : NULL;
	return !idle || strcmp(idle, "0ms") == 0;
}

/* What a scan says once more: SP and ISR within nmap's own spread. */
static void
write_expect(const struct nmap_print *print, const struct mien_sink *out)
{
	char line[NMAP_LINE_CAP], name[8];

	put(out, "expect:\n");
	for (unsigned i = 0; i < NMAP_LINES; i++) {
		const struct nmap_line *l = &print->line[i];

		if (!l->n)
			continue;
		line[0] = '\0';
		for (unsigned a = 0; a < l->n; a++) {
			size_t used = strlen(line);
			unsigned long v = strtoul(l->attr[a].value, NULL, 16);

			if (i == NMAP_SEQ && v > 15 && (strcmp(l->attr[a].name, "SP") == 0 || strcmp(l->attr[a].name, "ISR") == 0))
				snprintf(line + used, sizeof(line) - used, "%s%s=%lX-%lX", a ? "%" : "", l->attr[a].name, v - 10, v + 10);
			else
				snprintf(line + used, sizeof(line) - used, "%s%s=%s", a ? "%" : "", l->attr[a].name, l->attr[a].value);
		}
		snprintf(name, sizeof(name), "%s", nmap_line_names[i]);
		for (char *c = name; *c; c++)
			*c = *c >= 'A' && *c <= 'Z' ? (char)(*c + 'a' - 'A') : *c;
		put(out, "  nmap-%s: \"%s\"\n", name, line);
	}
}

/* -- answers to odd segments ----------------------------------------------------------------------------------- */

#define ANSWERS "tcp.answers."

/* The value that most flags of a state have, of those with ACK or without. */
static const char *
usual(const struct findings *f, const char *state, bool ack)
{
	const char *best = "rfc";
	unsigned most = 0;

	for (size_t i = 0; i < f->n; i++) {
		unsigned n = 0;

		if (strncmp(f->at[i].key, state, strlen(state)) != 0 || !!strstr(f->at[i].key, "ack") != ack)
			continue;
		for (size_t k = 0; k < f->n; k++)
			n += strncmp(f->at[k].key, state, strlen(state)) == 0 && !!strstr(f->at[k].key, "ack") == ack &&
			     strcmp(f->at[i].value, f->at[k].value) == 0;
		if (n > most) {
			most = n;
			best = f->at[i].value;
		}
	}
	return best;
}

/* Two wide rules, and what they do not say. */
static void
write_state(const struct findings *f, const char *state, const struct mien_sink *out)
{
	const char *none = usual(f, state, false), *ack = usual(f, state, true);
	const char *word = state + strlen(ANSWERS);

	if (strcmp(none, "rfc") != 0)
		put(out, "  %sany: %s\n", word, none);
	if (strcmp(none, "rfc") != 0 || strcmp(ack, "rfc") != 0)
		put(out, "  %sack+: %s\n", word, ack);
	for (size_t i = 0; i < f->n; i++)
		if (strncmp(f->at[i].key, state, strlen(state)) == 0 &&
			strcmp(f->at[i].value, strstr(f->at[i].key, "ack") ? ack : none) != 0)
			put(out, "  %s: %s\n", f->at[i].key + strlen(ANSWERS), f->at[i].value);
}

static void
write_answers(const struct findings *f, const struct learn_parent *parent, const struct mien_sink *out)
{
	bool begun = false;

	for (size_t i = 0; i < f->n; i++) {
		const char *text = finding_is_answer(&f->at[i]) ? text_of(&f->at[i], parent) : NULL;

		if (!text || (!parent->profile && strcmp(text, "rfc") == 0)) /* what a host without a parent does */
			continue;
		if (!begun)
			put(out, "tcp.answers:\n");
		begun = true;
		if (parent->profile)
			put(out, "  %s: %s\n", f->at[i].key + strlen(ANSWERS), text);
	}
	if (begun && !parent->profile) {
		write_state(f, ANSWERS "closed.", out);
		write_state(f, ANSWERS "listen.", out);
	}
}

void
learn_write(const struct findings *f, const struct learn_parent *parent, const struct learn_text *t,
	const struct mien_sink *out)
{
	put(out, "name: %s\ntitle: ", t->name);
	put_quoted(out, t->title);
	if (parent->profile)
		put(out, "\ninherits: %s", mien_profile_file(parent->profile)[0] ? mien_profile_file(parent->profile)
										: mien_profile_name(parent->profile));
	put(out, "\nevidence:\n");
	write_evidence(f, parent, t->source, out);
	if (wants_idle(f, parent))
		put(out, "  - {what: \"when a peer's deck ends\", source: \"not measured: a choice\", keys: [tcp.isn.idle]}\n");
	if (t->print)
		write_expect(t->print, out);
	for (size_t i = 0; i < f->n; i++) {
		const char *text = finding_is_answer(&f->at[i]) ? NULL : text_of(&f->at[i], parent);

		if (text)
			put(out, "%s: %s\n", f->at[i].key, text);
	}
	if (wants_idle(f, parent))
		put(out, "tcp.isn.idle: 5s\n");
	write_answers(f, parent, out);
}
