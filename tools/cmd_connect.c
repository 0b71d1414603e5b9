/* SPDX-License-Identifier: BSD-3-Clause */
/* mien connect: a client that is the operating system you name. */
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "commands.h"
#include "connect/client.h"
#include "emit.h"

#define SET_STRING(name)                                                                           \
	static int set_##name(void *ctx, const char *value)                                        \
	{                                                                                          \
		((struct connect_options *)ctx)->name = value;                                     \
		return STATUS_FINE;                                                                \
	}
SET_STRING(get)
SET_STRING(send)
SET_STRING(expect)
SET_STRING(output)

#define SET_NUMBER(name, flag, min, max)                                                           \
	static int set_##name(void *ctx, const char *value)                                        \
	{                                                                                          \
		if (!cli_u64(value, min, max, &((struct connect_options *)ctx)->name))             \
			return cli_error(STATUS_USAGE, "--%s %s: give a number from %u to %u", flag, value, min, max); \
		return STATUS_FINE;                                                                \
	}
SET_NUMBER(count, "count", 1u, 1u << 30)
SET_NUMBER(parallel, "parallel", 1u, 1u << 20)
SET_NUMBER(timeout_s, "timeout", 1u, 86400u)

static const struct flag flags[] = {
	{"get", 0, "URL", "get http://HOST[:PORT]/PATH; the body goes to standard output", set_get},
	{"send", 0, "FILE", "send a file (-: standard input), then close, and receive until the peer closes", set_send},
	{"expect", 0, "TEXT", "this text must be in what comes; exit 1 when it is not", set_expect},
	{"count", 0, "N", "connections in all (default: 1); the first one's bytes are written", set_count},
	{"parallel", 0, "N", "of these, at once (default: 1)", set_parallel},
	{"timeout", 0, "SECONDS", "give up when nothing moves for so long (default: 30)", set_timeout_s},
	{"fast-open", 0, NULL, "data goes with the SYN (RFC 7413) where the peer's cookie is known, else it is asked for", options_set_fast_open},
	{"output", 'o', "FILE", "where what is received goes instead of standard output", set_output},
	{NULL, 0, NULL, NULL, NULL},
};

/* A name is looked up by the system: mien has no resolver. */
static int
resolve(struct client *c)
{
	const struct addrinfo hints = {.ai_family = AF_INET, .ai_socktype = SOCK_STREAM};
	struct addrinfo *found;
	int err;

	if (mien_addr_parse(c->url.host, &c->remote) != MIEN_OK) {
		err = getaddrinfo(c->url.host, NULL, &hints, &found);
		if (err != 0)
			return cli_error(STATUS_PEER, "%s: %s", c->url.host, gai_strerror(err));
		c->remote = mien_addr_ip4(
			be32toh(((const struct sockaddr_in *)(const void *)found->ai_addr)->sin_addr.s_addr));
		freeaddrinfo(found);
	}
	mien_addr_format(&c->remote, c->remote_text, sizeof(c->remote_text));
	return STATUS_FINE;
}

static int
read_target(struct client *c, const char *operand)
{
	const struct connect_options *co = c->co;
	const char *why;

	if (co->get && (operand || co->send))
		return cli_error(STATUS_USAGE, "--get names the peer and what to ask: neither HOST:PORT nor --send goes with it");
	if (!co->get && !operand)
		return cli_error(STATUS_USAGE, "no peer: give HOST:PORT, or --get URL");
	if (co->get ? !url_parse(co->get, &c->url, &why) : !peer_parse(operand, &c->url, &why))
		return cli_error(STATUS_USAGE, "%s: %s", co->get ? co->get : operand, why);
	return resolve(c);
}

