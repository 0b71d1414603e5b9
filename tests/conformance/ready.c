/* SPDX-License-Identifier: BSD-3-Clause */
/* poll and epoll. */
#include "plugin.h"

#include <string.h>

static bool
writable(struct plugin *p, const struct sock *s)
{
	struct mien_tcp_info info;

	if (s->lowat && mien_tcp_info(p->st, s->handle, &info) == MIEN_OK && info.unsent >= s->lowat)
		return false;
	return mien_tcp_writable(p->st, s->handle) > 0;
}

uint32_t
sock_ready(struct plugin *p, const struct sock *s)
{
	uint32_t ready = 0;
	bool eof;

	if (s->kind == SOCK_LISTEN)
		return s->next ? POLLIN | POLLRDNORM : 0;
	if (s->deferred)
		return POLLOUT | POLLWRNORM;
	if (s->kind == SOCK_NEW)
		return POLLOUT | POLLWRNORM | POLLHUP;
	eof = s->peer_closed || s->shut_rd || s->dead;
	if (s->err || s->zero_told != s->zero_acked)
		ready |= POLLERR;
	if (s->dead || (s->shut_wr && eof))
		ready |= POLLHUP;
	if (eof)
		ready |= POLLIN | POLLRDNORM | POLLRDHUP;
	if (sock_unread(p, s))
		ready |= POLLIN | POLLRDNORM;
	if (s->dead || s->shut_wr || (s->connected && writable(p, s)))
		ready |= POLLOUT | POLLWRNORM;
	return s->connecting ? 0 : ready;
}

static uint64_t
deadline_of(const struct plugin *p, int timeout_ms)
{
	return timeout_ms < 0 ? MIEN_NEVER : p->now + (uint64_t)timeout_ms * PLUGIN_MS;
}

static int
poll_once(struct plugin *p, struct pollfd *fds, nfds_t n)
{
	int count = 0;

	for (nfds_t i = 0; i < n; i++) {
		struct sock *s = sock_by_fd(p, fds[i].fd);
		uint32_t wanted = (uint32_t)(uint16_t)fds[i].events | POLLERR | POLLHUP;

		fds[i].revents = s ? (short)(sock_ready(p, s) & wanted) : POLLNVAL;
		count += fds[i].revents != 0;
	}
	return count;
}

static int
call_poll(void *u, struct pollfd *fds, nfds_t n, int timeout_ms)
{
	struct plugin *p = u;
	uint64_t deadline;
	int count;

	plugin_enter(p);
	deadline = deadline_of(p, timeout_ms);
	while ((count = poll_once(p, fds, n)) == 0)
		if (!plugin_wait(p, deadline))
			break;
	return (int)plugin_leave(p, count);
}

static int
call_epoll_create(void *u, int size)
{
	struct plugin *p = u;
	struct sock *s;

	plugin_enter(p);
	s = sock_new(p, SOCK_EPOLL, true);
	return (int)plugin_leave(p, s ? s->fd : fail_with(EMFILE));
}

static struct watch *
find_watch(struct sock *ep, const struct sock *s)
{
	for (unsigned i = 0; i < PLUGIN_WATCHES; i++)
		if (ep->watch[i].sock == s)
			return &ep->watch[i];
	return NULL;
}

static int
change_watch(struct sock *ep, int op, struct sock *s, const struct epoll_event *event)
{
	struct watch *w = find_watch(ep, s);

	if (op == EPOLL_CTL_ADD && w)
		return fail_with(EEXIST);
	if (op == EPOLL_CTL_ADD)
		w = find_watch(ep, NULL);
	if (!w)
		return fail_with(op == EPOLL_CTL_ADD ? ENOSPC : ENOENT);
	*w = (struct watch){0};
	if (op == EPOLL_CTL_DEL)
		return 0;
	w->sock = s;
	w->event = *event;
	return 0;
}

static int
call_epoll_ctl(void *u, int epfd, int op, int fd, struct epoll_event *event)
{
	struct plugin *p = u;
	struct sock *ep, *s;

	plugin_enter(p);
	ep = sock_by_fd(p, epfd);
	s = sock_by_fd(p, fd);
	if (!ep || !s)
		return (int)plugin_leave(p, -1);
	return (int)plugin_leave(p, change_watch(ep, op, s, event));
}

/* Edge-triggered: told again only after something new happened to the socket. */
static uint32_t
watch_ready(struct plugin *p, struct watch *w)
{
	uint32_t ready = sock_ready(p, w->sock) & (w->event.events | EPOLLERR | EPOLLHUP);

	if (w->off)
		return 0;
	if (!(w->event.events & EPOLLET))
		return ready;
	if (w->edge == w->sock->edges + 1)
		return 0;
	if (ready)
		w->edge = w->sock->edges + 1;
	return ready;
}

static int
epoll_once(struct plugin *p, struct sock *ep, struct epoll_event *events, int max)
{
	int n = 0;

	for (unsigned i = 0; i < PLUGIN_WATCHES && n < max; i++) {
		struct watch *w = &ep->watch[i];
		uint32_t ready = w->sock && w->sock->kind != SOCK_FREE ? watch_ready(p, w) : 0;

		if (!ready)
			continue;
		events[n] = w->event;
		events[n++].events = ready;
		if (w->event.events & EPOLLONESHOT)
			w->off = true;
	}
	return n;
}

static int
call_epoll_wait(void *u, int epfd, struct epoll_event *events, int max, int timeout_ms)
{
	struct plugin *p = u;
	struct sock *ep;
	uint64_t deadline;
	int n;

	plugin_enter(p);
	ep = sock_by_fd(p, epfd);
	if (!ep)
		return (int)plugin_leave(p, -1);
	deadline = deadline_of(p, timeout_ms);
	while ((n = epoll_once(p, ep, events, max)) == 0)
		if (!plugin_wait(p, deadline))
			break;
	return (int)plugin_leave(p, n);
}

void
ready_fill(struct pd_calls *calls)
{
	calls->poll = call_poll;
	calls->epoll_create = call_epoll_create;
	calls->epoll_ctl = call_epoll_ctl;
	calls->epoll_wait = call_epoll_wait;
}
