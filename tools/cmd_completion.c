/* SPDX-License-Identifier: BSD-3-Clause */
/* mien completion: the shell's completion and the man pages' lists, from the same tables as --help. */
#include <string.h>

#include <mien/profile.h>

#include "commands.h"

static void
bash_flags(const struct command *cmd)
{
	const struct flag *flags[CLI_FLAGS];
	size_t n = cli_flags(cmd, flags);

	for (size_t i = 0; i < n; i++)
		printf("%s--%s", i ? " " : "", flags[i]->name);
}

/* Flags that take a value: after them nothing of ours is offered. */
static void
bash_valued(const struct command *cmd, bool files)
{
	const struct flag *flags[CLI_FLAGS];
	size_t n = cli_flags(cmd, flags);

	for (size_t i = 0; i < n; i++) {
		bool file = flags[i]->arg && strstr(flags[i]->arg, "FILE");

		if (!flags[i]->arg || file != files || strcmp(flags[i]->name, "personality") == 0)
			continue;
		printf(" --%s", flags[i]->name);
		if (flags[i]->letter)
			printf(" -%c", flags[i]->letter);
	}
}

static void
bash_case(const struct command *cmd)
{
	printf("\t\"%s\")\n\t\tflags=\"", cmd->name);
	bash_flags(cmd);
	printf("\"\n\t\tvalued=\"");
	bash_valued(cmd, false);
	printf(" \"\n\t\tfiles=\"");
	bash_valued(cmd, true);
	printf(" \"\n\t\twords=\"");
	for (const struct command *const *sub = cmd->sub; sub && *sub; sub++)
		printf("%s%s", sub == cmd->sub ? "" : " ", strrchr((*sub)->name, ' ') + 1);
	printf("\"\n\t\t;;\n");
	for (const struct command *const *sub = cmd->sub; sub && *sub; sub++)
		bash_case(*sub);
}

static void
print_bash(void)
{
	struct mien_profile_info info;

	printf("# bash completion for mien; made by `mien completion bash`\n"
	       "_mien()\n{\n"
	       "\tlocal cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} flags valued files words cmd\n"
	       "\tlocal commands=\"");
	for (const struct command *const *c = cli_commands; *c; c++)
		printf("%s%s", c == cli_commands ? "" : " ", (*c)->name);
	printf("\"\n\tlocal profiles=\"");
	for (size_t i = 0; mien_profile_builtin(i, &info); i++)
		if (!info.abstract)
			printf("%s%s", i ? " " : "", info.name);
	printf("\"\n\tCOMPREPLY=()\n"
	       "\tif [ \"$COMP_CWORD\" -eq 1 ]; then\n"
	       "\t\tCOMPREPLY=($(compgen -W \"$commands --help --version\" -- \"$cur\"))\n\t\treturn\n\tfi\n"
	       "\tcmd=${COMP_WORDS[1]}\n"
	       "\tcase $cmd:${COMP_WORDS[2]} in\n");
	for (const struct command *const *c = cli_commands; *c; c++)
		for (const struct command *const *sub = (*c)->sub; sub && *sub; sub++)
			printf("\t%s:%s) [ \"$COMP_CWORD\" -eq 2 ] || cmd=\"%s\" ;;\n", (*c)->name,
				strrchr((*sub)->name, ' ') + 1, (*sub)->name);
	printf("\tesac\n\tcase $cmd in\n");
	for (const struct command *const *c = cli_commands; *c; c++)
		bash_case(*c);
	printf("\t*) return ;;\n\tesac\n"
	       "\tcase $prev in\n"
	       "\t-p|--personality) COMPREPLY=($(compgen -W \"$profiles\" -- \"$cur\") $(compgen -f -- \"$cur\")); return ;;\n"
	       "\tesac\n"
	       "\t[[ $files == *\" $prev \"* ]] && { COMPREPLY=($(compgen -f -- \"$cur\")); return; }\n"
	       "\t[[ $valued == *\" $prev \"* ]] && return\n"
	       "\tif [[ $cur == -* ]]; then\n"
	       "\t\tCOMPREPLY=($(compgen -W \"$flags\" -- \"$cur\"))\n"
	       "\telif [ -n \"$words\" ]; then\n"
	       "\t\tCOMPREPLY=($(compgen -W \"$words\" -- \"$cur\"))\n"
	       "\telif [[ $cmd == personality* ]]; then\n"
	       "\t\tCOMPREPLY=($(compgen -W \"$profiles\" -- \"$cur\") $(compgen -f -- \"$cur\"))\n"
	       "\telse\n\t\tCOMPREPLY=($(compgen -f -- \"$cur\"))\n\tfi\n}\n"
	       "complete -o filenames -F _mien mien\n");
}

