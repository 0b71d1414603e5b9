/* SPDX-License-Identifier: BSD-3-Clause */
/* A print as text, both ways. */
#include "nmap_print.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

const char *const nmap_line_names[NMAP_LINES] = {
	"SEQ", "OPS", "WIN", "ECN", "T1", "T2", "T3", "T4", "T5", "T6", "T7", "U1", "IE"};

void
nmap_attr_add(struct nmap_line *l, const char *name, const char *format, ...)
{
	struct nmap_attr *a = &l->attr[l->n];
	va_list args;

	if (l->n == NMAP_ATTRS)
		return;
	l->n++;
	snprintf(a->name, sizeof(a->name), "%s", name);
	va_start(args, format);
	vsnprintf(a->value, sizeof(a->value), format, args);
	va_end(args);
}

const char *
nmap_print_get(const struct nmap_print *p, enum nmap_line_id line, const char *attr)
{
	const struct nmap_line *l = &p->line[line];

	for (unsigned i = 0; i < l->n; i++)
		if (strcmp(l->attr[i].name, attr) == 0)
			return l->attr[i].value;
	return NULL;
}

size_t
nmap_line_format(const struct nmap_print *p, enum nmap_line_id line, char *buf, size_t cap)
{
	const struct nmap_line *l = &p->line[line];
	size_t used = 0;

	if (cap)
		buf[0] = '\0';
	if (l->n == 0)
		return 0;
	for (unsigned i = 0; i <= l->n; i++) {
		size_t room = used < cap ? cap - used : 0;

		if (i == l->n)
			used += (size_t)snprintf(room ? buf + used : NULL, room, ")");
		else
			used += (size_t)snprintf(room ? buf + used : NULL, room, "%s%s%s=%s",
				i ? "" : nmap_line_names[line], i ? "%" : "(", l->attr[i].name, l->attr[i].value);
	}
	return used;
}

static bool
parse_attr(struct nmap_line *l, const char *text, size_t len)
{
	const char *is = memchr(text, '=', len);
	size_t name = is ? (size_t)(is - text) : 0;
	struct nmap_attr *a = &l->attr[l->n];

	if (!is || name == 0 || name >= sizeof(a->name) || len - name > sizeof(a->value) || l->n == NMAP_ATTRS)
		return false;
	memcpy(a->name, text, name);
	a->name[name] = '\0';
	memcpy(a->value, is + 1, len - name - 1);
	a->value[len - name - 1] = '\0';
	l->n++;
	return true;
}

bool
nmap_line_parse(struct nmap_print *p, const char *text, size_t len)
{
	const char *open = memchr(text, '(', len), *end = text + len;
	unsigned id = 0;

	if (!open || end[-1] != ')')
		return false;
	while (id < NMAP_LINES && (strlen(nmap_line_names[id]) != (size_t)(open - text) ||
					  memcmp(nmap_line_names[id], text, (size_t)(open - text)) != 0))
		id++;
	if (id == NMAP_LINES)
		return false;
	p->line[id].n = 0;
	for (text = open + 1; text < end - 1;) {
		const char *stop = memchr(text, '%', (size_t)(end - 1 - text));

		if (!stop)
			stop = end - 1;
		if (!parse_attr(&p->line[id], text, (size_t)(stop - text)))
			return false;
		text = stop + 1;
	}
	return true;
}
