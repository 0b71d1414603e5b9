/* SPDX-License-Identifier: BSD-3-Clause */
/* Connections begin and end. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "load_priv.h"

/* TIME-WAIT lasts for more tries than this to end a connection. */
#define FORGOTTEN_LOSSES 3u

void
load_wrong(struct load_conn *c, const char *format, ...)
{
	struct load *l = c->load;
	struct mien_tcp_info info;
	char what[160];
	va_list args;

	va_start(args, format);
	vsnprintf(what, sizeof(what), format, args);
	va_end(args);
	l->stats.wrong++;
	if (l->stats.wrong > 1)
		return;
	snprintf(l->stats.first, sizeof(l->stats.first), "the %s of connection %u %s", c->client ? "client" : "server",
		c->number, what);
	l->stats.first_conn = c->number;
	if (l->config.wrong) {
		bool there = mien_tcp_info(l->config.stacks[c->host], c->handle, &info) == MIEN_OK;

		l->config.wrong(l->config.ctx, c->host, there ? info.local_port : 0, there ? info.remote_port : 0, l->stats.first);
	}
}

/* -- beginnings and ends ------------------------------------------------------------------------------------ */

static void
tune(struct load_conn *c)
{
	const struct sim_plan *p = &c->load->plan;
	uint64_t now = load_clock(c);
	int rc = 0;

	if (p->keepalive)
		rc |= mien_tcp_set(load_stack(c), now, c->handle, MIEN_TCP_KEEPALIVE, 1);
	if (p->nodelay)
		rc |= mien_tcp_set(load_stack(c), now, c->handle, MIEN_TCP_NODELAY, 1);
	if (p->sndbuf)
		rc |= mien_tcp_set(load_stack(c), now, c->handle, MIEN_TCP_SNDBUF, p->sndbuf);
	if (p->rcvbuf)
		rc |= mien_tcp_set(load_stack(c), now, c->handle, MIEN_TCP_RCVBUF, p->rcvbuf);
	/* What has ended already, as in a long sleep, is told of next. */
	if (rc && rc != MIEN_ESTALE)
		load_wrong(c, "could not be set: %s", mien_err_name(rc));
}

/* From now on losses are counted against its tries. */
static void
learn_ports(struct load_conn *c)
{
	struct mien_tcp_info info;

	if (mien_tcp_info(load_stack(c), c->handle, &info) == MIEN_OK)
		c->ports = (uint16_t)(info.local_port + info.remote_port);
	c->losses = load_losses(c);
}

/* What is given with the open: the hello, and the first bytes of the stream. */
static void
say_early(struct load_conn *c, struct mien_tcp_connect *config, uint8_t *bytes)
{
	const struct sim_plan *p = &c->load->plan;
	const uint64_t number = c->number;
	uint32_t n = (uint32_t)(p->fast_open.early < p->up ? p->fast_open.early : p->up);

	config->fast_open = p->fast_open.client;
	if (!config->fast_open || p->fast_open.bare)
		return;
	memcpy(bytes, &number, LOAD_HELLO);
	memcpy(bytes + LOAD_HELLO, stream_at(c->load->bytes, number * 2, 0), n);
	config->data = bytes;
	config->data_len = LOAD_HELLO + n;
	c->hello_sent = LOAD_HELLO;
	c->sent = n;
}

