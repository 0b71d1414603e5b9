/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The frame of the command line: one table of commands, one table of flags to each, from which parsing, --help,
 * completion and the man pages' option lists come.
 */
#ifndef TOOLS_CLI_H
#define TOOLS_CLI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <mien/err.h>

enum exit_status {
	STATUS_FINE = 0,
	STATUS_DIFFERENT = 1,  /* a verification, comparison or replay found a difference */
	STATUS_USAGE = 2,      /* usage or configuration */
	STATUS_PORT = 3,       /* a port or DPDK did not start */
	STATUS_PEER = 4,       /* peer unreachable or timed out */
	STATUS_PERMISSION = 5,
	STATUS_MALFORMED = 6,  /* input file */
	STATUS_INTERRUPTED = 130
};

struct cli; /* one invocation's parsed state, private to each command */

/** One flag. Repeatable ones call set each time. */
struct flag {
	const char *name; /* long, without dashes */
	char letter;	  /* 0: none */
	const char *arg;  /* NULL: takes none; else its word in the help, "CIDR" */
	const char *help; /* one line */
	/** Takes the argument (NULL without) into ctx; STATUS_FINE, or a status after cli_error(). */
	int (*set)(void *ctx, const char *value);
};

struct command {
	const char *name;	/* "serve", or "personality list" */
	const char *summary;	/* one line */
	const char *operands;	/* "IN", "" */
	const char *example;	/* whole lines */
	const struct flag *const *flags; /* NULL-ended list of tables, each ended by a flag without a name */
	const struct command *const *sub; /* NULL, or a NULL-ended list of its own commands */
	int (*run)(int argc, char **argv, const struct command *self);
};

/** Set by -q, -v, --json, --json-lines, which every command takes. */
extern struct cli_output {
	bool quiet;
	unsigned verbose;
	bool json, json_lines;
} cli_out;

/**
 * Parses argv[1..] by the command's flags into ctx; *operand becomes the index of the first operand. Handles --help
 * and --version: then *done is true and the status is to be returned.
 */
int cli_parse(int argc, char **argv, const struct command *cmd, void *ctx, int *operand, bool *done);

/** The run of a command that only has commands of its own: finds the one that argv[1] names and runs it. */
int cli_run_sub(int argc, char **argv, const struct command *self);

/** All flags of a command, its own first, then those every command has; at most CLI_FLAGS. Gives how many. */
#define CLI_FLAGS 96
size_t cli_flags(const struct command *cmd, const struct flag **out);

/** "mien: ..." on stderr; always one line. Returns status, so that `return cli_error(...)` reads well. */
int cli_error(int status, const char *format, ...) __attribute__((format(printf, 2, 3)));
/** The same for a struct mien_error, with file, line and column. */
int cli_mien_error(int status, const struct mien_error *error);
/** Progress and remarks on stderr, unless quiet. */
void cli_note(const char *format, ...) __attribute__((format(printf, 1, 2)));
/** Colour may be used on this stream (a terminal, no NO_COLOR). */
bool cli_colour(FILE *stream);

/** Numbers with a unit suffix (k, M, G: powers of 1000; Ki, Mi, Gi: of 1024); false when it is none or out of range. */
bool cli_u64(const char *text, uint64_t min, uint64_t max, uint64_t *out);

/* Progress bar on stderr when that is a terminal: done, rate, time left. */
struct progress {
	uint64_t total, last_ns, start_ns;
	const char *what, *unit;
	bool shown;
};
void progress_begin(struct progress *p, const char *what, const char *unit, uint64_t total);
void progress_step(struct progress *p, uint64_t done);
void progress_end(struct progress *p, uint64_t done);

extern const struct command *const cli_commands[]; /* NULL-ended; commands.c */
extern const struct flag cli_common_flags[];

#endif
