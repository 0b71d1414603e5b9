/* SPDX-License-Identifier: BSD-3-Clause */
/* The subcommands, one file each. */
#ifndef TOOLS_COMMANDS_H
#define TOOLS_COMMANDS_H

#include "cli.h"

extern const struct command cmd_serve, cmd_connect, cmd_replay, cmd_personality, cmd_bench, cmd_ctl, cmd_doctor,
	cmd_completion, cmd_fingerprint, cmd_simulate, personality_import, personality_learn,
	personality_verify;

#endif
