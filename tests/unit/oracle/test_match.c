/* SPDX-License-Identifier: BSD-3-Clause */
/* Expressions, and a database of two invented systems. */
#include <string.h>

#include "nmap_match.h"
#include "suites.h"

static bool
fits(const char *value, const char *expression, enum nmap_release release)
{
	return nmap_expression_fits(value, expression, strlen(expression), release);
}

static void
both_releases_agree_on_plain_expressions(void)
{
	for (int r = NMAP_7_94; r <= NMAP_7_95; r++) {
		CHECK(fits("40", "40", r));
		CHECK(!fits("40", "41", r));
		CHECK(fits("AR", "AS|AR", r));
		CHECK(fits("104", "FA-10B", r));
		CHECK(!fits("10C", "FA-10B", r));
		CHECK(fits("FA", "FA-10B", r));
		CHECK(fits("10B", "FA-10B", r));
		CHECK(fits("3", "<4", r));
		CHECK(!fits("4", "<4", r));
		CHECK(fits("F4241", ">F4240", r));
		CHECK(!fits("F4240", ">F4240", r));
		CHECK(fits("", "", r));
		CHECK(!fits("R", "", r));
		CHECK(fits("12", "1-6|10-14", r));
		CHECK(fits("M5B4NW8ST11", "M5B4ST11|M5B4NW8ST11", r));
	}
}

static void
old_releases_read_alternatives_in_their_own_way(void)
{
	/* What begins with an alternative fits it, unless that is the last; a range further on hides numbers. */
	CHECK(fits("ARF", "AR|A", NMAP_7_94));
	CHECK(!fits("ARF", "A|AR", NMAP_7_95));
	CHECK(fits("ARF", "A|AR", NMAP_7_94));
	CHECK(!fits("ARF", "AR", NMAP_7_94));
	CHECK(fits("M5B4", "|M200", NMAP_7_94));
	CHECK(!fits("M5B4", "|M200", NMAP_7_95));
	CHECK(!fits("1", "1|5-7", NMAP_7_94));
	CHECK(fits("1", "1|5-7", NMAP_7_95));
	CHECK(fits("1", "5-7|1", NMAP_7_94));
}

static void
leading_zeros_count_in_old_releases_only(void)
{
	CHECK(fits("A", "0A", NMAP_7_95));
	CHECK(!fits("A", "0A", NMAP_7_94));
}

static void
brackets_hold_expressions(void)
{
	CHECK(fits("M5B4NW7ST11", "M[500-5B4]NW[6|7]ST11", NMAP_7_95));
	CHECK(!fits("M5B5NW7ST11", "M[500-5B4]NW[6|7]ST11", NMAP_7_95));
	CHECK(!fits("M5B4NW8ST11", "M[500-5B4]NW[6|7]ST11", NMAP_7_95));
	CHECK(fits("M200", "M[500-5B4]|M200", NMAP_7_95));
	CHECK(!fits("M5B4NW7ST11L", "M[500-5B4]NW[6|7]ST11", NMAP_7_95));
	CHECK(!fits("", "M[500-5B4]", NMAP_7_95));
	CHECK(!fits("M", "M[500-5B4", NMAP_7_95));
}

static const char database[] =
	"# a comment\n"
	"MatchPoints\n"
	"SEQ(TI=100)\n"
	"OPS(O1=20)\n"
	"T1(R=100%DF=20%T=15)\n"
	"T2(R=80%DF=20)\n"
	"\n"
	"Fingerprint First of all\n"
	"Class Any | thing\n"
	"CPE cpe:/o:any:thing\n"
	"SEQ(TI=I)\n"
	"OPS(R=N)\n"
	"T1(DF=Y%T=3B-45)\n"
	"T2(R=N)\n"
	"\n"
	"Fingerprint Second\r\n"
	"SEQ(TI=Z)\n"
	"OPS(O1=M5B4)\n"
	"T1(DF=N%T=3B-45%XX=1)\n"
	"T2()\n";

static void
count_miss(void *ctx, const struct nmap_stated *s, const char *got)
{
	strcat(ctx, s->name);
	strcat(ctx, "=");
	strcat(ctx, got);
	strcat(ctx, " ");
}

static struct nmap_print
print_of(const char *const *lines)
{
	struct nmap_print p = {0};

	for (; *lines; lines++)
		REQUIRE(nmap_line_parse(&p, *lines, strlen(*lines)));
	return p;
}

