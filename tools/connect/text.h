/* SPDX-License-Identifier: BSD-3-Clause */
/* What mien connect reads and writes as text: URLs, replies of HTTP servers, an expected text in a stream. */
#ifndef TOOLS_CONNECT_TEXT_H
#define TOOLS_CONNECT_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct url {
	char host[256];
	uint16_t port;
	char path[1024];
};

/** "http://HOST[:PORT][/PATH]"; false with a sentence in *why. IPv6 addresses stand in brackets. */
bool url_parse(const char *text, struct url *out, const char **why);
/** "HOST:PORT"; path is empty then. */
bool peer_parse(const char *text, struct url *out, const char **why);

#define REPLY_HEAD_MAX 16384

/* A reply of HTTP/1.x whose body ends with its length or with the connection. Begins all zero. */
struct reply {
	bool body_begun, bad;
	unsigned status;
	bool has_length;
	uint64_t length, body; /* bytes announced; received */
	size_t head_len;
	char head[REPLY_HEAD_MAX + 1];
};

/** Takes the next bytes; gives the part that is body, within data, with its length in *body_len. */
const uint8_t *reply_feed(struct reply *r, const uint8_t *data, size_t len, size_t *body_len);
/** All announced bytes are here. */
bool reply_complete(const struct reply *r);

/* Looks for a text in a stream that comes in pieces (Knuth, Morris and Pratt). */
struct expect {
	const char *text;
	size_t len, at;
	uint16_t *back; /* where to go on after a mismatch */
	bool found;
};

/** false: no memory, or longer than 65535. text is borrowed. */
bool expect_init(struct expect *e, const char *text);
void expect_free(struct expect *e);
/** true once the text was there. */
bool expect_feed(struct expect *e, const uint8_t *data, size_t len);

#endif
