/* SPDX-License-Identifier: BSD-3-Clause */
/* Duties of RFC 9293 that no other suite shows by the way (tests/conformance/README.md). */
#include "suites.h"

static void
plain_personality(struct mien_personality *p)
{
	mien_personality_init_plain(p);
	p->tcp.nagle = 0;
	p->tcp.black_hole = MIEN_BLACK_HOLE_OFF;
}

static struct harness *
opened(void)
{
	struct mien_personality p;
	struct harness *h;

	plain_personality(&p);
	h = harness_new(&p);
	harness_open(h, NULL);
	return h;
}

static void
a_reset_ends_an_active_open_in_syn_received(void)
{
	struct harness *h = harness_new(NULL);

	harness_connect(h);
	expect(h, "S 0:0(0)");
	inject(h, "S 0:0(0) win 100 <mss 1460>");
	expect(h, "S. 0:0(0) ack 1");

	inject(h, "R 1:1(0)");

	CHECK_EQ_I(expect_event(h, MIEN_EV_CLOSED).err, MIEN_EREFUSED);
	CHECK_EQ_U(pool_used(&h->tcp.tcbs), 0);
	harness_free(h);
}

static uint64_t
whole(const struct mien_schedule *s)
{
	uint64_t sum = 0;

	for (unsigned i = 0; i < s->count; i++)
		sum += s->gap_ms[i];
	return sum;
}

static void
the_plain_host_tries_a_syn_for_three_minutes(void)
{
	struct harness *h = harness_new(NULL);
	uint64_t until = whole(&h->p.tcp.syn);

	CHECK(until >= 180000);
	harness_connect(h);

	harness_advance(h, 180000);
	expect_no_event(h);
	harness_advance(h, until - 180000 + 10);

	CHECK_EQ_I(expect_event(h, MIEN_EV_CLOSED).err, MIEN_ETIMEDOUT);
	harness_ignore(h);
	harness_free(h);
}

static void
the_plain_host_tries_data_for_a_hundred_seconds(void)
{
	struct harness *h = opened();

	harness_send(h, 1, 10);
	harness_advance(h, 100000);

	CHECK_EQ_U(harness_state(h), MIEN_TCP_ESTABLISHED);
	CHECK(h->env.counters.tcp_retransmits >= 3);
	harness_ignore(h);
	harness_free(h);
}

static void
keepalives_wait_two_hours_by_default(void)
{
	struct harness *h = opened();

	harness_set(h, MIEN_TCP_KEEPALIVE, 1);

	harness_advance(h, 7199000);
	expect_none(h);
	harness_advance(h, 2000);

	expect(h, ". 0:0(0) ack 1");
	expect_none(h);
	harness_free(h);
}

static void
unacknowledged_data_keep_keepalives_away(void)
{
	struct harness *h = opened();

	harness_set(h, MIEN_TCP_KEEPALIVE, 1);
	harness_set(h, MIEN_TCP_KEEPALIVE_IDLE_MS, 1000);
	harness_send(h, 1, 10);
	expect(h, "P. 1:11(10) ack 1");

	harness_advance(h, 5000);

	for (const struct harness_sent *s; (s = harness_peek(h)) != NULL;)
		expect(h, "P. 1:11(10) ack 1"); /* the data again, no probe */
	harness_free(h);
}

static void
urgent_data_longer_than_segments_are_announced_in_each(void)
{
	struct harness *h = opened();
	struct mien_tcp_info info;

	inject(h, "U. 1:1001(1000) ack 1 urg 2500");
	inject(h, "U. 1001:2001(1000) ack 1 urg 1500");
	(void)expect_event(h, MIEN_EV_READABLE);
	(void)expect_event(h, MIEN_EV_URGENT);

	info = harness_info(h);
	CHECK_EQ_U(info.urgent_left, 2500);
	harness_read(h, 1, 2000);
	info = harness_info(h);
	CHECK_EQ_U(info.urgent_left, 500);
	harness_ignore(h);
	harness_free(h);
}

