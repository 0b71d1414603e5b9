/* SPDX-License-Identifier: BSD-3-Clause */
#include "knobs.h"
#include "knob_order.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const struct knob knobs[] = {
#define K(key_, member, kind_, least_, most_, unit_, help_)                                        \
	{key_, offsetof(struct mien_personality, member),                                          \
		sizeof(((struct mien_personality *)0)->member), kind_, least_, most_, unit_,       \
		help_},
#include "knobs.def"
#undef K
};
const size_t knob_count = sizeof(knobs) / sizeof(knobs[0]);
_Static_assert(sizeof(knob_order) / sizeof(knob_order[0]) == sizeof(knobs) / sizeof(knobs[0]),
	"every knob has its place in the order");

/* Words by value; an entry may have a second word that is read as well. */
struct word {
	const char *word, *also;
};

static const struct word df_words[] = {
	{"off", "false"}, {"on", "true"}, {"copy", NULL}, {"invert", NULL}, {NULL, NULL}};
static const struct word ipid_words[] = {{"zero", NULL}, {"constant", NULL},
	{"counter", "incremental"}, {"counter-swapped", NULL}, {"random", NULL},
	{"random-step", NULL}, {"per-destination", NULL}, {"per-connection", NULL}, {"per-peer", NULL},
	{NULL, NULL}};
static const struct word window_words[] = {
	{"constant", NULL}, {"ceil", NULL}, {"floor", NULL}, {"mss", NULL}, {NULL, NULL}};
static const struct word unit_words[] = {
	{"own", NULL}, {"peer", NULL}, {"min", NULL}, {"mtu", NULL}, {NULL, NULL}};
static const struct word end_words[] = {{"silent", NULL}, {"rst", NULL}, {NULL, NULL}};
static const struct word mss_words[] = {
	{"own", NULL}, {"constant", NULL}, {"min-peer", NULL}, {NULL, NULL}};
static const struct word ts_words[] = {
	{"boot", NULL}, {"zero", NULL}, {"per-connection", NULL}, {"per-peer", NULL},
	{"step", NULL}, {NULL, NULL}};
static const struct word isn_words[] = {{"rfc6528", NULL}, {"random", NULL}, {"constant", NULL},
	{"step", NULL}, {"clock", NULL}, {"deck", NULL}, {"peer-ack", NULL}, {NULL, NULL}};
static const struct word ecn_words[] = {
	{"refuse", NULL}, {"accept", NULL}, {"copy", NULL}, {"ignore", NULL}, {NULL, NULL}};
static const struct word cc_words[] = {
	{"newreno", NULL}, {"cubic", NULL}, {"cubic-linux", NULL}, {"bic", NULL}, {"ctcp", NULL}, {NULL, NULL}};
static const struct word recovery_words[] = {
	{"newreno", NULL}, {"sack", NULL}, {"rack", NULL}, {NULL, NULL}};
static const struct word undo_words[] = {
	{"off", "false"}, {"dsack", NULL}, {"timestamps", NULL}, {"both", NULL}, {NULL, NULL}};
static const struct word probe_words[] = {{"old-sequence", NULL}, {"one-byte", NULL}, {NULL, NULL}};
static const struct word port_words[] = {
	{"hash", NULL}, {"random", NULL}, {"ascending", NULL}, {"descending", NULL},
	{"parity", NULL}, {NULL, NULL}};
static const struct word overlap_words[] = {{"drop", NULL}, {"first", NULL}, {"last", NULL},
	{"bsd", NULL}, {"bsd-right", NULL}, {"linux", NULL}, {"solaris", NULL}, {"windows", NULL},
	{"vista", NULL}, {"rfc5722", NULL}, {NULL, NULL}};
static const struct word segments_words[] = {{"first", NULL}, {"last", NULL}, {"bsd", NULL},
	{"linux", NULL}, {"old-linux", NULL}, {"solaris", NULL}, {"windows", NULL},
	{"vista", NULL}, {NULL, NULL}};
