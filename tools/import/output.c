/* SPDX-License-Identifier: BSD-3-Clause */
/* Imported profiles on their way out: made, read again, remarked upon, written. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "../emit.h"
#include "../store.h"
#include "import.h"

#define FILE_MAX (64u << 20)

/* One profile as text, with what was chosen. */
struct made {
	char name[48];
	char *yaml, *report;
	size_t yaml_len, report_len;
};

static void
put_file(void *arg, const char *text, size_t len)
{
	fwrite(text, 1, len, arg);
}

static void
made_free(struct made *m)
{
	free(m->yaml);
	free(m->report);
}

int
import_fail(const struct mien_error *error)
{
	return cli_mien_error(error->err == MIEN_ENOMEM ? STATUS_PORT : STATUS_MALFORMED, error);
}

/* What is made is read again before anybody sees it: an entry that gives no sound profile is a malformed one. */
static int
check(const struct import_format *f, size_t i, const struct made *m, const char *title, FILE *report)
{
	struct mien_profile *profile;
	struct mien_error error = {0};

	if (mien_profile_parse(m->yaml, m->yaml_len, "", &profile, &error) != MIEN_OK)
		return cli_error(STATUS_MALFORMED, "\"%s\" gives no profile: %s", title, error.text);
	if (f->remark)
		f->remark(f->ctx, i, profile, report);
	mien_profile_unref(profile);
	return STATUS_FINE;
}

static int
make(const struct import_options *o, const struct import_format *f, size_t i, struct made *m)
{
	struct mien_error error = {0};
	struct mien_sink yaml = {.put = put_file}, report = {.put = put_file};
	FILE *out[2];
	const char *title = "";
	unsigned line = 0;
	int err, status;

	*m = (struct made){.yaml = NULL};
	f->at(f->ctx, i, &title, &line);
	if (o->name)
		snprintf(m->name, sizeof(m->name), "%s", o->name);
	else
		snprintf(m->name, sizeof(m->name), line ? "%s-%u" : "%s", f->prefix, line);
	out[0] = open_memstream(&m->yaml, &m->yaml_len);
	out[1] = open_memstream(&m->report, &m->report_len);
	if (!out[0] || !out[1])
		return cli_error(STATUS_PORT, "out of memory");
	yaml.arg = out[0];
	report.arg = out[1];
	err = f->write(f->ctx, i, m->name, &yaml, &report, &error);
	fclose(out[0]);
	status = err == MIEN_OK ? check(f, i, m, title, out[1]) : import_fail(&error);
	fclose(out[1]);
	return status;
}

static json_t *
report_json(const struct made *m, const char *title, unsigned line, const char *path)
{
	json_t *took = json_array(), *open = json_array(), *cannot = json_array();
	char *copy = strdup(m->report), *save = NULL;

	for (char *at = copy ? strtok_r(copy, "\n", &save) : NULL; at; at = strtok_r(NULL, "\n", &save)) {
		char *rest = strchr(at, ' ');

		if (!rest)
			continue;
		json_array_append_new(*at == 't' ? took : *at == 'o' ? open : cannot, json_string(rest + 1));
	}
	free(copy);
	return json_pack("{s:s, s:s, s:i, s:s, s:o, s:o, s:o}", "name", m->name, "title", title, "line", (int)line, "file",
		path ? path : "", "took", took, "open", open, "cannot", cannot);
}

static int
import_one(const struct import_options *o, const struct import_format *f, size_t i)
{
	const char *title = "";
	unsigned line = 0;
	struct made m;
	int status = make(o, f, i, &m);

	f->at(f->ctx, i, &title, &line);
	if (status == STATUS_FINE && o->out)
		status = store_text(o->out, m.yaml, m.yaml_len);
	if (status == STATUS_FINE && emit_wanted())
		emit(report_json(&m, title, line, o->out));
	else if (status == STATUS_FINE && o->out)
		fwrite(m.report, 1, m.report_len, stdout);
	else if (status == STATUS_FINE) {
		fwrite(m.yaml, 1, m.yaml_len, stdout);
		if (!cli_out.quiet)
			fwrite(m.report, 1, m.report_len, stderr);
	}
	made_free(&m);
	return status;
}

