/* SPDX-License-Identifier: BSD-3-Clause */
#include "ip4.h"

uint8_t *
ip4_build(uint8_t *p, const struct ip4_hdr_v *v)
{
	unsigned int ihl = IP4_HDR_MIN + v->opt_len;

	p[0] = (uint8_t)(4 << 4 | ihl / 4);
	p[1] = v->tos;
	put_be16(p + 2, v->total_len);
	put_be16(p + 4, v->id);
	put_be16(p + 6, (uint16_t)(v->flags << 13 | v->frag_off >> 3));
	p[8] = v->ttl;
	p[9] = v->proto;
	put_be32(p + 12, v->src);
	put_be32(p + 16, v->dst);
	if (v->opt_len && v->opts != p + IP4_HDR_MIN)
		memcpy(p + IP4_HDR_MIN, v->opts, v->opt_len);
	ip4_set_cksum(p);
	return p + ihl;
}

void
ip4_set_cksum(uint8_t *p)
{
	put_be16(p + 10, 0);
	put_be16(p + 10, cksum_finish(ip4_hdr_sum(p, (p[0] & 15u) * 4)));
}

bool
ip4_opt_next(struct ip4_opt_iter *it, struct ip4_opt *o)
{
	size_t left;

	while (it->p < it->end && *it->p == IP4_OPT_NOP)
		it->p++;
	left = (size_t)(it->end - it->p);
	if (left == 0 || it->verdict != WIRE_OK || *it->p == IP4_OPT_EOL)
		return false;
	if (left < 2 || it->p[1] < 2 || it->p[1] > left) {
		it->verdict = WIRE_BAD_OPTION;
		return false;
	}
	*o = (struct ip4_opt){.type = it->p[0], .len = it->p[1], .data = it->p + 2};
	it->p += o->len;
	return true;
}
