/* SPDX-License-Identifier: BSD-3-Clause */
#include "suites.h"

int
main(int argc, char **argv)
{
	static const struct test_suite *const suites[] = {
		&rtt_suite,
		&bic_suite,
		&cc_suite,
		&cubic_suite,
		&cubic_linux_suite,
		&deadline_suite,
		&rtx_index_suite,
		&rtx_queue_suite,
		&state_suite,
		&tcb_check_suite,
		&tcp_room_suite,
		&worn_suite,
		&window_suite,
		&tstamp_suite,
		&isn_suite,
		&port_pick_suite,
		&payload_suite,
		&pieces_suite,
		&reass_suite,
		NULL,
	};

	return run_suites(argc, argv, suites);
}
