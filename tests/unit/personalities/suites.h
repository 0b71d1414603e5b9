/* SPDX-License-Identifier: BSD-3-Clause */
/* The suites of this room, one per file, listed once. */
#ifndef TESTS_UNIT_PERSONALITIES_SUITES_H
#define TESTS_UNIT_PERSONALITIES_SUITES_H

#include "check.h"

#include <mien/profile.h>

extern const struct test_suite answers_suite;
extern const struct test_suite deck_suite;
extern const struct test_suite import_suite;
extern const struct test_suite inherits_suite;
extern const struct test_suite layout_suite;
extern const struct test_suite mistakes_suite;
extern const struct test_suite profiles_suite;
extern const struct test_suite signature_suite;
extern const struct test_suite text_suite;

/* helpers.c: profiles of a few lines, and what is written of a profile. */

#define HEAD "name: t\ntitle: T\nevidence: [{what: w, source: s}]\n" /* three lines */

/** Parses HEAD and body; the test ends where that fails. */
struct mien_profile *profile_of(const char *body);
/** A built-in one, or the test ends. */
struct mien_profile *builtin_profile(const char *name);

/** A growing string as sink; free s->text. */
struct string {
	char *text;
	size_t len;
};
struct mien_sink string_sink(struct string *s);

#endif
