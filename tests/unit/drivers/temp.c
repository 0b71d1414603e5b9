/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "check.h"
#include "temp.h"

char *
temp_path(const char *name)
{
	char dir[] = "/tmp/mien-test-XXXXXX";
	char *path;

	REQUIRE(mkdtemp(dir) != NULL);
	REQUIRE(asprintf(&path, "%s/%s", dir, name) > 0);
	return path;
}

void
temp_write(const char *path, const void *data, size_t len)
{
	FILE *f = fopen(path, "wb");

	REQUIRE(f != NULL);
	REQUIRE_EQ_U(fwrite(data, 1, len, f), len);
	fclose(f);
}

unsigned char *
temp_read(const char *path, size_t *len)
{
	FILE *f = fopen(path, "rb");
	unsigned char *data;

	*len = 0;
	if (f == NULL)
		return NULL;
	fseek(f, 0, SEEK_END);
	*len = (size_t)ftell(f);
	rewind(f);
	data = malloc(*len + 1);
	if (data != NULL)
		*len = fread(data, 1, *len, f);
	fclose(f);
	return data;
}

void
temp_remove(char *path)
{
	char *slash = strrchr(path, '/');

	unlink(path);
	*slash = '\0';
	rmdir(path);
	free(path);
}
