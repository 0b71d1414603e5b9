/* SPDX-License-Identifier: BSD-3-Clause */
/* How much of what is sent is copied, and what happens to mbufs that others hold. */
#include "stream.h"

static void
zero_copy(void)
{
	struct harness *h = plain(0);
	struct rte_mbuf *m;

	harness_open(h, NULL);
	m = app_mbuf(h, 1, 1400);
	REQUIRE_EQ_I(tcp_user_send_mbuf(&h->tcp, h->conn, &m, 0), 1400);
	harness_flush(h);
	m = app_mbuf(h, 1401, 64);
	REQUIRE_EQ_I(tcp_user_send_mbuf(&h->tcp, h->conn, &m, 0), 64);
	harness_flush(h);

	expect_stream(h, "P. 1:1401(1400) ack 1");
	expect_stream(h, "P. 1401:1465(64) ack 1");
	CHECK_EQ_U(h->env.counters.tcp_payload_copied, 0);
	CHECK_EQ_U(h->env.mbufs_held, 2);
	inject(h, ". 1:1(0) ack 1465 win 65535");
	CHECK_EQ_U(h->env.mbufs_held, 0);
	harness_free(h);
}

static void
shared_mbuf_is_not_touched(void)
{
	struct harness *h = plain(0);
	struct rte_mbuf *m, *mine;
	uint8_t before[128];

	harness_open(h, NULL);
	mine = m = app_mbuf(h, 1, 1400);
	rte_mbuf_refcnt_update(m, 1);
	memset(m->buf_addr, 0x55, 128);
	memcpy(before, m->buf_addr, 128);

	REQUIRE_EQ_I(tcp_user_send_mbuf(&h->tcp, h->conn, &m, 0), 1400);
	harness_flush(h);

	expect_stream(h, "P. 1:1401(1400) ack 1");
	CHECK_MEM(mine->buf_addr, before, 128);
	CHECK_EQ_U(mine->pkt_len, 1400);
	CHECK_EQ_U(h->env.counters.tcp_payload_copied, 0);
	inject(h, ". 1:1(0) ack 1401 win 65535");
	CHECK_EQ_U(rte_mbuf_refcnt_read(mine), 1);
	rte_pktmbuf_free(mine);
	harness_free(h);
}

/* A port that has not sent what it was given. */
static struct rte_mbuf *held[8];
static unsigned int n_held;

static void
hold_output(void *net, struct tcp_host *host, struct rte_mbuf *m, const struct ip_tx *tx)
{
	(void)net;
	(void)host;
	(void)tx;
	REQUIRE(n_held < 8);
	memset(rte_pktmbuf_prepend(m, 34), 0xee, 34); /* IP and Ethernet */
	held[n_held++] = m;
}

static void
check_held(const struct harness *h, const struct rte_mbuf *m, uint32_t seq, uint32_t len)
{
	static uint8_t room[2048];
	const uint8_t *p = rte_pktmbuf_read(m, 0, m->pkt_len, room);
	struct tcp_hdr_v v = {0};

	REQUIRE_EQ_U(m->pkt_len, 34 + 20 + len);
	REQUIRE_NOT_NULL(p);
	CHECK_EQ_U(p[33], 0xee);
	REQUIRE_EQ_U(tcp_parse(p + 34, m->pkt_len - 34, &v), WIRE_OK);
	CHECK_EQ_U(v.seq - h->peer.local_iss, seq);
	for (uint32_t i = 0; i < len; i++)
		REQUIRE_EQ_U(v.payload[i], harness_byte(seq + i));
}

static void
port_holds_the_first_copy(void)
{
	struct harness *h = plain(0);
	struct rte_mbuf *m;

	n_held = 0;
	harness_open(h, NULL);
	h->env.ip_output = hold_output;
	m = app_mbuf(h, 1, 1000);
	REQUIRE_EQ_I(tcp_user_send_mbuf(&h->tcp, h->conn, &m, 0), 1000);
	harness_flush(h);

	harness_advance(h, 250);			  /* sent again */
	inject(h, ". 1:1(0) ack 301 win 65535"); /* a part of it came */
	harness_advance(h, 500);			  /* the rest again */

	REQUIRE_EQ_U(n_held, 3);
	check_held(h, held[0], 1, 1000);
	check_held(h, held[1], 1, 1000);
	check_held(h, held[2], 301, 700);
	CHECK_EQ_U(held[0]->nb_segs, 1); /* the header stands in its headroom */
	CHECK_EQ_U(held[1]->nb_segs, 2);
	inject(h, ". 1:1(0) ack 1001 win 65535");
	CHECK_EQ_U(h->env.mbufs_held, 0);
	check_held(h, held[0], 1, 1000);
	while (n_held)
		rte_pktmbuf_free(held[--n_held]);
	CHECK_EQ_U(h->env.counters.tcp_payload_copied, 0);
	harness_free(h);
}

