/* SPDX-License-Identifier: BSD-3-Clause */
/* Step five of RFC 9293 3.10.7.4: the ACK field. */
#include "fast_open.h"
#include "send_parts.h"

static inline uint32_t
scaled_window(const struct tcb *tcb, const struct tcp_segment *seg)
{
	return seg->flags & TH_SYN ? seg->wnd : (uint32_t)seg->wnd << tcb->snd_wscale;
}

/*
 * SND.WL1 and SND.WL2 keep an old segment from changing the window. One that acknowledges more is
 * newer whatever its sequence number: data sent again carries an old one, and the window before
 * belongs to the old SND.UNA.
 */
static void
update_window(struct tcp *t, struct tcb *tcb, const struct tcp_segment *seg)
{
	uint32_t wnd, was = tcb->snd_wnd;

	if (seq_leq(seg->ack, tcb->snd_wl2) && seq_lt(seg->seq, tcb->snd_wl1))
		return;
	wnd = scaled_window(tcb, seg);
	tcb->snd_wl1 = seg->seq;
	tcb->snd_wl2 = seg->ack;
	if (wnd == was)
		return;
	tcb->snd_wnd = wnd;
	tcb->max_snd_wnd = RTE_MAX(tcb->max_snd_wnd, wnd);
	if (was == 0 || (tcb->flags & TF_PERSIST))
		persist_end(t, tcb);
	else if (wnd == 0 || tcb->sndq.head)
		tcp_mark_dirty(t, tcb);
}

/* RTT from TSecr (RFC 7323 4), us, for what was sent more than once; 0: none. */
static uint32_t
sample_from_timestamp(const struct tcp *t, struct tcb *tcb, const struct tcp_segment *seg)
{
	uint32_t ticks;

	if (!(tcb->neg & MIEN_NEG_TS) || !(seg->opt.present & OPT_TS) || seg->opt.tsecr == 0)
		return 0;
	ticks = ts_now(t, tcb) - seg->opt.tsecr;
	if (ticks > (uint64_t)tcb->p->tcp.ts.hz * 600)
		return 0; /* an echo of ten minutes ago is none */
	return rtt_sample(&tcb->rtt, &tcb->p->tcp, (uint64_t)ticks * 1000000u / tcb->p->tcp.ts.hz);
}

/*
 * Karn: only what was sent once, or told apart by timestamps, gives a sample and ends the backoff. Gives it, us; 0:
 * none.
 */
static uint32_t
take_sample(struct tcp *t, struct tcb *tcb, const struct tcp_segment *seg,
	const struct rtx_acked *acked)
{
	uint32_t us = 0;

	if (likely(acked->sample && !acked->rtx)) {
		us = rtt_sample(&tcb->rtt, &tcb->p->tcp, (t->env->now - acked->sent_at) / 1000);
	} else if (acked->rtx) {
		us = sample_from_timestamp(t, tcb, seg);
		if (us == 0)
			return 0;
	}
	tcb->rtt.backoff = 0;
	return us;
}

/* Do its blocks speak of what this side sent? */
static inline bool
reports(const struct tcb *tcb, const struct tcp_segment *seg)
{
	return unlikely(seg->opt.n_sack) && tcb_scoreboard(tcb);
}

/* The timer runs again from now, or not at all (RFC 6298 5.2, 5.3). */
static void
restart_timer(struct tcp *t, struct tcb *tcb)
{
	tcb->retries = 0;
	tcb->rtx_since = t->env->now;
	if (tcb->snd_una == tcb->snd_nxt)
		deadline_clear(t, tcb, DL_RTX);
	else if (!(tcb->flags & TF_PERSIST))
		rtx_timer_start(t, tcb);
}

/* SND.UNA < SEG.ACK =< SND.NXT. */
static void
ack_new(struct tcp *t, struct tcb *tcb, const struct tcp_segment *seg)
{
	uint32_t flight = flight_at_last(tcb);
	struct rtx_acked acked = {.seg = seg};
	uint32_t rtt_us;

	rtxq_ack(t, tcb, seg->ack, &acked);
	tcb->snd_una = seg->ack;
	if (seg->ack == tcb->snd_nxt)
		tcb->flags &= ~TF_FIN_LOST;
	if (reports(tcb, seg)) {
		loss_dsack(t, tcb, seg);
		(void)sack_update(t, tcb, &acked);
	}
	rtt_us = take_sample(t, tcb, seg, &acked);
	loss_acked(t, tcb, flight, &acked, rtt_us);
	restart_timer(t, tcb);
	if (unlikely(acked.wait))
		rack_arm(t, tcb, acked.wait);
	if (unlikely(tcb->flags & TF_WANT_WRITABLE))
		tcb_tell_writable(t, tcb);
	if (unlikely(tcb->flags & TF_CORK) && tcb->more == MORE_HELD)
		tcb->more = MORE_PASSED;
	if (tcb->sndq.head || tcb->sack.lost_bytes || (tcb->flags & (TF_FIN_QUEUED | TF_FIN_LOST)))
		tcp_mark_dirty(t, tcb);
}

/*
 * RFC 5681 2: data in flight, no data and no SYN or FIN carried, ACK and window unchanged; with
 * SACK, news in it.
 */
