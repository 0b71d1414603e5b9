/* SPDX-License-Identifier: BSD-3-Clause */
#include "suites.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct mien_profile *
profile_of(const char *body)
{
	struct mien_profile *p = NULL;
	struct mien_error err;
	char text[8192];
	int len = snprintf(text, sizeof(text), HEAD "%s", body);

	if (mien_profile_parse(text, (size_t)len, "t.yaml", &p, &err) != 0)
		REQUIRE_FAIL("%s:%u:%u: %s", err.file, err.line, err.column, err.text);
	return p;
}

struct mien_profile *
builtin_profile(const char *name)
{
	struct mien_profile *p = NULL;
	struct mien_error err;

	if (mien_profile_load(name, &p, &err) != 0)
		REQUIRE_FAIL("%s: %s:%u:%u: %s", name, err.file, err.line, err.column, err.text);
	return p;
}

static void
append(void *arg, const char *text, size_t len)
{
	struct string *s = arg;
	char *at = realloc(s->text, s->len + len + 1);

	REQUIRE_NOT_NULL(at);
	memcpy(at + s->len, text, len);
	s->text = at;
	s->len += len;
	s->text[s->len] = '\0';
}

struct mien_sink
string_sink(struct string *s)
{
	*s = (struct string){NULL, 0};
	return (struct mien_sink){append, s};
}
