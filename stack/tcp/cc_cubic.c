/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * CUBIC (RFC 9438): C 0.4, beta 0.7, with fast convergence. An epoch begins with the first ACK of congestion
 * avoidance after a loss; slow start is NewReno's, or HyStart++.
 */
#include "cc_cubic.h"

#include "cc_hystart.h"
#include "cc_newreno.h"
#include "send_parts.h"

#define NO_EPOCH INT32_MIN
#define UNKNOWN UINT32_MAX
#define LINUX_LOOK 32 /* 1/1024 s between two looks at what Reno would have, while cwnd stays as it is */
#define STEPS 16 /* cwnd grows so often in a window: what one ACK adds may be less than a byte */
#define WINDOW_MAX (1u << 30)
#define OFFSET_MAX (1 << 19) /* 512 s: farther than K of 1 GiB in the smallest segments */

/* tcb.cc_priv; bytes, 1/1024 s. cwnd_prior is ssthresh / beta and is not kept. */
struct cubic {
	uint32_t w_max;	   /* 0: none, before the first loss and after a timeout */
	uint32_t w_before; /* W_max before the last loss, for its undo; UNKNOWN: the epoch began without a W_max */
	union {
		uint32_t w_est; /* what Reno would have */
		struct {	/* as Linux, in segments */
			uint16_t acks; /* towards Reno's next one */
			int16_t lead;  /* by how many Reno's window is larger than cwnd */
		};
	};
	int32_t k;	   /* below 0: the epoch began past the plateau; NO_EPOCH */
	uint32_t epoch;	   /* modulo 2^32, as is last */
	uint32_t last;	   /* when cwnd was allowed to grow, or as Linux: was found to be no less than Reno's */
};
_Static_assert(sizeof(struct cubic) <= sizeof(((struct tcb *)0)->cc_priv), "the control block does not grow");
_Static_assert(_Alignof(struct cubic) <= _Alignof(uint64_t), "cc_priv holds it");

static inline struct cubic *
state(struct tcb *tcb)
{
	return (struct cubic *)(void *)tcb->cc_priv;
}

static inline uint32_t
ticks(uint64_t now)
{
	return (uint32_t)(now * 2 / 1953125);
}

static inline uint32_t
ticks_of_us(uint32_t us)
{
	return (uint32_t)((uint64_t)us * 16 / 15625);
}

/* Beta. */
static inline uint32_t
reduced(uint32_t bytes)
{
	return (uint32_t)((uint64_t)bytes * 7 / 10);
}

/* Floor of the cube root, a bit of it at a time. */
static uint32_t
cube_root(uint64_t x)
{
	uint64_t root = 0, b;

	for (int s = 63; s >= 0; s -= 3) {
		root *= 2;
		b = 3 * root * (root + 1) + 1;
		if (x >> s >= b) {
			x -= b << s;
			root++;
		}
	}
	return (uint32_t)root;
}

/* cbrt(below / mss / C) s; C is 2/5, a second 2^10. */
uint32_t
cubic_k(uint32_t below, uint16_t mss)
{
	return cube_root(((uint64_t)below * 5 << 29) / mss);
}

/* C * offset^3 + W_max: offset^3 has up to 57 bits, of which 12 are worth less than a byte. */
uint32_t
cubic_window(uint32_t w_max, uint16_t mss, int32_t offset)
{
	uint64_t u = (uint64_t)RTE_MIN(offset < 0 ? -(int64_t)offset : (int64_t)offset, (int64_t)OFFSET_MAX);
	uint64_t bytes = ((u * u * u) >> 12) * (2u * mss) / (UINT64_C(5) << 18);

	if (offset < 0)
		return bytes < w_max ? w_max - (uint32_t)bytes : 0;
	return (uint32_t)RTE_MIN(w_max + bytes, (uint64_t)RTE_MAX(w_max, WINDOW_MAX));
}

static inline bool
as_linux(const struct tcb *tcb)
{
	return tcb->cc_kind == MIEN_CC_CUBIC_LINUX;
}

