/* SPDX-License-Identifier: BSD-3-Clause */
/* Files that a command writes. */
#ifndef TOOLS_STORE_H
#define TOOLS_STORE_H

#include <stddef.h>

/** Writes the file whole or not at all; one that was there is replaced. STATUS_FINE, or a status after cli_error(). */
int store_text(const char *path, const char *text, size_t len);

#endif
