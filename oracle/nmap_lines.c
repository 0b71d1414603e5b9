/* SPDX-License-Identifier: BSD-3-Clause */
/* From probes and answers to lines: all but what SEQ computes. */
#include <stdio.h>
#include <string.h>

#include "nmap_print.h"
#include "octets.h"

#define IP 20

/* Words of T2 to T7 for one way of counting: what the number is, compared with the probe's. */
static const char *
number_word(uint32_t n, uint32_t probe, const char *same, const char *next)
{
	if (n == 0)
		return "Z";
	if (n == probe)
		return same;
	return n == probe + 1 ? next : "O";
}

static uint32_t
option_number(const uint8_t *p, unsigned len)
{
	return len == 2 ? octets_get16(p) : len == 1 ? p[0] : octets_get32(p);
}

struct writer {
	char *out;
	size_t used;
};

static void
write_option(struct writer *w, const char *format, uint32_t a, uint32_t b)
{
	size_t room = NMAP_VALUE_MAX - w->used;
	int n = snprintf(w->out + w->used, room, format, a, b);

	w->used += n > 0 && (size_t)n < room ? (size_t)n : 0;
}

/*
 * One option at p with `left` bytes behind its kind; how many of them it takes, or -1 where it is not what it should
 * be. A kind that is not printed: newer releases go on behind it, older ones in the middle of it.
 */
static int
read_option(struct writer *w, const uint8_t *p, size_t left, enum nmap_release release)
{
	unsigned length = left ? p[1] : 0;

	switch (p[0]) {
	case 0:
		write_option(w, "L", 0, 0);
		return 0;
	case 1:
		write_option(w, "N", 0, 0);
		return 0;
	case 2:
		if (length != 4 || left < 3)
			return -1;
		write_option(w, "M%X", option_number(p + 2, 2), 0);
		return 3;
	case 3:
		if (length != 3 || left < 2)
			return -1;
		write_option(w, "W%X", p[2], 0);
		return 2;
	case 4:
		if (length != 2)
			return -1;
		write_option(w, "S", 0, 0);
		return 1;
	case 8:
		if (length != 10 || left < 9)
			return -1;
		write_option(w, "T%u%u", option_number(p + 2, 4) != 0, option_number(p + 6, 4) != 0);
		return 9;
	}
	if (release == NMAP_7_94)
		return 0;
	return length >= 2 && length - 1 <= left ? (int)length - 1 : -1;
}

void
nmap_options_format(const struct observed *o, enum nmap_release release, char out[NMAP_VALUE_MAX])
{
	struct writer w = {.out = out};
	int took;

	out[0] = '\0';
	for (size_t at = 0; at < o->opt_len; at += (size_t)took + 1) {
		took = read_option(&w, o->opts + at, o->opt_len - at - 1u, release);
		if (took < 0) {
			out[0] = '\0';
			return;
		}
	}
}

static void
add_ttl(struct nmap_line *l, const struct observed *o, const int *distance)
{
	static const uint8_t starts[] = {32, 64, 128, 255};
	unsigned i = 0;

	if (distance) {
		/* A quote with a TTL far above what was sent makes it negative: sixteen bits are printed. */
		nmap_attr_add(l, "T", "%X", (unsigned)(o->ttl + *distance - 1) & 0xffff);
		return;
	}
	while (o->ttl > starts[i])
		i++;
	nmap_attr_add(l, "TG", "%X", starts[i]);
}

static void
add_flags(struct nmap_line *l, uint8_t flags)
{
	static const struct {
		uint8_t bit;
		char letter;
	} order[] = {{FLAG_ECE, 'E'}, {FLAG_URG, 'U'}, {FLAG_ACK, 'A'}, {FLAG_PSH, 'P'}, {FLAG_RST, 'R'}, {FLAG_SYN, 'S'},
		{FLAG_FIN, 'F'}};
	char text[8];
	size_t n = 0;

	for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++)
		if (flags & order[i].bit)
			text[n++] = order[i].letter;
	text[n] = '\0';
	nmap_attr_add(l, "F", "%s", text);
}

static void
add_quirks(struct nmap_line *l, const struct observed *o)
{
	nmap_attr_add(l, "Q", "%s%s", o->reserved ? "R" : "", o->urgent && !(o->flags & FLAG_URG) ? "U" : "");
}

static void
add_options(struct nmap_line *l, const char *name, const struct observed *o, enum nmap_release release)
{
	char text[NMAP_VALUE_MAX];

	nmap_options_format(o, release, text);
	nmap_attr_add(l, name, "%s", text);
}

static void
add_data(struct nmap_line *l, const struct observed *o, enum nmap_release release)
{
	uint32_t crc = o->flags & FLAG_RST ? o->data_crc : 0;

	nmap_attr_add(l, "RD", release == NMAP_7_94 && crc ? "%08X" : "%X", crc);
}

