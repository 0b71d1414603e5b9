/* SPDX-License-Identifier: BSD-3-Clause */
/* OpenMetrics over HTTP/1.0 on a kernel socket: one request a connection. */
#include <errno.h>
#include <netdb.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "ctl_server.h"
#include "report.h"

#define REQUEST_BYTES 2048

struct metrics_server {
	struct runtime *rt;
	int fd;
	struct scrape *scrapes;
};

struct scrape {
	struct scrape *next;
	struct metrics_server *server;
	int fd;
	size_t in_len, out_len, out_sent;
	char in[REQUEST_BYTES];
	char *out;
};

static void
scrape_free(struct scrape *s)
{
	struct scrape **at = &s->server->scrapes;

	while (*at != s)
		at = &(*at)->next;
	*at = s->next;
	mien_loop_remove_fd(s->server->rt->loop, s->fd);
	close(s->fd);
	free(s->out);
	free(s);
}

static void
scrape_send(struct scrape *s)
{
	while (s->out_sent < s->out_len) {
		ssize_t n = send(s->fd, s->out + s->out_sent, s->out_len - s->out_sent, MSG_NOSIGNAL);

		if (n < 0 && (errno == EAGAIN || errno == EINTR) &&
			mien_loop_set_fd(s->server->rt->loop, s->fd, EPOLLOUT) == MIEN_OK)
			return;
		if (n <= 0)
			break;
		s->out_sent += (size_t)n;
	}
	scrape_free(s);
}

static void
scrape_answer(struct scrape *s)
{
	static const char head[] = "HTTP/1.0 200 OK\r\n"
				   "Content-Type: application/openmetrics-text; version=1.0.0; charset=utf-8\r\n"
				   "Content-Length: %zu\r\n\r\n%s";
	static const char missing[] = "HTTP/1.0 404 Not Found\r\nContent-Length: 0\r\n\r\n";
	char *body = NULL;

	if (strncmp(s->in, "GET /metrics ", 13) == 0 || strncmp(s->in, "GET / ", 6) == 0)
		body = report_metrics(s->server->rt);
	s->out_len = (size_t)(body ? asprintf(&s->out, head, strlen(body), body) : asprintf(&s->out, "%s", missing));
	free(body);
	if (s->out)
		scrape_send(s);
	else
		scrape_free(s);
}

static void
scrape_ready(void *ctx, int fd, uint32_t events)
{
	struct scrape *s = ctx;
	ssize_t n;

	(void)events;
	if (s->out) {
		scrape_send(s);
		return;
	}
	n = read(fd, s->in + s->in_len, sizeof(s->in) - 1 - s->in_len);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		scrape_free(s);
		return;
	}
	s->in_len += (size_t)n;
	s->in[s->in_len] = '\0';
	if (strstr(s->in, "\r\n\r\n") || strstr(s->in, "\n\n"))
		scrape_answer(s);
	else if (s->in_len == sizeof(s->in) - 1)
		scrape_free(s);
}

static void
accept_ready(void *ctx, int fd, uint32_t events)
{
	struct metrics_server *m = ctx;
	struct scrape *s;
	int client = accept4(fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

	(void)events;
	if (client < 0)
		return;
	s = calloc(1, sizeof(*s));
	if (!s || mien_loop_add_fd(m->rt->loop, client, EPOLLIN, scrape_ready, s) != MIEN_OK) {
		free(s);
		close(client);
		return;
	}
	s->server = m;
	s->fd = client;
	s->next = m->scrapes;
	m->scrapes = s;
}

static int
listen_on(const char *address)
{
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE | AI_NUMERICHOST}, *ai;
	const char *colon = strrchr(address, ':');
	char host[128];
	int fd = -1, one = 1;

	if (!colon || (size_t)(colon - address) >= sizeof(host))
		return -1;
	memcpy(host, address, (size_t)(colon - address));
	host[colon - address] = '\0';
	if (getaddrinfo(host[0] ? host : NULL, colon + 1, &hints, &ai) != 0)
		return -1;
	fd = socket(ai->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd >= 0 && (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) != 0 ||
			       bind(fd, ai->ai_addr, ai->ai_addrlen) != 0 || listen(fd, 16) != 0)) {
		close(fd);
		fd = -1;
	}
	freeaddrinfo(ai);
	return fd;
}

int
metrics_server_open(struct runtime *rt, const char *address, struct metrics_server **out)
{
	struct metrics_server *m = calloc(1, sizeof(*m));

	*out = NULL;
	if (!m)
		return cli_error(STATUS_PORT, "out of memory");
	m->rt = rt;
	m->fd = listen_on(address);
	if (m->fd < 0 || mien_loop_add_fd(rt->loop, m->fd, EPOLLIN, accept_ready, m) != MIEN_OK) {
		free(m);
		return cli_error(STATUS_USAGE, "--metrics %s: cannot listen there; give ADDR:PORT that is free, as 127.0.0.1:9111",
			address);
	}
	*out = m;
	return STATUS_FINE;
}

void
metrics_server_close(struct metrics_server *m)
{
	if (!m)
		return;
	while (m->scrapes)
		scrape_free(m->scrapes);
	mien_loop_remove_fd(m->rt->loop, m->fd);
	close(m->fd);
	free(m);
}
