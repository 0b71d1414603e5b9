/* SPDX-License-Identifier: BSD-3-Clause */
/* mien bench: which measurement. */
#include "bench/bench.h"
#include "commands.h"

static const struct command *const measurements[] = {&bench_engine_command, &bench_pair_command, &bench_flood_command, NULL};

const struct command cmd_bench = {
	.name = "bench",
	.summary = "measures the engine",
	.operands = "engine|pair|flood [FLAGS]",
	.example = "  mien bench engine\n  mien bench pair --connections 1000\n  mien bench flood\n",
	.sub = measurements,
	.run = cli_run_sub,
};
