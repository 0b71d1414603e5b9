/* SPDX-License-Identifier: BSD-3-Clause */
/* Flags, help, errors, numbers. */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <mien/driver.h>
#include <mien/mien.h>

#include "cli.h"

struct cli_output cli_out;

static int
set_quiet(void *ctx, const char *value)
{
	(void)ctx, (void)value;
	cli_out.quiet = true;
	return STATUS_FINE;
}

static int
set_verbose(void *ctx, const char *value)
{
	(void)ctx, (void)value;
	cli_out.verbose++;
	return STATUS_FINE;
}

static int
set_json(void *ctx, const char *value)
{
	(void)ctx, (void)value;
	cli_out.json = true;
	return STATUS_FINE;
}

static int
set_json_lines(void *ctx, const char *value)
{
	(void)ctx, (void)value;
	cli_out.json_lines = true;
	return STATUS_FINE;
}

const struct flag cli_common_flags[] = {
	{"help", 'h', NULL, "show this help", NULL},
	{"version", 0, NULL, "show mien's and DPDK's versions", NULL},
	{"quiet", 'q', NULL, "say nothing that is no result and no error", set_quiet},
	{"verbose", 'v', NULL, "say more; twice for DPDK's own messages", set_verbose},
	{"json", 0, NULL, "print one JSON object", set_json},
	{"json-lines", 0, NULL, "print a stream of JSON objects, one to a line", set_json_lines},
	{NULL, 0, NULL, NULL, NULL},
};

int
cli_error(int status, const char *format, ...)
{
	va_list ap;

	fputs("mien: ", stderr);
	va_start(ap, format);
	vfprintf(stderr, format, ap);
	va_end(ap);
	fputc('\n', stderr);
	return status;
}

int
cli_mien_error(int status, const struct mien_error *error)
{
	if (error->file[0] && error->line)
		return cli_error(status, "%s:%u:%u: %s", error->file, error->line, error->column, error->text);
	if (error->file[0])
		return cli_error(status, "%s: %s", error->file, error->text);
	return cli_error(status, "%s", error->text[0] ? error->text : mien_strerror(error->err));
}

void
cli_note(const char *format, ...)
{
	va_list ap;

	if (cli_out.quiet)
		return;
	va_start(ap, format);
	vfprintf(stderr, format, ap);
	va_end(ap);
	fputc('\n', stderr);
}

bool
cli_colour(FILE *stream)
{
	const char *no = getenv("NO_COLOR");

	return isatty(fileno(stream)) && !(no && no[0]);
}

static bool
unit_factor(const char *suffix, uint64_t *factor)
{
	static const struct {
		const char *suffix;
		uint64_t factor;
	} units[] = {{"", 1}, {"k", 1000}, {"M", 1000000}, {"G", 1000000000}, {"Ki", 1u << 10},
		{"Mi", 1u << 20}, {"Gi", 1u << 30}};

	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (strcmp(units[i].suffix, suffix) == 0) {
			*factor = units[i].factor;
			return true;
		}
	return false;
}

bool
cli_u64(const char *text, uint64_t min, uint64_t max, uint64_t *out)
{
	uint64_t value, factor;
	char *end;

	if (!text || text[0] < '0' || text[0] > '9')
		return false;
	errno = 0;
	value = strtoull(text, &end, 0);
	if (errno || !unit_factor(end, &factor) || value > UINT64_MAX / factor)
		return false;
	value *= factor;
	if (value < min || value > max)
		return false;
	*out = value;
	return true;
}

size_t
cli_flags(const struct command *cmd, const struct flag **out)
{
	size_t n = 0;

	for (const struct flag *const *table = cmd->flags; table && *table; table++)
		for (const struct flag *f = *table; f->name && n < CLI_FLAGS; f++)
			out[n++] = f;
	for (const struct flag *f = cli_common_flags; f->name && n < CLI_FLAGS; f++)
		out[n++] = f;
	return n;
}

