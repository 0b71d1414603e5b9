/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What an entry says of SYN-ACKs, as rules where there are rules, as cases where there are none. Eight probes are told
 * apart by what they offer; each wants options, a window, perhaps something else than a SYN-ACK.
 */
#include "nmap_syn.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

const struct probe probes[PROBES] = {

	{ALL, 1460, T_OPS, T_WIN, "O1", "W1", T_T1},
	{ALL, 1400, T_OPS, T_WIN, "O2", "W2", T_T1},
	{ALL & ~MIEN_NEG_SACK, 640, T_OPS, T_WIN, "O3", "W3", T_T1},
	{ALL & ~MIEN_NEG_MSS, 0, T_OPS, T_WIN, "O4", "W4", T_T1},
	{ALL, 536, T_OPS, T_WIN, "O5", "W5", T_T1},
	{ALL & ~MIEN_NEG_WSCALE, 265, T_OPS, T_WIN, "O6", "W6", T_T1},
	{ALL & ~MIEN_NEG_TS, 1460, T_ECN, T_ECN, "O", "W", T_ECN},
	{ALL, 265, T_T3, T_T3, "O", "W", T_T3},
};

/* -- what each probe wants ---------------------------------------------------------------------------------- */

/* Alternative i, or the best where there are not so many: not empty, not the trace of an earlier connection. */
static void
choose_options(const char *expression, unsigned int i, char *out, size_t cap)
{
	if (alternative(expression, i, out, cap) && alternatives(expression) > i)
		return;
	for (i = 0; alternative(expression, i, out, cap); i++)
		if (out[0] != '\0' && strcmp(out, "NNT11") != 0)
			return;
	(void)alternative(expression, 0, out, cap);
}

/* The alternative of the first probe that is a SYN-ACK's options; others with as many follow it. */
static unsigned int
common_index(const char *expression)
{
	char one[80];

	for (unsigned int i = 0; expression != NULL && alternative(expression, i, one, sizeof(one)); i++)
		if (one[0] != '\0' && strcmp(one, "NNT11") != 0)
			return i;
	return 0;
}

static uint32_t
choose_window(const char *expression, unsigned int i)
{
	uint32_t low, high;

	if (alternatives(expression) > i && pick_range(expression, i, &low, &high))
		return low;
	for (i = 0; i < alternatives(expression); i++)
		if (pick_range(expression, i, &low, &high) && high > 0)
			return low ? low : high;
	return 0;
}

static int
read_want(struct plan *s, unsigned int i)
{
	const struct print *p = s->w->print;
	const struct probe *q = &probes[i];
	struct want *want = &s->want[i];
	const char *o = print_get(p, q->ops, q->o), *win = print_get(p, q->win, q->w);
	const char *first = print_get(p, T_OPS, "O1");
	unsigned int index = common_index(first);

	want->wscale = want->mss = -1;
	want->offers_stamps = q->offered & MIEN_NEG_TS;
	if (o != NULL && (first == NULL || alternatives(o) != alternatives(first)))
		index = common_index(o);
	if (o != NULL) {
		want->known = true;
		choose_options(o, index, want->options, sizeof(want->options));
		if (alternatives(o) > 1)
			took(s->w, q->ops, q->o, want->options);
	}
	if (win != NULL) {
		want->windowed = true;
		want->window = choose_window(win, o != NULL && alternatives(win) == alternatives(o) ? index : 0);
		if (want->window > 65535)
			return writer_fail(s->w, q->win, q->w, "is no window of at most FFFF");
	}
	if (want->known && !layout_of(want, NULL))
		return writer_fail(s->w, q->ops, q->o, "is no list of at most 40 bytes of options (L, N, S, M and W with a number, T with two digits)");
	want->synack = !(want->known && want->options[0] == '\0' && want->windowed && want->window == 0);
	return 0;
}

/* SYN-ACKs without options and window: where the first probe gets one. */
static void
open_empty(struct plan *s)
{
	char answer[512];

	if (s->want[FULL].synack || answer_text(s->w, T_T1, answer, sizeof(answer)))
		return;
	for (unsigned int i = 0; i < PROBES; i++)
		s->want[i].synack = true;
}

