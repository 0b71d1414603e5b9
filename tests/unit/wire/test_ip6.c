/* SPDX-License-Identifier: BSD-3-Clause */
#include "suites.h"

#include "exact.h"
#include "ip6.h"

#define ADDRS "20010db8000000000000000000000001 ff020000000000000000000000000001"
#define CHAIN                                                                                      \
	"60012345 001b 00 40" ADDRS "2c00050200000100 3a00000100000063 8000000000010002 616263"

static void
chain(void)
{
	struct exact e = exact_hex(CHAIN);
	struct ip6_hdr_v v = {0};
	struct ip6_ext x;

	REQUIRE_EQ_U(ip6_parse(e.p, e.len, &v), WIRE_OK);
	CHECK_EQ_X(v.flow_label, 0x12345);
	CHECK_EQ_U(v.hop_limit, 64);
	CHECK(ip6_is_multicast(v.dst));
	REQUIRE_EQ_U(ip6_ext_walk(v.payload, v.payload_len, v.next_hdr, &x), WIRE_OK);

	CHECK_EQ_U(x.proto, IPP_ICMP6);
	CHECK_EQ_U(x.n, 2);
	CHECK_EQ_U(x.offset, 16);
	CHECK_EQ_U(x.next_field, 8);
	CHECK(x.fragment && x.more);
	CHECK_EQ_U(x.frag_off, 0);
	CHECK_EQ_U(x.frag_id, 99);
}

static void
later_fragment(void)
{
	struct exact e = exact_hex("3c000011 00000063 ffffffffffffffff");
	struct ip6_ext x;

	REQUIRE_EQ_U(ip6_ext_walk(e.p, e.len, IPP_FRAGMENT, &x), WIRE_OK);
	CHECK_EQ_U(x.frag_off, 16);
	CHECK_EQ_U(x.proto, IPP_DSTOPTS);
	CHECK_EQ_U(x.offset, 8);
}

static void
bad_fixed_header(void)
{
	struct exact e = exact_hex(CHAIN);
	struct ip6_hdr_v v = {0};

	for (size_t n = 0; n < 40; n++)
		CHECK_EQ_U(ip6_parse(exact_cut(e, n).p, n, &v), WIRE_SHORT);
	for (size_t n = 40; n < e.len; n++)
		CHECK_EQ_U(ip6_parse(exact_cut(e, n).p, n, &v), WIRE_BAD_TOTAL_LEN);
	e.p[0] = 0x45;
	CHECK_EQ_U(ip6_parse(e.p, e.len, &v), WIRE_BAD_VERSION);
}

static enum wire_verdict
walk(const char *digits, uint8_t first)
{
	struct exact e = exact_hex(digits);
	struct ip6_ext x;

	return ip6_ext_walk(e.p, e.len, first, &x);
}

static void
bad_chains(void)
{
	CHECK_EQ_U(walk("", IPP_HOPOPT), WIRE_SHORT);
	CHECK_EQ_U(walk("3b000000000000", IPP_DSTOPTS), WIRE_SHORT);
	CHECK_EQ_U(walk("3bff000000000000", IPP_DSTOPTS), WIRE_BAD_HEADER_LEN);
	CHECK_EQ_U(walk("3b01000000000000", IPP_ROUTING), WIRE_BAD_HEADER_LEN);
	CHECK_EQ_U(walk("3b04000000000000", IPP_AH), WIRE_BAD_HEADER_LEN);
	CHECK_EQ_U(walk("0000000000000000 3b00000000000000", IPP_DSTOPTS), WIRE_BAD_OPTION);
	CHECK_EQ_U(walk("", IPP_TCP), WIRE_OK);
}

static void
endless_chain(void)
{
	uint8_t bytes[8 * 40];
	struct exact e;
	struct ip6_ext x;

	memset(bytes, 0, sizeof(bytes));
	for (size_t i = 0; i < sizeof(bytes); i += 8)
		bytes[i] = IPP_DSTOPTS;
	e = exact_copy(bytes, sizeof(bytes));

	CHECK_EQ_U(ip6_ext_walk(e.p, e.len, IPP_DSTOPTS, &x), WIRE_TOO_MANY_HEADERS);
	CHECK_EQ_U(x.n, IP6_EXT_MAX);
}

static void
rebuilt(void)
{
	struct exact e = exact_hex(CHAIN);
	struct exact out = exact_copy((uint8_t[IP6_HDR_LEN]){0}, IP6_HDR_LEN);
	struct ip6_hdr_v v = {0};

	REQUIRE_EQ_U(ip6_parse(e.p, e.len, &v), WIRE_OK);
	ip6_build(out.p, &v);

	CHECK_MEM(out.p, e.p, IP6_HDR_LEN);
}

static void
classes(void)
{
	static const uint8_t zero[16], one[16] = {[15] = 1}, link[16] = {0xfe, 0xbf, [15] = 1};

	CHECK(ip6_is_unspecified(zero) && !ip6_is_unspecified(one));
	CHECK(ip6_is_loopback(one) && !ip6_is_loopback(zero));
	CHECK(ip6_is_linklocal(link) && !ip6_is_linklocal(one));
}

static const struct test_case cases[] = {
	{"a chain of extension headers leads to the upper layer", chain},
	{"behind a later fragment's header no header is looked for", later_fragment},
	{"a fixed header that is cut, of another version or too long is refused", bad_fixed_header},
	{"an extension header past the end or out of place is refused", bad_chains},
	{"an endless chain is given up", endless_chain},
	{"a parsed header builds the same bytes", rebuilt},
	{"addresses know their class", classes},
	{NULL, NULL},
};

const struct test_suite ip6_suite = {.name = "ip6", .cases = cases, .after = exact_free_all};
