/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The knobs of one document: finds the places a key names, writes the general keys ("ip.ttl": every
 * class) first and the special ones ("ip.rst.ttl") over them, then completes what follows from
 * them.
 */
#include "profile_int.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PATH_CAP 96
#define TARGETS 8

struct setting {
	char key[PATH_CAP];
	yaml_node_t *node;
	const struct knob *targets[TARGETS];
	uint8_t count;
	bool general; /* applied before the others */
	bool window;  /* a window rule given as one number: every part of it is a target in turn */
};

struct settings {
	struct reader *r;
	yaml_node_t *evidence; /* NULL: none is asked for */
	struct setting *at;
	size_t count, cap;
	yaml_node_t *answers;
	yaml_node_t *isn[3]; /* gcd, isr, sp */
	bool touched[KNOB_MAX];
};

static const char *const ip_classes[] = {
	"ip.syn", "ip.synack", "ip.segment", "ip.rst", "ip.icmp-error", "ip.echo-reply", "ip.icmp", "ip.udp"};
static const char *const windows[] = {"tcp.syn.window", "tcp.synack.window",
	"tcp.synack.window-no-wscale", "tcp.synack.window-ecn"};
static const char *const isn_parts[] = {"tcp.isn.gcd", "tcp.isn.isr", "tcp.isn.sp"};

#define SYNACK_WINDOW 1 /* number in windows[]: also sets the two behind it */

/* "HEAD.TAIL", where there is room for it; snprintf() was a fifth of the time that reading took. */
static bool
join(char path[PATH_CAP], const char *head, const char *tail)
{
	size_t len = strlen(head), more = strlen(tail);

	if (len + 1 + more >= PATH_CAP)
		return false;
	memcpy(path, head, len);
	path[len] = '.';
	memcpy(path + len + 1, tail, more + 1);
	return true;
}

static const struct knob *
find2(const char *head, const char *tail)
{
	char key[PATH_CAP];

	return join(key, head, tail) ? knob_find(key) : NULL;
}

/* "ip.ttl": the knob in every class. */
static void
resolve_ip(struct setting *s)
{
	for (unsigned int c = 0; c < MIEN_CLASS_COUNT; c++) {
		const struct knob *k = find2(ip_classes[c], s->key + 3);

		if (k != NULL)
			s->targets[s->count++] = k;
	}
	s->general = s->count > 0;
}

/* "tcp.synack.window.base": also that of the windows without scale and with ECN. */
static void
resolve_window(struct setting *s)
{
	size_t len = strlen(windows[SYNACK_WINDOW]);

	if (strncmp(s->key, windows[SYNACK_WINDOW], len) != 0 || s->key[len] != '.')
		return;
	for (unsigned int i = SYNACK_WINDOW + 1; i <= SYNACK_WINDOW + 2; i++)
		s->targets[s->count++] = find2(windows[i], s->key + len + 1);
	s->general = true;
}

static void
resolve(struct setting *s)
{
	const struct knob *k = knob_find(s->key);

	if (k != NULL)
		s->targets[s->count++] = k;
	if (k != NULL)
		resolve_window(s);
	else if (strncmp(s->key, "ip.", 3) == 0)
		resolve_ip(s);
	for (unsigned int i = 0; i < sizeof(windows) / sizeof(windows[0]); i++) {
		if (strcmp(s->key, windows[i]) == 0) {
			s->window = true;
			s->general = i == SYNACK_WINDOW;
		}
	}
}

static bool
is_group(const char *path)
{
	return knob_is_group(path) || strcmp(path, "ip.id") == 0;
}

static int
unknown(struct settings *all, const char *path, const yaml_node_t *key)
{
	/* Keys that are no knobs. */
	static const char *const others[] = {"ip", "tcp", "icmp", "arp", "reassembly", "name", "title",
		"inherits", "abstract", "evidence", "expect", "ip.ttl", "ip.df", "ip.tos", "ip.reserved",
		"ip.id.policy", "ip.id.counter", "ip.id.value", "tcp.answers", "tcp.isn.gcd",
		"tcp.isn.isr", "tcp.isn.sp", "tcp.syn", "tcp.synack", "tcp.syn.window",
		"tcp.synack.window", "icmp.errors", "icmp.echo"};
	const char *near = knob_suggest(path, others, sizeof(others) / sizeof(others[0]));

	if (near != NULL)
		return FAIL_AT(all->r, key, "unknown key %s; did you mean %s?", path, near);
	return FAIL_AT(
		all->r, key, "unknown key %s; `mien personality show plain` lists them all", path);
}

