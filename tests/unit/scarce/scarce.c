/* SPDX-License-Identifier: BSD-3-Clause */
#include "scarce.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The linker puts these in place of the C library's, for what is linked statically: our own code. */
void *__real_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t size);
void *__real_aligned_alloc(size_t align, size_t size);
char *__real_strdup(const char *text);
FILE *__real_open_memstream(char **text, size_t *size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t size);
void *__wrap_aligned_alloc(size_t align, size_t size);
char *__wrap_strdup(const char *text);
FILE *__wrap_open_memstream(char **text, size_t *size);

static uint64_t left = UINT64_MAX;
static bool missed;

void
scarce_fail(uint64_t n)
{
	left = n;
	missed = false;
}

bool
scarce_end(void)
{
	left = UINT64_MAX;
	return missed;
}

/* One fails, those behind it do not: an error path that allocates is seen, too. */
static bool
fails(void)
{
	if (left == UINT64_MAX || left-- > 0)
		return false;
	left = UINT64_MAX;
	missed = true;
	return true;
}

void *
__wrap_malloc(size_t size)
{
	return fails() ? NULL : __real_malloc(size);
}

void *
__wrap_calloc(size_t n, size_t size)
{
	return fails() ? NULL : __real_calloc(n, size);
}

void *
__wrap_realloc(void *p, size_t size)
{
	return fails() ? NULL : __real_realloc(p, size);
}

void *
__wrap_aligned_alloc(size_t align, size_t size)
{
	return fails() ? NULL : __real_aligned_alloc(align, size);
}

char *
__wrap_strdup(const char *text)
{
	return fails() ? NULL : __real_strdup(text);
}

FILE *
__wrap_open_memstream(char **text, size_t *size)
{
	return fails() ? NULL : __real_open_memstream(text, size);
}
