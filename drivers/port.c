/* SPDX-License-Identifier: BSD-3-Clause */
/* Any DPDK port: opened with what it offers, one queue pair, frames in and out. */
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <rte_bus.h>
#include <rte_dev.h>
#include <rte_ethdev.h>

#include "capture.h"
#include "dpdk_log.h"
#include "fail.h"
#include "pcap_port.h"
#include "port_open.h"
#include "port_priv.h"
#include "stack_mem.h"

#define DEFAULT_DESCRIPTORS 512
/* A device that takes nothing for so long is down or its peer is gone: newer frames are worth more. */
#define KEEP_NS (20 * 1000000ull)

static uint16_t
pick_descriptors(uint16_t wanted, uint16_t preferred, const struct rte_eth_desc_lim *limit)
{
	uint16_t n = wanted != 0 ? wanted : preferred != 0 ? preferred : DEFAULT_DESCRIPTORS;

	if (limit->nb_max != 0 && n > limit->nb_max)
		n = limit->nb_max;
	return n < limit->nb_min ? limit->nb_min : n;
}

/*
 * The offloads worth asking for. tap computes checksums in software when asked, after copying headers: the stack
 * does the same without the copy, so tap is not asked.
 */
static void
pick_offloads(struct mien_port *port, const struct mien_port_config *config,
	const struct rte_eth_dev_info *dev, struct rte_eth_conf *conf)
{
	uint64_t tx = dev->tx_offload_capa, rx = dev->rx_offload_capa;

	if (config->no_offloads || port->spec.kind == PORT_TAP) {
		tx &= RTE_ETH_TX_OFFLOAD_MULTI_SEGS;
		rx = 0;
	}
	conf->txmode.offloads =
		tx & (RTE_ETH_TX_OFFLOAD_IPV4_CKSUM | RTE_ETH_TX_OFFLOAD_TCP_CKSUM |
			     RTE_ETH_TX_OFFLOAD_UDP_CKSUM | RTE_ETH_TX_OFFLOAD_MULTI_SEGS);
	conf->rxmode.offloads = rx & RTE_ETH_RX_OFFLOAD_CHECKSUM;
	port->prepare = (tx & (RTE_ETH_TX_OFFLOAD_TCP_CKSUM | RTE_ETH_TX_OFFLOAD_UDP_CKSUM)) != 0;
	port->linearise = (tx & RTE_ETH_TX_OFFLOAD_MULTI_SEGS) == 0;
	port->info.rx_checksums = conf->rxmode.offloads == RTE_ETH_RX_OFFLOAD_CHECKSUM;
	/* Chains are always welcome: where the device takes none they are copied here. */
	port->info.tx_offloads = MIEN_OFFLOAD_MULTI_SEGS;
	if ((tx & RTE_ETH_TX_OFFLOAD_IPV4_CKSUM) != 0)
		port->info.tx_offloads |= MIEN_OFFLOAD_IP4_CKSUM;
	if ((tx & RTE_ETH_TX_OFFLOAD_TCP_CKSUM) != 0)
		port->info.tx_offloads |= MIEN_OFFLOAD_TCP_CKSUM;
	if ((tx & RTE_ETH_TX_OFFLOAD_UDP_CKSUM) != 0)
		port->info.tx_offloads |= MIEN_OFFLOAD_UDP_CKSUM;
}

static int
failed(struct mien_port *port, const char *what, int rc, struct mien_error *error)
{
	char complaint[200];

	dpdk_log_complaint(complaint, sizeof(complaint));
	return drv_fail(error, err_from_dpdk(rc), "port '%s': %s failed: %s", port->spec_text, what,
		complaint[0] != '\0' ? complaint : rte_strerror(-rc));
}

