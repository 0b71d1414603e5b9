/* SPDX-License-Identifier: BSD-3-Clause */
#include "p0f_match.h"

#include <string.h>

#define TTL_SPREAD 35 /* hops that are believed in */

/* Quirks that no IPv4 packet has, and those that no IPv6 packet has. */
#define ONLY_V6 MIEN_QUIRK_FLOW
#define ONLY_V4 (MIEN_QUIRK_DF | MIEN_QUIRK_ID | MIEN_QUIRK_NO_ID)

static bool
open_or_same(int wanted, int seen)
{
	return wanted < 0 || wanted == seen;
}

static bool
same_options(const struct mien_signature *a, const struct mien_signature *b)
{
	return a->n_options == b->n_options && memcmp(a->options, b->options, a->n_options) == 0 && a->eol_pad == b->eol_pad;
}

/* "64": at most 35 hops away, or it only nearly fits. "64-": anything below. */
static enum p0f_fit
ttl_fits(const struct mien_signature *seen, const struct mien_signature *wanted)
{
	int ttl = seen->hops > 0 ? seen->ttl - seen->hops : seen->ttl;

	if (wanted->hops == MIEN_HOPS_ANY)
		return ttl <= wanted->ttl ? P0F_FITS : P0F_NO;
	return ttl <= wanted->ttl && wanted->ttl - ttl <= TTL_SPREAD ? P0F_FITS : P0F_FUZZY;
}

static bool
window_fits(const struct mien_signature *seen, uint16_t window, const struct mien_signature *wanted)
{
	switch ((enum mien_sig_window)wanted->window_rule) {
	case MIEN_SIG_BYTES:
		return window == wanted->window;
	case MIEN_SIG_MULTIPLE:
		return wanted->window != 0 && window % wanted->window == 0;
	case MIEN_SIG_MSS:
	case MIEN_SIG_MTU:
		return seen->window_rule == wanted->window_rule && seen->window == wanted->window;
	case MIEN_SIG_ANY:
		break;
	}
	return true;
}

/* On the way df and id+ get lost, and id- and ecn come. */
static enum p0f_fit
quirks_fit(const struct mien_signature *seen, const struct mien_signature *wanted)
{
	uint32_t want = wanted->quirks, gone, new;

	if (wanted->version < 0)
		want &= seen->version == 6 ? ~ONLY_V4 : ~ONLY_V6;
	gone = want & ~seen->quirks;
	new = seen->quirks & ~want;
	if (gone == 0 && new == 0)
		return P0F_FITS;
	if (gone & ~(MIEN_QUIRK_DF | MIEN_QUIRK_ID) || new & ~(MIEN_QUIRK_NO_ID | MIEN_QUIRK_ECN))
		return P0F_NO;
	return P0F_FUZZY;
}

enum p0f_fit
p0f_fits(const struct mien_signature *seen, uint16_t window, const struct mien_signature *wanted)
{
	enum p0f_fit ttl, quirks;

	if (!open_or_same(wanted->version, seen->version) || wanted->ip_options != seen->ip_options ||
		!same_options(wanted, seen) || !open_or_same(wanted->mss, seen->mss) ||
		!open_or_same(wanted->scale, seen->scale) || !open_or_same(wanted->payload, seen->payload) ||
		!window_fits(seen, window, wanted))
		return P0F_NO;
	ttl = ttl_fits(seen, wanted);
	quirks = quirks_fit(seen, wanted);
	return ttl < quirks ? ttl : quirks;
}

const struct mien_signature_entry *
p0f_db_find(const struct mien_signatures *db, const char *seen, uint16_t window, bool response, enum p0f_fit *fit)
{
	const struct mien_signature_entry *generic = NULL, *fuzzy = NULL, *e;
	struct mien_signature s;

	*fit = P0F_NO;
	if (mien_signature_parse(seen, &s, NULL) != MIEN_OK)
		return NULL;
	for (size_t i = 0; (e = mien_signatures_at(db, i)) != NULL; i++) {
		enum p0f_fit f = e->response == response ? p0f_fits(&s, window, &e->signature) : P0F_NO;

		if (f == P0F_FITS && !e->generic) {
			*fit = f;
			return e;
		}
		if (f == P0F_FITS && !generic)
			generic = e;
		if (f == P0F_FUZZY && !fuzzy)
			fuzzy = e;
	}
	if (!generic && fuzzy && fuzzy->tool)
		return NULL;
	*fit = generic ? P0F_FITS : fuzzy ? P0F_FUZZY : P0F_NO;
	return generic ? generic : fuzzy;
}
