/* SPDX-License-Identifier: BSD-3-Clause */
/* libyaml's document as values, with the place of each in messages. */
#include "profile_int.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define KEYS_MAX 1000 /* of one mapping; keeps the search for duplicates short */

int
profile_fail(struct mien_error *err, int code, const char *file, const yaml_node_t *node,
	const char *format, ...)
{
	va_list args;

	if (err == NULL)
		return code;
	memset(err, 0, sizeof(*err));
	err->err = code;
	if (node != NULL) {
		err->line = (unsigned int)node->start_mark.line + 1;
		err->column = (unsigned int)node->start_mark.column + 1;
	}
	snprintf(err->file, sizeof(err->file), "%s", file ? file : "");
	va_start(args, format);
	vsnprintf(err->text, sizeof(err->text), format, args);
	va_end(args);
	return code;
}

static int
syntax_error(const yaml_parser_t *parser, const char *file, struct mien_error *err)
{
	const char *what = parser->problem ? parser->problem : "it cannot be read";
	int code = parser->error == YAML_MEMORY_ERROR ? MIEN_ENOMEM : MIEN_EPARSE;

	(void)profile_fail(err, code, file, NULL, "not YAML: %s", what);
	if (err != NULL) {
		err->line = (unsigned int)parser->problem_mark.line + 1;
		err->column = (unsigned int)parser->problem_mark.column + 1;
	}
	return code;
}

/* Loads the first document and makes sure that it has content and that none follows. */
static int
load_only(yaml_parser_t *parser, yaml_document_t *doc, const char *file, struct mien_error *err)
{
	yaml_document_t more;
	yaml_node_t *root;
	int result = 0;

	if (!yaml_parser_load(parser, doc))
		return syntax_error(parser, file, err);
	root = yaml_document_get_root_node(doc);
	if (root == NULL) {
		result = profile_fail(err, MIEN_EPARSE, file, NULL,
			"the file is empty; write name:, title: and evidence:");
	} else if (!yaml_parser_load(parser, &more)) {
		result = syntax_error(parser, file, err);
	} else {
		if (yaml_document_get_root_node(&more) != NULL)
			result = profile_fail(err, MIEN_EPARSE, file,
				yaml_document_get_root_node(&more),
				"a second document begins here; one file is one profile");
		yaml_document_delete(&more);
	}
	if (result != 0)
		yaml_document_delete(doc);
	return result;
}

int
yaml_text_load(yaml_document_t *doc, const char *text, size_t len, const char *file,
	struct mien_error *err)
{
	yaml_parser_t parser;
	int result;

	if (!yaml_parser_initialize(&parser))
		return profile_fail(err, MIEN_ENOMEM, file, NULL, "out of memory");
	yaml_parser_set_input_string(&parser, (const unsigned char *)text, len);
	yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
	result = load_only(&parser, doc, file, err);
	yaml_parser_delete(&parser);
	return result;
}

yaml_node_t *
node_at(const struct reader *r, int id)
{
	return yaml_document_get_node(r->doc, id);
}

const char *
scalar_at(const struct reader *r, yaml_node_t *node, const char *what)
{
	const char *text;

	if (node->type != YAML_SCALAR_NODE) {
		FAIL_AT(r, node, "%s: expected one value, got a %s", what,
			node->type == YAML_MAPPING_NODE ? "mapping" : "list");
		return NULL;
	}
	text = (const char *)node->data.scalar.value;
	for (size_t i = 0; i < node->data.scalar.length; i++) {
		if ((unsigned char)text[i] < ' ') {
			FAIL_AT(r, node,
				"%s: the value holds a control character; keep it on one line",
				what);
			return NULL;
		}
	}
	return text;
}

int
mapping_check(const struct reader *r, yaml_node_t *map, const char *what)
{
	const yaml_node_pair_t *first, *pair;

	if (map->type != YAML_MAPPING_NODE)
		return FAIL_AT(r, map, "%s: expected a mapping, {key: value}", what);
	first = map->data.mapping.pairs.start;
	if (map->data.mapping.pairs.top - first > KEYS_MAX)
		return FAIL_AT(r, map, "%s: more than %d keys", what, KEYS_MAX);
	for (pair = first; pair < map->data.mapping.pairs.top; pair++) {
		yaml_node_t *key = node_at(r, pair->key);
		const char *text = scalar_at(r, key, "a key");

		if (text == NULL)
			return MIEN_EPARSE;
		for (const yaml_node_pair_t *before = first; before < pair; before++) {
			const yaml_node_t *other = node_at(r, before->key);

			if (strcmp((const char *)other->data.scalar.value, text) == 0)
				return FAIL_AT(r, key,
					"%s stands here twice (first in line %zu); remove one",
					text, other->start_mark.line + 1);
		}
	}
	return 0;
}

yaml_node_t *
mapping_get(const struct reader *r, yaml_node_t *map, const char *key)
{
	if (map->type != YAML_MAPPING_NODE)
		return NULL;
	for (const yaml_node_pair_t *pair = map->data.mapping.pairs.start;
		pair < map->data.mapping.pairs.top; pair++) {
		const yaml_node_t *node = node_at(r, pair->key);

		if (node->type == YAML_SCALAR_NODE &&
			strcmp((const char *)node->data.scalar.value, key) == 0)
			return node_at(r, pair->value);
	}
	return NULL;
}
