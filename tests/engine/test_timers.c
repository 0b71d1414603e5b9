/* SPDX-License-Identifier: BSD-3-Clause */
/* Retransmission, giving up, keepalives: RFC 6298, RFC 9293 3.8.1, 3.8.3, 3.8.4. */
#include "suites.h"

static struct mien_personality *
plain(void)
{
	static struct mien_personality p;

	mien_personality_init_plain(&p);
	p.tcp.nagle = 0;
	p.tcp.rto_min_ms = 1000;
	p.tcp.ts.base = MIEN_TS_BOOT;
	return &p;
}

/* Opened at 0 ms; the RTT of the handshake was 0. */
static struct harness *
opened(const struct mien_personality *p, const char *options)
{
	struct harness *h = harness_new(p);

	harness_open(h, options);
	return h;
}

static void
timeout_doubles(void)
{
	struct harness *h = opened(plain(), NULL);

	harness_send(h, 1, 100);
	expect(h, "P. 1:101(100) ack 1");
	harness_advance(h, 200000);

	expect_time(h, 1000, "P. 1:101(100) ack 1");
	expect_time(h, 3000, "P. 1:101(100) ack 1");
	expect_time(h, 7000, "P. 1:101(100) ack 1");
	expect_time(h, 15000, "P. 1:101(100) ack 1");
	expect_time(h, 31000, "P. 1:101(100) ack 1");
	expect_time(h, 63000, "P. 1:101(100) ack 1");
	expect_time(h, 127000, "P. 1:101(100) ack 1");
	expect_none(h);
	harness_free(h);
}

static void
karn(void)
{
	struct harness *h = opened(plain(), NULL);
	uint32_t srtt;

	harness_advance(h, 100);
	harness_send(h, 1, 100);
	harness_advance(h, 50);
	inject(h, ". 1:1(0) ack 101 win 65535");
	srtt = harness_tcb(h)->rtt.srtt_us;
	CHECK(srtt > 5000);

	harness_send(h, 101, 100);
	harness_advance(h, 1500); /* sent again after one second */
	inject(h, ". 1:1(0) ack 201 win 65535");

	CHECK_EQ_U(harness_tcb(h)->rtt.srtt_us, srtt);
	CHECK_EQ_U(harness_tcb(h)->rtt.backoff, 1); /* kept until something was sent once and acknowledged */
	harness_ignore(h);
	harness_send(h, 201, 100);
	harness_advance(h, 10);
	inject(h, ". 1:1(0) ack 301 win 65535");
	CHECK_EQ_U(harness_tcb(h)->rtt.backoff, 0);
	harness_free(h);
}

static void
timestamps_tell_apart(void)
{
	struct harness *h = opened(plain(), "mss 1460,nop,nop,TS val 1 ecr 0");

	harness_advance(h, 100);
	harness_send(h, 1, 100);
	harness_advance(h, 1300); /* sent again at 1100 */
	inject(h, ". 1:1(0) ack 101 win 65535 <nop,nop,TS val 2 ecr 1100>");

	CHECK_EQ_U(harness_tcb(h)->rtt.backoff, 0);
	CHECK(harness_tcb(h)->rtt.srtt_us > 30000); /* 7/8 of nothing and 1/8 of 300 ms */
	CHECK(harness_tcb(h)->rtt.srtt_us < 40000);
	harness_free(h);
}

static void
timer_restarts(void)
{
	struct harness *h = opened(plain(), NULL);

	harness_send(h, 1, 2000);
	harness_ignore(h);
	harness_advance(h, 900);
	inject(h, ". 1:1(0) ack 1461 win 65535");
	harness_advance(h, 900);
	expect_none(h);
	harness_advance(h, 1000);
	CHECK_EQ_U(h->sent_count, 1);
	harness_ignore(h);
	inject(h, ". 1:1(0) ack 2001 win 65535");
	harness_advance(h, 100000);
	expect_none(h);
	harness_free(h);
}

