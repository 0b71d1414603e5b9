/* SPDX-License-Identifier: BSD-3-Clause */
/* Rules that give most of what an entry says of SYN-ACKs: layouts by what is negotiated, MSS, scale, windows. */
#include "nmap_syn.h"

#include <string.h>

void
choose_layouts(struct plan *s)
{
	static const unsigned int order[] = {FULL, 2, 3, 5, ECN, 1, 4, ODD};
	int full = -1;

	for (unsigned int i = 0; i < MIEN_NEG_SETS; i++)
		s->slot[i] = -1;
	for (unsigned int i = 0; i < PROBES && full < 0; i++) {
		const struct want *w = &s->want[order[i]];

		if (w->known && w->synack && !w->odd_layout)
			full = (int)order[i];
	}
	s->accept = MIEN_NEG_MSS;
	if (full >= 0) {
		s->accept |= (uint8_t)s->want[full].holds;
		s->slot[15] = full;
	}
	for (unsigned int i = 0; i < PROBES; i++) {
		const struct want *w = &s->want[order[i]];
		unsigned int set = probes[order[i]].offered & s->accept;

		if (w->known && w->synack && !w->odd_layout && set != 15 && s->slot[set] < 0 &&
			((w->holds & ~MIEN_NEG_MSS) & ~set) == 0)
			s->slot[set] = (int)order[i];
	}
}

const char *
ruled_layout(const struct plan *s, unsigned int i)
{
	int from = s->slot[probes[i].offered & s->accept];

	return from >= 0 ? s->want[from].layout : NULL;
}
/* -- MSS and scale ------------------------------------------------------------------------------------------- */

uint32_t
ruled_mss(const struct plan *s, unsigned int i)
{
	uint32_t peer = probes[i].mss ? probes[i].mss : s->mss_default;

	if (s->mss_rule == MIEN_MSS_CONST)
		return s->mss_value;
	if (s->mss_rule == MIEN_MSS_OWN)
		return LINK_MSS;
	peer = peer < s->mss_value ? peer : s->mss_value;
	return peer < LINK_MSS ? peer : LINK_MSS;
}

static unsigned int
mss_hits(const struct plan *s)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < PROBES; i++)
		n += s->want[i].mss >= 0 && s->want[i].synack && (uint32_t)s->want[i].mss == ruled_mss(s, i);
	return n;
}

static void
try_mss(struct plan *s, uint8_t rule, uint32_t value, uint32_t def, unsigned int *best)
{
	struct plan tried = *s;
	unsigned int hits;

	tried.mss_rule = rule;
	tried.mss_value = value;
	tried.mss_default = def;
	hits = mss_hits(&tried);
	if (hits <= *best)
		return;
	*best = hits;
	s->mss_rule = rule;
	s->mss_value = value;
	s->mss_default = def;
}

void
choose_mss(struct plan *s)
{
	unsigned int best = 0;
	uint32_t none = s->want[3].mss >= 48 ? (uint32_t)s->want[3].mss : 536;

	s->mss_rule = MIEN_MSS_OWN;
	s->mss_default = 536;
	try_mss(s, MIEN_MSS_OWN, 0, 536, &best);
	for (unsigned int i = 0; i < PROBES; i++)
		if (s->want[i].mss > 0)
			try_mss(s, MIEN_MSS_CONST, (uint32_t)s->want[i].mss, 536, &best);
	for (unsigned int i = 0; i < PROBES; i++)
		if (s->want[i].mss > 0)
			try_mss(s, MIEN_MSS_MIN_PEER, (uint32_t)s->want[i].mss, none, &best);
	s->wscale = 0;
	for (unsigned int i = PROBES; i-- > 0;)
		if (s->want[i].wscale >= 0 && s->want[i].synack)
			s->wscale = s->want[i].wscale;
}
/* -- windows ------------------------------------------------------------------------------------------------- */

