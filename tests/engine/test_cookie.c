/* SPDX-License-Identifier: BSD-3-Clause */
/* SYN cookies: what a listener with a full backlog still gives and takes. */
#include "suites.h"

#define ALL "mss 1460,sackOK,TS val 5 ecr 0,nop,wscale 9"

/* One connection is half open, and no more may be; the peer speaks from another port now. */
static struct harness *
flooded_at(uint64_t ms)
{
	struct harness *h = harness_new(NULL);

	h->p.tcp.backlog = 1;
	h->p.tcp.backlog_full = MIEN_BACKLOG_COOKIES;
	harness_listen(h, 80);
	harness_advance(h, ms);
	inject(h, "S 0:0(0) win 65535 <mss 1460>");
	harness_ignore(h);
	h->peer.port += 1000;
	return h;
}

static struct harness *
flooded(void)
{
	return flooded_at(5000);
}

/* TSval of the next segment sent. */
static uint32_t
stamp_of(const struct harness *h)
{
	const struct harness_sent *s = harness_peek(h);
	struct tcp_hdr_v v = {.opt_len = 0};
	struct tcp_opts o;

	REQUIRE_NOT_NULL(s);
	REQUIRE_EQ_U(tcp_parse(s->bytes, s->len, &v), WIRE_OK);
	tcp_opts_parse(v.opts, v.opt_len, &o);
	REQUIRE(o.present & OPT_TS);
	return o.tsval;
}

static void
nothing_is_kept_of_the_syn(void)
{
	struct harness *h = flooded();

	inject(h, "S 0:0(0) win 65535 <" ALL ">");

	CHECK_EQ_U(h->drop, MIEN_DROP_TCP_SYN_BACKLOG);
	CHECK_EQ_U(h->tcp.half_open, 1);
	CHECK_EQ_U(pool_used(&h->tcp.tcbs), 1);
	expect(h, "S. 0:0(0) ack 1");
	harness_advance(h, 900);
	expect_none(h); /* nor does it come again */
	harness_free(h);
}

static void
the_ack_opens_the_connection_with_all_options(void)
{
	struct harness *h = flooded();
	struct mien_tcp_info info;
	uint32_t stamp;

	inject(h, "S 0:0(0) win 65535 <" ALL ">");
	stamp = stamp_of(h);
	CHECK(seq_leq(stamp, 5000) && seq_gt(stamp, 5000 - 64)); /* never from the future */
	harness_ignore(h);
	injectf(h, "P. 1:11(10) ack 1 win 500 <nop,nop,TS val 6 ecr %u>", stamp);

	(void)expect_event(h, MIEN_EV_ACCEPT);
	info = harness_info(h);
	CHECK_EQ_U(info.state, MIEN_TCP_ESTABLISHED);
	CHECK_EQ_U(info.negotiated, MIEN_NEG_MSS | MIEN_NEG_TS | MIEN_NEG_SACK | MIEN_NEG_WSCALE);
	CHECK_EQ_U(info.snd_wscale, 9);
	CHECK_EQ_U(info.rcv_wscale, 7);
	CHECK_EQ_U(info.snd_wnd, 500u << 9);
	CHECK_EQ_U(info.mss_send, 1448);
	CHECK_EQ_U(info.unread, 10);
	CHECK_EQ_U(h->tcp.half_open, 1);
	(void)expect_event(h, MIEN_EV_READABLE);
	harness_read(h, 1, 10);
	harness_ignore(h);
	harness_send(h, 1, 100);
	expect(h, "P. 1:101(100) ack 11");
	harness_free(h);
}

static void
without_timestamps_only_the_mss_is_left(void)
{
	struct harness *h = flooded();

	inject(h, "S 0:0(0) win 65535 <mss 1400,sackOK,nop,wscale 9,nop>");
	expect(h, "S. 0:0(0) ack 1 <mss 1460>");
	inject(h, ". 1:1(0) ack 1 win 500");

	(void)expect_event(h, MIEN_EV_ACCEPT);
	CHECK_EQ_U(harness_info(h).negotiated, MIEN_NEG_MSS);
	CHECK_EQ_U(harness_info(h).mss_send, 1300); /* the next in the table below 1400 */
	CHECK_EQ_U(harness_info(h).snd_wnd, 500);
	harness_free(h);
}

