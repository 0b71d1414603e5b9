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

unsigned
mien_stack_events(struct mien_stack *st, struct mien_event *events, unsigned max)
{
	struct event_list *list = &st->env.events;
	unsigned n = 0;

	tcp_events_begin(&st->tcp);
	while (n < max && list->head) {
		struct event_source *src = list->head;

		list->head = src->next;
		if (!list->head)
			list->tail = NULL;
		src->queued = 0;
		n += take(st, src, events + n, max - n);
	}
	return n;
}
