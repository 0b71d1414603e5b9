/* SPDX-License-Identifier: BSD-3-Clause */
/* Where the big regions of pools and tables come from, taken once at creation. */
#ifndef MIEN_BASE_MEM_H
#define MIEN_BASE_MEM_H

#include <stddef.h>

#define CACHE_LINE 64

/*
 * The caller's allocator. alloc gives size bytes, all zero, aligned to align (a power of two), or
 * NULL; free takes them back with the same size.
 */
struct mem_ops {
	void *(*alloc)(void *ctx, size_t size, size_t align);
	void (*free)(void *ctx, void *p, size_t size);
	void *ctx;
};

/* Anonymous pages from the kernel: what is never written is never resident. */
extern const struct mem_ops mem_pages;

#endif