/* All of them are made before the first is written. */
static int
import_all(const struct import_options *o, const struct import_format *f)
{
	int status = STATUS_FINE;
	const char *title;
	char path[4096];
	unsigned line;
	struct made m;
	size_t n = 0;

	for (unsigned pass = 0; pass < 2 && status == STATUS_FINE; pass++) {
		for (size_t i = 0; status == STATUS_FINE && f->at(f->ctx, i, &title, &line); i++) {
			status = make(o, f, i, &m);
			snprintf(path, sizeof(path), "%s/%s.yaml", o->out, m.name);
			if (status == STATUS_FINE && pass == 1)
				status = store_text(path, m.yaml, m.yaml_len);
			if (status == STATUS_FINE && pass == 1 && emit_wanted())
				emit(report_json(&m, title, line, path));
			n += pass == 1;
			made_free(&m);
		}
	}
	if (status == STATUS_FINE && !emit_wanted())
		printf("%zu profiles in %s\n", n, o->out);
	return status;
}

static int
list_some(const struct import_format *f, const char *select)
{
	char text[400] = "";
	const char *title;
	unsigned line, n = 0;

	for (size_t i = 0; f->at(f->ctx, i, &title, &line); i++)
		if (strcasestr(title, select) && n++ < 4)
			snprintf(text + strlen(text), sizeof(text) - strlen(text), "%sline %u \"%.60s\"", n > 1 ? ", " : "", line,
				title);
	if (n == 0)
		return cli_error(STATUS_USAGE, "--select %s: no entry is called so or begins in that line", select);
	return cli_error(STATUS_USAGE, "--select %s: %u entries are called so: %s%s; give a line", select, n, text,
		n > 4 ? ", ..." : "");
}

/* The entry of that line, or the only one of that name; the only one that holds the words. */
static int
find(const struct import_format *f, const char *select, size_t *found)
{
	unsigned line, exact = 0, near = 0;
	size_t first_exact = 0, first_near = 0;
	const char *title;
	char *end;
	unsigned long wanted = strtoul(select, &end, 10);

	for (size_t i = 0; f->at(f->ctx, i, &title, &line); i++) {
		if (*end == '\0' && *select && line == wanted) {
			*found = i;
			return STATUS_FINE;
		}
		if (strcmp(title, select) == 0 && exact++ == 0)
			first_exact = i;
		if (strcasestr(title, select) && near++ == 0)
			first_near = i;
	}
	*found = exact == 1 ? first_exact : first_near;
	return exact == 1 || (exact == 0 && near == 1) ? STATUS_FINE : list_some(f, select);
}

static bool
is_directory(const char *path)
{
	struct stat st;

	return path && stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

int
import_run(const struct import_options *o, const struct import_format *f)
{
	const char *title;
	unsigned line;
	size_t i = 0;
	int status = STATUS_FINE;

	if (o->select)
		status = find(f, o->select, &i);
	else if (is_directory(o->out))
		return import_all(o, f);
	else if (f->at(f->ctx, 1, &title, &line))
		status = cli_error(STATUS_USAGE, "%s holds several entries: choose one with --select NAME|LINE, or give "
			"a directory with -o", f->source);
	if (status == STATUS_FINE && is_directory(o->out))
		status = cli_error(STATUS_USAGE, "-o %s is a directory: give a file for one entry", o->out);
	return status == STATUS_FINE ? import_one(o, f, i) : status;
}

int
import_read(const char *path, char **text, size_t *len)
{
	FILE *f = fopen(path, "rbe");
	bool good;

	*text = NULL;
	*len = 0;
	if (!f)
		return cli_error(errno == EACCES ? STATUS_PERMISSION : STATUS_USAGE, "%s: cannot be opened: %m", path);
	*text = malloc(FILE_MAX + 1);
	*len = *text ? fread(*text, 1, FILE_MAX + 1, f) : 0;
	good = !ferror(f);
	fclose(f);
	if (!*text)
		return cli_error(STATUS_PORT, "out of memory");
	if (good && *len <= FILE_MAX)
		return STATUS_FINE;
	free(*text);
	return good ? cli_error(STATUS_MALFORMED, "%s: larger than 64 MiB", path)
		    : cli_error(STATUS_USAGE, "%s: cannot be read: %m", path);
}

