/* SPDX-License-Identifier: BSD-3-Clause */
/* Explicit congestion notification: RFC 3168. */
#include "watch_priv.h"

#define ECN_SETUP (SEG_ECE | SEG_CWR)
#define CE 3
#define ECHOES 3 /* so many unanswered are too many */

/* 6.1.1: ECE and CWR in the SYN, ECE alone in its answer. */
bool
watch_ecn_agreed(const struct watch_flow *f)
{
	const struct watch_offer *syn = f->active ? &f->mine : &f->offer, *answer = f->active ? &f->offer : &f->mine;

	return (syn->flags & ECN_SETUP) == ECN_SETUP && (answer->flags & ECN_SETUP) == SEG_ECE;
}

void
watch_ecn_got(struct watch *w, struct watch_flow *f, const struct seg *s, bool taken)
{
	bool cwr = s->flags & SEG_CWR, ce = s->tos == CE;

	if (!f->ecn)
		return;
	if (cwr || ce)
		f->ce_at = w->now;
	/* 6.1.3: from CE until CWR, every ACK says so. What may have been refused changes it perhaps. */
	f->ce_surely = taken ? ce || (f->ce_surely && !cwr) : f->ce_surely && !cwr;
	f->ce_perhaps = ce || (f->ce_perhaps && !(taken && cwr));
	/* 6.1.2: once a window. The first ACKs behind a loss may belong to it: it was answered. */
	if (s->flags & SEG_ECE && taken && seg_after(s->ack, f->cwr_end) && seg_after(f->snd_max, s->ack) && !f->cwr_due &&
		++f->echoes >= ECHOES) {
		f->cwr_due = true;
		f->cwr_at = w->now;
	}
}

/* A byte where the window ends. */
static bool
is_window_probe(const struct watch_flow *f, const struct seg *s)
{
	return s->len == 1 && !seg_after(f->peer_edge, s->seq);
}

static void
check_mark(struct watch *w, struct watch_flow *f, const struct seg *s)
{
	if (s->tos == CE)
		watch_fail(w, f, WATCH_ECN, "congestion experienced before the path began");
	else if (!f->ecn)
		watch_fail(w, f, WATCH_ECN, "ECN-capable without agreement");
	else if (!s->len)
		watch_fail(w, f, WATCH_ECN, "ECN-capable without data"); /* 6.1.4 */
	else if (!seg_after(s->seq + s->len, f->snd_max))
		watch_fail(w, f, WATCH_ECN, "ECN-capable and sent before"); /* 6.1.5 */
	else if (is_window_probe(f, s))
		watch_fail(w, f, WATCH_ECN, "an ECN-capable probe"); /* 6.1.6 */
	w->stats.ect++;
}

static void
check_reaction(struct watch *w, struct watch_flow *f, const struct seg *s)
{
	bool fresh = s->len && seg_after(s->seq + s->len, f->snd_max);

	/* 6.1.6: neither the answer to congestion nor sent because of it. */
	if (is_window_probe(f, s)) {
		if (s->flags & SEG_CWR)
			watch_fail(w, f, WATCH_ECN, "CWR on a probe of the window");
		return;
	}
	if (s->flags & SEG_CWR || (s->len && !fresh)) {
		f->cwr_due = false;
		f->echoes = 0;
		f->cwr_end = f->snd_max;
	} else if (f->cwr_due && fresh && f->cwr_at < w->now && !w->hosts[f->host].arp) {
		watch_fail(w, f, WATCH_ECN, "no CWR on new bytes, %llu us behind ECE",
			(unsigned long long)((w->now - f->cwr_at) / 1000));
		f->cwr_due = false;
	}
}

/* A segment that is not a SYN's or a reset; in front of what is noted of its bytes. */
void
watch_ecn_sent(struct watch *w, struct watch_flow *f, const struct seg *s)
{
	bool ece = s->flags & SEG_ECE;

	if (s->tos)
		check_mark(w, f, s);
	if (!f->ecn && s->flags & ECN_SETUP)
		watch_fail(w, f, WATCH_ECN, "ECE or CWR without agreement");
	if (!f->ecn)
		return;
	check_reaction(w, f, s);
	/* In TIME-WAIT nothing is left to slow down. */
	if (f->ce_at == w->now || w->hosts[f->host].arp || !(s->flags & SEG_ACK) ||
		(f->fin_sent && f->fin_heard && f->snd_una == f->snd_max))
		return;
	if (ece && !f->ce_perhaps)
		watch_fail(w, f, WATCH_ECN, "ECE, and no congestion was experienced");
	else if (!ece && f->ce_surely)
		watch_fail(w, f, WATCH_ECN, "no ECE, %llu us behind what experienced congestion",
			(unsigned long long)((w->now - f->ce_at) / 1000));
}
