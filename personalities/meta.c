/* SPDX-License-Identifier: BSD-3-Clause */
/* What a profile says about itself: name, title, parent, evidence, expectations. */
#include "profile_int.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool
meta_key(const char *key)
{
	static const char *const keys[] = {
		"name", "title", "inherits", "abstract", "evidence", "expect"};

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (strcmp(keys[i], key) == 0)
			return true;
	return false;
}

/* The name is what -p takes: it must not look like a path or need quotes. */
static bool
good_name(const char *text)
{
	return text[0] != '\0' &&
	       strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789.-") == strlen(text) &&
	       text[0] != '.';
}

static const char *
required(struct reader *r, yaml_node_t *root, const char *key, size_t cap)
{
	yaml_node_t *node = mapping_get(r, root, key);
	const char *text;

	if (node == NULL) {
		FAIL_AT(r, root, "%s: is missing", key);
		return NULL;
	}
	text = scalar_at(r, node, key);
	if (text != NULL && (text[0] == '\0' || strlen(text) >= cap)) {
		FAIL_AT(r, node, "%s: must have 1 to %zu bytes", key, cap - 1);
		return NULL;
	}
	return text;
}

static int
read_abstract(struct reader *r, yaml_node_t *root)
{
	yaml_node_t *node = mapping_get(r, root, "abstract");
	const char *text = node ? scalar_at(r, node, "abstract") : "off";

	r->p->abstract = false;
	if (text == NULL)
		return MIEN_EPARSE;
	if (strcmp(text, "on") == 0 || strcmp(text, "yes") == 0 || strcmp(text, "true") == 0)
		r->p->abstract = true;
	else if (strcmp(text, "off") != 0 && strcmp(text, "no") != 0 && strcmp(text, "false") != 0)
		return FAIL_AT(
			r, node, "abstract: \"%.40s\" cannot stand here; expected on or off", text);
	return 0;
}

int
meta_head(struct reader *r, yaml_node_t *root)
{
	const char *name = required(r, root, "name", sizeof(r->p->block.name)), *title;

	if (name == NULL)
		return MIEN_EPARSE;
	if (!good_name(name))
		return FAIL_AT(r, mapping_get(r, root, "name"),
			"name: \"%s\" cannot be a name; use lower-case letters, digits, '-' and "
			"'.'",
			name);
	title = required(r, root, "title", sizeof(r->p->block.title));
	if (title == NULL)
		return MIEN_EPARSE;
	memset(r->p->block.name, 0, sizeof(r->p->block.name));
	memset(r->p->block.title, 0, sizeof(r->p->block.title));
	snprintf(r->p->block.name, sizeof(r->p->block.name), "%s", name);
	snprintf(r->p->block.title, sizeof(r->p->block.title), "%s", title);
	snprintf(r->p->lineage[0], sizeof(r->p->lineage[0]), "%s", name);
	return read_abstract(r, root);
}

static bool
covers(const char *prefix, const char *key)
{
	size_t len = strlen(prefix);

	return strncmp(prefix, key, len) == 0 && (key[len] == '\0' || key[len] == '.');
}

/* An entry without keys: speaks for everything. */
bool
evidence_covers(const struct reader *r, yaml_node_t *evidence, const char *key)
{
	for (const yaml_node_item_t *i = evidence->data.sequence.items.start;
		i < evidence->data.sequence.items.top; i++) {
		yaml_node_t *keys = mapping_get(r, node_at(r, *i), "keys");

		if (keys == NULL)
			return true;
		for (const yaml_node_item_t *k = keys->data.sequence.items.start;
			k < keys->data.sequence.items.top; k++)
			if (covers((const char *)node_at(r, *k)->data.scalar.value, key))
				return true;
	}
	return false;
}

static int
check_keys(struct reader *r, yaml_node_t *keys)
{
	if (keys->type != YAML_SEQUENCE_NODE)
		return FAIL_AT(r, keys, "evidence: keys: expected a list of keys, [ip, tcp.syn]");
	for (const yaml_node_item_t *k = keys->data.sequence.items.start;
		k < keys->data.sequence.items.top; k++) {
		yaml_node_t *node = node_at(r, *k);
		const char *text = scalar_at(r, node, "evidence: keys");

		if (text == NULL)
			return MIEN_EPARSE;
		if (knob_find(text) == NULL && !knob_is_group(text) &&
			strcmp(text, "tcp.answers") != 0)
			return FAIL_AT(r, node,
				"evidence: keys: %.60s is neither a key nor a group of keys", text);
	}
	return 0;
}

static int
read_evidence_entry(struct reader *r, yaml_node_t *entry)
{
	const char *text[2] = {NULL, NULL};
	int result = mapping_check(r, entry, "evidence");

	for (const yaml_node_pair_t *pair = entry->data.mapping.pairs.start;
		result == 0 && pair < entry->data.mapping.pairs.top; pair++) {
		yaml_node_t *key = node_at(r, pair->key), *value = node_at(r, pair->value);
		const char *name = (const char *)key->data.scalar.value;
		int which = strcmp(name, "what") == 0 ? 0 : strcmp(name, "source") == 0 ? 1 : -1;

		if (strcmp(name, "keys") == 0) {
			result = check_keys(r, value);
		} else if (which < 0) {
			result = FAIL_AT(r, key,
				"evidence: unknown key %.40s; an entry has what, keys, source",
				name);
		} else {
			text[which] = scalar_at(r, value, "evidence");
			result = text[which] == NULL ? MIEN_EPARSE : 0;
		}
	}
	if (result == 0 && (text[0] == NULL || text[1] == NULL || !text[0][0] || !text[1][0]))
		result = FAIL_AT(r, entry, "evidence: an entry needs what: and source:");
	if (result == 0 && pairs_add(&r->p->evidence, text[0], text[1]) != 0)
		result = profile_fail(r->err, MIEN_ENOMEM, r->file, NULL, "out of memory");
	return result;
}

/* Puts the entries added since the first `before` ones in front of them. */
static void
rotate(struct pairs *list, size_t before)
{
	for (size_t i = before; i < list->count; i++) {
		struct pair moved = list->at[i];

		memmove(&list->at[i - before + 1], &list->at[i - before], before * sizeof(moved));
		list->at[i - before] = moved;
	}
}

static int
read_evidence(struct reader *r, yaml_node_t *root)
{
	yaml_node_t *list = mapping_get(r, root, "evidence");
	size_t parents = r->p->evidence.count;

	if (list == NULL)
		return FAIL_AT(r, root,
			"evidence: is missing; say where the values come from: evidence: [{what: "
			"\"SYN\", source: \"capture ...\"}]");
	if (list->type != YAML_SEQUENCE_NODE ||
		list->data.sequence.items.start == list->data.sequence.items.top)
		return FAIL_AT(r, list, "evidence: expected a list of {what: , source: }");
	for (const yaml_node_item_t *i = list->data.sequence.items.start;
		i < list->data.sequence.items.top; i++)
		if (read_evidence_entry(r, node_at(r, *i)) != 0)
			return MIEN_EPARSE;
	rotate(&r->p->evidence, parents);
	return 0;
}

int
meta_tail(struct reader *r, yaml_node_t *root)
{
	int result = read_evidence(r, root);

	return result == 0 ? expect_read(r, root) : result;
}