static void
open_next(void *ctx, uint64_t arg)
{
	uint8_t bytes[LOAD_HELLO + LOAD_EARLY];
	struct load *l = ctx;
	uint32_t i = l->next;
	struct load_conn *c = &l->conns[2 * (size_t)i];
	unsigned to = l->config.servers[i % l->config.n_servers];
	struct mien_tcp_connect config = {.remote = l->config.addrs[to], .remote_port = LOAD_PORT, .nodelay = l->plan.nodelay};
	int rc;

	(void)arg;
	if (i >= l->total)
		return;
	*c = (struct load_conn){.load = l, .client = true, .number = i, .used = true, .still_since = load_now(l)};
	c->host = (uint16_t)l->config.clients[i % l->config.n_clients];
	config.local = l->config.addrs[c->host];
	config.cookie = 2 * (uint64_t)i + 1;
	say_early(c, &config, bytes);
	rc = mien_tcp_connect(load_stack(c), load_clock(c), &config, &c->handle);
	world_poke(l->config.world, c->host);
	if (rc == MIEN_EPORTS || rc == MIEN_EFULL || rc == MIEN_ENOMEM) {
		/* All ports wait in TIME-WAIT, or all blocks are in use. */
		l->stats.refused++;
		c->used = false;
		if (world_at(l->config.world, load_now(l) + LOAD_SECOND, open_next, l, 0) != 0)
			load_wrong(c, "found no memory");
		return;
	}
	l->next++;
	c->open = true;
	l->open++;
	l->stats.opened++;
	if (rc != MIEN_OK)
		load_wrong(c, "could not open: %s", mien_err_name(rc));
	learn_ports(c);
}

static bool
has_all(const struct load_conn *c)
{
	return c->received == load_to_receive(c);
}

/* So often the personalities try to reach the other end before one gives up. */
static uint32_t
tries_of(const struct load_conn *c)
{
	const struct load_config *config = &c->load->config;
	const struct mien_tcp_rule *r = &config->p[c->host]->tcp, *server = r;
	uint32_t tries = r->data_retries;

	/* The first may not wait for the neighbour's address, where others do. */
	if (!c->connected)
		return r->syn.count - (config->arp && r->syn.count > 1);
	if (c->load->plan.keepalive && r->keepalive_count < tries)
		tries = r->keepalive_count;
	if (c->client)
		server = &config->p[config->servers[c->number % config->n_servers]]->tcp;
	/* The server may wait for the ACK of its SYN-ACK. */
	if ((c->client ? !c->peer : c->by_syn) && server->synack.count < tries)
		tries = server->synack.count;
	return tries;
}

/*
 * Whether as many frames were lost since it heard something last: each try, or what answered it, may have been one. By lot
 * that happens to one of thousands on paths that lose a few of a hundred.
 */
static bool
lost_its_tries(const struct load_conn *c)
{
	uint32_t tries = tries_of(c);

	return tries && load_losses(c) - c->losses >= tries;
}

/* As many requests for a neighbour were lost, or answers, as are sent: what waited for its address was let go. */
static bool
lost_its_neighbour(const struct load_conn *c)
{
	const struct load_config *config = &c->load->config;
	uint32_t tries = config->p[c->host]->arp.retries;

	for (unsigned i = 0; i < config->n_clients + config->n_servers; i++)
		tries = RTE_MIN(tries, config->p[i]->arp.retries);
	return config->arp && world_losses(config->world)->others >= tries;
}

/* What one end gave up is reset or given up in turn by the other, also by one of which it is not known yet whose it is. */
static bool
died_by_lot(struct load_conn *c)
{
	bool lost = lost_its_tries(c) || lost_its_neighbour(c);

	c->given_up = lost && (c->err == MIEN_ETIMEDOUT || (c->err == MIEN_EUNREACH && c->load->config.arp));
	return c->given_up || (c->peer ? c->peer->given_up : lost);
}

/*
 * A peer that has all, and has forgotten the connection since, never acknowledges the FIN: it resets what comes again, or
 * its resets cannot be true.
 */
static bool
was_forgotten(const struct load_conn *c)
{
	if (!has_all(c) || !c->peer || c->peer->open || c->peer->err != MIEN_OK || !has_all(c->peer))
		return false;
	if (c->err == MIEN_ETIMEDOUT)
		return true;
	/* ACKs that waited for a neighbour's address and were let go are no link's losses. */
	return c->err == MIEN_ERESET && (c->load->config.arp || load_losses(c) - c->losses >= FORGOTTEN_LOSSES);
}

