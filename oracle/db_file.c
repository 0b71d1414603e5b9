/* SPDX-License-Identifier: BSD-3-Clause */
#include "db_file.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_ROOM 65536

int
db_fail(struct mien_error *error, int err, uint32_t line, const char *format, ...)
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

static int
cannot_read(const char *path, int number, struct mien_error *error)
{
	int err = number == ENOENT ? MIEN_ENOENT : number == EACCES ? MIEN_EPERM : MIEN_EIO;

	return db_fail(error, err, 0, "%s: %s", path, strerror(number ? number : EIO));
}

/* Doubles the room as long as there is more. */
static int
read_all(FILE *f, size_t max, char **text, size_t *len)
{
	size_t room = 0, n = 1;

	while (n != 0 && *len < max) {
		size_t more = room ? 2 * room : FIRST_ROOM;
		char *grown = realloc(*text, more + 1);

		if (!grown)
			return MIEN_ENOMEM;
		*text = grown;
		room = more;
		n = fread(*text + *len, 1, room - *len, f);
		*len += n;
	}
	if (*len > max)
		*len = max;
	(*text)[*len] = '\0';
	return ferror(f) ? MIEN_EIO : MIEN_OK;
}

int
db_file_read(const char *path, size_t max, char **text, size_t *len, struct mien_error *error)
{
	FILE *f = fopen(path, "re");
	int err;

	*text = NULL;
	*len = 0;
	if (error)
		*error = (struct mien_error){0};
	if (!f)
		return cannot_read(path, errno, error);
	errno = 0;
	err = read_all(f, max, text, len);
	if (err == MIEN_ENOMEM)
		err = db_fail(error, err, 0, "out of memory");
	else if (err != MIEN_OK)
		err = cannot_read(path, errno, error);
	fclose(f);
	if (err != MIEN_OK) {
		free(*text);
		*text = NULL;
	}
	return err;
}
