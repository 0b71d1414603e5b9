/* SPDX-License-Identifier: BSD-3-Clause */
#include "findings.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *
how_what(enum finding_how how)
{
	static const char *const what[HOW_COUNT] = {
		[HOW_PROBES] = "answers to the probes of nmap's OS detection",
		[HOW_OFFERS] = "SYN-ACKs to SYNs with every choice of options and several MSSs",
		[HOW_IDS] = "TTL, DF, TOS and identification of each kind of packet",
		[HOW_ISN] = "initial sequence numbers of SYN-ACKs in a row",
		[HOW_CLOCK] = "timestamps within and across connections",
		[HOW_ODD] = "answers to segments with each choice of flags, at an open and a closed port",
		[HOW_CONN] = "connections: single segments, bursts, old and early ones, a reset inside the window",
		[HOW_HELD] = "repetitions of a SYN-ACK that nobody acknowledged",
		[HOW_ICMP] = "answers to ICMP requests and errors for datagrams",
		[HOW_ARP] = "answers to arp-scan's odd requests",
		[HOW_FRAGMENTS] = "echo requests in fragments that overlap, or are never completed",
		[HOW_OPENS] = "the host's own SYNs",
	};

	return what[how];
}

static struct finding *
find(const struct findings *f, const char *key)
{
	for (size_t i = 0; i < f->n; i++)
		if (strcmp(f->at[i].key, key) == 0)
			return &f->at[i];
	return NULL;
}

/* The finding goes to the end. */
static struct finding *
place(struct findings *f, const char *key)
{
	findings_drop(f, key);
	if (f->n == f->cap) {
		size_t cap = f->cap ? 2 * f->cap : 64;
		struct finding *at = realloc(f->at, cap * sizeof(*at));

		if (!at) {
			f->no_memory = true;
			return NULL;
		}
		f->at = at;
		f->cap = cap;
	}
	f->at[f->n] = (struct finding){.value = NULL};
	snprintf(f->at[f->n].key, sizeof(f->at[f->n].key), "%s", key);
	return &f->at[f->n++];
}

void
findings_set(struct findings *f, enum finding_how how, const char *key, const char *format, ...)
{
	struct finding *at = place(f, key);
	va_list args;

	if (!at)
		return;
	at->how = how;
	va_start(args, format);
	if (vasprintf(&at->value, format, args) < 0) {
		at->value = NULL;
		f->no_memory = true;
		f->n--;
	}
	va_end(args);
}

void
findings_seen(struct findings *f, const char *format, ...)
{
	va_list args;

	if (!f->n)
		return;
	va_start(args, format);
	if (vasprintf(&f->at[f->n - 1].seen, format, args) < 0) {
		f->at[f->n - 1].seen = NULL;
		f->no_memory = true;
	}
	va_end(args);
}

void
findings_drop(struct findings *f, const char *key)
{
	size_t len = strlen(key), kept = 0;
	bool prefix = len && key[len - 1] == '.';

	for (size_t i = 0; i < f->n; i++) {
		if (prefix ? strncmp(f->at[i].key, key, len) == 0 : strcmp(f->at[i].key, key) == 0) {
			free(f->at[i].value);
			free(f->at[i].seen);
			continue;
		}
		f->at[kept++] = f->at[i];
	}
	f->n = kept;
}

const struct finding *
findings_get(const struct findings *f, const char *key)
{
	return find(f, key);
}

const char *
findings_value(const struct findings *f, const char *key)
{
	const struct finding *at = find(f, key);

	return at ? at->value : NULL;
}

void
findings_free(struct findings *f)
{
	for (size_t i = 0; i < f->n; i++) {
		free(f->at[i].value);
		free(f->at[i].seen);
	}
	free(f->at);
	*f = (struct findings){0};
}

bool
finding_same(const struct finding *a, const struct finding *b)
{
	const char *was = a->seen ? a->seen : a->value, *is = b->seen ? b->seen : b->value;
	size_t len = strlen(was);

	if (len > 3 && strcmp(was + len - 3, "...") == 0)
		return strncmp(was, is, len - 3) == 0;
	return strcmp(was, is) == 0;
}

bool
finding_is_answer(const struct finding *f)
{
	return strncmp(f->key, "tcp.answers.", 12) == 0;
}

size_t
findings_distance(const struct findings *a, const struct findings *b)
{
	size_t n = 0;

	for (size_t i = 0; i < a->n; i++) {
		const struct finding *other = find(b, a->at[i].key);

		if (!other || !finding_same(&a->at[i], other))
			n += finding_is_answer(&a->at[i]) ? 1 : 4;
	}
	return n;
}
