/* SPDX-License-Identifier: BSD-3-Clause */
#include "id_policy.h"

#include <stddef.h>

#define NEAR 200      /* as far as a counter gets between two packets to us */
#define LARGE 1000    /* steps that are large on purpose */
#define LARGEST 20000 /* and not simply random */
#define SMALL 64

static uint16_t
swap(uint16_t v)
{
	return (uint16_t)(v << 8 | v >> 8);
}

/* The step that most differences have, among small ones. */
static uint16_t
usual_step(const struct id_sample *s, unsigned n, bool swapped, unsigned *hits)
{
	unsigned count[SMALL] = {0}, best = 0;

	for (unsigned i = 1; i < n; i++) {
		uint16_t d = swapped ? (uint16_t)(swap(s[i].id) - swap(s[i - 1].id)) : (uint16_t)(s[i].id - s[i - 1].id);

		if (d < SMALL)
			count[d]++;
	}
	for (unsigned d = 1; d < SMALL; d++)
		if (count[d] > count[best] || best == 0)
			best = d;
	*hits = count[best];
	return (uint16_t)best;
}

static bool
all_steps(const struct id_sample *s, unsigned n, bool swapped, uint16_t least, uint16_t most)
{
	for (unsigned i = 1; i < n; i++) {
		uint16_t d = swapped ? (uint16_t)(swap(s[i].id) - swap(s[i - 1].id)) : (uint16_t)(s[i].id - s[i - 1].id);

		if (d < least || d > most)
			return false;
	}
	return true;
}

struct id_policy
id_policy_find(const struct id_sample *s, unsigned n)
{
	struct id_policy p = {.kind = ID_UNKNOWN};
	bool same = true;
	unsigned hits;

	if (n < 2)
		return p;
	for (unsigned i = 1; i < n; i++)
		same &= s[i].id == s[0].id;
	if (same) {
		p.kind = s[0].id ? ID_CONSTANT : ID_ZERO;
		p.value = s[0].id;
		return p;
	}
	if (n < 3 && !all_steps(s, n, false, 1, SMALL - 1))
		return p;
	p.value = usual_step(s, n, false, &hits);
	if (2 * hits >= n - 1 || all_steps(s, n, false, 1, NEAR)) {
		p.kind = ID_COUNTER;
		return p;
	}
	p.value = usual_step(s, n, true, &hits);
	if (2 * hits >= n - 1 || all_steps(s, n, true, 1, NEAR)) {
		p.kind = ID_SWAPPED;
		return p;
	}
	p.value = 0;
	p.kind = all_steps(s, n, false, LARGE, LARGEST) ? ID_STEPS : ID_RANDOM;
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
