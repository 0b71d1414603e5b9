/* SPDX-License-Identifier: BSD-3-Clause */
/* Values against expressions, prints against entries. */
#include "nmap_match.h"

#include <stdlib.h>
#include <string.h>

/* A piece of an expression. */
struct span {
	const char *p;
	size_t len;
};

static int
hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* All of it is one hexadecimal number. */
static bool
read_hex(struct span s, uint64_t *out)
{
	*out = 0;
	for (size_t i = 0; i < s.len; i++) {
		int digit = hex_digit(s.p[i]);

		if (digit < 0 || *out >> 60)
			return false;
		*out = *out << 4 | (unsigned)digit;
	}
	return s.len > 0;
}

static struct span
until(struct span s, char c)
{
	const char *at = memchr(s.p, c, s.len);

	return (struct span){s.p, at ? (size_t)(at - s.p) : s.len};
}

static struct span
behind(struct span s, size_t n)
{
	return n > s.len ? (struct span){s.p + s.len, 0} : (struct span){s.p + n, s.len - n};
}

static bool
within(struct span range, uint64_t v, bool *is_range)
{
	struct span low = until(range, '-');
	uint64_t a, b;

	*is_range = low.len < range.len && read_hex(low, &a) && read_hex(behind(range, low.len + 1), &b);
	return *is_range && a <= v && v <= b;
}

static bool
beyond(struct span s, uint64_t v, bool *is_limit)
{
	uint64_t n;

	*is_limit = s.len > 1 && (s.p[0] == '<' || s.p[0] == '>') && read_hex(behind(s, 1), &n);
	return *is_limit && (s.p[0] == '<' ? v < n : v > n);
}

static bool
same(struct span a, struct span b)
{
	return a.len == b.len && memcmp(a.p, b.p, a.len) == 0;
}

/*
 * 7.94 and before: an alternative that is not the last fits whatever begins with it; a range further on hides single
 * numbers before it; nothing counts as the number 0.
 */
static bool
fits_old(struct span value, struct span expression)
{
	uint64_t v = 0;
	bool number = value.len == 0 || read_hex(value, &v), is;

	for (;;) {
		struct span alt = until(expression, '|');
		bool last = alt.len == expression.len;

		if (number && alt.len && (alt.p[0] == '<' || alt.p[0] == '>')) {
			if (beyond(alt, v, &is))
				return true;
		} else if (number && memchr(expression.p, '-', expression.len)) {
			if (within(alt, v, &is))
				return true;
		} else if (last ? same(alt, value) : alt.len <= value.len && memcmp(alt.p, value.p, alt.len) == 0) {
			return true;
		}
		if (last)
			return false;
		expression = behind(expression, alt.len + 1);
	}
}

static bool fits_new(struct span value, struct span expression);

/* "M[500-5B4]NW[6|7]": text, and expressions in brackets that take the hexadecimal digits which stand there. */
static bool
fits_nested(struct span value, struct span alt)
{
	while (alt.len) {
		struct span text = until(alt, '['), inner, digits = {value.p, 0};

		if (text.len > value.len || memcmp(text.p, value.p, text.len) != 0)
			return false;
		value = behind(value, text.len);
		alt = behind(alt, text.len);
		if (!alt.len)
			break;
		inner = until(behind(alt, 1), ']');
		alt = behind(alt, inner.len + 2);
		digits.p = value.p;
		while (digits.len < value.len && hex_digit(value.p[digits.len]) >= 0)
			digits.len++;
		if (!digits.len || !fits_new(digits, inner))
			return false;
		value = behind(value, digits.len);
	}
	return value.len == 0;
}

static bool
fits_alternative(struct span value, struct span alt)
{
	uint64_t v, n;
	bool is, fits;

	if (alt.len && value.len && memchr(alt.p, '[', alt.len))
		return fits_nested(value, alt);
	if (!read_hex(value, &v))
		return same(value, alt);
	fits = beyond(alt, v, &is);
	if (is)
		return fits;
	fits = within(alt, v, &is);
	if (is)
		return fits;
	return read_hex(alt, &n) ? n == v : same(value, alt);
}

