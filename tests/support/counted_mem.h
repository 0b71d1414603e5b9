/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A stack's own memory, counted: what it asked for, and how much of that is really there. Each region is a mapping
 * of its own, so a page that was never written is not resident.
 */
#ifndef TESTS_COUNTED_MEM_H
#define TESTS_COUNTED_MEM_H

#include <mien/stack.h>

#define COUNTED_REGIONS 64

struct counted_mem {
	uint64_t asked; /* bytes */
	unsigned regions;
	struct {
		void *p;
		size_t size;
	} region[COUNTED_REGIONS];
};

/* m is borrowed until the stack is destroyed; begins at zero. */
struct mien_mem counted_mem_ops(struct counted_mem *m);
/* Bytes of resident pages in all regions. */
uint64_t counted_mem_resident(const struct counted_mem *m);

#endif