/* Nor is it reset: it may be what a peer sends whose first segments were lost. */
static void
a_forged_ack_opens_nothing(void)
{
	struct harness *h = flooded();

	inject(h, "S 0:0(0) win 65535 <mss 1460>");
	harness_ignore(h);

	inject(h, ". 1:1(0) ack 2 win 500");
	CHECK_EQ_U(h->drop, MIEN_DROP_TCP_COOKIE);
	h->peer.port++; /* of another connection */
	inject(h, ". 1:1(0) ack 1 win 500");
	CHECK_EQ_U(h->drop, MIEN_DROP_TCP_COOKIE);
	h->peer.port--;
	h->peer.iss += 1000; /* of another SYN */
	inject(h, ". 1:1(0) ack 1 win 500");
	CHECK_EQ_U(h->drop, MIEN_DROP_TCP_COOKIE);
	h->peer.iss -= 1000;
	inject(h, ". 1:1(0) ack 1 win 500 <nop,nop,TS val 6 ecr 5>"); /* the SYN-ACK had no stamp */
	CHECK_EQ_U(h->drop, MIEN_DROP_TCP_COOKIE);
	expect_none(h);
	CHECK_EQ_U(pool_used(&h->tcp.tcbs), 1);
	expect_no_event(h);
	harness_free(h);
}

/* Found by the soak: it opened a connection that began a byte too early, with another MSS. */
static void
a_number_that_is_off_by_one_is_no_cookies(void)
{
	struct harness *h = flooded();

	inject(h, "S 0:0(0) win 65535 <mss 1440>");
	harness_ignore(h);

	inject(h, ". 0:0(0) ack 1 win 500");
	CHECK_EQ_U(h->drop, MIEN_DROP_TCP_COOKIE);
	inject(h, ". 2:2(0) ack 1 win 500");
	CHECK_EQ_U(h->drop, MIEN_DROP_TCP_COOKIE);
	expect_none(h);
	expect_no_event(h);
	harness_free(h);
}

/* The clock of cookies counts 64 s. */
static void
a_cookie_lives_for_two_minutes_at_most(void)
{
	struct harness *h = flooded();

	inject(h, "S 0:0(0) win 65535 <mss 1460>");
	harness_ignore(h);
	harness_advance(h, 60000);
	harness_ignore(h);
	inject(h, ". 1:1(0) ack 1 win 500");
	(void)expect_event(h, MIEN_EV_ACCEPT);
	harness_free(h);

	h = flooded();
	inject(h, "S 0:0(0) win 65535 <mss 1460>");
	harness_advance(h, 130000);
	harness_ignore(h);
	inject(h, ". 1:1(0) ack 1 win 500");
	expect(h, "R 1:1(0)");
	harness_free(h);
}

static void
without_a_flood_no_cookie_is_believed(void)
{
	struct harness *h = flooded();

	h->p.tcp.backlog_full = MIEN_BACKLOG_SILENT;
	inject(h, "S 0:0(0) win 65535 <mss 1460>");
	expect_none(h);
	h->p.tcp.backlog_full = MIEN_BACKLOG_COOKIES;
	inject(h, ". 1:1(0) ack 1 win 500");
	expect(h, "R 1:1(0)");
	CHECK_EQ_U(h->tcp.cookies_until, 0);
	harness_free(h);
}

static void
a_full_accept_queue_takes_no_cookie(void)
{
	struct harness *h = flooded();

	inject(h, "S 0:0(0) win 65535 <mss 1460>");
	harness_ignore(h);
	((struct tcp_listener *)pool_lookup(&h->tcp.listeners, h->listener))->accept_backlog = 0;

	inject(h, ". 1:1(0) ack 1 win 500");

	CHECK_EQ_U(h->drop, MIEN_DROP_TCP_ACCEPT_BACKLOG);
	expect_none(h);
	CHECK_EQ_U(pool_used(&h->tcp.tcbs), 1);
	harness_free(h);
}

/* A clock that begins with each connection cannot carry anything from one packet to the other. */
static void
a_clock_that_starts_anew_carries_nothing(void)
{
	struct harness *h = flooded();

	h->p.tcp.ts.base = MIEN_TS_ZERO;
	inject(h, "S 0:0(0) win 65535 <" ALL ">");

	expect(h, "S. 0:0(0) ack 1 <mss 1460>");
	harness_free(h);
}

