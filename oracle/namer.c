/* SPDX-License-Identifier: BSD-3-Clause */
#include "namer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SEED 1
#define ANSWERS 32 /* SYNs whose answers are kept */
#define FIELDS 8

struct answers {
	bool used;
	struct observed syn;
	char (*signature)[P0F_SIG_CAP]; /* by profile */
};

struct namer {
	struct oracle *oracle;
	unsigned n;
	struct mien_profile *profiles[NAMER_PROFILES];
	char syn[NAMER_PROFILES][P0F_SIG_CAP];
	struct answers answers[ANSWERS];
	unsigned next;
};

const char *
namer_level_name(enum namer_level level)
{
	static const char *const names[] = {"none", "like", "but for the MTU", "exactly"};

	return names[level];
}

int
namer_open(struct oracle *oracle, struct namer **out)
{
	*out = calloc(1, sizeof(**out));
	if (!*out)
		return MIEN_ENOMEM;
	(*out)->oracle = oracle;
	return MIEN_OK;
}

static void
forget_answers(struct namer *n)
{
	for (unsigned i = 0; i < ANSWERS; i++) {
		free(n->answers[i].signature);
		n->answers[i] = (struct answers){0};
	}
}

void
namer_close(struct namer *n)
{
	if (!n)
		return;
	forget_answers(n);
	for (unsigned i = 0; i < n->n; i++)
		mien_profile_unref(n->profiles[i]);
	free(n);
}

int
namer_add(struct namer *n, struct mien_profile *p)
{
	static struct oracle_print print;
	int err;

	if (n->n == NAMER_PROFILES)
		return MIEN_EFULL;
	err = oracle_fingerprint(n->oracle, mien_profile_personality(p), SEED, NMAP_7_95, ORACLE_P0F, &print);
	if (err != MIEN_OK)
		return err;
	forget_answers(n);
	memcpy(n->syn[n->n], print.p0f_syn, P0F_SIG_CAP);
	n->profiles[n->n++] = mien_profile_ref(p);
	return MIEN_OK;
}

unsigned
namer_count(const struct namer *n)
{
	return n->n;
}

const char *
namer_name(const struct namer *n, unsigned i)
{
	return mien_profile_name(n->profiles[i]);
}

/* -- comparing -------------------------------------------------------------------------------------------------- */

struct fields {
	const char *at[FIELDS];
	size_t len[FIELDS];
};
enum { VERSION, TTL, OLEN, MSS, WINDOW, LAYOUT, QUIRKS, CLASS };

static bool
split(const char *signature, struct fields *f)
{
	for (unsigned i = 0; i < FIELDS; i++) {
		f->at[i] = signature;
		f->len[i] = strcspn(signature, ":");
		signature += f->len[i];
		if (i + 1 < FIELDS && *signature++ != ':')
			return false;
	}
	return true;
}

static bool
same(const struct fields *a, const struct fields *b, unsigned i)
{
	return a->len[i] == b->len[i] && memcmp(a->at[i], b->at[i], a->len[i]) == 0;
}

/* "58+6" begins at 64. */
static unsigned
first_ttl(const char *text)
{
	unsigned ttl = 0, hops = 0;

	sscanf(text, "%3u+%3u", &ttl, &hops);
	return ttl + hops;
}

enum namer_level
namer_compare(const char *own, const char *seen)
{
	struct fields a, b;

	if (!split(own, &a) || !split(seen, &b))
		return NAMER_NONE;
	if (first_ttl(a.at[TTL]) != first_ttl(b.at[TTL]) || !same(&a, &b, OLEN) || !same(&a, &b, LAYOUT) ||
		!same(&a, &b, QUIRKS))
		return NAMER_NONE;
	if (!same(&a, &b, WINDOW))
		return NAMER_LIKE;
	return same(&a, &b, MSS) ? NAMER_EXACT : NAMER_MTU;
}

/* The same offer gets the same answer. */
static bool
same_offer(const struct observed *a, const struct observed *b)
{
	return a->flags == b->flags && a->window == b->window && a->reserved == b->reserved && a->df == b->df &&
	       a->ttl == b->ttl && a->opt_len == b->opt_len && memcmp(a->opts, b->opts, a->opt_len) == 0;
}

/* Timestamps tell nothing about the offer, but their presence. */
static struct observed
without_clock(const struct observed *syn)
{
	struct observed o = *syn;
	const uint8_t *ts = opt_find(o.opts, o.opt_len, 8, 10);

	if (ts)
		memset(o.opts + (ts - o.opts), 1, 4);
	return o;
}

static char (*answers_to(struct namer *n, const struct observed *syn))[P0F_SIG_CAP]
{
	const struct observed offer = without_clock(syn);
	struct answers *a;

	for (unsigned i = 0; i < ANSWERS; i++)
		if (n->answers[i].used && same_offer(&n->answers[i].syn, &offer))
			return n->answers[i].signature;
	a = &n->answers[n->next++ % ANSWERS];
	free(a->signature);
	*a = (struct answers){.used = true, .syn = offer, .signature = calloc(n->n ? n->n : 1, P0F_SIG_CAP)};
	for (unsigned i = 0; a->signature && i < n->n; i++)
		if (oracle_answer(n->oracle, mien_profile_personality(n->profiles[i]), SEED, &offer, a->signature[i]) !=
			MIEN_OK)
			a->signature[i][0] = '\0';
	a->used = a->signature != NULL;
	return a->signature;
}

enum namer_level
namer_find(struct namer *n, const char *signature, const struct observed *syn, struct name_set *out)
{
	char(*own)[P0F_SIG_CAP] = syn ? answers_to(n, syn) : n->syn;
	enum namer_level best = NAMER_NONE;

	*out = (struct name_set){0};
	for (unsigned i = 0; own && i < n->n; i++) {
		enum namer_level level = namer_compare(own[i], signature);

		if (level == NAMER_NONE || level < best)
			continue;
		if (level > best)
			*out = (struct name_set){0};
		best = level;
		out->bits[i / 64] |= (uint64_t)1 << i % 64;
	}
	return best;
}
