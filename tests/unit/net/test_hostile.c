/* SPDX-License-Identifier: BSD-3-Clause */
/* Packets that no honest host sends, one line each: what is altered, the verdict, the answer. */
#include "suites.h"

#include <stdlib.h>

#include <mien/profile.h>

#include "bed.h"

enum base { ARP, ECHO, UDP, OPTS, ICMP_ERROR, TS_REQUEST };

/* What is not made right again after the patch. */
#define RAW_IP 1u
#define RAW_ICMP 2u
#define BCAST 4u /* the frame is a link broadcast */

struct hostile {
	const char *name;
	enum base base;
	/* Bytes written behind the Ethernet header: "offset:hex offset:hex" */
	const char *patch;
	unsigned int flags;
	enum mien_drop drop;
	const char *answer;  /* "": silence */
	unsigned int cut_to; /* bytes behind the Ethernet header, 0: all; more: padding */
};

#define REPLY "arp reply 10.9.0.1 is-at 02:00:00:00:00:01"
#define PONG "10.9.0.1 > 10.9.0.2 icmp echo reply id 7 seq 1 (16)"
#define PROTO(len) "10.9.0.1 > 10.9.0.2 icmp unreachable proto [10.9.0.2 > 10.9.0.1 proto 253 len " #len "]"
#define CLOSED(sp, dp)                                                                             \
	"10.9.0.1 > 10.9.0.2 icmp unreachable port [10.9.0.2:" #sp " > 10.9.0.1:" #dp " udp len 33]"

#define DROPPED(reason) 0, MIEN_DROP_##reason, ""
#define ANSWERED(text) 0, MIEN_DROP_NONE, text

static const struct hostile arp_cases[] = {
	{"a valid request is answered", ARP, "", ANSWERED(REPLY)},
	{"a body cut to 20 bytes is malformed", ARP, "", DROPPED(ARP_MALFORMED), 20},
	{"a sender MAC unlike the frame's is taken, and answered", ARP, "8:020000000099", ANSWERED(REPLY)},
	{"an empty body is malformed", ARP, "", DROPPED(ARP_MALFORMED), 1},
	{"hardware length 255 is malformed", ARP, "4:ff", DROPPED(ARP_MALFORMED)},
	{"hardware length 0 is malformed", ARP, "4:00", DROPPED(ARP_MALFORMED)},
	{"protocol length 16 is malformed", ARP, "5:10", DROPPED(ARP_MALFORMED)},
	{"opcode 0 is ignored", ARP, "6:0000", DROPPED(ARP_IGNORED)},
	{"opcode 65535 is ignored", ARP, "6:ffff", DROPPED(ARP_IGNORED)},
	{"hardware type 7 is ignored", ARP, "0:0007", DROPPED(ARP_IGNORED)},
	{"protocol type 86dd is ignored", ARP, "2:86dd", DROPPED(ARP_IGNORED)},
	{"a request for somebody else is not ours", ARP, "24:0a090063", DROPPED(ARP_NOT_OURS)},
	{"a probe is answered", ARP, "14:00000000", ANSWERED(REPLY)},
	{"a broadcast sender MAC is a bad sender", ARP, "8:ffffffffffff", DROPPED(ARP_BAD_SENDER)},
	{"a group sender MAC is a bad sender", ARP, "8:01005e000001", DROPPED(ARP_BAD_SENDER)},
	{"a multicast sender address is a bad sender", ARP, "14:e0000001", DROPPED(ARP_BAD_SENDER)},
	{"the link's broadcast address is a bad sender", ARP, "14:0a0900ff", DROPPED(ARP_BAD_SENDER)},
	{"a sender off the link is answered", ARP, "14:c0000209", ANSWERED(REPLY)},
	{"a reply for an unknown host is taken quietly", ARP, "6:0002 14:0a090063", ANSWERED("")},
	{NULL},
};

