/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The name that p0f 3 gives a signature, by a signature file that the user has (p0f.fp; none comes with mien), by the
 * rules of its README, section 5.
 */
#ifndef ORACLE_P0F_MATCH_H
#define ORACLE_P0F_MATCH_H

#include <mien/signature.h>

#include "p0f_print.h"

/** Reads a file. Errors: MIEN_ENOENT, MIEN_EPERM, MIEN_EIO, MIEN_EPARSE, MIEN_ENOMEM. */
MIEN_CHECKED int p0f_db_open(const char *path, struct mien_signatures **db, struct mien_error *error);

enum p0f_fit { P0F_NO, P0F_FUZZY, P0F_FITS };

/** Whether what was seen (nothing in it open, with the window it had) fits an entry's signature. */
enum p0f_fit p0f_fits(const struct mien_signature *seen, uint16_t window, const struct mien_signature *wanted);

/**
 * The entry p0f would name for a signature as p0f_signature() writes it: the first specific one that fits, else the
 * first generic one, else the first that nearly does, unless that is a program's. NULL: none.
 */
const struct mien_signature_entry *p0f_db_find(
	const struct mien_signatures *db, const char *seen, uint16_t window, bool response, enum p0f_fit *fit);

#endif
