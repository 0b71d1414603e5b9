/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the oracle reads, from any bytes: an nmap-os-db, against the prints that stand among its lines; nmap's report; p0f's
 * log. The first byte chooses.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "nmap_match.h"
#include "nmap_report.h"
#include "p0f_report.h"

#define GUESSES 4

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
ignore_miss(void *ctx, const struct nmap_stated *s, const char *got)
{
	(void)ctx;
	assert(s->line < NMAP_LINES && got != NULL);
}

static void
ignore_difference(void *ctx, enum nmap_line_id line, const char *name, const char *a, const char *b)
{
	(void)ctx;
	(void)line;
	(void)name;
	(void)a;
	(void)b;
}

/* Every line that reads as one of a print. */
static void
read_print(const char *text, size_t size, struct nmap_print *p)
{
	const char *end = text + size;

	memset(p, 0, sizeof(*p));
	for (const char *stop; text < end; text = stop + 1) {
		stop = memchr(text, '\n', (size_t)(end - text));
		if (!stop)
			stop = end;
		(void)nmap_line_parse(p, text, (size_t)(stop - text));
	}
}

static void
check_database(const char *text, size_t size)
{
	struct nmap_guess best[GUESSES];
	struct mien_error err = {0};
	struct nmap_print print;
	struct nmap_db db;
	size_t n, perfect;

	if (nmap_db_parse(text, size, "", &db, &err) != 0) {
		assert(err.err < 0 && err.text[0] != '\0' && db.text == NULL);
		return;
	}
	read_print(text, size, &print);
	n = nmap_db_guess(&db, &print, best, GUESSES, &perfect);
	assert(n <= GUESSES && perfect <= db.n_entries);
	for (size_t i = 0; i < n; i++)
		(void)nmap_db_score(&db, best[i].entry, &print, ignore_miss, NULL);
	nmap_db_close(&db);
}

static void
check_report(const char *text, size_t size)
{
	struct nmap_report report;
	struct nmap_print print;

	if (!nmap_report_read(text, size, &report))
		return;
	read_print(text, size, &print);
	(void)nmap_print_compare(&report.print, &print, ignore_difference, NULL);
}

static void
check_log(const char *text, size_t size)
{
	struct p0f_report report;
	char *log = malloc(size + 1);

	assert(log != NULL);
	memcpy(log, text, size);
	log[size] = '\0';
	(void)p0f_report_find(log, "syn", "10.0.0.1", "10.0.0.2/80", &report);
	free(log);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data + 1;

	if (size == 0)
		return 0;
	if (data[0] == 'p')
		check_log(text, size - 1);
	else if (data[0] == '<')
		check_report(text, size - 1);
	else
		check_database(text, size - 1);
	return 0;
}