static const struct hostile ip_cases[] = {
	{"a valid echo request is answered", ECHO, "", ANSWERED(PONG)},
	{"version 5 is dropped", ECHO, "0:55", DROPPED(IP_VERSION)},
	{"version 0 is dropped", ECHO, "0:05", DROPPED(IP_VERSION)},
	{"an IPv6 header behind IPv4's ethertype is dropped", ECHO, "0:60", DROPPED(IP_VERSION)},
	{"header length 0 is dropped", ECHO, "0:40", RAW_IP, MIEN_DROP_IP_HEADER_LEN, ""},
	{"header length 4 is dropped", ECHO, "0:41", RAW_IP, MIEN_DROP_IP_HEADER_LEN, ""},
	{"header length 8 is dropped", ECHO, "0:42", RAW_IP, MIEN_DROP_IP_HEADER_LEN, ""},
	{"header length 12 is dropped", ECHO, "0:43", RAW_IP, MIEN_DROP_IP_HEADER_LEN, ""},
	{"header length 16 is dropped", ECHO, "0:44", RAW_IP, MIEN_DROP_IP_HEADER_LEN, ""},
	{"header length 60 of 44 bytes is dropped", ECHO, "0:4f", RAW_IP, MIEN_DROP_IP_HEADER_LEN, ""},
	{"header length 60 with total length 20 is dropped", ECHO, "0:4f 2:0014", DROPPED(IP_TOTAL_LEN), 60},
	{"total length 19 is dropped", ECHO, "2:0013", DROPPED(IP_TOTAL_LEN)},
	{"total length 0 is dropped", ECHO, "2:0000", DROPPED(IP_TOTAL_LEN)},
	{"total length beyond the frame is dropped", ECHO, "2:0578", DROPPED(IP_TOTAL_LEN)},
	{"padding behind the total length is cut off", ECHO, "", ANSWERED(PONG), 1000},
	{"10 bytes of IP are too short", ECHO, "", RAW_IP, MIEN_DROP_IP_SHORT, "", 10},
	{"a wrong header checksum is dropped", ECHO, "10:1234", RAW_IP, MIEN_DROP_IP_CHECKSUM, ""},
	{"TTL 0 is answered", ECHO, "8:00", ANSWERED(PONG)},
	{"TTL 1 is answered", ECHO, "8:01", ANSWERED(PONG)},
	{"the reserved flag is overlooked", ECHO, "6:8000", ANSWERED(PONG)},
	{"the host itself is no source", ECHO, "12:0a090001", DROPPED(IP_BAD_SOURCE)},
	{"127.0.0.1 is no source", ECHO, "12:7f000001", DROPPED(IP_BAD_SOURCE)},
	{"0.0.0.0 is no source", ECHO, "12:00000000", DROPPED(IP_BAD_SOURCE)},
	{"255.255.255.255 is no source", ECHO, "12:ffffffff", DROPPED(IP_BAD_SOURCE)},
	{"the link's broadcast is no source", ECHO, "12:0a0900ff", DROPPED(IP_BAD_SOURCE)},
	{"a group is no source", ECHO, "12:e0010101", DROPPED(IP_BAD_SOURCE)},
	{"240.0.0.1 is no source", ECHO, "12:f0000001", DROPPED(IP_BAD_SOURCE)},
	{"127.0.0.1 is not ours", ECHO, "16:7f000001", DROPPED(IP_NOT_OURS)},
	{"another host's address is not ours", ECHO, "16:0a090063", DROPPED(IP_NOT_OURS)},
	{"a unicast packet in a broadcast frame is dropped", ECHO, "", BCAST, MIEN_DROP_IP_LINK_BROADCAST, ""},
	{"TCP to the link's broadcast is dropped", ECHO, "9:06 16:0a0900ff", BCAST, MIEN_DROP_TCP_BROADCAST, ""},
	{"TCP to a group is dropped", ECHO, "9:06 16:e0000001", BCAST, MIEN_DROP_IP_NOT_OURS, ""},
	{"an unknown protocol is answered", ECHO, "9:fd", 0, MIEN_DROP_IP_PROTOCOL, PROTO(44)},
	{"IP in IP is not taken apart", ECHO, "9:04", 0, MIEN_DROP_IP_PROTOCOL,
		"10.9.0.1 > 10.9.0.2 icmp unreachable proto [10.9.0.2 > 10.9.0.1 proto 4 len 44]"},
	{NULL},
};

