/* SPDX-License-Identifier: BSD-3-Clause */
/* What several readers need: SYNs with their answers, options as words, times. */
#include <stdio.h>
#include <string.h>

#include "octets.h"
#include "read.h"
#include "script.h"

#define MS 1000000ull

static uint16_t
mss_of(const struct observed *o)
{
	const uint8_t *mss = opt_find(o->opts, o->opt_len, 2, 4);

	return mss ? octets_get16(mss) : 0;
}

uint8_t
options_hold(const struct observed *o)
{
	unsigned holds = 0;

	holds |= opt_find(o->opts, o->opt_len, 2, 4) ? OFFER_MSS : 0;
	holds |= opt_find(o->opts, o->opt_len, 3, 3) ? OFFER_WSCALE : 0;
	holds |= opt_find(o->opts, o->opt_len, 4, 2) ? OFFER_SACK : 0;
	holds |= opt_find(o->opts, o->opt_len, 8, 10) ? OFFER_TS : 0;
	return (uint8_t)holds;
}

/* The first of them: a repetition tells nothing new. */
static bool
is_repetition(const struct syn_sample *s, unsigned n, const struct observed *syn)
{
	for (unsigned i = 0; i < n; i++)
		if (s[i].syn->sport == syn->sport && s[i].syn->dport == syn->dport && s[i].syn->src == syn->src &&
			s[i].syn->seq == syn->seq)
			return true;
	return false;
}

unsigned
syn_samples(const struct reading *r, bool to, struct syn_sample *out)
{
	unsigned n = 0;

	for (size_t i = 0; i < r->j->n && n < SAMPLES; i++) {
		const struct journal_entry *e = &r->j->at[i];
		size_t k;

		if (!is_syn(&e->o) || e->sent != to || is_repetition(out, n, &e->o) ||
			(to && r->open && e->o.dport != r->open))
			continue;
		out[n] = (struct syn_sample){.syn = &e->o, .at = e->at, .offers = options_hold(&e->o), .mss = mss_of(&e->o)};
		out[n].ecn = (e->o.flags & (FLAG_ECE | FLAG_CWR)) == (FLAG_ECE | FLAG_CWR);
		k = to ? journal_answer(r->j, i) : JOURNAL_NONE;
		if (k != JOURNAL_NONE && is_synack(&r->j->at[k].o) && r->j->at[k].o.ack == e->o.seq + 1) {
			out[n].synack = &r->j->at[k].o;
			out[n].answered = r->j->at[k].at;
			out[n].holds = options_hold(out[n].synack);
			out[n].own_mss = mss_of(out[n].synack);
		} else if (to) {
			continue;
		}
		n++;
	}
	return n;
}

bool
options_words(const struct observed *o, bool sack, char *out, size_t cap)
{
	static const char *const words[9] = {"eol", "nop", "mss", "wscale", "sackok", NULL, NULL, NULL, "ts"};
	static const uint8_t lengths[9] = {1, 1, 4, 3, 2, 0, 0, 0, 10};
	struct opt_walk w;
	size_t n = (size_t)snprintf(out, cap, "[");
	const char *comma = "";

	opt_begin(&w, o->opts, o->opt_len);
	while (opt_next(&w)) {
		const char *word = w.kind < 9 && w.len == lengths[w.kind] ? words[w.kind] : NULL;

		if (w.kind == 5 && sack)
			word = "sack";
		if (!word || n + 12 > cap)
			return false;
		n += (size_t)snprintf(out + n, cap - n, "%s%s", comma, word);
		comma = ", ";
	}
	snprintf(out + n, cap - n, "]");
	return w.at == w.end;
}

void
duration_words(uint64_t ms, char out[24])
{
	if (ms && ms % 60000 == 0)
		snprintf(out, 24, "%llumin", (unsigned long long)(ms / 60000));
	else if (ms && ms % 1000 == 0)
		snprintf(out, 24, "%llus", (unsigned long long)(ms / 1000));
	else
		snprintf(out, 24, "%llums", (unsigned long long)ms);
}

/* Ticks and the scheduler are late by some milliseconds, long timers by a little of their length. */
uint64_t
duration_round(uint64_t ns)
{
	static const uint64_t units[] = {1000, 500, 100, 50, 10};
	uint64_t ms = (ns + MS / 2) / MS;

	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		uint64_t near = (ms + units[i] / 2) / units[i] * units[i], off = near > ms ? near - ms : ms - near;

		if (near && off <= (ms < 100 ? 3 : units[i] == 1000 ? ms / 25 : ms / 65))
			return near;
	}
	return ms;
}
