/* SPDX-License-Identifier: BSD-3-Clause */
/* The text of a database, taken apart once: nothing is copied out of it but names. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "db_file.h"
#include "nmap_match.h"

#define FILE_MAX (256u << 20)

struct reader {
	struct nmap_db *db;
	struct mien_error *error;
	const char *name;
	uint32_t at; /* line */
	size_t room_entries, room_stated, room_refs;
	uint32_t *table; /* of stated[], by what it says; numbers from 1 */
	size_t table_size;
	bool in_points;
	uint8_t points[NMAP_LINES][NMAP_ATTRS];
	char point_names[NMAP_LINES][NMAP_ATTRS][6];
};

/* Room for one more. */
static bool
reserve(void **list, size_t *room, size_t n, size_t size)
{
	void *more;

	if (n < *room)
		return true;
	more = realloc(*list, (*room ? *room * 2 : 256) * size);
	if (!more)
		return false;
	*list = more;
	*room = *room ? *room * 2 : 256;
	return true;
}

static int
points_of(const struct reader *r, unsigned line, const char *name)
{
	for (unsigned i = 0; i < NMAP_ATTRS && r->point_names[line][i][0]; i++)
		if (strcmp(r->point_names[line][i], name) == 0)
			return r->points[line][i];
	return 0;
}

static int
set_points(struct reader *r, unsigned line, const char *name, const char *value, size_t len)
{
	unsigned n = 0, points = 0;

	for (size_t i = 0; i < len && value[i] >= '0' && value[i] <= '9'; i++)
		points = points * 10 + (unsigned)(value[i] - '0');
	while (n < NMAP_ATTRS && r->point_names[line][n][0])
		n++;
	if (n == NMAP_ATTRS || points > 255)
		return db_fail(r->error, MIEN_EPARSE, r->at, "MatchPoints of %s are out of range", name);
	snprintf(r->point_names[line][n], sizeof(r->point_names[line][n]), "%s", name);
	r->points[line][n] = (uint8_t)points;
	return 0;
}

/* FNV-1a */
static uint32_t
hash_of(uint32_t line, const char *name, const char *value, size_t len)
{
	uint32_t h = 2166136261u ^ line;

	for (; *name; name++)
		h = (h ^ (uint8_t)*name) * 16777619u;
	for (size_t i = 0; i < len; i++)
		h = (h ^ (uint8_t)value[i]) * 16777619u;
	return h;
}

/* The table is kept at most half full. */
static bool
grow_table(struct reader *r)
{
	size_t size = r->table_size ? r->table_size * 2 : 1024;
	uint32_t *table = calloc(size, sizeof(*table));

	if (!table)
		return false;
	for (size_t i = 0; i < r->db->n_stated; i++) {
		const struct nmap_stated *s = &r->db->stated[i];
		size_t at = hash_of(s->line, s->name, s->expression, s->len) & (size - 1);

		while (table[at])
			at = (at + 1) & (size - 1);
		table[at] = (uint32_t)i + 1;
	}
	free(r->table);
	r->table = table;
	r->table_size = size;
	return true;
}

static bool
says(const struct nmap_stated *s, unsigned line, const char *name, const char *value, size_t len)
{
	return s->line == line && s->len == len && memcmp(s->expression, value, len) == 0 && strcmp(s->name, name) == 0;
}

/* The number of what is stated, new or known; UINT32_MAX: out of memory. */
static uint32_t
intern(struct reader *r, unsigned line, const char *name, const char *value, size_t len)
{
	struct nmap_db *db = r->db;
	struct nmap_stated *s;
	size_t at;

	if (db->n_stated * 2 >= r->table_size && !grow_table(r))
		return UINT32_MAX;
	at = hash_of(line, name, value, len) & (r->table_size - 1);
	for (; r->table[at]; at = (at + 1) & (r->table_size - 1))
		if (says(&db->stated[r->table[at] - 1], line, name, value, len))
			return r->table[at] - 1;
	if (!reserve((void **)&db->stated, &r->room_stated, db->n_stated, sizeof(*db->stated)))
		return UINT32_MAX;
	s = &db->stated[db->n_stated++];
	*s = (struct nmap_stated){.line = (uint8_t)line,
		.points = (uint8_t)points_of(r, line, name),
		.len = (uint16_t)len,
		.expression = value};
	snprintf(s->name, sizeof(s->name), "%s", name);
	r->table[at] = (uint32_t)db->n_stated;
	if (memchr(value, '[', len))
		db->release = NMAP_7_95;
	return (uint32_t)db->n_stated - 1;
}

static int
add_stated(struct reader *r, unsigned line, const char *name, const char *value, size_t len)
{
	struct nmap_db *db = r->db;
	uint32_t ref;

	if (r->in_points)
		return set_points(r, line, name, value, len);
	if (len > UINT16_MAX)
		return db_fail(r->error, MIEN_EPARSE, r->at, "%s is too long", name);
	ref = intern(r, line, name, value, len);
	if (ref == UINT32_MAX || !reserve((void **)&db->refs, &r->room_refs, db->n_refs, sizeof(*db->refs)))
		return db_fail(r->error, MIEN_ENOMEM, 0, "out of memory");
	db->refs[db->n_refs++] = ref;
	db->entries[db->n_entries - 1].n++;
	return 0;
}

