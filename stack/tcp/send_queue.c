/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * SEND (RFC 9293 3.10.2): bytes that wait for their first transmission. Both calls take what fits
 * into sndbuf and leave the rest to the caller.
 */
#include "send_parts.h"

/* 0, or why this connection takes nothing more. */
static int
send_allowed(const struct tcb *tcb)
{
	switch (tcb->state) {
	case MIEN_TCP_SYN_SENT:
	case MIEN_TCP_SYN_RECEIVED:
	case MIEN_TCP_ESTABLISHED:
	case MIEN_TCP_CLOSE_WAIT:
		return tcb->flags & TF_FIN_QUEUED ? MIEN_ECLOSED : MIEN_OK;
	default:
		return MIEN_ECLOSED;
	}
}

/*
 * Room in sndbuf. Where send queues would take the mbufs that ACKs must arrive in, nobody could send again: then a
 * connection has room for two segments only, and goes on with the next ACK.
 */
static uint32_t
send_room(const struct tcp *t, const struct tcb *tcb)
{
	uint32_t room = sndbuf_room(tcb), mss = tcb->mss ? tcb->mss : TCP_MSS_MIN, few = 2 * mss;
	uint32_t queued = tcb->sndq.bytes + tcb->rtxq.bytes;
	uint64_t left;

	if (unlikely(t->env->hold_send == 0))
		return room;
	if (likely(t->env->mbufs_held < t->env->hold_send)) {
		left = (t->env->hold_send - t->env->mbufs_held) * mss;
		return left < room ? (uint32_t)RTE_MAX(left, (uint64_t)few) : room;
	}
	return queued >= few ? 0 : RTE_MIN(room, few - queued);
}

/* Puts m, len bytes long, behind what waits. Takes m. */
static void
sndq_push(struct tcp *t, struct tcb *tcb, struct rte_mbuf *m, uint32_t len, uint8_t flags)
{
	struct pkt_meta *meta = pkt_meta(m);

	meta->seq = tcb->sndq.tail ? pkt_meta(tcb->sndq.tail)->end : tcb->snd_nxt;
	meta->end = meta->seq + len;
	meta->flags = flags;
	meta->rtx = 0;
	meta->skip = 0;
	pkt_queue_push(t->env, &tcb->sndq, m);
}

/* Room behind the last own mbuf: it grows to one full segment, so that it need not be cut. */
static uint32_t
tail_room(const struct tcb *tcb)
{
	struct rte_mbuf *m = tcb->sndq.tail;
	uint32_t full = tcb->mss ? tcb->mss : TCP_MSS_MIN;

	if (!m || !(pkt_meta(m)->flags & PKT_OWN) || m->pkt_len >= full)
		return 0;
	return RTE_MIN(full - m->pkt_len, (uint32_t)rte_pktmbuf_tailroom(m));
}

static uint32_t
append(struct tcb *tcb, const uint8_t *data, uint32_t len)
{
	struct rte_mbuf *m = tcb->sndq.tail;
	uint32_t n = RTE_MIN(len, tail_room(tcb));

	if (n == 0)
		return 0;
	memcpy(rte_pktmbuf_append(m, (uint16_t)n), data, n);
	pkt_meta(m)->end += n;
	tcb->sndq.bytes += n;
	return n;
}

/* Copies len bytes behind what waits; gives how many it had mbufs for. */
static uint32_t
copy_in(struct tcp *t, struct tcb *tcb, const uint8_t *data, uint32_t len)
{
	uint32_t done = append(tcb, data, len);

	while (done < len) {
		struct rte_mbuf *m = rte_pktmbuf_alloc(t->env->pool);

		if (!m) {
			env_drop(t->env, MIEN_DROP_NO_MBUF);
			break;
		}
		sndq_push(t, tcb, m, 0, PKT_OWN);
		done += append(tcb, data + done, len - done);
	}
	if (done)
		pkt_meta(tcb->sndq.tail)->flags |= PKT_PUSH;
	return done;
}

