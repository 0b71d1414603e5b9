/* SPDX-License-Identifier: BSD-3-Clause */
/* An entry as a profile: one concrete value of each expression, in the words of our own files. */
#include "nmap_import.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define TTLS 4
#define NO_DISTANCE 2 /* quoted so much too high, the distance comes out as -1: nmap takes that for unknown */

int
writer_fail(struct writer *w, enum test t, const char *attr, const char *why)
{
	const char *value = print_get(w->print, t, attr);

	profile_fail(w->err, MIEN_EPARSE, w->prints->file, NULL, "%s.%s: \"%.60s\" %s", test_name(t), attr,
		value ? value : "", why);
	if (w->err != NULL)
		w->err->line = w->print->test_line[t];
	w->result = MIEN_EPARSE;
	return MIEN_EPARSE;
}

void
took(struct writer *w, enum test t, const char *attr, const char *value)
{
	const char *expression = print_get(w->print, t, attr);

	if (w->report != NULL && expression != NULL && strcmp(expression, value) != 0)
		put(w->report, "took %s.%s=%s of %s\n", test_name(t), attr, value, expression);
}

const char *
pick_word(struct writer *w, enum test t, const char *attr, const char *prefer, const char *def)
{
	const char *expression = print_get(w->print, t, attr);
	static const char *const words[] = {"Y", "N", "S", "O", "Z", "A", "A+", "S+", "G", "I", "AS", "R", "AR", "0", "",
		"U", "RD", "RI", "BI"};
	char one[8], first[256];

	if (expression == NULL)
		return def;
	while (*prefer != '\0') {
		size_t len = strcspn(prefer, " ");

		snprintf(one, sizeof(one), "%.*s", (int)len, prefer);
		prefer += len + (prefer[len] == ' ');
		if (!lists(expression, one))
			continue;
		took(w, t, attr, one);
		for (unsigned int i = 0; i < sizeof(words) / sizeof(words[0]); i++)
			if (strcmp(words[i], one) == 0)
				return words[i];
	}
	(void)alternative(expression, 0, first, sizeof(first));
	took(w, t, attr, first);
	for (unsigned int i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcmp(words[i], first) == 0)
			return words[i];
	return expression;
}

bool
answers_at_all(const struct print *p, enum test t)
{
	const char *r = print_get(p, t, "R");

	return p->test_line[t] != 0 && (r == NULL || r[0] == 'Y');
}
/* -- TTL ----------------------------------------------------------------------------------------------------- */

static const uint32_t usual_ttls[TTLS] = {64, 128, 255, 32};

static bool
ttl_fits(const struct writer *w, enum test t, uint32_t shown)
{
	const char *exact = print_get(w->print, t, "T"), *guess = print_get(w->print, t, "TG");
	uint32_t up = shown <= 32 ? 32 : shown <= 64 ? 64 : shown <= 128 ? 128 : 255;

	/* nmap compares the guess only where it knows no distance. */
	if (w->no_distance)
		return guess == NULL || fits(guess, up);
	return exact != NULL ? fits(exact, shown) : guess == NULL || fits(guess, up);
}

static unsigned int
find_ttl(const struct writer *w, enum test t)
{
	const char *exact = w->no_distance ? NULL : print_get(w->print, t, "T");
	uint32_t off = (uint32_t)w->quote_off, low = 0, high = 0, middle;

	if (w->print->test_line[t] == 0 || (exact == NULL && !w->no_distance && print_get(w->print, t, "TG") == NULL))
		return 0;
	for (unsigned int i = 0; i < TTLS; i++)
		if (ttl_fits(w, t, usual_ttls[i]) && usual_ttls[i] > off)
			return usual_ttls[i] - off;
	if (exact != NULL && pick_range(exact, 0, &low, &high)) {
		middle = low + (high - low) / 2;
		if (middle > 255 + off)
			middle = low;
		if (ttl_fits(w, t, middle) && middle > off && middle - off <= 255)
			return middle - off;
	}
	for (uint32_t shown = 255 + off; shown > off; shown--)
		if (ttl_fits(w, t, shown))
			return shown - off;
	return 0;
}

/* Asked for often, and found slowly where the usual ones do not fit. */
unsigned int
pick_ttl(struct writer *w, enum test t)
{
	if (w->ttl[t] == 0)
		w->ttl[t] = (uint16_t)(1 + find_ttl(w, t));
	return w->ttl[t] - 1u;
}

