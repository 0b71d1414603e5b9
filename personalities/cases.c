/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * tcp.synack.cases: a list of
 *
 *	{offered: [mss, wscale, sackok, ts], mss: 1400, options: [mss=1024, nop, wscale], window: 8192, wscale: 2}
 *	{offered: [mss, sackok, ts], answer: {send: rst-ack}}
 *
 * Exactly these options in the SYN, and this MSS where one is given; what the case does not say the rules say.
 */
#include "answers.h"
#include "layout.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const char *const offer_words[] = {"sackok", "wscale", "ts", "mss"}; /* bits of MIEN_NEG_... */
static const char *const df_words[] = {"class", "off", "on", "copy", "invert"};

#define COUNT(words) (sizeof(words) / sizeof((words)[0]))

struct one {
	struct mien_syn_case c;
	struct answer_cell cell;
};

static int
read_number(struct reader *r, yaml_node_t *node, const char *part, int64_t most, int64_t *value)
{
	const char *text = scalar_at(r, node, part);

	if (text == NULL)
		return MIEN_EPARSE;
	if (knob_number(text, value) != 0 || *value > most)
		return FAIL_AT(r, node, "tcp.synack.cases: %s: \"%.40s\" is no number of 0 to %lld", part, text,
			(long long)most);
	return 0;
}

static int
read_u16(struct reader *r, yaml_node_t *node, const char *part, uint16_t *out)
{
	int64_t value = 0;
	int result = read_number(r, node, part, 65535, &value);

	*out = (uint16_t)value;
	return result;
}

static int
read_u8(struct reader *r, yaml_node_t *node, const char *part, int64_t most, uint8_t *out)
{
	int64_t value = 0;
	int result = read_number(r, node, part, most, &value);

	*out = (uint8_t)value;
	return result;
}

static int
read_offered(struct reader *r, yaml_node_t *node, uint8_t *set)
{
	if (node->type != YAML_SEQUENCE_NODE)
		return FAIL_AT(r, node, "tcp.synack.cases: offered: expected a list, [mss, ts]");
	for (const yaml_node_item_t *i = node->data.sequence.items.start; i < node->data.sequence.items.top; i++) {
		yaml_node_t *one = node_at(r, *i);
		const char *word = scalar_at(r, one, "offered");
		size_t bit = 0;

		if (word == NULL)
			return MIEN_EPARSE;
		while (bit < COUNT(offer_words) && strcmp(offer_words[bit], word) != 0)
			bit++;
		if (bit == COUNT(offer_words))
			return FAIL_AT(r, one,
				"tcp.synack.cases: offered: \"%.40s\" is none of sackok, wscale, ts, mss", word);
		*set |= (uint8_t)(1u << bit);
	}
	return 0;
}

static int
read_df(struct reader *r, yaml_node_t *node, uint8_t *df)
{
	const char *word = scalar_at(r, node, "df");

	for (size_t i = 0; word != NULL && i < COUNT(df_words); i++) {
		if (strcmp(df_words[i], word) == 0) {
			*df = (uint8_t)i;
			return 0;
		}
	}
	return word == NULL ? MIEN_EPARSE
			    : FAIL_AT(r, node,
				      "tcp.synack.cases: df: \"%.40s\" is none of class, off, on, copy, invert", word);
}

/* What a peer may take for negotiated from these options. */
static uint8_t
accepted(const struct mien_opt_template *t)
{
	return (uint8_t)(layout_holds(t) | MIEN_NEG_MSS);
}

static int
read_on(struct reader *r, yaml_node_t *node, const char *part)
{
	const char *word = scalar_at(r, node, part);

	if (word == NULL)
		return MIEN_EPARSE;
	return strcmp(word, "on") == 0 ? 0 : FAIL_AT(r, node, "tcp.synack.cases: %s: only \"on\" can stand here", part);
}

static int
read_isn(struct reader *r, yaml_node_t *node, struct mien_syn_case *c)
{
	const char *word = scalar_at(r, node, "isn");

	if (word == NULL)
		return MIEN_EPARSE;
	if (strcmp(word, "zero") != 0 && strcmp(word, "peer-ack") != 0)
		return FAIL_AT(r, node, "tcp.synack.cases: isn: \"%.40s\" is none of zero, peer-ack", word);
	c->parts |= word[0] == 'z' ? MIEN_CASE_ISN_ZERO : MIEN_CASE_ISN_ACK;
	return 0;
}

