/* SPDX-License-Identifier: BSD-3-Clause */
/* mien personality import: what all formats have in common, and the formats. */
#ifndef TOOLS_IMPORT_IMPORT_H
#define TOOLS_IMPORT_IMPORT_H

#include <mien/profile.h>

#include "../cli.h"

struct import_options {
	const char *nmap, *p0f, *select, *out, *name;
	const char *as; /* "syn", "synack"; NULL: not said */
};

/** A format: entries numbered from 0. */
struct import_format {
	void *ctx;
	const char *prefix; /* of names: "nmap" */
	const char *source; /* the file, for messages */
	/** What entry i is called, and the line it begins in; false past the end. */
	bool (*at)(void *ctx, size_t i, const char **title, unsigned *line);
	int (*write)(void *ctx, size_t i, const char *name, const struct mien_sink *yaml, const struct mien_sink *report,
		struct mien_error *err);
	/** Further remarks on entry i, now that it is a profile; NULL: none ever. */
	void (*remark)(void *ctx, size_t i, const struct mien_profile *profile, FILE *report);
};

/** Imports the entries that the options ask for; an exit status. Nothing is written unless all is well. */
int import_run(const struct import_options *o, const struct import_format *f);
/** For an error of the library. */
int import_fail(const struct mien_error *error);
/** Gives *text, which the caller frees. */
int import_read(const char *path, char **text, size_t *len);

int import_nmap(const struct import_options *o);
int import_p0f(const struct import_options *o);

#endif
