/* SPDX-License-Identifier: BSD-3-Clause */
/* The two-pass burst: parse, hash, prefetch; then process. And the way out. */
#include "stack.h"

#include "banned.h"

#define PREFETCH_AHEAD 4
#define TCB_BEHIND 3u
#define ACKED_BEHIND 6u

static void
parse_one(struct mien_stack *st, struct rte_mbuf *m, struct rx_pkt *pkt)
{
	st->env.counters.rx_bytes += rte_pktmbuf_pkt_len(m);
	net_rx_parse(&st->net, m, pkt);
	if (pkt->kind == RX_TCP)
		tcp_prefetch_bucket(&st->tcp, pkt->seg.hash);
}

static inline void
prefetch_tcb(struct mien_stack *st, struct rx_pkt *pkt)
{
	pkt->tcb = tcp_prefetch_tcb(&st->tcp, pkt->seg.hash);
}

/*
 * Every packet goes through three stages, and a stage works on one some packets behind the stage before it: what was
 * asked for has come by then, and no more is asked for at once than a core can wait for.
 */
static void
pass_one(struct mien_stack *st, struct rte_mbuf **pkts, uint16_t n)
{
	for (unsigned i = 0; i < n && i < PREFETCH_AHEAD; i++)
		__builtin_prefetch(rte_pktmbuf_mtod(pkts[i], const void *));
	for (unsigned i = 0; i < n + ACKED_BEHIND; i++) {
		if (i + PREFETCH_AHEAD < n)
			__builtin_prefetch(rte_pktmbuf_mtod(pkts[i + PREFETCH_AHEAD], const void *));
		if (i < n)
			parse_one(st, pkts[i], &st->rx[i]);
		if (i - TCB_BEHIND < n && st->rx[i - TCB_BEHIND].kind == RX_TCP)
			prefetch_tcb(st, &st->rx[i - TCB_BEHIND]);
		if (i - ACKED_BEHIND < n && st->rx[i - ACKED_BEHIND].kind == RX_TCP)
			tcp_prefetch_acked(&st->tcp, st->rx[i - ACKED_BEHIND].tcb);
	}
	st->env.counters.rx_packets += n;
}

/* Takes the packet. */
static enum mien_drop
pass_two(struct mien_stack *st, struct rx_pkt *pkt)
{
	enum mien_drop drop;

	if (__builtin_expect(pkt->kind == RX_TCP, 1)) {
		drop = tcp_input(&st->tcp, &pkt->host->tcp, &pkt->seg);
	} else if (pkt->kind == RX_SLOW) {
		drop = net_rx_slow(&st->net, pkt);
	} else {
		drop = pkt->drop;
		rte_pktmbuf_free(pkt->m);
	}
	if (drop != MIEN_DROP_NONE)
		env_drop(&st->env, drop);
	return drop;
}

/* One packet at a time: the trace sees it as it came and learns what became of it. */
static void
rx_traced(struct mien_stack *st, struct rte_mbuf *m)
{
	uint8_t snap[TRACE_SNAP];
	uint32_t len = rte_pktmbuf_data_len(m), frame_len = rte_pktmbuf_pkt_len(m);
	enum mien_drop drop;

	if (len > sizeof(snap))
		len = sizeof(snap);
	memcpy(snap, rte_pktmbuf_mtod(m, const void *), len);
	pass_one(st, &m, 1);
	drop = pass_two(st, &st->rx[0]);
	trace_packet(st, false, drop, snap, len, frame_len);
}

void
mien_stack_rx_burst(struct mien_stack *st, uint64_t now, struct rte_mbuf **pkts, uint16_t n)
{
	stack_enter(st, now);
	tcp_weigh(&st->tcp);
	if (__builtin_expect(st->trace.fn != NULL, 0)) {
		for (uint16_t i = 0; i < n; i++)
			rx_traced(st, pkts[i]);
		return;
	}
	while (n > 0) {
		uint16_t chunk = n < RX_CHUNK ? n : RX_CHUNK;

		pass_one(st, pkts, chunk);
		for (uint16_t i = 0; i < chunk; i++)
			pass_two(st, &st->rx[i]);
		pkts += chunk;
		n = (uint16_t)(n - chunk);
	}
}

uint16_t
mien_stack_tx_burst(struct mien_stack *st, uint64_t now, struct rte_mbuf **pkts, uint16_t max)
{
	uint16_t n = 0, got;
	bool all;

	stack_enter(st, now);
	do {
		all = tcp_output_pending(&st->tcp);
		got = net_tx_take(&st->net, pkts + n, (uint16_t)(max - n));
		n = (uint16_t)(n + got);
	} while (!all && got > 0 && n < max);
	for (uint16_t i = 0; i < n; i++) {
		st->env.counters.tx_bytes += rte_pktmbuf_pkt_len(pkts[i]);
		if (__builtin_expect(st->trace.fn != NULL, 0))
			trace_packet(st, true, MIEN_DROP_NONE, rte_pktmbuf_mtod(pkts[i], const uint8_t *),
				rte_pktmbuf_data_len(pkts[i]), rte_pktmbuf_pkt_len(pkts[i]));
	}
	st->env.counters.tx_packets += n;
	return n;
}

static void
fire(void *arg, struct wheel_entry *entry)
{
	struct mien_stack *st = arg;

	switch ((enum timer_kind)entry->owner) {
	case TIMER_TCB:
	case TIMER_TIME_WAIT:
	case TIMER_PAST:
		tcp_timer(&st->tcp, entry);
		break;
	default:
		net_timer(&st->net, entry);
		break;
	}
}

void
mien_stack_advance(struct mien_stack *st, uint64_t now)
{
	stack_enter(st, now);
	wheel_advance(&st->env.wheel, st->env.now, fire, st);
	tcp_weigh(&st->tcp);
	tcp_relieve(&st->tcp);
}

uint64_t
mien_stack_deadline(const struct mien_stack *st)
{
	if (tcp_output_is_owed(&st->tcp) || net_tx_pending(&st->net))
		return 0;
	return wheel_next(&st->env.wheel);
}
