/* SPDX-License-Identifier: BSD-3-Clause */
/* The suites of this room, one per file, listed once. */
#ifndef TESTS_UNIT_NET_SUITES_H
#define TESTS_UNIT_NET_SUITES_H

#include "check.h"

extern const struct test_suite hostile_suite;
extern const struct test_suite neigh_suite;
extern const struct test_suite neigh_room_suite;
extern const struct test_suite arp_suite;
extern const struct test_suite acd_suite;
extern const struct test_suite overlap_suite;
extern const struct test_suite reass_suite;
extern const struct test_suite ip_id_suite;
extern const struct test_suite ip_out_suite;
extern const struct test_suite icmp_suite;
extern const struct test_suite udp_suite;
extern const struct test_suite udp_path_suite;
extern const struct test_suite udp_ports_suite;
extern const struct test_suite host_suite;
extern const struct test_suite rx_suite;
extern const struct test_suite room_suite;
extern const struct test_suite pkt_suite;
extern const struct test_suite ip_in_suite;
extern const struct test_suite icmp_answer_suite;

#endif
