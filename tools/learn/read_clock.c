/* SPDX-License-Identifier: BSD-3-Clause */
/* The timestamp clock: its rate within one connection, where it starts across them. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "octets.h"
#include "read.h"
#include "script.h"

#define SECOND 1e9
#define SPAN 0.4 /* seconds that tell a rate */
#define FASTEST 1000.0 /* Hz */

struct stamp {
	uint64_t at;
	uint32_t value, echo;
	const struct observed *o;
};

static bool
stamp_of(const struct journal_entry *e, struct stamp *out)
{
	const uint8_t *ts;

	if (e->sent || e->o.kind != OBSERVED_TCP || e->o.flags & FLAG_RST)
		return false;
	ts = opt_find(e->o.opts, e->o.opt_len, 8, 10);
	if (!ts)
		return false;
	*out = (struct stamp){.at = e->at, .value = octets_get32(ts), .echo = octets_get32(ts + 4), .o = &e->o};
	return true;
}

/* A zero that no clock said: what follows is further on than a clock of any usual rate gets. */
static bool
is_blank(const struct stamp *a, const struct stamp *b)
{
	return a->value == 0 && b->value > FASTEST * (double)(b->at - a->at) / SECOND + 2;
}

/* Of the two stamps of one connection that are furthest apart; 0: too near. */
static double
rate_of(const struct journal *j)
{
	double best = 0, span = SPAN;

	for (size_t i = 0; i < j->n; i++) {
		struct stamp a, b;

		if (!stamp_of(&j->at[i], &a))
			continue;
		for (size_t k = j->n; k-- > i + 1;) {
			const struct observed *o = &j->at[k].o;
			double seconds = (double)(j->at[k].at - a.at) / SECOND;

			if (seconds <= span)
				break;
			if (j->at[k].sent || o->dport != a.o->dport || o->sport != a.o->sport || o->dst != a.o->dst ||
				!stamp_of(&j->at[k], &b) || is_blank(&a, &b))
				continue;
			best = (double)(uint32_t)(b.value - a.value) / seconds;
			span = seconds;
			break;
		}
	}
	return best;
}

/* Clocks are round numbers. */
static double
round_rate(double hz)
{
	static const double usual[] = {1, 2, 4, 8, 10, 16, 20, 32, 50, 64, 100, 128, 200, 250, 256, 300, 500, 512, 1000, 1024,
		2000, 2048, 4096, 8192, 10000, 16384, 100000, 1000000};

	for (size_t i = 0; i < sizeof(usual) / sizeof(usual[0]); i++)
		if (fabs(hz - usual[i]) <= usual[i] / 16 + 0.4)
			return usual[i];
	return hz < 1 ? 1 : hz > 1e6 ? 1e6 : floor(hz + 0.5);
}

/* Whether b goes on where a was, by that clock. */
static bool
follows(const struct stamp *a, const struct stamp *b, double hz)
{
	double due = hz * (double)(b->at - a->at) / SECOND;

	return fabs((double)(int32_t)(b->value - a->value) - due) <= due / 20 + hz / 10 + 2;
}

struct across {
	unsigned pairs, follow;	     /* SYN-ACKs to the same peer, one after the other */
	unsigned cross, cross_follow; /* to different ones */
	unsigned zero, zero_echo, n;
	bool one_value; /* all begin with the same */
	uint32_t value;
	uint64_t first, last;
	bool from_zero; /* the clock goes on from the zero of the SYN-ACK */
};

static void
compare(const struct journal *j, double hz, uint16_t hold, struct across *a)
{
	struct stamp last = {.o = NULL}, s;

	for (size_t i = 0; i < j->n; i++) {
		if (stamp_of(&j->at[i], &s) && last.o && !is_synack(s.o) && !last.value && s.o->dport == last.o->dport &&
			s.value && !is_blank(&last, &s))
			a->from_zero = true;
		if (!stamp_of(&j->at[i], &s) || !is_synack(s.o) || (hold && s.o->dport == hold))
			continue;
		if (a->n++ == 0) {
			a->value = s.value;
			a->first = s.at;
			a->one_value = true;
		}
		if (!last.o || last.o->dport != s.o->dport || last.o->dst != s.o->dst)
			a->one_value &= s.value == a->value;
		a->last = s.at;
		a->zero += s.value == 0;
		a->zero_echo += s.echo == 0;
		if (last.o && last.o->dport == s.o->dport && last.o->dst == s.o->dst)
			continue; /* the same again */
		if (last.o && last.o->dst == s.o->dst) {
			a->pairs++;
			a->follow += follows(&last, &s, hz);
		} else if (last.o) {
			a->cross++;
			a->cross_follow += follows(&last, &s, hz);
		}
		last = s;
	}
}

static void
set_base(struct reading *r, const char *base, const char *seen)
{
	findings_drop(r->f, "tcp.timestamps.step");
	findings_set(r->f, HOW_CLOCK, "tcp.timestamps.base", "%s", base);
	if (seen)
		findings_seen(r->f, "%s", seen);
}

void
read_clock(struct reading *r)
{
	double rate = rate_of(r->j);
	struct across a = {.n = 0};

	if (rate <= 0)
		return;
	rate = round_rate(rate);
	findings_set(r->f, HOW_CLOCK, "tcp.timestamps.clock", "%.0fHz", rate);
	compare(r->j, rate, r->hold, &a);
	if (a.n < 2)
		return;
	if (a.zero < a.n || a.from_zero) /* else the others are not to be seen */
		findings_set(r->f, HOW_CLOCK, "tcp.timestamps.first-zero", "%s", a.zero_echo == a.n ? "echo" : "off");
	else
		findings_set(r->f, HOW_CLOCK, "tcp.timestamps.first-zero", "%s", a.zero_echo == a.n ? "on" : "value");
	if ((a.zero == a.n && !a.from_zero) || a.pairs < 2)
		return;
	if (a.one_value && rate * (double)(a.last - a.first) / SECOND > 4) {
		set_base(r, "zero", NULL);
		findings_set(r->f, HOW_CLOCK, "tcp.timestamps.step", "%u", a.value);
	} else if (a.follow * 10 < a.pairs * 9)
		set_base(r, "per-connection", NULL);
	else if (a.cross == 0)
		set_base(r, "boot", "one clock for this peer");
	else
		set_base(r, a.cross_follow * 2 > a.cross ? "boot" : "per-peer", NULL);
}
