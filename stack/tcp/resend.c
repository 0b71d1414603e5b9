/* SPDX-License-Identifier: BSD-3-Clause */
/* What is sent again: packets that are lost, as cwnd and the peer's window allow, and a lost FIN behind them. */
#include "send_parts.h"

static struct rte_mbuf *
next_lost(struct tcb *tcb)
{
	struct rte_mbuf *m = tcb->board.hint ? tcb->board.hint : tcb->rtxq.head;

	while (m && !(pkt_meta(m)->flags & PKT_LOST))
		m = rtxq_next(pkt_meta(m)->flags & PKT_SACKED ? run_last(m) : m);
	tcb->board.hint = m;
	return m;
}

/*
 * May the lost packet go now? Nothing but the front is sent again beyond a shrunk window (RFC 9293
 * 3.8.6).
 */
static bool
resend_allowed(const struct tcb *tcb, const struct rte_mbuf *m, const struct pkt_meta *meta)
{
	if (m != tcb->rtxq.head && meta->end - tcb->snd_una > tcb->snd_wnd)
		return false;
	return (tcb->flags & TF_RTX_NOW) || cwnd_allows(tcb, 0, pkt_len(meta));
}

static void
count_resent(struct tcp *t, struct tcb *tcb, struct rte_mbuf *m)
{
	struct pkt_meta *meta = pkt_meta(m);
	uint32_t len = pkt_len(meta);

	t->env->counters.tcp_retransmits++;
	tcb->bytes_retransmitted += len;
	meta->flags |= PKT_RTX;
	if ((meta->rtx & RTX_TIMES) < RTX_TIMES)
		meta->rtx++;
	undo_sent(t, tcb);
	if (tcb_rack(tcb))
		again_add(tcb, m);
}

/*
 * RFC 6675 6: in a recovery the timeout counts from the retransmission of the front, whose ACK comes no sooner than a
 * round trip later. RACK's timer looks for itself when the front was sent.
 */
static void
timer_of_resent(struct tcp *t, struct tcb *tcb, const struct rte_mbuf *m)
{
	if (m == tcb->rtxq.head && (tcb->flags & TF_RECOVERY) && tcb->sack.timer != RTX_REORDER)
		rtx_timer_start(t, tcb);
}

bool
output_again(struct tcp *t, struct tcb *tcb, struct rte_mbuf *m)
{
	pkt_meta(m)->flags &= (uint8_t)~PKT_BURST;
	if (!output_packet(t, tcb, m, NULL)) {
		output_starved(t, tcb);
		return false;
	}
	count_resent(t, tcb, m);
	return true;
}

/*
 * Linux sends again as one packet what lies together within one, and pushes its end where it has several segments. end:
 * of the one sent before. Is m, to be sent again, such an end?
 */
static bool
ends_again(const struct tcb *tcb, struct rte_mbuf *m, uint32_t end, uint32_t room)
{
	const struct pkt_meta *meta = pkt_meta(m);
	struct rte_mbuf *next = rtxq_next(m);

	if (meta->seq != end || meta->flags & PKT_BURST || !tcb->p->tcp.push_bursts)
		return meta->seq == end && meta->flags & PKT_BURST;
	return !next || (pkt_meta(next)->flags & (PKT_LOST | PKT_NEW)) != PKT_LOST || room < 2 ||
	       !cwnd_allows(tcb, pkt_len(meta), pkt_len(pkt_meta(next)));
}

enum sent
output_lost(struct tcp *t, struct tcb *tcb, uint32_t *room)
{
	struct rte_mbuf *m;
	uint32_t end = tcb->snd_una - 1;

	if (tcb->sack.marks & MK_FRTO_NEW)
		return SENT_ALL;
	while (tcb->sack.lost_bytes && (m = next_lost(tcb)) != NULL) {
		struct pkt_meta *meta = pkt_meta(m);
		bool again = !(meta->flags & PKT_NEW), ended = meta->flags & PKT_BURST;

		if (!resend_allowed(tcb, m, meta))
			return SENT_ENOUGH;
		if (*room == 0)
			return SENT_FULL;
		if (pkt_len(meta) > tcb->mss && !rtxq_split(t, tcb, m, tcb->mss)) {
			output_starved(t, tcb);
			return SENT_STARVED;
		}
		if (again)
			meta->flags = (uint8_t)((meta->flags & ~PKT_BURST) | (ends_again(tcb, m, end, *room) ? PKT_BURST : 0));
		if (!output_packet(t, tcb, m, NULL)) {
			output_starved(t, tcb);
			return SENT_STARVED;
		}
		(*room)--;
		end = ended ? tcb->snd_una - 1 : meta->end; /* another packet of Linux's begins behind it */
		meta->flags &= (uint8_t)~PKT_LOST;
		lost_less(tcb, pkt_len(meta));
		tcb->flags &= ~TF_RTX_NOW;
		if (again) {
			count_resent(t, tcb, m);
			timer_of_resent(t, tcb, m);
		}
	}
	if (tcb->flags & TF_FIN_LOST)
		return output_fin(t, tcb, room);
	return SENT_ALL;
}
