/* SPDX-License-Identifier: BSD-3-Clause */
/* Options as nmap writes them, "M5B4NW7ST11", in our own words. */
#include "nmap_syn.h"

#include <stdio.h>
#include <string.h>

#include "say.h"

#define ROOM 40 /* bytes of options that a header holds, RFC 9293 section 3.1 */

struct option_text {
	const char *at;
	struct text out;
	size_t digits; /* of its bytes in hex */
	bool raw;      /* writing raw bytes */
};

static void
emit(struct option_text *t, const char *word, const char *hex)
{
	t->digits += strlen(hex);
	if (t->raw)
		say(&t->out, "%s", hex);
	else
		say(&t->out, "%s%s", t->out.n ? ", " : "", word);
}

static void
begin_raw(struct option_text *t, struct want *want)
{
	if (!t->raw)
		say(&t->out, "%s0x", t->out.n ? ", " : "");
	t->raw = want->odd_layout = true;
}

static uint32_t
read_hex(const char **at)
{
	uint32_t v = 0;

	for (; **at != '\0' && strchr("0123456789ABCDEF", **at) != NULL; (*at)++)
		v = v << 4 | (uint32_t)(strchr("0123456789ABCDEF", **at) - "0123456789ABCDEF");
	return v;
}

/* The bytes behind an EOL, when they are not all EOLs, are nothing that a rule could make. */
static bool
only_eol(const char *at)
{
	return strspn(at, "L") == strlen(at);
}

static bool
stamp_digits(const char *at)
{
	return (at[0] == '0' || at[0] == '1') && (at[1] == '0' || at[1] == '1');
}

/* An option that the rules do not fill in. */
static void
emit_fixed(struct option_text *t, struct want *want, const char *name, uint32_t value, const char *hex)
{
	char word[24];

	snprintf(word, sizeof(word), "%s=%u", name, value);
	emit(t, word, hex);
	want->odd_layout = true;
}

static void
take_mss(struct option_text *t, struct want *want)
{
	uint32_t value = read_hex(&t->at) & 0xffff;
	char hex[16];

	snprintf(hex, sizeof(hex), "0204%04x", value);
	if (!t->raw && want->holds & MIEN_NEG_MSS) {
		emit_fixed(t, want, "mss", value, hex);
		return;
	}
	emit(t, "mss", hex);
	if (t->raw)
		return;
	want->mss = (int)value;
	want->holds |= MIEN_NEG_MSS;
}

static void
take_wscale(struct option_text *t, struct want *want)
{
	uint32_t value = read_hex(&t->at) & 0xff;
	char hex[16];

	snprintf(hex, sizeof(hex), "0303%02x", value);
	if (!t->raw && (value > 14 || want->holds & MIEN_NEG_WSCALE)) {
		emit_fixed(t, want, "wscale", value, hex);
		return;
	}
	emit(t, "wscale", hex);
	if (t->raw)
		return;
	want->wscale = (int)value;
	want->holds |= MIEN_NEG_WSCALE;
}

static bool
take_stamps(struct option_text *t, struct want *want, const char *rule)
{
	const char *at = t->at;
	char hex[32];

	if (!stamp_digits(at))
		return false;
	t->at += 2;
	if (want->holds & MIEN_NEG_TS)
		begin_raw(t, want); /* a second one: none of the peer's business */
	snprintf(hex, sizeof(hex), "080a%s%s", at[0] == '1' ? "01234567" : "00000000",
		at[1] == '1' ? "ffffffff" : "00000000");
	if (t->raw || rule == NULL || (want->offers_stamps && memcmp(rule, at, 2) == 0)) {
		emit(t, "ts", hex);
		want->holds |= t->raw ? 0 : MIEN_NEG_TS;
	} else if (memcmp(at, "00", 2) == 0) {
		emit_fixed(t, want, "ts", 0, hex);
	} else {
		begin_raw(t, want);
		emit(t, "", hex);
	}
	return true;
}

/* One token; false where it is none. */
static bool
take_token(struct option_text *t, struct want *want, const char *stamps)
{
	switch (*t->at++) {
	case 'L':
		emit(t, "eol", "00");
		if (!only_eol(t->at))
			begin_raw(t, want);
		return true;
	case 'N':
		emit(t, "nop", "01");
		return true;
	case 'S':
		if (want->holds & MIEN_NEG_SACK)
			begin_raw(t, want);
		emit(t, "sackok", "0402");
		want->holds |= t->raw ? 0 : MIEN_NEG_SACK;
		return true;
	case 'M':
		take_mss(t, want);
		return true;
	case 'W':
		take_wscale(t, want);
		return true;
	case 'T':
		return take_stamps(t, want, stamps);
	default:
		return false;
	}
}

bool
layout_of(struct want *want, const char *stamps)
{
	struct option_text t = {.at = want->options, .out = {want->layout, 0, sizeof(want->layout)}};

	want->layout[0] = '\0';
	want->holds = 0;
	want->mss = -1;
	want->wscale = -1;
	want->odd_layout = false;
	while (*t.at != '\0')
		if (!take_token(&t, want, stamps))
			return false;
	return t.digits <= 2 * ROOM;
}
