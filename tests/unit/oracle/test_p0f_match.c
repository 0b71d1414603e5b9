/* SPDX-License-Identifier: BSD-3-Clause */
/* Signatures against an invented file. */
#include <string.h>

#include "p0f_match.h"
#include "suites.h"

#define SEEN "4:58+6:0:1460:mss*20,7:mss,sok,ts,nop,ws:df,id+:0"

static void
check(const char *wanted, enum p0f_fit fit)
{
	if (p0f_fits(SEEN, 29200, wanted) != fit)
		FAIL("%s: %d, not %d", wanted, p0f_fits(SEEN, 29200, wanted), fit);
}

static void
fields_are_compared_one_by_one(void)
{
	check("*:64:0:*:mss*20,7:mss,sok,ts,nop,ws:df,id+:0", P0F_FITS);
	check("4:64:0:1460:29200,7:mss,sok,ts,nop,ws:df,id+:0", P0F_FITS);
	check("4:64:0:1460:%8,*:mss,sok,ts,nop,ws:df,id+:*", P0F_FITS);
	check("4:64:0:1460:*,7:mss,sok,ts,nop,ws:df,id+:0", P0F_FITS);
	check("6:64:0:*:mss*20,7:mss,sok,ts,nop,ws:df,id+:0", P0F_NO);
	check("*:64:4:*:mss*20,7:mss,sok,ts,nop,ws:df,id+:0", P0F_NO);
	check("*:64:0:1400:mss*20,7:mss,sok,ts,nop,ws:df,id+:0", P0F_NO);
	check("*:64:0:*:mss*2,7:mss,sok,ts,nop,ws:df,id+:0", P0F_NO);
	check("*:64:0:*:mtu*20,7:mss,sok,ts,nop,ws:df,id+:0", P0F_NO);
	check("*:64:0:*:mss*20,8:mss,sok,ts,nop,ws:df,id+:0", P0F_NO);
	check("*:64:0:*:%7,7:mss,sok,ts,nop,ws:df,id+:0", P0F_NO);
	check("*:64:0:*:mss*20,7:mss,sok,ts:df,id+:0", P0F_NO);
	check("*:64:0:*:mss*20,7:mss,sok,ts,nop,ws:df,id+:+", P0F_NO);
	check("", P0F_NO);
	check("*:64", P0F_NO);
}

static void
far_ttls_fit_nearly(void)
{
	check("*:94+5:0:*:mss*20,7:mss,sok,ts,nop,ws:df,id+:0", P0F_FUZZY);
	check("*:32:0:*:mss*20,7:mss,sok,ts,nop,ws:df,id+:0", P0F_FUZZY);
	check("*:93:0:*:mss*20,7:mss,sok,ts,nop,ws:df,id+:0", P0F_FITS);
	check("*:255-:0:*:mss*20,7:mss,sok,ts,nop,ws:df,id+:0", P0F_FITS);
	check("*:50-:0:*:mss*20,7:mss,sok,ts,nop,ws:df,id+:0", P0F_NO);
}

static void
quirks_change_on_the_way_in_one_direction(void)
{
	check("*:64:0:*:mss*20,7:mss,sok,ts,nop,ws:df:0", P0F_NO);
	check("*:64:0:*:mss*20,7:mss,sok,ts,nop,ws::0", P0F_NO);
	check("*:64:0:*:mss*20,7:mss,sok,ts,nop,ws:df,id+,ecn:0", P0F_NO);
	CHECK_EQ_I(p0f_fits("4:64+0:0:1460:9,7:mss:df,id+,ecn:0", 9, "*:64:0:*:9,7:mss:df,id+:0"), P0F_FUZZY);
	CHECK_EQ_I(p0f_fits("4:64+0:0:1460:9,7:mss:id-:0", 9, "*:64:0:*:9,7:mss:df,id+:0"), P0F_FUZZY);
	CHECK_EQ_I(p0f_fits("4:64+0:0:1460:9,7:mss::0", 9, "*:64:0:*:9,7:mss:df,id+:0"), P0F_FUZZY);
	CHECK_EQ_I(p0f_fits("4:64+0:0:1460:9,7:mss:df:0", 9, "*:64:0:*:9,7:mss:df,flow:0"), P0F_FITS);
}

