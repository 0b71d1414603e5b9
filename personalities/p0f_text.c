/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One of p0f's TCP signatures, as its README describes them:
 *
 *	version : TTL : IP options : MSS : window,scale : option layout : quirks : payload
 *
 * A note on licences: p0f's signature file is part of p0f, by Michal Zalewski, under the GNU Lesser General Public
 * License; files that others wrote are theirs. This code reads such a text where the user has one; no part of any
 * stands in this project, and a profile that was made from an entry is a work derived from it: its licence goes with it.
 */
#include "p0f_import.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const char *const quirk_words[] = {"df", "id+", "id-", "ecn", "0+", "flow", "seq-", "ack+", "ack-", "uptr+", "urgf+",
	"pushf+", "ts1-", "ts2+", "opt+", "exws", "bad"};
#define QUIRKS (sizeof(quirk_words) / sizeof(quirk_words[0]))

static const struct {
	const char *word;
	uint8_t kind;
} option_words[] = {{"nop", OPT_NOP}, {"mss", OPT_MSS}, {"ws", OPT_WS}, {"sok", OPT_SOK}, {"sack", OPT_SACK}, {"ts", OPT_TS}};
#define OPTIONS (sizeof(option_words) / sizeof(option_words[0]))

struct cursor {
	const char *start, *at;
	struct mien_error *err;
};

static int __attribute__((format(printf, 2, 3)))
fail(const struct cursor *c, const char *format, ...)
{
	va_list args;

	if (c->err == NULL)
		return MIEN_EPARSE;
	c->err->err = MIEN_EPARSE;
	c->err->column = (unsigned int)(c->at - c->start) + 1;
	va_start(args, format);
	vsnprintf(c->err->text, sizeof(c->err->text), format, args);
	va_end(args);
	return MIEN_EPARSE;
}

/* Goes past text where it stands next. */
static bool
take(struct cursor *c, const char *text)
{
	size_t len = strlen(text);

	if (strncmp(c->at, text, len) != 0)
		return false;
	c->at += len;
	return true;
}

/* Decimal digits, at most of most. */
static int
number(struct cursor *c, const char *what, unsigned int least, unsigned int most, unsigned int *value)
{
	const char *at = c->at;
	unsigned int v = 0;

	for (; *at >= '0' && *at <= '9' && v <= most; at++)
		v = v * 10 + (unsigned int)(*at - '0');
	if (at == c->at || v < least || v > most)
		return fail(c, "%s: write a number from %u to %u", what, least, most);
	c->at = at;
	*value = v;
	return 0;
}

static int
colon(struct cursor *c, const char *before)
{
	return take(c, ":") ? 0 : fail(c, "\"%.20s\": a colon ends the %s", c->at, before);
}

static int
read_version(struct cursor *c, struct mien_signature *s)
{
	s->version = take(c, "4") ? 4 : take(c, "6") ? 6 : -1;
	if (s->version < 0 && !take(c, "*"))
		return fail(c, "IP version: write 4, 6 or *");
	return colon(c, "IP version");
}

/* "64", "64-", "58+6", "58+?" */
static int
read_ttl(struct cursor *c, struct mien_signature *s)
{
	unsigned int ttl = 0, hops = 0;

	if (number(c, "TTL", 1, 255, &ttl) != 0)
		return MIEN_EPARSE;
	s->hops = MIEN_HOPS_NONE;
	if (take(c, "-")) {
		s->hops = MIEN_HOPS_ANY;
	} else if (take(c, "+?")) {
		s->hops = MIEN_HOPS_UNKNOWN;
	} else if (take(c, "+")) {
		if (number(c, "hops behind the TTL", 0, 255 - ttl, &hops) != 0)
			return MIEN_EPARSE;
		s->hops = (int16_t)hops;
	}
	s->ttl = (uint8_t)(ttl + hops);
	return colon(c, "TTL");
}

/* A number or "*". */
static int
read_open(struct cursor *c, const char *what, unsigned int most, int32_t *out)
{
	unsigned int v = 0;

	*out = -1;
	if (take(c, "*"))
		return 0;
	if (number(c, what, 0, most, &v) != 0)
		return MIEN_EPARSE;
	*out = (int32_t)v;
	return 0;
}

