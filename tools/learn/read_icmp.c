/* SPDX-License-Identifier: BSD-3-Clause */
/* ICMP besides nmap's probes, odd ARP requests, fragments. */
#include <stdio.h>
#include <string.h>

#include <mien/personality.h>

#include "octets.h"
#include "read.h"
#include "script.h"

#define SECOND 1000000000ull
#define ARP_REQUESTS 11

static void
write_queries(struct reading *r)
{
	static const struct {
		uint8_t type;
		const char *key;
	} queries[] = {{13, "icmp.timestamp"}, {17, "icmp.mask"}, {15, "icmp.info"}};

	for (size_t i = 0; i < r->j->n; i++)
		for (size_t q = 0; q < sizeof(queries) / sizeof(queries[0]); q++)
			if (r->j->at[i].sent && r->j->at[i].o.kind == OBSERVED_ICMP && r->j->at[i].o.type == queries[q].type)
				findings_set(r->f, HOW_ICMP, queries[q].key, "%s",
					journal_answer(r->j, i) != JOURNAL_NONE ? "on" : "off");
}

/* A protocol that nobody has, and a datagram that is longer than most quotes. */
static void
write_errors(struct reading *r)
{
	const char *quote = findings_value(r->f, "icmp.errors.quote");

	if (quote && strcmp(quote, "all") != 0)
		findings_drop(r->f, "icmp.errors.max"); /* nothing is ever so long */
	for (size_t i = 0; i < r->j->n; i++) {
		const struct observed *q = &r->j->at[i].o;
		size_t k;

		if (!r->j->at[i].sent || (q->kind != OBSERVED_OTHER && (q->kind != OBSERVED_UDP || q->data_len < 1000)))
			continue;
		k = journal_answer(r->j, i);
		if (q->kind == OBSERVED_OTHER)
			findings_set(r->f, HOW_ICMP, "icmp.errors.protocol-unreachable", "%s", k != JOURNAL_NONE ? "on" : "off");
		else if (k != JOURNAL_NONE && quote && strcmp(quote, "all") == 0)
			findings_set(r->f, HOW_ICMP, "icmp.errors.max", "%u",
				r->j->at[k].o.ip_len < q->ip_len ? r->j->at[k].o.ip_len : 1500);
	}
}

static void
write_arp(struct reading *r)
{
	static const char *const words[ARP_REQUESTS] = {"loopback-sender", "zero-sender", "broadcast-sender", "offlink-sender",
		"unknown-operation", "hardware-6", "unknown-hardware", "unknown-protocol", "protocol-8137", "protocol-length-6",
		"hardware-length-8"};
	size_t asked[ARP_REQUESTS], n = 0;
	char text[256] = "[";

	for (size_t i = r->j->n; i-- > 0 && n < ARP_REQUESTS;)
		if (r->j->at[i].sent && r->j->at[i].o.kind == OBSERVED_ARP && r->j->at[i].o.arp_op != 2)
			asked[ARP_REQUESTS - ++n] = i;
	if (n < ARP_REQUESTS)
		return;
	for (size_t i = 0; i < ARP_REQUESTS; i++) {
		size_t end = i + 1 < ARP_REQUESTS ? asked[i + 1] : r->j->n;

		for (size_t k = asked[i] + 1; k < end; k++) {
			const struct observed *o = &r->j->at[k].o;

			if (r->j->at[k].sent || o->kind != OBSERVED_ARP || o->arp_op != 2 || o->arp_spa != r->host ||
				r->j->at[k].at - r->j->at[asked[i]].at > SECOND / 10)
				continue;
			snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%s", text[1] ? ", " : "", words[i]);
			break;
		}
	}
	findings_set(r->f, HOW_ARP, "arp.answers", "%s]", text);
}

/* -- fragments ------------------------------------------------------------------------------------------------- */

static void
write_timeout(struct reading *r)
{
	uint64_t held = 0, unit;
	char words[24];

	for (size_t i = 0; i < r->j->n; i++) {
		const struct journal_entry *e = &r->j->at[i];

		if (e->sent && e->o.kind == OBSERVED_TCP && e->o.sport == r->hold)
			held = e->at;
		if (e->sent || e->o.kind != OBSERVED_ICMP || e->o.type != 11 || e->o.code != 1 || !held)
			continue;
		/* Timers of that length run in steps of a second or more. */
		unit = e->at - held > 10 * SECOND ? 5 : 1;
		duration_words((e->at - held + unit * SECOND / 2) / (unit * SECOND) * unit * 1000, words);
		findings_set(r->f, HOW_FRAGMENTS, "icmp.errors.time-exceeded", "on");
		findings_set(r->f, HOW_FRAGMENTS, "reassembly.timeout", "%s", words);
		return;
	}
}

/* Whose digits came back of overlap o; "" where nothing did. */
static void
digits_of(const struct reading *r, unsigned o, char out[OVERLAP_UNITS])
{
	unsigned units = overlaps[o].units - 1u;

	out[0] = '\0';
	for (size_t i = 0; i < r->j->n; i++) {
		const struct observed *p = &r->j->at[i].o;

		if (r->j->at[i].sent || p->kind != OBSERVED_ICMP || p->type != 0 || (p->rest & 0xffff) != OVERLAP_SEQ + o ||
			p->quote_len != 8 * units)
			continue;
		for (unsigned u = 0; u < units; u++)
			out[u] = (char)('0' + octets_get16(p->quote + 8 * u) % 10);
		out[units] = '\0';
		return;
	}
}

/* By the published results for the first of them; the others tell those apart that look the same there. */
static void
write_overlap(struct reading *r)
{
	static const struct {
		const char *policy, *digits[OVERLAPS]; /* NULL: whatever */
	} known[] = {
		{"drop", {"", "", ""}},
		{"vista", {"", NULL, "11333"}},
		{"rfc5722", {"", "12244", ""}},
		{"first", {"11422333666", NULL, NULL, "13234"}},
		{"solaris", {"11422333666", NULL, NULL, "13334", "13344"}},
		{"windows", {"11422333666", NULL, NULL, "13334", "13244"}},
		{"last", {"44442555666"}},
		{"bsd", {"11442333666"}},
		{"bsd-right", {"44422555666"}},
		{"linux", {"11442555666"}},
	};
	char digits[OVERLAPS][OVERLAP_UNITS];

	for (unsigned o = 0; o < OVERLAPS; o++)
		digits_of(r, o, digits[o]);
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		unsigned fits = 0;

		for (unsigned o = 0; o < OVERLAPS; o++)
			fits += !known[i].digits[o] || strcmp(known[i].digits[o], digits[o]) == 0;
		if (fits == OVERLAPS) {
			findings_set(r->f, HOW_FRAGMENTS, "reassembly.overlap", "%s", known[i].policy);
			return;
		}
	}
}

void
read_icmp(struct reading *r)
{
	const char *echo = findings_value(r->f, "icmp.echo.reply");

	write_queries(r);
	write_errors(r);
	write_arp(r);
	write_timeout(r);
	if (echo && strcmp(echo, "on") == 0)
		write_overlap(r);
}
