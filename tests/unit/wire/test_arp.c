/* SPDX-License-Identifier: BSD-3-Clause */
#include "suites.h"

#include "arp.h"
#include "exact.h"

#define REQUEST                                                                                    \
	"0001 0800 06 04 0001 020000000001 0a000001 000000000000 0a4d0002"

static void
request(void)
{
	struct exact e = exact_hex(REQUEST);
	static const uint8_t sha[6] = {2, 0, 0, 0, 0, 1};
	struct arp_pkt a;

	enum wire_verdict verdict = arp_parse(e.p, e.len, &a);

	REQUIRE_EQ_U(verdict, WIRE_OK);
	CHECK(arp_is_ether_ip4(&a));
	CHECK_EQ_U(a.op, ARP_REQUEST);
	CHECK_MEM(a.sha, sha, 6);
	CHECK_EQ_X(a.spa, 0x0a000001);
	CHECK_EQ_X(a.tpa, 0x0a4d0002);
}

static void
odd_fields(void)
{
	static const char *const odd[] = {
		"0007 0800 06 04 0001 020000000001 0a000001 000000000000 0a4d0002",
		"0001 86dd 06 04 0001 020000000001 0a000001 000000000000 0a4d0002",
		"0001 0800 ff 04 0001 020000000001 0a000001 000000000000 0a4d0002",
		"0001 0800 00 04 0001 020000000001 0a000001 000000000000 0a4d0002",
		"0001 0800 06 10 0001 020000000001 0a000001 000000000000 0a4d0002",
	};

	for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++) {
		struct exact e = exact_hex(odd[i]);
		struct arp_pkt a;

		CHECK_EQ_U(arp_parse(e.p, e.len, &a), WIRE_OK);
		CHECK(!arp_is_ether_ip4(&a));
		CHECK_EQ_X(a.tpa, 0x0a4d0002);
	}
}

static void
truncated(void)
{
	struct exact e = exact_hex(REQUEST);
	struct arp_pkt a;

	for (size_t n = 0; n < e.len; n++)
		CHECK_EQ_U(arp_parse(exact_cut(e, n).p, n, &a), WIRE_SHORT);
}

static void
padded(void)
{
	struct exact e = exact_hex(REQUEST "000000000000000000000000000000000000");
	struct arp_pkt a;

	CHECK_EQ_U(arp_parse(e.p, e.len, &a), WIRE_OK);
	CHECK_EQ_X(a.tpa, 0x0a4d0002);
}

static void
rebuilt(void)
{
	struct exact e = exact_hex("0001 0800 06 04 0002 020000000001 0a000001 0200000000ff 0a4d0002");
	struct exact out = exact_copy((uint8_t[ARP_PKT_LEN]){0}, ARP_PKT_LEN);
	struct arp_pkt a;

	REQUIRE_EQ_U(arp_parse(e.p, e.len, &a), WIRE_OK);
	uint8_t *end = arp_build(out.p, &a);

	CHECK_PTR(end, out.p + ARP_PKT_LEN);
	CHECK_MEM(out.p, e.p, ARP_PKT_LEN);
}

static const struct test_case cases[] = {
	{"a request yields sender and target", request},
	{"odd type and length fields are reported, not refused", odd_fields},
	{"a packet cut anywhere is short", truncated},
	{"padding behind the packet is no harm", padded},
	{"a parsed packet builds the same bytes", rebuilt},
	{NULL, NULL},
};

const struct test_suite arp_suite = {.name = "arp", .cases = cases, .after = exact_free_all};
