/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Fingerprints in nmap's text format, as profiles. The data belong to whoever wrote them (nmap's own database stands
 * under the Nmap Public Source License): mien brings none of it along, the user names a file.
 */
#ifndef MIEN_IMPORT_H
#define MIEN_IMPORT_H

#include <mien/profile.h>

MIEN_BEGIN_DECLS

struct mien_prints;

/**
 * Reads all entries of a text: a database or a single one. Takes a copy of text; file names it in messages. On
 * failure *out is NULL and err says line and reason: MIEN_EPARSE, MIEN_ENOMEM.
 */
MIEN_CHECKED int mien_prints_parse(
	const char *text, size_t len, const char *file, struct mien_prints **out, struct mien_error *err);
MIEN_API void mien_prints_free(struct mien_prints *p);

/** Entry number i: what it is called and the line it begins in; false past the end. */
MIEN_API bool mien_prints_at(const struct mien_prints *p, size_t i, const char **title, unsigned *line);

/**
 * Writes entry i as a profile called name to yaml, and to report a line for each value that was chosen among several
 * or had to be left free; report may be NULL. MIEN_EPARSE where a value of the entry cannot be read.
 */
MIEN_CHECKED int mien_prints_write(const struct mien_prints *p, size_t i, const char *name,
	const struct mien_sink *yaml, const struct mien_sink *report, struct mien_error *err);

MIEN_END_DECLS
#endif
