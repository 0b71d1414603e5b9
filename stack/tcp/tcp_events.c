/* SPDX-License-Identifier: BSD-3-Clause */
/* What a connection tells its application, in the order of enum mien_event_type: the order of acting on it. */
#include "tcp_rx.h"

#define BIT(type) (1u << (type))

_Static_assert(MIEN_EV_ACCEPT < MIEN_EV_READABLE && MIEN_EV_READABLE < MIEN_EV_PEER_CLOSED &&
		       MIEN_EV_PEER_CLOSED < MIEN_EV_CLOSED,
	"events of a connection are told in the order of their numbers");

static void
tell(struct tcp *t, struct tcb *tcb, enum mien_event_type type, struct mien_event *ev)
{
	struct tcp_listener *l;

	*ev = (struct mien_event){.type = type, .object = tcb_handle(t, tcb), .cookie = tcb->cookie};
	tcb->ev.pending &= (uint16_t)~BIT(type);
	switch (type) {
	case MIEN_EV_ACCEPT:
		ev->u.listener = tcb->listener_handle;
		l = pool_lookup(&t->listeners, tcb->listener_handle);
		if (l)
			l->waiting--;
		break;
	case MIEN_EV_SENT:
		ev->u.token = tcb->token_done;
		break;
	case MIEN_EV_ERROR:
		ev->err = tcb->soft_err;
		break;
	case MIEN_EV_CLOSED:
		ev->err = tcb->ev.err;
		break;
	default:
		break;
	}
}

/* An application that closed hears only of the end. An ACCEPT it never saw is told all the same. */
static uint16_t
audible(const struct tcb *tcb)
{
	return tcb->flags & TF_DETACHED ? BIT(MIEN_EV_ACCEPT) | BIT(MIEN_EV_CLOSED) : (uint16_t)~0u;
}

/* What remains waits for the next drain, behind the others. */
static void
queue_again(struct tcp *t, struct tcb *tcb)
{
	if (tcb->ev.pending && !tcb->ev.queued)
		env_event(t->env, &tcb->ev, (enum mien_event_type)__builtin_ctz(tcb->ev.pending));
}

unsigned
tcp_take_events(struct tcp *t, struct event_source *src, struct mien_event *ev, unsigned max)
{
	struct tcb *tcb = wheel_owner_of(src, struct tcb, ev);
	unsigned n = 0;

	src->pending &= audible(tcb);
	if (src->pending == BIT(MIEN_EV_CLOSED)) {
		tell(t, tcb, MIEN_EV_CLOSED, ev);
		tcb_free(t, tcb);
		return 1;
	}
	if (src->pending & BIT(MIEN_EV_ACCEPT)) /* alone: its cookie is set before more is told */
		tell(t, tcb, MIEN_EV_ACCEPT, &ev[n++]);
	else
		while (n < max && (src->pending & (uint16_t)~BIT(MIEN_EV_CLOSED)))
			tell(t, tcb, (enum mien_event_type)__builtin_ctz(src->pending), &ev[n++]);
	queue_again(t, tcb);
	return n;
}