static void
add_ecn(struct nmap_line *l, const struct observed *o, const int *distance, enum nmap_release release)
{
	static const char *const words[] = {"N", "Y", "O", "S"};

	nmap_attr_add(l, "R", "Y");
	nmap_attr_add(l, "DF", o->df ? "Y" : "N");
	add_ttl(l, o, distance);
	nmap_attr_add(l, "W", "%X", o->window);
	add_options(l, "O", o, release);
	nmap_attr_add(l, "CC", "%s", words[!!(o->flags & FLAG_ECE) + 2 * !!(o->flags & FLAG_CWR)]);
	add_quirks(l, o);
}

/* T1 says neither window nor options: those are W1 and O1. */
static void
add_segment(struct nmap_line *l, const struct nmap_sent *sent, const struct observed *o, const int *distance,
	enum nmap_release release, bool first)
{
	nmap_attr_add(l, "R", "Y");
	nmap_attr_add(l, "DF", o->df ? "Y" : "N");
	add_ttl(l, o, distance);
	if (!first)
		nmap_attr_add(l, "W", "%X", o->window);
	nmap_attr_add(l, "S", "%s", number_word(o->seq, sent->ack, "A", "A+"));
	nmap_attr_add(l, "A", "%s", number_word(o->ack, sent->seq, "S", "S+"));
	add_flags(l, o->flags);
	if (!first)
		add_options(l, "O", o, release);
	add_data(l, o, release);
	add_quirks(l, o);
}

static const char *
sum_word(const uint8_t *header)
{
	if (octets_get16(header + 10) == 0)
		return "Z";
	return octets_checksum(header, IP, 0) == 0 ? "G" : "I";
}

static const char *
data_word(const struct observed *o)
{
	size_t end = o->quote_len < sizeof(o->quote) ? o->quote_len : sizeof(o->quote);

	for (size_t i = IP + 8; i < end; i++)
		if (o->quote[i] != 'C')
			return "I";
	return "G";
}

static void
add_same(struct nmap_line *l, const char *name, uint16_t got, uint16_t sent)
{
	if (got == sent)
		nmap_attr_add(l, name, "G");
	else
		nmap_attr_add(l, name, "%X", got);
}

static void
add_error(struct nmap_line *l, const struct nmap_sent *sent, const struct observed *o, const int *distance,
	enum nmap_release release)
{
	nmap_attr_add(l, "R", "Y");
	nmap_attr_add(l, "DF", o->df ? "Y" : "N");
	add_ttl(l, o, distance);
	nmap_attr_add(l, "IPL", "%X", o->ip_len);
	nmap_attr_add(l, "UN", "%X", release == NMAP_7_94 ? o->rest & 0xffff : o->rest);
	add_same(l, "RIPL", octets_get16(o->quote + 2), IP + 8 + 300);
	add_same(l, "RID", octets_get16(o->quote + 4), sent->ip_id);
	nmap_attr_add(l, "RIPCK", "%s", sum_word(o->quote));
	add_same(l, "RUCK", octets_get16(o->quote + IP + 6), sent->udp_sum);
	nmap_attr_add(l, "RUD", "%s", data_word(o));
}

static void
add_echoes(struct nmap_line *l, const struct observed *a, const struct observed *b, const int *distance)
{
	/* The first request has DF and code 9, the second neither. */
	static const char *const df[] = {"N", "S", "O", "Y"};

	nmap_attr_add(l, "R", "Y");
	nmap_attr_add(l, "DFI", "%s", df[a->df + 2 * b->df]);
	add_ttl(l, a, distance);
	if (a->code == 9 && b->code == 0)
		nmap_attr_add(l, "CD", "S");
	else if (a->code != b->code)
		nmap_attr_add(l, "CD", "O");
	else if (a->code == 0)
		nmap_attr_add(l, "CD", "Z");
	else
		nmap_attr_add(l, "CD", "%X", a->code);
}

static bool
is_synack(const struct observed *o)
{
	return (o->flags & (FLAG_SYN | FLAG_ACK)) == (FLAG_SYN | FLAG_ACK);
}

/* SYN-ACKs whose IP ID is the last one's again are taken for copies of it. */
static void
take_samples(const struct nmap_scan *scan, struct nmap_samples *out)
{
	*out = (struct nmap_samples){0};
	for (unsigned i = 0; i < NMAP_SAMPLES; i++) {
		const struct observed *o = &scan->reply[NMAP_S1 + i];
		const uint8_t *ts = opt_find(o->opts, o->opt_len, 8, 10);
		unsigned n = out->n;

		if (!scan->answered[NMAP_S1 + i] || !is_synack(o) ||
			(n && o->ip_id && o->ip_id == out->ip_id[n - 1]))
			continue;
		out->at[n] = scan->sent[NMAP_S1 + i].at;
		out->isn[n] = o->seq;
		out->ip_id[n] = o->ip_id;
		out->has_ts[n] = ts != NULL;
		out->tsval[n] = ts ? octets_get32(ts) : 0;
		out->n++;
	}
}

