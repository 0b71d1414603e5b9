/* SPDX-License-Identifier: BSD-3-Clause */
/* One run of mien personality verify. */
#ifndef TOOLS_VERIFY_H
#define TOOLS_VERIFY_H

#include <jansson.h>

#include <mien/profile.h>

#include "expect.h"
#include "nmap_match.h"
#include "oracle.h"
#include "p0f_match.h"
#include "real.h"

struct verify_options {
	const char *against;	 /* nmap-os-db, or NULL */
	const char *against_p0f; /* p0f.fp, or NULL */
	uint64_t seed;
	unsigned with; /* REAL_... */
	bool print;
};

struct verify {
	const struct verify_options *o;
	struct oracle *oracle;
	struct nmap_db db;    /* with o->against */
	struct mien_signatures *p0f_db; /* with o->against_p0f */
};

/** What came of one profile. */
struct verdict {
	const struct mien_profile *profile;
	struct oracle_print print;
	unsigned checks; /* expectations looked at */
	unsigned n;	 /* differences */
	json_t *differences;
	struct real real; /* with o->with */
};

/* Each gives an exit status; where it is not 0 a line on stderr, or the differences, said why. */
int verify_open(struct verify *v);
void verify_close(struct verify *v);
int verify_one(struct verify *v, const char *name);

/* report.c */
void verify_difference(struct verdict *verdict, const char *what, const char *expected, const char *got);
void verify_report(struct verify *v, const struct verdict *verdict);
/* guess.c: entries of the database, as text or as an array. */
void guess_report(struct verify *v, const struct verdict *verdict);
/* What p0f would call the SYN, or the SYN-ACK; "???" when it knows none. */
const char *guess_p0f(const struct verify *v, const struct verdict *verdict, bool response);
json_t *guess_json(struct verify *v, const struct verdict *verdict);

#endif
