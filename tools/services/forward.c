/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * forward:HOST:PORT[,proxy-protocol=v1|v2]: joins the connection with one to a kernel TCP server, both ways, with the
 * back-pressure of both. PROXY protocol 1 and 2 as HAProxy specifies them tell the server who the client is.
 */
#include <errno.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <rte_mbuf.h>

#include "service.h"

#define CHUNK 65536

struct target {
	struct sockaddr_storage addr;
	socklen_t len;
	int proxy; /* 0, 1, 2 */
};

struct tunnel {
	struct mien_stack *st;
	struct mien_loop *loop;
	struct session *session;
	int fd;
	bool connecting, kernel_eof, client_eof, client_shut, conn_dead;
	uint32_t watch;
	uint32_t prefix_len, prefix_sent; /* PROXY header */
	char prefix[128];
	uint32_t held_at, held_len; /* kernel -> client bytes not accepted yet */
	uint8_t held[CHUNK];
};

static int
fail(struct mien_error *error, const char *arg, const char *why)
{
	error->err = MIEN_EINVAL;
	snprintf(error->text, sizeof(error->text), "forward target %s: %s; write HOST:PORT[,proxy-protocol=v1|v2]", arg, why);
	return MIEN_EINVAL;
}

static int
parse(struct service *s, const char *arg, struct mien_error *error)
{
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *ai;
	char text[300], *comma, *colon, *host = text;
	struct target *t;
	int err;

	if (strlen(arg) >= sizeof(text))
		return fail(error, arg, "is too long");
	strcpy(text, arg);
	t = calloc(1, sizeof(*t));
	if (!t)
		return error->err = MIEN_ENOMEM;
	s->u.p = t;
	comma = strchr(text, ',');
	if (comma) {
		*comma++ = '\0';
		if (strcmp(comma, "proxy-protocol=v1") == 0)
			t->proxy = 1;
		else if (strcmp(comma, "proxy-protocol=v2") == 0)
			t->proxy = 2;
		else
			return fail(error, arg, "has an unknown option");
	}
	colon = strrchr(text, ':');
	if (!colon || colon == text)
		return fail(error, arg, "names no port");
	*colon = '\0';
	if (host[0] == '[' && colon[-1] == ']') {
		colon[-1] = '\0';
		host++;
	}
	err = getaddrinfo(host, colon + 1, &hints, &ai);
	if (err != 0)
		return fail(error, arg, gai_strerror(err));
	memcpy(&t->addr, ai->ai_addr, ai->ai_addrlen);
	t->len = ai->ai_addrlen;
	freeaddrinfo(ai);
	return MIEN_OK;
}

static void
fini(struct service *s)
{
	free(s->u.p);
}

static void
proxy_v1(struct tunnel *t, const struct mien_tcp_info *i)
{
	char from[MIEN_ADDR_STRLEN], to[MIEN_ADDR_STRLEN];

	t->prefix_len = (uint32_t)snprintf(t->prefix, sizeof(t->prefix), "PROXY TCP%c %s %s %u %u\r\n",
		mien_addr_is_ip4(&i->remote) ? '4' : '6', mien_addr_format(&i->remote, from, sizeof(from)),
		mien_addr_format(&i->local, to, sizeof(to)), i->remote_port, i->local_port);
}

static void
proxy_v2(struct tunnel *t, const struct mien_tcp_info *i)
{
	static const uint8_t signature[12] = "\r\n\r\n\0\r\nQUIT\n";
	bool ip4 = mien_addr_is_ip4(&i->remote);
	unsigned skip = ip4 ? 12 : 0, len = 16 - skip;
	uint8_t *p = (uint8_t *)t->prefix;

	memcpy(p, signature, 12);
	p[12] = 0x21; /* version 2, PROXY */
	p[13] = ip4 ? 0x11 : 0x21;
	p[14] = 0;
	p[15] = (uint8_t)(2 * len + 4);
	memcpy(p + 16, (const uint8_t *)&i->remote + skip, len);
	memcpy(p + 16 + len, (const uint8_t *)&i->local + skip, len);
	p += 16 + 2 * len;
	p[0] = (uint8_t)(i->remote_port >> 8);
	p[1] = (uint8_t)i->remote_port;
	p[2] = (uint8_t)(i->local_port >> 8);
	p[3] = (uint8_t)i->local_port;
	t->prefix_len = 16 + 2 * len + 4;
}

static void
watch(struct tunnel *t, uint32_t events)
{
	if (events != t->watch && mien_loop_set_fd(t->loop, t->fd, events) == MIEN_OK)
		t->watch = events;
}

static void
close_kernel(struct tunnel *t)
{
	if (t->fd < 0)
		return;
	mien_loop_remove_fd(t->loop, t->fd);
	close(t->fd);
	t->fd = -1;
}

/* The kernel's side failed: the client learns it as a reset, as if the server had sent one. */
static void
break_off(struct tunnel *t, uint64_t now)
{
	close_kernel(t);
	if (!t->conn_dead && mien_tcp_abort(t->st, now, t->session->conn) != MIEN_OK)
		return;
}

