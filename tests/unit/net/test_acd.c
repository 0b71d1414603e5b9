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
	CHECK(!bed_event(b, &ev));
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

static void
a_conflict_in_the_last_wait_begins_again(void)
{
	struct bed *b = probing();
	struct mien_host_info info;

	/* given a host that has sent its last probe */
	for (unsigned int i = 0; i < 3; i++)
		until_sent(b, PROBE);
	bed_advance(b, 500 * NS_PER_MS);

	/* when somebody claims the address */
	claim(b);

	/* then it probes three times more before it is ready */
	for (unsigned int i = 0; i < 3; i++)
		until_sent(b, PROBE);
	CHECK_EQ_I(net_host_info(&b->net, b->host, &info), 0);
	CHECK(!info.ready);
	until_sent(b, ANNOUNCEMENT);
	CHECK_EQ_I(net_host_info(&b->net, b->host, &info), 0);
	CHECK(info.ready);
	bed_free(b);
}

static void
after_many_conflicts_it_is_once_a_minute(void)
{
	struct bed *b = probing();

	/* given an address that was claimed ten times */
	for (unsigned int i = 0; i < 10; i++)
		claim(b);

	/* when it is claimed again and again, then there is one probe in each minute */
	for (unsigned int i = 0; i < 3; i++) {
		bed_advance(b, 59 * NS_PER_SECOND);
		CHECK_NULL(bed_sent(b));
		bed_advance(b, 2 * NS_PER_SECOND);
		CHECK_STR(bed_sent_text(b), PROBE);
		CHECK_NULL(bed_sent(b));
		claim(b);
	}
	bed_free(b);
}

static void
a_reply_from_nobody_is_no_probe(void)
{
	static const uint8_t mac[6] = {2, 0, 0, 0, 0, 0x66};
	struct bed *b = probing();
	struct frame f;

	frame_arp(&f, 2, mac, 0, HOST_IP);
	CHECK_EQ_I(bed_rx(b, f.bytes, f.len), MIEN_DROP_HOST_DOWN);
	CHECK_EQ_U(b->env.counters.arp_conflicts, 0);
	bed_free(b);
}

/* Whether it would probe or not. */
static void
who_announces_nothing_is_silent(bool probe)
{
	struct bed *b = bed_new();
	struct mien_host_config config = {
		.addr = mien_addr_ip4(HOST_IP), .prefix_len = 24, .probe = probe, .announce = true, .personality = b->p};
	struct mien_host_info info;
	struct mien_event ev;

	b->p->arp.probe = 0;
	b->p->arp.announce = 0;
	REQUIRE_EQ_I(net_host_add(&b->net, &config, &b->host), 0);
	CHECK_EQ_I(net_host_info(&b->net, b->host, &info), 0);
	CHECK(info.ready);
	CHECK_EQ_U(bed_event(b, &ev), probe);
	bed_advance(b, 10 * NS_PER_SECOND);
	CHECK_NULL(bed_sent(b));
	bed_free(b);
}

static void
silent_personalities_are_ready_at_once(void)
{
	who_announces_nothing_is_silent(false);
	who_announces_nothing_is_silent(true);
}

static void
a_personality_that_does_not_probe_may_take_over(void)
{
	struct bed *b = probing();
	struct mien_event ev;

	/* given a host that probes, and gets a personality that would not have */
	until_sent(b, PROBE);
	b->p->arp.probe = 0;
	CHECK_EQ_I(net_host_set_personality(&b->net, b->host, b->p), 0);

	/* when there is a conflict */
	claim(b);
	REQUIRE(bed_event(b, &ev));

	/* then one more probe is enough */
	CHECK(until_sent(b, PROBE) <= 1010);
	until_sent(b, ANNOUNCEMENT);
	REQUIRE(bed_event(b, &ev));
	CHECK_EQ_U(ev.type, MIEN_EV_HOST_READY);
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
	{"a conflict in the wait after the last probe begins again, too", a_conflict_in_the_last_wait_begins_again},
	{"an address claimed without end is tried once a minute", after_many_conflicts_it_is_once_a_minute},
	{"a reply from 0.0.0.0 is no probe", a_reply_from_nobody_is_no_probe},
	{"a personality that neither probes nor announces is ready without a word", silent_personalities_are_ready_at_once},
	{"a conflict under a personality that does not probe takes one probe", a_personality_that_does_not_probe_may_take_over},
	{NULL, NULL},
};

const struct test_suite acd_suite = {"acd", NULL, NULL, cases, NULL, NULL};
