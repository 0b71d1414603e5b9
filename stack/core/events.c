/* SPDX-License-Identifier: BSD-3-Clause */
/* Draining what objects have to tell. */
#include "stack.h"

#include "banned.h"

static unsigned
take(struct mien_stack *st, struct event_source *src, struct mien_event *ev, unsigned max)
{
	if (src->kind == SOURCE_TCB)
		return tcp_take_events(&st->tcp, src, ev, max);
	return net_take_events(&st->net, src, ev, max);
}

/*
 * Sources that queue again while they are drained wait for the next call: a CLOSED, which ends the handle, is never in
 * the same batch as what came before it for the same connection.
 */
unsigned
mien_stack_events(struct mien_stack *st, struct mien_event *events, unsigned max)
{
	struct event_list *list = &st->env.events;
	const struct event_source *src = NULL, *last = list->tail;
	unsigned n = 0;

	while (n < max && list->head && src != last) {
		struct event_source *next = list->head;

		src = next;
		list->head = next->next;
		if (!list->head)
			list->tail = NULL;
		next->queued = 0;
		n += take(st, next, events + n, max - n);
	}
	return n;
}
