/* SPDX-License-Identifier: BSD-3-Clause */
#include "cc_hystart.h"

#include "send_parts.h"

/* RFC 9406 4.3. */
#define THRESH_LEAST_US 4000u
#define THRESH_MOST_US 16000u
#define THRESH_DIVISOR 8
#define SAMPLES 8
#define CSS_DIVISOR 4
#define CSS_ROUNDS 5
#define NONE UINT32_MAX

struct hystart {
	uint32_t end;		     /* SND.NXT when the round began */
	uint32_t last_min, this_min; /* us, of rounds */
	uint32_t baseline;	     /* us; 0: not in conservative slow start */
	uint8_t samples, css_rounds;
};
_Static_assert(sizeof(struct hystart) <= sizeof(((struct tcb *)0)->cc_priv), "the TCB does not grow");

static inline struct hystart *
state(struct tcb *tcb)
{
	return (struct hystart *)(void *)tcb->cc_priv;
}

void
hystart_begin(struct tcb *tcb)
{
	*state(tcb) = (struct hystart){.end = tcb->snd_nxt, .last_min = NONE, .this_min = NONE};
}

/* 4.2: does this round's shortest round trip say that a queue grows, or that it was none? */
static void
judge(struct hystart *h)
{
	uint32_t thresh;

	if (h->samples < SAMPLES || h->last_min == NONE)
		return;
	thresh = RTE_MIN(RTE_MAX(h->last_min / THRESH_DIVISOR, THRESH_LEAST_US), THRESH_MOST_US);
	if (h->baseline) {
		if (h->this_min < h->baseline)
			h->baseline = 0;
	} else if (h->this_min >= h->last_min + thresh) {
		h->baseline = h->this_min;
		h->css_rounds = 0;
	}
}

bool
hystart_acked(struct tcb *tcb, uint32_t bytes, uint32_t rtt_us)
{
	struct hystart *h = state(tcb);

	bytes = slow_start_bytes(tcb, bytes);
	tcb->cc.cwnd += h->baseline ? bytes / CSS_DIVISOR : bytes;
	if (rtt_us) {
		h->this_min = RTE_MIN(h->this_min, rtt_us);
		h->samples = (uint8_t)RTE_MIN(h->samples + 1, SAMPLES);
		judge(h);
	}
	if (seq_lt(tcb->snd_una, h->end))
		return false;
	if (h->baseline && ++h->css_rounds >= CSS_ROUNDS) {
		tcb->cc.ssthresh = tcb->cc.cwnd;
		return true;
	}
	h->end = tcb->snd_nxt;
	h->last_min = h->this_min;
	h->this_min = NONE;
	h->samples = 0;
	return false;
}
