/* SPDX-License-Identifier: BSD-3-Clause */
#include "windows.h"

#define FACTORS 64

uint16_t
window_of(const struct mien_window_rule *r, const struct window_sample *s)
{
	uint32_t peer = s->peer_mss ? s->peer_mss : r->no_mss ? r->no_mss : s->own_mss, m = s->own_mss;
	uint64_t w = r->base;

	if (r->unit == MIEN_UNIT_PEER)
		m = peer;
	else if (r->unit == MIEN_UNIT_MIN)
		m = m < peer ? m : peer;
	m = m < r->unit_floor ? r->unit_floor : m;
	if (r->minus_ts && s->ts)
		m = m > 12 ? m - 12 : 1;
	m = m ? m : 1;
	if (r->kind == MIEN_WINDOW_CEIL)
		w = (w + m - 1) / m * m;
	else if (r->kind == MIEN_WINDOW_FLOOR)
		w = w / m * m;
	else if (r->kind == MIEN_WINDOW_MUL)
		w *= m;
	w >>= r->shift;
	return w < 65535 ? (uint16_t)w : 65535;
}

static bool
fits(const struct mien_window_rule *r, const struct window_sample *s, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		if (window_of(r, &s[i]) != s[i].window)
			return false;
	return true;
}

/* All units, floors and ways without MSS; what changes nothing is left out, as the simplest is tried first. */
static bool
try_units(struct mien_window_rule r, const struct window_sample *s, unsigned n, struct mien_window_rule *out)
{
	static const uint16_t floors[] = {0, 536}, none[] = {0, 536, 512};

	for (unsigned v = 0; v < 36; v++) {
		r.unit = (uint8_t)(v / 12);
		r.minus_ts = v & 1;
		r.unit_floor = floors[v / 2 % 2];
		r.no_mss = none[v / 4 % 3];
		if (fits(&r, s, n)) {
			*out = r;
			return true;
		}
	}
	return false;
}

bool
window_fit(const struct window_sample *s, unsigned n, struct mien_window_rule *out)
{
	static const uint32_t sizes[] = {65535, 65536, 61440, 49640, 49152, 32768, 24820, 24576, 20480, 17520, 16384, 14600,
		12288, 10240, 8760, 8192, 6144, 5840, 5120, 4380, 4096, 2920, 2048, 128000, 131072, 64240, 29200};
	struct mien_window_rule r = {.kind = MIEN_WINDOW_CONST};

	if (n == 0)
		return false;
	r.base = s[0].window;
	*out = r;
	if (fits(&r, s, n))
		return true;
	r.kind = MIEN_WINDOW_MUL;
	for (r.base = 1; r.base <= FACTORS; r.base++)
		if (try_units(r, s, n, out))
			return true;
	for (unsigned i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
		for (unsigned kind = MIEN_WINDOW_CEIL; kind <= MIEN_WINDOW_FLOOR; kind++) {
			r = (struct mien_window_rule){.kind = (uint8_t)kind, .base = sizes[i]};
			if (try_units(r, s, n, out))
				return true;
		}
	for (unsigned shift = 1; shift < 9; shift++) {
		r = (struct mien_window_rule){.kind = MIEN_WINDOW_CEIL, .base = 128000, .shift = (uint8_t)shift};
		if (try_units(r, s, n, out))
			return true;
	}
	return false;
}
