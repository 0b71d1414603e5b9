/* SPDX-License-Identifier: BSD-3-Clause */
/* The IP header of each kind of packet: TTL, DF, TOS, and where the identification comes from. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "id_policy.h"
#include "read.h"

enum kind { K_SYN, K_SYNACK, K_SEGMENT, K_RST, K_ERROR, K_ECHO, K_ICMP, K_UDP, KINDS };

static const char *const words[KINDS] = {"syn", "synack", "segment", "rst", "icmp-error", "echo-reply", "icmp", "udp"};

/* -1: of no kind that a rule is about. */
static int
kind_of(const struct reading *r, const struct journal_entry *e)
{
	const struct observed *o = &e->o;
	bool conn = !r->first_conn || (o->dport >= r->first_conn && o->dport <= r->last_conn);

	if (e->sent || o->src != r->host)
		return -1;
	if (o->kind == OBSERVED_UDP)
		return K_UDP;
	if (o->kind == OBSERVED_ICMP)
		return o->type == 0 ? K_ECHO : o->type == 3 || o->type == 11 ? K_ERROR : o->type > 12 ? K_ICMP : -1;
	if (o->kind != OBSERVED_TCP)
		return -1;
	if (is_syn(o))
		return K_SYN;
	if (is_synack(o))
		return K_SYNACK;
	if (o->flags & FLAG_RST)
		return r->first_conn && conn ? -1 : K_RST;
	return conn ? K_SEGMENT : K_RST;
}

struct header {
	unsigned n;
	uint8_t ttl, tos;
	bool one_ttl, one_tos, copies_tos, asked_tos;
	unsigned df[2][2], n_df[2]; /* [of the question][of the answer] */
	unsigned df_on, evil;
};

static void
look_at(struct header *h, const struct observed *o, const struct observed *q)
{
	if (h->n++ == 0) {
		h->ttl = o->ttl;
		h->tos = o->tos;
		h->one_ttl = h->one_tos = h->copies_tos = true;
	}
	h->one_ttl &= o->ttl == h->ttl;
	h->one_tos &= o->tos == h->tos;
	h->df_on += o->df;
	h->evil += o->evil;
	if (!q)
		return;
	h->asked_tos |= q->tos != 0;
	h->copies_tos &= o->tos == q->tos;
	h->df[q->df][o->df]++;
	h->n_df[q->df]++;
}

/* What the TTL was at first: on the link it still is. */
static unsigned
first_ttl(const struct reading *r, uint8_t ttl)
{
	if (r->on_link)
		return ttl;
	return ttl <= 32 ? 32 : ttl <= 64 ? 64 : ttl <= 128 ? 128 : 255;
}

static void
write_header(struct reading *r, enum kind kind, const struct header *h)
{
	const char *df = h->df_on == h->n ? "on" : h->df_on == 0 ? "off" : NULL;
	char key[40];

	snprintf(key, sizeof(key), "ip.%s.ttl", words[kind]);
	if (h->one_ttl)
		findings_set(r->f, HOW_IDS, key, "%u", first_ttl(r, h->ttl));
	if (h->n_df[0] && h->n_df[1] && h->df[0][0] == h->n_df[0] && h->df[1][1] == h->n_df[1])
		df = "copy";
	else if (h->n_df[0] && h->n_df[1] && h->df[0][1] == h->n_df[0] && h->df[1][0] == h->n_df[1])
		df = "invert";
	snprintf(key, sizeof(key), "ip.%s.df", words[kind]);
	if (df)
		findings_set(r->f, HOW_IDS, key, "%s", df);
	snprintf(key, sizeof(key), "ip.%s.reserved", words[kind]);
	if (h->evil == 0 || h->evil == h->n)
		findings_set(r->f, HOW_IDS, key, "%s", h->evil ? "on" : "off");
	snprintf(key, sizeof(key), "ip.%s.tos", words[kind]);
	if (h->asked_tos && h->copies_tos)
		findings_set(r->f, HOW_IDS, key, "copy");
	else if (h->one_tos)
		findings_set(r->f, HOW_IDS, key, "%u", h->tos);
}

