/* SPDX-License-Identifier: BSD-3-Clause */
/* ICMP errors about segments of ours (RFC 9293 3.9.2.2), believed as far as RFC 5927 advises. */
#include "tcp_rx.h"

/* RFC 5927 4: the quoted segment must be in flight. */
static bool
in_flight(const struct tcb *tcb, uint32_t seq)
{
	return seq - tcb->snd_una < tcb->snd_nxt - tcb->snd_una;
}

static void
soft_error(struct tcp *t, struct tcb *tcb, int err)
{
	tcb->soft_err = (int16_t)err;
	if (tcb->flags & TF_SOFT_ERRORS)
		tcb_event(t, tcb, MIEN_EV_ERROR);
}

enum mien_drop
tcp_icmp_error(struct tcp *t, const struct tcp_icmp *icmp)
{
	uint32_t index = flow_find(t, &icmp->key, tcp_flow_hash(t, &icmp->key));
	struct tcb *tcb;

	if (index & FLOW_TIME_WAIT)
		return MIEN_DROP_ICMP_STALE;
	tcb = pool_at(&t->tcbs, index);
	if (!in_flight(tcb, icmp->seq))
		return MIEN_DROP_ICMP_STALE;
	if (icmp->err == MIEN_EMSGSIZE)
		return pmtu_told(t, tcb, icmp->seq, icmp->mtu);
	/* RFC 5927 5.2: hard errors end only what is not yet synchronized. */
	if (icmp->hard && tcb->state == MIEN_TCP_SYN_SENT)
		tcb_end(t, tcb, icmp->err);
	else
		soft_error(t, tcb, icmp->err);
	return MIEN_DROP_NONE;
}
