/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What is done outside the packet path, with the n-th allocation failing, for each n until none fails: a sentence says so,
 * nothing crashes, nothing is left behind (LeakSanitizer), and the next try works.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <rte_mempool.h>

#include <mien/import.h>
#include <mien/mien.h>
#include <mien/profile.h>
#include <mien/signature.h>

#include "capture.h"
#include "check.h"
#include "nmap_match.h"
#include "plan.h"
#include "scarce.h"
#include "world.h"
#include "wear.h"

#define MOST 5000 /* allocations of one deed */

/* 0, or an error whose sentence is in *error; STATUS_... of tools say theirs on stderr. */
typedef int (*deed)(struct mien_error *error);

static void
each_allocation(deed act)
{
	struct mien_error error;
	uint64_t n = 0;
	bool missed = true;
	int rc = 0;

	for (; missed && n < MOST; n++) {
		memset(&error, 0, sizeof(error));
		scarce_fail(n);
		rc = act(&error);
		missed = scarce_end();
		if (!missed)
			break;
		if (rc < 0 && error.err != 0 && !error.text[0])
			FAIL("allocation %u: error %d without a sentence", (unsigned int)n, rc);
	}
	CHECK(!missed);
	CHECK(n > 0);
	if (rc != 0)
		FAIL("without a failure: %d %s", rc, error.text);
}

static void
forget(void *arg, const char *text, size_t len)
{
	*(size_t *)arg += len;
}

static int
load_profile(struct mien_error *error)
{
	struct mien_profile *p;
	size_t written = 0;
	const struct mien_sink sink = {forget, &written};
	int rc = mien_profile_load("windows-10", &p, error);

	if (rc != 0)
		return rc;
	mien_profile_write(p, &sink);
	rc = mien_profile_set(&p, "ip.ttl=77", error);
	mien_profile_unref(p);
	return rc;
}

static int
load_by_library(struct mien_error *error)
{
	struct mien_profile_library *library = mien_profile_library_new();
	struct mien_profile *p;
	int rc = 0;

	for (unsigned int i = 0; rc == 0 && i < 2; i++) {
		rc = mien_profile_library_load(library, i ? "linux-5" : "linux-6", &p, error);
		if (rc == 0)
			mien_profile_unref(p);
	}
	mien_profile_library_free(library);
	return rc;
}

static int
import_prints(struct mien_error *error)
{
	static const char text[] = "Fingerprint Thing\nT5(R=Y%DF=N%T=40%TG=40%W=0%S=Z%A=S+%F=AR%O=%RD=0%Q=)\nU1(R=N)\n"
				   "IE(R=Y%DFI=N%T=40%TG=40%CD=S)\n\nFingerprint Other\nIE(R=N)\n";
	struct mien_prints *prints;
	size_t written = 0;
	const struct mien_sink sink = {forget, &written};
	int rc = mien_prints_parse(text, sizeof(text) - 1, "", &prints, error);

	if (rc != 0)
		return rc;
	rc = mien_prints_write(prints, 0, "thing", &sink, &sink, error);
	mien_prints_free(prints);
	return rc;
}

static int
import_signatures(struct mien_error *error)
{
	static const char text[] = "classes = unix\n[tcp:request]\nlabel = g:unix:Thing:\n"
				   "sig   = *:64:0:*:mss*4,0:mss,sok,ts,nop,ws:df,id+:0\n";
	const size_t chosen[] = {0};
	struct mien_signatures *s;
	size_t written = 0;
	const struct mien_sink sink = {forget, &written};
	int rc = mien_signatures_parse(text, sizeof(text) - 1, "", &s, error);

	if (rc != 0)
		return rc;
	rc = mien_signatures_write(s, chosen, 1, "thing", &sink, &sink, error);
	mien_signatures_free(s);
	return rc;
}

static int
read_database(struct mien_error *error)
{
	static const char text[] = "MatchPoints\nSEQ(SP=25)\nT1(R=10)\n\nFingerprint Thing\nT1(R=Y)\n";
	struct nmap_db db;
	int rc = nmap_db_parse(text, sizeof(text) - 1, "", &db, error);

	if (rc == 0)
		nmap_db_close(&db);
	return rc;
}

/* -- the driver ------------------------------------------------------------------------------------------------ */

static void
nothing(void *ctx, uint64_t arg)
{
}

static void
no_file(void *ctx, int fd, uint32_t events)
{
}

static int
run_loop(struct mien_error *error)
{
	struct mien_loop *loop;
	int pipes[2], rc = mien_loop_create(NULL, &loop, error);
	uint64_t timer;

	if (rc != 0)
		return rc;
	if (pipe(pipes) != 0)
		abort();
	rc = mien_loop_add_fd(loop, pipes[0], 1, no_file, NULL);
	for (unsigned int i = 0; rc == 0 && i < 40; i++)
		rc = mien_loop_add_timer(loop, UINT64_MAX - i, nothing, NULL, &timer);
	mien_loop_destroy(loop);
	close(pipes[0]);
	close(pipes[1]);
	return rc;
}

static int
publish(struct mien_error *error)
{
	struct mien_registry *reg;
	struct mien_loop *loop;
	int rc = mien_loop_create(NULL, &loop, error);

	if (rc != 0)
		return rc;
	rc = mien_registry_create(4, &reg);
	if (rc == 0) {
		rc = mien_registry_join(reg, loop);
		mien_registry_destroy(reg);
	}
	mien_loop_destroy(loop);
	return rc;
}

