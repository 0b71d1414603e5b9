/* SPDX-License-Identifier: BSD-3-Clause */
#include <string.h>

#include "capture.h"
#include "frame.h"
#include "port_priv.h"
#include "suites.h"
#include "temp.h"

static struct mien_error error;

static struct mien_port *
open_ring(void)
{
	const struct mien_port_config config = {.spec = "net_ring0", .mbufs = 4096};
	struct mien_port *port = NULL;

	if (mien_port_open(&config, &port, &error) != 0)
		REQUIRE_FAIL("%s", error.text);
	return port;
}

static struct rte_mbuf *
make_frame(struct mien_port *port, uint8_t fill, uint16_t len)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(mien_port_pool(port));

	REQUIRE_NOT_NULL(m);
	memset(rte_pktmbuf_append(m, len), fill, len);
	return m;
}

static void
described(void)
{
	struct mien_port *port = open_ring();
	const struct mien_port_info *info = mien_port_info(port);
	struct mien_stack_config config = {0};

	mien_port_configure_stack(port, &config);

	CHECK_STR(info->spec, "net_ring0");
	CHECK_STR(info->driver, "net_ring");
	CHECK_EQ_U(info->mtu, 1500);
	CHECK(!info->kernel_backed && !info->virtual_time);
	CHECK_EQ_X(info->tx_offloads & MIEN_OFFLOAD_MULTI_SEGS, MIEN_OFFLOAD_MULTI_SEGS);
	CHECK_PTR(config.pool, mien_port_pool(port));
	CHECK_PTR(config.indirect_pool, mien_port_indirect_pool(port));
	CHECK_EQ_U(config.mtu, 1500);
	CHECK_MEM(config.mac, info->mac, 6);
	CHECK(rte_pktmbuf_priv_size(config.pool) >= MIEN_MBUF_PRIV_SIZE);
	CHECK(mien_port_wait_link(port, 100));
	mien_port_close(port);
}

static void
loops_back(void)
{
	struct mien_port *port = open_ring();
	struct rte_mbuf *pkts[4], *got[4];
	struct mien_port_stats stats;

	for (int i = 0; i < 4; i++)
		pkts[i] = make_frame(port, (uint8_t)i, 60);
	CHECK(mien_port_tx_room(port) >= 4);
	mien_port_tx(port, pkts, 4);
	uint16_t n = mien_port_rx(port, got, 4);

	REQUIRE_EQ_U(n, 4);
	for (int i = 0; i < 4; i++)
		CHECK_EQ_U(*rte_pktmbuf_mtod(got[i], uint8_t *), i);
	mien_port_stats(port, &stats);
	CHECK_EQ_U(stats.rx_packets, 4);
	CHECK_EQ_U(stats.tx_packets, 4);
	CHECK_EQ_U(stats.tx_dropped, 0);
	rte_pktmbuf_free_bulk(got, 4);
	CHECK_EQ_U(mien_pool_in_use(mien_port_pool(port)), 0);
	mien_port_close(port);
}

static void
keeps_then_drops(void)
{
	struct mien_port *port = open_ring();
	struct rte_mbuf *pkts[PORT_BURST];
	struct mien_port_stats stats;
	uint64_t sent = 0;
	uint16_t n;

	/* given a ring that nobody empties, filled up */
	while (mien_port_tx_room(port) > 0) {
		for (int i = 0; i < PORT_BURST; i++)
			pkts[i] = make_frame(port, 1, 60);
		mien_port_tx(port, pkts, PORT_BURST);
		sent += PORT_BURST;
		REQUIRE(sent < 100000);
	}
	CHECK_EQ_U(mien_port_tx_room(port), 0);

	/* when time goes on */
	uint64_t since = mien_clock_now();
	while (mien_port_tx_room(port) == 0)
		REQUIRE(mien_clock_now() - since < 1000000000u);

	mien_port_stats(port, &stats);
	CHECK(stats.tx_dropped > 0);
	CHECK_EQ_U(stats.tx_packets + stats.tx_dropped, sent);
	while ((n = mien_port_rx(port, pkts, PORT_BURST)) > 0)
		rte_pktmbuf_free_bulk(pkts, n);
	mien_port_close(port);
}

