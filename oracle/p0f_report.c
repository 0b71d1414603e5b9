/* SPDX-License-Identifier: BSD-3-Clause */
#include "p0f_report.h"

#include <stdio.h>
#include <string.h>

/* "key=" in "[time] mod=syn|cli=...|...": the value's start and length, or NULL. */
static const char *
field(const char *line, size_t len, const char *key, size_t *n)
{
	size_t key_len = strlen(key);
	const char *end = line + len;

	for (const char *p = line; p + key_len < end; p++) {
		const char *stop;

		if ((p != line && p[-1] != '|' && p[-1] != ' ') || memcmp(p, key, key_len) != 0 || p[key_len] != '=')
			continue;
		p += key_len + 1;
		stop = memchr(p, '|', (size_t)(end - p));
		*n = (size_t)((stop ? stop : end) - p);
		return p;
	}
	return NULL;
}

static bool
is(const char *value, size_t n, const char *wanted)
{
	size_t len = strlen(wanted);

	if (!value || n < len || memcmp(value, wanted, len) != 0)
		return false;
	return n == len || (value[len] == '/' && !strchr(wanted, '/'));
}

bool
p0f_report_find(const char *log, const char *mod, const char *client, const char *server, struct p0f_report *out)
{
	for (const char *line = log; *line; line += strcspn(line, "\n") + (line[strcspn(line, "\n")] == '\n')) {
		size_t len = strcspn(line, "\n"), n;
		const char *value = field(line, len, "mod", &n);

		if (!value || n != strlen(mod) || memcmp(value, mod, n) != 0)
			continue;
		value = field(line, len, "cli", &n);
		if (!is(value, n, client))
			continue;
		value = field(line, len, "srv", &n);
		if (!is(value, n, server))
			continue;
		value = field(line, len, "os", &n);
		snprintf(out->label, sizeof(out->label), "%.*s", value ? (int)n : 0, value ? value : "");
		value = field(line, len, "raw_sig", &n);
		snprintf(out->signature, sizeof(out->signature), "%.*s", value ? (int)n : 0, value ? value : "");
		return value != NULL;
	}
	return false;
}