static int
add(struct settings *all, const struct setting *s)
{
	for (size_t i = 0; i < all->count; i++)
		if (strcmp(all->at[i].key, s->key) == 0)
			return FAIL_AT(all->r, s->node,
				"%s is set twice (first in line %zu); remove one", s->key,
				all->at[i].node->start_mark.line + 1);
	if (all->evidence != NULL && !evidence_covers(all->r, all->evidence, s->key))
		return FAIL_AT(all->r, s->node,
			"no evidence for %s; add its key to an entry of evidence: that says where "
			"the value was measured",
			s->key);
	if (all->count == all->cap) {
		size_t cap = all->cap ? all->cap * 2 : 64;
		struct setting *at = realloc(all->at, cap * sizeof(*at));

		if (at == NULL)
			return profile_fail(
				all->r->err, MIEN_ENOMEM, all->r->file, NULL, "out of memory");
		all->at = at;
		all->cap = cap;
	}
	all->at[all->count++] = *s;
	return 0;
}

static int visit(struct settings *all, const char *path, yaml_node_t *key, yaml_node_t *node);

static int
visit_group(struct settings *all, const char *path, yaml_node_t *map)
{
	int result = mapping_check(all->r, map, path);

	if (result != 0)
		return result;
	for (const yaml_node_pair_t *pair = map->data.mapping.pairs.start;
		pair < map->data.mapping.pairs.top && result == 0; pair++) {
		yaml_node_t *key = node_at(all->r, pair->key);
		char inner[PATH_CAP];

		if (!join(inner, path, (const char *)key->data.scalar.value))
			return FAIL_AT(all->r, key, "unknown key below %s: it is too long", path);
		result = visit(all, inner, key, node_at(all->r, pair->value));
	}
	return result;
}

/* What is no knob: answers and the wishes a deck is computed from. */
static bool
visit_special(struct settings *all, const char *path, yaml_node_t *node)
{
	yaml_node_t **place = NULL;

	if (strcmp(path, "tcp.answers") == 0)
		place = &all->answers;
	for (unsigned int i = 0; i < 3; i++)
		if (strcmp(path, isn_parts[i]) == 0)
			place = &all->isn[i];
	if (place != NULL)
		*place = node;
	return place != NULL;
}

static int
visit(struct settings *all, const char *path, yaml_node_t *key, yaml_node_t *node)
{
	struct setting s = {.node = node};

	memcpy(s.key, path, strlen(path) + 1); /* below PATH_CAP, as all paths */
	resolve(&s);
	if (s.window && node->type == YAML_MAPPING_NODE)
		return visit_group(all, path, node);
	if (s.count == 0 && !s.window && !visit_special(all, path, node))
		return is_group(path) ? visit_group(all, path, node) : unknown(all, path, key);
	return add(all, &s);
}

static void
touch(struct settings *all, const struct knob *k)
{
	all->touched[k - knobs] = true;
	all->r->p->source[k - knobs] = all->r->source;
}

static int
apply_one(struct settings *all, const struct knob *k, const struct setting *s)
{
	struct reader *r = all->r;
	const char *text;
	char why[256];

	touch(all, k);
	if (knob_is_list(k))
		return list_read(r, k, s->node, s->key);
	text = scalar_at(r, s->node, s->key);
	if (text == NULL)
		return MIEN_EPARSE;
	if (knob_parse(k, &r->p->block, text, why, sizeof(why)) != 0)
		return FAIL_AT(r, s->node, "%s: \"%.60s\" cannot stand here; expected %s", s->key,
			text, why);
	return 0;
}

/* "window: 8192": constant, and nothing of a parent's rule stays. */
static int
apply_window(struct settings *all, const struct setting *s, const char *window)
{
	static const char *const zeroed[] = {"unit", "minus-ts", "unit-floor", "no-mss", "shift"};
	char why[64];

	for (unsigned int i = 0; i < sizeof(zeroed) / sizeof(zeroed[0]); i++) {
		const struct knob *k = find2(window, zeroed[i]);

		touch(all, k);
		memset((char *)&all->r->p->block + k->offset, 0, k->size);
	}
	touch(all, find2(window, "rule"));
	(void)knob_parse(find2(window, "rule"), &all->r->p->block, "constant", why, sizeof(why));
	return apply_one(all, find2(window, "base"), s);
}

static int
apply(struct settings *all, const struct setting *s)
{
	int result = 0;

	if (s->window) {
		result = apply_window(all, s, s->key);
		for (unsigned int i = SYNACK_WINDOW + 1;
			s->general && i <= SYNACK_WINDOW + 2 && result == 0; i++)
			result = apply_window(all, s, windows[i]);
	}
	for (unsigned int i = 0; i < s->count && result == 0; i++)
		result = apply_one(all, s->targets[i], s);
	return result;
}

static int
isn_number(struct settings *all, unsigned int part, uint32_t *value)
{
	yaml_node_t *node = all->isn[part];
	const char *text = scalar_at(all->r, node, isn_parts[part]);
	int64_t v;

	if (text == NULL)
		return MIEN_EPARSE;
	if (knob_number(text, &v) != 0 || v > INT32_MAX)
		return FAIL_AT(all->r, node, "%s: \"%.40s\" is no number; write 0x104 or 260",
			isn_parts[part], text);
	*value = (uint32_t)v;
	return 0;
}

