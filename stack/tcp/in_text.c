/* SPDX-License-Identifier: BSD-3-Clause */
/* Seventh step of 3.10.7.4: the bytes. Cut to the window, put in order, acknowledged (RFC 5681 4.2). */
#include "payload.h"
#include "send_parts.h"
#include "tcp_rx.h"

#define COPY_BEHIND 4  /* packets waiting before bytes are copied together */

/* Small segments behind others share the last one's mbuf: a window of one-byte segments must not hold it in mbufs. */
static bool
coalesce(struct tcp *t, struct tcb *tcb, struct rte_mbuf *m, struct arrival came)
{
	struct rte_mbuf *tail = tcb->rcvq.tail;
	uint32_t len = came.end - came.seq;
	struct pkt_meta *meta;
	uint8_t *to;

	if (len > MIEN_COPY_BREAK || tcb->rcvq.count < COPY_BEHIND || tail->nb_segs != 1 || m->nb_segs != 1)
		return false;
	if (rte_mbuf_refcnt_read(tail) != 1 || !RTE_MBUF_DIRECT(tail) || rte_pktmbuf_tailroom(tail) < len)
		return false;
	to = rte_pktmbuf_mtod_offset(tail, uint8_t *, tail->data_len);
	memcpy(to, rte_pktmbuf_mtod(m, const uint8_t *), len);
	tail->data_len = (uint16_t)(tail->data_len + len);
	tail->pkt_len += len;
	meta = pkt_meta(tail);
	meta->end += len;
	meta->flags = came.flags;
	meta->tos = came.tos;
	tcb->rcvq.bytes += len;
	env_copied(t->env, len);
	return true;
}

void
rcvq_append(struct tcp *t, struct tcb *tcb, struct rte_mbuf *m, struct arrival came)
{
	struct pkt_meta *meta;

	t->env->counters.tcp_payload_received += came.end - came.seq;
	if (coalesce(t, tcb, m, came)) {
		rte_pktmbuf_free(m);
		return;
	}
	if (unlikely(m->nb_segs > 1))
		m = payload_cut_front(m, 0); /* a header's own mbuf */
	meta = pkt_meta(m);
	meta->seq = came.seq;
	meta->end = came.end;
	meta->flags = came.flags;
	meta->tos = came.tos;
	pkt_queue_push(t->env, &tcb->rcvq, m);
}

/* -- when an ACK leaves -------------------------------------------------------------------------------------------- */

#define MORE_MAX 1023 /* ms: what ack_more holds */

void
ack_quickly(struct tcb *tcb, uint8_t acks)
{
	if (!tcb->p->tcp.interactive)
		return;
	if (acks > tcb->quickack)
		tcb->quickack = acks & 31;
	tcb->answers = 0;
	tcb->ack_more = 0;
}

static void
set_patience(struct tcb *tcb, uint64_t ms)
{
	const struct mien_tcp_rule *r = &tcb->p->tcp;
	uint64_t more;

	ms = RTE_MIN(ms, rtt_rto(&tcb->rtt, r) / NS_PER_MS);
	more = ms > r->delack_ms ? ms - r->delack_ms : 0;
	tcb->ack_more = RTE_MIN(more, (uint64_t)MORE_MAX) & MORE_MAX;
}

void
ack_after_gap(struct tcb *tcb, uint64_t gap)
{
	const struct mien_tcp_rule *r = &tcb->p->tcp;
	uint64_t ms = gap / NS_PER_MS, patience = ack_patience(tcb);

	if (r->delack_most_ms && ms <= r->delack_ms / 2)
		set_patience(tcb, patience / 2 + r->delack_ms / 2);
	else if (r->delack_most_ms && ms < patience)
		set_patience(tcb, patience / 2 + ms);
	else if (r->interactive && gap > rtt_rto(&tcb->rtt, r))
		tcb->quickack = r->quickack & 31;
}

void
ack_missed(struct tcb *tcb)
{
	const struct mien_tcp_rule *r = &tcb->p->tcp;

	if (tcb->answers < r->interactive && r->delack_most_ms) {
		set_patience(tcb, 2 * ack_patience(tcb));
		return;
	}
	tcb->answers = 0;
	tcb->ack_more = 0;
}