static void
gives_up_silently(void)
{
	struct mien_personality *p = plain();
	struct harness *h;

	p->tcp.data_retries = 4;
	h = opened(p, NULL);
	harness_send(h, 1, 10);
	harness_advance(h, 30999);
	CHECK_EQ_U(h->sent_count, 5);
	CHECK_EQ_U(harness_state(h), MIEN_TCP_ESTABLISHED);
	harness_ignore(h);

	harness_advance(h, 2);

	expect_none(h);
	CHECK_EQ_I(expect_event(h, MIEN_EV_ERROR).err, MIEN_ETIMEDOUT); /* R1, SHLD-9 */
	CHECK_EQ_I(expect_event(h, MIEN_EV_CLOSED).err, MIEN_ETIMEDOUT);
	harness_free(h);
}

static void
gives_up_with_a_reset(void)
{
	struct mien_personality *p = plain();
	struct harness *h;

	p->tcp.data_retries = 2;
	p->tcp.data_end = MIEN_END_RST;
	h = opened(p, NULL);
	harness_send(h, 1, 10);
	harness_advance(h, 6000);
	harness_ignore(h);

	harness_advance(h, 1001);

	expect(h, "R. 11:11(0) ack 1");
	CHECK_EQ_I(expect_event(h, MIEN_EV_CLOSED).err, MIEN_ETIMEDOUT);
	harness_free(h);
}

static void
soft_error_at_r1(void)
{
	struct harness *h = opened(plain(), NULL);

	harness_send(h, 1, 10);
	harness_advance(h, 6999);
	expect_no_event(h);
	harness_advance(h, 2);
	CHECK_EQ_I(expect_event(h, MIEN_EV_ERROR).err, MIEN_ETIMEDOUT);
	expect_no_event(h);
	harness_free(h);

	h = opened(plain(), NULL);
	REQUIRE_EQ_I(tcp_user_set(&h->tcp, h->conn, MIEN_TCP_SOFT_ERRORS, 0), MIEN_OK);
	harness_send(h, 1, 10);
	harness_advance(h, 10000);
	expect_no_event(h); /* SHLD-20 */
	harness_free(h);
}

static void
user_timeout(void)
{
	struct harness *h = opened(plain(), NULL);

	REQUIRE_EQ_I(tcp_user_set(&h->tcp, h->conn, MIEN_TCP_USER_TIMEOUT_MS, 5000), MIEN_OK);
	REQUIRE_EQ_I(tcp_user_set(&h->tcp, h->conn, MIEN_TCP_SOFT_ERRORS, 0), MIEN_OK);
	harness_advance(h, 10000);
	harness_send(h, 1, 10);
	harness_advance(h, 4999);
	CHECK_EQ_U(harness_state(h), MIEN_TCP_ESTABLISHED);
	harness_advance(h, 2);

	CHECK_EQ_I(expect_event(h, MIEN_EV_CLOSED).err, MIEN_ETIMEDOUT);
	harness_free(h);
}

static void
short_user_timeout(void)
{
	struct harness *h = opened(plain(), NULL);

	REQUIRE_EQ_I(tcp_user_set(&h->tcp, h->conn, MIEN_TCP_USER_TIMEOUT_MS, 300), MIEN_OK);
	harness_send(h, 1, 10);
	harness_ignore(h);
	harness_advance(h, 302);

	expect_none(h);
	CHECK_EQ_I(expect_event(h, MIEN_EV_CLOSED).err, MIEN_ETIMEDOUT);
	harness_free(h);
}

static void
the_user_timeout_ends_an_open(void)
{
	struct harness *h = harness_new(NULL);

	harness_connect(h);
	REQUIRE_EQ_I(tcp_user_set(&h->tcp, h->conn, MIEN_TCP_USER_TIMEOUT_MS, 2000), MIEN_OK);
	harness_ignore(h);
	harness_advance(h, 5000);

	expect(h, "S 0:0(0)");
	expect_none(h);
	CHECK_EQ_I(expect_event(h, MIEN_EV_CLOSED).err, MIEN_ETIMEDOUT);
	harness_free(h);
}