/* How much too low the quoted TTL has to be for the highest of the TTLs. */
static int
quote_offset(struct writer *w)
{
	int off = 0;

	for (unsigned int t = T_ECN; t < T_COUNT; t++) {
		const char *exact = print_get(w->print, (enum test)t, "T");
		uint32_t low = 0, high = 0;

		if (exact == NULL)
			continue;
		if (!pick_range(exact, 0, &low, &high) || low <= 255)
			continue;
		w->no_distance = w->no_distance || low > 355;
		if ((int)(low & 0xffff) - 255 > off)
			off = (int)(low & 0xffff) - 255;
	}
	return w->no_distance ? 0 : off;
}
static void
write_ecn(struct writer *w)
{
	const char *cc = pick_word(w, T_ECN, "CC", "N Y S", "N");

	if (w->print->test_line[T_ECN] != 0 && !answers_at_all(w->print, T_ECN))
		put(w->yaml, "  ecn: {answer: ignore}\n");
	else
		put(w->yaml, "  ecn: {answer: %s}\n",
			strcmp(cc, "Y") == 0 ? "accept" : strcmp(cc, "S") == 0 ? "copy" : "refuse");
}

static void
write_answers(struct writer *w)
{
	static const struct {
		enum test t;
		const char *key;
	} rules[] = {{T_T2, "listen.null"}, {T_T3, "listen.fin-syn+"}, {T_T4, "listen.ack"}, {T_T5, "closed.syn"},
		{T_T6, "closed.ack+"}, {T_T7, "closed.fin-psh-urg"}};
	char answer[512];
	bool head = false;

	for (unsigned int i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
		if (w->print->test_line[rules[i].t] == 0)
			continue;
		if (!answer_text(w, rules[i].t, answer, sizeof(answer)))
			snprintf(answer, sizeof(answer), "synack");
		put(w->yaml, "%s    %s: %s\n", head ? "" : "  answers:\n", rules[i].key, answer);
		head = true;
	}
}

/* -- identification ------------------------------------------------------------------------------------------ */

enum id_kind { ID_COUNTER, ID_ZERO, ID_RANDOM, ID_STEP, ID_SWAPPED, ID_CONST };

struct id {
	bool stated;
	enum id_kind kind;
	uint32_t value;
};

static struct id
read_id(struct writer *w, const char *attr, const char *prefer)
{
	static const struct {
		const char *word;
		enum id_kind kind;
	} words[] = {{"I", ID_COUNTER}, {"Z", ID_ZERO}, {"RD", ID_RANDOM}, {"RI", ID_STEP}, {"BI", ID_SWAPPED}};
	struct id id = {.kind = ID_COUNTER};
	const char *word = pick_word(w, T_SEQ, attr, prefer, NULL);
	char one[16];

	if (word == NULL)
		return id;
	id.stated = true;
	(void)alternative(word, 0, one, sizeof(one));
	for (unsigned int i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (strcmp(words[i].word, one) == 0) {
			id.kind = words[i].kind;
			return id;
		}
	}
	id.kind = ID_CONST;
	if (!hex_number(one, &id.value) || id.value > 65535)
		(void)writer_fail(w, T_SEQ, attr, "is none of I, BI, RI, RD, Z, nor a number");
	return id;
}

static void
write_id(struct writer *w, const char *indent, const struct id *id, unsigned int counter)
{
	static const char *const policies[] = {"counter", "zero", "random", "random-step", "counter-swapped", "constant"};

	put(w->yaml, "%s{policy: %s", indent, policies[id->kind]);
	if (id->kind == ID_CONST)
		put(w->yaml, ", value: %u", id->value);
	else if (id->kind != ID_ZERO)
		put(w->yaml, ", counter: %u", counter);
	if (id->kind == ID_STEP)
		put(w->yaml, ", value: 1400"); /* its largest step: six in a row stay below 65536 */
	else if (id->kind == ID_COUNTER || id->kind == ID_SWAPPED)
		put(w->yaml, ", value: 1");
	put(w->yaml, "}");
}

static bool
counts(const struct id *id)
{
	return id->kind == ID_COUNTER || id->kind == ID_STEP || id->kind == ID_SWAPPED;
}

