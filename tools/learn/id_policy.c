/* SPDX-License-Identifier: BSD-3-Clause */
#include "id_policy.h"

#include <stddef.h>

#define NEAR 200      /* as far as a counter gets between two packets to us */
#define LARGE 1000    /* steps that are large on purpose */
#define LARGEST 20000 /* and not simply random */
#define SMALL 64
#define SOON 500000000u /* ns: a counter of others' packets too is not far on by then */

static uint16_t
swap(uint16_t v)
{
	return (uint16_t)(v << 8 | v >> 8);
}

/* From one to the next, in one byte order or the other. */
struct steps {
	unsigned n;
	uint16_t step[600];
};

static void
take_steps(const struct id_sample *s, unsigned n, bool swapped, struct steps *out)
{
	out->n = 0;
	for (unsigned i = 1; i < n && out->n < 600; i++)
		if (s[i].at - s[i - 1].at <= SOON)
			out->step[out->n++] = swapped ? (uint16_t)(swap(s[i].id) - swap(s[i - 1].id)) : (uint16_t)(s[i].id - s[i - 1].id);
}

/* The step that most have, among small ones. */
static uint16_t
usual_step(const struct steps *s, unsigned *hits)
{
	unsigned count[SMALL] = {0}, best = 0;

	for (unsigned i = 0; i < s->n; i++)
		if (s->step[i] < SMALL)
			count[s->step[i]]++;
	for (unsigned d = 1; d < SMALL; d++)
		if (count[d] > count[best] || best == 0)
			best = d;
	*hits = count[best];
	return (uint16_t)best;
}

static bool
all_within(const struct steps *s, uint16_t least, uint16_t most)
{
	for (unsigned i = 0; i < s->n; i++)
		if (s->step[i] < least || s->step[i] > most)
			return false;
	return s->n > 0;
}

static bool
counts_by(const struct steps *s, uint16_t *step)
{
	unsigned hits;

	*step = usual_step(s, &hits);
	return s->n && (2 * hits >= s->n || all_within(s, 1, NEAR));
}

struct id_policy
id_policy_find(const struct id_sample *s, unsigned n)
{
	struct id_policy p = {.kind = ID_UNKNOWN};
	struct steps steps, swapped;
	bool same = true;

	for (unsigned i = 1; i < n; i++)
		same &= s[i].id == s[0].id;
	if (n < 2)
		return p;
	if (same) {
		p.kind = s[0].id ? ID_CONSTANT : ID_ZERO;
		p.value = s[0].id;
		return p;
	}
	take_steps(s, n, false, &steps);
	take_steps(s, n, true, &swapped);
	if (counts_by(&steps, &p.value)) {
		p.kind = ID_COUNTER;
	} else if (counts_by(&swapped, &p.value) && swapped.n > 1) {
		p.kind = ID_SWAPPED;
	} else if (steps.n > 1) {
		p.kind = all_within(&steps, LARGE, LARGEST) ? ID_STEPS : ID_RANDOM;
		p.value = 0;
		for (unsigned i = 0; i < steps.n && p.kind == ID_STEPS; i++)
			p.value = steps.step[i] > p.value ? steps.step[i] : p.value;
	}
	return p;
}

bool
id_shared(const struct id_sample *s, unsigned n, enum id_across across)
{
	unsigned turns = 0, near = 0;

	for (unsigned i = 1; i < n; i++) {
		uint16_t d = (uint16_t)(s[i].id - s[i - 1].id);

		if (across == ID_PEERS ? s[i].peer == s[i - 1].peer : s[i].kind == s[i - 1].kind)
			continue;
		if (across == ID_KINDS_SWAPPED)
			d = (uint16_t)(swap(s[i].id) - swap(s[i - 1].id));
		turns++;
		near += d > 0 && d <= (across == ID_KINDS_STEPS ? LARGEST : NEAR);
	}
	return turns && near == turns;
}

bool
id_by_port(const struct id_sample *s, unsigned n)
{
	unsigned turns = 0, near = 0;

	for (unsigned i = 1; i < n; i++) {
		if (s[i].port == s[i - 1].port)
			continue;
		turns++;
		near += (uint16_t)(s[i].id - s[i - 1].id) <= NEAR;
	}
	return turns && near < turns;
}
