/* SPDX-License-Identifier: BSD-3-Clause */
/* Segments for a listener (RFC 9293 3.10.7.2) and the half-open connections that SYNs make. */
#include "fast_open.h"
#include "tcp_rx.h"

uint8_t
ecn_answer(const struct mien_personality *p, const struct tcp_segment *seg)
{
	if (!is_ecn_setup(seg))
		return 0;
	if (p->tcp.ecn == MIEN_ECN_ACCEPT)
		return TCB_ECN_SETUP | TH_ECE;
	if (p->tcp.ecn == MIEN_ECN_COPY)
		return TCB_ECN_SETUP | TH_ECE | TH_CWR;
	return TCB_ECN_SETUP;
}

/* The personality's limit goes before the listener's own. */
static bool
backlog_full(const struct tcp *t, const struct tcp_host *host, const struct tcp_listener *l,
	const struct mien_personality *p)
{
	return *backlog_of(t, host, l->port) >= (p->tcp.backlog ? p->tcp.backlog : l->backlog);
}

/* The stack's own limit: one flooded port takes no blocks from all others, nor half-open connections from open ones. */
static bool
stack_full(const struct tcp *t)
{
	return t->limits.max_half_open && t->half_open >= t->limits.max_half_open;
}

static void
join_backlog(struct tcp *t, struct tcp_listener *l, struct tcb *tcb)
{
	tcb->listener = l->index + 1;
	++*backlog_of(t, tcb->host, l->port);
	l->half_open++;
	t->half_open++;
}

/* What the SYN carries besides (data, FIN) is not acknowledged: the peer sends it again. */
static void
open_passive(struct tcp *t, struct tcp_listener *l, struct tcb *tcb, const struct tcp_segment *seg,
	const struct mien_syn_case *c)
{
	tcb->mss_clamp = l->mss;
	tcb->flags |= TF_PASSIVE | (l->nodelay ? TF_NODELAY : 0);
	tcb->state = (uint8_t)state_next(MIEN_TCP_LISTEN, TE_RCV_SYN);
	tcb->ecn = ecn_answer(tcb->p, seg);
	if (c)
		tcb->syn_case = (uint8_t)(c - tcb->p->syn_cases + 1);
	join_backlog(t, l, tcb);
	tcb_take_syn(tcb, seg);
	tcb_negotiate(t, tcb, seg);
	if (tcb->ecn == (TCB_ECN_SETUP | TH_ECE)) /* both flags come back from hosts that know none */
		tcb->neg |= MIEN_NEG_ECN;
	tcb->rcv_adv = tcb->rcv_nxt + syn_window(tcb, true, tcb->ecn & TCB_ECN_SETUP);
	t->env->counters.tcp_passive_opens++;
}

struct tcb *
listen_open(struct tcp *t, struct tcp_host *host, struct tcp_listener *l, const struct mien_personality *p,
	const struct tcp_segment *syn, const struct mien_syn_case *c)
{
	struct tcb *tcb = tcb_new(t, host, p, &syn->key);

	if (tcb)
		open_passive(t, l, tcb, syn, c);
	return tcb;
}

static enum mien_drop
refuse(struct tcp *t, struct tcp_host *host, const struct mien_personality *p, const struct tcp_segment *seg, bool reset,
	enum mien_drop why)
{
	return reset ? answer_reset(t, host, p, seg, MIEN_TCP_LISTEN, why) : why;
}

static enum mien_drop
on_syn(struct tcp *t, struct tcp_host *host, struct tcp_listener *l, struct tcp_segment *seg,
	const uint32_t *iss_floor)
{
	const struct mien_personality *p = l->p ? l->p : host->p;
	const struct mien_syn_case *c = syn_case_of(p, seg);
	struct fo_option fo = {.send = false};
	struct tcb *tcb;
	bool at_once;

	if (p->tcp.ecn == MIEN_ECN_IGNORE && is_ecn_setup(seg))
		return MIEN_DROP_TCP_LISTEN;
	if (c && c->answer)
		return answer_syn_case(t, host, p, c, seg);
	if (l->waiting >= l->accept_backlog && p->tcp.accept_syn != MIEN_ACCEPT_SYN_ANSWER)
		return refuse(t, host, p, seg, p->tcp.accept_syn == MIEN_ACCEPT_SYN_RST, MIEN_DROP_TCP_ACCEPT_BACKLOG);
	if (backlog_full(t, host, l, p)) {
		if (p->tcp.backlog_full == MIEN_BACKLOG_COOKIES)
			return cookie_send(t, host, l, p, seg);
		return refuse(t, host, p, seg, p->tcp.backlog_full == MIEN_BACKLOG_RST, MIEN_DROP_TCP_SYN_BACKLOG);
	}
	if (__builtin_expect(stack_full(t), 0)) {
		(void)cookie_send(t, host, l, p, seg);
		return MIEN_DROP_TCP_HALF_OPEN;
	}
	at_once = !c && fast_open_syn(t, host, l, p, seg, &fo);
	tcb = listen_open(t, host, l, p, seg, c);
	if (!tcb)
		return MIEN_DROP_TCP_NO_TCB;
	tcb_number(t, tcb, iss_floor);
	if (cookies_are_out(t, l) && !c)
		cookie_number(t, tcb, seg, iss_floor);
	if (at_once)
		fast_open_accept(t, tcb, seg);
	tcp_send_syn_with(t, tcb, &fo, NULL);
	return MIEN_DROP_NONE;
}

/* 3.10.7.2: RST is ignored, ACK reset, SYN opens; a SYN with FIN is no SYN that anybody sends in earnest. */
static bool
opens(const struct tcp_segment *seg)
{
	return (seg->flags & (TH_SYN | TH_RST | TH_ACK | TH_FIN)) == TH_SYN;
}

enum mien_drop
in_listen(struct tcp *t, struct tcp_host *host, struct tcp_listener *listener, struct tcp_segment *seg,
	const uint32_t *iss_floor)
{
	const struct mien_personality *p = listener->p ? listener->p : host->p;
	const struct mien_answer *a = answer_of(p, MIEN_TCP_LISTEN, seg->flags);

	if (a->send == MIEN_SEND_SYNACK || (a->send == MIEN_SEND_RFC && opens(seg)))
		return on_syn(t, host, listener, seg, iss_floor);
	return answer_segment(t, host, p, seg, MIEN_TCP_LISTEN, MIEN_DROP_TCP_LISTEN);
}
