/* SPDX-License-Identifier: BSD-3-Clause */
/* The stack put together: what the calls of include/mien work on. */
#ifndef CORE_STACK_H
#define CORE_STACK_H

#include <mien/mien.h>

#include "env.h"
#include "net_room.h"
#include "tcp_room.h"

#define RX_CHUNK 32	/* packets between pass one and pass two */
#define TRACE_SNAP 256	/* bytes of a received packet that a trace shows */

struct trace {
	mien_trace_fn fn; /* NULL: off */
	void *ctx;
	struct mien_addr addr;
};

struct mien_stack {
	struct env env;
	struct mem_ops mem;
	struct net net;
	struct tcp tcp;
	struct trace trace;
	struct rx_pkt rx[RX_CHUNK];
};

/* Sets the time of this entry; time never runs backwards within a stack. */
static inline void
stack_enter(struct mien_stack *st, uint64_t now)
{
	if (now > st->env.now)
		st->env.now = now;
}

/* Reports frame (contiguous part of len bytes) when it matches the armed trace. */
void trace_packet(struct mien_stack *st, bool sent, enum mien_drop drop, const uint8_t *frame, uint32_t len,
	uint32_t frame_len);

#endif
