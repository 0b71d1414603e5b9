/* SPDX-License-Identifier: BSD-3-Clause */
/* The suites of this room, one per file, listed once. */
#ifndef TESTS_UNIT_WIRE_SUITES_H
#define TESTS_UNIT_WIRE_SUITES_H

#include "check.h"

extern const struct test_suite eth_suite;
extern const struct test_suite arp_suite;
extern const struct test_suite cksum_suite;
extern const struct test_suite ip4_suite;
extern const struct test_suite ip6_suite;
extern const struct test_suite icmp4_suite;
extern const struct test_suite udp_hdr_suite;
extern const struct test_suite tcp_hdr_suite;
extern const struct test_suite tcp_opt_suite;
extern const struct test_suite segment_fmt_suite;
extern const struct test_suite packet_fmt_suite;
extern const struct test_suite hostile_suite;

#endif
