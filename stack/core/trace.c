/* SPDX-License-Identifier: BSD-3-Clause */
/* The trace: which packets are shown. */
#include "eth.h"
#include "ethertypes.h"
#include "stack.h"
#include "wire.h"

#include "banned.h"

void
mien_stack_trace(struct mien_stack *st, const struct mien_addr *addr, mien_trace_fn fn, void *ctx)
{
	st->trace = (struct trace){.fn = fn, .ctx = ctx, .addr = addr ? *addr : mien_addr_any()};
}

/* True when one of the IPv4 or ARP addresses of the frame is the one asked for. */
static bool
trace_matches(const struct trace *t, const uint8_t *frame, uint32_t len)
{
	uint32_t at = 12, first, second, want;
	uint16_t type;

	if (mien_addr_is_any(&t->addr))
		return true;
	if (len < 14 || !mien_addr_is_ip4(&t->addr))
		return false;
	type = get_be16(frame + at);
	if (type == ETYPE_VLAN && len >= 18)
		type = get_be16(frame + (at += 4));
	at += 2;
	first = type == ETYPE_ARP ? 14 : 12;
	second = type == ETYPE_ARP ? 24 : 16;
	if ((type != ETYPE_ARP && type != ETYPE_IP4) || len < at + second + 4)
		return false;
	want = mien_addr_get_ip4(&t->addr);
	return get_be32(frame + at + first) == want || get_be32(frame + at + second) == want;
}

void
trace_packet(struct mien_stack *st, bool sent, enum mien_drop drop, const uint8_t *frame, uint32_t len,
	uint32_t frame_len)
{
	const struct mien_trace_record record = {
		.now = st->env.now,
		.sent = sent,
		.drop = drop,
		.frame = frame,
		.len = len,
		.frame_len = frame_len,
	};

	if (trace_matches(&st->trace, frame, len))
		st->trace.fn(st->trace.ctx, &record);
}