static void
print_help(const struct command *cmd)
{
	const struct flag *flags[CLI_FLAGS];
	size_t n = cli_flags(cmd, flags);

	printf("mien %s: %s\n\nusage: mien %s %s%s%s\n\n", cmd->name, cmd->summary, cmd->name,
		cmd->sub ? "" : "[FLAGS]", cmd->operands[0] && !cmd->sub ? " " : "", cmd->operands);
	for (const struct command *const *sub = cmd->sub; sub && *sub; sub++)
		printf("  mien %-29s %s\n", (*sub)->name, (*sub)->summary);
	if (cmd->sub)
		putchar('\n');
	for (size_t i = 0; i < n; i++) {
		const struct flag *f = flags[i];
		char left[64];

		snprintf(left, sizeof(left), "%c%c%s--%s%s%s", f->letter ? '-' : ' ', f->letter ? f->letter : ' ',
			f->letter ? ", " : "  ", f->name, f->arg ? " " : "", f->arg ? f->arg : "");
		printf("  %-34s %s\n", left, f->help);
	}
	printf("\nexample:\n%s", cmd->example);
}

struct parser {
	const struct flag *flags[CLI_FLAGS];
	struct option longs[CLI_FLAGS + 1];
	char shorts[2 * CLI_FLAGS + 3];
	size_t n;
};

static void
parser_init(struct parser *p, const struct command *cmd)
{
	char *s = p->shorts;

	p->n = cli_flags(cmd, p->flags);
	*s++ = ':';
	for (size_t i = 0; i < p->n; i++) {
		p->longs[i] = (struct option){.name = p->flags[i]->name,
			.has_arg = p->flags[i]->arg ? required_argument : no_argument, .val = (int)(256 + i)};
		if (p->flags[i]->letter) {
			*s++ = p->flags[i]->letter;
			if (p->flags[i]->arg)
				*s++ = ':';
		}
	}
	*s = '\0';
	p->longs[p->n] = (struct option){0};
}

static const struct flag *
parser_flag(const struct parser *p, int c)
{
	if (c >= 256)
		return p->flags[c - 256];
	for (size_t i = 0; i < p->n; i++)
		if (p->flags[i]->letter == c)
			return p->flags[i];
	return NULL;
}

int
cli_parse(int argc, char **argv, const struct command *cmd, void *ctx, int *operand, bool *done)
{
	struct parser p;
	int c, status;

	*done = false;
	parser_init(&p, cmd);
	optind = 0;
	opterr = 0;
	while ((c = getopt_long(argc, argv, p.shorts, p.longs, NULL)) != -1) {
		const char *word = argv[optind > 0 ? optind - 1 : 0];
		const struct flag *f;

		char letter[3] = {'-', (char)optopt, '\0'};

		if (optopt > 0 && optopt < 256)
			word = letter;
		if (c == '?')
			return cli_error(STATUS_USAGE, "unknown flag %s: see mien %s --help", word, cmd->name);
		if (c == ':')
			return cli_error(STATUS_USAGE, "flag %s needs a value: see mien %s --help", word, cmd->name);
		f = parser_flag(&p, c);
		if (strcmp(f->name, "help") == 0 || strcmp(f->name, "version") == 0) {
			*done = true;
			if (f->name[0] == 'h')
				print_help(cmd);
			else
				printf("mien %s\n%s\n", mien_version(), mien_eal_version());
			return STATUS_FINE;
		}
		status = f->set(ctx, optarg);
		if (status != STATUS_FINE)
			return status;
	}
	*operand = optind;
	return STATUS_FINE;
}

/* The last word of "personality list". */
static const char *
last_word(const char *name)
{
	const char *blank = strrchr(name, ' ');

	return blank ? blank + 1 : name;
}

int
cli_run_sub(int argc, char **argv, const struct command *self)
{
	int operand, status;
	bool done;

	for (const struct command *const *sub = self->sub; argc > 1 && *sub; sub++)
		if (strcmp(last_word((*sub)->name), argv[1]) == 0)
			return (*sub)->run(argc - 1, argv + 1, *sub);
	status = cli_parse(argc, argv, self, NULL, &operand, &done);
	if (status != STATUS_FINE || done)
		return status;
	if (operand < argc)
		return cli_error(STATUS_USAGE, "unknown command %s %s: see mien %s --help", self->name, argv[operand],
			self->name);
	return cli_error(STATUS_USAGE, "say which: mien %s %s", self->name, self->operands);
}
