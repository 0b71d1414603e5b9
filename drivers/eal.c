/* SPDX-License-Identifier: BSD-3-Clause */
/* DPDK's start: once in a process, quiet, without hugepages, devices or root unless asked. */
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_lcore.h>
#include <rte_version.h>

#include <mien/driver.h>

#include "clock.h"
#include "dpdk_log.h"
#include "eal_args.h"
#include "fail.h"

/* Hugepages are taken by themselves only when they hold the default pools with room to spare. */
#define HUGE_MEMORY_MIN_MB 96

/* Process-wide, as DPDK is. */
static struct {
	bool tried, started;
	struct mien_error error;
	struct eal_args args;
} eal;

/* The processors this process may run on, as a list like "0-1,4". */
static void
list_cpus(char *buf, size_t cap)
{
	cpu_set_t set;
	size_t used = 0;

	CPU_ZERO(&set);
	buf[0] = '\0';
	if (sched_getaffinity(0, sizeof(set), &set) != 0)
		CPU_SET(0, &set);
	for (int cpu = 0; cpu < CPU_SETSIZE; cpu++) {
		int last = cpu;

		if (!CPU_ISSET(cpu, &set))
			continue;
		while (last + 1 < CPU_SETSIZE && CPU_ISSET(last + 1, &set))
			last++;
		if (used + 24 > cap)
			return;
		used += (size_t)snprintf(buf + used, cap - used, last > cpu ? "%s%d-%d" : "%s%d",
			used > 0 ? "," : "", cpu, last);
		cpu = last;
	}
}

static unsigned long
read_number(const char *path)
{
	FILE *f = fopen(path, "re");
	unsigned long n = 0;

	if (f == NULL)
		return 0;
	if (fscanf(f, "%lu", &n) != 1)
		n = 0;
	fclose(f);
	return n;
}

/* Free hugepages of one size are there and may be opened: taking one is the only sure test. */
static bool
hugepages_usable(unsigned size_kb, int flag, unsigned need_mb)
{
	char path[96];
	size_t size = (size_t)size_kb << 10;
	void *p;

	snprintf(path, sizeof(path), "/sys/kernel/mm/hugepages/hugepages-%ukB/free_hugepages", size_kb);
	if (read_number(path) * (size_kb >> 10) < need_mb)
		return false;
	p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB | flag, -1,
		0);
	if (p == MAP_FAILED)
		return false;
	munmap(p, size);
	return true;
}

static bool
any_hugepages_usable(unsigned need_mb)
{
	return hugepages_usable(2048, 21 << MAP_HUGE_SHIFT, need_mb) ||
	       hugepages_usable(1 << 20, 30 << MAP_HUGE_SHIFT, need_mb);
}

static int
decide_hugepages(const struct mien_eal_config *config, bool *use, struct mien_error *error)
{
	unsigned need = config->memory_mb > HUGE_MEMORY_MIN_MB ? config->memory_mb : HUGE_MEMORY_MIN_MB;

	*use = config->hugepages != MIEN_HUGEPAGES_OFF && any_hugepages_usable(need);
	if (*use || config->hugepages != MIEN_HUGEPAGES_ON)
		return 0;
	return drv_fail(error, MIEN_EIO,
		"hugepages were asked for, but %u MB of free ones are not there: "
		"echo 256 > /proc/sys/vm/nr_hugepages, or go without (--hugepages off)",
		need);
}

/*
 * DPDK prints its usage to stdout and some complaints to stderr by itself; both belong to the program. They go to a
 * file in memory meanwhile, whose first line tells what was wrong with an argument.
 */
static int
init_quietly(struct eal_args *args, char *said, size_t cap)
{
	int out = dup(STDOUT_FILENO), err = dup(STDERR_FILENO);
	int memory = memfd_create("mien-dpdk-output", MFD_CLOEXEC);
	ssize_t n;
	int rc;

	said[0] = '\0';
	fflush(stdout);
	if (out >= 0 && err >= 0 && memory >= 0) {
		dup2(memory, STDOUT_FILENO);
		dup2(memory, STDERR_FILENO);
	}
	rc = rte_eal_init(args->argc, args->argv);
	fflush(stdout);
	if (out >= 0 && err >= 0 && memory >= 0) {
		dup2(out, STDOUT_FILENO);
		dup2(err, STDERR_FILENO);
		n = pread(memory, said, cap - 1, 0);
		said[n > 0 ? n : 0] = '\0';
		said[strcspn(said, "\n")] = '\0';
	}
	if (out >= 0)
		close(out);
	if (err >= 0)
		close(err);
	if (memory >= 0)
		close(memory);
	return rc;
}

static int
init(struct eal_args *args, unsigned verbose, char *said, size_t cap)
{
	said[0] = '\0';
	return verbose > 0 ? rte_eal_init(args->argc, args->argv) : init_quietly(args, said, cap);
}

static int
refused(int errnum, const char *said, struct mien_error *error)
{
	char complaint[200];

	/* A refused argument is told only there; the rest stands in the log, and better. */
	if (said[0] != '\0' && strncmp(said, "EAL: ", 5) != 0)
		snprintf(complaint, sizeof(complaint), "%.199s", said);
	else
		dpdk_log_complaint(complaint, sizeof(complaint));
	if (complaint[0] == '\0')
		snprintf(complaint, sizeof(complaint), "%s", strerror(errnum));
	if ((errnum == EPERM || errnum == EACCES) && geteuid() != 0)
		return drv_fail(error, MIEN_EPERM,
			"DPDK may not start: %s; run as root, or with hugepages off", complaint);
	return drv_fail(error, MIEN_EIO, "DPDK did not start: %s; -v shows its messages", complaint);
}

static int
start(const struct mien_eal_config *config, struct mien_error *error)
{
	struct clock_mark mark = clock_mark();
	char cpus[160], said[200];
	bool hugepages;
	int rc;

	rc = decide_hugepages(config, &hugepages, error);
	if (rc != 0)
		return rc;
	list_cpus(cpus, sizeof(cpus));
	rc = eal_args_build(&eal.args, config, hugepages, cpus, error);
	if (rc != 0)
		return rc;
	eal.tried = true;
	dpdk_log_catch(config->verbose);
	dpdk_log_forget();
	if (init(&eal.args, config->verbose, said, sizeof(said)) < 0)
		return refused(rte_errno, said, error);
	eal.started = true;
	clock_calibrate(&mark);
	return 0;
}

int
mien_eal_start(const struct mien_eal_config *config, struct mien_error *error)
{
	static const struct mien_eal_config defaults;
	struct mien_error local = {0};
	int rc;

	if (eal.started)
		return 0;
	if (!eal.tried) {
		rc = start(config != NULL ? config : &defaults, &local);
		if (rc == 0)
			return 0;
		eal.error = local;
	}
	if (error != NULL)
		*error = eal.error;
	return eal.error.err;
}

bool
mien_eal_started(void)
{
	return eal.started;
}

bool
mien_eal_hugepages(void)
{
	return eal.started && rte_eal_has_hugepages() != 0;
}

void
mien_eal_stop(void)
{
	char dir[256];

	if (!eal.started)
		return;
	eal.started = false;
	snprintf(dir, sizeof(dir), "%s", rte_eal_get_runtime_dir());
	rte_eal_cleanup();
	/* DPDK leaves it behind; other processes that hold something in it keep it. */
	rmdir(dir);
}

const char *
mien_eal_version(void)
{
	return rte_version();
}
