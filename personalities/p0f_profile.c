/* SPDX-License-Identifier: BSD-3-Clause */
/* Entries of a signature file as a profile: one SYN, and the SYN-ACKs that one system can give to different offers. */
#include "p0f_import.h"

#include <stdio.h>
#include <string.h>

#define SETS 8 /* of SACK, window scale and timestamps */

struct plan {
	struct p0f_writer w;
	bool has_syn, has_synack;
	struct shape syn;
	struct shape synack; /* to the widest offer */
	struct shape by_set[SETS];
	bool known[SETS];    /* by_set: not the widest's */
};

/* -- which entries ----------------------------------------------------------------------------------------------- */

static unsigned int
bits(unsigned int set)
{
	return (unsigned int)__builtin_popcount(set);
}

/* The SYN-ACK with the most of what can be negotiated; NULL without any. */
static const struct mien_signature_entry *
widest(const struct mien_signatures *s, const size_t chosen[], size_t n)
{
	const struct mien_signature_entry *best = NULL;

	for (size_t i = 0; i < n; i++) {
		const struct mien_signature_entry *e = mien_signatures_at(s, chosen[i]);

		if (e->response && (best == NULL || bits(signature_offers(&e->signature)) > bits(signature_offers(&best->signature))))
			best = e;
	}
	return best;
}

static bool
same_scale(const struct mien_signature *a, const struct mien_signature *b)
{
	return !has_option(a, OPT_WS) || !has_option(b, OPT_WS) || a->scale == b->scale;
}

/* Whether one system can answer with both. */
static bool
agree(const struct mien_signature *a, const struct mien_signature *b)
{
	uint32_t differ = a->quirks ^ b->quirks;

	if (!has_option(a, OPT_TS) || !has_option(b, OPT_TS))
		differ &= ~MIEN_QUIRK_NO_TS;
	return differ == 0 && a->version == b->version && a->ttl == b->ttl && a->mss == b->mss &&
	       a->window_rule == b->window_rule && a->window == b->window && same_scale(a, b);
}

static void
left_out(const struct plan *p, const struct mien_signature_entry *e)
{
	if (p->w.report != NULL)
		put(p->w.report, "cannot line %u: another system's %s; --select %u imports it alone\n", e->line,
			e->response ? "SYN-ACK" : "SYN", e->line);
}

/* A further SYN-ACK, where it is the same system's answer to a narrower offer. */
static int
add_synack(struct plan *p, const struct mien_signature_entry *e)
{
	unsigned int set = signature_offers(&e->signature), all = signature_offers(&p->synack.entry->signature);
	struct p0f_writer quiet = p->w;
	int result;

	if (e == p->synack.entry)
		return 0;
	if ((set & all) != set || set == all || p->known[set] || !agree(&e->signature, &p->synack.entry->signature)) {
		left_out(p, e);
		return 0;
	}
	quiet.report = NULL; /* what is open is open in all of them */
	result = shape_make(&quiet, e, &p->by_set[set]);
	p->known[set] = result == 0;
	return result;
}

static int
choose(struct plan *p, const size_t chosen[], size_t n)
{
	const struct mien_signature_entry *synack = widest(p->w.set, chosen, n);
	int result = 0;

	if (synack != NULL) {
		result = shape_make(&p->w, synack, &p->synack);
		p->has_synack = true;
	}
	for (size_t i = 0; i < n && result == 0; i++) {
		const struct mien_signature_entry *e = mien_signatures_at(p->w.set, chosen[i]);

		if (e->response) {
			result = add_synack(p, e);
		} else if (p->has_syn) {
			left_out(p, e);
		} else {
			result = shape_make(&p->w, e, &p->syn);
			p->has_syn = true;
		}
	}
	return result;
}

/* -- text ---------------------------------------------------------------------------------------------------------- */

static void
report(const struct plan *p, const char *text)
{
	if (p->w.report != NULL)
		put(p->w.report, "%s\n", text);
}