unsigned int
synacks(const struct writer *w)
{
	char answer[512];
	struct plan s = {.w = NULL};
	struct writer quiet = *w;
	unsigned int n = 0;

	quiet.report = NULL;
	quiet.err = NULL;
	s.w = &quiet;
	for (unsigned int i = 0; i < ECN; i++)
		if (read_want(&s, i) != 0)
			return 6;
	if (answer_text(&quiet, T_T1, answer, sizeof(answer)) && strstr(answer, "syn") == NULL)
		s.want[FULL].synack = false;
	else
		open_empty(&s);
	for (unsigned int i = 0; i < ECN; i++)
		n += s.want[i].synack;
	return n;
}

/* Digits of the timestamps that most SYN-ACKs show. */
static const char *
stamp_rule(struct plan *s)
{
	static const char *const digits[] = {"11", "00", "01", "10"}; /* by MIEN_TS_ZERO_... */
	unsigned int count[4] = {0}, best = 0;

	for (unsigned int i = 0; i < PROBES; i++) {
		const char *at = s->want[i].known ? strchr(s->want[i].options, 'T') : NULL;

		for (unsigned int d = 0; d < 4 && at != NULL; d++)
			count[d] += memcmp(at + 1, digits[d], 2) == 0;
	}
	for (unsigned int d = 1; d < 4; d++)
		if (count[d] > count[best])
			best = d;
	s->stamps = (uint8_t)best;
	return digits[best];
}

/* -- cases --------------------------------------------------------------------------------------------------- */

static void __attribute__((format(printf, 2, 3)))
say(struct plan *s, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	if (s->n_cases < sizeof(s->cases))
		s->n_cases += (size_t)vsnprintf(s->cases + s->n_cases, sizeof(s->cases) - s->n_cases, format, args);
	va_end(args);
}

static void
case_begin(struct plan *s, unsigned int i)
{
	static const char *const words[] = {"sackok", "wscale", "ts", "mss"};
	const char *comma = "";

	say(s, "      - {offered: [");
	for (unsigned int bit = 0; bit < 4; bit++) {
		if (probes[i].offered & 1u << bit) {
			say(s, "%s%s", comma, words[bit]);
			comma = ", ";
		}
	}
	say(s, "]");
	if (probes[i].mss)
		say(s, ", mss: %u", probes[i].mss);
	if (i == ECN) /* other clients come with these options too */
		say(s, ", ecn: on");
}

/* What of an open answer the rules do not give. */
static void
case_parts(struct plan *s, unsigned int i)
{
	const struct want *w = &s->want[i];
	const char *ruled = ruled_layout(s, i);

	if (w->known && (ruled == NULL || w->odd_layout || strcmp(ruled, w->layout) != 0))
		say(s, ", options: [%s]", w->layout);
	if (w->mss >= 0 && (uint32_t)w->mss != ruled_mss(s, i))
		say(s, ", own-mss: %d", w->mss);
	if (w->wscale >= 0 && w->wscale != s->wscale)
		say(s, ", wscale: %u", (unsigned int)w->wscale);
	if (isn_restarts(s->w) && (i == FULL || (i == ODD && strcmp(pick_word(s->w, T_T3, "S", "O Z A", "O"), "O") != 0)))
		say(s, ", isn: %s", isn_word(s->w)[0] == 'Z' ? "zero" : "peer-ack");
	if (!window_is_ruled(s, i))
		say(s, ", window: %u", w->window);
}

/* DF, TTL and odd fields of the SYN-ACK that differ from what probe 1 gets. */
static void
case_header(struct plan *s, unsigned int i)
{
	enum test t = probes[i].header;
	const char *q = print_get(s->w->print, t, "Q");
	const char *df = pick_word(s->w, t, "DF", "Y", NULL);
	const char *usual = pick_word(s->w, T_T1, "DF", "Y", NULL);
	unsigned int ttl = pick_ttl(s->w, t), first = pick_ttl(s->w, T_T1);

	if (q != NULL && !lists(q, "")) {
		if (strchr(q, 'U') != NULL)
			say(s, ", urgent: 1");
		if (strchr(q, 'R') != NULL)
			say(s, ", reserved: on");
	}
	if (t == T_T1)
		return;
	if (df != NULL && (usual == NULL || df[0] != usual[0]))
		say(s, ", df: %s", df[0] == 'Y' ? "on" : "off");
	if (ttl != 0 && ttl != first)
		say(s, ", ttl: %u", ttl);
}

