/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * RECEIVE (RFC 9293 3.10.3) without copies: the application looks at pieces where they lie and gives them back,
 * which opens the window. A connection that ended in order is read to its last byte before CLOSED is told.
 */
#include "payload.h"
#include "tcp_rx.h"

#define FREE_BATCH 32

/* NULL with an error in *rc: stale, or closed by the application itself. */
static struct tcb *
readable(const struct tcp *t, uint64_t conn, int *rc)
{
	struct tcb *tcb = tcb_find_any(t, conn);

	if (tcb && !(tcb->flags & TF_CLOSED_RCV))
		return tcb;
	*rc = tcb ? MIEN_ESTATE : MIEN_ESTALE;
	return NULL;
}

int
tcp_user_peek(struct tcp *t, uint64_t conn, struct mien_piece *pieces, unsigned n)
{
	int rc = MIEN_OK;
	struct tcb *tcb = readable(t, conn, &rc);
	unsigned count = 0;

	if (!tcb)
		return rc;
	for (struct rte_mbuf *m = tcb->rcvq.head; m; m = pkt_meta(m)->next) {
		const struct pkt_meta *meta = pkt_meta(m);

		for (struct rte_mbuf *seg = m; seg; seg = seg->next) {
			if (count == n)
				return (int)count;
			if (seg->data_len)
				pieces[count++] = (struct mien_piece){seg, rte_pktmbuf_mtod(seg, const uint8_t *), seg->data_len,
					!seg->next && meta->flags & PKT_PUSH, meta->tos};
		}
	}
	return (int)count;
}

/* Bytes left the receive queue. */
static void
after_read(struct tcp *t, struct tcb *tcb, uint32_t n)
{
	uint32_t read;

	if (tcb->flags & TF_ZOMBIE) {
		if (!tcb->rcvq.head)
			tcb_drained(t, tcb);
		return;
	}
	read = tcb->rcv_nxt - tcb->rcvq.bytes - !!(tcb->flags & TF_FIN_RCVD);
	if (tcb->flags & TF_URG_RCV && seq_geq(read, tcb->rcv_up))
		tcb->flags &= ~TF_URG_RCV;
	rcv_tune(t, tcb, n);
	if (ack_was_read_for(tcb)) /* by itself: what the application says next is another segment */
		tcp_send_ack(t, tcb);
	else if (state_receives((enum mien_tcp_state)tcb->state) && rcv_window_update_due(tcb))
		tcp_mark_dirty(t, tcb);
}

/* Cuts n bytes, fewer than it has, off the first packet. */
static void
cut_head(struct tcp *t, struct pkt_queue *q, uint32_t n)
{
	struct rte_mbuf *m = q->head, *rest;
	struct pkt_meta meta = *pkt_meta(m);
	uint16_t segs = m->nb_segs;

	rest = payload_cut_front(m, n);
	meta.seq += n;
	*pkt_meta(rest) = meta;
	q->head = rest;
	if (q->tail == m)
		q->tail = rest;
	q->bytes -= n;
	q->count -= (uint32_t)(segs - rest->nb_segs);
	t->env->mbufs_held -= (uint64_t)(segs - rest->nb_segs);
}

static void
consume(struct tcp *t, struct tcb *tcb, uint32_t n)
{
	struct rte_mbuf *dead[FREE_BATCH];
	unsigned count = 0;
	uint32_t left = n;

	while (left > 0) {
		uint32_t len = rte_pktmbuf_pkt_len(tcb->rcvq.head);

		if (left < len) {
			cut_head(t, &tcb->rcvq, left);
			break;
		}
		left -= len;
		dead[count++] = pkt_queue_pop(t->env, &tcb->rcvq);
		if (count == FREE_BATCH) {
			rte_pktmbuf_free_bulk(dead, count);
			count = 0;
		}
	}
	if (count)
		rte_pktmbuf_free_bulk(dead, count);
	after_read(t, tcb, n);
}

int
tcp_user_consume(struct tcp *t, uint64_t conn, uint32_t bytes)
{
	int rc = MIEN_OK;
	struct tcb *tcb = readable(t, conn, &rc);

	if (!tcb)
		return rc;
	if (bytes > tcb->rcvq.bytes)
		return MIEN_EINVAL;
	if (bytes)
		consume(t, tcb, bytes);
	return MIEN_OK;
}

/* Nothing to read: for now, or for ever. */
static int
nothing(const struct tcb *tcb)
{
	return tcb->flags & TF_FIN_RCVD ? MIEN_OK : MIEN_EAGAIN;
}

int
tcp_user_recv_mbuf(struct tcp *t, uint64_t conn, struct rte_mbuf **m)
{
	int rc = MIEN_OK;
	struct tcb *tcb = readable(t, conn, &rc);

	if (!tcb)
		return rc;
	if (!tcb->rcvq.head)
		return MIEN_EAGAIN;
	*m = pkt_queue_pop(t->env, &tcb->rcvq);
	after_read(t, tcb, rte_pktmbuf_pkt_len(*m));
	return MIEN_OK;
}

static size_t
copy_out(const struct tcb *tcb, uint8_t *to, size_t len)
{
	size_t done = 0;

	for (struct rte_mbuf *m = tcb->rcvq.head; m && done < len; m = pkt_meta(m)->next) {
		for (const struct rte_mbuf *seg = m; seg && done < len; seg = seg->next) {
			size_t n = seg->data_len < len - done ? seg->data_len : len - done;

			memcpy(to + done, rte_pktmbuf_mtod(seg, const uint8_t *), n);
			done += n;
		}
	}
	return done;
}

int64_t
tcp_user_recv(struct tcp *t, uint64_t conn, void *data, size_t len)
{
	int rc = MIEN_OK;
	struct tcb *tcb = readable(t, conn, &rc);
	size_t n;

	if (!tcb)
		return rc;
	if (!tcb->rcvq.head)
		return nothing(tcb);
	n = copy_out(tcb, data, len);
	t->env->counters.tcp_payload_copied_user += n;
	if (n)
		consume(t, tcb, (uint32_t)n);
	return (int64_t)n;
}
