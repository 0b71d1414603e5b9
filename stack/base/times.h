/* SPDX-License-Identifier: BSD-3-Clause */
/* Units of time; the engine counts in nanoseconds. */
#ifndef MIEN_BASE_TIMES_H
#define MIEN_BASE_TIMES_H

#include <stdint.h>

#define NS_PER_US UINT64_C(1000)
#define NS_PER_MS UINT64_C(1000000)
#define NS_PER_SECOND UINT64_C(1000000000)

#endif
