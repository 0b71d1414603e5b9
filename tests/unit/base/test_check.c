/* SPDX-License-Identifier: BSD-3-Clause */
/* The checks themselves: run on purpose-made suites in a child process, by what they print. */
#include "suites.h"

#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static void
good(void)
{
	CHECK_EQ_U(4, 4);
}

static void
bad_value(void)
{
	uint8_t got[3] = {1, 2, 3}, want[3] = {1, 9, 3};

	CHECK_EQ_I(-1, 7);
	CHECK_EQ_X(16, 17);
	CHECK_STR("a", "b");
	CHECK_MEM(got, want, 3);
}

static void
left_early(void)
{
	REQUIRE_EQ_U(1, 2);
	FAIL("not reached");
}

static int
bad_setup(void)
{
	CHECK_NOT_NULL(NULL);
	return 0;
}

static const struct test_case good_cases[] = {{"good", good}, {"good too", good}, {NULL, NULL}};
static const struct test_case bad_cases[] = {
	{"good", good}, {"bad value", bad_value}, {"left early", left_early}, {NULL, NULL}};
static const struct test_suite good_suite = {"fine", NULL, NULL, good_cases, NULL, NULL};
static const struct test_suite bad_suite = {"poor", NULL, NULL, bad_cases, NULL, NULL};
static const struct test_suite unready_suite = {"unready", bad_setup, NULL, good_cases, NULL, NULL};
static const struct test_suite unclean_suite = {"unclean", NULL, bad_setup, good_cases, NULL, NULL};

int
check_sample(int argc, char **argv)
{
	const struct test_suite *const all[] = {
		&good_suite, &bad_suite, &unready_suite, &unclean_suite, NULL};

	for (const struct test_suite *const *s = all; *s != NULL; s++) {
		const struct test_suite *const one[] = {*s, NULL};

		if (strcmp((*s)->name, argv[0]) == 0)
			return run_suites(argc, argv, one);
	}
	return 2;
}

/* Runs a suite in a child (CUnit does not nest); gives its output and exit code. */
static int
run_child(const struct test_suite *suite, const char *filter, char *out, size_t cap)
{
	size_t len = 0;
	ssize_t n;
	int fds[2], status;
	pid_t pid;

	REQUIRE_EQ_I(pipe(fds), 0);
	pid = fork();
	if (pid == 0) {
		dup2(fds[1], STDOUT_FILENO);
		execl("/proc/self/exe", "test_base", "--sample", suite->name, filter, NULL);
		_exit(3);
	}
	close(fds[1]);
	while (len + 1 < cap && (n = read(fds[0], out + len, cap - 1 - len)) > 0)
		len += (size_t)n;
	out[len] = '\0';
	close(fds[0]);
	waitpid(pid, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void
passing_run_is_one_line(void)
{
	char out[4096];

	CHECK_EQ_I(run_child(&good_suite, NULL, out, sizeof(out)), 0);
	CHECK_STR(out, "2 passed, 0 failed\n");
}

static void
failure_shows_both_values(void)
{
	char out[4096];

	CHECK_EQ_I(run_child(&bad_suite, NULL, out, sizeof(out)), 1);

	CHECK_NOT_NULL(strstr(out, "test_check.c:"));
	CHECK_NOT_NULL(strstr(out, "\texpected 7\n\tgot      -1\n"));
	CHECK_NOT_NULL(strstr(out, "\texpected 0x11\n\tgot      0x10\n"));
	CHECK_NOT_NULL(strstr(out, "\texpected b\n\tgot      a\n"));
	CHECK_NOT_NULL(strstr(out, " 01 [09] 03 \n"));
	CHECK_NOT_NULL(strstr(out, " 01 [02] 03 \n"));
	CHECK_NULL(strstr(out, "not reached"));
	CHECK_NOT_NULL(strstr(out, "FAILED poor: left early\n1 passed, 2 failed\n"));
}

static void
filter_picks_cases(void)
{
	char out[4096];

	CHECK_EQ_I(run_child(&good_suite, "too", out, sizeof(out)), 0);
	CHECK_STR(out, "1 passed, 0 failed\n");
	CHECK_EQ_I(run_child(&good_suite, "nothing like it", out, sizeof(out)), 1);
	CHECK_STR(out, "0 passed, 0 failed\n");
}

static void
failing_stage_is_counted(void)
{
	char out[4096];

	CHECK_EQ_I(run_child(&unready_suite, NULL, out, sizeof(out)), 1);
	CHECK_NOT_NULL(strstr(out, "FAILED unready: setup\n0 passed, 2 failed\n"));
	CHECK_EQ_I(run_child(&unclean_suite, NULL, out, sizeof(out)), 1);
	CHECK_NOT_NULL(strstr(out, "FAILED unclean: teardown\n1 passed, 1 failed\n"));
}

static const struct test_case cases[] = {
	{"a run without failures prints its count and nothing else", passing_run_is_one_line},
	{"a failure shows what was expected and what came", failure_shows_both_values},
	{"a filter picks cases and an empty choice is a failure", filter_picks_cases},
	{"a failing setup or teardown is counted", failing_stage_is_counted},
	{NULL, NULL},
};

const struct test_suite check_suite = {"check", NULL, NULL, cases, NULL, NULL};
