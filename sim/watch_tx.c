/* SPDX-License-Identifier: BSD-3-Clause */
/* What a host says, held to what it has heard. */
#include <string.h>

#include "watch_priv.h"

/* -- opening ------------------------------------------------------------------------------------------------ */

/* Of a SYN that is taken for another's: whether it may be the last one again, whose bytes may be acknowledged still. */
static bool
may_be_again(const struct watch *w, const struct watch_flow *f, const struct seg *s)
{
	return w->hosts[f->host].arp && !(s->flags & SEG_ACK) && f->syn_sent && f->active && !f->open && f->iss == s->seq;
}

/* A connection begins on these ports; what was known of the one before is over. */
static void
begin(struct watch *w, struct watch_flow *f, const struct seg *s)
{
	bool still = may_be_again(w, f, s), asked = still && f->fo_asked;
	uint32_t most = still ? f->snd_max : s->seq;
	uint8_t flags = still ? f->mine.flags : 0; /* with ECN, which it is without then */

	*f = (struct watch_flow){.peer = f->peer, .port = f->port, .peer_port = f->peer_port, .host = f->host,
		.now_at = WATCH_NEVER, .by_at = WATCH_NEVER, .ooo_at = WATCH_NEVER, .ooo = f->ooo, .offer = f->offer,
		.offer_at = f->offer_at, .offers = f->offers, .others = f->others, .credit = f->credit, .credit_at = f->credit_at,
		.heard_n = f->heard_n};
	if (f->ooo)
		f->ooo->n = f->ooo->full = 0;
	f->syn_sent = true;
	f->active = !(s->flags & SEG_ACK);
	f->iss = s->seq;
	f->snd_max = seg_after(most, s->seq + 1 + s->len) ? most : s->seq + 1 + s->len;
	f->fo_asked = asked || s->options & SEG_O_FO;
	watch_take_offer(&f->mine, s);
	f->mine.flags |= flags;
}

/* A first SYN whose data was too big for the way goes once more without, at once: no timeout, and not one of R2's. */
static bool
is_shorter(const struct watch *w, const struct watch_flow *f)
{
	const struct watch_host *h = &w->hosts[f->host];

	return f->mine.len && !f->run && !f->fo_shorter && h->icmp_at >= f->head_at && (h->icmp_at == w->now || h->arp);
}

static void
again(struct watch *w, struct watch_flow *f)
{
	const struct mien_tcp_rule *r = watch_rule_of(w, f);
	const struct mien_schedule *plan = f->known ? &r->synack : &r->syn;
	uint64_t gap = w->now - f->head_at;
	bool slept = w->hosts[f->host].woke_at >= f->head_at, too_big = is_shorter(w, f);

	f->head_at = w->now;
	f->fo_shorter |= too_big;
	f->run += !too_big;
	/* A SYN that comes again is answered again, at whatever time; all that was due in a sleep comes at its end. */
	if (f->known || slept || too_big)
		return;
	if (gap < watch_ms(1000))
		w->stats.habits[WATCH_H_SYN]++;
	if (f->run >= plan->count && plan->count)
		watch_fail(w, f, WATCH_R2, "SYN number %u of %u", f->run + 1, plan->count);
	else if (plan->count && !w->hosts[f->host].arp && gap + watch_tick(w, f) + watch_ms(1) < watch_ms(plan->gap_ms[f->run - 1]))
		watch_fail(w, f, WATCH_EARLY, "SYN number %u after %llu ms", f->run + 1, (unsigned long long)(gap / 1000000));
}

/* What a SYN-ACK that is sent again may acknowledge: of a connection open early, all that came since. */
static bool
is_acked_again(const struct watch_flow *f, uint32_t ack)
{
	return f->fo_taken ? !seg_after(f->last_ack, ack) && !seg_after(ack, f->rcv_nxt) : ack == f->irs + 1;
}

/* Whether it sent bytes or FIN, which it may only behind SYN-RECEIVED or open early: its SYN-ACK is not sent again. */
static bool
is_behind(const struct watch_flow *f)
{
	return f->known && !f->active && !f->fo_taken && f->snd_max != f->iss + 1;
}

/* Whether a host begins at the same number again: it has forgotten all, or knows one alone. */
static bool
has_numbers_again(const struct watch *w, const struct watch_flow *f)
{
	return f->renewals != w->hosts[f->host].renewals || watch_rule_of(w, f)->isn.kind == MIEN_ISN_CONST;
}

