/* SPDX-License-Identifier: BSD-3-Clause */
/* Which segments an open connection takes: RFC 9293 3.10.7.4 steps one, two and four, RFC 5961, RFC 7323. */
#include "suites.h"

/* Still there, and still takes the next byte. */
static void
check_alive(struct harness *h)
{
	harness_ignore(h);
	CHECK_EQ_U(harness_state(h), MIEN_TCP_ESTABLISHED);
	inject(h, "P. 1:2(1) ack 1 win 65535");
	(void)expect_event(h, MIEN_EV_READABLE);
	harness_read(h, 1, 1);
}

struct odd_case {
	const char *in, *out; /* out NULL: silence */
};

/* est-*: each on a connection of its own, which lives on. */
static void
odd_segments_leave_the_connection_alive(void)
{
	static const struct odd_case cases[] = {
		{"R 101:101(0)", ". 1:1(0) ack 1"},
		{"R 0:0(0)", NULL},
		{"R 1073741824:1073741824(0)", NULL},
		{"S 1:1(0)", ". 1:1(0) ack 1"},
		{"S 1073741824:1073741824(0)", ". 1:1(0) ack 1"},
		{"S. 0:0(0) ack 1", ". 1:1(0) ack 1"},
		{". 1:1(0) ack 1000", ". 1:1(0) ack 1"},
		{"P. 1:11(10) ack 4294000000", ". 1:1(0) ack 1"},
		{"P 1:11(10)", NULL},
		{"- 1:1(0)", NULL},
		{". 0:0(0) ack 1", ". 1:1(0) ack 1"},
		{". 0:1(1) ack 1", ". 1:1(0) ack 1"},
		{"P. 4294967287:4294967296(9) ack 1", ". 1:1(0) ack 1"},
		{"P. 100001:100011(10) ack 1", ". 1:1(0) ack 1"},
		{"U. 1:1(0) ack 1 urg 0", NULL},
		{"U. 1:1(0) ack 1 urg 100", NULL},
		{"FPU 1:1(0)", NULL},
		{". 1:1(0) ack 1 <x fe00>", NULL},
		{". 1:1(0) ack 1 <x 050900000000000000>", NULL},
		{". 1:1(0) ack 1 <x 0502>", NULL},
		{". 1:1(0) ack 1 <sack 9:5>", NULL},
		{". 1:1(0) ack 1 <sack 100000:200000>", NULL},
		{". 1:1(0) ack 1 <sack 0:4294967295>", NULL},
		{". 1:1(0) ack 1 <mss 8>", NULL},
	};

	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct harness *h = harness_new(NULL);

		harness_open(h, "mss 1460,sackOK,nop,nop");

		inject(h, cases[i].in);

		if (cases[i].out)
			expect(h, cases[i].out);
		expect_none(h);
		if (harness_peek(h) == NULL && strchr(cases[i].in, 'U') && strstr(cases[i].in, "urg 100"))
			(void)expect_event(h, MIEN_EV_URGENT);
		check_alive(h);
		harness_free(h);
	}
}

static void
a_reset_at_the_next_number_ends_the_connection(void)
{
	struct harness *h = harness_new(NULL);

	harness_open(h, NULL);
	inject(h, "P. 1:11(10) ack 1");
	(void)expect_event(h, MIEN_EV_READABLE);

	inject(h, "R 11:11(0)");

	CHECK_EQ_I(expect_event(h, MIEN_EV_CLOSED).err, MIEN_ERESET);
	expect_none(h);
	CHECK_EQ_U(pool_used(&h->tcp.tcbs), 0);
	CHECK_EQ_U(h->env.mbufs_held, 0);
	CHECK_EQ_U(wheel_count(&h->env.wheel), 0);
	harness_free(h);
}

static void
an_older_personality_takes_any_reset_in_the_window(void)
{
	struct harness *h = harness_new(NULL);

	h->p.tcp.challenge_ack = 0;
	harness_open(h, NULL);

	inject(h, "R 101:101(0)");

	CHECK_EQ_I(expect_event(h, MIEN_EV_CLOSED).err, MIEN_ERESET);
	harness_free(h);
}

