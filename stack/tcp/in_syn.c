/* SPDX-License-Identifier: BSD-3-Clause */
/* Fourth step of 3.10.7.4: a SYN inside the window of a connection. */
#include "tcp_rx.h"

enum step
in_syn(struct tcp *t, struct tcb *tcb, const struct tcp_segment *seg, enum mien_drop *why)
{
	*why = MIEN_DROP_TCP_SYN_CHALLENGED;
	if (tcb->state == MIEN_TCP_SYN_RECEIVED && tcb->flags & TF_PASSIVE && !(tcb->fast_open & FO_PENDING)) {
		tcb_end(t, tcb, MIEN_ERESET); /* back to LISTEN */
		return STEP_DONE;
	}
	if (tcb->p->tcp.challenge_ack) { /* RFC 5961 4.2 */
		challenge_ack(t, tcb);
		return STEP_DROP;
	}
	tcp_send_rst(t, tcb); /* RFC 793 page 71 */
	tcb_end(t, tcb, MIEN_ERESET);
	return STEP_DONE;
}
