/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The one formatter of segments, in packetdrill's words, for logs, traces and failed tests:
 *
 *   S 1000:1000(0) win 64240 <mss 1460,nop,wscale 8,nop,nop,sackOK>
 *   P. 1:101(100) ack 1 win 229 <nop,nop,TS val 1 ecr 2>
 *
 * All functions write at most cap bytes with the NUL (nothing when cap is 0) and return the
 * length that the whole text has, as snprintf does.
 */
#ifndef WIRE_SEGMENT_FMT_H
#define WIRE_SEGMENT_FMT_H

#include "tcp_hdr.h"
#include "tcp_opt.h"
#include "wire.h"

#define SEGMENT_FMT_CAP 512	/* holds any segment or packet */
#define TCP_OPTIONS_FMT_CAP 256 /* holds any 40 bytes of options */

/* What is taken off the numbers printed. All zero: numbers as sent. */
struct segment_bases {
	uint32_t seq;	/* from SEQ: the sender's ISS */
	uint32_t ack;	/* from ACK and SACK edges: the other side's ISS */
	uint32_t tsval; /* from TSval */
	uint32_t tsecr; /* from TSecr, when it is not 0 */
};

/* Flags, sequence range, ack, win, urg, options. bases may be NULL. */
size_t segment_fmt(
	char *buf, size_t cap, const struct tcp_hdr_v *v, const struct segment_bases *bases);

/* The same behind "10.0.0.1:80 > 10.0.0.2:5000 "; family 4 or 6, addresses as on the wire. */
size_t segment_fmt_addr(char *buf, size_t cap, uint8_t family, const uint8_t *src,
	const uint8_t *dst, const struct tcp_hdr_v *v, const struct segment_bases *bases);

/* "SF." and so on in packetdrill's order; "-" for none. 9 bytes hold any. */
size_t tcp_flags_fmt(char *buf, size_t cap, uint8_t flags);

/* "mss 1460,nop,wscale 8": the options between packetdrill's angle brackets. bases may be NULL. */
size_t tcp_options_fmt(char *buf, size_t cap, const uint8_t *opts, size_t len,
	const struct segment_bases *bases);

/* "10.77.0.2"; addr in host order. 16 bytes hold any. */
size_t ip4_addr_fmt(char *buf, size_t cap, uint32_t addr);

/* RFC 5952 text; 46 bytes hold any. */
size_t ip6_addr_fmt(char *buf, size_t cap, const uint8_t addr[16]);

/* Either of them, family 4 or 6, address as on the wire. */
size_t ip_addr_fmt(char *buf, size_t cap, uint8_t family, const uint8_t *addr);

/* "10.77.0.2:80" or "[fe80::1]:80"; 64 bytes hold any. */
size_t endpoint_fmt(char *buf, size_t cap, uint8_t family, const uint8_t *addr, uint16_t port);

/* "02:00:00:00:00:01"; 18 bytes. */
size_t eth_addr_fmt(char *buf, size_t cap, const uint8_t addr[6]);

/*
 * Any Ethernet frame in one line; malformed ones are named with the verdict. Checksums are not
 * looked at: a port may be about to fill them in.
 */
size_t packet_fmt(char *buf, size_t cap, const uint8_t *frame, size_t len);

/* Any IPv4 or IPv6 datagram in one line, without the link. */
size_t ip_packet_fmt(char *buf, size_t cap, const uint8_t *p, size_t len);

#endif
