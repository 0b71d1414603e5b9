/* SPDX-License-Identifier: BSD-3-Clause */
/* The bench itself: stacks, links, time, and what must be gone at the end. */
#include "stack_rig.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "frame.h"
#include "rig_app.h"
#include "rig_pool.h"
#include "stack.h"
#include "tcp_parts.h"

#define BURST 32
#define FRAME_MAX 65536
#define SPINS 100000 /* turns without time passing: something goes round in circles */
#define MSL (120 * RIG_SECOND) /* RFC 9293 3.4.2: no segment lives longer */
#define RETRY (1 * RIG_MS)

void
rig_fail(struct stack_rig *r, const char *format, ...)
{
	char text[400];
	va_list args;

	if (++r->failures > 10 || r->config.quiet)
		return;
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	printf("rig: at %" PRIu64 ".%09" PRIu64 ": %s\n", r->now / RIG_SECOND, r->now % RIG_SECOND, text);
}

struct mien_addr
rig_addr(unsigned stack)
{
	return mien_addr_ip4(0x0a000001u + stack);
}

/* -- the wire ----------------------------------------------------------------------------------------------- */

static void
pcap_begin(struct stack_rig *r)
{
	const uint32_t head[6] = {0xa1b23c4d, 0x00040002, 0, 0, 65535, 1};

	r->pcap = fopen(r->config.pcap, "wb");
	if (!r->pcap || fwrite(head, sizeof(head), 1, r->pcap) != 1) {
		perror(r->config.pcap);
		abort();
	}
}

static void
pcap_frame(struct stack_rig *r, const uint8_t *frame, uint32_t len)
{
	const uint32_t head[4] = {(uint32_t)(r->now / RIG_SECOND), (uint32_t)(r->now % RIG_SECOND), len, len};

	if (r->pcap)
		(void)(fwrite(head, sizeof(head), 1, r->pcap) + fwrite(frame, len, 1, r->pcap));
	if (r->config.no_digest)
		return;
	sha256_add(&r->digest, head, sizeof(head));
	sha256_add(&r->digest, frame, len);
}

/* A frame goes to the stack with that MAC, or to all others. */
static void
carry(struct stack_rig *r, unsigned from, const uint8_t *frame, uint32_t len)
{
	unsigned to = len >= 6 && frame[0] == 2 && frame[5] >= 1 && frame[5] <= r->n ? frame[5] - 1u : r->n;

	for (unsigned i = 0; i < r->n; i++)
		if (i == to || (to == r->n && i != from))
			rig_link_put(r->link[i], r->now, frame, len);
}

static void
sent(struct stack_rig *r, unsigned from, struct rte_mbuf *m)
{
	static uint8_t frame[FRAME_MAX];
	uint32_t len = rte_pktmbuf_pkt_len(m);

	rte_mbuf_sanity_check(m, 1);
	if (len > sizeof(frame)) {
		rig_fail(r, "a frame of %u bytes", len);
	} else {
		frame_copy(m, frame, len);
		frame_fill_checksums(frame, len, m);
		r->frames++;
		pcap_frame(r, frame, len);
		if (r->wire)
			wire_check_frame(r->wire, r->now, frame, len);
		if (r->config.tap)
			r->config.tap(r->config.ctx, r, from, frame, len);
		carry(r, from, frame, len);
	}
	rte_pktmbuf_free(m);
}

/* Behind the headers the frame may be cut anywhere. */
static struct rte_mbuf *
chained(struct stack_rig *r, struct rte_mempool *pool, const uint8_t *bytes, uint32_t len)
{
	uint32_t first = RTE_MIN(len, 128 + rng_below(&r->rng, 200)), n;
	struct rte_mbuf *head = frame_to_mbuf(pool, bytes, first), *m;

	for (uint32_t at = first; head && at < len; at += n) {
		n = 1 + rng_below(&r->rng, 700);
		n = RTE_MIN(n, len - at);
		m = frame_to_mbuf(pool, bytes + at, n);
		if (!m || rte_pktmbuf_chain(head, m) != 0) {
			rte_pktmbuf_free(m);
			rte_pktmbuf_free(head);
			return NULL;
		}
	}
	return head;
}

