/* SPDX-License-Identifier: BSD-3-Clause */
/* What a host's SACK option says: RFC 2018 4, RFC 2883 4. */
#include "watch_priv.h"

void
watch_came(struct watch_flow *f, uint64_t now, uint32_t seq, uint32_t end, bool ahead)
{
	f->came[f->came_n++ % WATCH_CAME] = (struct watch_came){seq, end, now};
	if (!ahead)
		return;
	if (f->ahead_at != now)
		f->ahead_n = 0;
	f->ahead_at = now;
	if (f->ahead_n < WATCH_AHEAD)
		f->ahead[f->ahead_n] = (struct watch_came){seq, end, now};
	f->ahead_n++;
}

void
watch_answered(struct watch_flow *f, uint64_t now)
{
	/* Those that came together are answered one by one. */
	if (f->credit_at != now || f->heard_n == 1)
		f->came_told = f->came_n;
}

bool
watch_is_dsack(const struct seg *s)
{
	if (!s->n_sack)
		return false;
	if (!seg_after(s->sack[0][1], s->ack))
		return true;
	for (unsigned i = 1; i < s->n_sack; i++)
		if (!seg_after(s->sack[i][0], s->sack[0][0]) && !seg_after(s->sack[0][1], s->sack[i][1]))
			return true;
	return false;
}

/* A D-SACK tells of a segment that came since the last one was sent (RFC 2883 4: rules 1 and 2). */
static void
check_duplicate(struct watch *w, struct watch_flow *f, const struct seg *s)
{
	uint32_t known = f->came_n < WATCH_CAME ? f->came_n : WATCH_CAME, left = s->sack[0][0], right = s->sack[0][1];
	bool all = f->came_n <= WATCH_CAME;

	if (!watch_rule_of(w, f)->dsack)
		watch_fail(w, f, WATCH_SACK, "a D-SACK, which this stack does not send");
	if (++f->dsacks > f->duplicates)
		watch_fail(w, f, WATCH_SACK, "D-SACK number %u, and %u duplicates came", f->dsacks, f->duplicates);
	for (uint32_t n = f->came_n - known; n != f->came_n; n++) {
		const struct watch_came *c = &f->came[n % WATCH_CAME];
		bool answered = c->at < f->sent_at || (int32_t)(n - f->came_told) < 0;

		all |= answered;
		if (!answered && !seg_after(c->seq, left) && !seg_after(right, c->end))
			return;
	}
	if (all && !w->hosts[f->host].arp)
		watch_fail(w, f, WATCH_SACK, "a D-SACK of %u:%u, which is in nothing that came last", left - f->irs, right - f->irs);
}

static bool
holds(const uint32_t block[2], const struct watch_came *c)
{
	return !seg_after(block[0], c->seq) && !seg_after(c->end, block[1]);
}

static bool
is_told(const struct seg *s, unsigned from, const struct watch_came *c)
{
	for (unsigned k = from; k < s->n_sack; k++)
		if (holds(s->sack[k], c))
			return true;
	return false;
}

/* The first block holds what came out of order last: RFC 2018 4. */
static void
check_first(struct watch *w, struct watch_flow *f, const struct seg *s, unsigned first)
{
	const struct watch_came *missed = NULL;
	unsigned told = 0, untold = 0;

	/*
	 * Of those that come at one time each is answered; which, is known when they are all of one kind. A host that is
	 * behind what came let something go.
	 */
	if (first >= s->n_sack || s->ack != f->rcv_nxt || f->ahead_n > WATCH_AHEAD || w->hosts[f->host].arp ||
		(f->ahead_at == w->now && f->ahead_n != f->heard_n))
		return;
	for (uint32_t i = 0; i < f->ahead_n; i++) {
		const struct watch_came *c = &f->ahead[i];

		if (!seg_after(c->seq, f->rcv_nxt))
			continue;
		if (holds(s->sack[first], c))
			return;
		missed = c;
		if (is_told(s, first + 1, c))
			told++;
		else
			untold++;
	}
	/* What is told of was kept; what is not, perhaps found no room, and of those that came together it may be the answer. */
	if (told && !untold)
		watch_fail(w, f, WATCH_SACK, "the first block is %u:%u, and %u:%u came last", s->sack[first][0] - f->irs,
			s->sack[first][1] - f->irs, missed->seq - f->irs, missed->end - f->irs);
}

void
watch_sack(struct watch *w, struct watch_flow *f, const struct seg *s, bool dsack)
{
	unsigned first = dsack ? 1 : 0;

	w->stats.sacks++;
	if (!f->sack)
		watch_fail(w, f, WATCH_SACK, "SACK was not negotiated");
	if (dsack)
		check_duplicate(w, f, s);
	for (unsigned i = 0; i < s->n_sack; i++) {
		uint32_t left = s->sack[i][0], right = s->sack[i][1];
		/* A keepalive's byte may stand in the SYN's place: what came twice is told of. */
		uint32_t from = i < first && left == f->irs ? left + 1 : left;

		if (!seg_after(right, left) || !ranges_hold(f, from, right))
			watch_fail(w, f, WATCH_SACK, "block %u:%u did not come", left - f->irs, right - f->irs);
		else if (i >= first && !seg_after(left, s->ack))
			watch_fail(w, f, WATCH_SACK, "block %u:%u is acknowledged", left - f->irs, right - f->irs);
		for (unsigned k = i + 1; i >= first && k < s->n_sack; k++)
			if (seg_after(right, s->sack[k][0]) && seg_after(s->sack[k][1], left))
				watch_fail(w, f, WATCH_SACK, "blocks %u and %u overlap", i, k);
	}
	check_first(w, f, s, first);
}
