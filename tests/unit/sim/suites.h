/* SPDX-License-Identifier: BSD-3-Clause */
/* The suites of this room, one per file, listed once. */
#ifndef TESTS_UNIT_SIM_SUITES_H
#define TESTS_UNIT_SIM_SUITES_H

#include "check.h"

extern const struct test_suite way_suite, box_suite, world_suite, watch_suite, watch_fo_suite, watch_doubt_suite,
	watch_open_suite, watch_time_suite, scene_suite;

/* mbufs of all suites. */
extern struct rte_mempool *sim_test_pool;

#endif
