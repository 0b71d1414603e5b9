/* SPDX-License-Identifier: BSD-3-Clause */
/* The client's side of a measurement. A connection's cookie is the number of bytes still to come. */
#include <string.h>

#include <rte_mbuf.h>

#include "bench.h"

void
bench_client_init(struct bench_client *c, struct mien_stack *st, enum bench_mode mode, uint32_t size, uint32_t connections)
{
	*c = (struct bench_client){.st = st, .mode = mode, .size = size, .wanted = connections, .per_turn = 64,
		.locals = 1};
	for (size_t i = 0; i < sizeof(c->payload); i++)
		c->payload[i] = (uint8_t)('a' + i % 26);
}

static void
request(struct bench_client *c, uint64_t conn, uint64_t now)
{
	if (mien_tcp_send(c->st, now, conn, c->payload, c->size) != (int64_t)c->size ||
		mien_tcp_set_cookie(c->st, conn, c->size) != MIEN_OK)
		c->counts.failures++;
}

static void
stream(struct bench_client *c, uint64_t conn, uint64_t now)
{
	while (mien_tcp_send(c->st, now, conn, c->payload, c->size) > 0)
		;
}

/* An answer that came in one piece is the next request: the client is to be no slower than the server. */
static bool
sent_back(struct bench_client *c, uint64_t conn, uint64_t now, struct rte_mbuf *m)
{
	bool whole = c->mode == BENCH_REQUESTS && rte_pktmbuf_pkt_len(m) == c->size;

	if (!whole || mien_tcp_send_mbuf(c->st, now, conn, &m, 0) != (int64_t)c->size) {
		rte_pktmbuf_free(m);
		return false;
	}
	c->counts.requests++;
	return true;
}

static void
reply(struct bench_client *c, const struct mien_event *ev, uint64_t now)
{
	uint64_t left = ev->cookie;
	struct rte_mbuf *m;

	while (mien_tcp_recv_mbuf(c->st, now, ev->object, &m) == MIEN_OK) {
		uint32_t len = rte_pktmbuf_pkt_len(m);

		c->counts.bytes += len;
		if (left == c->size && sent_back(c, ev->object, now, m))
			return;
		left -= len < left ? len : left;
	}
	if (left > 0) {
		if (mien_tcp_set_cookie(c->st, ev->object, left) != MIEN_OK)
			c->counts.failures++;
		return;
	}
	c->counts.requests++;
	if (c->mode == BENCH_REQUESTS)
		request(c, ev->object, now);
	else if (mien_tcp_close(c->st, now, ev->object) != MIEN_OK)
		c->counts.failures++;
}

static void
event(struct bench_client *c, const struct mien_event *ev, uint64_t now)
{
	switch (ev->type) {
	case MIEN_EV_CONNECTED:
		c->established++;
		if (c->mode == BENCH_BULK)
			stream(c, ev->object, now);
		else
			request(c, ev->object, now);
		break;
	case MIEN_EV_READABLE:
		reply(c, ev, now);
		break;
	case MIEN_EV_WRITABLE:
		stream(c, ev->object, now);
		break;
	case MIEN_EV_CLOSED:
		c->open--;
		if (ev->err == MIEN_OK)
			c->counts.connections++;
		else
			c->counts.failures++;
		break;
	default:
		break;
	}
}

static void
open_more(struct bench_client *c, uint64_t now)
{
	for (uint32_t i = 0; i < c->per_turn && c->open < c->wanted; i++) {
		const struct mien_tcp_connect config = {.local = mien_addr_add(&c->local, c->next_local),
			.remote = c->remote, .remote_port = BENCH_PORT, .nodelay = true};
		uint64_t conn;

		c->next_local = (c->next_local + 1) % c->locals;
		if (mien_tcp_connect(c->st, now, &config, &conn) != MIEN_OK) {
			c->counts.failures++;
			return;
		}
		c->open++;
	}
}

void
bench_client_turn(struct bench_client *c, uint64_t now)
{
	struct mien_event ev[BENCH_BURST];
	unsigned n;

	while ((n = mien_stack_events(c->st, ev, BENCH_BURST)) > 0)
		for (unsigned i = 0; i < n; i++)
			event(c, &ev[i], now);
	open_more(c, now);
}

void
bench_stack_config(struct mien_stack_config *config, uint32_t connections)
{
	config->max_conns = connections + 4096;
	config->max_time_wait = 16384;
	config->max_hosts = 256;
	config->sndbuf = 256u << 10;
}
