/* SPDX-License-Identifier: BSD-3-Clause */
#include <string.h>

#include "suites.h"

#include "connect/text.h"
#include "exact.h"

/* Feeds a text in pieces of `step` bytes; collects the body. */
static void
feed(struct reply *r, const char *text, size_t step, char *body, size_t cap)
{
	size_t at = 0, have = 0, len = strlen(text);

	while (at < len) {
		size_t n = len - at < step ? len - at : step, got;
		const uint8_t *part = reply_feed(r, (const uint8_t *)text + at, n, &got);

		if (have + got < cap)
			memcpy(body + have, part, got);
		have += got;
		at += n;
	}
	body[have < cap ? have : 0] = '\0';
}

static void
urls(void)
{
	struct url u;
	const char *why;

	REQUIRE(url_parse("http://10.77.0.1:8000/a/b?c=d#e", &u, &why));
	CHECK_STR(u.host, "10.77.0.1");
	CHECK_EQ_U(u.port, 8000);
	CHECK_STR(u.path, "/a/b?c=d");

	REQUIRE(url_parse("HTTP://host", &u, &why));
	CHECK_STR(u.host, "host");
	CHECK_EQ_U(u.port, 80);
	CHECK_STR(u.path, "/");

	REQUIRE(url_parse("http://[fe80::1]:81?q", &u, &why));
	CHECK_STR(u.host, "fe80::1");
	CHECK_EQ_U(u.port, 81);
	CHECK_STR(u.path, "/?q");
}

static void
bad_urls(void)
{
	static const char *const bad[] = {"https://a/", "a", "", "http://", "http:///x", "http://a:0/", "http://a:65536/",
		"http://a:x/", "http://a:/", "http://[::1/", "http://[::1]x/"};
	struct url u;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		const char *why = NULL;

		if (url_parse(bad[i], &u, &why))
			FAIL("%s was taken", bad[i]);
		CHECK_NOT_NULL(why);
	}
}

static void
long_urls(void)
{
	char text[3000] = "http://h/";
	struct url u;
	const char *why;

	memset(text + 9, 'a', sizeof(u.path) - 3);
	REQUIRE(url_parse(text, &u, &why));
	CHECK_EQ_U(strlen(u.path), sizeof(u.path) - 2);

	memset(text + 9, 'a', sizeof(u.path));
	CHECK(!url_parse(text, &u, &why));
}

static void
peers(void)
{
	struct url u;
	const char *why;

	REQUIRE(peer_parse("10.0.0.1:9000", &u, &why));
	CHECK_STR(u.host, "10.0.0.1");
	CHECK_EQ_U(u.port, 9000);
	CHECK(!peer_parse("10.0.0.1", &u, &why));
	CHECK(!peer_parse(":9000", &u, &why));
}

static void
reply_with_length(void)
{
	static const char text[] = "HTTP/1.0 200 OK\r\nServer: x\r\ncontent-length: 5\r\n\r\nhelloEXTRA";
	char body[32];

	for (size_t step = 1; step < sizeof(text); step++) {
		struct reply r = {0};

		feed(&r, text, step, body, sizeof(body));

		CHECK_EQ_U(r.status, 200);
		CHECK(reply_complete(&r));
		CHECK_STR(body, "hello");
	}
}

static void
reply_to_the_end(void)
{
	struct reply r = {0};
	char body[32];

	feed(&r, "HTTP/1.1 404 Not Found\n\nuntil the end", 7, body, sizeof(body));

	CHECK_EQ_U(r.status, 404);
	CHECK(!reply_complete(&r));
	CHECK_STR(body, "until the end");
}

static void
interim_reply(void)
{
	struct reply r = {0};
	char body[32];

	feed(&r, "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n", 3, body, sizeof(body));

	CHECK_EQ_U(r.status, 204);
	CHECK(reply_complete(&r));
}

static void
bad_replies(void)
{
	static char endless[REPLY_HEAD_MAX + 100];
	struct reply not_http = {0}, too_long = {0};
	char body[32];

	feed(&not_http, "SSH-2.0-OpenSSH\r\n\r\n", 4, body, sizeof(body));
	memset(endless, 'a', sizeof(endless) - 1);
	feed(&too_long, endless, 1000, body, sizeof(body));

	CHECK(not_http.bad);
	CHECK(too_long.bad);
}

static void
expected(void)
{
	struct expect e;

	REQUIRE(expect_init(&e, "aab"));
	CHECK(!expect_feed(&e, (const uint8_t *)"xaa", 3));
	CHECK(expect_feed(&e, (const uint8_t *)"ab", 2));
	expect_free(&e);

	REQUIRE(expect_init(&e, "abcab"));
	CHECK(!expect_feed(&e, (const uint8_t *)"abcacabca", 9));
	CHECK(expect_feed(&e, (const uint8_t *)"b", 1));
	expect_free(&e);
}

const struct test_suite text_suite = {
	.name = "connect's texts",
	.cases = (const struct test_case[]){
		{"a URL falls into host, port and path", urls},
		{"what is no http URL is refused with a reason", bad_urls},
		{"the longest path fits and one more does not", long_urls},
		{"a peer needs a host and a port", peers},
		{"a body ends with its announced length, however the bytes are cut", reply_with_length},
		{"a body without a length goes to the end of the connection", reply_to_the_end},
		{"an interim reply is skipped", interim_reply},
		{"what is no reply, or never ends its head, is bad", bad_replies},
		{"an expected text is found across pieces", expected},
		{NULL, NULL},
	},
};
