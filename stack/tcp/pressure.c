/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What becomes scarce, and who gives way. Three levels: none; pressure, when three quarters of what queues may hold are
 * held or an eighth of the connection blocks is left: windows grow no more, fewer pieces may wait out of order, fewer
 * orphans linger, and what a peer keeps from going on is ended; limit, when all of it is: nothing new is begun.
 * Everything here looks at a bounded number of blocks.
 */
#include "tcp_rx.h"

#define SWEEP_GAP (100 * NS_PER_US)
#define SWEEP_SLOTS 64
#define PRUNE_SLOTS 32
#define ORPHAN_SLOTS 256
#define ORPHANS_LEAST 16u /* so many may linger whatever is scarce: their bytes were taken from the application */
#define STUCK (10 * NS_PER_SECOND)  /* without progress */
#define GAP_STUCK (3 * NS_PER_SECOND) /* without a segment, while others wait in front of it */
#define SLOW_AGE (30 * NS_PER_SECOND)
#define SLOW_RATE 256	     /* bytes a second since it was opened: less is no progress */
#define SILENT (30 * NS_PER_SECOND) /* opened, and not a byte in either direction */

static uint8_t
level(uint64_t used, uint64_t some, uint64_t all)
{
	if (some == 0 || used < some)
		return MIEN_PRESSURE_NONE;
	return used < all ? MIEN_PRESSURE_SOME : MIEN_PRESSURE_LIMIT;
}

/* A level ends when an eighth less is in use than where it began. */
static uint8_t
next_level(uint8_t was, uint64_t used, uint64_t some, uint64_t all)
{
	uint8_t now = level(used, some, all);

	return now >= was ? now : RTE_MIN(was, level(used + used / 8, some, all));
}

static __rte_noinline void
weigh(struct tcp *t)
{
	uint32_t max = t->limits.max_conns;
	uint8_t now;

	t->scarce_mbufs = next_level(t->scarce_mbufs, t->env->mbufs_held, t->env->hold_pressure, t->env->hold_send);
	t->scarce_blocks = next_level(t->scarce_blocks, pool_used(&t->tcbs), max - max / 8, max);
	now = RTE_MAX(t->scarce_mbufs, t->scarce_blocks);
	if (now > t->env->pressure && t->env->pressure == MIEN_PRESSURE_NONE)
		t->env->counters.pressure_begun++;
	if (now > t->env->pressure && now == MIEN_PRESSURE_LIMIT)
		t->env->counters.pressure_limits++;
	t->env->pressure = now;
}

void
tcp_weigh(struct tcp *t)
{
	uint32_t max = t->limits.max_conns;

	if (__builtin_expect(t->env->pressure || t->env->mbufs_held >= t->env->hold_pressure ||
				     pool_used(&t->tcbs) >= max - max / 8, 0))
		weigh(t);
}

/* -- who stands still -------------------------------------------------------------------------------------- */

/* The peer takes so little at a time that its queue is as good as standing. */
static bool
is_slow(const struct tcp *t, const struct tcb *tcb)
{
	uint64_t age = t->env->now - tcb->opened_at;

	return tcb->snd_wraps == 0 && age >= SLOW_AGE &&
	       (tcb->snd_una - tcb->iss) / SLOW_RATE < age / NS_PER_SECOND;
}

static bool
is_silent(const struct tcp *t, const struct tcb *tcb)
{
	return tcb->snd_nxt == tcb->iss + 1 && tcb->rcv_nxt == tcb->irs + 1 && !tcb->sndq.head && !tcb->reass.head &&
	       t->env->now - tcb->opened_at >= SILENT;
}

bool
pressure_is_stuck(const struct tcp *t, const struct tcb *tcb)
{
	uint64_t now = t->env->now;
	bool waits = tcb->sndq.head || tcb->snd_una != tcb->snd_nxt, orphan = tcb->flags & TF_DETACHED;

	if (tcb->state < MIEN_TCP_ESTABLISHED)
		return false; /* their schedules are short */
	if (waits && (orphan || tcb->snd_wnd < tcb->mss))
		return now - tcb->rtx_since >= STUCK || (tcb->snd_wnd < tcb->mss && is_slow(t, tcb));
	if (orphan)
		return now - tcb->last_rcvd_at >= STUCK;
	return t->scarce_blocks == MIEN_PRESSURE_LIMIT && is_silent(t, tcb);
}

void
pressure_end(struct tcp *t, struct tcb *tcb)
{
	t->env->counters.tcp_stuck_ended++;
	tcp_send_rst(t, tcb);
	tcb_end(t, tcb, MIEN_ETIMEDOUT);
}

static void
prune(struct tcp *t, struct tcb *tcb)
{
	t->env->counters.tcp_out_of_order_pruned += tcb->reass.count;
	reass_free(t, tcb);
}

/* The next slot's block, or NULL where there is none that lives. */
static struct tcb *
next_slot(struct tcp *t)
{
	uint32_t i = t->sweep_at;
	struct tcb *tcb;

	t->sweep_at = i + 1 < t->tcbs.touched ? i + 1 : 0;
	if (!pool_live(&t->tcbs, i))
		return NULL;
	tcb = pool_at(&t->tcbs, i);
	return tcb->flags & TF_ZOMBIE ? NULL : tcb;
}

void
tcp_relieve(struct tcp *t)
{
	uint64_t now = t->env->now;

	if (__builtin_expect(t->env->pressure == MIEN_PRESSURE_NONE, 1) || now < t->sweep_due)
		return;
	t->sweep_due = now + SWEEP_GAP;
	for (unsigned i = 0; i < SWEEP_SLOTS; i++) {
		struct tcb *tcb = next_slot(t);

		if (!tcb)
			continue;
		if (pressure_is_stuck(t, tcb))
			pressure_end(t, tcb);
		else if (tcb->reass.head && now - tcb->last_rcvd_at >= GAP_STUCK)
			prune(t, tcb);
	}
}

bool
pressure_prune(struct tcp *t, const struct tcb *tcb)
{
	bool found = false;

	for (unsigned i = 0; i < PRUNE_SLOTS; i++) {
		struct tcb *other = next_slot(t);

		if (!other || other->reass.count <= tcb->reass.count)
			continue;
		prune(t, other);
		found = true;
	}
	return found;
}

/* -- orphans ----------------------------------------------------------------------------------------------- */

/* One that gets nowhere gives its place to one that may. */
static bool
replace_orphan(struct tcp *t)
{
	for (unsigned i = 0; i < ORPHAN_SLOTS; i++) {
		struct tcb *tcb = next_slot(t);

		if (!tcb || !(tcb->flags & TF_DETACHED) || t->env->now - tcb->rtx_since < NS_PER_SECOND)
			continue;
		pressure_end(t, tcb);
		return true;
	}
	return false;
}

bool
pressure_takes_orphan(struct tcp *t)
{
	uint32_t max = t->limits.max_orphans;

	if (max == 0 || t->orphans < RTE_MAX(max >> (2 * t->scarce_mbufs), RTE_MIN(max, ORPHANS_LEAST)))
		return true;
	return replace_orphan(t);
}