static const struct word sum_words[] = {
	{"keep", NULL}, {"zero", NULL}, {"bad", NULL}, {"constant", NULL}, {NULL, NULL}};
static const struct word code_words[] = {
	{"keep", NULL}, {"zero", NULL}, {"constant", NULL}, {NULL, NULL}};
static const struct word ts_zero_words[] = {
	{"off", "false"}, {"on", "true"}, {"value", NULL}, {"echo", NULL}, {NULL, NULL}};
static const struct word persist_words[] = {
	{"as-data", NULL}, {"silent", NULL}, {"rst", NULL}, {NULL, NULL}};
static const struct word backlog_words[] = {
	{"silent", "drop"}, {"rst", NULL}, {"cookies", NULL}, {NULL, NULL}};
static const struct word accept_syn_words[] = {
	{"silent", "drop"}, {"rst", NULL}, {"answer", NULL}, {NULL, NULL}};
static const struct word accept_ack_words[] = {{"ignore", NULL}, {"rst", NULL}, {NULL, NULL}};
static const struct word black_hole_words[] = {
	{"off", "false"}, {"search", NULL}, {"steps", NULL}, {"smallest", NULL}, {NULL, NULL}};
static const struct word growth_words[] = {
	{"double", NULL}, {"right-size", NULL}, {"step", NULL}, {"fixed", NULL}, {NULL, NULL}};
static const struct word nagle_words[] = {{"off", "false"}, {"on", "true"}, {"small", NULL}, {NULL, NULL}};
static const struct word hystart_words[] = {{"off", "false"}, {"on", "true"}, {"late", NULL}, {NULL, NULL}};
static const struct word ack_future_words[] = {{"ack", NULL}, {"silent", NULL}, {NULL, NULL}};
static const struct word bool_words[] = {
	{"off", "no"}, {"on", "yes"}, {"false", NULL}, {"true", NULL}, {NULL, NULL}};

static const struct word *const words_of[] = {
	[KIND_DF] = df_words,
	[KIND_IPID] = ipid_words,
	[KIND_WINDOW] = window_words,
	[KIND_UNIT] = unit_words,
	[KIND_END] = end_words,
	[KIND_MSS] = mss_words,
	[KIND_TS_BASE] = ts_words,
	[KIND_ISN] = isn_words,
	[KIND_ECN] = ecn_words,
	[KIND_CC] = cc_words,
	[KIND_RECOVERY] = recovery_words,
	[KIND_UNDO] = undo_words,
	[KIND_PROBE] = probe_words,
	[KIND_PORTS] = port_words,
	[KIND_OVERLAP] = overlap_words,
	[KIND_SEGMENTS] = segments_words,
	[KIND_SUM] = sum_words,
	[KIND_CODE] = code_words,
	[KIND_TS_ZERO] = ts_zero_words,
	[KIND_PERSIST] = persist_words,
	[KIND_BACKLOG] = backlog_words,
	[KIND_ACCEPT_SYN] = accept_syn_words,
	[KIND_ACCEPT_ACK] = accept_ack_words,
	[KIND_BLACK_HOLE] = black_hole_words,
	[KIND_GROWTH] = growth_words,
	[KIND_NAGLE] = nagle_words,
	[KIND_HYSTART] = hystart_words,
	[KIND_ACK_FUTURE] = ack_future_words,
};

static const char *const zero_words[] = {[KIND_NUM_COPY] = "copy",
	[KIND_NUM_ALL] = "all",
	[KIND_NUM_MTU] = "mtu",
	[KIND_NUM_KEEP] = "keep",
	[KIND_NUM_SAME] = "same"};

/* Stored with 1 added, 0 for the word. */
static bool
is_shifted(const struct knob *k)
{
	return k->kind == KIND_NUM_KEEP || k->kind == KIND_NUM_SAME;
}

static bool
has_words(const struct knob *k)
{
	return k->kind >= KIND_DF && k->kind <= KIND_LAST_WORD;
}

