/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Profiles from any bytes: the reader refuses them with a message, or gives a block that the engine takes and that
 * reads back from its own text.
 */
#include <mien/profile.h>

#include <assert.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct text {
	char *at;
	size_t len;
};

static void
append(void *arg, const char *piece, size_t len)
{
	struct text *t = arg;

	t->at = realloc(t->at, t->len + len);
	assert(t->at != NULL);
	memcpy(t->at + t->len, piece, len);
	t->len += len;
}

static void
check_reads_back(const struct mien_profile *p)
{
	struct mien_profile *again = NULL;
	struct text text = {NULL, 0};
	struct mien_sink sink = {append, &text};

	mien_profile_write(p, &sink);
	assert(mien_profile_parse(text.at, text.len, "written", &again, NULL) == 0);
	assert(memcmp(mien_profile_personality(p), mien_profile_personality(again), sizeof(struct mien_personality)) == 0);
	mien_profile_unref(again);
	free(text.at);
}

/* The first line as an assignment to a built-in profile. */
static void
check_assignment(const uint8_t *data, size_t size)
{
	const uint8_t *end = size ? memchr(data, '\n', size) : NULL;
	size_t len = end ? (size_t)(end - data) : size;
	static struct mien_profile *base; /* one for all runs */
	struct mien_profile *p;
	char line[512];

	if (len >= sizeof(line) || (base == NULL && mien_profile_load("macos", &base, NULL) != 0))
		return;
	p = mien_profile_ref(base);
	memcpy(line, data, len);
	line[len] = '\0';
	if (mien_profile_set(&p, line, NULL) == 0)
		check_reads_back(p);
	mien_profile_unref(p);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct mien_profile *p;
	struct mien_error err;

	check_assignment(data, size);
	if (mien_profile_parse((const char *)data, size, "", &p, &err) != 0) {
		assert(p == NULL && err.err < 0 && err.text[0] != '\0');
		return 0;
	}
	assert(mien_personality_validate(mien_profile_personality(p), NULL) == 0);
	check_reads_back(p);
	mien_profile_unref(p);
	return 0;
}
