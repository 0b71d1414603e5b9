/* SPDX-License-Identifier: BSD-3-Clause */
/* From a name, a file or text to a checked and compiled profile. */
#include "profile_int.h"
#include "registry.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FILE_MAX (1u << 20)

static const struct builtin *
builtin_named(const char *name)
{
	for (size_t i = 0; i < builtin_count; i++)
		if (strcmp(builtins[i].name, name) == 0)
			return &builtins[i];
	return NULL;
}

static bool
ends_in(const char *text, const char *end)
{
	size_t len = strlen(text), tail = strlen(end);

	return len >= tail && strcmp(text + len - tail, end) == 0;
}

static bool
is_path(const char *name)
{
	return strchr(name, '/') != NULL || ends_in(name, ".yaml") || ends_in(name, ".yml");
}

/* How many letters two names begin with alike. */
static size_t
alike(const char *a, const char *b)
{
	size_t n = 0;

	while (a[n] != '\0' && a[n] == b[n])
		n++;
	return n;
}

/* Names the built-in personalities that begin most like it; all of them when none does. */
static int
not_found(const char *name, struct mien_error *err)
{
	char list[400] = "";
	size_t most = 0;

	for (size_t i = 0; i < builtin_count; i++)
		if (!builtins[i].abstract && alike(builtins[i].name, name) > most)
			most = alike(builtins[i].name, name);
	for (size_t i = 0, n = 0; i < builtin_count && n < sizeof(list); i++)
		if (!builtins[i].abstract && alike(builtins[i].name, name) == most)
			n += (size_t)snprintf(list + n, sizeof(list) - n, "%s%s", n ? ", " : "",
				builtins[i].name);
	return profile_fail(err, MIEN_ENOENT, "", NULL,
		"no personality is called \"%.48s\"; the nearest are %s; or give a .yaml file", name,
		list);
}

/* The whole file; the caller frees it. */
static int
read_file(const char *path, char **text, size_t *len, struct mien_error *err)
{
	FILE *f = fopen(path, "rb");
	int result = 0;

	if (f == NULL)
		return profile_fail(err, errno == ENOENT ? MIEN_ENOENT : MIEN_EIO, path, NULL,
			"cannot be opened: %s", strerror(errno));
	*text = malloc(FILE_MAX + 1);
	if (*text == NULL) {
		fclose(f);
		return profile_fail(err, MIEN_ENOMEM, path, NULL, "out of memory");
	}
	*len = fread(*text, 1, FILE_MAX + 1, f);
	if (ferror(f))
		result = profile_fail(
			err, MIEN_EIO, path, NULL, "cannot be read: %s", strerror(errno));
	else if (*len > FILE_MAX)
		result = profile_fail(
			err, MIEN_EPARSE, path, NULL, "larger than 1 MiB: not a profile");
	fclose(f);
	if (result != 0)
		free(*text);
	return result;
}

static int
check_cycle(const char *name, const struct chain *chain, struct mien_error *err)
{
	for (unsigned int depth = 1; chain != NULL; chain = chain->outer, depth++)
		if (strcmp(chain->name, name) == 0 || depth > 2 * LINEAGE_MAX)
			return profile_fail(err, MIEN_EPARSE, "", NULL,
				"it leads back to itself; a parent has to stand on its own");
	return 0;
}

static int
out_of_memory(struct mien_error *err)
{
	return profile_fail(err, MIEN_ENOMEM, "", NULL, "out of memory");
}

/* The outermost asks for a profile, all others for a parent of it: a copy of what the library has. */
static bool
known_parent(const struct chain *self, struct mien_profile **out)
{
	const struct mien_profile *known = self->outer ? library_find(self->library, self->name) : NULL;

	*out = known ? profile_copy(known) : NULL;
	return *out != NULL;
}

