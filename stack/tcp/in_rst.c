/* SPDX-License-Identifier: BSD-3-Clause */
/* Second step of 3.10.7.4: resets. RFC 5961 3, or RFC 793's rule where the personality is older. */
#include "tcp_rx.h"

/* What the application hears: an end it had asked for, when nothing was lost by it, is no error. */
static int
reset_err(const struct tcb *tcb)
{
	bool all_received = tcb->snd_nxt - tcb->snd_una <= 1 && !tcb->sndq.head;

	if (tcb->state == MIEN_TCP_SYN_RECEIVED)
		return tcb->fast_open & FO_PENDING ? MIEN_ERESET : MIEN_EREFUSED;
	if ((tcb->state == MIEN_TCP_CLOSING || tcb->state == MIEN_TCP_LAST_ACK) && all_received)
		return MIEN_OK;
	return MIEN_ERESET;
}

enum mien_drop
in_rst(struct tcp *t, struct tcb *tcb, const struct tcp_segment *seg)
{
	/* RFC 5961 3.2 with erratum 4845: RCV.NXT itself always resets; in_accept dropped what lies outside. */
	if (tcb->p->tcp.challenge_ack && seg->seq != tcb->rcv_nxt) {
		challenge_ack(t, tcb);
		return MIEN_DROP_TCP_RST_CHALLENGED;
	}
	t->env->counters.tcp_resets_received++;
	tcb_end(t, tcb, reset_err(tcb)); /* a passive open goes back to LISTEN: the listener stands by itself */
	return MIEN_DROP_NONE;
}
