/* SPDX-License-Identifier: BSD-3-Clause */
/* Signatures of segments made by hand. */
#include <string.h>

#include "p0f_print.h"
#include "suites.h"

#define MSS 2, 4, 5, 0xb4
#define SOK 4, 2
#define TS 8, 10, 0, 0, 0, 9, 0, 0, 0, 0
#define WS(n) 3, 3, (n)

static struct observed
syn(void)
{
	static const uint8_t opts[20] = {MSS, SOK, TS, 1, WS(7)};
	struct observed o = {.kind = OBSERVED_TCP, .ttl = 64, .df = true, .ip_id = 5, .seq = 1, .window = 64240,
		.flags = FLAG_SYN, .opt_len = 20};

	memcpy(o.opts, opts, sizeof(opts));
	return o;
}

static void
check(const struct observed *o, uint16_t peer_mss, const char *want)
{
	char got[P0F_SIG_CAP];

	REQUIRE(p0f_signature(o, peer_mss, got));
	CHECK_STR(got, want);
}

static void
a_linux_syn_has_its_signature(void)
{
	struct observed o = syn();

	check(&o, 0, "4:64+0:0:1460:mss*44,7:mss,sok,ts,nop,ws:df,id+:0");
}

static void
windows_are_multiples_of_what_fits_first(void)
{
	struct observed o = syn();

	o.window = 45 * 1448;
	check(&o, 0, "4:64+0:0:1460:mss*45,7:mss,sok,ts,nop,ws:df,id+:0");
	o.window = 3 * 1500;
	check(&o, 0, "4:64+0:0:1460:mtu*3,7:mss,sok,ts,nop,ws:df,id+:0");
	o.window = 65535;
	check(&o, 0, "4:64+0:0:1460:65535,7:mss,sok,ts,nop,ws:df,id+:0");
	o.window = 0;
	check(&o, 0, "4:64+0:0:1460:0,7:mss,sok,ts,nop,ws:df,id+:0");
	o.flags |= FLAG_ACK;
	o.ack = 1;
	o.window = 7 * 1331;
	check(&o, 1331, "4:64+0:0:1460:mss*7,7:mss,sok,ts,nop,ws:df,id+:0");
}

static void
hops_are_told_from_the_ttl(void)
{
	struct observed o = syn();

	o.ttl = 120;
	check(&o, 0, "4:120+8:0:1460:mss*44,7:mss,sok,ts,nop,ws:df,id+:0");
	o.ttl = 200;
	check(&o, 0, "4:200+?:0:1460:mss*44,7:mss,sok,ts,nop,ws:df,id+:0");
}

static void
quirks_stand_in_their_order(void)
{
	struct observed o = syn();

	o.df = false;
	o.ip_id = 0;
	o.seq = 0;
	o.ack = 0x01000000;
	o.urgent = 4;
	o.flags |= FLAG_ECE | FLAG_PSH;
	o.data_len = 3;
	memset(o.opts + 8, 0, 4); /* the clock */
	o.opts[15] = 1;
	check(&o, 0, "4:64+0:0:1460:mss*44,7:mss,sok,ts,nop,ws:id-,ecn,seq-,ack+,uptr+,pushf+,ts1-,ts2+:+");
}

static void
padding_is_counted_behind_eol(void)
{
	struct observed o = syn();
	static const uint8_t opts[8] = {MSS, 0, 0, 0, 1};

	memcpy(o.opts, opts, 8);
	o.opt_len = 8;
	check(&o, 0, "4:64+0:0:1460:mss*44,0:mss,eol+3:df,id+,opt+:0");
	o.opts[4] = 77;
	o.opts[5] = 9;
	check(&o, 0, "4:64+0:0:1460:mss*44,0:mss,?77:df,id+,bad:0");
	o.opt_len = 0;
	check(&o, 0, "4:64+0:0:0:64240,0::df,id+:0");
}

static void
other_segments_have_none(void)
{
	struct observed o = syn();
	char got[P0F_SIG_CAP];

	o.flags = FLAG_ACK;
	CHECK(!p0f_signature(&o, 0, got));
	o.flags = FLAG_SYN | FLAG_FIN;
	CHECK(!p0f_signature(&o, 0, got));
	o = syn();
	o.kind = OBSERVED_UDP;
	CHECK(!p0f_signature(&o, 0, got));
}

static const struct test_case cases[] = {
	{"a Linux SYN has its signature", a_linux_syn_has_its_signature},
	{"a window is a multiple of the first size that fits", windows_are_multiples_of_what_fits_first},
	{"hops are told from the TTL", hops_are_told_from_the_ttl},
	{"quirks stand in their order", quirks_stand_in_their_order},
	{"padding is counted behind EOL", padding_is_counted_behind_eol},
	{"other segments have no signature", other_segments_have_none},
	{NULL, NULL},
};
const struct test_suite p0f_suite = {.name = "p0f", .cases = cases};
