/* SPDX-License-Identifier: BSD-3-Clause */
/* DPDK's argument vector, built from what the program wants. */
#ifndef DRIVERS_EAL_ARGS_H
#define DRIVERS_EAL_ARGS_H

#include <mien/driver.h>

#define EAL_ARGS_MAX 96
#define EAL_TEXT_MAX 4096

struct eal_args {
	int argc;
	char *argv[EAL_ARGS_MAX + 1]; /* NULL at the end; points into text */
	size_t used;
	char text[EAL_TEXT_MAX];
};

/*
 * Builds the vector. cpus is the list of processors the process may run on ("0-1"); hugepages is the decision.
 * An argument that the caller gives itself replaces ours. Errors: EINVAL.
 */
int eal_args_build(struct eal_args *args, const struct mien_eal_config *config, bool hugepages,
	const char *cpus, struct mien_error *error);

#endif
