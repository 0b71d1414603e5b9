/* SPDX-License-Identifier: BSD-3-Clause */
/* mien replay: a capture through the stack. */
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "commands.h"
#include "emit.h"
#include "options.h"
#include "replay/replay.h"

static volatile int stop;

static void
on_signal(int number)
{
	(void)number;
	stop = 1;
}

/* ADDR, ADDR/LEN, either with =PERSONALITY. */
static int
set_host(void *ctx, const char *value)
{
	struct replay_options *o = ctx;
	struct replay_host *h = &o->hosts[o->n_hosts];
	size_t len = strcspn(value, "=");
	char text[MIEN_ADDR_STRLEN];
	unsigned prefix_len = 0;

	if (o->n_hosts == REPLAY_HOSTS)
		return cli_error(STATUS_USAGE, "too many --host: at most %d", REPLAY_HOSTS);
	if (len >= sizeof(text))
		return cli_error(STATUS_USAGE, "--host %s: is no address", value);
	memcpy(text, value, len);
	text[len] = '\0';
	if (mien_cidr_parse(text, &h->addr, &prefix_len) != MIEN_OK || (value[len] && !value[len + 1]))
		return cli_error(STATUS_USAGE, "--host %s: write ADDR or ADDR=PERSONALITY, as 10.0.0.5=windows-11", value);
	if (!mien_addr_is_ip4(&h->addr))
		return cli_error(STATUS_USAGE, "--host %s: only IPv4 can be replayed", value);
	h->ip = mien_addr_get_ip4(&h->addr);
	for (unsigned i = 0; i < o->n_hosts; i++)
		if (o->hosts[i].ip == h->ip)
			return cli_error(STATUS_USAGE, "--host %s: is given twice", text);
	/* Without a length everybody is on the link: each client's MAC is the one it has in the capture. */
	h->prefix_len = (uint8_t)(strchr(text, '/') ? prefix_len : 0);
	h->personality_name = value[len] ? value + len + 1 : NULL;
	o->n_hosts++;
	return STATUS_FINE;
}

#define SET_STRING(name)                                                                           \
	static int set_##name(void *ctx, const char *value)                                        \
	{                                                                                          \
		((struct replay_options *)ctx)->name = value;                                      \
		return STATUS_FINE;                                                                \
	}
SET_STRING(out)
SET_STRING(personality)

#define SET_TRUE(name)                                                                             \
	static int set_##name(void *ctx, const char *value)                                        \
	{                                                                                          \
		(void)value;                                                                       \
		((struct replay_options *)ctx)->name = true;                                       \
		return STATUS_FINE;                                                                \
	}
SET_TRUE(fix_checksums)
SET_TRUE(all)

static int
push(const char *flag, const char **list, unsigned *n, const char *value, const char *form)
{
	if (!strchr(value, '='))
		return cli_error(STATUS_USAGE, "--%s %s: write %s", flag, value, form);
	if (*n == REPLAY_LIST)
		return cli_error(STATUS_USAGE, "too many --%s: at most %d", flag, REPLAY_LIST);
	list[(*n)++] = value;
	return STATUS_FINE;
}

static int
set_set(void *ctx, const char *value)
{
	struct replay_options *o = ctx;

	return push("set", o->sets, &o->n_sets, value, "KEY=VALUE, as ip.ttl=64");
}

static int
set_tcp(void *ctx, const char *value)
{
	struct replay_options *o = ctx;

	return push("tcp", o->tcp, &o->n_tcp, value, "PORT=SERVICE, as 80=http");
}

static int
set_udp(void *ctx, const char *value)
{
	struct replay_options *o = ctx;

	return push("udp", o->udp, &o->n_udp, value, "PORT=SERVICE, as 53=discard");
}

static int
set_seed(void *ctx, const char *value)
{
	if (!cli_u64(value, 0, UINT64_MAX, &((struct replay_options *)ctx)->seed))
		return cli_error(STATUS_USAGE, "--seed %s: give a number", value);
	return STATUS_FINE;
}

static int
set_linger(void *ctx, const char *value)
{
	struct replay_options *o = ctx;

	if (!cli_u64(value, 0, 86400, &o->linger_ns))
		return cli_error(STATUS_USAGE, "--linger %s: give seconds, at most 86400", value);
	o->linger_ns *= 1000000000u;
	return STATUS_FINE;
}

