/* SPDX-License-Identifier: BSD-3-Clause */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "cli.h"
#include "store.h"
#include "suites.h"

static char dir[] = "/tmp/mien-store-XXXXXX", path[64], part[64];

static int
setup(void)
{
	if (!mkdtemp(dir))
		return 1;
	snprintf(path, sizeof(path), "%s/file", dir);
	snprintf(part, sizeof(part), "%s/file.part", dir);
	return 0;
}

static int
teardown(void)
{
	remove(path);
	return rmdir(dir);
}

static bool
holds(const char *text)
{
	char got[64] = "";
	FILE *f = fopen(path, "re");
	size_t n = f ? fread(got, 1, sizeof(got) - 1, f) : 0;

	if (f)
		fclose(f);
	return f && n == strlen(text) && memcmp(got, text, n) == 0;
}

static void
replaced(void)
{
	CHECK_EQ_I(store_text(path, "the first, long", 15), STATUS_FINE);
	CHECK_EQ_I(store_text(path, "second", 6), STATUS_FINE);

	CHECK(holds("second"));
	CHECK(access(part, F_OK) != 0);
}

static void
kept(void)
{
	struct rlimit before, few = {4, 4};
	int status;

	REQUIRE(store_text(path, "old", 3) == STATUS_FINE);
	REQUIRE(getrlimit(RLIMIT_FSIZE, &before) == 0);
	few.rlim_max = before.rlim_max;
	signal(SIGXFSZ, SIG_IGN);
	setrlimit(RLIMIT_FSIZE, &few);
	status = store_text(path, "more than four bytes", 20);
	setrlimit(RLIMIT_FSIZE, &before);
	signal(SIGXFSZ, SIG_DFL);

	CHECK_EQ_I(status, STATUS_USAGE);
	CHECK(holds("old"));
	CHECK(access(part, F_OK) != 0);
}

static void
special(void)
{
	CHECK_EQ_I(store_text("/dev/null", "text", 4), STATUS_FINE);
	CHECK_EQ_I(store_text("/dev/full", "text", 4), STATUS_USAGE);
	CHECK(access("/dev/null.part", F_OK) != 0);
}

static void
nowhere(void)
{
	CHECK_EQ_I(store_text("/tmp/no-such-directory/file", "text", 4), STATUS_USAGE);
}

static const struct test_case cases[] = {
	{"a file that was there is replaced", replaced},
	{"a file that was there stays when the new one cannot be written whole", kept},
	{"a device is written to and stays a device", special},
	{"a directory that is not there is an error", nowhere},
	{NULL, NULL},
};

const struct test_suite store_suite = {.name = "store", .setup = setup, .teardown = teardown, .cases = cases};
