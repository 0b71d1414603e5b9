/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How well a print fits the entries of a database in nmap's text format (a file that the user has; none comes with
 * mien), by the rules of its documentation (https://nmap.org/book/osdetect-guess.html): points for each attribute that
 * both sides state.
 */
#ifndef ORACLE_NMAP_MATCH_H
#define ORACLE_NMAP_MATCH_H

#include <mien/err.h>

#include "nmap_print.h"

/** Does a value fit an expression: alternatives `|`, ranges `a-b`, limits `<a` `>a`, in 7.95 also "M[500-5B4]"? */
bool nmap_expression_fits(const char *value, const char *expression, size_t len, enum nmap_release release);

/** One attribute as entries state it, kept once however many do; borrowed from the database's text. */
struct nmap_stated {
	uint8_t line; /* enum nmap_line_id */
	uint8_t points;
	uint16_t len;
	const char *expression;
	char name[6];
};

struct nmap_entry {
	const char *name; /* not terminated */
	uint32_t name_len;
	uint32_t at;	 /* line in the file, from 1 */
	uint32_t first, n; /* of the database's refs[] */
};

struct nmap_db {
	char *text;
	size_t len;
	struct nmap_entry *entries;
	size_t n_entries;
	struct nmap_stated *stated;
	size_t n_stated;
	uint32_t *refs; /* numbers of stated[] */
	size_t n_refs;
	uint8_t *fits;	/* by number of stated[]: of the print looked at last */
	enum nmap_release release; /* 7.95 when an expression is written as only that reads it */
};

/** Reads a database. Errors: MIEN_ENOENT, MIEN_EPERM, MIEN_EIO, MIEN_EPARSE, MIEN_ENOMEM. */
MIEN_CHECKED int nmap_db_open(const char *path, struct nmap_db *db, struct mien_error *error);
/** The same from text, which is copied; name is for messages. */
MIEN_CHECKED int nmap_db_parse(
	const char *text, size_t len, const char *name, struct nmap_db *db, struct mien_error *error);
void nmap_db_close(struct nmap_db *db);

struct nmap_score {
	unsigned points, of; /* perfect: equal, and not 0 */
};

/** Scores one entry. miss, when not NULL, is called for each attribute that does not fit. */
typedef void (*nmap_miss_fn)(void *ctx, const struct nmap_stated *stated, const char *got);
struct nmap_score nmap_db_score(
	const struct nmap_db *db, size_t entry, const struct nmap_print *p, nmap_miss_fn miss, void *ctx);

struct nmap_guess {
	size_t entry;
	struct nmap_score score;
	double accuracy; /* 0 .. 1 */
};

/** The best entries, best first, in the file's order among equals; how many. perfect: how many of all fit fully. */
size_t nmap_db_guess(struct nmap_db *db, const struct nmap_print *p, struct nmap_guess *best, size_t max,
	size_t *perfect);

#endif
