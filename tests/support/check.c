/* SPDX-License-Identifier: BSD-3-Clause */
#include "check.h"

#include <CUnit/CUnit.h>
#include <CUnit/TestDB.h>
#include <CUnit/TestRun.h>

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define SHOWN_FAILURES 8 /* a loop that fails a million times prints its first few */

static struct {
	bool verbose;
	bool stage_failed;    /* a check failed in setup or teardown, where CUnit has no test */
	unsigned int shown;   /* failures printed for the running test */
	unsigned int skipped; /* cases which said that they cannot run here */
	unsigned int stillborn; /* cases which did not run because their suite's setup failed */
	unsigned int broken;  /* suites whose teardown failed after an otherwise good last case */
	bool last_case_failed;
	const struct test_suite *suite;
	const struct test_suite *const *suites;
} run;

/* Shows a failure and hands it to CUnit, which counts it and, if fatal, leaves the test. */
static bool
fail(struct check_at at, const char *text)
{
	const char *base = strstr(at.file, "tests/");

	if (run.shown < SHOWN_FAILURES)
		printf("%s:%d: %s\n%s", base ? base : at.file, at.line, at.expr, text);
	run.shown++;
	if (CU_get_current_test() == NULL) {
		run.stage_failed = true;
		return false;
	}
	CU_assertImplementation(CU_FALSE, (unsigned int)at.line, at.expr, at.file, "", at.fatal);
	return false;
}

static bool
pass(struct check_at at)
{
	if (CU_get_current_test() != NULL)
		CU_assertImplementation(CU_TRUE, (unsigned int)at.line, at.expr, at.file, "",
			CU_FALSE);
	return true;
}

bool
check_fail(struct check_at at, const char *format, ...)
{
	char text[4096];
	va_list args;
	size_t len = 1;

	text[0] = '\t';
	va_start(args, format);
	vsnprintf(text + 1, sizeof(text) - 2, format, args);
	va_end(args);
	len = strlen(text);
	text[len] = '\n';
	text[len + 1] = '\0';
	return fail(at, text);
}

bool
check_true(struct check_at at, bool cond)
{
	return cond ? pass(at) : fail(at, "\texpected true\n\tgot      false\n");
}

bool
check_eq_u(struct check_at at, uint64_t got, uint64_t want)
{
	char text[96];

	if (got == want)
		return pass(at);
	snprintf(text, sizeof(text), "\texpected %" PRIu64 "\n\tgot      %" PRIu64 "\n", want, got);
	return fail(at, text);
}

bool
check_eq_i(struct check_at at, int64_t got, int64_t want)
{
	char text[96];

	if (got == want)
		return pass(at);
	snprintf(text, sizeof(text), "\texpected %" PRId64 "\n\tgot      %" PRId64 "\n", want, got);
	return fail(at, text);
}

bool
check_eq_x(struct check_at at, uint64_t got, uint64_t want)
{
	char text[96];

	if (got == want)
		return pass(at);
	snprintf(text, sizeof(text), "\texpected 0x%" PRIx64 "\n\tgot      0x%" PRIx64 "\n", want,
		got);
	return fail(at, text);
}

bool
check_str(struct check_at at, const char *got, const char *want)
{
	char text[4096];

	if (got == NULL || want == NULL ? got == want : strcmp(got, want) == 0)
		return pass(at);
	snprintf(text, sizeof(text), "\texpected %.1900s\n\tgot      %.1900s\n",
		want ? want : "(null)", got ? got : "(null)");
	return fail(at, text);
}

/* One line of hex; the bytes that differ from other's stand in brackets. */
static size_t
hex_line(char *out, size_t cap, const uint8_t *bytes, const uint8_t *other, size_t len)
{
	size_t n = 0;

	for (size_t i = 0; i < len && n + 5 < cap; i++) {
		const char *format = bytes[i] == other[i] ? " %02x " : "[%02x]";

		n += (size_t)snprintf(out + n, cap - n, format, bytes[i]);
	}
	out[n++] = '\n';
	return n;
}

/* Dumps the 16-byte rows that differ, at most 16 of them. */
bool
check_mem(struct check_at at, const void *got, const void *want, size_t len)
{
	const uint8_t *g = got, *w = want;
	char text[4096];
	size_t n = 0, rows = 0;

	if (len == 0 || (g != NULL && w != NULL && memcmp(g, w, len) == 0))
		return pass(at);
	if (g == NULL || w == NULL)
		return fail(at, g == NULL ? "\tgot      NULL\n" : "\texpected NULL\n");
	for (size_t off = 0; off < len && rows < 16; off += 16) {
		size_t row = len - off < 16 ? len - off : 16;

		if (memcmp(g + off, w + off, row) == 0)
			continue;
		n += (size_t)sprintf(text + n, "\t@%04zx expected ", off);
		n += hex_line(text + n, 96, w + off, g + off, row);
		n += (size_t)sprintf(text + n, "\t      got      ");
		n += hex_line(text + n, 96, g + off, w + off, row);
		rows++;
	}
	text[n] = '\0';
	return fail(at, text);
}