static __rte_noinline void
ack_duplicate(struct tcp *t, struct tcb *tcb, const struct tcp_segment *seg)
{
	struct rtx_acked acked = {.seg = seg};
	bool plain = seg->len == 0 && !(seg->flags & (TH_SYN | TH_FIN)) &&
		     scaled_window(tcb, seg) == tcb->snd_wnd;

	if (reports(tcb, seg))
		loss_dsack(t, tcb, seg);
	if (tcb->sack.marks & MK_TLP)
		tlp_acked(t, tcb, seg->ack, plain && !seg->opt.n_sack);
	if (tcb->snd_una == tcb->snd_nxt)
		return;
	if (tcb_scoreboard(tcb) ? seg->opt.n_sack && sack_update(t, tcb, &acked) : plain)
		loss_dupack(t, tcb, &acked);
	if (acked.wait)
		rack_arm(t, tcb, acked.wait);
}

enum step
in_ack(struct tcp *t, struct tcb *tcb, struct tcp_segment *seg, bool *fin_acked,
	enum mien_drop *why)
{
	if (unlikely(seq_gt(seg->ack, tcb->snd_nxt))) {
		if (tcb->p->tcp.ack_future != MIEN_ACK_FUTURE_SILENT)
			challenge_ack(t, tcb); /* RFC 5961 5 */
		*why = MIEN_DROP_TCP_ACK_FUTURE;
		return STEP_DROP;
	}
	if (seq_gt(seg->ack, tcb->snd_una)) {
		ack_new(t, tcb, seg);
	} else if (seg->ack == tcb->snd_una) {
		if (tcb->snd_una != tcb->snd_nxt || unlikely(seg->opt.n_sack | tcb->sack.marks))
			ack_duplicate(t, tcb, seg);
	} else if (tcb->p->tcp.challenge_ack && tcb->snd_una - seg->ack > tcb->max_snd_wnd) {
		challenge_ack(t, tcb); /* RFC 5961 5.2 */
		*why = MIEN_DROP_TCP_ACK_OLD;
		return STEP_DROP;
	} else {
		if (reports(tcb, seg) && tcb->snd_una != tcb->snd_nxt)
			ack_duplicate(t, tcb, seg); /* overtaken, and still it tells what came (RFC 6675 5) */
		return STEP_GO_ON;
	}
	if (unlikely(tcb->flags & TF_PERSIST))
		tcb->retries = 0;
	update_window(t, tcb, seg);
	*fin_acked = (tcb->flags & TF_FIN_SENT) && tcb->snd_una == tcb->snd_nxt;
	return STEP_GO_ON;
}

/* RFC 6928; one segment after a SYN that had to be sent again (RFC 5681 3.1). */
static uint32_t
initial_window(const struct tcb *tcb)
{
	return tcb->retries ? tcb->mss : (uint32_t)tcb->p->tcp.initial_cwnd * tcb->mss;
}

/* What left before this first ACK: bytes of a pending Fast Open, which may be acknowledged by it. */
static void
early_bytes(struct tcp *t, struct tcb *tcb, const struct tcp_segment *seg)
{
	rtx_timer_start(t, tcb);
	if (seq_gt(seg->ack, tcb->snd_una))
		ack_new(t, tcb, seg);
	else if (reports(tcb, seg))
		ack_duplicate(t, tcb, seg);
}

void
send_begin(struct tcp *t, struct tcb *tcb)
{
	pmtu_recall(t, tcb);
	mss_update(t, tcb);
	rtt_init(&tcb->rtt, &tcb->p->tcp);
	tcb->cc.cwnd = initial_window(tcb);
	cc_ops(tcb->cc_kind)->init(tcb, t->env->now);
	tcb->board.recover = tcb->iss;
}

void
in_ack_established(struct tcp *t, struct tcb *tcb, const struct tcp_segment *seg, uint64_t sent)
{
	const struct mien_tcp_rule *rule = &tcb->p->tcp;

	tcb->snd_una = tcb->iss + 1;
	tcb->snd_wnd = tcb->max_snd_wnd = scaled_window(tcb, seg);
	tcb->snd_wl1 = seg->seq;
	tcb->snd_wl2 = seg->ack;
	send_begin(t, tcb);
	if (tcb->flags & TF_RTT_TIMING)
		(void)rtt_sample(&tcb->rtt, rule, (t->env->now - sent) / 1000);
	else if (!sample_from_timestamp(t, tcb, seg))
		tcb->rtt.rto_ms = RTE_MAX(rule->rto_initial_ms, 3000u); /* RFC 6298 5.7 */
	memset(tcb->seen, 0, sizeof(tcb->seen));
	tcb->retries = 0;
	tcb->rtx_since = t->env->now;
	tcb->flags |= TF_SYN_ACKED;
	deadline_clear(t, tcb, DL_RTX);
	if (unlikely(tcb->rtxq.head && tcb->flags & TF_PASSIVE))
		early_bytes(t, tcb, seg);
	else if (unlikely(tcb->fast_open & FO_CLIENT))
		fast_open_answered(t, tcb, seg);
	tcb->flags &= ~TF_RTT_TIMING;
	if (tcb->sndq.head || (tcb->flags & TF_FIN_QUEUED))
		tcp_mark_dirty(t, tcb);
}
