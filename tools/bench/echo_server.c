/* SPDX-License-Identifier: BSD-3-Clause */
/* The server's side of a measurement. */
#include <rte_mbuf.h>

#include "bench.h"

#define DISCARD 1

int
bench_server_start(struct bench_server *s, bool discard)
{
	const struct mien_tcp_listen config = {.port = BENCH_PORT, .backlog = 65535, .accept_backlog = 65535,
		.nodelay = true, .cookie = discard ? DISCARD : 0};
	uint64_t listener;

	return mien_tcp_listen(s->st, &config, &listener);
}

static void
answer(struct bench_server *s, const struct mien_event *ev, uint64_t now)
{
	struct rte_mbuf *m;

	while (mien_tcp_recv_mbuf(s->st, now, ev->object, &m) == MIEN_OK) {
		s->counts.bytes += rte_pktmbuf_pkt_len(m);
		if (ev->cookie == DISCARD) {
			rte_pktmbuf_free(m);
			continue;
		}
		/* A request is far smaller than the send buffer: refusal means that the peer is gone. */
		if (mien_tcp_send_mbuf(s->st, now, ev->object, &m, 0) < 0)
			s->counts.failures++;
		rte_pktmbuf_free(m);
		s->counts.requests++;
	}
}

static void
event(struct bench_server *s, const struct mien_event *ev, uint64_t now)
{
	switch (ev->type) {
	case MIEN_EV_READABLE:
		answer(s, ev, now);
		break;
	case MIEN_EV_PEER_CLOSED:
		answer(s, ev, now);
		if (mien_tcp_close(s->st, now, ev->object) != MIEN_OK)
			s->counts.failures++;
		break;
	case MIEN_EV_CLOSED:
		if (ev->err == MIEN_OK)
			s->counts.connections++;
		else
			s->counts.failures++;
		break;
	default:
		break;
	}
}

void
bench_server_events(struct bench_server *s, uint64_t now)
{
	struct mien_event ev[BENCH_BURST];
	unsigned n;

	while ((n = mien_stack_events(s->st, ev, BENCH_BURST)) > 0)
		for (unsigned i = 0; i < n; i++)
			event(s, &ev[i], now);
}
