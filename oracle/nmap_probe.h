/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The probes of nmap's second-generation IPv4 detection, built from what its documentation
 * (https://nmap.org/book/osdetect-methods.html) and its frames on the wire show.
 */
#ifndef ORACLE_NMAP_PROBE_H
#define ORACLE_NMAP_PROBE_H

#include <stddef.h>
#include <stdint.h>

#include "observed.h"

enum nmap_probe {
	NMAP_S1, /* six SYNs, 100 ms apart */
	NMAP_S6 = NMAP_S1 + 5,
	NMAP_PROBE_IE1,
	NMAP_PROBE_IE2,
	NMAP_PROBE_U1,
	NMAP_O1, /* once more, for each of the six that had no answer */
	NMAP_O6 = NMAP_O1 + 5,
	NMAP_PROBE_ECN,
	NMAP_PROBE_T1, /* for S1 without an answer */
	NMAP_PROBE_T2,
	NMAP_PROBE_T3,
	NMAP_PROBE_T4,
	NMAP_PROBE_T5,
	NMAP_PROBE_T6,
	NMAP_PROBE_T7,
	NMAP_PROBES
};

/** Who scans whom. Addresses in host order. */
struct nmap_target {
	uint8_t mac[6], scanner_mac[6];
	uint32_t addr, scanner;
	uint16_t open, closed, closed_udp;
	uint16_t port_base; /* source port of the first probe; each has its own */
	uint16_t udp_port;
	uint16_t echo_id;
	uint32_t seq, ack; /* of the TCP probes */
	uint64_t seed;	   /* IP IDs and TTLs */
};

#define NMAP_FRAME_MAX 400

/** What a sent probe had, as far as the answer is compared with it. */
struct nmap_sent {
	uint64_t at; /* ns */
	uint32_t seq, ack;
	uint16_t ip_id, udp_sum;
	uint8_t ttl;
	uint8_t times; /* 0: not sent */
};

/** Builds a probe's frame (NMAP_FRAME_MAX bytes) and fills what sent says but `at` and `times`; its length. */
size_t nmap_probe_build(
	const struct nmap_target *t, enum nmap_probe probe, uint8_t *frame, struct nmap_sent *sent);

/** Which probe a frame answers; NMAP_PROBES: none. Segments are told by the port they come to. */
enum nmap_probe nmap_probe_of(const struct nmap_target *t, const struct observed *o);

/** Whether a packet is one of the probes, whoever sent it to whom. */
bool nmap_probe_resembles(const struct observed *o);

/** Ends a TCP probe as the scanner's kernel does, that knows of no connection; 0: it says nothing. */
size_t nmap_reset_build(const struct nmap_target *t, const struct observed *o, uint8_t *frame);

/** Any segment of the scanner's. opt_len is a multiple of 4. */
struct nmap_segment {
	uint16_t sport, dport;
	uint32_t seq, ack;
	uint8_t flags, reserved, opt_len, ttl;
	uint16_t window, urgent, ip_id;
	bool df;
	uint8_t opts[40];
};
size_t nmap_segment_build(const struct nmap_target *t, const struct nmap_segment *s, uint8_t *frame);

#endif
