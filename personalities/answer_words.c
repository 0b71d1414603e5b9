/* SPDX-License-Identifier: BSD-3-Clause */
#include "answers.h"
#include "layout.h"

#include <stdio.h>
#include <string.h>

#define FIN 0x01u
#define SYN 0x02u
#define RST 0x04u
#define ACK 0x10u

static const char *const flag_words[] = {"fin", "syn", "rst", "psh", "ack", "urg", "ece", "cwr"};
static const char *const num_words[] = {
	"zero", "seg-ack", "seg-ack+1", "seg-seq", "seg-seq+1", "seg-end", "random", "isn"};
static const char *const option_words[] = {"none", "echo", "ts", "own"}; /* raw: 0xBYTES */
static const char *const df_words[] = {"class", "off", "on", "copy", "invert"};

#define COUNT(words) (sizeof(words) / sizeof((words)[0]))

/* What send: names, with the values that go with it unless others are given. */
static const struct send {
	const char *word;
	uint8_t send, flags, seq, ack;
} sends[] = {
	{"rfc", MIEN_SEND_RFC, 0, 0, 0},
	{"drop", MIEN_SEND_DROP, 0, 0, 0},
	{"rst", MIEN_SEND_RST, RST, MIEN_NUM_ZERO, MIEN_NUM_ZERO},
	{"rst-ack", MIEN_SEND_RST, RST | ACK, MIEN_NUM_ZERO, MIEN_NUM_SEG_END},
	{"ack", MIEN_SEND_ACK, ACK, MIEN_NUM_SEG_ACK, MIEN_NUM_SEG_END},
	{"synack", MIEN_SEND_SYNACK, SYN | ACK, 0, 0},
};

static int
index_of(const char *const words[], size_t count, const char *text)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(words[i], text) == 0)
			return (int)i;
	return -1;
}

const char *
state_word(unsigned int state)
{
	static const char *const words[MIEN_TCP_STATE_COUNT] = {"closed", "listen", "syn-sent",
		"syn-received", "established", "fin-wait-1", "fin-wait-2", "close-wait", "closing",
		"last-ack", "time-wait"};

	return words[state];
}

/* Flags joined by '-', the six of RFC 793; -1 for other words. */
static int
six_flags(const char *text, size_t len, uint8_t *flags)
{
	const char *at = text, *end = text + len;

	*flags = 0;
	while (at < end) {
		const char *stop = memchr(at, '-', (size_t)(end - at));
		size_t word = (size_t)((stop ? stop : end) - at);
		unsigned int bit = 0;

		while (bit < 6 && (word != 3 || memcmp(flag_words[bit], at, 3) != 0))
			bit++;
		if (bit == 6 || *flags & 1u << bit || (stop != NULL && stop + 1 == end))
			return -1;
		*flags |= (uint8_t)(1u << bit);
		at += word + 1;
	}
	return *flags == 0 ? -1 : 0;
}

int
flag_pattern_parse(const char *text, struct flag_pattern *out)
{
	size_t len = strlen(text);

	memset(out, 0, sizeof(*out));
	if (strcmp(text, "any") == 0)
		return 0;
	out->kind = FLAGS_EXACT;
	if (strcmp(text, "null") == 0)
		return 0;
	if (len > 0 && text[len - 1] == '+') {
		out->kind = FLAGS_OPEN;
		len--;
	}
	return six_flags(text, len, &out->flags);
}

bool
flag_pattern_match(const struct flag_pattern *p, unsigned int flags)
{
	if (p->kind == FLAGS_EXACT)
		return flags == p->flags;
	return (flags & p->flags) == p->flags && ((p->flags & RST) || !(flags & RST));
}

unsigned int
flag_pattern_narrowness(const struct flag_pattern *p)
{
	return p->kind == FLAGS_EXACT ? FLAG_WIDTHS
	       : p->kind == FLAGS_ANY ? 0
				      : (unsigned int)__builtin_popcount(p->flags);
}

bool
flag_pattern_of_width(unsigned int flags, unsigned int width, struct flag_pattern *out)
{
	out->kind = width == 0 ? FLAGS_ANY : FLAGS_OPEN;
	out->flags = (uint8_t)flags;
	return (unsigned int)__builtin_popcount(flags) == width;
}

static size_t
join_flags(unsigned int flags, const char *between, char *out, size_t cap)
{
	size_t n = 0;

	out[0] = '\0';
	for (unsigned int bit = 0; bit < 8 && n < cap; bit++)
		if (flags & 1u << bit)
			n += (size_t)snprintf(
				out + n, cap - n, "%s%s", n ? between : "", flag_words[bit]);
	return n;
}

