/* SPDX-License-Identifier: BSD-3-Clause */
/* What every public header needs: linkage, visibility, result checking, integer types. */
#ifndef MIEN_DEFS_H
#define MIEN_DEFS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
#define MIEN_BEGIN_DECLS extern "C" {
#define MIEN_END_DECLS }
#else
#define MIEN_BEGIN_DECLS
#define MIEN_END_DECLS
#endif

/** An exported function; the library is built with hidden visibility. */
#define MIEN_API __attribute__((visibility("default")))
/** An exported function whose result must not be ignored. */
#define MIEN_CHECKED MIEN_API __attribute__((warn_unused_result))

/** A time in nanoseconds that never comes. */
#define MIEN_NEVER UINT64_MAX

struct rte_mbuf;
struct rte_mempool;
struct mien_stack;
struct mien_personality;

#endif