static void
write_ip(struct writer *w)
{
	struct id ti = read_id(w, "TI", "I Z RD RI BI"), ci = read_id(w, "CI", "I Z RD RI BI");
	struct id ii = read_id(w, "II", "I Z RI BI");
	const char *ss = pick_word(w, T_SEQ, "SS", "S O", NULL), *df;
	unsigned int icmp = 2, start[3] = {0, 0, 0}, ttl = pick_ttl(w, T_T1);

	if (!ti.stated)
		ti = ci.stated ? ci : ii;
	if (!ci.stated)
		ci = ti;
	if (!ii.stated)
		ii = ti;
	if (ti.kind == ii.kind && (ss == NULL || ss[0] == 'S'))
		icmp = 0;
	for (unsigned int i = 0; i < 3; i++) {
		const struct id *id = i == 0 ? &ti : i == 1 ? &ci : &ii;

		start[i] = id->kind == ID_STEP ? 257 : id->kind == ID_SWAPPED ? 0x1100 : 0;
	}
	if (ss != NULL && icmp == 2 && counts(&ti) && counts(&ii)) {
		start[0] = ss[0] == 'O' ? 0x0300 : 0xA000;
		start[2] = ss[0] == 'O' ? 0xA000 : 0x0300;
		/* Swapped counters are compared as they stand on the wire. */
		start[0] = ti.kind == ID_SWAPPED ? start[0] >> 8 : start[0];
		start[2] = ii.kind == ID_SWAPPED ? start[2] >> 8 : start[2];
	}
	put(w->yaml, "ip:\n");
	if (ttl == 0)
		ttl = usual_ttl(w);
	if (ttl != 0)
		put(w->yaml, "  ttl: %u\n", ttl);
	df = pick_word(w, T_T1, "DF", "Y N", NULL);
	put(w->yaml, "  df: %s\n", df == NULL || df[0] == 'Y' ? "on" : "off");
	write_id(w, "  id: ", &ti, 0);
	put(w->yaml, "\n  counter-start: {0: %u, 1: %u, 2: %u}\n", start[0], start[1], start[2]);
	write_id(w, "  rst: {id: ", &ci, ci.kind == ti.kind && !(icmp == 0 && synacks(w) < 6) ? 0 : 1);
	df = usual_word(w, "DF", "Y N");
	put(w->yaml, ", df: %s", df != NULL && df[0] == 'Y' ? "on" : "off");
	if (usual_ttl(w) != 0)
		put(w->yaml, ", ttl: %u", usual_ttl(w));
	write_id(w, "}\n  icmp-error: {id: ", &ii, icmp);
	df = pick_word(w, T_U1, "DF", "N Y", "N");
	put(w->yaml, ", df: %s", df[0] == 'Y' ? "on" : "off");
	if (pick_ttl(w, T_U1) != 0)
		put(w->yaml, ", ttl: %u", pick_ttl(w, T_U1));
	write_id(w, "}\n  echo-reply: {id: ", &ii, icmp);
	df = pick_word(w, T_IE, "DFI", "N S Y O", "N");
	put(w->yaml, ", tos: copy, df: %s",
		df[0] == 'Y' ? "on" : df[0] == 'S' ? "copy" : df[0] == 'O' ? "invert" : "off");
	if (pick_ttl(w, T_IE) != 0)
		put(w->yaml, ", ttl: %u", pick_ttl(w, T_IE));
	write_id(w, "}\n  icmp: {id: ", &ii, icmp);
	put(w->yaml, ", df: off}\n");
}

/* -- ISN, timestamps ----------------------------------------------------------------------------------------- */

/* A spread so small against the rate that the scanner's own unevenness would show: then the rate has to be even. */
static bool
even_rate(const uint32_t deck[5], unsigned int cards)
{
	uint32_t low = UINT32_MAX, high = 0, gcd = 0;

	for (unsigned int i = 0; i < cards; i++) {
		low = deck[i] < low ? deck[i] : low;
		high = deck[i] > high ? deck[i] : high;
		gcd = gcd2(gcd, deck[i]);
	}
	return low >= 50 && gcd <= 9 && high - low < low / 8;
}

