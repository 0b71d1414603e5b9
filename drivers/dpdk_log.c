/* SPDX-License-Identifier: BSD-3-Clause */
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <rte_log.h>

#include <mien/driver.h>

#include "dpdk_log.h"

/* Process-wide, as rte_log is. */
static struct {
	pthread_mutex_t lock;
	char complaint[200];
	unsigned verbose;
	struct mien_reporter *reporter; /* atomic */
	FILE *stream;
} dpdk_log = {.lock = PTHREAD_MUTEX_INITIALIZER};

static void
report(enum mien_log_level level, const char *text)
{
	struct mien_reporter *r = __atomic_load_n(&dpdk_log.reporter, __ATOMIC_ACQUIRE);
	struct mien_log_record record = {mien_clock_now(), MIEN_LOG_DRIVER, level, text};

	if (r != NULL)
		mien_reporter_log(r, &record);
	else if (dpdk_log.verbose > 0)
		fprintf(stderr, "%s\n", text);
}

/*
 * DPDK's drivers complain about much that is no fault here (no multiq qdisc, no secondary process), so its
 * errors are notes, shown with -v only; what makes a call fail is quoted in that call's error.
 */
static ssize_t
stream_write(void *cookie, const char *buf, size_t size)
{
	char text[256];
	size_t len = size < sizeof(text) - 1 ? size : sizeof(text) - 1;
	int level = rte_log_cur_msg_loglevel();

	while (len > 0 && (buf[len - 1] == '\n' || buf[len - 1] == ' '))
		len--;
	memcpy(text, buf, len);
	text[len] = '\0';
	if (len == 0)
		return (ssize_t)size;
	if (level > 0 && level <= (int)RTE_LOG_ERR) {
		pthread_mutex_lock(&dpdk_log.lock);
		if (dpdk_log.complaint[0] == '\0')
			snprintf(dpdk_log.complaint, sizeof(dpdk_log.complaint), "%.199s", text);
		pthread_mutex_unlock(&dpdk_log.lock);
	}
	if (dpdk_log.verbose > 0)
		report(level > (int)RTE_LOG_INFO ? MIEN_LOG_DEBUG : MIEN_LOG_INFO, text);
	return (ssize_t)size;
}

void
dpdk_log_catch(unsigned verbose)
{
	static const cookie_io_functions_t io = {.write = stream_write};

	dpdk_log.verbose = verbose;
	if (dpdk_log.stream != NULL)
		return;
	dpdk_log.stream = fopencookie(NULL, "w", io);
	if (dpdk_log.stream != NULL)
		rte_openlog_stream(dpdk_log.stream);
}

void
dpdk_log_forget(void)
{
	pthread_mutex_lock(&dpdk_log.lock);
	dpdk_log.complaint[0] = '\0';
	pthread_mutex_unlock(&dpdk_log.lock);
}

const char *
dpdk_log_complaint(char *buf, size_t cap)
{
	pthread_mutex_lock(&dpdk_log.lock);
	snprintf(buf, cap, "%s", dpdk_log.complaint);
	pthread_mutex_unlock(&dpdk_log.lock);
	return buf;
}

void
driver_log(enum mien_log_level level, const char *format, ...)
{
	char text[512];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	report(level, text);
}

void
mien_driver_log_to(struct mien_reporter *r)
{
	__atomic_store_n(&dpdk_log.reporter, r, __ATOMIC_RELEASE);
}
