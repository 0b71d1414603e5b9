/* SPDX-License-Identifier: BSD-3-Clause */
/* Signatures against an invented file. */
#include <string.h>

#include "p0f_match.h"
#include "suites.h"

#define SEEN "4:58+6:0:1460:mss*20,7:mss,sok,ts,nop,ws:df,id+:0"

static enum p0f_fit
fits(const char *seen, uint16_t window, const char *wanted)
{
	struct mien_signature a, b;

	REQUIRE_EQ_I(mien_signature_parse(seen, &a, NULL), MIEN_OK);
	REQUIRE_EQ_I(mien_signature_parse(wanted, &b, NULL), MIEN_OK);
	return p0f_fits(&a, window, &b);
}

static void
check(const char *wanted, enum p0f_fit fit)
{
	if (fits(SEEN, 29200, wanted) != fit)
		FAIL("%s: %d, not %d", wanted, fits(SEEN, 29200, wanted), fit);
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
	CHECK_EQ_I(fits("4:64+0:0:1460:9,7:mss:df,id+,ecn:0", 9, "*:64:0:*:9,7:mss:df,id+:0"), P0F_FUZZY);
	CHECK_EQ_I(fits("4:64+0:0:1460:9,7:mss:id-:0", 9, "*:64:0:*:9,7:mss:df,id+:0"), P0F_FUZZY);
	CHECK_EQ_I(fits("4:64+0:0:1460:9,7:mss::0", 9, "*:64:0:*:9,7:mss:df,id+:0"), P0F_FUZZY);
	CHECK_EQ_I(fits("4:64+0:0:1460:9,7:mss:df:0", 9, "*:64:0:*:9,7:mss:df,flow:0"), P0F_FITS);
	CHECK_EQ_I(fits("4:64+0:0:1460:9,7:mss:df:0", 9, "4:64:0:*:9,7:mss:df,flow:0"), P0F_NO);
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
check_name(const struct mien_signatures *db, const char *seen, uint16_t window, bool response, const char *want, enum p0f_fit fit)
{
	enum p0f_fit got;
	const struct mien_signature_entry *e = p0f_db_find(db, seen, window, response, &got);

	CHECK_STR(e ? e->name : "-", want);
	CHECK_EQ_I(got, fit);
}

static void
the_specific_goes_before_the_general_and_the_near(void)
{
	struct mien_signatures *db;

	REQUIRE_EQ_I(mien_signatures_parse(file, strlen(file), "file", &db, NULL), MIEN_OK);
	CHECK(mien_signatures_at(db, 4) && !mien_signatures_at(db, 5));
	check_name(db, "4:64+0:0:1460:9,0:mss:df:0", 9, false, "Prober scan", P0F_FITS);
	check_name(db, "4:64+0:0:1460:9,0:mss:df:0", 9, true, "Answer 1", P0F_FITS);
	check_name(db, "4:64+0:0:1460:10,0:mss:df:0", 10, false, "Thing 2.x", P0F_FITS);
	check_name(db, "4:64+0:0:1460:11,3:mss:df:0", 11, false, "Thing", P0F_FITS);
	check_name(db, "4:64+0:0:1460:9,0:mss:id-:0", 9, false, "-", P0F_NO); /* near a program */
	check_name(db, "4:64+0:0:1460:10,0:mss:id-:0", 10, false, "Thing", P0F_FUZZY);
	check_name(db, "4:64+0:0:1460:9,0:mss,nop:df:0", 9, false, "-", P0F_NO);
	mien_signatures_free(db);
}

static const struct test_case cases[] = {
	{"fields are compared one by one", fields_are_compared_one_by_one},
	{"TTLs from far away fit nearly", far_ttls_fit_nearly},
	{"quirks change on the way in one direction only", quirks_change_on_the_way_in_one_direction},
	{"the specific goes before the general and the near", the_specific_goes_before_the_general_and_the_near},
	{NULL, NULL},
};
const struct test_suite p0f_match_suite = {.name = "p0f match", .cases = cases};
