/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdlib.h>

#include "suites.h"

#include "segments.h"

static void
segment(void)
{
	static const uint8_t options[] = {2, 4, 5, 0xb4};
	struct frame f;

	make_segment(&f, 1, TCP_SYN, 7, 0, options, 4, 3);

	REQUIRE(f.p.tcp);
	CHECK_EQ_X(f.p.src, CLIENT);
	CHECK_EQ_X(f.p.dst, HOST);
	CHECK_EQ_U(f.p.src_port, 40000);
	CHECK_EQ_U(f.p.seq, 7);
	CHECK_EQ_U(f.p.options_len, 4);
	CHECK_EQ_U(f.p.payload_len, 3);
	CHECK(f.p.whole);
}

static void
options(void)
{
	static const uint8_t o[] = {1, 1, 8, 10, 0, 0, 0, 1, 0, 0, 0, 2}, broken[] = {8, 11, 0, 0}, zero[] = {9, 0, 0, 0};
	struct frame f;
	uint8_t len, *ts;

	make_segment(&f, 1, TCP_ACK, 0, 0, o, sizeof(o), 0);
	ts = packet_option(&f.p, 8, 10, &len);
	REQUIRE_NOT_NULL(ts);
	CHECK_EQ_U(get32(ts + 4), 2);
	CHECK_EQ_U(len, 10);

	make_segment(&f, 1, TCP_ACK, 0, 0, broken, sizeof(broken), 0);
	CHECK_NULL(packet_option(&f.p, 8, 10, &len));
	make_segment(&f, 1, TCP_ACK, 0, 0, zero, sizeof(zero), 0);
	CHECK_NULL(packet_option(&f.p, 8, 10, &len));
}

/* Exact-size buffers: a byte read behind them is a crash under the sanitizer. */
static void
cut(void)
{
	static const uint8_t o[] = {1, 1, 8, 10, 0, 0, 0, 1, 0, 0, 0, 2};
	struct frame f;
	uint32_t whole;

	make_segment(&f, 1, TCP_ACK, 0, 0, o, sizeof(o), 9);
	whole = f.p.len;
	for (uint32_t len = 0; len <= whole; len++) {
		uint8_t *copy = malloc(len ? len : 1);
		struct packet p;
		uint8_t ts_len;

		REQUIRE_NOT_NULL(copy);
		memcpy(copy, f.bytes, len);
		packet_parse(&p, copy, len);

		CHECK_EQ_U(p.tcp, len >= 14 + 20 + 32);
		CHECK_EQ_U(p.kind == PACKET_IP4, len >= 14 + 20);
		CHECK_EQ_U(p.whole, len == whole);
		CHECK_EQ_U(packet_option(&p, 8, 10, &ts_len) != NULL, p.tcp);
		packet_unsummed(&p);
		free(copy);
	}
}

static void
unsummed(void)
{
	struct frame f;
	uint8_t *field;

	make_segment(&f, 1, TCP_ACK, 1, 2, NULL, 0, 5);
	CHECK(!packet_unsummed(&f.p));

	/* what Linux leaves in a segment whose checksum the port computes */
	field = packet_checksum_field(&f.p);
	put16(field, fold(sum_bytes(f.p.ip + 12, 8) + 6 + f.p.l4_len));
	CHECK(packet_unsummed(&f.p));
}

static void
tagged(void)
{
	struct frame f;
	uint8_t bytes[300];
	struct packet p;

	make_segment(&f, 1, TCP_ACK, 1, 2, NULL, 0, 0);
	memcpy(bytes, f.bytes, 12);
	memcpy(bytes + 12, "\x81\0\x60\x07", 4);
	memcpy(bytes + 16, f.bytes + 12, f.p.len - 12);

	packet_parse(&p, bytes, f.p.len + 4);

	CHECK_EQ_U(p.vlan, 7);
	CHECK(p.tcp);
}

static void
following_checksum(void)
{
	struct frame f;

	make_segment(&f, 1, TCP_ACK, 1, 0xfffffffe, NULL, 0, 8);
	put32_summed(f.p.l4 + 8, 0x12345678, f.p.l4 + 16, 0);
	CHECK_EQ_X(get16(f.p.l4 + 16), packet_checksum(&f.p));

	put32_summed(f.p.l4 + 21, 0xa1b2c3d4, f.p.l4 + 16, 1);
	CHECK_EQ_X(get16(f.p.l4 + 16), packet_checksum(&f.p));

	f.p.l4[16] ^= 0x5a;
	put32_summed(f.p.l4 + 8, 0xdeadbeef, f.p.l4 + 16, 0);
	CHECK(get16(f.p.l4 + 16) != packet_checksum(&f.p));
}

const struct test_suite packet_suite = {
	.name = "frames of captures",
	.cases = (const struct test_case[]){
		{"a segment is taken apart", segment},
		{"options are found, and broken ones end the search", options},
		{"a frame cut anywhere is read no further than it goes", cut},
		{"a checksum left to the port is recognised", unsummed},
		{"one 802.1Q tag is looked through", tagged},
		{"a checksum follows a change, a wrong one stays wrong", following_checksum},
		{NULL, NULL},
	},
};
