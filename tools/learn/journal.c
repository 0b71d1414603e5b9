/* SPDX-License-Identifier: BSD-3-Clause */
#include "journal.h"

#include <stdlib.h>

#include "octets.h"

#define IP 20

int
journal_add(struct journal *j, uint64_t now, bool sent, const uint8_t *frame, size_t len)
{
	if (j->n == JOURNAL_MAX) {
		j->left_out++;
		return MIEN_OK;
	}
	if (j->n == j->cap) {
		size_t cap = j->cap ? 2 * j->cap : 256;
		struct journal_entry *at = realloc(j->at, cap * sizeof(*at));

		if (!at)
			return MIEN_ENOMEM;
		j->at = at;
		j->cap = cap;
	}
	if (!observe(frame, len, &j->at[j->n].o))
		return MIEN_OK;
	j->at[j->n].at = now;
	j->at[j->n++].sent = sent;
	return MIEN_OK;
}

void
journal_free(struct journal *j)
{
	free(j->at);
	*j = (struct journal){0};
}

/* An error that quotes the packet. */
static bool
quotes(const struct observed *q, const struct observed *a)
{
	if ((a->type != 3 && a->type != 11) || a->quote_len < IP + 8 || octets_get32(a->quote + 16) != q->dst)
		return false;
	switch (a->quote[9]) {
	case 17:
		return q->kind == OBSERVED_UDP && octets_get16(a->quote + IP) == q->sport &&
		       octets_get16(a->quote + IP + 2) == q->dport;
	case 1:
		return q->kind == OBSERVED_ICMP && octets_get32(a->quote + IP + 4) == q->rest;
	case 6:
		return q->kind == OBSERVED_TCP && octets_get16(a->quote + IP) == q->sport;
	}
	return q->kind == OBSERVED_OTHER;
}

bool
journal_answers(const struct observed *q, const struct observed *a)
{
	static const uint8_t replies[32] = {[8] = 1, [13] = 14, [15] = 16, [17] = 18};

	if (a->src != q->dst || a->dst != q->src)
		return false;
	if (a->kind == OBSERVED_ICMP && quotes(q, a))
		return true;
	if (a->kind != q->kind)
		return false;
	if (a->kind == OBSERVED_TCP || a->kind == OBSERVED_UDP)
		return a->sport == q->dport && a->dport == q->sport;
	if (a->kind != OBSERVED_ICMP || q->type >= sizeof(replies) || !replies[q->type])
		return false;
	return a->type == (q->type == 8 ? 0 : replies[q->type]) && a->rest == q->rest;
}

static bool
same_question(const struct observed *a, const struct observed *b)
{
	return a->kind == b->kind && a->src == b->src && a->dst == b->dst && a->sport == b->sport && a->dport == b->dport &&
	       (a->kind != OBSERVED_TCP || (a->flags == b->flags && a->seq == b->seq)) &&
	       (a->kind != OBSERVED_ICMP || (a->type == b->type && a->rest == b->rest));
}

size_t
journal_answer(const struct journal *j, size_t i)
{
	const struct observed *q = &j->at[i].o;

	for (size_t k = i + 1; k < j->n; k++) {
		if (j->at[k].sent && same_question(q, &j->at[k].o))
			return JOURNAL_NONE;
		if (!j->at[k].sent && journal_answers(q, &j->at[k].o))
			return k;
	}
	return JOURNAL_NONE;
}
