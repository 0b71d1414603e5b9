/* SPDX-License-Identifier: BSD-3-Clause */
/* What the targets that make texts share. */
#ifndef TESTS_FUZZ_FUZZ_TEXT_H
#define TESTS_FUZZ_FUZZ_TEXT_H

#include <mien/profile.h>

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define FUZZ_TEXT_CAP 65536

/* A sink without allocations; what does not fit counts, so that nothing is taken for whole that is not. */
struct fuzz_text {
	size_t len;
	char at[FUZZ_TEXT_CAP];
};

static inline void
fuzz_text_put(void *arg, const char *piece, size_t len)
{
	struct fuzz_text *t = arg;

	assert(t->len + len < FUZZ_TEXT_CAP);
	memcpy(t->at + t->len, piece, len);
	t->len += len;
}

/* Costly checks run once in n, decided by the input. */
static inline uint32_t
fuzz_sum(const void *data, size_t size)
{
	const uint8_t *p = data;
	uint32_t sum = 0;

	for (size_t i = 0; i < size; i++)
		sum = sum * 31 + p[i];
	return sum >> 8;
}

#endif
