/* SPDX-License-Identifier: BSD-3-Clause */
/* Life of a transmission control block: made, negotiated, established, ended, freed. */
#include "fast_open.h"
#include "tcp_rx.h"

#define ISS_ABOVE_FLOOR 65536u
#define MSS_RCV_START 536u /* until a larger segment was seen (RFC 9293 3.7.1) */

static void
tcb_defaults(struct tcp *t, struct tcb *tcb)
{
	const struct mien_tcp_rule *r = &tcb->p->tcp;

	tcb->rcvbuf = r->rcvbuf;
	tcb->sndbuf = t->limits.sndbuf;
	tcb->rtt.rto_ms = r->rto_initial_ms;
	tcb->cc_kind = r->cc;
	tcb->quickack = r->quickack & 31;
	tcb->reordering = r->dupack_threshold;
	tcb->mss_rcv = MSS_RCV_START;
	tcb->keep_idle_ms = r->keepalive_idle_ms;
	tcb->keep_interval_ms = r->keepalive_interval_ms;
	tcb->keep_count = r->keepalive_count;
	tcb->flags = TF_SOFT_ERRORS | (r->nagle ? 0 : TF_NODELAY);
	tcb->opened_at = tcb->last_rcvd_at = tcb->tune_at = t->env->now;
	tcb->ip_id = ip_id_start(tcb->host, &tcb->key);
	tcb->timer.owner = TIMER_TCB;
	tcb->ev.kind = SOURCE_TCB;
	tcb->armed = WHEEL_NEVER;
	for (unsigned i = 0; i < DL_COUNT; i++)
		tcb->deadline[i] = WHEEL_NEVER;
}

struct tcb *
tcb_new(struct tcp *t, struct tcp_host *host, const struct mien_personality *p, const struct flow_key *key)
{
	uint32_t index = pool_get(&t->tcbs);
	int rc __attribute__((unused));
	struct tcb *tcb;

	if (index == POOL_NONE)
		return NULL;
	if (worn_take(t, p) != MIEN_OK) {
		pool_put(&t->tcbs, index);
		return NULL;
	}
	tcb = pool_at(&t->tcbs, index);
	memset(tcb, 0, sizeof(*tcb));
	tcb->key = *key;
	tcb->p = p;
	tcb->host = host;
	tcb->index = index;
	tcb_defaults(t, tcb);
	rc = flow_table_insert(&t->flows, tcp_flow_hash(t, key), index);
	assert(rc == 0); /* it has room for all blocks and records */
	host->conns++;
	return tcb;
}

void
tcb_free(struct tcp *t, struct tcb *tcb)
{
	assert(tcb->flags & TF_ZOMBIE);
	assert(!tcb->ev.queued);
	tcp_queues_free(t, tcb);
	worn_give(t, tcb->p);
	pool_put(&t->tcbs, tcb->index);
}

static void
count_end(struct tcp *t, const struct tcb *tcb, int err)
{
	struct mien_counters *c = &t->env->counters;

	if (!state_synchronized((enum mien_tcp_state)tcb->state))
		c->tcp_failed_opens++;
	if (err == MIEN_OK)
		c->tcp_closed++;
	else if (err == MIEN_ETIMEDOUT)
		c->tcp_timeouts++;
}

/* Leaves everything by which the network and the clock could reach it. */
static void
tcb_unlink(struct tcp *t, struct tcb *tcb, int err)
{
	int rc __attribute__((unused));

	deadline_stop(t, tcb);
	if (tcb->fast_open & FO_PENDING)
		fast_open_settle(t, tcb, err);
	tcb_leave_backlog(t, tcb);
	if (tcb->flags & TF_DIRTY)
		tcp_unmark_dirty(t, tcb);
	rc = flow_table_remove(&t->flows, tcp_flow_hash(t, &tcb->key), tcb->index);
	assert(rc == 0);
}

/* All but the bytes the application may still read. */
static void
tcb_free_queues(struct tcp *t, struct tcb *tcb, bool keep_unread)
{
	struct pkt_queue unread = tcb->rcvq;

	if (keep_unread)
		tcb->rcvq = (struct pkt_queue){NULL, NULL, 0, 0};
	reass_free(t, tcb);
	tcp_queues_free(t, tcb);
	if (keep_unread)
		tcb->rcvq = unread;
}

