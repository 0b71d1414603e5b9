/* SPDX-License-Identifier: BSD-3-Clause */
/* Prints of whole personalities: the engine's own frames. */
#include <string.h>

#include <mien/profile.h>

#include "expect.h"
#include "oracle_fixture.h"
#include "suites.h"

static const struct oracle_print *
print_of(const struct mien_personality *p, uint64_t seed)
{
	static struct oracle_print print;

	REQUIRE_EQ_I(oracle_fingerprint(oracle, p, seed, NMAP_7_94, ORACLE_ALL, &print), MIEN_OK);
	return &print;
}

static void
the_plain_host_is_by_the_book(void)
{
	struct mien_personality plain;
	const struct oracle_print *print;
	char line[NMAP_LINE_CAP];

	mien_personality_init_plain(&plain);
	print = print_of(&plain, 1);

	nmap_line_format(&print->nmap, NMAP_T5, line, sizeof(line));
	CHECK_STR(line, "T5(R=Y%DF=Y%T=40%W=0%S=Z%A=S+%F=AR%O=%RD=0%Q=)");
	CHECK_STR(nmap_print_get(&print->nmap, NMAP_T1, "F"), "AS");
	CHECK_STR(nmap_print_get(&print->nmap, NMAP_IE, "CD"), "S");
	CHECK(print->syn.sent && print->synack.sent);
}

static void
knobs_show_in_the_print(void)
{
	struct mien_personality p;
	const struct oracle_print *print;
	char schedule[ORACLE_SCHEDULE_CAP];

	mien_personality_init_plain(&p);
	p.ip[MIEN_CLASS_RST].ttl = 77;
	p.tcp.isn = (struct mien_isn_rule){.kind = MIEN_ISN_STEP, .value = 64000};
	p.tcp.synack = (struct mien_schedule){.count = 3, .end = MIEN_END_RST, .gap_ms = {1500, 3000, 7000}};
	p.arp.answer = MIEN_ARP_SPA_LOOPBACK | MIEN_ARP_HLN_8;
	p.icmp.port_unreachable = 0;
	print = print_of(&p, 1);

	CHECK_STR(nmap_print_get(&print->nmap, NMAP_SEQ, "GCD"), "FA00");
	CHECK_STR(nmap_print_get(&print->nmap, NMAP_U1, "R"), "N");
	CHECK_STR(nmap_print_get(&print->nmap, NMAP_T5, "TG"), "80");
	oracle_schedule_format(&print->synack, schedule, sizeof(schedule));
	CHECK_STR(schedule, "1.5 3, rst 7");
	CHECK_EQ_X(print->arp, MIEN_ARP_SPA_LOOPBACK | MIEN_ARP_HLN_8);
}

static void
equal_seeds_give_equal_prints(void)
{
	struct mien_personality plain;
	struct oracle_print first;

	mien_personality_init_plain(&plain);
	first = *print_of(&plain, 7);

	CHECK(memcmp(&first, print_of(&plain, 7), sizeof(first)) == 0);
	CHECK(memcmp(&first, print_of(&plain, 10), sizeof(first)) != 0);
}

static void
differs(void *ctx, const char *what, const char *expected, const char *got)
{
	FAIL("%s: %s: expected %s, found %s", (const char *)ctx, what, expected, got);
}

static void
every_profile_is_what_it_expects(void)
{
	struct mien_profile_info info;
	char mask[ARP_MASK_BITS + 1], wanted[ARP_MASK_BITS + 1];

	for (size_t i = 0; mien_profile_builtin(i, &info); i++) {
		struct mien_profile *p;
		char name[64];

		if (info.abstract)
			continue;
		strncpy(name, info.name, sizeof(name) - 1);
		name[sizeof(name) - 1] = '\0';
		REQUIRE_EQ_I(mien_profile_load(info.name, &p, NULL), MIEN_OK);
		for (uint64_t seed = 1; seed <= 5; seed++) {
			const struct oracle_print *print = print_of(mien_profile_personality(p), seed);

			expect_compare(p, print, differs, name);
			arp_mask_format(print->arp, mask);
			arp_mask_format(mien_profile_personality(p)->arp.answer, wanted);
			CHECK_STR(mask, wanted);
		}
		mien_profile_unref(p);
	}
}

static void
schedules_are_written_in_seconds(void)
{
	const struct oracle_schedule none = {0}, once = {.sent = true}, many = {.sent = true, .n = 3, .gap_ms = {1000, 250, 64000}},
				     reset = {.sent = true, .rst = true, .rst_ms = 6000};
	char text[ORACLE_SCHEDULE_CAP];

	oracle_schedule_format(&none, text, sizeof(text));
	CHECK_STR(text, "none");
	oracle_schedule_format(&once, text, sizeof(text));
	CHECK_STR(text, "silence");
	oracle_schedule_format(&many, text, sizeof(text));
	CHECK_STR(text, "1 0.25 64, silence");
	oracle_schedule_format(&reset, text, sizeof(text));
	CHECK_STR(text, "rst 6");
}

static const struct test_case cases[] = {
	{"the plain host is by the book", the_plain_host_is_by_the_book},
	{"knobs show in the print", knobs_show_in_the_print},
	{"equal seeds give equal prints", equal_seeds_give_equal_prints},
	{"every profile is what it expects, whatever the seed", every_profile_is_what_it_expects},
	{"schedules are written in seconds", schedules_are_written_in_seconds},
	{NULL, NULL},
};
const struct test_suite oracle_suite = {.name = "oracle", .setup = oracle_setup, .teardown = oracle_teardown, .cases = cases};
