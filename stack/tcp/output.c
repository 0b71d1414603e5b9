/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What may be sent now (RFC 9293 3.8): what is lost first, then new data within the peer's window
 * and cwnd, then FIN, then an ACK if none went along. Runs once a burst for each connection on the
 * dirty list.
 */
#include "cc_cubic.h"
#include "ecn.h"
#include "send_parts.h"

#define SMALL_SEGMENT 536 /* RFC 9293 3.7.1 */
#define STARVED_NS 5000000u /* between attempts while there are no mbufs */

/* -- the dirty list ----------------------------------------------------------------------- */

/* Entries of connections that were taken off make room. */
static void
dirty_compact(struct tcp *t)
{
	uint32_t end = t->dirty_first;

	for (uint32_t i = t->dirty_first; i != t->dirty_end; i++) {
		uint32_t index = t->dirty[i & t->dirty_mask];

		if (index == POOL_NONE)
			continue;
		((struct tcb *)pool_at(&t->tcbs, index))->dirty_at = end;
		t->dirty[end++ & t->dirty_mask] = index;
	}
	t->dirty_end = end;
}

void
tcp_mark_dirty(struct tcp *t, struct tcb *tcb)
{
	if (tcb->flags & TF_DIRTY)
		return;
	if (unlikely(t->dirty_end - t->dirty_first > t->dirty_mask))
		dirty_compact(t);
	tcb->flags |= TF_DIRTY;
	tcb->dirty_at = t->dirty_end;
	t->dirty[t->dirty_end++ & t->dirty_mask] = tcb->index;
}

void
tcp_unmark_dirty(struct tcp *t, struct tcb *tcb)
{
	if (!(tcb->flags & TF_DIRTY))
		return;
	tcb->flags &= ~TF_DIRTY;
	t->dirty[tcb->dirty_at & t->dirty_mask] = POOL_NONE;
}

bool
tcp_output_pending(struct tcp *t)
{
	while (tcp_output_is_owed(t)) {
		uint32_t index = t->dirty[t->dirty_first++ & t->dirty_mask];
		struct tcb *tcb;

		if (index == POOL_NONE)
			continue;
		tcb = pool_at(&t->tcbs, index);
		tcb->flags &= ~TF_DIRTY;
		if (!tcp_output(t, tcb)) {
			tcp_mark_dirty(t, tcb);
			return false;
		}
	}
	t->dirty_first = t->dirty_end = 0; /* so that its first lines stay in the cache */
	return true;
}

/* No mbuf: nothing wakes us when there are some again, so time does. */
void
output_starved(struct tcp *t, struct tcb *tcb)
{
	tcb->flags |= TF_ACK_DELAYED;
	deadline_set(t, tcb, DL_ACK, t->env->now + STARVED_NS);
}

/* -- one packet --------------------------------------------------------------------------- */

void
output_acked(struct tcp *t, struct tcb *tcb)
{
	tcb->flags &= ~(TF_ACK_NOW | TF_ACK_DELAYED);
	tcb->last_ack_sent = tcb->rcv_nxt;
	deadline_clear(t, tcb, DL_ACK);
}

/* Option bytes of SACK blocks that are to be reported now. */
static inline unsigned int
report_blocks(struct tcb *tcb, struct tcp_sack_block *blocks)
{
	if (likely(!(tcb->neg & MIEN_NEG_SACK) ||
		    !(tcb->flags & (TF_GAP | TF_DSACK))))
		return 0;
	return reass_blocks(tcb, blocks, tcb->neg & MIEN_NEG_TS ? 3 : 4);
}

/*
 * Field by field: gcc makes `rep stos` of a memset of this size, which waits for every store before it, 100 ns where
 * one of those misses the cache.
 */
static inline void
seg_out_clear(struct seg_out *out)
{
	out->urp = 0;
	out->reserved = 0;
	out->raw_opts = NULL;
	out->raw_opt_len = 0;
	out->mss = 0;
	out->wscale = 0;
	out->tsval = out->tsecr = 0;
	out->sack = NULL;
	out->bytes = NULL;
	out->n_bytes = 0;
	out->ip.df = 0;
	out->ip.reply_ttl = out->ip.reply_tos = out->ip.reply_df = 0;
}

