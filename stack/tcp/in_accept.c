/* SPDX-License-Identifier: BSD-3-Clause */
/* First step of 3.10.7.4: is the segment inside the window, and not older than what was seen (RFC 7323 5)? */
#include "tcp_rx.h"

#define CHALLENGE_MS 1000u

/* RFC 5961 7, counted for each connection: never one count for all (CVE-2016-5696). */
void
challenge_ack(struct tcp *t, struct tcb *tcb)
{
	uint32_t now = (uint32_t)(t->env->now / 1000000);

	if (now - tcb->challenge_at >= CHALLENGE_MS || tcb->challenge_at == 0) {
		tcb->challenge_at = now;
		/* Nobody can count on the exact limit. */
		tcb->challenges = (uint8_t)(tcb->p->tcp.challenges > 2 ? rng_u32(&t->env->rng) & 1 : 0);
	}
	if (tcb->p->tcp.challenges && tcb->challenges >= tcb->p->tcp.challenges)
		return;
	if (tcb->challenges < UINT8_MAX)
		tcb->challenges++;
	t->env->counters.tcp_challenge_acks++;
	tcp_send_ack(t, tcb);
}

/* The table of RFC 9293 3.10.7.4. A segment without length may stand at the right edge: it only acknowledges. */
static bool
in_window(const struct tcb *tcb, const struct tcp_segment *seg)
{
	uint32_t wnd = tcb->rcv_adv - tcb->rcv_nxt, len = segment_len(seg), last = seg->seq + len - 1;

	if (len == 0)
		return seg->seq - tcb->rcv_nxt <= wnd;
	return seq_in_window(seg->seq, tcb->rcv_nxt, wnd) || seq_in_window(last, tcb->rcv_nxt, wnd) ||
	       (seq_lt(seg->seq, tcb->rcv_nxt) && seq_gt(last, tcb->rcv_nxt) && wnd > 0);
}

/* A closed window takes no bytes, but ACK, URG and RST at its edge count (RFC 9293 3.4, MUST-66). */
static bool
at_closed_window(const struct tcb *tcb, const struct tcp_segment *seg)
{
	return tcb->rcv_adv == tcb->rcv_nxt && seg->seq == tcb->rcv_nxt && !(seg->flags & TH_SYN);
}

static enum step
not_acceptable(struct tcp *t, struct tcb *tcb, const struct tcp_segment *seg, enum mien_drop *why)
{
	bool old = seq_lt(seg->seq, tcb->rcv_nxt);
	uint32_t first = seg->seq + !!(seg->flags & TH_SYN); /* of the bytes (RFC 7413 2) */

	*why = old ? MIEN_DROP_TCP_SEQ_OLD : MIEN_DROP_TCP_SEQ_FUTURE;
	if (seg->flags & TH_RST) {
		*why = MIEN_DROP_TCP_RST_OUT;
		return STEP_DROP;
	}
	/* The bytes of a SYN with another number are another connection's. */
	if (old && seg->len && (!(seg->flags & TH_SYN) || seg->seq == tcb->irs)) {
		reass_duplicate(tcb, first, seq_min(first + seg->len, tcb->rcv_nxt));
		ack_quickly(tcb, tcb->p->tcp.quickack); /* an ACK of it may have been lost */
	}
	if (segment_len(seg) && !(seg->flags & TH_SYN))
		tcp_send_ack(t, tcb);
	else
		challenge_ack(t, tcb);
	return STEP_DROP;
}

static bool
paws_old(const struct tcb *tcb, const struct tcp_segment *seg)
{
	return seq_lt(seg->opt.tsval, tcb->ts_recent) && !(tcb->flags & TF_TS_OLD);
}