/* ns: no longer than a round trip takes, lest the peer wait for it. */
static uint64_t
ack_wait(const struct tcb *tcb)
{
	const struct mien_tcp_rule *r = &tcb->p->tcp;
	uint64_t wait = r->delack_ms * NS_PER_MS, most;

	if (__builtin_expect(tcb->ack_more == 0, 1))
		return wait;
	most = RTE_MIN(ack_patience(tcb), (uint64_t)r->delack_most_ms) * NS_PER_MS;
	if (tcb->rtt.srtt_us)
		most = RTE_MIN(most, tcb->rtt.srtt_us * NS_PER_US);
	return RTE_MAX(wait, most);
}

/* Is this ACK a quick one? Those of an interactive connection ride on its answers. */
static inline bool
is_quick(struct tcb *tcb)
{
	bool quick = tcb->quickack;

	if (quick)
		tcb->quickack--;
	if (tcb->p->tcp.interactive == 0)
		return quick;
	tcb->fresh = tcb->answers < tcb->p->tcp.interactive;
	return quick && tcb->fresh;
}

/* May the ACK of what came wait? In front of a FIN that came first it may not. */
static inline bool
may_wait(struct tcb *tcb)
{
	const struct mien_tcp_rule *r = &tcb->p->tcp;
	uint32_t waiting = tcb->rcv_nxt - tcb->last_ack_sent, full = tcb->mss_rcv;
	bool second = r->delack_second && tcb->flags & (TF_ACK_DELAYED | TF_DSACK);

	if (r->delack_part)
		waiting += full - 1;
	return !is_quick(tcb) && !second && !(tcb->flags & TF_FIN_OOO) && r->delack_ms && waiting < r->delack_segments * full;
}

/*
 * RFC 5681 4.2, RFC 9293 MUST-59, SHLD-19: at once at the start, then every second full segment or by the clock; some
 * systems take a second one of any size, and one that in part came before.
 */
static inline void
ack_or_wait(struct tcp *t, struct tcb *tcb, uint64_t wait, bool small)
{
	const struct mien_tcp_rule *r = &tcb->p->tcp;
	uint64_t due = t->env->now + wait;

	if (!may_wait(tcb)) {
		tcp_ack_soon(t, tcb);
		return;
	}
	if (tcb->flags & TF_ACK_DELAYED) {
		if (r->delack_most_ms && tcb->deadline[DL_ACK] <= t->env->now + wait / 4) {
			tcp_ack_soon(t, tcb);
			return;
		}
		if (small)
			tcb->to_read = tcb->to_read ? 2 : 1;
		if (due >= tcb->deadline[DL_ACK])
			return;
	} else {
		tcb->flags |= TF_ACK_DELAYED;
		tcb->to_read = small;
	}
	deadline_set_on_tick(t, tcb, DL_ACK, due, r->delack_tick_ms ? r->delack_tick_ms : r->tick_ms);
}

static void
ack_data(struct tcp *t, struct tcb *tcb, const struct tcp_segment *seg)
{
	bool small = seg->len < tcb->mss_rcv || seg->flags & TH_PSH;

	if (seg->len > tcb->mss_rcv)
		tcb->mss_rcv = (uint16_t)seg->len;
	ack_or_wait(t, tcb, ack_wait(tcb), small);
}

#define FIN_ALONE NS_PER_MS /* Linux's clock of delays begins with data: the next tick */

/* Linux: the application will close soon, its FIN is the answer. */
static void
expect_close(struct tcb *tcb)
{
	if (tcb->state == MIEN_TCP_ESTABLISHED)
		tcb->answers = tcb->p->tcp.interactive & 3;
}

void
ack_fin(struct tcp *t, struct tcb *tcb)
{
	const struct mien_tcp_rule *r = &tcb->p->tcp;
	bool data_came = tcb->quickack != (r->quickack & 31); /* those in a SYN are none */

	if (tcb->state != MIEN_TCP_ESTABLISHED || !r->interactive) {
		tcp_ack_soon(t, tcb);
		return;
	}
	expect_close(tcb);
	ack_or_wait(t, tcb, data_came ? ack_wait(tcb) : FIN_ALONE, false);
}

/* Linux: nobody has bytes on the way that the ACK of what was read could wait for. */
bool
ack_was_read_for(const struct tcb *tcb)
{
	const struct mien_tcp_rule *r = &tcb->p->tcp;

	return tcb->flags & TF_ACK_DELAYED && r->delack_read && !tcb->rcvq.head &&
	       tcb->to_read > (r->interactive && tcb->answers >= r->interactive);
}

