/* SPDX-License-Identifier: BSD-3-Clause */
/* mien bench: which measurement. */
#include <string.h>

#include "bench/bench.h"
#include "commands.h"

static int
run(int argc, char **argv, const struct command *self)
{
	int operand;
	bool done;

	if (argc > 1 && strcmp(argv[1], "engine") == 0)
		return bench_engine(argc - 1, argv + 1);
	if (argc > 1 && strcmp(argv[1], "pair") == 0)
		return bench_pair(argc - 1, argv + 1);
	operand = cli_parse(argc, argv, self, NULL, &operand, &done);
	if (operand != STATUS_FINE || done)
		return operand;
	return cli_error(STATUS_USAGE, "say what to measure: mien bench engine, or mien bench pair");
}

const struct command cmd_bench = {
	.name = "bench",
	.summary = "measures the engine",
	.operands = "engine|pair [FLAGS]",
	.example = "  mien bench engine\n  mien bench pair --connections 1000\n",
	.run = run,
};
