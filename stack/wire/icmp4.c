/* SPDX-License-Identifier: BSD-3-Clause */
#include "icmp4.h"

#include "cksum.h"
#include "ethertypes.h"
#include "ip4.h"

enum wire_verdict
icmp4_parse(const uint8_t *p, size_t len, struct icmp4_v *v)
{
	if (len < ICMP4_HDR_LEN)
		return WIRE_SHORT;
	v->type = p[0];
	v->code = p[1];
	v->cksum = get_be16(p + 2);
	v->rest = get_be32(p + 4);
	v->payload = p + ICMP4_HDR_LEN;
	v->payload_len = (uint32_t)(len - ICMP4_HDR_LEN);
	return cksum_is_ok(cksum_partial(p, len, 0)) ? WIRE_OK : WIRE_BAD_CHECKSUM;
}

uint8_t *
icmp4_build_hdr(uint8_t *p, uint8_t type, uint8_t code, uint32_t rest, const void *payload,
	size_t payload_len)
{
	uint32_t sum;

	p[0] = type;
	p[1] = code;
	put_be16(p + 2, 0);
	put_be32(p + 4, rest);
	sum = cksum_partial(p, ICMP4_HDR_LEN, 0);
	if (payload_len) /* none may come as NULL */
		sum = cksum_partial(payload, payload_len, sum);
	put_be16(p + 2, cksum_finish(sum));
	return p + ICMP4_HDR_LEN;
}

size_t
icmp4_build(uint8_t *p, size_t cap, uint8_t type, uint8_t code, uint32_t rest,
	const void *payload, size_t payload_len)
{
	if (cap < ICMP4_HDR_LEN || payload_len > cap - ICMP4_HDR_LEN)
		return 0;
	p = icmp4_build_hdr(p, type, code, rest, payload, payload_len);
	if (payload_len)
		memcpy(p, payload, payload_len);
	return ICMP4_HDR_LEN + payload_len;
}

size_t
icmp4_build_echo_reply(uint8_t *p, size_t cap, const struct icmp4_v *request, uint8_t code)
{
	return icmp4_build(p, cap, ICMP4_ECHO_REPLY, code, request->rest, request->payload,
		request->payload_len);
}

void
icmp4_echo_to_reply(uint8_t *p, uint8_t code)
{
	uint16_t was = get_be16(p);
	uint16_t is = (uint16_t)(ICMP4_ECHO_REPLY << 8 | code);
	uint16_t ck = cksum_update16(get_be16(p + 2), was, is);

	put_be16(p, is);
	/* Of zeros alone the sum is +0 and only 0xffff is right; of anything else both zeros are. */
	put_be16(p + 2, ck ? ck : 0xffff);
}

size_t
icmp4_build_error(uint8_t *p, size_t cap, uint8_t type, uint8_t code, uint32_t rest,
	const void *quote, size_t quote_len)
{
	return icmp4_build(p, cap, type, code, rest, quote, quote_len);
}

/* Ports and sequence number, as far as the quoted bytes go. */
static void
quote_l4(struct icmp4_quote *q)
{
	if (q->frag_off || q->l4_len < 4 || (q->proto != IPP_TCP && q->proto != IPP_UDP))
		return;
	q->has_ports = true;
	q->sport = get_be16(q->l4);
	q->dport = get_be16(q->l4 + 2);
	if (q->proto != IPP_TCP || q->l4_len < 8)
		return;
	q->has_seq = true;
	q->seq = get_be32(q->l4 + 4);
}

enum wire_verdict
icmp4_quote_parse(const uint8_t *p, size_t len, struct icmp4_quote *q)
{
	unsigned int ihl, frag;

	if (len < IP4_HDR_MIN)
		return WIRE_SHORT;
	if (p[0] >> 4 != 4)
		return WIRE_BAD_VERSION;
	ihl = (p[0] & 15u) * 4;
	if (ihl < IP4_HDR_MIN || ihl > len)
		return WIRE_BAD_HEADER_LEN;
	frag = get_be16(p + 6);
	*q = (struct icmp4_quote){
		.src = get_be32(p + 12),
		.dst = get_be32(p + 16),
		.total_len = get_be16(p + 2),
		.id = get_be16(p + 4),
		.frag_off = (uint16_t)(frag << 3),
		.cksum = get_be16(p + 10),
		.flags = (uint8_t)(frag >> 13),
		.proto = p[9],
		.ttl = p[8],
		.tos = p[1],
		.ihl = (uint8_t)ihl,
		.l4_len = (uint32_t)(len - ihl),
		.l4 = p + ihl,
	};
	quote_l4(q);
	return WIRE_OK;
}