/* RFC 7323 5.3 R1 and 3.2: a reset is taken with or without a timestamp of any age. */
static enum step
check_stamp(struct tcp *t, struct tcb *tcb, const struct tcp_segment *seg, enum mien_drop *why)
{
	if (!(tcb->neg & MIEN_NEG_TS) || seg->flags & TH_RST)
		return STEP_GO_ON;
	if (!(seg->opt.present & OPT_TS)) {
		if (tcb->p->tcp.ts_missing)
			return STEP_GO_ON;
		*why = MIEN_DROP_TCP_NO_TIMESTAMP;
		return STEP_DROP;
	}
	if (!paws_old(tcb, seg))
		return STEP_GO_ON;
	*why = MIEN_DROP_TCP_PAWS;
	if (segment_len(seg))
		tcp_send_ack(t, tcb);
	else
		challenge_ack(t, tcb);
	return STEP_DROP;
}

/*
 * RFC 7323 4.3 (2), 5.3 R3: what will be echoed is the stamp of the oldest segment not acknowledged. One that
 * acknowledges what was never sent has none to keep: it may be anybody's.
 */
static void
keep_stamp(struct tcb *tcb, const struct tcp_segment *seg)
{
	if (!(tcb->neg & MIEN_NEG_TS) || !(seg->opt.present & OPT_TS) || seg->flags & TH_RST)
		return;
	if (seq_gt(seg->seq, tcb->last_ack_sent) || (seg->flags & TH_ACK && seq_gt(seg->ack, tcb->snd_nxt)))
		return;
	tcb->ts_recent = seg->opt.tsval;
	tcb->flags &= ~TF_TS_OLD;
}

/* The SYN-ACK of a simultaneous open repeats the SYN in front of what is expected. */
static void
strip_known_syn(struct tcp *t, struct tcb *tcb, struct tcp_segment *seg)
{
	if (tcb->state != MIEN_TCP_SYN_RECEIVED || (seg->flags & (TH_SYN | TH_ACK | TH_RST)) != (TH_SYN | TH_ACK))
		return;
	if (seg->seq != tcb->irs || seq_leq(seg->ack, tcb->iss) || seq_gt(seg->ack, tcb->snd_nxt))
		return;
	reass_duplicate(tcb, seg->seq, seg->seq + 1); /* it is as much of the sequence as any byte */
	seg->seq++;
	seg->flags &= (uint8_t)~TH_SYN;
	tcp_ack_soon(t, tcb);
}

/* The SYN once more, with bytes or without them. */
static bool
is_known_syn(const struct tcb *tcb, const struct tcp_segment *seg)
{
	return (seg->flags & (TH_SYN | TH_ACK | TH_RST)) == TH_SYN && tcb->state == MIEN_TCP_SYN_RECEIVED &&
	       seg->seq == tcb->irs;
}

/* A SYN that stands in front of the window is no error inside it, whatever bytes reach into it (RFC 9293 3.10.7.4). */
static bool
is_old_syn(const struct tcb *tcb, const struct tcp_segment *seg)
{
	return seg->flags & TH_SYN && !(seg->flags & TH_RST) && seq_lt(seg->seq, tcb->rcv_nxt);
}

enum step
in_accept(struct tcp *t, struct tcb *tcb, struct tcp_segment *seg, enum mien_drop *why)
{
	strip_known_syn(t, tcb, seg);
	if (check_stamp(t, tcb, seg, why) != STEP_GO_ON)
		return STEP_DROP;
	if (is_known_syn(tcb, seg)) {
		*why = MIEN_DROP_TCP_SEQ_OLD;
		if (!is_ecn_setup(seg)) { /* RFC 3168 6.1.1.1: the peer gave it up */
			tcb->ecn = 0;
			tcb->neg &= (uint8_t)~MIEN_NEG_ECN;
		}
		tcp_send_syn(t, tcb); /* our SYN-ACK was lost */
		return STEP_DROP;
	}
	if (is_old_syn(tcb, seg) || (!in_window(tcb, seg) && !at_closed_window(tcb, seg)))
		return not_acceptable(t, tcb, seg, why);
	keep_stamp(tcb, seg);
	return STEP_GO_ON;
}