static void
case_open(struct plan *s, unsigned int i)
{
	size_t before = s->n_cases, begun;

	case_begin(s, i);
	begun = s->n_cases;
	case_parts(s, i);
	case_header(s, i);
	if (s->n_cases == begun && before < sizeof(s->cases)) {
		s->n_cases = before;
		s->cases[before] = '\0';
	} else {
		say(s, "}\n");
	}
}

static void
case_answer(struct plan *s, unsigned int i, const char *answer)
{
	case_begin(s, i);
	say(s, ", answer: %s}\n", answer);
}

/* T1 says neither options nor window: they are each probe's own. */
static void
case_stateless(struct plan *s, unsigned int i, char *answer, size_t cap)
{
	const struct want *want = &s->want[i];
	char hex[120];
	size_t n = strlen(answer) - 1; /* its brace */

	if (answer[0] != '{')
		return; /* it could not be read, and that was said */
	if (want->known && want->options[0] != '\0' && strstr(answer, "syn") != NULL)
		n += (size_t)snprintf(answer + n, cap - n, ", options: own");
	else if (want->known && want->options[0] != '\0' && hex_options(want->options, hex, sizeof(hex)))
		n += (size_t)snprintf(answer + n, cap - n, ", options: 0x%s", hex);
	if (want->windowed && want->window)
		n += (size_t)snprintf(answer + n, cap - n, ", window: %u", want->window);
	snprintf(answer + n, cap - n, "}");
	case_begin(s, i);
	say(s, ", answer: %s", answer);
	if (strstr(answer, "own") != NULL)
		case_parts(s, i);
	say(s, "}\n");
}

/* A reset in answer to a SYN, with what the ECN test says of its header. */
static void
case_reset(struct plan *s, unsigned int i)
{
	struct writer *w = s->w;
	const char *cc = i == ECN ? pick_word(w, T_ECN, "CC", "N Y S", "N") : "N";
	char head[96];

	case_begin(s, i);
	say(s, ", answer: {send: rst, flags: [rst, ack%s], seq: zero, ack: seg-seq+1%s}}\n",
		cc[0] == 'Y' ? ", ece" : cc[0] == 'S' ? ", ece, cwr" : "",
		i == ECN && header_text(w, T_ECN, false, head, sizeof(head)) ? head : "");
}

/* Probe 1 decides for all six what a SYN gets that is not answered with a plain SYN-ACK. */
static void
case_seq(struct plan *s, unsigned int i)
{
	char answer[512];

	if (!answers_at_all(s->w->print, T_T1)) {
		case_answer(s, i, "drop");
		return;
	}
	if (!answer_text(s->w, T_T1, answer, sizeof(answer)) || (i != FULL && strstr(answer, "rst") != NULL)) {
		if (s->want[i].synack)
			case_open(s, i);
		else
			case_reset(s, i);
		return;
	}
	case_stateless(s, i, answer, sizeof(answer));
}

static void
all_cases(struct plan *s)
{
	for (unsigned int i = 0; i < ECN; i++)
		case_seq(s, i);
	if (s->w->print->test_line[T_ECN] != 0 && answers_at_all(s->w->print, T_ECN)) {
		if (s->want[ECN].synack)
			case_open(s, ECN);
		else
			case_reset(s, ECN);
	}
	if (answers_at_all(s->w->print, T_T3) && s->want[ODD].synack)
		case_open(s, ODD);
}

/* -- text ---------------------------------------------------------------------------------------------------- */

static void
write_layouts(struct plan *s)
{
	static const char *const without[MIEN_NEG_SETS] = {"mss-sack-wscale-ts", "mss-wscale-ts", "mss-sack-ts", "mss-ts",
		"mss-sack-wscale", "mss-wscale", "mss-sack", "mss", "sack-wscale-ts", "wscale-ts", "sack-ts", "ts",
		"sack-wscale", "wscale", "sack", NULL};
	const struct mien_sink *out = s->w->yaml;
	bool head = false;

	put(out, "    options: [%s]\n", s->slot[15] >= 0 ? s->want[s->slot[15]].layout : "");
	for (unsigned int set = 0; set < 15; set++) {
		if (s->slot[set] < 0)
			continue;
		if (!head)
			put(out, "    options-without:\n");
		head = true;
		put(out, "      %s: [%s]\n", without[set], s->want[s->slot[set]].layout);
	}
}