static void
write_isn(struct writer *w)
{
	const struct print *p = w->print;
	const char *gcd = print_get(p, T_SEQ, "GCD"), *isr = print_get(p, T_SEQ, "ISR"), *sp = print_get(p, T_SEQ, "SP");
	const char *s = isn_restarts(w) ? "O" : isn_word(w);
	unsigned int cards = synacks(w) < 4 ? 5 : synacks(w) - 1;
	uint32_t deck[5];

	if (strcmp(s, "A") == 0) {
		put(w->yaml, "  isn: {generator: peer-ack}\n");
		return;
	}
	if (strcmp(s, "Z") == 0 || (gcd != NULL && fits(gcd, 0))) {
		put(w->yaml, "  isn: {generator: constant, value: %u}\n", strcmp(s, "Z") == 0 ? 0u : 0x20405060u + p->line);
		return;
	}
	if (gcd == NULL && isr == NULL && sp == NULL) {
		put(w->yaml, "  isn: {generator: random}\n");
		return;
	}
	if (isn_deck(gcd, isr, sp, cards, deck) != 0) {
		if (w->report != NULL)
			put(w->report, "cannot SEQ: no five increments show GCD=%s, ISR=%s and SP=%s\n", gcd ? gcd : "any",
				isr ? isr : "any", sp ? sp : "any");
		put(w->yaml, "  isn: {generator: random}\n");
		return;
	}
	put(w->yaml, "  isn: {generator: deck, idle: 5s, timed: %s, deck: [", even_rate(deck, cards) ? "on" : "off");
	for (unsigned int i = 0; i < cards; i++)
		put(w->yaml, "%s%u", i ? ", " : "", deck[i]);
	put(w->yaml, "]}\n");
}

void
clock_write(struct writer *w)
{
	static const struct {
		uint32_t level, hz;
	} clocks[] = {{1, 2}, {3, 8}, {4, 16}, {5, 32}, {6, 64}, {7, 100}, {8, 200}};
	const char *ts = print_get(w->print, T_SEQ, "TS");
	uint32_t level = 0, hz = 1000;
	char one[16];

	if (ts != NULL && (!pick_number(ts, &level) || level == 0))
		for (unsigned int i = 0; alternative(ts, i, one, sizeof(one)); i++)
			if (strcmp(one, "0") != 0 && pick_number(one, &level))
				break;
	if (level == 0)
		return;
	snprintf(one, sizeof(one), "%X", level);
	took(w, T_SEQ, "TS", one);
	if (level == 2) { /* no rate comes out as that; stamps that stand still show none */
		put(w->yaml, ", clock: 1000Hz, base: step, step: 0");
		return;
	}
	if (level > 19) { /* faster than any clock: connections that begin so far apart */
		put(w->yaml, ", clock: 1000Hz, base: step, step: %u",
			level > 34 ? UINT32_MAX / 2 : (uint32_t)((UINT64_C(1) << level) / 10));
		return;
	}
	hz = level > 8 ? 1u << level : 4;
	for (unsigned int i = 0; i < sizeof(clocks) / sizeof(clocks[0]); i++)
		if (clocks[i].level == level)
			hz = clocks[i].hz;
	if (level == 10)
		hz = 1000;
	put(w->yaml, ", clock: %uHz, base: boot, uptime: 480h", hz);
}

/* -- ICMP ---------------------------------------------------------------------------------------------------- */

static uint32_t
number_of(struct writer *w, enum test t, const char *attr, uint32_t def)
{
	const char *expression = print_get(w->print, t, attr);
	uint32_t value = def;

	if (expression != NULL && !pick_number(expression, &value))
		(void)writer_fail(w, t, attr, "is no number");
	return value;
}

static uint32_t
swapped(uint32_t v)
{
	return (v & 0xff) << 8 | v >> 8;
}

static void
write_quote_length(struct writer *w)
{
	uint32_t length = number_of(w, T_U1, "IPL", 0x164), quote = length >= 56 ? length - 28 : 28;
	const char *rud = pick_word(w, T_U1, "RUD", "G", "G");
	bool altered = strcmp(rud, "G") != 0;

	if (length > 1500 || length < 56)
		quote = 28; /* no packet has that length: one byte order of IP headers too few */
	if (quote == 328)
		put(w->yaml, "    quote: all\n    max: 576\n");
	else
		put(w->yaml, "    quote: %u\n    max: 1500\n", quote);
	if (quote > 328)
		put(w->yaml, "    pad-to: %u\n    pad-byte: %u\n", quote, altered ? 0u : 67u);
	else if (altered)
		put(w->yaml, "    wrong-payload: on\n");
}