/* Where a driver names no limit, the length of its frames is one; DPDK counts header and check with them. */
static uint32_t
largest_mtu(const struct rte_eth_dev_info *dev)
{
	const uint32_t around = RTE_ETHER_HDR_LEN + RTE_ETHER_CRC_LEN;

	if (dev->max_mtu != UINT16_MAX || dev->max_rx_pktlen <= around)
		return dev->max_mtu;
	return dev->max_rx_pktlen - around;
}

static int
configure(struct mien_port *port, const struct mien_port_config *config,
	const struct rte_eth_dev_info *dev, struct mien_error *error)
{
	struct rte_eth_conf conf = {.rxmode.mtu = port->info.mtu, .intr_conf.rxq = 1};
	uint32_t largest = largest_mtu(dev);
	int rc;

	if (port->info.mtu > largest) {
		/* af_packet tells less than its ring takes. */
		if (port->spec.kind != PORT_AF_PACKET)
			return drv_fail(error, MIEN_EINVAL, "port '%s' carries an MTU of %u at most, not %u",
				port->spec_text, largest, port->info.mtu);
		conf.rxmode.mtu = largest;
	}
	pick_offloads(port, config, dev, &conf);
	rc = rte_eth_dev_configure(port->info.port_id, 1, 1, &conf);
	if (rc != 0) {
		/* Some drivers refuse receive interrupts right here. */
		conf.intr_conf.rxq = 0;
		rc = rte_eth_dev_configure(port->info.port_id, 1, 1, &conf);
	}
	return rc != 0 ? failed(port, "configuration", rc, error) : 0;
}

static int
set_up_queues(struct mien_port *port, const struct mien_port_config *config,
	const struct rte_eth_dev_info *dev, struct mien_error *error)
{
	uint16_t rx = pick_descriptors(config->rx_desc, dev->default_rxportconf.ring_size,
		&dev->rx_desc_lim);
	uint16_t tx = pick_descriptors(config->tx_desc, dev->default_txportconf.ring_size,
		&dev->tx_desc_lim);
	struct rte_eth_txconf txconf = dev->default_txconf;
	int rc;

	/* tap sets one mbuf aside for each and needs only as many as one frame takes. */
	if (port->spec.kind == PORT_TAP && config->rx_desc == 0)
		rx = 16;
	txconf.offloads = 0;
	rc = rte_eth_rx_queue_setup(port->info.port_id, 0, rx, SOCKET_ID_ANY, NULL, port->pool);
	if (rc != 0)
		return failed(port, "the receive queue", rc, error);
	rc = rte_eth_tx_queue_setup(port->info.port_id, 0, tx, SOCKET_ID_ANY, &txconf);
	return rc != 0 ? failed(port, "the transmit queue", rc, error) : 0;
}

static int
set_mtu(struct mien_port *port, const struct mien_port_config *config, struct mien_error *error)
{
	bool own = port->spec.kind == PORT_TAP || port->spec.kind == PORT_PCI;
	int rc;

	if (!own || config->mtu == 0)
		return 0;
	rc = rte_eth_dev_set_mtu(port->info.port_id, port->info.mtu);
	if (rc == -ENOTSUP && config->mtu == 1500)
		return 0;
	return rc != 0 ? failed(port, "setting the MTU", rc, error) : 0;
}

static int
start(struct mien_port *port, struct mien_error *error)
{
	uint16_t id = port->info.port_id;
	int rc = rte_eth_dev_start(id);

	if (rc != 0)
		return failed(port, "the start", rc, error);
	port_find_wait(port);
	if (port->spec.kind == PORT_AF_PACKET)
		kernel_offload_off(port->spec.name, &port->offload);
	/* tap gets every frame the kernel sends; af_packet's socket has asked for itself. */
	if (!port->promiscuous || port->spec.kind == PORT_TAP ||
		(port->spec.kind == PORT_AF_PACKET && port->wait == WAIT_FD))
		return 0;
	if (rte_eth_promiscuous_enable(id) != 0)
		driver_log(MIEN_LOG_DEBUG, "port '%s' has no promiscuous mode: it receives what it receives",
			port->spec_text);
	return 0;
}

