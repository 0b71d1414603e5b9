/* SPDX-License-Identifier: BSD-3-Clause */
/* JSON on standard output. */
#ifndef TOOLS_EMIT_H
#define TOOLS_EMIT_H

#include <jansson.h>

#include "cli.h"

/** --json or --json-lines was given. */
static inline bool
emit_wanted(void)
{
	return cli_out.json || cli_out.json_lines;
}

/** A number of up to 63 bits. */
static inline json_t *
emit_u64(uint64_t n)
{
	return json_integer((json_int_t)n);
}

/** Prints one object on one line; takes the reference. */
static inline void
emit(json_t *o)
{
	json_dumpf(o, stdout, 0);
	putchar('\n');
	fflush(stdout);
	json_decref(o);
}

#endif
