/* SPDX-License-Identifier: BSD-3-Clause */
#include "flood.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <rte_mbuf.h>

#define MS UINT64_C(1000000)
#define NET 0x0a000000u /* the stacks are 10.0.0.1 and so on, the gateway is 10.0.0.254 */
#define GATEWAY 254
#define FRAME_GAP 24 /* bytes of a frame's time on the wire that are not in it */
#define BACKLOG_NS 200000 /* what a port's transmit ring holds */
#define POOL_MBUFS 32768
#define GATHER_NS 10000

static uint64_t
cpu_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts);
	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

static uint64_t
measure_clock(void)
{
	uint64_t best = UINT64_MAX;

	for (unsigned i = 0; i < 1000; i++) {
		uint64_t start = cpu_now(), took = cpu_now() - start;

		best = took < best ? took : best;
	}
	return best;
}

/* -- the wire ---------------------------------------------------------------------------------------------- */

static bool
wire_create(struct flood_wire *w)
{
	w->frames = calloc(FLOOD_WIRE, sizeof(*w->frames));
	return w->frames != NULL;
}

static void
wire_free(struct flood_wire *w)
{
	if (!w->frames)
		return;
	for (; w->head != w->tail; w->head++)
		rte_pktmbuf_free(w->frames[w->head % FLOOD_WIRE].m);
	free(w->frames);
}

/* May the sender's port take more? */
static bool
wire_has_room(const struct flood_wire *w, uint64_t now)
{
	return w->idle_at < now + BACKLOG_NS && w->tail - w->head < FLOOD_WIRE - BENCH_BURST;
}

static void
wire_put(struct flood_wire *w, const struct flood_setup *setup, uint64_t now, struct rte_mbuf *m)
{
	if (w->idle_at < now)
		w->idle_at = now;
	if (setup->link_mbps)
		w->idle_at += (rte_pktmbuf_pkt_len(m) + FRAME_GAP) * UINT64_C(8000) / setup->link_mbps;
	w->frames[w->tail++ % FLOOD_WIRE] = (struct flood_frame){w->idle_at + setup->delay_us * 1000, m};
}

static uint64_t
wire_next(const struct flood_wire *w)
{
	return w->head == w->tail ? UINT64_MAX : w->frames[w->head % FLOOD_WIRE].at;
}

/* Copied into the receiver's mbufs, its sums checked by the port; NULL without an mbuf. Takes m. */
static struct rte_mbuf *
arrive(struct rte_mempool *pool, struct rte_mbuf *m)
{
	struct rte_mbuf *copy = rte_pktmbuf_copy(m, pool, 0, UINT32_MAX);

	rte_pktmbuf_free(m);
	if (copy)
		copy->ol_flags = RTE_MBUF_F_RX_IP_CKSUM_GOOD | RTE_MBUF_F_RX_L4_CKSUM_GOOD;
	return copy;
}

/* -- everybody else, at no cost ---------------------------------------------------------------------------- */

static void
newcomer_event(struct flood_world *w, const struct mien_event *ev)
{
	struct flood_newcomers *n = &w->newcomers;

	if (ev->type != MIEN_EV_CONNECTED || mien_tcp_close(w->st[FLOOD_NEWCOMER], w->now, ev->object) != MIEN_OK ||
		ev->cookie < n->since)
		return;
	n->done++;
	n->slowest_ns = RTE_MAX(n->slowest_ns, w->now - ev->cookie);
}

static void
newcomers_turn(struct flood_world *w)
{
	struct flood_newcomers *n = &w->newcomers;
	const struct mien_tcp_connect config = {
		.remote = mien_addr_ip4(NET + 1), .remote_port = BENCH_PORT, .cookie = w->now};
	struct mien_event ev[BENCH_BURST];
	uint64_t conn;
	unsigned got;

	while ((got = mien_stack_events(w->st[FLOOD_NEWCOMER], ev, BENCH_BURST)) > 0)
		for (unsigned i = 0; i < got; i++)
			newcomer_event(w, &ev[i]);
	if (w->now < n->next_at)
		return;
	n->next_at = w->now + n->gap_ns;
	n->asked += mien_tcp_connect(w->st[FLOOD_NEWCOMER], w->now, &config, &conn) == MIEN_OK;
}

