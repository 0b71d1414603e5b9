/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The deck of increments for what an entry says of initial sequence numbers. Every candidate is checked by the
 * scanner's own formulas, over the five increments taken 0.1 s apart.
 */
#include "nmap_import.h"

#include <math.h>
#include <string.h>

#define INTERVAL 0.1
#define SMALL 24 /* decks of small multiples are tried one by one up to this */

struct wish {
	const char *gcd, *isr, *sp; /* expressions, NULL: any */
};

static uint32_t
gcd2(uint32_t a, uint32_t b)
{
	while (b != 0) {
		uint32_t rest = a % b;

		a = b;
		b = rest;
	}
	return a;
}

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

	for (unsigned int i = 0; i < 5; i++) {
		gcd = gcd2(gcd, deck[i]);
		mean += deck[i] / INTERVAL / 5;
	}
	if (gcd == 0)
		return false;
	unit = gcd > 9 ? gcd : 1;
	for (unsigned int i = 0; i < 5; i++)
		square += (deck[i] / INTERVAL - mean) / unit * ((deck[i] / INTERVAL - mean) / unit);
	sd = sqrt(square / 4);
	return (w->gcd == NULL || fits(w->gcd, gcd)) && (w->isr == NULL || fits(w->isr, level(mean))) &&
	       (w->sp == NULL || fits(w->sp, sd <= 1 ? 0 : level(sd)));
}

#define LEVELS 280 /* of SP and ISR: no 32-bit number has more */

/* The levels that fit an expression, from the middle of each of its ranges outwards. */
static unsigned int
levels(const char *expression, uint32_t out[LEVELS])
{
	unsigned int n = 0;
	uint32_t low, high;

	for (unsigned int i = 0; i < alternatives(expression); i++) {
		if (!pick_range(expression, i, &low, &high))
			continue;
		high = high < LEVELS ? high : LEVELS - 1;
		for (uint32_t step = 0; low <= high && step <= high - low && n < LEVELS; step++) {
			uint32_t middle = low + (high - low) / 2, away = (step + 1) / 2;

			out[n++] = step % 2 ? middle + away : middle - away;
		}
	}
	return n;
}

static int
by_formula(const struct wish *w, uint32_t gcd, uint32_t deck[5])
{
	uint32_t isr[LEVELS], sp[LEVELS];
	unsigned int n_isr = levels(w->isr ? w->isr : "100", isr), n_sp = levels(w->sp ? w->sp : "F0", sp);

	for (unsigned int i = 0; i < n_isr; i++)
		for (unsigned int s = 0; s < n_sp; s++)
			if (deck_compute(gcd, isr[i], sp[s], deck) == 0 && shows(w, deck))
				return 0;
	return -1;
}

/* Five small multiples of the divisor, smallest sums first. */
static int
by_trial(const struct wish *w, uint32_t gcd, uint32_t deck[5])
{
	uint32_t k[5];

	if (gcd > INT32_MAX / SMALL)
		return -1;
	for (k[4] = 1; k[4] <= SMALL; k[4]++)
		for (k[3] = 0; k[3] <= k[4]; k[3]++)
			for (k[2] = 0; k[2] <= k[3]; k[2]++)
				for (k[1] = 0; k[1] <= k[2]; k[1]++)
					for (k[0] = 0; k[0] <= k[1]; k[0]++) {
						for (unsigned int i = 0; i < 5; i++)
							deck[i] = k[i] * gcd;
						if (shows(w, deck))
							return 0;
					}
	return -1;
}

/* Rates rise and fall in turn: no run of the deck looks like a trend. */
static void
shuffle(uint32_t deck[5])
{
	const uint32_t was[5] = {deck[0], deck[1], deck[2], deck[3], deck[4]};
	static const unsigned int order[5] = {0, 3, 1, 4, 2};

	for (unsigned int i = 0; i < 5; i++)
		deck[i] = was[order[i]];
}

static int
with_divisor(const struct wish *w, uint32_t gcd, uint32_t deck[5])
{
	if (gcd == 0)
		return -1;
	if (by_formula(w, gcd, deck) == 0)
		return 0;
	if (by_trial(w, gcd, deck) != 0)
		return -1;
	shuffle(deck);
	return 0;
}

int
isn_deck(const char *gcd, const char *isr, const char *sp, uint32_t deck[5])
{
	const struct wish w = {gcd, isr, sp};
	uint32_t low, high;

	for (unsigned int i = 0; i < alternatives(gcd ? gcd : "1"); i++) {
		if (!pick_range(gcd ? gcd : "1", i, &low, &high))
			continue;
		if (high - low > 16)
			high = low + 16;
		for (uint32_t g = low; g <= high; g++)
			if (with_divisor(&w, g, deck) == 0)
				return 0;
	}
	return -1;
}
