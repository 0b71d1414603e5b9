/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdio.h>
#include <string.h>

#include "eal_args.h"
#include "suites.h"

static struct eal_args args;
static struct mien_error error;

static const char *
joined(void)
{
	static char text[EAL_TEXT_MAX];
	size_t used = 0;

	text[0] = '\0';
	for (int i = 0; i < args.argc; i++)
		used += (size_t)snprintf(text + used, sizeof(text) - used, "%s%s", i > 0 ? " " : "",
			args.argv[i]);
	return text;
}

static void
default_start(void)
{
	const struct mien_eal_config config = {0};

	int rc = eal_args_build(&args, &config, false, "0-1", &error);

	REQUIRE_EQ_I(rc, 0);
	CHECK_STR(joined(), "mien --lcores=0@(0-1) --no-huge --no-shconf -m 1024 --no-pci "
			    "--file-prefix=mien --no-telemetry");
	CHECK_NULL(args.argv[args.argc]);
}

static void
hugepages_in_memory(void)
{
	const struct mien_eal_config config = {.cores = "1,3", .memory_mb = 256, .pci = true};

	int rc = eal_args_build(&args, &config, true, "0-3", &error);

	REQUIRE_EQ_I(rc, 0);
	CHECK_STR(joined(), "mien -l 1,3 --in-memory -m 256 --allow=ffff:ff:1f.7 --file-prefix=mien "
			    "--no-telemetry");
}

static void
own_arguments_win(void)
{
	char *const pasted[] = {(char[]){"-l0-1"}, (char[]){"--file-prefix"}, (char[]){"x"}};
	const struct mien_eal_config config = {
		.extra = " --vdev 'net_null0,size=64 x'  -m 64", .pasted = pasted, .pasted_count = 3};

	int rc = eal_args_build(&args, &config, false, "0", &error);

	REQUIRE_EQ_I(rc, 0);
	CHECK_STR(joined(), "mien --vdev net_null0,size=64 x -m 64 -l0-1 --file-prefix x --no-huge "
			    "--no-shconf --no-pci --no-telemetry");
	CHECK_STR(args.argv[2], "net_null0,size=64 x");
}

static void
open_quote(void)
{
	const struct mien_eal_config config = {.extra = "--vdev 'net_null0"};

	int rc = eal_args_build(&args, &config, false, "0", &error);

	CHECK_EQ_I(rc, MIEN_EINVAL);
	CHECK(strstr(error.text, "quotes") != NULL);
}

static void
too_many(void)
{
	char *pasted[EAL_ARGS_MAX];
	const struct mien_eal_config config = {.pasted = pasted, .pasted_count = EAL_ARGS_MAX};

	static char option[] = "-v";

	for (int i = 0; i < EAL_ARGS_MAX; i++)
		pasted[i] = option;
	int rc = eal_args_build(&args, &config, false, "0", &error);

	CHECK_EQ_I(rc, MIEN_EINVAL);
}

static void
statuses(void)
{
	static const struct {
		int err, status;
	} rows[] = {{MIEN_OK, 0}, {MIEN_EINVAL, 2}, {MIEN_EIO, 3}, {MIEN_ENOENT, 3}, {MIEN_EEXIST, 3},
		{MIEN_ENOMEM, 3}, {MIEN_EPERM, 5}, {MIEN_EPARSE, 6}};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		error.err = rows[i].err;
		CHECK_EQ_I(mien_driver_exit_status(&error), rows[i].status);
	}
}

static const struct test_case cases[] = {
	{"by default no hugepages, no PCI, one lcore that floats", default_start},
	{"hugepages are taken in memory, PCI is scanned but nothing taken", hugepages_in_memory},
	{"an argument the caller gives replaces the one that would be made", own_arguments_win},
	{"a quote that is never closed is told", open_quote},
	{"more arguments than fit are refused", too_many},
	{"each kind of error has its exit status", statuses},
	{NULL, NULL},
};
const struct test_suite eal_args_suite = {.name = "eal_args", .cases = cases};