/* tap gives the kernel's interface and DPDK's port the same MAC: a neighbour must have another. */
static void
read_mac(struct mien_port *port)
{
	struct rte_ether_addr mac = {{0}};

	if (rte_eth_macaddr_get(port->info.port_id, &mac) != 0 || rte_is_zero_ether_addr(&mac))
		rte_eth_random_addr(mac.addr_bytes);
	if (port->spec.kind == PORT_TAP)
		mac.addr_bytes[5] ^= 1;
	memcpy(port->info.mac, mac.addr_bytes, sizeof(port->info.mac));
}

static int
bring_up(struct mien_port *port, const struct mien_port_config *config, struct mien_error *error)
{
	const struct mien_pool_config pools = {config->mbufs, config->indirect_mbufs, port->info.mtu};
	struct rte_eth_dev_info dev;
	int rc;

	dpdk_log_forget(); /* what drivers said while probing well is no reason for what fails now */
	rc = rte_eth_dev_info_get(port->info.port_id, &dev);
	if (rc != 0)
		return failed(port, "asking for its abilities", rc, error);
	snprintf(port->driver, sizeof(port->driver), "%s", dev.driver_name);
	rc = mien_pool_create(&pools, &port->pool, &port->indirect, error);
	if (rc == 0)
		rc = configure(port, config, &dev, error);
	if (rc == 0)
		rc = set_up_queues(port, config, &dev, error);
	if (rc == 0)
		rc = set_mtu(port, config, error);
	if (rc == 0)
		rc = start(port, error);
	if (rc == 0)
		read_mac(port);
	return rc;
}

static void
describe(struct mien_port *port, const struct mien_port_config *config)
{
	enum port_kind kind = port->spec.kind;

	snprintf(port->spec_text, sizeof(port->spec_text), "%s", config->spec);
	port->info.spec = port->spec_text;
	port->info.driver = port->driver;
	port->info.device = kind == PORT_DPDK ? port->spec_text : port->spec.name;
	port->info.mtu = config->mtu != 0 ? config->mtu : 1500;
	port->info.kernel_backed = kind == PORT_TAP || kind == PORT_AF_PACKET || kind == PORT_AF_XDP;
	port->info.virtual_time = kind == PORT_PCAP;
	port->info.hugepages = mien_eal_hugepages();
	port->info.port_id = UINT16_MAX;
	port->wait_fd = -1;
	port->promiscuous = !config->no_promiscuous;
	port->fix_checksums = kind == PORT_AF_PACKET || kind == PORT_AF_XDP || kind == PORT_DPDK;
}

static int
open_spec(struct mien_port *port, const struct mien_port_config *config, struct mien_error *error)
{
	const struct mien_eal_config eal = {.pci = port->spec.kind == PORT_PCI};
	const struct mien_pool_config pools = {config->mbufs, config->indirect_mbufs, 0};
	int rc;

	rc = mien_eal_start(&eal, error);
	if (rc != 0)
		return rc;
	describe(port, config);
	dpdk_log_forget();
	if (port->spec.kind == PORT_PCAP) {
		snprintf(port->driver, sizeof(port->driver), "pcap");
		rc = mien_pool_create(&pools, &port->pool, &port->indirect, error);
		return rc != 0 ? rc : pcap_port_open(port, error);
	}
	rc = port_probe(port, error);
	return rc != 0 ? rc : bring_up(port, config, error);
}

