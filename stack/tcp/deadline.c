/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The timers of a TCB share one wheel entry. It stands at or before the earliest deadline: a deadline that moves
 * away costs nothing until the entry fires and is put where it belongs.
 */
#include "tcp_parts.h"

static void
arm(struct tcp *t, struct tcb *tcb, uint64_t at)
{
	tcb->armed = at;
	wheel_set(&t->env->wheel, &tcb->timer, at);
}

void
deadline_set(struct tcp *t, struct tcb *tcb, enum tcb_deadline which, uint64_t at)
{
	deadline_set_on_tick(t, tcb, which, at, tcb->p->tcp.tick_ms);
}

void
deadline_set_on_tick(struct tcp *t, struct tcb *tcb, enum tcb_deadline which, uint64_t at, uint32_t tick_ms)
{
	if (tick_ms && at != WHEEL_NEVER) {
		uint64_t tick = tick_ms * NS_PER_MS;

		at = (at + tick - 1) / tick * tick;
	}
	tcb->deadline[which] = at;
	if (at < tcb->armed)
		arm(t, tcb, at);
}

void
deadline_clear(struct tcp *t, struct tcb *tcb, enum tcb_deadline which)
{
	tcb->deadline[which] = WHEEL_NEVER;
}

void
deadline_rearm(struct tcp *t, struct tcb *tcb)
{
	uint64_t first = WHEEL_NEVER;

	for (unsigned int i = 0; i < DL_COUNT; i++)
		if (tcb->deadline[i] < first)
			first = tcb->deadline[i];
	if (tcb->armed != first)
		arm(t, tcb, first);
}

void
deadline_stop(struct tcp *t, struct tcb *tcb)
{
	for (unsigned int i = 0; i < DL_COUNT; i++)
		tcb->deadline[i] = WHEEL_NEVER;
	arm(t, tcb, WHEEL_NEVER);
}
