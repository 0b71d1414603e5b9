/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Increments of an ISN deck from what a scanner computes of six ISNs taken every 0.1 s: the
 * greatest common divisor of the differences, ISR = 8 log2(mean rate), SP = 8 log2(standard
 * deviation of the rate). Any five consecutive increments are the deck itself, so the three are the
 * same in every window.
 */
#include "profile_int.h"

#include <math.h>

#define INTERVAL 0.1 /* seconds between two ISNs */

uint32_t
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
gcd5(const uint32_t k[5])
{
	uint32_t g = k[0];

	for (unsigned int i = 1; i < 5; i++)
		g = gcd2(g, k[i]);
	return g;
}

/* Rates with that mean and (n - 1) standard deviation: evenly spread, or four low and one high. */
static int
spread(double mean, double sd, double rate[5])
{
	static const double even[5] = {-1.26491106, 0.63245553, 0, -0.63245553, 1.26491106};
	double low = sd / sqrt(5);

	for (unsigned int i = 0; i < 5; i++)
		rate[i] = mean + even[i] * sd;
	if (rate[0] > 0)
		return 0;
	for (unsigned int i = 0; i < 5; i++)
		rate[i] = i == 1 ? mean + 4 * low : mean - low;
	return rate[0] > 0 ? 0 : -1;
}

int
deck_compute(uint32_t gcd, uint32_t isr, uint32_t sp, uint32_t deck[5])
{
	double rate[5], sd = sp == 0 ? 0 : exp2(sp / 8.0) * (gcd > 9 ? gcd : 1);

	if (gcd == 0 || isr > 280 || sp > 280 || spread(exp2(isr / 8.0), sd, rate) != 0)
		return -1;
	for (unsigned int i = 0; i < 5; i++) {
		double k = round(rate[i] * INTERVAL / gcd);

		if (k < 1 || k * gcd > INT32_MAX)
			return -1;
		deck[i] = (uint32_t)k;
	}
	while (gcd5(deck) != 1)
		deck[2]++;
	for (unsigned int i = 0; i < 5; i++)
		deck[i] *= gcd;
	return deck[2] <= INT32_MAX ? 0 : -1;
}
