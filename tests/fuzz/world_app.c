/* SPDX-License-Identifier: BSD-3-Clause */
/* The application of a world: it reads, sends, opens, ends, and changes hosts and listeners as it likes. */
#include "world_priv.h"

#include <rte_mbuf.h>

void
world_know(struct world *w, uint64_t conn)
{
	w->conn_last = conn;
	for (unsigned int i = 0; i < CONNS; i++)
		if (!w->conns[i]) {
			w->conns[i] = conn;
			return;
		}
	w->conns[choose(w->choice, CONNS)] = conn;
}

static void
read_some(struct world *w, uint64_t conn)
{
	struct mien_piece pieces[4];
	struct rte_mbuf *m;
	uint8_t bytes[3000];
	int64_t n = 0;
	int k, rc;

	switch (choose(w->choice, 4)) {
	case 0:
		n = mien_tcp_recv(w->st, w->now, conn, bytes, 1 + choose(w->choice, sizeof(bytes)));
		break;
	case 1:
		k = mien_tcp_peek(w->st, conn, pieces, 4);
		for (int i = 0; i < k; i++)
			for (uint32_t b = 0; b < pieces[i].len; b += 64)
				n += pieces[i].data[b] & 0;
		if (k > 0) {
			n = 1 + choose(w->choice, pieces[0].len + 2);
			rc = mien_tcp_consume(w->st, w->now, conn, (uint32_t)n);
			n = rc == MIEN_OK ? n : 0;
		}
		break;
	case 2:
		if (mien_tcp_recv_mbuf(w->st, w->now, conn, &m) == MIEN_OK) {
			n = rte_pktmbuf_pkt_len(m);
			/* back to where it came from: bytes in the stack's own buffers */
			if (once_in(w->choice, 2) && mien_tcp_send_mbuf(w->st, w->now, conn, &m, 7) < 0)
				w->stats.datagrams += 0;
			rte_pktmbuf_free(m);
		}
		break;
	default:
		break;
	}
	if (n > 0)
		w->stats.bytes += (uint64_t)n;
}

static void
send_some(struct world *w, uint64_t conn)
{
	static const uint8_t bytes[9000];
	struct rte_mbuf *m;
	int64_t n;

	if (once_in(w->choice, 2)) {
		n = mien_tcp_send(w->st, w->now, conn, bytes, choose(w->choice, sizeof(bytes)));
	} else {
		m = rte_pktmbuf_alloc(w->pool);
		if (!m)
			return;
		(void)rte_pktmbuf_append(m, (uint16_t)(1 + choose(w->choice, 2000)));
		n = mien_tcp_send_mbuf(w->st, w->now, conn, &m, choose(w->choice, 3));
		rte_pktmbuf_free(m);
	}
	if (n > 9000)
		world_fail(w, "a send took more than it was given");
}

static void
poke(struct world *w, uint64_t conn)
{
	struct mien_tcp_info info;
	int rc = 0;

	switch (choose(w->choice, 24)) {
	case 0:
		rc = mien_tcp_shutdown(w->st, w->now, conn);
		break;
	case 1:
		rc = mien_tcp_close(w->st, w->now, conn);
		break;
	case 2:
		rc = mien_tcp_abort(w->st, w->now, conn);
		break;
	case 3:
		rc = mien_tcp_urgent(w->st, w->now, conn);
		break;
	case 4:
		rc = mien_tcp_set(w->st, w->now, conn, (enum mien_tcp_opt)choose(w->choice, MIEN_TCP_OPT_COUNT + 1),
			once_in(w->choice, 2) ? choose(w->choice, 4) : choose(w->choice, 200000));
		break;
	case 5:
		rc = mien_tcp_info(w->st, conn, &info);
		break;
	case 6:
	case 7:
	case 8:
	case 9:
		send_some(w, conn);
		break;
	case 10:
		if (mien_tcp_flush(w->st, w->now, conn) >= 0 && mien_tcp_info(w->st, conn, &info) == MIEN_OK && info.unsent)
			world_fail(w, "a flush left bytes that were not sent");
		break;
	default:
		read_some(w, conn);
		break;
	}
	if (rc > 0)
		world_fail(w, "a call gave a positive result");
}

