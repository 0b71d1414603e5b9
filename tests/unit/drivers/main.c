/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdio.h>

#include <mien/driver.h>

#include "suites.h"

int
main(int argc, char **argv)
{
	static const struct test_suite *const suites[] = {
		&eal_args_suite,
		&port_spec_suite,
		&clock_suite,
		&loop_timers_suite,
		&capture_file_suite,
		&port_frame_suite,
		&port_suite,
		&pcap_port_suite,
		&lcore_loop_suite,
		&publish_suite,
		&reporter_suite,
		&pipe_suite,
		&kernel_port_suite, /* last: it changes the network namespace */
		NULL,
	};
	struct mien_error error;
	int rc;

	if (mien_eal_start(NULL, &error) != 0) {
		fprintf(stderr, "%s\n", error.text);
		return 1;
	}
	rc = run_suites(argc, argv, suites);
	mien_eal_stop();
	return rc;
}
