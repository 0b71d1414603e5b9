/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * DL_RTX came due: SYN and SYN-ACK by the personality's schedule, data and FIN by RFC 6298, probes.
 */
#include "send_parts.h"

/* RFC 9293 3.8.3, SHLD-10: retransmissions after which IP and the application are told. */
#define R1 3

bool
give_up(struct tcp *t, struct tcb *tcb, uint8_t how)
{
	if (how == MIEN_END_RST)
		tcp_send_rst(t, tcb);
	tcb_end(t, tcb, MIEN_ETIMEDOUT);
	return false;
}

static bool
user_timeout_over(const struct tcp *t, const struct tcb *tcb)
{
	return tcb->user_timeout_ms &&
	       t->env->now - tcb->rtx_since >= tcb->user_timeout_ms * NS_PER_MS;
}

static bool
expire_syn(struct tcp *t, struct tcb *tcb)
{
	const struct mien_tcp_rule *rule = &tcb->p->tcp;
	const struct mien_schedule *schedule =
		tcb->state == MIEN_TCP_SYN_RECEIVED ? &rule->synack : &rule->syn;

	if (tcb->retries + 1 >= schedule->count || user_timeout_over(t, tcb))
		return give_up(t, tcb, schedule->end);
	tcb->retries++;
	tcp_send_syn(t, tcb);
	return true;
}

/*
 * R1: the route may be dead (the net room looks the neighbour up again), and the application hears
 * of it.
 */
static void
advise(struct tcp *t, struct tcb *tcb)
{
	tcb->route = 0;
	if (!(tcb->flags & TF_SOFT_ERRORS))
		return;
	tcb->soft_err = MIEN_ETIMEDOUT;
	tcb_event(t, tcb, MIEN_EV_ERROR);
}

static bool
expire_data(struct tcp *t, struct tcb *tcb)
{
	if (tcb->retries >= tcb->p->tcp.data_retries || user_timeout_over(t, tcb))
		return give_up(t, tcb, tcb->p->tcp.data_end);
	if (unlikely(tcb->sack.marks & MK_MTU) && pmtu_timeout(t, tcb)) {
		rtx_timer_start(t, tcb);
		return true;
	}
	tcb->retries++;
	if (tcb->retries == R1)
		advise(t, tcb);
	loss_timeout(t, tcb);
	rtt_backoff(&tcb->rtt, &tcb->p->tcp);
	pmtu_after_timeout(t, tcb);
	rtx_timer_start(t, tcb);
	tcp_mark_dirty(t, tcb);
	return true;
}

bool
expire_rtx(struct tcp *t, struct tcb *tcb)
{
	deadline_clear(t, tcb, DL_RTX);
	if (tcb->state == MIEN_TCP_SYN_SENT || tcb->state == MIEN_TCP_SYN_RECEIVED)
		return expire_syn(t, tcb);
	if (tcb->flags & TF_PERSIST)
		return expire_persist(t, tcb);
	if (tcb->snd_una == tcb->snd_nxt)
		rtx_timer_update(t, tcb);
	else if (tcb->sack.timer == RTX_RTO || user_timeout_over(t, tcb))
		return expire_data(t, tcb);
	else if (tcb->sack.timer == RTX_PROBE)
		tlp_expired(t, tcb);
	else
		loss_reorder_expired(t, tcb);
	return true;
}