void
tcb_end(struct tcp *t, struct tcb *tcb, int err)
{
	bool unread = err == MIEN_OK && tcb->rcvq.head; /* after a close there are none */

	assert(!(tcb->flags & TF_ZOMBIE));
	if (tcb->state == MIEN_TCP_SYN_SENT && tcb->fast_open & FO_CLIENT)
		fast_open_unanswered(t, tcb, err);
	if (err == MIEN_ETIMEDOUT && tcb->state == MIEN_TCP_SYN_SENT && tcb->soft_err)
		err = tcb->soft_err; /* RFC 1122 4.2.3.9: what the network said in the meantime */
	count_end(t, tcb, err);
	tcb_unlink(t, tcb, err);
	tcb_free_queues(t, tcb, unread);
	tcb->state = MIEN_TCP_CLOSED;
	tcb->flags |= TF_ZOMBIE;
	t->orphans -= !!(tcb->flags & TF_DETACHED);
	tcb->host->conns--; /* the host may go before the zombie does */
	tcb->ev.err = err;
	if ((tcb->flags & (TF_PASSIVE | TF_ACCEPTED)) == TF_PASSIVE)
		tcb_free(t, tcb);
	else if (!unread)
		env_event(t->env, &tcb->ev, MIEN_EV_CLOSED);
}

void
tcb_discard(struct tcp *t, struct tcb *tcb)
{
	tcb_unlink(t, tcb, MIEN_OK);
	tcb->flags |= TF_ZOMBIE;
	tcb->host->conns--;
	tcb_free(t, tcb);
}

void
tcb_drained(struct tcp *t, struct tcb *tcb)
{
	env_event(t->env, &tcb->ev, MIEN_EV_CLOSED);
}

struct tcb *
tcb_find_any(const struct tcp *t, uint64_t conn)
{
	return pool_lookup(&t->tcbs, conn);
}

struct tcb *
tcb_find(const struct tcp *t, uint64_t conn)
{
	struct tcb *tcb = pool_lookup(&t->tcbs, conn);

	return tcb && !(tcb->flags & TF_ZOMBIE) ? tcb : NULL;
}

uint64_t
tcb_handle(const struct tcp *t, const struct tcb *tcb)
{
	return pool_handle(&t->tcbs, tcb->index);
}

void
tcb_event(struct tcp *t, struct tcb *tcb, enum mien_event_type type)
{
	if (tcb->flags & TF_DETACHED || (tcb->flags & (TF_PASSIVE | TF_ACCEPTED)) == TF_PASSIVE)
		return;
	env_event(t->env, &tcb->ev, type);
}

/* What a SYN of this side offers: a passive open accepts, an active one offers first. */
static uint8_t
own_options(const struct tcb *tcb)
{
	const struct mien_tcp_rule *r = &tcb->p->tcp;

	if (tcb->flags & TF_PASSIVE)
		return syn_accepted(tcb->p);
	return (uint8_t)(MIEN_NEG_MSS | (r->sack_offer ? MIEN_NEG_SACK : 0) |
			 (r->wscale_offer ? MIEN_NEG_WSCALE : 0) | (r->ts.offer ? MIEN_NEG_TS : 0));
}

/* What a full segment of the peer holds at least, until a larger one was seen. */
static uint16_t
mss_rcv_start(const struct tcb *tcb)
{
	uint32_t mss = RTE_MIN(MSS_RCV_START, (uint32_t)tcb->mss_own), options = tcb->neg & MIEN_NEG_TS ? TCPOLEN_TS_PADDED : 0;

	return (uint16_t)(mss > options ? mss - options : 1);
}

void
tcb_negotiate(struct tcp *t, struct tcb *tcb, const struct tcp_segment *seg)
{
	const struct tcp_opts *o = &seg->opt;

	tcb->neg = tcb->syn_set = own_options(tcb) & syn_offered(seg);
	if (__builtin_expect(tcb->syn_case, 0) && tcb_syn_case(tcb)->parts & MIEN_CASE_OPTIONS)
		tcb->neg = tcb->syn_set = syn_offered(seg) & tcb_syn_case(tcb)->accept;
	else if (tcb->flags & TF_PASSIVE) /* nothing is negotiated that the SYN-ACK does not show */
		tcb->neg &= tcb->p->synack[tcb->syn_set % MIEN_NEG_SETS].holds | MIEN_NEG_MSS;
	if (tcb->neg & MIEN_NEG_MSS)
		tcb->peer_mss = o->mss ? o->mss : 1; /* 0 means that none was offered */
	if (tcb->neg & MIEN_NEG_WSCALE) {
		tcb->snd_wscale = o->wscale > TCP_WS_MAX ? TCP_WS_MAX : o->wscale;
		tcb->rcv_wscale = own_wscale(tcb) > TCP_WS_MAX ? TCP_WS_MAX : own_wscale(tcb); /* as the peer takes it */
	}
	if (tcb->neg & MIEN_NEG_TS)
		tcb->ts_recent = o->tsval;
	tcb->mss_own = mss_own_passive(t, tcb);
	tcb->mss_rcv = mss_rcv_start(tcb);
	if (tcb->flags & TF_PASSIVE && tcb->p->tcp.ts.first_zero)
		tcb->flags |= TF_TS_FIRST_ZERO;
	mss_update(t, tcb);
}