int
mien_port_open(const struct mien_port_config *config, struct mien_port **out, struct mien_error *error)
{
	struct mien_port *port;
	struct port_spec spec;
	int rc;

	if (config->spec == NULL || config->spec[0] == '\0')
		return drv_fail(error, MIEN_EINVAL, "no port is named: tap:NAME is the simplest");
	if (config->mtu != 0 && config->mtu < 68)
		return drv_fail(error, MIEN_EINVAL, "an MTU of %u is too small: at least 68", config->mtu);
	rc = port_spec_parse(config->spec, &spec, error);
	if (rc == 0)
		rc = port_spec_check(&spec, error);
	if (rc != 0)
		return rc;
	port = calloc(1, sizeof(*port));
	if (port == NULL)
		return drv_fail(error, MIEN_ENOMEM, "out of memory");
	port->spec = spec;
	rc = open_spec(port, config, error);
	if (rc != 0) {
		mien_port_close(port);
		return rc;
	}
	*out = port;
	return 0;
}

void
mien_port_close(struct mien_port *port)
{
	if (port == NULL)
		return;
	for (uint16_t i = 0; i < port->kept_count; i++)
		rte_pktmbuf_free(port->kept[port->kept_first + i]);
	if (port->pcap != NULL)
		pcap_port_close(port);
	if (port->info.port_id != UINT16_MAX)
		port_unprobe(port);
	kernel_offload_restore(port->spec.name, &port->offload);
	mien_pool_free(port->pool);
	mien_pool_free(port->indirect);
	free(port);
}

const struct mien_port_info *
mien_port_info(const struct mien_port *port)
{
	return &port->info;
}

struct rte_mempool *
mien_port_pool(const struct mien_port *port)
{
	return port->pool;
}

struct rte_mempool *
mien_port_indirect_pool(const struct mien_port *port)
{
	return port->indirect;
}

void
mien_port_configure_stack(const struct mien_port *port, struct mien_stack_config *config)
{
	config->pool = port->pool;
	config->indirect_pool = port->indirect;
	config->mtu = port->info.mtu;
	config->tx_offloads = port->info.tx_offloads;
	memcpy(config->mac, port->info.mac, sizeof(config->mac));
	config->now = mien_port_now(port);
	if (port->info.hugepages)
		config->mem = stack_mem_huge;
}

bool
mien_port_wait_link(const struct mien_port *port, unsigned timeout_ms)
{
	uint64_t until = mien_clock_now() + timeout_ms * 1000000ull;
	struct rte_eth_link link;

	if (port->pcap != NULL)
		return true;
	for (;;) {
		if (rte_eth_link_get_nowait(port->info.port_id, &link) == 0 && link.link_status != 0)
			return true;
		if (mien_clock_now() >= until)
			return false;
		usleep(1000);
	}
}

uint64_t
mien_port_now(const struct mien_port *port)
{
	return port->pcap != NULL ? pcap_port_now(port) : mien_clock_now();
}

void
mien_port_capture(struct mien_port *port, struct mien_capture *capture)
{
	port->capture = capture;
}

void
mien_port_stats(struct mien_port *port, struct mien_port_stats *out)
{
	struct rte_eth_stats eth;

	port_count_missed(port);
	*out = port->stats;
	if (port->pcap != NULL || rte_eth_stats_get(port->info.port_id, &eth) != 0)
		return;
	out->rx_packets = eth.ipackets;
	out->rx_bytes = eth.ibytes;
	out->tx_packets = eth.opackets;
	out->tx_bytes = eth.obytes;
	out->rx_missed += eth.imissed;
	out->rx_no_mbuf = eth.rx_nombuf;
}

static void
capture_burst(struct mien_port *port, struct rte_mbuf **pkts, uint16_t n)
{
	uint64_t ns = mien_clock_wall(mien_clock_now());

	for (uint16_t i = 0; i < n; i++)
		if (mien_capture_write_mbuf(port->capture, ns, pkts[i]) != 0) {
			driver_log(MIEN_LOG_ERROR, "the capture file cannot be written: capturing ends");
			port->capture = NULL;
			return;
		}
}

