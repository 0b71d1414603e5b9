/* SPDX-License-Identifier: BSD-3-Clause */
/* What a host has heard, and what it owes for it. */
#include <stdlib.h>
#include <string.h>

#include "watch_priv.h"

/* Segments below this are not full, whatever the largest so far: a peer may just begin with short ones. */
#define MSS_DEFAULT 536u

void
watch_take_offer(struct watch_offer *o, const struct seg *s)
{
	*o = (struct watch_offer){.seq = s->seq, .tsval = s->tsval, .ts_most = s->tsval, .mss = s->options & SEG_O_MSS ? s->mss : 0,
		.window = s->window, .options = s->options, .wscale = s->wscale, .flags = s->flags, .fo_len = s->fo_len,
		.len = (uint16_t)s->len, .there = true};
	memcpy(o->fo, s->fo, s->fo_len);
}

static uint8_t
shift_of(const struct watch_offer *o)
{
	return o->wscale > 14 ? 14 : o->wscale; /* RFC 7323 2.3 */
}

void
watch_open(struct watch *w, struct watch_flow *f, uint32_t irs)
{
	uint8_t both = f->mine.options & f->offer.options;

	f->known = true;
	f->irs = irs;
	f->rcv_nxt = f->last_ack = irs + 1;
	f->snd_una = f->una_least = f->iss;
	f->peer_edge = f->iss + 1 + f->offer.window;
	f->peer_window = f->offer.window;
	f->edge = irs + 1 + f->mine.window;
	f->my_mss = f->mine.mss && f->mine.mss < MSS_DEFAULT ? f->mine.mss : MSS_DEFAULT;
	f->peer_mss = f->offer.mss ? f->offer.mss : watch_rule_of(w, f)->mss_default;
	f->ecn = watch_ecn_agreed(f);
	f->cwr_end = f->iss;
	f->ts = both & SEG_O_TS;
	f->sack = both & SEG_O_SACKOK;
	if (both & SEG_O_WSCALE) {
		f->my_shift = shift_of(&f->mine);
		f->peer_shift = shift_of(&f->offer);
	}
	f->ts_recent = f->ts_echoed = f->offer.tsval;
	watch_offered_stamps(w, f);
	f->una_at = f->head_at = f->heard_at = f->got_at = f->probe_at = w->now;
	f->closed = !f->offer.window;
}

/* f->offer gives way to another SYN's. */
static void
put_aside(const struct watch *w, struct watch_flow *f)
{
	struct watch_offers *all = f->offers;
	bool waits = w->hosts[f->host].arp;

	if (!f->offer.there || (f->offer_at != w->now && !waits))
		return;
	if (!all)
		all = f->offers = calloc(1, sizeof(*all));
	if (!all)
		return;
	if (all->at != w->now && !waits)
		all->n = 0;
	all->at = w->now;
	all->o[all->n++ % WATCH_OFFERS] = f->offer;
}

bool
watch_find_offer(const struct watch *w, struct watch_flow *f, uint32_t ack)
{
	struct watch_offers *all = f->offers;
	uint32_t n = all && (all->at == w->now || w->hosts[f->host].arp) ? all->n : 0;

	for (uint32_t i = 0; i < n && i < WATCH_OFFERS; i++) {
		struct watch_offer *o = &all->o[i], last = f->offer;

		if (seg_after(o->seq + 1, ack) || seg_after(ack, o->seq + 1 + o->len))
			continue;
		f->offer = *o;
		*o = last;
		return true;
	}
	return false;
}

/*
 * A SYN that comes again is without data and cookie, perhaps without ECN and other options, and has a stamp of its own:
 * the first one may be answered still. What was agreed is what the SYN-ACK takes of all that was offered.
 */
static void
hear_offer(const struct watch *w, struct watch_flow *f, const struct seg *s)
{
	struct watch_offer before;
	uint8_t left_out;

	if (f->offer.seq != s->seq && !watch_find_offer(w, f, s->seq + 1))
		put_aside(w, f);
	before = f->offer;
	watch_take_offer(&f->offer, s);
	f->offer_at = w->now;
	if (!before.there || before.seq != s->seq)
		return;
	left_out = before.options & (uint8_t)~s->options;
	f->offer.options |= left_out & (SEG_O_MSS | SEG_O_WSCALE | SEG_O_SACKOK | SEG_O_TS);
	f->offer.flags |= before.flags;
	if (left_out & SEG_O_WSCALE)
		f->offer.wscale = before.wscale;
	if (before.mss > f->offer.mss)
		f->offer.mss = before.mss;
	if (left_out & SEG_O_TS) {
		f->offer.tsval = before.tsval;
		f->offer.ts_most = before.ts_most;
	} else if (s->options & before.options & SEG_O_TS) {
		f->offer.tsval = seg_after(s->tsval, before.tsval) ? before.tsval : s->tsval;
		f->offer.ts_most = seg_after(s->tsval, before.ts_most) ? s->tsval : before.ts_most;
	}
	f->offer.len = before.len > f->offer.len ? before.len : f->offer.len;
	if (before.options & SEG_O_FO && !(s->options & SEG_O_FO)) {
		f->offer.options |= before.options & (SEG_O_FO | SEG_O_FO_EXP);
		f->offer.fo_len = before.fo_len;
		memcpy(f->offer.fo, before.fo, before.fo_len);
	}
}

