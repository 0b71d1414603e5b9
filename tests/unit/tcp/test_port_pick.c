/* SPDX-License-Identifier: BSD-3-Clause */
#include "suites.h"

#include "tcp_harness.h"
#include "tcp_rx.h"

static struct harness *h;
static const struct tcp_limits limits = {.max_conns = 20000, .max_time_wait = 64, .max_listeners = 1,
	.max_reassembly_bytes = 1 << 20, .sndbuf = 1 << 16};

static void
before(void)
{
	h = harness_with_limits(NULL, &limits);
}

static void
after(void)
{
	harness_free(h);
}

static int
connect_once(uint16_t *port)
{
	const struct mien_tcp_connect config = {.remote = h->peer.addr, .remote_port = 80};
	struct mien_tcp_info info;
	uint64_t conn;
	int rc = tcp_user_connect(&h->tcp, &h->host, &config, &conn);

	harness_ignore(h);
	if (rc == MIEN_OK && tcp_user_info(&h->tcp, conn, &info) == MIEN_OK)
		*port = info.local_port;
	return rc;
}

static void
range(uint16_t low, uint16_t high, uint8_t pick)
{
	h->p.tcp.port_low = low;
	h->p.tcp.port_high = high;
	h->p.tcp.port_pick = pick;
}

static void
every_port_of_the_range_is_used_before_none_is_left(void)
{
	uint16_t port = 0;

	for (uint8_t pick = MIEN_PORT_HASH; pick <= MIEN_PORT_PARITY; pick++) {
		range(2000, 2099, pick);
		h->peer.addr = mien_addr_ip4(0x0a000100 + pick);
		for (unsigned i = 0; i < 100; i++) {
			REQUIRE_EQ_I(connect_once(&port), MIEN_OK);
			CHECK(port >= 2000 && port <= 2099);
		}

		CHECK_EQ_I(connect_once(&port), MIEN_EPORTS);
	}
}

static void
ascending_ports_follow_each_other(void)
{
	uint16_t first = 0, second = 0;

	range(1025, 5000, MIEN_PORT_ASCENDING);

	REQUIRE_EQ_I(connect_once(&first), MIEN_OK);
	REQUIRE_EQ_I(connect_once(&second), MIEN_OK);

	CHECK_EQ_U(second, first + 1);
}

static void
descending_ports_follow_each_other(void)
{
	uint16_t first = 0, second = 0;

	range(49152, 65535, MIEN_PORT_DESCENDING);

	REQUIRE_EQ_I(connect_once(&first), MIEN_OK);
	REQUIRE_EQ_I(connect_once(&second), MIEN_OK);

	CHECK_EQ_U(second, first - 1);
}

static void
parity_takes_the_ports_between_last(void)
{
	uint16_t port = 0;

	range(32768, 32867, MIEN_PORT_PARITY);
	for (unsigned i = 0; i < 100; i++) {
		REQUIRE_EQ_I(connect_once(&port), MIEN_OK);
		CHECK_EQ_U(port % 2, i < 50 ? 0 : 1);
	}
}

static void
a_port_in_use_with_one_peer_is_free_for_another(void)
{
	uint16_t port = 0;

	range(2000, 2000, MIEN_PORT_RANDOM);
	REQUIRE_EQ_I(connect_once(&port), MIEN_OK);
	CHECK_EQ_I(connect_once(&port), MIEN_EPORTS);

	h->peer.addr = mien_addr_ip4(0x0a000009);

	CHECK_EQ_I(connect_once(&port), MIEN_OK);
}

static void
a_port_asked_for_that_is_taken_is_an_error(void)
{
	const struct mien_tcp_connect config = {.remote = h->peer.addr, .remote_port = 80, .local_port = 777};
	uint64_t conn;

	REQUIRE_EQ_I(tcp_user_connect(&h->tcp, &h->host, &config, &conn), MIEN_OK);

	CHECK_EQ_I(tcp_user_connect(&h->tcp, &h->host, &config, &conn), MIEN_EEXIST);
	harness_ignore(h);
}

static void
groups_broadcasts_and_port_zero_are_refused(void)
{
	static const uint32_t bad[] = {0, 0xe0000001, 0xffffffff, 0xf0000001};
	struct mien_tcp_connect config = {.remote_port = 80};
	uint64_t conn;

	for (unsigned i = 0; i < 4; i++) {
		config.remote = mien_addr_ip4(bad[i]);
		CHECK_EQ_I(tcp_user_connect(&h->tcp, &h->host, &config, &conn), MIEN_EINVAL);
	}
	config.remote = mien_addr_any();
	CHECK_EQ_I(tcp_user_connect(&h->tcp, &h->host, &config, &conn), MIEN_EINVAL);
	config = (struct mien_tcp_connect){.remote = h->peer.addr};

	CHECK_EQ_I(tcp_user_connect(&h->tcp, &h->host, &config, &conn), MIEN_EINVAL);
}