static void
write_evidence(const struct plan *p, const struct shape *shape, const char *what)
{
	char source[500];

	if (p->w.set->file[0])
		snprintf(source, sizeof(source), "%.200s line %u: %.200s", p->w.set->file, shape->entry->line, shape->entry->text);
	else
		snprintf(source, sizeof(source), "p0f signature %.300s", shape->entry->text);
	put(p->w.yaml, "  - {what: \"%s\", source: ", what);
	put_scalar(p->w.yaml, source);
	put(p->w.yaml, "}\n");
}

/* What p0f says of the segment where it is overheard next to the host. */
static void
write_expectation(const struct plan *p, const struct shape *shape)
{
	struct mien_signature s = shape->s;
	unsigned int start = s.ttl <= 32 ? 32 : s.ttl <= 64 ? 64 : s.ttl <= 128 ? 128 : 255;
	char text[MIEN_SIG_CAP];

	s.hops = start - s.ttl > 35 ? MIEN_HOPS_UNKNOWN : (int16_t)(start - s.ttl);
	if (s.hops >= 0)
		s.ttl = (uint8_t)start;
	mien_signature_name_window(&s, (uint16_t)shape->window, has_option(&s, OPT_TS) && !(s.quirks & MIEN_QUIRK_NO_TS),
		40 + shape->options, shape->entry->response ? LINK_MSS : 0);
	mien_signature_format(&s, text);
	put(p->w.yaml, "  %s-signature: ", shape_word(shape));
	put_scalar(p->w.yaml, text);
	put(p->w.yaml, "\n");
	if (shape->entry->name[0] == '\0')
		return;
	put(p->w.yaml, "  p0f-%s: ", shape_word(shape));
	put_scalar(p->w.yaml, shape->entry->name);
	put(p->w.yaml, "\n");
}

static void
write_head(const struct plan *p, const char *name)
{
	const struct shape *first = p->has_synack ? &p->synack : &p->syn;
	char title[96];

	snprintf(title, sizeof(title), "%s", first->entry->name[0] ? first->entry->name : first->entry->text);
	put(p->w.yaml, "name: %s\ntitle: ", name);
	put_scalar(p->w.yaml, title);
	put(p->w.yaml, "\nevidence:\n");
	if (p->has_syn)
		write_evidence(p, &p->syn, "SYN");
	if (p->has_synack)
		write_evidence(p, &p->synack, "SYN-ACK");
	put(p->w.yaml, "expect:\n");
	if (p->has_syn)
		write_expectation(p, &p->syn);
	if (p->has_synack)
		write_expectation(p, &p->synack);
}

/* -- IP ------------------------------------------------------------------------------------------------------------ */

static void
write_ip_rule(const struct plan *p, const struct shape *shape, const char *indent)
{
	uint32_t quirks = shape->s.quirks;
	bool df = quirks & MIEN_QUIRK_DF;
	bool zero = df ? !(quirks & MIEN_QUIRK_ID) : quirks & MIEN_QUIRK_NO_ID;

	put(p->w.yaml, "%sttl: %u\n%sdf: %s\n%sid: {policy: %s}\n", indent, shape->s.ttl,
		indent, df ? "on" : "off", indent, zero ? "zero" : "random");
}

static void
write_class(const struct plan *p, const struct shape *shape, bool both)
{
	uint32_t quirks = shape->s.quirks;
	bool ecn = shape->entry->response && quirks & MIEN_QUIRK_ECN;

	if (!both && !ecn && !(quirks & MIEN_QUIRK_RESERVED))
		return;
	put(p->w.yaml, "  %s:\n", shape_word(shape));
	if (both)
		write_ip_rule(p, shape, "    ");
	if (quirks & MIEN_QUIRK_RESERVED)
		put(p->w.yaml, "    reserved: on\n");
	if (ecn)
		put(p->w.yaml, "    tos: 2\n"); /* ECT(0): ECE would be for those who ask for it */
}

