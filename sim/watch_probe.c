/* SPDX-License-Identifier: BSD-3-Clause */
/* Probes: of a closed window (RFC 9293 3.8.6.1), and whether the peer is still there (3.8.4). */
#include "watch_priv.h"

void
watch_probes_heard(struct watch *w, struct watch_flow *f, const struct seg *s, bool progress)
{
	bool closed = !seg_after(f->peer_edge, f->snd_una);

	/* An older segment says nothing of the window (SND.WL1). */
	closed |= f->closed && !progress && seg_after(f->closed_seq, s->seq);
	if (closed && (!f->closed || seg_after(s->seq, f->closed_seq)))
		f->closed_seq = s->seq;
	f->alive = false;
	f->asked = 0;
	if (progress || closed != f->closed) {
		f->probe_gap = 0;
		f->probe_at = w->now;
	}
	f->closed = closed;
}

/* MUST-27: only when nothing came for the idle time; unanswered, at the personality's interval and so often. */
static void
keepalive(struct watch *w, struct watch_flow *f, uint64_t since_heard, uint64_t since_probe, uint64_t slack)
{
	const struct mien_tcp_rule *r = watch_rule_of(w, f);

	if (f->asked == 0 && since_heard + slack < watch_ms(r->keepalive_idle_ms))
		watch_fail(w, f, WATCH_PROBE, "a keepalive after %llu ms", (unsigned long long)(since_heard / 1000000));
	else if (f->asked && since_probe + slack < watch_ms(r->keepalive_interval_ms))
		watch_fail(w, f, WATCH_PROBE, "keepalive number %u after %llu ms", f->asked + 1,
			(unsigned long long)(since_probe / 1000000));
	if (++f->asked > r->keepalive_count)
		watch_fail(w, f, WATCH_PROBE, "keepalive number %u of %u", f->asked, r->keepalive_count);
}

/* After a timeout at first, then each interval as long as the last at least, between the personality's bounds. */
static void
persist(struct watch *w, struct watch_flow *f, uint64_t gap, uint64_t slack)
{
	const struct mien_tcp_rule *r = watch_rule_of(w, f);

	if (gap + slack < watch_ms(r->persist_min_ms))
		watch_fail(w, f, WATCH_PROBE, "the closed window was probed after %llu ms", (unsigned long long)(gap / 1000000));
	else if (gap + gap / 100 + 2 * slack < f->probe_gap)
		watch_fail(w, f, WATCH_PROBE, "the closed window was probed after %llu ms, before after %llu ms",
			(unsigned long long)(gap / 1000000), (unsigned long long)(f->probe_gap / 1000000));
	f->probe_gap = gap;
}

void
watch_probe(struct watch *w, struct watch_flow *f, const struct seg *s)
{
	const struct mien_tcp_rule *r = watch_rule_of(w, f);
	uint64_t heard = w->now - f->got_at, gap = w->now - f->probe_at, slack = watch_tick(w, f) + watch_ms(1);
	bool old = s->seq == f->snd_una - 1 && s->len <= 1, next = s->len == 1 && s->seq == f->snd_una && f->closed;

	if (!(old || next) || s->flags & (SEG_FIN | SEG_SYN | SEG_RST))
		return;
	/* What came at this time may not have been looked at; what waits for an address comes when it is there. */
	if (f->got_at == w->now || f->heard_at == w->now || w->hosts[f->host].arp || w->hosts[f->host].woke_at == w->now) {
		f->probe_gap = 0;
	} else if (old && (!f->closed || f->alive || heard + slack >= watch_ms(r->keepalive_idle_ms))) {
		/* Idle for so long, a closed window is asked about as an open one. */
		keepalive(w, f, heard, gap, slack);
		f->alive = true;
		f->probe_gap = 0;
	} else {
		persist(w, f, gap, slack);
	}
	f->probe_at = w->now;
}
