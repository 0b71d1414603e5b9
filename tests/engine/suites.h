/* SPDX-License-Identifier: BSD-3-Clause */
/* Segment by segment, under virtual time: the suites, one per subject, listed once. */
#ifndef TESTS_ENGINE_SUITES_H
#define TESTS_ENGINE_SUITES_H

#include "tcp_harness.h"

extern const struct test_suite accept_suite;
extern const struct test_suite acks_suite;
extern const struct test_suite answer_suite;
extern const struct test_suite close_suite;
extern const struct test_suite cookie_suite;
extern const struct test_suite copies_suite;
extern const struct test_suite cwnd_suite;
extern const struct test_suite duties_suite;
extern const struct test_suite ecn_suite;
extern const struct test_suite fast_open_again_suite;
extern const struct test_suite fast_open_client_suite;
extern const struct test_suite fast_open_suite;
extern const struct test_suite growth_suite;
extern const struct test_suite handshake_suite;
extern const struct test_suite hostile_suite;
extern const struct test_suite interface_suite;
extern const struct test_suite ipv6_suite;
extern const struct test_suite knobs_suite;
extern const struct test_suite loss_suite;
extern const struct test_suite small_mss_suite;
extern const struct test_suite mtu_search_suite;
extern const struct test_suite mtu_told_suite;
extern const struct test_suite no_mbuf_suite;
extern const struct test_suite overload_suite;
extern const struct test_suite pace_suite;
extern const struct test_suite path_mtu_suite;
extern const struct test_suite rack_suite;
extern const struct test_suite repair_suite;
extern const struct test_suite push_suite;
extern const struct test_suite send_suite;
extern const struct test_suite text_suite;
extern const struct test_suite time_wait_suite;
extern const struct test_suite undo_suite;
extern const struct test_suite variants_suite;
extern const struct test_suite user_errors_suite;
extern const struct test_suite user_open_suite;
extern const struct test_suite user_suite;
extern const struct test_suite timers_suite;
extern const struct test_suite tlp_suite;
extern const struct test_suite window_probe_suite;

#endif
