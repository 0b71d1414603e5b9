/* SPDX-License-Identifier: BSD-3-Clause */
#include "suites.h"

int
main(int argc, char **argv)
{
	static const struct test_suite *const suites[] = {
		&answers_suite,
		&deck_suite,
		&import_suite,
		&inherits_suite,
		&layout_suite,
		&mistakes_suite,
		&profiles_suite,
		&signature_suite, &text_suite,
		NULL,
	};

	return run_suites(argc, argv, suites);
}