static void
read_header(struct reading *r, enum kind kind)
{
	struct header h = {.n = 0};
	char key[40];

	for (size_t i = 0; i < r->j->n; i++) {
		const struct observed *q = NULL;

		if (kind_of(r, &r->j->at[i]) != (int)kind)
			continue;
		/* Echoes and SYN-ACKs are asked for with and without DF, with and without TOS. */
		for (size_t k = i; k-- > 0 && (kind == K_ECHO || kind == K_SYNACK) && !q;)
			if (r->j->at[k].sent && journal_answers(&r->j->at[k].o, &r->j->at[i].o))
				q = &r->j->at[k].o;
		look_at(&h, &r->j->at[i].o, q);
	}
	if (h.n) {
		write_header(r, kind, &h);
		return;
	}
	snprintf(key, sizeof(key), "ip.%s.", words[kind]);
	if (r->first_script)
		findings_drop(r->f, key); /* nothing of that kind was heard */
}

/* -- identification -------------------------------------------------------------------------------------------- */

#define IDS 600

/* IDs of some kinds (a bit each), in order; peer: to this one only, 0: to all. */
static unsigned
collect(const struct reading *r, unsigned kinds, uint32_t peer, struct id_sample *out)
{
	unsigned n = 0;

	for (size_t i = 0; i < r->j->n && n < IDS; i++) {
		const struct observed *o = &r->j->at[i].o;
		int kind = kind_of(r, &r->j->at[i]);

		if (kind < 0 || !(kinds >> kind & 1) || (peer && o->dst != peer))
			continue;
		out[n++] = (struct id_sample){.at = r->j->at[i].at, .id = o->ip_id, .kind = (uint8_t)kind, .peer = o->dst, .port = kind == K_SYN ? o->sport : o->dport};
	}
	return n;
}

static struct id_policy
policy_of(const struct reading *r, enum kind kind)
{
	static struct id_sample s[IDS], all[IDS];
	unsigned n_all = collect(r, 1u << kind, 0, all), n;
	struct id_policy p;

	if (!n_all)
		return (struct id_policy){.kind = ID_UNKNOWN};
	n = collect(r, 1u << kind, all[0].peer, s);
	p = id_policy_find(s, n);
	if (p.kind != ID_COUNTER)
		return p;
	if ((kind == K_SEGMENT || kind == K_SYN) && id_by_port(s, n))
		p.kind = ID_PER_CONNECTION;
	else if (n < n_all && !id_shared(all, n_all, ID_PEERS))
		p.kind = ID_PER_DESTINATION;
	else if (n < n_all)
		p.value = id_policy_find(all, n_all).value; /* seen by one peer, it also skips what went to the other */
	return p;
}

/* Whether two kinds share a counter, as one peer sees it. */
static bool
share(const struct reading *r, unsigned k, unsigned l, enum id_across across)
{
	static struct id_sample s[2 * IDS];
	uint32_t peer = 0;
	unsigned n;

	for (size_t i = 0; i < r->j->n && !peer; i++)
		peer = kind_of(r, &r->j->at[i]) == (int)k ? r->j->at[i].o.dst : 0;
	n = collect(r, 1u << k | 1u << l, peer, s);
	return id_shared(s, n, across);
}

/* A counter that only ICMP has, where TCP has none: modern systems that count for each peer. */
static void
guess_destinations(const struct reading *r, struct id_policy p[KINDS])
{
	bool tcp_counts = false, tcp_peers = false;

	for (unsigned k = K_SYN; k <= K_RST; k++)
		tcp_counts |= p[k].kind != ID_UNKNOWN && p[k].kind != ID_ZERO && p[k].kind != ID_PER_CONNECTION;
	for (unsigned k = K_ERROR; k < KINDS && !r->other && !tcp_counts; k++)
		if (p[k].kind == ID_COUNTER)
			p[k].kind = ID_PER_DESTINATION;
	/* Errors go to one peer only: what echoes do holds for them. */
	for (unsigned k = K_ERROR; k < KINDS; k++)
		if (k != K_ECHO && p[k].kind == ID_COUNTER && p[K_ECHO].kind == ID_PER_DESTINATION)
			p[k].kind = ID_PER_DESTINATION;
	/* And so for TCP, where it counts on from ICMP: one counter a peer, whatever the protocol. */
	for (unsigned k = K_SYN; k <= K_RST; k++) {
		if ((p[k].kind != ID_COUNTER && p[k].kind != ID_PER_DESTINATION) || p[K_ECHO].kind != ID_PER_DESTINATION ||
			!share(r, k, K_ECHO, ID_KINDS))
			continue;
		p[k].kind = ID_PER_PEER;
		tcp_peers = true;
	}
	for (unsigned k = K_ERROR; k < KINDS && tcp_peers; k++)
		if (p[k].kind == ID_PER_DESTINATION)
			p[k].kind = ID_PER_PEER;
}

