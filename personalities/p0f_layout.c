/* SPDX-License-Identifier: BSD-3-Clause */
/* A signature's options in the words of our own files; what no word can say as raw bytes at the end. */
#include "p0f_import.h"

#include <string.h>

#include "say.h"

#define ROOM 40

static const struct {
	uint8_t kind, len;
	const char *word;
} kinds[] = {{OPT_EOL, 1, "eol"}, {OPT_NOP, 1, "nop"}, {OPT_MSS, 4, "mss"}, {OPT_WS, 3, "wscale"}, {OPT_SOK, 2, "sackok"},
	{OPT_SACK, 10, NULL}, {OPT_TS, 10, "ts"}};
#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

static unsigned int
len_of(uint8_t kind)
{
	for (size_t i = 0; i < KINDS; i++)
		if (kinds[i].kind == kind)
			return kinds[i].len;
	return 2;
}

static const char *
word_of(uint8_t kind)
{
	for (size_t i = 0; i < KINDS; i++)
		if (kinds[i].kind == kind)
			return kinds[i].word;
	return "kind";
}

static bool
is_other(uint8_t kind)
{
	return kind > OPT_SACK && kind != OPT_TS;
}

/*
 * Where the malformed option stands. p0f reads on past one of known length that gives another, and stops at others: so
 * the last of the former, or an other that ends the list.
 */
static int
malformed_at(const struct mien_signature *s)
{
	int last = (int)s->n_options - 1;

	if (last >= 0 && (is_other(s->options[last]) || s->options[last] == OPT_SACK))
		return last;
	while (last >= 0 && (s->options[last] == OPT_EOL || s->options[last] == OPT_NOP || is_other(s->options[last]) ||
				    s->options[last] == OPT_SACK))
		last--;
	return last;
}

/* The first option that has to be raw bytes; all behind it are too. */
static unsigned int
raw_from(const struct mien_signature *s, int malformed)
{
	unsigned int i = 0;

	for (; i < s->n_options; i++) {
		if ((int)i == malformed || s->options[i] == OPT_SACK)
			break;
		if (s->options[i] == OPT_EOL && s->quirks & MIEN_QUIRK_PADDING)
			break;
	}
	return i;
}

static unsigned int
raw_option(const struct mien_signature *s, unsigned int i, bool malformed, uint8_t *out)
{
	uint8_t kind = s->options[i];
	unsigned int len = len_of(kind);

	memset(out, 0, ROOM);
	out[0] = kind;
	if (kind == OPT_NOP)
		return 1;
	if (kind == OPT_EOL) {
		if (s->eol_pad)
			out[s->eol_pad] = s->quirks & MIEN_QUIRK_PADDING ? 1 : 0;
		return 1u + s->eol_pad;
	}
	out[1] = (uint8_t)(malformed ? is_other(kind) || kind == OPT_SACK ? 0 : len + 1 : len);
	if (kind == OPT_MSS) {
		out[2] = (uint8_t)(s->mss >> 8);
		out[3] = (uint8_t)s->mss;
	} else if (kind == OPT_WS) {
		out[2] = (uint8_t)s->scale;
	} else if (kind == OPT_TS) {
		out[5] = s->quirks & MIEN_QUIRK_NO_TS ? 0 : 1;
		out[9] = s->quirks & MIEN_QUIRK_ECHO ? 1 : 0;
	}
	return len;
}

static unsigned int
bytes_of(const struct mien_signature *s)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < s->n_options; i++)
		n += len_of(s->options[i]) + (s->options[i] == OPT_EOL && i + 1u == s->n_options ? s->eol_pad : 0u);
	return n;
}

/* Number of the last option of other kind, which takes the bytes that lack to a multiple of four; -1: none. */
static int
filler(const struct mien_signature *s, unsigned int before)
{
	for (int i = (int)before - 1; i >= 0; i--)
		if (is_other(s->options[i]))
			return i;
	return -1;
}

/* Whether p0f reads nothing behind the malformed option, so that anything may fill the rest. */
static bool
ends_reading(const struct mien_signature *s, int malformed)
{
	return malformed >= 0 && (is_other(s->options[malformed]) || s->options[malformed] == OPT_SACK);
}

static int
check(const struct p0f_writer *w, const struct shape *shape, int malformed, unsigned int bytes, int fill)
{
	const struct mien_signature *s = &shape->s;
	unsigned int seen[256] = {0};

	if (bytes > ROOM)
		return shape_fail(w, shape->entry, "the options take %u bytes, a header has room for 40", bytes);
	if (s->quirks & MIEN_QUIRK_BAD && malformed < 0)
		return shape_fail(w, shape->entry, "bad: none of the options can be malformed");
	if (bytes % 4 != 0 && fill < 0 && !ends_reading(s, malformed))
		return shape_fail(w, shape->entry,
			"the options take %u bytes, which is no multiple of 4: nop or eol+N is missing", bytes);
	for (unsigned int i = 0; i + 1u < s->n_options; i++)
		if (s->options[i] == OPT_EOL)
			return shape_fail(w, shape->entry, "nothing is seen behind kind 0, the end of the options");
	for (unsigned int i = 0; i < s->n_options; i++)
		if (s->options[i] != OPT_NOP && s->options[i] != OPT_EOL && !is_other(s->options[i]) &&
			++seen[s->options[i]] > 1)
			return shape_fail(w, shape->entry, "an option stands there twice");
	return 0;
}

static void
say_raw(struct text *t, struct shape *shape, unsigned int from, unsigned int fill, int malformed)
{
	const struct mien_signature *s = &shape->s;
	uint8_t bytes[ROOM];
	unsigned int total = fill, n;

	say(t, "%s0x", from ? ", " : "");
	for (unsigned int i = from; i < s->n_options; i++) {
		shape->raw_stamp |= s->options[i] == OPT_TS;
		n = raw_option(s, i, (int)i == malformed, bytes);
		total += n;
		for (unsigned int b = 0; b < n; b++)
			say(t, "%02x", bytes[b]);
	}
	for (unsigned int i = 0; i < from; i++)
		total += len_of(s->options[i]);
	for (; total % 4 != 0; total++)
		say(t, "00");
}

static void
say_word(struct text *t, const struct mien_signature *s, unsigned int i, unsigned int fill)
{
	say(t, "%s%s", i ? ", " : "", word_of(s->options[i]));
	if (s->options[i] == OPT_MSS && s->mss == 0)
		say(t, "=0");
	if (is_other(s->options[i])) {
		say(t, "=%u", s->options[i]);
		for (unsigned int b = 0; b < fill; b++)
			say(t, "%s00", b ? "" : "+0x");
	}
	for (unsigned int b = 0; s->options[i] == OPT_EOL && b < s->eol_pad; b++)
		say(t, ", eol");
}

int
shape_layout(const struct p0f_writer *w, struct shape *shape)
{
	const struct mien_signature *s = &shape->s;
	struct text t = {shape->layout, 0, sizeof(shape->layout)};
	int malformed = s->quirks & MIEN_QUIRK_BAD ? malformed_at(s) : -1;
	unsigned int from = raw_from(s, malformed), bytes = bytes_of(s);
	int fill = filler(s, from);
	unsigned int lack = fill >= 0 ? (4 - bytes % 4) % 4 : 0;

	if (check(w, shape, malformed, bytes, fill) != 0)
		return MIEN_EINVAL;
	for (unsigned int i = 0; i < from; i++)
		say_word(&t, s, i, (int)i == fill ? lack : 0);
	if (from < s->n_options)
		say_raw(&t, shape, from, lack, malformed);
	shape->options = (bytes + 3) / 4 * 4;
	return 0;
}