static const struct flag flags[] = {
	{"host", 0, "ADDR[=NAME]", "a host of the capture that mien plays, and its personality; repeatable", set_host},
	{"out", 'o', "FILE", "write what went in and what came out: pcapng, or pcap when it ends in .pcap", set_out},
	{"personality", 'p', "NAME|FILE", "what hosts wear that name none (default: linux-6)", set_personality},
	{"set", 0, "KEY=VALUE", "override one knob of the personalities; repeatable", set_set},
	{"tcp", 0, "PORT=SERVICE", "what answers at a TCP port (default: discard where the capture's clients knock)", set_tcp},
	{"udp", 0, "PORT=SERVICE", "what answers at a UDP port (default: discard where the capture shows answers)", set_udp},
	{"seed", 0, "N", "of the randomness (default: 0)", set_seed},
	{"linger", 0, "SECONDS", "how long time goes on after the last packet (default: 60)", set_linger},
	{"fix-checksums", 0, NULL, "repair wrong IP, TCP and UDP checksums before the stack sees them", set_fix_checksums},
	{"all", 0, NULL, "copy what concerns no host, and the captured hosts' own packets, too", set_all},
	{NULL, 0, NULL, NULL, NULL},
};

/* OUT would be read as IN while it is written. */
static bool
same_file(const char *a, const char *b)
{
	struct stat x, y;

	return stat(a, &x) == 0 && stat(b, &y) == 0 && x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}

static int
check(const struct replay_options *o)
{
	if (o->n_hosts == 0)
		return cli_error(STATUS_USAGE, "no host: give --host ADDR[=PERSONALITY], an address that %s was sent to", o->in);
	if (strcmp(o->in, "-") == 0)
		return cli_error(STATUS_USAGE, "a capture is read twice: give a file, not standard input");
	if (o->out && same_file(o->in, o->out))
		return cli_error(STATUS_USAGE, "--out %s: is the input", o->out);
	return STATUS_FINE;
}

static int
offline(struct replay *r)
{
	const struct sigaction action = {.sa_handler = on_signal};
	int status = replay_scan(r);

	if (status == STATUS_FINE)
		status = replay_open(r);
	if (status == STATUS_FINE) {
		if (r->scan.for_hosts == 0)
			cli_note("mien: no packet of %s is for a --host", r->o->in);
		sigaction(SIGINT, &action, NULL);
		sigaction(SIGTERM, &action, NULL);
		status = replay_run(r, &stop);
		replay_report(r);
	}
	replay_close(r);
	replay_scan_free(r);
	return status;
}

static int
run_offline(int argc, char **argv, const struct command *self)
{
	static struct replay_options o;
	struct replay *r;
	int operand, status;
	bool done;

	o = (struct replay_options){.personality = "linux-6", .linger_ns = 60000000000u};
	status = cli_parse(argc, argv, self, &o, &operand, &done);
	if (status != STATUS_FINE || done)
		return status;
	if (operand + 1 != argc)
		return cli_error(STATUS_USAGE, "give one capture file: see mien replay offline --help");
	o.in = argv[operand];
	status = check(&o);
	r = status == STATUS_FINE ? calloc(1, sizeof(*r)) : NULL;
	if (!r)
		return status != STATUS_FINE ? status : cli_error(STATUS_PORT, "out of memory");
	r->o = &o;
	r->hosts = o.hosts;
	r->n_hosts = o.n_hosts;
	status = offline(r);
	free(r);
	return status;
}

static const struct flag *const tables[] = {flags, NULL};

static const struct command offline_command = {
	.name = "replay offline",
	.summary = "a capture through the engine, under the capture's own time",
	.operands = "IN",
	.example = "  mien replay offline scan.pcap --host 192.168.1.10=windows-11 --out answers.pcapng\n",
	.flags = tables,
	.run = run_offline,
};
static const struct command *const subs[] = {&offline_command, NULL};

const struct command cmd_replay = {
	.name = "replay",
	.summary = "sends a capture through the stack",
	.operands = "offline",
	.example = "  mien replay offline scan.pcap --host 192.168.1.10=windows-11 --out answers.pcapng\n",
	.sub = subs,
	.run = cli_run_sub,
};
