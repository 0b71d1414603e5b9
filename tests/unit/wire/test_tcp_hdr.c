/* SPDX-License-Identifier: BSD-3-Clause */
#include "suites.h"

#include "exact.h"
#include "tcp_hdr.h"

#define SEGMENT                                                                                    \
	"00501388 000003e8 00000001 801800e5 05e60000 0101080a 00000001 00000002 68656c6c6f"

static void
segment(void)
{
	struct exact e = exact_hex(SEGMENT);
	struct tcp_hdr_v v = {0};

	REQUIRE_EQ_U(tcp_parse(e.p, e.len, &v), WIRE_OK);
	CHECK_EQ_U(v.sport, 80);
	CHECK_EQ_U(v.dport, 5000);
	CHECK_EQ_U(v.seq, 1000);
	CHECK_EQ_U(v.ack, 1);
	CHECK_EQ_X(v.flags, TH_ACK | TH_PSH);
	CHECK_EQ_U(v.window, 229);
	CHECK_EQ_U(v.doff, 32);
	CHECK_EQ_U(v.opt_len, 12);
	CHECK_EQ_U(v.payload_len, 5);
	CHECK_EQ_U(tcp_seg_len(&v), 5);
}

static void
checksum(void)
{
	struct exact four = exact_hex(SEGMENT);
	struct exact six = exact_hex("00351388 00000001 00000000 50020064 cb540000 6f6464");
	static const uint8_t src[16] = {0xfe, 0x80, [15] = 1}, dst[16] = {0xfe, 0x80, [15] = 2};
	uint32_t pseudo = cksum_pseudo4(0x0a4d0002, 0x0a000001, 6, 37);

	CHECK(tcp_cksum_ok(four.p, four.len, pseudo));
	CHECK(tcp_cksum_ok(six.p, six.len, cksum_pseudo6(src, dst, 6, 23)));
	put_be16(four.p + 16, 0);
	CHECK(!tcp_cksum_ok(four.p, four.len, pseudo));
}

static void
refused(void)
{
	struct exact e = exact_hex(SEGMENT);
	struct tcp_hdr_v v = {0};

	for (size_t n = 0; n < 20; n++)
		CHECK_EQ_U(tcp_parse(exact_cut(e, n).p, n, &v), WIRE_SHORT);
	for (size_t n = 20; n < 32; n++)
		CHECK_EQ_U(tcp_parse(exact_cut(e, n).p, n, &v), WIRE_BAD_HEADER_LEN);
	for (uint8_t doff = 0; doff < 5; doff++) {
		e.p[12] = (uint8_t)(doff << 4);
		CHECK_EQ_U(tcp_parse(e.p, e.len, &v), WIRE_BAD_HEADER_LEN);
	}
	e.p[12] = 0xf0;
	CHECK_EQ_U(tcp_parse(e.p, e.len, &v), WIRE_BAD_HEADER_LEN);
}

static void
all_flags(void)
{
	struct exact e = exact_hex(SEGMENT);
	struct tcp_hdr_v v = {0};

	e.p[12] = 0x8a;
	e.p[13] = 0xff;
	put_be16(e.p + 18, 0xffff);
	REQUIRE_EQ_U(tcp_parse(e.p, e.len, &v), WIRE_OK);
	CHECK_EQ_X(v.flags, 0xff);
	CHECK_EQ_X(v.reserved, 0xa);
	CHECK_EQ_X(v.urp, 0xffff);
	CHECK_EQ_U(tcp_seg_len(&v), 7);
}

static void
rebuilt(void)
{
	struct exact e = exact_hex(SEGMENT);
	struct exact out = exact_copy((uint8_t[32]){0}, 32);
	struct tcp_hdr_v v = {0};

	e.p[12] |= 0x5;
	REQUIRE_EQ_U(tcp_parse(e.p, e.len, &v), WIRE_OK);
	uint8_t *end = tcp_build(out.p, &v);

	CHECK_PTR(end, out.p + 32);
	CHECK_MEM(out.p, e.p, 32);
}

static const struct test_case cases[] = {
	{"a segment yields its fields, options and data", segment},
	/* proves MUST-3 tcp-badsum tcp-sum0 */
	{"the checksum verifies over either pseudo-header, and zero is no exception", checksum},
	/* proves tcp-doff0 tcp-doff4 tcp-doff15 tcp-short12 */
	{"a data offset below five or past the end is refused", refused},
	{"all flags, reserved bits and the urgent pointer are reported", all_flags},
	{"a parsed header builds the same bytes", rebuilt},
	{NULL, NULL},
};

const struct test_suite tcp_hdr_suite = {
	.name = "tcp_hdr", .cases = cases, .after = exact_free_all};