static unsigned
receive(struct stack_rig *r, unsigned i)
{
	struct rte_mbuf *pkts[BURST];
	struct rig_frame *f;
	unsigned taken = 0;
	uint16_t n = 0;

	while (n < BURST && taken < 2 * BURST && (f = rig_link_take(r->link[i], r->now)) != NULL) {
		taken++;
		if (r->config.chains)
			pkts[n] = chained(r, r->pool[i], f->bytes, f->len);
		else
			pkts[n] = frame_to_mbuf(r->pool[i], f->bytes, f->len);
		if (pkts[n])
			n++;
		else
			r->no_mbuf++;
		free(f);
	}
	if (n)
		mien_stack_rx_burst(r->st[i], r->now, pkts, n);
	return taken;
}

void
rig_inject(struct stack_rig *r, unsigned to, const void *frame, uint32_t len)
{
	rig_link_put(r->link[to], r->now, frame, len);
}

/* -- turns -------------------------------------------------------------------------------------------------- */

static void
inspect(struct stack_rig *r, unsigned i)
{
	const struct tcp *t = &r->st[i]->tcp;
	const char *why;

	pool_foreach(&t->tcbs, at) {
		why = tcb_check(t, pool_at(&t->tcbs, at));
		if (why)
			rig_fail(r, "stack %u: %s", i, why);
	}
}

static bool
turn_stack(struct stack_rig *r, unsigned i)
{
	struct mien_event events[BURST];
	struct rte_mbuf *pkts[BURST];
	bool work = receive(r, i) > 0;
	unsigned n;

	mien_stack_advance(r->st[i], r->now);
	while ((n = mien_stack_events(r->st[i], events, 1 + rng_below(&r->rng, BURST))) > 0) {
		rig_app_events(r, i, events, n);
		work = true;
	}
	while ((n = mien_stack_tx_burst(r->st[i], r->now, pkts, (uint16_t)(1 + rng_below(&r->rng, BURST)))) > 0) {
		for (unsigned k = 0; k < n; k++)
			sent(r, i, pkts[k]);
		work = true;
	}
	if (work && r->config.inspect)
		inspect(r, i);
	return work;
}

bool
rig_turn(struct stack_rig *r)
{
	bool work = false;

	for (unsigned i = 0; i < r->n; i++)
		work |= turn_stack(r, i);
	return work;
}

static uint64_t
next_time(const struct stack_rig *r)
{
	uint64_t next = r->hungry ? r->now + RETRY : MIEN_NEVER;

	for (unsigned i = 0; i < r->n; i++) {
		next = RTE_MIN(next, mien_stack_deadline(r->st[i]));
		next = RTE_MIN(next, rig_link_next(r->link[i]));
	}
	return next;
}

bool
rig_until(struct stack_rig *r, uint64_t ns, bool (*done)(void *ctx), void *ctx)
{
	uint64_t limit = r->now + ns, next;
	unsigned spins = 0;

	for (;;) {
		while (rig_turn(r)) {
			if (done && done(ctx))
				return true;
			if (++spins > SPINS)
				break;
		}
		if (done && done(ctx))
			return true;
		next = next_time(r);
		if (next > limit) {
			r->now = limit;
			return false;
		}
		spins = next > r->now ? 0 : spins + 1;
		if (spins > SPINS) {
			rig_fail(r, "work without end and without time passing");
			return false;
		}
		r->now = RTE_MAX(next, r->now);
		rig_app_hungry(r);
	}
}

void
rig_run(struct stack_rig *r, uint64_t ns)
{
	rig_until(r, ns, NULL, NULL);
}

static bool
settled(void *ctx)
{
	struct stack_rig *r = ctx;

	for (unsigned i = 0; i < r->n; i++)
		if (rig_link_next(r->link[i]) != UINT64_MAX || mien_stack_deadline(r->st[i]) == 0)
			return false;
	return r->open == 0;
}

bool
rig_settle(struct stack_rig *r, uint64_t ns)
{
	return rig_until(r, ns, settled, r);
}

