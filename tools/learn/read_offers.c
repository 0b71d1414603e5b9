/* SPDX-License-Identifier: BSD-3-Clause */
/* SYN-ACKs as a function of what the SYN offers: layouts, MSS, window scale, windows, ECN. */
#include <stdio.h>
#include <string.h>

#include "octets.h"
#include "read.h"
#include "script.h"
#include "windows.h"

#define SETS 16
#define WORDS 160

static const char *const set_keys[SETS] = {"options-without.mss-sack-wscale-ts", "options-without.mss-wscale-ts",
	"options-without.mss-sack-ts", "options-without.mss-ts", "options-without.mss-sack-wscale",
	"options-without.mss-wscale", "options-without.mss-sack", "options-without.mss", "options-without.sack-wscale-ts",
	"options-without.wscale-ts", "options-without.sack-ts", "options-without.ts", "options-without.sack-wscale",
	"options-without.wscale", "options-without.sack", "options"};

/* All but what was offered and not taken. */
static unsigned
accepted(const struct syn_sample *s, unsigned n)
{
	unsigned refused = 0;

	for (unsigned i = 0; i < n; i++)
		refused |= s[i].offers & ~s[i].holds;
	return OFFER_ALL & ~(refused & ~OFFER_MSS);
}

/* One layout for each set that is negotiated; false where the same set gets different ones. */
static bool
layouts(const struct syn_sample *s, unsigned n, unsigned accept, char words[SETS][WORDS])
{
	char one[WORDS];

	for (unsigned i = 0; i < n; i++) {
		char *place = words[s[i].offers & accept];

		if (!options_words(s[i].synack, false, one, sizeof(one)))
			return false;
		if (place[0] && strcmp(place, one) != 0)
			return false;
		snprintf(place, WORDS, "%s", one);
	}
	return true;
}

static bool
write_layouts(struct reading *r, const struct syn_sample *s, unsigned n, unsigned accept)
{
	char words[SETS][WORDS] = {""}, key[64];

	if (!layouts(s, n, accept, words))
		return false;
	findings_drop(r->f, "tcp.synack.options");
	findings_drop(r->f, "tcp.synack.options-without.");
	/* The general one goes first: the others are what differs from it. */
	for (unsigned set = SETS; set-- > 0;) {
		if (!words[set][0])
			continue;
		snprintf(key, sizeof(key), "tcp.synack.%s", set_keys[set == accept ? 15 : set]);
		findings_set(r->f, HOW_OFFERS, key, "%s", words[set]);
	}
	return true;
}

/* -- MSS and scale --------------------------------------------------------------------------------------------- */

static bool
mss_fits(const struct syn_sample *s, unsigned n, uint16_t most, uint16_t none)
{
	for (unsigned i = 0; i < n; i++) {
		uint16_t peer = s[i].mss ? s[i].mss : none;

		if (s[i].holds & OFFER_MSS && s[i].own_mss != (peer && peer < most ? peer : most))
			return false;
	}
	return true;
}

static void
write_mss(struct reading *r, const struct syn_sample *s, unsigned n)
{
	uint16_t most = 0, none = 0;

	for (unsigned i = 0; i < n; i++) {
		most = s[i].own_mss > most ? s[i].own_mss : most;
		none = !s[i].mss && s[i].own_mss ? s[i].own_mss : none;
	}
	if (!most)
		return;
	findings_drop(r->f, "tcp.mss.");
	for (unsigned i = 0; i < n; i++) {
		if (!(s[i].holds & OFFER_MSS) || s[i].own_mss == most)
			continue;
		if (mss_fits(s, n, most, none)) {
			findings_set(r->f, HOW_OFFERS, "tcp.mss.rule", "min-peer");
			findings_set(r->f, HOW_OFFERS, "tcp.mss.value", "%u", most == 1460 ? 0 : most);
			if (none)
				findings_set(r->f, HOW_OFFERS, "tcp.mss.default", "%u", none);
		}
		return;
	}
	/* On a link of 1500 bytes that is what the link gives. */
	findings_set(r->f, HOW_OFFERS, "tcp.mss.rule", most == 1460 ? "own" : "constant");
	findings_set(r->f, HOW_OFFERS, "tcp.mss.value", "%u", most == 1460 ? 0 : most);
}

static void
write_scale(struct reading *r, const struct syn_sample *s, unsigned n)
{
	int scale = -1;

	for (unsigned i = 0; i < n; i++) {
		const uint8_t *p = opt_find(s[i].synack->opts, s[i].synack->opt_len, 3, 3);

		if (p && scale >= 0 && p[0] != scale)
			return;
		scale = p ? p[0] : scale;
	}
	findings_drop(r->f, "tcp.wscale");
	if (scale < 0)
		return;
	/* Its SYNs may say another one: read_opens.c. */
	findings_set(r->f, HOW_OFFERS, "tcp.wscale", "%d", scale);
	findings_set(r->f, HOW_OFFERS, "tcp.synack.wscale", "same");
	findings_seen(r->f, "%d", scale);
}

