/* SPDX-License-Identifier: BSD-3-Clause */
/* What a personality takes in that others drop, and what it never does. */
#include "suites.h"

#include "bed.h"
#include "tcp_hdr.h"
#include "udp_hdr.h"

/* A host that takes what comes in broadcast frames and from the link's broadcast address. */
static struct bed *
lenient(void)
{
	struct bed *b = bed_new();

	b->p->take_link_broadcast = 1;
	b->p->take_net_broadcast = 1;
	bed_start(b);
	return b;
}

/* RFC 1122 3.2.2: no error is sent about a datagram that came by a link-layer broadcast. */
static void
a_broadcast_frame_brings_no_error(void)
{
	struct bed *b = lenient();
	const struct ip4_hdr_v unknown = {.proto = 253}, first = {.proto = IPP_ICMP, .flags = IP4_MF};
	struct frame f;

	/* given a host that answers pings in broadcast frames */
	frame_echo(&f, 7, 16);
	memcpy(f.bytes, BROADCAST_MAC, 6);
	CHECK_EQ_I(bed_rx(b, f.bytes, f.len), MIEN_DROP_NONE);
	CHECK_NOT_NULL(bed_sent(b));

	/* when a closed port, an unknown protocol and a fragment come in such frames */
	frame_udp(&f, 5555, 40000, "hello", 5);
	memcpy(f.bytes, BROADCAST_MAC, 6);
	CHECK_EQ_I(bed_rx(b, f.bytes, f.len), MIEN_DROP_UDP_CLOSED);
	frame_ip(&f, &unknown, "12345678", 8);
	memcpy(f.bytes, BROADCAST_MAC, 6);
	CHECK_EQ_I(bed_rx(b, f.bytes, f.len), MIEN_DROP_IP_PROTOCOL);
	frame_ip(&f, &first, "\x08\0\0\0\0\0\0\0", 8);
	memcpy(f.bytes, BROADCAST_MAC, 6);
	CHECK_EQ_I(bed_rx(b, f.bytes, f.len), MIEN_DROP_NONE);
	bed_advance(b, 100 * NS_PER_SECOND);
	CHECK_EQ_U(bed_drops(b, MIEN_DROP_FRAG_TIMEOUT), 1);

	/* then there is no error about any of them */
	CHECK_STR(bed_sent_text(b), "");
	bed_free(b);
}

static void
one_piece_by_broadcast_is_enough(void)
{
	struct bed *b = lenient();
	struct ip4_hdr_v v = {.proto = 253, .flags = IP4_MF, .id = 9};
	struct frame f;

	frame_ip(&f, &v, "12345678", 8);
	memcpy(f.bytes, BROADCAST_MAC, 6);
	CHECK_EQ_I(bed_rx(b, f.bytes, f.len), MIEN_DROP_NONE);
	v.flags = 0;
	v.frag_off = 8;
	frame_ip(&f, &v, "12345678", 8);
	CHECK_EQ_I(bed_rx(b, f.bytes, f.len), MIEN_DROP_IP_PROTOCOL);
	CHECK_STR(bed_sent_text(b), "");
	bed_free(b);
}

static void
tcp_has_no_broadcast(void)
{
	struct bed *b = lenient();
	struct frame f;

	frame_tcp(&f, 80, TH_SYN, 0);
	memcpy(f.bytes, BROADCAST_MAC, 6);
	CHECK_EQ_I(bed_rx(b, f.bytes, f.len), MIEN_DROP_IP_LINK_BROADCAST);
	frame_tcp(&f, 80, TH_SYN, 0);
	put_be32(f.bytes + FRAME_IP + 12, 0x0a0900ff);
	frame_fix_ip(&f);
	CHECK_EQ_I(bed_rx(b, f.bytes, f.len), MIEN_DROP_IP_BAD_SOURCE);
	CHECK_NULL(bed_sent(b));
	bed_free(b);
}

static void
nobody_answers_for_everybody(void)
{
	struct bed *b = lenient();
	const struct ip4_hdr_v to_all = {.proto = 253, .dst = 0x0a0900ff}, from_all = {.proto = 253, .src = 0x0a0900ff,
		.dst = 0xffffffff};
	struct frame f;

	frame_ip(&f, &to_all, "12345678", 8);
	memcpy(f.bytes, BROADCAST_MAC, 6);
	CHECK_EQ_I(bed_rx(b, f.bytes, f.len), MIEN_DROP_IP_PROTOCOL);
	frame_ip(&f, &from_all, "12345678", 8);
	memcpy(f.bytes, BROADCAST_MAC, 6);
	CHECK_EQ_I(bed_rx(b, f.bytes, f.len), MIEN_DROP_IP_BAD_SOURCE);
	CHECK_NULL(bed_sent(b));
	bed_free(b);
}

