/* SPDX-License-Identifier: BSD-3-Clause */
/* The suites of this room, one per file, listed once. */
#ifndef TESTS_UNIT_DRIVERS_SUITES_H
#define TESTS_UNIT_DRIVERS_SUITES_H

#include "check.h"

extern const struct test_suite eal_args_suite;
extern const struct test_suite port_spec_suite;
extern const struct test_suite clock_suite;
extern const struct test_suite loop_timers_suite;
extern const struct test_suite capture_file_suite;
extern const struct test_suite port_frame_suite;
extern const struct test_suite port_suite;
extern const struct test_suite pcap_port_suite;
extern const struct test_suite lcore_loop_suite;
extern const struct test_suite publish_suite;
extern const struct test_suite reporter_suite;
extern const struct test_suite pipe_suite;
extern const struct test_suite kernel_port_suite;

#endif