static void
check_end(struct load_conn *c)
{
	struct load *l = c->load;

	/* Of an end that a SYN alone made nobody may know. */
	if (c->err != MIEN_OK && (c->doubled || (c->by_syn && !c->used)))
		return;
	if (c->err == MIEN_OK && !load_is_aborted(l)) {
		if (!has_all(c))
			load_wrong(c, "ended in order with %llu of %llu bytes", (unsigned long long)c->received,
				(unsigned long long)load_to_receive(c));
		return;
	}
	/* A server that aborts what a SYN alone has opened: its reset may overtake the SYN-ACK. */
	if (l->plan.ending == SIM_SERVER_ABORTS && l->plan.fast_open.server && c->client && !c->connected && c->err == MIEN_EREFUSED)
		return;
	/* A reset may be lost. */
	if (load_is_aborted(l) &&
		(c->err == MIEN_OK || c->err == MIEN_EABORTED || c->err == MIEN_ERESET || c->err == MIEN_ETIMEDOUT))
		return;
	l->stats.failed++;
	if (was_forgotten(c))
		return;
	if (!l->config.may_fail && !died_by_lot(c))
		load_wrong(c, "ended with %s: %s", mien_err_name(c->err), mien_strerror(c->err));
}

/* On a path that lets each connection time out a thousand of them take weeks. */
#define LAST_BEGIN (3 * 86400 * LOAD_SECOND)

static void
maybe_done(struct load *l)
{
	if (l->open || l->next < l->total || l->ended)
		return;
	l->ended = true;
	if (l->config.done)
		l->config.done(l->config.ctx);
}

static void
ended(struct load_conn *c, int err)
{
	struct load *l = c->load;

	c->open = false;
	c->err = err;
	l->open--;
	l->stats.ended++;
	check_end(c);
	if (l->config.may_fail && load_now(l) - l->began > LAST_BEGIN)
		l->total = l->next;
	if (c->client && l->plan.parallel && l->next < l->total && world_at(l->config.world, load_now(l) + l->plan.pause_ns, open_next, l, 0))
		load_wrong(c, "found no memory");
	maybe_done(l);
}

/* The servers' ends live in the table once they have said whose they are; before, alone. */
static struct load_conn *
settle_in(struct load_conn *c)
{
	struct load_conn *place = &c->load->conns[2 * (size_t)c->number + 1];

	*place = *c;
	place->used = true;
	place->peer->peer = place;
	if (mien_tcp_set_cookie(load_stack(place), place->handle, 2 * (uint64_t)place->number + 2) != MIEN_OK)
		load_wrong(place, "lost its handle");
	c->open = false;
	return place;
}

static void
accepted(struct load *l, unsigned host, const struct mien_event *e)
{
	struct load_conn *c = calloc(1, sizeof(*c));
	struct mien_tcp_info info;

	if (!c || l->ended) { /* one that a SYN of before opens when all is over is nobody's */
		free(c);
		return;
	}
	*c = (struct load_conn){.load = l, .host = (uint16_t)host, .handle = e->object, .open = true, .connected = true,
		.still_since = load_now(l), .number = UINT32_MAX, .next = l->strangers};
	l->strangers = c;
	l->open++;
	if (mien_tcp_set_cookie(l->config.stacks[host], e->object, (uint64_t)(uintptr_t)c) != MIEN_OK)
		load_wrong(c, "has no handle");
	learn_ports(c);
	if (l->plan.fast_open.server && mien_tcp_info(l->config.stacks[host], e->object, &info) == MIEN_OK)
		c->by_syn = info.syn_data || info.state == MIEN_TCP_SYN_RECEIVED;
	tune(c);
}

static struct load_conn *
conn_of(struct load *l, uint64_t cookie)
{
	struct load_conn *c;

	if (!cookie)
		return NULL;
	if (cookie <= 2 * (uint64_t)l->total)
		return &l->conns[cookie - 1];
	c = (struct load_conn *)(uintptr_t)cookie;
	/* Events fetched before it said whose it is. */
	if (!c->open && c->peer && l->conns[2 * (size_t)c->number + 1].handle == c->handle)
		return &l->conns[2 * (size_t)c->number + 1];
	return c;
}

