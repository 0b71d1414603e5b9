/* SPDX-License-Identifier: BSD-3-Clause */
/* Sockets: descriptors, names, the way from open to closed. */
#include "plugin.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int
errno_of(int err)
{
	switch (err) {
	case MIEN_OK: return 0;
	case MIEN_EINVAL: return EINVAL;
	case MIEN_ENOMEM:
	case MIEN_EFULL: return ENOBUFS;
	case MIEN_EEXIST: return EADDRINUSE;
	case MIEN_EAGAIN: return EAGAIN;
	case MIEN_ENOROUTE: return ENETUNREACH;
	case MIEN_EPORTS: return EADDRNOTAVAIL;
	case MIEN_ERESET: return ECONNRESET;
	case MIEN_EREFUSED: return ECONNREFUSED;
	case MIEN_ETIMEDOUT: return ETIMEDOUT;
	case MIEN_EABORTED: return ECONNABORTED;
	case MIEN_EUNREACH: return EHOSTUNREACH;
	case MIEN_ECLOSED: return EPIPE;
	case MIEN_ESTALE:
	case MIEN_ESTATE: return ENOTCONN;
	default: return EPROTO;
	}
}

/* A descriptor of its own, so that a plain close() works on it too. */
struct sock *
sock_new(struct plugin *p, enum sock_kind kind, bool with_fd)
{
	for (unsigned i = 0; i < PLUGIN_SOCKETS; i++) {
		struct sock *s = &p->socks[i];

		if (s->kind != SOCK_FREE)
			continue;
		*s = (struct sock){.kind = kind, .fd = -1, .linger = -1};
		if (with_fd)
			s->fd = open("/dev/null", O_RDWR | O_CLOEXEC);
		return s;
	}
	return NULL;
}

struct sock *
sock_by_fd(struct plugin *p, int fd)
{
	for (struct sock *s = p->socks; s < p->socks + PLUGIN_SOCKETS; s++) {
		if (s->kind == SOCK_FREE || s->fd != fd || fd < 0)
			continue;
		if (s->kind == SOCK_CONN && !s->dead && mien_tcp_info(p->st, s->handle, &s->last) != MIEN_OK)
			s->last.mss_send = 0;
		return s;
	}
	errno = EBADF;
	return NULL;
}

void
sock_name(const struct sockaddr *from, struct mien_addr *addr, uint16_t *port)
{
	struct sockaddr_in in;

	memcpy(&in, from, sizeof(in));
	*addr = in.sin_addr.s_addr ? mien_addr_ip4(ntohl(in.sin_addr.s_addr)) : mien_addr_any();
	*port = ntohs(in.sin_port);
}

static void
put_name(const struct mien_addr *addr, uint16_t port, struct sockaddr *to, socklen_t *len)
{
	const struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = htons(port),
		.sin_addr.s_addr = htonl(mien_addr_get_ip4(addr))};

	if (!to || !len)
		return;
	memcpy(to, &in, *len < sizeof(in) ? *len : sizeof(in));
	*len = sizeof(in);
}

/* -- what the stack tells ----------------------------------------------------------------------------------- */

static void
accepted(struct plugin *p, const struct mien_event *ev)
{
	struct sock *listener = &p->socks[ev->cookie], *s = sock_new(p, SOCK_CONN, false), **end;
	struct mien_tcp_info info;

	if (!s || mien_tcp_info(p->st, ev->object, &info) != MIEN_OK ||
	    mien_tcp_set_cookie(p->st, ev->object, (uint64_t)(s - p->socks)) != MIEN_OK)
		return;
	s->handle = ev->object;
	s->connected = true;
	s->last_received = p->now;
	s->listener = listener;
	s->addr = info.local;
	s->port = info.local_port;
	s->peer = info.remote;
	s->peer_port = info.remote_port;
	s->opts = listener->opts;
	s->sndbuf = listener->sndbuf;
	s->rcvbuf = listener->rcvbuf;
	s->maxseg = listener->maxseg;
	s->zerocopy = listener->zerocopy;
	s->info_options = fast_open_info(p, s, &info);
	options_apply(p, s);
	for (end = &listener->next; *end; end = &(*end)->next)
		;
	*end = s;
	listener->edges++;
}

static void
closed(struct sock *s, int err)
{
	s->dead = true;
	s->peer_closed = true;
	s->err = errno_of(err);
	s->connecting = false;
	if (s->fd < 0 && !s->listener)
		s->kind = SOCK_FREE;
}

void
sock_event(struct plugin *p, const struct mien_event *ev)
{
	struct mien_tcp_info info;
	struct sock *s;

	if (ev->type >= MIEN_EV_UDP_READABLE || ev->cookie >= PLUGIN_SOCKETS)
		return;
	s = &p->socks[ev->cookie];
	if (ev->type == MIEN_EV_ACCEPT) {
		accepted(p, ev);
		return;
	}
	s->edges++;
	if (ev->type == MIEN_EV_CONNECTED) {
		s->connecting = false;
		s->connected = true;
		s->last_received = p->now;
		if (mien_tcp_info(p->st, s->handle, &info) == MIEN_OK)
			s->info_options = fast_open_info(p, s, &info);
	} else if (ev->type == MIEN_EV_SENT) {
		s->zero_acked = (uint32_t)ev->u.token;
	} else if (ev->type == MIEN_EV_READABLE) {
		s->last_received = p->now;
	} else if (ev->type == MIEN_EV_PEER_CLOSED) {
		s->peer_closed = true;
	} else if (ev->type == MIEN_EV_CLOSED) {
		closed(s, ev->err);
	}
}