static void
write_ip(const struct plan *p)
{
	bool both = p->has_syn && p->has_synack;

	put(p->w.yaml, "ip:\n");
	write_ip_rule(p, p->has_synack ? &p->synack : &p->syn, "  ");
	if (p->has_syn)
		write_class(p, &p->syn, both);
	if (p->has_synack)
		write_class(p, &p->synack, both);
}

/* -- TCP ----------------------------------------------------------------------------------------------------------- */

static void
write_window(const struct plan *p, const struct shape *shape, bool synack)
{
	const struct mien_signature *s = &shape->s;

	if (s->window_rule == MIEN_SIG_MSS)
		put(p->w.yaml, "    window: {rule: mss, base: %u, unit: %s}\n", s->window, synack ? "min" : "own");
	else if (s->window_rule == MIEN_SIG_MTU)
		put(p->w.yaml, "    window: {rule: mss, base: %u, unit: mtu}\n", s->window);
	else
		put(p->w.yaml, "    window: %u\n", shape->window);
}

static void
write_extra(const struct plan *p, const struct shape *shape)
{
	uint32_t quirks = shape->s.quirks;

	if (quirks & MIEN_QUIRK_URGENT)
		put(p->w.yaml, "    urgent: 1\n");
	if (quirks & MIEN_QUIRK_URG)
		put(p->w.yaml, "    urg: on\n");
	if (quirks & MIEN_QUIRK_PSH)
		put(p->w.yaml, "    psh: on\n");
	if (quirks & MIEN_QUIRK_ACK) /* p0f sees it where the lowest bit of the first byte is set */
		put(p->w.yaml, "    ack: 0x01000001\n");
	if (quirks & MIEN_QUIRK_ECHO && !shape->raw_stamp)
		put(p->w.yaml, "    echo: 1\n");
}

/* "sack-ts": what is not in the set. */
static void
write_without(const struct plan *p, unsigned int set)
{
	static const char *const words[] = {"sack", "wscale", "ts"};
	const char *dash = "";

	put(p->w.yaml, "      ");
	for (unsigned int bit = 0; bit < 3; bit++) {
		if (set & 1u << bit)
			continue;
		put(p->w.yaml, "%s%s", dash, words[bit]);
		dash = "-";
	}
	put(p->w.yaml, ": [%s]\n", p->by_set[set].layout);
}

static void
write_layouts(const struct plan *p, const struct shape *shape)
{
	bool head = false;

	put(p->w.yaml, "    options: [%s]\n", shape->layout);
	for (unsigned int set = 0; set < SETS; set++) {
		if (!p->known[set])
			continue;
		if (!head)
			put(p->w.yaml, "    options-without:\n");
		head = true;
		write_without(p, set);
	}
}

static void
write_scale(const struct plan *p)
{
	const struct mien_signature *syn = p->has_syn ? &p->syn.s : &p->synack.s;
	const struct mien_signature *synack = p->has_synack ? &p->synack.s : &p->syn.s;

	put(p->w.yaml, "  wscale: %d\n", has_option(syn, OPT_WS) ? syn->scale : synack->scale);
}

/* One MSS for both, where only one of them says it: the other leaves it open. */
static void
write_mss(const struct plan *p)
{
	const struct shape *a = p->has_synack ? &p->synack : &p->syn, *b = p->has_syn ? &p->syn : a;
	const struct shape *says = has_option(&a->s, OPT_MSS) && !a->own_mss ? a : b;

	if (p->has_syn && p->has_synack && !a->own_mss && !b->own_mss && a->s.mss != b->s.mss && a->s.mss && b->s.mss)
		report(p, "cannot syn.mss: the SYN-ACK's MSS is another one");
	if (!has_option(&says->s, OPT_MSS) || says->own_mss || says->s.mss == 0)
		put(p->w.yaml, "  mss: {rule: own}\n");
	else
		put(p->w.yaml, "  mss: {rule: constant, value: %d}\n", says->s.mss);
}

