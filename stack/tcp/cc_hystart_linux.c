/* SPDX-License-Identifier: BSD-3-Clause */
#include "cc_hystart.h"

#include "send_parts.h"

/* Linux net/ipv4/tcp_cubic.c: its defaults. */
#define CLOSE_US 2000u
#define TRAIN_SLACK_US 1000u /* of senders that hand down many segments at once */
#define THRESH_LEAST_US 4000u
#define THRESH_MOST_US 16000u
#define THRESH_DIVISOR 8
#define SAMPLES 8
#define NONE UINT32_MAX

struct hystart {
	uint32_t end;		       /* SND.NXT when the round began */
	uint32_t round_began, last_ack; /* us, modulo 2^32 */
	uint32_t least, this_min;      /* us, of all round trips and of this round's first */
	uint8_t samples;
};
_Static_assert(sizeof(struct hystart) <= sizeof(((struct tcb *)0)->cc_priv), "the TCB does not grow");

static inline struct hystart *
state(struct tcb *tcb)
{
	return (struct hystart *)(void *)tcb->cc_priv;
}

static void
round_begin(const struct tcb *tcb, struct hystart *h, uint32_t at)
{
	h->end = tcb->snd_nxt;
	h->round_began = h->last_ack = at;
	h->this_min = NONE;
	h->samples = 0;
}

void
hystart_linux_begin(struct tcb *tcb, uint64_t now)
{
	state(tcb)->least = NONE;
	round_begin(tcb, state(tcb), (uint32_t)(now / 1000));
}

/* The window's ACKs follow each other for so long that it fills half of the path. */
static bool
train_is_long(struct hystart *h, uint32_t at)
{
	if (at - h->last_ack > CLOSE_US)
		return false;
	h->last_ack = at;
	return at - h->round_began > (h->least + TRAIN_SLACK_US) / 2;
}

static bool
trips_grow(struct hystart *h, uint32_t rtt_us)
{
	uint32_t thresh = RTE_MIN(RTE_MAX(h->least / THRESH_DIVISOR, THRESH_LEAST_US), THRESH_MOST_US);

	h->this_min = RTE_MIN(h->this_min, rtt_us);
	if (h->samples < SAMPLES) {
		h->samples++;
		return false;
	}
	return h->this_min > h->least + thresh;
}

bool
hystart_linux_acked(struct tcb *tcb, uint64_t now, uint32_t bytes, uint32_t rtt_us)
{
	struct hystart *h = state(tcb);
	uint32_t at = (uint32_t)(now / 1000);
	bool full = false, large = tcb->cc.cwnd >= HYSTART_LINUX_LEAST * (uint32_t)tcb->mss;

	if (rtt_us) {
		h->least = RTE_MIN(h->least, rtt_us);
		if (seq_gt(tcb->snd_una, h->end) && (large || tcb->p->tcp.hystart != MIEN_HYSTART_LATE))
			round_begin(tcb, h, at);
		if (large) {
			full = train_is_long(h, at);
			full |= trips_grow(h, rtt_us);
		}
	}
	if (full)
		tcb->cc.ssthresh = tcb->cc.cwnd;
	else
		tcb->cc.cwnd += bytes;
	return full;
}
