/* SPDX-License-Identifier: BSD-3-Clause */
#include "suites.h"

int
main(int argc, char **argv)
{
	static const struct test_suite *const suites[] = {
		&handshake_suite,
		&cwnd_suite,
		&fast_open_suite,
		&fast_open_again_suite,
		&fast_open_client_suite,
		&answer_suite,
		&accept_suite,
		&acks_suite,
		&push_suite,
		&send_suite,
		&cookie_suite,
		&copies_suite,
		&interface_suite,
		&ipv6_suite,
		&knobs_suite,
		&loss_suite,
		&small_mss_suite,
		&no_mbuf_suite,
		&overload_suite,
		&pace_suite,
		&path_mtu_suite,
		&mtu_search_suite,
		&mtu_told_suite,
		&growth_suite,
		&rack_suite,
		&tlp_suite,
		&repair_suite,
		&undo_suite,
		&text_suite,
		&close_suite,
		&time_wait_suite,
		&user_suite,
		&user_open_suite,
		&user_errors_suite,
		&variants_suite,
		&hostile_suite,
		&timers_suite,
		&window_probe_suite,
		&duties_suite,
		&ecn_suite,
		NULL,
	};

	return run_suites(argc, argv, suites);
}
