/* SPDX-License-Identifier: BSD-3-Clause */
#include "suites.h"

#include "bed.h"

#define PROBE "arp who-has 10.9.0.1 tell 0.0.0.0"
#define ANNOUNCEMENT "arp who-has 10.9.0.1 tell 10.9.0.1"

static struct bed *
probing(void)
{
	struct bed *b = bed_new();
	struct mien_host_config config = {.addr = mien_addr_ip4(HOST_IP), .prefix_len = 24, .probe = true, .cookie = 77};

	b->p->arp.probe = 3;
	b->p->arp.announce = 2;
	config.personality = b->p;
	REQUIRE_EQ_I(net_host_add(&b->net, &config, &b->host), 0);
	return b;
}

/* Goes on until a frame is sent, at most 10 s; gives the time that took in ms. */
static uint64_t
until_sent(struct bed *b, const char *want)
{
	uint64_t start = b->env.now;

	while (b->env.now - start < 10 * NS_PER_SECOND) {
		bed_advance(b, 10 * NS_PER_MS);
		if (*bed_sent_text(b)) {
			CHECK_STR(b->text, want);
			break;
		}
	}
	return (b->env.now - start) / NS_PER_MS;
}

static void
claim(struct bed *b)
{
	static const uint8_t mac[6] = {2, 0, 0, 0, 0, 0x66};
	struct frame f;

	frame_arp(&f, 1, mac, HOST_IP, PEER_IP);
	CHECK_EQ_I(bed_rx(b, f.bytes, f.len), MIEN_DROP_ARP_CONFLICT);
}

static void
probes_then_announcements(void)
{
	struct bed *b = probing();
	struct mien_event ev;
	struct frame f;
	uint64_t gap;

	/* RFC 5227 2.1.1: up to a second of waiting, three probes 1 to 2 s apart, 2 s of silence */
	CHECK(until_sent(b, PROBE) <= 1010);
	for (unsigned int i = 1; i < 3; i++) {
		gap = until_sent(b, PROBE);
		CHECK(gap >= 990 && gap <= 2010);
	}

	/* nothing is answered in that time */
	frame_echo(&f, 7, 16);
	CHECK_EQ_I(bed_rx(b, f.bytes, f.len), MIEN_DROP_HOST_DOWN);
	frame_arp(&f, 1, PEER_MAC, PEER_IP, HOST_IP);
	CHECK_EQ_I(bed_rx(b, f.bytes, f.len), MIEN_DROP_HOST_DOWN);
	CHECK_NULL(bed_sent(b));
	CHECK(!bed_event(b, &ev));

	/* then two announcements 2 s apart, and the host is ready */
	gap = until_sent(b, ANNOUNCEMENT);
	CHECK(gap >= 1990 && gap <= 2010);
	REQUIRE(bed_event(b, &ev));
	CHECK_EQ_U(ev.type, MIEN_EV_HOST_READY);
	CHECK_EQ_U(ev.object, b->host);
	CHECK_EQ_U(ev.cookie, 77);
	gap = until_sent(b, ANNOUNCEMENT);
	CHECK(gap >= 1990 && gap <= 2010);
	CHECK_EQ_I(bed_rx(b, f.bytes, f.len), MIEN_DROP_NONE);
	bed_free(b);
}

static void
conflicts_while_probing_begin_again(void)
{
	struct bed *b = probing();
	struct mien_event ev;

	for (unsigned int i = 0; i < 9; i++) {
		CHECK(until_sent(b, PROBE) <= 1010);
		claim(b);
		REQUIRE(bed_event(b, &ev));
		CHECK_EQ_U(ev.type, MIEN_EV_CONFLICT);
		CHECK_EQ_I(ev.err, MIEN_ECONFLICT);
		CHECK_MEM(ev.u.mac, "\x02\0\0\0\0\x66", 6);
	}
	/* MAX_CONFLICTS: once a minute from now on */
	CHECK(until_sent(b, PROBE) <= 1010);
	claim(b);
	CHECK(until_sent(b, PROBE) >= 10000);
	bed_free(b);
}

static void
another_prober_is_a_conflict(void)
{
	static const uint8_t mac[6] = {2, 0, 0, 0, 0, 0x66};
	struct bed *b = probing();
	struct frame f;

	frame_arp(&f, 1, mac, 0, HOST_IP);
	CHECK_EQ_I(bed_rx(b, f.bytes, f.len), MIEN_DROP_ARP_CONFLICT);
	bed_free(b);
}

static void
defended_once_in_ten_seconds(void)
{
	struct bed *b = bed_new_started();
	struct mien_event ev;

	/* when the address is claimed for 11 seconds */
	for (unsigned int i = 0; i < 12; i++) {
		claim(b);
		bed_advance(b, NS_PER_SECOND);
	}

	/* then it was defended twice, each claim was counted, and the application heard */
	CHECK_STR(bed_sent_text(b), ANNOUNCEMENT);
	CHECK_STR(bed_sent_text(b), ANNOUNCEMENT);
	CHECK_NULL(bed_sent(b));
	CHECK_EQ_U(b->env.counters.arp_conflicts, 12);
	REQUIRE(bed_event(b, &ev));
	CHECK_EQ_U(ev.type, MIEN_EV_CONFLICT);
	bed_free(b);
}

static void
own_frames_are_no_conflict(void)
{
	struct bed *b = bed_new_started();
	struct frame f;

	frame_arp(&f, 1, HOST_MAC, HOST_IP, HOST_IP);
	bed_rx(b, f.bytes, f.len);

	CHECK_EQ_U(b->env.counters.arp_conflicts, 0);
	bed_free(b);
}

static const struct test_case cases[] = {
	/* proves ACD-1 ACD-3 */
	{"a host probes, waits, announces and is ready", probes_then_announcements},
	/* proves ACD-2 */
	{"a conflict while probing begins the probes again, at last once a minute", conflicts_while_probing_begin_again},
	{"another station's probe for the address is a conflict", another_prober_is_a_conflict},
	/* proves ACD-4 arp-conflict */
	{"a claimed address is defended once in ten seconds", defended_once_in_ten_seconds},
	{"the host's own frames are no conflict", own_frames_are_no_conflict},
	{NULL, NULL},
};

const struct test_suite acd_suite = {"acd", NULL, NULL, cases, NULL, NULL};