static void
syn_schedule(void)
{
	struct mien_personality *p = plain();
	struct harness *h;

	p->tcp.syn = (struct mien_schedule){.count = 3, .gap_ms = {3000, 6000, 12000}};
	h = harness_new(p);
	harness_connect(h);
	harness_advance(h, 20999);
	expect_time(h, 0, "S 0:0(0)");
	expect_time(h, 3000, "S 0:0(0)");
	expect_time(h, 9000, "S 0:0(0)");
	expect_no_event(h);

	harness_advance(h, 2);

	expect_none(h);
	CHECK_EQ_I(expect_event(h, MIEN_EV_CLOSED).err, MIEN_ETIMEDOUT);
	harness_free(h);
}

static void
synack_schedule(void)
{
	struct mien_personality *p = plain();
	struct harness *h;

	p->tcp.synack = (struct mien_schedule){.count = 3, .end = MIEN_END_RST, .gap_ms = {1000, 2000, 6000}};
	h = harness_new(p);
	harness_listen(h, 80);
	inject(h, "S 0:0(0) win 65535 <mss 1460>");
	harness_advance(h, 20000);

	expect_time(h, 0, "S. 0:0(0) ack 1");
	expect_time(h, 1000, "S. 0:0(0) ack 1");
	expect_time(h, 3000, "S. 0:0(0) ack 1");
	expect_time(h, 9000, "R. 1:1(0) ack 1");
	expect_none(h);
	expect_no_event(h);
	CHECK_EQ_U(h->tcp.half_open, 0);
	harness_free(h);
}

static void
syn_sent_twice(void)
{
	struct harness *h = harness_new(plain());

	harness_listen(h, 80);
	inject(h, "S 0:0(0) win 65535 <mss 1460>");
	harness_advance(h, 1500);
	inject(h, ". 1:1(0) ack 1 win 65535");
	(void)expect_event(h, MIEN_EV_ACCEPT);

	CHECK_EQ_U(harness_tcb(h)->cc.cwnd, 1460); /* RFC 5681 3.1 */
	CHECK_EQ_U(harness_tcb(h)->rtt.rto_ms, 3000); /* RFC 6298 5.7 */
	harness_ignore(h);
	harness_free(h);
}

static void
first_timestamp_zero(void)
{
	struct mien_personality *p = plain();
	struct harness *h;

	p->tcp.ts.first_zero = 1;
	h = harness_new(p);
	harness_listen(h, 80);

	inject(h, "S 0:0(0) win 65535 <mss 1460,nop,nop,TS val 77 ecr 0>");

	expect(h, "S. 0:0(0) ack 1 <mss 1460,nop,nop,TS val 0 ecr 0>");
	harness_free(h);
}

static void
keepalives(void)
{
	struct mien_personality *p = plain();
	struct harness *h;

	p->tcp.keepalive_count = 2;
	h = opened(p, NULL);
	harness_set(h, MIEN_TCP_KEEPALIVE_IDLE_MS, 60000);
	harness_set(h, MIEN_TCP_KEEPALIVE_INTERVAL_MS, 10000);
	harness_set(h, MIEN_TCP_KEEPALIVE, 1);

	harness_advance(h, 65000);
	expect_time(h, 60000, ". 0:0(0) ack 1"); /* SHLD-12 */
	inject(h, ". 1:1(0) ack 1 win 65535");
	harness_advance(h, 59000);
	expect_none(h);
	harness_advance(h, 30000);
	expect_time(h, 125000, ". 0:0(0) ack 1");
	expect_time(h, 135000, ". 0:0(0) ack 1");
	expect_time(h, 145000, "R. 1:1(0) ack 1");
	CHECK_EQ_I(expect_event(h, MIEN_EV_CLOSED).err, MIEN_ETIMEDOUT);
	harness_free(h);
}

