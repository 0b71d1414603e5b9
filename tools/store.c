/* SPDX-License-Identifier: BSD-3-Clause */
#include "store.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cli.h"

static bool
write_all(const char *path, const char *text, size_t len)
{
	FILE *f = fopen(path, "we");
	bool good;

	if (!f)
		return false;
	good = fwrite(text, 1, len, f) == len;
	return fclose(f) == 0 && good;
}

/* Beside the file and then in its place: what was there stays until all of the new is on the disk. */
static bool
replace(const char *path, const char *text, size_t len)
{
	char *part = NULL;
	bool good;
	int err;

	if (asprintf(&part, "%s.part", path) < 0)
		return false;
	good = write_all(part, text, len) && rename(part, path) == 0;
	err = errno;
	if (!good)
		remove(part);
	free(part);
	errno = err;
	return good;
}

int
store_text(const char *path, const char *text, size_t len)
{
	struct stat st;
	bool special = lstat(path, &st) == 0 && !S_ISREG(st.st_mode);

	if (special ? write_all(path, text, len) : replace(path, text, len))
		return STATUS_FINE;
	return cli_error(
		errno == EACCES || errno == EPERM ? STATUS_PERMISSION : STATUS_USAGE, "%s: cannot be written: %m", path);
}
