/* SPDX-License-Identifier: BSD-3-Clause */
#include "knobs.h"
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

/* Any other kind; its length stands in the template. */
static const struct option other = {"kind", 255, 0, 0};

#define OPTIONS (sizeof(options) / sizeof(options[0]))
#define EOL 0
#define NOP 1

static const struct option *
by_kind(unsigned int kind)
{
	for (size_t i = 0; i < OPTIONS; i++)
		if (options[i].kind == kind)
			return &options[i];
	return &other;
}

void
layout_init(struct mien_opt_template *t)
{
	memset(t, 0, sizeof(*t));
	t->off_mss = t->off_wscale = t->off_ts = t->off_sack = t->raw_at = MIEN_OPT_NONE;
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
	if (t->raw_at != MIEN_OPT_NONE)
		return "nothing may stand behind raw bytes";
	if (off != NULL && *off != MIEN_OPT_NONE)
		return "the option stands there twice";
	if (o->kind == 4 && layout_holds(t) & MIEN_NEG_SACK)
		return "the option stands there twice";
	if (off != NULL)
		*off = (uint8_t)(t->len + 2);
	t->bytes[t->len] = o->kind;
	t->holds = (uint8_t)(t->holds | o->set);
	if (o->len > 1)
		t->bytes[t->len + 1] = o->len;
	t->len = (uint8_t)(t->len + o->len);
	return NULL;
}

static const char *
append_bytes(struct mien_opt_template *t, const uint8_t *bytes, size_t len)
{
	if (t->raw_at != MIEN_OPT_NONE)
		return "nothing may stand behind raw bytes";
	if (t->len + len > sizeof(t->bytes))
		return "the options are longer than 40 bytes";
	memcpy(t->bytes + t->len, bytes, len);
	t->len = (uint8_t)(t->len + len);
	return NULL;
}

static int
hex_digit(char c)
{
	static const char digits[] = "0123456789abcdef";
	const char *at = c ? strchr(digits, c >= 'A' && c <= 'F' ? c + 32 : c) : NULL;

	return at ? (int)(at - digits) : -1;
}

int
hex_bytes(const char *text, uint8_t *out, size_t cap)
{
	size_t n = 0;

	for (; text[0] != '\0'; text += 2, n++) {
		int high = hex_digit(text[0]), low = high < 0 ? -1 : hex_digit(text[1]);

		if (low < 0 || n == cap)
			return -1;
		out[n] = (uint8_t)(high << 4 | low);
	}
	return (int)n;
}

/* "0x0101": these bytes, whatever they mean. */
static const char *
add_raw(struct mien_opt_template *t, const char *hex)
{
	uint8_t bytes[40], at = t->len;
	int n = hex_bytes(hex, bytes, sizeof(bytes));
	const char *why;

	if (n <= 0)
		return "raw bytes are 0x and pairs of hexadecimal digits, at most 40";
	why = append_bytes(t, bytes, (size_t)n);
	if (why == NULL)
		t->raw_at = at;
	return why;
}

/* "kind=30", "kind=30+0x0102": an option of another kind, with data or without. */
static const char *
add_kind(struct mien_opt_template *t, const char *text)
{
	uint8_t bytes[40];
	char digits[8];
	const char *plus = strchr(text, '+');
	int64_t kind = 0;
	int n = 0;

	snprintf(digits, sizeof(digits), "%.*s", plus ? (int)(plus - text) : (int)sizeof(digits), text);
	if (knob_number(digits, &kind) != 0 || kind > 255 || by_kind((unsigned int)kind) != &other)
		return "kind= takes a number of 6 to 255 that has no word of its own";
	if (plus != NULL)
		n = plus[1] == '0' && plus[2] == 'x' ? hex_bytes(plus + 3, bytes + 2, sizeof(bytes) - 2) : -1;
	if (n < 0)
		return "the data of kind=N+0xBYTES are pairs of hexadecimal digits, at most 38";
	bytes[0] = (uint8_t)kind;
	bytes[1] = (uint8_t)(2 + n);
	return append_bytes(t, bytes, bytes[1]);
}

/* Options with a value that does not come from elsewhere: "mss=512", "wscale=3", "ts=0". */
static const char *
add_fixed(struct mien_opt_template *t, const char *word, bool *known)
{
	int64_t value = -1;
	const char *equals = strchr(word, '=');
	size_t len = equals ? (size_t)(equals - word) : 0;

	*known = equals != NULL && knob_number(equals + 1, &value) == 0;
	if (*known && len == 3 && memcmp(word, "mss", 3) == 0 && value <= 65535)
		return append_bytes(t, (uint8_t[]){2, 4, (uint8_t)(value >> 8), (uint8_t)value}, 4);
	if (*known && len == 6 && memcmp(word, "wscale", 6) == 0 && value <= 255)
		return append_bytes(t, (uint8_t[]){3, 3, (uint8_t)value}, 3);
	if (*known && len == 2 && memcmp(word, "ts", 2) == 0 && value == 0)
		return append_bytes(t, (uint8_t[10]){8, 10}, 10);
	*known = false;
	return NULL;
}

