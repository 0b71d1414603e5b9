/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * mien bench pair: a server and a client process, pinned to a core each, joined by memif. The parent only waits; each
 * child counts in one-second windows and reports the median of the windows in which it had its core.
 */
#include <inttypes.h>
#include <poll.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <rte_mbuf.h>

#include "../wear.h"
#include "bench.h"

#define WINDOWS_MAX 64
#define SHARE_MIN 0.92 /* of its core, or a window does not count */

struct pair_options {
	uint64_t connections, size, seconds, server_core, client_core, locals;
	enum bench_mode mode;
	enum mien_hugepages hugepages;
	const char *server_personality, *client_personality;
};

/* What a child tells the parent, once. */
struct pair_result {
	uint32_t windows, clean; /* measured; of these, with the core for itself */
	double per_second;	 /* median of the clean ones (of all when none was) */
	double lowest, highest;
	double share;		 /* median share of the core */
	struct bench_counts counts;
	uint64_t copied;	 /* payload bytes copied on the mbuf calls */
	uint64_t bursts, frames, idle_ns; /* as in struct side */
	uint64_t segments_in, segments_out;
	int failed;		 /* exit status of a child that did not start */
};

static int
set_number(const char *flag, const char *value, uint64_t min, uint64_t max, uint64_t *out)
{
	if (!cli_u64(value, min, max, out))
		return cli_error(STATUS_USAGE, "--%s %s: give a number from %" PRIu64 " to %" PRIu64, flag, value, min, max);
	return STATUS_FINE;
}

#define SET(member, flag, min, max)                                                                \
	static int set_##member(void *ctx, const char *value)                                      \
	{                                                                                          \
		return set_number(flag, value, min, max, &((struct pair_options *)ctx)->member);   \
	}
SET(connections, "connections", 1, 1000000)
SET(size, "size", 1, 1024)
SET(seconds, "seconds", 1, WINDOWS_MAX)
SET(server_core, "server-core", 0, 1023)
SET(client_core, "client-core", 0, 1023)
SET(locals, "locals", 1, 200)

static int
set_mode(void *ctx, const char *value)
{
	static const char *const words[] = {"requests", "connections", "bulk"};

	for (unsigned i = 0; i < 3; i++)
		if (strcmp(value, words[i]) == 0) {
			((struct pair_options *)ctx)->mode = (enum bench_mode)i;
			return STATUS_FINE;
		}
	return cli_error(STATUS_USAGE, "--mode %s: choose requests, connections or bulk", value);
}

static int
set_hugepages(void *ctx, const char *value)
{
	struct pair_options *o = ctx;

	o->hugepages = strcmp(value, "on") == 0 ? MIEN_HUGEPAGES_ON : MIEN_HUGEPAGES_OFF;
	if (strcmp(value, "auto") == 0)
		o->hugepages = MIEN_HUGEPAGES_AUTO;
	else if (o->hugepages == MIEN_HUGEPAGES_OFF && strcmp(value, "off") != 0)
		return cli_error(STATUS_USAGE, "--hugepages %s: choose auto, on or off", value);
	return STATUS_FINE;
}

static int
set_server_personality(void *ctx, const char *value)
{
	((struct pair_options *)ctx)->server_personality = value;
	return STATUS_FINE;
}

static int
set_client_personality(void *ctx, const char *value)
{
	((struct pair_options *)ctx)->client_personality = value;
	return STATUS_FINE;
}

static const struct flag flags[] = {
	{"mode", 0, "MODE", "requests (on open connections), connections (one request each) or bulk", set_mode},
	{"connections", 0, "N", "at once (64)", set_connections},
	{"size", 0, "BYTES", "of a request and its answer (64)", set_size},
	{"seconds", 0, "N", "one-second windows to measure (5)", set_seconds},
	{"locals", 0, "N", "client addresses used in turn (16)", set_locals},
	{"personality", 'p', "NAME|FILE", "what the server wears (linux-6)", set_server_personality},
	{"client-personality", 0, "NAME|FILE", "what the client wears (linux-6)", set_client_personality},
	{"server-core", 0, "N", "core of the server (0)", set_server_core},
	{"client-core", 0, "N", "core of the client (1)", set_client_core},
	{"hugepages", 0, "auto|on|off", "auto: used when present", set_hugepages},
	{NULL, 0, NULL, NULL, NULL},
};

