/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Checks that show values, and a runner, over CUnit.
 *
 * CHECK_x records a failure and goes on; REQUIRE_x leaves the running test at once, from any depth
 * (CUnit unwinds with longjmp, so what the test allocated so far is leaked). A failure prints
 * file:line, the expression, then "expected" and "got" on lines of their own.
 * Checks also work inside a suite's setup and teardown: a failed one makes that call fail.
 */
#ifndef TESTS_CHECK_H
#define TESTS_CHECK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct test_case {
	const char *name; /* a sentence of the domain */
	void (*fn)(void);
};

struct test_suite {
	const char *name;
	int (*setup)(void);	       /* once before the suite's cases; not 0: all of them fail */
	int (*teardown)(void);	       /* once after them; not 0: the suite's last case fails */
	const struct test_case *cases; /* ends with an entry whose name is NULL */
	void (*before)(void);	       /* before each case; may be NULL */
	void (*after)(void);	       /* after each case, also when it was left by REQUIRE */
};

/*
 * Runs every case of the NULL-terminated list, or those whose "suite: case" holds argv[1] as a
 * substring; -v as first argument lists the cases as they run. The last line of output is
 * "N passed, N failed". Returns the exit code of main: 0 if something ran and nothing failed.
 */
int run_suites(int argc, char **argv, const struct test_suite *const *suites);

/* Where a check stands in the source and whether its failure ends the test. */
struct check_at {
	const char *file;
	int line;
	bool fatal;
	const char *expr;
};

bool check_true(struct check_at at, bool cond);
bool check_eq_u(struct check_at at, uint64_t got, uint64_t want);
bool check_eq_i(struct check_at at, int64_t got, int64_t want);
bool check_eq_x(struct check_at at, uint64_t got, uint64_t want);
bool check_str(struct check_at at, const char *got, const char *want);
bool check_mem(struct check_at at, const void *got, const void *want, size_t len);
bool check_ptr(struct check_at at, const void *got, const void *want);
bool check_not_null(struct check_at at, const void *got);

/* Records a failure with the caller's own text; always returns false. */
bool check_fail(struct check_at at, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The running test cannot run here; it counts as skipped, and the reason is printed. */
void check_skip(const char *why);

#define CHECK_AT_(expr, fatal) ((struct check_at){__FILE__, __LINE__, fatal, expr})

#define CHECK(cond) check_true(CHECK_AT_(#cond, false), (cond))
#define CHECK_EQ_U(got, want)                                                                      \
	check_eq_u(CHECK_AT_(#got, false), (uint64_t)(got), (uint64_t)(want))
#define CHECK_EQ_I(got, want) check_eq_i(CHECK_AT_(#got, false), (int64_t)(got), (int64_t)(want))
#define CHECK_EQ_X(got, want)                                                                      \
	check_eq_x(CHECK_AT_(#got, false), (uint64_t)(got), (uint64_t)(want))
#define CHECK_STR(got, want) check_str(CHECK_AT_(#got, false), got, want)
#define CHECK_MEM(got, want, len) check_mem(CHECK_AT_(#got, false), got, want, len)
#define CHECK_PTR(got, want) check_ptr(CHECK_AT_(#got, false), got, want)
#define CHECK_NULL(got) check_ptr(CHECK_AT_(#got, false), got, NULL)
#define CHECK_NOT_NULL(got) check_not_null(CHECK_AT_(#got, false), got)
#define FAIL(...) check_fail(CHECK_AT_("FAIL", false), __VA_ARGS__)

#define REQUIRE(cond) check_true(CHECK_AT_(#cond, true), (cond))
#define REQUIRE_EQ_U(got, want)                                                                    \
	check_eq_u(CHECK_AT_(#got, true), (uint64_t)(got), (uint64_t)(want))
#define REQUIRE_EQ_I(got, want) check_eq_i(CHECK_AT_(#got, true), (int64_t)(got), (int64_t)(want))
#define REQUIRE_EQ_X(got, want)                                                                    \
	check_eq_x(CHECK_AT_(#got, true), (uint64_t)(got), (uint64_t)(want))
#define REQUIRE_STR(got, want) check_str(CHECK_AT_(#got, true), got, want)
#define REQUIRE_MEM(got, want, len) check_mem(CHECK_AT_(#got, true), got, want, len)
#define REQUIRE_PTR(got, want) check_ptr(CHECK_AT_(#got, true), got, want)
#define REQUIRE_NULL(got) check_ptr(CHECK_AT_(#got, true), got, NULL)
#define REQUIRE_NOT_NULL(got) check_not_null(CHECK_AT_(#got, true), got)
#define REQUIRE_FAIL(...) check_fail(CHECK_AT_("FAIL", true), __VA_ARGS__)

#endif