static void
an_older_personality_resets_at_a_syn_in_the_window(void)
{
	struct harness *h = harness_new(NULL);

	h->p.tcp.challenge_ack = 0;
	harness_open(h, NULL);

	inject(h, "S 1:1(0)");

	expect(h, "R. 1:1(0) ack 1");
	CHECK_EQ_I(expect_event(h, MIEN_EV_CLOSED).err, MIEN_ERESET);
	harness_free(h);
}

static void
challenge_acks_are_limited_for_each_connection(void)
{
	struct harness *h = harness_new(NULL);
	unsigned first;

	harness_open(h, NULL);

	for (unsigned i = 0; i < 100; i++)
		inject(h, "S 1:1(0)");
	first = h->sent_count;
	harness_ignore(h);
	harness_advance(h, 1001);
	inject(h, "S 1:1(0)");

	CHECK(first >= 9 && first <= 10);
	expect(h, ". 1:1(0) ack 1");
	harness_free(h);
}

static void
a_reset_is_taken_whatever_it_acknowledges(void)
{
	struct harness *h = harness_new(NULL);

	harness_open(h, NULL);

	inject(h, "R. 1:1(0) ack 12345678");

	CHECK_EQ_I(expect_event(h, MIEN_EV_CLOSED).err, MIEN_ERESET);
	expect_none(h);
	harness_free(h);
}

/* So many of one kind within a second, each from somebody off the path. */
static unsigned
challenged(const char *segment, unsigned count)
{
	struct harness *h = harness_new(NULL);
	unsigned sent;

	harness_open(h, NULL);
	for (unsigned i = 0; i < count; i++)
		inject(h, segment);
	sent = h->sent_count;
	harness_ignore(h);
	check_alive(h);
	harness_ignore(h);
	harness_free(h);
	return sent;
}

static void
every_kind_of_challenge_is_limited(void)
{
	static const char *const segments[] = {"R 101:101(0)", "S 1:1(0)", "S. 0:0(0) ack 1", "S 99999999:99999999(0)",
		". 1:1(0) ack 1000", "P. 1:11(10) ack 4294000000", ". 0:0(0) ack 1", ". 900000:900000(0) ack 1"};

	for (unsigned i = 0; i < sizeof(segments) / sizeof(segments[0]); i++) {
		unsigned sent = challenged(segments[i], 100);

		if (sent < 9 || sent > 10)
			FAIL("%s: %u challenge ACKs", segments[i], sent);
	}
}

/* CVE-2016-5696: what one connection was sent cannot be seen on another. */
static void
no_connection_takes_challenges_from_another(void)
{
	struct harness *h = harness_new(NULL);
	uint64_t first;

	harness_open(h, NULL);
	first = h->conn;
	for (unsigned i = 0; i < 200; i++)
		inject(h, "S 1:1(0)");
	harness_ignore(h);
	h->peer.port++;
	inject(h, "S 0:0(0) win 65535 <mss 1460>");
	inject(h, ". 1:1(0) ack 1 win 65535");
	(void)expect_event(h, MIEN_EV_ACCEPT);
	harness_ignore(h);

	for (unsigned i = 0; i < 8; i++) {
		inject(h, "R 101:101(0)");
		expect(h, ". 1:1(0) ack 1");
	}
	CHECK(h->conn != first);
	harness_free(h);
}

/* The number sent within a second is not always the same. */
static void
the_limit_of_challenges_varies(void)
{
	struct harness *h = harness_new(NULL);
	unsigned seen[2] = {0, 0};

	harness_open(h, NULL);
	for (unsigned second = 0; second < 40; second++) {
		for (unsigned i = 0; i < 20; i++)
			inject(h, "S 1:1(0)");
		if (h->sent_count == 9 || h->sent_count == 10)
			seen[h->sent_count - 9]++;
		harness_ignore(h);
		harness_advance(h, 1001);
	}

	CHECK_EQ_U(seen[0] + seen[1], 40);
	CHECK(seen[0] >= 5 && seen[1] >= 5);
	harness_free(h);
}