static int
read_window(struct cursor *c, struct mien_signature *s)
{
	unsigned int v = 0;
	int32_t scale = 0;
	int result = 0;

	if (take(c, "*")) {
		s->window_rule = MIEN_SIG_ANY;
	} else if (take(c, "%")) {
		s->window_rule = MIEN_SIG_MULTIPLE;
		result = number(c, "window behind %", 2, 65535, &v);
	} else if (strncmp(c->at, "mss*", 4) == 0 || strncmp(c->at, "mtu*", 4) == 0) {
		s->window_rule = c->at[1] == 's' ? MIEN_SIG_MSS : MIEN_SIG_MTU;
		c->at += 4;
		result = number(c, "factor of the window", 1, 1000, &v);
	} else {
		s->window_rule = MIEN_SIG_BYTES;
		result = number(c, "window (or *, mss*N, mtu*N, %N)", 0, 65535, &v);
	}
	s->window = (uint16_t)v;
	if (result == 0 && !take(c, ","))
		result = fail(c, "\"%.20s\": a comma and the scale follow the window", c->at);
	if (result == 0)
		result = read_open(c, "window scale", 255, &scale);
	s->scale = (int16_t)scale;
	return result != 0 ? result : colon(c, "window scale");
}

static int
read_option(struct cursor *c, struct mien_signature *s)
{
	uint8_t *kind = &s->options[s->n_options];
	unsigned int v = 0;

	if (s->n_options == MIEN_SIG_OPTIONS)
		return fail(c, "options: there is room for %d", MIEN_SIG_OPTIONS);
	if (take(c, "eol+")) {
		if (number(c, "bytes behind eol", 0, 255, &v) != 0)
			return MIEN_EPARSE;
		s->eol_pad = (uint8_t)v;
		if (*c->at != ':')
			return fail(c, "options: nothing may stand behind eol+N");
		*kind = OPT_EOL;
		s->n_options++;
		return 0;
	}
	if (take(c, "?")) {
		if (number(c, "kind of option", 0, 255, &v) != 0)
			return MIEN_EPARSE;
		*kind = (uint8_t)v;
		s->n_options++;
		return 0;
	}
	for (size_t i = 0; i < OPTIONS; i++) {
		if (take(c, option_words[i].word)) {
			*kind = option_words[i].kind;
			s->n_options++;
			return 0;
		}
	}
	return fail(c, "\"%.20s\": options are mss, nop, ws, sok, sack, ts, eol+N and ?N", c->at);
}

static int
read_layout(struct cursor *c, struct mien_signature *s)
{
	while (*c->at != ':') {
		if (s->n_options > 0 && !take(c, ","))
			return fail(c, "\"%.20s\": a comma stands between options", c->at);
		if (read_option(c, s) != 0)
			return MIEN_EPARSE;
	}
	return colon(c, "options");
}

static int
read_quirks(struct cursor *c, struct mien_signature *s)
{
	while (*c->at != ':') {
		size_t i = 0;

		if (s->quirks != 0 && !take(c, ","))
			return fail(c, "\"%.20s\": a comma stands between quirks", c->at);
		while (i < QUIRKS && !take(c, quirk_words[i]))
			i++;
		if (i == QUIRKS)
			return fail(c,
				"\"%.20s\": quirks are df, id+, id-, ecn, 0+, flow, seq-, ack+, ack-, uptr+, urgf+, "
				"pushf+, ts1-, ts2+, opt+, exws and bad",
				c->at);
		s->quirks |= 1u << i;
	}
	return colon(c, "quirks");
}

static int
read_payload(struct cursor *c, struct mien_signature *s)
{
	s->payload = take(c, "0") ? 0 : take(c, "+") ? 1 : -1;
	if (s->payload < 0 && !take(c, "*"))
		return fail(c, "payload: write 0, + or *");
	return *c->at == '\0' ? 0 : fail(c, "\"%.20s\": the signature ends with the payload", c->at);
}

int
mien_signature_parse(const char *text, struct mien_signature *out, struct mien_error *err)
{
	struct cursor c = {text, text, err};
	unsigned int olen = 0;
	int result;

	memset(out, 0, sizeof(*out));
	result = read_version(&c, out);
	if (result == 0)
		result = read_ttl(&c, out);
	if (result == 0)
		result = number(&c, "length of IP options", 0, 255, &olen);
	if (result == 0)
		result = colon(&c, "length of IP options");
	if (result == 0)
		result = read_open(&c, "MSS", 65535, &out->mss);
	if (result == 0)
		result = colon(&c, "MSS");
	if (result == 0)
		result = read_window(&c, out);
	if (result == 0)
		result = read_layout(&c, out);
	if (result == 0)
		result = read_quirks(&c, out);
	out->ip_options = (uint8_t)olen;
	return result == 0 ? read_payload(&c, out) : result;
}

