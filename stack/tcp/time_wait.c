/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * TIME-WAIT (RFC 9293 3.6.1) in small records: what is needed to acknowledge a late FIN and to tell a new
 * incarnation from an old segment (RFC 6191). Resets change nothing (RFC 1337). When room runs out the oldest goes.
 */
#include "tcp_rx.h"

static struct time_wait *
tw_at(const struct tcp *t, uint32_t number) /* index + 1 */
{
	return number ? pool_at(&t->tws, number - 1) : NULL;
}

static void
list_append(struct tcp *t, struct time_wait *tw)
{
	struct time_wait *last = tw_at(t, t->tw_newest);

	tw->older = t->tw_newest;
	tw->newer = 0;
	if (last)
		last->newer = tw->index + 1;
	else
		t->tw_oldest = tw->index + 1;
	t->tw_newest = tw->index + 1;
}

static void
list_remove(struct tcp *t, const struct time_wait *tw)
{
	struct time_wait *older = tw_at(t, tw->older), *newer = tw_at(t, tw->newer);

	if (older)
		older->newer = tw->newer;
	else
		t->tw_oldest = tw->newer;
	if (newer)
		newer->older = tw->older;
	else
		t->tw_newest = tw->older;
}

static void
restart(struct tcp *t, struct time_wait *tw)
{
	tw->deadline = t->env->now + tw->p->tcp.time_wait_ms * NS_PER_MS;
	wheel_set(&t->env->wheel, &tw->timer, tw->deadline);
}

void
time_wait_free(struct tcp *t, struct time_wait *tw)
{
	int rc __attribute__((unused));

	wheel_cancel(&t->env->wheel, &tw->timer);
	list_remove(t, tw);
	rc = flow_table_remove(&t->flows, tcp_flow_hash(t, &tw->key), tw->index | FLOW_TIME_WAIT);
	assert(rc == 0);
	tw->host->conns--;
	worn_give(t, tw->p);
	pool_put(&t->tws, tw->index);
}

static struct time_wait *
tw_get(struct tcp *t)
{
	uint32_t index = pool_get(&t->tws);
	struct time_wait *tw;

	if (index == POOL_NONE) {
		t->env->counters.tcp_time_wait_evicted++;
		time_wait_free(t, tw_at(t, t->tw_oldest));
		index = pool_get(&t->tws);
	}
	tw = pool_at(&t->tws, index);
	memset(tw, 0, sizeof(*tw));
	tw->index = index;
	tw->timer.owner = TIMER_TIME_WAIT;
	return tw;
}

/* Everything but the lists and tables. */
static void
tw_fill(struct time_wait *tw, struct tcb *tcb)
{
	tw->key = tcb->key;
	tw->p = tcb->p;
	tw->host = tcb->host;
	tw->snd_nxt = tcb->snd_nxt;
	tw->rcv_nxt = tcb->rcv_nxt;
	tw->ts = tcb->neg & MIEN_NEG_TS;
	tw->ts_recent = tcb->ts_recent;
	tw->ts_recent_at = tcb->last_rcvd_at;
	tw->ts_offset = tcb->ts_offset;
	tw->rcv_wnd = rcv_window_field(tcb);
}

static void
tw_link(struct tcp *t, struct time_wait *tw)
{
	int rc __attribute__((unused));

	rc = flow_table_insert(&t->flows, tcp_flow_hash(t, &tw->key), tw->index | FLOW_TIME_WAIT);
	assert(rc == 0); /* there is room for all TCBs and records */
	rc = worn_take(t, tw->p);
	assert(rc == MIEN_OK); /* its TCB has just worn it */
	tw->host->conns++;
	list_append(t, tw);
	restart(t, tw);
}

void
time_wait_enter(struct tcp *t, struct tcb *tcb)
{
	struct time_wait *tw = tcb->p->tcp.time_wait_ms ? tw_get(t) : NULL;

	if (tcb->flags & TF_ACK_NOW)
		tcp_send_ack(t, tcb); /* of the FIN: the record sends only what is asked again */
	if (tw) {
		tw_fill(tw, tcb);
		tcb_end(t, tcb, MIEN_OK);
		tw_link(t, tw);
	} else {
		tcb_end(t, tcb, MIEN_OK);
	}
}