static uint32_t
ruled_window(const struct plan *s, const struct mien_window_rule *r, unsigned int i)
{
	uint32_t own = s->want[i].mss > 0 ? (uint32_t)s->want[i].mss : ruled_mss(s, i), peer = probes[i].mss, m = own;
	uint64_t wnd = r->base;

	if (peer == 0)
		peer = r->no_mss ? r->no_mss : own;
	if (r->unit == MIEN_UNIT_PEER)
		m = peer;
	else if (r->unit == MIEN_UNIT_MIN)
		m = own < peer ? own : peer;
	m = m < r->unit_floor ? r->unit_floor : m;
	if (r->minus_ts && probes[i].offered & s->accept & MIEN_NEG_TS)
		m = m > 12 ? m - 12 : 1;
	if (r->kind == MIEN_WINDOW_CEIL)
		wnd = (wnd + m - 1) / m * m;
	else if (r->kind == MIEN_WINDOW_FLOOR)
		wnd = wnd / m * m;
	else if (r->kind == MIEN_WINDOW_MUL)
		wnd *= m;
	wnd >>= r->shift;
	return wnd < 65535 ? (uint32_t)wnd : 65535;
}

/* Probes whose window the rule gives; the one without scale and the ECN-setup may have rules of their own. */
static unsigned int
window_hits(const struct plan *s, const struct mien_window_rule *r)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < PROBES; i++)
		n += s->want[i].windowed && s->want[i].synack && ruled_window(s, r, i) == s->want[i].window;
	return n;
}

static void
try_window(struct plan *s, const struct mien_window_rule *r, unsigned int *best)
{
	unsigned int hits = window_hits(s, r);

	if (hits > *best) {
		*best = hits;
		s->window = *r;
	}
}

static void
try_units(struct plan *s, struct mien_window_rule r, unsigned int *best)
{
	static const uint16_t floors[] = {0, 536}, none[] = {0, 536, 512};

	for (unsigned int unit = MIEN_UNIT_OWN; unit <= MIEN_UNIT_MIN; unit++)
		for (unsigned int ts = 0; ts < 2; ts++)
			for (unsigned int f = 0; f < 2; f++)
				for (unsigned int n = 0; n < 3; n++) {
					r.unit = (uint8_t)unit;
					r.minus_ts = (uint8_t)ts;
					r.unit_floor = floors[f];
					r.no_mss = none[n];
					try_window(s, &r, best);
				}
}

void
choose_window_rule(struct plan *s)
{
	static const uint32_t sizes[] = {2048, 2920, 4096, 4380, 5120, 5840, 6144, 8192, 8760, 10240, 12288, 14600, 16384,
		17520, 20480, 24576, 24820, 32768, 49152, 49640, 61440, 65535, 65536, 128000};
	unsigned int best = 0;

	s->window = (struct mien_window_rule){.kind = MIEN_WINDOW_CONST};
	for (unsigned int i = 0; i < PROBES; i++)
		if (s->want[i].windowed && s->want[i].synack)
			try_window(s, &(struct mien_window_rule){.kind = MIEN_WINDOW_CONST, .base = s->want[i].window},
				&best);
	for (unsigned int i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		for (unsigned int shift = 0; shift <= (unsigned int)(s->wscale > 0); shift++) {
			struct mien_window_rule r = {.kind = MIEN_WINDOW_CEIL, .base = sizes[i],
				.shift = (uint8_t)(shift ? s->wscale : 0)};

			try_units(s, r, &best);
			r.kind = MIEN_WINDOW_FLOOR;
			try_units(s, r, &best);
		}
	}
	for (uint32_t factor = 1; factor <= 45; factor++)
		try_units(s, (struct mien_window_rule){.kind = MIEN_WINDOW_MUL, .base = factor}, &best);
	/* Constants of their own for the probes that have a rule of their own. */
	if (s->want[ECN].windowed && s->want[ECN].synack) {
		s->has_ecn_window = ruled_window(s, &s->window, ECN) != s->want[ECN].window;
		s->window_ecn = s->want[ECN].window;
	}
	if (s->accept & MIEN_NEG_WSCALE && s->want[5].windowed && s->want[5].synack) {
		s->has_no_wscale_window = ruled_window(s, &s->window, 5) != s->want[5].window;
		s->window_no_wscale = s->want[5].window;
	}
}

bool
window_is_ruled(const struct plan *s, unsigned int i)
{
	if (!s->want[i].windowed)
		return true;
	if (i == ECN && s->has_ecn_window)
		return true;
	if (i == 5 && s->has_no_wscale_window)
		return true;
	return ruled_window(s, &s->window, i) == s->want[i].window;
}
