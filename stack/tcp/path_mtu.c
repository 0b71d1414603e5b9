/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The path MTU of a connection (RFC 1191): told by ICMP, believed as far as RFC 5927 7 advises; guessed where large
 * segments vanish in silence (RFC 2923 2.1); forgotten with time.
 */
#include "send_parts.h"

#define PROGRESS 4 /* segments acknowledged */
#define STEP_SEGMENT 1200
#define SMALL_SEGMENT 536

static uint64_t
expiry(const struct tcp *t, const struct tcb *tcb)
{
	return pmtu_expiry(t, tcb->p);
}

/* -- of one connection -------------------------------------------------------------------- */

static uint16_t
estimate(const struct tcp *t, const struct tcb *tcb)
{
	return tcb->pmtu ? RTE_MIN(tcb->pmtu, t->env->mtu) : t->env->mtu;
}

/* Until then it is believed; only of a connection that has an owner, see life_watch(). */
static void
age_at(struct tcp *t, struct tcb *tcb, uint64_t at)
{
	if (!(tcb->flags & TF_DETACHED) && at != WHEEL_NEVER)
		deadline_set(t, tcb, DL_LIFE, at);
}

void
pmtu_recall(struct tcp *t, struct tcb *tcb)
{
	const struct pmtu_known *k = pmtu_known(t, tcb->host, &tcb->key.remote);

	if (!tcb->pmtu)
		tcb->pmtu = tcb->p->tcp.pmtu_initial;
	if (k && k->mtu < estimate(t, tcb)) {
		tcb->pmtu = k->mtu;
		age_at(t, tcb, k->until);
	}
	if (tcb->p->tcp.mtu_probe)
		mtu_search(tcb);
}

/* What was in flight and is now too large was dropped on the way; no congestion (RFC 1191 6.5). */
void
pmtu_lower(struct tcp *t, struct tcb *tcb, uint16_t mtu)
{
	mtu_wait_over(tcb);
	tcb->pmtu = mtu;
	mss_update(t, tcb);
	t->env->counters.tcp_path_mtu_lowered++;
	if (tcb->state == MIEN_TCP_SYN_SENT) {
		if (tcb->rtxq.head && tcb->flags & TF_RTT_TIMING)
			tcp_send_syn(t, tcb); /* without the bytes that made it too large */
		return;
	}
	for (struct rte_mbuf *m = tcb->rtxq.head; m; m = rtxq_next(m)) {
		const struct pkt_meta *meta = pkt_meta(m);

		if (pkt_len(meta) > tcb->mss && !(meta->flags & PKT_SACKED))
			loss_mark(tcb, m);
	}
	if (tcb->sack.lost_bytes)
		tcb->flags |= TF_RTX_NOW;
	tcp_mark_dirty(t, tcb);
}

static void
lower_by_icmp(struct tcp *t, struct tcb *tcb, uint16_t mtu)
{
	pmtu_lower(t, tcb, mtu);
	tcb->mtu_high = mtu;
	pmtu_remember(t, tcb, mtu);
	age_at(t, tcb, expiry(t, tcb));
}

/* The packet that begins at or holds seq was sent again: it is lost, and not only said to be. */
static bool
was_sent_again(const struct tcb *tcb, uint32_t seq)
{
	for (struct rte_mbuf *m = tcb->rtxq.head; m; m = rtxq_next(m))
		if (seq_gt(pkt_meta(m)->end, seq))
			return pkt_meta(m)->flags & PKT_RTX;
	return false;
}

/* Segments of the size in use got through, so that the message may be a lie (RFC 5927 7.2). */
static bool
is_doubtful(const struct tcb *tcb, uint32_t seq)
{
	bool progress = tcb->snd_wraps || tcb->snd_una - tcb->iss > PROGRESS * (uint32_t)tcb->mss;

	return progress && !was_sent_again(tcb, seq);
}

