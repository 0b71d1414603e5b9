/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What went to a host and what it said, in the order of time: the one thing that learning reads, be it of mien's own
 * probing or of somebody's capture.
 */
#ifndef TOOLS_LEARN_JOURNAL_H
#define TOOLS_LEARN_JOURNAL_H

#include <mien/err.h>

#include "observed.h"

#define JOURNAL_MAX 40000
#define JOURNAL_NONE ((size_t)-1)

struct journal_entry {
	uint64_t at;
	bool sent; /* to the host */
	struct observed o;
};

struct journal {
	struct journal_entry *at;
	size_t n, cap;
	uint64_t left_out; /* beyond JOURNAL_MAX */
};

/** Writes a frame down; one that is cut, malformed or a fragment is left out. MIEN_ENOMEM. */
MIEN_CHECKED int journal_add(struct journal *j, uint64_t now, bool sent, const uint8_t *frame, size_t len);
void journal_free(struct journal *j);

/** Whether a is of the same exchange as q: ports, echo numbers, the quoted header. */
bool journal_answers(const struct observed *q, const struct observed *a);
/** The first answer to the sent entry i, before the same is sent anew; JOURNAL_NONE: none. */
size_t journal_answer(const struct journal *j, size_t i);

static inline bool
is_syn(const struct observed *o)
{
	return o->kind == OBSERVED_TCP && (o->flags & (FLAG_SYN | FLAG_ACK | FLAG_RST | FLAG_FIN)) == FLAG_SYN;
}

static inline bool
is_synack(const struct observed *o)
{
	return o->kind == OBSERVED_TCP && (o->flags & (FLAG_SYN | FLAG_ACK | FLAG_RST)) == (FLAG_SYN | FLAG_ACK);
}

#endif
