/* SPDX-License-Identifier: BSD-3-Clause */
/* Files of a test: made in a directory of its own, removed by name. */
#ifndef TESTS_DRIVERS_TEMP_H
#define TESTS_DRIVERS_TEMP_H

#include <stddef.h>

/* A path for a file with this name in a fresh directory; free with temp_remove(). */
char *temp_path(const char *name);
void temp_write(const char *path, const void *data, size_t len);
/* Reads the whole file from the heap; *len its size. NULL when it is not there. */
unsigned char *temp_read(const char *path, size_t *len);
/* Removes the file and its directory, frees the path. */
void temp_remove(char *path);

#endif