static const struct flag *const tables[] = {flags, NULL};

/* One child's world. */
struct side {
	const struct pair_options *o;
	bool server;
	int fd; /* to the parent */
	const char *socket;
	struct mien_port *port;
	struct mien_stack *st;
	const struct mien_personality *p;
	struct bench_server srv;
	struct bench_client cli;
	uint64_t bursts, frames;      /* received while it is measured */
	uint64_t idle_ns, idle_since; /* in turns without frames; start of the last one, 0: it had some */
};

static struct bench_counts *
side_counts(struct side *s)
{
	return s->server ? &s->srv.counts : &s->cli.counts;
}

static void
pin(uint64_t core)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET((size_t)core, &set);
	if (sched_setaffinity(0, sizeof(set), &set) != 0)
		cli_note("core %" PRIu64 " cannot be had: running where the system puts it", core);
}

/*
 * One slot for a frame of every connection, as far as memif goes: what waits then waits in the ring, and not in
 * connections that have left the cache by the time their turn comes.
 */
static unsigned
ring_bits(const struct pair_options *o)
{
	return RTE_MIN(RTE_MAX(rte_log2_u32((uint32_t)o->connections), 12u), 14u);
}

/*
 * Buffers as long as the frames need: memif steps from one to the next, and steps of 2 KiB meet in few sets of a
 * cache. Longer frames than foreseen take several buffers.
 */
static unsigned
ring_buffer(const struct pair_options *o)
{
	return o->mode == BENCH_BULK || o->size > 1024 ? 2048 : rte_align32pow2((uint32_t)o->size + 128);
}

static int
side_port(struct side *s, struct mien_error *error)
{
	char spec[256], cores[16];
	struct mien_eal_config eal = {.hugepages = s->o->hugepages, .cores = cores};
	struct mien_port_config config = {.spec = spec, .rx_desc = (uint16_t)(1u << ring_bits(s->o))};

	snprintf(cores, sizeof(cores), "%" PRIu64, s->server ? s->o->server_core : s->o->client_core);
	snprintf(spec, sizeof(spec), "net_memif0,role=%s,id=0,socket=%s,socket-abstract=no,bsize=%u,rsize=%u",
		s->server ? "server" : "client", s->socket, ring_buffer(s->o), ring_bits(s->o));
	config.tx_desc = config.rx_desc;
	config.mbufs = (uint32_t)s->o->connections * 4 + 32768;
	eal.verbose = cli_out.verbose;
	if (mien_eal_start(&eal, error) != MIEN_OK || mien_port_open(&config, &s->port, error) != MIEN_OK)
		return error->err;
	return MIEN_OK;
}

static int
side_stack(struct side *s)
{
	struct mien_stack_config config;
	struct mien_host_config host = {.prefix_len = 16, .personality = s->p};
	const struct mien_addr base = mien_addr_ip4(s->server ? 0x0a4d0001u : 0x0a4d0101u);
	uint64_t id, hosts = s->server ? 1 : s->o->locals;
	int err;

	mien_stack_config_init(&config);
	mien_port_configure_stack(s->port, &config);
	bench_stack_config(&config, (uint32_t)s->o->connections);
	config.seed = 1 + s->server;
	memset(config.secret, 7 + s->server, sizeof(config.secret));
	err = mien_stack_create(&config, &s->st);
	for (uint64_t i = 0; i < hosts && err == MIEN_OK; i++) {
		host.addr = mien_addr_add(&base, i);
		err = mien_host_add(s->st, mien_clock_now(), &host, &id);
	}
	if (err != MIEN_OK)
		return err;
	if (s->server) {
		s->srv.st = s->st;
		return bench_server_start(&s->srv, s->o->mode == BENCH_BULK);
	}
	bench_client_init(&s->cli, s->st, s->o->mode, s->o->mode == BENCH_BULK ? 1024 : (uint32_t)s->o->size,
		(uint32_t)s->o->connections);
	s->cli.local = base;
	s->cli.locals = (uint32_t)s->o->locals;
	s->cli.remote = mien_addr_ip4(0x0a4d0001u);
	return MIEN_OK;
}

