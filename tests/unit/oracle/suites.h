/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef TESTS_ORACLE_SUITES_H
#define TESTS_ORACLE_SUITES_H

#include "check.h"

extern const struct test_suite match_suite, observed_suite, oracle_suite, p0f_suite, print_suite, probe_suite;
extern const struct test_suite p0f_match_suite, report_suite, scanner_suite, seq_suite, witness_suite, worn_suite;

#endif
