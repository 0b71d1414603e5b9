/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Tail loss probes (RFC 8985 7): when no ACK came for two round trips, one more segment asks for one, so that what was
 * lost at the end is found before the timeout.
 */
#include "send_parts.h"

#define MAX_ACK_DELAY_US 200000u /* of a single segment's ACK (7.2) */
#define PTO_NO_RTT_US 1000000u

static bool
is_wanted(const struct tcb *tcb)
{
	return tcb_scoreboard(tcb) && tcb->sack.sacked_bytes == 0 &&
	       !(tcb->flags & (TF_RECOVERY | TF_RTO_RECOVERY)) &&
	       !(tcb->sack.marks & (MK_TLP | MK_UNSAMPLED)) && !((tcb->sack.marks & MK_MTU) && tcb->mtu_wait);
}

static uint64_t
timeout(const struct tcb *tcb)
{
	uint64_t us = 2ull * tcb->rtt.srtt_us;

	if (us == 0)
		us = PTO_NO_RTT_US;
	else if (tcb_outstanding(tcb) <= tcb->mss)
		us += MAX_ACK_DELAY_US;
	return us * NS_PER_US;
}

uint64_t
tlp_sooner(struct tcb *tcb, uint64_t now, uint64_t rto_at)
{
	if (!is_wanted(tcb))
		return rto_at;
	tcb->sack.timer = RTX_PROBE;
	return RTE_MIN(rto_at, now + timeout(tcb));
}

/* Bytes of new data that a probe may carry. */
static uint32_t
fresh_bytes(const struct tcb *tcb)
{
	uint32_t flight = tcb_outstanding(tcb), len = RTE_MIN(tcb->sndq.bytes, (uint32_t)tcb->mss);

	return tcb->snd_wnd > flight ? RTE_MIN(len, tcb->snd_wnd - flight) : 0;
}

/* The last segment once more; false: it cannot be. */
static bool
repeat_last(struct tcp *t, struct tcb *tcb)
{
	struct rte_mbuf *m = tcb->rtxq.tail;

	if (!m || ((tcb->flags & TF_FIN_SENT) && !(pkt_meta(m)->sent & SENT_FIN))) { /* a bare FIN */
		tcb->flags |= TF_FIN_LOST | TF_RTX_NOW;
		return true;
	}
	if (pkt_meta(m)->flags & (PKT_LOST | PKT_SACKED | PKT_NEW))
		return false;
	return pkt_meta(m)->end - tcb->snd_una <= tcb->snd_wnd && output_again(t, tcb, m);
}

void
tlp_expired(struct tcp *t, struct tcb *tcb)
{
	uint32_t fresh = fresh_bytes(tcb);
	bool sent = fresh ? output_new_packet(t, tcb, fresh, false) : repeat_last(t, tcb);

	tcb->sack.marks |= MK_UNSAMPLED; /* sent or not, the timeout is next */
	if (sent) {
		t->env->counters.tcp_tail_probes++;
		tcb->sack.marks |= MK_TLP | (fresh ? 0 : MK_TLP_RTX);
		tcb->tlp_end = tcb->snd_nxt;
		rtx_timer_start(t, tcb); /* the probe's own ACK is waited for */
	} else {
		rtx_timer_resume(t, tcb);
	}
	tcp_mark_dirty(t, tcb);
}

void
tlp_over(struct tcb *tcb)
{
	tcb->sack.marks &= (uint8_t)~(MK_TLP | MK_TLP_RTX);
}

bool
tlp_duplicate(struct tcb *tcb, uint32_t right)
{
	if ((tcb->sack.marks & (MK_TLP | MK_TLP_RTX)) != (MK_TLP | MK_TLP_RTX))
		return false;
	if (right != tcb->tlp_end && !((tcb->flags & TF_FIN_SENT) && right + 1 == tcb->tlp_end))
		return false;
	tlp_over(tcb);
	return true;
}

/* 7.4.2: an ACK beyond the probe without a D-SACK before: the probe replaced what was lost. */
void
tlp_acked(struct tcp *t, struct tcb *tcb, uint32_t ack, bool plain_dup)
{
	if (seq_lt(ack, tcb->tlp_end))
		return;
	if ((tcb->sack.marks & MK_TLP_RTX) && ack == tcb->tlp_end && !plain_dup)
		return;
	if ((tcb->sack.marks & MK_TLP_RTX) && ack != tcb->tlp_end) {
		tcb->undo_state = UNDO_NOT;
		cc_ops(tcb->cc_kind)->loss(tcb, t->env->now, tcb->cc.cwnd);
	}
	tlp_over(tcb);
}
