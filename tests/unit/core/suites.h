/* SPDX-License-Identifier: BSD-3-Clause */
/* The suites of this room, one per file, listed once. */
#ifndef TESTS_UNIT_CORE_SUITES_H
#define TESTS_UNIT_CORE_SUITES_H

#include "check.h"

extern const struct test_suite addr_suite, hosts_suite, memory_suite, personality_suite, refusals_suite, stack_suite;

#endif