bool
check_ptr(struct check_at at, const void *got, const void *want)
{
	char text[96];

	if (got == want)
		return pass(at);
	snprintf(text, sizeof(text), "\texpected %p\n\tgot      %p\n", want, got);
	return fail(at, text);
}

bool
check_not_null(struct check_at at, const void *got)
{
	return got != NULL ? pass(at) : fail(at, "\texpected a pointer\n\tgot      NULL\n");
}

static const struct test_suite *
suite_named(const char *name)
{
	for (const struct test_suite *const *s = run.suites; *s != NULL; s++)
		if (strcmp((*s)->name, name) == 0)
			return *s;
	return NULL;
}

static int
suite_setup(void)
{
	run.suite = suite_named(CU_get_current_suite()->pName);
	run.stage_failed = false;
	run.shown = 0;
	run.last_case_failed = false;
	if (run.suite->setup != NULL && run.suite->setup() != 0)
		return 1;
	return run.stage_failed;
}

static int
suite_teardown(void)
{
	run.stage_failed = false;
	run.shown = 0;
	if (run.suite->teardown != NULL && run.suite->teardown() != 0)
		return 1;
	return run.stage_failed;
}

static void
case_before(void)
{
	if (run.suite->before != NULL)
		run.suite->before();
}

static void
case_after(void)
{
	if (run.suite->after != NULL)
		run.suite->after();
}

static void
on_case_start(const CU_pTest test, const CU_pSuite suite)
{
	run.shown = 0;
	if (run.verbose)
		printf("%s: %s\n", suite->pName, test->pName);
	fflush(stdout);
}

void
check_skip(const char *why)
{
	printf("skip: %s: %s: %s\n", CU_get_current_suite()->pName, CU_get_current_test()->pName, why);
	run.skipped++;
}

static void
on_case_done(const CU_pTest test, const CU_pSuite suite, const CU_pFailureRecord failure)
{
	run.last_case_failed = failure != NULL;
	if (failure == NULL)
		return;
	if (run.shown > SHOWN_FAILURES)
		printf("\tand %u more\n", run.shown - SHOWN_FAILURES);
	printf("FAILED %s: %s\n", suite->pName, test->pName);
	fflush(stdout);
}

static void
on_setup_failed(const CU_pSuite suite)
{
	run.stillborn += suite->uiNumberOfTests;
	printf("FAILED %s: setup\n", suite->pName);
}

static void
on_teardown_failed(const CU_pSuite suite)
{
	run.broken += !run.last_case_failed;
	printf("FAILED %s: teardown\n", suite->pName);
}

static bool
wanted(const struct test_suite *suite, const struct test_case *one, const char *filter)
{
	char name[512];

	snprintf(name, sizeof(name), "%s: %s", suite->name, one->name);
	return filter == NULL || strstr(name, filter) != NULL;
}

/* Registers the wanted cases; a suite with none of them is left out, so its setup is not run. */
static int
add_suite(const struct test_suite *suite, const char *filter)
{
	CU_pSuite added = NULL;

	for (const struct test_case *one = suite->cases; one->name != NULL; one++) {
		if (!wanted(suite, one, filter))
			continue;
		if (added == NULL)
			added = CU_add_suite_with_setup_and_teardown(suite->name, suite_setup,
				suite_teardown, case_before, case_after);
		if (added == NULL || CU_add_test(added, one->name, one->fn) == NULL)
			return -1;
		if (CU_get_error() != CUE_SUCCESS)
			return -1; /* a name used twice: the filter could not tell them apart */
	}
	return 0;
}

static int
refuse(const char *what)
{
	printf("check: %s\n0 passed, 1 failed\n", what);
	CU_cleanup_registry();
	return 1;
}

int
run_suites(int argc, char **argv, const struct test_suite *const *suites)
{
	unsigned int failed, total;
	const char *filter;
	int arg = 1;

	memset(&run, 0, sizeof(run));
	run.suites = suites;
	if (arg < argc && strcmp(argv[arg], "-v") == 0) {
		run.verbose = true;
		arg++;
	}
	filter = arg < argc ? argv[arg] : NULL;
	if (CU_initialize_registry() != CUE_SUCCESS)
		return refuse(CU_get_error_msg());
	for (const struct test_suite *const *s = suites; *s != NULL; s++)
		if (add_suite(*s, filter) != 0)
			return refuse((*s)->name);
	CU_set_test_start_handler(on_case_start);
	CU_set_test_complete_handler(on_case_done);
	CU_set_suite_init_failure_handler(on_setup_failed);
	CU_set_suite_cleanup_failure_handler(on_teardown_failed);
	CU_run_all_tests();
	failed = CU_get_number_of_tests_failed() + run.stillborn + run.broken;
	total = CU_get_number_of_tests_run() + run.stillborn;
	CU_cleanup_registry();
	printf("%u passed, %u failed", total - failed - run.skipped, failed);
	if (run.skipped)
		printf(", %u skipped", run.skipped);
	printf("\n");
	return failed != 0 || total == 0;
}
