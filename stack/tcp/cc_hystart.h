/* SPDX-License-Identifier: BSD-3-Clause */
/* HyStart++ (RFC 9406): leaves the first slow start when round trips become longer, before it loses. */
#ifndef TCP_CC_HYSTART_H
#define TCP_CC_HYSTART_H

#include <stdbool.h>
#include <stdint.h>

#include "tcb.h"

#define HYSTART_LINUX_LEAST 16 /* segments of cwnd: before that nothing ends slow start */

/* Lives in tcb.cc_priv while ssthresh was never set. */
void hystart_begin(struct tcb *tcb);
/* Grows cwnd; true: slow start is over, ssthresh is set and cc_priv free. */
bool hystart_acked(struct tcb *tcb, uint32_t bytes, uint32_t rtt_us);

/*
 * The same as Linux does it (HyStart; Ha, Rhee: Taming the elephants): slow start ends at once, when the ACKs of a
 * window come closely for half a round trip, or when round trips have become longer.
 */
void hystart_linux_begin(struct tcb *tcb, uint64_t now);
bool hystart_linux_acked(struct tcb *tcb, uint64_t now, uint32_t bytes, uint32_t rtt_us);

/* Does it look at round trips also where cwnd holds nothing back? */
static inline bool
hystart_linux_watches(const struct tcb *tcb)
{
	return tcb->cc.ssthresh == UINT32_MAX && tcb->cc.cwnd >= HYSTART_LINUX_LEAST * (uint32_t)tcb->mss;
}

#endif
