/* SPDX-License-Identifier: BSD-3-Clause */
#include "p0f_match.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FIELDS 8
#define TTL_SPREAD 35
enum { VERSION, TTL, OLEN, MSS, WINDOW, LAYOUT, QUIRKS, CLASS };

struct field {
	const char *p;
	size_t len;
};

static bool
split(const char *signature, struct field f[FIELDS])
{
	for (unsigned i = 0; i < FIELDS; i++) {
		f[i] = (struct field){signature, strcspn(signature, ":")};
		signature += f[i].len;
		if (i + 1 < FIELDS && *signature++ != ':')
			return false;
	}
	return *signature == '\0';
}

static bool
is(struct field f, const char *text)
{
	return f.len == strlen(text) && memcmp(f.p, text, f.len) == 0;
}

static bool
same(struct field a, struct field b)
{
	return a.len == b.len && memcmp(a.p, b.p, a.len) == 0;
}

/* "*", or the same. */
static bool
open_or_same(struct field wanted, struct field seen)
{
	return is(wanted, "*") || same(wanted, seen);
}

static unsigned long
number(struct field f)
{
	return strtoul(f.p, NULL, 10);
}

/* "64": at most 35 hops away, or it only nearly fits. "64-": anything below. "58+6": 64. */
static enum p0f_fit
ttl_fits(struct field seen, struct field wanted)
{
	unsigned long from = number(wanted), ttl = number(seen);
	const char *plus = memchr(wanted.p, '+', wanted.len);

	if (plus)
		from += strtoul(plus + 1, NULL, 10);
	if (memchr(wanted.p, '-', wanted.len))
		return ttl <= from ? P0F_FITS : P0F_NO;
	return ttl <= from && from - ttl <= TTL_SPREAD ? P0F_FITS : P0F_FUZZY;
}

/* Both halves of "mss*20,7". */
static bool
window_fits(struct field seen, uint16_t window, struct field wanted)
{
	size_t seen_len = strcspn(seen.p, ","), len = strcspn(wanted.p, ",");
	struct field seen_scale = {seen.p + seen_len + 1, seen.len - seen_len - 1},
		     scale = {wanted.p + len + 1, wanted.len - len - 1};

	if (seen_len >= seen.len || len >= wanted.len || !open_or_same(scale, seen_scale))
		return false;
	seen.len = seen_len;
	wanted.len = len;
	if (is(wanted, "*"))
		return true;
	if (wanted.p[0] == '%') {
		unsigned long unit = strtoul(wanted.p + 1, NULL, 10);

		return unit && window % unit == 0;
	}
	return wanted.p[0] == 'm' ? same(wanted, seen) : number(wanted) == window;
}

/* "df,id+" has "df". */
static bool
has(struct field list, const char *quirk, size_t len)
{
	for (size_t at = 0; at + len <= list.len; at++)
		if ((at == 0 || list.p[at - 1] == ',') && memcmp(list.p + at, quirk, len) == 0 &&
			(at + len == list.len || list.p[at + len] == ','))
			return true;
	return false;
}

static bool
one_of(const char *quirk, size_t len, const char *a, const char *b)
{
	return (strlen(a) == len && memcmp(quirk, a, len) == 0) || (strlen(b) == len && memcmp(quirk, b, len) == 0);
}

/* On the way df and id+ get lost, and id- and ecn come. */
static enum p0f_fit
quirks_fit(struct field seen, struct field wanted)
{
	enum p0f_fit fit = P0F_FITS;
	size_t len;

	for (size_t at = 0; at < wanted.len; at += len + 1) {
		len = strcspn(wanted.p + at, ",:");
		if (has(seen, wanted.p + at, len) || one_of(wanted.p + at, len, "flow", "flow"))
			continue;
		if (!one_of(wanted.p + at, len, "df", "id+"))
			return P0F_NO;
		fit = P0F_FUZZY;
	}
	for (size_t at = 0; at < seen.len; at += len + 1) {
		len = strcspn(seen.p + at, ",:");
		if (has(wanted, seen.p + at, len))
			continue;
		if (!one_of(seen.p + at, len, "id-", "ecn"))
			return P0F_NO;
		fit = P0F_FUZZY;
	}
	return fit;
}

enum p0f_fit
p0f_fits(const char *seen, uint16_t window, const char *wanted)
{
	struct field a[FIELDS], b[FIELDS];
	enum p0f_fit ttl, quirks;

	if (!split(seen, a) || !split(wanted, b))
		return P0F_NO;
	if (!open_or_same(b[VERSION], a[VERSION]) || !same(b[OLEN], a[OLEN]) || !open_or_same(b[MSS], a[MSS]) ||
		!same(b[LAYOUT], a[LAYOUT]) || !open_or_same(b[CLASS], a[CLASS]))
		return P0F_NO;
	if (!window_fits(a[WINDOW], window, b[WINDOW]))
		return P0F_NO;
	ttl = ttl_fits(a[TTL], b[TTL]);
	quirks = quirks_fit(a[QUIRKS], b[QUIRKS]);
	return ttl < quirks ? ttl : quirks;
}

const struct p0f_entry *
p0f_db_find(const struct p0f_db *db, const char *seen, uint16_t window, bool response, enum p0f_fit *fit)
{
	const struct p0f_entry *generic = NULL, *fuzzy = NULL;

	*fit = P0F_FITS;
	for (size_t i = 0; i < db->n; i++) {
		const struct p0f_entry *e = &db->entries[i];
		enum p0f_fit f = e->response == response ? p0f_fits(seen, window, e->signature) : P0F_NO;

		if (f == P0F_FITS && !e->generic)
			return e;
		if (f == P0F_FITS && !generic)
			generic = e;
		if (f == P0F_FUZZY && !e->tool && !fuzzy)
			fuzzy = e;
	}
	if (generic)
		return generic;
	*fit = fuzzy ? P0F_FUZZY : P0F_NO;
	return fuzzy;
}
