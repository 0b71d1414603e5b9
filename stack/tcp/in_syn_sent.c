/* SPDX-License-Identifier: BSD-3-Clause */
/* Segments for a connection that sent its SYN (RFC 9293 3.10.7.3). */
#include "tcp_rx.h"

/* First: does it acknowledge our SYN, if anything? */
static bool
ack_acceptable(const struct tcb *tcb, const struct tcp_segment *seg)
{
	return seq_gt(seg->ack, tcb->iss) && seq_leq(seg->ack, tcb->snd_nxt);
}

/* Between what the first SYN said and now. 0 is no echo: there are hosts whose first one is. */
static bool
echo_wrong(const struct tcp *t, const struct tcb *tcb, const struct tcp_segment *seg)
{
	uint32_t now;

	if (!tcb->p->tcp.echo_check || !tcb->p->tcp.ts.offer || !(seg->opt.present & OPT_TS) || !seg->opt.tsecr)
		return false;
	now = ts_now(t, tcb);
	return now - seg->opt.tsecr > now - ts_at(tcb->p, tcb->opened_at, tcb->ts_offset);
}

/* Second. Only a reset that acknowledges our SYN is meant for it. */
static enum mien_drop
on_rst(struct tcp *t, struct tcb *tcb, const struct tcp_segment *seg)
{
	if (!(seg->flags & TH_ACK))
		return MIEN_DROP_TCP_SYN_SENT;
	t->env->counters.tcp_resets_received++;
	tcb_end(t, tcb, MIEN_EREFUSED);
	return MIEN_DROP_NONE;
}

static void
take_syn(struct tcp *t, struct tcb *tcb, struct tcp_segment *seg)
{
	tcb_take_syn(tcb, seg);
	tcb->rcv_adv = tcb->rcv_nxt + syn_window(tcb, false, false); /* as the SYN said, before anything is negotiated */
	tcb_negotiate(t, tcb, seg);
	if (!tcb->p->tcp.ecn_offer || (seg->flags & (TH_ACK | TH_ECE | TH_CWR)) != (TH_ACK | TH_ECE))
		return;
	tcb->neg |= MIEN_NEG_ECN;
	if (tcb->retries)
		tcb->ecn |= TCB_ECN_UNMARKED; /* the answer to the first SYN: the peer's marks are echoed all the same */
}

/* What follows the SYN in the same segment is handled as any other. */
static void
strip_syn(struct tcp_segment *seg)
{
	seg->seq++;
	seg->flags &= (uint8_t)~TH_SYN;
}

/* A SYN without ACK crossed ours: simultaneous open (figure 8). Data with it comes again. */
static enum mien_drop
simultaneous(struct tcp *t, struct tcb *tcb, struct tcp_segment *seg)
{
	take_syn(t, tcb, seg);
	tcb->state = (uint8_t)state_next(MIEN_TCP_SYN_SENT, TE_RCV_SYN);
	tcp_send_syn(t, tcb);
	return MIEN_DROP_NONE;
}

enum mien_drop
in_syn_sent(struct tcp *t, struct tcb *tcb, struct tcp_segment *seg)
{
	bool ack = seg->flags & TH_ACK;

	if (ack && (!ack_acceptable(tcb, seg) || echo_wrong(t, tcb, seg))) {
		if (seg->flags & TH_RST)
			return MIEN_DROP_TCP_SYN_SENT;
		return answer_reset(t, tcb->host, tcb->p, seg, MIEN_TCP_SYN_SENT, MIEN_DROP_TCP_SYN_SENT);
	}
	if (seg->flags & TH_RST)
		return on_rst(t, tcb, seg);
	if (!(seg->flags & TH_SYN))
		return answer_segment(t, tcb->host, tcb->p, seg, MIEN_TCP_SYN_SENT, MIEN_DROP_TCP_SYN_SENT);
	if (!ack)
		return simultaneous(t, tcb, seg);
	take_syn(t, tcb, seg);
	tcb->fresh = tcb->sndq.head && tcb->p->tcp.interactive;
	tcb_established(t, tcb, seg); /* an active open needs no place in a queue */
	tcp_ack_soon(t, tcb);
	strip_syn(seg);
	return in_text_and_fin(t, tcb, seg);
}
