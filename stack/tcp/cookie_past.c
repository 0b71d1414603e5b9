/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What hosts were while their SYN cookies may still be answered. A change of personality changes the host's key and
 * clocks, too: without this nobody could tell such a cookie, and its peer would have another system than it met.
 */
#include "tcp_rx.h"

static void
forget(struct tcp *t, struct cookie_past *past)
{
	worn_give(t, past->was.p);
	past->until = 0;
	t->past_count--;
}

void
tcp_host_changes(struct tcp *t, const struct tcp_host *host)
{
	struct cookie_past *past;

	if (t->env->now >= t->cookies_until || worn_take(t, host->p) != MIEN_OK)
		return;
	past = &t->past[t->past_next++ % COOKIE_PASTS]; /* the oldest */
	if (past->until)
		forget(t, past);
	past->was = *host;
	past->until = t->cookies_until;
	t->past_count++;
	if (!wheel_is_set(&t->past_timer)) {
		t->past_timer.owner = TIMER_PAST;
		wheel_set(&t->env->wheel, &t->past_timer, past->until);
	}
}

void
cookie_past_timer(struct tcp *t)
{
	uint64_t next = WHEEL_NEVER;

	for (struct cookie_past *past = t->past; past < t->past + COOKIE_PASTS; past++) {
		if (past->until && past->until <= t->env->now)
			forget(t, past);
		else if (past->until)
			next = RTE_MIN(next, past->until);
	}
	if (next != WHEEL_NEVER)
		wheel_set(&t->env->wheel, &t->past_timer, next);
}

void
cookie_past_host_gone(struct tcp *t, const struct tcp_host *host)
{
	if (t->past_count == 0)
		return;
	for (struct cookie_past *past = t->past; past < t->past + COOKIE_PASTS; past++)
		if (past->until && past->was.index == host->index)
			forget(t, past);
	if (t->past_count == 0)
		wheel_cancel(&t->env->wheel, &t->past_timer);
}

struct tcp_host *
cookie_past_next(const struct tcp *t, const struct tcp_host *host, unsigned int *i)
{
	if (t->past_count == 0)
		return NULL;
	while (*i < COOKIE_PASTS) {
		const struct cookie_past *past = &t->past[(*i)++];

		if (past->until > t->env->now && past->was.index == host->index)
			return (struct tcp_host *)(uintptr_t)&past->was;
	}
	return NULL;
}