static void
in_syn_received_only_the_next_number_resets(void)
{
	struct harness *h = harness_new(NULL);

	harness_listen(h, 80);
	inject(h, "S 0:0(0) win 65535 <mss 1460>");
	expect(h, "S. 0:0(0) ack 1");

	inject(h, "R 2:2(0)");
	expect(h, ". 1:1(0) ack 1");
	inject(h, "R 0:0(0)");
	expect_none(h);
	CHECK_EQ_U(pool_used(&h->tcp.tcbs), 1);
	inject(h, "R 1:1(0)");
	expect_none(h);
	CHECK_EQ_U(pool_used(&h->tcp.tcbs), 0);
	harness_free(h);
}

static void
a_reset_with_data_is_taken(void)
{
	struct harness *h = harness_new(NULL);

	harness_open(h, NULL);

	inject(h, "R. 1:21(20) ack 1");

	CHECK_EQ_I(expect_event(h, MIEN_EV_CLOSED).err, MIEN_ERESET);
	harness_free(h);
}

/* -- RFC 7323 ---------------------------------------------------------------------------------------------- */

#define TS_OPEN "mss 1460,sackOK,TS val 100 ecr 0,nop,wscale 7"

static struct harness *
with_timestamps(void)
{
	struct harness *h = harness_new(NULL);

	harness_listen(h, 80);
	inject(h, "S 0:0(0) win 65535 <" TS_OPEN ">");
	inject(h, ". 1:1(0) ack 1 win 500 <nop,nop,TS val 100 ecr 0>");
	(void)expect_event(h, MIEN_EV_ACCEPT);
	harness_ignore(h);
	return h;
}

static void
an_older_timestamp_is_acknowledged_and_dropped(void)
{
	struct harness *h = with_timestamps();

	inject(h, "P. 1:11(10) ack 1 win 500 <nop,nop,TS val 99 ecr 0>");

	expect(h, ". 1:1(0) ack 1");
	CHECK_EQ_U(h->drop, MIEN_DROP_TCP_PAWS);
	expect_no_event(h);
	harness_free(h);
}

static void
a_reset_is_exempt_from_paws(void)
{
	struct harness *h = with_timestamps();

	inject(h, "R. 1:1(0) ack 1 win 0 <nop,nop,TS val 1 ecr 0>");

	(void)expect_event(h, MIEN_EV_CLOSED);
	harness_free(h);
}

static void
a_missing_timestamp_is_dropped_in_silence(void)
{
	struct harness *h = with_timestamps();

	inject(h, "P. 1:11(10) ack 1 win 500");

	expect_none(h);
	CHECK_EQ_U(h->drop, MIEN_DROP_TCP_NO_TIMESTAMP);
	CHECK_EQ_U(harness_state(h), MIEN_TCP_ESTABLISHED);
	harness_free(h);
}

/* Linux and others check the age of a stamp only where there is one. */
static void
a_missing_timestamp_may_be_taken(void)
{
	struct harness *h = with_timestamps();

	h->p.tcp.ts_missing = 1;

	inject(h, "P. 1:11(10) ack 1");

	(void)expect_event(h, MIEN_EV_READABLE);
	harness_read(h, 1, 10);
	harness_free(h);
}

static void
after_24_idle_days_any_timestamp_is_taken(void)
{
	struct harness *h = with_timestamps();

	harness_advance(h, UINT64_C(25) * 24 * 3600 * 1000);

	inject(h, "P. 1:11(10) ack 1 win 500 <nop,nop,TS val 5 ecr 0>");

	(void)expect_event(h, MIEN_EV_READABLE);
	harness_free(h);
}

static void
the_echo_is_the_stamp_of_the_first_segment_not_acknowledged(void)
{
	struct harness *h = with_timestamps();

	inject(h, "P. 1:11(10) ack 1 win 500 <nop,nop,TS val 110 ecr 0>");
	inject(h, "P. 11:21(10) ack 1 win 500 <nop,nop,TS val 120 ecr 0>");
	expect_none(h);
	harness_advance(h, 50);

	expect(h, ". 1:1(0) ack 21 <nop,nop,TS val 40 ecr 110>");
	harness_free(h);
}