static void
resumes(void)
{
	struct mien_port *port = open_ring();
	struct rte_mbuf *pkts[PORT_BURST];
	struct mien_port_stats stats;
	uint64_t sent = 0, received = 0;
	uint16_t n;

	while (mien_port_tx_room(port) > 0) {
		for (int i = 0; i < PORT_BURST; i++)
			pkts[i] = make_frame(port, 1, 60);
		mien_port_tx(port, pkts, PORT_BURST);
		sent += PORT_BURST;
	}
	while ((n = mien_port_rx(port, pkts, PORT_BURST)) > 0) {
		rte_pktmbuf_free_bulk(pkts, n);
		received += n;
	}
	CHECK(mien_port_tx_room(port) > 0);
	while ((n = mien_port_rx(port, pkts, PORT_BURST)) > 0) {
		rte_pktmbuf_free_bulk(pkts, n);
		received += n;
	}

	mien_port_stats(port, &stats);
	CHECK_EQ_U(stats.tx_dropped, 0);
	CHECK_EQ_U(received, sent);
	CHECK_EQ_U(mien_pool_in_use(mien_port_pool(port)), 0);
	mien_port_close(port);
}

static void
captures(void)
{
	struct mien_port *port = open_ring();
	char *path = temp_path("port.pcapng");
	struct mien_capture *capture = NULL;
	struct capture_reader *r = NULL;
	struct capture_frame f;
	struct rte_mbuf *m = make_frame(port, 7, 77);

	REQUIRE_EQ_I(mien_capture_create(path, &capture, &error), 0);
	mien_port_capture(port, capture);
	mien_port_tx(port, &m, 1);
	REQUIRE_EQ_U(mien_port_rx(port, &m, 1), 1);
	mien_port_capture(port, NULL);
	CHECK_EQ_I(mien_capture_close(capture), 0);

	REQUIRE_EQ_I(capture_open(path, &r, &error), 0);
	for (int i = 0; i < 2; i++) {
		REQUIRE_EQ_I(capture_next(r, &f, &error), 1);
		CHECK_EQ_U(f.len, 77);
		CHECK_EQ_U(f.data[76], 7);
	}
	CHECK_EQ_I(capture_next(r, &f, &error), 0);
	capture_close(r);
	rte_pktmbuf_free(m);
	temp_remove(path);
	mien_port_close(port);
}

static void
again(void)
{
	for (int i = 0; i < 3; i++)
		mien_port_close(open_ring());
}

static void
twice(void)
{
	const struct mien_port_config config = {.spec = "net_ring0"};
	struct mien_port *port = open_ring(), *second = NULL;
	struct rte_mbuf *m = make_frame(port, 1, 60);

	CHECK_EQ_I(mien_port_open(&config, &second, &error), MIEN_EEXIST);

	mien_port_tx(port, &m, 1);
	CHECK_EQ_U(mien_port_rx(port, &m, 1), 1);
	rte_pktmbuf_free(m);
	mien_port_close(port);
}

static void
refusals(void)
{
	static const struct {
		struct mien_port_config config;
		int err;
	} rows[] = {
		{{.spec = NULL}, MIEN_EINVAL},
		{{.spec = ""}, MIEN_EINVAL},
		{{.spec = "net_ring0", .mtu = 40}, MIEN_EINVAL},
		{{.spec = "net_ring0", .mtu = 65535}, MIEN_EINVAL},
		{{.spec = "net_ring0", .mbufs = 50000000}, MIEN_ENOMEM},
		{{.spec = "af_packet:nosuch0"}, MIEN_ENOENT},
		{{.spec = "pcap:/nonexistent.pcap"}, MIEN_ENOENT},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct mien_port *port = NULL;

		memset(&error, 0, sizeof(error));
		CHECK_EQ_I(mien_port_open(&rows[i].config, &port, &error), rows[i].err);
		CHECK(error.text[0] != '\0');
		CHECK_NULL(port);
	}
}

static void
unknown_device(void)
{
	const struct mien_port_config config = {.spec = "net_nothing0"};
	struct mien_port *port = NULL;

	CHECK(mien_port_open(&config, &port, &error) < 0);
	CHECK_EQ_I(mien_driver_exit_status(&error), 3);
	CHECK(strstr(error.text, "net_nothing0") != NULL);
}

static const struct test_case cases[] = {
	{"an open port describes itself and configures a stack", described},
	{"frames sent are received, in order, and counted", loops_back},
	{"frames a device does not take are kept, then dropped and counted", keeps_then_drops},
	{"frames kept are sent once there is room", resumes},
	{"a capture holds what is sent and what is received", captures},
	{"a port can be opened again after it was closed", again},
	{"a port that is open is not opened twice and keeps working", twice},
	{"a port that cannot be opened leaves one clear sentence and nothing else", refusals},
	{"a device that no driver knows is told by name", unknown_device},
	{NULL, NULL},
};
const struct test_suite port_suite = {.name = "port", .cases = cases};