static inline void
side_turn(struct side *s, uint64_t now)
{
	struct rte_mbuf *pkts[BENCH_BURST];
	uint16_t n = mien_port_rx(s->port, pkts, BENCH_BURST);

	if (s->idle_since)
		s->idle_ns += now - s->idle_since;
	s->idle_since = n > 0 ? 0 : now;
	if (n > 0) {
		s->bursts++;
		s->frames += n;
		mien_stack_rx_burst(s->st, now, pkts, n);
	}
	mien_stack_advance(s->st, now);
	if (s->server)
		bench_server_events(&s->srv, now);
	else
		bench_client_turn(&s->cli, now);
	while (mien_port_tx_room(s->port) >= BENCH_BURST &&
		(n = mien_stack_tx_burst(s->st, now, pkts, BENCH_BURST)) > 0)
		mien_port_tx(s->port, pkts, n);
}

static uint64_t
cpu_ns(void)
{
	struct rusage u;

	getrusage(RUSAGE_SELF, &u);
	return (uint64_t)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) * 1000000000u +
	       (uint64_t)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) * 1000u;
}

static uint64_t
progress_of(const struct pair_options *o, const struct bench_counts *c)
{
	return o->mode == BENCH_REQUESTS ? c->requests : o->mode == BENCH_BULK ? c->bytes : c->connections;
}

static void
run_until(struct side *s, uint64_t end)
{
	for (uint64_t now = mien_clock_now(); now < end; now = mien_clock_now())
		side_turn(s, now);
}

static int
compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

static double
median(double *v, uint32_t n)
{
	qsort(v, n, sizeof(*v), compare);
	return n ? v[n / 2] : 0;
}

static void
measure(struct side *s, struct pair_result *r)
{
	double clean[WINDOWS_MAX], all[WINDOWS_MAX], shares[WINDOWS_MAX];

	s->bursts = s->frames = s->idle_ns = 0;
	for (uint32_t i = 0; i < s->o->seconds; i++) {
		uint64_t start = mien_clock_now(), cpu = cpu_ns(), done = progress_of(s->o, side_counts(s)), ns;

		run_until(s, start + 1000000000u);
		ns = mien_clock_now() - start;
		all[i] = (double)(progress_of(s->o, side_counts(s)) - done) * 1e9 / (double)ns;
		shares[i] = (double)(cpu_ns() - cpu) / (double)ns;
		if (shares[i] >= SHARE_MIN)
			clean[r->clean++] = all[i];
	}
	r->bursts = s->bursts;
	r->frames = s->frames;
	r->idle_ns = s->idle_ns;
	r->windows = (uint32_t)s->o->seconds;
	r->share = median(shares, r->windows);
	r->per_second = r->clean ? median(clean, r->clean) : median(all, r->windows);
	qsort(all, r->windows, sizeof(*all), compare);
	r->lowest = all[0];
	r->highest = all[r->windows - 1];
}

/* Waits for the other side, then until the connections are up. */
static int
warm_up(struct side *s)
{
	uint64_t end = mien_clock_now() + 20000000000u;

	while (mien_clock_now() < end) {
		run_until(s, mien_clock_now() + 50000000u);
		if (s->server ? s->srv.counts.bytes > 0 : s->cli.established >= s->cli.wanted)
			break;
	}
	if (mien_clock_now() >= end)
		return STATUS_PEER;
	run_until(s, mien_clock_now() + 500000000u);
	return STATUS_FINE;
}

