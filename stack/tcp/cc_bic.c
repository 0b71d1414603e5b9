/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Binary increase congestion control (Xu, Harfoush, Rhee: "Binary increase congestion control for fast long-distance
 * networks", INFOCOM 2004), with the values that Linux 2.6.8 to 2.6.18 had: Smax 16 segments, beta 819/1024, a search
 * by quarters, its last segment in twenty steps. Small windows and slow start are NewReno's.
 */
#include "cc_bic.h"

#include "cc_newreno.h"
#include "send_parts.h"

#define LOW_WINDOW 14 /* segments: Reno up to there */
#define MOST 16	      /* segments a window */
#define PARTS 4	      /* of the distance */
#define SMOOTH 20     /* the last PARTS segments take so many windows */
#define STEPS 16      /* cwnd grows so often in a window */

/* tcb.cc_priv */
struct bic {
	uint32_t w_max;	   /* 0: none */
	uint32_t w_before; /* W_max before the last loss, for its undo */
};
_Static_assert(sizeof(struct bic) <= sizeof(((struct tcb *)0)->cc_priv), "the control block does not grow");

static inline struct bic *
state(struct tcb *tcb)
{
	return (struct bic *)(void *)tcb->cc_priv;
}

/* Towards W_max. */
static uint32_t
search(uint32_t below, uint32_t mss)
{
	uint32_t step = below / PARTS;

	if (step > MOST * mss)
		return MOST * mss;
	return step <= mss ? mss * PARTS / SMOOTH : step;
}

/* Away from it, slowly at first. */
static uint32_t
probe(uint32_t above, uint32_t mss)
{
	if (above < PARTS * mss)
		return mss * PARTS / SMOOTH;
	return RTE_MIN(above / (PARTS - 1), MOST * mss);
}

uint32_t
bic_step(uint32_t cwnd, uint32_t w_max, uint16_t mss)
{
	uint32_t step;

	if (cwnd <= LOW_WINDOW * (uint32_t)mss)
		return mss;
	step = cwnd < w_max ? search(w_max - cwnd, mss) : probe(cwnd - w_max, mss);
	return w_max ? step : RTE_MAX(step, cwnd / SMOOTH);
}

void
bic_init(struct tcb *tcb, uint64_t now)
{
	newreno_init(tcb, now);
	*state(tcb) = (struct bic){.w_max = 0};
}

void
bic_acked(struct tcb *tcb, uint64_t now, uint32_t bytes, uint32_t rtt_us)
{
	struct cc_state *s = &tcb->cc;
	uint64_t gain;

	if (s->cwnd < s->ssthresh) {
		newreno_acked(tcb, now, bytes, rtt_us);
		return;
	}
	s->acked += RTE_MIN(bytes, s->cwnd);
	if (s->acked < s->cwnd / STEPS)
		return;
	gain = (uint64_t)s->acked * bic_step(s->cwnd, state(tcb)->w_max, tcb->mss);
	s->cwnd += (uint32_t)(gain / s->cwnd);
	s->acked = 0;
}

/* Beta. */
static uint32_t
threshold(const struct tcb *tcb, uint32_t in_flight)
{
	uint32_t w = RTE_MIN(in_flight, tcb->cc.cwnd), mss = tcb->mss;

	w = w <= LOW_WINDOW * mss ? w / 2 : (uint32_t)((uint64_t)w * 819 / 1024);
	return RTE_MAX(w, 2 * mss);
}

/* A flow that did not get back to its W_max makes room for others. */
static void
new_maximum(struct tcb *tcb)
{
	struct bic *b = state(tcb);
	uint32_t cwnd = tcb->cc.cwnd;

	b->w_before = b->w_max;
	b->w_max = cwnd < b->w_max ? (uint32_t)((uint64_t)cwnd * (1024 + 819) / 2048) : cwnd;
	tcb->cc.acked = 0;
}

void
bic_loss(struct tcb *tcb, uint64_t now, uint32_t in_flight)
{
	new_maximum(tcb);
	tcb->cc.cwnd = tcb->cc.ssthresh = threshold(tcb, in_flight);
}

void
bic_timeout(struct tcb *tcb, uint64_t now, uint32_t in_flight)
{
	new_maximum(tcb);
	state(tcb)->w_max = 0;
	tcb->cc.ssthresh = threshold(tcb, in_flight);
	tcb->cc.cwnd = tcb->mss;
}

void
bic_undo(struct tcb *tcb, uint64_t now, uint32_t cwnd, uint32_t ssthresh)
{
	newreno_undo(tcb, now, cwnd, ssthresh);
	state(tcb)->w_max = state(tcb)->w_before;
}
