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

static const struct test_case cases[] = {
	{"the personality's mask decides which odd requests are answered", the_mask_decides},
	{"a reply is unicast and has both pairs of addresses", the_reply_goes_to_the_asker},
	{"a unicast request is answered when it is for the host's MAC", a_unicast_request_is_answered},
	{NULL, NULL},
};

const struct test_suite arp_suite = {"arp", NULL, NULL, cases, NULL, NULL};