/* Slow start before any loss: cc_priv is HyStart's. */
static inline bool
first_slow_start(const struct tcb *tcb)
{
	return tcb->cc.ssthresh == UINT32_MAX && (tcb->p->tcp.hystart || as_linux(tcb));
}

static void
slow_start_begin(struct tcb *tcb, uint64_t now)
{
	if (as_linux(tcb))
		hystart_linux_begin(tcb, now);
	else
		hystart_begin(tcb);
}

static bool
slow_start_acked(struct tcb *tcb, uint64_t now, uint32_t bytes, uint32_t rtt_us)
{
	return as_linux(tcb) ? hystart_linux_acked(tcb, now, bytes, rtt_us) : hystart_acked(tcb, bytes, rtt_us);
}

static void
forget(struct tcb *tcb)
{
	*state(tcb) = (struct cubic){.k = NO_EPOCH};
}

void
cubic_init(struct tcb *tcb, uint64_t now)
{
	newreno_init(tcb, now);
	forget(tcb);
	if (first_slow_start(tcb))
		slow_start_begin(tcb, now);
}

/* 4.2: the curve goes through cwnd now. */
static void
epoch_begin(struct tcb *tcb, struct cubic *c, uint32_t at)
{
	uint32_t cwnd = tcb->cc.cwnd;

	if (cwnd < c->w_max) {
		c->k = (int32_t)cubic_k(c->w_max - cwnd, tcb->mss);
	} else {
		c->k = 0;
		if (c->w_max == 0)
			c->w_before = UNKNOWN;
		c->w_max = cwnd;
	}
	c->epoch = c->last = at;
	c->w_est = as_linux(tcb) ? 0 : cwnd;
	tcb->cc.acked = 0;
}

/* 4.2, 5.8: time in which nothing held cwnd back, or nothing was sent, does not count. */
static void
epoch_shift(const struct tcb *tcb, struct cubic *c, uint32_t at)
{
	uint32_t rtt = ticks_of_us(tcb->rtt.srtt_us), gap = at - c->last;

	if (gap <= 2 * rtt + 2 || as_linux(tcb))
		return;
	c->epoch += gap - rtt;
	c->last = at;
}

/* Linux does so for what was idle alone, from the last transmission on: a round trip before the last ACK. */
void
cubic_linux_restart(struct tcb *tcb, uint64_t now)
{
	struct cubic *c = state(tcb);
	uint32_t at = ticks(now), gap = ticks(now - tcb->rtx_since) + ticks_of_us(tcb->rtt.srtt_us);

	if (c->k != NO_EPOCH)
		c->epoch = at - c->epoch > gap ? c->epoch + gap : at;
}

/* 4.3: alpha_cubic = 3 (1 - beta) / (1 + beta) = 9/17 segments a window, 1 from cwnd_prior on. */
static void
reno_acked(const struct tcb *tcb, struct cubic *c, uint32_t bytes)
{
	uint64_t gain = (uint64_t)bytes * tcb->mss, window = tcb->cc.cwnd;

	if (reduced(c->w_est) < tcb->cc.ssthresh) {
		gain *= 9;
		window *= 17;
	}
	c->w_est += (uint32_t)((gain + window / 2) / window);
}

/* 4.4, 4.5: towards where the curve is one round trip from now, at most half as much again in one. */
static void
grow(struct tcb *tcb, const struct cubic *c, uint32_t at, uint32_t bytes)
{
	struct cc_state *s = &tcb->cc;
	uint32_t t = RTE_MIN(at - c->epoch, (uint32_t)INT32_MAX / 4), rtt = ticks_of_us(tcb->rtt.srtt_us), target;

	if (cubic_window(c->w_max, tcb->mss, (int32_t)t - c->k) < c->w_est) {
		s->cwnd = RTE_MAX(s->cwnd, c->w_est);
		return;
	}
	target = cubic_window(c->w_max, tcb->mss, (int32_t)(t + rtt) - c->k);
	target = RTE_MIN(target, s->cwnd + s->cwnd / 2);
	if (target > s->cwnd)
		s->cwnd += (uint32_t)((uint64_t)bytes * (target - s->cwnd) / s->cwnd);
}

