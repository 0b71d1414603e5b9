/* SPDX-License-Identifier: BSD-3-Clause */
/* Received packets cut down to the bytes that are wanted; chains come from ports that scatter. */
#include "suites.h"

#include "mbufs.h"
#include "payload.h"

static void
check_stream(const struct rte_mbuf *m, uint32_t pos, uint32_t len)
{
	uint32_t sum = 0;
	uint16_t segs = 0;

	REQUIRE_EQ_U(m->pkt_len, len);
	for (const struct rte_mbuf *seg = m; seg; seg = seg->next) {
		for (uint32_t i = 0; i < seg->data_len; i++)
			REQUIRE_EQ_U(rte_pktmbuf_mtod(seg, const uint8_t *)[i], stream_byte(pos + sum + i));
		sum += seg->data_len;
		segs++;
	}
	CHECK_EQ_U(sum, len);
	CHECK_EQ_U(m->nb_segs, segs);
}

/* Ten mbufs of 30 bytes. */
static void
any_front_can_be_cut_off(void)
{
	for (uint32_t n = 0; n <= 300; n++) {
		struct rte_mbuf *m = payload_cut_front(mbufs_chain(0, 300, 30), n);

		check_stream(m, n, 300 - n);
		CHECK_EQ_U(m->nb_segs, n == 300 ? 1 : 10 - n / 30);
		rte_pktmbuf_free(m);
		REQUIRE_EQ_U(mbufs_out(), 0);
	}
}

static void
any_end_can_be_cut_off(void)
{
	for (uint32_t n = 0; n <= 300; n++) {
		struct rte_mbuf *m = mbufs_chain(0, 300, 30);

		payload_truncate(m, n);
		check_stream(m, 0, n);
		CHECK(mbufs_out() <= n / 30 + 1);
		rte_pktmbuf_free(m);
		REQUIRE_EQ_U(mbufs_out(), 0);
	}
}

static const struct test_case cases[] = {
	{"any front can be cut off a chain", any_front_can_be_cut_off},
	{"any end can be cut off a chain, and its mbufs go back", any_end_can_be_cut_off},
	{NULL, NULL},
};

const struct test_suite payload_suite = {"payload", NULL, NULL, cases, NULL, NULL};