enum mien_drop
pmtu_told(struct tcp *t, struct tcb *tcb, uint32_t seq, uint16_t told)
{
	uint16_t now = tcb->state == MIEN_TCP_SYN_SENT ? estimate(t, tcb) : mtu_in_use(tcb);
	uint16_t mtu = pmtu_meant(tcb->p, told, now);

	if (mtu >= now)
		return mtu_probe_told(tcb, seq, mtu) ? MIEN_DROP_NONE : MIEN_DROP_ICMP_STALE;
	if (is_doubtful(tcb, seq))
		mtu_wait(tcb, mtu, seq + 1); /* until the segment is acknowledged, or times out */
	else
		lower_by_icmp(t, tcb, mtu);
	return MIEN_DROP_NONE;
}

bool
pmtu_timeout(struct tcp *t, struct tcb *tcb)
{
	uint16_t mtu = tcb->mtu_wait;

	if (mtu_probe_is_out(tcb)) {
		mtu_probe_failed(t, tcb);
		return false;
	}
	if (mtu == 0)
		return false;
	lower_by_icmp(t, tcb, mtu);
	return tcb->rtxq.head && (pkt_meta(tcb->rtxq.head)->flags & PKT_LOST);
}

static uint16_t
smaller(const struct mien_tcp_rule *r, uint16_t now, uint16_t headers)
{
	switch ((enum mien_black_hole)r->black_hole) {
	case MIEN_BLACK_HOLE_SEARCH:
		return now > r->pmtu_base ? r->pmtu_base : RTE_MAX((uint16_t)(now / 2), r->pmtu_floor);
	case MIEN_BLACK_HOLE_STEPS:
		return (uint16_t)(headers + (now > headers + STEP_SEGMENT ? STEP_SEGMENT : SMALL_SEGMENT));
	default:
		return (uint16_t)(headers + SMALL_SEGMENT);
	}
}

/* Timeouts of a large segment that others may have caused: smaller ones may get through. */
static void
black_hole(struct tcp *t, struct tcb *tcb)
{
	const struct mien_tcp_rule *r = &tcb->p->tcp;
	uint16_t now = mtu_in_use(tcb), mtu = smaller(r, now, mtu_headers(tcb));

	if (tcb->retries < r->black_hole_after || mtu >= now)
		return;
	if (pkt_len(pkt_meta(tcb->rtxq.head)) <= (uint32_t)mtu - mtu_overhead(tcb))
		return; /* its size is not what stops it */
	pmtu_lower(t, tcb, mtu);
	if (r->black_hole == MIEN_BLACK_HOLE_SEARCH)
		mtu_search(tcb);
}

void
pmtu_after_timeout(struct tcp *t, struct tcb *tcb)
{
	const struct pmtu_known *k = pmtu_known(t, tcb->host, &tcb->key.remote);

	if (!tcb->rtxq.head)
		return;
	if (k && k->mtu < mtu_in_use(tcb)) {
		pmtu_lower(t, tcb, k->mtu);
		age_at(t, tcb, k->until);
	} else if (tcb->p->tcp.black_hole) {
		black_hole(t, tcb);
	}
	tcb->cc.cwnd = RTE_MIN(tcb->cc.cwnd, (uint32_t)tcb->mss); /* still one segment */
}

/* Ten minutes after (RFC 1191 6.3), or some time after a probe was lost: up again. */
void
pmtu_age(struct tcp *t, struct tcb *tcb)
{
	bool searching = tcb->mtu_high && tcb->mtu_high >= mtu_in_use(tcb) + MTU_SEARCH_END;

	if (!tcb_sends_data(tcb) || mtu_probe_is_out(tcb)) {
		age_at(t, tcb, expiry(t, tcb));
		return;
	}
	if (!searching)
		tcb->mtu_high = 0;
	if (tcb->p->tcp.mtu_probe || tcb->p->tcp.black_hole == MIEN_BLACK_HOLE_SEARCH) {
		mtu_search(tcb);
		tcp_mark_dirty(t, tcb);
		return;
	}
	tcb->pmtu = 0;
	mss_update(t, tcb);
}
