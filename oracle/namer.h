/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Which profiles a SYN or SYN-ACK could be of. A SYN is compared with what each profile sends; a SYN-ACK with what each
 * would answer to the very SYN that was answered.
 */
#ifndef ORACLE_NAMER_H
#define ORACLE_NAMER_H

#include <mien/profile.h>

#include "oracle.h"

#define NAMER_PROFILES 256

struct namer;

enum namer_level {
	NAMER_NONE,
	NAMER_LIKE,  /* same layout, TTL and quirks; another window or scale */
	NAMER_MTU,   /* all the same but the MSS: another link */
	NAMER_EXACT
};
/** "exactly", "but for the MTU", "like", "none" */
const char *namer_level_name(enum namer_level level);

/** Numbers of profiles. */
struct name_set {
	uint64_t bits[NAMER_PROFILES / 64];
};

/** The oracle stays the caller's. Errors: MIEN_ENOMEM. */
MIEN_CHECKED int namer_open(struct oracle *oracle, struct namer **out);
void namer_close(struct namer *n);
/** Adds a profile; keeps a reference. Errors: MIEN_EFULL, and the oracle's. */
MIEN_CHECKED int namer_add(struct namer *n, struct mien_profile *p);
unsigned namer_count(const struct namer *n);
const char *namer_name(const struct namer *n, unsigned i);

/** The profiles nearest to a signature, all of one level. syn: what the SYN-ACK answers, NULL for a SYN's signature. */
enum namer_level namer_find(
	struct namer *n, const char *signature, const struct observed *syn, struct name_set *out);

/** How near two signatures are; the second is seen from further away or over another link. */
enum namer_level namer_compare(const char *own, const char *seen);

static inline bool
name_set_has(const struct name_set *s, unsigned i)
{
	return s->bits[i / 64] >> i % 64 & 1;
}

#endif
