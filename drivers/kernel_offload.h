/* SPDX-License-Identifier: BSD-3-Clause */
/* Receive offloads of a kernel interface that glue segments together: no port can take what they make. */
#ifndef DRIVERS_KERNEL_OFFLOAD_H
#define DRIVERS_KERNEL_OFFLOAD_H

#include <stdbool.h>

struct kernel_offload {
	bool gro, lro; /* were on and have been turned off */
};

/* Turns them off; notes what was on. Without the permission nothing happens. */
void kernel_offload_off(const char *interface, struct kernel_offload *before);
/* Turns on again what was on. */
void kernel_offload_restore(const char *interface, const struct kernel_offload *before);

#endif