static void
others_turn(struct flood_world *w)
{
	struct rte_mbuf *pkts[BENCH_BURST];
	uint16_t n;

	for (unsigned s = FLOOD_PEER; s < FLOOD_STACKS; s++) {
		struct flood_wire *in = &w->from_server[s];

		while (wire_next(in) <= w->now) {
			pkts[0] = arrive(w->pool[1], in->frames[in->head++ % FLOOD_WIRE].m);
			if (pkts[0])
				mien_stack_rx_burst(w->st[s], w->now, pkts, 1);
		}
		mien_stack_advance(w->st[s], w->now);
		if (s == FLOOD_PEER)
			bench_client_turn(&w->client, w->now);
		else
			newcomers_turn(w);
		while (wire_has_room(&w->to_server[s], w->now) &&
			(n = mien_stack_tx_burst(w->st[s], w->now, pkts, BENCH_BURST)) > 0)
			for (uint16_t i = 0; i < n; i++)
				wire_put(&w->to_server[s], w->setup, w->now, pkts[i]);
	}
}

/* -- the server's port ------------------------------------------------------------------------------------- */

static void
receive(struct flood_world *w, struct rte_mbuf *m, uint64_t *missed)
{
	if (!m || w->ring_tail - w->ring_head == FLOOD_RING) {
		rte_pktmbuf_free(m);
		++*missed;
		return;
	}
	w->ring[w->ring_tail++ % FLOOD_RING] = m;
}

static struct rte_mbuf *
next_of_flood(struct flood_world *w)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(w->pool[0]);

	w->offered++;
	if (m)
		rte_pktmbuf_append(m, (uint16_t)flood_frame(w->flood, rte_pktmbuf_mtod(m, uint8_t *)));
	return m;
}

/* The wire whose next frame arrives first. */
static struct flood_wire *
first_wire(struct flood_world *w)
{
	struct flood_wire *first = &w->to_server[FLOOD_PEER];

	for (unsigned s = FLOOD_PEER; s < FLOOD_STACKS; s++)
		if (wire_next(&w->to_server[s]) < wire_next(first))
			first = &w->to_server[s];
	return first;
}

/* What came until now, in the order in which it came. */
static void
fill_ring(struct flood_world *w)
{
	for (;;) {
		struct flood_wire *in = first_wire(w);
		uint64_t peers = wire_next(in), flood = w->flood ? w->flood_at : UINT64_MAX;

		if (peers > w->now && flood > w->now)
			return;
		if (peers <= flood) {
			receive(w, arrive(w->pool[0], in->frames[in->head++ % FLOOD_WIRE].m), &w->missed_peers);
			continue;
		}
		w->flood_at += w->flood_gap;
		receive(w, next_of_flood(w), &w->missed);
	}
}

/* Answers to strangers go to the gateway and are lost there. */
static void
send(struct flood_world *w, struct rte_mbuf *m)
{
	uint8_t to = rte_pktmbuf_mtod(m, const uint8_t *)[5];

	if (to == FLOOD_PEER + 1 || to == FLOOD_NEWCOMER + 1)
		wire_put(&w->from_server[to - 1], w->setup, w->now, m);
	else
		rte_pktmbuf_free(m);
}

/* One turn of a server's loop; its time is what counts. */
static void
server_turn(struct flood_world *w)
{
	struct rte_mbuf *in[BENCH_BURST], *out[BENCH_BURST];
	struct mien_stack *st = w->st[FLOOD_SERVER];
	uint64_t start, took;
	uint16_t n = 0, sent;

	while (n < BENCH_BURST && w->ring_head != w->ring_tail)
		in[n++] = w->ring[w->ring_head++ % FLOOD_RING];
	start = cpu_now();
	mien_stack_rx_burst(st, w->now, in, n);
	mien_stack_advance(st, w->now);
	bench_server_events(&w->server, w->now);
	sent = mien_stack_tx_burst(st, w->now, out, BENCH_BURST);
	took = cpu_now() - start;
	took = took > w->clock_cost ? took - w->clock_cost : 1;
	w->busy += n || sent ? took : 0;
	w->now += took;
	for (uint16_t i = 0; i < sent; i++)
		send(w, out[i]);
}

