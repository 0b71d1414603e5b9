/* SPDX-License-Identifier: BSD-3-Clause */
#include "ip6.h"

enum wire_verdict
ip6_parse(const uint8_t *p, size_t len, struct ip6_hdr_v *v)
{
	uint32_t word;

	if (len < IP6_HDR_LEN)
		return WIRE_SHORT;
	word = get_be32(p);
	if (word >> 28 != 6)
		return WIRE_BAD_VERSION;
	v->payload_len = get_be16(p + 4);
	if (v->payload_len > len - IP6_HDR_LEN)
		return WIRE_BAD_TOTAL_LEN;
	v->tclass = (uint8_t)(word >> 20);
	v->flow_label = word & 0xfffff;
	v->next_hdr = p[6];
	v->hop_limit = p[7];
	memcpy(v->src, p + 8, 16);
	memcpy(v->dst, p + 24, 16);
	v->payload = p + IP6_HDR_LEN;
	return WIRE_OK;
}

uint8_t *
ip6_build(uint8_t *p, const struct ip6_hdr_v *v)
{
	put_be32(p, 6u << 28 | (uint32_t)v->tclass << 20 | (v->flow_label & 0xfffff));
	put_be16(p + 4, v->payload_len);
	p[6] = v->next_hdr;
	p[7] = v->hop_limit;
	memcpy(p + 8, v->src, 16);
	memcpy(p + 24, v->dst, 16);
	return p + IP6_HDR_LEN;
}

static bool
is_extension(uint8_t proto)
{
	return proto == IPP_HOPOPT || proto == IPP_ROUTING || proto == IPP_FRAGMENT ||
		proto == IPP_AH || proto == IPP_DSTOPTS || proto == IPP_MOBILITY;
}

/* Bytes of the extension header at p; AH counts in fours (RFC 4302 2.2), the rest in eights. */
static size_t
extension_len(uint8_t proto, const uint8_t *p)
{
	if (proto == IPP_FRAGMENT)
		return 8;
	if (proto == IPP_AH)
		return ((size_t)p[1] + 2) * 4;
	return ((size_t)p[1] + 1) * 8;
}

/* Notes a fragment header; true if this piece is not the first, so that no header follows. */
static bool
note_fragment(struct ip6_ext *x, const uint8_t *p)
{
	x->fragment = true;
	x->frag_off = get_be16(p + 2) & 0xfff8;
	x->more = p[3] & 1;
	x->frag_id = get_be32(p + 4);
	return x->frag_off != 0;
}

enum wire_verdict
ip6_ext_walk(const uint8_t *p, size_t len, uint8_t proto, struct ip6_ext *x)
{
	*x = (struct ip6_ext){.proto = proto, .next_field = UINT32_MAX};
	while (is_extension(x->proto)) {
		size_t left = len - x->offset, n;
		const uint8_t *h = p + x->offset;
		bool last = false;

		if (x->n == IP6_EXT_MAX)
			return WIRE_TOO_MANY_HEADERS;
		if (x->proto == IPP_HOPOPT && x->n)
			return WIRE_BAD_OPTION; /* RFC 8200 4.1: only right behind the IPv6 header */
		if (left < 8)
			return WIRE_SHORT;
		n = extension_len(x->proto, h);
		if (n > left)
			return WIRE_BAD_HEADER_LEN;
		if (x->proto == IPP_FRAGMENT)
			last = note_fragment(x, h);
		x->proto = h[0];
		x->next_field = x->offset;
		x->offset += (uint32_t)n;
		x->n++;
		if (last)
			break;
	}
	return WIRE_OK;
}

bool
ip6_is_unspecified(const uint8_t a[16])
{
	static const uint8_t zero[16];

	return memcmp(a, zero, 16) == 0;
}

bool
ip6_is_loopback(const uint8_t a[16])
{
	static const uint8_t one[16] = {[15] = 1};

	return memcmp(a, one, 16) == 0;
}