void
in_text_next(struct tcp *t, struct tcb *tcb, struct tcp_segment *seg)
{
	rcvq_append(t, tcb, seg->m, arrival_of(seg));
	seg->m = NULL;
	rcv_nxt_add(tcb, seg->len);
	tcb_event(t, tcb, MIEN_EV_READABLE);
	ack_data(t, tcb, seg);
}

/* Cuts off what was received before and what lies beyond the window; a FIN behind cut bytes comes again. */
static void
trim(struct tcb *tcb, struct tcp_segment *seg)
{
	uint32_t room;

	if (seq_lt(seg->seq, tcb->rcv_nxt)) {
		uint32_t old = tcb->rcv_nxt - seg->seq;

		old = old < seg->len ? old : seg->len;
		reass_duplicate(tcb, seg->seq, seg->seq + old);
		seg->m = payload_cut_front(seg->m, old);
		seg->seq += old;
		seg->len -= old;
	}
	room = tcb->rcv_adv - seg->seq;
	if (seg->len > room) {
		payload_truncate(seg->m, room);
		seg->len = room;
		seg->flags &= (uint8_t)~(TH_FIN | TH_PSH);
	}
}

/* Bytes that leave a gap or fill one: an ACK at once tells the peer which (RFC 5681 3.2, 4.2). */
static void
out_of_order(struct tcp *t, struct tcb *tcb, struct tcp_segment *seg, enum mien_drop *why)
{
	bool gap = seg->seq != tcb->rcv_nxt;

	if (seg->flags & TH_FIN) {
		tcb->flags |= TF_FIN_OOO;
		tcb->reass_fin = seg->seq + seg->len;
	}
	if (gap)
		t->env->counters.tcp_out_of_order++;
	if (seg->len) {
		if (!reass_insert(t, tcb, payload_cut_front(seg->m, 0), arrival_of(seg)))
			*why = MIEN_DROP_TCP_REASS_LIMIT;
		seg->m = NULL;
	}
	if (gap) {
		tcp_send_ack(t, tcb);
		return;
	}
	reass_pull(t, tcb);
	tcb_event(t, tcb, MIEN_EV_READABLE);
	tcp_ack_soon(t, tcb);
}

/* The application has closed and will not read: SHLD-3, RFC 2525 2.17. As if there were no connection any more. */
static enum step
nobody_reads(struct tcp *t, struct tcb *tcb, const struct tcp_segment *seg, enum mien_drop *why)
{
	struct tcp_host *host = tcb->host;
	const struct mien_personality *p = tcb->p;

	tcb_end(t, tcb, MIEN_EABORTED);
	*why = answer_reset(t, host, p, seg, MIEN_TCP_CLOSED, MIEN_DROP_TCP_CLOSED_RCV);
	return STEP_DONE;
}

enum step
in_text(struct tcp *t, struct tcb *tcb, struct tcp_segment *seg, enum mien_drop *why)
{
	uint32_t end = seg->seq + seg->len;

	if (!state_receives((enum mien_tcp_state)tcb->state)) {
		*why = MIEN_DROP_TCP_AFTER_FIN;
		return STEP_DROP;
	}
	if (tcb->flags & TF_CLOSED_RCV && seq_gt(end, tcb->rcv_nxt))
		return nobody_reads(t, tcb, seg, why);
	trim(tcb, seg);
	/* As if it had been lost; the ACK says that somebody is here. What fills a gap makes room. */
	if (seg->len && rcv_crowded(t) && (seg->seq != tcb->rcv_nxt || !(tcb->flags & TF_GAP))) {
		*why = MIEN_DROP_TCP_MEMORY;
		tcp_ack_soon(t, tcb);
		return STEP_DROP;
	}
	if (seg->len == 0 && seg->seq == tcb->rcv_nxt) {
		if (end != seg->seq)
			tcp_ack_soon(t, tcb); /* all its bytes were cut off */
		return STEP_GO_ON;
	}
	if (seg->seq == tcb->rcv_nxt && !(tcb->flags & TF_GAP)) {
		if (seg->flags & TH_FIN)
			expect_close(tcb);
		in_text_next(t, tcb, seg);
	} else {
		out_of_order(t, tcb, seg, why);
	}
	return STEP_GO_ON;
}