/* A client that closes first: every port is in TIME-WAIT, and the oldest serve again after a second. */
static void
the_oldest_port_in_time_wait_is_found_among_thousands(void)
{
	const struct tcp_limits many = {.max_conns = 100, .max_time_wait = 20000, .max_listeners = 1,
		.max_reassembly_bytes = 1 << 20, .sndbuf = 1 << 16};
	struct harness *c = harness_with_limits(NULL, &many);
	unsigned failed = 0;

	c->p.tcp.port_low = 50000;
	c->p.tcp.port_high = 59999;
	c->p.tcp.port_pick = MIEN_PORT_RANDOM;
	for (unsigned i = 0; i < 12000; i++) {
		const struct mien_tcp_connect config = {.remote = c->peer.addr, .remote_port = c->peer.port};
		struct mien_tcp_info info;

		if (i == 10000)
			harness_advance(c, 1001);
		if (tcp_user_connect(&c->tcp, &c->host, &config, &c->conn) != MIEN_OK) {
			failed++;
			continue;
		}
		REQUIRE_EQ_I(tcp_user_info(&c->tcp, c->conn, &info), MIEN_OK);
		c->peer.local_port = info.local_port;
		inject(c, "S. 0:0(0) ack 1 win 1000 <mss 1400,sackOK,TS val 7 ecr 0>");
		(void)expect_event(c, MIEN_EV_CONNECTED);
		REQUIRE_EQ_I(tcp_user_close(&c->tcp, c->conn), MIEN_OK);
		harness_flush(c);
		inject(c, "F. 1:1(0) ack 2 win 1000 <nop,nop,TS val 8 ecr 0>");
		(void)expect_event(c, MIEN_EV_CLOSED);
		harness_ignore(c);
	}

	CHECK(failed < 300); /* the last free ports are hard to find; none fails once the oldest may go */
	CHECK_EQ_U(c->env.counters.tcp_active_opens, 12000 - failed);
	CHECK(c->env.counters.tcp_time_wait_reused + failed >= 2000);
	harness_free(c);
}

static void
all_connection_blocks_in_use_is_an_error(void)
{
	uint16_t port = 0;

	range(1024, 65535, MIEN_PORT_RANDOM);
	for (unsigned i = 0; i < 20000; i++)
		REQUIRE_EQ_I(connect_once(&port), MIEN_OK);

	CHECK_EQ_I(connect_once(&port), MIEN_EFULL);
}

#define CELLS 64

/* 63 degrees of freedom exceed 115 less than once in ten thousand times. */
static double
chi_square(const unsigned cells[CELLS], unsigned total)
{
	double expected = (double)total / CELLS, sum = 0;

	for (unsigned i = 0; i < CELLS; i++)
		sum += (cells[i] - expected) * (cells[i] - expected) / expected;
	return sum;
}

/* The port for this peer, which stays free. */
static uint16_t
pick(uint32_t peer)
{
	struct flow_key key = {.local = h->host.addr, .remote = mien_addr_ip4(peer), .rport = 80};

	REQUIRE_EQ_I(port_pick(&h->tcp, &h->host, &h->p, &key), MIEN_OK);
	return key.lport;
}

/* RFC 6056 3.3.1: no port is likelier than another, whatever the last one was. */
static void
random_ports_are_even(void)
{
	unsigned cells[CELLS] = {0}, steps[CELLS] = {0}, total = 20000;
	uint16_t last = 0;

	range(1024, 65535, MIEN_PORT_RANDOM);
	for (unsigned i = 0; i < total; i++) {
		uint16_t port = pick(0x0a000002);

		cells[(port - 1024u) * CELLS / 64512]++;
		steps[(uint16_t)(port - last) * (uint32_t)CELLS >> 16]++;
		last = port;
	}

	CHECK(chi_square(cells, total) < 115);
	CHECK(steps[0] < total / 8);
}

/* RFC 6056 3.3.3: to one peer they follow each other, and tell nothing of those to another. */
static void
hashed_ports_follow_each_other_for_one_peer_alone(void)
{
	unsigned cells[CELLS] = {0}, total = 20000;
	uint16_t first;

	range(1024, 65535, MIEN_PORT_HASH);
	first = pick(0x0a000002);
	for (unsigned i = 1; i < 100; i++)
		CHECK_EQ_U(pick(0x0a000002), 1024 + (first - 1024u + i) % 64512);
	for (unsigned i = 0; i < total; i++)
		cells[(pick(0x0b000000 + i) - 1024u) * CELLS / 64512]++;

	CHECK(chi_square(cells, total) < 115);
}

const struct test_suite port_pick_suite = {
	.name = "port pick",
	.setup = harness_setup,
	.before = before,
	.after = after,
	.cases = (const struct test_case[]){
		/* proves PT-1 */
		{"every port of the range is used before none is left", every_port_of_the_range_is_used_before_none_is_left},
		/* proves PT-1 */
		{"random ports are even", random_ports_are_even},
		/* proves PT-1 */
		{"hashed ports follow each other for one peer alone", hashed_ports_follow_each_other_for_one_peer_alone},
		{"ascending ports follow each other", ascending_ports_follow_each_other},
		{"descending ports follow each other", descending_ports_follow_each_other},
		{"parity takes the ports in between last", parity_takes_the_ports_between_last},
		{"a port in use with one peer is free for another", a_port_in_use_with_one_peer_is_free_for_another},
		{"a port asked for that is taken is an error", a_port_asked_for_that_is_taken_is_an_error},
		/* proves MUST-46 */
		{"groups, broadcasts and port zero are refused", groups_broadcasts_and_port_zero_are_refused},
		{"the oldest port in TIME-WAIT is found among thousands", the_oldest_port_in_time_wait_is_found_among_thousands},
		{"all connection blocks in use is an error", all_connection_blocks_in_use_is_an_error},
		{NULL, NULL},
	},
};