static void
a_cookie_carries_what_was_offered_and_no_more(void)
{
	static const struct {
		const char *syn;
		uint8_t snd_wscale, neg;
	} cases[] = {
		{"S 0:0(0) win 65535 <mss 1460,sackOK,TS val 5 ecr 0>", 0, MIEN_NEG_MSS | MIEN_NEG_SACK | MIEN_NEG_TS},
		{"S 0:0(0) win 65535 <mss 1460,nop,nop,TS val 5 ecr 0,nop,wscale 15>", 14,
			MIEN_NEG_MSS | MIEN_NEG_WSCALE | MIEN_NEG_TS},
		{"SEW 0:0(0) win 65535 <mss 1460,nop,nop,TS val 5 ecr 0,nop,wscale 2>", 2,
			MIEN_NEG_MSS | MIEN_NEG_WSCALE | MIEN_NEG_TS | MIEN_NEG_ECN},
	};

	for (unsigned ms = 0; ms < 64; ms += 21) /* whatever the clock shows in its last bits */
		for (unsigned i = 0; i < 3; i++) {
			struct harness *h = flooded_at(0);

			h->p.tcp.ecn = MIEN_ECN_ACCEPT;
			harness_advance(h, 6400 + ms);
			harness_ignore(h);
			inject(h, cases[i].syn);
			CHECK(stamp_of(h) <= 6400 + ms && stamp_of(h) + 64 > 6400 + ms);
			injectf(h, ". 1:1(0) ack 1 win 1000 <nop,nop,TS val 6 ecr %u>", stamp_of(h));
			(void)expect_event(h, MIEN_EV_ACCEPT);

			CHECK_EQ_X(harness_tcb(h)->neg, cases[i].neg);
			CHECK_EQ_U(harness_tcb(h)->snd_wscale, cases[i].snd_wscale);
			harness_ignore(h);
			harness_free(h);
		}
}

/* A clock that says something else in the SYN-ACK, or to each connection, cannot carry anything. */
static void
a_clock_that_does_not_go_on_carries_nothing(void)
{
	for (unsigned i = 0; i < 4; i++) {
		struct harness *h = flooded_at(0);

		if (i == 0)
			h->p.tcp.ts.accept = 0;
		if (i == 1)
			h->p.tcp.ts.first_zero = MIEN_TS_ZERO_BOTH;
		if (i == 2)
			h->p.tcp.ts.base = MIEN_TS_STEP;
		if (i == 3)
			h->p.tcp.ts.base = MIEN_TS_ZERO;
		inject(h, "S 0:0(0) win 65535 <" ALL ">");
		expect(h, "S. 0:0(0) ack 1 <mss 1460>");
		harness_free(h);
	}
	for (uint8_t base = MIEN_TS_PER_CONN; base <= MIEN_TS_PER_PEER; base++) {
		struct harness *h = flooded_at(0);

		h->p.tcp.ts.base = base;
		inject(h, "S 0:0(0) win 65535 <" ALL ">");
		(void)stamp_of(h);
		harness_ignore(h);
		harness_free(h);
	}
}

static void
the_smallest_mss_of_a_cookie_is_536(void)
{
	struct harness *h = flooded_at(0);

	inject(h, "S 0:0(0) win 65535 <mss 300>");
	harness_ignore(h);
	inject(h, ". 1:1(0) ack 1 win 1000");
	(void)expect_event(h, MIEN_EV_ACCEPT);

	CHECK_EQ_U(harness_tcb(h)->peer_mss, 536);
	harness_free(h);
}

/* -- the SYN comes again, or its ACK is lost ---------------------------------------------------------------- */

/* The one that was half open goes. */
static void
make_room(struct harness *h)
{
	h->peer.port -= 1000;
	inject(h, "R 1:1(0)");
	h->peer.port += 1000;
	REQUIRE_EQ_U(h->tcp.half_open, 0);
}

/* Answered with a cookie at first, then with a connection: gives whether the numbers are the same; the first counts. */
static bool
answered_twice(struct harness *h, const char *first, const char *second)
{
	uint32_t cookie, number;

	injectf(h, "S 0:0(0) win 65535 <%s>", first);
	harness_ignore(h);
	cookie = h->peer.local_iss;
	make_room(h);
	injectf(h, "S 0:0(0) win 65535 <%s>", second);
	harness_ignore(h);
	REQUIRE_EQ_U(h->tcp.half_open, 1);
	number = h->peer.local_iss;
	h->peer.local_iss = cookie;
	return number == cookie;
}

