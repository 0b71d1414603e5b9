/* SPDX-License-Identifier: BSD-3-Clause */
/* SEGMENT ARRIVES (RFC 9293 3.10.7): dispatch only; each step stands in a file of its own. */
#include "ecn.h"
#include "send_parts.h"
#include "tcp_rx.h"

static enum mien_drop input_no_conn(struct tcp *t, struct tcp_host *host, struct tcp_segment *seg);

/*
 * Of two copies of a SYN one was answered with a cookie, the other opened this connection: the cookie's answer is what
 * the peer took.
 */
static enum mien_drop
replaced_by_cookie(struct tcp *t, struct tcb *tcb, struct tcp_segment *seg)
{
	struct tcp_host *host = tcb->host;

	tcb_end(t, tcb, MIEN_EABORTED);
	return input_no_conn(t, host, seg);
}

static bool
is_ack_of_syn(const struct tcb *tcb, const struct tcp_segment *seg)
{
	return seq_gt(seg->ack, tcb->iss) && seq_leq(seg->ack, tcb->snd_nxt);
}

static enum mien_drop
wrong_ack_of_syn(struct tcp *t, const struct tcb *tcb, const struct tcp_segment *seg)
{
	if (tcb->listener && cookies_are_out(t, pool_at(&t->listeners, tcb->listener - 1)))
		return MIEN_DROP_TCP_COOKIE;
	return answer_reset(t, tcb->host, tcb->p, seg, MIEN_TCP_SYN_RECEIVED, MIEN_DROP_TCP_ACK_FUTURE);
}

/*
 * RFC 9293 3.5.2 resets a wrong ACK where nothing is synchronized, 3.10.7.4 looks at the window first: the ACK sent then
 * would answer a peer in TIME-WAIT that answers with one. So this comes first where a SYN, perhaps an old one, is all that
 * was heard.
 */
static bool
is_of_another(const struct tcb *tcb, const struct tcp_segment *seg)
{
	return (seg->flags & (TH_ACK | TH_RST)) == TH_ACK && tcb->flags & TF_PASSIVE && !(tcb->fast_open & FO_PENDING) &&
	       !is_ack_of_syn(tcb, seg);
}

/* Fifth step in SYN-RECEIVED: an ACK of our SYN opens the connection, any other is reset. */
static enum step
in_ack_of_syn(struct tcp *t, struct tcb *tcb, struct tcp_segment *seg, enum mien_drop *why)
{
	if (!is_ack_of_syn(tcb, seg)) {
		*why = wrong_ack_of_syn(t, tcb, seg);
		return STEP_DROP;
	}
	if (tcb_established(t, tcb, seg))
		return STEP_GO_ON;
	*why = MIEN_DROP_TCP_ACCEPT_BACKLOG;
	if (tcb->p->tcp.accept_ack == MIEN_ACCEPT_ACK_IGNORE)
		return STEP_DROP;
	answer_reset(t, tcb->host, tcb->p, seg, MIEN_TCP_SYN_RECEIVED, *why);
	tcb_end(t, tcb, MIEN_EABORTED);
	return STEP_DONE;
}

static enum step
step_five(struct tcp *t, struct tcb *tcb, struct tcp_segment *seg, enum mien_drop *why)
{
	bool fin_acked = false;
	enum step s;

	if (!(seg->flags & TH_ACK)) {
		*why = answer_segment(t, tcb->host, tcb->p, seg, (enum mien_tcp_state)tcb->state, MIEN_DROP_TCP_NO_ACK);
		return STEP_DROP;
	}
	if (tcb->state == MIEN_TCP_SYN_RECEIVED)
		return in_ack_of_syn(t, tcb, seg, why);
	if (__builtin_expect(seg->flags & TH_ECE && tcb->neg & MIEN_NEG_ECN, 0))
		s = ecn_echo_ack(t, tcb, seg, &fin_acked, why);
	else
		s = in_ack(t, tcb, seg, &fin_acked, why);
	if (fin_acked && in_fin_acked(t, tcb) == STEP_DONE)
		return STEP_DONE;
	return s;
}

enum mien_drop
in_text_and_fin(struct tcp *t, struct tcb *tcb, struct tcp_segment *seg)
{
	enum mien_drop why = MIEN_DROP_NONE;
	uint32_t end = seg->seq + seg->len;
	bool fin = seg->flags & TH_FIN;

	if (__builtin_expect(seg->flags & TH_URG, 0))
		in_urg(t, tcb, seg);
	if (__builtin_expect(tcb->neg & MIEN_NEG_ECN, 0) && seg->len)
		ecn_take(t, tcb, seg);
	if ((seg->len || fin) && in_text(t, tcb, seg, &why) != STEP_GO_ON)
		return why;
	if ((fin && end == tcb->rcv_nxt) ||
		(tcb->flags & TF_FIN_OOO && tcb->reass_fin == tcb->rcv_nxt))
		in_fin(t, tcb);
	return why;
}

/* Header prediction: the next bytes, or an ACK, with nothing else to look at. */
static inline bool
predicted(const struct tcp *t, const struct tcb *tcb, const struct tcp_segment *seg)
{
	return tcb->state == MIEN_TCP_ESTABLISHED && (seg->flags & (uint8_t)~TH_PSH) == TH_ACK &&
	       (seg->tos & ECN_CE) != ECN_CE &&
	       seg->seq == tcb->rcv_nxt && tcb->rcv_adv - tcb->rcv_nxt >= seg->len &&
	       seg->opt.present == (tcb->neg & MIEN_NEG_TS ? OPT_TS : 0) &&
	       (!seg->opt.present || seq_geq(seg->opt.tsval, tcb->ts_recent)) &&
	       !(tcb->flags & (TF_CLOSED_RCV | TF_URG_RCV | TF_GAP | TF_FIN_OOO)) && !rcv_crowded(t);
}

