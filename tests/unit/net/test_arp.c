/* SPDX-License-Identifier: BSD-3-Clause */
#include "suites.h"

#include "bed.h"

/* arp-scan's eleven, in the order of the mask's bits from the top. */
static void
odd_request(struct frame *f, unsigned int i)
{
	static const struct {
		uint32_t spa;
		uint8_t at, len, bytes[2];
	} odd[11] = {
		{0x7f000001, 0, 0, {0}},
		{0, 0, 0, {0}},
		{0xffffffff, 0, 0, {0}},
		{0x01000001, 0, 0, {0}},
		{PEER_IP, 6, 2, {0, 255}},
		{PEER_IP, 0, 2, {0, 6}},
		{PEER_IP, 0, 2, {0, 255}},
		{PEER_IP, 2, 2, {0xff, 0xff}},
		{PEER_IP, 2, 2, {0x81, 0x37}},
		{PEER_IP, 5, 1, {6}},
		{PEER_IP, 4, 1, {8}},
	};

	frame_arp(f, 1, PEER_MAC, odd[i].spa, HOST_IP);
	memcpy(f->bytes + FRAME_IP + odd[i].at, odd[i].bytes, odd[i].len);
}

static void
answers_as(const char *bits)
{
	struct bed *b = bed_new();
	char got[12] = {0};

	b->p->arp.answer = 0;
	for (unsigned int i = 0; i < 11; i++)
		b->p->arp.answer = (uint16_t)(b->p->arp.answer | (bits[i] == '1' ? 0x400u >> i : 0));
	bed_start(b);
	for (unsigned int i = 0; i < 11; i++) {
		struct frame f;

		odd_request(&f, i);
		bed_rx(b, f.bytes, f.len);
		got[i] = bed_sent(b) ? '1' : '0';
	}
	CHECK_STR(got, bits);
	bed_free(b);
}

static void
the_mask_decides(void)
{
	answers_as("11110100000"); /* FreeBSD, Windows XP */
	answers_as("01000100000"); /* Linux 2.6 */
	answers_as("01010100000"); /* Linux 4, Windows 10 */
	answers_as("11110110000"); /* Solaris */
	answers_as("01000111111"); /* ScreenOS */
	answers_as("11110111111"); /* Plan 9 */
	answers_as("00000000000");
	answers_as("11111111111");
}

static void
the_reply_goes_to_the_asker(void)
{
	struct bed *b = bed_new_started();
	struct frame f;
	const struct sent *s;

	frame_arp(&f, 1, PEER_MAC, PEER_IP, HOST_IP);
	CHECK_EQ_I(bed_rx(b, f.bytes, f.len), MIEN_DROP_NONE);

	s = bed_sent(b);
	REQUIRE_NOT_NULL(s);
	REQUIRE_EQ_U(s->len, 42);
	CHECK_MEM(s->bytes,
		"\x02\0\0\0\0\x02\x02\0\0\0\0\x01\x08\x06"
		"\0\x01\x08\0\x06\x04\0\x02\x02\0\0\0\0\x01\x0a\x09\0\x01\x02\0\0\0\0\x02\x0a\x09\0\x02",
		42);
	CHECK_EQ_U(b->env.counters.arp_replies_sent, 1);
	bed_free(b);
}

static void
a_unicast_request_is_answered(void)
{
	struct bed *b = bed_new_started();
	struct frame f;

	frame_arp(&f, 1, PEER_MAC, PEER_IP, HOST_IP);
	memcpy(f.bytes, HOST_MAC, 6);
	CHECK_EQ_I(bed_rx(b, f.bytes, f.len), MIEN_DROP_NONE);
	CHECK_NOT_NULL(bed_sent(b));

	memcpy(f.bytes, "\x02\0\0\0\0\x09", 6);
	CHECK_EQ_I(bed_rx(b, f.bytes, f.len), MIEN_DROP_ETH_NOT_OURS);
	CHECK_NULL(bed_sent(b));
	bed_free(b);
}

static void
no_station_has_such_addresses(void)
{
	static const uint8_t zero[6], good[6] = {2, 0, 0, 0, 0, 9};
	static const struct {
		const uint8_t *sha;
		uint32_t spa, tpa;
	} bad[] = {
		{BROADCAST_MAC, PEER_IP, 0x0a090063}, {zero, PEER_IP, HOST_IP}, {good, 0xf0000001, HOST_IP},
		{good, 0xe0000001, 0x0a090063},
	};
	struct bed *b = bed_new();
	struct frame f;

	b->p->arp.answer = 0x7ff;
	bed_start(b);
	for (unsigned int i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		frame_arp(&f, 1, bad[i].sha, bad[i].spa, bad[i].tpa);
		memcpy(f.bytes + 6, good, 6);
		if (bed_rx(b, f.bytes, f.len) != MIEN_DROP_ARP_BAD_SENDER)
			FAIL("sender %u is not refused", i);
	}
	CHECK_NULL(bed_sent(b));
	bed_free(b);
}