struct wanted_state {
	struct rig_conn *c;
	enum mien_tcp_state state;
};

static bool
in_state(void *ctx)
{
	const struct wanted_state *w = ctx;

	return rig_state(w->c) == w->state;
}

bool
rig_until_state(struct rig_conn *c, enum mien_tcp_state state, uint64_t ns)
{
	struct wanted_state w = {c, state};

	return rig_until(c->rig, ns, in_state, &w);
}

void
rig_jump(struct stack_rig *r, uint64_t ns)
{
	struct rig_frame *f;

	for (unsigned i = 0; ns > MSL && i < r->n; i++)
		while ((f = rig_link_take(r->link[i], UINT64_MAX)) != NULL)
			free(f);
	r->now += ns;
	if (ns > MSL && r->wire)
		wire_check_time_jump(r->wire);
}

void
rig_set_link(struct stack_rig *r, unsigned into, const struct rig_link_config *config)
{
	rig_link_set(r->link[into], config);
}

/* -- beginning and end -------------------------------------------------------------------------------------- */

static void
stack_begin(struct stack_rig *r, unsigned i)
{
	struct mien_stack_config config;
	struct mien_host_config host = {.addr = rig_addr(i), .prefix_len = 24};
	uint32_t mbufs = r->config.mbufs ? r->config.mbufs : 8192;
	int rc;

	mien_stack_config_init(&config);
	config.max_conns = 4096;
	config.max_time_wait = 16384;
	config.max_neighbours = 64;
	config.seed = r->config.seed * 31 + i;
	memcpy(config.secret, &config.seed, sizeof(config.seed));
	config.now = r->now;
	config.mac[5] = (uint8_t)(i + 1);
	if (r->config.tune)
		r->config.tune(&config, i);
	r->pool[i] = rig_pool_create(mbufs, (uint16_t)(RTE_MAX(config.mtu + 384u, 2048u) + RTE_PKTMBUF_HEADROOM));
	r->views[i] = rig_pool_create(mbufs, MIEN_COPY_BREAK);
	config.pool = r->pool[i];
	config.indirect_pool = r->views[i];
	rc = mien_stack_create(&config, &r->st[i]);
	host.personality = r->config.p[i] ? r->config.p[i] : &r->plain;
	if (rc == MIEN_OK)
		rc = mien_host_add(r->st[i], r->now, &host, &r->host[i]);
	if (rc != MIEN_OK) {
		printf("stack %u: %s\n", i, mien_err_name(rc));
		abort();
	}
}

static void
introduce(struct stack_rig *r, unsigned i)
{
	uint8_t mac[6] = {2};
	struct mien_addr addr;

	for (unsigned k = 0; k < r->n; k++) {
		addr = rig_addr(k);
		mac[5] = (uint8_t)(k + 1);
		if (k != i && mien_stack_add_neighbour(r->st[i], &addr, mac) != MIEN_OK)
			rig_fail(r, "no room for a neighbour");
	}
}

/* A device may tell an MSS that its link does not carry: what its personality says is right. */
static uint16_t
told_mss(const struct rig_config *config)
{
	uint16_t most = config->wire.mss_most;

	for (size_t i = 0; i < sizeof(config->p) / sizeof(config->p[0]); i++)
		if (config->p[i] && config->p[i]->tcp.mss_rule == MIEN_MSS_CONST && config->p[i]->tcp.mss > 1460)
			most = RTE_MAX(most, config->p[i]->tcp.mss);
	return most;
}

struct stack_rig *
rig_create(const struct rig_config *config)
{
	struct stack_rig *r = aligned_alloc(64, (sizeof(*r) + 63) / 64 * 64);

	if (!r)
		abort();
	memset(r, 0, sizeof(*r));
	r->config = *config;
	r->n = config->stacks ? config->stacks : 2;
	r->now = config->start_ns ? config->start_ns : RIG_SECOND;
	r->table = calloc(RIG_TABLE, sizeof(*r->table));
	mien_personality_init_plain(&r->plain);
	rng_seed(&r->rng, config->seed ^ 0x5eed);
	sha256_init(&r->digest);
	if (config->pcap)
		pcap_begin(r);
	for (unsigned i = 0; i < r->n; i++) {
		r->link[i] = rig_link_create(&config->link, config->seed * 7 + i);
		stack_begin(r, i);
	}
	for (unsigned i = 0; i < r->n && !config->arp; i++)
		introduce(r, i);
	if (!config->unchecked) {
		r->config.wire.pattern = true;
		r->config.wire.mss_most = told_mss(config);
		r->wire = wire_check_create(&r->config.wire);
	}
	return r;
}

