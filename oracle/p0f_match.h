/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The name that p0f 3 gives a signature, by a signature file that the user has (p0f.fp; none comes with mien), by the
 * rules of its README, section 5.
 */
#ifndef ORACLE_P0F_MATCH_H
#define ORACLE_P0F_MATCH_H

#include <mien/err.h>

#include "p0f_print.h"

struct p0f_entry {
	bool response, generic, tool; /* tool: a program, never guessed at */
	uint32_t at;		      /* line of the file */
	const char *name;	      /* terminated: "Linux 3.11 and newer" */
	const char *signature;	      /* terminated */
};

struct p0f_db {
	char *text; /* that the entries point into */
	struct p0f_entry *entries;
	size_t n;
};

/** Reads a file. Errors: MIEN_ENOENT, MIEN_EPERM, MIEN_EIO, MIEN_EPARSE, MIEN_ENOMEM. */
MIEN_CHECKED int p0f_db_open(const char *path, struct p0f_db *db, struct mien_error *error);
/** The same from text, which is copied; name is for messages. */
MIEN_CHECKED int p0f_db_parse(const char *text, size_t len, const char *name, struct p0f_db *db, struct mien_error *error);
void p0f_db_close(struct p0f_db *db);

enum p0f_fit { P0F_NO, P0F_FUZZY, P0F_FITS };

/** Whether a packet's signature (as p0f_signature() writes it, with its window) fits one of a file. */
enum p0f_fit p0f_fits(const char *seen, uint16_t window, const char *wanted);

/** The entry p0f would name: the first specific one that fits, else the first generic one, else the first that nearly does. */
const struct p0f_entry *p0f_db_find(
	const struct p0f_db *db, const char *seen, uint16_t window, bool response, enum p0f_fit *fit);

#endif
