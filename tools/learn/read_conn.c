/* SPDX-License-Identifier: BSD-3-Clause */
/* What connections showed: when data are acknowledged, windows, SACK, how strict resets are. */
#include <stdio.h>
#include <string.h>

#include "octets.h"
#include "prober.h"
#include "read.h"

#define MS 1000000ull
#define LATE (15 * MS)
#define AT_ONCE MS
#define SINGLE PROBER_SINGLE
#define BURST PROBER_BURST
#define CONNECTIONS 3
#define LEAST_MSS 536

/* One connection of the prober's in the journal. */
struct view {
	const struct reading *r;
	uint16_t port;
	const struct observed *syn, *synack;
	uint8_t shift;
	bool ts, sack;
};

static bool
is_ours(const struct view *v, const struct journal_entry *e)
{
	return e->o.kind == OBSERVED_TCP && (e->sent ? e->o.sport : e->o.dport) == v->port;
}

static bool
find(const struct reading *r, unsigned number, struct view *v)
{
	static struct syn_sample s[SAMPLES];
	unsigned n = syn_samples(r, true, s);

	*v = (struct view){.r = r, .port = (uint16_t)(r->first_conn + number)};
	for (unsigned i = 0; i < n; i++) {
		const uint8_t *shift = opt_find(s[i].synack->opts, s[i].synack->opt_len, 3, 3);

		if (s[i].syn->sport != v->port)
			continue;
		v->syn = s[i].syn;
		v->synack = s[i].synack;
		v->shift = shift ? shift[0] : 0;
		v->ts = s[i].offers & s[i].holds & OFFER_TS;
		v->sack = s[i].offers & s[i].holds & OFFER_SACK;
	}
	return v->syn != NULL;
}

/* The first answer after entry i, JOURNAL_NONE before the next question. */
static size_t
reply(const struct view *v, size_t i)
{
	for (size_t k = i + 1; k < v->r->j->n; k++) {
		const struct journal_entry *e = &v->r->j->at[k];

		if (!is_ours(v, e))
			continue;
		return e->sent ? JOURNAL_NONE : k;
	}
	return JOURNAL_NONE;
}

/* -- delayed acknowledgments ----------------------------------------------------------------------------------- */

/* How long until what entry i sent is acknowledged; 0: never. */
static uint64_t
delay(const struct view *v, size_t i, uint32_t *ack)
{
	const struct journal_entry *q = &v->r->j->at[i];

	for (size_t k = i + 1; k < v->r->j->n; k++) {
		const struct journal_entry *e = &v->r->j->at[k];

		if (!is_ours(v, e) || e->sent || e->o.flags & FLAG_RST)
			continue;
		if ((int32_t)(e->o.ack - q->o.seq - q->o.data_len) >= 0) {
			*ack = e->o.ack;
			return e->at - q->at + 1;
		}
	}
	return 0;
}

/* What counts as a full segment: the largest that came, and before that the default, or what the host takes if less. */
static unsigned
full_segment(const struct view *v, unsigned sent)
{
	const uint8_t *mss = opt_find(v->synack->opts, v->synack->opt_len, 2, 4);
	unsigned takes = mss ? (unsigned)(mss[0] << 8 | mss[1]) : LEAST_MSS;
	unsigned least = takes < LEAST_MSS ? takes : LEAST_MSS;

	return sent > least ? sent : least;
}

/*
 * After how many segments of the burst an acknowledgment came at once, as a rule; 0: none did. The first half is not
 * looked at where there is another: some hosts begin with more zeal.
 */
static unsigned
segments_of(const struct view *v, size_t first)
{
	const struct observed *q = &v->r->j->at[first].o;
	unsigned count[BURST + 1] = {0}, best = 0, sent = 0, acks = 0;
	unsigned full = full_segment(v, q->data_len);
	uint32_t acked = q->seq;
	uint64_t last = 0, gap = 0;

	for (size_t i = first; i < v->r->j->n; i++) {
		const struct journal_entry *e = &v->r->j->at[i];
		unsigned n;

		if (!is_ours(v, e))
			continue;
		if (e->sent && e->o.data_len != q->data_len)
			break;
		if (e->sent) {
			gap = e->at - last;
			last = e->at;
			sent++;
			continue;
		}
		n = (unsigned)(e->o.ack - acked) / full;
		acked = e->o.ack;
		if (n < 1 || n >= BURST || e->at - last > AT_ONCE || (sent > 1 && gap > 2 * AT_ONCE))
			continue; /* late, or after a pause of our own in which the one before was acknowledged */
		if (sent > BURST / 2 && acks++ == 0)
			memset(count, 0, sizeof(count));
		count[n]++;
	}
	for (unsigned n = 1; n < BURST; n++)
		best = count[n] && count[n] >= count[best] ? n : best;
	return best;
}

struct delays {
	unsigned connections, late, quick, segments;
	uint64_t time; /* the shortest: what is longer was heard late */
};

/* Single segments up to the first whose acknowledgment was late. */
static void
look_at_delays(const struct view *v, struct delays *d)
{
	uint32_t next = v->syn->seq + 1, ack = 0;
	unsigned quick = 0;

	d->connections++;
	for (size_t i = 0; i < v->r->j->n; i++) {
		const struct journal_entry *e = &v->r->j->at[i];
		uint64_t time;

		if (!e->sent || !is_ours(v, e) || !e->o.data_len || e->o.seq != next)
			continue;
		next += e->o.data_len;
		if (e->o.data_len != SINGLE) { /* the first of the burst */
			d->segments = segments_of(v, i);
			break;
		}
		time = delay(v, i, &ack);
		if (time > LATE) {
			d->late++;
			d->time = !d->time || time < d->time ? time : d->time;
		} else if (time) {
			quick++;
		}
	}
	d->quick = quick > d->quick ? quick : d->quick;
}

