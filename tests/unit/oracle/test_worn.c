/* SPDX-License-Identifier: BSD-3-Clause */
/* Signatures imported, worn, and read again from the engine's own frames. All of them are made up. */
#include <stdlib.h>
#include <string.h>

#include <mien/signature.h>

#include "oracle.h"
#include "suites.h"

static struct oracle *oracle;

static int
setup(void)
{
	struct mien_error error = {0};

	return oracle_open(&oracle, &error);
}

static int
teardown(void)
{
	oracle_close(oracle);
	return 0;
}

struct text {
	char at[8192];
	size_t len;
};

static void
append(void *arg, const char *piece, size_t len)
{
	struct text *t = arg;

	REQUIRE(t->len + len < sizeof(t->at));
	memcpy(t->at + t->len, piece, len);
	t->len += len;
}

static struct mien_profile *
profile_from(const char *line, bool response)
{
	struct text yaml = {.len = 0};
	struct mien_sink out = {append, &yaml};
	struct mien_signatures *s;
	struct mien_profile *profile;
	struct mien_error err = {0};

	if (mien_signatures_line(line, response, &s, &err) != MIEN_OK ||
		mien_signatures_write(s, (size_t[]){0}, 1, "worn", &out, NULL, &err) != MIEN_OK ||
		mien_profile_parse(yaml.at, yaml.len, "worn.yaml", &profile, &err) != MIEN_OK)
		REQUIRE_FAIL("%s: %u: %s\n%.*s", line, err.line, err.text, (int)yaml.len, yaml.at);
	mien_signatures_free(s);
	return profile;
}

/* What the engine shows is what the profile expects, and that what is wanted here. */
static void
check(const char *line, bool response, const char *want)
{
	struct mien_profile *profile = profile_from(line, response);
	struct oracle_print print;
	const char *got = response ? print.p0f_synack : print.p0f_syn;

	REQUIRE_EQ_I(oracle_fingerprint(
			     oracle, mien_profile_personality(profile), 1, NMAP_7_94, ORACLE_P0F, &print),
		MIEN_OK);
	CHECK_STR(got, want);
	CHECK_STR(mien_profile_expect(profile, response ? "synack-signature" : "syn-signature"), want);
	mien_profile_unref(profile);
}

static void
a_syn_shows_every_quirk(void)
{
	check("*:64:0:*:9,0:mss::0", false, "4:64+0:0:1460:9,0:mss::0");
	check("*:64:0:*:9,0:mss:df:0", false, "4:64+0:0:1460:9,0:mss:df:0");
	check("*:64:0:*:9,0:mss:df,id+:0", false, "4:64+0:0:1460:9,0:mss:df,id+:0");
	check("*:64:0:*:9,0:mss:id-:0", false, "4:64+0:0:1460:9,0:mss:id-:0");
	check("*:64:0:*:9,0:mss:ecn:0", false, "4:64+0:0:1460:9,0:mss:ecn:0");
	check("*:64:0:*:9,0:mss:0+:0", false, "4:64+0:0:1460:9,0:mss:0+:0");
	check("*:64:0:*:9,0:mss:flow:0", false, "4:64+0:0:1460:9,0:mss::0");
	check("*:64:0:*:9,0:mss:seq-:0", false, "4:64+0:0:1460:9,0:mss:seq-:0");
	check("*:64:0:*:9,0:mss:ack+:0", false, "4:64+0:0:1460:9,0:mss:ack+:0");
	check("*:64:0:*:9,0:mss:uptr+:0", false, "4:64+0:0:1460:9,0:mss:uptr+:0");
	check("*:64:0:*:9,0:mss:urgf+,pushf+:0", false, "4:64+0:0:1460:9,0:mss:urgf+,pushf+:0");
	check("*:64:0:*:9,0:mss,nop,nop,ts:ts1-,ts2+:0", false, "4:64+0:0:1460:9,0:mss,nop,nop,ts:ts1-,ts2+:0");
	check("*:64:0:*:9,0:mss,nop,eol+2:opt+:0", false, "4:64+0:0:1460:9,0:mss,nop,eol+2:opt+:0");
	check("*:64:0:*:9,*:mss,nop,ws:exws:0", false, "4:64+0:0:1460:9,15:mss,nop,ws:exws:0");
	check("*:64:0:*:9,200:mss,nop,ws:exws:0", false, "4:64+0:0:1460:9,200:mss,nop,ws:exws:0");
	check("*:64:0:*:9,0:mss,nop,nop,sok:bad:0", false, "4:64+0:0:1460:9,0:mss,nop,nop,sok:bad:0");
	check("*:64:0:*:9,0:mss,ts,nop,nop:ts1-,ts2+,bad:0", false, "4:64+0:0:1460:9,0:mss,ts,nop,nop:ts1-,ts2+,bad:0");
}

