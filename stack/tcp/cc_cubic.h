/* SPDX-License-Identifier: BSD-3-Clause */
/* RFC 9438 in integers: bytes, and time in 1/1024 s. */
#ifndef TCP_CC_CUBIC_H
#define TCP_CC_CUBIC_H

#include <stdint.h>

struct tcb;

void cubic_init(struct tcb *tcb, uint64_t now);
void cubic_acked(struct tcb *tcb, uint64_t now, uint32_t bytes, uint32_t rtt_us);
void cubic_loss(struct tcb *tcb, uint64_t now, uint32_t in_flight);
void cubic_timeout(struct tcb *tcb, uint64_t now, uint32_t in_flight);
void cubic_undo(struct tcb *tcb, uint64_t now, uint32_t cwnd, uint32_t ssthresh);
void cubic_idle(struct tcb *tcb, uint64_t now);
/* MIEN_CC_CUBIC_LINUX, behind slow start: something is sent while nothing is in flight. */
void cubic_linux_restart(struct tcb *tcb, uint64_t now);

/* Figure 2: K of a window that begins so many bytes below W_max. */
uint32_t cubic_k(uint32_t below, uint16_t mss);
/* Figure 1: the window, bytes, at t - K = offset; between 0 and 1 GiB, or W_max where that is more. */
uint32_t cubic_window(uint32_t w_max, uint16_t mss, int32_t offset);

#define CC_CUBIC(label, resume)                                                                    \
	{                                                                                          \
		label, cubic_init, cubic_acked, cubic_loss, cubic_timeout, cubic_undo, cubic_idle, \
			resume                                                                     \
	}

#endif