/* gcd, isr and sp give the deck. */
static int
apply_deck(struct settings *all)
{
	const struct knob *deck = knob_find("tcp.isn.deck");
	struct mien_isn_rule *isn = &all->r->p->block.tcp.isn;
	yaml_node_t *some = all->isn[0] ? all->isn[0] : all->isn[1] ? all->isn[1] : all->isn[2];
	uint32_t want[3] = {0, 0, 0};

	if (some == NULL)
		return 0;
	if (all->isn[0] == NULL || all->isn[1] == NULL || all->isn[2] == NULL)
		return FAIL_AT(
			all->r, some, "tcp.isn: gcd, isr and sp go together; give all three");
	if (isn->kind != MIEN_ISN_DECK || all->touched[deck - knobs])
		return FAIL_AT(all->r, some,
			"tcp.isn: gcd, isr and sp are for generator: deck without a deck: of its "
			"own");
	for (unsigned int i = 0; i < 3; i++)
		if (isn_number(all, i, &want[i]) != 0)
			return MIEN_EPARSE;
	isn->cards = 0;
	if (deck_compute(want[0], want[1], want[2], isn->deck) != 0)
		return FAIL_AT(all->r, some,
			"tcp.isn: no five increments below 2^31 have this gcd, isr and sp");
	touch(all, deck);
	return 0;
}

static int
apply_all(struct settings *all)
{
	int result = 0;

	for (int pass = 0; pass < 2; pass++)
		for (size_t i = 0; i < all->count && result == 0; i++)
			if (all->at[i].general == (pass == 0))
				result = apply(all, &all->at[i]);
	if (result == 0)
		result = apply_deck(all);
	if (result == 0)
		layouts_complete(all->r, all->touched);
	if (result == 0 && all->answers != NULL)
		result = answers_read(all->r, all->answers);
	return result;
}

static bool
is_under(const char *key, const char *group)
{
	size_t len = strlen(group);

	return strncmp(key, group, len) == 0 && (key[len] == '.' || key[len] == '\0' || key[len] == '-');
}

/* The last value of the group that the document gives; NULL: the contradiction is between its parents' and none. */
static const struct setting *
last_under(const struct settings *all, const char *group)
{
	const struct setting *found = NULL;

	for (size_t i = 0; i < all->count; i++)
		if (is_under(all->at[i].key, group))
			found = &all->at[i];
	return found;
}

/* Where to look for what the engine's check says of a block whose values are each allowed. */
static const struct setting *
culprit(const struct settings *all, const char *why)
{
	static const struct {
		const char *words, *group;
	} places[] = {
		{"window", "tcp.synack.window"},
		{"window", "tcp.syn.window"},
		{"source ports", "tcp.ports"},
		{"retransmission timeout", "tcp.rto"},
		{"persist", "tcp.persist"},
		{"receive buffer", "tcp.receive-buffer"},
		{"MSS", "tcp.mss"},
		{"segments with timestamps", "tcp.segment"},
		{"of resets", "tcp.reset-rate"},
		{"to a destination", "icmp.errors.destination"},
		{"ICMP error", "icmp.errors"},
		{"quoted IP checksum", "icmp.errors"},
		{"echo replies", "icmp.echo"},
	};
	const struct setting *s = NULL;

	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]) && s == NULL; i++)
		if (strstr(why, places[i].words) != NULL)
			s = last_under(all, places[i].group);
	return s;
}

/* The last look at the block as a whole, with the engine's own eyes. */
static int
check_all(const struct settings *all, yaml_node_t *root)
{
	const struct setting *s;
	const char *why;

	if (mien_personality_validate(&all->r->p->block, &why) == 0)
		return 0;
	s = culprit(all, why);
	return FAIL_AT(all->r, s ? s->node : root, "%s%sthe values do not fit together: %s", s ? s->key : "",
		s ? ": " : "", why);
}

int
settings_read(struct reader *r, yaml_node_t *root, yaml_node_t *evidence)
{
	struct settings all = {.r = r, .evidence = evidence};
	int result = 0;

	for (const yaml_node_pair_t *pair = root->data.mapping.pairs.start;
		pair < root->data.mapping.pairs.top && result == 0; pair++) {
		yaml_node_t *key = node_at(r, pair->key);
		char path[PATH_CAP];

		if (meta_key((const char *)key->data.scalar.value))
			continue;
		if (snprintf(path, sizeof(path), "%s", (const char *)key->data.scalar.value) >=
			PATH_CAP)
			result = FAIL_AT(r, key, "unknown key: it is too long");
		else
			result = visit(&all, path, key, node_at(r, pair->value));
	}
	if (result == 0)
		result = apply_all(&all);
	if (result == 0)
		result = check_all(&all, root);
	free(all.at);
	return result;
}

int
settings_one(struct reader *r, const char *key, yaml_node_t *node)
{
	struct settings all = {.r = r};
	int result;

	if (strncmp(key, "tcp.answers.", 12) == 0) {
		result = answers_one(r, key + 12, node);
	} else {
		result = visit(&all, key, node, node);
		if (result == 0)
			result = apply_all(&all);
	}
	if (result == 0)
		result = check_all(&all, node);
	free(all.at);
	return result;
}
