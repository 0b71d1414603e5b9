/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * http[:DIR]: GET and HEAD over HTTP/1.0 and 1.1 (RFC 9112), keep-alive and pipelining, files of DIR or one built-in
 * page. No server name and no date: what speaks here is the operating system below.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <rte_mbuf.h>

#include "service.h"

#define REQUEST_MAX 8192

static const char page[] =
	"<!doctype html>\n<html><head><title>It works</title></head>\n"
	"<body><h1>It works</h1><p>This page came over a TCP/IP stack of its own.</p></body></html>\n";

struct http {
	uint32_t in_len;
	char in[REQUEST_MAX];
	char head[512];
	uint32_t head_len, head_sent;
	const uint8_t *body; /* file mapping or static text */
	size_t body_len, body_sent, map_len;
	bool responding, close_after, peer_closed;
};

static int
parse(struct service *s, const char *arg, struct mien_error *error)
{
	struct stat sb;

	if (!arg || arg[0] == '\0')
		return MIEN_OK;
	if (stat(arg, &sb) != 0 || !S_ISDIR(sb.st_mode)) {
		error->err = MIEN_EINVAL;
		snprintf(error->text, sizeof(error->text), "http directory %s: %s", arg,
			errno && !S_ISDIR(sb.st_mode) ? strerror(errno) : "is no directory");
		return MIEN_EINVAL;
	}
	s->u.p = realpath(arg, NULL);
	return s->u.p ? MIEN_OK : MIEN_ENOMEM;
}

static void
fini(struct service *s)
{
	free(s->u.p);
}

static const char *
content_type(const char *path)
{
	static const struct {
		const char *suffix, *type;
	} types[] = {{".html", "text/html"}, {".htm", "text/html"}, {".txt", "text/plain"}, {".css", "text/css"},
		{".js", "text/javascript"}, {".json", "application/json"}, {".png", "image/png"},
		{".jpg", "image/jpeg"}, {".svg", "image/svg+xml"}, {".ico", "image/x-icon"}};
	size_t len = strlen(path);

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		size_t n = strlen(types[i].suffix);

		if (len >= n && strcasecmp(path + len - n, types[i].suffix) == 0)
			return types[i].type;
	}
	return "application/octet-stream";
}

static void
respond(struct http *h, const char *status, const char *type, const void *body, size_t len, bool head_only)
{
	h->head_len = (uint32_t)snprintf(h->head, sizeof(h->head),
		"HTTP/1.1 %s\r\nContent-Type: %s\r\nContent-Length: %zu\r\nConnection: %s\r\n\r\n", status, type, len,
		h->close_after ? "close" : "keep-alive");
	h->head_sent = 0;
	h->body = body;
	h->body_len = head_only ? 0 : len;
	h->body_sent = 0;
	h->responding = true;
}

static void
respond_error(struct http *h, const char *status)
{
	respond(h, status, "text/plain", status, strlen(status), false);
}

/* Decodes %XX in place; false for a bad escape or a zero byte. */
static bool
unescape(char *s)
{
	char *out = s;

	for (; *s; s++) {
		unsigned value;

		if (*s != '%') {
			*out++ = *s;
			continue;
		}
		if (sscanf(s + 1, "%2x", &value) != 1 || value == 0 || !s[1] || !s[2])
			return false;
		*out++ = (char)value;
		s += 2;
	}
	*out = '\0';
	return true;
}

/* The file below root, links resolved; -1 when it is none or lies outside. */
static int
open_below(const char *root, const char *path, char *full)
{
	char joined[PATH_MAX];
	size_t n = strlen(root);

	if ((size_t)snprintf(joined, sizeof(joined), "%s/%s%s", root, path,
		    path[strlen(path) - 1] == '/' ? "index.html" : "") >= sizeof(joined))
		return -1;
	if (!realpath(joined, full) || strncmp(full, root, n) != 0 || (full[n] != '/' && n > 1))
		return -1;
	return open(full, O_RDONLY | O_CLOEXEC);
}