static void
entries_get_points_for_what_both_state(void)
{
	const struct nmap_print p = print_of((const char *const[]){"SEQ(TI=Z)", "OPS(O1=M5B4)", "T1(R=Y%DF=N%T=40)", "T2(R=N)", NULL});
	struct nmap_db db;
	struct nmap_score first, second;
	char misses[100] = "";

	REQUIRE_EQ_I(nmap_db_parse(database, strlen(database), "db", &db, NULL), MIEN_OK);
	first = nmap_db_score(&db, 0, &p, count_miss, misses);
	second = nmap_db_score(&db, 1, &p, NULL, NULL);

	CHECK_EQ_U(first.of, 100 + 135 + 80); /* O1 is not stated, T2.DF is in no print */
	CHECK_EQ_U(first.points, 115 + 80);
	CHECK_STR(misses, "TI=Z DF=N ");
	CHECK_EQ_U(second.of, 100 + 20 + 135 + 80);
	CHECK_EQ_U(second.points, second.of);
	nmap_db_close(&db);
}

static void
guesses_come_best_first(void)
{
	const struct nmap_print p = print_of((const char *const[]){"SEQ(TI=Z)", "T1(R=Y%DF=N%T=40)", "T2(R=N)", NULL});
	struct nmap_guess best[2];
	struct nmap_db db;
	size_t perfect;

	REQUIRE_EQ_I(nmap_db_parse(database, strlen(database), "db", &db, NULL), MIEN_OK);
	CHECK_EQ_U(nmap_db_guess(&db, &p, best, 2, &perfect), 2);
	CHECK_EQ_U(perfect, 1);
	CHECK_EQ_U(best[0].entry, 1);
	CHECK_EQ_U(db.entries[1].at, 16);
	CHECK_EQ_U(db.entries[1].name_len, strlen("Second"));
	CHECK_EQ_U(nmap_db_guess(&db, &p, best, 1, &perfect), 1);
	CHECK_EQ_U(best[0].entry, 1);
	nmap_db_close(&db);
}

static void
check_refused(const char *text, unsigned line)
{
	struct mien_error error;
	struct nmap_db db;

	CHECK_EQ_I(nmap_db_parse(text, strlen(text), "db", &db, &error), MIEN_EPARSE);
	CHECK_EQ_U(error.line, line);
	CHECK_STR(error.file, "db");
	CHECK(error.text[0] != '\0');
}

static void
what_is_no_database_is_refused_with_its_line(void)
{
	check_refused("", 0);
	check_refused("name: linux-6\n", 0);
	check_refused("MatchPoints\nT1(R=100)\n", 0);
	check_refused("Fingerprint a\nT1(R=Y)\n", 0); /* no points */
	check_refused("MatchPoints\nT1(R=100\n", 2);
	check_refused("MatchPoints\nT1(R=1000)\n", 2);
	check_refused("T1(R=Y)\n", 1);
	check_refused("MatchPoints\nT1(R=100)\n\nFingerprint a\nT1(R=Y%%DF)\n", 5);
	check_refused("MatchPoints\nT1(R=100)\n\nFingerprint a\nT1(R=Y%ATTRIBUTE=1)\n", 5);
}

static void
the_release_shows_in_how_a_database_is_written(void)
{
	static const char new_db[] = "MatchPoints\nOPS(O1=20)\nT1(R=100)\n\nFingerprint a\nOPS(O1=M[500-5B4])\n";
	struct nmap_db db;

	REQUIRE_EQ_I(nmap_db_parse(database, strlen(database), "db", &db, NULL), MIEN_OK);
	CHECK_EQ_I(db.release, NMAP_7_94);
	nmap_db_close(&db);
	REQUIRE_EQ_I(nmap_db_parse(new_db, strlen(new_db), "db", &db, NULL), MIEN_OK);
	CHECK_EQ_I(db.release, NMAP_7_95);
	nmap_db_close(&db);
}

static const struct test_case cases[] = {
	{"both releases agree on plain expressions", both_releases_agree_on_plain_expressions},
	{"old releases read alternatives in their own way", old_releases_read_alternatives_in_their_own_way},
	{"leading zeros count in old releases only", leading_zeros_count_in_old_releases_only},
	{"brackets hold expressions", brackets_hold_expressions},
	{"entries get points for what both sides state", entries_get_points_for_what_both_state},
	{"guesses come best first", guesses_come_best_first},
	{"what is no database is refused with its line", what_is_no_database_is_refused_with_its_line},
	{"the release shows in how a database is written", the_release_shows_in_how_a_database_is_written},
	{NULL, NULL},
};
const struct test_suite match_suite = {.name = "match", .cases = cases};