/* Found with a thousand clients at once: the network, or a timeout, doubled SYNs, and whoever took one answer was reset. */
static void
a_syn_has_one_number(void)
{
	struct harness *h = flooded();

	CHECK(answered_twice(h, "mss 1460", "mss 1460"));
	inject(h, "P. 1:11(10) ack 1 win 500");
	(void)expect_event(h, MIEN_EV_ACCEPT);
	CHECK_EQ_U(h->env.counters.tcp_cookies_accepted, 0);
	harness_free(h);

	h = flooded();
	CHECK(answered_twice(h, ALL, ALL));
	harness_advance(h, 3000); /* the SYN-ACK once more: its stamp holds the same */
	CHECK_EQ_U(stamp_of(h) & 63, 16 | 9);
	injectf(h, "P. 1:11(10) ack 1 win 500 <nop,nop,TS val 6 ecr %u>", stamp_of(h));
	(void)expect_event(h, MIEN_EV_ACCEPT);
	CHECK_EQ_U(harness_info(h).snd_wscale, 9);
	harness_free(h);
}

/* The ACK does not say which offer it answers unless their numbers differ. */
static void
another_offer_has_another_number(void)
{
	struct harness *h = flooded();
	uint32_t stamp;

	inject(h, "S 0:0(0) win 65535 <" ALL ">");
	stamp = stamp_of(h);
	CHECK(!answered_twice(h, ALL, "mss 1460"));
	injectf(h, "P. 1:11(10) ack 1 win 500 <nop,nop,TS val 6 ecr %u>", stamp);
	(void)expect_event(h, MIEN_EV_ACCEPT);
	CHECK_EQ_U(harness_info(h).negotiated, MIEN_NEG_MSS | MIEN_NEG_TS | MIEN_NEG_SACK | MIEN_NEG_WSCALE);
	harness_free(h);

	h = flooded();
	CHECK(!answered_twice(h, "mss 1460", ALL));
	inject(h, "P. 1:11(10) ack 1 win 500");
	(void)expect_event(h, MIEN_EV_ACCEPT);
	CHECK_EQ_U(harness_info(h).negotiated, MIEN_NEG_MSS);
	harness_free(h);

	h = flooded(); /* a cookie would not carry the scale */
	CHECK(!answered_twice(h, "mss 1460,nop,wscale 7", "mss 1460,nop,wscale 7"));
	inject(h, "P. 1:11(10) ack 1 win 500");
	(void)expect_event(h, MIEN_EV_ACCEPT);
	CHECK_EQ_U(harness_info(h).negotiated, MIEN_NEG_MSS);
	harness_free(h);
}

/* Nothing tells such a segment from a stranger's; the first bytes come again and open. */
static void
bytes_that_overtake_the_ack_are_not_reset(void)
{
	struct harness *h = flooded();

	inject(h, "S 0:0(0) win 65535 <mss 1460>");
	harness_ignore(h);
	inject(h, "P. 1001:2001(1000) ack 1 win 500");
	CHECK_EQ_U(h->drop, MIEN_DROP_TCP_COOKIE);
	expect_none(h);
	inject(h, "P. 1:1001(1000) ack 1 win 500");
	(void)expect_event(h, MIEN_EV_ACCEPT);
	harness_free(h);

	h = flooded(); /* the same where the SYN that came again waits for its own ACK */
	CHECK(!answered_twice(h, "mss 1460", ALL));
	inject(h, "P. 1001:2001(1000) ack 1 win 500");
	inject(h, "P. 1001:2001(1000) ack 1 win 500 <nop,nop,TS val 6 ecr 6>");
	CHECK_EQ_U(h->drop, MIEN_DROP_TCP_COOKIE);
	expect_none(h);
	inject(h, "P. 1:1001(1000) ack 1 win 500");
	(void)expect_event(h, MIEN_EV_ACCEPT);
	harness_free(h);
}

static void
a_while_after_the_flood_strangers_are_reset(void)
{
	struct harness *h = flooded();

	inject(h, "S 0:0(0) win 65535 <mss 1460>");
	harness_advance(h, 130000);
	harness_ignore(h);
	inject(h, "P. 1001:2001(1000) ack 1 win 500");
	expect(h, "R 1:1(0)");
	harness_free(h);
}

/* As a change of personality does it. */
static void
put_on(struct harness *h, const struct mien_personality *p)
{
	tcp_host_changes(&h->tcp, &h->host);
	h->host.p = p;
	h->host.key.k0++;
	h->host.epoch++;
	h->host.epoch_ns = h->env.now;
}