static void
write_delays(struct reading *r)
{
	struct delays d = {.late = 0};
	struct view v;
	char words[24];

	for (unsigned i = 0; i < CONNECTIONS; i++)
		if (find(r, i, &v))
			look_at_delays(&v, &d);
	if (2 * d.late <= d.connections)
		d.time = 0;
	duration_words(duration_round(d.time), words);
	if (!d.late && !d.quick)
		return;
	/* Some adapt the delay to what they hear: kinds of delay are compared, not milliseconds. */
	findings_set(r->f, HOW_CONN, "tcp.delayed-ack.time", "%s", words);
	findings_seen(r->f, "%s", d.time < 70 * MS ? "short" : d.time < 150 * MS ? "middling" : "long");
	if (!d.time)
		return;
	findings_set(r->f, HOW_CONN, "tcp.delayed-ack.quick", "%u", d.quick);
	findings_seen(r->f, "%s", d.quick > 7 ? "many" : d.quick ? "some" : "none");
	if (d.segments)
		findings_set(r->f, HOW_CONN, "tcp.delayed-ack.segments", "%u", d.segments);
}

/* -- windows, layouts ------------------------------------------------------------------------------------------ */

/* The window in the answer to a segment below it, before any data. */
static bool
old_window(const struct view *v, uint32_t *window)
{
	for (size_t i = 0; i < v->r->j->n; i++) {
		const struct journal_entry *e = &v->r->j->at[i];
		size_t k;

		if (!e->sent || !is_ours(v, e) || e->o.flags != FLAG_ACK || e->o.data_len || e->o.seq != v->syn->seq)
			continue;
		k = reply(v, i);
		if (k == JOURNAL_NONE || v->r->j->at[k].o.flags & FLAG_RST)
			return false;
		*window = (uint32_t)v->r->j->at[k].o.window << v->shift;
		return true;
	}
	return false;
}

static void
write_buffer(struct reading *r)
{
	uint32_t scaled = 0, plain = 0;
	struct view a, b;
	bool has_scaled = find(r, 0, &a) && old_window(&a, &scaled);
	bool has_plain = find(r, 1, &b) && old_window(&b, &plain);

	/* What scaling cuts off stands in the window that is not scaled. */
	if (has_scaled && has_plain && plain >> a.shift == scaled >> a.shift)
		scaled = plain;
	if (has_scaled || has_plain)
		findings_set(r->f, HOW_CONN, "tcp.receive-buffer.initial", "%u", has_scaled ? scaled : plain);
}

/* Data ahead of its time bring SACK blocks, data once more those of RFC 2883. */
static void
write_sack(struct reading *r, const struct view *v)
{
	uint32_t next = v->syn->seq + 1;
	char words[160];

	for (size_t i = 0; i < r->j->n; i++) {
		const struct journal_entry *e = &r->j->at[i];
		const struct observed *a;
		size_t k;

		if (!e->sent || !is_ours(v, e) || !e->o.data_len)
			continue;
		k = reply(v, i);
		a = k == JOURNAL_NONE ? NULL : &r->j->at[k].o;
		if (e->o.seq == next) {
			next += e->o.data_len;
			continue;
		}
		if (!a || a->flags & FLAG_RST || a->ack != next)
			continue;
		if (e->o.seq > next && options_words(a, true, words, sizeof(words)) && strstr(words, "sack]"))
			findings_set(r->f, HOW_CONN, v->ts ? "tcp.segment.sack-ts-options" : "tcp.segment.sack-options", "%s", words);
		else if (e->o.seq < next && v->sack && options_words(a, true, words, sizeof(words)))
			findings_set(r->f, HOW_CONN, "tcp.dsack", "%s", strstr(words, "sack") ? "on" : "off");
	}
}

static void
write_layout(struct reading *r, const struct view *v)
{
	char words[160];

	for (size_t i = 0; i < r->j->n && v->ts; i++) {
		const struct journal_entry *e = &r->j->at[i];

		if (e->sent || !is_ours(v, e) || e->o.flags & (FLAG_SYN | FLAG_RST) || !options_words(&e->o, false, words, sizeof(words)))
			continue;
		findings_set(r->f, HOW_CONN, "tcp.segment.options", "%s", words);
		return;
	}
}

/* A reset inside the window but not at its edge: RFC 5961 asks back. */
static void
write_challenge(struct reading *r, const struct view *v)
{
	for (size_t i = 0; i < r->j->n; i++) {
		const struct journal_entry *e = &r->j->at[i];
		size_t k;

		if (!e->sent || !is_ours(v, e) || !(e->o.flags & FLAG_RST))
			continue;
		k = reply(v, i);
		findings_set(r->f, HOW_CONN, "tcp.challenge-ack", "%s",
			k != JOURNAL_NONE && !(r->j->at[k].o.flags & FLAG_RST) ? "on" : "off");
		return;
	}
}

void
read_conn(struct reading *r)
{
	struct view v;

	if (!r->first_conn)
		return;
	write_buffer(r);
	write_delays(r);
	for (unsigned i = 0; i < 2; i++) {
		if (!find(r, i, &v))
			continue;
		if (i == 0) {
			write_layout(r, &v);
			write_challenge(r, &v);
		}
		write_sack(r, &v);
	}
}
