/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef TCP_CC_BIC_H
#define TCP_CC_BIC_H

#include <stdint.h>

#include "cc_newreno.h"

void bic_init(struct tcb *tcb, uint64_t now);
void bic_acked(struct tcb *tcb, uint64_t now, uint32_t bytes, uint32_t rtt_us);
void bic_loss(struct tcb *tcb, uint64_t now, uint32_t in_flight);
void bic_timeout(struct tcb *tcb, uint64_t now, uint32_t in_flight);
void bic_undo(struct tcb *tcb, uint64_t now, uint32_t cwnd, uint32_t ssthresh);

/* Bytes that a window of ACKs adds to cwnd; w_max 0: none is known. */
uint32_t bic_step(uint32_t cwnd, uint32_t w_max, uint16_t mss);

#define CC_BIC(label)                                                                              \
	{                                                                                          \
		label, bic_init, bic_acked, bic_loss, bic_timeout, bic_undo, newreno_idle, NULL    \
	}

#endif
