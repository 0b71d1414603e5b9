/* SPDX-License-Identifier: BSD-3-Clause */
/* TIME-WAIT: small records, a SYN that comes early (RFC 6191), resets (RFC 1337). */
#include "suites.h"

#define ALL "mss 1460,sackOK,TS val 1 ecr 0,nop,wscale 7"

static struct harness *
waiting_with(uint16_t challenges, const char *options)
{
	struct harness *h = harness_new(NULL);
	bool ts = options && strstr(options, "TS val");

	h->p.tcp.challenges = challenges;
	harness_open(h, options);
	harness_close(h);
	inject(h, ts ? "F. 1:1(0) ack 2 <nop,nop,TS val 10 ecr 0>" : "F. 1:1(0) ack 2");
	(void)expect_event(h, MIEN_EV_CLOSED);
	REQUIRE_EQ_U(pool_used(&h->tcp.tws), 1);
	harness_ignore(h);
	return h;
}

static struct harness *
waiting(const char *options)
{
	return waiting_with(10, options);
}

static void
a_late_fin_is_acknowledged_and_the_wait_begins_again(void)
{
	struct harness *h = waiting(NULL);

	harness_advance(h, 50000);

	inject(h, "F. 1:1(0) ack 2");

	expect(h, ". 2:2(0) ack 2");
	harness_advance(h, 59000);
	CHECK_EQ_U(pool_used(&h->tcp.tws), 1);
	harness_advance(h, 2000);
	expect_nothing_left(h);
	harness_free(h);
}

/* RFC 7323 4.3 holds until the connection is forgotten. */
static void
the_newest_timestamp_is_echoed_in_time_wait(void)
{
	struct harness *h = waiting(ALL);

	inject(h, ". 2:2(0) ack 2 <nop,nop,TS val 40 ecr 0>");
	expect_none(h);
	inject(h, "F. 1:1(0) ack 2 <nop,nop,TS val 30 ecr 0>");

	expect(h, ". 2:2(0) ack 2 <nop,nop,TS val 0 ecr 40>");
	harness_free(h);
}

static void
a_reset_does_not_end_time_wait(void)
{
	struct harness *h = waiting(NULL);

	inject(h, "R 2:2(0)");

	CHECK_EQ_U(pool_used(&h->tcp.tws), 1);
	expect_none(h);
	harness_free(h);
}

static void
a_newer_syn_reopens_above_the_old_numbers(void)
{
	struct harness *h = waiting(NULL);
	uint32_t old = h->peer.local_iss + 2;

	inject(h, "S 1000:1000(0) win 65535");

	expect(h, "S. 0:0(0) ack 1001");
	CHECK(seq_gt(h->peer.local_iss, old));
	CHECK_EQ_U(pool_used(&h->tcp.tws), 0);
	CHECK_EQ_U(h->env.counters.tcp_time_wait_reused, 1);
	harness_free(h);
}

/* RFC 5961 7; the answers to a FIN that comes again are not counted. */
static void
challenges_in_time_wait_are_limited(void)
{
	struct harness *h = waiting(NULL);

	for (unsigned i = 0; i < 100; i++)
		inject(h, ". 500:500(0) ack 1");
	CHECK(h->sent_count >= 9 && h->sent_count <= 10);
	harness_ignore(h);
	inject(h, "F. 1:1(0) ack 2");
	expect(h, ". 2:2(0) ack 2");
	harness_free(h);
}

static void
an_older_syn_in_time_wait_is_acknowledged(void)
{
	struct harness *h = waiting(NULL);

	inject(h, "S 4294967000:4294967000(0) win 65535");

	expect(h, ". 2:2(0) ack 2");
	CHECK_EQ_U(pool_used(&h->tcp.tws), 1);
	harness_free(h);
}

static void
a_newer_timestamp_reopens_whatever_the_number(void)
{
	struct harness *h = waiting(ALL);

	inject(h, "S 4294967000:4294967000(0) win 65535 <mss 1460,sackOK,TS val 9 ecr 0,nop,wscale 7>");
	expect(h, ". 2:2(0) ack 2");
	inject(h, "S 4294967000:4294967000(0) win 65535 <mss 1460,sackOK,TS val 11 ecr 0,nop,wscale 7>");

	expect(h, "S. 0:0(0) ack 4294967001");
	harness_free(h);
}

static void
the_oldest_record_gives_way_when_room_runs_out(void)
{
	struct harness *h = harness_new(NULL);

	harness_listen(h, 80);
	h->p.tcp.isn = (struct mien_isn_rule){.kind = MIEN_ISN_CONST, .value = 5};
	for (unsigned i = 0; i < 70; i++) {
		h->peer.port = (uint16_t)(7000 + i);
		inject(h, "S 0:0(0) win 65535");
		inject(h, ". 1:1(0) ack 1");
		(void)expect_event(h, MIEN_EV_ACCEPT);
		harness_close(h);
		inject(h, "F. 1:1(0) ack 2");
		(void)expect_event(h, MIEN_EV_CLOSED);
		harness_ignore(h);
	}

	CHECK_EQ_U(pool_used(&h->tcp.tws), 64);
	CHECK_EQ_U(h->env.counters.tcp_time_wait_evicted, 6);
	harness_advance(h, 61000);
	expect_nothing_left(h);
	harness_free(h);
}

