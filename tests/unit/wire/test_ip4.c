/* SPDX-License-Identifier: BSD-3-Clause */
#include "suites.h"

#include "exact.h"
#include "ip4.h"

#define ECHO "45000023 00070000 40016684 0a4d0002 0a000001 0800 5499 12340005 61626364656667"
#define RECORD_ROUTE "47000024 00070000 40015872 0a4d0002 0a000001 01070704 01020304 0800f7ff 00000000"

/* Parses the header after setting one byte and, if it has one, mending its checksum. */
static enum wire_verdict
parse_with(size_t offset, uint8_t value)
{
	struct exact e = exact_hex(ECHO);
	struct ip4_hdr_v v = {0};

	e.p[offset] = value;
	return ip4_parse(e.p, e.len, IP4_CKSUM_DONE, &v);
}

static void
datagram(void)
{
	struct exact e = exact_hex(ECHO);
	struct ip4_hdr_v v = {0};

	enum wire_verdict verdict = ip4_parse(e.p, e.len, 0, &v);

	REQUIRE_EQ_U(verdict, WIRE_OK);
	CHECK_EQ_X(v.src, 0x0a4d0002);
	CHECK_EQ_X(v.dst, 0x0a000001);
	CHECK_EQ_U(v.total_len, 35);
	CHECK_EQ_U(v.id, 7);
	CHECK_EQ_U(v.ttl, 64);
	CHECK_EQ_U(v.proto, IPP_ICMP);
	CHECK_EQ_U(v.ihl, 20);
	CHECK_EQ_U(v.opt_len, 0);
	CHECK_EQ_X(v.cksum, 0x6684);
	CHECK(!ip4_is_fragment(&v));
	CHECK_PTR(v.payload, e.p + 20);
	CHECK_EQ_U(v.payload_len, 15);
}

static void
wrong_version(void)
{
	CHECK_EQ_U(parse_with(0, 0x55), WIRE_BAD_VERSION);
	CHECK_EQ_U(parse_with(0, 0x05), WIRE_BAD_VERSION);
	CHECK_EQ_U(parse_with(0, 0x65), WIRE_BAD_VERSION);
}

static void
wrong_header_length(void)
{
	for (uint8_t ihl = 0; ihl < 5; ihl++)
		CHECK_EQ_U(parse_with(0, 0x40 | ihl), WIRE_BAD_HEADER_LEN);
	CHECK_EQ_U(parse_with(0, 0x4f), WIRE_BAD_HEADER_LEN);
}

/* IHL 15 in a frame of 60 bytes whose total length says 20. */
static void
header_beyond_total(void)
{
	uint8_t bytes[60] = {0x4f, 0, 0, 20};
	struct exact e = exact_copy(bytes, sizeof(bytes));
	struct ip4_hdr_v v = {0};

	CHECK_EQ_U(ip4_parse(e.p, e.len, IP4_CKSUM_DONE, &v), WIRE_BAD_TOTAL_LEN);
}

static void
wrong_total_length(void)
{
	CHECK_EQ_U(parse_with(3, 19), WIRE_BAD_TOTAL_LEN);
	CHECK_EQ_U(parse_with(3, 0), WIRE_BAD_TOTAL_LEN);
	CHECK_EQ_U(parse_with(3, 36), WIRE_BAD_TOTAL_LEN);
	CHECK_EQ_U(parse_with(2, 0x05), WIRE_BAD_TOTAL_LEN);
	CHECK_EQ_U(parse_with(3, 20), WIRE_OK);
}

static void
padding(void)
{
	struct exact e = exact_hex(ECHO "0000000000000000000000");
	struct ip4_hdr_v v = {0};

	REQUIRE_EQ_U(ip4_parse(e.p, e.len, 0, &v), WIRE_OK);
	CHECK_EQ_U(v.payload_len, 15);
}

static void
truncated(void)
{
	struct exact e = exact_hex(ECHO);
	struct ip4_hdr_v v = {0};

	for (size_t n = 0; n < 20; n++)
		CHECK_EQ_U(ip4_parse(exact_cut(e, n).p, n, 0, &v), WIRE_SHORT);
	for (size_t n = 20; n < e.len; n++)
		CHECK_EQ_U(ip4_parse(exact_cut(e, n).p, n, 0, &v), WIRE_BAD_TOTAL_LEN);
}

static void
bad_checksum(void)
{
	struct exact e = exact_hex(ECHO);
	struct ip4_hdr_v v = {0};

	e.p[8] ^= 1;

	CHECK_EQ_U(ip4_parse(e.p, e.len, 0, &v), WIRE_BAD_CHECKSUM);
	CHECK_EQ_U(ip4_parse(e.p, e.len, IP4_CKSUM_DONE, &v), WIRE_OK);
}

static void
flags_and_offset(void)
{
	struct exact e = exact_hex(ECHO);
	struct ip4_hdr_v v = {0};

	put_be16(e.p + 6, 0xe0b9);
	REQUIRE_EQ_U(ip4_parse(e.p, e.len, IP4_CKSUM_DONE, &v), WIRE_OK);
	CHECK_EQ_X(v.flags, IP4_EVIL | IP4_DF | IP4_MF);
	CHECK_EQ_U(v.frag_off, 1480);
	CHECK(ip4_is_fragment(&v));

	put_be16(e.p + 6, 0x1fff);
	REQUIRE_EQ_U(ip4_parse(e.p, e.len, IP4_CKSUM_DONE, &v), WIRE_OK);
	CHECK_EQ_U(v.frag_off, 65528);
	CHECK_EQ_X(v.flags, 0);
}

