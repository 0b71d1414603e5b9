/* SPDX-License-Identifier: BSD-3-Clause */
#include "suites.h"

int
main(int argc, char **argv)
{
	static const struct test_suite *const suites[] = {
		&match_suite,
		&observed_suite,
		&oracle_suite,
		&p0f_suite,
		&p0f_match_suite,
		&print_suite,
		&probe_suite,
		&report_suite,
		&scanner_suite,
		&seq_suite,
		&witness_suite, &worn_suite,
		NULL,
	};

	return run_suites(argc, argv, suites);
}
