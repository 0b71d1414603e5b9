/* SPDX-License-Identifier: BSD-3-Clause */
#include "suites.h"

int
main(int argc, char **argv)
{
	static const struct test_suite *const suites[] = {
		&hostile_suite,
		&arp_suite,
		&neigh_suite,
		&neigh_room_suite,
		&acd_suite,
		&overlap_suite,
		&reass_suite,
		&ip_id_suite,
		&ip_out_suite,
		&icmp_suite,
		&udp_suite,
		&udp_path_suite,
		&udp_ports_suite,
		&host_suite,
		&rx_suite,
		&pkt_suite,
		&room_suite,
		&ip_in_suite,
		&icmp_answer_suite,
		NULL,
	};

	return run_suites(argc, argv, suites);
}