static void
time_wait_challenges_as_often_as_the_personality_says(void)
{
	static const struct {
		uint16_t most;
		unsigned answers;
	} cases[] = {{0, 40}, {1, 1}, {2, 2}};

	for (unsigned i = 0; i < 3; i++) {
		struct harness *h = waiting_with(cases[i].most, NULL);

		for (unsigned n = 0; n < 40; n++) {
			inject(h, ". 50:50(0) ack 2 win 65535");
			harness_ignore(h);
		}
		CHECK_EQ_U(h->env.counters.tcp_challenge_acks, cases[i].answers);
		harness_free(h);
	}
}

static void
a_new_syn_to_nobody_is_reset_from_time_wait(void)
{
	struct harness *h = waiting(NULL);

	REQUIRE_EQ_I(tcp_user_unlisten(&h->tcp, h->listener), MIEN_OK);
	inject(h, "S 1000:1000(0) win 65535");

	expect(h, "R. 0:0(0) ack 1001");
	CHECK_EQ_U(pool_used(&h->tcp.tws), 1);
	harness_free(h);
}

static void
a_personality_answers_in_time_wait_in_its_own_way(void)
{
	struct harness *h = waiting(NULL);

	h->p.answers[1] = (struct mien_answer){.send = MIEN_SEND_RST, .flags = TH_RST, .seq = MIEN_NUM_SEG_ACK};
	h->p.answer[MIEN_TCP_TIME_WAIT][TH_ACK | TH_PSH] = 1;
	inject(h, "P. 2:12(10) ack 2 win 65535");

	expect(h, "R 2:2(0)");
	harness_free(h);
}

/* The wait begins again for the peer's FIN alone, and that has an ACK. */
static void
a_fin_without_an_ack_does_not_prolong_time_wait(void)
{
	struct harness *h = waiting(NULL);
	uint64_t due = ((struct time_wait *)pool_at(&h->tcp.tws, 0))->deadline;

	harness_advance(h, 100);
	inject(h, "F 1:1(0) win 65535");
	CHECK_EQ_U(((struct time_wait *)pool_at(&h->tcp.tws, 0))->deadline, due);
	inject(h, "F. 1:1(0) ack 2 win 65535");

	CHECK(((struct time_wait *)pool_at(&h->tcp.tws, 0))->deadline > due);
	harness_ignore(h);
	harness_free(h);
}

/* Only what comes in order, without bytes and with a newer stamp, changes what is echoed. */
static void
what_time_wait_echoes_only_grows_in_order(void)
{
	struct harness *h = waiting_with(0, ALL);
	const struct time_wait *tw = pool_at(&h->tcp.tws, 0);

	inject(h, ". 2:2(0) ack 2 win 65535 <nop,nop,TS val 9 ecr 0>");
	inject(h, ". 2:2(0) ack 2 win 65535");
	inject(h, ". 3:3(0) ack 2 win 65535 <nop,nop,TS val 20 ecr 0>");
	inject(h, "P. 2:12(10) ack 2 win 65535 <nop,nop,TS val 20 ecr 0>");
	inject(h, "S. 2:2(0) ack 2 win 65535 <nop,nop,TS val 20 ecr 0>");
	CHECK_EQ_U(tw->ts_recent, 10);
	inject(h, ". 2:2(0) ack 2 win 65535 <nop,nop,TS val 20 ecr 0>");
	CHECK_EQ_U(tw->ts_recent, 20);
	harness_ignore(h);

	/* a SYN without a stamp, or with the very same one, goes by its number */
	inject(h, "S 1:1(0) win 65535 <nop,nop,TS val 20 ecr 0>");
	CHECK_EQ_U(pool_used(&h->tcp.tws), 1);
	inject(h, "S 1:1(0) win 65535");
	CHECK_EQ_U(pool_used(&h->tcp.tws), 1);
	inject(h, "S 1000:1000(0) win 65535");
	CHECK_EQ_U(pool_used(&h->tcp.tws), 0);
	harness_ignore(h);
	harness_free(h);
}

const struct test_suite time_wait_suite = {
	.name = "time-wait",
	.setup = harness_setup,
	.cases = (const struct test_case[]){
		{"a late FIN is acknowledged and the wait begins again", a_late_fin_is_acknowledged_and_the_wait_begins_again},
		/* proves TW-1 */
		{"the newest timestamp is echoed in TIME-WAIT", the_newest_timestamp_is_echoed_in_time_wait},
		{"a reset does not end TIME-WAIT", a_reset_does_not_end_time_wait},
		/* proves MAY-2 */
		{"a newer SYN reopens above the old numbers", a_newer_syn_reopens_above_the_old_numbers},
		/* proves BL-4 */
		{"challenges in TIME-WAIT are limited", challenges_in_time_wait_are_limited},
		{"an older SYN in TIME-WAIT is acknowledged", an_older_syn_in_time_wait_is_acknowledged},
		/* proves SHLD-4 TW-1 */
		{"a newer timestamp reopens whatever the number", a_newer_timestamp_reopens_whatever_the_number},
		{"the oldest record gives way when room runs out", the_oldest_record_gives_way_when_room_runs_out},
		{"TIME-WAIT challenges as often as the personality says",
			time_wait_challenges_as_often_as_the_personality_says},
		{"a new SYN to nobody is reset from TIME-WAIT", a_new_syn_to_nobody_is_reset_from_time_wait},
		{"a personality answers in TIME-WAIT in its own way", a_personality_answers_in_time_wait_in_its_own_way},
		{"a FIN without an ACK does not prolong TIME-WAIT", a_fin_without_an_ack_does_not_prolong_time_wait},
		{"what TIME-WAIT echoes only grows, and in order", what_time_wait_echoes_only_grows_in_order},
		{NULL, NULL},
	},
};
