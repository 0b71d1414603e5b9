/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef TCP_CC_CTCP_H
#define TCP_CC_CTCP_H

#include <stdint.h>

struct tcb;

void ctcp_init(struct tcb *tcb, uint64_t now);
void ctcp_acked(struct tcb *tcb, uint64_t now, uint32_t bytes, uint32_t rtt_us);
void ctcp_loss(struct tcb *tcb, uint64_t now, uint32_t in_flight);
void ctcp_timeout(struct tcb *tcb, uint64_t now, uint32_t in_flight);
void ctcp_undo(struct tcb *tcb, uint64_t now, uint32_t cwnd, uint32_t ssthresh);
void ctcp_idle(struct tcb *tcb, uint64_t now);

/* Bytes that a round without a queue adds to the delay window. */
uint32_t ctcp_gain(uint32_t win, uint16_t mss);

#define CC_CTCP(label)                                                                             \
	{                                                                                          \
		label, ctcp_init, ctcp_acked, ctcp_loss, ctcp_timeout, ctcp_undo, ctcp_idle, NULL  \
	}

#endif
