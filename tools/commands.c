/* SPDX-License-Identifier: BSD-3-Clause */
/* The table of commands, in the order of the help. */
#include "commands.h"

const struct command *const cli_commands[] = {
	&cmd_serve, &cmd_connect, &cmd_replay, &cmd_personality, &cmd_fingerprint, &cmd_simulate, &cmd_bench, &cmd_ctl, &cmd_doctor, &cmd_completion, NULL,
};