static void
odd_twice_is_odd_in_form(void)
{
	struct bed *b = bed_new();
	struct frame f;

	b->p->arp.answer = 0;
	bed_start(b);
	frame_arp(&f, 1, PEER_MAC, 0xc0000201, HOST_IP);
	CHECK_EQ_I(bed_rx(b, f.bytes, f.len), MIEN_DROP_ARP_BAD_SENDER);
	put_be16(f.bytes + FRAME_IP, 6);
	CHECK_EQ_I(bed_rx(b, f.bytes, f.len), MIEN_DROP_ARP_IGNORED);
	bed_free(b);
}

/* The MAC a ping's answer goes to. */
static const uint8_t *
mac_of(struct bed *b, uint32_t ip)
{
	struct frame f;

	frame_echo(&f, 7, 16);
	put_be32(f.bytes + FRAME_IP + 12, ip);
	frame_fix_ip(&f);
	CHECK_EQ_I(bed_rx(b, f.bytes, f.len), MIEN_DROP_NONE);
	REQUIRE_NOT_NULL(bed_sent(b));
	return b->out[b->next - 1].bytes;
}

static void
what_is_overheard_counts_in_good_form_only(void)
{
	static const uint8_t first[6] = {2, 0, 0, 0, 0, 9}, other[6] = {2, 0, 0, 0, 0, 10};
	struct bed *b = bed_new_started();
	struct frame f;

	/* given a neighbour that is known for some time */
	frame_arp(&f, 1, first, 0x0a090009, HOST_IP);
	CHECK_EQ_I(bed_rx(b, f.bytes, f.len), MIEN_DROP_NONE);
	CHECK_NOT_NULL(bed_sent(b));
	bed_advance(b, 5 * NS_PER_SECOND);

	/* when it asks for somebody else with another MAC, in an odd form, then nothing changes */
	frame_arp(&f, 1, other, 0x0a090009, 0x0a090063);
	put_be16(f.bytes + FRAME_IP, 6);
	CHECK_EQ_I(bed_rx(b, f.bytes, f.len), MIEN_DROP_ARP_NOT_OURS);
	CHECK_MEM(mac_of(b, 0x0a090009), first, 6);

	/* and in good form the new MAC counts */
	put_be16(f.bytes + FRAME_IP, 1);
	CHECK_EQ_I(bed_rx(b, f.bytes, f.len), MIEN_DROP_ARP_NOT_OURS);
	CHECK_MEM(mac_of(b, 0x0a090009), other, 6);
	bed_free(b);
}

static void
a_host_is_no_neighbour(void)
{
	static const uint8_t first[6] = {2, 0, 0, 0, 0, 9};
	struct bed *b = bed_new_started();
	struct mien_host_config config = {.addr = mien_addr_ip4(0x0a090009), .prefix_len = 24, .personality = b->p};
	uint64_t host;
	struct frame f;

	/* given a neighbour whose address becomes a host's of this stack */
	frame_arp(&f, 1, first, 0x0a090009, HOST_IP);
	CHECK_EQ_I(bed_rx(b, f.bytes, f.len), MIEN_DROP_NONE);
	CHECK_NOT_NULL(bed_sent(b));
	REQUIRE_EQ_I(net_host_add(&b->net, &config, &host), 0);
	bed_advance(b, 5 * NS_PER_SECOND);

	/* when the host's own request comes back from the link */
	frame_arp(&f, 1, HOST_MAC, 0x0a090009, 0x0a090063);
	CHECK_EQ_I(bed_rx(b, f.bytes, f.len), MIEN_DROP_ARP_NOT_OURS);

	/* then the stack does not take itself for that neighbour */
	REQUIRE_EQ_I(net_host_remove(&b->net, host), 0);
	CHECK_MEM(mac_of(b, 0x0a090009), first, 6);
	CHECK_EQ_U(b->env.counters.arp_conflicts, 0);
	bed_free(b);
}

static const struct test_case cases[] = {
	{"the personality's mask decides which odd requests are answered", the_mask_decides},
	{"a reply is unicast and has both pairs of addresses", the_reply_goes_to_the_asker},
	{"a unicast request is answered when it is for the host's MAC", a_unicast_request_is_answered},
	{"senders that no station can be are refused whoever is asked", no_station_has_such_addresses},
	{"an odd form is ignored, whoever sends it", odd_twice_is_odd_in_form},
	{"what is overheard updates a neighbour only when its form is right", what_is_overheard_counts_in_good_form_only},
	{"a host's own request that comes back changes no neighbour", a_host_is_no_neighbour},
	{NULL, NULL},
};

const struct test_suite arp_suite = {"arp", NULL, NULL, cases, NULL, NULL};
