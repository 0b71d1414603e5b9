/* SPDX-License-Identifier: BSD-3-Clause */
/* p0f's signature file: sections, labels, signatures; only those of TCP are kept. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "p0f_match.h"

#define FILE_MAX (16u << 20)

struct reader {
	struct p0f_db *db;
	struct mien_error *error;
	uint32_t at;
	enum { ELSEWHERE, REQUEST, RESPONSE } section;
	size_t room;
	struct p0f_entry label; /* for the signatures that follow; name NULL: none yet */
};

__attribute__((format(printf, 4, 5))) static int
fail(struct mien_error *error, int err, uint32_t line, const char *format, ...)
{
	va_list args;

	if (error) {
		error->err = err;
		error->line = line;
		va_start(args, format);
		vsnprintf(error->text, sizeof(error->text), format, args);
		va_end(args);
	}
	return err;
}

/* "s:unix:Linux:3.x" or "g:win:Windows:NT kernel": the name is the last two, written over the first two. */
static int
read_label(struct reader *r, char *text)
{
	char *class = strchr(text, ':'), *name = class ? strchr(class + 1, ':') : NULL,
	     *flavour = name ? strchr(name + 1, ':') : NULL;

	if (!flavour || (text[0] != 's' && text[0] != 'g'))
		return fail(r->error, MIEN_EPARSE, r->at, "a label is TYPE:CLASS:NAME:FLAVOUR");
	r->label = (struct p0f_entry){.generic = text[0] == 'g', .tool = class[1] == '!', .name = name + 1};
	*flavour = flavour[1] ? ' ' : '\0';
	return 0;
}

static int
read_signature(struct reader *r, const char *text)
{
	struct p0f_db *db = r->db;
	unsigned colons = 0;

	for (const char *p = text; *p; p++)
		colons += *p == ':';
	if (!r->label.name || colons != 7)
		return fail(r->error, MIEN_EPARSE, r->at,
			r->label.name ? "a signature has eight fields" : "a signature before the first label");
	if (db->n == r->room) {
		size_t room = r->room ? r->room * 2 : 128;
		struct p0f_entry *more = realloc(db->entries, room * sizeof(*more));

		if (!more)
			return fail(r->error, MIEN_ENOMEM, 0, "out of memory");
		db->entries = more;
		r->room = room;
	}
	db->entries[db->n] = r->label;
	db->entries[db->n].response = r->section == RESPONSE;
	db->entries[db->n].at = r->at;
	db->entries[db->n++].signature = text;
	return 0;
}

static int
read_line(struct reader *r, char *text)
{
	char *value;
	size_t len;

	text += strspn(text, " \t");
	len = strlen(text);
	while (len && strchr(" \t\r", text[len - 1]))
		text[--len] = '\0';
	if (text[0] == '[') {
		r->label.name = NULL;
		r->section = strcmp(text, "[tcp:request]") == 0	   ? REQUEST
			     : strcmp(text, "[tcp:response]") == 0 ? RESPONSE
								   : ELSEWHERE;
		return 0;
	}
	if (text[0] == ';' || text[0] == '\0' || r->section == ELSEWHERE)
		return 0;
	value = strchr(text, '=');
	if (!value)
		return fail(r->error, MIEN_EPARSE, r->at, "\"%.40s\" is not KEY = VALUE", text);
	value += 1 + strspn(value + 1, " \t");
	if (strncmp(text, "label", 5) == 0)
		return read_label(r, value);
	return strncmp(text, "sig", 3) == 0 ? read_signature(r, value) : 0;
}

int
p0f_db_parse(const char *text, size_t len, const char *name, struct p0f_db *db, struct mien_error *error)
{
	struct reader r = {.db = db, .error = error};
	int err = 0;

	memset(db, 0, sizeof(*db));
	if (error) {
		*error = (struct mien_error){0};
		snprintf(error->file, sizeof(error->file), "%s", name);
	}
	db->text = malloc(len + 1);
	if (!db->text)
		return fail(error, MIEN_ENOMEM, 0, "out of memory");
	memcpy(db->text, text, len);
	db->text[len] = '\0';
	for (char *line = db->text, *next; err == 0 && line; line = next) {
		next = strchr(line, '\n');
		if (next)
			*next++ = '\0';
		r.at++;
		err = read_line(&r, line);
	}
	if (err == 0 && db->n == 0)
		err = fail(error, MIEN_EPARSE, 0, "there is no signature of TCP in it: is it a p0f.fp?");
	if (err != 0)
		p0f_db_close(db);
	return err;
}

int
p0f_db_open(const char *path, struct p0f_db *db, struct mien_error *error)
{
	FILE *f = fopen(path, "re");
	char *text = f ? malloc(FILE_MAX) : NULL;
	size_t len = text ? fread(text, 1, FILE_MAX, f) : 0;
	int number = errno, err;

	memset(db, 0, sizeof(*db));
	if (error)
		*error = (struct mien_error){0};
	if (!f)
		err = fail(error, number == ENOENT ? MIEN_ENOENT : number == EACCES ? MIEN_EPERM : MIEN_EIO, 0, "%s: %s", path,
			strerror(number));
	else if (!text || ferror(f))
		err = fail(error, text ? MIEN_EIO : MIEN_ENOMEM, 0, "%s: cannot be read", path);
	else
		err = p0f_db_parse(text, len, path, db, error);
	if (f)
		fclose(f);
	free(text);
	return err;
}

void
p0f_db_close(struct p0f_db *db)
{
	free(db->text);
	free(db->entries);
	memset(db, 0, sizeof(*db));
}
