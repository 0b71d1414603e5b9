/* SPDX-License-Identifier: BSD-3-Clause */
/* The personalities of this process. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <mien/profile.h>

#include "cli.h"
#include "fnv.h"
#include "wear.h"

struct worn_profile {
	struct worn_profile *next;
	struct mien_profile *profile;
	char key[]; /* name and knobs */
};

#define BUCKETS 4096

static struct worn_profile *loaded[BUCKETS]; /* by the hash of their key */
static struct mien_profile_library *library; /* parents, until the hosts of the start are there */

static struct worn_profile **
bucket_of(const char *key)
{
	return &loaded[fnv_text(FNV_START, key) % BUCKETS];
}

static int
status_of(int err)
{
	return err == MIEN_EPERM ? STATUS_PERMISSION : STATUS_USAGE;
}

static char *
make_key(const char *name, const char *const *sets, unsigned n_sets)
{
	size_t len = strlen(name) + 1;
	char *key, *at;

	for (unsigned i = 0; i < n_sets; i++)
		len += strlen(sets[i]) + 1;
	key = malloc(len);
	if (!key)
		return NULL;
	at = stpcpy(key, name);
	for (unsigned i = 0; i < n_sets; i++) {
		*at++ = '\n';
		at = stpcpy(at, sets[i]);
	}
	return key;
}

static struct mien_profile *
load(const char *name, const char *const *sets, unsigned n_sets, int *status)
{
	struct mien_profile *profile;
	struct mien_error error = {0};
	int err = mien_profile_library_load(library, name, &profile, &error);

	for (unsigned i = 0; err == MIEN_OK && i < n_sets; i++) {
		err = mien_profile_set(&profile, sets[i], &error);
		if (err != MIEN_OK)
			mien_profile_unref(profile);
	}
	if (err == MIEN_OK)
		return profile;
	*status = cli_mien_error(status_of(err), &error);
	return NULL;
}

const struct mien_personality *
wear_load(const char *name, const char *const *sets, unsigned n_sets, int *status)
{
	char *key = make_key(name, sets, n_sets);
	struct worn_profile *w;

	*status = STATUS_FINE;
	for (w = key ? *bucket_of(key) : NULL; w; w = w->next)
		if (strcmp(w->key, key) == 0) {
			free(key);
			return mien_profile_personality(w->profile);
		}
	w = key ? malloc(sizeof(*w) + strlen(key) + 1) : NULL;
	if (!w) {
		free(key);
		*status = cli_error(STATUS_PORT, "out of memory");
		return NULL;
	}
	strcpy(w->key, key);
	free(key);
	w->profile = load(name, sets, n_sets, status);
	if (!w->profile) {
		free(w);
		return NULL;
	}
	w->next = *bucket_of(w->key);
	*bucket_of(w->key) = w;
	return mien_profile_personality(w->profile);
}

void
wear_begin(void)
{
	library = mien_profile_library_new(); /* without one parents are read again */
}

void
wear_settle(void)
{
	mien_profile_library_free(library);
	library = NULL;
}

void
wear_forget(void)
{
	wear_settle();
	for (unsigned i = 0; i < BUCKETS; i++)
		while (loaded[i]) {
			struct worn_profile *w = loaded[i];

			loaded[i] = w->next;
			mien_profile_unref(w->profile);
			free(w);
		}
}