/* Behind a black hole the smallest segments may be cut on the way, by systems that do not search (RFC 2923 2.1). */
static void
allow_pieces(const struct tcb *tcb, struct seg_out *out)
{
	uint8_t kind = tcb->p->tcp.black_hole;

	if (tcb->pmtu && (kind == MIEN_BLACK_HOLE_SMALLEST || kind == MIEN_BLACK_HOLE_STEPS))
		out->ip.df = MIEN_DF_OFF + 1;
}

void
seg_out_init(struct tcp *t, struct tcb *tcb, struct seg_out *out, enum mien_class cls)
{
	bool ts = tcb->neg & MIEN_NEG_TS;

	seg_out_clear(out);
	out->key = &tcb->key;
	out->p = tcb->p;
	out->host = tcb->host;
	out->seq = tcb->snd_nxt;
	out->ack = tcb->rcv_nxt;
	out->wnd = rcv_window_field(tcb);
	out->flags = TH_ACK;
	out->opts = &tcb->p->segment[ts];
	out->ip.cls = (uint8_t)cls;
	out->ip.tos = tcb->dscp_tos;
	out->ip.ttl = tcb->ttl;
	out->ip.conn_id = &tcb->ip_id;
	out->ip.route = &tcb->route;
	if (ts) {
		out->tsval = ts_now(t, tcb);
		out->tsecr = tcb->ts_recent;
	}
	if (unlikely(tcb->mss <= SMALL_SEGMENT))
		allow_pieces(tcb, out);
	out->n_sack = (uint8_t)report_blocks(tcb, out->sack_room);
	if (unlikely(out->n_sack)) {
		out->sack = out->sack_room;
		out->opts = &tcb->p->sack[ts];
	}
	if (unlikely(tcb->neg & MIEN_NEG_ECN) && (tcb->ecn & TCB_ECN_ECHO))
		out->flags |= TH_ECE;
}

/*
 * Blocks that leave no room for the payload within one MSS are left out: the ACKs for gaps carry
 * them.
 */
static void
fit_blocks(const struct tcb *tcb, struct seg_out *out, uint32_t len)
{
	const struct mien_opt_template *plain = &tcb->p->segment[!!(tcb->neg & MIEN_NEG_TS)];

	while (out->n_sack &&
		len + out->opts->len + 8u * out->n_sack > (uint32_t)tcb->mss + plain->len)
		out->n_sack--;
	if (out->n_sack == 0)
		out->opts = plain;
}

/* RFC 9293 3.8.5 and RFC 6093: the pointer names the octet after the urgent data. */
static void
set_urgent(struct tcb *tcb, struct seg_out *out)
{
	uint32_t ahead = tcb->snd_up - out->seq;

	if (seq_leq(tcb->snd_up, tcb->snd_una)) {
		tcb->flags &= ~TF_URG_SND;
	} else if (seq_gt(tcb->snd_up, out->seq)) {
		out->flags |= TH_URG;
		out->urp = (uint16_t)RTE_MIN(ahead, (uint32_t)UINT16_MAX);
	}
}

bool
output_packet(struct tcp *t, struct tcb *tcb, struct rte_mbuf *m, struct rte_mbuf *frame)
{
	struct pkt_meta *meta = pkt_meta(m);
	struct seg_out out;

	seg_out_init(t, tcb, &out, MIEN_CLASS_TCP);
	out.seq = meta->seq;
	if (meta->flags & (PKT_PUSH | PKT_BURST))
		out.flags |= TH_PSH;
	if ((tcb->flags & TF_FIN_SENT) && meta->end + 1 == tcb->snd_nxt)
		out.flags |= TH_FIN;
	if (unlikely(tcb->flags & TF_URG_SND))
		set_urgent(tcb, &out);
	if (unlikely(out.n_sack))
		fit_blocks(tcb, &out, pkt_len(meta));
	if (unlikely(tcb->neg & MIEN_NEG_ECN) && (meta->flags & PKT_NEW))
		ecn_of_new_data(tcb, &out);
	if (frame)
		build_and_send_frame(t, &out, frame);
	else if (unlikely(!build_and_send_data(t, &out, m)))
		return false;
	if (out.flags & TH_FIN) {
		tcb->flags &= ~TF_FIN_LOST;
		meta->sent |= SENT_FIN;
	}
	if (unlikely(out.flags & TH_CWR))
		tcb->ecn &= (uint8_t)~TCB_ECN_CWR;
	meta->flags &= (uint8_t)~PKT_NEW;
	meta->sent_at = t->env->now;
	output_acked(t, tcb);
	return true;
}

