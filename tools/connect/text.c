/* SPDX-License-Identifier: BSD-3-Clause */
/* URLs, HTTP replies, an expected text. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "text.h"

static bool
copy(char *to, size_t size, const char *from, size_t len)
{
	if (len >= size)
		return false;
	memcpy(to, from, len);
	to[len] = '\0';
	return true;
}

static bool
parse_port(const char *text, size_t len, uint16_t *port)
{
	unsigned long n = 0;

	if (len == 0 || len > 5)
		return false;
	for (size_t i = 0; i < len; i++) {
		if (text[i] < '0' || text[i] > '9')
			return false;
		n = n * 10 + (unsigned long)(text[i] - '0');
	}
	*port = (uint16_t)n;
	return n > 0 && n <= 65535;
}

/* HOST, HOST:PORT, [HOST]:PORT in len bytes; port 0: none was given. */
static bool
authority(const char *text, size_t len, struct url *out, const char **why)
{
	const char *colon = memrchr(text, ':', len), *end = text + len;
	const char *close = len && text[0] == '[' ? memchr(text, ']', len) : NULL;
	bool good;

	if (close && colon < close)
		colon = NULL;
	out->port = 0;
	*why = "the port is no number from 1 to 65535";
	if (colon && !parse_port(colon + 1, (size_t)(end - colon - 1), &out->port))
		return false;
	*why = "the host is missing or too long";
	if (len && text[0] == '[' && !close)
		return false;
	if (close)
		good = copy(out->host, sizeof(out->host), text + 1, (size_t)(close - text - 1)) && close + 1 == (colon ? colon : end);
	else
		good = copy(out->host, sizeof(out->host), text, (size_t)((colon ? colon : end) - text));
	return good && out->host[0];
}

bool
url_parse(const char *text, struct url *out, const char **why)
{
	const char *rest = text + 7;
	size_t len;

	*why = "only http:// URLs can be got";
	if (strncasecmp(text, "http://", 7) != 0)
		return false;
	len = strcspn(rest, "/?#");
	if (!authority(rest, len, out, why))
		return false;
	if (out->port == 0)
		out->port = 80;
	*why = "the path is too long";
	rest += len;
	len = strcspn(rest, "#");
	out->path[0] = '/';
	return copy(out->path + (*rest == '/' ? 0 : 1), sizeof(out->path) - 1, rest, len);
}

bool
peer_parse(const char *text, struct url *out, const char **why)
{
	out->path[0] = '\0';
	if (!authority(text, strlen(text), out, why))
		return false;
	*why = "the port is missing";
	return out->port != 0;
}

/* The value of a header; NULL. */
static const char *
header(const struct reply *r, const char *name)
{
	size_t len = strlen(name);

	for (const char *line = strchr(r->head, '\n'); line; line = strchr(line + 1, '\n'))
		if (strncasecmp(line + 1, name, len) == 0 && line[1 + len] == ':')
			return line + 2 + len;
	return NULL;
}

static void
read_head(struct reply *r)
{
	const char *length;

	if (sscanf(r->head, "HTTP/1.%*c %3u", &r->status) != 1) {
		r->bad = true;
		return;
	}
	if (r->status / 100 == 1) { /* an interim reply: the real one follows */
		r->head_len = 0;
		return;
	}
	length = header(r, "content-length");
	r->has_length = length != NULL;
	if (length)
		r->length = strtoull(length, NULL, 10);
	if (r->status == 204 || r->status == 304) {
		r->has_length = true;
		r->length = 0;
	}
	r->body_begun = true;
}

/* The head ends with an empty line. */
static bool
head_ends(const struct reply *r)
{
	const char *h = r->head;
	size_t n = r->head_len;

	return n >= 2 && h[n - 1] == '\n' && (h[n - 2] == '\n' || (n >= 4 && memcmp(h + n - 4, "\r\n\r", 3) == 0));
}

const uint8_t *
reply_feed(struct reply *r, const uint8_t *data, size_t len, size_t *body_len)
{
	size_t at = 0;

	while (at < len && !r->body_begun && !r->bad) {
		if (r->head_len == REPLY_HEAD_MAX || data[at] == '\0') {
			r->bad = true;
			break;
		}
		r->head[r->head_len++] = (char)data[at++];
		r->head[r->head_len] = '\0';
		if (head_ends(r))
			read_head(r);
	}
	*body_len = r->bad ? 0 : len - at;
	if (r->has_length && *body_len > r->length - r->body)
		*body_len = (size_t)(r->length - r->body);
	r->body += *body_len;
	return data + at;
}

bool
reply_complete(const struct reply *r)
{
	return r->body_begun && r->has_length && r->body == r->length;
}

bool
expect_init(struct expect *e, const char *text)
{
	size_t k = 0;

	*e = (struct expect){.text = text, .len = strlen(text)};
	e->found = e->len == 0;
	if (e->len > UINT16_MAX)
		return false;
	e->back = calloc(e->len + 1, sizeof(*e->back));
	for (size_t i = 1; e->back && i < e->len; i++) {
		while (k > 0 && text[i] != text[k])
			k = e->back[k - 1];
		k += text[i] == text[k];
		e->back[i] = (uint16_t)k;
	}
	return e->back != NULL;
}

void
expect_free(struct expect *e)
{
	free(e->back);
	e->back = NULL;
}

bool
expect_feed(struct expect *e, const uint8_t *data, size_t len)
{
	for (size_t i = 0; i < len && !e->found; i++) {
		while (e->at > 0 && (uint8_t)e->text[e->at] != data[i])
			e->at = e->back[e->at - 1];
		e->at += (uint8_t)e->text[e->at] == data[i];
		e->found = e->at == e->len;
	}
	return e->found;
}