static void
one_event(struct load *l, struct load_conn *c, const struct mien_event *e)
{
	c->moved++;
	if (c->peer && e->type != MIEN_EV_CLOSED && e->type != MIEN_EV_ERROR)
		c->losses = load_losses(c);
	if (!c->used && load_hello(c))
		c = settle_in(c);
	switch (e->type) {
	case MIEN_EV_CONNECTED:
		c->connected = true;
		tune(c);
		break;
	case MIEN_EV_PEER_CLOSED:
		c->peer_closed = true;
		break;
	case MIEN_EV_CLOSED:
		if (c->connected && e->err == MIEN_OK)
			load_read(c);
		ended(c, e->err);
		return;
	default:
		break;
	}
	load_pump(c);
}

void
load_events(void *ctx, unsigned host, const struct mien_event *events, unsigned n)
{
	struct load *l = ctx;

	for (unsigned i = 0; i < n; i++) {
		const struct mien_event *e = &events[i];
		struct load_conn *c;

		if (e->type == MIEN_EV_ACCEPT) {
			accepted(l, host, e);
			continue;
		}
		c = conn_of(l, e->cookie);
		if (c && c->open)
			one_event(l, c, e);
	}
}

/* -- the whole ---------------------------------------------------------------------------------------------- */

/* Looks now and then whether every open connection has moved: an end that has said all waits for the other to hear it. */
static void
watchdog(void *ctx, uint64_t arg)
{
	struct load *l = ctx;
	uint64_t moved;

	(void)arg;
	for (uint32_t i = 0; i < 2 * l->next; i++) {
		struct load_conn *c = &l->conns[i];

		if (!c->open)
			continue;
		moved = c->moved + (c->peer ? c->peer->moved : 0);
		if (moved != c->checked) {
			c->checked = moved;
			c->still_since = load_now(l);
		} else if (load_now(l) - c->still_since > l->config.patience_ns) {
			l->stats.stuck++;
			load_wrong(c, "did not move for %llu s (sent %llu, received %llu of %llu)",
				(unsigned long long)(l->config.patience_ns / LOAD_SECOND), (unsigned long long)c->sent,
				(unsigned long long)c->received, (unsigned long long)load_to_receive(c));
			world_stop(l->config.world);
			return;
		}
	}
	if (!l->ended && world_at(l->config.world, load_now(l) + l->config.patience_ns / 4, watchdog, l, 0) != 0)
		l->stats.wrong++;
}

int
load_create(const struct load_config *config, struct load **out)
{
	struct load *l = calloc(1, sizeof(*l));
	struct mien_tcp_listen listen = {.port = LOAD_PORT};
	uint64_t handle;
	int rc = MIEN_OK;

	if (!l)
		return MIEN_ENOMEM;
	l->config = *config;
	l->plan = *config->plan;
	l->plan.rounds += !l->plan.rounds;
	l->plan.keepalive |= config->loses;
	l->total = l->plan.connections ? l->plan.connections : 1;
	l->bytes = stream_base();
	l->conns = calloc(2 * (size_t)l->total, sizeof(*l->conns));
	if (!l->bytes || !l->conns)
		rc = MIEN_ENOMEM;
	listen.nodelay = l->plan.nodelay;
	listen.fast_open = l->plan.fast_open.server;
	listen.fast_open_max = l->plan.fast_open.pending;
	listen.backlog = l->plan.fast_open.backlog;
	for (unsigned i = 0; i < config->n_servers && rc == MIEN_OK; i++) {
		listen.addr = config->addrs[config->servers[i]];
		rc = mien_tcp_listen(config->stacks[config->servers[i]], &listen, &handle);
	}
	if (rc != MIEN_OK) {
		load_destroy(l);
		return rc;
	}
	*out = l;
	return MIEN_OK;
}

void
load_begin(struct load *l)
{
	uint32_t n = l->plan.parallel && l->plan.parallel < l->total ? l->plan.parallel : l->total;

	l->began = load_now(l);
	for (uint32_t i = 0; i < n; i++)
		open_next(l, 0);
	watchdog(l, 0);
}

const struct load_stats *
load_stats(const struct load *l)
{
	return &l->stats;
}

uint32_t
load_open(const struct load *l)
{
	return l->open;
}

void
load_destroy(struct load *l)
{
	struct load_conn *c;

	if (!l)
		return;
	while ((c = l->strangers) != NULL) {
		l->strangers = c->next;
		free(c);
	}
	free(l->conns);
	free(l);
}