static void
count_free(void *addr, void *count)
{
	(void)addr;
	(*(unsigned int *)count)++;
}

static void
external_memory(void)
{
	struct harness *h = plain(0);
	static uint8_t memory[8192] __attribute__((aligned(64)));
	uint16_t room = sizeof(memory);
	struct rte_mbuf_ext_shared_info *shinfo;
	struct rte_mbuf *m = rte_pktmbuf_alloc(h->env.pool);
	unsigned int freed = 0;

	harness_open(h, NULL);
	shinfo = rte_pktmbuf_ext_shinfo_init_helper(memory, &room, count_free, &freed);
	rte_pktmbuf_attach_extbuf(m, memory, 0, room, shinfo);
	rte_pktmbuf_reset_headroom(m);
	m->data_off = 0;
	for (uint32_t i = 0; i < 5000; i++)
		memory[i] = harness_byte(1 + i);
	rte_pktmbuf_append(m, 5000);

	REQUIRE_EQ_I(tcp_user_send_mbuf(&h->tcp, h->conn, &m, 0), 5000);
	harness_flush(h);

	expect_stream(h, ". 1:1461(1460) ack 1");
	expect_stream(h, ". 1461:2921(1460) ack 1");
	expect_stream(h, ". 2921:4381(1460) ack 1");
	expect_stream(h, "P. 4381:5001(620) ack 1");
	inject(h, ". 1:1(0) ack 4381 win 65535");
	CHECK_EQ_U(freed, 0);
	inject(h, ". 1:1(0) ack 5001 win 65535");
	CHECK_EQ_U(freed, 1);
	CHECK_EQ_U(h->env.counters.tcp_payload_copied, 0);
	harness_free(h);
}

static void
linear_port(void)
{
	struct harness *h = plain(0);
	struct rte_mbuf *m, *mine;

	h->env.tx_offloads = 0;
	harness_open(h, NULL);
	mine = m = app_mbuf(h, 1, 1400);
	rte_mbuf_refcnt_update(m, 1);

	REQUIRE_EQ_I(tcp_user_send_mbuf(&h->tcp, h->conn, &m, 0), 1400);
	harness_flush(h);

	expect_stream(h, "P. 1:1401(1400) ack 1");
	CHECK_EQ_U(h->env.counters.tcp_payload_copied, 1400);
	rte_pktmbuf_free(mine);
	harness_free(h);
}

/* -- short payloads ----------------------------------------------------------------------- */

static void
send_app(struct harness *h, uint32_t seq, uint32_t n)
{
	struct rte_mbuf *m = app_mbuf(h, seq, n);

	REQUIRE_EQ_I(tcp_user_send_mbuf(&h->tcp, h->conn, &m, 0), n);
	harness_flush(h);
}

static void
small_is_kept_as_a_copy(void)
{
	struct harness *h = plain(0);
	unsigned int free_mbufs;

	harness_open(h, NULL);
	free_mbufs = rte_mempool_avail_count(h->env.pool);

	send_app(h, 1, 64);

	expect_stream(h, "P. 1:65(64) ack 1");
	CHECK_EQ_U(rte_mempool_avail_count(h->env.pool), free_mbufs); /* back before the ACK */
	CHECK_EQ_U(h->env.mbufs_held, 1);
	CHECK_EQ_U(h->env.counters.tcp_payload_copied, 0);
	CHECK_EQ_U(h->env.counters.tcp_payload_copied_small, 64);
	inject(h, ". 1:1(0) ack 65 win 65535");
	CHECK_EQ_U(h->env.mbufs_held, 0);
	harness_free(h);
}

static void
above_the_break_nothing_is_copied(void)
{
	struct harness *h = plain(0);

	harness_open(h, NULL);

	send_app(h, 1, MIEN_COPY_BREAK + 1);

	expect_stream(h, "P. 1:258(257) ack 1");
	CHECK_EQ_U(h->env.counters.tcp_payload_copied + h->env.counters.tcp_payload_copied_small, 0);
	harness_free(h);
}