static void
write_numbers(const struct plan *p)
{
	uint32_t syn = p->has_syn ? p->syn.s.quirks : 0, synack = p->has_synack ? p->synack.s.quirks : 0;

	if ((syn | synack) & MIEN_QUIRK_NO_SEQ) {
		put(p->w.yaml, "  isn: {generator: constant, value: 0}\n");
		if (p->has_syn && p->has_synack && (syn ^ synack) & MIEN_QUIRK_NO_SEQ)
			report(p, "cannot seq-: it holds for SYN and SYN-ACK alike");
	}
	if (syn & MIEN_QUIRK_NO_TS && !p->syn.raw_stamp) {
		put(p->w.yaml, "  timestamps: {base: zero}\n");
		if (p->has_synack && !(synack & MIEN_QUIRK_NO_TS))
			report(p, "cannot ts1-: it holds for SYN and SYN-ACK alike");
	} else if (synack & MIEN_QUIRK_NO_TS && !p->synack.raw_stamp) {
		put(p->w.yaml, "  timestamps: {first-zero: value}\n");
	}
	if (syn & MIEN_QUIRK_ECN)
		put(p->w.yaml, "  ecn: {offer: on}\n");
}

/* A SYN-ACK that acknowledges 0: nobody takes that for an answer, so nothing opens. */
static void
write_no_ack(const struct plan *p)
{
	uint32_t quirks = p->synack.s.quirks;

	if (!p->has_synack || !(quirks & MIEN_QUIRK_NO_ACK))
		return;
	put(p->w.yaml, "  answers:\n    listen.syn: {send: rst, flags: [syn, ack%s%s], seq: %s, ack: zero, window: %u, options: own",
		quirks & MIEN_QUIRK_URG ? ", urg" : "", quirks & MIEN_QUIRK_PSH ? ", psh" : "",
		quirks & MIEN_QUIRK_NO_SEQ ? "zero" : "isn", p->synack.window);
	put(p->w.yaml, "%s, limit: off}\n", quirks & MIEN_QUIRK_URGENT ? ", urgent: 1" : "");
	report(p, "cannot synack.ack-: it is sent, but no client takes it for an answer: nothing opens");
}

static void
write_tcp(const struct plan *p)
{
	const struct shape *syn = p->has_syn ? &p->syn : &p->synack, *synack = p->has_synack ? &p->synack : &p->syn;

	put(p->w.yaml, "tcp:\n  syn:\n    options: [%s]\n", syn->layout);
	write_window(p, syn, false);
	if (p->has_syn)
		write_extra(p, syn);
	put(p->w.yaml, "  synack:\n");
	write_layouts(p, synack);
	write_window(p, synack, true);
	if (has_option(&syn->s, OPT_WS) && has_option(&synack->s, OPT_WS) && syn->s.scale != synack->s.scale)
		put(p->w.yaml, "    wscale: %d\n", synack->s.scale);
	if (p->has_synack)
		write_extra(p, synack);
	write_scale(p);
	write_mss(p);
	write_numbers(p);
	write_no_ack(p);
}

static void
report_open(const struct plan *p)
{
	if (!p->has_syn)
		report(p, "open syn: options and window are the SYN-ACK's");
	if (!p->has_synack)
		report(p, "open synack: options and window are the SYN's");
	report(p, "open segments, resets, retransmissions, sequence numbers, ICMP, ARP: a plain host's");
}

int
mien_signatures_write(const struct mien_signatures *s, const size_t chosen[], size_t n, const char *name,
	const struct mien_sink *yaml, const struct mien_sink *report_to, struct mien_error *err)
{
	struct plan p = {.w = {.set = s, .yaml = yaml, .report = report_to, .err = err}};
	int result;

	for (size_t i = 0; i < n; i++)
		if (mien_signatures_at(s, chosen[i]) == NULL)
			return profile_fail(err, MIEN_ENOENT, s->file, NULL, "there is no entry number %zu", chosen[i]);
	if (n == 0)
		return profile_fail(err, MIEN_ENOENT, s->file, NULL, "no entry is chosen");
	result = choose(&p, chosen, n);
	if (result != 0)
		return result;
	write_head(&p, name);
	write_ip(&p);
	write_tcp(&p);
	report_open(&p);
	return 0;
}
