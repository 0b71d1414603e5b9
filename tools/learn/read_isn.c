/* SPDX-License-Identifier: BSD-3-Clause */
/* What makes initial sequence numbers: a constant, a step, a clock, a deck of increments, or nothing one can see. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "read.h"

#define LEAST 12 /* numbers, for more than nmap sees */
#define SECOND 1e9
#define CARDS 5
#define INTERVAL 0.1 /* s, between the SYNs of a scan by nmap */

struct numbers {
	unsigned n;
	uint32_t isn[SAMPLES], step[SAMPLES];
	uint64_t at[SAMPLES];
};

/* Of one peer, in the order it asked. */
static void
collect(const struct reading *r, struct numbers *out)
{
	static struct syn_sample s[SAMPLES];
	unsigned n = syn_samples(r, true, s);

	out->n = 0;
	for (unsigned i = 0; i < n; i++) {
		uint32_t up;

		if (s[i].syn->src != s[0].syn->src)
			continue;
		out->isn[out->n] = s[i].synack->seq;
		out->at[out->n] = s[i].at;
		up = out->n ? out->isn[out->n] - out->isn[out->n - 1] : 0;
		out->step[out->n++] = up <= 0u - up ? up : 0u - up;
	}
}

/* The step of most (what answers no SYN may step too), 0 for a constant; false: there is none. */
static bool
one_step(const struct numbers *s, uint32_t *step)
{
	unsigned hits = 0;

	*step = s->step[s->n / 2];
	for (unsigned i = 1; i < s->n; i++)
		hits += s->step[i] == *step;
	return 10 * hits >= 8 * (s->n - 1);
}

/* Ticks a second, where every step is in proportion to the time that it took; 0: none. */
static double
clock_rate(const struct numbers *s)
{
	double span = (double)(s->at[s->n - 1] - s->at[0]) / SECOND, sum = 0, rate;

	for (unsigned i = 1; i < s->n; i++)
		sum += (uint32_t)(s->isn[i] - s->isn[i - 1]);
	rate = span > 0 ? sum / span : 0;
	for (unsigned i = 1; i < s->n && rate > 0; i++) {
		double due = rate * (double)(s->at[i] - s->at[i - 1]) / SECOND;

		if (fabs((uint32_t)(s->isn[i] - s->isn[i - 1]) - due) > due / 20 + rate / 500)
			return 0;
	}
	return rate < 4e8 ? rate : 0;
}

/*
 * Where the steps return in fives for longest; 0: they do not. A SYN that was not answered, or by something else, takes
 * a card too.
 */
static unsigned
find_deck(const struct numbers *s)
{
	unsigned best = 0, longest = 0, run = 0;

	for (unsigned i = CARDS + 1; i < s->n; i++) {
		run = s->step[i] == s->step[i - CARDS] ? run + 1 : 0;
		if (run > longest) {
			longest = run;
			best = i - CARDS + 1;
		}
	}
	return longest > CARDS ? best : 0;
}

/* Where it begins is its secret: of all beginnings the one that is smallest. */
static unsigned
canonical(const uint32_t *deck)
{
	unsigned best = 0;

	for (unsigned i = 1; i < CARDS; i++)
		for (unsigned k = 0; k < CARDS; k++) {
			uint32_t a = deck[(i + k) % CARDS], b = deck[(best + k) % CARDS];

			if (a != b) {
				best = a < b ? i : best;
				break;
			}
		}
	return best;
}

/* Five SYNs a tenth of a second apart, one after the other: the deck as it is. */
static unsigned
plain_run(const struct numbers *s)
{
	unsigned run = 0;

	for (unsigned i = 1; i < s->n; i++) {
		double gap = (double)(s->at[i] - s->at[i - 1]) / SECOND;

		run = gap > 0.095 && gap < 0.11 ? run + 1 : 0;
		if (run == CARDS)
			return i - CARDS + 1;
	}
	return 0;
}

