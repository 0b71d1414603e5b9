/* SPDX-License-Identifier: BSD-3-Clause */
#include "suites.h"

#include <string.h>

int
main(int argc, char **argv)
{
	static const struct test_suite *const suites[] = {
		&check_suite,
		&seq_suite,
		&pool_suite,
		&wheel_suite,
		&flow_table_suite,
		&siphash_suite,
		&rng_suite,
		&ranges_suite,
		&fmt_suite,
		&token_bucket_suite,
		NULL,
	};

	if (argc > 2 && strcmp(argv[1], "--sample") == 0)
		return check_sample(argc - 2, argv + 2);
	return run_suites(argc, argv, suites);
}
