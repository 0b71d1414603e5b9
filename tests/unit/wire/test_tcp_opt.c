/* SPDX-License-Identifier: BSD-3-Clause */
#include "suites.h"

#include "exact.h"
#include "tcp_opt.h"

/* Parses hexadecimal option bytes, by way of the fast path where it applies. */
static struct tcp_opts
parse(const char *digits)
{
	struct exact e = exact_hex(digits);
	struct tcp_opts o;

	memset(&o, 0xee, sizeof(o));
	tcp_opts_parse(e.p, e.len, &o);
	return o;
}

static void
timestamps_alone(void)
{
	struct tcp_opts fast = parse("01 01 080a 00000001 80000002");
	struct tcp_opts general = parse("080a 00000001 80000002 01 01");

	CHECK_EQ_X(fast.present, OPT_TS);
	CHECK_EQ_U(fast.tsval, 1);
	CHECK_EQ_X(fast.tsecr, 0x80000002);
	CHECK_EQ_X(general.present, OPT_TS);
	CHECK_EQ_U(general.tsval, 1);
	CHECK_EQ_X(general.tsecr, 0x80000002);
}

static void
none(void)
{
	struct tcp_opts o = parse("");

	CHECK_EQ_X(o.present, 0);
	CHECK_EQ_U(o.n_sack, 0);
}

static void
syn(void)
{
	struct tcp_opts o = parse("020405b4 0402 080a00000001 00000000 01 030307");

	CHECK_EQ_X(o.present, OPT_MSS | OPT_SACKOK | OPT_TS | OPT_WS);
	CHECK_EQ_U(o.mss, 1460);
	CHECK_EQ_U(o.wscale, 7);
	CHECK_EQ_U(o.tsval, 1);
}

static void
sack_blocks(void)
{
	struct tcp_opts four = parse("0101 0522 00000001 00000002 00000003 00000004"
				     "00000005 00000006 ffffffff 00000000");
	struct tcp_opts one = parse("0101 080a0000000100000002 0101 050a 000005b5 00000b69");

	CHECK_EQ_X(four.present, OPT_SACK);
	REQUIRE_EQ_U(four.n_sack, 4);
	CHECK_EQ_U(four.sack[0].left, 1);
	CHECK_EQ_X(four.sack[3].left, 0xffffffff);
	CHECK_EQ_U(four.sack[3].right, 0);
	CHECK_EQ_X(one.present, OPT_SACK | OPT_TS);
	REQUIRE_EQ_U(one.n_sack, 1);
	CHECK_EQ_U(one.sack[0].right, 2921);
}

/* Known kinds whose length is not theirs, each followed by a good option. */
static void
wrong_length_skipped(void)
{
	static const char *const odd[] = {
		"0202 030307",			  /* MSS without value */
		"020305 030307",		  /* MSS of one byte */
		"020505b400 030307",		  /* MSS of three bytes */
		"0302 030307",			  /* window scale without value */
		"03040700 030307",		  /* window scale of two bytes */
		"040300 030307",		  /* SACK-permitted with a value */
		"0809 00000001000000 030307",	  /* timestamps of nine bytes */
		"080b 000000010000000200 030307", /* timestamps of eleven bytes */
		"0502 030307",			  /* SACK without blocks */
		"0509 00000000000000 030307",	  /* SACK of less than a block */
		"050b 000000000000000000 030307", /* SACK of more than a block */
		"1302 030307",			  /* MD5 without digest */
		"1d03 00 030307",		  /* AO without key numbers */
		"2205 aabbcc 030307",		  /* Fast Open cookie of three bytes */
		"2207 aabbccddee 030307",	  /* Fast Open cookie of five bytes */
	};

	for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++) {
		struct tcp_opts o = parse(odd[i]);

		CHECK_EQ_X(o.present, OPT_IGNORED | OPT_WS);
		CHECK_EQ_U(o.wscale, 7);
		CHECK_EQ_U(o.mss, 0);
		CHECK_EQ_U(o.n_sack, 0);
	}
}