static const char *
zero_word(const struct knob *k)
{
	return k->kind >= KIND_NUM_COPY && k->kind <= KIND_NUM_SAME ? zero_words[k->kind] : NULL;
}

static int
word_value(const struct word *words, const char *text)
{
	for (int i = 0; words[i].word != NULL; i++)
		if (strcmp(words[i].word, text) == 0 ||
			(words[i].also != NULL && strcmp(words[i].also, text) == 0))
			return i;
	return -1;
}

/* The first key in order that is not before the text's first len bytes. */
static size_t
lower_bound(const char *text, size_t len)
{
	size_t low = 0, high = knob_count;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (strncmp(knobs[knob_order[middle]].key, text, len) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

const struct knob *
knob_find(const char *key)
{
	size_t at = lower_bound(key, strlen(key) + 1);
	const struct knob *k = at < knob_count ? &knobs[knob_order[at]] : NULL;

	return k != NULL && strcmp(k->key, key) == 0 ? k : NULL;
}

bool
knob_is_group(const char *prefix)
{
	char start[96];
	int len = snprintf(start, sizeof(start), "%s.", prefix);
	size_t at;

	if (len >= (int)sizeof(start))
		return false;
	at = lower_bound(start, (size_t)len);
	return at < knob_count && strncmp(knobs[knob_order[at]].key, start, (size_t)len) == 0;
}

/* Edit distance of two short strings. */
static unsigned int
distance(const char *a, const char *b)
{
	unsigned int row[64], la = (unsigned int)strlen(a), lb = (unsigned int)strlen(b);

	if (la > 63 || lb > 63)
		return 99;
	for (unsigned int j = 0; j <= lb; j++)
		row[j] = j;
	for (unsigned int i = 1; i <= la; i++) {
		unsigned int diagonal = row[0];

		row[0] = i;
		for (unsigned int j = 1; j <= lb; j++) {
			unsigned int best = diagonal + (a[i - 1] != b[j - 1]);

			diagonal = row[j];
			if (row[j] + 1 < best)
				best = row[j] + 1;
			if (row[j - 1] + 1 < best)
				best = row[j - 1] + 1;
			row[j] = best;
		}
	}
	return row[lb];
}

const char *
knob_suggest(const char *key, const char *const others[], size_t count)
{
	const char *best = NULL;
	unsigned int least = 4;

	for (size_t i = 0; i < knob_count + count; i++) {
		const char *known = i < knob_count ? knobs[i].key : others[i - knob_count];
		unsigned int d = distance(key, known);

		if (d < least && d < strlen(known)) {
			least = d;
			best = known;
		}
	}
	return best;
}

/* Members are little unsigned integers, or signed for KIND_INT; the host's byte order is theirs. */
static int64_t
load(const struct knob *k, const struct mien_personality *p)
{
	const char *at = (const char *)p + k->offset;
	uint32_t u32;
	uint16_t u16;

	if (k->size == 1)
		return k->kind == KIND_INT ? *(const int8_t *)at : *(const uint8_t *)at;
	if (k->size == 2) {
		memcpy(&u16, at, sizeof(u16));
		return u16;
	}
	memcpy(&u32, at, sizeof(u32));
	return u32;
}

static void
store(const struct knob *k, struct mien_personality *p, int64_t value)
{
	char *at = (char *)p + k->offset;
	uint32_t u32 = (uint32_t)value;
	uint16_t u16 = (uint16_t)value;

	if (k->size == 1)
		*(uint8_t *)at = (uint8_t)value;
	else if (k->size == 2)
		memcpy(at, &u16, sizeof(u16));
	else
		memcpy(at, &u32, sizeof(u32));
}

/* Digits, or 0x and hexadecimal digits; leaves what follows in *end. */
static int
digits(const char *text, int64_t *value, const char **end)
{
	bool hex = text[0] == '0' && (text[1] == 'x' || text[1] == 'X');
	const char *s = hex ? text + 2 : text, *first = s;
	int64_t v = 0;

	for (;; s++) {
		int d = *s >= '0' && *s <= '9'		? *s - '0'
			: hex && *s >= 'a' && *s <= 'f' ? *s - 'a' + 10
			: hex && *s >= 'A' && *s <= 'F' ? *s - 'A' + 10
							: -1;

		if (d < 0)
			break;
		v = v * (hex ? 16 : 10) + d;
		if (v > INT64_C(1) << 40)
			return -1;
	}
	*value = v;
	*end = s;
	return s == first ? -1 : 0;
}

int
knob_number(const char *text, int64_t *value)
{
	const char *end;

	return digits(text, value, &end) == 0 && *end == '\0' ? 0 : -1;
}

/* A number and one of the units; the units' factors stand beside them. */
static int
with_unit(const char *text, const char *const units[], const int64_t factors[], int64_t *value)
{
	const char *end;

	if (digits(text, value, &end) != 0)
		return -1;
	for (unsigned int i = 0; units[i] != NULL; i++) {
		if (strcmp(end, units[i]) == 0) {
			*value *= factors[i];
			return 0;
		}
	}
	return -1;
}

int
knob_duration(const char *text, int64_t *ms)
{
	static const char *const units[] = {"ms", "s", "min", "h", NULL};
	static const int64_t factors[] = {1, 1000, 60000, 3600000};

	return with_unit(text, units, factors, ms);
}

static int
size_value(const char *text, int64_t *bytes)
{
	static const char *const units[] = {"", "KiB", "MiB", NULL};
	static const int64_t factors[] = {1, 1024, 1024 * 1024};

	return with_unit(text, units, factors, bytes);
}

static int
hz_value(const char *text, int64_t *hz)
{
	static const char *const units[] = {"Hz", "kHz", NULL};
	static const int64_t factors[] = {1, 1000};

	return with_unit(text, units, factors, hz);
}

static int
signed_value(const char *text, int64_t *value)
{
	bool minus = *text == '-';

	if (knob_number(text + (minus || *text == '+'), value) != 0)
		return -1;
	*value = minus ? -*value : *value;
	return 0;
}

/* The value of a scalar before its range is looked at. */
static int
scalar(const struct knob *k, const char *text, int64_t *value)
{
	if (has_words(k) || k->kind == KIND_BOOL) {
		*value = word_value(k->kind == KIND_BOOL ? bool_words : words_of[k->kind], text);
		if (*value < 0)
			return -1;
		if (k->kind == KIND_BOOL)
			*value &= 1;
		return 0;
	}
	switch (k->kind) {
	case KIND_INT:
		return signed_value(text, value);
	case KIND_SIZE:
		return size_value(text, value);
	case KIND_HZ:
		return hz_value(text, value);
	case KIND_MS:
		return knob_duration(text, value);
	default:
		return knob_number(text, value);
	}
}

int
knob_parse(
	const struct knob *k, struct mien_personality *p, const char *text, char *why, size_t cap)
{
	struct mien_ip_rule *tos = NULL;
	int64_t value;

	if (k->kind == KIND_TOS)
		tos = (void *)((char *)p + k->offset - offsetof(struct mien_ip_rule, tos));
	if (zero_word(k) != NULL && strcmp(text, zero_word(k)) == 0) {
		store(k, p, 0);
		return 0;
	}
	if (tos != NULL && strcmp(text, "copy") == 0) {
		tos->tos_rule = MIEN_TOS_COPY;
		tos->tos = 0;
		return 0;
	}
	if (scalar(k, text, &value) != 0 ||
		(!has_words(k) && (value < k->least || value > k->most))) {
		knob_range(k, why, cap);
		return -1;
	}
	if (tos != NULL)
		tos->tos_rule = MIEN_TOS_CONST;
	store(k, p, value + is_shifted(k));
	return 0;
}

static void
range_words(const struct word *words, char *out, size_t cap)
{
	size_t n = 0;

	out[0] = '\0';
	for (int i = 0; words[i].word != NULL && n < cap; i++)
		n += (size_t)snprintf(out + n, cap - n, "%s%s",
			i == 0			    ? ""
			: words[i + 1].word != NULL ? ", "
						    : " or ",
			words[i].word);
}

void
knob_range(const struct knob *k, char *out, size_t cap)
{
	char least[32], most[32];

	if (k->kind == KIND_BOOL)
		snprintf(out, cap, "on or off");
	else if (has_words(k))
		range_words(words_of[k->kind], out, cap);
	else if (knob_is_list(k))
		knob_list_range(k, out, cap);
	else if (k->kind == KIND_MS) {
		knob_format_ms(k->least, least, sizeof(least));
		knob_format_ms(k->most, most, sizeof(most));
		snprintf(out, cap, "a duration in ms, s, min or h, %s..%s", least, most);
	} else if (k->kind == KIND_HZ)
		snprintf(out, cap, "a rate in Hz or kHz, %" PRId64 "Hz..%" PRId64 "Hz", k->least,
			k->most);
	else
		snprintf(out, cap, "%" PRId64 "..%" PRId64 "%s%s", k->least, k->most,
			k->kind == KIND_SIZE			      ? ", also in KiB or MiB"
			: zero_word(k) != NULL || k->kind == KIND_TOS ? " or "
								      : "",
			zero_word(k) != NULL  ? zero_word(k)
			: k->kind == KIND_TOS ? "copy"
					      : "");
}

void
knob_format_ms(int64_t ms, char *out, size_t cap)
{
	if (ms != 0 && ms % 3600000 == 0)
		snprintf(out, cap, "%" PRId64 "h", ms / 3600000);
	else if (ms != 0 && ms % 60000 == 0)
		snprintf(out, cap, "%" PRId64 "min", ms / 60000);
	else if (ms != 0 && ms % 1000 == 0)
		snprintf(out, cap, "%" PRId64 "s", ms / 1000);
	else
		snprintf(out, cap, "%" PRId64 "ms", ms);
}

static void
format_size(int64_t bytes, char *out, size_t cap)
{
	if (bytes != 0 && bytes % (1024 * 1024) == 0)
		snprintf(out, cap, "%" PRId64 "MiB", bytes / (1024 * 1024));
	else if (bytes >= 65536 && bytes % 1024 == 0)
		snprintf(out, cap, "%" PRId64 "KiB", bytes / 1024);
	else
		snprintf(out, cap, "%" PRId64, bytes);
}

void
knob_format(const struct knob *k, const struct mien_personality *p, char *out, size_t cap)
{
	int64_t value = knob_is_list(k) ? 0 : load(k, p);
	const struct mien_ip_rule *ip;

	if (knob_is_list(k)) {
		knob_list_format(k, p, out, cap);
	} else if (has_words(k)) {
		snprintf(out, cap, "%s", words_of[k->kind][value].word);
	} else if (k->kind == KIND_BOOL) {
		snprintf(out, cap, "%s", value ? "on" : "off");
	} else if (value == 0 && zero_word(k) != NULL) {
		snprintf(out, cap, "%s", zero_word(k));
	} else if (k->kind == KIND_MS) {
		knob_format_ms(value, out, cap);
	} else if (k->kind == KIND_SIZE) {
		format_size(value, out, cap);
	} else if (k->kind == KIND_HZ) {
		snprintf(out, cap, "%" PRId64 "Hz", value);
	} else {
		ip = (const void *)((const char *)p + k->offset -
				    offsetof(struct mien_ip_rule, tos));
		value -= is_shifted(k);
		if (k->kind == KIND_TOS && ip->tos_rule == MIEN_TOS_COPY)
			snprintf(out, cap, "copy");
		else
			snprintf(out, cap, "%" PRId64, value);
	}
}
