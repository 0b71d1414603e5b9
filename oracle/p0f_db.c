/* SPDX-License-Identifier: BSD-3-Clause */
#include "p0f_match.h"

#include <stdlib.h>

#include "db_file.h"

#define FILE_MAX (16u << 20)

int
p0f_db_open(const char *path, struct mien_signatures **db, struct mien_error *error)
{
	char *text;
	size_t len;
	int err = db_file_read(path, FILE_MAX, &text, &len, error);

	*db = NULL;
	if (err == MIEN_OK)
		err = mien_signatures_parse(text, len, path, db, error);
	free(text);
	return err;
}
