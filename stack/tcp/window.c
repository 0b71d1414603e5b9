/* SPDX-License-Identifier: BSD-3-Clause */
/* The receive window (RFC 9293 3.8.6): what is announced, when it is worth a segment, how the buffer grows. */
#include "tcp_rx.h"

#define TUNE_RTTS 4		     /* a buffer's worth read within so many round trips: the window is what limits */
#define TUNE_RTT_DEFAULT_US 100000 /* without a sample */

static uint32_t
min32(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

/* The right edge that the buffer allows; bytes out of order lie inside it. */
static uint32_t
buffer_edge(const struct tcb *tcb)
{
	uint32_t used = tcb->rcvq.bytes, room = tcb->rcvbuf > used ? tcb->rcvbuf - used : 0;

	room = min32(room, (uint32_t)UINT16_MAX << tcb->rcv_wscale);
	return seq_max(tcb->rcv_nxt + room, tcb->rcv_adv);
}

/* RFC 9293 3.8.6.2.2: the right edge moves by half the buffer or a full segment at least. */
static uint32_t
worthwhile(const struct tcb *tcb)
{
	return min32(tcb->rcvbuf / 2, tcb->mss_rcv);
}

uint32_t
rcv_window(struct tcb *tcb)
{
	uint32_t edge = buffer_edge(tcb);

	if (edge - tcb->rcv_adv < worthwhile(tcb))
		edge = tcb->rcv_adv;
	return edge - tcb->rcv_nxt;
}

uint16_t
rcv_window_field(struct tcb *tcb)
{
	uint32_t unit = 1u << tcb->rcv_wscale, wnd = rcv_window(tcb), held = tcb->rcv_adv - tcb->rcv_nxt;
	uint32_t field = wnd >> tcb->rcv_wscale;

	/* Rounding down must not move the right edge left (RFC 7323 2.3). */
	if (field << tcb->rcv_wscale < held)
		field = (wnd + unit - 1) >> tcb->rcv_wscale;
	field = min32(field, UINT16_MAX);
	tcb->rcv_adv = seq_max(tcb->rcv_adv, tcb->rcv_nxt + (field << tcb->rcv_wscale));
	return (uint16_t)field;
}

/* FreeBSD's: two segments at least, and enough of the buffer; not in place of an ACK that waits. */
static bool
early_update(const struct tcb *tcb, uint32_t gain, uint32_t left)
{
	uint32_t mss = tcb->mss_rcv, buf = tcb->rcvbuf;

	if (tcb->flags & TF_ACK_DELAYED)
		return false;
	if (gain >= 2 * mss && (gain >= buf / 4 || gain + left <= buf / 8 || buf <= 8 * mss))
		return true;
	return gain >= buf / 2;
}

/* A segment for it alone only when much of the last window is used up, or the peer may be waiting. */
bool
rcv_window_update_due(const struct tcb *tcb)
{
	uint32_t gain = buffer_edge(tcb) - tcb->rcv_adv, left = tcb->rcv_adv - tcb->rcv_nxt;

	if (tcb->p->tcp.update_early)
		return early_update(tcb, gain, left);
	return gain >= min32(tcb->rcvbuf / 2, 2u * tcb->mss_rcv) && left <= tcb->rcvbuf / 2;
}

/* m of a window rule. */
static uint32_t
rule_unit(const struct tcb *tcb, const struct mien_window_rule *r)
{
	uint32_t own = tcb->mss_own, peer = tcb->peer_mss, m = own;

	if (!(tcb->syn_set & MIEN_NEG_MSS))
		peer = r->no_mss ? r->no_mss : own;
	if (r->unit == MIEN_UNIT_PEER)
		m = peer;
	else if (r->unit == MIEN_UNIT_MIN)
		m = min32(own, peer);
	else if (r->unit == MIEN_UNIT_MTU)
		m = own + 40;
	if (m < r->unit_floor)
		m = r->unit_floor;
	if (r->minus_ts && tcb->syn_set & MIEN_NEG_TS)
		m = m > TCPOLEN_TS_PADDED ? m - TCPOLEN_TS_PADDED : 1;
	return m ? m : 1;
}

static const struct mien_window_rule *
rule_of(const struct tcb *tcb, bool synack, bool ecn_setup)
{
	const struct mien_tcp_rule *r = &tcb->p->tcp;

	if (!synack)
		return &r->window_syn;
	if (ecn_setup)
		return &r->window_synack_ecn;
	return tcb->syn_set & MIEN_NEG_WSCALE ? &r->window_synack : &r->window_synack_no_wscale;
}

uint16_t
syn_window(const struct tcb *tcb, bool synack, bool ecn_setup)
{
	const struct mien_window_rule *r = rule_of(tcb, synack, ecn_setup);
	uint64_t m = rule_unit(tcb, r), wnd = r->base;

	if (__builtin_expect(tcb->syn_case, 0) && tcb_syn_case(tcb)->parts & MIEN_CASE_WINDOW)
		return tcb_syn_case(tcb)->window;
	if (r->kind == MIEN_WINDOW_CEIL)
		wnd = (wnd + m - 1) / m * m;
	else if (r->kind == MIEN_WINDOW_FLOOR)
		wnd = wnd / m * m;
	else if (r->kind == MIEN_WINDOW_MUL)
		wnd *= m;
	wnd >>= r->shift;
	return (uint16_t)(wnd < UINT16_MAX ? wnd : UINT16_MAX);
}

static uint64_t
rtt_ns(const struct tcb *tcb)
{
	uint64_t rtt_us = tcb->rtt.srtt_us ? tcb->rtt.srtt_us : TUNE_RTT_DEFAULT_US;

	return rtt_us * 1000;
}

/* What must have been read before it is looked at again. */
static uint32_t
tune_share(uint8_t growth, uint32_t rcvbuf)
{
	if (growth == MIEN_GROWTH_RIGHT)
		return rcvbuf / 4 * 3; /* whole segments seldom fill it */
	return growth == MIEN_GROWTH_STEP ? rcvbuf / 8 * 3 : rcvbuf;
}

/* No more than the buffer fits in a round trip: else the estimate is too long. */
static uint64_t
read_per_rtt(const struct tcb *tcb, uint64_t took)
{
	uint64_t read = took ? tcb->tune_bytes * rtt_ns(tcb) / took : tcb->tune_bytes;

	return read < tcb->rcvbuf ? read : tcb->rcvbuf;
}

/*
 * Dynamic right-sizing: twice what was read in a round trip, for a peer that doubles what it sends, and as much more
 * as what was read has grown; the buffer before was twice the last of these.
 */
static uint64_t
right_size(const struct tcb *tcb, uint64_t took)
{
	uint64_t read = read_per_rtt(tcb, took), last = (tcb->rcvbuf + 1u) / 2, want;

	if (read < last)
		return tcb->rcvbuf;
	want = 2 * read + 16u * tcb->mss_rcv;
	return want + 2 * want * (read - last) / last;
}

static uint64_t
tuned(const struct tcb *tcb, uint64_t took)
{
	const struct mien_tcp_rule *r = &tcb->p->tcp;
	uint64_t size = tcb->rcvbuf;

	if (r->growth == MIEN_GROWTH_RIGHT)
		return right_size(tcb, took);
	if (r->growth == MIEN_GROWTH_STEP)
		return read_per_rtt(tcb, took) >= size / 8 * 3 ? size + (r->rcv_step ? r->rcv_step : size / 2) : size;
	return took <= TUNE_RTTS * rtt_ns(tcb) && tcb->rcvq.bytes <= tcb->rcvbuf / 2 ? 2 * size : size;
}

/* Looked at once for each share of the buffer read: the time of the last stands in a line of its own. */
void
rcv_tune(struct tcp *t, struct tcb *tcb, uint32_t n)
{
	const struct mien_tcp_rule *r = &tcb->p->tcp;
	uint64_t now = t->env->now, size;

	if (tcb->rcvbuf >= r->rcvbuf_max || r->growth == MIEN_GROWTH_FIXED || t->env->pressure)
		return;
	tcb->tune_bytes += n;
	if (tcb->tune_bytes < tune_share(r->growth, tcb->rcvbuf))
		return;
	if (r->growth != MIEN_GROWTH_DOUBLE && now - tcb->tune_at < rtt_ns(tcb))
		return; /* what a whole round trip brings is what counts */
	size = tuned(tcb, now - tcb->tune_at);
	tcb->tune_at = now;
	tcb->tune_bytes = 0;
	tcb->rcvbuf = (uint32_t)(size < r->rcvbuf_max ? size : r->rcvbuf_max);
}
