/* SPDX-License-Identifier: BSD-3-Clause */
/* ICMP for IPv4 (RFC 792, 1122 3.2.2, 1812) and the packet an error quotes. */
#ifndef WIRE_ICMP4_H
#define WIRE_ICMP4_H

#include "wire.h"

#define ICMP4_HDR_LEN 8

enum icmp4_type {
	ICMP4_ECHO_REPLY = 0,
	ICMP4_UNREACH = 3,
	ICMP4_SOURCE_QUENCH = 4,
	ICMP4_REDIRECT = 5,
	ICMP4_ECHO = 8,
	ICMP4_ROUTER_ADVERT = 9,
	ICMP4_ROUTER_SOLICIT = 10,
	ICMP4_TIME_EXCEEDED = 11,
	ICMP4_PARAM_PROBLEM = 12,
	ICMP4_TIMESTAMP = 13,
	ICMP4_TIMESTAMP_REPLY = 14,
	ICMP4_INFO = 15,
	ICMP4_INFO_REPLY = 16,
	ICMP4_MASK = 17,
	ICMP4_MASK_REPLY = 18,
};

/* Codes of ICMP4_UNREACH. */
enum icmp4_unreach_code {
	ICMP4_UNREACH_NET = 0,
	ICMP4_UNREACH_HOST = 1,
	ICMP4_UNREACH_PROTO = 2,
	ICMP4_UNREACH_PORT = 3,
	ICMP4_UNREACH_NEEDFRAG = 4,
	ICMP4_UNREACH_SRCFAIL = 5,
	ICMP4_UNREACH_ADMIN = 13,
};

/* Codes of ICMP4_TIME_EXCEEDED. */
enum icmp4_exceeded_code {
	ICMP4_EXCEEDED_TTL = 0,
	ICMP4_EXCEEDED_REASS = 1,
};

struct icmp4_v {
	uint8_t type;
	uint8_t code;
	uint16_t cksum;
	uint32_t rest; /* second word: id and seq, MTU, pointer or gateway */
	uint32_t payload_len;
	const uint8_t *payload;
};

static inline uint16_t
icmp4_id(const struct icmp4_v *v)
{
	return (uint16_t)(v->rest >> 16);
}

static inline uint16_t
icmp4_seq(const struct icmp4_v *v)
{
	return (uint16_t)v->rest;
}

/* Next-hop MTU of "fragmentation needed" (RFC 1191); 0 from old routers. */
static inline uint16_t
icmp4_mtu(const struct icmp4_v *v)
{
	return (uint16_t)v->rest;
}

/* Errors are never answered with errors (RFC 1122 3.2.2). */
static inline bool
icmp4_is_error(uint8_t type)
{
	return type == ICMP4_UNREACH || type == ICMP4_SOURCE_QUENCH || type == ICMP4_REDIRECT ||
		type == ICMP4_TIME_EXCEEDED || type == ICMP4_PARAM_PROBLEM;
}

/* len: the whole IP payload. WIRE_OK, WIRE_SHORT, or WIRE_BAD_CHECKSUM with v filled. */
enum wire_verdict icmp4_parse(const uint8_t *p, size_t len, struct icmp4_v *v);

/*
 * Writes the 8-byte header, its checksum taken over `payload` too, wherever that lies; returns
 * what follows the header. The payload is not copied.
 */
uint8_t *icmp4_build_hdr(uint8_t *p, uint8_t type, uint8_t code, uint32_t rest,
	const void *payload, size_t payload_len);

/* Header and a copy of the payload into cap bytes. Returns the length, or 0 without room. */
size_t icmp4_build(uint8_t *p, size_t cap, uint8_t type, uint8_t code, uint32_t rest,
	const void *payload, size_t payload_len);

/* The reply to an echo request: its id, seq and data, the code chosen by the caller. */
size_t icmp4_build_echo_reply(
	uint8_t *p, size_t cap, const struct icmp4_v *request, uint8_t code);

/* Turns a request into the reply in place, fixing the checksum (RFC 1624). */
void icmp4_echo_to_reply(uint8_t *p, uint8_t code);

/* An error quoting `quote_len` bytes of the packet that caused it. */
size_t icmp4_build_error(uint8_t *p, size_t cap, uint8_t type, uint8_t code, uint32_t rest,
	const void *quote, size_t quote_len);

/*
 * The head of the packet that an error quotes. Only what has not been altered on the way can be
 * relied on: no length or checksum of it is verified.
 */
struct icmp4_quote {
	uint32_t src;
	uint32_t dst;
	uint16_t total_len;
	uint16_t id;
	uint16_t frag_off; /* bytes */
	uint16_t cksum;
	uint8_t flags; /* IP4_MF, IP4_DF, IP4_EVIL */
	uint8_t proto;
	uint8_t ttl;
	uint8_t tos;
	uint8_t ihl;	 /* bytes */
	bool has_ports;	 /* TCP or UDP, first fragment, 4 bytes of it there */
	bool has_seq;	 /* TCP, 8 bytes there */
	uint16_t sport;
	uint16_t dport;
	uint32_t seq;
	uint32_t l4_len; /* quoted bytes behind the inner IP header */
	const uint8_t *l4;
};

/* WIRE_SHORT, WIRE_BAD_VERSION or WIRE_BAD_HEADER_LEN when no whole inner header is there. */
enum wire_verdict icmp4_quote_parse(const uint8_t *p, size_t len, struct icmp4_quote *q);

#endif