/* RFC 7323 4.1: an echo that comes without progress measures the peer's silence, not the path. */
static void
an_echo_without_progress_is_no_sample(void)
{
	struct harness *h = with_timestamps();
	const struct tcb *tcb = tcb_find(&h->tcp, h->conn);
	uint32_t srtt = tcb->rtt.srtt_us, rttvar = tcb->rtt.rttvar_us;

	harness_send(h, 1, 100);
	harness_ignore(h);
	harness_advance(h, 90);
	inject(h, ". 1:1(0) ack 1 win 500 <nop,nop,TS val 190 ecr 1>");
	inject(h, "P. 1:11(10) ack 1 win 500 <nop,nop,TS val 190 ecr 1>");

	CHECK_EQ_U(tcb->rtt.srtt_us, srtt);
	CHECK_EQ_U(tcb->rtt.rttvar_us, rttvar);
	inject(h, ". 11:11(0) ack 101 win 500 <nop,nop,TS val 191 ecr 1>");
	CHECK(tcb->rtt.srtt_us > srtt);
	harness_ignore(h);
	harness_free(h);
}

/* -- other ------------------------------------------------------------------------------------------------- */

static void
an_icmp_error_in_flight_is_soft_on_an_open_connection(void)
{
	struct harness *h = harness_new(NULL);

	harness_open(h, NULL);
	harness_send(h, 1, 100);
	harness_ignore(h);

	CHECK_EQ_U(harness_icmp(h, 101, MIEN_EUNREACH, true), MIEN_DROP_ICMP_STALE);
	expect_no_event(h);
	CHECK_EQ_U(harness_icmp(h, 1, MIEN_EUNREACH, true), MIEN_DROP_NONE);

	CHECK_EQ_I(expect_event(h, MIEN_EV_ERROR).err, MIEN_EUNREACH);
	CHECK_EQ_U(harness_state(h), MIEN_TCP_ESTABLISHED);
	harness_free(h);
}

/* RFC 5927 4: only who sees what is in flight can know its numbers. */
static void
an_icmp_error_outside_of_what_is_in_flight_is_stale(void)
{
	struct harness *h = harness_new(NULL);

	harness_open(h, NULL);
	harness_send(h, 1, 100);
	harness_ignore(h);

	for (unsigned i = 0; i < 4; i++) {
		static const uint32_t outside[] = {0, 101, 0x7fffffff, 0xc0000000};

		CHECK_EQ_U(harness_icmp(h, outside[i], MIEN_EREFUSED, true), MIEN_DROP_ICMP_STALE);
	}

	expect_no_event(h);
	check_alive(h);
	harness_free(h);
}

static void
a_hard_icmp_error_ends_an_open_that_has_no_answer(void)
{
	struct harness *h = harness_new(NULL);

	harness_connect(h);

	CHECK_EQ_U(harness_icmp(h, 0, MIEN_EREFUSED, true), MIEN_DROP_NONE);

	CHECK_EQ_I(expect_event(h, MIEN_EV_CLOSED).err, MIEN_EREFUSED);
	harness_free(h);
}

/* As Linux: soft errors too, and what came from a listener goes in silence. */
static void
an_icmp_error_ends_what_is_not_open_where_it_says_so(void)
{
	struct harness *h = harness_new(NULL);

	h->p.tcp.icmp_ends_open = 1;
	harness_connect(h);
	harness_ignore(h);
	CHECK_EQ_U(harness_icmp(h, 1, MIEN_EUNREACH, false), MIEN_DROP_ICMP_STALE);
	CHECK_EQ_U(harness_icmp(h, 0, MIEN_EUNREACH, false), MIEN_DROP_NONE);
	CHECK_EQ_I(expect_event(h, MIEN_EV_CLOSED).err, MIEN_EUNREACH);
	harness_free(h);
}

