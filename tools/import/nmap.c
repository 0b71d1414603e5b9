/* SPDX-License-Identifier: BSD-3-Clause */
/* Fingerprints in nmap's text format. The rules of such data: personalities/nmap_text.c. */
#include <stdlib.h>

#include <mien/import.h>

#include "import.h"

static bool
at(void *ctx, size_t i, const char **title, unsigned *line)
{
	return mien_prints_at(ctx, i, title, line);
}

static int
write_entry(void *ctx, size_t i, const char *name, const struct mien_sink *yaml, const struct mien_sink *report,
	struct mien_error *err)
{
	return mien_prints_write(ctx, i, name, yaml, report, err);
}

int
import_nmap(const struct import_options *o)
{
	struct import_format f = {.prefix = "nmap", .source = o->nmap, .at = at, .write = write_entry};
	struct mien_error error = {0};
	struct mien_prints *prints;
	size_t len;
	char *text;
	int status = import_read(o->nmap, &text, &len);

	if (status != STATUS_FINE)
		return status;
	if (mien_prints_parse(text, len, o->nmap, &prints, &error) != MIEN_OK) {
		free(text);
		return import_fail(&error);
	}
	free(text);
	f.ctx = prints;
	status = import_run(o, &f);
	mien_prints_free(prints);
	return status;
}