static void
stops_at_bad(void)
{
	static const char *const bad[] = {
		"030307 fe00 020405b4", /* unknown kind, length 0 */
		"030307 fe01 020405b4", /* unknown kind, length 1 */
		"030307 0200 020405b4", /* MSS, length 0 */
		"030307 022805b4",	/* MSS, length 40 in four bytes */
		"030307 08",		/* kind as the last byte */
		"030307 0504 00",	/* one byte missing */
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct tcp_opts o = parse(bad[i]);

		CHECK_EQ_X(o.present, OPT_WS | OPT_BAD);
		CHECK_EQ_U(o.wscale, 7);
	}
}

static void
stops_at_eol(void)
{
	struct tcp_opts o = parse("030307 00 020405b4 fe00");

	CHECK_EQ_X(o.present, OPT_WS);
}

static void
first_wins(void)
{
	struct tcp_opts o = parse("020405b4 02040008 0202 03030e 0303ff");

	CHECK_EQ_X(o.present, OPT_MSS | OPT_WS);
	CHECK_EQ_U(o.mss, 1460);
	CHECK_EQ_U(o.wscale, 14);
}

static void
raw_values(void)
{
	CHECK_EQ_U(parse("02040000").mss, 0);
	CHECK_EQ_U(parse("0204ffff").mss, 65535);
	CHECK_EQ_U(parse("0303ff 01").wscale, 255);
}

static void
fast_open(void)
{
	struct tcp_opts request = parse("2202 0101");
	struct exact e = exact_hex("220a 0102030405060708 0101");
	struct tcp_opts cookie;

	tcp_opts_parse(e.p, e.len, &cookie);

	CHECK_EQ_X(request.present, OPT_TFO);
	CHECK_EQ_U(request.tfo_len, 0);
	CHECK_EQ_X(cookie.present, OPT_TFO);
	CHECK_EQ_U(cookie.tfo_len, 8);
	CHECK_PTR(cookie.tfo, e.p + 2);
}

static void
fast_open_experimental(void)
{
	struct tcp_opts request = parse("fe04 f989"), odd = parse("fe07 f989 010203"), other = parse("fe08 f98a 01020304");
	struct tcp_opts first = parse("fe08 f989 01020304 2206 05060708 0101");
	struct exact e = exact_hex("fe08 f989 01020304");
	uint8_t out[8];

	CHECK_EQ_X(request.present, OPT_TFO);
	CHECK_EQ_U(request.tfo_exp, 1);
	CHECK_EQ_U(request.tfo_len, 0);
	CHECK_EQ_X(odd.present, OPT_IGNORED);
	CHECK_EQ_X(other.present, OPT_UNKNOWN);
	CHECK_EQ_U(first.tfo_exp, 1);
	CHECK_EQ_U(first.tfo_len, 4);
	CHECK_EQ_U(parse("2206 05060708").tfo_exp, 0);
	CHECK_PTR(tcp_opt_put_tfo_exp(out, "\x01\x02\x03\x04", 4), out + 8);
	CHECK_MEM(out, e.p, 8);
}

static void
others(void)
{
	uint8_t nops[40];
	struct tcp_opts o;

	memset(nops, TCPOPT_NOP, sizeof(nops));
	tcp_opts_parse(nops, sizeof(nops), &o);
	CHECK_EQ_X(o.present, 0);
	memset(nops, 0x99, sizeof(nops));
	nops[1] = 40;
	tcp_opts_parse(nops, sizeof(nops), &o);
	CHECK_EQ_X(o.present, OPT_UNKNOWN);
	CHECK_EQ_X(parse("1e08 00810000 0000").present, OPT_MPTCP);
	CHECK_EQ_X(parse("1d04 0000").present, OPT_AO);
	CHECK_EQ_X(parse("1312 00112233445566778899aabbccddeeff").present, OPT_MD5);
}

