/* SPDX-License-Identifier: BSD-3-Clause */
/* Which port an endpoint gets that asks for any. */
#include "suites.h"

#include "bed.h"

/* An endpoint's port. */
static uint16_t
port_of(const struct bed *b, uint64_t ep)
{
	const struct udp_ep *e = pool_lookup(&b->net.udps, ep);

	REQUIRE_NOT_NULL(e);
	return e->port;
}

static void
ports_are_picked(void)
{
	struct bed *b = bed_new_started();
	const struct mien_udp_bind bind = {.addr = mien_addr_ip4(HOST_IP)};
	struct udp_ep *ep;
	uint64_t handle;
	uint16_t last = 0;

	b->p->tcp.port_low = 2000;
	b->p->tcp.port_high = 2003;
	for (unsigned int i = 0; i < 4; i++) {
		REQUIRE_EQ_I(net_udp_bind(&b->net, &bind, &handle), 0);
		ep = pool_lookup(&b->net.udps, handle);
		CHECK(ep->port >= 2000 && ep->port <= 2003);
	}
	CHECK_EQ_I(net_udp_bind(&b->net, &bind, &handle), MIEN_EPORTS);
	b->p->tcp.port_low = 3000;
	b->p->tcp.port_high = 4000;
	b->p->tcp.port_pick = MIEN_PORT_ASCENDING;
	for (unsigned int i = 0; i < 4; i++) {
		REQUIRE_EQ_I(net_udp_bind(&b->net, &bind, &handle), 0);
		ep = pool_lookup(&b->net.udps, handle);
		CHECK(i == 0 || ep->port == last + 1);
		last = ep->port;
	}
	CHECK_EQ_I(net_udp_bind(&b->net, &bind, &handle), MIEN_EFULL);
	bed_free(b);
}

static void
ports_go_round(void)
{
	static const struct {
		uint8_t pick;
		uint16_t low, high, want[4];
	} rules[] = {
		{MIEN_PORT_ASCENDING, 2000, 2001, {2000, 2001, 2000, 2001}},
		{MIEN_PORT_DESCENDING, 3000, 3001, {3001, 3000, 3001, 3000}},
		{MIEN_PORT_ASCENDING, 2500, 2501, {2500, 2501, 2500, 2501}},
	};
	struct bed *b = bed_new_started();
	const struct mien_udp_bind bind = {.addr = mien_addr_ip4(HOST_IP)};
	uint64_t ep;

	/* given personalities that count ports, from another range each time */
	for (unsigned int i = 0; i < 3; i++) {
		b->p->tcp.port_low = rules[i].low;
		b->p->tcp.port_high = rules[i].high;
		b->p->tcp.port_pick = rules[i].pick;

		/* then they begin at its end and begin again there */
		for (unsigned int j = 0; j < 4; j++) {
			REQUIRE_EQ_I(net_udp_bind(&b->net, &bind, &ep), 0);
			CHECK_EQ_U(port_of(b, ep), rules[i].want[j]);
			CHECK_EQ_I(net_udp_close(&b->net, ep), 0);
		}
	}
	bed_free(b);
}

static void
without_a_range_ports_are_ephemeral(void)
{
	struct bed *b = bed_new_started();
	struct mien_udp_bind bind = {.port = 0};
	uint64_t ep;

	/* an endpoint of every host, and one of a host whose personality names no range or none that is one */
	REQUIRE_EQ_I(net_udp_bind(&b->net, &bind, &ep), 0);
	CHECK(port_of(b, ep) >= 49152);
	bind.addr = mien_addr_ip4(HOST_IP);
	for (unsigned int i = 0; i < 2; i++) {
		b->p->tcp.port_low = i == 0 ? 0 : 2000;
		b->p->tcp.port_high = 1999;
		REQUIRE_EQ_I(net_udp_bind(&b->net, &bind, &ep), 0);
		CHECK(port_of(b, ep) >= 49152);
	}
	bed_free(b);
}

static void
the_last_free_port_is_found(void)
{
	struct net_limits limits = bed_limits();
	struct bed *b;
	struct mien_udp_bind bind = {.addr = mien_addr_ip4(HOST_IP)};
	uint64_t ep;

	/* given a hundred ports in a row of which only the last is free */
	limits.max_udp = 100;
	b = bed_new_with(&limits);
	b->p->tcp.port_low = 2000;
	b->p->tcp.port_high = 2099;
	b->p->tcp.port_pick = MIEN_PORT_ASCENDING;
	bed_start(b);
	for (bind.port = 2000; bind.port < 2099; bind.port++)
		REQUIRE_EQ_I(net_udp_bind(&b->net, &bind, &ep), 0);

	/* when any is asked for */
	bind.port = 0;
	REQUIRE_EQ_I(net_udp_bind(&b->net, &bind, &ep), 0);
	CHECK_EQ_U(port_of(b, ep), 2099);
	CHECK_EQ_I(net_udp_bind(&b->net, &bind, &ep), MIEN_EPORTS);
	bed_free(b);
}

static const struct test_case cases[] = {
	{"ports are picked as the personality picks them", ports_are_picked},
	{"ports that are counted go round in their range", ports_go_round},
	{"without a range a port is an ephemeral one", without_a_range_ports_are_ephemeral},
	{"the last free port of a range is found", the_last_free_port_is_found},
	{NULL, NULL},
};

const struct test_suite udp_ports_suite = {"udp_ports", NULL, NULL, cases, NULL, NULL};