/* -- new data ----------------------------------------------------------------------------- */

static void
new_in_flight(struct tcp *t, struct tcb *tcb, uint32_t len)
{
	if (unlikely(tcb->sack.timer == RTX_PROBE))
		deadline_clear(t, tcb, DL_RTX); /* RFC 8985 7.2: counts from what was sent last */
	if (tcb->snd_nxt == tcb->snd_una)
		tcb->rtx_since = t->env->now;
	snd_nxt_add(tcb, len);
}

enum sent
output_fin(struct tcp *t, struct tcb *tcb, uint32_t *room)
{
	struct seg_out out;

	if (*room == 0)
		return SENT_FULL;
	seg_out_init(t, tcb, &out, MIEN_CLASS_TCP);
	out.seq = tcb->flags & TF_FIN_SENT ? tcb->snd_nxt - 1 : tcb->snd_nxt;
	out.flags |= TH_FIN;
	if (!build_and_send(t, &out)) {
		output_starved(t, tcb);
		return SENT_STARVED;
	}
	(*room)--;
	if (tcb->flags & TF_FIN_SENT)
		t->env->counters.tcp_retransmits++;
	else
		new_in_flight(t, tcb, 1);
	tcb->flags |= TF_FIN_SENT;
	tcb->flags &= ~(TF_FIN_LOST | TF_RTX_NOW);
	output_acked(t, tcb);
	return SENT_ALL;
}

/* Before more is sent: where the last segment is small its end is kept. */
static void
small_keep(struct tcb *tcb)
{
	if (tcb->rtxq.tail && (pkt_meta(tcb->rtxq.tail)->sent & SENT_SMALL))
		tcb->small_end = tcb->snd_nxt;
}

/* Minshall's question: was any small segment sent that waits for its ACK? */
static bool
small_in_flight(const struct tcb *tcb)
{
	return (tcb->rtxq.tail && (pkt_meta(tcb->rtxq.tail)->sent & SENT_SMALL)) ||
	       (seq_gt(tcb->small_end, tcb->snd_una) && seq_leq(tcb->small_end, tcb->snd_nxt));
}

/*
 * A segment shorter than the MSS, behind `ahead` bytes of this burst: RFC 9293 3.7.4 (Nagle), 3.8.6.2.1
 * (SWS).
 */
static bool
small_allowed(const struct tcb *tcb, uint32_t ahead, uint32_t len)
{
	bool idle = (tcb->snd_una == tcb->snd_nxt && !ahead) || (tcb->flags & TF_NODELAY) ||
		    (tcb->p->tcp.nagle == MIEN_NAGLE_SMALL && !small_in_flight(tcb));

	if (len < tcb->sndq.bytes - ahead)
		return idle && len >= tcb->max_snd_wnd / 2;
	if (tcb->flags & TF_FIN_QUEUED)
		return true;
	return idle && !tcb_corked(tcb);
}

/* Bytes a segment of new data may carry when `ahead` bytes have gone in front of it; 0: none now. */
static uint32_t
sendable(const struct tcb *tcb, uint32_t ahead, uint32_t mss)
{
	uint32_t flight = tcb_outstanding(tcb) + ahead, len = RTE_MIN(tcb->sndq.bytes - ahead, mss);
	uint32_t wnd = tcb->snd_wnd > flight ? tcb->snd_wnd - flight : 0;

	len = RTE_MIN(len, wnd);
	if (len == 0 || (len < mss && !small_allowed(tcb, ahead, len)))
		return 0;
	return cwnd_allows(tcb, ahead, len) ? len : 0;
}

