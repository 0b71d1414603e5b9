/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Compound TCP (draft-sridharan-tcpm-ctcp-02): to Reno's window a delay window is added that grows fast while round
 * trips say that no queue stands, and goes as one does. tcb.cc.cwnd is the sum of both; alpha 1/8, k 3/4, beta 1/2,
 * gamma 30 segments.
 */
#include "cc_ctcp.h"

#include "cc_newreno.h"
#include "send_parts.h"

#define GAMMA 30 /* segments of queue */
#define SAMPLES_MAX 1024

/* tcb.cc_priv; bytes, us */
struct ctcp {
	uint32_t dwnd;
	uint32_t base_us;   /* the shortest round trip ever; 0: none */
	uint32_t end;	    /* SND.NXT when this round began */
	uint32_t sum_us, n; /* round trips of this round */
	uint32_t before;    /* dwnd before the last loss, for its undo */
};
_Static_assert(sizeof(struct ctcp) <= sizeof(((struct tcb *)0)->cc_priv), "the control block does not grow");

static inline struct ctcp *
state(struct tcb *tcb)
{
	return (struct ctcp *)(void *)tcb->cc_priv;
}

/* Floor of the square root. */
static uint64_t
root(uint64_t x)
{
	uint64_t r = 0;

	for (uint64_t b = UINT64_C(1) << 62; b; b >>= 2) {
		if (x >= r + b) {
			x -= r + b;
			r += 2 * b;
		}
		r >>= 1;
	}
	return r;
}

/* alpha * win^k - 1 segments: mss / 8 * (win / mss)^(3/4). */
uint32_t
ctcp_gain(uint32_t win, uint16_t mss)
{
	uint64_t gain = root((uint64_t)win * root((uint64_t)win * mss)) / 8;

	return gain > mss ? (uint32_t)gain - mss : 0;
}

static void
round_begin(const struct tcb *tcb, struct ctcp *c)
{
	c->end = tcb->snd_nxt;
	c->sum_us = c->n = 0;
}

void
ctcp_init(struct tcb *tcb, uint64_t now)
{
	newreno_init(tcb, now);
	*state(tcb) = (struct ctcp){.end = tcb->snd_nxt};
}

/* Once a round: diff is what this flow has standing in queues. */
static void
round_over(struct tcb *tcb, struct ctcp *c)
{
	uint32_t win = tcb->cc.cwnd, rtt = c->sum_us / c->n, diff, less;

	diff = (uint32_t)((uint64_t)win * (rtt - RTE_MIN(c->base_us, rtt)) / rtt);
	if (diff < GAMMA * (uint32_t)tcb->mss) {
		c->dwnd += ctcp_gain(win, tcb->mss);
		tcb->cc.cwnd += ctcp_gain(win, tcb->mss);
		return;
	}
	less = RTE_MIN(diff, c->dwnd);
	c->dwnd -= less;
	tcb->cc.cwnd -= less;
}

static void
sample(struct ctcp *c, uint32_t rtt_us)
{
	c->base_us = c->base_us ? RTE_MIN(c->base_us, rtt_us) : rtt_us;
	if (c->n < SAMPLES_MAX && c->sum_us + rtt_us > c->sum_us) {
		c->sum_us += rtt_us;
		c->n++;
	}
}

void
ctcp_acked(struct tcb *tcb, uint64_t now, uint32_t bytes, uint32_t rtt_us)
{
	struct ctcp *c = state(tcb);
	bool avoids = tcb->cc.cwnd >= tcb->cc.ssthresh;

	if (rtt_us)
		sample(c, rtt_us);
	newreno_acked(tcb, now, bytes, rtt_us);
	if (seq_lt(tcb->snd_una, c->end))
		return;
	if (avoids && c->n)
		round_over(tcb, c);
	round_begin(tcb, c);
}

/* Both windows are halved. */
void
ctcp_loss(struct tcb *tcb, uint64_t now, uint32_t in_flight)
{
	struct ctcp *c = state(tcb);

	c->before = c->dwnd;
	newreno_loss(tcb, now, in_flight);
	c->dwnd = RTE_MIN(c->dwnd / 2, tcb->cc.cwnd);
	round_begin(tcb, c);
}

void
ctcp_timeout(struct tcb *tcb, uint64_t now, uint32_t in_flight)
{
	struct ctcp *c = state(tcb);

	c->before = c->dwnd;
	newreno_timeout(tcb, now, in_flight);
	c->dwnd = 0;
	round_begin(tcb, c);
}

void
ctcp_undo(struct tcb *tcb, uint64_t now, uint32_t cwnd, uint32_t ssthresh)
{
	newreno_undo(tcb, now, cwnd, ssthresh);
	state(tcb)->dwnd = RTE_MIN(state(tcb)->before, tcb->cc.cwnd);
}

void
ctcp_idle(struct tcb *tcb, uint64_t now)
{
	struct ctcp *c = state(tcb);

	newreno_idle(tcb, now);
	c->dwnd = RTE_MIN(c->dwnd, tcb->cc.cwnd);
	round_begin(tcb, c);
}