/* The base has 8 bytes of options from offset 20 on, NOPs. */
static const struct hostile option_cases[] = {
	{"NOPs are answered", OPTS, "", ANSWERED(PONG)},
	{"option length 0 is dropped", OPTS, "20:4400", DROPPED(IP_OPTION)},
	{"option length 1 is dropped", OPTS, "20:0701", DROPPED(IP_OPTION)},
	{"an option past the header is dropped", OPTS, "20:0709", DROPPED(IP_OPTION)},
	{"an option's kind as the last byte is dropped", OPTS, "27:07", DROPPED(IP_OPTION)},
	{"an unknown option is overlooked", OPTS, "20:5e040000", ANSWERED(PONG)},
	{"record route with pointer 0 is dropped", OPTS, "20:070700", DROPPED(IP_OPTION)},
	{"record route with pointer 255 records nothing", OPTS, "20:0707ff", ANSWERED(PONG)},
	{"a full record route is answered", OPTS, "20:070708", ANSWERED(PONG)},
	{"a timestamp option that overflowed is answered", OPTS, "20:440809f0", ANSWERED(PONG)},
	{"a timestamp option with pointer 4 is dropped", OPTS, "20:44080400", DROPPED(IP_OPTION)},
	{"a loose source route is not followed", OPTS, "20:8307040a090063", DROPPED(IP_OPTION)},
	{"a strict source route is not followed", OPTS, "20:8907040a090063", DROPPED(IP_OPTION)},
	{"two source routes are refused", OPTS, "20:8303048303040000", DROPPED(IP_OPTION)},
	{"a source route that is done is refused", OPTS, "20:8907080a090063", DROPPED(IP_OPTION)},
	{"what follows the end of options is overlooked", OPTS, "20:0044008307040a", ANSWERED(PONG)},
	{NULL},
};