/* Where the curve is one round trip from now: the way to the plateau, not the place, is rounded down. */
static uint32_t
linux_target(const struct tcb *tcb, const struct cubic *c, uint32_t at)
{
	uint32_t us = tcb->rtt.min_us == RTT_MIN_NONE ? tcb->rtt.srtt_us : tcb->rtt.min_us,
		 t = RTE_MIN(at - c->epoch + ticks_of_us(us), (uint32_t)INT32_MAX / 4), origin = c->w_max / tcb->mss;
	int32_t offset = (int32_t)t - c->k;
	uint32_t way = cubic_window(0, tcb->mss, offset < 0 ? -offset : offset) / tcb->mss;

	if (offset >= 0)
		return origin + way;
	return way < origin ? origin - way : 0;
}

/*
 * RFC 8312 4.2: 9/17 of a segment a window, whatever the window; Linux counts ACKs for what is a segment's worth of them
 * by now. Gives the lead.
 */
static uint32_t
linux_lead(const struct tcb *tcb, struct cubic *c)
{
	uint32_t enough = RTE_MAX(tcb->cc.cwnd / tcb->mss * 15 / 8, 1u), n = c->acks > enough ? (c->acks - 1u) / enough : 0;

	c->acks = (uint16_t)(c->acks - n * enough);
	c->lead = (int16_t)RTE_MIN(c->lead + (int32_t)n, (int32_t)INT16_MAX);
	return c->lead > 0 ? (uint32_t)c->lead : 0;
}

/* cwnd grows by a segment for so many. Where no loss told W_max yet, by a twentieth at least. */
static uint32_t
linux_count(const struct tcb *tcb, struct cubic *c, uint32_t at)
{
	uint32_t cwnd = tcb->cc.cwnd / tcb->mss, target = linux_target(tcb, c, at),
		 lead = at - c->last >= LINUX_LOOK ? linux_lead(tcb, c) : 0,
		 count = target > cwnd ? cwnd / (target - cwnd) : 100 * cwnd;

	if (c->w_before == UNKNOWN)
		count = RTE_MIN(count, 20u);
	if (lead)
		count = RTE_MIN(count, cwnd / lead);
	return RTE_MAX(count, 2u);
}

/* In whole segments; what was acknowledged while growth was slower counts for one. */
static void
linux_grow(struct tcb *tcb, struct cubic *c, uint32_t at, uint32_t bytes)
{
	struct cc_state *s = &tcb->cc;
	uint64_t enough = (uint64_t)linux_count(tcb, c, at) * tcb->mss, acked = s->acked;
	uint32_t before = s->cwnd;

	if (acked >= enough) {
		acked = 0;
		s->cwnd += tcb->mss;
	}
	acked += bytes;
	s->cwnd += (uint32_t)(acked / enough) * tcb->mss;
	s->acked = (uint32_t)(acked % enough);
	if (s->cwnd != before) {
		c->lead = (int16_t)RTE_MAX(c->lead - (int32_t)((s->cwnd - before) / tcb->mss), (int32_t)INT16_MIN);
		c->last = at - LINUX_LOOK;
	} else if (at - c->last >= LINUX_LOOK && c->lead <= 0) {
		c->last = at;
	}
}

void
cubic_acked(struct tcb *tcb, uint64_t now, uint32_t bytes, uint32_t rtt_us)
{
	struct cubic *c = state(tcb);
	struct cc_state *s = &tcb->cc;
	uint32_t at;

	if (first_slow_start(tcb)) {
		if (!slow_start_acked(tcb, now, bytes, rtt_us))
			return;
		forget(tcb);
		if (!as_linux(tcb))
			return;
	}
	if (bytes == 0)
		return;
	if (s->cwnd < s->ssthresh) {
		newreno_acked(tcb, now, bytes, rtt_us);
		return;
	}
	at = ticks(now);
	if (c->k == NO_EPOCH)
		epoch_begin(tcb, c, at);
	else
		epoch_shift(tcb, c, at);
	bytes = RTE_MIN(bytes, s->cwnd);
	if (as_linux(tcb)) {
		c->acks = (uint16_t)RTE_MIN(c->acks + (bytes + tcb->mss - 1) / tcb->mss, (uint32_t)UINT16_MAX);
		linux_grow(tcb, c, at, bytes);
		return;
	}
	c->last = at;
	s->acked += bytes;
	if (s->acked < s->cwnd / STEPS)
		return;
	reno_acked(tcb, c, s->acked);
	grow(tcb, c, at, s->acked);
	s->acked = 0;
}

