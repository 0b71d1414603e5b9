/* SPDX-License-Identifier: BSD-3-Clause */
/* mien fingerprint: who is talking. */
#include <string.h>

#include "commands.h"
#include "fingerprint/passive.h"

static volatile sig_atomic_t stop;

static void
on_signal(int number)
{
	(void)number;
	stop = 1;
}

static int
set_pcap(void *ctx, const char *value)
{
	((struct passive_options *)ctx)->pcap = value;
	return STATUS_FINE;
}

static int
set_port(void *ctx, const char *value)
{
	((struct passive_options *)ctx)->port = value;
	return STATUS_FINE;
}

static int
set_personality(void *ctx, const char *value)
{
	struct passive_options *o = ctx;

	if (o->n_profiles == PASSIVE_PROFILES)
		return cli_error(STATUS_USAGE, "too many --personality: at most %d", PASSIVE_PROFILES);
	o->profiles[o->n_profiles++] = value;
	return STATUS_FINE;
}

static int
set_seconds(void *ctx, const char *value)
{
	if (cli_u64(value, 1, 31536000, &((struct passive_options *)ctx)->seconds))
		return STATUS_FINE;
	return cli_error(STATUS_USAGE, "--seconds %s: give a number from 1 to 31536000", value);
}

static const struct flag flags[] = {
	{"pcap", 0, "FILE", "a capture, pcap or pcapng (-: standard input)", set_pcap},
	{"port", 0, "SPEC", "a port to listen on: af_packet:IFACE, tap:NAME, pci:BDF, ...; nothing is sent", set_port},
	{"personality", 'p', "NAME|FILE", "a profile to compare with besides the built-in ones; repeatable", set_personality},
	{"seconds", 0, "N", "with --port: how long to listen (default: until interrupted)", set_seconds},
	{NULL, 0, NULL, NULL, NULL},
};
static const struct flag *const tables[] = {flags, NULL};

static int
run(int argc, char **argv, const struct command *self)
{
	const struct sigaction action = {.sa_handler = on_signal};
	struct passive_options o = {0};
	struct passive p = {.o = &o};
	int operand, status;
	bool done;

	status = cli_parse(argc, argv, self, &o, &operand, &done);
	if (status != STATUS_FINE || done)
		return status;
	if (operand != argc || !o.pcap == !o.port)
		return cli_error(STATUS_USAGE, "give either --pcap FILE or --port SPEC: see mien fingerprint --help");
	status = passive_open(&p);
	if (status == STATUS_FINE) {
		sigaction(SIGINT, &action, NULL);
		sigaction(SIGTERM, &action, NULL);
		status = o.pcap ? passive_capture(&p, &stop) : passive_port(&p, &stop);
		if (status == STATUS_FINE || status == STATUS_INTERRUPTED)
			passive_report(&p);
	}
	passive_close(&p);
	return status;
}

const struct command cmd_fingerprint = {
	.name = "fingerprint",
	.summary = "who is talking: systems by their SYNs and SYN-ACKs, scanners by their probes",
	.operands = "",
	.example = "  mien fingerprint --pcap office.pcapng\n  mien fingerprint --port af_packet:eth0 --json-lines\n",
	.flags = tables,
	.run = run,
};