static const struct hostile icmp_cases[] = {
	{"4 bytes of ICMP are too short", ECHO, "2:0018", RAW_ICMP, MIEN_DROP_ICMP_SHORT, ""},
	{"1 byte of ICMP is too short", ECHO, "2:0015", RAW_ICMP, MIEN_DROP_ICMP_SHORT, ""},
	{"no byte of ICMP is too short", ECHO, "2:0014", RAW_ICMP, MIEN_DROP_ICMP_SHORT, ""},
	{"a wrong ICMP checksum is dropped", ECHO, "22:1234", RAW_ICMP, MIEN_DROP_ICMP_CHECKSUM, ""},
	{"an echo request's code comes back", ECHO, "21:41",
		ANSWERED("10.9.0.1 > 10.9.0.2 icmp echo reply id 7 seq 1 code 65 (16)")},
	{"an echo request without data is answered", ECHO, "2:001c",
		ANSWERED("10.9.0.1 > 10.9.0.2 icmp echo reply id 7 seq 1 (0)")},
	{"an echo request to the link's broadcast is dropped", ECHO, "16:0a0900ff", BCAST,
		MIEN_DROP_ICMP_BROADCAST, ""},
	{"an echo request to 255.255.255.255 is dropped", ECHO, "16:ffffffff", BCAST, MIEN_DROP_ICMP_BROADCAST, ""},
	{"a timestamp request is ignored", ECHO, "20:0d", DROPPED(ICMP_TYPE)},
	{"a timestamp request cut to 8 bytes is ignored", ECHO, "2:001c 20:0d", DROPPED(ICMP_TYPE)},
	{"an address mask request is ignored", ECHO, "20:11", DROPPED(ICMP_TYPE)},
	{"an address mask reply is ignored", ECHO, "20:12", DROPPED(ICMP_TYPE)},
	{"an information request is ignored", ECHO, "20:0f", DROPPED(ICMP_TYPE)},
	{"type 200 is ignored", ECHO, "20:c8", DROPPED(ICMP_TYPE)},
	{"a router advertisement is ignored", ECHO, "20:09", DROPPED(ICMP_TYPE)},
	{"source quench is ignored", ICMP_ERROR, "20:04", DROPPED(ICMP_TYPE)},
	{"source quench about a segment is ignored", ICMP_ERROR, "20:04 37:06", DROPPED(ICMP_TYPE)},
	{"a redirect is ignored", ICMP_ERROR, "20:0501 24:0a090063", DROPPED(ICMP_TYPE)},
	{"a redirect to a gateway off the link is ignored", ICMP_ERROR, "20:0501 24:c0000209", DROPPED(ICMP_TYPE)},
	{"an MTU of 0 for an unknown connection is stale", ICMP_ERROR, "20:0304 24:00000000", DROPPED(ICMP_STALE)},
	{"an MTU of 1 for an unknown connection is stale", ICMP_ERROR, "20:0304 24:00000001", DROPPED(ICMP_STALE)},
	{"an MTU of 65535 for an unknown connection is stale", ICMP_ERROR, "20:0304 24:0000ffff", DROPPED(ICMP_STALE)},
	{"fragmentation needed for an unknown connection is stale", ICMP_ERROR, "20:0304 24:00000044",
		DROPPED(ICMP_STALE)},
	{"an error that quotes 4 bytes is too short", ICMP_ERROR, "2:0020", DROPPED(ICMP_SHORT)},
	{"an error that quotes half a header is too short", ICMP_ERROR, "28:4f", DROPPED(ICMP_SHORT)},
	{"an error about an ICMP message is stale", ICMP_ERROR, "37:01", DROPPED(ICMP_STALE)},
	{"an error about somebody else's packet is stale", ICMP_ERROR, "40:0a090063", DROPPED(ICMP_STALE)},
	{"a parameter problem is stale", ICMP_ERROR, "20:0c00", DROPPED(ICMP_STALE)},
	{NULL},
};

static const struct hostile udp_cases[] = {
	{"a closed port is answered", UDP, "", 0, MIEN_DROP_UDP_CLOSED, CLOSED(5555, 7)},
	{"UDP length 0 is dropped", UDP, "24:00000000", DROPPED(UDP_SHORT)},
	{"UDP length 7 is dropped", UDP, "24:00070000", DROPPED(UDP_SHORT)},
	{"UDP length 2000 is dropped", UDP, "24:07d00000", DROPPED(UDP_SHORT)},
	{"UDP length 65535 is dropped", UDP, "24:ffff0000", DROPPED(UDP_SHORT)},
	{"4 bytes of UDP are too short", UDP, "2:0018", DROPPED(UDP_SHORT)},
	{"a wrong UDP checksum is dropped", UDP, "26:1234", DROPPED(UDP_CHECKSUM)},
	{"a closed port in a broadcast is not answered", UDP, "16:0a0900ff 26:0000", BCAST, MIEN_DROP_UDP_CLOSED, ""},
	{"port 0 is closed", UDP, "22:0000 26:0000", 0, MIEN_DROP_UDP_CLOSED, CLOSED(5555, 0)},
	{"a broadcast source is dropped", UDP, "12:ffffffff 26:0000", DROPPED(IP_BAD_SOURCE)},
	{"a packet to itself is dropped", UDP, "12:0a090001 26:0000", DROPPED(IP_BAD_SOURCE)},
	{NULL},
};

