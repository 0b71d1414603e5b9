/* SPDX-License-Identifier: BSD-3-Clause */
#include "exact.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct block {
	struct block *next;
	uint8_t *base;
};

static struct block *blocks;

static uint8_t *
block_new(size_t len)
{
	struct block *b = malloc(sizeof(*b));

	if (b == NULL || (b->base = malloc(len ? len : 1)) == NULL) {
		perror("exact");
		abort();
	}
	b->next = blocks;
	blocks = b;
	return b->base + (len == 0);
}

struct exact
exact_copy(const void *bytes, size_t len)
{
	struct exact e = {block_new(len), len};

	if (len)
		memcpy(e.p, bytes, len);
	return e;
}

static int
digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return -1;
}

struct exact
exact_hex(const char *digits)
{
	uint8_t bytes[2048] = {0};
	size_t n = 0;

	for (; *digits && n < 2 * sizeof(bytes); digits++) {
		int d = digit(*digits);

		if (d < 0)
			continue;
		bytes[n / 2] = (uint8_t)(bytes[n / 2] << 4 | d);
		n++;
	}
	return exact_copy(bytes, n / 2);
}

struct exact
exact_cut(struct exact e, size_t len)
{
	return exact_copy(e.p, len < e.len ? len : e.len);
}

void
exact_free_all(void)
{
	while (blocks) {
		struct block *b = blocks;

		blocks = b->next;
		free(b->base);
		free(b);
	}
}
