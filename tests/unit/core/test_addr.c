/* SPDX-License-Identifier: BSD-3-Clause */
/* Addresses as text and numbers; names of errors and reasons. */
#include "suites.h"

#include <mien/addr.h>
#include <mien/drop.h>
#include <mien/err.h>
#include <mien/log.h>
#include <mien/stats.h>

static void
addresses_are_read_and_written_alike(void)
{
	static const char *const texts[][2] = {{"10.0.0.1", "10.0.0.1"}, {"255.255.255.255", "255.255.255.255"},
		{"::", "::"}, {"::1", "::1"}, {"2001:db8::8:800:200c:417a", "2001:db8::8:800:200c:417a"},
		{"2001:DB8:0:0:1:0:0:1", "2001:db8::1:0:0:1"}, {"fe80::1:2", "fe80::1:2"}, {"::ffff:10.1.2.3", "10.1.2.3"},
		{"1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8"}, {"1::", "1::"}, {"64:ff9b::192.0.2.33", "64:ff9b::c000:221"}};
	char buf[MIEN_ADDR_STRLEN];
	struct mien_addr a;

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		CHECK_EQ_I(mien_addr_parse(texts[i][0], &a), MIEN_OK);
		CHECK_STR(mien_addr_format(&a, buf, sizeof(buf)), texts[i][1]);
	}
}

static void
what_is_no_address_is_refused(void)
{
	static const char *const texts[] = {"", "10.0.0", "10.0.0.256", "10.0.0.1.", "10.0.0.01", "1.2.3.4.5", "a", ":", ":::",
		"1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "1::2::3", "12345::", "::1:", "10.0.0.1 ", "::10.0.0.256", "1:2:3:4:5:6:7:1.2.3.4"};
	struct mien_addr a;

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		CHECK_EQ_I(mien_addr_parse(texts[i], &a), MIEN_EPARSE);
}

static void
prefix_lengths_fit_their_family(void)
{
	struct mien_addr a;
	unsigned len;

	REQUIRE_EQ_I(mien_cidr_parse("10.0.0.2/24", &a, &len), MIEN_OK);
	CHECK_EQ_U(len, 24);
	REQUIRE_EQ_I(mien_cidr_parse("10.0.0.2", &a, &len), MIEN_OK);
	CHECK_EQ_U(len, 32);
	REQUIRE_EQ_I(mien_cidr_parse("fe80::1/64", &a, &len), MIEN_OK);
	CHECK_EQ_U(len, 64);
	CHECK_EQ_I(mien_cidr_parse("10.0.0.2/33", &a, &len), MIEN_EPARSE);
	CHECK_EQ_I(mien_cidr_parse("10.0.0.2/", &a, &len), MIEN_EPARSE);
	CHECK_EQ_I(mien_cidr_parse("10.0.0.2/-1", &a, &len), MIEN_EPARSE);
	CHECK_EQ_I(mien_cidr_parse("fe80::1/129", &a, &len), MIEN_EPARSE);
}

static void
addresses_count_and_compare_as_numbers(void)
{
	const struct mien_addr a = mien_addr_ip4(0x0a0000ff), b = mien_addr_add(&a, 1);
	struct mien_addr c, d;

	CHECK_EQ_X(mien_addr_get_ip4(&b), 0x0a000100);
	CHECK(mien_addr_is_ip4(&b));
	CHECK(mien_addr_cmp(&a, &b) < 0);
	CHECK(!mien_addr_eq(&a, &b));
	REQUIRE_EQ_I(mien_addr_parse("fe80::ffff:ffff:ffff:ffff", &c), MIEN_OK);
	REQUIRE_EQ_I(mien_addr_parse("fe80:0:0:1::", &d), MIEN_OK);
	c = mien_addr_add(&c, 1);
	CHECK(mien_addr_eq(&c, &d));
	CHECK(!mien_addr_is_ip4(&c));
}

static void
every_error_and_reason_has_a_name_and_a_sentence(void)
{
	for (int e = 0; e >= MIEN_ERR_LAST; e--) {
		CHECK_NOT_NULL(mien_err_name(e));
		CHECK(mien_strerror(e)[0] != '\0');
	}
	CHECK_STR(mien_err_name(MIEN_EPERM), "MIEN_EPERM");
	CHECK_STR(mien_err_name(1), "MIEN_E?");
	CHECK_STR(mien_strerror(MIEN_ERR_LAST - 1), "unknown error");
	for (unsigned d = 0; d < MIEN_DROP_COUNT; d++)
		CHECK(mien_drop_name((enum mien_drop)d)[0] && mien_drop_text((enum mien_drop)d)[0]);
	for (unsigned s = 0; s < MIEN_LOG_SOURCES; s++)
		CHECK(mien_log_source_name((enum mien_log_source)s)[0] != 'u' || s == MIEN_LOG_UDP);
}

static void
counters_are_walked_by_name(void)
{
	struct mien_counters c = {.tcp_retransmits = 7};
	const char *name, *text;
	uint64_t value, found = 0;
	unsigned i = 0;

	while (mien_counter_at(&c, i, &name, &text, &value)) {
		found += value;
		CHECK(name[0] && text[0]);
		i++;
	}
	CHECK_EQ_U(i, offsetof(struct mien_counters, drops) / sizeof(uint64_t));
	CHECK_EQ_U(found, 7);
}

static const struct test_case cases[] = {
	{"addresses are read and written alike", addresses_are_read_and_written_alike},
	{"what is no address is refused", what_is_no_address_is_refused},
	{"prefix lengths fit their family", prefix_lengths_fit_their_family},
	{"addresses count and compare as numbers", addresses_count_and_compare_as_numbers},
	{"every error and reason has a name and a sentence", every_error_and_reason_has_a_name_and_a_sentence},
	{"counters are walked by name", counters_are_walked_by_name},
	{NULL, NULL},
};

const struct test_suite addr_suite = {"addresses and names", NULL, NULL, cases, NULL, NULL};