static bool
counts(const struct id_policy *p)
{
	return p->kind == ID_COUNTER || p->kind == ID_SWAPPED || p->kind == ID_STEPS;
}

/* Kinds that share a counter get its number. */
static void
number(const struct reading *r, struct id_policy p[KINDS])
{
	unsigned next = 0;

	/* Random ones keep their last in counter 0. */
	for (unsigned k = 0; k < KINDS; k++)
		next = p[k].kind == ID_RANDOM ? 1 : next;

	for (unsigned k = 0; k < KINDS; k++) {
		if (!counts(&p[k]))
			continue;
		p[k].counter = next;
		for (unsigned l = 0; l < k && p[k].counter == next; l++) {
			if (p[l].kind == p[k].kind && counts(&p[l]) &&
				share(r, k, l, p[k].kind == ID_STEPS ? ID_KINDS_STEPS : p[k].kind == ID_SWAPPED ? ID_KINDS_SWAPPED : ID_KINDS))
				p[k].counter = p[l].counter;
		}
		next += p[k].counter == next && next < 3;
	}
}

static void
write_policy(struct reading *r, enum kind kind, const struct id_policy *p)
{
	static const char *const policies[] = {[ID_ZERO] = "zero", [ID_CONSTANT] = "constant", [ID_COUNTER] = "counter",
		[ID_SWAPPED] = "counter-swapped", [ID_RANDOM] = "random", [ID_STEPS] = "random-step",
		[ID_PER_DESTINATION] = "per-destination",
		[ID_PER_PEER] = "per-peer", [ID_PER_CONNECTION] = "per-connection"};
	char key[40];

	if (p->kind == ID_UNKNOWN)
		return;
	snprintf(key, sizeof(key), "ip.%s.id.", words[kind]);
	findings_drop(r->f, key);
	snprintf(key, sizeof(key), "ip.%s.id.policy", words[kind]);
	findings_set(r->f, HOW_IDS, key, "%s", policies[p->kind]);
	snprintf(key, sizeof(key), "ip.%s.id.counter", words[kind]);
	if (counts(p))
		findings_set(r->f, HOW_IDS, key, "%u", p->counter);
	if (p->kind == ID_RANDOM) {
		findings_set(r->f, HOW_IDS, key, "0");
		findings_seen(r->f, "none");
	}
	snprintf(key, sizeof(key), "ip.%s.id.value", words[kind]);
	if (p->kind == ID_CONSTANT || p->kind == ID_COUNTER || p->kind == ID_SWAPPED)
		findings_set(r->f, HOW_IDS, key, "%u", p->value == 1 && p->kind != ID_CONSTANT ? 0 : p->value);
	if (p->kind == ID_STEPS) {
		findings_set(r->f, HOW_IDS, key, "%u", p->value > 10000 ? 0 : (p->value + 99) / 100 * 100);
		findings_seen(r->f, p->value > 10000 ? "any" : "small");
	}
}

void
read_ids(struct reading *r)
{
	struct id_policy p[KINDS];

	for (unsigned k = 0; k < KINDS; k++) {
		read_header(r, (enum kind)k);
		p[k] = policy_of(r, (enum kind)k);
	}
	guess_destinations(r, p);
	number(r, p);
	for (unsigned k = 0; k < KINDS; k++)
		write_policy(r, (enum kind)k, &p[k]);
}
