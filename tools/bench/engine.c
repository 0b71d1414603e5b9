/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * mien bench engine: two stacks joined by memory in one thread. What is measured is the engine's cost of a segment,
 * receive and transmit sides together, and the copy of the frame that stands for the wire.
 */
#include <inttypes.h>
#include <stdlib.h>

#include <rte_mbuf.h>

#include "bench.h"

struct engine_options {
	uint64_t connections, size, requests;
};

struct rig {
	struct rte_mempool *pool, *indirect;
	struct mien_personality p;
	struct mien_stack *st[2];
	struct bench_server server;
	struct bench_client client;
	uint64_t segments;
};

static int
set_connections(void *ctx, const char *value)
{
	if (!cli_u64(value, 1, 1000000, &((struct engine_options *)ctx)->connections))
		return cli_error(STATUS_USAGE, "--connections %s: give a number from 1 to 1000000", value);
	return STATUS_FINE;
}

static int
set_size(void *ctx, const char *value)
{
	if (!cli_u64(value, 1, 1024, &((struct engine_options *)ctx)->size))
		return cli_error(STATUS_USAGE, "--size %s: give a number from 1 to 1024", value);
	return STATUS_FINE;
}

static int
set_requests(void *ctx, const char *value)
{
	if (!cli_u64(value, 1, 1000000000, &((struct engine_options *)ctx)->requests))
		return cli_error(STATUS_USAGE, "--requests %s: give a number from 1 to 1G", value);
	return STATUS_FINE;
}

static const struct flag flags[] = {
	{"connections", 0, "N", "connections at once (64)", set_connections},
	{"size", 0, "BYTES", "of a request and its answer (64)", set_size},
	{"requests", 0, "N", "how many to measure (1M)", set_requests},
	{NULL, 0, NULL, NULL, NULL},
};

static const struct flag *const tables[] = {flags, NULL};

static int
rig_stack(struct rig *r, unsigned which, uint32_t connections)
{
	struct mien_stack_config config;
	struct mien_host_config host = {.addr = mien_addr_ip4(0x0a000001u + which), .prefix_len = 24,
		.personality = &r->p};
	const struct mien_addr peer = mien_addr_ip4(0x0a000002u - which);
	const uint8_t mac[6] = {2, 0, 0, 0, 0, (uint8_t)(2 - which)};
	uint64_t id;
	int err;

	mien_stack_config_init(&config);
	bench_stack_config(&config, connections);
	config.pool = r->pool;
	config.indirect_pool = r->indirect;
	config.seed = 1 + which;
	config.mac[5] = (uint8_t)(1 + which);
	/* memory does not damage packets; what is measured is the protocol */
	config.tx_offloads = MIEN_OFFLOAD_IP4_CKSUM | MIEN_OFFLOAD_TCP_CKSUM | MIEN_OFFLOAD_MULTI_SEGS;
	err = mien_stack_create(&config, &r->st[which]);
	if (err == MIEN_OK)
		err = mien_host_add(r->st[which], 0, &host, &id);
	if (err == MIEN_OK)
		err = mien_stack_add_neighbour(r->st[which], &peer, mac);
	return err;
}

static int
rig_create(struct rig *r, const struct engine_options *o, struct mien_error *error)
{
	const struct mien_pool_config pool = {.mbufs = (uint32_t)o->connections * 4 + 16384};
	int err = mien_pool_create(&pool, &r->pool, &r->indirect, error);

	if (err != MIEN_OK)
		return err;
	mien_personality_init_plain(&r->p);
	for (unsigned i = 0; i < 2 && err == MIEN_OK; i++)
		err = rig_stack(r, i, (uint32_t)o->connections);
	if (err != MIEN_OK)
		return error->err = err;
	r->server.st = r->st[0];
	err = bench_server_start(&r->server, false);
	bench_client_init(&r->client, r->st[1], BENCH_REQUESTS, (uint32_t)o->size, (uint32_t)o->connections);
	r->client.local = mien_addr_ip4(0x0a000002u);
	r->client.remote = mien_addr_ip4(0x0a000001u);
	return error->err = err;
}

/*
 * Moves frames from one stack to the other, as a wire does: copied, for the sender keeps its mbufs until they are
 * acknowledged. Checksums that were left to the port count as verified.
 */