/*
 * Whether a SYN at the number of the last one may be of another connection: such numbers come again, and so long ago a SYN
 * was given up.
 */
static bool
is_given_up(const struct watch *w, const struct watch_flow *f)
{
	if (!has_numbers_again(w, f))
		return false;
	return w->hosts[f->host].arp || w->now + watch_tick(w, f) + watch_ms(1) >= f->una_at + watch_schedule_ns(&watch_rule_of(w, f)->syn);
}

/* A reset in doubt was refused: what was open early says its SYN-ACK again. */
static bool
is_refused(const struct watch *w, const struct watch_flow *f)
{
	return f->fo_taken && !f->reset_sent && !has_numbers_again(w, f);
}

static void
say_syn(struct watch *w, struct watch_flow *f, const struct seg *s)
{
	bool other, same, twice;

	if (s->flags & SEG_ACK && !(f->offer.there && watch_fo_acks(f, s->ack)))
		watch_find_offer(w, f, s->ack);
	/* Some begin at the same number again. */
	other = s->flags & SEG_ACK ? is_behind(f) || (f->known && !is_acked_again(f, s->ack)) : f->open || is_given_up(w, f);
	same = f->syn_sent && f->iss == s->seq && (!f->dead || is_refused(w, f)) && !other;
	twice = f->fo_taken && f->offer.seq == f->irs;

	if (s->flags & (SEG_FIN | SEG_RST) || (s->len && s->flags & SEG_ACK))
		watch_fail(w, f, WATCH_FORM, "a SYN with FIN or RST, or a SYN-ACK with data");
	if (!(s->flags & SEG_ACK))
		watch_fo_syn(w, f, s, same);
	if (!same) {
		if (s->flags & SEG_ACK)
			watch_cookie_keep(w, f);
		begin(w, f, s);
		f->una_at = f->head_at = w->now;
		f->renewals = w->hosts[f->host].renewals;
	} else {
		f->dead = false;
		again(w, f);
	}
	if (!(s->flags & SEG_ACK))
		return;
	if (!f->offer.there || !watch_fo_acks(f, s->ack)) {
		if (!f->known || !is_acked_again(f, s->ack))
			watch_fail(w, f, WATCH_ACK, "a SYN-ACK for another SYN");
		return;
	}
	watch_take_offer(&f->mine, s);
	if (!f->known) {
		watch_open(w, f, f->offer.seq);
		watch_fo_accept(w, f, s, twice);
	} else if (!f->active) {
		f->ecn = watch_ecn_agreed(f); /* a SYN without may have come since (RFC 3168 6.1.1.1) */
		if (!f->open)
			watch_offered_stamps(w, f);
	}
	if (f->ts && s->tsval) {
		f->ts_sent = true;
		f->ts_last = s->tsval;
	}
}

/* -- resets ------------------------------------------------------------------------------------------------- */

/* Segments that waited for an address in vain were not seen, but all stood in the window, FIN and a probe's byte behind it. */
static uint32_t
most_sent(const struct watch *w, const struct watch_flow *f)
{
	uint32_t edge = f->peer_edge + 2;

	return w->hosts[f->host].arp && seg_after(edge, f->snd_max) ? edge : f->snd_max;
}

static void
say_reset(struct watch *w, struct watch_flow *f, const struct seg *s)
{
	/* What comes when all is over gets whatever the personality says to strangers. */
	bool over = f->given_up || (f->fin_sent && f->fin_heard && f->snd_una == f->snd_max);
	bool mine = f->known && f->open && !f->dead && !f->ghost && !over && f->snd_una != f->iss;
	/*
	 * A connection that is half open goes on behind the reset of a wrong ACK: one that asked (3.10.7.3), and one that was
	 * asked and may have sent already (3.10.7.4).
	 */
	bool goes_on = f->known ? f->fo_taken && f->snd_una == f->iss && s->seq != f->snd_max : f->active;

	if (f->credit == 0 && !mine && !f->syn_sent)
		watch_fail(w, f, WATCH_RESET, "a reset that nothing asked for");
	if (mine && (seg_after(s->seq, most_sent(w, f)) || seg_after(f->iss, s->seq)))
		watch_fail(w, f, WATCH_RESET, "a reset at %u, sent were %u", s->seq - f->iss, f->snd_max - f->iss);
	f->credit -= f->credit > 0;
	f->reset_sent |= mine;
	f->dead |= !goes_on;
	f->now_at = f->by_at = f->ooo_at = WATCH_NEVER;
}

