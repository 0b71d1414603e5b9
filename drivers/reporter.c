/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Log records to a descriptor, from a thread of its own: the reporting side copies the record into a free entry and
 * goes on; when there is none the record is lost and counted, and the writer tells how many were.
 */
#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <rte_ring.h>

#include <mien/driver.h>

#include "fail.h"

#define DEFAULT_RECORDS 1024
#define TEXT_MAX 240

struct entry {
	uint64_t now;
	uint8_t source, level;
	char text[TEXT_MAX];
};

struct mien_reporter {
	int fd;
	enum mien_log_format format;
	uint8_t levels[MIEN_LOG_SOURCES]; /* atomic bytes */
	struct entry *entries;
	struct rte_ring *idle, *waiting;
	sem_t wake;
	pthread_t writer;
	int ending;	       /* atomic */
	uint64_t lost;	       /* atomic */
	uint64_t lost_told;    /* the writer's */
};

/* Appends text as the inside of a JSON string; gives the new end. */
static size_t
put_json(char *buf, size_t at, size_t cap, const char *text)
{
	for (const unsigned char *p = (const unsigned char *)text; *p != '\0' && at + 8 < cap; p++) {
		if (*p == '"' || *p == '\\') {
			buf[at++] = '\\';
			buf[at++] = (char)*p;
		} else if (*p < 0x20) {
			at += (size_t)snprintf(buf + at, cap - at, "\\u%04x", *p);
		} else {
			buf[at++] = (char)*p;
		}
	}
	return at;
}