/* Linux's pingpong: what is sent first after data, and so soon that their ACK goes along, is an answer. */
static void
note_answer(const struct tcp *t, struct tcb *tcb)
{
	tcb->fresh = 0;
	if (t->env->now - tcb->last_rcvd_at < ack_patience(tcb) * NS_PER_MS)
		tcb->answers = (tcb->answers + 1u) & 3;
}

bool
output_new_packet(struct tcp *t, struct tcb *tcb, uint32_t len, bool ends)
{
	struct env *env = t->env;
	struct rte_mbuf *frame = NULL, *m = rtxq_take_small(t, tcb, len, &frame);
	struct pkt_meta *meta;

	if (!m)
		m = rtxq_take(t, tcb, len);
	if (unlikely(!m)) {
		output_starved(t, tcb);
		return false;
	}
	meta = pkt_meta(m);
	len = pkt_len(meta);
	new_in_flight(t, tcb, len);
	env->counters.tcp_payload_sent += len;
	if (tcb->fresh)
		note_answer(t, tcb);
	if (ends)
		meta->flags |= PKT_BURST;
	if (tcb->sndq.head == NULL) {
		if (likely(!(tcb->flags & TF_CORK) || tcb->more == MORE_NOT))
			meta->flags |= PKT_PUSH; /* MUST-61 */
		if (unlikely((tcb->flags & (TF_FIN_QUEUED | TF_FIN_SENT)) == TF_FIN_QUEUED) &&
			tcb->state != MIEN_TCP_SYN_RECEIVED) {
			tcb->flags |= TF_FIN_SENT;
			snd_nxt_add(tcb, 1);
		}
	}
	if (likely(output_packet(t, tcb, m, frame)))
		return true;
	loss_mark(tcb, m); /* never left: goes out before anything else */
	tcb->flags |= TF_RTX_NOW;
	if ((tcb->flags & TF_FIN_SENT) && meta->end + 1 == tcb->snd_nxt)
		tcb->flags |= TF_FIN_LOST;
	output_starved(t, tcb);
	return false;
}

/* Linux since 5.4 pushes the end of each such packet that has several segments. */
static bool
ends_burst(const struct tcb *tcb, uint32_t burst, uint32_t *n, uint32_t len, uint32_t mss)
{
	bool several;

	if (likely(burst == 0))
		return false;
	several = ++*n > 1;
	if (*n < burst && len != tcb->sndq.bytes && sendable(tcb, len, mss) != 0)
		return false;
	*n = 0;
	return several;
}

/* Nothing is in flight, and something leaves. */
static void
resume(struct tcp *t, struct tcb *tcb)
{
	const struct cc_ops *cc = cc_ops(tcb->cc_kind);

	if (cc->resume && tcb->cc.cwnd >= tcb->cc.ssthresh)
		cc->resume(tcb, t->env->now);
	if (t->env->now - tcb->rtx_since <= rtt_rto(&tcb->rtt, &tcb->p->tcp))
		return;
	if (tcb->p->tcp.idle_restart)
		cc->idle(tcb, t->env->now);
	rtt_min_forget(&tcb->rtt);
}

