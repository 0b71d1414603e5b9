/* SPDX-License-Identifier: BSD-3-Clause */
/* The IPv6 fixed header and a bounded walk over extension headers (RFC 8200). */
#ifndef WIRE_IP6_H
#define WIRE_IP6_H

#include "ethertypes.h"
#include "wire.h"

#define IP6_HDR_LEN 40
#define IP6_EXT_MAX 8 /* headers walked before giving up */

struct ip6_hdr_v {
	uint8_t src[16];
	uint8_t dst[16];
	uint32_t flow_label;
	uint16_t payload_len; /* link padding is cut off */
	uint8_t tclass;
	uint8_t next_hdr;
	uint8_t hop_limit;
	const uint8_t *payload;
};

/* Version, and payload length against the bytes present. Jumbograms (RFC 2675) are not taken. */
enum wire_verdict ip6_parse(const uint8_t *p, size_t len, struct ip6_hdr_v *v);

/* Writes 40 bytes from v (v->payload is not read); returns what follows. */
uint8_t *ip6_build(uint8_t *p, const struct ip6_hdr_v *v);

/* Where the extension headers end. */
struct ip6_ext {
	uint8_t proto;	    /* of the upper layer; IPP_NONE, or the header the walk stopped at */
	uint8_t n;	    /* extension headers passed */
	bool fragment;	    /* a fragment header was passed */
	bool more;	    /* its M bit */
	uint16_t frag_off;  /* bytes */
	uint32_t frag_id;
	uint32_t offset;    /* of the upper layer in the payload */
	uint32_t next_field; /* offset, in the payload, of the next-header byte naming proto; */
			    /* UINT32_MAX: it is the fixed header's own */
};

/*
 * Walks from next header `proto` over len bytes. Stops at an upper layer, at ESP, or behind the
 * fragment header of a piece that is not the first. WIRE_OK; WIRE_SHORT or WIRE_BAD_HEADER_LEN
 * when a header runs past the end; WIRE_BAD_OPTION for hop-by-hop not in first place;
 * WIRE_TOO_MANY_HEADERS.
 */
enum wire_verdict ip6_ext_walk(const uint8_t *p, size_t len, uint8_t proto, struct ip6_ext *x);

static inline bool
ip6_is_multicast(const uint8_t a[16])
{
	return a[0] == 0xff;
}

static inline bool
ip6_is_linklocal(const uint8_t a[16])
{
	return a[0] == 0xfe && (a[1] & 0xc0) == 0x80;
}

bool ip6_is_unspecified(const uint8_t a[16]);
bool ip6_is_loopback(const uint8_t a[16]);

#endif