static int
report(struct mien_error *error)
{
	const struct mien_log_record record = {.source = MIEN_LOG_TCP, .level = MIEN_LOG_ERROR, .text = "text"};
	struct mien_reporter *r;
	int fd = open("/dev/null", O_WRONLY | O_CLOEXEC), rc = mien_reporter_open(fd, MIEN_LOG_TEXT, 16, &r);

	if (rc == 0) {
		mien_reporter_log(r, &record);
		mien_reporter_close(r);
	}
	close(fd);
	return rc;
}

static int
keep_capture(struct mien_error *error)
{
	struct mien_capture *out;
	struct capture_reader *in;
	struct capture_frame f;
	char path[] = "/tmp/mien-scarce-XXXXXX.pcapng";
	int fd = mkstemps(path, 7), rc;

	if (fd < 0)
		abort();
	close(fd);
	rc = mien_capture_create(path, &out, error);
	if (rc == 0) {
		rc = mien_capture_write(out, 1, "123456789012345678", 18);
		rc = mien_capture_close(out) < 0 ? MIEN_EIO : rc;
	}
	if (rc == 0)
		rc = capture_open(path, &in, error);
	if (rc == 0) {
		rc = capture_next(in, &f, error) == 1 ? 0 : MIEN_EIO;
		capture_close(in);
	}
	unlink(path);
	return rc;
}

static int
simulate(struct mien_error *error)
{
	struct mien_personality *plain = aligned_alloc(64, sizeof(*plain));
	struct mien_host_config host = {.addr = mien_addr_ip4(0x0a000001), .prefix_len = 24, .personality = plain};
	static struct rte_mempool *pool; /* DPDK's pools for the whole run */
	struct mien_stack_config config;
	struct mien_stack *st;
	const struct sim_link_config link = {.delay_ns = 1000};
	struct world *w = NULL;
	unsigned int node, box;
	uint64_t id;
	int rc;

	if (!plain)
		return MIEN_ENOMEM;
	if (!pool && mien_pool_create(&(struct mien_pool_config){.mbufs = 63}, &pool, NULL, error) != 0)
		abort();
	mien_personality_init_plain(plain);
	mien_stack_config_init(&config);
	config.pool = pool;
	config.max_conns = config.max_time_wait = 16;
	rc = mien_stack_create(&config, &st);
	if (rc == 0) {
		rc = mien_host_add(st, 0, &host, &id);
		rc = rc ? rc : world_create(1, 1, pool, &w);
		rc = rc ? rc : world_add_host(w, &(struct world_host){.st = st}, &node);
		rc = rc ? rc : world_add_box(w, &(struct sim_box_config){.what = SIM_BOX_PORTS}, &box);
		rc = rc ? rc : world_join(w, node, box, &link, &link);
		rc = rc ? rc : world_at(w, 5, nothing, NULL, 0);
		rc = rc ? rc : world_run(w, 1000000000) < 0;
		if (w)
			world_destroy(w);
		mien_stack_destroy(st);
	}
	free(plain);
	return rc;
}

/* -- the command ----------------------------------------------------------------------------------------------- */

static int
plan_hosts(struct mien_error *error)
{
	static const char text[] = "hosts:\n  - {address: 10.0.0.1-10.0.0.40/24, personality: windows-10, tcp: ['80=http', '7=echo']}\n"
				   "  - {address: 10.0.1.1, tcp: ['22=discard'], udp: ['7=echo']}\n";
	static struct options o;
	struct plan plan;
	char path[] = "/tmp/mien-scarce-XXXXXX.yaml";
	int fd = mkstemps(path, 5), status;

	if (fd < 0 || write(fd, text, sizeof(text) - 1) != (ssize_t)sizeof(text) - 1)
		abort();
	close(fd);
	options_init(&o);
	o.hosts_file = path;
	status = plan_from_options(&plan, &o);
	plan_free(&plan);
	wear_forget();
	unlink(path);
	return status;
}

#define DEED(name)                                                                                 \
	static void each_##name(void)                                                              \
	{                                                                                          \
		each_allocation(name);                                                             \
	}
DEED(load_profile)
DEED(load_by_library)
DEED(import_prints)
DEED(import_signatures)
DEED(read_database)
DEED(run_loop)
DEED(publish)
DEED(report)
DEED(keep_capture)
DEED(simulate)
DEED(plan_hosts)

static const struct test_case cases[] = {
	{"a profile is loaded, written and changed without any one allocation", each_load_profile},
	{"a library of profiles does without any one allocation", each_load_by_library},
	{"nmap's prints are imported without any one allocation", each_import_prints},
	{"p0f's signatures are imported without any one allocation", each_import_signatures},
	{"nmap's database is read without any one allocation", each_read_database},
	{"a loop begins without any one allocation", each_run_loop},
	{"a registry begins without any one allocation", each_publish},
	{"a reporter begins without any one allocation", each_report},
	{"a capture is written and read without any one allocation", each_keep_capture},
	{"a stack and its simulated link begin without any one allocation", each_simulate},
	{"a plan of hosts and services is made without any one allocation", each_plan_hosts},
	{NULL, NULL},
};

static const struct test_suite scarce_suite = {.name = "scarce", .cases = cases};

int
main(int argc, char **argv)
{
	static const struct test_suite *const suites[] = {&scarce_suite, NULL};
	struct mien_error error;

	if (mien_eal_start(NULL, &error) != MIEN_OK) {
		printf("%s\n", error.text);
		return 1;
	}
	cli_out.quiet = true;
	return run_suites(argc, argv, suites);
}