static void
respond_file(struct http *h, const char *root, const char *path, bool head_only)
{
	char full[PATH_MAX];
	struct stat sb;
	void *map = NULL;
	int fd = open_below(root, path, full);

	if (fd < 0 || fstat(fd, &sb) != 0 || !S_ISREG(sb.st_mode)) {
		if (fd >= 0)
			close(fd);
		respond_error(h, "404 Not Found");
		return;
	}
	if (sb.st_size > 0 && !head_only)
		map = mmap(NULL, (size_t)sb.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	close(fd);
	if (map == MAP_FAILED) {
		respond_error(h, "500 Internal Server Error");
		return;
	}
	h->map_len = map ? (size_t)sb.st_size : 0;
	respond(h, "200 OK", content_type(full), map, (size_t)sb.st_size, head_only);
}

/* The value of a header of the request (names fold case), or NULL; ends at CR. */
static const char *
header(const char *request, const char *name)
{
	size_t n = strlen(name);

	for (const char *line = strstr(request, "\r\n"); line && line[2] != '\r'; line = strstr(line + 2, "\r\n"))
		if (strncasecmp(line + 2, name, n) == 0 && line[2 + n] == ':')
			return line + 3 + n + strspn(line + 3 + n, " \t");
	return NULL;
}

/* Answers the request in h->in[0..len), zero-ended. */
static void
answer(const struct service *s, struct http *h)
{
	char method[16], target[REQUEST_MAX], version[16];
	const char *connection = header(h->in, "Connection");
	bool head_only, http10;

	h->close_after = true;
	if (sscanf(h->in, "%15s %8191s %15s", method, target, version) != 3 || strncmp(version, "HTTP/1.", 7) != 0) {
		respond_error(h, "400 Bad Request");
		return;
	}
	http10 = version[7] == '0';
	h->close_after = connection ? strncasecmp(connection, "close", 5) == 0 : http10;
	head_only = strcmp(method, "HEAD") == 0;
	target[strcspn(target, "?#")] = '\0';
	if (header(h->in, "Content-Length") || header(h->in, "Transfer-Encoding"))
		h->close_after = true; /* bodies are not read: what follows cannot be a request */
	if (!head_only && strcmp(method, "GET") != 0)
		respond_error(h, "405 Method Not Allowed");
	else if (target[0] != '/' || !unescape(target))
		respond_error(h, "400 Bad Request");
	else if (s->u.p)
		respond_file(h, s->u.p, target, head_only);
	else if (strcmp(target, "/") == 0 || strcmp(target, "/index.html") == 0)
		respond(h, "200 OK", "text/html", page, sizeof(page) - 1, head_only);
	else
		respond_error(h, "404 Not Found");
}

static void
unmap(struct http *h)
{
	if (h->map_len)
		munmap((void *)(uintptr_t)h->body, h->map_len);
	h->map_len = 0;
}

/* Sends what is left of the response; true when all of it was accepted. */
static bool
send_response(struct service_env *env, struct session *c, struct http *h)
{
	int64_t n;

	while (h->head_sent < h->head_len) {
		n = mien_tcp_send(env->st, env->now, c->conn, h->head + h->head_sent, h->head_len - h->head_sent);
		if (n <= 0)
			return false;
		h->head_sent += (uint32_t)n;
	}
	while (h->body_sent < h->body_len) {
		n = mien_tcp_send(env->st, env->now, c->conn, h->body + h->body_sent, h->body_len - h->body_sent);
		if (n <= 0)
			return false;
		h->body_sent += (size_t)n;
	}
	unmap(h);
	h->responding = false;
	return true;
}

static void
fill_input(struct service_env *env, struct session *c, struct http *h)
{
	int64_t n;

	while (h->in_len < REQUEST_MAX - 1) {
		n = mien_tcp_recv(env->st, env->now, c->conn, h->in + h->in_len, REQUEST_MAX - 1 - h->in_len);
		if (n <= 0)
			return;
		h->in_len += (uint32_t)n;
	}
}

/* One request out of the input, if it is whole. */
static bool
next_request(struct session *c, struct http *h)
{
	char *end;
	uint32_t used;

	h->in[h->in_len] = '\0';
	end = strstr(h->in, "\r\n\r\n");
	if (!end) {
		if (h->in_len < REQUEST_MAX - 1)
			return false;
		h->close_after = true;
		h->in_len = 0;
		respond_error(h, "431 Request Header Fields Too Large");
		return true;
	}
	used = (uint32_t)(end - h->in) + 4;
	end[2] = '\0';
	answer(c->service, h);
	memmove(h->in, h->in + used, h->in_len - used);
	h->in_len -= used;
	return true;
}

static void
pump(struct service_env *env, struct session *c)
{
	struct http *h = c->u.p;

	if (!h)
		return;
	for (;;) {
		if (h->responding && !send_response(env, c, h))
			return;
		if (h->head_len && h->close_after)
			break;
		fill_input(env, c, h);
		if (!next_request(c, h)) {
			if (h->peer_closed)
				break;
			return;
		}
	}
	while (h->in_len) { /* what came behind the last request is not read as one */
		h->in_len = 0;
		fill_input(env, c, h);
	}
	if (mien_tcp_close(env->st, env->now, c->conn) != MIEN_OK)
		return;
}

static void
opened(struct service_env *env, struct session *c)
{
	c->u.p = calloc(1, sizeof(struct http));
	if (!c->u.p && mien_tcp_abort(env->st, env->now, c->conn) != MIEN_OK)
		return;
}

static void
peer_closed(struct service_env *env, struct session *c)
{
	struct http *h = c->u.p;

	if (h)
		h->peer_closed = true;
	pump(env, c);
}

static void
ended(struct service_env *env, struct session *c, int err)
{
	(void)env, (void)err;
	if (c->u.p)
		unmap(c->u.p);
	free(c->u.p);
}

const struct service_ops service_http = {
	.name = "http",
	.arg_help = "DIR",
	.parse = parse,
	.fini = fini,
	.tcp = true,
	.opened = opened,
	.readable = pump,
	.writable = pump,
	.peer_closed = peer_closed,
	.ended = ended,
};
