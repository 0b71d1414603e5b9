/* SPDX-License-Identifier: BSD-3-Clause */
#include "witness.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "octets.h"

#define PENDING 1024 /* SYNs that may yet be answered */

struct witness {
	struct namer *namer;
	witness_fn fn;
	void *ctx;
	struct witness_host *hosts;
	size_t n, room;
	uint32_t *table; /* numbers of hosts from 1, by address; size a power of two */
	size_t table_size;
	struct observed pending[PENDING];
};

int
witness_open(struct namer *namer, witness_fn fn, void *ctx, struct witness **out)
{
	struct witness *w = calloc(1, sizeof(*w));

	*out = w;
	if (!w)
		return MIEN_ENOMEM;
	w->namer = namer;
	w->fn = fn;
	w->ctx = ctx;
	return MIEN_OK;
}

void
witness_close(struct witness *w)
{
	if (!w)
		return;
	for (size_t i = 0; i < w->n; i++)
		free(w->hosts[i].signatures);
	free(w->hosts);
	free(w->table);
	free(w);
}

size_t
witness_count(const struct witness *w)
{
	return w->n;
}

const struct witness_host *
witness_at(const struct witness *w, size_t i)
{
	return &w->hosts[i];
}

static uint32_t
hash(uint32_t x)
{
	x = (x ^ x >> 16) * 0x7feb352du;
	x = (x ^ x >> 15) * 0x846ca68bu;
	return x ^ x >> 16;
}

static bool
grow(struct witness *w)
{
	size_t room = w->room ? w->room * 2 : 64;
	struct witness_host *hosts = realloc(w->hosts, room * sizeof(*hosts));
	uint32_t *table = calloc(room * 2, sizeof(*table));

	if (hosts)
		w->hosts = hosts;
	if (!hosts || !table) {
		free(table);
		return false;
	}
	for (size_t i = 0; i < w->n; i++) {
		size_t at = hash(hosts[i].addr) & (room * 2 - 1);

		while (table[at])
			at = (at + 1) & (room * 2 - 1);
		table[at] = (uint32_t)i + 1;
	}
	free(w->table);
	w->table = table;
	w->table_size = room * 2;
	w->room = room;
	return true;
}

/* NULL: no memory, or too many. */
static struct witness_host *
host_of(struct witness *w, uint32_t addr, uint64_t ns)
{
	size_t at;

	if (w->n == w->room && (w->n >= WITNESS_HOSTS || !grow(w)))
		return NULL;
	at = hash(addr) & (w->table_size - 1);
	for (; w->table[at]; at = (at + 1) & (w->table_size - 1))
		if (w->hosts[w->table[at] - 1].addr == addr)
			return &w->hosts[w->table[at] - 1];
	w->hosts[w->n] = (struct witness_host){.addr = addr, .first_ns = ns};
	w->table[at] = (uint32_t)++w->n;
	return &w->hosts[w->n - 1];
}

/* Where the SYN of a connection is kept; both directions find it. */
static struct observed *
pending_of(struct witness *w, uint32_t client, uint16_t client_port, uint32_t server, uint16_t server_port)
{
	uint32_t h = hash(client ^ hash(server ^ hash((uint32_t)client_port << 16 | server_port)));

	return &w->pending[h % PENDING];
}

static const struct observed *
syn_of(struct witness *w, const struct observed *synack)
{
	const struct observed *syn = pending_of(w, synack->dst, synack->dport, synack->src, synack->sport);

	if (syn->src != synack->dst || syn->dst != synack->src || syn->sport != synack->dport ||
		syn->dport != synack->sport || syn->kind != OBSERVED_TCP)
		return NULL;
	return syn;
}

static uint16_t
mss_of(const struct observed *o)
{
	const uint8_t *mss = opt_find(o->opts, o->opt_len, 2, 4);

	return mss ? octets_get16(mss) : 0;
}

