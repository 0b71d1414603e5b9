/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef DRIVERS_STACK_MEM_H
#define DRIVERS_STACK_MEM_H

#include <mien/stack.h>

/* mien_stack_config.mem on DPDK's hugepages; DPDK must have been started. */
extern const struct mien_mem stack_mem_huge;

#endif
