/* SPDX-License-Identifier: BSD-3-Clause */
#include "suites.h"

#include "exact.h"
#include "segment_fmt.h"

/* The text of a header with the options given in hexadecimal. */
static const char *
text_of(struct tcp_hdr_v v, const char *opts, const struct segment_bases *bases)
{
	static char text[SEGMENT_FMT_CAP];
	struct exact e = exact_hex(opts);

	v.opts = e.p;
	v.opt_len = (uint8_t)e.len;
	size_t n = segment_fmt(text, sizeof(text), &v, bases);

	CHECK_EQ_U(n, strlen(text));
	return text;
}

static void
syn(void)
{
	struct tcp_hdr_v v = {.seq = 1000, .flags = TH_SYN, .window = 64240};

	CHECK_STR(text_of(v, "020405b4 01 030308 0101 0402", NULL),
		"S 1000:1000(0) win 64240 <mss 1460,nop,wscale 8,nop,nop,sackOK>");
}

static void
ack_with_sack(void)
{
	struct tcp_hdr_v v = {.seq = 1, .ack = 1, .flags = TH_ACK, .window = 512};

	CHECK_STR(text_of(v, "0101 080a 00000001 00000002 0101 050a 000005b5 00000b69", NULL),
		". 1:1(0) ack 1 win 512 <nop,nop,TS val 1 ecr 2,nop,nop,sack 1461:2921>");
}

static void
data(void)
{
	struct tcp_hdr_v v = {
		.seq = 1, .ack = 1, .flags = TH_ACK | TH_PSH, .window = 229, .payload_len = 100};

	CHECK_STR(text_of(v, "", NULL), "P. 1:101(100) ack 1 win 229");
}

static void
relative(void)
{
	struct segment_bases b = {.seq = 0xfffffff0, .ack = 5000, .tsval = 100, .tsecr = 200};
	struct tcp_hdr_v v = {.seq = 0xfffffff1, .ack = 5001, .flags = TH_ACK | TH_FIN,
		.window = 1, .payload_len = 20};

	CHECK_STR(text_of(v, "0101 080a 00000065 000000ca 0101 050a 00001389 00001393", &b),
		"F. 1:21(20) ack 1 win 1 <nop,nop,TS val 1 ecr 2,nop,nop,sack 1:11>");
	CHECK_STR(text_of(v, "080a 00000065 00000000 0101", &b),
		"F. 1:21(20) ack 1 win 1 <TS val 1 ecr 0,nop,nop>");
}

static void
every_flag(void)
{
	struct tcp_hdr_v v = {.flags = 0xff, .urp = 9, .reserved = 5};
	struct tcp_hdr_v bare = {.flags = 0, .ack = 7, .urp = 9};

	CHECK_STR(text_of(v, "", NULL), "FSRP.UEW 0:0(0) ack 0 win 0 urg 9 reserved 5");
	CHECK_STR(text_of(bare, "", NULL), "- 0:0(0) win 0");
}

/* The text between the angle brackets. */
static const char *
options(const char *digits)
{
	static char text[TCP_OPTIONS_FMT_CAP];
	struct exact e = exact_hex(digits);

	size_t n = tcp_options_fmt(text, sizeof(text), e.p, e.len, NULL);

	CHECK_EQ_U(n, strlen(text));
	return text;
}

static void
rare_options(void)
{
	CHECK_STR(options("2202 0000"), "FO,eol");
	CHECK_STR(options("2206 01020304"), "FO 01020304");
	CHECK_STR(options("fe08 f989 01020304"), "FOEXP 01020304");
	CHECK_STR(options("fe04 f989"), "FOEXP");
	CHECK_STR(options("fd04 f989"), "?253 f989");
	CHECK_STR(options("1312 00112233445566778899aabbccddeeff"),
		"md5 00112233445566778899aabbccddeeff");
	CHECK_STR(options("0203 05 01"), "?2 05,nop");
	CHECK_STR(options("0302"), "?3");
	CHECK_STR(options("01 fe00 aa"), "nop,! fe00aa");
	CHECK_STR(options("08"), "! 08");
}

static void
addresses(void)
{
	struct tcp_hdr_v v = {.sport = 80, .dport = 5000, .flags = TH_RST, .seq = 1};
	static const uint8_t a4[] = {10, 77, 0, 2}, b4[] = {10, 0, 0, 1};
	static const uint8_t a6[16] = {0xfe, 0x80, [15] = 1}, b6[16] = {0};
	char text[SEGMENT_FMT_CAP];

	segment_fmt_addr(text, sizeof(text), 4, a4, b4, &v, NULL);
	CHECK_STR(text, "10.77.0.2:80 > 10.0.0.1:5000 R 1:1(0) win 0");
	segment_fmt_addr(text, sizeof(text), 6, a6, b6, &v, NULL);
	CHECK_STR(text, "[fe80::1]:80 > [::]:5000 R 1:1(0) win 0");
}

/* The text of an IPv6 address given as 32 hexadecimal digits. */
static const char *
ip6_text(const char *digits)
{
	static char text[46];
	struct exact e = exact_hex(digits);

	REQUIRE_EQ_U(e.len, 16);
	size_t n = ip6_addr_fmt(text, sizeof(text), e.p);

	CHECK_EQ_U(n, strlen(text));
	return text;
}

static void
rfc5952(void)
{
	CHECK_STR(ip6_text("00000000000000000000000000000000"), "::");
	CHECK_STR(ip6_text("00000000000000000000000000000001"), "::1");
	CHECK_STR(ip6_text("20010db8000000000000000000000000"), "2001:db8::");
	CHECK_STR(ip6_text("20010db8000000000001000000000001"), "2001:db8::1:0:0:1");
	CHECK_STR(ip6_text("20010db8000000010001000100010001"), "2001:db8:0:1:1:1:1:1");
	CHECK_STR(ip6_text("20010000000000010000000000000001"), "2001:0:0:1::1");
	CHECK_STR(ip6_text("ffffffffffffffffffffffffffffffff"),
		"ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff");
}

static void
cut_short(void)
{
	struct tcp_hdr_v v = {.seq = 1000, .flags = TH_SYN, .window = 64240};
	struct exact out = exact_copy("xxxxxxxx", 8);

	CHECK_EQ_U(segment_fmt((char *)out.p, out.len, &v, NULL), 24);
	CHECK_STR((char *)out.p, "S 1000:");
	CHECK_EQ_U(segment_fmt(NULL, 0, &v, NULL), 24);
}

static const struct test_case cases[] = {
	{"a SYN reads as in packetdrill", syn},
	{"an acknowledgment with timestamps and SACK reads as in packetdrill", ack_with_sack},
	{"data reads as in packetdrill", data},
	{"numbers are taken relative to the bases, over the wrap too", relative},
	{"every flag, the urgent pointer and reserved bits are shown", every_flag},
	{"rare, odd and malformed options show their bytes", rare_options},
	{"addresses of both families stand in front", addresses},
	{"IPv6 addresses are shortened by RFC 5952", rfc5952},
	{"a text that does not fit is cut and its length told", cut_short},
	{NULL, NULL},
};

const struct test_suite segment_fmt_suite = {
	.name = "segment_fmt", .cases = cases, .after = exact_free_all};