static int
read_attr(struct reader *r, unsigned line, const char *text, size_t len, bool *says_r)
{
	const char *is = memchr(text, '=', len);
	size_t n = is ? (size_t)(is - text) : 0;
	char name[6];

	if (n == 0 || n >= sizeof(name))
		return db_fail(r->error, MIEN_EPARSE, r->at, "\"%.*s\" is not ATTRIBUTE=VALUE",
			(int)(len < 40 ? len : 40), text);
	memcpy(name, text, n);
	name[n] = '\0';
	*says_r |= strcmp(name, "R") == 0;
	/* The first three lines are never missing in this sense: R=N says nothing there. */
	if (line <= NMAP_WIN && strcmp(name, "R") == 0)
		return 0;
	return add_stated(r, line, name, is + 1, len - n - 1);
}

/* R=Y goes without saying where a line has other attributes, R=N where it has none. */
static int
read_test(struct reader *r, unsigned line, const char *text, size_t len)
{
	const char *end = text + len;
	bool says_r = false;

	if (!r->in_points && r->db->n_entries == 0)
		return db_fail(r->error, MIEN_EPARSE, r->at, "a test before the first Fingerprint line");
	for (const char *p = text; p < end;) {
		const char *stop = memchr(p, '%', (size_t)(end - p));

		if (!stop)
			stop = end;
		if (read_attr(r, line, p, (size_t)(stop - p), &says_r) != 0)
			return MIEN_EPARSE;
		p = stop + 1;
	}
	if (says_r || r->in_points || line <= NMAP_WIN)
		return 0;
	return add_stated(r, line, "R", len ? "Y" : "N", 1);
}

static int
begin_entry(struct reader *r, const char *text, size_t len)
{
	struct nmap_db *db = r->db;

	r->in_points = false;
	if (!reserve((void **)&db->entries, &r->room_entries, db->n_entries, sizeof(*db->entries)))
		return db_fail(r->error, MIEN_ENOMEM, 0, "out of memory");
	db->entries[db->n_entries++] = (struct nmap_entry){.name = text,
		.name_len = (uint32_t)len,
		.at = r->at,
		.first = (uint32_t)db->n_refs};
	return 0;
}

static bool
begins(const char *text, size_t len, const char *word)
{
	size_t n = strlen(word);

	return len >= n && memcmp(text, word, n) == 0;
}

static int
read_line(struct reader *r, const char *text, size_t len)
{
	while (len && (text[len - 1] == '\r' || text[len - 1] == ' '))
		len--;
	if (len == 0 || text[0] == '#')
		return 0;
	if (begins(text, len, "MatchPoints")) {
		r->in_points = true;
		return 0;
	}
	if (begins(text, len, "Fingerprint "))
		return begin_entry(r, text + 12, len - 12);
	for (unsigned i = 0; i < NMAP_LINES; i++) {
		size_t n = strlen(nmap_line_names[i]);

		if (len > n + 1 && begins(text, len, nmap_line_names[i]) && text[n] == '(') {
			if (text[len - 1] != ')')
				return db_fail(r->error, MIEN_EPARSE, r->at, "%s( is not closed", nmap_line_names[i]);
			return read_test(r, i, text + n + 1, len - n - 2);
		}
	}
	return 0; /* Class, CPE and whatever newer releases say */
}

static int
read_all(struct reader *r)
{
	const char *p = r->db->text, *end = p + r->db->len;

	while (p < end) {
		const char *stop = memchr(p, '\n', (size_t)(end - p));
		int err;

		if (!stop)
			stop = end;
		r->at++;
		err = read_line(r, p, (size_t)(stop - p));
		if (err != 0)
			return r->error && r->error->err ? r->error->err : err;
		p = stop + 1;
	}
	if (r->db->n_entries == 0)
		return db_fail(r->error, MIEN_EPARSE, 0, "there is no Fingerprint in it: is it an nmap-os-db?");
	if (r->point_names[NMAP_T1][0][0] == '\0')
		return db_fail(r->error, MIEN_EPARSE, 0, "there are no MatchPoints in it: is it a whole nmap-os-db?");
	return 0;
}

int
nmap_db_parse(const char *text, size_t len, const char *name, struct nmap_db *db, struct mien_error *error)
{
	struct reader r = {.db = db, .error = error, .name = name};
	int err;

	memset(db, 0, sizeof(*db));
	if (error) {
		*error = (struct mien_error){0};
		snprintf(error->file, sizeof(error->file), "%s", name);
	}
	db->text = malloc(len + 1);
	if (!db->text)
		return db_fail(error, MIEN_ENOMEM, 0, "out of memory");
	memcpy(db->text, text, len);
	db->text[len] = '\0';
	db->len = len;
	err = read_all(&r);
	free(r.table);
	if (err == 0) {
		db->fits = calloc(db->n_stated + 1, 1);
		err = db->fits ? 0 : db_fail(error, MIEN_ENOMEM, 0, "out of memory");
	}
	if (err != 0)
		nmap_db_close(db);
	return err;
}

int
nmap_db_open(const char *path, struct nmap_db *db, struct mien_error *error)
{
	char *text;
	size_t len;
	int err = db_file_read(path, FILE_MAX, &text, &len, error);

	memset(db, 0, sizeof(*db));
	if (err == MIEN_OK)
		err = nmap_db_parse(text, len, path, db, error);
	free(text);
	return err;
}

void
nmap_db_close(struct nmap_db *db)
{
	free(db->text);
	free(db->entries);
	free(db->stated);
	free(db->refs);
	free(db->fits);
	memset(db, 0, sizeof(*db));
}
