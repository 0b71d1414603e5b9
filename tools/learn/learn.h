/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Learning: from findings to a profile. The built-in profiles are asked the very same by the same prober, in a lab under
 * virtual time; where one of them shows the same as the host, its own words are taken, and the nearest is inherited.
 */
#ifndef TOOLS_LEARN_LEARN_H
#define TOOLS_LEARN_LEARN_H

#include <mien/profile.h>

#include "oracle.h"
#include "prober.h"
#include "read.h"

/** Asks a personality in a lab all that the prober asks. Errors: the lab's; MIEN_ESTATE when it does not answer. */
MIEN_CHECKED int learn_in_lab(struct oracle *o, const struct mien_personality *p, uint64_t seed, bool other,
	struct findings *f, struct nmap_print *print, struct mien_error *error);
/** Reads what a prober that is done has found; opens: SYNs of the host's own, NULL: none. MIEN_ENOMEM, MIEN_EPARSE. */
MIEN_CHECKED int learn_read(const struct prober *p, const struct journal *opens, struct findings *f,
	struct nmap_print *print, struct mien_error *error);

struct learn_parent {
	struct mien_profile *profile; /* NULL: none is near */
	struct findings findings;     /* what it shows */
	size_t distance;	      /* findings that differ */
};

/**
 * The nearest of the built-in profiles, the last of several; name: this one, or a file. Errors: the lab's, and those of loading.
 */
MIEN_CHECKED int learn_parent(struct oracle *o, const struct findings *f, const char *name, bool other,
	struct learn_parent *out, struct mien_error *error);
void learn_parent_free(struct learn_parent *p);

/** What the file says besides the findings. */
struct learn_text {
	const char *name, *title, *source; /* source: of the evidence */
	const struct nmap_print *print;	   /* for expect; NULL: none */
};
/** Writes the profile. */
void learn_write(
	const struct findings *f, const struct learn_parent *parent, const struct learn_text *t, const struct mien_sink *out);

#endif
