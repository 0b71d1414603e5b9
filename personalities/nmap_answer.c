/* SPDX-License-Identifier: BSD-3-Clause */
/* What an entry says of T1 to T7, as answers to segments that no connection wants. */
#include "nmap_import.h"

#include <stdio.h>
#include <string.h>

#include "say.h"

/* nmap's option letters as bytes. */
bool
hex_options(const char *at, char *out, size_t cap)
{
	struct text t = {out, 0, cap};
	uint32_t value;
	char digits[16];
	size_t n;

	out[0] = '\0';
	while (*at != '\0') {
		char kind = *at++;

		n = strspn(at, "0123456789ABCDEF");
		if (n >= sizeof(digits))
			return false;
		memcpy(digits, at, n);
		digits[n] = '\0';
		if (kind == 'L' || kind == 'N') {
			say(&t, kind == 'L' ? "00" : "01");
		} else if (kind == 'S') {
			say(&t, "0402");
		} else if ((kind == 'M' || kind == 'W') && hex_number(digits, &value)) {
			say(&t, kind == 'M' ? "0204%04x" : "0303%02x", kind == 'M' ? value & 0xffff : value & 0xff);
			at += n;
		} else if (kind == 'T' && n >= 2) {
			say(&t, "080a%s%s", at[0] == '1' ? "01234567" : "00000000", at[1] == '1' ? "ffffffff" : "00000000");
			at += 2;
		} else {
			return false;
		}
	}
	return t.n % 8 == 0 && t.n <= 80; /* 40 bytes: what a header holds */
}

static void
say_flags(struct text *out, const char *flags)
{
	static const struct {
		char letter;
		const char *word;
	} words[] = {{'F', "fin"}, {'S', "syn"}, {'R', "rst"}, {'P', "psh"}, {'A', "ack"}, {'U', "urg"}, {'E', "ece"}};
	const char *comma = "";

	say(out, "{send: %s, flags: [", strchr(flags, 'R') ? "rst" : "ack");
	for (unsigned int i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (strchr(flags, words[i].letter) == NULL)
			continue;
		say(out, "%s%s", comma, words[i].word);
		comma = ", ";
	}
	say(out, "]");
}

/* Texts of resets that are known by their CRC-32; for any other four bytes are found. */
static const struct {
	uint32_t crc;
	const char *text;
} texts[] = {{0xBD1AB510, "No listener"}, {0xE44A4E43, "No TCP"}, {0x105F3A3D, "no TCB"}};

/* The four bytes whose CRC-32 (ISO 3309) this is: the register run backwards from there to its start. */
static uint32_t
bytes_of_crc(uint32_t crc)
{
	uint32_t at = ~crc;

	for (unsigned int i = 0; i < 32; i++)
		at = at & 0x80000000u ? (at ^ 0xEDB88320u) << 1 | 1 : at << 1;
	return ~at;
}

static void
say_payload(struct text *out, uint32_t crc)
{
	uint32_t word = bytes_of_crc(crc);

	if (crc == 0)
		return;
	for (unsigned int i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		if (texts[i].crc == crc) {
			say(out, ", payload: \"%s\"", texts[i].text);
			return;
		}
	}
	say(out, ", payload: 0x%02x%02x%02x%02x", word & 0xff, word >> 8 & 0xff, word >> 16 & 0xff, word >> 24);
}

const char *
usual_word(struct writer *w, const char *attr, const char *prefer)
{
	static const enum test order[] = {T_T5, T_T6, T_T4, T_T7, T_T2};

	for (unsigned int i = 0; i < sizeof(order) / sizeof(order[0]); i++)
		if (answers_at_all(w->print, order[i]) && print_get(w->print, order[i], attr) != NULL)
			return pick_word(w, order[i], attr, prefer, NULL);
	return NULL;
}

/* TTL of most resets. */
unsigned int
usual_ttl(struct writer *w)
{
	static const enum test order[] = {T_T5, T_T6, T_T4, T_T7, T_T2};

	for (unsigned int i = 0; i < sizeof(order) / sizeof(order[0]); i++)
		if (answers_at_all(w->print, order[i]) && pick_ttl(w, order[i]) != 0)
			return pick_ttl(w, order[i]);
	return 0;
}

/* What distinguishes the header of this answer from that of most resets, or of SYN-ACKs. */
bool
header_text(struct writer *w, enum test t, bool synack, char *out, size_t cap)
{
	struct text text = {out, 0, cap};
	const char *df = pick_word(w, t, "DF", "Y N", NULL), *q = print_get(w->print, t, "Q");
	const char *usual = synack ? pick_word(w, T_T1, "DF", "Y N", NULL) : usual_word(w, "DF", "Y N");
	unsigned int ttl = pick_ttl(w, t);

	out[0] = '\0';
	if (df != NULL && (usual == NULL || df[0] != usual[0]))
		say(&text, ", df: %s", df[0] == 'Y' ? "on" : "off");
	if (ttl != 0 && ttl != (synack ? pick_ttl(w, T_T1) : usual_ttl(w)))
		say(&text, ", ttl: %u", ttl);
	if (q != NULL && !lists(q, "") && strchr(q, 'U') != NULL)
		say(&text, ", urgent: 1");
	if (q != NULL && !lists(q, "") && strchr(q, 'R') != NULL)
		say(&text, ", reserved: 8");
	return text.n > 0;
}