/* Nothing to do for the server: on to what comes next, and a little further, as ports that gather frames do. */
static void
skip_idle(struct flood_world *w, uint64_t end)
{
	uint64_t next = wire_next(first_wire(w)), then;

	if (w->ring_head != w->ring_tail || mien_stack_deadline(w->st[FLOOD_SERVER]) <= w->now)
		return;
	next = RTE_MIN(next, mien_stack_deadline(w->st[FLOOD_SERVER]));
	next = w->flood ? RTE_MIN(next, w->flood_at) : next;
	for (unsigned s = FLOOD_PEER; s < FLOOD_STACKS; s++) {
		then = mien_stack_deadline(w->st[s]);
		next = RTE_MIN(next, wire_has_room(&w->to_server[s], w->now) || then ? then : w->now + GATHER_NS);
		next = RTE_MIN(next, wire_next(&w->from_server[s]));
	}
	next = RTE_MIN(RTE_MIN(next, w->newcomers.next_at), end);
	w->now = RTE_MAX(next, w->now + GATHER_NS);
}

static void
note_most(struct flood_world *w)
{
	uint32_t in_use = mien_pool_in_use(w->pool[0]);
	struct mien_gauges g;

	mien_stack_gauges(w->st[FLOOD_SERVER], &g);
	w->most_tcbs = RTE_MAX(w->most_tcbs, g.tcbs);
	w->most_held = RTE_MAX(w->most_held, (uint32_t)g.mbufs_held);
	w->most_in_use = RTE_MAX(w->most_in_use, in_use);
}

void
flood_world_run(struct flood_world *w, uint64_t end)
{
	for (uint32_t turns = 0; w->now < end; turns++) {
		others_turn(w);
		fill_ring(w);
		server_turn(w);
		skip_idle(w, end);
		if (turns % 256 == 0)
			note_most(w);
	}
}

bool
flood_world_warm_up(struct flood_world *w)
{
	uint64_t end = w->now + 10000 * MS;

	while (w->now < end && w->client.established < w->client.wanted)
		flood_world_run(w, w->now + MS);
	flood_world_run(w, w->now + 200 * MS);
	return w->client.established >= w->client.wanted && w->server.counts.bytes > 0;
}

double
flood_world_frame_ns(struct flood_world *w, uint32_t frames)
{
	uint64_t start, total = 0;
	struct rte_mbuf *pkts[BENCH_BURST];
	struct mien_stack *st = w->st[FLOOD_SERVER];

	for (uint32_t done = 0; done < frames; done += BENCH_BURST) {
		uint16_t n = 0;

		for (unsigned i = 0; i < BENCH_BURST; i++) {
			pkts[n] = next_of_flood(w);
			n = (uint16_t)(n + (pkts[n] != NULL));
		}
		start = cpu_now();
		mien_stack_rx_burst(st, w->now, pkts, n);
		mien_stack_advance(st, w->now);
		n = mien_stack_tx_burst(st, w->now, pkts, BENCH_BURST);
		total += cpu_now() - start - w->clock_cost;
		for (uint16_t i = 0; i < n; i++)
			send(w, pkts[i]);
		w->now += BENCH_BURST * w->flood_gap;
		others_turn(w);
	}
	return (double)total / frames;
}

/* -- creation ---------------------------------------------------------------------------------------------- */