static int
open_files(struct client *c)
{
	const struct connect_options *co = c->co;
	struct stat st;

	if (co->send) {
		c->file = strcmp(co->send, "-") == 0 ? STDIN_FILENO : open(co->send, O_RDONLY | O_CLOEXEC);
		if (c->file < 0)
			return cli_error(errno == EACCES ? STATUS_PERMISSION : STATUS_USAGE, "%s: %s", co->send, strerror(errno));
		if (co->count > 1 && lseek(c->file, 0, SEEK_CUR) < 0)
			return cli_error(STATUS_USAGE, "%s: can be read only once, so not with --count", co->send);
		if (co->count == 1 && fstat(c->file, &st) == 0 && S_ISREG(st.st_mode) && st.st_size > 0)
			progress_begin(&c->progress, "send", "bytes", (uint64_t)st.st_size);
	}
	if (co->count > 1)
		progress_begin(&c->progress, "connect", "connections", co->count);
	if (co->output) {
		c->out = open(co->output, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
		if (c->out < 0)
			return cli_error(errno == EACCES ? STATUS_PERMISSION : STATUS_USAGE, "%s: %s", co->output, strerror(errno));
		c->close_out = true;
	} else if (!emit_wanted() && (co->get || co->send || co->expect)) {
		c->out = STDOUT_FILENO;
	}
	return STATUS_FINE;
}

/* Somebody's link, or a gateway, leads there. */
static int
check_route(const struct client *c)
{
	const struct plan *plan = &c->rt.plan;
	uint32_t to = mien_addr_get_ip4(&c->remote);

	for (uint32_t i = 0; i < plan->n; i++) {
		uint32_t mask = plan->hosts[i].prefix_len ? ~0u << (32 - plan->hosts[i].prefix_len) : 0;

		if (!mien_addr_is_ip4(&c->remote) || ((mien_addr_get_ip4(&plan->hosts[i].addr) ^ to) & mask) == 0)
			return STATUS_FINE;
	}
	if (!mien_addr_is_any(&c->co->o.gateway))
		return STATUS_FINE;
	return cli_error(STATUS_USAGE, "no route to %s: give --gateway ADDR, or an --address on its link", c->remote_text);
}

static int
work(struct client *c)
{
	const struct mien_app app = {.events = client_events, .turn = client_turn, .ctx = c};
	bool interrupted = false;
	int status = runtime_open(&c->rt, &c->co->o);

	if (status == STATUS_FINE)
		status = check_route(c);
	if (status == STATUS_FINE)
		status = runtime_start(&c->rt, &app);
	if (status != STATUS_FINE)
		return status;
	status = runtime_run(&c->rt, &interrupted);
	if (c->progress.total)
		progress_end(&c->progress, c->co->count > 1 ? c->done : c->co->get ? c->received : c->sent);
	if (c->failure[0])
		cli_error(c->status, "%s", c->failure);
	client_report(c, interrupted);
	if (interrupted)
		return STATUS_INTERRUPTED;
	return status == STATUS_FINE ? c->status : status;
}

static void
clean_up(struct client *c)
{
	/* What is still open is no service's. */
	for (uint64_t i = 0; c->jobs && i < c->co->parallel; i++)
		if (c->jobs[i].conn && mien_tcp_set_cookie(c->st, c->jobs[i].conn, 0) != MIEN_OK)
			c->jobs[i].conn = 0;
	runtime_close(&c->rt);
	for (uint64_t i = 0; c->jobs && i < c->co->parallel; i++) {
		expect_free(&c->jobs[i].expect);
		free(c->jobs[i].chunk);
	}
	free(c->jobs);
	if (c->file > STDIN_FILENO)
		close(c->file);
	if (c->close_out && close(c->out) != 0)
		cli_error(STATUS_USAGE, "%s: %s", c->co->output, strerror(errno));
}

static int
run(int argc, char **argv, const struct command *self)
{
	static struct connect_options co;
	static struct client c;
	int operand, status;
	bool done;

	options_init(&co.o);
	co.count = co.parallel = 1;
	co.timeout_s = 30;
	options_split_eal(&co.o, &argc, &argv);
	status = cli_parse(argc, argv, self, &co, &operand, &done);
	if (status != STATUS_FINE || done)
		return status;
	if (argc - operand > 1)
		return cli_error(STATUS_USAGE, "%s: give one HOST:PORT", argv[operand + 1]);
	if (co.parallel > co.count)
		co.parallel = co.count;
	c = (struct client){.co = &co, .file = -1, .out = -1};
	status = read_target(&c, operand < argc ? argv[operand] : NULL);
	if (status == STATUS_FINE)
		status = open_files(&c);
	if (status == STATUS_FINE && !(c.jobs = calloc(co.parallel, sizeof(*c.jobs))))
		status = cli_error(STATUS_PORT, "out of memory");
	if (status == STATUS_FINE)
		status = work(&c);
	clean_up(&c);
	return status;
}

static const struct flag *const tables[] = {flags, options_port_flags, NULL};

const struct command cmd_connect = {
	.name = "connect",
	.summary = "a client that is the operating system you name",
	.operands = "[HOST:PORT]",
	.example = "  mien connect -p macos --port tap:mien0 --address 10.77.0.2/24 --get http://10.77.0.1:8000/\n"
		   "  mien connect --port af_packet:eth1 --address 10.1.0.9/24 --send file.bin 10.1.0.1:9000\n",
	.flags = tables,
	.run = run,
};
