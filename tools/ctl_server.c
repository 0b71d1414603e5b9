/* SPDX-License-Identifier: BSD-3-Clause */
/* The control socket of a running process. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "ctl_server.h"
#include "report.h"
#include "wear.h"

#define LINE_MAX_BYTES 4096
#define WORDS 8
#define PAGE 1000 /* members of a list in one answer */

struct ctl_server {
	struct runtime *rt;
	int fd;
	struct ctl_client *clients;
	struct sockaddr_un addr;
};

struct ctl_client {
	struct ctl_client *next;
	struct ctl_server *server;
	int fd;
	size_t in_len;
	char in[LINE_MAX_BYTES];
	char *out; /* answer not yet written */
	size_t out_len, out_sent;
};

static json_t *
refuse(const char *why)
{
	return json_pack("{s:b, s:s}", "ok", 0, "error", why);
}

static json_t *
agree(json_t *o)
{
	json_object_set_new(o, "ok", json_true());
	return o;
}

/* Every host of every stack between the addresses of the range. */
static json_t *
set_personality(struct runtime *rt, const struct addr_range *range, const struct mien_personality *p)
{
	unsigned changed = 0;

	for (unsigned i = 0; i < rt->n; i++) {
		struct mien_host_info info;
		uint32_t it = 0;
		uint64_t id;

		while (mien_host_next(rt->stacks[i], &it, &id)) {
			if (mien_host_info(rt->stacks[i], id, &info) != MIEN_OK || mien_addr_cmp(&info.addr, &range->first) < 0 ||
				mien_addr_cmp(&info.addr, &range->last) > 0)
				continue;
			if (mien_host_set_personality(rt->stacks[i], mien_loop_now(rt->loop), id, p) != MIEN_OK)
				return refuse("a host could not change its personality");
			changed++;
		}
	}
	if (!changed)
		return refuse("no such host");
	return json_pack("{s:b, s:i}", "ok", 1, "hosts_changed", changed);
}

#define NO_ADDRESS "the address is none: write ADDR, FIRST-LAST, NETWORK/LEN or all"

static const struct addr_range everything = {.last = {{UINT64_MAX, UINT64_MAX}}};

/* All addresses of 10.1.0.0/16. */
static bool
read_network(const char *text, struct addr_range *range)
{
	uint32_t hosts;
	unsigned len;

	if (mien_cidr_parse(text, &range->first, &len) != MIEN_OK || !mien_addr_is_ip4(&range->first))
		return false;
	hosts = len < 32 ? UINT32_MAX >> len : 0;
	range->last = mien_addr_ip4(mien_addr_get_ip4(&range->first) | hosts);
	range->first = mien_addr_ip4(mien_addr_get_ip4(&range->first) & ~hosts);
	return true;
}

static bool
read_range(const char *text, struct addr_range *range)
{
	char copy[2 * MIEN_ADDR_STRLEN];
	char *dash;

	if (strcmp(text, "all") == 0) {
		*range = everything;
		return true;
	}
	if (strchr(text, '/'))
		return read_network(text, range);
	snprintf(copy, sizeof(copy), "%s", text);
	dash = strchr(copy, '-');
	if (dash)
		*dash++ = '\0';
	return mien_addr_parse(copy, &range->first) == MIEN_OK && mien_addr_parse(dash ? dash : copy, &range->last) == MIEN_OK;
}

static json_t *
do_personality(struct runtime *rt, char **words, unsigned n)
{
	const struct mien_personality *p;
	struct addr_range range;
	int status;

	if (n != 4 || strcmp(words[1], "set") != 0)
		return refuse("write: personality set ADDR|FIRST-LAST|NETWORK/LEN|all NAME|FILE");
	if (!read_range(words[2], &range))
		return refuse(NO_ADDRESS);
	p = wear_load(words[3], rt->o->sets, rt->o->n_sets, &status);
	return p ? set_personality(rt, &range, p) : refuse("no such personality, or its file has a mistake (see the log)");
}

/*
 * Which part of a list: [RANGE] [from N] [limit N]. An answer holds PAGE members at most, so that the loop goes on with
 * its packets in between; "next" is where the following one begins.
 */
struct list_request {
	struct addr_range range;
	uint64_t from, limit;
};

static bool
read_list_request(char **words, unsigned n, bool takes_range, struct list_request *r)
{
	unsigned at = 1;

	*r = (struct list_request){.range = everything, .limit = PAGE};
	if (takes_range && at < n && strcmp(words[at], "from") != 0 && strcmp(words[at], "limit") != 0 &&
		!read_range(words[at++], &r->range))
		return false;
	for (; at + 1 < n; at += 2) {
		bool from = strcmp(words[at], "from") == 0;

		if (!from && strcmp(words[at], "limit") != 0)
			return false;
		if (!cli_u64(words[at + 1], from ? 0 : 1, UINT64_MAX, from ? &r->from : &r->limit))
			return false;
	}
	r->limit = r->limit < PAGE ? r->limit : PAGE;
	return at == n;
}