/* scdoc gives `_` and `*` a meaning. */
static void
man_text(const char *text)
{
	for (; *text; text++) {
		if (strchr("_*\\<>#[~`", *text))
			putchar('\\');
		putchar(*text);
	}
}

static void
man_flags(const struct command *cmd)
{
	const struct flag *flags[CLI_FLAGS];
	size_t n = cli_flags(cmd, flags);

	for (size_t i = 0; i < n; i++) {
		if (flags[i]->letter)
			printf("*-%c*, ", flags[i]->letter);
		printf("*--%s*", flags[i]->name);
		if (flags[i]->arg) {
			printf(" _");
			man_text(flags[i]->arg);
			putchar('_');
		}
		printf("\n\t");
		man_text(flags[i]->help);
		printf(".\n\n");
	}
}

static void
man_knobs(void)
{
	static char value[8192], range[1024];
	struct mien_knob_value knob;

	for (size_t i = 0; mien_profile_knob(NULL, i, &knob, value, sizeof(value)); i++) {
		putchar('*');
		man_text(knob.key);
		printf("*\n\t");
		man_text(knob.help);
		printf("%s", knob.help[0] && knob.help[strlen(knob.help) - 1] == '.' ? "" : ".");
		mien_profile_knob_range(i, range, sizeof(range));
		if (range[0]) {
			printf(" Values: ");
			man_text(range);
			putchar('.');
		}
		if (knob.value[0] && strlen(knob.value) < 60) {
			printf(" Default: ");
			man_text(knob.value);
			putchar('.');
		}
		printf("\n\n");
	}
}

static const struct command *
find(const struct command *const *list, const char *name)
{
	for (; list && *list; list++) {
		const struct command *inner;

		if (strcmp((*list)->name, name) == 0)
			return *list;
		inner = find((*list)->sub, name);
		if (inner)
			return inner;
	}
	return NULL;
}

static int
run_bash(int argc, char **argv, const struct command *self)
{
	int operand, status;
	bool done;

	status = cli_parse(argc, argv, self, NULL, &operand, &done);
	if (status != STATUS_FINE || done)
		return status;
	print_bash();
	return STATUS_FINE;
}

static int
run_man(int argc, char **argv, const struct command *self)
{
	const struct command *cmd;
	int operand, status;
	bool done;

	status = cli_parse(argc, argv, self, NULL, &operand, &done);
	if (status != STATUS_FINE || done)
		return status;
	if (operand + 1 != argc)
		return cli_error(STATUS_USAGE, "say which: a command's name, or knobs");
	if (strcmp(argv[operand], "knobs") == 0) {
		man_knobs();
		return STATUS_FINE;
	}
	cmd = find(cli_commands, argv[operand]);
	if (!cmd)
		return cli_error(STATUS_USAGE, "unknown command %s", argv[operand]);
	man_flags(cmd);
	return STATUS_FINE;
}

static const struct command bash = {
	.name = "completion bash",
	.summary = "completion for bash (and zsh, after bashcompinit)",
	.operands = "",
	.example = "  source <(mien completion bash)\n",
	.run = run_bash,
};
static const struct command man = {
	.name = "completion man",
	.summary = "the flags of a command, or the knobs, as a man page's source lists them",
	.operands = "COMMAND|knobs",
	.example = "  mien completion man serve\n  mien completion man \"personality show\"\n",
	.run = run_man,
};
static const struct command *const subs[] = {&bash, &man, NULL};

const struct command cmd_completion = {
	.name = "completion",
	.summary = "prints the shell's completion",
	.operands = "bash",
	.example = "  source <(mien completion bash)\n",
	.sub = subs,
	.run = cli_run_sub,
};
