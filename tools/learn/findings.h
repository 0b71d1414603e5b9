/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What was learnt: a list of knobs with their values, as text. A finding also says what was seen, where that is not the
 * value itself: two hosts are alike where the same was seen, whatever rule one reads into it.
 */
#ifndef TOOLS_LEARN_FINDINGS_H
#define TOOLS_LEARN_FINDINGS_H

#include <stdbool.h>
#include <stddef.h>

#include <mien/err.h>

/* How something was found out; each has a sentence of evidence. */
enum finding_how {
	HOW_PROBES,	/* nmap's probes */
	HOW_OFFERS,	/* SYNs with every offer */
	HOW_IDS,
	HOW_ISN,
	HOW_CLOCK,
	HOW_ODD,	/* odd segments */
	HOW_CONN,
	HOW_HELD,	/* a SYN-ACK that nobody acknowledged */
	HOW_ICMP,
	HOW_ARP,
	HOW_FRAGMENTS,
	HOW_OPENS,	/* SYNs of the host's own */
	HOW_COUNT
};
const char *how_what(enum finding_how how);

struct finding {
	char key[64];
	char *value, *seen; /* seen: NULL where it is the value */
	enum finding_how how;
};

struct findings {
	struct finding *at;
	size_t n, cap;
	bool no_memory;
};

/** Adds or replaces. Texts are formatted; seen may be NULL. */
void findings_set(struct findings *f, enum finding_how how, const char *key, const char *format, ...)
	__attribute__((format(printf, 4, 5)));
/** What was seen, of the finding that was set last. */
void findings_seen(struct findings *f, const char *format, ...) __attribute__((format(printf, 2, 3)));
/** Takes a finding away, or all whose key begins so where it ends in a dot. */
void findings_drop(struct findings *f, const char *key);
const struct finding *findings_get(const struct findings *f, const char *key);
const char *findings_value(const struct findings *f, const char *key);
void findings_free(struct findings *f);

/** The same was seen; where what was seen of a ends in dots, it goes on in b. */
bool finding_same(const struct finding *a, const struct finding *b);
/** How far b is from a: keys of a that differ or that b has not. Answers to odd segments are many and count a quarter. */
size_t findings_distance(const struct findings *a, const struct findings *b);
bool finding_is_answer(const struct finding *f);

#endif