static void
collect(struct side *s, struct pair_result *r)
{
	struct mien_counters c;

	mien_stack_counters(s->st, &c);
	r->counts = *side_counts(s);
	r->copied = c.tcp_payload_copied;
	r->segments_in = c.tcp_segments_received;
	r->segments_out = c.tcp_segments_sent;
}

/* The parent closes its end when the client is done: until then the server answers. */
static bool
parent_waits(int fd)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};

	return poll(&p, 1, 0) == 0;
}

static int
side_start(struct side *s, struct mien_error *error)
{
	int err = side_port(s, error);

	if (err == MIEN_OK && write(s->fd, "", 1) != 1) /* the server's socket is there: the client may come */
		return MIEN_EIO;
	if (err == MIEN_OK && !mien_port_wait_link(s->port, 20000)) {
		snprintf(error->text, sizeof(error->text), "memif: the other side did not come");
		return MIEN_EIO;
	}
	return err == MIEN_OK ? side_stack(s) : err;
}

static void
child(struct side *s)
{
	struct pair_result r = {0};
	struct mien_error error = {0};
	int err;

	pin(s->server ? s->o->server_core : s->o->client_core);
	err = side_start(s, &error);
	if (err != MIEN_OK) {
		r.failed = error.text[0] ? cli_mien_error(STATUS_PORT, &error) : cli_error(STATUS_PORT, "%s", mien_strerror(err));
	} else if ((r.failed = warm_up(s)) == STATUS_FINE) {
		measure(s, &r);
		collect(s, &r);
		while (s->server && parent_waits(s->fd))
			run_until(s, mien_clock_now() + 10000000u);
	}
	if (write(s->fd, &r, sizeof(r)) != (ssize_t)sizeof(r))
		_exit(1);
	/* memif's rings go when one side leaves, and the driver lets the other run into the hole. */
	while (!s->server && parent_waits(s->fd))
		usleep(1000);
	_exit(0);
}

static pid_t
spawn(const struct pair_options *o, bool server, const char *socket, const struct mien_personality *p, int *fd)
{
	struct side s = {.o = o, .server = server, .socket = socket, .p = p};
	int ends[2];
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
		return -1;
	pid = fork();
	if (pid == 0) {
		close(ends[0]);
		s.fd = ends[1];
		child(&s);
	}
	close(ends[1]);
	*fd = ends[0];
	return pid;
}

static void
print_side(const char *name, const struct pair_result *r)
{
	printf("\"%s\": {\"per_second\": %.0f, \"lowest\": %.0f, \"highest\": %.0f, \"windows\": %u, \"clean_windows\": %u, "
	       "\"core_share\": %.3f, \"failures\": %" PRIu64 ", \"copied_bytes\": %" PRIu64 ", \"segments_in\": %" PRIu64
	       ", \"segments_out\": %" PRIu64 ", \"bursts\": %" PRIu64 ", \"idle_ns\": %" PRIu64 "}",
		name, r->per_second, r->lowest, r->highest, r->windows, r->clean, r->share, r->counts.failures, r->copied,
		r->segments_in, r->segments_out, r->bursts, r->idle_ns);
}

/* Who waits for whom: short bursts and time without frames mean that the other side is the slower one. */
static void
print_bursts(const char *name, const struct pair_result *r)
{
	printf("%s: %.1f frames a burst, without frames for %.1f %% of the time\n", name,
		r->bursts ? (double)r->frames / (double)r->bursts : 0.0,
		r->windows ? (double)r->idle_ns / 1e7 / r->windows : 0.0);
}

