/* SPDX-License-Identifier: BSD-3-Clause */
#include "suites.h"

int
main(int argc, char **argv)
{
	static const struct test_suite *const suites[] = {
		&eth_suite,
		&arp_suite,
		&cksum_suite,
		&ip4_suite,
		&ip6_suite,
		&icmp4_suite,
		&udp_hdr_suite,
		&tcp_hdr_suite,
		&tcp_opt_suite,
		&segment_fmt_suite,
		&packet_fmt_suite,
		&hostile_suite,
		NULL,
	};

	return run_suites(argc, argv, suites);
}