static void
the_ports_sum_counts_behind_options(void)
{
	static const uint64_t verdict[] = {0, RTE_MBUF_F_RX_L4_CKSUM_BAD, RTE_MBUF_F_RX_L4_CKSUM_GOOD,
		RTE_MBUF_F_RX_L4_CKSUM_NONE};
	struct bed *b = bed_new_started();
	const struct ip4_hdr_v v = {.proto = IPP_TCP, .opts = (const uint8_t *)"\1\1\1\1", .opt_len = 4};

	/* given a segment with a wrong sum behind an IP header with options */
	for (unsigned int i = 0; i < 4; i++) {
		struct rte_mbuf *m;
		struct frame plain, f;

		frame_tcp(&plain, 81, TH_SYN, 0);
		plain.bytes[FRAME_L4 + 16] ^= 1;
		frame_ip(&f, &v, plain.bytes + FRAME_L4, TCP_HDR_MIN);
		m = bed_mbuf(f.bytes, f.len);
		m->ol_flags |= verdict[i];

		/* then the port's word counts, where it has one */
		CHECK_EQ_U(bed_rx_mbuf(b, m) == MIEN_DROP_TCP_CHECKSUM, i < 2);
		CHECK_EQ_U(bed_sent(b) != NULL, i >= 2);
	}
	bed_free(b);
}

/* RFC 1122 4.2.3.8: they may be supported; here nothing is recorded, and the answer is the one that there is without them. */
static void
record_route_and_timestamps_are_passed_over(void)
{
	static const uint8_t options[][12] = {{1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1}, {7, 11, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0},
		{68, 12, 5, 0, 0, 0, 0, 0, 0, 0, 0, 0}};
	struct bed *b = bed_new_started();
	struct frame plain, f;
	uint8_t first[64];

	frame_tcp(&plain, 81, TH_SYN, 0);
	for (unsigned int i = 0; i < 3; i++) {
		const struct ip4_hdr_v v = {.proto = IPP_TCP, .opts = options[i], .opt_len = 12};
		const struct sent *s;

		frame_ip(&f, &v, plain.bytes + FRAME_L4, TCP_HDR_MIN);
		(void)bed_rx(b, f.bytes, f.len);
		s = bed_sent(b);
		REQUIRE_NOT_NULL(s);
		CHECK_EQ_X(s->bytes[FRAME_IP], 0x45);
		if (i == 0)
			memcpy(first, s->bytes + FRAME_L4, TCP_HDR_MIN);
		else
			CHECK_MEM(s->bytes + FRAME_L4, first, TCP_HDR_MIN);
	}
	bed_free(b);
}

static void
options_are_checked_to_the_byte(void)
{
	static const struct {
		uint8_t opts[9];
		int at; /* of the pointer of a parameter problem; -1: fine, -2: fine for the lenient */
	} options[] = {
		{{7, 2, 0, 0}, 21}, {{7, 3, 4, 0}, -1}, {{68, 3, 5, 0}, 21}, {{68, 2, 0, 0}, 21}, {{68, 4, 5, 0}, -1},
		{{68, 4, 4, 0}, 22}, {{68, 8, 9, 0xf0, 0, 0, 0, 0}, 23}, {{68, 8, 9, 0xe0, 0, 0, 0, 0}, -1},
		{{68, 8, 5, 0xf0, 0, 0, 0, 0}, -1},
	};

	for (unsigned int strict = 0; strict < 2; strict++)
		for (unsigned int i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
			const struct ip4_hdr_v v = {.opts = options[i].opts, .opt_len = 8};
			unsigned int at = 99;
			bool overflow = options[i].at == 23;
			enum mien_drop drop = ip4_options_check(&v, strict, &at);

			if ((drop == MIEN_DROP_NONE) != (options[i].at < 0 || (overflow && !strict)))
				FAIL("option %u, strict %u: %s", i, strict, mien_drop_name(drop));
			if (drop != MIEN_DROP_NONE && at != (unsigned int)options[i].at)
				FAIL("option %u, strict %u: pointer %u", i, strict, at);
		}
}

static const struct test_case cases[] = {
	/* proves IC-3 */
	{"a broadcast frame brings no error", a_broadcast_frame_brings_no_error},
	{"one piece in a broadcast frame is enough to be silent about all", one_piece_by_broadcast_is_enough},
	/* proves MUST-57 MUST-63 */
	{"TCP has no broadcast, whatever the personality takes", tcp_has_no_broadcast},
	{"a broadcast is answered by nobody", nobody_answers_for_everybody},
	{"the port's verdict on a sum counts behind options, too", the_ports_sum_counts_behind_options},
	/* proves MAY-10 MAY-11 */
	{"record route and timestamp options of a segment are passed over", record_route_and_timestamps_are_passed_over},
	{"options are checked to the byte", options_are_checked_to_the_byte},
	{NULL, NULL},
};

const struct test_suite ip_in_suite = {"ip_in", NULL, NULL, cases, NULL, NULL};