static void
build_opts(struct frame *f)
{
	static const uint8_t nops[8] = {1, 1, 1, 1, 1, 1, 1, 1};
	const struct ip4_hdr_v v = {.proto = IPP_ICMP, .opts = nops, .opt_len = sizeof(nops)};
	uint8_t icmp[64];

	frame_ip(f, &v, icmp, icmp4_build(icmp, sizeof(icmp), ICMP4_ECHO, 0, 0x70001, "0123456789abcdef", 16));
}

/* Port unreachable about a UDP packet from the host to the peer. */
static void
build_error(struct frame *f)
{
	const struct ip4_hdr_v inner = {
		.src = HOST_IP, .dst = PEER_IP, .ttl = 60, .proto = IPP_UDP, .total_len = 28, .opts = NULL};
	const struct ip4_hdr_v outer = {.proto = IPP_ICMP};
	uint8_t quote[28] = {0}, icmp[64];

	ip4_build(quote, &inner);
	put_be16(quote + 20, 4000);
	put_be16(quote + 22, 53);
	frame_ip(f, &outer, icmp,
		icmp4_build_error(icmp, sizeof(icmp), ICMP4_UNREACH, ICMP4_UNREACH_PORT, 0, quote, sizeof(quote)));
}

static void
build(struct frame *f, enum base base)
{
	memset(f, 0, sizeof(*f));
	switch (base) {
	case ARP:
		frame_arp(f, 1, PEER_MAC, PEER_IP, HOST_IP);
		break;
	case UDP:
		frame_udp(f, 5555, 7, "hello", 5);
		break;
	case OPTS:
		build_opts(f);
		break;
	case ICMP_ERROR:
		build_error(f);
		break;
	default:
		frame_echo(f, 7, 16);
		break;
	}
}

static void
patch(struct frame *f, const char *s)
{
	char *end;

	while (*s) {
		uint8_t *p = f->bytes + FRAME_IP + strtoul(s, &end, 10);

		for (s = end + 1; *s && *s != ' '; s += 2) {
			const char digits[3] = {s[0], s[1], 0};

			*p++ = (uint8_t)strtoul(digits, NULL, 16);
		}
		s += *s == ' ';
	}
}

/* Sums are right again where the header's lengths leave something to sum. */
static void
fix_sums(struct frame *f, const struct hostile *h)
{
	uint8_t *ip = f->bytes + FRAME_IP;
	uint32_t ihl = (ip[0] & 15u) * 4, total = get_be16(ip + 2);

	if (!(h->flags & RAW_ICMP) && ip[9] == IPP_ICMP && total > ihl + ICMP4_HDR_LEN - 1 && FRAME_IP + total <= f->len) {
		put_be16(ip + ihl + 2, 0);
		put_be16(ip + ihl + 2, cksum(ip + ihl, total - ihl));
	}
	if (!(h->flags & RAW_IP))
		frame_fix_ip(f);
}

/* p NULL: the plain host. */
static struct bed *
bed_of(const struct mien_personality *p)
{
	const struct mien_addr peer = mien_addr_ip4(PEER_IP);
	struct bed *b = bed_new();

	if (p)
		*b->p = *p;
	bed_start(b);
	REQUIRE_EQ_I(net_set_gateway(&b->net, &peer), MIEN_OK);
	return b;
}

static void
run_case(const struct hostile *h, const struct mien_personality *p)
{
	struct bed *b = bed_of(p);
	enum mien_drop drop;
	struct frame f;

	build(&f, h->base);
	patch(&f, h->patch);
	if (h->base != ARP)
		fix_sums(&f, h);
	if (h->flags & BCAST)
		memcpy(f.bytes, BROADCAST_MAC, 6);
	drop = bed_rx(b, f.bytes, h->cut_to ? FRAME_IP + h->cut_to : f.len);
	if (drop != h->drop)
		FAIL("%s: verdict %s, expected %s", h->name, mien_drop_name(drop), mien_drop_name(h->drop));
	if (strcmp(bed_sent_text(b), h->answer) != 0)
		FAIL("%s: answer \"%s\", expected \"%s\"", h->name, b->text, h->answer);
	if (*bed_sent_text(b))
		FAIL("%s: second answer \"%s\"", h->name, b->text);
	bed_free(b);
}

