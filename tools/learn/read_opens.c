/* SPDX-License-Identifier: BSD-3-Clause */
/* SYNs of the host's own: options, window, when they are sent again. */
#include <stdio.h>
#include <stdlib.h>
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

/* SYN-ACKs may say another one. A host that was only asked shows theirs: that is what was seen. */
static void
write_scale(struct reading *r, unsigned scale)
{
	const struct finding *in_synack = findings_get(r->f, "tcp.synack.wscale");
	char other[8] = "";

	if (in_synack)
		snprintf(other, sizeof(other), "%s", in_synack->seen ? in_synack->seen : in_synack->value);
	findings_set(r->f, HOW_OPENS, "tcp.wscale", "%u", scale);
	if (!other[0])
		return;
	findings_seen(r->f, "%s", other);
	findings_set(r->f, HOW_OFFERS, "tcp.synack.wscale", "%s", (unsigned)atoi(other) == scale ? "same" : other);
	findings_seen(r->f, "%s", other);
}

static void
write_shape(struct reading *r, const struct syn_sample *s)
{
	const uint8_t *shift = opt_find(s->syn->opts, s->syn->opt_len, 3, 3), *ts = opt_find(s->syn->opts, s->syn->opt_len, 8, 10);
	char words[160];

	if (options_words(s->syn, false, words, sizeof(words)))
		findings_set(r->f, HOW_OPENS, "tcp.syn.options", "%s", words);
	findings_set(r->f, HOW_OPENS, "tcp.syn.window.rule", "constant");
	findings_seen(r->f, "%u", s->syn->window);
	findings_set(r->f, HOW_OPENS, "tcp.syn.window.base", "%u", s->syn->window);
	findings_set(r->f, HOW_OPENS, "tcp.ecn.offer", "%s", s->ecn ? "on" : "off");
	findings_set(r->f, HOW_OPENS, "tcp.syn.urgent", "%u", s->syn->urgent);
	findings_set(r->f, HOW_OPENS, "tcp.syn.urg", "%s", s->syn->flags & FLAG_URG ? "on" : "off");
	findings_set(r->f, HOW_OPENS, "tcp.syn.psh", "%s", s->syn->flags & FLAG_PSH ? "on" : "off");
	findings_set(r->f, HOW_OPENS, "tcp.syn.reserved", "%u", s->syn->reserved);
	findings_set(r->f, HOW_OPENS, "tcp.syn.ack", "%u", s->syn->ack);
	if (ts)
		findings_set(r->f, HOW_OPENS, "tcp.syn.echo", "%u", octets_get32(ts + 4));
	if (shift)
		write_scale(r, shift[0]);
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