void
rig_remove_host(struct stack_rig *r, unsigned stack)
{
	int rc = mien_host_remove(r->st[stack], r->now, r->host[stack]);

	if (rc != MIEN_OK)
		rig_fail(r, "host removal: %s", mien_err_name(rc));
	r->host[stack] = 0;
	if (r->wire)
		wire_check_forget(r->wire);
}

static bool
no_connections(void *ctx)
{
	struct stack_rig *r = ctx;
	struct mien_gauges g;
	uint32_t left = 0;

	for (unsigned i = 0; i < r->n; i++) {
		mien_stack_gauges(r->st[i], &g);
		left += g.tcbs + g.time_wait + g.fragments;
	}
	return left == 0 && settled(r);
}

static void
check_gauges(struct stack_rig *r, unsigned i)
{
	const struct mien_personality *p = r->config.p[i] ? r->config.p[i] : &r->plain;
	struct mien_gauges g;

#define NONE_LEFT(member)                                                                          \
	if (g.member)                                                                              \
	rig_fail(r, "stack %u: %" PRIu64 " " #member " left", i, (uint64_t)g.member)
	mien_stack_gauges(r->st[i], &g);
	NONE_LEFT(tcbs);
	NONE_LEFT(half_open);
	NONE_LEFT(time_wait);
	NONE_LEFT(fragments);
	NONE_LEFT(mbufs_held);
	for (struct rig_listener *l = r->listeners; l; l = l->next)
		if (l->stack == i && mien_tcp_unlisten(r->st[i], r->now, l->handle) == MIEN_EINVAL)
			rig_fail(r, "unlisten");
	if (r->host[i])
		rig_remove_host(r, i);
	mien_stack_gauges(r->st[i], &g);
	NONE_LEFT(listeners);
	NONE_LEFT(hosts);
	if (!r->config.arp)
		NONE_LEFT(timers);
	if (mien_stack_personality_users(r->st[i], p))
		rig_fail(r, "stack %u: the personality is still worn", i);
}

unsigned
rig_abandon(struct stack_rig *r)
{
	unsigned failures;
	uint32_t lost;

	if (r->wire && wire_check_stats(r->wire)->errors)
		rig_fail(r, "%" PRIu64 " errors on the wire: %s", wire_check_stats(r->wire)->errors,
			wire_check_first(r->wire));
	rig_app_free(r);
	for (unsigned i = 0; i < r->n; i++) {
		mien_stack_destroy(r->st[i]);
		lost = rig_pool_free(r->pool[i]);
		if (lost)
			rig_fail(r, "stack %u: %u mbufs lost", i, lost);
		lost = rig_pool_free(r->views[i]);
		if (lost)
			rig_fail(r, "stack %u: %u views lost", i, lost);
		rig_link_free(r->link[i]);
	}
	wire_check_free(r->wire);
	if (r->pcap)
		fclose(r->pcap);
	failures = r->failures;
	free(r->table);
	free(r);
	return failures;
}

unsigned
rig_end(struct stack_rig *r)
{
	uint32_t used;

	if (!rig_until(r, 1200 * RIG_SECOND, no_connections, r))
		rig_fail(r, "connections or frames remain after 20 minutes");
	for (unsigned i = 0; i < r->n; i++) {
		used = rte_mempool_in_use_count(r->pool[i]);
		if (used && !r->config.arp)
			rig_fail(r, "stack %u: %u mbufs out of the pool at rest", i, used);
		check_gauges(r, i);
	}
	return rig_abandon(r);
}
