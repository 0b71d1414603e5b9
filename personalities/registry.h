/* SPDX-License-Identifier: BSD-3-Clause */
/* The profiles built into the library, made from profiles/ by embed.py. */
#ifndef PERSONALITIES_REGISTRY_H
#define PERSONALITIES_REGISTRY_H

#include <stdbool.h>
#include <stddef.h>

struct builtin {
	const char *name, *title, *parent;
	bool abstract;
	const char *text;
	size_t len;
};

extern const struct builtin builtins[]; /* by name */
extern const size_t builtin_count;

#endif
