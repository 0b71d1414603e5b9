/* SPDX-License-Identifier: BSD-3-Clause */
/* Files that the user has, read whole; what is wrong with one, with its line. */
#ifndef ORACLE_DB_FILE_H
#define ORACLE_DB_FILE_H

#include <stddef.h>
#include <stdint.h>

#include <mien/err.h>

/**
 * Reads at most max bytes; gives *text, terminated, which the caller frees. On failure *text is NULL, and error (may
 * be NULL) says which file and why: MIEN_ENOENT, MIEN_EPERM, MIEN_EIO, MIEN_ENOMEM.
 */
MIEN_CHECKED int db_file_read(const char *path, size_t max, char **text, size_t *len, struct mien_error *error);
/** Fills error unless it is NULL; always gives err. line 0: no line. */
int db_fail(struct mien_error *error, int err, uint32_t line, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

#endif
