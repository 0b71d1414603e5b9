/* SPDX-License-Identifier: BSD-3-Clause */
/* ICMP errors about segments of ours (RFC 9293 3.9.2.2), believed as far as RFC 5927 advises. */
#include "fast_open.h"
#include "tcp_rx.h"

/* RFC 5927 4: the quoted segment must be in flight; the SYN-ACK of a pending Fast Open is, before snd_una. */
static bool
in_flight(const struct tcb *tcb, uint32_t seq)
{
	uint32_t una = tcb->fast_open & FO_PENDING ? tcb->iss : tcb->snd_una;

	return seq - una < tcb->snd_nxt - una;
}

/*
 * RFC 5927 5.2: errors end nothing that is synchronized. Linux lets soft ones end what opens, too; of half-open
 * connections, which nobody knows of, these alone.
 */
static bool
ends(const struct tcb *tcb, bool hard)
{
	if (tcb->state == MIEN_TCP_SYN_SENT)
		return hard || tcb->p->tcp.icmp_ends_open;
	return tcb->state == MIEN_TCP_SYN_RECEIVED && tcb->p->tcp.icmp_ends_open && !(hard && tcb_half_open(tcb));
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
	if (ends(tcb, icmp->hard))
		tcb_end(t, tcb, icmp->err);
	else
		soft_error(t, tcb, icmp->err);
	return MIEN_DROP_NONE;
}