void
flag_pattern_format(const struct flag_pattern *p, char *out, size_t cap)
{
	size_t n;

	if (p->kind == FLAGS_ANY || p->flags == 0) {
		snprintf(out, cap, "%s", p->kind == FLAGS_ANY ? "any" : "null");
		return;
	}
	n = join_flags(p->flags, "-", out, cap);
	if (p->kind == FLAGS_OPEN && n < cap)
		snprintf(out + n, cap - n, "+");
}

static const struct send *
send_named(const char *text)
{
	for (size_t i = 0; i < COUNT(sends); i++)
		if (strcmp(sends[i].word, text) == 0)
			return &sends[i];
	return NULL;
}

static int
read_send(struct reader *r, yaml_node_t *node, const char *key, struct mien_answer *a)
{
	const char *text = scalar_at(r, node, key);
	const struct send *s = text ? send_named(text) : NULL;

	if (text == NULL)
		return MIEN_EPARSE;
	if (s == NULL)
		return FAIL_AT(r, node,
			"%s: \"%.40s\" is none of rfc, drop, rst, rst-ack, ack, synack", key, text);
	*a = (struct mien_answer){.send = s->send, .flags = s->flags, .seq = s->seq, .ack = s->ack};
	return 0;
}

/* A word of a list into a byte, plus base. */
static int
read_word(struct reader *r, yaml_node_t *node, const char *key, const char *const words[],
	size_t count, uint8_t *value)
{
	const char *text = scalar_at(r, node, key);
	int i = text ? index_of(words, count, text) : -1;
	char list[160] = "";

	if (text == NULL)
		return MIEN_EPARSE;
	for (size_t w = 0, n = 0; w < count && n < sizeof(list); w++)
		n += (size_t)snprintf(list + n, sizeof(list) - n, "%s%s", w ? ", " : "", words[w]);
	if (i < 0)
		return FAIL_AT(r, node, "%s: \"%.40s\" is none of %s", key, text, list);
	*value = (uint8_t)i;
	return 0;
}

static int
read_number(struct reader *r, yaml_node_t *node, const char *key, int64_t most, int64_t *value)
{
	const char *text = scalar_at(r, node, key);

	if (text == NULL)
		return MIEN_EPARSE;
	if (knob_number(text, value) != 0 || *value > most)
		return FAIL_AT(r, node, "%s: \"%.40s\" is no number of 0 to %lld", key, text,
			(long long)most);
	return 0;
}

static int
read_window(struct reader *r, yaml_node_t *node, const char *key, struct mien_answer *a)
{
	int64_t value;

	if (node->type == YAML_SCALAR_NODE &&
		strcmp((const char *)node->data.scalar.value, "echo") == 0) {
		a->window_rule = MIEN_AWIN_ECHO;
		a->window = 0;
		return 0;
	}
	if (read_number(r, node, key, 65535, &value) != 0)
		return MIEN_EPARSE;
	a->window_rule = MIEN_AWIN_CONST;
	a->window = (uint16_t)value;
	return 0;
}

/* A list of words into bits. */
static int
read_bits(struct reader *r, yaml_node_t *node, const char *key, const char *const words[],
	size_t count, uint8_t *bits)
{
	*bits = 0;
	if (node->type != YAML_SEQUENCE_NODE)
		return FAIL_AT(r, node, "%s: expected a list, [a, b, ...]", key);
	for (const yaml_node_item_t *i = node->data.sequence.items.start;
		i < node->data.sequence.items.top; i++) {
		uint8_t bit = 0;

		if (read_word(r, node_at(r, *i), key, words, count, &bit) != 0)
			return MIEN_EPARSE;
		*bits |= (uint8_t)(1u << bit);
	}
	return 0;
}

/* A text, or bytes as 0x and hexadecimal digits. */
static int
read_payload(struct reader *r, yaml_node_t *node, const char *key, struct mien_payload *payload)
{
	const char *text = scalar_at(r, node, key);
	size_t len = text ? strlen(text) : 0;
	int n = -1;

	if (text == NULL)
		return MIEN_EPARSE;
	memset(payload, 0, sizeof(*payload));
	if (len > 2 && text[0] == '0' && text[1] == 'x')
		n = hex_bytes(text + 2, payload->bytes, MIEN_PAYLOAD_MAX);
	if (n > 0) {
		payload->len = (uint8_t)n;
		return 0;
	}
	if (len > MIEN_PAYLOAD_MAX)
		return FAIL_AT(
			r, node, "%s: the payload is longer than %d bytes", key, MIEN_PAYLOAD_MAX);
	payload->len = (uint8_t)len;
	memcpy(payload->bytes, text, len);
	return 0;
}

