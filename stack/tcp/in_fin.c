/* SPDX-License-Identifier: BSD-3-Clause */
/* Eighth step of 3.10.7.4, the peer's FIN, and what the acknowledgment of ours changes. */
#include "tcp_rx.h"

/* Enters the state that the table names; TIME-WAIT and CLOSED end the TCB. */
static enum step
enter(struct tcp *t, struct tcb *tcb, enum tcp_transition what)
{
	enum mien_tcp_state state = state_next((enum mien_tcp_state)tcb->state, what);

	if (state == MIEN_TCP_TIME_WAIT) {
		time_wait_enter(t, tcb);
		return STEP_DONE;
	}
	if (state == MIEN_TCP_CLOSED) {
		tcb_end(t, tcb, MIEN_OK);
		return STEP_DONE;
	}
	if (state != MIEN_TCP_STATE_COUNT)
		tcb->state = (uint8_t)state;
	return STEP_GO_ON;
}

enum step
in_fin(struct tcp *t, struct tcb *tcb)
{
	assert(!(tcb->flags & TF_FIN_RCVD)); /* a state that receives has heard none */
	tcb->flags = (tcb->flags | TF_FIN_RCVD) & ~TF_FIN_OOO;
	rcv_nxt_add(tcb, 1);
	reass_free(t, tcb); /* nothing can follow a FIN */
	if (seq_lt(tcb->rcv_adv, tcb->rcv_nxt))
		tcb->rcv_adv = tcb->rcv_nxt;
	tcb_event(t, tcb, MIEN_EV_PEER_CLOSED);
	ack_fin(t, tcb);
	return enter(t, tcb, TE_RCV_FIN);
}

enum step
in_fin_acked(struct tcp *t, struct tcb *tcb)
{
	enum mien_tcp_state was = (enum mien_tcp_state)tcb->state;
	enum step s = enter(t, tcb, TE_FIN_ACKED);

	/* Nobody would notice a peer that never closes: RFC 9293 3.10.7.4 leaves the time to the system. */
	if (s == STEP_GO_ON && was == MIEN_TCP_FIN_WAIT_1 && tcb->flags & TF_DETACHED)
		life_watch(t, tcb);
	return s;
}