/* -- form and timestamps ------------------------------------------------------------------------------------ */

static void
check_form(struct watch *w, struct watch_flow *f, const struct seg *s)
{
	if (!(s->flags & SEG_ACK))
		watch_fail(w, f, WATCH_FORM, "no ACK behind the SYN");
	if (s->options & (SEG_O_MSS | SEG_O_WSCALE | SEG_O_SACKOK | SEG_O_FO))
		watch_fail(w, f, WATCH_FORM, "an option of SYNs without SYN");
	if (s->reserved)
		watch_fail(w, f, WATCH_FORM, "reserved bits");
	if (s->urgent && !(s->flags & SEG_URG))
		watch_fail(w, f, WATCH_FORM, "an urgent pointer without URG");
}

/* The clock of RFC 7323 5.4 runs at the rate that the personality says. */
static void
check_rate(struct watch *w, struct watch_flow *f, const struct seg *s)
{
	uint32_t hz = watch_rule_of(w, f)->ts.hz;
	uint64_t ns = w->now - f->ts_ref_at, ticks = (uint64_t)((unsigned __int128)ns * hz / 1000000000);
	uint32_t ran = s->tsval - f->ts_ref;

	if (!f->ts_ref_set) {
		f->ts_ref_set = true;
		f->ts_ref = s->tsval;
		f->ts_ref_at = w->now;
	} else if (ran + 1 < (uint32_t)ticks || ran > (uint32_t)ticks + 1) {
		watch_fail(w, f, WATCH_TSVAL, "TSval ran by %u in %llu us at %u Hz", ran, (unsigned long long)(ns / 1000), hz);
		f->ts_ref_set = false;
	}
}

static void
check_echo(struct watch *w, struct watch_flow *f, const struct seg *s)
{
	/* A timer may have fired before what came at the same time was looked at. */
	bool timer = seg_after(f->snd_max, s->seq) || w->hosts[f->host].woke_at == w->now;
	bool between = f->prompt_at == w->now || timer;
	uint32_t tsecr = s->tsecr;
	uint32_t least = f->ts_recent_at == w->now && between ? f->ts_before : f->ts_recent;
	uint32_t most = watch_latest_stamp(f);

	/* What waited for a neighbour's address goes when that is known, and says what was when it was written. */
	if (w->hosts[f->host].arp_at == w->now && w->hosts[f->host].arp)
		least = f->ts_echoed;
	if (seg_after(least, tsecr) || seg_after(tsecr, most))
		watch_fail(w, f, WATCH_TSECR, "TSecr %u, and TS.Recent is %u", tsecr, f->ts_recent);
	f->ts_echoed = tsecr;
	if (seg_after(tsecr, f->ts_recent))
		f->ts_recent = tsecr;
	if (f->ts_open_at != w->now && !w->hosts[f->host].arp)
		f->ts_open = false;
}

static void
check_timestamps(struct watch *w, struct watch_flow *f, const struct seg *s)
{
	bool there = s->options & SEG_O_TS;

	if (there != f->ts) {
		watch_fail(w, f, WATCH_TSVAL, there ? "timestamps were not negotiated" : "no timestamps");
		return;
	}
	if (!there)
		return;
	if (f->ts_sent && seg_after(f->ts_last, s->tsval))
		watch_fail(w, f, WATCH_TSVAL, "TSval runs back by %u", f->ts_last - s->tsval);
	if (!w->hosts[f->host].arp)
		check_rate(w, f, s);
	f->ts_sent = true;
	f->ts_last = s->tsval;
	check_echo(w, f, s);
}

/* -- what it acknowledges ----------------------------------------------------------------------------------- */

static bool
is_bare_ack(const struct seg *s)
{
	return !s->len && !s->n_sack && (s->flags & ~(SEG_ECE | SEG_CWR)) == SEG_ACK;
}

static void
settle(struct watch_flow *f, const struct seg *s)
{
	f->now_at = f->ooo_at = WATCH_NEVER;
	if (f->by_at != WATCH_NEVER && !seg_after(f->by_ack, s->ack))
		f->by_at = WATCH_NEVER;
	if (s->ack == f->rcv_nxt)
		f->pulled = false;
	if (seg_after(s->ack, f->last_ack)) {
		f->last_ack = s->ack;
		f->pending_full = 0;
	}
}

