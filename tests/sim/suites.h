/* SPDX-License-Identifier: BSD-3-Clause */
/* The suites of the simulation, one per file, listed once. */
#ifndef TESTS_SIM_SUITES_H
#define TESTS_SIM_SUITES_H

#include "check.h"
#include "stack_rig.h"

extern const struct test_suite checker_suite, close_suite, congestion_suite, day_suite, fast_open_suite, flow_suite, goodput_suite, idle_suite, kinds_suite,
	memory_suite, path_mtu_suite, profiles_suite, recovery_suite, reuse_suite, scale_suite, scarce_suite, switch_suite, transfer_suite,
	window_suite;

/* MIEN_QUICK is set: smaller transfers. */
bool sim_quick(void);
/* MIEN_FULL=1: everything, however long it takes. */
bool sim_full(void);
/* On a sanitizer build, and then smaller still. */
bool sim_slow_build(void);

#endif