const char *
layout_add(struct mien_opt_template *t, const char *word)
{
	bool known;
	const char *why;

	for (size_t i = 0; i < OPTIONS; i++)
		if (strcmp(options[i].word, word) == 0)
			return append(t, &options[i]);
	if (word[0] == '0' && word[1] == 'x')
		return add_raw(t, word + 2);
	if (strncmp(word, "kind=", 5) == 0)
		return add_kind(t, word + 5);
	why = add_fixed(t, word, &known);
	return known ? why : "it is none of mss, nop, wscale, sackok, ts, sack, eol, mss=N, wscale=N, ts=0, kind=N, 0xBYTES";
}

/* Where the options end that are known by their kinds. */
static unsigned int
known_len(const struct mien_opt_template *t)
{
	return t->raw_at == MIEN_OPT_NONE ? t->len : t->raw_at;
}

/* The option at *at, which moves past it. Bytes behind an EOL read as EOLs. */
static const struct option *
next(const struct mien_opt_template *t, unsigned int *at)
{
	const struct option *o = by_kind(t->bytes[*at]);

	*at += o == &other ? t->bytes[*at + 1] : o->len;
	return o;
}

/* Whether the option that begins at start has its value in the template for good. */
static bool
is_fixed(const struct mien_opt_template *t, const struct option *o, unsigned int start)
{
	uint8_t off = o->kind == 2   ? t->off_mss
		      : o->kind == 3 ? t->off_wscale
		      : o->kind == 8 ? t->off_ts
				     : (uint8_t)(start + 2);

	return off != start + 2;
}

static unsigned int
fixed_value(const struct mien_opt_template *t, unsigned int start)
{
	const uint8_t *b = t->bytes + start;

	return b[0] == 2 ? (unsigned int)(b[2] << 8 | b[3]) : b[0] == 3 ? b[2] : 0;
}

static bool
eol_in_the_middle(const struct mien_opt_template *t)
{
	bool ended = false;

	for (unsigned int at = 0; at < known_len(t);) {
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

/* "=30+0x0102" */
static size_t
format_kind(const uint8_t *option, char *out, size_t cap)
{
	size_t n = (size_t)snprintf(out, cap, "=%u%s", option[0], option[1] > 2 ? "+0x" : "");

	for (unsigned int i = 2; i < option[1] && n < cap; i++)
		n += (size_t)snprintf(out + n, cap - n, "%02x", option[i]);
	return n;
}

void
layout_format(const struct mien_opt_template *t, char *out, size_t cap)
{
	size_t n = (size_t)snprintf(out, cap, "[");

	for (unsigned int at = 0; at < known_len(t) && n < cap;) {
		unsigned int start = at;
		const struct option *o = next(t, &at);

		n += (size_t)snprintf(out + n, cap - n, "%s%s", start ? ", " : "", o->word);
		if (o == &other)
			n += format_kind(t->bytes + start, out + n, n < cap ? cap - n : 0);
		if (is_fixed(t, o, start) && n < cap)
			n += (size_t)snprintf(out + n, cap - n, "=%u", fixed_value(t, start));
	}
	if (t->raw_at != MIEN_OPT_NONE && n < cap)
		n += (size_t)snprintf(out + n, cap - n, "%s0x", t->raw_at ? ", " : "");
	for (unsigned int at = known_len(t); at < t->len && n < cap; at++)
		n += (size_t)snprintf(out + n, cap - n, "%02x", t->bytes[at]);
	if (n < cap)
		snprintf(out + n, cap - n, "]");
}

unsigned int
layout_holds(const struct mien_opt_template *t)
{
	return t->holds;
}

/* An option with the NOPs in front of it. */
struct group {
	uint8_t nops, start, len; /* where it stands */
	const struct option *option; /* NULL: padding at the end */
};

static unsigned int
split(const struct mien_opt_template *t, struct group *groups, bool *ends_in_eol)
{
	unsigned int n = 0;

	memset(groups, 0, sizeof(*groups) * 41);
	*ends_in_eol = false;
	for (unsigned int at = 0; at < known_len(t);) {
		unsigned int start = at;
		const struct option *o = next(t, &at);

		*ends_in_eol = *ends_in_eol || o->kind == EOL;
		if (o->kind == NOP)
			groups[n].nops++;
		if (o->kind == NOP || o->kind == EOL)
			continue;
		groups[n].start = (uint8_t)start;
		groups[n].len = (uint8_t)(at - start);
		groups[n++].option = o;
	}
	return n; /* NOPs behind the last option are padding: left out */
}

static unsigned int
group_len(const struct group *g)
{
	return g->nops + g->len;
}

/* Whether nothing of it has to leave: then its padding and raw bytes stay too. */
static bool
whole(const struct mien_opt_template *full, unsigned int negotiated)
{
	return (layout_holds(full) & ~negotiated) == 0;
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
	if (whole(full, negotiated)) {
		*out = *full;
		return;
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
		if (groups[i].option == &other)
			(void)append_bytes(out, full->bytes + groups[i].start, groups[i].len);
		else
			(void)append(out, groups[i].option);
	}
	while (out->len % 4 != 0 && out->len < sizeof(out->bytes))
		(void)append(out, by_kind(eol ? EOL : NOP));
}