static enum sent
send_new(struct tcp *t, struct tcb *tcb, uint32_t *room)
{
	uint32_t mss = tcb->mss, burst, n = 0, len;
	bool ends;

	if (tcb->snd_una == tcb->snd_nxt)
		resume(t, tcb);
	if (unlikely(tcb->flags & TF_GAP) && (tcb->neg & MIEN_NEG_SACK) && mss > 256)
		mss -= tcb->neg & MIEN_NEG_TS ? 28 : 36; /* room for the blocks */
	if (unlikely(tcb->sack.marks & MK_MTU) && *room && mtu_probe_send(t, tcb))
		(*room)--;
	burst = burst_segments(tcb, mss);
	if (tcb->p->tcp.nagle == MIEN_NAGLE_SMALL)
		small_keep(tcb);
	while (tcb->sndq.head) {
		len = sendable(tcb, 0, mss);
		if (len == 0)
			return SENT_ENOUGH;
		if (*room == 0)
			return SENT_FULL;
		ends = ends_burst(tcb, burst, &n, len, mss);
		if (unlikely(burst && tcb->push_in))
			ends |= push_passed(tcb);
		if (!output_new_packet(t, tcb, len, ends))
			return SENT_STARVED;
		if (len < mss)
			pkt_meta(tcb->rtxq.tail)->sent |= SENT_SMALL;
		(*room)--;
	}
	return SENT_ALL;
}

/* -- all of it ---------------------------------------------------------------------------- */

static enum sent
send_packets(struct tcp *t, struct tcb *tcb, uint32_t *room)
{
	enum sent sent = SENT_ALL;
	uint32_t nxt = tcb->snd_nxt;

	if (unlikely(tcb->sack.lost_bytes || (tcb->flags & TF_FIN_LOST)))
		sent = output_lost(t, tcb, room);
	if (sent == SENT_ALL && tcb->sndq.head) {
		sent = send_new(t, tcb, room);
		if (tcb->cc_kind == MIEN_CC_CUBIC_LINUX)
			loss_note_sent(tcb, nxt);
	}
	if (sent == SENT_ALL && (tcb->flags & (TF_FIN_QUEUED | TF_FIN_SENT)) == TF_FIN_QUEUED &&
		tcb->state != MIEN_TCP_SYN_RECEIVED)
		sent = output_fin(t, tcb, room);
	return sent;
}

/* A burst of it, when its time has come. */
static __rte_noinline enum sent
send_paced(struct tcp *t, struct tcb *tcb, uint32_t *room)
{
	uint64_t again = tcb->bytes_retransmitted;
	uint32_t nxt = tcb->snd_nxt, burst = burst_segments(tcb, tcb->mss), left;
	bool late = !tcb->paced;
	enum sent sent;

	tcb->paced = 0;
	if (pace_holds(tcb))
		return SENT_ENOUGH;
	burst = RTE_MAX(RTE_MAX(burst, pace_free(tcb)), pace_burst(tcb));
	burst = left = RTE_MIN(*room, burst);
	sent = send_packets(t, tcb, &left);
	*room -= burst - left;
	pace_sent(t, tcb, tcb->snd_nxt - nxt + (uint32_t)(tcb->bytes_retransmitted - again), late);
	return sent == SENT_FULL && *room ? SENT_ENOUGH : sent;
}

static enum sent
send_stream(struct tcp *t, struct tcb *tcb, uint32_t *room)
{
	enum sent sent = unlikely(tcb->p->tcp.pacing) ? send_paced(t, tcb, room) : send_packets(t, tcb, room);

	rtx_timer_update(t, tcb);
	return sent;
}

bool
tcp_output(struct tcp *t, struct tcb *tcb)
{
	uint64_t before = t->env->counters.tcp_segments_sent;
	uint32_t room = t->env->tx_room(t->env->net);
	enum sent sent = SENT_ALL;

	if (tcb->state < MIEN_TCP_SYN_RECEIVED || (tcb->flags & TF_ZOMBIE))
		return true;
	if (tcb_sends_data(tcb))
		sent = send_stream(t, tcb, &room);
	if (t->env->counters.tcp_segments_sent != before && !(tcb->flags & TF_ACK_NOW))
		return sent != SENT_FULL; /* ACK and window went along */
	if (!(tcb->flags & TF_ACK_NOW) && (!tcb_sends_data(tcb) || !rcv_window_update_due(tcb)))
		return sent != SENT_FULL;
	if (room == 0)
		return false;
	tcp_send_ack(t, tcb);
	if (unlikely(sent == SENT_STARVED))
		output_starved(t, tcb); /* the ACK that got the last mbuf is not what was waited for */
	return sent != SENT_FULL;
}