static enum mien_drop
fast_path(struct tcp *t, struct tcb *tcb, struct tcp_segment *seg)
{
	enum mien_drop why = MIEN_DROP_NONE;
	bool fin_acked = false;

	if (in_ack(t, tcb, seg, &fin_acked, &why) != STEP_GO_ON)
		return why;
	if (seg->opt.present && seq_leq(seg->seq, tcb->last_ack_sent)) {
		tcb->ts_recent = seg->opt.tsval;
		tcb->flags &= ~TF_TS_OLD;
	}
	if (seg->len)
		in_text_next(t, tcb, seg);
	return why;
}

static enum mien_drop
steps(struct tcp *t, struct tcb *tcb, struct tcp_segment *seg)
{
	enum mien_drop why = MIEN_DROP_NONE;

	if (__builtin_expect(tcb->state == MIEN_TCP_SYN_RECEIVED, 0) && tcb->flags & TF_PASSIVE &&
		!is_ack_of_syn(tcb, seg) && cookie_is_acked(t, tcb->host, seg))
		return replaced_by_cookie(t, tcb, seg);
	if (__builtin_expect(tcb->state == MIEN_TCP_SYN_RECEIVED, 0) && is_of_another(tcb, seg))
		return wrong_ack_of_syn(t, tcb, seg);
	if (in_accept(t, tcb, seg, &why) != STEP_GO_ON)
		return why;
	if (seg->flags & TH_RST)
		return in_rst(t, tcb, seg);
	if (seg->flags & TH_SYN)
		return in_syn(t, tcb, seg);
	if (step_five(t, tcb, seg, &why) != STEP_GO_ON)
		return why;
	return in_text_and_fin(t, tcb, seg);
}

#define IDLE_NS (20 * NS_PER_MS) /* anything shorter is no pause */
#define PAWS_IDLE_NS (24 * 24 * 3600 * NS_PER_SECOND) /* RFC 7323 5.5: TS.Recent is then no measure any more */

/* The first segment in a while, or one of those that come closer again. */
static __attribute__((noinline)) void
after_pause(struct tcb *tcb, const struct tcp_segment *seg, uint64_t idle)
{
	if (idle >= PAWS_IDLE_NS)
		tcb->flags |= TF_TS_OLD;
	if (seg->len && seg->seq == tcb->rcv_nxt)
		ack_after_gap(tcb, idle);
}

static enum mien_drop
input_tcb(struct tcp *t, struct tcb *tcb, struct tcp_segment *seg)
{
	uint64_t idle = t->env->now - tcb->last_rcvd_at;

	if (__builtin_expect(idle > IDLE_NS || tcb->ack_more, 0))
		after_pause(tcb, seg, idle);
	if (__builtin_expect(!(seg->flags & TH_RST), 1)) { /* one that cannot be true is no sign of life */
		tcb->last_rcvd_at = t->env->now;
		tcb->probes = 0;
	}
	if (__builtin_expect(predicted(t, tcb, seg), 1))
		return fast_path(t, tcb, seg);
	if (tcb->state == MIEN_TCP_SYN_SENT)
		return in_syn_sent(t, tcb, seg);
	return steps(t, tcb, seg);
}

static enum mien_drop
input_no_conn(struct tcp *t, struct tcp_host *host, struct tcp_segment *seg)
{
	struct tcp_listener *l = listener_find(t, host, seg->key.lport);
	enum mien_drop why = MIEN_DROP_NONE;
	struct tcb *tcb = l ? cookie_open(t, host, l, seg, &why) : NULL;

	if (tcb)
		return steps(t, tcb, seg);
	if (why != MIEN_DROP_NONE)
		return why;
	if (l && cookies_are_out(t, l) && (seg->flags & (TH_SYN | TH_RST | TH_ACK)) == TH_ACK)
		return MIEN_DROP_TCP_COOKIE; /* the first segments of who has one may be lost on the way, or on us */
	if (l)
		return in_listen(t, host, l, seg, NULL);
	return answer_segment(t, host, host->p, seg, MIEN_TCP_CLOSED, MIEN_DROP_TCP_NO_CONN);
}

/* A segment that claims to come from its own destination (the LAND attack); no connection has such a key. */
static bool
is_land(const struct flow_key *key)
{
	return key->lport == key->rport && mien_addr_eq(&key->local, &key->remote);
}

enum mien_drop
tcp_input(struct tcp *t, struct tcp_host *host, struct tcp_segment *seg)
{
	uint32_t index = flow_find(t, &seg->key, seg->hash);
	enum mien_drop why;

	t->env->counters.tcp_segments_received++;
	if (__builtin_expect(!(index & FLOW_TIME_WAIT), 1))
		why = input_tcb(t, pool_at(&t->tcbs, index), seg);
	else if (index != FLOW_NONE)
		why = time_wait_input(t, pool_at(&t->tws, index & ~FLOW_TIME_WAIT), seg);
	else if (is_land(&seg->key))
		why = MIEN_DROP_TCP_LAND;
	else
		why = input_no_conn(t, host, seg);
	if (seg->m)
		rte_pktmbuf_free(seg->m);
	return why;
}
