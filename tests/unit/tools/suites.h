/* SPDX-License-Identifier: BSD-3-Clause */
/* The suites of this room, one per file, listed once. */
#ifndef TESTS_UNIT_TOOLS_SUITES_H
#define TESTS_UNIT_TOOLS_SUITES_H

#include "check.h"

extern const struct test_suite text_suite;
extern const struct test_suite options_suite;
extern const struct test_suite hosts_file_suite;
extern const struct test_suite packet_suite;
extern const struct test_suite flows_suite;
extern const struct test_suite learn_suite;
extern const struct test_suite learn_parts_suite;
extern const struct test_suite store_suite;

#endif
