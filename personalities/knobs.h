/* SPDX-License-Identifier: BSD-3-Clause */
/* One knob: a place in the flat block, what may stand there, and its text both ways. */
#ifndef PERSONALITIES_KNOBS_H
#define PERSONALITIES_KNOBS_H

#include <mien/personality.h>

enum kind {
	KIND_NUM,      /* a whole number, decimal or 0x */
	KIND_NUM_COPY, /* the same, or "copy" for 0 */
	KIND_NUM_ALL,  /* the same, or "all" for 0 */
	KIND_NUM_MTU,  /* the same, or "mtu" for 0 */
	KIND_NUM_KEEP, /* the same, or "keep"; stored with 1 added, 0 for "keep" */
	KIND_NUM_SAME, /* the same, or "same"; stored as that */
	KIND_INT,      /* with a sign */
	KIND_SIZE,     /* bytes, KiB or MiB */
	KIND_HZ,       /* 1000Hz */
	KIND_MS,       /* 200ms, 3s, 2min, 2h */
	KIND_BOOL,
	KIND_TOS, /* number, or "copy": two bytes, rule and value */
	KIND_DF,  /* from here on: words */
	KIND_IPID,
	KIND_WINDOW,
	KIND_UNIT,
	KIND_END,
	KIND_MSS,
	KIND_TS_BASE,
	KIND_ISN,
	KIND_ECN,
	KIND_CC,
	KIND_RECOVERY,
	KIND_UNDO,
	KIND_PROBE,
	KIND_PORTS,
	KIND_OVERLAP,
	KIND_SEGMENTS,
	KIND_SUM,
	KIND_CODE,
	KIND_TS_ZERO,
	KIND_PERSIST,
	KIND_BACKLOG,
	KIND_ACCEPT_SYN,
	KIND_ACCEPT_ACK,
	KIND_BLACK_HOLE,
	KIND_GROWTH,
	KIND_NAGLE,
	KIND_HYSTART,
	KIND_ACK_FUTURE,
	KIND_LAST_WORD = KIND_ACK_FUTURE,
	KIND_LAYOUT, /* from here on: lists */
	KIND_GAPS,
	KIND_DECK,
	KIND_FACTORS,
	KIND_CASES,
	KIND_ARP
};

struct knob {
	const char *key;
	uint16_t offset; /* in struct mien_personality */
	uint16_t size;
	uint8_t kind; /* enum kind */
	int64_t least, most;
	const char *unit;
	const char *help;
};

extern const struct knob knobs[];
extern const size_t knob_count;

#define VALUE_CAP 4096 /* the longest value as text */

static inline bool
knob_is_list(const struct knob *k)
{
	return k->kind >= KIND_LAYOUT;
}

/** The knob of that key, or NULL. */
const struct knob *knob_find(const char *key);
/** Whether some knob's key goes on behind prefix and a dot. */
bool knob_is_group(const char *prefix);
/** The known key nearest to an unknown one: a knob's or one of others; NULL when none is near. */
const char *knob_suggest(const char *key, const char *const others[], size_t count);

/**
 * Writes a scalar into the block. 0, or -1 with what may stand there in why (cap bytes). Not for
 * lists.
 */
int knob_parse(
	const struct knob *k, struct mien_personality *p, const char *text, char *why, size_t cap);
/** What may stand there: "1..255 or copy". */
void knob_range(const struct knob *k, char *out, size_t cap);
/** The value as it stands in a file, cut at cap; lists in flow style. */
void knob_format(const struct knob *k, const struct mien_personality *p, char *out, size_t cap);

/** The same for a knob that holds a list. */
void knob_list_range(const struct knob *k, char *out, size_t cap);
void knob_list_format(const struct knob *k, const struct mien_personality *p, char *out, size_t cap);

/** Parts the list readers need: one word of a kind's list, one duration. -1 when text is none. */
int knob_duration(const char *text, int64_t *ms);
int knob_number(const char *text, int64_t *value);
void knob_format_ms(int64_t ms, char *out, size_t cap);

/** tcp.synack.cases as it stands in a file. */
void cases_format(const struct mien_personality *p, char *out, size_t cap);

/** Bits of arp.answers by word, most significant first; NULL past the end. */
const char *arp_word(unsigned int i, uint16_t *bit);

#endif