static void
carry(struct rig *r, unsigned from, uint64_t now)
{
	struct rte_mbuf *pkts[BENCH_BURST];
	uint16_t n;

	while ((n = mien_stack_tx_burst(r->st[from], now, pkts, BENCH_BURST)) > 0) {
		uint16_t arrived = 0;

		for (uint16_t i = 0; i < n; i++) {
			struct rte_mbuf *m = rte_pktmbuf_copy(pkts[i], r->pool, 0, UINT32_MAX);

			rte_pktmbuf_free(pkts[i]);
			if (!m)
				continue;
			m->ol_flags = RTE_MBUF_F_RX_IP_CKSUM_GOOD | RTE_MBUF_F_RX_L4_CKSUM_GOOD;
			pkts[arrived++] = m;
		}
		r->segments += n;
		mien_stack_rx_burst(r->st[!from], now, pkts, arrived);
	}
}

static void
turn(struct rig *r, uint64_t now)
{
	bench_client_turn(&r->client, now);
	carry(r, 1, now);
	bench_server_events(&r->server, now);
	carry(r, 0, now);
	mien_stack_advance(r->st[0], now);
	mien_stack_advance(r->st[1], now);
}

static void
report(const struct engine_options *o, const struct rig *r, uint64_t requests, uint64_t segments, uint64_t ns)
{
	struct mien_counters counters;

	mien_stack_counters(r->st[0], &counters);
	if (cli_out.json) {
		printf("{\"connections\": %" PRIu64 ", \"request_bytes\": %" PRIu64 ", \"requests\": %" PRIu64
		       ", \"segments\": %" PRIu64 ", \"ns_per_segment\": %.1f, \"ns_per_request\": %.1f, "
		       "\"copied_bytes\": %" PRIu64 "}\n",
			o->connections, o->size, requests, segments, (double)ns / (double)segments,
			(double)ns / (double)requests, counters.tcp_payload_copied);
		return;
	}
	printf("%" PRIu64 " connections, %" PRIu64 "-byte requests: %.1f ns a segment (receive + transmit), %.1f ns a "
	       "request with both ends, %" PRIu64 " payload bytes copied by the server\n",
		o->connections, o->size, (double)ns / (double)segments, (double)ns / (double)requests,
		counters.tcp_payload_copied);
}

static int
measure(struct rig *r, const struct engine_options *o)
{
	uint64_t warm = o->requests / 10 + o->connections * 4, start, segments, before;

	while (r->client.counts.requests < warm)
		turn(r, mien_clock_now());
	segments = r->segments;
	before = r->client.counts.requests;
	start = mien_clock_now();
	while (r->client.counts.requests - before < o->requests)
		turn(r, mien_clock_now());
	report(o, r, r->client.counts.requests - before, r->segments - segments, mien_clock_now() - start);
	if (r->client.counts.failures || r->server.counts.failures)
		return cli_error(STATUS_DIFFERENT, "%" PRIu64 " requests failed",
			r->client.counts.failures + r->server.counts.failures);
	return STATUS_FINE;
}

static int
run(int argc, char **argv, const struct command *self)
{
	struct engine_options o = {.connections = 64, .size = 64, .requests = 1000000};
	struct mien_error error = {0};
	struct rig *r;
	int operand, status;
	bool done;

	status = cli_parse(argc, argv, self, &o, &operand, &done);
	if (status != STATUS_FINE || done)
		return status;
	r = aligned_alloc(64, (sizeof(*r) + 63) / 64 * 64);
	if (!r)
		return cli_error(STATUS_PORT, "out of memory");
	*r = (struct rig){0};
	status = rig_create(r, &o, &error) == MIEN_OK ? measure(r, &o) : cli_mien_error(STATUS_PORT, &error);
	mien_stack_destroy(r->st[0]);
	mien_stack_destroy(r->st[1]);
	mien_pool_free(r->pool);
	mien_pool_free(r->indirect);
	free(r);
	return status;
}

const struct command bench_engine_command = {
	.name = "bench engine",
	.summary = "two stacks joined by memory: nanoseconds a segment",
	.operands = "",
	.example = "  mien bench engine --connections 1000\n",
	.flags = tables,
	.run = run,
};