static int
read_part(struct reader *r, const char *part, yaml_node_t *node, struct one *o)
{
	struct mien_syn_case *c = &o->c;

	if (strcmp(part, "offered") == 0)
		return read_offered(r, node, &c->offered);
	if (strcmp(part, "mss") == 0)
		return read_u16(r, node, part, &c->peer_mss);
	if (strcmp(part, "ecn") == 0) {
		c->ecn = 1;
		return read_on(r, node, part);
	}
	if (strcmp(part, "answer") == 0)
		return answer_read(r, node, "tcp.synack.cases: answer", &o->cell);
	if (strcmp(part, "urgent") == 0)
		return read_u16(r, node, part, &c->urgent);
	if (strcmp(part, "reserved") == 0) {
		c->parts |= MIEN_CASE_RESERVED;
		return read_on(r, node, part);
	}
	if (strcmp(part, "isn") == 0)
		return read_isn(r, node, c);
	if (strcmp(part, "df") == 0)
		return read_df(r, node, &c->df);
	if (strcmp(part, "ttl") == 0)
		return read_u8(r, node, part, 255, &c->ttl);
	if (strcmp(part, "options") == 0) {
		c->parts |= MIEN_CASE_OPTIONS;
		return layout_list_read(r, node, "tcp.synack.cases: options", false, &c->options);
	}
	if (strcmp(part, "window") == 0) {
		c->parts |= MIEN_CASE_WINDOW;
		return read_u16(r, node, part, &c->window);
	}
	if (strcmp(part, "wscale") == 0) {
		c->parts |= MIEN_CASE_WSCALE;
		return read_u8(r, node, part, 14, &c->wscale);
	}
	if (strcmp(part, "own-mss") == 0) {
		c->parts |= MIEN_CASE_MSS;
		return read_u16(r, node, part, &c->mss);
	}
	return FAIL_AT(r, node,
		"tcp.synack.cases: unknown key %.40s; a case has offered, mss, ecn, answer, options, window, wscale, "
		"own-mss, isn, urgent, reserved, df, ttl",
		part);
}

static int
read_one(struct reader *r, yaml_node_t *node, struct one *o)
{
	int result = mapping_check(r, node, "tcp.synack.cases");

	memset(o, 0, sizeof(*o));
	layout_init(&o->c.options);
	if (result != 0)
		return result;
	if (mapping_get(r, node, "offered") == NULL)
		return FAIL_AT(r, node, "tcp.synack.cases: offered: is missing; give the options of the SYN");
	for (const yaml_node_pair_t *pair = node->data.mapping.pairs.start;
		pair < node->data.mapping.pairs.top && result == 0; pair++)
		result = read_part(r, (const char *)node_at(r, pair->key)->data.scalar.value, node_at(r, pair->value), o);
	if (o->c.parts & MIEN_CASE_OPTIONS)
		o->c.accept = accepted(&o->c.options);
	if (o->cell.answer.send == MIEN_SEND_SYNACK)
		memset(&o->cell, 0, sizeof(o->cell)); /* what a case without answer does */
	return result;
}

int
cases_read(struct reader *r, yaml_node_t *list, const char *key)
{
	struct mien_syn_case cases[MIEN_SYN_CASES];
	struct answer_cell cells[MIEN_SYN_CASES];
	size_t n = (size_t)(list->data.sequence.items.top - list->data.sequence.items.start);
	struct one o;

	if (n > MIEN_SYN_CASES)
		return FAIL_AT(r, list, "%s: at most %d cases", key, MIEN_SYN_CASES);
	for (size_t i = 0; i < n; i++) {
		int result = read_one(r, node_at(r, list->data.sequence.items.start[i]), &o);

		if (result != 0)
			return result;
		cases[i] = o.c;
		cells[i] = o.cell;
	}
	return answers_set_cases(r, list, cases, cells, (unsigned int)n);
}

/* -- the other way ----------------------------------------------------------------------------------------- */

struct out {
	char *at;
	size_t n, cap;
};

static void __attribute__((format(printf, 2, 3))) say(struct out *o, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	if (o->n < o->cap)
		o->n += (size_t)vsnprintf(o->at + o->n, o->cap - o->n, format, args);
	va_end(args);
}

static void
format_offered(struct out *o, uint8_t set)
{
	const char *comma = "";

	say(o, "{offered: [");
	for (size_t bit = 0; bit < COUNT(offer_words); bit++) {
		if (set & 1u << bit) {
			say(o, "%s%s", comma, offer_words[bit]);
			comma = ", ";
		}
	}
	say(o, "]");
}

static void
format_one(struct out *o, const struct mien_personality *p, const struct mien_syn_case *c)
{
	char text[512];

	format_offered(o, c->offered);
	if (c->peer_mss)
		say(o, ", mss: %u", c->peer_mss);
	if (c->ecn)
		say(o, ", ecn: on");
	if (c->answer) {
		answer_format(p, c->answer, text, sizeof(text));
		say(o, ", answer: %s", text);
	}
	if (c->parts & MIEN_CASE_OPTIONS) {
		layout_format(&c->options, text, sizeof(text));
		say(o, ", options: %s", text);
	}
	if (c->parts & MIEN_CASE_WINDOW)
		say(o, ", window: %u", c->window);
	if (c->parts & MIEN_CASE_WSCALE)
		say(o, ", wscale: %u", c->wscale);
	if (c->parts & MIEN_CASE_MSS)
		say(o, ", own-mss: %u", c->mss);
	if (c->urgent)
		say(o, ", urgent: %u", c->urgent);
	if (c->parts & MIEN_CASE_ISN_ZERO)
		say(o, ", isn: zero");
	if (c->parts & MIEN_CASE_ISN_ACK)
		say(o, ", isn: peer-ack");
	if (c->parts & MIEN_CASE_RESERVED)
		say(o, ", reserved: on");
	if (c->df)
		say(o, ", df: %s", df_words[c->df]);
	if (c->ttl)
		say(o, ", ttl: %u", c->ttl);
	say(o, "}");
}

void
cases_format(const struct mien_personality *p, char *out, size_t cap)
{
	struct out o = {out, 0, cap};

	say(&o, "[");
	for (unsigned int i = 0; i < p->n_syn_cases && i < MIEN_SYN_CASES; i++) {
		say(&o, "%s", i ? ", " : "");
		format_one(&o, p, &p->syn_cases[i]);
	}
	say(&o, "]");
}