/* none, echo, ts, own, or bytes: 0xBYTES. */
static int
read_options(struct reader *r, yaml_node_t *node, const char *key, struct mien_answer *a, struct mien_payload *raw)
{
	const char *text = scalar_at(r, node, key);

	memset(raw, 0, sizeof(*raw));
	if (text == NULL || text[0] != '0')
		return read_word(r, node, key, option_words, COUNT(option_words), &a->options);
	a->options = MIEN_AOPT_RAW;
	if (read_payload(r, node, key, raw) != 0)
		return MIEN_EPARSE;
	return raw->len % 4 == 0 ? 0 : FAIL_AT(r, node, "%s: \"%.40s\" is not a multiple of 4 bytes", key, text);
}

static int
read_ttl(struct reader *r, yaml_node_t *node, const char *key, struct mien_answer *a)
{
	int64_t ttl = 0;

	a->quirks &= (uint8_t)~MIEN_ANSWER_COPY_TTL;
	if (node->type == YAML_SCALAR_NODE && strcmp((const char *)node->data.scalar.value, "copy") == 0)
		a->quirks |= MIEN_ANSWER_COPY_TTL;
	else if (read_number(r, node, key, 255, &ttl) != 0)
		return MIEN_EPARSE;
	a->ttl = (uint8_t)ttl;
	return 0;
}

static const char *const copy_words[] = {"urgent", "reserved"}; /* bits of quirks */
static const char *const limit_words[] = {"on", "off"};

/* One key of an answer besides send. */
static int
read_part(struct reader *r, const char *part, yaml_node_t *node, const char *key,
	struct answer_cell *cell)
{
	struct mien_answer *a = &cell->answer;
	uint8_t byte = 0;
	int64_t number = 0;
	int result;

	if (strcmp(part, "flags") == 0)
		return read_bits(r, node, key, flag_words, COUNT(flag_words), &a->flags);
	if (strcmp(part, "seq") == 0)
		return read_word(r, node, key, num_words, COUNT(num_words), &a->seq);
	if (strcmp(part, "ack") == 0)
		return read_word(r, node, key, num_words, COUNT(num_words), &a->ack);
	if (strcmp(part, "window") == 0)
		return read_window(r, node, key, a);
	if (strcmp(part, "options") == 0)
		return read_options(r, node, key, a, &cell->raw);
	if (strcmp(part, "df") == 0)
		return read_word(r, node, key, df_words, COUNT(df_words), &a->df);
	if (strcmp(part, "payload") == 0)
		return read_payload(r, node, key, &cell->payload);
	if (strcmp(part, "ttl") == 0)
		return read_ttl(r, node, key, a);
	if (strcmp(part, "urgent") == 0) {
		result = read_number(r, node, key, 65535, &number);
		a->urgent = (uint16_t)number;
	} else if (strcmp(part, "reserved") == 0) {
		result = read_number(r, node, key, 15, &number);
		a->reserved = (uint8_t)number;
	} else if (strcmp(part, "copy") == 0) {
		result = read_bits(r, node, key, copy_words, COUNT(copy_words), &byte);
		a->quirks |= byte;
	} else if (strcmp(part, "limit") == 0) {
		result = read_word(r, node, key, limit_words, COUNT(limit_words), &byte);
		a->quirks |= byte ? MIEN_ANSWER_NO_LIMIT : 0;
	} else {
		result = FAIL_AT(r, node,
			"%s: unknown key %.40s; an answer has send, flags, seq, ack, window, "
			"options, df, ttl, payload, copy, urgent, reserved, limit",
			key, part);
	}
	return result;
}

int
answer_read(struct reader *r, yaml_node_t *node, const char *key, struct answer_cell *cell)
{
	struct mien_answer *answer = &cell->answer;
	yaml_node_t *send;
	int result;

	memset(cell, 0, sizeof(*cell));
	if (node->type == YAML_SCALAR_NODE)
		return read_send(r, node, key, answer);
	result = mapping_check(r, node, key);
	if (result != 0)
		return result;
	send = mapping_get(r, node, "send");
	if (send == NULL)
		return FAIL_AT(r, node,
			"%s: send: is missing; give one of rfc, drop, rst, rst-ack, ack, synack",
			key);
	result = read_send(r, send, key, answer);
	for (const yaml_node_pair_t *pair = node->data.mapping.pairs.start;
		pair < node->data.mapping.pairs.top && result == 0; pair++) {
		yaml_node_t *value = node_at(r, pair->value);
		const char *part = (const char *)node_at(r, pair->key)->data.scalar.value;

		if (strcmp(part, "send") == 0)
			continue;
		if (answer->send != MIEN_SEND_RST && answer->send != MIEN_SEND_ACK)
			return FAIL_AT(r, value,
				"%s: %.40s has no meaning here; only rst, rst-ack and ack have "
				"parts",
				key, part);
		result = read_part(r, part, value, key, cell);
	}
	return result;
}

