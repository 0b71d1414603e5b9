/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdlib.h>

#include "suites.h"

static bool
is_set(const char *name)
{
	const char *value = getenv(name);

	return value && value[0] == '1';
}

bool
sim_quick(void)
{
	return is_set("MIEN_QUICK");
}

bool
sim_full(void)
{
	return is_set("MIEN_FULL");
}

bool
sim_slow_build(void)
{
	return is_set("MIEN_SANITIZE");
}

int
main(int argc, char **argv)
{
	static const struct test_suite *const suites[] = {
		&checker_suite,
		&close_suite,
		&congestion_suite,
		&fast_open_suite,
		&flow_suite,
		&goodput_suite,
		&idle_suite,
		&kinds_suite,
		&memory_suite,
		&path_mtu_suite,
		&profiles_suite,
		&recovery_suite,
		&reuse_suite,
		&scale_suite,
		&scarce_suite,
		&day_suite,
		&switch_suite,
		&transfer_suite,
		&window_suite,
		NULL,
	};

	return run_suites(argc, argv, suites);
}