uint16_t
mien_port_rx(struct mien_port *port, struct rte_mbuf **pkts, uint16_t n)
{
	uint16_t got;

	if (unlikely(port->pcap != NULL))
		return pcap_port_rx(port, pkts, n);
	if (port->poke != NULL)
		port->poke(port->poke_signal);
	got = rte_eth_rx_burst(port->info.port_id, 0, pkts, n);
	if (got == 0)
		return 0;
	if (port->fix_checksums)
		for (uint16_t i = 0; i < got; i++)
			port_inspect_rx(port, pkts[i]);
	if (unlikely(port->capture != NULL))
		capture_burst(port, pkts, got);
	return got;
}

/* Sends what the device takes; what it finds unfit is dropped. Gives how many are gone. */
static uint16_t
send_burst(struct mien_port *port, struct rte_mbuf **pkts, uint16_t n)
{
	uint16_t gone = 0, fit = n;

	while (gone < n) {
		uint16_t sent;

		if (port->prepare)
			fit = (uint16_t)(gone + rte_eth_tx_prepare(port->info.port_id, 0, pkts + gone,
						       (uint16_t)(n - gone)));
		sent = rte_eth_tx_burst(port->info.port_id, 0, pkts + gone, (uint16_t)(fit - gone));
		gone = (uint16_t)(gone + sent);
		if (gone < fit)
			break;
		if (gone < n) {
			rte_pktmbuf_free(pkts[gone++]);
			port->stats.tx_dropped++;
		}
	}
	return gone;
}

/* Makes chains into single segments; gives how many frames are left. */
static uint16_t
linearise_burst(struct mien_port *port, struct rte_mbuf **pkts, uint16_t n)
{
	uint16_t left = 0;

	for (uint16_t i = 0; i < n; i++) {
		struct rte_mbuf *m = pkts[i];

		if (m->nb_segs > 1)
			m = port_linearise(port, m);
		if (m != NULL)
			pkts[left++] = m;
		else
			port->stats.tx_dropped++;
	}
	return left;
}

static void
keep(struct mien_port *port, struct rte_mbuf **pkts, uint16_t n)
{
	if (port->kept_count == 0) {
		port->kept_first = 0;
		port->kept_since = mien_clock_now();
	}
	for (uint16_t i = 0; i < n; i++) {
		if (port->kept_first + port->kept_count < PORT_KEPT_MAX) {
			port->kept[port->kept_first + port->kept_count++] = pkts[i];
		} else {
			rte_pktmbuf_free(pkts[i]);
			port->stats.tx_dropped++;
		}
	}
}

void
mien_port_tx(struct mien_port *port, struct rte_mbuf **pkts, uint16_t n)
{
	uint16_t sent = 0;

	if (unlikely(port->pcap != NULL)) {
		pcap_port_tx(port, pkts, n);
		return;
	}
	if (unlikely(port->capture != NULL))
		capture_burst(port, pkts, n);
	if (port->linearise)
		n = linearise_burst(port, pkts, n);
	if (port->kept_count == 0)
		sent = send_burst(port, pkts, n);
	if (unlikely(sent < n))
		keep(port, pkts + sent, (uint16_t)(n - sent));
}

uint16_t
mien_port_tx_room(struct mien_port *port)
{
	uint16_t sent;

	if (likely(port->kept_count == 0))
		return PORT_KEPT_MAX;
	sent = send_burst(port, port->kept + port->kept_first, port->kept_count);
	port->kept_first = (uint16_t)(port->kept_first + sent);
	port->kept_count = (uint16_t)(port->kept_count - sent);
	if (port->kept_count == 0)
		return PORT_KEPT_MAX;
	if (sent > 0) {
		port->kept_since = mien_clock_now();
	} else if (mien_clock_now() - port->kept_since > KEEP_NS) {
		port->stats.tx_dropped += port->kept_count;
		rte_pktmbuf_free_bulk(port->kept + port->kept_first, port->kept_count);
		port->kept_count = 0;
		return PORT_KEPT_MAX;
	}
	return 0;
}
