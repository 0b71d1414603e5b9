/* SPDX-License-Identifier: BSD-3-Clause */
#include "counted_mem.h"

#include <stdlib.h>
#include <sys/mman.h>

#define PAGE 4096

static size_t
pages_of(size_t size)
{
	return (size + PAGE - 1) / PAGE;
}

static void *
counted_alloc(void *ctx, size_t size, size_t align)
{
	struct counted_mem *m = ctx;
	void *p;

	if (m->regions == COUNTED_REGIONS || align > PAGE)
		return NULL;
	p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (p == MAP_FAILED)
		return NULL;
	madvise(p, size, MADV_NOHUGEPAGE); /* a page touched is 4 KB, whatever the system prefers */
	m->region[m->regions].p = p;
	m->region[m->regions++].size = size;
	m->asked += size;
	return p;
}

static void
counted_free(void *ctx, void *p, size_t size)
{
	struct counted_mem *m = ctx;
	unsigned i = 0;

	while (m->region[i].p != p)
		i++;
	m->region[i] = m->region[--m->regions];
	m->asked -= size;
	munmap(p, size);
}

struct mien_mem
counted_mem_ops(struct counted_mem *m)
{
	*m = (struct counted_mem){0};
	return (struct mien_mem){.alloc = counted_alloc, .free = counted_free, .ctx = m};
}

uint64_t
counted_mem_resident(const struct counted_mem *m)
{
	uint64_t pages = 0;

	for (unsigned i = 0; i < m->regions; i++) {
		size_t n = pages_of(m->region[i].size);
		unsigned char *map = malloc(n);

		if (!map || mincore(m->region[i].p, m->region[i].size, map) != 0)
			abort();
		for (size_t k = 0; k < n; k++)
			pages += map[k] & 1;
		free(map);
	}
	return pages * PAGE;
}