static void
listening_again_does_not_touch_what_is_open(void)
{
	struct harness *h = opened();
	const struct mien_tcp_listen again = {.port = 80};
	uint64_t listener;

	REQUIRE_EQ_I(tcp_user_unlisten(&h->tcp, h->listener), MIEN_OK);
	REQUIRE_EQ_I(tcp_user_listen(&h->tcp, &again, &listener), MIEN_OK);

	inject(h, "P. 1:11(10) ack 1");

	CHECK_EQ_U(harness_state(h), MIEN_TCP_ESTABLISHED);
	(void)expect_event(h, MIEN_EV_READABLE);
	harness_read(h, 1, 10);
	harness_ignore(h);
	harness_free(h);
}

static void
a_port_may_listen_while_it_opens(void)
{
	struct harness *h = harness_new(NULL);
	const struct mien_tcp_connect active = {.remote = h->peer.addr, .remote_port = 5000, .local_port = 80};

	REQUIRE_EQ_I(tcp_user_connect(&h->tcp, &h->host, &active, &h->conn), MIEN_OK);
	h->peer.local_port = 80;
	harness_flush(h);
	expect(h, "S 0:0(0)");

	harness_listen(h, 80);
	h->peer.port = 6000;
	inject(h, "S 0:0(0) win 100 <mss 1460>");

	expect(h, "S. 0:0(0) ack 1");
	CHECK_EQ_U(harness_state(h), MIEN_TCP_SYN_SENT);
	harness_free(h);
}

static void
the_traffic_class_may_change_while_open(void)
{
	struct harness *h = opened();

	REQUIRE_EQ_I(tcp_user_set(&h->tcp, h->conn, MIEN_TCP_TOS, 0xb8), MIEN_OK);
	REQUIRE_EQ_I(tcp_user_set(&h->tcp, h->conn, MIEN_TCP_TTL, 9), MIEN_OK);
	harness_send(h, 1, 10);
	CHECK_EQ_U(harness_peek(h)->ip.tos, 0xb8);
	CHECK_EQ_U(harness_peek(h)->ip.ttl, 9);
	harness_ignore(h);
	REQUIRE_EQ_I(tcp_user_set(&h->tcp, h->conn, MIEN_TCP_TOS, 0x28), MIEN_OK);
	harness_send(h, 11, 10);

	CHECK_EQ_U(harness_peek(h)->ip.tos, 0x28);
	harness_ignore(h);
	harness_free(h);
}

/* RFC 9293 3.8.6: of what the window no longer covers only the front is sent again, and it does not end the connection. */
static void
old_data_is_sent_again_inside_a_shrunk_window(void)
{
	struct harness *h = opened();

	harness_send(h, 1, 4380);
	harness_ignore(h);

	inject(h, ". 1:1(0) ack 1 win 1460");
	harness_advance(h, 60000);

	CHECK(h->sent_count > 0);
	while (harness_peek(h))
		expect(h, ". 1:1461(1460) ack 1");
	CHECK_EQ_U(harness_state(h), MIEN_TCP_ESTABLISHED);
	harness_free(h);
}

const struct test_suite duties_suite = {
	.name = "duties",
	.setup = harness_setup,
	.cases = (const struct test_case[]){
		/* proves MUST-11 */
		{"a reset ends an active open in SYN-RECEIVED", a_reset_ends_an_active_open_in_syn_received},
		/* proves MUST-23 */
		{"the plain host tries a SYN for three minutes", the_plain_host_tries_a_syn_for_three_minutes},
		/* proves SHLD-11 */
		{"the plain host tries data for a hundred seconds", the_plain_host_tries_data_for_a_hundred_seconds},
		/* proves MUST-28 SHLD-12 */
		{"keepalives wait two hours by default", keepalives_wait_two_hours_by_default},
		/* proves MUST-26 */
		{"unacknowledged data keep keepalives away", unacknowledged_data_keep_keepalives_away},
		/* proves MUST-31 MUST-33 */
		{"urgent data longer than segments are announced in each",
			urgent_data_longer_than_segments_are_announced_in_each},
		/* proves MUST-41 */
		{"listening again does not touch what is open", listening_again_does_not_touch_what_is_open},
		/* proves MUST-42 */
		{"a port may listen while it opens", a_port_may_listen_while_it_opens},
		/* proves MUST-48 MUST-49 SHLD-21 SHLD-22 IP-4 */
		{"the traffic class may change while open", the_traffic_class_may_change_while_open},
		/* proves SHLD-16 SHLD-17 MUST-34 MAY-7 */
		{"old data is sent again inside a shrunk window", old_data_is_sent_again_inside_a_shrunk_window},
		{NULL, NULL},
	},
};