static uint8_t
hops_of(uint8_t ttl)
{
	return (uint8_t)((ttl <= 32 ? 32 : ttl <= 64 ? 64 : ttl <= 128 ? 128 : 255) - ttl);
}

/* Adds a signature; NULL when it is known or there is no room. */
static struct witness_signature *
add_signature(struct witness_host *h, const struct witness_signature *s)
{
	for (unsigned i = 0; i < h->n; i++)
		if (h->signatures[i].synack == s->synack && strcmp(h->signatures[i].text, s->text) == 0) {
			h->signatures[i].count++;
			return NULL;
		}
	if (!h->signatures)
		h->signatures = calloc(WITNESS_SIGNATURES, sizeof(*h->signatures));
	if (!h->signatures || h->n == WITNESS_SIGNATURES) {
		h->more++;
		return NULL;
	}
	h->signatures[h->n] = *s;
	return &h->signatures[h->n++];
}

static void
see_segment(struct witness *w, uint64_t ns, struct witness_host *h, const struct observed *o)
{
	bool synack = o->flags & FLAG_ACK;
	const struct observed *syn = synack ? syn_of(w, o) : NULL;
	struct witness_signature s = {.synack = synack, .answered = syn != NULL, .count = 1, .mss = mss_of(o)}, *added;

	if (!p0f_signature(o, syn ? mss_of(syn) : 0, s.text))
		return;
	h->hops = hops_of(o->ttl);
	h->has_hops = true;
	added = add_signature(h, &s);
	if (!added)
		return;
	if (w->namer && (!synack || syn))
		added->level = namer_find(w->namer, added->text, syn, &added->names);
	if (w->fn)
		w->fn(w->ctx, ns, h, added, SCANNER_NONE);
}

bool
witness_frame(struct witness *w, uint64_t ns, const uint8_t *frame, size_t len)
{
	struct witness_host *h;
	struct observed o;
	enum scanner scanner;

	if (!observe(frame, len, &o) || o.kind == OBSERVED_OTHER || o.kind == OBSERVED_ARP)
		return false;
	h = host_of(w, o.src, ns);
	if (!h)
		return true;
	h->packets++;
	h->last_ns = ns;
	if (o.kind == OBSERVED_TCP && (o.flags & (FLAG_SYN | FLAG_ACK)) == FLAG_SYN)
		*pending_of(w, o.src, o.sport, o.dst, o.dport) = o;
	scanner = scanner_recognise(&o);
	if (scanner != SCANNER_NONE) {
		/* A scanner's segments are its own, not its system's. */
		if (h->probes[scanner]++ == 0 && w->fn)
			w->fn(w->ctx, ns, h, NULL, scanner);
	} else if (o.kind == OBSERVED_TCP && o.flags & FLAG_SYN) {
		see_segment(w, ns, h, &o);
	}
	return true;
}

static bool
is_empty(const struct name_set *s)
{
	uint64_t any = 0;

	for (size_t i = 0; i < sizeof(s->bits) / sizeof(s->bits[0]); i++)
		any |= s->bits[i];
	return any == 0;
}

enum namer_level
witness_names(const struct witness_host *host, struct name_set *out)
{
	enum namer_level best = NAMER_NONE;
	struct name_set all = {0}, any = {0};

	memset(&all, 0xff, sizeof(all));
	for (unsigned i = 0; i < host->n; i++)
		if (host->signatures[i].level > best)
			best = host->signatures[i].level;
	for (unsigned i = 0; best != NAMER_NONE && i < host->n; i++)
		for (size_t b = 0; host->signatures[i].level == best && b < sizeof(all.bits) / sizeof(all.bits[0]); b++) {
			all.bits[b] &= host->signatures[i].names.bits[b];
			any.bits[b] |= host->signatures[i].names.bits[b];
		}
	if (best == NAMER_NONE)
		all = any;
	*out = is_empty(&all) ? any : all;
	return best;
}
