/* SPDX-License-Identifier: BSD-3-Clause */
/* What a port must do to single frames: checksums that others left out, chains that it cannot send. */
#include <string.h>

#include <rte_ether.h>
#include <rte_ip.h>
#include <rte_mbuf.h>

#include "dpdk_log.h"
#include "frame.h"
#include "port_priv.h"

/* The IPv4 header behind at most one tag, or NULL. */
static struct rte_ipv4_hdr *
find_ip4(uint8_t *frame, uint32_t len, uint32_t *ip_offset)
{
	uint32_t at = 12;
	uint16_t type;
	struct rte_ipv4_hdr *ip;

	if (len < 14 + sizeof(*ip))
		return NULL;
	memcpy(&type, frame + at, 2);
	if (type == rte_cpu_to_be_16(RTE_ETHER_TYPE_VLAN)) {
		at += 4;
		memcpy(&type, frame + at, 2);
	}
	at += 2;
	if (type != rte_cpu_to_be_16(RTE_ETHER_TYPE_IPV4) || len < at + sizeof(*ip))
		return NULL;
	ip = (struct rte_ipv4_hdr *)(void *)(frame + at);
	*ip_offset = at;
	return (ip->version_ihl >> 4) == 4 && (ip->version_ihl & 15) >= 5 ? ip : NULL;
}

/*
 * A kernel that hands a packet to another program on the same machine leaves the checksum to the device: the field
 * then holds the sum of the pseudo-header. A finished checksum that equals this sum by chance computes to itself.
 */
static bool
complete_checksum(const struct rte_ipv4_hdr *ip, uint8_t *l4, uint32_t l4_len)
{
	void *field = transport_checksum(ip->next_proto_id, l4, l4_len);
	uint16_t sum;

	if (field == NULL)
		return false;
	memcpy(&sum, field, 2);
	if (sum == 0 || sum != rte_ipv4_phdr_cksum(ip, 0))
		return false;
	sum = (uint16_t)~rte_raw_cksum(l4, l4_len);
	if (sum == 0 && ip->next_proto_id == IPPROTO_UDP)
		sum = 0xffff;
	memcpy(field, &sum, 2);
	return true;
}

static void
note_truncated(struct mien_port *port, uint32_t total)
{
	if (port->stats.rx_truncated++ > 0)
		return;
	driver_log(MIEN_LOG_WARNING,
		"port '%s' got a packet of %u bytes cut short: the sender leaves segmentation to its "
		"device: ethtool -K IFACE tso off gso off at the sender's end of a veth, or port af_xdp",
		port->spec_text, total);
}

void
port_inspect_rx(struct mien_port *port, struct rte_mbuf *m)
{
	uint8_t *frame = rte_pktmbuf_mtod(m, uint8_t *);
	uint32_t at, header, total;
	struct rte_ipv4_hdr *ip = find_ip4(frame, m->data_len, &at);

	if (ip == NULL)
		return;
	header = (ip->version_ihl & 15u) * 4;
	total = rte_be_to_cpu_16(ip->total_length);
	if (total > m->pkt_len - at) {
		note_truncated(port, total);
		return;
	}
	if (total < header || total > m->data_len - at ||
		(ip->fragment_offset & rte_cpu_to_be_16(0x3fff)) != 0)
		return;
	if (!complete_checksum(ip, (uint8_t *)ip + header, total - header))
		return;
	port->stats.rx_completed++;
	m->ol_flags = (m->ol_flags & ~RTE_MBUF_F_RX_L4_CKSUM_MASK) | RTE_MBUF_F_RX_L4_CKSUM_GOOD;
}

struct rte_mbuf *
port_linearise(struct mien_port *port, struct rte_mbuf *m)
{
	struct rte_mbuf *flat = rte_pktmbuf_alloc(port->pool);
	char *to = NULL;

	if (flat != NULL)
		to = rte_pktmbuf_append(flat, (uint16_t)m->pkt_len);
	if (to == NULL || m->pkt_len > UINT16_MAX) {
		rte_pktmbuf_free(flat);
		rte_pktmbuf_free(m);
		return NULL;
	}
	frame_copy(m, to, m->pkt_len);
	flat->ol_flags = m->ol_flags & RTE_MBUF_F_TX_OFFLOAD_MASK;
	flat->tx_offload = m->tx_offload;
	rte_pktmbuf_free(m);
	port->stats.tx_linearised++;
	return flat;
}