/*
 * 4.6: what was sent, not what limited transmit added; that is all of cwnd when no further segment fitted. Linux takes
 * what might have been, and counts whole segments.
 */
static uint32_t
threshold(const struct tcb *tcb, uint32_t in_flight)
{
	uint32_t cwnd = tcb->cc.cwnd;

	if (as_linux(tcb))
		return RTE_MAX(cwnd / tcb->mss * 717 / 1024, 2u) * tcb->mss;
	return RTE_MAX(reduced(in_flight + tcb->mss > cwnd ? cwnd : in_flight), 2u * tcb->mss);
}

/* 4.7: a flow that did not get back to its W_max makes room for others. */
static uint32_t
last_max(const struct tcb *tcb, uint32_t w_max)
{
	uint32_t cwnd = tcb->cc.cwnd, segments = cwnd / tcb->mss;

	if (as_linux(tcb))
		return (segments < w_max / tcb->mss ? segments * 1741 / 2048 : segments) * tcb->mss;
	return cwnd < w_max ? (uint32_t)((uint64_t)cwnd * 17 / 20) : cwnd;
}

void
cubic_loss(struct tcb *tcb, uint64_t now, uint32_t in_flight)
{
	struct cubic *c = state(tcb);

	if (first_slow_start(tcb))
		forget(tcb);
	c->w_before = c->w_max;
	c->w_max = last_max(tcb, c->w_max);
	c->k = NO_EPOCH;
	tcb->cc.cwnd = tcb->cc.ssthresh = threshold(tcb, in_flight);
	tcb->cc.acked = 0;
}

/* 4.8: the next epoch begins on its own plateau. */
void
cubic_timeout(struct tcb *tcb, uint64_t now, uint32_t in_flight)
{
	struct cubic *c = state(tcb);

	if (first_slow_start(tcb))
		forget(tcb);
	if (c->w_max)
		c->w_before = c->w_max;
	c->w_max = 0;
	c->k = NO_EPOCH;
	tcb->cc.ssthresh = threshold(tcb, in_flight);
	tcb->cc.cwnd = tcb->mss;
	tcb->cc.acked = 0;
}

/* 4.9: the curve from before, entered where cwnd was on it. */
void
cubic_undo(struct tcb *tcb, uint64_t now, uint32_t cwnd, uint32_t ssthresh)
{
	struct cubic *c = state(tcb);
	uint32_t w_max = c->w_before;

	tcb->cc.cwnd = RTE_MAX(tcb->cc.cwnd, cwnd);
	tcb->cc.ssthresh = ssthresh;
	c->w_max = w_max;
	c->k = NO_EPOCH;
	if (first_slow_start(tcb)) {
		slow_start_begin(tcb, now);
		return;
	}
	if (w_max == 0 || tcb->cc.cwnd < tcb->cc.ssthresh)
		return;
	epoch_begin(tcb, c, ticks(now));
	if (c->w_max > w_max) {
		c->k = -(int32_t)cubic_k(c->w_max - w_max, tcb->mss);
		c->w_max = w_max;
	}
}

/* A smaller window slow-starts back to ssthresh and begins an epoch there. */
void
cubic_idle(struct tcb *tcb, uint64_t now)
{
	uint32_t cwnd = tcb->cc.cwnd;

	newreno_idle(tcb, now);
	if (first_slow_start(tcb))
		slow_start_begin(tcb, now);
	else if (tcb->cc.cwnd != cwnd)
		state(tcb)->k = NO_EPOCH;
}