static void
check_ack(struct watch *w, struct watch_flow *f, const struct seg *s)
{
	uint32_t edge = s->ack + ((uint32_t)s->window << f->my_shift);
	bool nothing_new = s->ack == f->last_ack && edge == f->edge, dsack = watch_is_dsack(s);

	if (seg_after(s->ack, f->rcv_nxt) && f->ooo && f->ooo->full)
		ranges_reach(f, s->ack); /* what came is not all known */
	if (seg_after(s->ack, f->rcv_nxt))
		watch_fail(w, f, WATCH_ACK, "acknowledges %u, and %u came", s->ack - f->irs, f->rcv_nxt - f->irs);
	if (seg_after(f->last_ack, s->ack))
		watch_fail(w, f, WATCH_ACK, "acknowledges %u after %u", s->ack - f->irs, f->last_ack - f->irs);
	if (seg_after(f->edge, edge))
		watch_fail(w, f, WATCH_EDGE, "the right edge moves left by %u", f->edge - edge);
	else
		f->edge = edge;
	if (s->n_sack)
		watch_sack(w, f, s, dsack);
	if (is_bare_ack(s) && s->seq == f->snd_max) {
		if (nothing_new && (f->credit == 0 || f->credit_at != w->now) && !w->hosts[f->host].arp)
			watch_fail(w, f, WATCH_ACK_IDLE, "an ACK that says nothing new and that nothing asked for");
		f->credit -= f->credit > 0;
	}
	f->reported = s->n_sack > (dsack ? 1u : 0u);
	f->zero_window = s->window == 0;
	settle(f, s);
}

/* -- what it sends ------------------------------------------------------------------------------------------ */

/* The oldest bytes again, and nothing was heard since they were sent last: only a timer can have asked for it. */
static void
timed_out(struct watch *w, struct watch_flow *f)
{
	const struct mien_tcp_rule *r = watch_rule_of(w, f);
	uint64_t gap = w->now - (f->head_at > f->una_at ? f->head_at : f->una_at), tick = watch_tick(w, f) + watch_ms(1);

	if (gap + tick < watch_ms(r->rto_min_ms) && r->tlp && f->sack && !f->tlp_used) {
		f->tlp_used = true; /* RFC 8985 7: a probe comes before the timeout */
		return;
	}
	f->run++;
	if (gap + tick < watch_ms(r->rto_min_ms) && !w->hosts[f->host].arp)
		watch_fail(w, f, WATCH_EARLY, "again after %llu us", (unsigned long long)(gap / 1000));
	if (gap < watch_ms(1000))
		w->stats.habits[WATCH_H_RTO]++;
	/* The one before may have waited, or a probe was sent in between: none need be longer than the longest. */
	if (f->run > 1 && gap + gap / 100 + 2 * tick < f->gap && gap + tick < watch_ms(r->rto_max_ms) && !w->hosts[f->host].arp)
		watch_fail(w, f, WATCH_BACKOFF, "timeout %u after %llu ms, the one before after %llu ms", f->run,
			(unsigned long long)(gap / 1000000), (unsigned long long)(f->gap / 1000000));
	if (f->run > 1 && r->backoff.count)
		w->stats.habits[WATCH_H_BACKOFF]++;
	if (r->data_retries && f->run > (uint32_t)r->data_retries + 1)
		watch_fail(w, f, WATCH_R2, "sent again %u times", f->run);
	f->gap = w->hosts[f->host].woke_at > f->head_at ? 0 : gap; /* a part of it was sleep */
}

static void
say_again(struct watch *w, struct watch_flow *f, const struct seg *s)
{
	if (s->seq != f->snd_una)
		return;
	f->tries++;
	if (f->peer_edge != f->snd_una && f->heard_at < f->head_at && w->hosts[f->host].icmp_at < f->head_at)
		timed_out(w, f);
	else
		f->run = 0;
	f->head_at = w->now;
}

static bool
is_probe(const struct watch_flow *f, const struct seg *s)
{
	/* Old or new, one byte at most: a keepalive, or a question whether the window is open. */
	return s->len <= 1 && (!seg_after(s->seq + s->len, f->snd_una) || s->seq == f->peer_edge);
}

/* The peer's MSS, but no less than the personality's least, nor than what the smallest SYN cookie keeps of it. */
static uint32_t
mss_most(const struct watch *w, const struct watch_flow *f)
{
	uint32_t floor = watch_rule_of(w, f)->mss_floor, kept = f->active ? 0 : w->hosts[f->host].cookie_mss;
	uint32_t mss = f->peer_mss > floor ? f->peer_mss : floor;

	return mss > kept ? mss : kept;
}