/* What the library keeps stays as it was read; the child gets a copy. */
static int
keep_parent(const struct chain *self, struct mien_profile **out, struct mien_error *err)
{
	struct mien_profile *copy;

	if (!self->outer || !self->library)
		return 0;
	copy = profile_copy(*out);
	if (copy == NULL) {
		mien_profile_unref(*out);
		*out = NULL;
		return out_of_memory(err);
	}
	library_add(self->library, self->name, *out);
	mien_profile_unref(*out);
	*out = copy;
	return 0;
}

/* A file that cannot be resolved is not there: what opens it says so. */
static int
find_file(const char *path, const struct chain *chain, struct mien_profile **out,
	struct mien_error *err)
{
	char *text = NULL, *real = realpath(path, NULL);
	struct chain self = {real ? real : path, chain->name ? chain : NULL, chain->library};
	size_t len = 0;
	int result = check_cycle(self.name, self.outer, err);

	if (result == 0 && !known_parent(&self, out)) {
		result = read_file(path, &text, &len, err);
		if (result == 0) {
			result = profile_read(text, len, path, &self, out, err);
			free(text);
		}
		if (result == 0)
			result = keep_parent(&self, out, err);
	}
	free(real);
	return result;
}

static int
find_builtin(const char *name, const struct chain *chain, struct mien_profile **out,
	struct mien_error *err)
{
	const struct builtin *b = builtin_named(name);
	struct chain self = {name, chain->name ? chain : NULL, chain->library};
	int result = b == NULL ? not_found(name, err) : check_cycle(name, self.outer, err);

	if (result != 0 || known_parent(&self, out))
		return result;
	result = profile_read(b->text, b->len, "", &self, out, err);
	return result == 0 ? keep_parent(&self, out, err) : result;
}

/*
 * beside: the file a relative path starts from, "" for the working directory. chain: who asks; without a name nobody
 * does, and only its library counts.
 */
int
profile_find(const char *name, const char *beside, const struct chain *chain,
	struct mien_profile **out, struct mien_error *err)
{
	const char *slash = strrchr(beside, '/');
	char path[512];

	if (is_path(name)) {
		int dir = name[0] == '/' || slash == NULL ? 0 : (int)(slash - beside) + 1;

		if (snprintf(path, sizeof(path), "%.*s%s", dir, beside, name) >= (int)sizeof(path))
			return profile_fail(err, MIEN_EINVAL, "", NULL, "the path is too long");
		return find_file(path, chain, out, err);
	}
	if (strcmp(name, "plain") == 0) {
		*out = profile_new();
		return *out ? 0 : out_of_memory(err);
	}
	return find_builtin(name, chain, out, err);
}

/* The parent's values become the child's, one step further away. */
static int
adopt(struct reader *r, yaml_node_t *node)
{
	struct mien_profile *p = r->p;

	if (p->depth == LINEAGE_MAX)
		return FAIL_AT(r, node, "inherits: more than %d generations", LINEAGE_MAX - 1);
	memmove(p->lineage[1], p->lineage[0], sizeof(p->lineage[0]) * p->depth);
	p->depth++;
	for (size_t i = 0; i < KNOB_MAX; i++)
		p->source[i] = (uint8_t)(p->source[i] + (p->source[i] != SOURCE_DEFAULT));
	for (unsigned int s = 0; s < MIEN_TCP_STATE_COUNT; s++)
		for (unsigned int f = 0; f < 64; f++)
			p->answer_source[s][f] =
				(uint8_t)(p->answer_source[s][f] + (p->answer_source[s][f] != 0));
	return 0;
}

static int
inherit(struct reader *r, yaml_node_t *root)
{
	yaml_node_t *node = mapping_get(r, root, "inherits");
	const char *parent = node ? scalar_at(r, node, "inherits") : NULL;
	struct mien_error inner = {0};
	int result;

	if (node == NULL) {
		r->p = profile_new();
		return r->p ? 0 : out_of_memory(r->err);
	}
	if (parent == NULL)
		return MIEN_EPARSE;
	result = profile_find(parent, r->file, r->chain, &r->p, &inner);
	if (result != 0 && (inner.line != 0 || inner.err == MIEN_ENOMEM)) {
		if (r->err != NULL)
			*r->err = inner;
		return result;
	}
	if (result != 0)
		return FAIL_AT(r, node, "inherits: %.40s: %.400s", parent, inner.text);
	return adopt(r, node);
}