static void
small_is_sent_again(void)
{
	struct harness *h = plain(0);

	harness_open(h, NULL);
	send_app(h, 1, 200);
	expect_stream(h, "P. 1:201(200) ack 1");

	harness_advance(h, 1000);
	expect_stream(h, "P. 1:201(200) ack 1");
	harness_ignore(h);
	inject(h, ". 1:1(0) ack 101 win 65535"); /* half of a packet */
	harness_advance(h, 3000);

	expect_stream(h, "P. 101:201(100) ack 1");
	inject(h, ". 1:1(0) ack 201 win 65535");
	CHECK_EQ_U(h->env.mbufs_held, 0);
	harness_free(h);
}

/* Acknowledged bytes make headroom in the copy, which then goes out itself: the port's reference counts. */
static void
small_held_by_a_port(void)
{
	struct harness *h = plain(0);
	struct rte_mbuf *m;

	n_held = 0;
	harness_open(h, NULL);
	send_app(h, 1, 250);
	expect_stream(h, "P. 1:251(250) ack 1");
	inject(h, ". 1:1(0) ack 201 win 65535");
	h->env.ip_output = hold_output;

	loss_mark_all(harness_tcb(h));
	tcp_mark_dirty(&h->tcp, harness_tcb(h));
	harness_flush(h);
	REQUIRE_EQ_U(n_held, 1);
	inject(h, ". 1:1(0) ack 251 win 65535");
	m = app_mbuf(h, 251, 100); /* would take the copy's place if it were free */
	REQUIRE_EQ_I(tcp_user_send_mbuf(&h->tcp, h->conn, &m, 0), 100);
	harness_flush(h);

	check_held(h, held[0], 201, 50);
	REQUIRE_EQ_U(n_held, 2);
	check_held(h, held[1], 251, 100);
	rte_pktmbuf_free(held[0]);
	rte_pktmbuf_free(held[1]);
	harness_free(h);
}

static void
small_is_split(void)
{
	struct harness *h = plain(0);

	harness_open(h, NULL);
	send_app(h, 1, 250);
	expect_stream(h, "P. 1:251(250) ack 1");

	pmtu_lower(&h->tcp, harness_tcb(h), 68);
	harness_tcb(h)->mss = 100; /* below any path's: the cut itself is what counts */
	loss_mark_all(harness_tcb(h));
	harness_tcb(h)->flags |= TF_RTX_NOW;
	tcp_mark_dirty(&h->tcp, harness_tcb(h));
	harness_flush(h);

	expect_stream(h, ". 1:101(100) ack 1");
	inject(h, ". 1:1(0) ack 101 win 65535");
	expect_stream(h, ". 101:201(100) ack 1");
	expect_stream(h, "P. 201:251(50) ack 1");
	inject(h, ". 1:1(0) ack 251 win 65535");
	CHECK_EQ_U(h->env.mbufs_held, 0);
	harness_free(h);
}

static void
without_room_for_copies(void)
{
	struct harness *h = plain(0);

	h->env.small_room = 0;
	harness_open(h, NULL);

	send_app(h, 1, 64);

	expect_stream(h, "P. 1:65(64) ack 1");
	CHECK_EQ_U(h->env.counters.tcp_payload_copied_small, 0);
	harness_free(h);
}

const struct test_suite copies_suite = {
	.name = "copies",
	.setup = harness_setup,
	.cases = (const struct test_case[]){
		{"payload of mbufs is not copied", zero_copy},
		{"an mbuf that somebody else holds is not written to", shared_mbuf_is_not_touched},
		{"what a port still holds is not changed by sending it again", port_holds_the_first_copy},
		{"memory of the application goes out in views and is given back once", external_memory},
		{"a port without chains gets one copy", linear_port},
		{"of a short payload a copy waits for the ACK, and the mbuf is free at once", small_is_kept_as_a_copy},
		{"above the copy break nothing is copied", above_the_break_nothing_is_copied},
		{"a short payload is sent again from its copy, from the first byte not acknowledged", small_is_sent_again},
		{"a copy that a port still holds is not used for other bytes", small_held_by_a_port},
		{"a copy longer than a segment is cut", small_is_split},
		{"where views have no room of their own there are no copies", without_room_for_copies},
		{NULL, NULL},
	},
};