static void
write_window(const struct mien_sink *out, const char *key, const struct mien_window_rule *r)
{
	static const char *const kinds[] = {"constant", "ceil", "floor", "mss"}, *const units[] = {"own", "peer", "min"};

	if (r->kind == MIEN_WINDOW_CONST) {
		put(out, "    %s: %u\n", key, r->base);
		return;
	}
	put(out, "    %s: {rule: %s, base: %u, unit: %s, minus-ts: %s, unit-floor: %u, no-mss: %u, shift: %u}\n", key,
		kinds[r->kind], r->base, units[r->unit], r->minus_ts ? "on" : "off", r->unit_floor, r->no_mss, r->shift);
}

static void
write_rules(struct plan *s)
{
	static const char *const zero[] = {"off", "on", "value", "echo"};
	const struct mien_sink *out = s->w->yaml;

	put(out, "  synack:\n");
	write_layouts(s);
	write_window(out, "window", &s->window);
	if (s->has_no_wscale_window)
		put(out, "    window-no-wscale: %u\n", s->window_no_wscale);
	if (s->has_ecn_window)
		put(out, "    window-ecn: %u\n", s->window_ecn);
	if (s->n_cases)
		put(out, "    cases:\n%s", s->cases);
	put(out, "  syn: {options: [%s], window: %u}\n",
		s->slot[15] >= 0 ? s->want[s->slot[15]].layout : "mss", s->want[FULL].window ? s->want[FULL].window : 8192);
	put(out, "  wscale: %d\n", s->wscale < 0 ? 0 : s->wscale);
	put(out, "  timestamps: {first-zero: %s", zero[s->stamps]);
	clock_write(s->w);
	put(out, "}\n");
	if (s->mss_rule == MIEN_MSS_CONST)
		put(out, "  mss: {rule: constant, value: %u}\n", s->mss_value);
	else if (s->mss_rule == MIEN_MSS_MIN_PEER)
		put(out, "  mss: {rule: min-peer, value: %u, default: %u, floor: 48}\n", s->mss_value, s->mss_default);
	else
		put(out, "  mss: {rule: own}\n");
}

/* Clocks are stated, but no options that would show them: then the usual ones. */
static void
stamps_without_layout(struct plan *s)
{
	const char *ts = print_get(s->w->print, T_SEQ, "TS");
	uint32_t level;

	if (ts == NULL || lists(ts, "U") || s->want[FULL].known || !pick_number(ts, &level))
		return;
	s->want[FULL].known = true;
	snprintf(s->want[FULL].options, sizeof(s->want[FULL].options), level ? "M5B4ST11NW0" : "M5B4ST00NW0");
	s->stamps = level ? MIEN_TS_ZERO_NONE : MIEN_TS_ZERO_BOTH;
	(void)layout_of(&s->want[FULL], NULL);
}

void
syn_write(struct writer *w)
{
	struct plan s = {.w = w};
	const char *stamps;

	for (unsigned int i = 0; i < PROBES && w->result == 0; i++)
		w->result = read_want(&s, i);
	if (w->result != 0)
		return;
	open_empty(&s);
	if (!answers_at_all(w->print, T_T3) || answer_text(w, T_T3, s.cases, sizeof(s.cases)))
		s.want[ODD].known = s.want[ODD].windowed = s.want[ODD].synack = false;
	if (!answers_at_all(w->print, T_ECN))
		s.want[ECN].known = s.want[ECN].windowed = s.want[ECN].synack = false;
	s.cases[0] = '\0';
	stamps = stamp_rule(&s);
	for (unsigned int i = 0; i < PROBES; i++)
		if (s.want[i].known)
			(void)layout_of(&s.want[i], stamps);
	stamps_without_layout(&s);
	choose_layouts(&s);
	choose_mss(&s);
	choose_window_rule(&s);
	all_cases(&s);
	write_rules(&s);
}