/* Steps that grow with the time they took: all of them, had they come as fast as nmap's, near those that did. */
static bool
is_timed(const struct numbers *s, const uint32_t *deck)
{
	uint32_t low = UINT32_MAX, high = 0;
	unsigned fast = 0, n = 0;

	for (unsigned i = 0; i < CARDS; i++) {
		low = deck[i] < low ? deck[i] : low;
		high = deck[i] > high ? deck[i] : high;
	}
	for (unsigned i = 1; i < s->n; i++) {
		double gap = (double)(s->at[i] - s->at[i - 1]) / SECOND, step = s->step[i] * INTERVAL / gap;

		if (gap < 0.04 || gap > 0.06)
			continue;
		n++;
		fast += step > low * 0.9 - 20 && step < high * 1.1 + 20;
	}
	return n > CARDS && 10 * fast >= 9 * n && high < 2 * low;
}

static void
write_deck(struct reading *r, const uint32_t *deck, bool timed)
{
	unsigned first = canonical(deck);

	findings_set(r->f, HOW_ISN, "tcp.isn.generator", "deck");
	findings_set(r->f, HOW_ISN, "tcp.isn.timed", "%s", timed ? "on" : "off");
	findings_set(r->f, HOW_ISN, "tcp.isn.deck", "[%u, %u, %u, %u, %u]", deck[first], deck[(first + 1) % CARDS],
		deck[(first + 2) % CARDS], deck[(first + 3) % CARDS], deck[(first + 4) % CARDS]);
}

/* Nothing one can see: the spread of many, as a deck that looks so in every window. */
static void
write_random(struct reading *r)
{
	const struct finding *deck = findings_get(r->f, "tcp.isn.deck");
	char value[120];

	if (!deck)
		return;
	snprintf(value, sizeof(value), "%s", deck->value);
	findings_set(r->f, HOW_ISN, "tcp.isn.deck", "%s", value);
	findings_seen(r->f, "random");
	findings_set(r->f, HOW_ISN, "tcp.isn.generator", "deck");
	findings_seen(r->f, "random");
}

void
read_isn(struct reading *r)
{
	static struct numbers s;
	const char *generator = findings_value(r->f, "tcp.isn.generator");
	uint32_t step;
	double rate;

	collect(r, &s);
	if (s.n < LEAST || (generator && strcmp(generator, "peer-ack") == 0))
		return;
	if (one_step(&s, &step)) {
		findings_drop(r->f, "tcp.isn.");
		findings_set(r->f, HOW_ISN, "tcp.isn.generator", step ? "step" : "constant");
		findings_set(r->f, HOW_ISN, "tcp.isn.value", "%u", step ? step : s.isn[0]);
	} else if ((rate = clock_rate(&s)) > 0) {
		findings_drop(r->f, "tcp.isn.");
		findings_set(r->f, HOW_ISN, "tcp.isn.generator", "clock");
		findings_set(r->f, HOW_ISN, "tcp.isn.value", "%.0f", rate);
		findings_seen(r->f, "clock %.0f", 4 * log2(rate));
	} else if (plain_run(&s) && is_timed(&s, s.step + plain_run(&s))) {
		findings_drop(r->f, "tcp.isn.");
		write_deck(r, s.step + plain_run(&s), true);
	} else if (find_deck(&s)) {
		findings_drop(r->f, "tcp.isn.");
		write_deck(r, s.step + find_deck(&s), false);
	} else {
		write_random(r);
	}
}

bool
isn_spread(const struct reading *r, struct nmap_isn *out)
{
	static struct numbers s;
	double mean = 0, squares = 0;
	uint32_t step;

	collect(r, &s);
	if (s.n < LEAST || one_step(&s, &step) || find_deck(&s) || clock_rate(&s) > 0)
		return false;
	for (unsigned i = 1; i < s.n; i++)
		mean += s.step[i] / INTERVAL / (s.n - 1);
	for (unsigned i = 1; i < s.n; i++)
		squares += (s.step[i] / INTERVAL - mean) * (s.step[i] / INTERVAL - mean);
	squares = sqrt(squares / (s.n - 2));
	*out = (struct nmap_isn){.gcd = 1, .isr = (uint32_t)(8 * log2(mean) + 0.5), .sp = (uint32_t)(8 * log2(squares) + 0.5)};
	return mean > 1 && squares > 1;
}
