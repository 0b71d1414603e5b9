/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * SYN cookies: of a host that sends some each SYN-ACK stays good, also when a later one has another number, because it
 * offers something else or something is kept of it (RFC 4987 3.6). Which one the peer took, its ACK tells.
 */
#include <stdlib.h>

#include "watch_priv.h"

#define OTHERS_MOST 4u

static struct watch_flow *
find(const struct watch_flow *f, uint32_t iss, uint32_t irs)
{
	struct watch_flow *o = f->others;

	while (o && !(o->iss == iss && o->irs == irs))
		o = o->others;
	return o;
}

/* A place for one more: the oldest one's, when there are many. NULL: there is no memory. */
static struct watch_flow *
room(struct watch_flow *f)
{
	struct watch_flow **last = &f->others, *o;
	unsigned n = 0;

	for (o = f->others; o && o->others; o = o->others, n++)
		last = &o->others;
	if (n + 1 < OTHERS_MOST)
		o = malloc(sizeof(*o));
	else
		*last = NULL;
	if (!o)
		return NULL;
	o->others = f->others;
	return f->others = o;
}

static void
copy(struct watch_flow *to, const struct watch_flow *from)
{
	struct watch_flow *others = to->others;

	*to = *from;
	to->others = others;
	to->ooo = NULL;
	to->offers = NULL;
}

void
watch_cookie_keep(const struct watch *w, struct watch_flow *f)
{
	struct watch_flow *o;

	if (!w->hosts[f->host].cookie_mss || f->active || !f->known)
		return;
	/* An ACK that came at this time may be looked at behind the SYN. */
	if (f->snd_una != f->iss && (f->open || f->una_at != w->now))
		return;
	o = find(f, f->iss, f->irs);
	if (!o)
		o = room(f);
	if (o)
		copy(o, f);
}

/* f is what o was; o keeps what f was. */
static void
change_to(struct watch_flow *f, struct watch_flow *o)
{
	struct watch_flow now = *f;

	copy(f, o);
	copy(o, &now);
	f->ooo = now.ooo;
	f->offers = now.offers;
	if (f->ooo)
		f->ooo->n = f->ooo->full = 0;
	f->credit = now.credit;
	f->credit_at = now.credit_at;
	f->heard_n = now.heard_n;
	f->sent_at = now.sent_at;
}

void
watch_cookie_acked(struct watch_flow *f, const struct seg *s)
{
	struct watch_flow *o;

	if (f->snd_una != f->iss || s->ack == f->iss + 1)
		return;
	o = find(f, s->ack - 1, s->seq - 1);
	if (o)
		change_to(f, o);
}

void
watch_cookie_sent(struct watch_flow *f, const struct seg *s)
{
	struct watch_flow *o = f->others;

	if (f->open || f->active || s->seq == f->snd_max)
		return;
	while (o && !(o->snd_una == o->snd_max && s->seq == o->snd_max))
		o = o->others;
	if (o)
		change_to(f, o);
}

void
watch_cookie_forget(struct watch_flow *f)
{
	while (f->others) {
		struct watch_flow *o = f->others;

		f->others = o->others;
		free(o);
	}
}
