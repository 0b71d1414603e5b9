/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Sixth step of 3.10.7.4: the urgent pointer. It names the octet behind the urgent data (RFC 9293 3.8.5, RFC 6093);
 * the data stay in line, the application learns where they end.
 */
#include "tcp_rx.h"

void
in_urg(struct tcp *t, struct tcb *tcb, const struct tcp_segment *seg)
{
	uint32_t up = seg->seq + seg->urp;

	if (!state_receives((enum mien_tcp_state)tcb->state))
		return;
	if (seq_leq(up, tcb->rcv_nxt) && !seg->len)
		return;
	up = seq_min(up, tcb->rcv_nxt + UINT16_MAX); /* a pointer far beyond what was sent means nothing */
	if (seq_leq(up, seq_max(tcb->rcv_up, tcb->rcv_nxt)))
		return;
	tcb->rcv_up = up;
	tcb->flags |= TF_URG_RCV;
	tcb_event(t, tcb, MIEN_EV_URGENT);
}