static void
keepalive_with_a_byte(void)
{
	struct mien_personality *p = plain();
	struct harness *h;

	p->tcp.keepalive_byte = 1;
	h = opened(p, NULL);
	harness_set(h, MIEN_TCP_KEEPALIVE, 1);

	harness_advance(h, 7200000);

	expect_time(h, 7200000, ". 0:1(1) ack 1"); /* MUST-28, MAY-6 */
	expect_none(h);
	harness_free(h);
}

static void
coarse_tick(void)
{
	struct mien_personality *p = plain();
	struct harness *h;

	p->tcp.tick_ms = 500;
	h = opened(p, NULL);
	harness_advance(h, 130);
	harness_send(h, 1, 10);
	harness_ignore(h);

	harness_advance(h, 2000);

	expect_time(h, 1500, "P. 1:11(10) ack 1");
	harness_free(h);
}

/* RFC 6928, RFC 5681, RFC 2001: what the profiles have. */
static void
initial_windows(void)
{
	static const uint8_t segments[] = {1, 2, 3, 4, 10};

	for (unsigned int i = 0; i < RTE_DIM(segments); i++) {
		struct mien_personality *p = plain();
		struct harness *h;

		p->tcp.initial_cwnd = segments[i];
		h = opened(p, NULL);

		harness_send(h, 1, 30000);

		CHECK_EQ_U(h->sent_count, segments[i]);
		harness_ignore(h);
		harness_free(h);
	}
}

static void
idle_restart(void)
{
	struct harness *h = opened(plain(), NULL);

	for (uint32_t i = 0; i < 4; i++) {
		harness_send(h, 1 + i * 14600, 14600);
		injectf(h, ". 1:1(0) ack %u win 65535", 1 + (i + 1) * 14600);
	}
	CHECK(harness_tcb(h)->cc.cwnd > 14600);
	harness_ignore(h);

	harness_advance(h, 1500);
	harness_send(h, 58401, 30000);

	CHECK_EQ_U(h->sent_count, 10);
	harness_ignore(h);
	harness_free(h);
}

const struct test_suite timers_suite = {
	.name = "timers",
	.setup = harness_setup,
	.cases = (const struct test_case[]){
		/* proves MUST-19 RT-5 RT-6 */
		{"the timeout doubles each time", timeout_doubles},
		/* proves MUST-18 RT-4 RT-7 */
		{"what was sent twice gives no RTT and keeps the backoff", karn},
		{"timestamps tell the transmissions apart", timestamps_tell_apart},
		/* proves RT-5 */
		{"new ACKs restart the timer, the last one stops it", timer_restarts},
		/* proves MUST-20 */
		{"after the last retry the connection ends in silence", gives_up_silently},
		{"or with a reset, by personality", gives_up_with_a_reset},
		/* proves MUST-20 MUST-47 SHLD-9 SHLD-10 */
		{"the third retry tells the application, unless it wants not to hear", soft_error_at_r1},
		/* proves MUST-21 */
		{"the user timeout ends a connection", user_timeout},
		{"also before the first retransmission", short_user_timeout},
		{"the user timeout ends an open", the_user_timeout_ends_an_open},
		{"SYNs follow the personality's schedule", syn_schedule},
		{"SYN-ACKs follow theirs and end in a reset where it says so", synack_schedule},
		/* proves RT-1 CC-1 */
		{"a SYN-ACK that was sent twice leaves one segment and three seconds", syn_sent_twice},
		{"some systems' first timestamp is zero", first_timestamp_zero},
		/* proves MUST-24 MUST-27 MAY-5 */
		{"keepalives probe an idle connection and end a dead one", keepalives},
		/* proves MAY-6 */
		{"a keepalive carries a byte where the system does", keepalive_with_a_byte},
		{"timers fire on the system's tick", coarse_tick},
		/* proves CC-1 */
		{"the initial window is the personality's", initial_windows},
		/* proves CC-8 */
		{"after an idle time sending restarts at the initial window", idle_restart},
		{NULL, NULL},
	},
};
