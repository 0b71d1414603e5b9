/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Heap copies of exactly the length given, so that AddressSanitizer sees a read of one byte too
 * many. They live until exact_free_all(), which a suite gives as its `after`.
 */
#ifndef TESTS_EXACT_H
#define TESTS_EXACT_H

#include <stddef.h>
#include <stdint.h>

struct exact {
	uint8_t *p;
	size_t len;
};

/* A copy of len bytes; len 0 gives a pointer at the end of its block. */
struct exact exact_copy(const void *bytes, size_t len);

/* From hexadecimal digits; anything else between them is skipped. */
struct exact exact_hex(const char *digits);

/* The first len bytes of another one. */
struct exact exact_cut(struct exact e, size_t len);

void exact_free_all(void);

#endif