static void
a_synack_shows_every_quirk(void)
{
	check("*:64:0:*:9,0:mss:df,id+:0", true, "4:64+0:0:1460:9,0:mss:df,id+:0");
	check("*:64:0:*:9,0:mss:id-:0", true, "4:64+0:0:1460:9,0:mss:id-:0");
	check("*:64:0:*:9,0:mss:ecn,0+:0", true, "4:64+0:0:1460:9,0:mss:ecn,0+:0");
	check("*:64:0:*:9,0:mss:seq-:0", true, "4:64+0:0:1460:9,0:mss:seq-:0");
	check("*:64:0:*:9,0:mss:seq-,ack-,uptr+:0", true, "4:64+0:0:1460:9,0:mss:seq-,ack-,uptr+:0");
	check("*:64:0:*:9,0:mss:uptr+,pushf+:0", true, "4:64+0:0:1460:9,0:mss:uptr+,pushf+:0");
	check("*:64:0:*:9,0:mss:urgf+:0", true, "4:64+0:0:1460:9,0:mss:urgf+:0");
	check("*:64:0:*:9,0:mss,nop,nop,ts:ts1-:0", true, "4:64+0:0:1460:9,0:mss,nop,nop,ts:ts1-:0");
	check("*:64:0:*:9,0:mss,nop,eol+2:opt+:0", true, "4:64+0:0:1460:9,0:mss,nop,eol+2:opt+:0");
	check("*:64:0:*:9,20:mss,ws,nop:exws:0", true, "4:64+0:0:1460:9,20:mss,ws,nop:exws:0");
	check("*:64:0:*:9,0:mss,nop,nop,sok:bad:0", true, "4:64+0:0:1460:9,0:mss,nop,nop,sok:bad:0");
}

static void
layouts_of_any_kind_are_worn(void)
{
	check("*:64:0:*:9,7:sok,ts,ws,eol+0::0", false, "4:64+0:0:0:9,7:sok,ts,ws,eol+0::0");
	check("*:64:0:*:9,0:?30,mss,?254::0", false, "4:64+0:0:1460:9,0:?30,mss,?254::0");
	check("*:64:0:*:9,0:mss,nop,?30::0", false, "4:64+0:0:1460:9,0:mss,nop,?30::0");
	check("*:64:0:*:9,0:mss,?30,?31:bad:0", false, "4:64+0:0:1460:9,0:mss,?30,?31:bad:0");
	check("*:64:0:*:9,0:mss,nop,nop,sack::0", false, "4:64+0:0:1460:9,0:mss,nop,nop,sack::0");
	check("*:64:0:0:9,0:mss::0", false, "4:64+0:0:0:9,0:mss::0");
	check("*:64:0:*:9,0:::0", false, "4:64+0:0:0:9,0:::0");
	check("*:64:0:*:9,0:mss,?30,nop,nop::0", true, "4:64+0:0:1460:9,0:mss,?30,nop,nop::0");
	check("*:64:0:*:9,0:mss,nop,nop,nop,nop::0", true, "4:64+0:0:1460:9,0:mss,nop,nop,nop,nop::0");
}

static void
windows_and_ttls_are_worn(void)
{
	check("*:64:0:*:mss*44,0:mss::0", false, "4:64+0:0:1460:mss*44,0:mss::0");
	check("*:64:0:*:mss*60,0:mss::0", false, "4:64+0:0:1092:mss*60,0:mss::0");
	check("*:64:0:16396:mss*2,0:mss::0", false, "4:64+0:0:16396:mss*2,0:mss::0");
	check("*:64:0:1300:mtu*3,0:mss::0", false, "4:64+0:0:1300:mtu*3,0:mss::0");
	check("*:64:0:*:%7919,0:mss::0", false, "4:64+0:0:1460:63352,0:mss::0");
	check("*:64:0:*:*,0:mss::0", true, "4:64+0:0:1460:64512,0:mss::0");
	check("*:64:0:900:mss*7,0:mss::0", true, "4:64+0:0:900:mss*7,0:mss::0");
	check("*:192:0:*:9,0:mss::0", false, "4:192+?:0:1460:9,0:mss::0");
	check("*:60-:0:*:9,0:mss::0", true, "4:60+4:0:1460:9,0:mss::0");
	check("4:58+6:0:*:9,0:mss::0", true, "4:64+0:0:1460:9,0:mss::0");
}

static const struct test_case cases[] = {
	{"a SYN shows every quirk", a_syn_shows_every_quirk},
	{"a SYN-ACK shows every quirk", a_synack_shows_every_quirk},
	{"layouts of any kind are worn", layouts_of_any_kind_are_worn},
	{"windows and TTLs are worn", windows_and_ttls_are_worn},
	{NULL, NULL},
};
const struct test_suite worn_suite = {.name = "worn", .setup = setup, .teardown = teardown, .cases = cases};
