/* SPDX-License-Identifier: BSD-3-Clause */
#include "verify.h"

#include <stdlib.h>
#include <string.h>

#include <mien/driver.h>

#include "../cli.h"

static int
open_dbs(struct verify *v)
{
	struct mien_error error;
	int err = v->o->against ? nmap_db_open(v->o->against, &v->db, &error) : MIEN_OK;

	if (err == MIEN_OK && v->o->against_p0f)
		err = p0f_db_open(v->o->against_p0f, &v->p0f_db, &error);
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
	int status = open_dbs(v);

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
	mien_signatures_free(v->p0f_db);
}

static void
differs(void *ctx, const char *what, const char *expected, const char *got)
{
	verify_difference(ctx, what, expected, got);
}

/* The name that a program gave must hold the expected one. */
static void
check_label(struct verdict *verdict, const char *key, const char *what, const char *got)
{
	const char *expected = mien_profile_expect(verdict->profile, key);

	if (!expected)
		return;
	verdict->checks++;
	if (!strstr(got, expected))
		verify_difference(verdict, what, expected, got);
}

/* The entry that the profile names must be among the best. */
static void
check_name(struct verify *v, struct verdict *verdict)
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

static void
really_differs(void *ctx, enum nmap_line_id line, const char *name, const char *oracle, const char *real)
{
	char what[48];

	snprintf(what, sizeof(what), "real nmap %s.%s", nmap_line_names[line], name);
	verify_difference(ctx, what, oracle, real);
}

static void
check_signature(struct verdict *verdict, const char *what, bool has, const char *oracle, const char *real)
{
	verdict->checks++;
	if (!has || strcmp(oracle, real) != 0)
		verify_difference(verdict, what, oracle, has ? real : "nothing");
}

static void
check_p0f(struct verdict *verdict)
{
	const struct real *real = &verdict->real;

	check_signature(verdict, "real p0f SYN", real->has_syn, verdict->print.p0f_syn, real->syn.signature);
	check_signature(verdict, "real p0f SYN-ACK", real->has_synack, verdict->print.p0f_synack, real->synack.signature);
	check_label(verdict, "p0f-syn", "real p0f's name of the SYN", real->syn.label);
	check_label(verdict, "p0f-synack", "real p0f's name of the SYN-ACK", real->synack.label);
}

/* What nmap prints must be what the oracle says; older releases print some of it in another way. */
static int
check_nmap(struct verify *v, struct verdict *verdict)
{
	static struct oracle_print print;
	const struct nmap_report *real = &verdict->real.nmap;
	int err = oracle_fingerprint(v->oracle, mien_profile_personality(verdict->profile), v->o->seed, real->release,
		ORACLE_NMAP, &print);

	if (err != MIEN_OK)
		return cli_error(STATUS_PORT, "%s", mien_strerror(err));
	verdict->checks += NMAP_LINES;
	if (verdict->real.has_nmap)
		nmap_print_compare(&print.nmap, &real->print, really_differs, verdict);
	else
		verify_difference(verdict, "real nmap", "a print", "nothing");
	check_label(verdict, "nmap", "real nmap's name", real->name);
	return STATUS_FINE;
}

static int
check_real(struct verify *v, const char *name, struct verdict *verdict)
{
	struct real *real = &verdict->real;
	int status = v->o->with ? real_look(name, v->o->with, real) : STATUS_FINE;

	if (status == STATUS_FINE && v->o->with & REAL_NMAP)
		status = check_nmap(v, verdict);
	if (status == STATUS_FINE && v->o->with & REAL_P0F)
		check_p0f(verdict);
	return status;
}

static int
verify_profile(struct verify *v, const char *name, const struct mien_profile *p)
{
	static struct verdict verdict;
	enum nmap_release release = v->o->against ? v->db.release : NMAP_7_95;
	int err, status;

	verdict = (struct verdict){.profile = p, .differences = json_array()};
	err = oracle_fingerprint(v->oracle, mien_profile_personality(p), v->o->seed, release, ORACLE_ALL, &verdict.print);
	if (err != MIEN_OK) {
		json_decref(verdict.differences);
		return cli_error(STATUS_PORT, "%s: no print could be taken: %s", mien_profile_name(p), mien_strerror(err));
	}
	verdict.checks = expect_compare(p, &verdict.print, differs, &verdict);
	check_name(v, &verdict);
	if (v->o->against_p0f) {
		check_label(&verdict, "p0f-syn", "p0f's name of the SYN", guess_p0f(v, &verdict, false));
		check_label(&verdict, "p0f-synack", "p0f's name of the SYN-ACK", guess_p0f(v, &verdict, true));
	}
	status = check_real(v, name, &verdict);
	if (status == STATUS_FINE)
		verify_report(v, &verdict);
	json_decref(verdict.differences);
	return status == STATUS_FINE && verdict.n ? STATUS_DIFFERENT : status;
}

int
verify_one(struct verify *v, const char *name)
{
	struct mien_error error = {0};
	struct mien_profile *p;
	int err = mien_profile_load(name, &p, &error), status;

	if (err != MIEN_OK)
		return cli_mien_error(err == MIEN_EPERM ? STATUS_PERMISSION : STATUS_USAGE, &error);
	status = verify_profile(v, name, p);
	mien_profile_unref(p);
	return status;
}
