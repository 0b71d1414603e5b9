/* SPDX-License-Identifier: BSD-3-Clause */
/* p0f's signature file: sections, labels, signatures; only those of TCP are kept. */
#include "p0f_import.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct parser {
	struct mien_signatures *s;
	struct mien_error *err;
	unsigned int line;
	const char *line_start;
	enum { ELSEWHERE, REQUEST, RESPONSE } section;
	struct mien_signature_entry label; /* for the signatures that follow; name NULL: none yet */
};

static int __attribute__((format(printf, 3, 4)))
fail(struct parser *p, const char *at, const char *format, ...)
{
	char text[200];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	profile_fail(p->err, MIEN_EPARSE, p->s->file, NULL, "%s", text);
	if (p->err != NULL) {
		p->err->line = p->line;
		p->err->column = at ? (unsigned int)(at - p->line_start) + 1 : 0;
	}
	return MIEN_EPARSE;
}

static int
out_of_memory(const struct parser *p)
{
	return profile_fail(p->err, MIEN_ENOMEM, p->s->file, NULL, "out of memory");
}

/* "s:unix:Linux:3.x": p0f says "Linux 3.x". Names together are shorter than the text is. */
static int
read_label(struct parser *p, const char *text)
{
	const char *class = strchr(text, ':'), *name = class ? strchr(class + 1, ':') : NULL;
	const char *flavour = name ? strchr(name + 1, ':') : NULL;
	struct mien_signatures *s = p->s;
	char *to = s->names + s->names_used;

	if (flavour == NULL || class != text + 1 || (text[0] != 's' && text[0] != 'g'))
		return fail(p, text, "\"%.40s\": a label is s or g, class, name and flavour, with colons between", text);
	p->label = (struct mien_signature_entry){.name = to, .label = text, .label_line = p->line,
		.generic = text[0] == 'g', .tool = class[1] == '!'};
	memcpy(to, name + 1, strlen(name));
	to[flavour - name - 1] = flavour[1] ? ' ' : '\0';
	s->names_used += strlen(to) + 1;
	return 0;
}

static int
append(struct parser *p, const struct mien_signature_entry *entry)
{
	struct mien_signatures *s = p->s;

	if (s->count == s->cap) {
		size_t cap = s->cap ? 2 * s->cap : 128;
		struct mien_signature_entry *at = realloc(s->at, cap * sizeof(*at));

		if (at == NULL)
			return out_of_memory(p);
		s->at = at;
		s->cap = cap;
	}
	s->at[s->count++] = *entry;
	return 0;
}

static int
read_signature(struct parser *p, const char *text)
{
	struct mien_signature_entry entry = p->label;
	struct mien_error err = {0};

	if (entry.name == NULL)
		return fail(p, text, "a signature before the first label of its section");
	if (mien_signature_parse(text, &entry.signature, &err) != 0)
		return fail(p, text + err.column - 1, "%.180s", err.text);
	entry.text = text;
	entry.line = p->line;
	entry.response = p->section == RESPONSE;
	return append(p, &entry);
}

/* Behind "sig   = "; NULL: the line is none of these. */
static const char *
value_of(const char *line, const char *key)
{
	size_t len = strlen(key);

	if (strncmp(line, key, len) != 0)
		return NULL;
	line += len + strspn(line + len, " \t");
	return *line == '=' ? line + 1 + strspn(line + 1, " \t") : NULL;
}

static int
read_line(struct parser *p, char *line)
{
	size_t len = strlen(line);
	const char *value;

	p->line_start = line;
	while (len > 0 && strchr(" \t\r", line[len - 1]) != NULL)
		line[--len] = '\0';
	line += strspn(line, " \t");
	if (*line == '[') {
		p->label.name = NULL;
		p->section = strcmp(line, "[tcp:request]") == 0	   ? REQUEST
			     : strcmp(line, "[tcp:response]") == 0 ? RESPONSE
								   : ELSEWHERE;
		return 0;
	}
	if (*line == ';' || *line == '\0' || p->section == ELSEWHERE)
		return 0;
	value = value_of(line, "label");
	if (value != NULL)
		return read_label(p, value);
	value = value_of(line, "sig");
	if (value != NULL)
		return read_signature(p, value);
	return value_of(line, "sys") != NULL ? 0 : fail(p, line, "\"%.40s\" is none of label = , sys = , sig = ", line);
}

static int
read_text(struct parser *p)
{
	int result = 0;

	for (char *line = p->s->text, *next; line != NULL && result == 0; line = next) {
		next = strchr(line, '\n');
		if (next != NULL)
			*next++ = '\0';
		p->line++;
		result = read_line(p, line);
	}
	if (result != 0 || p->s->count > 0)
		return result;
	return profile_fail(p->err, MIEN_EPARSE, p->s->file, NULL,
		"there is no TCP signature in it: they stand in sections [tcp:request] and [tcp:response], below labels");
}

static int
signatures_new(const char *text, size_t len, const char *file, struct mien_signatures **out, struct mien_error *err)
{
	struct mien_signatures *s = calloc(1, sizeof(*s));

	*out = NULL;
	if (err != NULL)
		memset(err, 0, sizeof(*err));
	if (s != NULL) {
		s->text = malloc(len + 1);
		s->names = malloc(len + 1);
	}
	if (s == NULL || s->text == NULL || s->names == NULL) {
		mien_signatures_free(s);
		return profile_fail(err, MIEN_ENOMEM, file, NULL, "out of memory");
	}
	snprintf(s->file, sizeof(s->file), "%s", file);
	memcpy(s->text, text, len);
	s->text[len] = '\0';
	*out = s;
	return 0;
}

int
mien_signatures_parse(const char *text, size_t len, const char *file, struct mien_signatures **out, struct mien_error *err)
{
	int result = signatures_new(text, len, file, out, err);
	struct parser p = {.s = *out, .err = err};

	if (result != 0)
		return result;
	if (memchr(text, '\0', len) != NULL)
		result = profile_fail(err, MIEN_EPARSE, file, NULL, "the file holds binary data");
	else
		result = read_text(&p);
	if (result != 0) {
		mien_signatures_free(*out);
		*out = NULL;
	}
	return result;
}

int
mien_signatures_line(const char *text, bool response, struct mien_signatures **out, struct mien_error *err)
{
	int result = signatures_new(text, strlen(text), "", out, err);
	struct parser p = {.s = *out, .err = err, .section = response ? RESPONSE : REQUEST, .line = 1};
	const char *value;
	size_t len;

	if (result != 0)
		return result;
	len = strlen(p.s->text);
	while (len > 0 && strchr(" \t\r\n", p.s->text[len - 1]) != NULL)
		p.s->text[--len] = '\0';
	p.line_start = p.s->text;
	p.label.name = p.label.label = "";
	value = p.s->text + strspn(p.s->text, " \t");
	if (value_of(value, "sig") != NULL)
		value = value_of(value, "sig");
	result = read_signature(&p, value);
	if (result != 0) {
		mien_signatures_free(*out);
		*out = NULL;
	}
	return result;
}

void
mien_signatures_free(struct mien_signatures *s)
{
	if (s == NULL)
		return;
	free(s->at);
	free(s->names);
	free(s->text);
	free(s);
}

const struct mien_signature_entry *
mien_signatures_at(const struct mien_signatures *s, size_t i)
{
	return i < s->count ? &s->at[i] : NULL;
}
