/* SPDX-License-Identifier: BSD-3-Clause */
/* Knobs that hold lists: what may stand there, and the list as it stands in a file. */
#include "knobs.h"
#include "layout.h"
#include "say.h"

void
knob_list_range(const struct knob *k, char *out, size_t cap)
{
	if (k->kind == KIND_LAYOUT)
		snprintf(out, cap, "a list of mss, nop, wscale, sackok, ts, sack, eol, mss=N, wscale=N, ts=0, kind=N, "
			"kind=N+0xBYTES, 0xBYTES");
	else if (k->kind == KIND_GAPS)
		snprintf(out, cap, "a list of 1 to %d durations such as 3s", MIEN_SCHEDULE_MAX);
	else if (k->kind == KIND_CASES)
		snprintf(out, cap, "a list of cases such as {offered: [mss], mss: 1400, window: 8192}");
	else if (k->kind == KIND_DECK)
		snprintf(out, cap, "a list of one to five numbers below 2^31");
	else if (k->kind == KIND_FACTORS)
		snprintf(out, cap, "a list of at most 15 numbers, 1..255");
	else
		snprintf(out, cap, "a list of kinds of requests such as zero-sender");
}

static void
format_gaps(const struct mien_schedule *s, struct text *out)
{
	char gap[32];

	for (unsigned int i = 0; i < s->count && i < MIEN_SCHEDULE_MAX; i++) {
		knob_format_ms(s->gap_ms[i], gap, sizeof(gap));
		say(out, "%s%s", i ? ", " : "", gap);
	}
}

const char *
arp_word(unsigned int i, uint16_t *bit)
{
	static const char *const words[] = {"loopback-sender", "zero-sender", "broadcast-sender",
		"offlink-sender", "unknown-operation", "hardware-6", "unknown-hardware",
		"unknown-protocol", "protocol-8137", "protocol-length-6", "hardware-length-8",
		"group-sender-mac", "net-broadcast-sender"};
	static const uint16_t others[] = {MIEN_ARP_SHA_GROUP, MIEN_ARP_SPA_NET_BROADCAST};
	const unsigned int first_other = sizeof(words) / sizeof(words[0]) - sizeof(others) / sizeof(others[0]);

	if (i >= sizeof(words) / sizeof(words[0]))
		return NULL;
	*bit = i < first_other ? (uint16_t)(MIEN_ARP_SPA_LOOPBACK >> i) : others[i - first_other];
	return words[i];
}

static void
format_arp(unsigned int mask, struct text *out)
{
	const char *word;
	uint16_t bit;

	for (unsigned int i = 0; (word = arp_word(i, &bit)) != NULL; i++)
		if (mask & bit)
			say(out, "%s%s", out->n > 1 ? ", " : "", word);
}

static void
format_deck(const uint32_t *deck, unsigned int cards, struct text *out)
{
	for (unsigned int i = 0; i < cards; i++)
		say(out, "%s%u", i ? ", " : "", deck[i]);
}

static void
format_factors(const struct mien_backoff *b, struct text *out)
{

	for (unsigned int i = 0; i < b->count; i++)
		say(out, "%s%u", i ? ", " : "", b->factor[i]);
}

void
knob_list_format(const struct knob *k, const struct mien_personality *p, char *out, size_t cap)
{
	const void *at = (const char *)p + k->offset;
	struct text list = {out, 0, cap};

	if (k->kind == KIND_LAYOUT) {
		layout_format(at, out, cap);
		return;
	}
	if (k->kind == KIND_CASES) {
		cases_format(p, out, cap);
		return;
	}
	say(&list, "[");
	if (k->kind == KIND_GAPS)
		format_gaps(at, &list);
	else if (k->kind == KIND_FACTORS)
		format_factors(at, &list);
	else if (k->kind == KIND_ARP)
		format_arp(p->arp.answer, &list);
	else
		format_deck(at, p->tcp.isn.cards ? p->tcp.isn.cards : 5, &list);
	say(&list, "]");
}