/* -- calls -------------------------------------------------------------------------------------------------- */

static int
call_socket(void *u, int domain, int type, int protocol)
{
	struct plugin *p = u;
	struct sock *s;

	plugin_enter(p);
	if (domain != AF_INET || (type & 0xf) != SOCK_STREAM)
		return (int)plugin_leave(p, fail_with(EPROTONOSUPPORT));
	s = sock_new(p, SOCK_NEW, true);
	if (!s)
		return (int)plugin_leave(p, fail_with(EMFILE));
	s->nonblock = type & SOCK_NONBLOCK;
	return (int)plugin_leave(p, s->fd);
}

static int
call_bind(void *u, int fd, const struct sockaddr *addr, socklen_t len)
{
	struct plugin *p = u;
	struct sock *s;

	plugin_enter(p);
	s = sock_by_fd(p, fd);
	if (!s)
		return (int)plugin_leave(p, -1);
	if (s->kind != SOCK_NEW || len < sizeof(struct sockaddr_in))
		return (int)plugin_leave(p, fail_with(EINVAL));
	sock_name(addr, &s->addr, &s->port);
	return (int)plugin_leave(p, 0);
}

const struct mien_personality *
personality_of(struct plugin *p, const struct sock *s)
{
	struct mien_profile *mine;

	if (!s->syncnt)
		return p->rewear ? mien_profile_personality(p->profile) : NULL;
	mine = mien_profile_ref(p->profile);
	if (mien_profile_set(&mine, "tcp.syn.gaps=[1s, 2s]", NULL) != MIEN_OK)
		return NULL;
	return mien_profile_personality(mine); /* kept until the process ends */
}

static int
listen_now(struct plugin *p, struct sock *s)
{
	const struct mien_tcp_listen config = {.addr = s->addr, .port = s->port, .cookie = (uint64_t)(s - p->socks),
		.accept_backlog = (uint16_t)(s->backlog < 0 || s->backlog > 4095 ? 4096 : s->backlog + 1),
		.fast_open = fast_open_listen_mode(p, s), .fast_open_max = (uint16_t)s->fo_max, .mss = (uint16_t)s->maxseg,
		.personality = personality_of(p, s)};

	fast_open_use_key(p, s);
	return mien_tcp_listen(p->st, &config, &s->handle);
}

int
sock_listen_again(struct plugin *p, struct sock *s)
{
	int err = mien_tcp_unlisten(p->st, p->now, s->handle);

	if (err == MIEN_OK)
		err = listen_now(p, s);
	return err == MIEN_OK ? 0 : fail_with(errno_of(err));
}

static int
call_listen(void *u, int fd, int backlog)
{
	struct plugin *p = u;
	struct sock *s;
	int err;

	plugin_enter(p);
	s = sock_by_fd(p, fd);
	if (!s)
		return (int)plugin_leave(p, -1);
	if (s->kind == SOCK_LISTEN)
		return (int)plugin_leave(p, 0);
	if (s->kind != SOCK_NEW)
		return (int)plugin_leave(p, fail_with(EINVAL));
	s->backlog = backlog;
	err = listen_now(p, s);
	if (err != MIEN_OK)
		return (int)plugin_leave(p, fail_with(errno_of(err)));
	s->kind = SOCK_LISTEN;
	return (int)plugin_leave(p, 0);
}

static int
call_accept(void *u, int fd, struct sockaddr *addr, socklen_t *len)
{
	struct plugin *p = u;
	struct sock *s, *child;

	plugin_enter(p);
	s = sock_by_fd(p, fd);
	if (!s)
		return (int)plugin_leave(p, -1);
	while (s->kind == SOCK_LISTEN && !s->next)
		if (s->nonblock || !plugin_wait(p, MIEN_NEVER))
			return (int)plugin_leave(p, fail_with(EAGAIN));
	if (s->kind != SOCK_LISTEN)
		return (int)plugin_leave(p, fail_with(EINVAL));
	child = s->next;
	s->next = child->next;
	child->listener = child->next = NULL;
	child->fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	put_name(&child->peer, child->peer_port, addr, len);
	return (int)plugin_leave(p, child->fd);
}

int
connect_begin(struct plugin *p, struct sock *s, uint8_t fast_open, const void *data, size_t len)
{
	const struct mien_tcp_connect config = {.fast_open = fast_open, .data = data, .data_len = (uint32_t)len,
		.mss = (uint16_t)s->maxseg, .local = s->addr, .remote = s->peer, .local_port = s->port,
		.remote_port = s->peer_port, .cookie = (uint64_t)(s - p->socks), .personality = personality_of(p, s)};
	int err = mien_tcp_connect(p->st, p->now, &config, &s->handle);

	if (err != MIEN_OK)
		return fail_with(errno_of(err));
	s->kind = SOCK_CONN;
	s->connecting = true;
	options_apply(p, s);
	plugin_run(p);
	return 0;
}