static json_t *
do_conns(struct runtime *rt, char **words, unsigned n)
{
	struct list_request r;

	if (!read_list_request(words, n, false, &r))
		return refuse("write: conns [from N] [limit N]");
	return agree(report_conns(rt, r.from, (uint32_t)r.limit));
}

static json_t *
do_hosts(struct runtime *rt, char **words, unsigned n)
{
	struct list_request r;

	if (!read_list_request(words, n, true, &r))
		return refuse("write: hosts [ADDR|FIRST-LAST|NETWORK/LEN|all] [from N] [limit N]");
	return agree(report_hosts(rt, &r.range, r.from, (uint32_t)r.limit));
}

/* Stops accepting; the process ends when the last connection has. */
static json_t *
do_drain(struct runtime *rt)
{
	rt->draining = true;
	return agree(json_object());
}

static bool
same_host(const struct plan_host *a, const struct mien_host_info *b)
{
	return a->personality == b->personality;
}

/* Brings the hosts of a stack to what a new plan says; what is unchanged is not touched. */
static unsigned
reload_stack(struct runtime *rt, struct mien_stack *st, const struct plan *fresh)
{
	uint64_t now = mien_loop_now(rt->loop), id;
	struct mien_host_info info;
	unsigned changed = 0;

	for (uint32_t i = 0; i < fresh->n; i++) {
		const struct plan_host *h = &fresh->hosts[i];

		if (mien_host_find(st, &h->addr, &id) != MIEN_OK || mien_host_info(st, id, &info) != MIEN_OK)
			continue;
		if (!same_host(h, &info) && mien_host_set_personality(st, now, id, h->personality) == MIEN_OK)
			changed++;
	}
	return changed;
}

/* Reads hosts and profiles again: personalities change at once, other differences need a new start. */
static json_t *
do_reload(struct runtime *rt)
{
	struct plan fresh;
	unsigned changed = 0;

	if (plan_from_options(&fresh, rt->o) != STATUS_FINE) {
		plan_free(&fresh);
		return refuse("the hosts file or a profile has a mistake (see the log): nothing was changed");
	}
	for (unsigned i = 0; i < rt->n; i++)
		changed += reload_stack(rt, rt->stacks[i], &fresh);
	plan_free(&fresh);
	return json_pack("{s:b, s:i}", "ok", 1, "hosts_changed", changed);
}

json_t *
ctl_answer(struct runtime *rt, char *line)
{
	char *words[WORDS], *save = NULL;
	unsigned n = 0;

	for (char *w = strtok_r(line, " \t\r", &save); w && n < WORDS; w = strtok_r(NULL, " \t\r", &save))
		words[n++] = w;
	if (n == 0)
		return refuse("say what: stats, conns, hosts, personality, reload, drain, stop");
	if (strcmp(words[0], "stats") == 0)
		return agree(report_stats(rt));
	if (strcmp(words[0], "conns") == 0)
		return do_conns(rt, words, n);
	if (strcmp(words[0], "hosts") == 0)
		return do_hosts(rt, words, n);
	if (strcmp(words[0], "personality") == 0)
		return do_personality(rt, words, n);
	if (strcmp(words[0], "reload") == 0)
		return do_reload(rt);
	if (strcmp(words[0], "drain") == 0)
		return do_drain(rt);
	if (strcmp(words[0], "stop") == 0) {
		mien_loop_stop(rt->loop);
		return agree(json_object());
	}
	return refuse("unknown request: stats, conns, hosts, personality, reload, drain, stop");
}

static void
client_free(struct ctl_client *c)
{
	struct ctl_client **at = &c->server->clients;

	while (*at != c)
		at = &(*at)->next;
	*at = c->next;
	mien_loop_remove_fd(c->server->rt->loop, c->fd);
	close(c->fd);
	free(c->out);
	free(c);
}

/* False when the client is gone. */
static bool
client_flush(struct ctl_client *c)
{
	while (c->out_sent < c->out_len) {
		ssize_t n = send(c->fd, c->out + c->out_sent, c->out_len - c->out_sent, MSG_NOSIGNAL);

		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			return mien_loop_set_fd(c->server->rt->loop, c->fd, EPOLLOUT) == MIEN_OK;
		if (n < 0) {
			client_free(c);
			return false;
		}
		c->out_sent += (size_t)n;
	}
	free(c->out);
	c->out = NULL;
	c->out_len = c->out_sent = 0;
	return mien_loop_set_fd(c->server->rt->loop, c->fd, EPOLLIN) == MIEN_OK;
}