static void
say_options(struct writer *w, enum test t, struct text *out, bool filled)
{
	const char *expression = print_get(w->print, t, "O");
	char one[80] = "", hex[96];

	for (unsigned int i = 0; expression != NULL && alternative(expression, i, one, sizeof(one)); i++)
		if ((one[0] != '\0') == filled)
			break;
	if (expression != NULL && one[0] == '\0' && !filled)
		return;
	if (expression == NULL || one[0] == '\0')
		return;
	if (strcmp(one, t == T_T7 ? "WFNM109T10S" : "WANM109T10S") == 0)
		say(out, ", options: echo");
	else if (strcmp(one, "NNT11") == 0)
		say(out, ", options: ts");
	else if (hex_options(one, hex, sizeof(hex)))
		say(out, ", options: 0x%s", hex);
	else
		(void)writer_fail(w, t, "O", "is no list of options");
}

static const char *
seq_word(const char *s, bool synack)
{
	if (synack && strcmp(s, "O") == 0)
		return "isn";
	return strcmp(s, "Z") == 0 ? "zero" : strcmp(s, "A") == 0 ? "seg-ack" : strcmp(s, "A+") == 0 ? "seg-ack+1" : "random";
}

static const char *
ack_word(const char *a, bool has_ack)
{
	return strcmp(a, "Z") == 0    ? "zero"
	       : strcmp(a, "S") == 0  ? "seg-seq"
	       : strcmp(a, "S+") == 0 ? "seg-seq+1"
	       : has_ack	      ? "random"
				      : "seg-ack";
}

static void
say_numbers(struct writer *w, enum test t, const char *flags, struct text *out)
{
	const char *window = print_get(w->print, t, "W"), *rd = print_get(w->print, t, "RD");
	bool reset = strchr(flags, 'R') != NULL;
	uint32_t number = 0;

	say(out, ", seq: %s", seq_word(pick_word(w, t, "S", reset ? "Z A" : "O Z A", "Z"), strchr(flags, 'S') != NULL));
	say(out, ", ack: %s", ack_word(pick_word(w, t, "A", reset ? "Z S+ S" : "S+ S", "Z"), strchr(flags, 'A') != NULL));
	if (window != NULL && fits(window, 0) && reset)
		number = 0;
	else if (window != NULL && !pick_number(window, &number))
		(void)writer_fail(w, t, "W", "is no number");
	if (number > 65535)
		(void)writer_fail(w, t, "W", "is no window of at most FFFF");
	if (number)
		say(out, ", window: %u", number);
	number = 0;
	if (rd != NULL && !fits(rd, 0) && !pick_number(rd, &number))
		(void)writer_fail(w, t, "RD", "is no number");
	say_payload(out, number);
}

const char *
isn_word(struct writer *w)
{
	const char *f = print_get(w->print, T_T1, "F");

	return f == NULL || lists(f, "AS") ? pick_word(w, T_T1, "S", "O Z A", "O") : "O";
}

bool
isn_restarts(struct writer *w)
{
	const char *gcd = print_get(w->print, T_SEQ, "GCD");

	return strcmp(isn_word(w), "O") != 0 && gcd != NULL && !fits(gcd, 0);
}

bool
answer_text(struct writer *w, enum test t, char *out, size_t cap)
{
	struct text text = {out, 0, cap};
	const char *f = print_get(w->print, t, "F"), *seq, *usual;
	bool is_syn_test = t == T_T1 || t == T_T3;
	char flags[16], header[96];

	out[0] = '\0';
	if (!answers_at_all(w->print, t)) {
		say(&text, "drop");
		return true;
	}
	if (f != NULL && lists(f, "AS") && is_syn_test) {
		seq = pick_word(w, t, "S", "O Z A", "O");
		usual = isn_word(w);
		if (strcmp(pick_word(w, t, "A", "S+", "S+"), "S+") == 0 && strcmp(seq, "A+") != 0 &&
			(strcmp(seq, usual) == 0 || (isn_restarts(w) && strcmp(seq, "O") == 0)))
			return false;
	}
	if (f == NULL || !alternative(lists(f, "AS") ? "AS" : f, 0, flags, sizeof(flags)))
		snprintf(flags, sizeof(flags), "AR");
	if (strspn(flags, "EUAPRSF") != strlen(flags)) {
		(void)writer_fail(w, t, "F", "are no flags (E, U, A, P, R, S, F)");
		return true;
	}
	if (f != NULL)
		took(w, t, "F", flags);
	say_flags(&text, flags);
	say_numbers(w, t, flags, &text);
	say_options(w, t, &text, strchr(flags, 'R') == NULL);
	if (header_text(w, t, strchr(flags, 'S') != NULL, header, sizeof(header)))
		say(&text, "%s", header);
	say(&text, "}");
	return true;
}