int
connect_result(struct plugin *p, struct sock *s)
{
	int err;

	while (s->connecting)
		if (s->nonblock || !plugin_wait(p, MIEN_NEVER))
			return fail_with(EINPROGRESS);
	err = s->err;
	s->err = 0;
	return err ? fail_with(err) : 0;
}

static int
call_connect(void *u, int fd, const struct sockaddr *addr, socklen_t len)
{
	struct plugin *p = u;
	struct sock *s;

	plugin_enter(p);
	s = sock_by_fd(p, fd);
	if (!s)
		return (int)plugin_leave(p, -1);
	if (s->connecting)
		return (int)plugin_leave(p, fail_with(EALREADY));
	if (s->connected || s->deferred)
		return (int)plugin_leave(p, fail_with(EISCONN));
	if (s->kind == SOCK_CONN && s->err)
		return (int)plugin_leave(p, connect_result(p, s));
	if (s->kind != SOCK_NEW || len < sizeof(struct sockaddr_in))
		return (int)plugin_leave(p, fail_with(EINVAL));
	sock_name(addr, &s->peer, &s->peer_port);
	if (fast_open_defer(p, s))
		return (int)plugin_leave(p, 0);
	if (connect_begin(p, s, s->fo_connect ? MIEN_FAST_OPEN_ON : MIEN_FAST_OPEN_OFF, NULL, 0) != 0)
		return (int)plugin_leave(p, -1);
	return (int)plugin_leave(p, connect_result(p, s));
}

static void
close_conn(struct plugin *p, struct sock *s)
{
	int err = s->linger == 0 ? mien_tcp_abort(p->st, p->now, s->handle) :
				   mien_tcp_close(p->st, p->now, s->handle);

	if (err == MIEN_ESTALE)
		s->dead = true;
}

static void
close_listener(struct plugin *p, struct sock *s)
{
	if (mien_tcp_unlisten(p->st, p->now, s->handle) != MIEN_OK)
		return;
	while (s->next) {
		struct sock *child = s->next;

		s->next = child->next;
		child->listener = NULL;
		if (child->dead || mien_tcp_abort(p->st, p->now, child->handle) != MIEN_OK)
			child->kind = SOCK_FREE;
	}
}

static int
call_close(void *u, int fd)
{
	struct plugin *p = u;
	struct sock *s;

	plugin_enter(p);
	s = sock_by_fd(p, fd);
	if (!s)
		return (int)plugin_leave(p, close(fd));
	close(fd);
	s->fd = -1;
	if (s->kind == SOCK_LISTEN)
		close_listener(p, s);
	else if (s->kind == SOCK_CONN && !s->dead)
		close_conn(p, s);
	if (s->kind != SOCK_CONN || s->dead)
		s->kind = SOCK_FREE;
	plugin_run(p);
	return (int)plugin_leave(p, 0);
}

static int
call_shutdown(void *u, int fd, int how)
{
	struct plugin *p = u;
	struct sock *s;
	int err = MIEN_OK;

	plugin_enter(p);
	s = sock_by_fd(p, fd);
	if (!s)
		return (int)plugin_leave(p, -1);
	if (s->kind != SOCK_CONN || s->dead || (!s->connected && !s->connecting))
		return (int)plugin_leave(p, fail_with(ENOTCONN));
	s->shut_rd |= how != SHUT_WR;
	if (how != SHUT_RD && !s->shut_wr) {
		err = mien_tcp_shutdown(p->st, p->now, s->handle);
		s->shut_wr = err == MIEN_OK;
	}
	s->edges++;
	plugin_run(p);
	return (int)plugin_leave(p, err == MIEN_OK ? 0 : fail_with(errno_of(err)));
}

static int
call_fcntl(void *u, int fd, int cmd, ...)
{
	struct plugin *p = u;
	struct sock *s;
	va_list ap;
	int arg;

	va_start(ap, cmd);
	arg = va_arg(ap, int);
	va_end(ap);
	plugin_enter(p);
	s = sock_by_fd(p, fd);
	if (!s)
		return (int)plugin_leave(p, -1);
	if (cmd == F_GETFL)
		return (int)plugin_leave(p, O_RDWR | (s->nonblock ? O_NONBLOCK : 0));
	if (cmd == F_SETFL)
		s->nonblock = arg & O_NONBLOCK;
	return (int)plugin_leave(p, cmd == F_SETFL ? 0 : fail_with(EINVAL));
}

void
sockets_fill(struct pd_calls *calls)
{
	calls->socket = call_socket;
	calls->bind = call_bind;
	calls->listen = call_listen;
	calls->accept = call_accept;
	calls->connect = call_connect;
	calls->close = call_close;
	calls->shutdown = call_shutdown;
	calls->fcntl = call_fcntl;
}
