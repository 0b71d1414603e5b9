/* SPDX-License-Identifier: BSD-3-Clause */
/* The UDP header (RFC 768). */
#ifndef WIRE_UDP_HDR_H
#define WIRE_UDP_HDR_H

#include "cksum.h"
#include "wire.h"

#define UDP_HDR_LEN 8

struct udp_hdr_v {
	uint16_t sport;
	uint16_t dport;
	uint16_t len; /* header and data; the IP payload may be longer */
	uint16_t cksum;
	uint16_t payload_len;
	const uint8_t *payload;
};

/* len: the IP payload. The UDP length may be shorter than it, never longer. */
static inline enum wire_verdict
udp_parse(const uint8_t *p, size_t len, struct udp_hdr_v *v)
{
	if (len < UDP_HDR_LEN)
		return WIRE_SHORT;
	v->sport = get_be16(p);
	v->dport = get_be16(p + 2);
	v->len = get_be16(p + 4);
	v->cksum = get_be16(p + 6);
	if (v->len < UDP_HDR_LEN || v->len > len)
		return WIRE_BAD_TOTAL_LEN;
	v->payload_len = (uint16_t)(v->len - UDP_HDR_LEN);
	v->payload = p + UDP_HDR_LEN;
	return WIRE_OK;
}

/*
 * Is the checksum right? p: the header of the parsed datagram; pseudo: partial sum of the
 * pseudo-header with l4_len = v->len. Zero means none was sent: allowed on IPv4 (zero_ok), not on
 * IPv6 (RFC 8200 8.1).
 */
static inline bool
udp_cksum_ok(const uint8_t *p, const struct udp_hdr_v *v, uint32_t pseudo, bool zero_ok)
{
	if (v->cksum == 0)
		return zero_ok;
	return cksum_is_ok(cksum_partial(p, v->len, pseudo));
}

/* Writes the 8-byte header with the given checksum (0: none); returns what follows. */
static inline uint8_t *
udp_build(uint8_t *p, uint16_t sport, uint16_t dport, uint16_t len, uint16_t ck)
{
	put_be16(p, sport);
	put_be16(p + 2, dport);
	put_be16(p + 4, len);
	put_be16(p + 6, ck);
	return p + UDP_HDR_LEN;
}

#endif
