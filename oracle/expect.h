/* SPDX-License-Identifier: BSD-3-Clause */
/* A print against the expectations of a profile (`expect:` in its file). */
#ifndef ORACLE_EXPECT_H
#define ORACLE_EXPECT_H

#include <mien/profile.h>

#include "oracle.h"

/** Called for each value that is not the expected one: what, "nmap T1.DF". */
typedef void (*expect_differs_fn)(void *ctx, const char *what, const char *expected, const char *got);

/**
 * Compares every expectation that the print can answer; gives how many those were. Values of nmap's lines are
 * expressions: "SP=FB-10B%GCD=1-6". A line that states an attribute must find it in the print.
 */
unsigned expect_compare(
	const struct mien_profile *p, const struct oracle_print *print, expect_differs_fn differs, void *ctx);

#endif
