/* SPDX-License-Identifier: BSD-3-Clause */
/* A profile inside the room, and the reader that fills one from a YAML document. */
#ifndef PERSONALITIES_PROFILE_INT_H
#define PERSONALITIES_PROFILE_INT_H

#include <mien/profile.h>

#include "knobs.h"

#include <yaml.h>

#define KNOB_MAX 320
#define LINEAGE_MAX 8

/* Who set a value: 0 the plain host, 1 the profile, 2 its parent, ..., SOURCE_SET
 * mien_profile_set(). */
#define SOURCE_DEFAULT 0
#define SOURCE_SELF 1
#define SOURCE_SET 255

struct pair {
	char *a, *b;
};

/* A list of pairs of owned strings. */
struct pairs {
	struct pair *at;
	size_t count;
};

struct mien_profile {
	struct mien_personality block; /* first: its alignment */
	unsigned int refs;
	bool abstract;
	char file[256];
	char lineage[LINEAGE_MAX][48]; /* names: self, parent, ... */
	uint8_t depth;		       /* names in use */
	uint8_t source[KNOB_MAX];      /* by knob */
	uint8_t answer_source[MIEN_TCP_STATE_COUNT][64];
	struct pairs evidence; /* what, source */
	struct pairs expect;   /* key, value */
};

/* Files and names that are being loaded, innermost first: inherits must not lead back into it. */
struct chain {
	const char *name;
	const struct chain *outer;
	struct mien_profile_library *library; /* parents that were read before; NULL: none */
};

/* One document being read into p. */
struct reader {
	yaml_document_t *doc;
	const char *file;
	struct mien_profile *p;
	uint8_t source; /* what its settings are marked with */
	const struct chain *chain;
	struct mien_error *err; /* may be NULL */
};

/** Fills err unless it is NULL, at a node's place (node NULL: no place); always returns code. */
int profile_fail(struct mien_error *err, int code, const char *file, const yaml_node_t *node,
	const char *format, ...) __attribute__((format(printf, 5, 6)));
#define FAIL_AT(r, node, ...) profile_fail((r)->err, MIEN_EPARSE, (r)->file, node, __VA_ARGS__)

struct mien_profile *profile_new(void);
struct mien_profile *profile_copy(const struct mien_profile *p);
int pairs_add(struct pairs *list, const char *a, const char *b);
const char *profile_source_name(const struct mien_profile *p, uint8_t source);

/* load.c */
int profile_read(const char *text, size_t len, const char *file, const struct chain *chain,
	struct mien_profile **out, struct mien_error *err);
int profile_find(const char *name, const char *beside, const struct chain *chain,
	struct mien_profile **out, struct mien_error *err);

/* library.c: a parent that was read before, or NULL. Without memory it is not kept, and read again. */
const struct mien_profile *library_find(const struct mien_profile_library *library, const char *name);
/* Keeps a reference. */
void library_add(struct mien_profile_library *library, const char *name, struct mien_profile *profile);

/* yaml.c: the document as values. NULL, or a negative number, and a message, where it is something
 * else. */
int yaml_text_load(yaml_document_t *doc, const char *text, size_t len, const char *file,
	struct mien_error *err);
yaml_node_t *node_at(const struct reader *r, int id);
const char *scalar_at(const struct reader *r, yaml_node_t *node, const char *what);
/** Every key of the mapping is a scalar and stands there once. */
int mapping_check(const struct reader *r, yaml_node_t *map, const char *what);
yaml_node_t *mapping_get(const struct reader *r, yaml_node_t *map, const char *key);

/* settings.c: knobs. */
int settings_read(struct reader *r, yaml_node_t *root, yaml_node_t *evidence);
int settings_one(struct reader *r, const char *key, yaml_node_t *node);

/* lists.c: knobs whose value is a list. */
int list_read(struct reader *r, const struct knob *k, yaml_node_t *node, const char *key);
/** A list of layout words; sack: it must end in sack. */
int layout_list_read(
	struct reader *r, yaml_node_t *node, const char *key, bool sack, struct mien_opt_template *t);
/** Fills the layouts of a SYN-ACK that the document did not give, and what is offered and accepted.
 */
void layouts_complete(struct reader *r, const bool *touched);

/* cases.c */
int cases_read(struct reader *r, yaml_node_t *list, const char *key);

/* meta.c: name, title, evidence, expectations. */
bool meta_key(const char *key);
int meta_head(struct reader *r, yaml_node_t *root);
int meta_tail(struct reader *r, yaml_node_t *root);
/** Whether some evidence entry speaks for the key. */
bool evidence_covers(const struct reader *r, yaml_node_t *evidence, const char *key);

/* expectations.c */
int expect_read(struct reader *r, yaml_node_t *root);

/* answers.c */
int answers_read(struct reader *r, yaml_node_t *map);
int answers_one(struct reader *r, const char *key, yaml_node_t *node);
/** Calls line(arg, key, value, source) for each rule that together give the table. */
void answers_each(const struct mien_profile *p,
	void (*line)(void *arg, const char *key, const char *value, uint8_t source), void *arg);

/* deck.c: five increments with that greatest common divisor, rate and spread; -1 where there are
 * none. */
int deck_compute(uint32_t gcd, uint32_t isr, uint32_t sp, uint32_t deck[5]);
uint32_t gcd2(uint32_t a, uint32_t b);

/* text.c */
void put(const struct mien_sink *out, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/** A scalar as it must stand in YAML. */
void put_scalar(const struct mien_sink *out, const char *text);

#endif
