/* SPDX-License-Identifier: BSD-3-Clause */
#include "suites.h"

#include "fmt.h"
#include "rng.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char buf[256];
static struct fmt f;

static void
fresh(void)
{
	fmt_init(&f, buf, sizeof(buf));
}

/* What was added since the last call. */
static const char *
taken(void)
{
	static char copy[256];

	memcpy(copy, buf, sizeof(copy));
	fresh();
	return copy;
}

static void
numbers(void)
{
	static const uint64_t values[] = {0, 1, 9, 10, 12345, UINT32_MAX, INT64_MAX, UINT64_MAX};

	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		char want[64];

		fmt_u64(&f, values[i]);
		snprintf(want, sizeof(want), "%" PRIu64, values[i]);
		CHECK_STR(taken(), want);
		fmt_i64(&f, (int64_t)values[i]);
		snprintf(want, sizeof(want), "%" PRId64, (int64_t)values[i]);
		CHECK_STR(taken(), want);
		fmt_hex(&f, values[i], 4);
		snprintf(want, sizeof(want), "%04" PRIx64, values[i]);
		CHECK_STR(taken(), want);
	}
	fmt_i64(&f, INT64_MIN);
	CHECK_STR(taken(), "-9223372036854775808");
	fmt_hex(&f, 0, 0);
	fmt_hex(&f, 0xa, 99);
	CHECK_STR(taken(), "0000000000000000a");
}

static void
pieces_join(void)
{
	fmt_str(&f, "a");
	fmt_char(&f, 'b');
	fmtf(&f, "%d-%s", 7, "c");
	fmt_bytes(&f, "\x01\xff", 2);
	fmt_mac(&f, (const uint8_t *)"\x02\x00\x5e\x00\x53\xaf");
	fmt_char(&f, ' ');
	fmt_ip4(&f, (const uint8_t *)"\xc0\x00\x02\xff");

	CHECK_EQ_U(f.len, strlen(buf));
	CHECK(!fmt_truncated(&f));
	CHECK_STR(buf, "ab7-c01ff02:00:5e:00:53:af 192.0.2.255");
}

/* The examples of RFC 5952 sections 4 and 5, and the corners. */
static void
ip6_text(void)
{
	static const struct {
		uint16_t groups[8];
		const char *want;
	} known[] = {
		{{0x2001, 0xdb8, 0, 0, 0, 0, 0, 1}, "2001:db8::1"},
		{{0x2001, 0xdb8, 0, 0, 0, 0, 2, 1}, "2001:db8::2:1"},
		{{0x2001, 0xdb8, 0, 1, 1, 1, 1, 1}, "2001:db8:0:1:1:1:1:1"},
		{{0x2001, 0, 0, 1, 0, 0, 0, 1}, "2001:0:0:1::1"},
		{{0x2001, 0xdb8, 0, 0, 1, 0, 0, 1}, "2001:db8::1:0:0:1"},
		{{0x2001, 0xdb8, 0xaaaa, 0xbbbb, 0xcccc, 0xdddd, 0xeeee, 0xaaaa},
			"2001:db8:aaaa:bbbb:cccc:dddd:eeee:aaaa"},
		{{0, 0, 0, 0, 0, 0, 0, 0}, "::"},
		{{0, 0, 0, 0, 0, 0, 0, 1}, "::1"},
		{{1, 0, 0, 0, 0, 0, 0, 0}, "1::"},
		{{0, 1, 0, 1, 0, 1, 0, 1}, "0:1:0:1:0:1:0:1"},
		{{0, 0, 1, 0, 0, 0, 0, 1}, "0:0:1::1"},
		{{0, 0, 0, 0, 0, 0xffff, 0xc000, 0x0201}, "::ffff:192.0.2.1"},
		{{0xfe80, 0, 0, 0, 0xfc, 0, 0, 0}, "fe80::fc:0:0:0"},
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		uint8_t addr[16];

		for (int g = 0; g < 8; g++) {
			addr[2 * g] = (uint8_t)(known[i].groups[g] >> 8);
			addr[2 * g + 1] = (uint8_t)known[i].groups[g];
		}
		fmt_ip6(&f, addr);
		CHECK_STR(taken(), known[i].want);
	}
}

static void
ip6_text_as_libc(void)
{
	struct rng r;

	rng_seed(&r, 2);
	for (int i = 0; i < 2000; i++) {
		uint8_t addr[16] = {0x20};
		char want[INET6_ADDRSTRLEN];

		for (int b = 2; b < 16; b++)
			addr[b] = rng_below(&r, 4) == 0 ? (uint8_t)rng_u32(&r) : 0;
		fmt_ip6(&f, addr);
		CHECK_STR(taken(), inet_ntop(AF_INET6, addr, want, sizeof(want)));
	}
}

/* At every size the text is a prefix of the whole, and its length that of the whole. */
static void
small_buffer_cuts(void)
{
	const char *whole = "12 abc 192.0.2.1 dead";

	for (size_t cap = 0; cap <= strlen(whole) + 2; cap++) {
		char *exact = malloc(cap);

		fmt_init(&f, exact, cap);
		CHECK(!fmt_truncated(&f));
		fmt_u64(&f, 12);
		fmtf(&f, " %s ", "abc");
		fmt_ip4(&f, (const uint8_t *)"\xc0\x00\x02\x01");
		fmt_str(&f, " de");
		fmt_bytes(&f, "\xad", 1);

		CHECK_EQ_U(f.len, strlen(whole));
		CHECK(fmt_truncated(&f) == (cap <= strlen(whole)));
		if (cap > 0) {
			size_t want = cap - 1 < strlen(whole) ? cap - 1 : strlen(whole);

			CHECK_EQ_U(strlen(exact), want);
			CHECK_MEM(exact, whole, want);
		}
		free(exact);
	}
}

static const struct test_case cases[] = {
	{"numbers print as the C library prints them", numbers},
	{"pieces are joined in one text", pieces_join},
	{"IPv6 addresses print as RFC 5952 wants", ip6_text},
	{"IPv6 addresses print as the C library prints them", ip6_text_as_libc},
	{"a buffer too small cuts the text and keeps its length", small_buffer_cuts},
	{NULL, NULL},
};

const struct test_suite fmt_suite = {"fmt", NULL, NULL, cases, fresh, NULL};