static void
check_window(struct watch *w, struct watch_flow *f, const struct seg *s, uint32_t end)
{
	if (seg_after(end, f->peer_edge)) {
		if (is_probe(f, s))
			w->stats.probes++;
		else
			watch_fail(w, f, WATCH_WINDOW, "%u bytes beyond the window", end - f->peer_edge);
	}
	if (s->len + s->hdr_len - 20u > mss_most(w, f))
		watch_fail(w, f, WATCH_MSS, "%u bytes and %u of options, the MSS is %u", s->len, s->hdr_len - 20u, mss_most(w, f));
}

/* RFC 5681 3.1: each byte acknowledged lets the window grow by one at most, each duplicate ACK says one segment left. */
static void
check_flight(struct watch *w, struct watch_flow *f, const struct seg *s)
{
	const struct mien_tcp_rule *r = watch_rule_of(w, f);
	uint32_t out = f->snd_max - f->snd_una, first = r->initial_cwnd * mss_most(w, f);

	if (s->len > f->mss)
		f->mss = (uint16_t)s->len;
	if (out > first + f->acked + (f->dup_acks + 3) * f->mss)
		watch_fail(w, f, WATCH_CWND, "%u bytes are out, %llu were acknowledged", out, (unsigned long long)f->acked);
	if (r->initial_cwnd > 10 && f->acked < f->mss)
		w->stats.habits[WATCH_H_WINDOW]++;
}

static void
check_sequence(struct watch *w, struct watch_flow *f, const struct seg *s)
{
	uint32_t end = seg_end(s);

	/* A segment that waited for an address in vain was never seen. */
	if ((seg_after(s->seq, f->snd_max) && !w->hosts[f->host].arp) || seg_after(f->iss, s->seq))
		watch_fail(w, f, WATCH_SEQUENCE, "at %u, sent were %u", s->seq - f->iss, f->snd_max - f->iss);
	/* A keepalive's byte may stand where FIN was acknowledged (RFC 1122 4.2.3.6). */
	if (f->fin_sent && s->len && seg_after(s->seq + s->len, f->fin_seq) && !(s->len == 1 && !seg_after(s->seq + 1, f->snd_una)))
		watch_fail(w, f, WATCH_SEQUENCE, "data behind FIN");
	if (s->flags & SEG_FIN) {
		if (f->fin_sent && f->fin_seq != s->seq + s->len)
			watch_fail(w, f, WATCH_SEQUENCE, "a second FIN, %d away", (int)(s->seq + s->len - f->fin_seq));
		f->fin_sent = true;
		f->fin_seq = s->seq + s->len;
	}
	if (end == s->seq)
		return;
	if (f->fo_due)
		watch_fo_bytes(w, f, s);
	if (s->len) {
		w->stats.bytes += s->len;
		check_window(w, f, s, s->seq + s->len);
	}
	if (seg_after(end, f->snd_max)) {
		if (f->snd_una == f->snd_max)
			f->head_at = w->now;
		f->snd_max = end;
		check_flight(w, f, s);
	} else if (!is_probe(f, s)) {
		w->stats.repeated += s->len;
		say_again(w, f, s);
	}
}

void
watch_sent(struct watch *w, struct watch_flow *f, const struct seg *s)
{
	if (s->flags & SEG_RST) {
		say_reset(w, f, s);
		return;
	}
	if (s->flags & SEG_SYN) {
		say_syn(w, f, s);
		return;
	}
	if (!f->known) {
		if (f->credit == 0)
			watch_fail(w, f, WATCH_SEQUENCE, "a segment of no connection");
		return;
	}
	if (f->ghost)
		return;
	if (f->others)
		watch_cookie_sent(f, s);
	if (f->reset_sent)
		watch_fail(w, f, WATCH_AFTER, "a segment behind the reset");
	f->open = true;
	f->given_up = false;
	if (f->silent)
		watch_fail(w, f, WATCH_SILENT, "%u bytes were out and nothing was sent for %llu s", f->silent,
			(unsigned long long)((w->now - f->sent_at) / 1000000000));
	f->silent = 0;
	check_form(w, f, s);
	check_timestamps(w, f, s);
	watch_ecn_sent(w, f, s);
	watch_probe(w, f, s);
	if (s->flags & SEG_ACK)
		check_ack(w, f, s);
	check_sequence(w, f, s);
}
