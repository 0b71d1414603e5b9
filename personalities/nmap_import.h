/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One entry of nmap's second-generation text format: tests of attributes, each attribute an expression: values joined
 * by '|', ranges "a-b", limits "<a", ">a", numbers in hexadecimal.
 */
#ifndef PERSONALITIES_NMAP_IMPORT_H
#define PERSONALITIES_NMAP_IMPORT_H

#include <mien/import.h>

#include "profile_int.h"

enum test { T_SEQ, T_OPS, T_WIN, T_ECN, T_T1, T_T2, T_T3, T_T4, T_T5, T_T6, T_T7, T_U1, T_IE, T_COUNT };

#define ATTRS 12 /* of one test, at most */

struct print {
	const char *title;
	unsigned int line;
	unsigned int test_line[T_COUNT];     /* 0: the test is not there */
	const char *value[T_COUNT][ATTRS];   /* NULL: not stated */
};

struct mien_prints {
	char *text;
	char file[256];
	struct print *at;
	size_t count, cap;
};

const char *test_name(enum test t);
/** Name of attribute a, NULL past the end. */
const char *attr_name(enum test t, unsigned int a);
/** The expression of an attribute, NULL where the entry does not state it. */
const char *print_get(const struct print *p, enum test t, const char *attr);

/* nmap_pick.c: one value of an expression. */

/** Alternative i of an expression into out (cut at cap); false past the end. "" has one, the empty one. */
bool alternative(const char *expression, unsigned int i, char *out, size_t cap);
unsigned int alternatives(const char *expression);
/** A number in hexadecimal, all of text. */
bool hex_number(const char *text, uint32_t *value);
/** Whether some alternative is text itself. */
bool lists(const char *expression, const char *text);
/** Whether a number fits the expression. */
bool fits(const char *expression, uint32_t value);
/** A number that fits: of the first alternative that is one, the middle of a range. */
bool pick_number(const char *expression, uint32_t *value);
/** The limits of alternative i as a range; a number is a range of one. */
bool pick_range(const char *expression, unsigned int i, uint32_t *low, uint32_t *high);

/* nmap_isn.c */

/** So many increments (3 to 5) that show this; -1 where there are none. gcd may be NULL, the others too. */
int isn_deck(const char *gcd, const char *isr, const char *sp, unsigned int cards, uint32_t deck[5]);

/* nmap_profile.c, nmap_answer.c, nmap_syn.c: options and windows of what answers a SYN. */

struct writer {
	const struct mien_prints *prints;
	const struct print *print;
	const struct mien_sink *yaml, *report;
	struct mien_error *err;
	bool no_distance; /* the TTLs fit no distance: it is kept from being measured */
	int quote_off; /* added to each real TTL it shows: nmap measures from the TTL that is quoted */
	int result;
	uint16_t ttl[T_COUNT]; /* found so far, with 1 added */
};

void syn_write(struct writer *w);
/** How many of the six SYNs of a scan get a SYN-ACK. */
unsigned int synacks(const struct writer *w);
/** The timestamp clock, as further keys of a mapping. */
void clock_write(struct writer *w);
/** What goes back to a probe that opens nothing, as the value of an answer; false: it opens. */
bool answer_text(struct writer *w, enum test t, char *out, size_t cap);
/** Whether the entry has the test and it is answered. */
bool answers_at_all(const struct print *p, enum test t);
/** S of the SYN-ACK to probe 1: what it says of initial sequence numbers; "O" where there is none. */
const char *isn_word(struct writer *w);
/** The ISN to probe 1 is 0 or the acknowledgment, those to the others go on from there. */
bool isn_restarts(struct writer *w);
/** Parts of an answer for DF, TTL, Q of the test where they are not the usual ones; false: they are. */
bool header_text(struct writer *w, enum test t, bool synack, char *out, size_t cap);
/** The TTL, a word, of most resets; 0, NULL: not stated. */
unsigned int usual_ttl(struct writer *w);
const char *usual_word(struct writer *w, const char *attr, const char *prefer);
/** nmap's option letters as bytes in hexadecimal digits; false: none, or no multiple of 4. */
bool hex_options(const char *at, char *out, size_t cap);
/** A TTL that fits a test, without quote_off; 0: not stated. */
unsigned int pick_ttl(struct writer *w, enum test t);
/** First of "Y", "N", ... that the expression lists; its first alternative otherwise; def where it is NULL. */
const char *pick_word(struct writer *w, enum test t, const char *attr, const char *prefer, const char *def);
void took(struct writer *w, enum test t, const char *attr, const char *value);
int writer_fail(struct writer *w, enum test t, const char *attr, const char *why);

#endif