/* The SYN-ACK of an active open, or the SYN that crosses one's own. */
static void
hear_syn(struct watch *w, struct watch_flow *f, const struct seg *s)
{
	hear_offer(w, f, s);
	if (f->known || !f->syn_sent || !(s->flags & SEG_ACK) || seg_after(f->iss + 1, s->ack) || seg_after(s->ack, f->snd_max))
		return;
	watch_open(w, f, s->seq);
	f->snd_una = s->ack;
	if (w->hosts[f->host].fo_client)
		watch_fo_answer(w, f, s);
}

static void
hear_reset(struct watch_flow *f, const struct seg *s)
{
	/* It may be refused or challenged (RFC 5961 3.2): that is the host's to say. Nothing is owed for it. */
	if (!f->known || !seg_after(f->rcv_nxt, s->seq + (1u << 30)))
		f->dead = true;
}

/* Whether RFC 9293 and 7323 let the segment in; only what certainly is let in is owed something. */
static bool
is_acceptable(const struct watch_flow *f, const struct seg *s)
{
	if (!f->open || !(s->flags & SEG_ACK) || s->flags & (SEG_SYN | SEG_RST | SEG_URG))
		return false;
	if (f->ts && (!(s->options & SEG_O_TS) || seg_after(f->ts_recent, s->tsval)))
		return false;
	if (seg_after(s->ack, f->snd_max) || seg_after(f->iss + 1, s->ack))
		return false;
	return !seg_after(s->seq + s->len + !!(s->flags & SEG_FIN), f->edge) && !f->fin_sent;
}

/* PAWS (RFC 7323 5.3), and acknowledgments from nowhere (RFC 9293 3.10.7.4, RFC 5961 5.2) where SND.UNA is una. */
static bool
is_dropped_at(const struct watch *w, const struct watch_flow *f, const struct seg *s, uint32_t una)
{
	uint32_t oldest = f->ts_recent_at == w->now ? f->ts_before : f->ts_recent;

	if (f->ts && s->options & SEG_O_TS && seg_after(oldest, s->tsval))
		return true;
	if (seg_after(una - f->peer_window, s->ack) && watch_rule_of(w, f)->challenge_ack)
		return true;
	return seg_after(s->ack, f->snd_max);
}

/* What may have been let go; what surely was. */
static bool
may_drop(const struct watch *w, const struct watch_flow *f, const struct seg *s)
{
	return is_dropped_at(w, f, s, f->snd_una);
}

static bool
is_dropped(const struct watch *w, const struct watch_flow *f, const struct seg *s)
{
	return is_dropped_at(w, f, s, f->una_least);
}

/* Whether an ACK is looked at: the segment is in the window, also for a host that is behind what came. */
static bool
takes_ack(const struct watch_flow *f, const struct seg *s)
{
	uint32_t end = seg_end(s);

	if (f->ts && (!(s->options & SEG_O_TS) || seg_after(watch_latest_stamp(f), s->tsval)))
		return false;
	return s->seq == f->rcv_nxt || (seg_after(end, f->rcv_nxt) && seg_after(f->edge, s->seq));
}

/* Bytes behind the peer's FIN, of an accident of numbers: they are nobody's. */
static bool
is_behind_fin(const struct watch_flow *f, const struct seg *s)
{
	return f->fin_heard && s->len && seg_after(s->seq + s->len, f->fin_came);
}