static void
put_all(void)
{
	static const struct tcp_sack_block block = {1, 2};
	struct exact want = exact_hex("020405b4 030308 0402 080a0000000100000002 00 01 050a 00000001"
				      "00000002 2204 abcd 01");
	struct exact out = exact_copy((uint8_t[36]){0}, 36);
	uint8_t *p = out.p;

	p = tcp_opt_put_mss(p, 1460);
	p = tcp_opt_put_ws(p, 8);
	p = tcp_opt_put_sackok(p);
	p = tcp_opt_put_ts(p, 1, 2);
	p = tcp_opt_put_eol(p);
	p = tcp_opt_put_nop(p);
	p = tcp_opt_put_sack(p, &block, 1);
	p = tcp_opt_put_tfo(p, "\xab\xcd", 2);
	p = tcp_opt_pad(out.p, p);

	CHECK_PTR(p, out.p + 36);
	CHECK_MEM(out.p, want.p, want.len);
	CHECK_PTR(tcp_opt_pad(out.p, p), p);
}

/* The layout of hexadecimal option bytes. */
static const char *
layout(const char *digits)
{
	static char text[TCP_OPT_LAYOUT_CAP];
	struct exact e = exact_hex(digits);

	CHECK(tcp_opts_layout(text, sizeof(text), e.p, e.len) < sizeof(text));
	return text;
}

static void
layouts(void)
{
	CHECK_STR(layout(""), "");
	CHECK_STR(layout("020405b4 01 030308 01 01 0402"), "mss,nop,ws,nop,nop,sok");
	CHECK_STR(layout("020405b4 0402 080a0000000100000000 01 030307"), "mss,sok,ts,nop,ws");
	CHECK_STR(layout("020405b4 0402 00 00"), "mss,sok,eol+1");
	CHECK_STR(layout("00"), "eol+0");
	CHECK_STR(layout("050a 0000000100000002 1e03 00"), "sack,?30");
	CHECK_STR(layout("01 fe00"), "nop,!");
	CHECK_STR(layout("02"), "!");
	CHECK_EQ_U(strlen(layout("01010101010101010101 01010101010101010101"
				 "01010101010101010101 01010101010101010101")),
		40 * 4 - 1);
}

static void
layout_cut(void)
{
	struct exact opts = exact_hex("020405b4 0402");
	struct exact out = exact_copy("xxxxx", 5);

	size_t n = tcp_opts_layout((char *)out.p, out.len, opts.p, opts.len);

	CHECK_EQ_U(n, 7);
	CHECK_STR((char *)out.p, "mss,");
	CHECK_EQ_U(tcp_opts_layout(NULL, 0, opts.p, opts.len), 7);
}

static const struct test_case cases[] = {
	/* proves MUST-64 */
	{"timestamps alone read the same by the fast way and the general", timestamps_alone},
	{"no options leave everything absent", none},
	/* proves MUST-4 */
	{"the options of a SYN are all found", syn},
	{"one to four SACK blocks are read as sent", sack_blocks},
	{"a known kind of wrong length is skipped and the next one read", wrong_length_skipped},
	/* proves MUST-7 */
	{"parsing stops at length 0 or 1 or past the end, keeping what came before", stops_at_bad},
	{"parsing stops at EOL whatever follows", stops_at_eol},
	{"the first option of a kind wins", first_wins},
	{"values are reported as sent, however odd", raw_values},
	/* proves tcpo-tfo-18 */
	{"a Fast Open request and a cookie are told apart", fast_open},
	{"Fast Open under the experimental kind is the same", fast_open_experimental},
	/* proves MUST-6 */
	{"other kinds are noted and skipped", others},
	/* proves MUST-68 */
	{"each option is written as the RFCs draw it", put_all},
	{"the layout is told in p0f's words", layouts},
	{"a layout that does not fit is cut and its length told", layout_cut},
	{NULL, NULL},
};

const struct test_suite tcp_opt_suite = {
	.name = "tcp_opt", .cases = cases, .after = exact_free_all};
