/* SPDX-License-Identifier: BSD-3-Clause */
/* Links of other sizes and tags, ports that compute checksums, and datagrams in fragments. */
#include "pattern.h"
#include "suites.h"

static struct {
	uint16_t mtu, vlan;
	uint32_t offloads;
} kind;

static void
tune(struct mien_stack_config *config, unsigned stack)
{
	config->mtu = kind.mtu;
	config->vlan = kind.vlan;
	config->tx_offloads = kind.offloads;
}

static void
over(uint16_t mtu, uint16_t vlan, uint32_t offloads)
{
	const struct rig_plan plan = {.send = 1u << 20, .finish = true, .write = RIG_MIX, .read = RIG_MIX};
	struct stack_rig *r;
	struct rig_conn *c;

	kind.mtu = mtu;
	kind.vlan = vlan;
	kind.offloads = offloads;
	r = rig_create(&(struct rig_config){.tune = tune, .arp = true, .inspect = true, .wire = {.mtu = mtu},
		.link = {.delay_ns = RIG_MS, .loss_ppm = 10000, .reorder_ppm = 10000}, .mbufs = 16384});
	rig_listen(r, 0, 80, &plan);
	c = rig_connect(r, 1, 0, 80, &plan);
	CHECK(rig_settle(r, 1000 * RIG_SECOND));
	CHECK_EQ_I(c->err, MIEN_OK);
	CHECK_EQ_U(c->received, 1u << 20);
	CHECK_EQ_U(rig_end(r), 0);
}

static void
sizes(void)
{
	over(576, 0, 0);
	over(1280, 0, 0);
	over(9000, 0, 0);
}

static void
tagged(void)
{
	over(1500, 7, 0);
}

static void
offloads(void)
{
	over(1500, 0, MIEN_OFFLOAD_IP4_CKSUM);
	over(1500, 0, MIEN_OFFLOAD_IP4_CKSUM | MIEN_OFFLOAD_TCP_CKSUM | MIEN_OFFLOAD_UDP_CKSUM);
	over(1500, 9, MIEN_OFFLOAD_IP4_CKSUM | MIEN_OFFLOAD_TCP_CKSUM | MIEN_OFFLOAD_MULTI_SEGS);
}

/* -- datagrams ---------------------------------------------------------------------------------------------- */

/* Takes what has come; each is checked by the number it begins with. Gives how many. */
static unsigned int
take_datagrams(struct stack_rig *r, uint64_t ep)
{
	struct mien_udp_peer from;
	struct rte_mbuf *m;
	unsigned int n = 0;
	static uint8_t bytes[16384];
	uint32_t len, salt;

	while (mien_udp_recv(r->st[0], ep, &m, &from) == MIEN_OK) {
		len = rte_pktmbuf_pkt_len(m);
		if (len < 4 || len > sizeof(bytes))
			rig_fail(r, "a datagram of %u bytes", len);
		else {
			const uint8_t *at = rte_pktmbuf_read(m, 0, len, bytes);

			memcpy(&salt, at, 4);
			if (len != 4 + salt % 7000 || !pattern_holds(at + 4, 4, len - 4, salt))
				rig_fail(r, "datagram %u is not what was sent", salt);
		}
		if (from.remote_port != 4000 || !mien_addr_eq(&from.remote, &(struct mien_addr[]){rig_addr(1)}[0]))
			rig_fail(r, "a datagram of somebody else");
		rte_pktmbuf_free(m);
		n++;
	}
	return n;
}

static unsigned int
datagrams(struct rig_link_config link, unsigned int count)
{
	struct stack_rig *r = rig_create(&(struct rig_config){.link = link});
	const struct mien_udp_peer to = {.remote = rig_addr(0), .remote_port = 53};
	static uint8_t bytes[8192];
	unsigned int got = 0;
	uint64_t ep[2];

	REQUIRE_EQ_I(mien_udp_bind(r->st[0], &(struct mien_udp_bind){.port = 53}, &ep[0]), MIEN_OK);
	REQUIRE_EQ_I(mien_udp_bind(r->st[1], &(struct mien_udp_bind){.port = 4000}, &ep[1]), MIEN_OK);
	for (uint32_t i = 0; i < count; i++) {
		uint32_t salt = i * 2654435761u >> 4, len = 4 + salt % 7000;

		memcpy(bytes, &salt, 4);
		pattern_fill(bytes + 4, 4, len - 4, salt);
		CHECK_EQ_I(mien_udp_send(r->st[1], r->now, ep[1], bytes, len, &to), MIEN_OK);
		rig_run(r, RIG_MS);
		got += take_datagrams(r, ep[0]);
	}
	rig_run(r, 200 * RIG_SECOND); /* what waits for its other fragments is given up */
	got += take_datagrams(r, ep[0]);
	CHECK_EQ_I(mien_udp_close(r->st[0], ep[0]), MIEN_OK);
	CHECK_EQ_I(mien_udp_close(r->st[1], ep[1]), MIEN_OK);
	CHECK_EQ_U(rig_end(r), 0);
	return got;
}

static void
fragments(void)
{
	CHECK_EQ_U(datagrams((struct rig_link_config){.delay_ns = RIG_MS}, 1000), 1000);
	CHECK_EQ_U(datagrams((struct rig_link_config){.delay_ns = RIG_MS, .reorder_ppm = 200000}, 1000), 1000);
}

static void
lost_fragments(void)
{
	unsigned int got = datagrams((struct rig_link_config){.delay_ns = RIG_MS, .loss_ppm = 50000,
		.corrupt_ppm = 20000, .reorder_ppm = 50000}, 2000);

	CHECK(got > 1200 && got < 1900);
}

static const struct test_case cases[] = {
	/* proves SHLD-6 MUST-67 */
	{"bytes arrive over links of every size", sizes},
	{"bytes arrive behind an 802.1Q tag", tagged},
	{"ports that compute checksums are given what they need", offloads},
	/* proves IP-6 */
	{"datagrams arrive whole from fragments in any order", fragments},
	{"datagrams whose fragments are lost leave nothing behind", lost_fragments},
	{NULL, NULL},
};

const struct test_suite kinds_suite = {.name = "kinds", .cases = cases};
