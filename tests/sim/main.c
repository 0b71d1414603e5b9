/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdlib.h>

#include "suites.h"

bool
sim_quick(void)
{
	const char *quick = getenv("MIEN_QUICK");

	return quick && quick[0] == '1';
}

bool
sim_slow_build(void)
{
	const char *slow = getenv("MIEN_SANITIZE");

	return slow && slow[0] == '1';
}

int
main(int argc, char **argv)
{
	static const struct test_suite *const suites[] = {
		&checker_suite,
		&close_suite,
		&flow_suite,
		&idle_suite,
		&kinds_suite,
		&memory_suite,
		&reuse_suite,
		&scale_suite,
		&transfer_suite,
		NULL,
	};

	return run_suites(argc, argv, suites);
}