/* RFC 7323 4.3 (2), behind 5.3's R1 and R2. */
static void
hear_timestamp(const struct watch *w, struct watch_flow *f, const struct seg *s)
{
	uint32_t end = seg_end(s);
	bool old = end != s->seq ? !seg_after(end, f->rcv_nxt) : seg_after(f->rcv_nxt, s->seq);
	bool dropped;

	if (!f->ts || !(s->options & SEG_O_TS))
		return;
	if (f->ts_recent_at != w->now)
		f->ts_before = f->ts_recent;
	f->ts_recent_at = w->now;
	/* Out of order, a FIN, or perhaps too old for PAWS: answered at once. */
	if (old || s->flags & SEG_FIN || seg_after(s->seq, f->rcv_nxt) || seg_after(watch_latest_stamp(f), s->tsval))
		f->prompt_at = w->now;
	if (seg_after(f->ts_recent, s->tsval) || seg_after(s->seq, f->edge))
		return;
	if (old && !(f->pulled && seg_after(end, f->last_ack)))
		return;
	/* What is refused for its ACK has had its timestamp looked at (RFC 7323 4.3, in front of 3.10.7.4's fifth step). */
	dropped = may_drop(w, f, s) || is_behind_fin(f, s);
	if (dropped || (f->ooo && (f->ooo->n || f->ooo->full)))
		f->prompt_at = w->now;
	/* Answers that waited for an address in vain were not seen; where gaps are not all known, none may be in front. */
	if ((f->prompt_at == w->now || w->hosts[f->host].arp) &&
		(!seg_after(s->seq, f->rcv_nxt) || (f->ooo && f->ooo->full))) {
		/* What came before, and was perhaps taken, stays perhaps. */
		if (!f->ts_open || seg_after(s->tsval, f->ts_most))
			f->ts_most = s->tsval;
		f->ts_open_at = w->now;
		f->ts_open = true;
	}
	if (!old && !dropped && !seg_after(s->seq, f->last_ack))
		f->ts_recent = s->tsval;
}

static void
hear_ack(struct watch *w, struct watch_flow *f, const struct seg *s)
{
	uint32_t edge = s->ack + ((uint32_t)s->window << f->peer_shift);
	bool progress = seg_after(s->ack, f->snd_una);

	if (seg_after(s->ack, f->snd_max) || seg_after(f->iss, s->ack))
		return;
	f->heard_at = w->now;
	if (seg_after(s->ack, f->snd_una)) {
		f->acked += s->ack - f->snd_una;
		f->snd_una = s->ack;
		f->una_at = f->head_at = w->now;
		f->run = f->tries = 0;
		f->tlp_used = false;
	} else if (s->ack == f->snd_una) {
		f->dup_acks++;
	}
	if (seg_after(s->ack, f->una_least) && takes_ack(f, s))
		f->una_least = s->ack;
	/* Bytes SACKed let cwnd grow as those acknowledged do, and are not in flight. */
	for (unsigned i = 0; i < s->n_sack; i++)
		f->acked += 2 * (s->sack[i][1] - s->sack[i][0] < f->peer_window ? s->sack[i][1] - s->sack[i][0] : 0);
	if (seg_after(edge, f->peer_edge))
		f->peer_edge = edge;
	if (edge - s->ack > f->peer_window)
		f->peer_window = edge - s->ack;
	watch_probes_heard(w, f, s, progress);
}

/* An ACK is due for all up to `end` by the delay that the personality keeps. */
static void
owe_later(struct watch *w, struct watch_flow *f, uint32_t end)
{
	const struct mien_tcp_rule *r = watch_rule_of(w, f);
	uint32_t tick = r->delack_tick_ms ? r->delack_tick_ms : r->tick_ms;
	uint32_t most = r->delack_most_ms > r->delack_ms ? r->delack_most_ms : r->delack_ms;

	if (f->by_at != WATCH_NEVER)
		return;
	f->by_ack = end;
	f->by_at = w->now + watch_ms(most + tick) + 1000000;
	if (most + tick > 500)
		w->stats.habits[WATCH_H_DELACK]++;
}

static void
owe(struct watch *w, struct watch_flow *f, const struct seg *s, bool gap_before)
{
	const struct mien_tcp_rule *r = watch_rule_of(w, f);
	uint32_t end = seg_end(s), every = r->delack_segments > 2 ? r->delack_segments : 2;
	uint32_t full = f->rcv_mss > f->my_mss ? f->rcv_mss : f->my_mss;

	if (seg_after(s->seq, f->last_ack) && seg_after(s->seq, f->rcv_nxt)) {
		if (f->ooo && f->ooo->full)
			return; /* it may be in order */
		f->now_at = w->now;
		f->ooo_at = w->now;
		f->ooo_seq = s->seq;
		return;
	}
	/* Room for what comes out of order is limited: what was let go comes again before it is owed an ACK. */
	if (!seg_after(end, f->last_ack) || f->pulled)
		return;
	owe_later(w, f, end);
	f->pending_full += seg_after(f->rcv_nxt, s->seq) ? end - f->rcv_nxt : s->len;
	if (r->delack_segments > 2)
		w->stats.habits[WATCH_H_STRETCH]++;
	if (gap_before || f->pending_full >= every * full)
		f->now_at = w->now;
}

/* Whether the host surely kept what came out of order: it says so, or it is little. */
static bool
holds_more(const struct watch_flow *f)
{
	return f->ooo && f->ooo->n && (f->sack ? f->reported : f->ooo_came <= WATCH_KEPT);
}

