/* SPDX-License-Identifier: BSD-3-Clause */
/* mien personality verify: what observers would find of a profile, against what it says they must. */
#include <stdlib.h>
#include <string.h>

#include <mien/driver.h>
#include <mien/profile.h>

#include "commands.h"
#include "emit.h"
#include "verify/verify.h"

/* Whose database a file is shows in its first section. */
static bool
is_p0f(const char *path)
{
	FILE *f = fopen(path, "re");
	char line[256];
	bool is = false;

	while (f && !is && fgets(line, sizeof(line), f) && strncmp(line, "Fingerprint", 11) != 0)
		is = strncmp(line, "[tcp:", 5) == 0 || strncmp(line, "[mtu]", 5) == 0;
	if (f)
		fclose(f);
	return is;
}

static int
set_against(void *ctx, const char *value)
{
	struct verify_options *o = ctx;

	if (is_p0f(value))
		o->against_p0f = value;
	else
		o->against = value;
	return STATUS_FINE;
}

static int
set_seed(void *ctx, const char *value)
{
	if (cli_u64(value, 0, UINT64_MAX, &((struct verify_options *)ctx)->seed))
		return STATUS_FINE;
	return cli_error(STATUS_USAGE, "--seed %s: not a number", value);
}

static int
set_with(void *ctx, const char *value)
{
	struct verify_options *o = ctx;

	for (const char *p = value;; p++) {
		size_t n = strcspn(p, ",");

		if (n == 4 && strncmp(p, "nmap", n) == 0)
			o->with |= REAL_NMAP;
		else if (n == 3 && strncmp(p, "p0f", n) == 0)
			o->with |= REAL_P0F;
		else
			return cli_error(STATUS_USAGE, "--with %s: known are nmap and p0f", value);
		p += n;
		if (*p == '\0')
			return real_possible(o->with);
	}
}

static int
set_print(void *ctx, const char *value)
{
	(void)value;
	((struct verify_options *)ctx)->print = true;
	return STATUS_FINE;
}

static const struct flag verify_flag[] = {
	{"against", 0, "FILE", "an nmap-os-db or a p0f.fp: says which of its entries fit; one of each may be given", set_against},
	{"print", 0, NULL, "print what was found, also where nothing differs", set_print},
	{"seed", 0, "N", "secrets of the host and numbers of the scanner (default 1)", set_seed},
	{"with", 0, "PROGRAMS", "nmap, p0f or both with a comma: let the real ones look too (root)", set_with},
	{NULL, 0, NULL, NULL, NULL},
};
static const struct flag *const verify_tables[] = {verify_flag, NULL};

static int
verify_all(struct verify *v, char **names, int n)
{
	int worst = STATUS_FINE;

	for (int i = 0; i < n; i++) {
		int status = verify_one(v, names[i]);

		if (status > worst)
			worst = status;
	}
	return worst;
}

static int
run_verify(int argc, char **argv, const struct command *self)
{
	struct verify_options o = {.seed = 1};
	struct verify v = {.o = &o};
	int operand, status;
	bool done;

	status = cli_parse(argc, argv, self, &o, &operand, &done);
	if (status != STATUS_FINE || done)
		return status;
	if (operand == argc)
		return cli_error(STATUS_USAGE, "usage: mien %s [FLAGS] %s: see mien %s --help", self->name,
			self->operands, self->name);
	status = verify_open(&v);
	if (status == STATUS_FINE)
		status = verify_all(&v, argv + operand, argc - operand);
	verify_close(&v);
	return status;
}

const struct command personality_verify = {
	.name = "personality verify",
	.summary = "what nmap, p0f and arp-scan would find of a personality, against what it expects; exit 1 when it differs",
	.operands = "NAME|FILE...",
	.example = "  mien personality verify windows-11\n"
		   "  mien personality verify mine.yaml --against /usr/share/nmap/nmap-os-db\n"
		   "  mien personality verify linux-6 --with nmap,p0f\n",
	.flags = verify_tables,
	.run = run_verify,
};
