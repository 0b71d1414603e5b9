/* SPDX-License-Identifier: BSD-3-Clause */
/* The command: finds the subcommand and runs it. */
#include <signal.h>
#include <string.h>

#include <mien/driver.h>
#include <mien/mien.h>

#include "cli.h"

static void
usage(FILE *out)
{
	fputs("mien: a TCP/IP stack that is the operating system you name\n\n"
	      "usage: mien COMMAND [FLAGS]\n\n", out);
	for (const struct command *const *c = cli_commands; *c; c++)
		fprintf(out, "  %-12s %s\n", (*c)->name, (*c)->summary);
	fputs("\nmien COMMAND --help tells more.\n", out);
}

static const struct command *
find(const struct command *const *list, const char *name)
{
	for (; *list; list++)
		if (strcmp((*list)->name, name) == 0)
			return *list;
	return NULL;
}

int
main(int argc, char **argv)
{
	const struct command *cmd;

	signal(SIGPIPE, SIG_IGN);
	if (argc < 2)
		return cli_error(STATUS_USAGE, "say what to do: mien --help lists the commands");
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 || strcmp(argv[1], "help") == 0) {
		usage(stdout);
		return STATUS_FINE;
	}
	if (strcmp(argv[1], "--version") == 0) {
		printf("mien %s\n%s\n", mien_version(), mien_eal_version());
		return STATUS_FINE;
	}
	cmd = find(cli_commands, argv[1]);
	if (!cmd)
		return cli_error(STATUS_USAGE, "unknown command %s: see mien --help", argv[1]);
	return cmd->run(argc - 1, argv + 1, cmd);
}
