/* SPDX-License-Identifier: BSD-3-Clause */
#include "suites.h"

#include "eth.h"
#include "exact.h"

#define ADDRS "ff ff ff ff ff ff 02 00 00 00 00 01 "

static void
untagged(void)
{
	struct exact e = exact_hex(ADDRS "08 00 aa bb cc");
	static const uint8_t src[6] = {2, 0, 0, 0, 0, 1};
	struct eth_hdr_v v = {0};

	enum wire_verdict verdict = eth_parse(e.p, e.len, &v);

	REQUIRE_EQ_U(verdict, WIRE_OK);
	CHECK(eth_is_broadcast(v.dst));
	CHECK_MEM(v.src, src, 6);
	CHECK_EQ_X(v.ethertype, ETYPE_IP4);
	CHECK(!v.tagged);
	CHECK_PTR(v.payload, e.p + 14);
	CHECK_EQ_U(v.payload_len, 3);
}

static void
tagged(void)
{
	struct exact e = exact_hex(ADDRS "81 00 70 05 86 dd aa");
	struct eth_hdr_v v = {0};

	enum wire_verdict verdict = eth_parse(e.p, e.len, &v);

	REQUIRE_EQ_U(verdict, WIRE_OK);
	CHECK(v.tagged);
	CHECK_EQ_U(vlan_vid(v.tci), 5);
	CHECK_EQ_U(vlan_pcp(v.tci), 3);
	CHECK(vlan_dei(v.tci));
	CHECK_EQ_X(v.ethertype, ETYPE_IP6);
	CHECK_EQ_U(v.hdr_len, 18);
	CHECK_EQ_U(v.payload_len, 1);
}

static void
two_tags(void)
{
	struct exact twice = exact_hex(ADDRS "81 00 00 05 81 00 00 06 08 00");
	struct exact service = exact_hex(ADDRS "88 a8 00 05 08 00");
	struct eth_hdr_v v = {0};

	CHECK_EQ_U(eth_parse(twice.p, twice.len, &v), WIRE_QINQ);
	CHECK_EQ_U(eth_parse(service.p, service.len, &v), WIRE_QINQ);
}

static void
length_frame(void)
{
	struct exact longest = exact_hex(ADDRS "05 ff 42 42 03");
	struct exact shortest_type = exact_hex(ADDRS "06 00 42 42 03");
	struct eth_hdr_v v = {0};

	CHECK_EQ_U(eth_parse(longest.p, longest.len, &v), WIRE_LENGTH_FRAME);
	CHECK_EQ_U(eth_parse(shortest_type.p, shortest_type.len, &v), WIRE_OK);
}

static void
runts(void)
{
	struct exact plain = exact_hex(ADDRS "08 00");
	struct exact with_tag = exact_hex(ADDRS "81 00 00 05 08 00");
	struct eth_hdr_v v = {0};

	for (size_t n = 0; n < plain.len; n++)
		CHECK_EQ_U(eth_parse(exact_cut(plain, n).p, n, &v), WIRE_SHORT);
	for (size_t n = 14; n < with_tag.len; n++)
		CHECK_EQ_U(eth_parse(exact_cut(with_tag, n).p, n, &v), WIRE_SHORT);
	CHECK_EQ_U(eth_parse(plain.p, plain.len, &v), WIRE_OK);
	CHECK_EQ_U(v.payload_len, 0);
}

static void
built(void)
{
	static const uint8_t a[6] = {2, 0, 0, 0, 0, 1}, b[6] = {2, 0, 0, 0, 0, 2};
	struct exact out = exact_copy((uint8_t[18]){0}, 18);
	struct eth_hdr_v v = {0};

	uint8_t *end = eth_build_tagged(out.p, a, b, vlan_tci(7, false, 4094), ETYPE_ARP);

	CHECK_PTR(end, out.p + 18);
	REQUIRE_EQ_U(eth_parse(out.p, out.len, &v), WIRE_OK);
	CHECK(eth_addr_eq(v.dst, a));
	CHECK(eth_addr_eq(v.src, b));
	CHECK(!eth_addr_eq(a, b));
	CHECK_EQ_X(v.tci, 0xeffe);
	CHECK_EQ_X(v.ethertype, ETYPE_ARP);
}

static void
verdict_names(void)
{
	CHECK_STR(wire_verdict_name(WIRE_OK), "ok");
	CHECK_STR(wire_verdict_name(WIRE_BAD_CHECKSUM), "bad-checksum");
	CHECK_STR(wire_verdict_name(WIRE_VERDICTS), "?");
	for (unsigned int i = 0; i < WIRE_VERDICTS; i++)
		CHECK_NOT_NULL(wire_verdict_name((enum wire_verdict)i));
}

static const struct test_case cases[] = {
	{"an Ethernet II frame yields addresses, type and payload", untagged},
	{"an 802.1Q tag is taken off and its parts are told", tagged},
	{"a second tag or a service tag is its own verdict", two_tags},
	{"a type below 0x600 is a length, not a type", length_frame},
	{"a frame cut anywhere in its header is short", runts},
	{"a built header parses to what it was built from", built},
	{"every verdict has a name", verdict_names},
	{NULL, NULL},
};

const struct test_suite eth_suite = {.name = "eth", .cases = cases, .after = exact_free_all};