/* The next alternative; '|' in brackets does not end it. */
static struct span
alternative(struct span s)
{
	unsigned depth = 0;

	for (size_t i = 0; i < s.len; i++) {
		if (s.p[i] == '[')
			depth++;
		else if (s.p[i] == ']' && depth)
			depth--;
		else if (s.p[i] == '|' && !depth)
			return (struct span){s.p, i};
	}
	return s;
}

static bool
fits_new(struct span value, struct span expression)
{
	for (;;) {
		struct span alt = alternative(expression);

		if (fits_alternative(value, alt))
			return true;
		if (alt.len == expression.len)
			return false;
		expression = behind(expression, alt.len + 1);
	}
}

bool
nmap_expression_fits(const char *value, const char *expression, size_t len, enum nmap_release release)
{
	struct span v = {value, strlen(value)}, e = {expression, len};

	return release == NMAP_7_94 ? fits_old(v, e) : fits_new(v, e);
}

struct nmap_score
nmap_db_score(const struct nmap_db *db, size_t entry, const struct nmap_print *p, nmap_miss_fn miss, void *ctx)
{
	const struct nmap_entry *e = &db->entries[entry];
	struct nmap_score score = {0};

	for (uint32_t i = e->first; i < e->first + e->n; i++) {
		const struct nmap_stated *s = &db->stated[db->refs[i]];
		const char *value = nmap_print_get(p, s->line, s->name);

		if (!value || s->points == 0)
			continue;
		score.of += s->points;
		if (nmap_expression_fits(value, s->expression, s->len, db->release))
			score.points += s->points;
		else if (miss)
			miss(ctx, s, value);
	}
	return score;
}

/* Puts g where it belongs among n guesses of at most max; the new n. */
static size_t
insert(struct nmap_guess *best, size_t n, size_t max, const struct nmap_guess *g)
{
	size_t at = n;

	while (at && best[at - 1].accuracy < g->accuracy)
		at--;
	if (at == max)
		return n;
	if (n < max)
		n++;
	memmove(&best[at + 1], &best[at], (n - at - 1) * sizeof(*best));
	best[at] = *g;
	return n;
}

enum { SKIPPED, MISSED, FITTED };

/* Each expression against the print's value, once. */
static void
judge(struct nmap_db *db, const struct nmap_print *p)
{
	for (size_t i = 0; i < db->n_stated; i++) {
		const struct nmap_stated *s = &db->stated[i];
		const char *value = s->points ? nmap_print_get(p, s->line, s->name) : NULL;

		if (!value)
			db->fits[i] = SKIPPED;
		else
			db->fits[i] = nmap_expression_fits(value, s->expression, s->len, db->release) ? FITTED : MISSED;
	}
}

static struct nmap_score
add_up(const struct nmap_db *db, const struct nmap_entry *e)
{
	struct nmap_score score = {0};

	for (uint32_t i = e->first; i < e->first + e->n; i++) {
		uint32_t ref = db->refs[i];

		score.of += db->fits[ref] ? db->stated[ref].points : 0;
		score.points += db->fits[ref] == FITTED ? db->stated[ref].points : 0;
	}
	return score;
}

size_t
nmap_db_guess(struct nmap_db *db, const struct nmap_print *p, struct nmap_guess *best, size_t max, size_t *perfect)
{
	size_t n = 0;

	*perfect = 0;
	judge(db, p);
	for (size_t i = 0; i < db->n_entries; i++) {
		struct nmap_guess g = {.entry = i, .score = add_up(db, &db->entries[i])};

		if (g.score.of == 0)
			continue;
		g.accuracy = (double)g.score.points / g.score.of;
		*perfect += g.score.points == g.score.of;
		n = insert(best, n, max, &g);
	}
	return n;
}
