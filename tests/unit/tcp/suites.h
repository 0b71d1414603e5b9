/* SPDX-License-Identifier: BSD-3-Clause */
/* The suites of this room, one per file, listed once. */
#ifndef TESTS_UNIT_TCP_SUITES_H
#define TESTS_UNIT_TCP_SUITES_H

#include <string.h>

#include "check.h"

extern const struct test_suite bic_suite;
extern const struct test_suite cc_suite;
extern const struct test_suite cubic_suite, cubic_linux_suite;
extern const struct test_suite deadline_suite;
extern const struct test_suite isn_suite;
extern const struct test_suite payload_suite;
extern const struct test_suite pieces_suite;
extern const struct test_suite rtx_index_suite;
extern const struct test_suite port_pick_suite;
extern const struct test_suite reass_suite;
extern const struct test_suite rtt_suite;
extern const struct test_suite rtx_queue_suite;
extern const struct test_suite state_suite;
extern const struct test_suite tcb_check_suite;
extern const struct test_suite tcp_room_suite;
extern const struct test_suite tstamp_suite;
extern const struct test_suite window_suite;
extern const struct test_suite worn_suite;

#endif