static const char *
send_word(const struct mien_answer *a)
{
	for (size_t i = 0; i < COUNT(sends); i++)
		if (sends[i].send == a->send &&
			(sends[i].flags == a->flags || a->send != MIEN_SEND_RST))
			return sends[i].word;
	return "rst";
}

struct out {
	char *at;
	size_t n, cap;
};

static void
part(struct out *o, const char *key, const char *open, const char *value, const char *close)
{
	if (o->n < o->cap)
		o->n += (size_t)snprintf(
			o->at + o->n, o->cap - o->n, ", %s: %s%s%s", key, open, value, close);
}

static void
format_parts(struct out *o, const struct mien_answer *a, const struct send *s)
{
	char text[64];

	if (a->flags != s->flags) {
		join_flags(a->flags, ", ", text, sizeof(text));
		part(o, "flags", "[", text, "]");
	}
	part(o, "seq", "", num_words[a->seq], "");
	part(o, "ack", "", num_words[a->ack], "");
	snprintf(text, sizeof(text), "%u", a->window);
	if (a->window_rule == MIEN_AWIN_ECHO || a->window != 0)
		part(o, "window", "", a->window_rule == MIEN_AWIN_ECHO ? "echo" : text, "");
	if (a->options != MIEN_AOPT_NONE && a->options != MIEN_AOPT_RAW)
		part(o, "options", "", option_words[a->options], "");
	if (a->df != 0)
		part(o, "df", "", df_words[a->df], "");
	snprintf(text, sizeof(text), "%u", a->ttl);
	if (a->quirks & MIEN_ANSWER_COPY_TTL)
		part(o, "ttl", "", "copy", "");
	else if (a->ttl != 0)
		part(o, "ttl", "", text, "");
	snprintf(text, sizeof(text), "%u", a->urgent);
	if (a->urgent != 0)
		part(o, "urgent", "", text, "");
	snprintf(text, sizeof(text), "%u", a->reserved);
	if (a->reserved != 0)
		part(o, "reserved", "", text, "");
	if (a->quirks & (MIEN_ANSWER_COPY_URP | MIEN_ANSWER_COPY_RESERVED))
		part(o, "copy", "[",
			(a->quirks & 3) == 3 ? "urgent, reserved"
			: a->quirks & 1	     ? "urgent"
					     : "reserved",
			"]");
	if (a->quirks & MIEN_ANSWER_NO_LIMIT)
		part(o, "limit", "", "off", "");
}

static void
format_hex(struct out *o, const char *key, const struct mien_payload *payload)
{
	char text[MIEN_PAYLOAD_MAX * 2 + 3] = "0x";

	for (unsigned int i = 0; i < payload->len && i < MIEN_PAYLOAD_MAX; i++)
		snprintf(text + 2 + 2 * i, 3, "%02x", payload->bytes[i]);
	part(o, key, "", text, "");
}

static bool
is_text(const struct mien_payload *payload)
{
	for (unsigned int i = 0; i < payload->len; i++)
		if (payload->bytes[i] < 0x20 || payload->bytes[i] > 0x7e)
			return false;
	return payload->bytes[0] != '0';
}

static void
format_payload(struct out *o, const struct mien_payload *payload)
{
	char text[MIEN_PAYLOAD_MAX * 2 + 1];
	size_t n = 0;

	if (!is_text(payload)) {
		format_hex(o, "payload", payload);
		return;
	}
	for (unsigned int i = 0; i < payload->len && i < MIEN_PAYLOAD_MAX; i++) {
		if (payload->bytes[i] == '"' || payload->bytes[i] == '\\')
			text[n++] = '\\';
		text[n++] = (char)payload->bytes[i];
	}
	text[n] = '\0';
	part(o, "payload", "\"", text, "\"");
}

void
answer_format(const struct mien_personality *p, unsigned int i, char *out, size_t cap)
{
	const struct mien_answer *a = &p->answers[i];
	const char *word = send_word(a);
	struct out o = {.at = out, .cap = cap};

	if (a->send != MIEN_SEND_RST && a->send != MIEN_SEND_ACK) {
		snprintf(out, cap, "%s", word);
		return;
	}
	o.n = (size_t)snprintf(out, cap, "{send: %s", word);
	format_parts(&o, a, send_named(word));
	if (a->raw != 0)
		format_hex(&o, "options", &p->payloads[a->raw - 1]);
	if (a->payload != 0)
		format_payload(&o, &p->payloads[a->payload - 1]);
	if (o.n < cap)
		snprintf(out + o.n, cap - o.n, "}");
}