static const char file[] =
	"; signatures\nclasses = win,unix\n\n[mtu]\nlabel = Ethernet\nsig = 1500\n\n"
	"[tcp:request]\n"
	"label = s:!:Prober:scan\nsys   = @unix\nsig   = *:64:0:*:9,0:mss:df:0\n"
	"label = g:unix:Thing:\nsig   = *:64:0:*:*,*:mss:df:0\n"
	"label = s:unix:Thing:2.x\nsig   = *:64:0:*:9,0:mss:df,id+:0\nsig   = *:64:0:*:10,0:mss:df:0\n"
	"[tcp:response]\nlabel = s:unix:Answer:1\nsig = *:64:0:*:9,0:mss:df:0\n"
	"[http:request]\nlabel = s:!:Browser:\nsig = 1:Host::Firefox\n";

static void
check_name(const struct p0f_db *db, const char *seen, uint16_t window, bool response, const char *want, enum p0f_fit fit)
{
	enum p0f_fit got;
	const struct p0f_entry *e = p0f_db_find(db, seen, window, response, &got);

	CHECK_STR(e ? e->name : "-", want);
	CHECK_EQ_I(got, fit);
}

static void
the_specific_goes_before_the_general_and_the_near(void)
{
	struct p0f_db db;

	REQUIRE_EQ_I(p0f_db_parse(file, strlen(file), "file", &db, NULL), MIEN_OK);
	CHECK_EQ_U(db.n, 5);
	check_name(&db, "4:64+0:0:1460:9,0:mss:df:0", 9, false, "Prober scan", P0F_FITS);
	check_name(&db, "4:64+0:0:1460:9,0:mss:df:0", 9, true, "Answer 1", P0F_FITS);
	check_name(&db, "4:64+0:0:1460:10,0:mss:df:0", 10, false, "Thing 2.x", P0F_FITS);
	check_name(&db, "4:64+0:0:1460:11,3:mss:df:0", 11, false, "Thing", P0F_FITS);
	check_name(&db, "4:64+0:0:1460:9,0:mss:id-:0", 9, false, "Thing", P0F_FUZZY); /* no tool */
	check_name(&db, "4:64+0:0:1460:9,0:mss,nop:df:0", 9, false, "-", P0F_NO);
	p0f_db_close(&db);
}

static void
check_refused(const char *text, unsigned line)
{
	struct mien_error error;
	struct p0f_db db;

	CHECK_EQ_I(p0f_db_parse(text, strlen(text), "file", &db, &error), MIEN_EPARSE);
	CHECK_EQ_U(error.line, line);
}

static void
what_is_no_signature_file_is_refused_with_its_line(void)
{
	check_refused("", 0);
	check_refused("name: linux-6\n", 0);
	check_refused("[tcp:request]\nsig = *:64:0:*:9,0:mss:df:0\n", 2);
	check_refused("[tcp:request]\nlabel = s:unix\n", 2);
	check_refused("[tcp:request]\nlabel = s:unix:a:b\nsig = *:64\n", 3);
	check_refused("[tcp:request]\nlabel\n", 2);
}

static const struct test_case cases[] = {
	{"fields are compared one by one", fields_are_compared_one_by_one},
	{"TTLs from far away fit nearly", far_ttls_fit_nearly},
	{"quirks change on the way in one direction only", quirks_change_on_the_way_in_one_direction},
	{"the specific goes before the general and the near", the_specific_goes_before_the_general_and_the_near},
	{"what is no signature file is refused with its line", what_is_no_signature_file_is_refused_with_its_line},
	{NULL, NULL},
};
const struct test_suite p0f_match_suite = {.name = "p0f match", .cases = cases};
