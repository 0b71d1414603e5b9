/* SPDX-License-Identifier: BSD-3-Clause */
/* Answers to odd segments at an open and a closed port, in the words of tcp.answers. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "read.h"

#define TEXT 320

struct text {
	char at[TEXT];
	size_t n;
};

static void __attribute__((format(printf, 2, 3)))
say(struct text *t, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	if (t->n < sizeof(t->at))
		t->n += (size_t)vsnprintf(t->at + t->n, sizeof(t->at) - t->n, format, args);
	va_end(args);
}

/* The end of what a segment takes up. */
static uint32_t
end_of(const struct observed *q)
{
	return q->seq + q->data_len + !!(q->flags & FLAG_SYN) + !!(q->flags & FLAG_FIN);
}

static const char *
number_word(uint32_t n, const struct observed *q)
{
	if (n == 0)
		return "zero";
	if (n == q->ack)
		return "seg-ack";
	if (n == q->ack + 1)
		return "seg-ack+1";
	if (n == end_of(q))
		return "seg-end";
	if (n == q->seq)
		return "seg-seq";
	return n == q->seq + 1 ? "seg-seq+1" : "random";
}

static bool
class_says(const struct reading *r, const char *key, const char *value)
{
	const char *usual = findings_value(r->f, key);

	return !usual || strcmp(usual, value) == 0;
}

/* Header and fields as those of most resets. */
static bool
is_plain(const struct reading *r, const struct observed *a)
{
	char ttl[8];

	snprintf(ttl, sizeof(ttl), "%u", a->ttl);
	return a->window == 0 && a->opt_len == 0 && a->urgent == 0 && a->reserved == 0 && a->data_len == 0 &&
	       class_says(r, "ip.rst.df", a->df ? "on" : "off") && (!r->on_link || class_says(r, "ip.rst.ttl", ttl));
}

static bool
is_by_the_book(const struct reading *r, bool closed, const struct observed *q, const struct observed *a)
{
	bool wants_synack = !closed && (q->flags & (FLAG_SYN | FLAG_ACK | FLAG_FIN)) == FLAG_SYN;

	if (!a)
		return !closed && !(q->flags & FLAG_ACK) && !wants_synack;
	if (wants_synack)
		return is_synack(a);
	if (!is_plain(r, a))
		return false;
	if (q->flags & FLAG_ACK)
		return a->flags == FLAG_RST && a->seq == q->ack && a->ack == 0;
	return closed && a->flags == (FLAG_RST | FLAG_ACK) && a->seq == 0 && a->ack == end_of(q);
}

/* The four bytes whose CRC-32 this is: the register run backwards from there to its start. */
static uint32_t
bytes_of_crc(uint32_t crc)
{
	uint32_t at = ~crc;

	for (unsigned i = 0; i < 32; i++)
		at = at & 0x80000000u ? (at ^ 0xEDB88320u) << 1 | 1 : at << 1;
	return ~at;
}

static void
say_flags(struct text *t, uint8_t flags)
{
	static const char *const words[8] = {"fin", "syn", "rst", "psh", "ack", "urg", "ece", "cwr"};
	const char *comma = "";

	if (flags == FLAG_RST || flags == (FLAG_RST | FLAG_ACK) || flags == FLAG_ACK) {
		say(t, "{send: %s", flags == FLAG_ACK ? "ack" : flags == FLAG_RST ? "rst" : "rst-ack");
		return;
	}
	say(t, "{send: %s, flags: [", flags & FLAG_RST ? "rst" : "ack");
	for (unsigned i = 0; i < 8; i++) {
		if (!(flags >> i & 1))
			continue;
		say(t, "%s%s", comma, words[i]);
		comma = ", ";
	}
	say(t, "]");
}

static void
say_rest(const struct reading *r, struct text *t, const struct observed *q, const struct observed *a)
{
	uint32_t word = bytes_of_crc(a->data_crc);
	char ttl[8];

	if (a->window)
		a->window == q->window ? say(t, ", window: echo") : say(t, ", window: %u", a->window);
	if (a->opt_len) {
		say(t, ", options: 0x");
		for (unsigned i = 0; i < a->opt_len; i++)
			say(t, "%02x", a->opts[i]);
	}
	if (!class_says(r, "ip.rst.df", a->df ? "on" : "off"))
		say(t, ", df: %s", a->df ? "on" : "off");
	snprintf(ttl, sizeof(ttl), "%u", a->ttl);
	if (r->on_link && !class_says(r, "ip.rst.ttl", ttl))
		a->ttl == q->ttl ? say(t, ", ttl: copy") : say(t, ", ttl: %u", a->ttl);
	if (a->urgent)
		say(t, ", urgent: %u", a->urgent);
	if (a->reserved)
		say(t, ", reserved: %u", a->reserved);
	if (a->data_len && a->flags & FLAG_RST) /* its text is not known, but what has the same CRC-32 */
		say(t, ", payload: 0x%02x%02x%02x%02x", word & 0xff, word >> 8 & 0xff, word >> 16 & 0xff, word >> 24);
}

static void
describe(const struct reading *r, bool closed, const struct observed *q, const struct observed *a, struct text *t)
{
	t->n = 0;
	if (is_by_the_book(r, closed, q, a)) {
		say(t, "rfc");
	} else if (!a) {
		say(t, "drop");
	} else if (is_synack(a)) {
		say(t, "synack");
	} else {
		say_flags(t, a->flags);
		say(t, ", seq: %s, ack: %s", number_word(a->seq, q), number_word(a->ack, q));
		say_rest(r, t, q, a);
		say(t, "}");
	}
}

static void
key_of(bool closed, uint8_t flags, char out[64])
{
	static const char *const words[6] = {"fin", "syn", "rst", "psh", "ack", "urg"};
	size_t n = (size_t)snprintf(out, 64, "tcp.answers.%s.", closed ? "closed" : "listen");
	const char *dash = "";

	if (!flags)
		snprintf(out + n, 64 - n, "null");
	for (unsigned i = 0; i < 6; i++) {
		if (!(flags >> i & 1))
			continue;
		n += (size_t)snprintf(out + n, 64 - n, "%s%s", dash, words[i]);
		dash = "-";
	}
}

void
read_odd(struct reading *r)
{
	for (size_t i = 0; r->first_script && i < r->j->n; i++) {
		const struct observed *q = &r->j->at[i].o;
		bool closed = q->dport == r->closed;
		struct text t;
		char key[64];
		size_t k;

		if (!r->j->at[i].sent || q->kind != OBSERVED_TCP || q->sport < r->first_script || q->opt_len ||
			q->flags & FLAG_RST || (!closed && q->dport != r->open))
			continue;
		key_of(closed, q->flags, key);
		k = journal_answer(r->j, i);
		if (k == JOURNAL_NONE && findings_get(r->f, key))
			continue; /* asked before, and answered */
		describe(r, closed, q, k == JOURNAL_NONE ? NULL : &r->j->at[k].o, &t);
		findings_set(r->f, HOW_ODD, key, "%s", t.at);
	}
}