static int
read_document(struct reader *r)
{
	yaml_node_t *root = yaml_document_get_root_node(r->doc);
	int result = mapping_check(r, root, "a profile");

	if (result != 0)
		return result;
	result = inherit(r, root);
	if (result == 0)
		result = meta_head(r, root);
	if (result == 0)
		result = meta_tail(r, root);
	if (result == 0)
		result = settings_read(r, root, mapping_get(r, root, "evidence"));
	return result;
}

int
profile_read(const char *text, size_t len, const char *file, const struct chain *chain,
	struct mien_profile **out, struct mien_error *err)
{
	yaml_document_t doc;
	struct reader r = {
		.doc = &doc, .file = file, .source = SOURCE_SELF, .chain = chain, .err = err};
	int result;

	*out = NULL;
	result = yaml_text_load(&doc, text, len, file, err);
	if (result != 0)
		return result;
	result = read_document(&r);
	yaml_document_delete(&doc);
	if (result != 0) {
		mien_profile_unref(r.p);
		return result;
	}
	snprintf(r.p->file, sizeof(r.p->file), "%s", file);
	*out = r.p;
	return 0;
}

int
mien_profile_library_load(struct mien_profile_library *library, const char *name_or_path,
	struct mien_profile **out, struct mien_error *err)
{
	const struct chain nobody = {.library = library};

	*out = NULL;
	return profile_find(name_or_path, "", &nobody, out, err);
}

int
mien_profile_load(const char *name_or_path, struct mien_profile **out, struct mien_error *err)
{
	*out = NULL;
	return mien_profile_library_load(NULL, name_or_path, out, err);
}

int
mien_profile_parse(const char *text, size_t len, const char *file, struct mien_profile **out,
	struct mien_error *err)
{
	char *real = file ? realpath(file, NULL) : NULL;
	struct chain self = {.name = real ? real : ""};
	int result = profile_read(text, len, file ? file : "", &self, out, err);

	free(real);
	return result;
}

/* KEY of KEY=VALUE; the length of it, 0 where there is none. */
static size_t
key_of(const char *assignment, char *key, size_t cap)
{
	const char *equals = strchr(assignment, '=');

	if (equals == NULL || equals == assignment || equals - assignment >= (int)cap)
		return 0;
	snprintf(key, cap, "%.*s", (int)(equals - assignment), assignment);
	return (size_t)(equals - assignment);
}

int
mien_profile_set(struct mien_profile **p, const char *assignment, struct mien_error *err)
{
	yaml_document_t doc;
	struct reader r = {.doc = &doc, .file = "--set", .source = SOURCE_SET, .err = err};
	char key[96];
	size_t len = key_of(assignment, key, sizeof(key));
	int result;

	if (len == 0)
		return profile_fail(err, MIEN_EINVAL, "--set", NULL,
			"\"%.80s\" is not KEY=VALUE; write ip.ttl=64", assignment);
	result = yaml_text_load(
		&doc, assignment + len + 1, strlen(assignment + len + 1), "--set", err);
	if (result != 0)
		return result;
	r.p = profile_copy(*p);
	if (r.p == NULL)
		result = profile_fail(err, MIEN_ENOMEM, "--set", NULL, "out of memory");
	if (result == 0)
		result = settings_one(&r, key, yaml_document_get_root_node(&doc));
	yaml_document_delete(&doc);
	if (result != 0) {
		mien_profile_unref(r.p);
		return result;
	}
	mien_profile_unref(*p);
	*p = r.p;
	return 0;
}
