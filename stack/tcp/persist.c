/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What DL_RTX stands for: retransmission while something is in flight inside the window, probing
 * (RFC 9293 3.8.6.1) while the window is closed or too small for what waits.
 */
#include "send_parts.h"

#define PORT_RETRY (500 * NS_PER_MS) /* as Linux asks again */

static bool
is_waiting(const struct tcb *tcb)
{
	return tcb->sndq.head || (tcb->flags & (TF_FIN_QUEUED | TF_FIN_SENT)) == TF_FIN_QUEUED;
}

/* First after one RTO, then doubling, within the personality's limits. */
static uint64_t
persist_interval(const struct tcb *tcb)
{
	const struct mien_tcp_rule *rule = &tcb->p->tcp;
	uint64_t ns = rtt_rto(&tcb->rtt, rule);

	ns = RTE_MAX(ns, rule->persist_min_ms * NS_PER_MS);
	return RTE_MIN(ns, rule->persist_max_ms * NS_PER_MS);
}

void
rtx_timer_start(struct tcp *t, struct tcb *tcb)
{
	uint64_t at = t->env->now + rtt_rto(&tcb->rtt, &tcb->p->tcp);

	tcb->sack.timer = RTX_RTO;
	if (unlikely(tcb->p->tcp.tlp))
		at = tlp_sooner(tcb, t->env->now, at);
	if (unlikely(tcb->flags & TF_USER_TIMEOUT))
		at = RTE_MIN(at, tcb->rtx_since + tcb->user_timeout_ms * NS_PER_MS);
	deadline_set(t, tcb, DL_RTX, at);
}

void
rtx_timer_resume(struct tcp *t, struct tcb *tcb)
{
	struct rte_mbuf *front = tcb->rtxq.head;
	uint64_t since = front ? RTE_MAX(tcb->rtx_since, pkt_meta(front)->sent_at) : t->env->now;
	uint64_t at = RTE_MAX(since + rtt_rto(&tcb->rtt, &tcb->p->tcp), t->env->now);

	rtx_timer_start(t, tcb);
	if (at < tcb->deadline[DL_RTX]) {
		deadline_set(t, tcb, DL_RTX, at);
		tcb->sack.timer = RTX_RTO;
	}
}

static void
start(struct tcp *t, struct tcb *tcb, bool persist)
{
	if (persist)
		deadline_set(t, tcb, DL_RTX, t->env->now + persist_interval(tcb));
	else
		rtx_timer_start(t, tcb);
}

/* Small data held back by the application's own cork asks for no probe. */
static bool
is_corked(const struct tcb *tcb)
{
	return tcb_corked(tcb) && !tcb->p->tcp.cork_ends && tcb->snd_wnd >= tcb->sndq.bytes &&
	       tcb->sndq.bytes < tcb->mss;
}

void
rtx_timer_update(struct tcp *t, struct tcb *tcb)
{
	bool outstanding = tcb->snd_una != tcb->snd_nxt, persist;

	if (likely(outstanding && tcb->snd_wnd && !(tcb->flags & TF_PERSIST))) {
		if (tcb->deadline[DL_RTX] == WHEEL_NEVER)
			start(t, tcb, false);
		return;
	}
	if (tcb->state == MIEN_TCP_SYN_RECEIVED)
		return; /* it is the SYN-ACK's, of a pending Fast Open */
	if (!outstanding && (!is_waiting(tcb) || is_corked(tcb) || pace_holds(tcb))) {
		tcb->flags &= ~TF_PERSIST;
		deadline_clear(t, tcb, DL_RTX);
		return;
	}
	persist = tcb->snd_wnd == 0 || !outstanding;
	if (persist == !!(tcb->flags & TF_PERSIST) && tcb->deadline[DL_RTX] != WHEEL_NEVER)
		return;
	if (persist != !!(tcb->flags & TF_PERSIST))
		tcb->retries = 0;
	tcb->flags = persist ? tcb->flags | TF_PERSIST : tcb->flags & ~TF_PERSIST;
	start(t, tcb, persist);
}

void
persist_end(struct tcp *t, struct tcb *tcb)
{
	tcb->flags &= ~TF_PERSIST;
	tcb->retries = 0;
	tcb->rtt.backoff = 0;
	deadline_clear(t, tcb, DL_RTX);
	if (tcb->snd_una != tcb->snd_nxt) {
		loss_mark_all(tcb);
		tcb->flags |= TF_RTX_NOW;
	}
	tcp_mark_dirty(t, tcb);
}

/*
 * The window holds something, but less than avoids silly segments: the override timer of 3.8.6.2.1.
 */
static bool
send_what_fits(struct tcp *t, struct tcb *tcb)
{
	uint32_t len = RTE_MIN(RTE_MIN(tcb->snd_wnd, tcb->sndq.bytes), (uint32_t)tcb->mss);

	assert(len == 0 || tcb->snd_una == tcb->snd_nxt); /* else it would be no probing */
	if (len == 0)
		return false;
	(void)output_new_packet(t, tcb, len, len == tcb->sndq.bytes);
	return true;
}

/* Probes went unanswered for as long as the user cares to wait. */
static bool
peer_is_gone(const struct tcp *t, const struct tcb *tcb)
{
	return tcb->user_timeout_ms && tcb->retries &&
	       t->env->now - tcb->last_rcvd_at >= tcb->user_timeout_ms * NS_PER_MS;
}

/* How many probes may go unanswered, and how it ends then. */
static uint8_t
most_probes(const struct mien_tcp_rule *rule)
{
	return rule->persist_retries ? rule->persist_retries : rule->data_retries;
}

static uint8_t
end_of_probes(const struct mien_tcp_rule *rule)
{
	if (rule->persist_end == MIEN_PERSIST_AS_DATA)
		return rule->data_end;
	return rule->persist_end == MIEN_PERSIST_RST ? MIEN_END_RST : MIEN_END_SILENT;
}

/*
 * A connection whose probes are answered stays open for ever (MUST-37): any ACK sets retries to 0.
 */
bool
expire_persist(struct tcp *t, struct tcb *tcb)
{
	bool clogged = t->env->tx_room(t->env->net) == 0;

	if ((!clogged && tcb->retries >= most_probes(&tcb->p->tcp)) || peer_is_gone(t, tcb))
		return give_up(t, tcb, end_of_probes(&tcb->p->tcp));
	if (unlikely(t->env->pressure) && pressure_is_stuck(t, tcb)) {
		pressure_end(t, tcb);
		return false;
	}
	if (unlikely(clogged)) { /* no fault of the peer's: neither reckoned against it nor asked ever more rarely */
		tcb->retries += tcb->retries + 1 < most_probes(&tcb->p->tcp);
		deadline_set(t, tcb, DL_RTX, t->env->now + PORT_RETRY);
		return true;
	}
	if (send_what_fits(t, tcb)) {
		rtx_timer_update(t, tcb);
		return true;
	}
	tcb->retries++;
	rtt_backoff(&tcb->rtt, &tcb->p->tcp);
	tcp_send_probe(t, tcb, false);
	start(t, tcb, true);
	return true;
}
