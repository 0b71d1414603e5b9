/* SPDX-License-Identifier: BSD-3-Clause */
#include "suites.h"

#include "exact.h"
#include "segment_fmt.h"

#define MACS "020000000001 020000000002 "
#define IP4_PAIR "0a4d0002 0a000001 "
#define IP6_PAIR "fe800000000000000000000000000001 fe800000000000000000000000000002 "

/* The line for a frame given in hexadecimal. */
static const char *
line(const char *digits)
{
	static char text[SEGMENT_FMT_CAP];
	struct exact e = exact_hex(digits);

	size_t n = packet_fmt(text, sizeof(text), e.p, e.len);

	CHECK_EQ_U(n, strlen(text));
	return text;
}

static void
arp(void)
{
	CHECK_STR(line(MACS "0806 0001 0800 06 04 0001 020000000001 0a000001 000000000000 0a4d0002"),
		"arp who-has 10.77.0.2 tell 10.0.0.1");
	CHECK_STR(line(MACS "0806 0001 0800 06 04 0002 020000000001 0a000001 000000000000 0a4d0002"),
		"arp reply 10.0.0.1 is-at 02:00:00:00:00:01");
	CHECK_STR(line(MACS "0806 0007 0800 06 04 0001 020000000001 0a000001 000000000000 0a4d0002"),
		"arp op 1 10.0.0.1 > 10.77.0.2 hrd 7 pro 0x0800 hln 6 pln 4");
	CHECK_STR(line(MACS "0806 0001 0800 06 04 ffff 020000000001 0a000001 000000000000 0a4d0002"),
		"arp op 65535 10.0.0.1 > 10.77.0.2");
	CHECK_STR(line(MACS "0806 0001 0800"), "arp short (4)");
}

static void
tcp(void)
{
	CHECK_STR(line(MACS "0800 45000039 00070000 40066669" IP4_PAIR
			    "00501388 000003e8 00000001 801800e5 05e60000 0101080a 00000001"
			    "00000002 68656c6c6f"),
		"10.77.0.2:80 > 10.0.0.1:5000 P. 1000:1005(5) ack 1 win 229 "
		"<nop,nop,TS val 1 ecr 2>");
	CHECK_STR(line(MACS "0800 4500002c 00070000 40066669" IP4_PAIR
			    "00501388 000003e8 00000001 f01800e5 05e60000 01010101"),
		"10.77.0.2 > 10.0.0.1 tcp bad-header-len (24)");
}

static void
udp(void)
{
	CHECK_STR(line(MACS "0800 45000021 00070000 40116676" IP4_PAIR "00351388 000d93f5 68656c6c6f"),
		"10.77.0.2:53 > 10.0.0.1:5000 udp (5)");
	CHECK_STR(line(MACS "0800 45000021 00070000 40116676" IP4_PAIR "00351388 001093f5 68656c6c6f"),
		"10.77.0.2 > 10.0.0.1 udp bad-total-len (13)");
}

#define ICMP "0800 4500001c 00070000 40016684" IP4_PAIR

static void
icmp_queries(void)
{
	CHECK_STR(line(MACS "0800 45000023 00070000 40016684" IP4_PAIR
			    "08005499 12340005 61626364656667"),
		"10.77.0.2 > 10.0.0.1 icmp echo request id 4660 seq 5 (7)");
	CHECK_STR(line(MACS ICMP "00410000 00010002"),
		"10.77.0.2 > 10.0.0.1 icmp echo reply id 1 seq 2 code 65 (0)");
	CHECK_STR(line(MACS ICMP "0d000000 00010002"),
		"10.77.0.2 > 10.0.0.1 icmp timestamp request id 1 seq 2 (0)");
	CHECK_STR(line(MACS ICMP "c8070000 00010002"),
		"10.77.0.2 > 10.0.0.1 icmp type 200 code 7 (0)");
	CHECK_STR(line(MACS "0800 45000018 00070000 40016684" IP4_PAIR "08005499"),
		"10.77.0.2 > 10.0.0.1 icmp short (4)");
}