static void
write_quote_header(struct writer *w)
{
	const char *ripl = print_get(w->print, T_U1, "RIPL"), *rid = print_get(w->print, T_U1, "RID");
	const char *ruck = print_get(w->print, T_U1, "RUCK"), *sum = pick_word(w, T_U1, "RIPCK", "G Z I", "G");
	uint32_t v;

	if (ripl != NULL && !lists(ripl, "G")) {
		v = number_of(w, T_U1, "RIPL", 328);
		if (v > 65535)
			(void)writer_fail(w, T_U1, "RIPL", "is no length");
		if (v == 348 || v == 308)
			put(w->yaml, "    length-delta: %d\n", (int)v - 328);
		else if (swapped(v) == 328 || swapped(v) == 308)
			put(w->yaml, "    swap-length: on\n    length-delta: %d\n", (int)swapped(v) - 328);
		else
			put(w->yaml, "    length: %u\n", v);
	}
	if (rid != NULL && !lists(rid, "G")) {
		v = number_of(w, T_U1, "RID", 0);
		if (v == 0x4210)
			put(w->yaml, "    swap-id: on\n");
		else
			put(w->yaml, "    id: %u\n", v & 0xffff);
	}
	if (strcmp(sum, "G") != 0)
		put(w->yaml, "    ip-checksum: %s\n", strcmp(sum, "Z") == 0 ? "zero" : "bad");
	if (ruck != NULL && !lists(ruck, "G")) {
		v = number_of(w, T_U1, "RUCK", 0);
		if (v == 0)
			put(w->yaml, "    udp-checksum: zero\n");
		else
			put(w->yaml, "    udp-checksum: constant\n    udp-checksum-value: %u\n", v & 0xffff);
	}
	if (w->quote_off || w->no_distance)
		put(w->yaml, "    ttl-delta: %d\n", w->no_distance ? NO_DISTANCE : -w->quote_off);
}

static void
write_icmp(struct writer *w)
{
	const char *code = pick_word(w, T_IE, "CD", "S Z", "S");

	put(w->yaml, "icmp:\n  errors:\n    port-unreachable: %s\n",
		w->print->test_line[T_U1] == 0 || answers_at_all(w->print, T_U1) ? "on" : "off");
	if (answers_at_all(w->print, T_U1)) {
		write_quote_length(w);
		write_quote_header(w);
		put(w->yaml, "    unused: %u\n", number_of(w, T_U1, "UN", 0));
	}
	if (w->print->test_line[T_IE] != 0 && !answers_at_all(w->print, T_IE))
		put(w->yaml, "  echo: {reply: off}\n");
	else if (strcmp(code, "S") == 0 || strcmp(code, "Z") == 0)
		put(w->yaml, "  echo: {reply: on, code: %s}\n", code[0] == 'S' ? "keep" : "zero");
	else
		put(w->yaml, "  echo: {reply: on, code: constant, code-value: %u}\n", number_of(w, T_IE, "CD", 0) & 0xff);
}

/* -- the whole ----------------------------------------------------------------------------------------------- */

static void
write_head(struct writer *w, const char *name)
{
	char title[96], source[320];

	snprintf(title, sizeof(title), "%s", w->print->title);
	put(w->yaml, "name: %s\ntitle: ", name);
	put_scalar(w->yaml, title);
	snprintf(source, sizeof(source), "%.200s line %u", w->prints->file, w->print->line);
	put(w->yaml, "\nevidence:\n  - {what: \"what the entry states\", source: ");
	put_scalar(w->yaml, source);
	put(w->yaml, "}\nexpect:\n  nmap: ");
	put_scalar(w->yaml, title);
	put(w->yaml, "\n  nmap-print: \"%u\"\n", w->print->line);
}

/* What the entry does not say, by test. */
static void
report_open(struct writer *w)
{
	for (unsigned int t = 0; t < T_COUNT; t++) {
		bool comma = false;

		if (w->print->test_line[t] == 0) {
			put(w->report, "open %s\n", test_name((enum test)t));
			continue;
		}
		if (!answers_at_all(w->print, (enum test)t))
			continue;
		for (unsigned int a = 1; attr_name((enum test)t, a) != NULL; a++) {
			if (w->print->value[t][a] != NULL)
				continue;
			put(w->report, "%s%s.%s", comma ? ", " : "open ", test_name((enum test)t), attr_name((enum test)t, a));
			comma = true;
		}
		if (comma)
			put(w->report, "\n");
	}
}

int
mien_prints_write(const struct mien_prints *p, size_t i, const char *name, const struct mien_sink *yaml,
	const struct mien_sink *report, struct mien_error *err)
{
	struct writer w = {.prints = p, .yaml = yaml, .report = report, .err = err};

	if (i >= p->count)
		return profile_fail(err, MIEN_ENOENT, p->file, NULL, "there is no entry number %zu", i);
	w.print = &p->at[i];
	w.quote_off = quote_offset(&w);
	write_head(&w, name);
	write_ip(&w);
	put(yaml, "tcp:\n");
	syn_write(&w);
	write_ecn(&w);
	write_isn(&w);
	write_answers(&w);
	write_icmp(&w);
	if (report != NULL)
		report_open(&w);
	return w.result;
}
