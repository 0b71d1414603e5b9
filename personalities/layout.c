/* SPDX-License-Identifier: BSD-3-Clause */
#include "layout.h"

#include <stdio.h>
#include <string.h>

static const struct option {
	const char *word;
	uint8_t kind, len;
	unsigned int set; /* MIEN_NEG_... it belongs to */
} options[] = {
	{"eol", 0, 1, 0},
	{"nop", 1, 1, 0},
	{"mss", 2, 4, 0},
	{"wscale", 3, 3, MIEN_NEG_WSCALE},
	{"sackok", 4, 2, MIEN_NEG_SACK},
	{"sack", 5, 2, 0},
	{"ts", 8, 10, MIEN_NEG_TS},
};

#define OPTIONS (sizeof(options) / sizeof(options[0]))
#define EOL 0
#define NOP 1

static const struct option *
by_kind(unsigned int kind)
{
	for (size_t i = 0; i < OPTIONS; i++)
		if (options[i].kind == kind)
			return &options[i];
	return NULL;
}

void
layout_init(struct mien_opt_template *t)
{
	memset(t, 0, sizeof(*t));
	t->off_mss = t->off_wscale = t->off_ts = t->off_sack = MIEN_OPT_NONE;
}

static uint8_t *
offset_of(struct mien_opt_template *t, unsigned int kind)
{
	return kind == 2   ? &t->off_mss
	       : kind == 3 ? &t->off_wscale
	       : kind == 8 ? &t->off_ts
	       : kind == 5 ? &t->off_sack
			   : NULL;
}

static const char *
append(struct mien_opt_template *t, const struct option *o)
{
	uint8_t *off = offset_of(t, o->kind);

	if (t->len + o->len > (int)sizeof(t->bytes))
		return "the options are longer than 40 bytes";
	if (t->off_sack != MIEN_OPT_NONE)
		return "nothing may stand behind sack";
	if (off != NULL && *off != MIEN_OPT_NONE)
		return "the option stands there twice";
	if (o->kind == 4 && layout_holds(t) & MIEN_NEG_SACK)
		return "the option stands there twice";
	if (off != NULL)
		*off = (uint8_t)(t->len + 2);
	t->bytes[t->len] = o->kind;
	if (o->len > 1)
		t->bytes[t->len + 1] = o->len;
	t->len = (uint8_t)(t->len + o->len);
	return NULL;
}

const char *
layout_add(struct mien_opt_template *t, const char *word)
{
	for (size_t i = 0; i < OPTIONS; i++)
		if (strcmp(options[i].word, word) == 0)
			return append(t, &options[i]);
	return "it is none of mss, nop, wscale, sackok, ts, sack, eol";
}

/* The option at *at, which moves past it. Bytes behind an EOL read as EOLs. */
static const struct option *
next(const struct mien_opt_template *t, unsigned int *at)
{
	const struct option *o = by_kind(t->bytes[*at]);

	*at += o->len;
	return o;
}

static bool
eol_in_the_middle(const struct mien_opt_template *t)
{
	bool ended = false;

	for (unsigned int at = 0; at < t->len;) {
		const struct option *o = next(t, &at);

		if (ended && o->kind != EOL)
			return true;
		ended = ended || o->kind == EOL;
	}
	return false;
}

const char *
layout_finish(struct mien_opt_template *t, bool sack)
{
	if (sack != (t->off_sack != MIEN_OPT_NONE))
		return sack ? "it does not end in sack"
			    : "sack belongs into tcp.segment.sack-options only";
	if (t->len % 4 != 0)
		return "the options are not a multiple of 4 bytes; pad them with nop or eol";
	if (eol_in_the_middle(t))
		return "only eol may stand behind eol";
	return NULL;
}

void
layout_format(const struct mien_opt_template *t, char *out, size_t cap)
{
	size_t n = (size_t)snprintf(out, cap, "[");

	for (unsigned int at = 0; at < t->len && n < cap;) {
		const char *comma = at ? ", " : "";

		n += (size_t)snprintf(out + n, cap - n, "%s%s", comma, next(t, &at)->word);
	}
	if (n < cap)
		snprintf(out + n, cap - n, "]");
}

unsigned int
layout_holds(const struct mien_opt_template *t)
{
	unsigned int set = 0;

	for (unsigned int at = 0; at < t->len;)
		set |= next(t, &at)->set;
	return set;
}

/* An option with the NOPs in front of it. */
struct group {
	uint8_t nops;
	const struct option *option; /* NULL: padding at the end */
};

static unsigned int
split(const struct mien_opt_template *t, struct group *groups, bool *ends_in_eol)
{
	unsigned int n = 0;

	memset(groups, 0, sizeof(*groups) * 41);
	*ends_in_eol = false;
	for (unsigned int at = 0; at < t->len;) {
		const struct option *o = next(t, &at);

		*ends_in_eol = *ends_in_eol || o->kind == EOL;
		if (o->kind == NOP)
			groups[n].nops++;
		else if (o->kind != EOL)
			groups[n++].option = o;
	}
	return n; /* NOPs behind the last option are padding: left out */
}

static unsigned int
group_len(const struct group *g)
{
	return g->nops + g->option->len;
}

/*
 * Groups whose option is gone leave with their NOPs. If what remains does not end on 32 bits,
 * layouts that end in EOL are filled up with EOLs; in others NOPs go in front of the first group
 * that is not a whole number of words: MSS SACK TS NOP WS without SACK is MSS NOP NOP TS NOP WS.
 */
void
layout_derive(const struct mien_opt_template *full, unsigned int negotiated,
	struct mien_opt_template *out)
{
	struct group groups[41];
	bool eol, padded = false;
	unsigned int n = split(full, groups, &eol), kept = 0, len = 0;

	for (unsigned int i = 0; i < n; i++) {
		if (groups[i].option->set != 0 && (groups[i].option->set & negotiated) == 0)
			continue;
		len += group_len(&groups[i]);
		groups[kept++] = groups[i];
	}
	layout_init(out);
	for (unsigned int i = 0; i < kept; i++) {
		unsigned int nops = groups[i].nops;

		if (!eol && !padded && len % 4 != 0 && group_len(&groups[i]) % 4 != 0) {
			nops += 4 - len % 4;
			padded = true;
		}
		while (nops-- > 0)
			(void)append(out, by_kind(NOP));
		(void)append(out, groups[i].option);
	}
	while (out->len % 4 != 0 && out->len < sizeof(out->bytes))
		(void)append(out, by_kind(eol ? EOL : NOP));
}
