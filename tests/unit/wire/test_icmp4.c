/* SPDX-License-Identifier: BSD-3-Clause */
#include "suites.h"

#include "exact.h"
#include "icmp4.h"
#include "ethertypes.h"
#include "ip4.h"

#define ECHO "0800 5499 12340005 61626364656667"
#define NEEDFRAG                                                                                   \
	"0304 4946 00000240 4500002d00094000400626730a0000010a4d0002 13880050deadbeef"

static void
echo(void)
{
	struct exact e = exact_hex(ECHO);
	struct icmp4_v v = {0};

	REQUIRE_EQ_U(icmp4_parse(e.p, e.len, &v), WIRE_OK);
	CHECK_EQ_U(v.type, ICMP4_ECHO);
	CHECK_EQ_X(icmp4_id(&v), 0x1234);
	CHECK_EQ_U(icmp4_seq(&v), 5);
	CHECK_EQ_U(v.payload_len, 7);
	CHECK(!icmp4_is_error(v.type));
}

static void
refused(void)
{
	struct exact e = exact_hex(ECHO);
	struct icmp4_v v = {0};

	for (size_t n = 0; n < 8; n++)
		CHECK_EQ_U(icmp4_parse(exact_cut(e, n).p, n, &v), WIRE_SHORT);
	e.p[9] ^= 0x10;
	CHECK_EQ_U(icmp4_parse(e.p, e.len, &v), WIRE_BAD_CHECKSUM);
	CHECK_EQ_U(v.type, ICMP4_ECHO);
}

static void
reply(void)
{
	struct exact e = exact_hex(ECHO);
	struct exact out = exact_copy((uint8_t[15]){0}, 15);
	struct icmp4_v v = {0};

	REQUIRE_EQ_U(icmp4_parse(e.p, e.len, &v), WIRE_OK);
	size_t n = icmp4_build_echo_reply(out.p, out.len, &v, 0x41);
	icmp4_echo_to_reply(e.p, 0x41);

	CHECK_EQ_U(n, 15);
	CHECK_MEM(e.p, out.p, 15);
	CHECK_EQ_U(icmp4_parse(out.p, n, &v), WIRE_OK);
	CHECK_EQ_U(v.type, ICMP4_ECHO_REPLY);
	CHECK_EQ_X(v.code, 0x41);
	CHECK_EQ_U(icmp4_build_echo_reply(out.p, 14, &v, 0), 0);
	CHECK_EQ_U(icmp4_build_echo_reply(out.p, 7, &v, 0), 0);
}

static void
error(void)
{
	struct exact e = exact_hex(NEEDFRAG);
	struct exact out = exact_copy((uint8_t[36]){0}, 36);
	struct icmp4_quote q;
	struct icmp4_v v = {0};

	size_t n = icmp4_build_error(out.p, out.len, ICMP4_UNREACH, ICMP4_UNREACH_NEEDFRAG, 576,
		e.p + 8, 28);

	REQUIRE_EQ_U(n, 36);
	CHECK_MEM(out.p, e.p, 36);
	REQUIRE_EQ_U(icmp4_parse(out.p, n, &v), WIRE_OK);
	CHECK(icmp4_is_error(v.type));
	CHECK_EQ_U(icmp4_mtu(&v), 576);
	REQUIRE_EQ_U(icmp4_quote_parse(v.payload, v.payload_len, &q), WIRE_OK);
	CHECK_EQ_X(q.src, 0x0a000001);
	CHECK_EQ_X(q.dst, 0x0a4d0002);
	CHECK_EQ_U(q.proto, IPP_TCP);
	CHECK_EQ_U(q.total_len, 45);
	CHECK_EQ_X(q.flags, IP4_DF);
	CHECK(q.has_ports && q.has_seq);
	CHECK_EQ_U(q.sport, 5000);
	CHECK_EQ_U(q.dport, 80);
	CHECK_EQ_X(q.seq, 0xdeadbeef);
}

static void
short_quotes(void)
{
	struct exact e = exact_hex(NEEDFRAG);
	struct icmp4_quote q;

	for (size_t n = 0; n <= 28; n++) {
		struct exact cut = exact_copy(e.p + 8, n);
		enum wire_verdict verdict = icmp4_quote_parse(cut.p, cut.len, &q);

		CHECK_EQ_U(verdict, n < 20 ? WIRE_SHORT : WIRE_OK);
		if (verdict != WIRE_OK)
			continue;
		CHECK_EQ_U(q.has_ports, n >= 24);
		CHECK_EQ_U(q.has_seq, n >= 28);
	}
}

static void
odd_quotes(void)
{
	struct exact e = exact_hex(NEEDFRAG);
	uint8_t *inner = e.p + 8;
	struct icmp4_quote q;

	put_be16(inner + 6, 1);
	REQUIRE_EQ_U(icmp4_quote_parse(inner, 28, &q), WIRE_OK);
	CHECK(!q.has_ports);
	put_be16(inner + 6, 0);
	inner[9] = IPP_UDP;
	REQUIRE_EQ_U(icmp4_quote_parse(inner, 28, &q), WIRE_OK);
	CHECK(q.has_ports && !q.has_seq);
	inner[0] = 0x4f;
	CHECK_EQ_U(icmp4_quote_parse(inner, 28, &q), WIRE_BAD_HEADER_LEN);
	inner[0] = 0x44;
	CHECK_EQ_U(icmp4_quote_parse(inner, 28, &q), WIRE_BAD_HEADER_LEN);
	inner[0] = 0x65;
	CHECK_EQ_U(icmp4_quote_parse(inner, 28, &q), WIRE_BAD_VERSION);
}

static void
errors_known(void)
{
	static const uint8_t errors[] = {3, 4, 5, 11, 12};
	unsigned int found = 0;

	for (unsigned int type = 0; type < 256; type++)
		found += icmp4_is_error((uint8_t)type);
	for (size_t i = 0; i < sizeof(errors); i++)
		CHECK(icmp4_is_error(errors[i]));
	CHECK_EQ_U(found, sizeof(errors));
}

static void
bodiless(void)
{
	uint8_t p[ICMP4_HDR_LEN];
	struct icmp4_v v;

	CHECK_EQ_U(icmp4_build(p, sizeof(p), ICMP4_INFO_REPLY, 0, 0x00010002, NULL, 0), ICMP4_HDR_LEN);

	CHECK_EQ_U(icmp4_parse(p, sizeof(p), &v), WIRE_OK);
	CHECK_EQ_U(icmp4_id(&v), 1);
}

static void
zeros(void)
{
	uint8_t p[ICMP4_HDR_LEN];
	struct icmp4_v v;

	icmp4_build(p, sizeof(p), ICMP4_ECHO, 0, 0, NULL, 0);
	icmp4_echo_to_reply(p, 0);

	CHECK_EQ_U(icmp4_parse(p, sizeof(p), &v), WIRE_OK);
}

static const struct test_case cases[] = {
	{"an echo request yields id, sequence and data", echo},
	{"a message cut or damaged is refused", refused},
	{"the reply is the same built anew and turned in place", reply},
	{"an error quotes a packet that is found again", error},
	{"a message without a body has its header alone", bodiless},
	{"the reply of nothing but zeros has a checksum", zeros},
	{"five types are errors, no other", errors_known},
	{"a quote cut anywhere gives only what is there", short_quotes},
	{"a quote of a fragment has no ports, a wrong header no quote", odd_quotes},
	{NULL, NULL},
};

const struct test_suite icmp4_suite = {.name = "icmp4", .cases = cases, .after = exact_free_all};