static void
format_time(uint64_t now, char *buf, size_t cap)
{
	uint64_t wall = mien_clock_wall(now);
	time_t seconds = (time_t)(wall / 1000000000u);
	struct tm tm;
	size_t n;

	gmtime_r(&seconds, &tm);
	n = strftime(buf, cap, "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(buf + n, cap - n, ".%06uZ", (unsigned)(wall % 1000000000u / 1000));
}

static void
write_all(int fd, const char *buf, size_t len)
{
	while (len > 0) {
		ssize_t n = write(fd, buf, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return; /* nobody reads the log any more: there is nowhere to say so */
		buf += n;
		len -= (size_t)n;
	}
}

static void
write_entry(const struct mien_reporter *r, const struct entry *e)
{
	const char *source = mien_log_source_name(e->source), *level = mien_log_level_name(e->level);
	char when[48], line[3 * TEXT_MAX + 200];
	size_t n;

	format_time(e->now, when, sizeof(when));
	if (r->format == MIEN_LOG_JSON) {
		n = (size_t)snprintf(line, sizeof(line),
			"{\"time\":\"%s\",\"level\":\"%s\",\"source\":\"%s\",\"text\":\"", when, level, source);
		n = put_json(line, n, sizeof(line) - 8, e->text);
		n += (size_t)snprintf(line + n, sizeof(line) - n, "\"}\n");
	} else {
		n = (size_t)snprintf(line, sizeof(line), "%s %-7s %s: %s\n", when, level, source, e->text);
	}
	write_all(r->fd, line, n);
}

static void
tell_lost(struct mien_reporter *r)
{
	uint64_t lost = __atomic_load_n(&r->lost, __ATOMIC_RELAXED);
	struct entry e = {mien_clock_now(), MIEN_LOG_DRIVER, MIEN_LOG_WARNING, ""};

	if (lost == r->lost_told)
		return;
	snprintf(e.text, sizeof(e.text), "%llu log records were lost: the log is read too slowly",
		(unsigned long long)(lost - r->lost_told));
	r->lost_told = lost;
	write_entry(r, &e);
}

static void *
writer_main(void *arg)
{
	struct mien_reporter *r = arg;
	void *p;

	for (;;) {
		while (sem_wait(&r->wake) != 0)
			continue;
		while (rte_ring_dequeue(r->waiting, &p) == 0) {
			write_entry(r, p);
			if (rte_ring_enqueue(r->idle, p) != 0)
				return NULL; /* cannot be: the ring holds all entries */
		}
		tell_lost(r);
		if (__atomic_load_n(&r->ending, __ATOMIC_ACQUIRE) != 0 && rte_ring_empty(r->waiting))
			return NULL;
	}
}

static struct rte_ring *
make_ring(unsigned count)
{
	unsigned size = rte_align32pow2(count + 1);
	size_t bytes = (size_t)rte_ring_get_memsize(size);
	struct rte_ring *ring = aligned_alloc(RTE_CACHE_LINE_SIZE, RTE_ALIGN_CEIL(bytes, RTE_CACHE_LINE_SIZE));

	if (ring != NULL && rte_ring_init(ring, "mien_log", size, 0) != 0) {
		free(ring);
		return NULL;
	}
	return ring;
}

static void
free_reporter(struct mien_reporter *r)
{
	sem_destroy(&r->wake);
	free(r->idle);
	free(r->waiting);
	free(r->entries);
	free(r);
}

/* Signals are the program's business, not this thread's. */
static int
start_writer(struct mien_reporter *r)
{
	sigset_t all, before;
	int rc;

	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, &before);
	rc = pthread_create(&r->writer, NULL, writer_main, r);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return rc;
}

int
mien_reporter_open(int fd, enum mien_log_format format, unsigned records, struct mien_reporter **out)
{
	struct mien_reporter *r = calloc(1, sizeof(*r));

	if (r == NULL)
		return MIEN_ENOMEM;
	if (records == 0)
		records = DEFAULT_RECORDS;
	r->fd = fd;
	r->format = format;
	memset(r->levels, MIEN_LOG_INFO, sizeof(r->levels));
	sem_init(&r->wake, 0, 0);
	r->entries = calloc(records, sizeof(*r->entries));
	r->idle = make_ring(records);
	r->waiting = make_ring(records);
	if (r->entries == NULL || r->idle == NULL || r->waiting == NULL) {
		free_reporter(r);
		return MIEN_ENOMEM;
	}
	for (unsigned i = 0; i < records; i++)
		rte_ring_enqueue(r->idle, &r->entries[i]);
	if (start_writer(r) != 0) {
		free_reporter(r);
		return MIEN_ENOMEM;
	}
	*out = r;
	return 0;
}

void
mien_reporter_close(struct mien_reporter *r)
{
	if (r == NULL)
		return;
	__atomic_store_n(&r->ending, 1, __ATOMIC_RELEASE);
	sem_post(&r->wake);
	pthread_join(r->writer, NULL);
	free_reporter(r);
}

void
mien_reporter_log(void *ctx, const struct mien_log_record *record)
{
	struct mien_reporter *r = ctx;
	struct entry *e;
	void *p;

	if ((unsigned)record->source >= MIEN_LOG_SOURCES ||
		(int)record->level > (int)__atomic_load_n(&r->levels[record->source], __ATOMIC_RELAXED))
		return;
	if (rte_ring_dequeue(r->idle, &p) != 0) {
		__atomic_fetch_add(&r->lost, 1, __ATOMIC_RELAXED);
		return;
	}
	e = p;
	e->now = record->now;
	e->source = (uint8_t)record->source;
	e->level = (uint8_t)record->level;
	snprintf(e->text, sizeof(e->text), "%s", record->text);
	if (rte_ring_enqueue(r->waiting, e) == 0)
		sem_post(&r->wake);
}

void
mien_reporter_set_level(struct mien_reporter *r, enum mien_log_source source, enum mien_log_level level)
{
	for (unsigned i = 0; i < MIEN_LOG_SOURCES; i++)
		if (source == MIEN_LOG_SOURCES || source == (enum mien_log_source)i)
			__atomic_store_n(&r->levels[i], (uint8_t)level, __ATOMIC_RELAXED);
}

static int
find_level(const char *name, size_t len)
{
	for (int i = MIEN_LOG_OFF; i <= MIEN_LOG_DEBUG; i++) {
		const char *have = mien_log_level_name((enum mien_log_level)i);

		if (strlen(have) == len && strncmp(have, name, len) == 0)
			return i;
	}
	return -1;
}

static int
find_source(const char *name, size_t len)
{
	if (len == 3 && strncmp(name, "all", 3) == 0)
		return MIEN_LOG_SOURCES;
	for (int i = 0; i < MIEN_LOG_SOURCES; i++) {
		const char *have = mien_log_source_name((enum mien_log_source)i);

		if (strlen(have) == len && strncmp(have, name, len) == 0)
			return i;
	}
	return -1;
}

int
mien_reporter_set_levels(struct mien_reporter *r, const char *text, struct mien_error *error)
{
	while (*text != '\0') {
		size_t len = strcspn(text, ","), head = strcspn(text, ":,");
		bool named = text[head] == ':';
		int source = named ? find_source(text, head) : MIEN_LOG_SOURCES;
		int level = named ? find_level(text + head + 1, len - head - 1) : find_level(text, len);

		if (source < 0)
			return drv_fail(error, MIEN_EINVAL,
				"'%.*s' is no log source: core, arp, ip, icmp, tcp, udp, driver, personality, app, all",
				(int)head, text);
		if (level < 0)
			return drv_fail(error, MIEN_EINVAL,
				"'%.*s' is no log level: off, error, warning, info, debug",
				named ? (int)(len - head - 1) : (int)len, named ? text + head + 1 : text);
		mien_reporter_set_level(r, (enum mien_log_source)source, (enum mien_log_level)level);
		text += len + (text[len] == ',');
	}
	return 0;
}

uint64_t
mien_reporter_lost(const struct mien_reporter *r)
{
	return __atomic_load_n(&r->lost, __ATOMIC_RELAXED);
}
