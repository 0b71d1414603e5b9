/* SPDX-License-Identifier: BSD-3-Clause */
#include "suites.h"

int
main(int argc, char **argv)
{
	static const struct test_suite *const suites[] = {
		&text_suite,
		&options_suite,
		&hosts_file_suite,
		&packet_suite,
		&flows_suite,
		&learn_suite,
		&learn_parts_suite,
		&store_suite,
		NULL,
	};

	return run_suites(argc, argv, suites);
}