static void
a_cookie_outlives_its_hosts_personality(void)
{
	struct harness *h = flooded();
	struct mien_personality other;
	uint32_t stamp;

	mien_personality_init_plain(&other);
	inject(h, "S 0:0(0) win 65535 <" ALL ">");
	stamp = stamp_of(h);
	harness_ignore(h);
	for (unsigned int i = 0; i < 3; i++)
		put_on(h, i % 2 ? &h->p : &other);

	injectf(h, "P. 1:11(10) ack 1 win 500 <nop,nop,TS val 6 ecr %u>", stamp);

	(void)expect_event(h, MIEN_EV_ACCEPT);
	CHECK_EQ_U(harness_info(h).bytes_received, 10);
	CHECK_EQ_U(harness_info(h).snd_wscale, 9);
	harness_advance(h, 500);
	CHECK(seq_geq(stamp_of(h), stamp) && seq_lt(stamp_of(h), stamp + 600)); /* the same clock */
	CHECK_EQ_U(worn_users(&h->tcp, &other), 1);
	harness_free(h);
}

static void
a_past_personality_is_let_go_with_its_cookies(void)
{
	struct harness *h = flooded();
	struct mien_personality other;

	mien_personality_init_plain(&other);
	put_on(h, &other);
	CHECK_EQ_U(worn_users(&h->tcp, &h->p), 1); /* the half-open connection: no cookie is out */
	put_on(h, &h->p);
	inject(h, "S 0:0(0) win 65535 <" ALL ">");
	for (unsigned int i = 0; i < 2 * COOKIE_PASTS; i++)
		put_on(h, i % 2 ? &h->p : &other);
	CHECK_EQ_U(worn_users(&h->tcp, &other), COOKIE_PASTS / 2);

	harness_advance(h, 129000);

	CHECK_EQ_U(worn_users(&h->tcp, &other), 0);
	CHECK_EQ_U(worn_users(&h->tcp, &h->p), 0);
	CHECK_EQ_U(wheel_count(&h->env.wheel), 0);
	harness_free(h);
}

static void
a_host_that_goes_leaves_no_past(void)
{
	struct harness *h = flooded();
	struct mien_personality other;

	mien_personality_init_plain(&other);
	inject(h, "S 0:0(0) win 65535 <" ALL ">");
	put_on(h, &other);

	tcp_host_gone(&h->tcp, &h->host);

	CHECK_EQ_U(worn_users(&h->tcp, &h->p), 0);
	CHECK_EQ_U(wheel_count(&h->env.wheel), 0);
	harness_free(h);
}

const struct test_suite cookie_suite = {
	.name = "cookies",
	.setup = harness_setup,
	.cases = (const struct test_case[]){
		{"nothing is kept of a SYN beyond the backlog", nothing_is_kept_of_the_syn},
		{"the ACK of a cookie opens the connection with all options", the_ack_opens_the_connection_with_all_options},
		{"without timestamps only the MSS is left", without_timestamps_only_the_mss_is_left},
		{"a forged ACK opens nothing", a_forged_ack_opens_nothing},
		{"a number that is off by one is no cookie's", a_number_that_is_off_by_one_is_no_cookies},
		{"a cookie lives for two minutes at most", a_cookie_lives_for_two_minutes_at_most},
		{"without a flood no cookie is believed", without_a_flood_no_cookie_is_believed},
		{"a full accept queue takes no cookie", a_full_accept_queue_takes_no_cookie},
		{"a clock that starts anew carries nothing", a_clock_that_starts_anew_carries_nothing},
		{"a cookie carries what was offered and no more", a_cookie_carries_what_was_offered_and_no_more},
		{"a clock that does not go on carries nothing", a_clock_that_does_not_go_on_carries_nothing},
		{"the smallest MSS of a cookie is 536", the_smallest_mss_of_a_cookie_is_536},
		{"a SYN that comes again has the number of its cookie", a_syn_has_one_number},
		{"another offer has another number", another_offer_has_another_number},
		{"bytes that overtake the ACK of a cookie are not reset", bytes_that_overtake_the_ack_are_not_reset},
		{"a while after the flood strangers are reset again", a_while_after_the_flood_strangers_are_reset},
		{"a cookie outlives its host's personality", a_cookie_outlives_its_hosts_personality},
		{"a past personality is let go with its cookies", a_past_personality_is_let_go_with_its_cookies},
		{"a host that goes leaves no past", a_host_that_goes_leaves_no_past},
		{NULL, NULL},
	},
};