static void
an_icmp_error_ends_what_is_half_open_where_it_says_so(void)
{
	for (unsigned int ends = 0; ends < 2; ends++) {
		struct harness *h = harness_new(NULL);

		h->p.tcp.icmp_ends_open = (uint8_t)ends;
		harness_listen(h, 80);
		inject(h, "S 0:0(0) win 65535 <mss 1460>");
		harness_ignore(h);
		/* of half-open ones Linux believes no hard ones */
		CHECK_EQ_U(harness_icmp(h, 0, MIEN_EUNREACH, true), MIEN_DROP_NONE);
		CHECK_EQ_U(harness_icmp(h, 0, MIEN_EUNREACH, false), MIEN_DROP_NONE);
		CHECK_EQ_U(h->tcp.half_open, !ends);

		inject(h, ". 1:1(0) ack 1 win 65535");

		if (ends)
			expect(h, "R 1:1(0)");
		else
			(void)expect_event(h, MIEN_EV_ACCEPT);
		harness_free(h);
	}
}

const struct test_suite accept_suite = {
	.name = "acceptability",
	.setup = harness_setup,
	.cases = (const struct test_case[]){
		/*
		 * proves MUST-5 BL-1 BL-2 BL-3 SA-9 est-rst-inwin est-rst-left est-rst-out est-syn est-syn-out
		 * est-synack est-ack-future est-ack-old est-noack est-null est-ka est-ka1 est-left est-right est-urg0
		 * est-urg-nodata est-xmas est-opt0 est-sack-odd est-sack-empty est-sack-rev est-sack-future
		 * est-sack-all est-mss
		 */
		{"odd segments leave the connection alive", odd_segments_leave_the_connection_alive},
		/* proves MUST-12 BL-1 est-rst-exact */
		{"a reset at the next number ends the connection", a_reset_at_the_next_number_ends_the_connection},
		{"an older personality takes any reset in the window", an_older_personality_takes_any_reset_in_the_window},
		{"an older personality resets at a SYN in the window", an_older_personality_resets_at_a_syn_in_the_window},
		/* proves est-rstack-exact */
		{"a reset at the next number is taken whatever it acknowledges", a_reset_is_taken_whatever_it_acknowledges},
		/* proves BL-4 */
		{"every kind of challenge is limited", every_kind_of_challenge_is_limited},
		/* proves BL-4 S8 */
		{"no connection takes challenges from another", no_connection_takes_challenges_from_another},
		/* proves BL-4 */
		{"the limit of challenges varies", the_limit_of_challenges_varies},
		/* proves BL-1 */
		{"in SYN-RECEIVED only the next number resets", in_syn_received_only_the_next_number_resets},
		/* proves BL-4 */
		{"challenge ACKs are limited for each connection", challenge_acks_are_limited_for_each_connection},
		/* proves SHLD-2 */
		{"a reset with data is taken", a_reset_with_data_is_taken},
		/* proves TS-6 */
		{"an older timestamp is acknowledged and dropped", an_older_timestamp_is_acknowledged_and_dropped},
		/* proves TS-6 */
		{"a reset is exempt from PAWS", a_reset_is_exempt_from_paws},
		{"a missing timestamp is taken where the system takes it", a_missing_timestamp_may_be_taken},
		/* proves TS-3 */
		{"a missing timestamp is dropped in silence", a_missing_timestamp_is_dropped_in_silence},
		/* proves TS-6 S10 */
		{"after 24 idle days any timestamp is taken", after_24_idle_days_any_timestamp_is_taken},
		/* proves TS-4 */
		{"the echo is the stamp of the first segment not acknowledged",
			the_echo_is_the_stamp_of_the_first_segment_not_acknowledged},
		/* proves TS-5 */
		{"an echo without progress is no sample", an_echo_without_progress_is_no_sample},
		/* proves MUST-47 MUST-56 SHLD-25 IC-11 est-icmp-port */
		{"an ICMP error in flight is soft on an open connection", an_icmp_error_in_flight_is_soft_on_an_open_connection},
		/* proves est-icmp-port-out IC-11 */
		{"an ICMP error outside of what is in flight is stale", an_icmp_error_outside_of_what_is_in_flight_is_stale},
		/* proves MUST-54 SHLD-26 IC-4 */
		{"a hard ICMP error ends an open that has no answer", a_hard_icmp_error_ends_an_open_that_has_no_answer},
		{"an ICMP error ends what is not open where it says so", an_icmp_error_ends_what_is_not_open_where_it_says_so},
		{"an ICMP error ends what is half open where it says so", an_icmp_error_ends_what_is_half_open_where_it_says_so},
		{NULL, NULL},
	},
};