static void
icmp_errors(void)
{
	CHECK_STR(line(MACS "0800 4500003d 00070000 4001666a" IP4_PAIR "0303116b 00000000"
			    "45000021 00090000 40116674 0a000001 0a4d0002 13880035 000d93f5"
			    "68656c6c6f"),
		"10.77.0.2 > 10.0.0.1 icmp unreachable port "
		"[10.0.0.1:5000 > 10.77.0.2:53 udp len 33]");
	CHECK_STR(line(MACS "0800 45000038 00070000 4001666f" IP4_PAIR "03044946 00000240"
			    "4500002d 00094000 40062673 0a000001 0a4d0002 13880050 deadbeef"),
		"10.77.0.2 > 10.0.0.1 icmp unreachable needfrag mtu 576 "
		"[10.0.0.1:5000 > 10.77.0.2:80 tcp seq 3735928559 len 45]");
	CHECK_STR(line(MACS "0800 45000030 00070000 4001666f" IP4_PAIR "0b010000 00000000"
			    "4500002d 00094000 40fd2673 0a000001 0a4d0002"),
		"10.77.0.2 > 10.0.0.1 icmp time-exceeded reassembly "
		"[10.0.0.1 > 10.77.0.2 proto 253 len 45]");
	CHECK_STR(line(MACS ICMP "05010000 0a000001"),
		"10.77.0.2 > 10.0.0.1 icmp redirect 1 to 10.0.0.1 [quote short (0)]");
	CHECK_STR(line(MACS ICMP "0c000000 14000000"),
		"10.77.0.2 > 10.0.0.1 icmp parameter-problem code 0 pointer 20 [quote short (0)]");
	CHECK_STR(line(MACS ICMP "03300000 00000000"),
		"10.77.0.2 > 10.0.0.1 icmp unreachable code 48 [quote short (0)]");
}

static void
fragments(void)
{
	CHECK_STR(line(MACS "0800 4500001c 004d2000 40110000" IP4_PAIR "0102030405060708"),
		"10.77.0.2 > 10.0.0.1 fragment id 77 udp 0:8(8)+");
	CHECK_STR(line(MACS "0800 4500001c 004d00b9 40060000" IP4_PAIR "0102030405060708"),
		"10.77.0.2 > 10.0.0.1 fragment id 77 tcp 1480:1488(8)");
	CHECK_STR(line(MACS "86dd 60000000 0010 2c 40" IP6_PAIR "06000011 00000063 0102030405060708"),
		"fe80::1 > fe80::2 fragment id 99 tcp 16:24(8)+");
}

static void
ip6(void)
{
	CHECK_STR(line(MACS "86dd 60000000 000d 11 40" IP6_PAIR "00351388 000dab40 68656c6c6f"),
		"[fe80::1]:53 > [fe80::2]:5000 udp (5)");
	CHECK_STR(line(MACS "86dd 60000000 000b 3a 40" IP6_PAIR "80000000 00010002 616263"),
		"fe80::1 > fe80::2 icmp6 echo request id 1 seq 2 (3)");
	CHECK_STR(line(MACS "86dd 60000000 0008 3a 40" IP6_PAIR "87000000 00000000"),
		"fe80::1 > fe80::2 icmp6 neighbor solicitation (0)");
	CHECK_STR(line(MACS "86dd 60000000 0008 00 40" IP6_PAIR "3aff0000 00000000"),
		"fe80::1 > fe80::2 ip6 extension bad-header-len (8)");
}

static void
others(void)
{
	CHECK_STR(line(MACS "8100 0005 0800 45000014 00070000 40fd0000" IP4_PAIR),
		"vlan 5 10.77.0.2 > 10.0.0.1 proto 253 (0)");
	CHECK_STR(line(MACS "88cc aabb"),
		"02:00:00:00:00:02 > 02:00:00:00:00:01 ethertype 0x88cc (2)");
	CHECK_STR(line(MACS "0026 4242 03"), "ethernet length-frame (17)");
	CHECK_STR(line("0200"), "ethernet short (2)");
	CHECK_STR(line(MACS "0800 65000014 00070000 40fd0000" IP4_PAIR), "ip4 bad-version (20)");
	CHECK_STR(line(MACS "86dd 45000014"), "ip6 short (4)");
}

static void
without_link(void)
{
	struct exact four = exact_hex("45000014 00070000 40fd0000" IP4_PAIR);
	struct exact six = exact_hex("60000000 0000 3b 40" IP6_PAIR);
	char text[SEGMENT_FMT_CAP];

	ip_packet_fmt(text, sizeof(text), four.p, four.len);
	CHECK_STR(text, "10.77.0.2 > 10.0.0.1 proto 253 (0)");
	ip_packet_fmt(text, sizeof(text), six.p, six.len);
	CHECK_STR(text, "fe80::1 > fe80::2 proto 59 (0)");
	ip_packet_fmt(text, sizeof(text), four.p, 0);
	CHECK_STR(text, "ip4 short (0)");
}

static const struct test_case cases[] = {
	{"ARP is told in the usual words, oddities in full", arp},
	{"TCP shows endpoints and the segment", tcp},
	{"UDP shows endpoints and length", udp},
	{"ICMP queries show id and sequence", icmp_queries},
	{"ICMP errors show what they quote", icmp_errors},
	{"fragments show id and range", fragments},
	{"IPv6 is told alike", ip6},
	{"tags, other types and malformed frames are named", others},
	{"a datagram without its link is told alike", without_link},
	{NULL, NULL},
};

const struct test_suite packet_fmt_suite = {
	.name = "packet_fmt", .cases = cases, .after = exact_free_all};
