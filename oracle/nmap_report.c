/* SPDX-License-Identifier: BSD-3-Clause */
#include "nmap_report.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PRINT_CAP 8192
#define SPREAD 5	      /* half the width that prints give SP and ISR */
#define RANDOM_CLOCK 0x20 /* TS of clocks that are none */

/* The value of an attribute of an XML element that begins at `at`; borrowed. */
static const char *
xml_attr(const char *at, const char *end, const char *name, size_t *len)
{
	const char *close = memchr(at, '>', (size_t)(end - at)), *p, *quote;
	char key[24];

	if (!close)
		return NULL;
	snprintf(key, sizeof(key), " %s=\"", name);
	p = memmem(at, (size_t)(close - at), key, strlen(key));
	if (!p)
		return NULL;
	p += strlen(key);
	quote = memchr(p, '"', (size_t)(close - p));
	*len = quote ? (size_t)(quote - p) : 0;
	return quote ? p : NULL;
}

static const char *
xml_element(const char *at, const char *end, const char *name)
{
	char key[24];

	snprintf(key, sizeof(key), "<%s ", name);
	return memmem(at, (size_t)(end - at), key, strlen(key));
}

/* "OS:SCAN(V=7.93...&#xa;OS:..." without what only wraps it. */
static size_t
unwrap(const char *text, size_t len, char *out, size_t cap)
{
	size_t n = 0;

	for (size_t i = 0; i < len && n + 1 < cap;) {
		if (len - i >= 5 && memcmp(text + i, "&#xa;", 5) == 0)
			i += 5;
		else if (len - i >= 3 && memcmp(text + i, "OS:", 3) == 0)
			i += 3;
		else if (text[i] == '\n')
			i++;
		else
			out[n++] = text[i++];
	}
	out[n] = '\0';
	return n;
}

static bool
read_print(const char *text, size_t len, struct nmap_print *out)
{
	char lines[PRINT_CAP];
	const char *p = lines, *end = lines + unwrap(text, len, lines, sizeof(lines));
	bool any = false;

	while (p < end) {
		const char *close = memchr(p, ')', (size_t)(end - p));

		if (!close)
			break;
		any |= nmap_line_parse(out, p, (size_t)(close + 1 - p)); /* all but SCAN */
		p = close + 1;
	}
	return any;
}

static unsigned
number(const char *text, size_t len)
{
	unsigned n = 0;

	for (size_t i = 0; i < len && text[i] >= '0' && text[i] <= '9'; i++)
		n = n * 10 + (unsigned)(text[i] - '0');
	return n;
}

static void
read_matches(const char *xml, const char *end, struct nmap_report *out)
{
	const char *at = xml;
	size_t len;

	while ((at = xml_element(at, end, "osmatch")) != NULL) {
		const char *name = xml_attr(at, end, "name", &len);

		if (name && out->matches++ == 0) {
			const char *value;

			snprintf(out->name, sizeof(out->name), "%.*s", (int)len, name);
			value = xml_attr(at, end, "accuracy", &len);
			out->accuracy = value ? number(value, len) : 0;
			value = xml_attr(at, end, "line", &len);
			out->line = value ? number(value, len) : 0;
		}
		at++;
	}
}

bool
nmap_report_read(const char *xml, size_t len, struct nmap_report *out)
{
	const char *end = xml + len, *run = xml_element(xml, end, "nmaprun"), *at, *value;
	size_t n;

	memset(out, 0, sizeof(*out));
	value = run ? xml_attr(run, end, "version", &n) : NULL;
	if (!value)
		return false;
	at = memchr(value, '.', n);
	out->release = number(value, n) * 100 + (at ? number(at + 1, n) : 0) < 795 ? NMAP_7_94 : NMAP_7_95;
	at = xml_element(xml, end, "osfingerprint");
	value = at ? xml_attr(at, end, "fingerprint", &n) : NULL;
	out->has_print = value && read_print(value, n, &out->print);
	read_matches(xml, end, out);
	return true;
}

static bool
near(const char *name, const char *a, const char *b)
{
	long x = strtol(a, NULL, 16), y = strtol(b, NULL, 16);

	if (strcmp(name, "SP") == 0 || strcmp(name, "ISR") == 0)
		return labs(x - y) <= SPREAD;
	return strcmp(name, "TS") == 0 && x >= RANDOM_CLOCK && y >= RANDOM_CLOCK;
}

static unsigned
compare_line(const struct nmap_print *a, const struct nmap_print *b, enum nmap_line_id id, nmap_differ_fn differ, void *ctx)
{
	unsigned differences = 0;

	for (unsigned i = 0; i < a->line[id].n; i++) {
		const struct nmap_attr *x = &a->line[id].attr[i];
		const char *y = nmap_print_get(b, id, x->name);

		if (y && (strcmp(x->value, y) == 0 || near(x->name, x->value, y)))
			continue;
		differences++;
		differ(ctx, id, x->name, x->value, y ? y : "nothing");
	}
	for (unsigned i = 0; i < b->line[id].n; i++) {
		const struct nmap_attr *y = &b->line[id].attr[i];

		if (nmap_print_get(a, id, y->name))
			continue;
		differences++;
		differ(ctx, id, y->name, "nothing", y->value);
	}
	return differences;
}

unsigned
nmap_print_compare(const struct nmap_print *a, const struct nmap_print *b, nmap_differ_fn differ, void *ctx)
{
	unsigned differences = 0;

	for (unsigned i = 0; i < NMAP_LINES; i++)
		differences += compare_line(a, b, i, differ, ctx);
	return differences;
}