static int
stack_create(struct flood_world *w, enum flood_stack which, const struct mien_personality *p)
{
	const struct mien_host_config host = {
		.addr = mien_addr_ip4(NET + 1 + which), .prefix_len = 16, .personality = p};
	const struct mien_addr gateway = mien_addr_ip4(NET + GATEWAY);
	const uint8_t gateway_mac[6] = {2, 0, 0, 0, 0, GATEWAY};
	struct mien_stack_config config;
	uint64_t id;
	int err;

	mien_stack_config_init(&config);
	bench_stack_config(&config, (uint32_t)w->setup->connections);
	config.pool = w->pool[which != FLOOD_SERVER];
	config.indirect_pool = w->views[which != FLOOD_SERVER];
	config.seed = 1 + which;
	memset(config.secret, 3 + (int)which, sizeof(config.secret));
	config.mac[5] = (uint8_t)(1 + which);
	config.tx_offloads = MIEN_OFFLOAD_IP4_CKSUM | MIEN_OFFLOAD_TCP_CKSUM | MIEN_OFFLOAD_MULTI_SEGS;
	err = mien_stack_create(&config, &w->st[which]);
	if (err == MIEN_OK)
		err = mien_host_add(w->st[which], 0, &host, &id);
	if (err == MIEN_OK)
		err = mien_stack_add_neighbour(w->st[which], &gateway, gateway_mac);
	if (err == MIEN_OK)
		err = mien_stack_set_gateway(w->st[which], &gateway);
	for (unsigned other = 0; other < FLOOD_STACKS && err == MIEN_OK; other++) {
		const struct mien_addr addr = mien_addr_ip4(NET + 1 + other);
		const uint8_t mac[6] = {2, 0, 0, 0, 0, (uint8_t)(1 + other)};

		err = other == which ? MIEN_OK : mien_stack_add_neighbour(w->st[which], &addr, mac);
	}
	return err;
}

static int
wires_create(struct flood_world *w)
{
	bool ok = true;

	for (unsigned s = FLOOD_PEER; s < FLOOD_STACKS; s++)
		ok = wire_create(&w->to_server[s]) && wire_create(&w->from_server[s]) && ok;
	return ok ? MIEN_OK : MIEN_ENOMEM;
}

int
flood_world_create(struct flood_world *w, const struct flood_setup *setup, struct mien_error *error)
{
	const struct mien_pool_config pool = {.mbufs = POOL_MBUFS};
	int err = MIEN_OK;

	*w = (struct flood_world){.setup = setup, .now = 1000 * MS, .clock_cost = measure_clock(),
		.newcomers = {.gap_ns = 5 * MS, .next_at = UINT64_MAX, .since = UINT64_MAX}};
	for (unsigned i = 0; i < 2 && err == MIEN_OK; i++)
		err = mien_pool_create(&pool, &w->pool[i], &w->views[i], error);
	if (err != MIEN_OK)
		return err;
	mien_personality_init_plain(&w->plain);
	err = wires_create(w);
	for (unsigned s = 0; s < FLOOD_STACKS && err == MIEN_OK; s++)
		err = stack_create(w, (enum flood_stack)s, s == FLOOD_SERVER ? setup->p : &w->plain);
	if (err != MIEN_OK)
		return error->err = err;
	w->server.st = w->st[FLOOD_SERVER];
	bench_client_init(&w->client, w->st[FLOOD_PEER], BENCH_BULK, 1024, (uint32_t)setup->connections);
	w->client.local = mien_addr_ip4(NET + 1 + FLOOD_PEER);
	w->client.remote = mien_addr_ip4(NET + 1);
	return error->err = bench_server_start(&w->server, true);
}

void
flood_world_free(struct flood_world *w)
{
	for (unsigned s = FLOOD_PEER; s < FLOOD_STACKS; s++) {
		wire_free(&w->to_server[s]);
		wire_free(&w->from_server[s]);
	}
	for (; w->ring_head != w->ring_tail; w->ring_head++)
		rte_pktmbuf_free(w->ring[w->ring_head % FLOOD_RING]);
	for (unsigned s = 0; s < FLOOD_STACKS; s++)
		mien_stack_destroy(w->st[s]);
	for (unsigned i = 0; i < 2; i++) {
		mien_pool_free(w->pool[i]);
		mien_pool_free(w->views[i]);
	}
}
