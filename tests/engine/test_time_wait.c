/* SPDX-License-Identifier: BSD-3-Clause */
/* TIME-WAIT: small records, a SYN that comes early (RFC 6191), resets (RFC 1337). */
#include "suites.h"

static struct harness *
waiting(const char *options)
{
	struct harness *h = harness_new(NULL);
	bool ts = options && strstr(options, "TS val");

	harness_open(h, options);
	REQUIRE_EQ_I(tcp_user_close(&h->tcp, h->conn), MIEN_OK);
	harness_flush(h);
	inject(h, ts ? "F. 1:1(0) ack 2 <nop,nop,TS val 10 ecr 0>" : "F. 1:1(0) ack 2");
	(void)expect_event(h, MIEN_EV_CLOSED);
	harness_ignore(h);
	return h;
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
	struct harness *h = waiting("mss 1460,sackOK,TS val 1 ecr 0,nop,wscale 7");

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
	struct harness *h = waiting("mss 1460,sackOK,TS val 1 ecr 0,nop,wscale 7");

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
		REQUIRE_EQ_I(tcp_user_close(&h->tcp, h->conn), MIEN_OK);
		harness_flush(h);
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
		{NULL, NULL},
	},
};