static void
open_some(struct world *w)
{
	static const uint8_t bytes[2000];
	const struct mien_tcp_connect config = {
		.remote = mien_addr_ip4(FORGE_PEER + choose(w->choice, 5)),
		.local_port = once_in(w->choice, 2) ? (uint16_t)(3000 + choose(w->choice, 8)) : 0,
		.remote_port = (uint16_t)(2000 + choose(w->choice, 8)),
		.personality = once_in(w->choice, 4) ? &w->p[2] : NULL,
		.fast_open = (uint8_t)(once_in(w->choice, 4) ? 1 + choose(w->choice, 2) : 0),
		.data = bytes,
		.data_len = once_in(w->choice, 4) ? choose(w->choice, sizeof(bytes)) : 0,
	};
	uint64_t conn;

	if (mien_tcp_connect(w->st, w->now, &config, &conn) != MIEN_OK)
		return;
	w->stats.opened++;
	world_know(w, conn);
}

/* Rare calls: listeners, hosts, personalities, endpoints. */
static void
administer(struct world *w)
{
	struct mien_host_config host = {.addr = mien_addr_ip4(FORGE_HOST + 1), .prefix_len = 24};
	struct mien_udp_peer to = {.remote = mien_addr_ip4(FORGE_PEER + choose(w->choice, 5)), .remote_port = 9};
	static const uint8_t bytes[4000];
	int rc = 0;

	switch (choose(w->choice, 6)) {
	case 0:
		if (w->listener) {
			rc = mien_tcp_unlisten(w->st, w->now, w->listener);
			w->listener = 0;
		} else {
			rc = mien_tcp_listen(w->st, &(struct mien_tcp_listen){.port = 80, .backlog = 32,
				.personality = once_in(w->choice, 2) ? &w->p[2] : NULL}, &w->listener);
		}
		break;
	case 1:
		if (w->host[1] && once_in(w->choice, 4)) {
			rc = mien_host_remove(w->st, w->now, w->host[1]);
			w->host[1] = 0;
		} else if (!w->host[1]) {
			host.personality = &w->p[1];
			host.probe = once_in(w->choice, 2);
			rc = mien_host_add(w->st, w->now, &host, &w->host[1]);
		}
		break;
	case 2:
		rc = mien_host_set_personality(w->st, w->now, w->host[0], &w->p[choose(w->choice, 3)]);
		break;
	default:
		rc = mien_udp_send(w->st, w->now, w->udp[0], bytes, choose(w->choice, sizeof(bytes)), &to);
		break;
	}
	if (rc > 0)
		world_fail(w, "a call gave a positive result");
}

static void
hear(struct world *w, const struct mien_event *ev)
{
	struct mien_udp_peer from;
	struct rte_mbuf *m;

	if (ev->type == MIEN_EV_ACCEPT) {
		w->stats.accepted++;
		world_know(w, ev->object);
	} else if (ev->type == MIEN_EV_UDP_READABLE) {
		while (mien_udp_recv(w->st, ev->object, &m, &from) == MIEN_OK) {
			w->stats.datagrams++;
			if (mien_udp_send_mbuf(w->st, w->now, ev->object, m, &from) != MIEN_OK)
				rte_pktmbuf_free(m);
		}
	} else if (ev->type == MIEN_EV_CLOSED) {
		for (unsigned int i = 0; i < CONNS; i++)
			if (w->conns[i] == ev->object && once_in(w->choice, 2))
				w->conns[i] = 0; /* else a late call comes one day */
	}
}

void
world_listen(struct world *w)
{
	struct mien_event events[8];
	unsigned int n;

	while ((n = mien_stack_events(w->st, events, 8)) > 0)
		for (unsigned int i = 0; i < n; i++)
			hear(w, &events[i]);
}

void
world_app(struct world *w)
{
	struct mien_event events[8];
	unsigned int n = mien_stack_events(w->st, events, 1 + choose(w->choice, 8));
	uint64_t conn;

	for (unsigned int i = 0; i < n; i++)
		hear(w, &events[i]);
	for (unsigned int i = choose(w->choice, 4); i > 0; i--) {
		conn = w->conns[choose(w->choice, CONNS)];
		if (conn)
			poke(w, conn);
	}
	if (once_in(w->choice, 32))
		open_some(w);
	if (once_in(w->choice, 256))
		administer(w);
}