static void
run_all(const struct hostile *h)
{
	for (; h->name; h++)
		run_case(h, NULL);
}

/* -- and what Linux makes of them ---------------------------------------------------------------------------------- */

#define PROBLEM(at) 0, MIEN_DROP_IP_OPTION, "10.9.0.1 > 10.9.0.2 icmp parameter-problem code 0 pointer " #at " [" REQUEST "]"
#define REQUEST "10.9.0.2 > 10.9.0.1 icmp len 52"
#define PONG_TO(whom) "10.9.0.1 > " whom " icmp echo reply id 7 seq 1 (16)"

/* Named as the cases they take the place of; measured on Linux 6.18. */
static const struct hostile linux_cases[] = {
	{"a broadcast sender MAC is a bad sender", ARP, "8:ffffffffffff", ANSWERED(REPLY)},
	{"a group sender MAC is a bad sender", ARP, "8:01005e000001", ANSWERED(REPLY)},
	{"the link's broadcast address is a bad sender", ARP, "14:0a0900ff", ANSWERED(REPLY)},
	{"the link's broadcast is no source", ECHO, "12:0a0900ff", ANSWERED(PONG_TO("10.9.0.255"))},
	{"240.0.0.1 is no source", ECHO, "12:f0000001", ANSWERED(PONG_TO("240.0.0.1"))},
	{"a unicast packet in a broadcast frame is dropped", ECHO, "", BCAST, MIEN_DROP_NONE, PONG},
	{"option length 0 is dropped", OPTS, "20:4400", PROBLEM(20)},
	{"option length 1 is dropped", OPTS, "20:0701", PROBLEM(20)},
	{"an option past the header is dropped", OPTS, "20:0709", PROBLEM(20)},
	{"an option's kind as the last byte is dropped", OPTS, "27:07", PROBLEM(27)},
	{"record route with pointer 0 is dropped", OPTS, "20:070700", PROBLEM(22)},
	{"a timestamp option that overflowed is answered", OPTS, "20:440809f0", PROBLEM(23)},
	{"a timestamp option with pointer 4 is dropped", OPTS, "20:44080400", PROBLEM(22)},
	{"a timestamp request is ignored", ECHO, "20:0d",
		ANSWERED("10.9.0.1 > 10.9.0.2 icmp timestamp reply id 7 seq 1 (12)")},
	{"a timestamp request cut to 8 bytes is ignored", ECHO, "2:001c 20:0d", DROPPED(ICMP_SHORT)},
	{NULL},
};

static const struct hostile *
as_linux(const struct hostile *h)
{
	for (const struct hostile *l = linux_cases; l->name; l++)
		if (strcmp(l->name, h->name) == 0)
			return l;
	return h;
}

