/* SPDX-License-Identifier: BSD-3-Clause */
#include "suites.h"

#include "exact.h"
#include "udp_hdr.h"

#define HELLO "0035 1388 000d 93f5 68656c6c6f"

static uint32_t
pseudo(uint16_t len)
{
	return cksum_pseudo4(0x0a4d0002, 0x0a000001, 17, len);
}

static void
datagram(void)
{
	struct exact e = exact_hex(HELLO);
	struct udp_hdr_v v = {0};

	REQUIRE_EQ_U(udp_parse(e.p, e.len, &v), WIRE_OK);
	CHECK_EQ_U(v.sport, 53);
	CHECK_EQ_U(v.dport, 5000);
	CHECK_EQ_U(v.payload_len, 5);
	CHECK_PTR(v.payload, e.p + 8);
	CHECK(udp_cksum_ok(e.p, &v, pseudo(v.len), true));
	e.p[12] ^= 1;
	CHECK(!udp_cksum_ok(e.p, &v, pseudo(v.len), true));
}

static void
shorter(void)
{
	struct exact e = exact_hex("0035 1388 0008 0000 68656c6c6f");
	struct udp_hdr_v v = {0};

	REQUIRE_EQ_U(udp_parse(e.p, e.len, &v), WIRE_OK);
	CHECK_EQ_U(v.payload_len, 0);
	CHECK(udp_cksum_ok(e.p, &v, pseudo(8), true));
	CHECK(!udp_cksum_ok(e.p, &v, pseudo(8), false));
}

static void
refused(void)
{
	static const uint16_t bad[] = {0, 7, 14, 2000, 0xffff};
	struct exact e = exact_hex(HELLO);
	struct udp_hdr_v v = {0};

	for (size_t n = 0; n < 8; n++)
		CHECK_EQ_U(udp_parse(exact_cut(e, n).p, n, &v), WIRE_SHORT);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		put_be16(e.p + 4, bad[i]);
		CHECK_EQ_U(udp_parse(e.p, e.len, &v), WIRE_BAD_TOTAL_LEN);
	}
}

static void
built(void)
{
	struct exact e = exact_hex(HELLO);
	struct exact out = exact_copy((uint8_t[8]){0}, 8);
	struct wire_piece piece = {e.p + 8, 5};

	udp_build(out.p, 53, 5000, 13, 0);
	put_be16(out.p + 6, cksum_udp(pseudo(13), out.p, 8, &piece, 1));

	CHECK_MEM(out.p, e.p, 8);
}

static const struct test_case cases[] = {
	{"a datagram yields ports and data, and its checksum verifies", datagram},
	{"a length below the IP payload cuts the data; no checksum is right on IPv4 only", shorter},
	{"a length below eight or past the IP payload is refused", refused},
	{"a built header has the right checksum", built},
	{NULL, NULL},
};

const struct test_suite udp_hdr_suite = {
	.name = "udp_hdr", .cases = cases, .after = exact_free_all};
