/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * p0f's signatures: a line alone, or a file of them. An entry here is one signature; or, chosen by a label, all that
 * stand below that label, those of SYNs and those of SYN-ACKs. The rules of such data: personalities/p0f_text.c.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include <mien/signature.h>

#include "import.h"
#include "p0f_match.h"



struct source {
	struct mien_signatures *s;
	size_t *all, n_all; /* numbers of the signatures that --as lets pass */
	bool together;	    /* they are one entry */
	bool alone;	    /* a line without a file */
};

static const struct mien_signature_entry *
entry_of(const struct source *src, size_t i)
{
	return mien_signatures_at(src->s, src->all[i]);
}

static bool
at(void *ctx, size_t i, const char **title, unsigned *line)
{
	const struct source *src = ctx;

	if (i >= (src->together ? 1 : src->n_all))
		return false;
	*title = src->alone ? entry_of(src, i)->text : entry_of(src, i)->name;
	*line = src->alone ? 0 : src->together ? entry_of(src, i)->label_line : entry_of(src, i)->line;
	return true;
}

static int
write_entry(void *ctx, size_t i, const char *name, const struct mien_sink *yaml, const struct mien_sink *report,
	struct mien_error *err)
{
	const struct source *src = ctx;
	int result = mien_signatures_write(
		src->s, &src->all[i], src->together ? src->n_all : 1, name, yaml, report, err);

	if (result != MIEN_OK && src->alone)
		snprintf(err->file, sizeof(err->file), "--p0f");
	return result;
}

/* -- what p0f will say ------------------------------------------------------------------------------------------ */

/* The field as it was sent. */
static uint16_t
window_of(const struct mien_signature *s)
{
	unsigned unit = s->window_rule == MIEN_SIG_MSS ? (unsigned)s->mss : s->window_rule == MIEN_SIG_MTU ? s->mss + 40u : 1;

	return (uint16_t)(s->window * unit);
}

/* An earlier entry, or one that is less general, may fit all that this one does. */
static void
remark_on(const struct source *src, const struct mien_profile *profile, bool response, FILE *report)
{
	const char *text = mien_profile_expect(profile, response ? "synack-signature" : "syn-signature");
	const char *name = mien_profile_expect(profile, response ? "p0f-synack" : "p0f-syn");
	const struct mien_signature_entry *found;
	struct mien_signature s;
	enum p0f_fit fit;

	if (!text || !name || mien_signature_parse(text, &s, NULL) != MIEN_OK)
		return;
	found = p0f_db_find(src->s, text, window_of(&s), response, &fit);
	if (!found || strcmp(found->name, name) != 0)
		fprintf(report, "cannot %s.label: p0f takes it for \"%s\" (line %u), which fits all that this does\n",
			response ? "synack" : "syn", found ? found->name : "???", found ? found->line : 0);
}

static void
remark(void *ctx, size_t i, const struct mien_profile *profile, FILE *report)
{
	const struct source *src = ctx;

	(void)i;
	remark_on(src, profile, false, report);
	remark_on(src, profile, true, report);
}

/* -- which signatures ------------------------------------------------------------------------------------------- */

static bool
wanted(const struct import_options *o, const struct mien_signature_entry *e)
{
	return !o->as || e->response == (strcmp(o->as, "synack") == 0);
}

/* All that --as lets pass. */
static int
take_all(struct source *src, const struct import_options *o)
{
	const struct mien_signature_entry *e;
	size_t n = 0;

	while (mien_signatures_at(src->s, n))
		n++;
	src->all = calloc(n, sizeof(*src->all));
	if (!src->all)
		return cli_error(STATUS_PORT, "out of memory");
	for (size_t i = 0; (e = mien_signatures_at(src->s, i)) != NULL; i++)
		if (wanted(o, e))
			src->all[src->n_all++] = i;
	if (src->n_all == 0)
		return cli_error(STATUS_MALFORMED, "%s: holds no signature of a %s", o->p0f, o->as);
	return STATUS_FINE;
}

