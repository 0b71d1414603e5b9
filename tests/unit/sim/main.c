/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdio.h>

#include <mien/driver.h>

#include "suites.h"

struct rte_mempool *sim_test_pool;

int
main(int argc, char **argv)
{
	static const struct test_suite *const suites[] = {&way_suite, &box_suite, &world_suite, &watch_suite, &watch_fo_suite,
		&watch_doubt_suite, &watch_open_suite, &watch_time_suite, &scene_suite, NULL};
	const struct mien_pool_config config = {.mbufs = 4096};
	struct mien_error error;
	int rc;

	if (mien_pool_create(&config, &sim_test_pool, NULL, &error) != 0) {
		fprintf(stderr, "%s\n", error.text);
		return 1;
	}
	rc = run_suites(argc, argv, suites);
	mien_pool_free(sim_test_pool);
	mien_eal_stop();
	return rc;
}
