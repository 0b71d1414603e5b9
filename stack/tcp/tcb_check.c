/* SPDX-License-Identifier: BSD-3-Clause */
/* What must hold of every block after every call into the engine; for tests. */
#include "send_parts.h"
#include "tcp_rx.h"

/* Sums and order of a queue by its metadata. */
static bool
queue_ok(const struct pkt_queue *q)
{
	uint32_t bytes = 0, end = 0, count = 0;
	struct rte_mbuf *last = NULL;

	for (struct rte_mbuf *m = q->head; m; m = pkt_meta(m)->next) {
		const struct pkt_meta *meta = pkt_meta(m);

		if (last && seq_lt(meta->seq, end))
			return false;
		end = meta->end;
		bytes += meta->end - meta->seq;
		count++;
		last = m;
	}
	return last == q->tail && bytes == q->bytes && (count == 0) == (q->count == 0);
}

static const char *
check_receive(const struct tcb *tcb)
{
	uint32_t at = tcb->rcv_nxt;

	if (seq_gt(tcb->rcv_nxt, tcb->rcv_adv))
		return "rcv_nxt lies beyond the window announced";
	if (!queue_ok(&tcb->rcvq) || !queue_ok(&tcb->reass))
		return "the sums of a receive queue are wrong";
	for (struct rte_mbuf *m = tcb->reass.head; m; m = pkt_meta(m)->next) {
		if (seq_leq(pkt_meta(m)->seq, at) && pkt_meta(m)->seq == tcb->rcv_nxt)
			return "bytes next in order wait in reass";
		if (rte_pktmbuf_pkt_len(m) != pkt_meta(m)->end - pkt_meta(m)->seq)
			return "a piece is not as long as its numbers say";
	}
	return NULL;
}

const char *
tcb_check(const struct tcp *t, const struct tcb *tcb)
{
	if (tcb->flags & TF_ZOMBIE) {
		if (tcb->state != MIEN_TCP_CLOSED || tcb->sndq.head || tcb->rtxq.head || tcb->reass.head)
			return "a zombie holds more than unread bytes";
		return tcb->flags & TF_DIRTY ? "a zombie is dirty" : NULL;
	}
	if (seq_gt(tcb->snd_una, tcb->snd_nxt))
		return "snd_una lies beyond snd_nxt";
	if (tcb->flags & TF_FIN_SENT && !(tcb->flags & TF_FIN_QUEUED))
		return "a FIN was sent that nobody asked for";
	if (!queue_ok(&tcb->sndq) || !queue_ok(&tcb->rtxq))
		return "the sums of a send queue are wrong";
	if (!rtx_index_ok(tcb))
		return "the index of the retransmission queue is wrong";
	if (flow_find(t, &tcb->key, tcp_flow_hash(t, &tcb->key)) != tcb->index)
		return "the connection cannot be found by its key";
	return tcb->state >= MIEN_TCP_ESTABLISHED ? check_receive(tcb) : NULL;
}
