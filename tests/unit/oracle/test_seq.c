/* SPDX-License-Identifier: BSD-3-Clause */
/* Numbers that grow: sequence numbers, identifications, clocks. */
#include <string.h>

#include "nmap_print.h"
#include "suites.h"

#define MS 1000000ull

/* Samples every 100 ms whose numbers grow by `step`. */
static struct nmap_samples
steady(unsigned n, uint32_t first, uint32_t step)
{
	struct nmap_samples s = {.n = n};

	for (unsigned i = 0; i < n; i++) {
		s.at[i] = 1000 * MS + i * 100 * MS;
		s.isn[i] = first + i * step;
		s.tsval[i] = first + i * step;
		s.has_ts[i] = true;
	}
	return s;
}

static void
three_numbers_are_too_few(void)
{
	struct nmap_samples s = steady(3, 1, 64000);
	struct nmap_isn isn;

	CHECK(!nmap_isn_measure(&s, &isn));
}

static void
a_constant_number_is_all_zero(void)
{
	struct nmap_samples s = steady(6, 77, 0);
	struct nmap_isn isn;

	REQUIRE(nmap_isn_measure(&s, &isn));
	CHECK_EQ_U(isn.gcd, 0);
	CHECK_EQ_U(isn.isr, 0);
	CHECK_EQ_U(isn.sp, 0);
}

static void
a_number_of_zero_is_no_sample(void)
{
	struct nmap_samples none = steady(6, 0, 0), three = steady(6, 9, 64000);
	struct nmap_isn isn;

	three.isn[0] = three.isn[2] = three.isn[4] = 0;

	CHECK(!nmap_isn_measure(&none, &isn));
	CHECK(!nmap_isn_measure(&three, &isn));
}

static void
steps_of_64000_are_a_divisor_and_a_rate(void)
{
	struct nmap_samples s = steady(6, 0xfffff000, 64000);
	struct nmap_isn isn;

	REQUIRE(nmap_isn_measure(&s, &isn));
	CHECK_EQ_X(isn.gcd, 0xFA00);
	CHECK_EQ_X(isn.isr, 0x9A); /* 8 log2(640000) = 154.3 */
	CHECK_EQ_X(isn.sp, 0);
}

static void
a_fall_counts_as_its_size(void)
{
	struct nmap_samples s = steady(6, 5000000, (uint32_t)-64000);
	struct nmap_isn isn;

	REQUIRE(nmap_isn_measure(&s, &isn));
	CHECK_EQ_X(isn.gcd, 0xFA00);
	CHECK_EQ_X(isn.isr, 0x9A);
}

/* The increments of one known host in five gaps: 253220747, 1405701697, ... mean 1021521133.8. */
static void
spread_numbers_have_their_deviation(void)
{
	static const uint32_t deck[5] = {253220747, 1405701697, 1021521133, 637340570, 1789821520};
	struct nmap_samples s = steady(6, 9, 0);
	struct nmap_isn isn;

	for (unsigned i = 0; i < 5; i++)
		s.isn[i + 1] = s.isn[i] + deck[i];
	REQUIRE(nmap_isn_measure(&s, &isn));

	CHECK_EQ_X(isn.gcd, 1);
	CHECK_EQ_X(isn.isr, 0x10A);
	CHECK_EQ_X(isn.sp, 0x104);
}

