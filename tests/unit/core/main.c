/* SPDX-License-Identifier: BSD-3-Clause */
#include "suites.h"

int
main(int argc, char **argv)
{
	static const struct test_suite *const suites[] = {
		&addr_suite, &hosts_suite, &memory_suite, &personality_suite, &refusals_suite, &stack_suite,
		NULL,
	};

	return run_suites(argc, argv, suites);
}
