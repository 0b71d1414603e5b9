/* SPDX-License-Identifier: BSD-3-Clause */
/* The profile as an object: making, copying, releasing, asking. */
#include "profile_int.h"
#include "registry.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

_Static_assert(sizeof(knobs[0]) > 0 && KNOB_MAX <= 65535, "knobs are counted in 16 bits");

struct mien_profile *
profile_new(void)
{
	struct mien_profile *p = aligned_alloc(64, (sizeof(*p) + 63) / 64 * 64);

	if (p == NULL || knob_count > KNOB_MAX) {
		free(p);
		return NULL;
	}
	memset(p, 0, sizeof(*p));
	mien_personality_init_plain(&p->block);
	p->refs = 1;
	p->depth = 1;
	snprintf(p->lineage[0], sizeof(p->lineage[0]), "%s", p->block.name);
	return p;
}

int
pairs_add(struct pairs *list, const char *a, const char *b)
{
	struct pair *at = realloc(list->at, (list->count + 1) * sizeof(*at));
	struct pair new = {strdup(a), strdup(b)};

	if (at != NULL)
		list->at = at;
	if (at == NULL || new.a == NULL || new.b == NULL) {
		free(new.a);
		free(new.b);
		return MIEN_ENOMEM;
	}
	list->at[list->count++] = new;
	return 0;
}

static void
pairs_free(struct pairs *list)
{
	for (size_t i = 0; i < list->count; i++) {
		free(list->at[i].a);
		free(list->at[i].b);
	}
	free(list->at);
}

static int
pairs_copy(struct pairs *to, const struct pairs *from)
{
	memset(to, 0, sizeof(*to));
	for (size_t i = 0; i < from->count; i++)
		if (pairs_add(to, from->at[i].a, from->at[i].b) != 0)
			return MIEN_ENOMEM;
	return 0;
}

struct mien_profile *
profile_copy(const struct mien_profile *p)
{
	struct mien_profile *copy = profile_new();

	if (copy == NULL)
		return NULL;
	*copy = *p;
	copy->refs = 1;
	copy->evidence = copy->expect = (struct pairs){NULL, 0};
	if (pairs_copy(&copy->evidence, &p->evidence) != 0 ||
		pairs_copy(&copy->expect, &p->expect) != 0) {
		mien_profile_unref(copy);
		return NULL;
	}
	return copy;
}

struct mien_profile *
mien_profile_ref(struct mien_profile *p)
{
	p->refs++;
	return p;
}

void
mien_profile_unref(struct mien_profile *p)
{
	if (p == NULL || --p->refs > 0)
		return;
	pairs_free(&p->evidence);
	pairs_free(&p->expect);
	free(p);
}

const struct mien_personality *
mien_profile_personality(const struct mien_profile *p)
{
	return &p->block;
}

const char *
mien_profile_name(const struct mien_profile *p)
{
	return p->block.name;
}

const char *
mien_profile_title(const struct mien_profile *p)
{
	return p->block.title;
}

const char *
mien_profile_parent(const struct mien_profile *p)
{
	return p->depth > 1 ? p->lineage[1] : "";
}

const char *
mien_profile_file(const struct mien_profile *p)
{
	return p->file;
}

bool
mien_profile_is_abstract(const struct mien_profile *p)
{
	return p->abstract;
}

static bool
pair_at(const struct pairs *list, size_t i, const char **a, const char **b)
{
	if (i >= list->count)
		return false;
	*a = list->at[i].a;
	*b = list->at[i].b;
	return true;
}

bool
mien_profile_evidence(
	const struct mien_profile *p, size_t i, const char **what, const char **source)
{
	return pair_at(&p->evidence, i, what, source);
}

bool
mien_profile_expect_at(const struct mien_profile *p, size_t i, const char **key, const char **value)
{
	return pair_at(&p->expect, i, key, value);
}

const char *
mien_profile_expect(const struct mien_profile *p, const char *key)
{
	for (size_t i = 0; i < p->expect.count; i++)
		if (strcmp(p->expect.at[i].a, key) == 0)
			return p->expect.at[i].b;
	return NULL;
}

bool
mien_profile_builtin(size_t i, struct mien_profile_info *info)
{
	if (i >= builtin_count)
		return false;
	*info = (struct mien_profile_info){
		builtins[i].name, builtins[i].title, builtins[i].parent, builtins[i].abstract};
	return true;
}

const char *
profile_source_name(const struct mien_profile *p, uint8_t source)
{
	if (source == SOURCE_DEFAULT || source == SOURCE_SET || source > p->depth)
		return "";
	return p->lineage[source - 1];
}