int64_t
tcp_user_send(struct tcp *t, uint64_t conn, const void *data, size_t len)
{
	struct tcb *tcb = tcb_find(t, conn);
	uint32_t room, done;
	bool empty;
	int err;

	if (!tcb)
		return MIEN_ESTALE;
	err = send_allowed(tcb);
	if (err)
		return err;
	if (len == 0)
		return 0;
	room = send_room(t, tcb);
	if (len > room)
		tcb->flags |= TF_WANT_WRITABLE;
	if (room == 0)
		return MIEN_EAGAIN;
	tcp_output_owed(t, tcb);
	empty = !tcb->sndq.head;
	done = copy_in(t, tcb, data, (uint32_t)RTE_MIN(len, (size_t)room));
	if (done == 0)
		return MIEN_ENOMEM;
	if (empty && done > tcb->mss && tcb->p->tcp.push_bursts)
		push_plan(tcb);
	t->env->counters.tcp_payload_copied_user += done;
	tcp_mark_dirty(t, tcb);
	return done;
}

/* Gives the first len bytes of *m as a chain of ours, cut off from *m; NULL without mbufs. */
static struct rte_mbuf *
take_front(struct env *env, struct rte_mbuf **m, uint32_t len)
{
	struct rte_mbuf *taken = *m;

	if (len == taken->pkt_len) {
		if (likely(chain_is_own(taken))) {
			*m = NULL;
			return taken;
		}
		taken = view_range(env, *m, 0, len);
		if (taken) {
			rte_pktmbuf_free(*m);
			*m = NULL;
		}
		return taken;
	}
	taken = view_range(env, *m, 0, len);
	if (taken)
		*m = chain_cut(*m, len);
	return taken;
}

int64_t
tcp_user_send_mbuf(struct tcp *t, uint64_t conn, struct rte_mbuf **m, uint64_t token)
{
	struct tcb *tcb = tcb_find(t, conn);
	struct rte_mbuf *taken;
	uint32_t room, len;
	int err;

	if (!tcb)
		return MIEN_ESTALE;
	err = send_allowed(tcb);
	if (err)
		return err;
	if (!*m || (*m)->pkt_len == 0)
		return MIEN_EINVAL;
	len = (*m)->pkt_len;
	room = (*m)->pool == t->env->pool ? send_room(t, tcb) : sndbuf_room(tcb);
	if (unlikely(len > room)) {
		tcb->flags |= TF_WANT_WRITABLE;
		if (room == 0)
			return MIEN_EAGAIN;
		len = room;
	}
	taken = take_front(t->env, m, len);
	if (!taken)
		return MIEN_ENOMEM;
	tcp_output_owed(t, tcb);
	pkt_meta(taken)->token = token;
	sndq_push(t, tcb, taken, len, token ? PKT_PUSH | PKT_TOKEN : PKT_PUSH);
	tcp_mark_dirty(t, tcb);
	return len;
}

void
tcb_tell_writable(struct tcp *t, struct tcb *tcb)
{
	if (sndbuf_room(tcb) < tcb->sndbuf / 4)
		return; /* a quarter free is worth an event */
	tcb->flags &= ~TF_WANT_WRITABLE;
	tcb_event(t, tcb, MIEN_EV_WRITABLE);
}

int64_t
tcp_user_flush(struct tcp *t, uint64_t conn)
{
	struct tcb *tcb = tcb_find(t, conn);
	uint32_t dropped;

	if (!tcb)
		return MIEN_ESTALE;
	if (tcb->flags & TF_DETACHED)
		return MIEN_ECLOSED;
	dropped = tcb->sndq.bytes;
	if (dropped == 0)
		return 0;
	pkt_queue_free(t->env, &tcb->sndq);
	tcb->push_in = 0;
	if (seq_gt(tcb->snd_up, tcb->snd_nxt))
		tcb->snd_up = tcb->snd_nxt;
	if (tcb->flags & TF_WANT_WRITABLE)
		tcb_tell_writable(t, tcb);
	tcp_mark_dirty(t, tcb); /* FIN's turn, or nothing is left to probe for */
	return dropped;
}

uint32_t
tcp_user_writable(const struct tcp *t, uint64_t conn)
{
	const struct tcb *tcb = tcb_find(t, conn);

	return tcb && send_allowed(tcb) == MIEN_OK ? send_room(t, tcb) : 0;
}

void
tcp_queues_free(struct tcp *t, struct tcb *tcb)
{
	pkt_queue_free(t->env, &tcb->sndq);
	pkt_queue_free(t->env, &tcb->rtxq);
	pkt_queue_free(t->env, &tcb->rcvq);
	pkt_queue_free(t->env, &tcb->reass);
	tcb->board.edge = tcb->board.hint = tcb->counted.top = NULL;
}
