/* SPDX-License-Identifier: BSD-3-Clause */
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include <mien/driver.h>

#include "suites.h"

static int fds[2];
static char text[65536];

static void
before(void)
{
	REQUIRE_EQ_I(pipe(fds), 0);
}

static void
after(void)
{
	close(fds[0]);
	close(fds[1]);
}

static void
say(struct mien_reporter *r, enum mien_log_source source, enum mien_log_level level, const char *what)
{
	const struct mien_log_record record = {mien_clock_now(), source, level, what};

	mien_reporter_log(r, &record);
}

static const char *
read_all(void)
{
	ssize_t n;

	fcntl(fds[0], F_SETFL, O_NONBLOCK);
	n = read(fds[0], text, sizeof(text) - 1);
	text[n > 0 ? n : 0] = '\0';
	return text;
}

static void
as_text(void)
{
	struct mien_reporter *r = NULL;

	REQUIRE_EQ_I(mien_reporter_open(fds[1], MIEN_LOG_TEXT, 0, &r), 0);
	say(r, MIEN_LOG_TCP, MIEN_LOG_WARNING, "first");
	say(r, MIEN_LOG_ARP, MIEN_LOG_DEBUG, "too much");
	say(r, MIEN_LOG_ARP, MIEN_LOG_INFO, "second");
	mien_reporter_close(r);

	read_all();
	CHECK(strstr(text, "Z warning tcp: first\n") != NULL);
	CHECK(strstr(text, "Z info    arp: second\n") > strstr(text, "first"));
	CHECK_NULL(strstr(text, "too much"));
	CHECK_EQ_U(text[4], '-');
}

static void
as_json(void)
{
	struct mien_reporter *r = NULL;

	REQUIRE_EQ_I(mien_reporter_open(fds[1], MIEN_LOG_JSON, 0, &r), 0);
	say(r, MIEN_LOG_APP, MIEN_LOG_ERROR, "a \"quote\" \\ and\ta tab");
	mien_reporter_close(r);

	CHECK(strstr(read_all(), "\"level\":\"error\",\"source\":\"app\","
				 "\"text\":\"a \\\"quote\\\" \\\\ and\\u0009a tab\"}\n") != NULL);
}

static void
levels(void)
{
	struct mien_reporter *r = NULL;
	struct mien_error error;

	REQUIRE_EQ_I(mien_reporter_open(fds[1], MIEN_LOG_TEXT, 0, &r), 0);
	CHECK_EQ_I(mien_reporter_set_levels(r, "error,tcp:debug", &error), 0);
	say(r, MIEN_LOG_IP, MIEN_LOG_WARNING, "hidden");
	say(r, MIEN_LOG_TCP, MIEN_LOG_DEBUG, "shown");
	CHECK_EQ_I(mien_reporter_set_levels(r, "tpc:debug", &error), MIEN_EINVAL);
	CHECK(strstr(error.text, "'tpc'") != NULL);
	CHECK_EQ_I(mien_reporter_set_levels(r, "tcp:loud", &error), MIEN_EINVAL);
	CHECK(strstr(error.text, "'loud'") != NULL);
	mien_reporter_close(r);

	read_all();
	CHECK_NULL(strstr(text, "hidden"));
	CHECK(strstr(text, "shown") != NULL);
}

static void
overflow(void)
{
	struct mien_reporter *r = NULL;
	uint64_t lost;

	/* given a reader that does not read, and room for four records */
	REQUIRE_EQ_I(mien_reporter_open(fds[1], MIEN_LOG_TEXT, 4, &r), 0);
	for (int i = 0; i < 5000; i++)
		say(r, MIEN_LOG_CORE, MIEN_LOG_INFO, "one of very many records that nobody reads in time");

	/* when it reads at last */
	lost = mien_reporter_lost(r);
	read_all();
	mien_reporter_close(r);

	CHECK(lost > 0 && lost < 5000);
	if (strstr(text, "were lost") == NULL)
		CHECK(strstr(read_all(), "were lost") != NULL);
}

static const struct test_case cases[] = {
	{"records appear as text, in order, up to their level", as_text},
	{"records appear as JSON with everything escaped", as_json},
	{"levels are read from text, mistakes are told", levels},
	{"a log nobody reads loses records, never blocks, and tells", overflow},
	{NULL, NULL},
};
const struct test_suite reporter_suite = {
	.name = "reporter", .cases = cases, .before = before, .after = after};
