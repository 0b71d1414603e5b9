/* SPDX-License-Identifier: BSD-3-Clause */
/* Knobs whose value is a list: layouts, schedules, decks, ARP habits. */
#include "layout.h"
#include "profile_int.h"

#include <stdio.h>
#include <string.h>

static size_t
items(const yaml_node_t *list)
{
	return (size_t)(list->data.sequence.items.top - list->data.sequence.items.start);
}

static yaml_node_t *
item(const struct reader *r, const yaml_node_t *list, size_t i)
{
	return node_at(r, list->data.sequence.items.start[i]);
}

static bool
is_sack_layout(const struct knob *k)
{
	return strncmp(k->key, "tcp.segment.sack", 16) == 0;
}

/* The negotiated set of a SYN-ACK's layout, MIEN_NEG_SETS for other layouts. */
static unsigned int
synack_set(const struct knob *k)
{
	size_t first = offsetof(struct mien_personality, synack);

	if (k->kind != KIND_LAYOUT || k->offset < first ||
		k->offset >= first + MIEN_NEG_SETS * sizeof(struct mien_opt_template))
		return MIEN_NEG_SETS;
	return (unsigned int)((k->offset - first) / sizeof(struct mien_opt_template));
}

int
layout_list_read(struct reader *r, yaml_node_t *node, const char *key, bool sack, struct mien_opt_template *t)
{
	const char *why;

	layout_init(t);
	if (node->type != YAML_SEQUENCE_NODE)
		return FAIL_AT(r, node, "%s: expected a list, [a, b, ...]", key);
	for (size_t i = 0; i < items(node); i++) {
		yaml_node_t *one = item(r, node, i);
		const char *word = scalar_at(r, one, key);

		if (word == NULL)
			return MIEN_EPARSE;
		why = layout_add(t, word);
		if (why != NULL)
			return FAIL_AT(r, one, "%s: \"%.40s\": %s", key, word, why);
	}
	why = layout_finish(t, sack);
	return why == NULL ? 0 : FAIL_AT(r, node, "%s: %s", key, why);
}

/*
 * Raw bytes that begin with an option which the engine knows by its word, and would not know of here. A case of a SYN
 * may have such: it says itself what is negotiated.
 */
static bool
hides_an_option(const struct mien_opt_template *t)
{
	static const uint8_t lens[] = {[2] = 4, [3] = 3, [4] = 2};
	const uint8_t *raw;

	if (t->raw_at == MIEN_OPT_NONE || t->raw_at + 2u > t->len)
		return false;
	raw = t->bytes + t->raw_at;
	return raw[0] < sizeof(lens) && lens[raw[0]] != 0 && raw[1] == lens[raw[0]];
}

static int
layout_read(struct reader *r, const struct knob *k, yaml_node_t *node, const char *key)
{
	struct mien_opt_template t;

	if (layout_list_read(r, node, key, is_sack_layout(k), &t) != 0)
		return MIEN_EPARSE;
	if (synack_set(k) < MIEN_NEG_SETS && (layout_holds(&t) & ~synack_set(k)) != 0)
		return FAIL_AT(r, node,
			"%s: the layout holds an option that was not negotiated; leave it out",
			key);
	if (hides_an_option(&t))
		return FAIL_AT(r, node,
			"%s: the raw bytes begin with an option that has a word: mss=N, wscale=N or sackok", key);
	memcpy((char *)&r->p->block + k->offset, &t, sizeof(t));
	return 0;
}

static int
gaps_read(struct reader *r, const struct knob *k, yaml_node_t *node, const char *key)
{
	struct mien_schedule *s = (void *)((char *)&r->p->block + k->offset);
	size_t count = items(node);
	int64_t ms;

	if (count == 0 || count > MIEN_SCHEDULE_MAX)
		return FAIL_AT(r, node, "%s: expected 1 to %d durations, got %zu", key,
			MIEN_SCHEDULE_MAX, count);
	memset(s->gap_ms, 0, sizeof(s->gap_ms));
	s->count = (uint8_t)count;
	for (size_t i = 0; i < count; i++) {
		yaml_node_t *one = item(r, node, i);
		const char *text = scalar_at(r, one, key);

		if (text == NULL)
			return MIEN_EPARSE;
		if (knob_duration(text, &ms) != 0 || ms < k->least || ms > k->most)
			return FAIL_AT(r, one,
				"%s: \"%.40s\" is no duration of 1ms to 1h; write 500ms or 3s", key,
				text);
		s->gap_ms[i] = (uint32_t)ms;
	}
	return 0;
}

static int
deck_read(struct reader *r, const struct knob *k, yaml_node_t *node, const char *key)
{
	struct mien_isn_rule *isn = &r->p->block.tcp.isn;
	uint32_t *deck = isn->deck;
	int64_t value;

	(void)k;
	if (items(node) < 1 || items(node) > 5)
		return FAIL_AT(r, node, "%s: expected one to five increments, got %zu", key, items(node));
	memset(deck, 0, sizeof(isn->deck));
	isn->cards = items(node) == 5 ? 0 : (uint8_t)items(node);
	for (size_t i = 0; i < items(node); i++) {
		yaml_node_t *one = item(r, node, i);
		const char *text = scalar_at(r, one, key);

		if (text == NULL)
			return MIEN_EPARSE;
		if (knob_number(text, &value) != 0 || value > k->most)
			return FAIL_AT(
				r, one, "%s: \"%.40s\" is no number of 0 to 2147483647", key, text);
		deck[i] = (uint32_t)value;
	}
	return 0;
}