/* What had to be sent again says nothing about counting. */
static unsigned
take_ids(const struct nmap_scan *scan, enum nmap_probe first, unsigned count, uint16_t *ids)
{
	unsigned n = 0;

	for (unsigned i = first; i < first + count; i++)
		if (scan->answered[i] && scan->sent[i].times == 1)
			ids[n++] = scan->reply[i].ip_id;
	return n;
}

static void
make_seq(const struct nmap_scan *scan, struct nmap_line *l)
{
	struct nmap_samples samples;
	struct nmap_id_samples ids = {0};
	struct nmap_isn isn;

	take_samples(scan, &samples);
	if (nmap_isn_measure(&samples, &isn)) {
		nmap_attr_add(l, "SP", "%X", isn.sp);
		nmap_attr_add(l, "GCD", "%X", isn.gcd);
		nmap_attr_add(l, "ISR", "%X", isn.isr);
	}
	ids.tcp_n = samples.n;
	memcpy(ids.tcp, samples.ip_id, sizeof(ids.tcp));
	ids.closed_n = take_ids(scan, NMAP_PROBE_T5, 3, ids.closed);
	ids.icmp_n = take_ids(scan, NMAP_PROBE_IE1, 2, ids.icmp);
	nmap_ids_add(l, &ids);
	nmap_ts_add(l, &samples);
}

/* The answer to a timed SYN, or to its repetition. */
static const struct observed *
syn_answer(const struct nmap_scan *scan, unsigned i)
{
	if (scan->answered[NMAP_S1 + i])
		return &scan->reply[NMAP_S1 + i];
	return scan->answered[NMAP_O1 + i] ? &scan->reply[NMAP_O1 + i] : NULL;
}

static void
make_ops_and_win(const struct nmap_scan *scan, enum nmap_release release, struct nmap_print *out)
{
	for (unsigned i = 0; i < NMAP_SAMPLES; i++)
		if (!syn_answer(scan, i))
			return;
	for (unsigned i = 0; i < NMAP_SAMPLES; i++) {
		const struct observed *o = syn_answer(scan, i);
		char name[3] = {'O', (char)('1' + i)};

		add_options(&out->line[NMAP_OPS], name, o, release);
		name[0] = 'W';
		nmap_attr_add(&out->line[NMAP_WIN], name, "%X", o->window);
	}
}

static void
make_segments(const struct nmap_scan *scan, enum nmap_release release, const int *distance, struct nmap_print *out)
{
	unsigned first = scan->answered[NMAP_S1] ? NMAP_S1 : NMAP_PROBE_T1;

	for (unsigned i = NMAP_PROBE_T1; i <= NMAP_PROBE_T7; i++) {
		struct nmap_line *l = &out->line[NMAP_T1 + i - NMAP_PROBE_T1];
		unsigned probe = i == NMAP_PROBE_T1 ? first : i;

		if (scan->answered[probe])
			add_segment(l, &scan->sent[probe], &scan->reply[probe], distance, release, i == NMAP_PROBE_T1);
		else
			nmap_attr_add(l, "R", "N");
	}
}

void
nmap_print_make(const struct nmap_scan *scan, enum nmap_release release, struct nmap_print *out)
{
	const struct observed *error = scan->answered[NMAP_PROBE_U1] ? &scan->reply[NMAP_PROBE_U1] : NULL;
	const int hops = error ? scan->sent[NMAP_PROBE_U1].ttl - error->quote[8] + 1 : 0;
	const int *distance = error && hops != -1 ? &hops : NULL; /* -1 is its word for unknown */

	memset(out, 0, sizeof(*out));
	make_seq(scan, &out->line[NMAP_SEQ]);
	make_ops_and_win(scan, release, out);
	if (scan->answered[NMAP_PROBE_ECN])
		add_ecn(&out->line[NMAP_ECN], &scan->reply[NMAP_PROBE_ECN], distance, release);
	else
		nmap_attr_add(&out->line[NMAP_ECN], "R", "N");
	make_segments(scan, release, distance, out);
	if (error)
		add_error(&out->line[NMAP_U1], &scan->sent[NMAP_PROBE_U1], error, distance, release);
	else
		nmap_attr_add(&out->line[NMAP_U1], "R", "N");
	if (scan->answered[NMAP_PROBE_IE1] && scan->answered[NMAP_PROBE_IE2])
		add_echoes(&out->line[NMAP_IE], &scan->reply[NMAP_PROBE_IE1], &scan->reply[NMAP_PROBE_IE2], distance);
	else
		nmap_attr_add(&out->line[NMAP_IE], "R", "N");
}
