/* SPDX-License-Identifier: BSD-3-Clause */
/* When a SYN-ACK without acknowledgment is sent again, and how that ends. */
#include <stdio.h>
#include <string.h>

#include "read.h"

#define GAPS 14

struct held {
	unsigned n;
	uint64_t gap[GAPS]; /* ns */
	bool reset;
	uint64_t reset_gap;
};

/* SYN-ACKs to one SYN; false where it was acknowledged, or never repeated. */
static bool
follow(const struct journal *j, size_t first, bool may_end, struct held *h)
{
	const struct observed *o = &j->at[first].o;
	uint64_t last = j->at[first].at;

	*h = (struct held){.n = 0};
	for (size_t i = first + 1; i < j->n; i++) {
		const struct observed *x = &j->at[i].o;

		if (x->kind != OBSERVED_TCP)
			continue;
		if (j->at[i].sent) {
			if (x->src == o->dst && x->sport == o->dport && x->dport == o->sport && !may_end && !is_syn(x))
				return false;
			continue;
		}
		if (x->src != o->src || x->dst != o->dst || x->sport != o->sport || x->dport != o->dport)
			continue;
		if (x->flags & FLAG_RST) {
			h->reset = true;
			h->reset_gap = j->at[i].at - last;
			break;
		}
		if (!is_synack(x) || x->seq != o->seq || h->n == GAPS - 1)
			continue;
		h->gap[h->n++] = j->at[i].at - last;
		last = j->at[i].at;
	}
	return h->n > 0;
}

static void
write(struct reading *r, const struct held *h)
{
	char text[GAPS * 24] = "[", one[24], seen[GAPS * 24] = "";
	uint64_t last = 0;

	for (unsigned i = 0; i < h->n; i++) {
		uint64_t gap = duration_round(h->gap[i]);

		/* What nearly doubles does double: long timers are late by a few per cent. */
		last = last && gap * 100 > 2 * last * 93 && gap * 100 < 2 * last * 107 ? 2 * last : gap;
		duration_words(last, one);
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s, ", one);
		snprintf(seen + strlen(seen), sizeof(seen) - strlen(seen), "%s ", one);
	}
	if (r->cut && !h->reset) {
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "%llums]", (unsigned long long)(2 * last));
		findings_set(r->f, HOW_HELD, "tcp.synack.gaps", "%s", text);
		findings_seen(r->f, "%s...", seen);
		return;
	}
	/* Nobody sees how long it waits at last before it forgets silently: as if it doubled once more. */
	duration_words(h->reset ? duration_round(h->reset_gap) : 2 * last, one);
	snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s]", one);
	findings_set(r->f, HOW_HELD, "tcp.synack.gaps", "%s", text);
	findings_seen(r->f, "%s%s", seen, h->reset ? one : "");
	findings_set(r->f, HOW_HELD, "tcp.synack.end", "%s", h->reset ? "rst" : "silent");
}

void
read_held(struct reading *r)
{
	struct held best = {.n = 0}, h;

	for (size_t i = 0; i < r->j->n; i++) {
		const struct journal_entry *e = &r->j->at[i];

		if (e->sent || !is_synack(&e->o) || (r->hold && e->o.dport != r->hold))
			continue;
		if (follow(r->j, i, r->hold != 0, &h) && h.n > best.n)
			best = h;
		if (r->hold)
			break;
	}
	if (best.n)
		write(r, &best);
}
