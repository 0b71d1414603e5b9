/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A stack's tables on the hugepages that DPDK has: control blocks are read at random, and on small pages most of
 * those reads would begin with a miss of the TLB, which costs a virtual machine dearly.
 */
#include <sys/mman.h>

#include <rte_malloc.h>
#include <rte_memory.h>

#include "stack_mem.h"

static size_t
page_multiple(size_t size)
{
	return (size + 4095) & ~(size_t)4095;
}

/* Pages of the kernel stand in where hugepages run out. */
static void *
huge_alloc(void *ctx, size_t size, size_t align)
{
	void *p = rte_zmalloc_socket("mien", size, (unsigned int)align, SOCKET_ID_ANY);

	(void)ctx;
	if (p || align > 4096)
		return p;
	p = mmap(NULL, page_multiple(size), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	return p == MAP_FAILED ? NULL : p;
}

static void
huge_free(void *ctx, void *p, size_t size)
{
	(void)ctx;
	if (rte_mem_virt2memseg_list(p) != NULL)
		rte_free(p);
	else
		munmap(p, page_multiple(size));
}

const struct mien_mem stack_mem_huge = {.alloc = huge_alloc, .free = huge_free};
