/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Reads fingerprints in nmap's documented text format:
 *
 *	Fingerprint NAME
 *	Class VENDOR | FAMILY | GENERATION | TYPE
 *	CPE cpe:...
 *	SEQ(SP=0-5%GCD=51E80C%...)
 *
 * A note on licences: nmap's database is data of Nmap Software LLC under the Nmap Public Source License, and entries
 * that others measured are theirs. This file reads such a text where the user has one; no part of any stands in this
 * project, and a profile that was made from an entry is a work derived from it: do not pass it on without leave.
 */
#include "nmap_import.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
	const char *name;
	const char *attrs[ATTRS + 1];
} tests[T_COUNT] = {
	{"SEQ", {"R", "SP", "GCD", "ISR", "TI", "CI", "II", "SS", "TS"}},
	{"OPS", {"R", "O1", "O2", "O3", "O4", "O5", "O6"}},
	{"WIN", {"R", "W1", "W2", "W3", "W4", "W5", "W6"}},
	{"ECN", {"R", "DF", "T", "TG", "W", "O", "CC", "Q"}},
	{"T1", {"R", "DF", "T", "TG", "S", "A", "F", "RD", "Q"}},
	{"T2", {"R", "DF", "T", "TG", "W", "S", "A", "F", "O", "RD", "Q"}},
	{"T3", {"R", "DF", "T", "TG", "W", "S", "A", "F", "O", "RD", "Q"}},
	{"T4", {"R", "DF", "T", "TG", "W", "S", "A", "F", "O", "RD", "Q"}},
	{"T5", {"R", "DF", "T", "TG", "W", "S", "A", "F", "O", "RD", "Q"}},
	{"T6", {"R", "DF", "T", "TG", "W", "S", "A", "F", "O", "RD", "Q"}},
	{"T7", {"R", "DF", "T", "TG", "W", "S", "A", "F", "O", "RD", "Q"}},
	{"U1", {"R", "DF", "T", "TG", "IPL", "UN", "RIPL", "RID", "RIPCK", "RUCK", "RUD"}},
	{"IE", {"R", "DFI", "T", "TG", "CD"}},
};

const char *
test_name(enum test t)
{
	return tests[t].name;
}

const char *
attr_name(enum test t, unsigned int a)
{
	return a < ATTRS ? tests[t].attrs[a] : NULL;
}

static int
attr_number(enum test t, const char *name)
{
	for (int a = 0; a < ATTRS && tests[t].attrs[a] != NULL; a++)
		if (strcmp(tests[t].attrs[a], name) == 0)
			return a;
	return -1;
}

const char *
print_get(const struct print *p, enum test t, const char *attr)
{
	int a = attr_number(t, attr);

	return a < 0 ? NULL : p->value[t][a];
}

struct parser {
	struct mien_prints *prints;
	struct print *now; /* the entry being read, NULL between entries */
	unsigned int line;
	bool points; /* inside nmap's table of points */
	struct mien_error *err;
};

static int __attribute__((format(printf, 2, 3)))
fail(struct parser *s, const char *format, ...)
{
	char text[200];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	profile_fail(s->err, MIEN_EPARSE, s->prints->file, NULL, "%s", text);
	if (s->err != NULL)
		s->err->line = s->line;
	return MIEN_EPARSE;
}

static int
begin_entry(struct parser *s, const char *title)
{
	struct mien_prints *p = s->prints;

	if (*title == '\0')
		return fail(s, "the entry has no name");
	if (p->count == p->cap) {
		size_t cap = p->cap ? 2 * p->cap : 256;
		struct print *at = realloc(p->at, cap * sizeof(*at));

		if (at == NULL)
			return profile_fail(s->err, MIEN_ENOMEM, p->file, NULL, "out of memory");
		p->at = at;
		p->cap = cap;
	}
	s->now = &p->at[p->count++];
	memset(s->now, 0, sizeof(*s->now));
	s->now->title = title;
	s->now->line = s->line;
	return 0;
}

/* An entry says something of at least one test. */
static int
end_entry(struct parser *s)
{
	bool some = s->now == NULL;

	for (unsigned int t = 0; t < T_COUNT && !some; t++)
		some = s->now->test_line[t] != 0;
	if (!some) {
		s->line = s->now->line;
		return fail(s, "the entry \"%.60s\" has no tests", s->now->title);
	}
	s->now = NULL;
	return 0;
}