static void
print(const struct pair_options *o, const struct pair_result *r)
{
	static const char *const modes[] = {"requests", "connections", "bulk_bytes"};

	if (cli_out.json) {
		printf("{\"mode\": \"%s\", \"connections\": %" PRIu64 ", \"request_bytes\": %" PRIu64 ", ", modes[o->mode],
			o->connections, o->size);
		print_side("server", &r[0]);
		printf(", ");
		print_side("client", &r[1]);
		printf("}\n");
		return;
	}
	printf("%" PRIu64 " connections, %" PRIu64 " bytes: %.3f M %s/s (client; windows %.3f to %.3f M, %u of %u with the "
	       "core for itself), server %.3f M/s at %.0f %% of its core\n",
		o->connections, o->size, r[1].per_second / 1e6, modes[o->mode], r[1].lowest / 1e6, r[1].highest / 1e6,
		r[1].clean, r[1].windows, r[0].per_second / 1e6, r[0].share * 100);
	printf("server: %" PRIu64 " payload bytes copied, %" PRIu64 " segments in, %" PRIu64 " out, %" PRIu64
	       " failures; client: %" PRIu64 " failures\n",
		r[0].copied, r[0].segments_in, r[0].segments_out, r[0].counts.failures, r[1].counts.failures);
	print_bursts("server", &r[0]);
	print_bursts("client", &r[1]);
}

/* Waits until a child's port is open; false when it ended before. */
static bool
port_is_open(int fd)
{
	char byte;

	return read(fd, &byte, 1) == 1 && byte == '\0';
}

static void
take_result(int fd, const char *name, struct pair_result *r)
{
	if (recv(fd, r, sizeof(*r), MSG_WAITALL) != (ssize_t)sizeof(*r))
		r->failed = cli_error(STATUS_PORT, "the %s's process ended before its time", name);
}

/* The client's result comes first, the server answers until then; the server ends first, see child(). */
static int
results(const pid_t pids[2], const int fds[2], unsigned started, struct pair_result r[2])
{
	int status = STATUS_FINE;

	if (started == 2)
		take_result(fds[1], "client", &r[1]);
	shutdown(fds[0], SHUT_WR);
	take_result(fds[0], "server", &r[0]);
	for (unsigned i = 0; i < started; i++) {
		close(fds[i]);
		waitpid(pids[i], NULL, 0);
		if (r[i].failed != STATUS_FINE)
			status = r[i].failed;
	}
	return status;
}

static int
run_pair(const struct pair_options *o, const struct mien_personality *const p[2], const char *socket)
{
	struct pair_result r[2] = {{.failed = STATUS_PORT}, {.failed = STATUS_PORT}};
	unsigned started = 0;
	int fds[2], status;
	pid_t pids[2];
	bool open = true;

	while (started < 2 && open) {
		pids[started] = spawn(o, started == 0, socket, p[started], &fds[started]);
		if (pids[started] < 0)
			return cli_error(STATUS_PORT, "no process could be started");
		open = port_is_open(fds[started++]);
	}
	status = results(pids, fds, started, r);
	if (status != STATUS_FINE || started < 2)
		return status == STATUS_PEER ? cli_error(status, "the two sides did not come together") : status;
	print(o, r);
	return r[0].counts.failures + r[1].counts.failures ? STATUS_DIFFERENT : STATUS_FINE;
}

static int
run(int argc, char **argv, const struct command *self)
{
	struct pair_options o = {.connections = 64, .size = 64, .seconds = 5, .client_core = 1, .locals = 16,
		.server_personality = "linux-6", .client_personality = "linux-6"};
	const struct mien_personality *p[2];
	char dir[] = "/tmp/mien-bench-XXXXXX", path[64];
	int operand, status;
	bool done;

	status = cli_parse(argc, argv, self, &o, &operand, &done);
	if (status != STATUS_FINE || done)
		return status;
	p[0] = wear_load(o.server_personality, NULL, 0, &status);
	p[1] = p[0] ? wear_load(o.client_personality, NULL, 0, &status) : NULL;
	if (!p[0] || !p[1])
		return status;
	if (!mkdtemp(dir))
		return cli_error(STATUS_PORT, "no directory for the memif socket can be made in /tmp");
	snprintf(path, sizeof(path), "%s/memif", dir);
	status = run_pair(&o, p, path);
	unlink(path);
	rmdir(dir);
	return status;
}

const struct command bench_pair_command = {
	.name = "bench pair",
	.summary = "a server and a client process over memif: requests and connections a second",
	.operands = "",
	.example = "  mien bench pair --connections 1000\n  mien bench pair --mode connections\n",
	.flags = tables,
	.run = run,
};
