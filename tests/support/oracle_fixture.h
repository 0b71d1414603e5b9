/* SPDX-License-Identifier: BSD-3-Clause */
/* The oracle that all cases of a suite ask: opened by the suite's setup, closed by its teardown. */
#ifndef ORACLE_FIXTURE_H
#define ORACLE_FIXTURE_H

#include "oracle.h"

static struct oracle *oracle;

static inline int
oracle_setup(void)
{
	struct mien_error error = {0};

	return oracle_open(&oracle, &error);
}

static inline int
oracle_teardown(void)
{
	oracle_close(oracle);
	return 0;
}

#endif