static bool
client_answer(struct ctl_client *c, char *line)
{
	json_t *o = ctl_answer(c->server->rt, line);
	char *text = o ? json_dumps(o, JSON_COMPACT) : NULL;

	json_decref(o);
	if (!text) {
		client_free(c);
		return false;
	}
	c->out_len = strlen(text);
	c->out = realloc(text, c->out_len + 1);
	c->out[c->out_len++] = '\n';
	return client_flush(c);
}

static void
client_ready(void *ctx, int fd, uint32_t events)
{
	struct ctl_client *c = ctx;
	char *end;
	ssize_t n;

	if (c->out) {
		client_flush(c);
		return;
	}
	n = read(fd, c->in + c->in_len, sizeof(c->in) - 1 - c->in_len);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0 || (events & EPOLLERR)) {
		client_free(c);
		return;
	}
	c->in_len += (size_t)n;
	c->in[c->in_len] = '\0';
	end = strchr(c->in, '\n');
	if (end) {
		*end = '\0';
		c->in_len = 0;
		client_answer(c, c->in);
	} else if (c->in_len == sizeof(c->in) - 1) {
		client_free(c);
	}
}

static void
accept_ready(void *ctx, int fd, uint32_t events)
{
	struct ctl_server *s = ctx;
	struct ctl_client *c;
	int client = accept4(fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

	(void)events;
	if (client < 0)
		return;
	c = calloc(1, sizeof(*c));
	if (!c || mien_loop_add_fd(s->rt->loop, client, EPOLLIN, client_ready, c) != MIEN_OK) {
		free(c);
		close(client);
		return;
	}
	c->server = s;
	c->fd = client;
	c->next = s->clients;
	s->clients = c;
}

static void
default_path(char *out, size_t cap)
{
	const char *dir = getenv("XDG_RUNTIME_DIR");

	if (!dir || !dir[0])
		dir = access("/run", W_OK) == 0 ? "/run" : "/tmp";
	snprintf(out, cap, "%s/mien-%d.sock", dir, (int)getpid());
}

/* A socket file whose process is gone is removed; one that answers is an error. */
static int
bind_path(struct ctl_server *s)
{
	int probe;

	if (bind(s->fd, (const struct sockaddr *)&s->addr, sizeof(s->addr)) == 0)
		return 0;
	if (errno != EADDRINUSE)
		return -1;
	probe = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (probe >= 0 && connect(probe, (const struct sockaddr *)&s->addr, sizeof(s->addr)) == 0) {
		close(probe);
		errno = EADDRINUSE;
		return -1;
	}
	close(probe);
	unlink(s->addr.sun_path);
	return bind(s->fd, (const struct sockaddr *)&s->addr, sizeof(s->addr));
}

int
ctl_server_open(struct runtime *rt, const char *path, struct ctl_server **out)
{
	struct ctl_server *s = calloc(1, sizeof(*s));
	mode_t mask;
	int err;

	*out = NULL;
	if (!s)
		return cli_error(STATUS_PORT, "out of memory");
	s->rt = rt;
	s->addr.sun_family = AF_UNIX;
	if (path && strlen(path) >= sizeof(s->addr.sun_path)) {
		free(s);
		return cli_error(STATUS_USAGE, "--ctl %s: the path is too long for a socket", path);
	}
	if (path)
		strcpy(s->addr.sun_path, path);
	else
		default_path(s->addr.sun_path, sizeof(s->addr.sun_path));
	s->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	mask = umask(0077);
	err = bind_path(s);
	umask(mask);
	if (err != 0 || listen(s->fd, 16) != 0 || mien_loop_add_fd(rt->loop, s->fd, EPOLLIN, accept_ready, s) != MIEN_OK) {
		err = errno;
		close(s->fd);
		if (!path) {
			free(s);
			return STATUS_FINE;
		}
		free(s);
		return cli_error(err == EACCES ? STATUS_PERMISSION : STATUS_USAGE, "--ctl %s: %s", path, strerror(err));
	}
	*out = s;
	return STATUS_FINE;
}

void
ctl_server_close(struct ctl_server *s)
{
	if (!s)
		return;
	while (s->clients)
		client_free(s->clients);
	mien_loop_remove_fd(s->rt->loop, s->fd);
	close(s->fd);
	unlink(s->addr.sun_path);
	free(s);
}

const char *
ctl_server_path(const struct ctl_server *s)
{
	return s ? s->addr.sun_path : "";
}
