/* SPDX-License-Identifier: BSD-3-Clause */
/* A stack without a port: the caller brings the frames and takes them away. */
#include <mien/driver.h>

#include "frame.h"

int
mien_frame_in(struct mien_stack *st, uint64_t now, struct rte_mempool *pool, const void *frame, uint32_t len)
{
	struct rte_mbuf *m;

	if (len > UINT16_MAX)
		return MIEN_EMSGSIZE;
	m = frame_to_mbuf(pool, frame, len);
	if (m == NULL)
		return MIEN_ENOMEM;
	mien_stack_rx_burst(st, now, &m, 1);
	return 0;
}

int
mien_frame_out(struct mien_stack *st, uint64_t now, void *buf, uint32_t cap)
{
	struct rte_mbuf *m;
	int len;

	if (mien_stack_tx_burst(st, now, &m, 1) == 0)
		return 0;
	if (m->pkt_len > cap) {
		rte_pktmbuf_free(m);
		return MIEN_EMSGSIZE;
	}
	len = (int)m->pkt_len;
	frame_copy(m, buf, m->pkt_len);
	frame_fill_checksums(buf, m->pkt_len, m);
	rte_pktmbuf_free(m);
	return len;
}
