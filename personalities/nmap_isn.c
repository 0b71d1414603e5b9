/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The deck of increments for what an entry says of initial sequence numbers. Every candidate is checked by the
 * scanner's own formulas, over the five increments taken 0.1 s apart.
 */
#include "nmap_import.h"

#include <math.h>
#include <string.h>

#define INTERVAL 0.1
#define NARROW 53 /* levels: 8 log2(100) */
#define SMALL 24 /* decks of small multiples are tried one by one up to this */

struct wish {
	const char *gcd, *isr, *sp; /* expressions, NULL: any */
	unsigned int cards;	    /* increments that a scanner sees: one less than the answers it gets */
};

static uint32_t
level(double rate)
{
	return rate <= 0 ? 0 : (uint32_t)(8 * log2(rate) + 0.5);
}

/* What a scanner would print of these increments; how far SP and ISR are from the middle of what is wanted. */
static bool
shows(const struct wish *w, const uint32_t deck[5])
{
	double mean = 0, square = 0, sd, unit;
	uint32_t gcd = 0;

	for (unsigned int i = 0; i < w->cards; i++) {
		gcd = gcd2(gcd, deck[i]);
		mean += deck[i] / INTERVAL / w->cards;
	}
	if (gcd == 0)
		return false;
	unit = gcd > 9 ? gcd : 1;
	for (unsigned int i = 0; i < w->cards; i++)
		square += (deck[i] / INTERVAL - mean) / unit * ((deck[i] / INTERVAL - mean) / unit);
	sd = sqrt(square / (w->cards - 1));
	return (w->gcd == NULL || fits(w->gcd, gcd)) && (w->isr == NULL || fits(w->isr, level(mean))) &&
	       (w->sp == NULL || fits(w->sp, sd <= 1 ? 0 : level(sd)));
}

#define LEVELS 280 /* of SP and ISR: no 32-bit number has more */

/* The levels that fit an expression, from a place (the range divided by this) in each of its ranges outwards. */
static unsigned int
levels(const char *expression, uint32_t place, uint32_t out[LEVELS])
{
	unsigned int n = 0;
	uint32_t low, high;

	for (unsigned int i = 0; i < alternatives(expression); i++) {
		if (!pick_range(expression, i, &low, &high))
			continue;
		high = high < LEVELS ? high : LEVELS - 1;
		for (uint32_t step = 0; low <= high && step <= 2 * (high - low) && n < LEVELS; step++) {
			uint32_t from = low + (high - low) / place, away = (step + 1) / 2;

			if (step % 2 ? from + away <= high : low + away <= from)
				out[n++] = step % 2 ? from + away : from - away;
		}
	}
	return n;
}

/*
 * Few cards with that rate and spread: evenly spread, or one high and the others low; the first one takes what makes
 * their divisor right.
 */
static int
by_few(const struct wish *w, uint32_t gcd, double isr, double sp, uint32_t deck[5])
{
	double mean = exp2(isr / 8) * INTERVAL / gcd, sd = exp2(sp / 8) * INTERVAL * (gcd > 9 ? gcd : 1) / gcd;
	unsigned int n = w->cards;
	double even = sd * sqrt((n - 1) / (n % 2 ? n - 1.0 : n)), low = sd / sqrt(n);

	for (unsigned int form = 0; form < 2; form++) {
		for (unsigned int nudge = 0; nudge < 8; nudge++) {
			bool good = true;

			for (unsigned int i = 0; i < n; i++) {
				double off = form == 0 ? (n % 2 && i == n - 1 ? 0 : i % 2 ? even : -even)
					     : i == 1  ? low * (n - 1)
						       : -low;
				double k = round(mean + off) + (i == 0 ? nudge : 0);

				good = good && k >= 0 && k * gcd <= INT32_MAX;
				deck[i] = good ? (uint32_t)k * gcd : 0;
			}
			if (good && shows(w, deck))
				return 0;
		}
	}
	return -1;
}

/* A spread below a hundredth of the rate: the scanner's unevenness comes on top of it, so it begins low. */
static bool
narrow(const struct wish *w)
{
	uint32_t low, high, rate, top;

	return w->isr && w->sp && pick_range(w->isr, 0, &rate, &top) && pick_range(w->sp, 0, &low, &high) &&
	       rate > high + NARROW;
}

static int
by_formula(const struct wish *w, uint32_t gcd, uint32_t deck[5])
{
	uint32_t isr[LEVELS], sp[LEVELS];
	unsigned int n_isr = levels(w->isr ? w->isr : "100", 2, isr);
	unsigned int n_sp = levels(w->sp ? w->sp : "F0", narrow(w) ? 5 : 2, sp);

	for (unsigned int i = 0; i < n_isr; i++)
		for (unsigned int s = 0; s < n_sp; s++) {
			if (w->cards == 5 && deck_compute(gcd, isr[i], sp[s], deck) == 0 && shows(w, deck))
				return 0;
			if (w->cards < 5 && by_few(w, gcd, isr[i], sp[s], deck) == 0)
				return 0;
		}
	return -1;
}

/* Small multiples of the divisor, the smallest first. */
static int
by_trial(const struct wish *w, uint32_t gcd, uint32_t deck[5])
{
	uint32_t k[5] = {0}, most = INT32_MAX / gcd < SMALL ? INT32_MAX / gcd : SMALL;
	unsigned int i;

	for (;;) {
		/* The next in order: k[0] <= k[1] <= ..., counted up like digits. */
		for (i = 0; i < w->cards && k[i] == (i + 1 < w->cards ? k[i + 1] : most); i++)
			k[i] = 0;
		if (i == w->cards)
			return -1;
		k[i]++;
		for (i = 0; i < w->cards; i++)
			deck[i] = k[i] * gcd;
		if (shows(w, deck))
			return 0;
	}
}

/* Rates rise and fall in turn: no run of the deck looks like a trend. */
static void
shuffle(uint32_t deck[5], unsigned int cards)
{
	static const unsigned int order[5] = {0, 3, 1, 4, 2};
	uint32_t was[5];

	if (cards != 5)
		return;
	memcpy(was, deck, sizeof(was));
	for (unsigned int i = 0; i < 5; i++)
		deck[i] = was[order[i]];
}

static int
with_divisor(const struct wish *w, uint32_t gcd, bool try_all, uint32_t deck[5])
{
	if (gcd == 0)
		return -1;
	if (!try_all)
		return by_formula(w, gcd, deck);
	if (by_trial(w, gcd, deck) != 0)
		return -1;
	shuffle(deck, w->cards);
	return 0;
}

/*
 * Divisors above 9 first: what is counted in them does not depend on the scanner's own time. The last is the largest:
 * in it a narrow spread is the most that it can be.
 */
static int
with_some_divisor(const struct wish *w, bool try_all, uint32_t deck[5])
{
	const char *gcd = w->gcd ? w->gcd : "1";
	uint32_t low, high;

	for (unsigned int i = 0, n = alternatives(gcd); i < 2 * n; i++) {
		if (!pick_range(gcd, narrow(w) ? n - 1 - i % n : i % n, &low, &high) || (low > 9) != (i < n))
			continue;
		if (high - low > 16)
			high = low + 16;
		for (uint32_t g = low; g <= high; g++)
			if (with_divisor(w, g, try_all, deck) == 0)
				return 0;
	}
	return -1;
}

int
isn_deck(const char *gcd, const char *isr, const char *sp, unsigned int cards, uint32_t deck[5])
{
	const struct wish w = {gcd, isr, sp, cards};

	return with_some_divisor(&w, false, deck) == 0 ? 0 : with_some_divisor(&w, true, deck);
}
