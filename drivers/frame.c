/* SPDX-License-Identifier: BSD-3-Clause */
#include <string.h>

#include <rte_ip.h>
#include <rte_tcp.h>
#include <rte_udp.h>

#include "frame.h"

struct rte_mbuf *
frame_to_mbuf(struct rte_mempool *pool, const void *data, uint32_t len)
{
	const uint8_t *from = data;
	struct rte_mbuf *head = NULL;

	do {
		struct rte_mbuf *m = rte_pktmbuf_alloc(pool);
		uint32_t part;

		if (m == NULL || (head != NULL && rte_pktmbuf_chain(head, m) != 0)) {
			rte_pktmbuf_free(m);
			rte_pktmbuf_free(head);
			return NULL;
		}
		if (head == NULL)
			head = m;
		part = RTE_MIN(len, (uint32_t)rte_pktmbuf_tailroom(m));
		memcpy(rte_pktmbuf_append(head, (uint16_t)part), from, part);
		from += part;
		len -= part;
	} while (len > 0);
	return head;
}

void
frame_copy(const struct rte_mbuf *m, void *to, uint32_t len)
{
	const void *from = rte_pktmbuf_read(m, 0, len, to);

	if (from != NULL && from != to)
		memcpy(to, from, len);
}

void *
transport_checksum(uint8_t protocol, uint8_t *l4, uint32_t l4_len)
{
	if (protocol == IPPROTO_TCP && l4_len >= sizeof(struct rte_tcp_hdr))
		return l4 + offsetof(struct rte_tcp_hdr, cksum);
	if (protocol == IPPROTO_UDP && l4_len >= sizeof(struct rte_udp_hdr))
		return l4 + offsetof(struct rte_udp_hdr, dgram_cksum);
	return NULL;
}

void
frame_fill_checksums(uint8_t *frame, uint32_t len, const struct rte_mbuf *m)
{
	uint64_t l4 = m->ol_flags & RTE_MBUF_F_TX_L4_MASK;
	struct rte_ipv4_hdr *ip;
	uint8_t *l4_header;
	void *field;
	uint16_t sum = 0;

	if ((m->ol_flags & RTE_MBUF_F_TX_IPV4) == 0 ||
		(uint32_t)m->l2_len + m->l3_len > len || m->l3_len < sizeof(*ip))
		return;
	ip = (struct rte_ipv4_hdr *)(void *)(frame + m->l2_len);
	if ((m->ol_flags & RTE_MBUF_F_TX_IP_CKSUM) != 0) {
		ip->hdr_checksum = 0;
		ip->hdr_checksum = rte_ipv4_cksum(ip);
	}
	if (l4 != RTE_MBUF_F_TX_TCP_CKSUM && l4 != RTE_MBUF_F_TX_UDP_CKSUM)
		return;
	l4_header = frame + m->l2_len + m->l3_len;
	field = transport_checksum(ip->next_proto_id, l4_header, len - m->l2_len - m->l3_len);
	if (field == NULL || rte_be_to_cpu_16(ip->total_length) > len - m->l2_len)
		return;
	memcpy(field, &sum, 2);
	sum = rte_ipv4_udptcp_cksum(ip, l4_header);
	memcpy(field, &sum, 2);
}