/* Kernel -> client. */
static void
pump_out(struct tunnel *t, uint64_t now)
{
	for (;;) {
		int64_t sent;
		ssize_t n;

		while (t->held_len) {
			sent = mien_tcp_send(t->st, now, t->session->conn, t->held + t->held_at, t->held_len);
			if (sent <= 0)
				return;
			t->held_at += (uint32_t)sent;
			t->held_len -= (uint32_t)sent;
		}
		if (t->kernel_eof || t->fd < 0 || t->connecting)
			break;
		n = read(t->fd, t->held, sizeof(t->held));
		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			return;
		if (n < 0) {
			break_off(t, now);
			return;
		}
		t->held_at = 0;
		t->held_len = (uint32_t)n;
		t->kernel_eof = n == 0;
	}
	if (t->kernel_eof && !t->client_shut) {
		t->client_shut = true;
		if (mien_tcp_shutdown(t->st, now, t->session->conn) != MIEN_OK)
			return;
	}
}

static bool
send_prefix(struct tunnel *t)
{
	while (t->prefix_sent < t->prefix_len) {
		ssize_t n = send(t->fd, t->prefix + t->prefix_sent, t->prefix_len - t->prefix_sent, MSG_NOSIGNAL);

		if (n < 0)
			return errno != EAGAIN && errno != EINTR ? (close_kernel(t), false) : false;
		t->prefix_sent += (uint32_t)n;
	}
	return true;
}

/* Client -> kernel. */
static void
pump_in(struct tunnel *t, uint64_t now)
{
	struct mien_piece piece;

	if (t->fd < 0 || t->connecting || !send_prefix(t))
		return;
	while (mien_tcp_peek(t->st, t->session->conn, &piece, 1) == 1) {
		ssize_t n = send(t->fd, piece.data, piece.len, MSG_NOSIGNAL);

		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			return;
		if (n < 0 || mien_tcp_consume(t->st, now, t->session->conn, (uint32_t)n) != MIEN_OK) {
			break_off(t, now);
			return;
		}
	}
	if (t->client_eof)
		shutdown(t->fd, SHUT_WR);
}

static bool
client_waits(struct tunnel *t)
{
	struct mien_piece piece;

	return t->prefix_sent < t->prefix_len || mien_tcp_peek(t->st, t->session->conn, &piece, 1) == 1;
}

static void
run(struct tunnel *t, uint64_t now)
{
	pump_in(t, now);
	pump_out(t, now);
	if (t->fd < 0)
		return;
	if (t->kernel_eof && t->client_eof && t->held_len == 0) {
		close_kernel(t);
		if (mien_tcp_close(t->st, now, t->session->conn) != MIEN_OK)
			return;
		return;
	}
	watch(t, (t->held_len == 0 && !t->kernel_eof ? EPOLLIN : 0u) |
		(t->connecting || client_waits(t) ? EPOLLOUT : 0u));
}

static void
kernel_ready(void *ctx, int fd, uint32_t events)
{
	struct tunnel *t = ctx;
	uint64_t now = mien_loop_now(t->loop);
	socklen_t len = sizeof(int);
	int err = 0;

	if (t->connecting) {
		if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &err, &len) != 0 || err != 0) {
			break_off(t, now);
			return;
		}
		t->connecting = false;
	}
	if ((events & EPOLLERR) && !(events & EPOLLIN)) {
		break_off(t, now);
		return;
	}
	run(t, now);
}

static bool
connect_kernel(struct tunnel *t, const struct target *target)
{
	int one = 1;

	t->fd = socket(target->addr.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (t->fd < 0)
		return false;
	setsockopt(t->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	t->connecting = true;
	t->watch = EPOLLOUT;
	if (connect(t->fd, (const struct sockaddr *)&target->addr, target->len) != 0 && errno != EINPROGRESS) {
		close(t->fd);
		t->fd = -1;
		return false;
	}
	if (mien_loop_add_fd(t->loop, t->fd, t->watch, kernel_ready, t) != MIEN_OK) {
		close(t->fd);
		t->fd = -1;
		return false;
	}
	return true;
}

static void
opened(struct service_env *env, struct session *c)
{
	const struct target *target = c->service->u.p;
	struct tunnel *t = calloc(1, sizeof(*t));
	struct mien_tcp_info info;

	c->u.p = t;
	if (t) {
		*t = (struct tunnel){.st = env->st, .loop = env->loop, .session = c, .fd = -1};
		if (target->proxy && mien_tcp_info(env->st, c->conn, &info) == MIEN_OK)
			(target->proxy == 1 ? proxy_v1 : proxy_v2)(t, &info);
	}
	if ((!t || !connect_kernel(t, target)) && mien_tcp_abort(env->st, env->now, c->conn) != MIEN_OK)
		return;
}

static void
moved(struct service_env *env, struct session *c)
{
	if (c->u.p)
		run(c->u.p, env->now);
}

static void
peer_closed(struct service_env *env, struct session *c)
{
	struct tunnel *t = c->u.p;

	if (t)
		t->client_eof = true;
	moved(env, c);
}

static void
ended(struct service_env *env, struct session *c, int err)
{
	struct tunnel *t = c->u.p;
	struct linger hard = {.l_onoff = 1, .l_linger = 0};

	(void)env;
	if (!t)
		return;
	t->conn_dead = true;
	if (t->fd >= 0 && err != MIEN_OK)
		setsockopt(t->fd, SOL_SOCKET, SO_LINGER, &hard, sizeof(hard));
	close_kernel(t);
	free(t);
}

const struct service_ops service_forward = {
	.name = "forward",
	.arg_help = "HOST:PORT[,proxy-protocol=v1|v2]",
	.arg_required = true,
	.parse = parse,
	.fini = fini,
	.tcp = true,
	.opened = opened,
	.readable = moved,
	.writable = moved,
	.peer_closed = peer_closed,
	.ended = ended,
};