/* What SYN-ACKs have besides, where all have it. */
static void
write_extra(struct reading *r, const struct syn_sample *s, unsigned n)
{
	unsigned urg = 0, psh = 0;
	bool one_pointer = true, one_reserved = true;

	for (unsigned i = 0; i < n; i++) {
		urg += !!(s[i].synack->flags & FLAG_URG);
		psh += !!(s[i].synack->flags & FLAG_PSH);
		one_pointer &= s[i].synack->urgent == s[0].synack->urgent;
		one_reserved &= s[i].synack->reserved == s[0].synack->reserved;
	}
	if (one_pointer)
		findings_set(r->f, HOW_OFFERS, "tcp.synack.urgent", "%u", s[0].synack->urgent);
	if (urg == 0 || urg == n)
		findings_set(r->f, HOW_OFFERS, "tcp.synack.urg", "%s", urg ? "on" : "off");
	if (psh == 0 || psh == n)
		findings_set(r->f, HOW_OFFERS, "tcp.synack.psh", "%s", psh ? "on" : "off");
	if (one_reserved)
		findings_set(r->f, HOW_OFFERS, "tcp.synack.reserved", "%u", s[0].synack->reserved);
}

/* -- windows --------------------------------------------------------------------------------------------------- */

static unsigned
window_samples(const struct syn_sample *s, unsigned n, bool ecn, int scaled, struct window_sample *out)
{
	unsigned count = 0;

	for (unsigned i = 0; i < n; i++) {
		if (s[i].ecn != ecn || (scaled >= 0 && !!(s[i].holds & OFFER_WSCALE) != scaled))
			continue;
		out[count++] = (struct window_sample){.peer_mss = s[i].mss,
			.own_mss = s[i].own_mss ? s[i].own_mss : 1460,
			.window = s[i].synack->window,
			.ts = s[i].holds & OFFER_TS};
	}
	return count;
}

static void
write_rule(struct reading *r, const char *key, const struct window_sample *s, unsigned n)
{
	static const char *const kinds[] = {"constant", "ceil", "floor", "mss"}, *const units[] = {"own", "peer", "min"};
	struct mien_window_rule w;
	char name[64], seen[400];
	size_t used = 0;

	if (!window_fit(s, n, &w))
		return;
	for (unsigned i = 0; i < n && used < sizeof(seen) - 16; i++)
		used += (size_t)snprintf(seen + used, sizeof(seen) - used, "%u ", s[i].window);
#define SET(part, ...)                                                                                              \
	do {                                                                                                        \
		snprintf(name, sizeof(name), "%s.%s", key, part);                                                  \
		findings_set(r->f, HOW_OFFERS, name, __VA_ARGS__);                                                 \
		findings_seen(r->f, "%s", seen);                                                                   \
	} while (0)
	SET("rule", "%s", kinds[w.kind]);
	SET("base", "%u", w.base);
	SET("unit", "%s", units[w.unit]);
	SET("minus-ts", "%s", w.minus_ts ? "on" : "off");
	SET("unit-floor", "%u", w.unit_floor);
	SET("no-mss", "%u", w.no_mss);
	SET("shift", "%u", w.shift);
#undef SET
}

static void
write_windows(struct reading *r, const struct syn_sample *s, unsigned n)
{
	struct window_sample plain[SAMPLES], unscaled[SAMPLES], ecn[SAMPLES];
	unsigned n_plain = window_samples(s, n, false, 1, plain), n_unscaled = window_samples(s, n, false, 0, unscaled);
	unsigned n_ecn = window_samples(s, n, true, -1, ecn);
	struct mien_window_rule w;

	/* A host that scales nothing has one rule. */
	if (n_plain == 0)
		memcpy(plain, unscaled, (n_plain = n_unscaled) * sizeof(plain[0]));
	if (!window_fit(plain, n_plain, &w) || (n_unscaled && !window_fit(unscaled, n_unscaled, &w)) ||
		(n_ecn && !window_fit(ecn, n_ecn, &w)))
		return;
	findings_drop(r->f, "tcp.synack.window.");
	findings_drop(r->f, "tcp.synack.window-no-wscale.");
	findings_drop(r->f, "tcp.synack.window-ecn.");
	write_rule(r, "tcp.synack.window", plain, n_plain);
	if (n_unscaled)
		write_rule(r, "tcp.synack.window-no-wscale", unscaled, n_unscaled);
	if (n_ecn)
		write_rule(r, "tcp.synack.window-ecn", ecn, n_ecn);
}

static void
write_ecn(struct reading *r, const struct syn_sample *s, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		uint8_t flags = s[i].synack->flags & (FLAG_ECE | FLAG_CWR);

		if (!s[i].ecn)
			continue;
		findings_set(r->f, HOW_OFFERS, "tcp.ecn.answer", "%s",
			flags == FLAG_ECE ? "accept" : flags == 0 ? "refuse" : "copy");
		return;
	}
}

void
read_offers(struct reading *r)
{
	static struct syn_sample s[SAMPLES];
	unsigned n = syn_samples(r, true, s);

	write_ecn(r, s, n);
	if (!n || !write_layouts(r, s, n, accepted(s, n)))
		return; /* it follows no rule: what nmap's probes found stands */
	write_mss(r, s, n);
	write_scale(r, s, n);
	write_extra(r, s, n);
	write_windows(r, s, n);
}