/* A host behind what came holds more than is out of order here: whether it had room is not known. */
static void
note_ahead(struct watch_flow *f, const struct seg *s, bool gap)
{
	if (seg_after(s->seq, f->rcv_nxt))
		f->ooo_came += f->pulled ? WATCH_KEPT + 1 : s->pieces;
	else if (!gap)
		f->ooo_came = 0;
}

/* A host that sent a SYN cookie may know nothing of the connection, until the ACK comes that fits it. */
static bool
is_unmade(const struct watch *w, const struct watch_flow *f)
{
	return !f->open && !f->made && !f->active && !f->fo_taken && w->hosts[f->host].cookie_mss;
}

static void
hear_data(struct watch *w, struct watch_flow *f, const struct seg *s)
{
	uint32_t end = seg_end(s);
	bool takes = is_acceptable(f, s), dropped = may_drop(w, f, s), gap = f->ooo && f->ooo->n;
	bool partly = seg_after(f->rcv_nxt, s->seq), ahead = seg_after(s->seq, f->rcv_nxt);

	/* An old segment is told of as one, before its ACK is looked at. */
	if (s->len)
		watch_came(f, w->now, s->seq, s->seq + s->len, takes && !dropped && ahead);
	if (dropped && is_dropped(w, f, s)) {
		f->duplicates += partly;
		return;
	}
	if (dropped || is_unmade(w, f)) { /* perhaps: nothing is owed for it, and what it held may be here or not */
		takes = false;
		f->pulled |= !ahead && seg_after(end, f->rcv_nxt);
		f->ooo_came += ahead ? WATCH_KEPT + 1 : 0;
		f->ahead_n = ahead ? 0 : f->ahead_n;
	}
	if (s->len > f->rcv_mss)
		f->rcv_mss = (uint16_t)(s->len > UINT16_MAX ? UINT16_MAX : s->len);
	if (takes && !seg_after(s->seq, f->rcv_nxt) && seg_after(end, f->rcv_nxt))
		owe(w, f, s, holds_more(f));
	else if (takes && seg_after(s->seq, f->rcv_nxt))
		owe(w, f, s, gap);
	note_ahead(f, s, gap);
	if (s->flags & SEG_FIN) {
		f->fin_heard = true;
		f->fin_came = s->seq + s->len;
	}
	if (seg_after(end, f->edge) && seg_after(end, f->rcv_nxt))
		f->pulled = true;
	if (end != s->seq && ranges_add(f, s->seq, end))
		f->duplicates++;
	else if (partly || seg_after(f->rcv_nxt, s->seq + s->len) || gap)
		f->duplicates++; /* a part may have been here */
}

/* Of a connection that is over nothing is left that would tell the ACK of its SYN cookie from a new one's (RFC 4987 3.6). */
static bool
makes_a_ghost(const struct watch *w, const struct watch_flow *f, const struct seg *s)
{
	bool over = f->dead || (f->fin_sent && f->fin_heard && f->snd_una == f->snd_max);

	return over && !f->active && w->hosts[f->host].cookie_mss && s->seq == f->irs + 1 && s->ack == f->iss + 1;
}

void
watch_got(struct watch *w, struct watch_flow *f, const struct seg *s)
{
	bool taken;

	f->credit = f->credit_at == w->now ? f->credit + 1 : 1;
	f->heard_n = f->credit_at == w->now ? f->heard_n + 1 : 1;
	f->credit_at = w->now;
	if (s->flags & SEG_RST) {
		hear_reset(f, s);
		return;
	}
	if (s->flags & SEG_SYN) {
		f->prompt_at = w->now;
		if (s->len && f->known) { /* a SYN with data that comes twice */
			watch_came(f, w->now, s->seq + 1, s->seq + 1 + s->len, false);
			f->duplicates++;
		}
		hear_syn(w, f, s);
		return;
	}
	if (!f->known)
		return;
	f->ghost |= makes_a_ghost(w, f, s);
	if (f->ghost)
		return;
	if (f->others && s->flags & SEG_ACK)
		watch_cookie_acked(f, s);
	if (!f->open)
		f->made |= s->seq == f->irs + 1 && s->ack == f->iss + 1;
	taken = is_acceptable(f, s) && !may_drop(w, f, s) && !seg_after(f->rcv_nxt, s->seq);
	watch_ecn_got(w, f, s, taken);
	if (taken)
		f->got_at = w->now;
	hear_timestamp(w, f, s);
	if (s->flags & SEG_ACK)
		hear_ack(w, f, s);
	if (seg_end(s) != s->seq)
		hear_data(w, f, s);
}