/* A gateway makes 240.0.0.1 reachable. */
static void
linux_does_as_linux(void)
{
	static const struct hostile *const all[] = {arp_cases, ip_cases, option_cases, icmp_cases, udp_cases};
	struct mien_profile *linux_6 = NULL;
	struct mien_error err = {0};

	if (mien_profile_load("linux-6", &linux_6, &err) != MIEN_OK)
		FAIL("%s:%u: %s", err.file, err.line, err.text);
	for (unsigned int i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		for (const struct hostile *h = all[i]; h->name; h++)
			run_case(as_linux(h), mien_profile_personality(linux_6));
	mien_profile_unref(linux_6);
}

static void
arp_is_sound(void)
{
	run_all(arp_cases);
}

static void
ip_is_sound(void)
{
	run_all(ip_cases);
}

static void
options_are_sound(void)
{
	run_all(option_cases);
}

static void
icmp_is_sound(void)
{
	run_all(icmp_cases);
}

static void
udp_is_sound(void)
{
	run_all(udp_cases);
}

static const struct test_case cases[] = {
	/*
	 * proves ARP-7 arp-ok arp-trunc arp-empty arp-sha-mismatch arp-hlen255 arp-hlen0 arp-plen16 arp-op0 arp-opffff arp-hw7
	 * arp-proto arp-other arp-probe arp-bcast-sha arp-mcast-sha arp-mcast-spa arp-bcast-spa arp-offlink
	 * arp-unsol ACD-5
	 */
	{"ARP packets of every malformed kind get their verdict and answer", arp_is_sound},
	/*
	 * proves MUST-57 tcp-bcast tcp-mcast ARP-6 IP-1 IP-2 IP-3 IP-14 IP-15 IP-16 IP-17 MUST-63 ip-ok ip-ver5 ip-ver0 ip-ihl0 ip-ihl1 ip-ihl2
	 * ip-ihl3 ip-ihl4 ip-ihl15-short ip-tl19 ip-tl0 ip-tl-over ip-tl-pad ip-short10 ip-badsum ip-ttl0
	 * ip-ttl1 ip-evil ip-src-self ip-src-lo ip-dst-lo ip-src-0 ip-src-bcast ip-src-subbcast ip-src-mcast
	 * ip-src-240 ip-dst-other ip-l2bcast ip-proto253 ip-ipip ip-v6in0800 tcp-srcmcast tcp-srcbcast
	 * tcp-l2bcast
	 */
	{"IP packets of every malformed kind get their verdict and answer", ip_is_sound},
	/*
	 * proves ipo-len0 ipo-len1 ipo-over ipo-trunc ipo-unknown ipo-rr-ptr0 ipo-rr-ptrbig ipo-rr-full
	 * ipo-ts-of ipo-lsrr ipo-lsrr2 ipo-ssrr-done ipo-nucleus ipo-after-eol
	 */
	{"IP options of every malformed kind get their verdict and answer", options_are_sound},
	/*
	 * proves MUST-55 IC-1 IC-5 IC-6 IC-7 IC-8 IC-11 icmp-trunc4 icmp-trunc1 icmp-trunc0 icmp-badsum
	 * icmp-code icmp-nodata icmp-bcast icmp-bcast2 icmp-ts icmp-mask icmp-maskrep icmp-info icmp-unk
	 * icmp-quench icmp-redir icmp-redir-off icmp-ptb0 icmp-ptb1 icmp-ptb65535 icmp-ts-trunc icmp-ptb68
	 * icmp-err-short icmp-err-ihl icmp-err-err icmp-pp icmp-ra est-icmp-quench
	 */
	{"ICMP messages of every malformed kind get their verdict and answer", icmp_is_sound},
	/*
	 * proves UDP-2 UDP-5 UDP-6 udp-len0 udp-len7 udp-lenover udp-lenffff udp-short udp-badsum udp-closed
	 * udp-closed-bcast udp-dport0 udp-srcbcast udp-self
	 */
	{"UDP datagrams of every malformed kind get their verdict and answer", udp_is_sound},
	/*
	 * proves arp-bcast-sha arp-mcast-sha arp-bcast-spa arp-offlink arp-sha-mismatch ip-src-subbcast ip-src-240
	 * ip-l2bcast ipo-len0 ipo-len1 ipo-over ipo-trunc ipo-rr-ptr0 ipo-ts-of icmp-ts icmp-ts-trunc
	 */
	{"linux-6 answers hostile packets as Linux does", linux_does_as_linux},
	{NULL, NULL},
};

const struct test_suite hostile_suite = {"hostile", NULL, NULL, cases, NULL, NULL};