static void
build_equals(void)
{
	struct exact e = exact_hex(RECORD_ROUTE);
	struct exact out = exact_copy((uint8_t[28]){0}, 28);
	struct ip4_hdr_v v = {0};

	REQUIRE_EQ_U(ip4_parse(e.p, e.len, 0, &v), WIRE_OK);
	uint8_t *end = ip4_build(out.p, &v);

	CHECK_PTR(end, out.p + 28);
	CHECK_MEM(out.p, e.p, 28);
}

static void
options_walked(void)
{
	struct exact e = exact_hex(RECORD_ROUTE);
	struct ip4_opt_iter it;
	struct ip4_hdr_v v = {0};
	struct ip4_opt o;

	REQUIRE_EQ_U(ip4_parse(e.p, e.len, 0, &v), WIRE_OK);
	ip4_opt_begin(&it, v.opts, v.opt_len);

	REQUIRE(ip4_opt_next(&it, &o));
	CHECK_EQ_U(o.type, IP4_OPT_RR);
	CHECK_EQ_U(o.len, 7);
	CHECK_EQ_U(o.data[0], 4);
	CHECK(!ip4_opt_next(&it, &o));
	CHECK_EQ_U(it.verdict, WIRE_OK);
}

/* Runs the iterator to its end; the number of options, or 100 + offset of the bad one. */
static unsigned int
walk(const char *digits)
{
	struct exact e = exact_hex(digits);
	struct ip4_opt_iter it;
	unsigned int n = 0;
	struct ip4_opt o;

	ip4_opt_begin(&it, e.p, e.len);
	while (ip4_opt_next(&it, &o))
		n++;
	CHECK(!ip4_opt_next(&it, &o));
	return it.verdict == WIRE_OK ? n : 100 + ip4_opt_offset(&it);
}

static void
bad_options(void)
{
	CHECK_EQ_U(walk("44000000"), 120);
	CHECK_EQ_U(walk("07010000"), 120);
	CHECK_EQ_U(walk("01010144"), 123);
	CHECK_EQ_U(walk("5e04aabb 07050000"), 124);
}

static void
good_options(void)
{
	CHECK_EQ_U(walk(""), 0);
	CHECK_EQ_U(walk("01010101"), 0);
	CHECK_EQ_U(walk("5e04aabb"), 1);
	CHECK_EQ_U(walk("5e02 5e02 01 01 5e02"), 3);
	CHECK_EQ_U(walk("00 44 00 ff"), 0);
}

static void
classes(void)
{
	CHECK(ip4_is_multicast(0xe0000001) && ip4_is_multicast(0xefffffff));
	CHECK(!ip4_is_multicast(0xdfffffff) && !ip4_is_multicast(0xf0000000));
	CHECK(ip4_is_loopback(0x7f000001) && !ip4_is_loopback(0x80000000));
	CHECK(ip4_is_class_e(0xf0000001) && !ip4_is_class_e(0xffffffff));
	CHECK(ip4_is_broadcast(0xffffffff));
	CHECK(ip4_is_zero_net(0) && ip4_is_zero_net(0x00ffffff) && !ip4_is_zero_net(0x01000000));
	CHECK(ip4_is_linklocal(0xa9fe0101));
	CHECK(ip4_is_bad_source(0) && ip4_is_bad_source(0x7f000001));
	CHECK(ip4_is_bad_source(0xe0010101) && ip4_is_bad_source(0xf0000001));
	CHECK(ip4_is_bad_source(0xffffffff) && !ip4_is_bad_source(0x0a000001));
}

static void
subnets(void)
{
	CHECK_EQ_X(ip4_mask(0), 0);
	CHECK_EQ_X(ip4_mask(24), 0xffffff00);
	CHECK_EQ_X(ip4_mask(32), 0xffffffff);
	CHECK(ip4_is_subnet_broadcast(0x0a4d00ff, 0x0a4d0002, 24));
	CHECK(!ip4_is_subnet_broadcast(0x0a4d00fe, 0x0a4d0002, 24));
	CHECK(!ip4_is_subnet_broadcast(0x0a4d01ff, 0x0a4d0002, 24));
	CHECK(!ip4_is_subnet_broadcast(0x0a4d0003, 0x0a4d0002, 31));
	CHECK(!ip4_is_subnet_broadcast(0x0a4d0002, 0x0a4d0002, 32));
}

static const struct test_case cases[] = {
	{"a datagram yields its fields and payload", datagram},
	{"a version other than four is refused", wrong_version},
	{"a header length below five words or past the end is refused", wrong_header_length},
	{"a header longer than the total length is refused", header_beyond_total},
	{"a total length below the header or past the bytes is refused", wrong_total_length},
	{"link padding is not payload", padding},
	{"a datagram cut anywhere is refused", truncated},
	{"a wrong header checksum is refused unless the port has verified it", bad_checksum},
	{"flags and fragment offset are told apart", flags_and_offset},
	{"a parsed header builds the same bytes, options too", build_equals},
	{"options are given out one by one without NOPs", options_walked},
	{"an option of length 0 or 1 or past the end stops with its offset", bad_options},
	/* proves MUST-50 IP-5 */
	{"unknown options, NOPs and what follows EOL are no error", good_options},
	{"addresses know their class", classes},
	{"a subnet has one broadcast unless it is too small", subnets},
	{NULL, NULL},
};

const struct test_suite ip4_suite = {.name = "ip4", .cases = cases, .after = exact_free_all};
