/* SPDX-License-Identifier: BSD-3-Clause */
/* mien personality import: profiles from what others wrote down about systems. */
#include <string.h>

#include "commands.h"
#include "import/import.h"

#define SET_STRING(name)                                                                           \
	static int set_##name(void *ctx, const char *value)                                        \
	{                                                                                          \
		((struct import_options *)ctx)->name = value;                                      \
		return STATUS_FINE;                                                                \
	}
SET_STRING(nmap)
SET_STRING(p0f)
SET_STRING(select)
SET_STRING(out)
SET_STRING(name)

static int
set_as(void *ctx, const char *value)
{
	if (strcmp(value, "syn") != 0 && strcmp(value, "synack") != 0)
		return cli_error(STATUS_USAGE, "--as %s: write syn (what a client opens with) or synack (what a server answers)", value);
	((struct import_options *)ctx)->as = value;
	return STATUS_FINE;
}

static const struct flag import_flag[] = {
	{"nmap", 0, "FILE", "fingerprints in nmap's text format: one, or a database", set_nmap},
	{"p0f", 0, "LINE|FILE", "a signature of p0f's, or a file of them", set_p0f},
	{"as", 0, "syn|synack", "with --p0f: whose a LINE is (default syn); which of a FILE's to take", set_as},
	{"select", 0, "NAME|LINE", "the entry of that name (of p0f's, a label), or that begins in that line", set_select},
	{"output", 'o', "FILE|DIR", "write to FILE; all entries into DIR, a file each", set_out},
	{"name", 0, "NAME", "what the profile is called (default: nmap- or p0f- and the line)", set_name},
	{NULL, 0, NULL, NULL, NULL},
};

static int
run_import(int argc, char **argv, const struct command *self)
{
	struct import_options o = {.nmap = NULL};
	int operand, status;
	bool done;

	status = cli_parse(argc, argv, self, &o, &operand, &done);
	if (status != STATUS_FINE || done)
		return status;
	if (!o.nmap == !o.p0f || operand != argc)
		return cli_error(STATUS_USAGE, "usage: mien %s --nmap FILE or --p0f LINE|FILE [--select NAME|LINE] [-o FILE|DIR]: "
			"see --help", self->name);
	if (o.nmap && o.as)
		return cli_error(STATUS_USAGE, "--as %s: goes with --p0f only; leave it out", o.as);
	return o.nmap ? import_nmap(&o) : import_p0f(&o);
}

static const struct flag *const import_tables[] = {import_flag, NULL};

const struct command personality_import = {
	.name = "personality import",
	.summary = "profiles from fingerprints in nmap's text format and from p0f's signatures",
	.operands = "",
	.example = "  mien personality import --nmap print.txt -o mine.yaml\n"
		   "  mien personality import --nmap /usr/share/nmap/nmap-os-db --select 2400 -o printer.yaml\n"
		   "  mien personality import --p0f '*:64:0:*:mss*20,10:mss,sok,ts,nop,ws:df,id+:0' -o linux.yaml\n"
		   "  mien personality import --p0f /etc/p0f/p0f.fp --select 'Windows XP' -o xp.yaml\n",
	.flags = import_tables,
	.run = run_import,
};
