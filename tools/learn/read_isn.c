/* SPDX-License-Identifier: BSD-3-Clause */
/* What makes initial sequence numbers: a constant, a step, a clock, a deck of increments, or nothing one can see. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "read.h"

#define LEAST 12 /* numbers, for more than nmap sees */
#define SECOND 1e9
#define CARDS 5

struct numbers {
	unsigned n;
	uint32_t isn[SAMPLES], step[SAMPLES];
	uint64_t at[SAMPLES];
};

/* Of one peer, in the order it asked. */
static void
collect(struct reading *r, struct numbers *out)
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

static bool
all_steps(const struct numbers *s, uint32_t step)
{
	for (unsigned i = 1; i < s->n; i++)
		if (s->step[i] != step)
			return false;
	return true;
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

static bool
is_deck(const struct numbers *s)
{
	for (unsigned i = CARDS + 1; i < s->n; i++)
		if (s->step[i] != s->step[i - CARDS])
			return false;
	return s->n > 2 * CARDS + 1;
}

static void
write_deck(struct reading *r, const struct numbers *s)
{
	unsigned least = 1;

	for (unsigned i = 2; i <= CARDS; i++)
		if (s->step[i] < s->step[least])
			least = i;
	findings_set(r->f, HOW_ISN, "tcp.isn.generator", "deck");
	findings_set(r->f, HOW_ISN, "tcp.isn.timed", "off");
	/* Where it begins is its secret: here with the smallest. */
	findings_set(r->f, HOW_ISN, "tcp.isn.deck", "[%u, %u, %u, %u, %u]", s->step[least], s->step[least + 1],
		s->step[least + 2], s->step[least + 3], s->step[least + 4]);
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
	double rate;

	collect(r, &s);
	if (s.n < LEAST || (findings_value(r->f, "tcp.isn.generator") &&
				   strcmp(findings_value(r->f, "tcp.isn.generator"), "peer-ack") == 0))
		return;
	if (all_steps(&s, s.step[1])) {
		findings_drop(r->f, "tcp.isn.");
		findings_set(r->f, HOW_ISN, "tcp.isn.generator", s.step[1] ? "step" : "constant");
		findings_set(r->f, HOW_ISN, "tcp.isn.value", "%u", s.step[1] ? s.isn[1] - s.isn[0] : s.isn[0]);
	} else if (is_deck(&s)) {
		findings_drop(r->f, "tcp.isn.");
		write_deck(r, &s);
	} else if ((rate = clock_rate(&s)) > 0) {
		findings_drop(r->f, "tcp.isn.");
		findings_set(r->f, HOW_ISN, "tcp.isn.generator", "clock");
		findings_set(r->f, HOW_ISN, "tcp.isn.value", "%.0f", rate);
		findings_seen(r->f, "clock %.0f", 4 * log2(rate));
	} else {
		write_random(r);
	}
}
