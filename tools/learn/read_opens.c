/* SPDX-License-Identifier: BSD-3-Clause */
/* SYNs of the host's own: options, window, when they are sent again. */
#include <stdio.h>
#include <string.h>

#include "octets.h"
#include "read.h"

#define GAPS 14

/* One kind only: a host may be several programs. */
static bool
all_alike(const struct syn_sample *s, unsigned n)
{
	for (unsigned i = 1; i < n; i++)
		if (s[i].offers != s[0].offers || s[i].mss != s[0].mss || s[i].syn->window != s[0].syn->window ||
			s[i].syn->opt_len != s[0].syn->opt_len)
			return false;
	return n > 0;
}

static void
write_shape(struct reading *r, const struct syn_sample *s)
{
	const uint8_t *shift = opt_find(s->syn->opts, s->syn->opt_len, 3, 3);
	char words[160];

	if (options_words(s->syn, false, words, sizeof(words)))
		findings_set(r->f, HOW_OPENS, "tcp.syn.options", "%s", words);
	findings_set(r->f, HOW_OPENS, "tcp.syn.window.rule", "constant");
	findings_seen(r->f, "%u", s->syn->window);
	findings_set(r->f, HOW_OPENS, "tcp.syn.window.base", "%u", s->syn->window);
	findings_set(r->f, HOW_OPENS, "tcp.ecn.offer", "%s", s->ecn ? "on" : "off");
	if (shift && shift[0] < 15 && !findings_get(r->f, "tcp.wscale"))
		findings_set(r->f, HOW_OPENS, "tcp.wscale", "%u", shift[0]);
	if (s->mss && !findings_get(r->f, "tcp.mss.rule")) {
		findings_set(r->f, HOW_OPENS, "tcp.mss.rule", s->mss == 1460 ? "own" : "constant");
		findings_set(r->f, HOW_OPENS, "tcp.mss.value", "%u", s->mss == 1460 ? 0 : s->mss);
	}
}

/* The longest row of repetitions that nobody answered. */
static void
write_gaps(struct reading *r, const struct syn_sample *s, unsigned n)
{
	uint64_t best[GAPS] = {0};
	unsigned most = 0;
	char text[GAPS * 24] = "[", one[24];

	for (unsigned i = 0; i < n; i++) {
		uint64_t gap[GAPS], last = s[i].at;
		unsigned count = 0;

		for (size_t k = 0; k < r->j->n && count < GAPS - 1; k++) {
			const struct journal_entry *e = &r->j->at[k];

			if (e->sent || !is_syn(&e->o) || e->at <= s[i].at || e->o.seq != s[i].syn->seq ||
				e->o.sport != s[i].syn->sport || e->o.dst != s[i].syn->dst)
				continue;
			gap[count++] = e->at - last;
			last = e->at;
		}
		if (count > most) {
			most = count;
			memcpy(best, gap, count * sizeof(gap[0]));
		}
	}
	if (!most)
		return;
	best[most] = 2 * best[most - 1];
	for (unsigned i = 0; i <= most; i++) {
		duration_words(duration_round(best[i]), one);
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%s", i ? ", " : "", one);
	}
	findings_set(r->f, HOW_OPENS, "tcp.syn.gaps", "%s]", text);
	*strrchr(text, ',') = '\0';
	findings_seen(r->f, "%s", text);
}

void
read_opens(struct reading *r)
{
	static struct syn_sample s[SAMPLES];
	unsigned n = syn_samples(r, false, s);

	if (all_alike(s, n))
		write_shape(r, &s[0]);
	write_gaps(r, s, n);
}