static void
send_ack(struct tcp *t, struct time_wait *tw)
{
	struct seg_out out = {.key = &tw->key, .p = tw->p, .host = tw->host, .flags = TH_ACK};

	out.seq = tw->snd_nxt;
	out.ack = tw->rcv_nxt;
	out.wnd = (uint16_t)tw->rcv_wnd;
	out.opts = &tw->p->segment[tw->ts];
	out.tsval = ts_at(tw->p, t->env->now, tw->ts_offset);
	out.tsecr = tw->ts_recent;
	out.ip.p = tw->p;
	out.ip.cls = MIEN_CLASS_TCP;
	build_and_send(t, &out);
}

/* Segments without bytes could be answers to answers, and SYNs ask for challenges: at most so many a second. */
static void
send_ack_limited(struct tcp *t, struct time_wait *tw)
{
	uint32_t now = (uint32_t)(t->env->now / NS_PER_SECOND), most = tw->p->tcp.challenges;

	if (tw->acks_at != now) {
		tw->acks_at = now;
		tw->acks = most > 2 ? rng_u32(&t->env->rng) & 1 : 0;
	}
	if (most) {
		if (tw->acks >= most)
			return;
		tw->acks++;
	}
	t->env->counters.tcp_challenge_acks++;
	send_ack(t, tw);
}

/* RFC 6191 2: a SYN that no old duplicate can be. */
static bool
is_new_syn(const struct time_wait *tw, const struct tcp_segment *seg)
{
	if ((seg->flags & (TH_SYN | TH_ACK | TH_RST | TH_FIN)) != TH_SYN || !tw->p->tcp.tw_reuse)
		return false;
	if (tw->ts && seg->opt.present & OPT_TS && seg->opt.tsval != tw->ts_recent)
		return seq_gt(seg->opt.tsval, tw->ts_recent);
	return seq_gt(seg->seq, tw->rcv_nxt);
}

/* The old numbers stay below the new incarnation's. */
static enum mien_drop
reopen(struct tcp *t, struct time_wait *tw, struct tcp_segment *seg)
{
	struct tcp_host *host = tw->host;
	struct tcp_listener *l = listener_find(t, host, seg->key.lport);
	uint32_t floor = tw->snd_nxt;

	if (!l)
		return answer_segment(t, host, host->p, seg, MIEN_TCP_CLOSED, MIEN_DROP_TCP_NO_CONN);
	t->env->counters.tcp_time_wait_reused++;
	time_wait_free(t, tw);
	return in_listen(t, host, l, seg, &floor);
}

/* RFC 7323 4.3: only what has no bytes and comes in order can still be acceptable. */
static void
take_timestamp(struct tcp *t, struct time_wait *tw, const struct tcp_segment *seg)
{
	if (!tw->ts || !(seg->opt.present & OPT_TS) || seg->flags & TH_SYN || seg->seq != tw->rcv_nxt || segment_len(seg))
		return;
	if (seq_gt(seg->opt.tsval, tw->ts_recent)) {
		tw->ts_recent = seg->opt.tsval;
		tw->ts_recent_at = t->env->now;
	}
}

enum mien_drop
time_wait_input(struct tcp *t, struct time_wait *tw, struct tcp_segment *seg)
{
	const struct mien_answer *a = answer_of(tw->p, MIEN_TCP_TIME_WAIT, seg->flags);
	bool fin = seg->flags & TH_FIN && seg->seq + seg->len + 1 == tw->rcv_nxt;

	if (seg->flags & TH_RST)
		return MIEN_DROP_TCP_TIME_WAIT; /* RFC 1337 3 */
	if (is_new_syn(tw, seg))
		return reopen(t, tw, seg);
	if (a->send != MIEN_SEND_RFC)
		return answer_segment(t, tw->host, tw->p, seg, MIEN_TCP_TIME_WAIT, MIEN_DROP_TCP_TIME_WAIT);
	take_timestamp(t, tw, seg);
	if (fin && seg->flags & TH_ACK) {
		list_remove(t, tw);
		list_append(t, tw);
		restart(t, tw);
	}
	if (segment_len(seg) && !(seg->flags & TH_SYN))
		send_ack(t, tw);
	else if (segment_len(seg) || seg->seq != tw->rcv_nxt)
		send_ack_limited(t, tw);
	return MIEN_DROP_TCP_TIME_WAIT;
}

void
time_wait_timer(struct tcp *t, struct wheel_entry *entry)
{
	time_wait_free(t, wheel_owner_of(entry, struct time_wait, timer));
}
