/* SPDX-License-Identifier: BSD-3-Clause */
#include "verify.h"

#include <stdlib.h>
#include <string.h>

#include <mien/driver.h>

#include "../cli.h"

static int
open_db(struct verify *v)
{
	struct mien_error error;
	int err = v->o->against ? nmap_db_open(v->o->against, &v->db, &error) : MIEN_OK;

	if (err == MIEN_OK)
		return STATUS_FINE;
	return cli_mien_error(err == MIEN_EPERM	   ? STATUS_PERMISSION
			      : err == MIEN_EPARSE ? STATUS_MALFORMED
						   : STATUS_USAGE,
		&error);
}

int
verify_open(struct verify *v)
{
	struct mien_error error = {0};
	int status = open_db(v);

	if (status != STATUS_FINE)
		return status;
	if (oracle_open(&v->oracle, &error) != MIEN_OK)
		return cli_mien_error(mien_driver_exit_status(&error), &error);
	return STATUS_FINE;
}

void
verify_close(struct verify *v)
{
	oracle_close(v->oracle);
	nmap_db_close(&v->db);
}

static void
differs(void *ctx, const char *what, const char *expected, const char *got)
{
	verify_difference(ctx, what, expected, got);
}

/* The entry that the profile names must be among the best. */
static void
check_name(const struct verify *v, struct verdict *verdict)
{
	const char *expected = mien_profile_expect(verdict->profile, "nmap");
	struct nmap_guess best[8];
	char name[200] = "nothing";
	size_t perfect, n;

	if (!expected || !v->o->against)
		return;
	verdict->checks++;
	n = nmap_db_guess(&v->db, &verdict->print.nmap, best, 8, &perfect);
	for (size_t i = 0; i < n && best[i].accuracy == best[0].accuracy; i++) {
		const struct nmap_entry *e = &v->db.entries[best[i].entry];

		if (memmem(e->name, e->name_len, expected, strlen(expected)))
			return;
		if (i == 0)
			snprintf(name, sizeof(name), "%.*s", (int)e->name_len, e->name);
	}
	verify_difference(verdict, "nmap's name", expected, name);
}

static int
verify_profile(const struct verify *v, const struct mien_profile *p)
{
	static struct verdict verdict;
	enum nmap_release release = v->o->against ? v->db.release : NMAP_7_95;
	int err;

	verdict = (struct verdict){.profile = p, .differences = json_array()};
	err = oracle_fingerprint(v->oracle, mien_profile_personality(p), v->o->seed, release, ORACLE_ALL, &verdict.print);
	if (err != MIEN_OK) {
		json_decref(verdict.differences);
		return cli_error(STATUS_PORT, "%s: no print could be taken: %s", mien_profile_name(p), mien_strerror(err));
	}
	verdict.checks = expect_compare(p, &verdict.print, differs, &verdict);
	check_name(v, &verdict);
	verify_report(v, &verdict);
	json_decref(verdict.differences);
	return verdict.n ? STATUS_DIFFERENT : STATUS_FINE;
}

int
verify_one(struct verify *v, const char *name)
{
	struct mien_error error = {0};
	struct mien_profile *p;
	int err = mien_profile_load(name, &p, &error), status;

	if (err != MIEN_OK)
		return cli_mien_error(err == MIEN_EPERM ? STATUS_PERMISSION : STATUS_USAGE, &error);
	status = verify_profile(v, p);
	mien_profile_unref(p);
	return status;
}
