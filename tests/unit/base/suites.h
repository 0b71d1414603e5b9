/* SPDX-License-Identifier: BSD-3-Clause */
/* The suites of this room, one per file, listed once. */
#ifndef TESTS_UNIT_BASE_SUITES_H
#define TESTS_UNIT_BASE_SUITES_H

#include "check.h"

extern const struct test_suite check_suite;
extern const struct test_suite seq_suite;
extern const struct test_suite pool_suite;
extern const struct test_suite wheel_suite;
extern const struct test_suite flow_table_suite;
extern const struct test_suite siphash_suite;
extern const struct test_suite rng_suite;
extern const struct test_suite ranges_suite;
extern const struct test_suite fmt_suite;
extern const struct test_suite token_bucket_suite;

/* Runs a purpose-made suite, named by argv[0], that the check suite looks at from outside. */
int check_sample(int argc, char **argv);

#endif