static int
factors_read(struct reader *r, const struct knob *k, yaml_node_t *node, const char *key)
{
	struct mien_backoff *b = &r->p->block.tcp.backoff;
	int64_t value;

	if (items(node) > sizeof(b->factor))
		return FAIL_AT(r, node, "%s: expected at most %zu numbers, got %zu", key, sizeof(b->factor),
			items(node));
	memset(b, 0, sizeof(*b));
	b->count = (uint8_t)items(node);
	for (size_t i = 0; i < items(node); i++) {
		yaml_node_t *one = item(r, node, i);
		const char *text = scalar_at(r, one, key);

		if (text == NULL)
			return MIEN_EPARSE;
		if (knob_number(text, &value) != 0 || value < k->least || value > k->most)
			return FAIL_AT(r, one, "%s: \"%.40s\" is no number of 1 to 255", key, text);
		b->factor[i] = (uint8_t)value;
	}
	return 0;
}

static int
arp_bit(const char *word, uint16_t *bit)
{
	const char *known;

	for (unsigned int i = 0; (known = arp_word(i, bit)) != NULL; i++)
		if (strcmp(known, word) == 0)
			return 0;
	return -1;
}

static int
arp_read(struct reader *r, yaml_node_t *node, const char *key)
{
	uint16_t mask = 0, bit;

	for (size_t i = 0; i < items(node); i++) {
		yaml_node_t *one = item(r, node, i);
		const char *word = scalar_at(r, one, key);

		if (word == NULL)
			return MIEN_EPARSE;
		if (arp_bit(word, &bit) != 0)
			return FAIL_AT(r, one,
				"%s: \"%.40s\" is none of loopback-sender, zero-sender, "
				"broadcast-sender, "
				"offlink-sender, unknown-operation, hardware-6, unknown-hardware, "
				"unknown-protocol, "
				"protocol-8137, protocol-length-6, hardware-length-8, "
				"group-sender-mac, net-broadcast-sender",
				key, word);
		if (mask & bit)
			return FAIL_AT(r, one, "%s: %s stands there twice", key, word);
		mask |= bit;
	}
	r->p->block.arp.answer = mask;
	return 0;
}

int
list_read(struct reader *r, const struct knob *k, yaml_node_t *node, const char *key)
{
	if (node->type != YAML_SEQUENCE_NODE)
		return FAIL_AT(r, node, "%s: expected a list, [a, b, ...]", key);
	switch (k->kind) {
	case KIND_LAYOUT:
		return layout_read(r, k, node, key);
	case KIND_GAPS:
		return gaps_read(r, k, node, key);
	case KIND_DECK:
		return deck_read(r, k, node, key);
	case KIND_FACTORS:
		return factors_read(r, k, node, key);
	case KIND_CASES:
		return cases_read(r, node, key);
	default:
		return arp_read(r, node, key);
	}
}

static const struct knob *
synack_knob(unsigned int set)
{
	for (size_t i = 0; i < knob_count; i++)
		if (synack_set(&knobs[i]) == set)
			return &knobs[i];
	return NULL;
}

/* A layout that the document did not give follows another one: derived from it, or the same. */
static void
follow(struct reader *r, unsigned int set, const struct mien_opt_template *t)
{
	r->p->block.synack[set] = *t;
	r->p->source[synack_knob(set) - knobs] = r->source;
}

void
layouts_complete(struct reader *r, const bool *touched)
{
	const struct mien_opt_template full = r->p->block.synack[MIEN_NEG_SETS - 1];
	struct mien_tcp_rule *tcp = &r->p->block.tcp;
	unsigned int offered, accepted = layout_holds(&full);
	bool all = touched[synack_knob(MIEN_NEG_SETS - 1) - knobs];

	for (unsigned int set = MIEN_NEG_SETS - 1; set-- > MIEN_NEG_MSS;) {
		struct mien_opt_template t;

		layout_derive(&full, set & accepted, &t);
		if (all && !touched[synack_knob(set) - knobs])
			follow(r, set, &t);
	}
	for (unsigned int set = 0; set < MIEN_NEG_MSS; set++) {
		unsigned int with = set | MIEN_NEG_MSS;

		if ((all || touched[synack_knob(with) - knobs]) &&
			!touched[synack_knob(set) - knobs])
			follow(r, set, &r->p->block.synack[with]);
	}
	offered = layout_holds(&r->p->block.syn);
	tcp->sack_offer = (offered & MIEN_NEG_SACK) != 0;
	tcp->wscale_offer = (offered & MIEN_NEG_WSCALE) != 0;
	tcp->ts.offer = (offered & MIEN_NEG_TS) != 0;
	tcp->sack_accept = (accepted & MIEN_NEG_SACK) != 0;
	tcp->wscale_accept = (accepted & MIEN_NEG_WSCALE) != 0;
	tcp->ts.accept = (accepted & MIEN_NEG_TS) != 0;
}
