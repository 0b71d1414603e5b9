/* SPDX-License-Identifier: BSD-3-Clause */
/* RFC 5681 with RFC 6582's recovery, which loss.c drives. */
#ifndef TCP_CC_NEWRENO_H
#define TCP_CC_NEWRENO_H

#include <stdint.h>

struct tcb;

void newreno_init(struct tcb *tcb, uint64_t now);
void newreno_acked(struct tcb *tcb, uint64_t now, uint32_t bytes, uint32_t rtt_us);
void newreno_loss(struct tcb *tcb, uint64_t now, uint32_t in_flight);
void newreno_timeout(struct tcb *tcb, uint64_t now, uint32_t in_flight);
void newreno_undo(struct tcb *tcb, uint64_t now, uint32_t cwnd, uint32_t ssthresh);
void newreno_idle(struct tcb *tcb, uint64_t now);

#define CC_NEWRENO(label)                                                                          \
	{                                                                                          \
		label, newreno_init, newreno_acked, newreno_loss, newreno_timeout, newreno_undo,   \
			newreno_idle, NULL                                                 \
	}

#endif