void
tcb_take_syn(struct tcb *tcb, const struct tcp_segment *seg)
{
	tcb->irs = seg->seq;
	tcb->rcv_nxt = tcb->last_ack_sent = seg->seq + 1;
	tcb->rcv_up = tcb->rcv_nxt;
	tcb->snd_wnd = tcb->max_snd_wnd = seg->wnd; /* RFC 7323 2.2: never scaled in a SYN */
	tcb->snd_wl1 = seg->seq;
	tcb->snd_wl2 = seg->ack;
}

static uint32_t
case_isn(struct tcp *t, const struct tcb *tcb)
{
	uint8_t parts = tcb_syn_case(tcb)->parts;

	if (parts & (MIEN_CASE_ISN_ZERO | MIEN_CASE_ISN_ACK))
		return isn_restart(t, tcb->host, tcb->p, &tcb->key, parts & MIEN_CASE_ISN_ACK ? tcb->snd_wl2 : 0);
	return isn_make(t, tcb->host, tcb->p, &tcb->key);
}

void
tcb_number(struct tcp *t, struct tcb *tcb, const uint32_t *floor)
{
	tcb->iss = __builtin_expect(tcb->syn_case, 0) ? case_isn(t, tcb)
						       : isn_make(t, tcb->host, tcb->p, &tcb->key);
	if (tcb->p->tcp.isn.kind == MIEN_ISN_PEER_ACK && tcb->flags & TF_PASSIVE)
		tcb->iss = tcb->snd_wl2; /* SEG.ACK of the SYN */
	if (floor && seq_leq(tcb->iss, *floor))
		tcb->iss = *floor + ISS_ABOVE_FLOOR + (rng_u32(&t->env->rng) & 0xffff);
	tcb->snd_una = tcb->snd_up = tcb->small_end = tcb->iss;
	tcb->snd_nxt = tcb->iss + 1;
	tcb->ts_offset = ts_offset_make(t, tcb->host, tcb->p, &tcb->key);
}

void
tcb_leave_backlog(struct tcp *t, struct tcb *tcb)
{
	struct tcp_listener *l;

	if (!tcb_half_open(tcb))
		return;
	l = pool_at(&t->listeners, tcb->listener - 1);
	--*backlog_of(t, tcb->host, l->port);
	l->half_open--;
	t->half_open--;
	tcb->listener = 0;
}

bool
tcb_accept_place(struct tcp *t, struct tcb *tcb)
{
	struct tcp_listener *l = pool_at(&t->listeners, tcb->listener - 1);

	if (l->waiting >= l->accept_backlog)
		return false;
	l->waiting++;
	tcb->listener_handle = pool_handle(&t->listeners, l->index);
	tcb->cookie = l->cookie;
	tcb->flags |= TF_ACCEPTED;
	tcb_leave_backlog(t, tcb);
	return true;
}

bool
tcb_established(struct tcp *t, struct tcb *tcb, const struct tcp_segment *seg)
{
	bool passive = tcb->flags & TF_PASSIVE, known = tcb->flags & TF_ACCEPTED;
	uint64_t sent = tcb->rtx_since;

	if (passive && !known && !tcb_accept_place(t, tcb))
		return false;
	tcb->state = MIEN_TCP_ESTABLISHED;
	if (tcb->flags & TF_FIN_QUEUED)
		tcb->state = (uint8_t)state_next(MIEN_TCP_ESTABLISHED, TE_CLOSE);
	if (tcb->fast_open & FO_PENDING) {
		sent = tcb->opened_at;
		fast_open_settle(t, tcb, MIEN_OK); /* before a token takes the place of the listener's handle */
	}
	in_ack_established(t, tcb, seg, sent);
	t->env->counters.tcp_established++;
	tcb->tune_at = t->env->now;
	if (tcb->flags & TF_KEEPALIVE)
		deadline_set(t, tcb, DL_KEEP, t->env->now + tcb->keep_idle_ms * NS_PER_MS);
	if (!known)
		tcb_event(t, tcb, passive ? MIEN_EV_ACCEPT : MIEN_EV_CONNECTED);
	return true;
}
