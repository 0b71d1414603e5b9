/* SPDX-License-Identifier: BSD-3-Clause */
/* The SEQ line: sequence numbers, IP identifications, timestamp clocks. */
#include <math.h>

#include "nmap_print.h"

static uint32_t
common_divisor(uint32_t a, uint32_t b)
{
	while (b) {
		uint32_t r = a % b;

		a = b;
		b = r;
	}
	return a;
}

/* The shorter way round. */
static uint32_t
distance(uint32_t a, uint32_t b)
{
	uint32_t d = b - a;

	return d <= 0u - d ? d : 0u - d;
}

static double
seconds_between(const struct nmap_samples *s, unsigned i)
{
	double us = (double)((s->at[i + 1] - s->at[i]) / 1000);

	return (us < 1 ? 1 : us) / 1e6;
}

/* A sequence number of zero is to nmap an answer that did not come. */
static struct nmap_samples
counted(const struct nmap_samples *all)
{
	struct nmap_samples s = {0};

	for (unsigned i = 0; i < all->n; i++) {
		if (all->isn[i] == 0)
			continue;
		s.at[s.n] = all->at[i];
		s.isn[s.n] = all->isn[i];
		s.tsval[s.n++] = all->tsval[i];
	}
	return s;
}

bool
nmap_isn_measure(const struct nmap_samples *all, struct nmap_isn *out)
{
	const struct nmap_samples nonzero = counted(all), *s = &nonzero;
	double rate[NMAP_SAMPLES - 1], mean = 0, squares = 0, unit;
	unsigned gaps = s->n ? s->n - 1 : 0;

	*out = (struct nmap_isn){0};
	if (s->n < 4)
		return false;
	for (unsigned i = 0; i < gaps; i++) {
		uint32_t step = distance(s->isn[i], s->isn[i + 1]);

		out->gcd = common_divisor(step, out->gcd);
		rate[i] = step / seconds_between(s, i);
		mean += rate[i] / gaps;
	}
	if (out->gcd == 0)
		return true;
	/* 8 log2 of the rate, and of its deviation in units of a divisor that is a step of the host's own. */
	out->isr = (uint32_t)(8 * log2(mean) + 0.5);
	unit = out->gcd > 9 ? out->gcd : 1;
	for (unsigned i = 0; i < gaps; i++)
		squares += (rate[i] - mean) / unit * ((rate[i] - mean) / unit);
	squares = sqrt(squares / (gaps - 1));
	out->sp = squares <= 1 ? 0 : (uint32_t)(8 * log2(squares) + 0.5);
	return true;
}

struct steps {
	bool zero, same, jumps, swapped, even, small;
};

static struct steps
steps_of(const uint16_t *ids, unsigned n)
{
	struct steps s = {.zero = ids[0] == 0, .same = true, .swapped = true, .even = true, .small = true};

	for (unsigned i = 1; i < n; i++) {
		uint16_t step = (uint16_t)(ids[i] - ids[i - 1]);

		s.zero &= ids[i] == 0;
		s.same &= step == 0;
		s.jumps |= step > 1000 && (step % 256 != 0 || step >= 25600);
		s.swapped &= step % 256 == 0 && step <= 5120;
		s.even &= step % 2 == 0;
		s.small &= step < 10;
	}
	return s;
}

enum nmap_ids
nmap_ids_class(const uint16_t *ids, unsigned n)
{
	struct steps s;

	if (n < 2)
		return NMAP_IDS_UNKNOWN;
	/* With three samples a fall counts as a great rise: the difference is taken in 32 bits. */
	for (unsigned i = 1; n > 2 && i < n; i++)
		if ((uint32_t)ids[i] - ids[i - 1] > 20000)
			return NMAP_IDS_RANDOM;
	s = steps_of(ids, n);
	if (s.zero)
		return NMAP_IDS_ZERO;
	if (s.same)
		return NMAP_IDS_CONSTANT;
	if (s.jumps)
		return NMAP_IDS_JUMPS;
	if (s.swapped)
		return NMAP_IDS_SWAPPED;
	if (s.even)
		return NMAP_IDS_BY_TWO;
	return s.small ? NMAP_IDS_BY_ONE : NMAP_IDS_UNKNOWN;
}

static enum nmap_ids
add_ids(struct nmap_line *l, const char *name, const uint16_t *ids, unsigned n, unsigned least)
{
	static const char *const words[] = {
		[NMAP_IDS_RANDOM] = "RD",
		[NMAP_IDS_ZERO] = "Z",
		[NMAP_IDS_JUMPS] = "RI",
		[NMAP_IDS_SWAPPED] = "BI",
		[NMAP_IDS_BY_TWO] = "I",
		[NMAP_IDS_BY_ONE] = "I",
	};
	enum nmap_ids class = n < least ? NMAP_IDS_UNKNOWN : nmap_ids_class(ids, n);

	if (class == NMAP_IDS_CONSTANT)
		nmap_attr_add(l, name, "%X", ids[0]);
	else if (class != NMAP_IDS_UNKNOWN)
		nmap_attr_add(l, name, "%s", words[class]);
	return class;
}

static bool
grows(enum nmap_ids class)
{
	return class == NMAP_IDS_BY_ONE || class == NMAP_IDS_SWAPPED || class == NMAP_IDS_JUMPS;
}

void
nmap_ids_add(struct nmap_line *l, const struct nmap_id_samples *s)
{
	enum nmap_ids tcp = add_ids(l, "TI", s->tcp, s->tcp_n, 3), icmp;

	add_ids(l, "CI", s->closed, s->closed_n, 2);
	icmp = add_ids(l, "II", s->icmp, s->icmp_n, 2);
	if (grows(tcp) && grows(icmp)) {
		uint32_t first = s->tcp[0], last = s->tcp[s->tcp_n - 1], mean = (last - first) / (s->tcp_n - 1);

		nmap_attr_add(l, "SS", "%s", s->icmp[0] < last + 3 * mean ? "S" : "O");
	}
}

void
nmap_ts_add(struct nmap_line *l, const struct nmap_samples *s)
{
	const struct nmap_samples nonzero = counted(s);
	bool zero = false;
	double hz = 0;

	for (unsigned i = 0; i < s->n; i++) {
		if (!s->has_ts[i]) {
			nmap_attr_add(l, "TS", "U");
			return;
		}
		zero |= s->tsval[i] == 0;
	}
	if (zero) {
		nmap_attr_add(l, "TS", "0");
		return;
	}
	s = &nonzero;
	for (unsigned i = 0; i + 1 < s->n; i++)
		hz += (double)distance(s->tsval[i], s->tsval[i + 1]) / seconds_between(s, i) / (s->n - 1);
	if (hz <= 0)
		return;
	if (hz <= 5.66)
		nmap_attr_add(l, "TS", "1");
	else if (hz > 70 && hz <= 150)
		nmap_attr_add(l, "TS", "7");
	else if (hz > 150 && hz <= 350)
		nmap_attr_add(l, "TS", "8");
	else
		nmap_attr_add(l, "TS", "%X", (unsigned)(0.5 + log2(hz)));
}
