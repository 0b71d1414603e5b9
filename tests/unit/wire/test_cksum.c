/* SPDX-License-Identifier: BSD-3-Clause */
#include "suites.h"

#include "cksum.h"
#include "exact.h"

/* RFC 1071 by the letter, byte pairs in network order: what the fast one must agree with. */
static uint16_t
plain_cksum(const uint8_t *p, size_t len)
{
	uint32_t sum = 0;

	for (size_t i = 0; i < len; i++)
		sum += i & 1 ? p[i] : (uint32_t)p[i] << 8;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

static void
fill(uint8_t *p, size_t len, uint32_t seed)
{
	for (size_t i = 0; i < len; i++) {
		seed = seed * 1664525 + 1013904223;
		p[i] = (uint8_t)(seed >> 24);
	}
}

static void
rfc_example(void)
{
	struct exact e = exact_hex("00 01 f2 03 f4 f5 f6 f7");

	CHECK_EQ_X(cksum(e.p, e.len), 0x220d);
}

static void
every_length(void)
{
	uint8_t bytes[300];

	fill(bytes, sizeof(bytes), 1);
	for (size_t len = 0; len <= sizeof(bytes); len++) {
		struct exact e = exact_copy(bytes, len);

		CHECK_EQ_X(cksum(e.p, len), plain_cksum(e.p, len));
		exact_free_all();
	}
}

static void
every_alignment(void)
{
	uint8_t bytes[200];

	fill(bytes, sizeof(bytes), 2);
	for (size_t off = 0; off < 16; off++)
		CHECK_EQ_X(cksum(bytes + off, 150), plain_cksum(bytes + off, 150));
}

/* 0xff everywhere makes the most carries; 128 KiB of it is beyond any packet. */
static void
all_ones(void)
{
	static uint8_t bytes[128 * 1024];

	memset(bytes, 0xff, sizeof(bytes));
	CHECK_EQ_X(cksum(bytes, sizeof(bytes)), 0x0000);
	CHECK_EQ_X(cksum(bytes, 1), 0x00ff);
	CHECK_EQ_X(cksum_finish(cksum_partial(bytes, sizeof(bytes), 0xffffffff)), 0x0000);
}

static void
pieces_of_odd_length(void)
{
	uint8_t bytes[97];

	fill(bytes, sizeof(bytes), 3);
	for (size_t a = 0; a < 20; a++) {
		for (size_t b = a; b < 40; b++) {
			struct wire_piece pieces[] = {
				{bytes, a}, {bytes + a, b - a}, {bytes + b, sizeof(bytes) - b}};

			CHECK_EQ_X(cksum_finish(cksum_pieces(pieces, 3, 0)),
				plain_cksum(bytes, sizeof(bytes)));
		}
	}
}

static void
segment_in_pieces(void)
{
	struct exact e = exact_hex("00501388 000003e8 00000001 801800e5 0000 0000 0101080a 00000001"
				   "00000002 68656c6c6f");
	struct wire_piece pieces[] = {{e.p + 32, 3}, {e.p + 35, 0}, {e.p + 35, 2}};
	uint32_t pseudo = cksum_pseudo4(0x0a4d0002, 0x0a000001, 6, 37);

	CHECK_EQ_X(cksum_l4(pseudo, e.p, 32, pieces, 3), 0x05e6);
}

static void
pseudo_headers(void)
{
	struct exact udp4 = exact_hex("0035 1388 000d 93f5 68656c6c6f");
	struct exact udp6 = exact_hex("0035 1388 000d ab40 68656c6c6f");
	struct cksum_pseudo four = {.family = 4, .proto = 17, .l4_len = 13,
		.ip4 = {.src = 0x0a4d0002, .dst = 0x0a000001}};
	struct cksum_pseudo six = {.family = 6, .proto = 17, .l4_len = 13,
		.ip6 = {.src = {0xfe, 0x80, [15] = 1}, .dst = {0xfe, 0x80, [15] = 2}}};

	CHECK(cksum_is_ok(cksum_partial(udp4.p, udp4.len, cksum_pseudo(&four))));
	CHECK(cksum_is_ok(cksum_partial(udp6.p, udp6.len, cksum_pseudo(&six))));
	CHECK(!cksum_is_ok(cksum_partial(udp4.p, udp4.len, cksum_pseudo(&six))));
}

/* Neither the carry of src + dst must be lost nor the one that adding it makes. */
static void
pseudo_carry(void)
{
	struct exact once = exact_hex("ffffffff fffffffe 0006 ffff");
	struct exact twice = exact_hex("ffffffff ffffffff 0000 0001");

	CHECK_EQ_X(cksum_finish(cksum_pseudo4(0xffffffff, 0xfffffffe, 6, 0xffff)),
		plain_cksum(once.p, once.len));
	CHECK_EQ_X(cksum_finish(cksum_pseudo4(0xffffffff, 0xffffffff, 0, 1)),
		plain_cksum(twice.p, twice.len));
}

static void
udp_zero(void)
{
	struct exact hdr = exact_hex("0000 0000 0000 0000");
	struct exact sum = exact_hex("ffff");
	struct wire_piece piece = {sum.p, sum.len};

	CHECK_EQ_X(cksum_l4(0, hdr.p, 8, &piece, 1), 0x0000);
	CHECK_EQ_X(cksum_udp(0, hdr.p, 8, &piece, 1), 0xffff);
}

static void
incremental(void)
{
	uint8_t bytes[20];

	fill(bytes, sizeof(bytes), 4);
	for (uint32_t i = 0; i < 2000; i++) {
		uint16_t before = plain_cksum(bytes, sizeof(bytes));
		uint16_t was16 = get_be16(bytes + 8);
		uint32_t was32 = get_be32(bytes + 12);
		uint16_t after;

		put_be16(bytes + 8, (uint16_t)(was16 + i * 7919));
		put_be32(bytes + 12, was32 + i * 2654435761u);
		after = cksum_update16(before, was16, get_be16(bytes + 8));
		after = cksum_update32(after, was32, get_be32(bytes + 12));

		CHECK_EQ_X(after, plain_cksum(bytes, sizeof(bytes)));
	}
}

/* RFC 1624 section 4: where the equation of RFC 1141 gives 0xffff. */
static void
incremental_zero(void)
{
	CHECK_EQ_X(cksum_update16(0xdd2f, 0x5555, 0x3285), 0x0000);
}

static const struct test_case cases[] = {
	{"the example of RFC 1071 sums as printed there", rfc_example},
	{"every length agrees with the letter of the RFC", every_length},
	{"every alignment agrees with the letter of the RFC", every_alignment},
	{"no carry is lost in a run of all ones", all_ones},
	{"pieces of odd length sum like the whole", pieces_of_odd_length},
	{"a segment in pieces gets the checksum of the whole", segment_in_pieces},
	{"the pseudo-headers of both families verify", pseudo_headers},
	{"a pseudo-header of large values keeps its carry", pseudo_carry},
	{"a UDP checksum of zero is sent as all ones", udp_zero},
	{"an incremental update equals a new sum", incremental},
	{"an incremental update gives the zero of RFC 1624", incremental_zero},
	{NULL, NULL},
};

const struct test_suite cksum_suite = {.name = "cksum", .cases = cases, .after = exact_free_all};