/* "Linux 3.x", "Linux:3.x", "s:unix:Linux:3.x" */
static bool
is_called(const struct mien_signature_entry *e, const char *select)
{
	const char *class = strchr(e->label, ':'), *name = class ? strchr(class + 1, ':') : NULL;

	return strcmp(e->name, select) == 0 || strcmp(e->label, select) == 0 || (name && strcmp(name + 1, select) == 0);
}

/* Keeps those that the function likes; how many there are. */
static size_t
keep(struct source *src, bool (*likes)(const struct mien_signature_entry *e, const char *select), const char *select)
{
	size_t n = 0, kept = 0;

	for (size_t i = 0; i < src->n_all; i++)
		n += likes(entry_of(src, i), select);
	for (size_t i = 0; n && i < src->n_all; i++)
		if (likes(entry_of(src, i), select))
			src->all[kept++] = src->all[i];
	src->n_all = n ? kept : src->n_all;
	return n;
}

static bool
holds(const struct mien_signature_entry *e, const char *select)
{
	return strcasestr(e->name, select) != NULL;
}

static bool
stands_in_line(const struct mien_signature_entry *e, const char *select)
{
	return e->line == strtoul(select, NULL, 10);
}

static bool
is_below_line(const struct mien_signature_entry *e, const char *select)
{
	return e->label_line == strtoul(select, NULL, 10);
}

/* Words that several labels hold choose none. */
static int
one_label(const struct source *src, const char *select)
{
	char text[400] = "";
	unsigned n = 0;

	for (size_t i = 0; i < src->n_all; i++) {
		bool known = false;

		for (size_t before = 0; before < i && !known; before++)
			known = strcmp(entry_of(src, before)->name, entry_of(src, i)->name) == 0;
		if (!known && n++ < 4)
			snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s\"%.60s\"", n > 1 ? ", " : "",
				entry_of(src, i)->name);
	}
	if (n <= 1)
		return STATUS_FINE;
	return cli_error(STATUS_USAGE, "--select %s: %u labels hold that: %s%s; give one of them, or a line", select, n, text,
		n > 4 ? ", ..." : "");
}

static int
choose(struct source *src, const struct import_options *o)
{
	const char *select = o->select;
	bool number = *select && select[strspn(select, "0123456789")] == '\0';

	if (number && keep(src, stands_in_line, select))
		return STATUS_FINE;
	src->together = true;
	if ((number && keep(src, is_below_line, select)) || keep(src, is_called, select))
		return STATUS_FINE;
	if (!number && keep(src, holds, select))
		return one_label(src, select);
	return cli_error(STATUS_USAGE, "--select %s: no label is called so, and no signature or label stands in that line", select);
}

/* -- where they come from ---------------------------------------------------------------------------------------- */

static int
open_source(const struct import_options *o, struct source *src)
{
	struct mien_error error = {0};
	size_t len;
	char *text;
	int status;

	src->alone = strchr(o->p0f, ':') != NULL && access(o->p0f, F_OK) != 0;
	if (src->alone) {
		if (o->select)
			return cli_error(STATUS_USAGE, "--select %s: --p0f gives one signature; leave it out, or give a file", o->select);
		if (mien_signatures_line(o->p0f, o->as && strcmp(o->as, "synack") == 0, &src->s, &error) == MIEN_OK)
			return STATUS_FINE;
		snprintf(error.file, sizeof(error.file), "--p0f");
		return import_fail(&error);
	}
	status = import_read(o->p0f, &text, &len);
	if (status != STATUS_FINE)
		return status;
	if (mien_signatures_parse(text, len, o->p0f, &src->s, &error) != MIEN_OK)
		status = import_fail(&error);
	free(text);
	return status;
}

int
import_p0f(const struct import_options *o)
{
	struct import_options chosen = *o;
	struct source src = {.s = NULL};
	struct import_format f = {.ctx = &src, .prefix = "p0f", .source = o->p0f, .at = at, .write = write_entry, .remark = remark};
	int status = open_source(o, &src);

	if (status == STATUS_FINE)
		status = take_all(&src, o);
	if (status == STATUS_FINE && o->select)
		status = choose(&src, o);
	chosen.select = NULL;
	if (status == STATUS_FINE)
		status = import_run(&chosen, &f);
	free(src.all);
	mien_signatures_free(src.s);
	return status;
}