/* "SP=0-5" */
static int
read_attr(struct parser *s, enum test t, char *item)
{
	char *equals = strchr(item, '=');
	int a;

	if (equals == NULL)
		return fail(s, "%s: \"%.40s\" is no ATTRIBUTE=VALUE", tests[t].name, item);
	*equals = '\0';
	a = attr_number(t, item);
	if (a < 0)
		return fail(s, "%s has no attribute \"%.40s\"", tests[t].name, item);
	if (s->now->value[t][a] != NULL)
		return fail(s, "%s: %s is given twice", tests[t].name, item);
	s->now->value[t][a] = equals + 1;
	return 0;
}

/* "SEQ(SP=0-5%GCD=1-6)" */
static int
read_test(struct parser *s, char *line)
{
	char *open = strchr(line, '('), *close = strrchr(line, ')');
	unsigned int t = 0;

	if (open == NULL || close == NULL || close < open || close[1] != '\0')
		return fail(s, "\"%.40s\" is no TEST(ATTRIBUTE=VALUE%%...)", line);
	*open = *close = '\0';
	while (t < T_COUNT && strcmp(tests[t].name, line) != 0)
		t++;
	if (t == T_COUNT)
		return fail(s, "there is no test called \"%.40s\"", line);
	if (s->now->test_line[t] != 0)
		return fail(s, "%s is given twice (first in line %u)", line, s->now->test_line[t]);
	s->now->test_line[t] = s->line;
	for (char *item = open + 1, *next; item != NULL && *item != '\0'; item = next) {
		next = strchr(item, '%');
		if (next != NULL)
			*next++ = '\0';
		if (read_attr(s, (enum test)t, item) != 0)
			return MIEN_EPARSE;
	}
	return 0;
}

static bool
begins(const char *line, const char *word)
{
	return strncmp(line, word, strlen(word)) == 0;
}

static int
read_line(struct parser *s, char *line)
{
	if (*line == '#')
		return 0;
	if (*line == '\0') {
		s->points = false;
		return end_entry(s);
	}
	if (begins(line, "Fingerprint ")) {
		s->points = false;
		return end_entry(s) != 0 ? MIEN_EPARSE : begin_entry(s, line + 12);
	}
	if (strcmp(line, "MatchPoints") == 0)
		s->points = true;
	if (s->points || (s->now != NULL && (begins(line, "Class ") || begins(line, "CPE "))))
		return 0;
	if (s->now == NULL)
		return fail(s, "\"%.40s\" stands outside of any entry; an entry begins with Fingerprint NAME", line);
	return read_test(s, line);
}

static int
read_text(struct parser *s)
{
	int result = 0;

	for (char *line = s->prints->text, *next; line != NULL && result == 0; line = next) {
		size_t len;

		next = strchr(line, '\n');
		if (next != NULL)
			*next++ = '\0';
		len = strlen(line);
		while (len > 0 && (line[len - 1] == '\r' || line[len - 1] == ' '))
			line[--len] = '\0';
		s->line++;
		result = read_line(s, line);
	}
	if (result == 0)
		result = end_entry(s);
	if (result == 0 && s->prints->count == 0)
		result = fail(s, "there is no entry; one begins with Fingerprint NAME");
	return result;
}

int
mien_prints_parse(const char *text, size_t len, const char *file, struct mien_prints **out, struct mien_error *err)
{
	struct mien_prints *p = calloc(1, sizeof(*p));
	struct parser s = {.prints = p, .err = err};
	int result;

	*out = NULL;
	if (p != NULL)
		p->text = malloc(len + 1);
	if (p == NULL || p->text == NULL) {
		free(p);
		return profile_fail(err, MIEN_ENOMEM, file, NULL, "out of memory");
	}
	snprintf(p->file, sizeof(p->file), "%s", file);
	memcpy(p->text, text, len);
	p->text[len] = '\0';
	result = memchr(text, '\0', len) != NULL ? fail(&s, "the file holds binary data") : read_text(&s);
	if (result != 0) {
		mien_prints_free(p);
		return result;
	}
	*out = p;
	return 0;
}

void
mien_prints_free(struct mien_prints *p)
{
	if (p == NULL)
		return;
	free(p->at);
	free(p->text);
	free(p);
}

bool
mien_prints_at(const struct mien_prints *p, size_t i, const char **title, unsigned *line)
{
	if (i >= p->count)
		return false;
	*title = p->at[i].title;
	*line = p->at[i].line;
	return true;
}
