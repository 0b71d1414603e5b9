/* SPDX-License-Identifier: BSD-3-Clause */
/* Memory that fails once, wherever our own code asks for it. */
#ifndef TESTS_UNIT_SCARCE_H
#define TESTS_UNIT_SCARCE_H

#include <stdbool.h>
#include <stdint.h>

/* The next allocation after n others fails. */
void scarce_fail(uint64_t n);
/* Memory is back; whether one failed. */
bool scarce_end(void);

#endif
