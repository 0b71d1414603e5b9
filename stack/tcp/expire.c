/* SPDX-License-Identifier: BSD-3-Clause */
/* What happens when a deadline of a connection passes; retransmission has a file of its own. */
#include "tcp_rx.h"

#define ORPHAN_NS (120000 * NS_PER_MS) /* without progress, the window closed, nobody there to wait for it */
#define PROGRESS_SEGMENTS 4	/* in that time: a window of one byte, opened for each, is none */

bool
expire_ack(struct tcp *t, struct tcb *tcb)
{
	assert(tcb->flags & TF_ACK_DELAYED);
	t->env->counters.tcp_delayed_acks++;
	ack_missed(tcb);
	tcp_ack_soon(t, tcb);
	return true;
}

/* MUST-26: only while nothing is outstanding and nothing came for the interval. */
bool
expire_keep(struct tcp *t, struct tcb *tcb)
{
	uint64_t idle = t->env->now - tcb->last_rcvd_at, wait = tcb->keep_idle_ms * NS_PER_MS;

	assert(tcb->flags & TF_KEEPALIVE);
	if (tcb->probes == 0 && (idle < wait || tcb->snd_una != tcb->snd_nxt || tcb->sndq.head)) {
		uint64_t due = tcb->last_rcvd_at + wait;

		deadline_set(t, tcb, DL_KEEP, due > t->env->now ? due : t->env->now + wait);
		return true;
	}
	if (tcb->probes >= tcb->keep_count) { /* MUST-29: more than one went unanswered */
		if (tcb->p->tcp.keepalive_end == MIEN_END_RST)
			tcp_send_rst(t, tcb);
		tcb_end(t, tcb, MIEN_ETIMEDOUT);
		return false;
	}
	tcb->probes++;
	tcp_send_probe(t, tcb, true);
	deadline_set(t, tcb, DL_KEEP, t->env->now + tcb->keep_interval_ms * NS_PER_MS);
	return true;
}

void
life_watch(struct tcp *t, struct tcb *tcb)
{
	uint64_t wait = ORPHAN_NS;

	if (tcb->state == MIEN_TCP_FIN_WAIT_2)
		wait = tcb->p->tcp.fin_wait_2_ms * NS_PER_MS;
	tcb->life_una = tcb->snd_una;
	if (wait)
		deadline_set(t, tcb, DL_LIFE, t->env->now + wait);
	else
		deadline_clear(t, tcb, DL_LIFE);
}

/*
 * In FIN-WAIT-2 the peer may never close its side. Before, a peer may acknowledge probes of a closed window for ever:
 * MUST-37 keeps such a connection for its application, which is gone (RFC 6429 3).
 */
bool
expire_life(struct tcp *t, struct tcb *tcb)
{
	if (!(tcb->flags & TF_DETACHED)) {
		pmtu_age(t, tcb);
		return true;
	}
	if (tcb->state == MIEN_TCP_FIN_WAIT_2) {
		tcb_end(t, tcb, MIEN_OK);
		return false;
	}
	if ((tcb->flags & TF_PERSIST || tcb->snd_wnd < tcb->mss) &&
		tcb->snd_una - tcb->life_una < PROGRESS_SEGMENTS * (uint32_t)tcb->mss) {
		tcp_send_rst(t, tcb);
		tcb_end(t, tcb, MIEN_ETIMEDOUT);
		return false;
	}
	life_watch(t, tcb);
	return true;
}

static void
timer_tcb(struct tcp *t, struct wheel_entry *entry)
{
	static bool (*const expire[DL_COUNT])(struct tcp *, struct tcb *) = {
		[DL_RTX] = expire_rtx, [DL_ACK] = expire_ack, [DL_KEEP] = expire_keep, [DL_LIFE] = expire_life,
		[DL_PACE] = expire_pace};
	struct tcb *tcb = wheel_owner_of(entry, struct tcb, timer);

	tcb->armed = WHEEL_NEVER;
	for (unsigned i = 0; i < DL_COUNT; i++) {
		if (tcb->deadline[i] > t->env->now)
			continue;
		tcb->deadline[i] = WHEEL_NEVER;
		if (!expire[i](t, tcb))
			return;
	}
	deadline_rearm(t, tcb);
}

void
tcp_timer(struct tcp *t, struct wheel_entry *entry)
{
	if (entry->owner == TIMER_TCB)
		timer_tcb(t, entry);
	else if (entry->owner == TIMER_TIME_WAIT)
		time_wait_timer(t, entry);
	else
		cookie_past_timer(t);
}
