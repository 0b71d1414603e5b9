/* SPDX-License-Identifier: BSD-3-Clause */
/* Parents that were read for one set of profiles, so that each is read once. */
#include "profile_int.h"

#include <stdlib.h>
#include <string.h>

struct mien_profile_library {
	struct known {
		char *name; /* of a built-in one, or the real path of a file */
		struct mien_profile *profile;
	} *at;
	size_t count;
};

struct mien_profile_library *
mien_profile_library_new(void)
{
	return calloc(1, sizeof(struct mien_profile_library));
}

void
mien_profile_library_free(struct mien_profile_library *library)
{
	if (library == NULL)
		return;
	for (size_t i = 0; i < library->count; i++) {
		free(library->at[i].name);
		mien_profile_unref(library->at[i].profile);
	}
	free(library->at);
	free(library);
}

/* Few: a set of thousands has a handful of parents. */
const struct mien_profile *
library_find(const struct mien_profile_library *library, const char *name)
{
	for (size_t i = 0; library != NULL && i < library->count; i++)
		if (strcmp(library->at[i].name, name) == 0)
			return library->at[i].profile;
	return NULL;
}

void
library_add(struct mien_profile_library *library, const char *name, struct mien_profile *profile)
{
	struct known *at, new = {strdup(name), profile};

	if (new.name == NULL)
		return;
	at = realloc(library->at, (library->count + 1) * sizeof(*at));
	if (at == NULL) {
		free(new.name);
		return;
	}
	library->at = at;
	library->at[library->count++] = new;
	mien_profile_ref(profile);
}
