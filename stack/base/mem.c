/* SPDX-License-Identifier: BSD-3-Clause */
#include "mem.h"

#include <sys/mman.h>

#include "banned.h"

#define PAGE_ALIGN 4096

static void *
pages_alloc(void *ctx, size_t size, size_t align)
{
	void *p;

	if (size == 0 || align > PAGE_ALIGN)
		return NULL;
	p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE,
		-1, 0);
	return p == MAP_FAILED ? NULL : p;
}

static void
pages_free(void *ctx, void *p, size_t size)
{
	if (p != NULL)
		munmap(p, size);
}

const struct mem_ops mem_pages = {pages_alloc, pages_free, NULL};
