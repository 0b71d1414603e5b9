/* SPDX-License-Identifier: BSD-3-Clause */
/* Fourth step of 3.10.7.4: a SYN inside the window of a connection. */
#include "tcp_rx.h"

enum mien_drop
in_syn(struct tcp *t, struct tcb *tcb, const struct tcp_segment *seg)
{
	if (tcb->state == MIEN_TCP_SYN_RECEIVED && tcb->flags & TF_PASSIVE && !(tcb->fast_open & FO_PENDING)) {
		tcb_end(t, tcb, MIEN_ERESET); /* back to LISTEN */
		return MIEN_DROP_TCP_SYN_CHALLENGED;
	}
	if (tcb->p->tcp.challenge_ack) { /* RFC 5961 4.2 */
		challenge_ack(t, tcb);
		return MIEN_DROP_TCP_SYN_CHALLENGED;
	}
	tcp_send_rst(t, tcb); /* RFC 793 page 71 */
	tcb_end(t, tcb, MIEN_ERESET);
	return MIEN_DROP_TCP_SYN_CHALLENGED;
}
