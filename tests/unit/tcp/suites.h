/* SPDX-License-Identifier: BSD-3-Clause */
/* The suites of this room, one per file, listed once. */
#ifndef TESTS_UNIT_TCP_SUITES_H
#define TESTS_UNIT_TCP_SUITES_H

#include "check.h"

extern const struct test_suite cc_suite;
extern const struct test_suite rtt_suite;
extern const struct test_suite rtx_queue_suite;

#endif