static void
ids_fall_into_classes(void)
{
	static const struct {
		uint16_t ids[6];
		unsigned n;
		enum nmap_ids class;
	} cases[] = {
		{{0, 0, 0, 0, 0, 0}, 6, NMAP_IDS_ZERO},
		{{7, 7, 7}, 3, NMAP_IDS_CONSTANT},
		{{1, 2, 3, 4, 5, 6}, 6, NMAP_IDS_BY_ONE},
		{{1, 10, 19}, 3, NMAP_IDS_BY_ONE},
		{{1, 12, 13}, 3, NMAP_IDS_UNKNOWN},
		{{2, 4, 6, 8, 10, 12}, 6, NMAP_IDS_BY_TWO},
		{{0x0100, 0x0200, 0x0300}, 3, NMAP_IDS_SWAPPED},
		{{100, 1201, 3300, 9000, 20001, 35000}, 6, NMAP_IDS_JUMPS},
		{{100, 20101, 20102}, 3, NMAP_IDS_RANDOM},
		{{0xffff, 0, 1}, 3, NMAP_IDS_RANDOM},  /* a wrap among three */
		{{0xffff, 0}, 2, NMAP_IDS_BY_ONE},     /* not among two */
		{{100, 50000}, 2, NMAP_IDS_JUMPS},
		{{5}, 1, NMAP_IDS_UNKNOWN},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		if (nmap_ids_class(cases[i].ids, cases[i].n) != cases[i].class)
			FAIL("case %zu is class %d", i, nmap_ids_class(cases[i].ids, cases[i].n));
}

static const char *
attr(const struct nmap_line *l, const char *name)
{
	for (unsigned i = 0; i < l->n; i++)
		if (strcmp(l->attr[i].name, name) == 0)
			return l->attr[i].value;
	return "-";
}

static void
a_shared_counter_is_told_from_two(void)
{
	struct nmap_id_samples s = {
		.tcp = {10, 11, 12, 13, 14, 15}, .tcp_n = 6, .closed = {90, 91, 92}, .closed_n = 3, .icmp = {16, 17}, .icmp_n = 2};
	struct nmap_line one = {0}, two = {0}, neither = {0};

	nmap_ids_add(&one, &s);
	s.icmp[0] = 5000, s.icmp[1] = 5001;
	nmap_ids_add(&two, &s);
	memset(s.tcp, 0, sizeof(s.tcp));
	nmap_ids_add(&neither, &s);

	CHECK_STR(attr(&one, "TI"), "I");
	CHECK_STR(attr(&one, "CI"), "I");
	CHECK_STR(attr(&one, "SS"), "S");
	CHECK_STR(attr(&two, "SS"), "O");
	CHECK_STR(attr(&neither, "TI"), "Z");
	CHECK_STR(attr(&neither, "SS"), "-");
}

static void
too_few_ids_say_nothing(void)
{
	struct nmap_id_samples s = {.tcp = {1, 2}, .tcp_n = 2, .closed = {4}, .closed_n = 1, .icmp = {6}, .icmp_n = 1};
	struct nmap_line l = {0};

	nmap_ids_add(&l, &s);

	CHECK_EQ_U(l.n, 0);
}

static void
check_clock(uint32_t step, const char *want)
{
	struct nmap_samples s = steady(6, 1000, step);
	struct nmap_line l = {0};

	nmap_ts_add(&l, &s);
	CHECK_STR(attr(&l, "TS"), want);
}

static void
clocks_have_their_names(void)
{
	check_clock(10, "7");	  /* 100 Hz */
	check_clock(25, "8");	  /* 250 Hz */
	check_clock(50, "9");	  /* 500 Hz */
	check_clock(100, "A");	  /* 1000 Hz */
	check_clock(0, "-");	  /* stands still */
	check_clock(1u << 30, "21"); /* random numbers */
	check_clock(3u << 30, "21"); /* the shorter way round */
}

static void
missing_and_zero_stamps_are_told_first(void)
{
	struct nmap_samples none = steady(6, 1000, 10), zero = none;
	struct nmap_line l = {0}, m = {0};

	none.has_ts[4] = false;
	none.tsval[2] = 0;
	zero.tsval[5] = 0;
	nmap_ts_add(&l, &none);
	nmap_ts_add(&m, &zero);

	CHECK_STR(attr(&l, "TS"), "U");
	CHECK_STR(attr(&m, "TS"), "0");
}

static const struct test_case cases[] = {
	{"three sequence numbers are too few to measure", three_numbers_are_too_few},
	{"a constant sequence number has no divisor, rate or spread", a_constant_number_is_all_zero},
	{"a sequence number of zero is no sample", a_number_of_zero_is_no_sample},
	{"steps of 64000 are divisor FA00 at rate 9A", steps_of_64000_are_a_divisor_and_a_rate},
	{"a sequence number that falls counts as far as it falls", a_fall_counts_as_its_size},
	{"spread increments show their deviation", spread_numbers_have_their_deviation},
	{"IDs fall into their classes", ids_fall_into_classes},
	{"a counter shared by TCP and ICMP is told from two", a_shared_counter_is_told_from_two},
	{"too few IDs say nothing", too_few_ids_say_nothing},
	{"timestamp clocks have their names", clocks_have_their_names},
	{"missing and zero timestamps are told before the clock", missing_and_zero_stamps_are_told_first},
	{NULL, NULL},
};
const struct test_suite seq_suite = {.name = "seq", .cases = cases};