/* -- the other way -------------------------------------------------------------------------------------------- */

struct text {
	char *out;
	size_t used;
};

static void __attribute__((format(printf, 2, 3)))
add(struct text *t, const char *format, ...)
{
	size_t room = MIEN_SIG_CAP - t->used;
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(t->out + t->used, room, format, args);
	va_end(args);
	if (n > 0)
		t->used += (size_t)n < room ? (size_t)n : room - 1;
}

static void
add_open(struct text *t, int value)
{
	if (value < 0)
		add(t, "*");
	else
		add(t, "%d", value);
}

static void
add_ttl(struct text *t, const struct mien_signature *s)
{
	if (s->hops >= 0)
		add(t, ":%d+%d:", s->ttl - s->hops, s->hops);
	else
		add(t, ":%u%s:", s->ttl, s->hops == MIEN_HOPS_ANY ? "-" : s->hops == MIEN_HOPS_UNKNOWN ? "+?" : "");
}

static void
add_window(struct text *t, const struct mien_signature *s)
{
	static const char *const before[] = {
		[MIEN_SIG_BYTES] = "", [MIEN_SIG_MSS] = "mss*", [MIEN_SIG_MTU] = "mtu*", [MIEN_SIG_MULTIPLE] = "%"};

	if (s->window_rule == MIEN_SIG_ANY)
		add(t, ":*,");
	else
		add(t, ":%s%u,", before[s->window_rule], s->window);
	add_open(t, s->scale);
}

static void
add_option(struct text *t, const struct mien_signature *s, unsigned int i)
{
	const char *comma = i ? "," : "";

	if (s->options[i] == OPT_EOL && i + 1u == s->n_options) {
		add(t, "%seol+%u", comma, s->eol_pad);
		return;
	}
	for (size_t w = 0; w < OPTIONS; w++) {
		if (option_words[w].kind == s->options[i]) {
			add(t, "%s%s", comma, option_words[w].word);
			return;
		}
	}
	add(t, "%s?%u", comma, s->options[i]);
}

void
mien_signature_format(const struct mien_signature *s, char out[MIEN_SIG_CAP])
{
	struct text t = {out, 0};
	const char *comma = "";

	add_open(&t, s->version);
	add_ttl(&t, s);
	add(&t, "%u:", s->ip_options);
	add_open(&t, s->mss);
	add_window(&t, s);
	add(&t, ":");
	for (unsigned int i = 0; i < s->n_options; i++)
		add_option(&t, s, i);
	add(&t, ":");
	for (size_t i = 0; i < QUIRKS; i++) {
		if (s->quirks & 1u << i) {
			add(&t, "%s%s", comma, quirk_words[i]);
			comma = ",";
		}
	}
	add(&t, ":%s", s->payload < 0 ? "*" : s->payload ? "+" : "0");
}

void
mien_signature_name_window(struct mien_signature *s, uint16_t window, bool stamped, unsigned headers, uint16_t peer_mss)
{
	const int mss = s->mss, v6 = s->version == 6;
	const struct {
		int size;
		enum mien_sig_window rule;
	} tried[] = {{mss, MIEN_SIG_MSS}, {stamped ? mss - 12 : 0, MIEN_SIG_MSS}, {1460, MIEN_SIG_MSS}, {1448, MIEN_SIG_MSS},
		{v6 ? 1440 : 0, MIEN_SIG_MSS}, {v6 ? 1428 : 0, MIEN_SIG_MSS}, {mss + 40, MIEN_SIG_MTU},
		{mss + (int)headers, MIEN_SIG_MTU}, {v6 ? mss + 60 : 0, MIEN_SIG_MTU}, {1500, MIEN_SIG_MTU},
		{peer_mss, MIEN_SIG_MSS}, {peer_mss ? peer_mss - 12 : 0, MIEN_SIG_MSS}};

	s->window_rule = MIEN_SIG_BYTES;
	s->window = window;
	for (size_t i = 0; window != 0 && mss >= 100 && i < sizeof(tried) / sizeof(tried[0]); i++) {
		if (tried[i].size != 0 && window % tried[i].size == 0) {
			s->window_rule = (uint8_t)tried[i].rule;
			s->window = (uint16_t)(window / tried[i].size);
			return;
		}
	}
}
