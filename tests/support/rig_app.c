/* SPDX-License-Identifier: BSD-3-Clause */
/* Applications of the rig: senders, receivers, echoes. */
#include "rig_app.h"

#include <stdlib.h>

#include "pattern.h"

#define CHUNK 16384
#define FIRST_BYTES 3000

static struct rig_conn **
slot_of(struct stack_rig *r, unsigned stack, uint64_t handle)
{
	uint64_t h = (handle * 0x9e3779b97f4a7c15u) ^ stack * 0x85ebca6bu;

	return &r->table[(h >> 32) % RIG_TABLE];
}

static struct rig_conn *
find(struct stack_rig *r, unsigned stack, uint64_t handle)
{
	struct rig_conn *c = *slot_of(r, stack, handle);

	while (c && (c->handle != handle || c->stack != stack || c->closed))
		c = c->next;
	return c;
}

static struct rig_conn *
conn_new(struct stack_rig *r, unsigned stack, uint64_t handle, const struct rig_plan *plan)
{
	struct rig_conn **slot = slot_of(r, stack, handle), *c = calloc(1, sizeof(*c));
	struct mien_tcp_info info;

	if (!c)
		abort();
	*c = (struct rig_conn){.rig = r, .stack = stack, .handle = handle, .plan = *plan};
	c->next = *slot;
	*slot = c;
	c->all = r->conns;
	r->conns = c;
	r->open++;
	if (mien_tcp_info(r->st[stack], handle, &info) == MIEN_OK)
		c->salt = pattern_salt(info.local_port, info.remote_port);
	else
		rig_fail(r, "a new connection has no state");
	sha256_init(&c->sent_sum);
	sha256_init(&c->received_sum);
	return c;
}

static void
hungry(struct rig_conn *c)
{
	if (c->waiting)
		return;
	c->waiting = true;
	c->starved = c->rig->hungry;
	c->rig->hungry = c;
}

/* -- sending ------------------------------------------------------------------------------------------------ */

/* A chain of one to three mbufs with the next len bytes; NULL: none free. */
static struct rte_mbuf *
fill_chain(struct rig_conn *c, uint32_t len)
{
	struct rte_mempool *pool = c->rig->pool[c->stack];
	struct rte_mbuf *head = NULL, *m;
	uint64_t at = c->sent;
	uint32_t n;

	while (len > 0) {
		m = rte_pktmbuf_alloc(pool);
		if (!m || (head && rte_pktmbuf_chain(head, m) != 0)) {
			rte_pktmbuf_free(m);
			rte_pktmbuf_free(head);
			return NULL;
		}
		if (!head)
			head = m;
		n = RTE_MIN(len, (uint32_t)rte_pktmbuf_tailroom(m));
		pattern_fill(rte_pktmbuf_append(head, (uint16_t)n), at, n, c->salt);
		at += n;
		len -= n;
	}
	return head;
}

static void
sum_sent(struct rig_conn *c, const uint8_t *bytes, uint64_t n)
{
	uint8_t again[4096];

	for (uint64_t at = c->sent, left = n, step; c->plan.digest && left; at += step, left -= step) {
		step = RTE_MIN(left, sizeof(again));
		if (!bytes)
			pattern_fill(again, at, step, c->salt);
		sha256_add(&c->sent_sum, bytes ? bytes + (n - left) : again, step);
	}
	c->sent += n;
}

static int64_t
send_mbuf(struct rig_conn *c, uint32_t len)
{
	struct stack_rig *r = c->rig;
	struct rte_mbuf *m = fill_chain(c, RTE_MIN(len, 4000u));
	int64_t n;

	if (!m) {
		hungry(c);
		return MIEN_EAGAIN;
	}
	n = mien_tcp_send_mbuf(r->st[c->stack], r->now, c->handle, &m, c->sent + 1);
	if ((n > 0) != (n >= (int64_t)RTE_MIN(len, 4000u)) && n > 0 && !m)
		rig_fail(r, "a part was accepted and the rest taken");
	rte_pktmbuf_free(m);
	if (n > 0)
		sum_sent(c, NULL, (uint64_t)n);
	return n;
}

static int64_t
send_copy(struct rig_conn *c, uint32_t len)
{
	struct stack_rig *r = c->rig;
	uint8_t bytes[CHUNK];
	int64_t n;

	len = RTE_MIN(len, (uint32_t)sizeof(bytes));
	pattern_fill(bytes, c->sent, len, c->salt);
	n = mien_tcp_send(r->st[c->stack], r->now, c->handle, bytes, len);
	if (n > (int64_t)len)
		rig_fail(r, "more was accepted than offered");
	if (n > 0)
		sum_sent(c, bytes, (uint64_t)n);
	if (n == MIEN_ENOMEM || (n == MIEN_EAGAIN && mien_tcp_writable(r->st[c->stack], c->handle)))
		hungry(c);
	return n;
}

/* What an echo could not pass on before. */
static bool
send_carried(struct rig_conn *c)
{
	struct stack_rig *r = c->rig;
	int64_t n;

	while (c->carry) {
		n = mien_tcp_send_mbuf(r->st[c->stack], r->now, c->handle, &c->carry, 0);
		if (n > 0) {
			c->sent += (uint64_t)n;
		} else if (n == MIEN_EAGAIN || n == MIEN_ENOMEM) {
			if (n == MIEN_ENOMEM || mien_tcp_writable(r->st[c->stack], c->handle))
				hungry(c);
			return false;
		} else {
			rte_pktmbuf_free(c->carry);
			c->carry = NULL;
		}
	}
	return true;
}

static void
shut(struct rig_conn *c)
{
	if (!c->shut && mien_tcp_shutdown(c->rig->st[c->stack], c->rig->now, c->handle) == MIEN_OK)
		c->shut = true;
}

static void
pump_send(struct rig_conn *c)
{
	uint32_t chunk = c->plan.chunk ? c->plan.chunk : CHUNK;
	enum rig_move how;
	int64_t n = 1;

	if (c->shut || !c->connected)
		return;
	while (c->sent < c->plan.send && n > 0) {
		how = c->plan.write;
		if (how == RIG_MIX) {
			how = rng_below(&c->rig->rng, 2) ? RIG_MBUF : RIG_COPY;
			chunk = 1 + rng_below(&c->rig->rng, 6000);
		}
		chunk = (uint32_t)RTE_MIN((uint64_t)chunk, c->plan.send - c->sent);
		n = how == RIG_COPY ? send_copy(c, chunk) : send_mbuf(c, chunk);
		if (n < 0 && n != MIEN_EAGAIN && n != MIEN_ENOMEM && n != MIEN_ECLOSED && n != MIEN_ESTALE)
			rig_fail(c->rig, "send: %s", mien_err_name((int)n));
	}
	if (c->sent < c->plan.send || c->plan.echo)
		return;
	if (c->plan.urgent && c->plan.send && !c->finished)
		if (mien_tcp_urgent(c->rig->st[c->stack], c->rig->now, c->handle) != MIEN_OK)
			rig_fail(c->rig, "urgent was refused");
	c->finished = true;
	if (c->plan.finish)
		shut(c);
}

/* -- receiving ---------------------------------------------------------------------------------------------- */

static void
take_bytes(struct rig_conn *c, const uint8_t *bytes, uint32_t len)
{
	if (!pattern_holds(bytes, c->received, len, c->salt))
		rig_fail(c->rig, "%u bytes at %llu of a stream are not what was sent", len,
			(unsigned long long)c->received);
	if (c->plan.digest)
		sha256_add(&c->received_sum, bytes, len);
	c->received += len;
}

static int64_t
read_copy(struct rig_conn *c)
{
	uint8_t bytes[8192];
	int64_t n = mien_tcp_recv(c->rig->st[c->stack], c->rig->now, c->handle, bytes,
		c->plan.read == RIG_MIX ? 1 + rng_below(&c->rig->rng, 3000) : sizeof(bytes));

	if (n > 0)
		take_bytes(c, bytes, (uint32_t)n);
	return n;
}

static int64_t
read_pieces(struct rig_conn *c)
{
	struct mien_piece pieces[8];
	uint32_t taken = 0;
	int rc, n = mien_tcp_peek(c->rig->st[c->stack], c->handle, pieces, 8);

	if (n <= 0)
		return n < 0 ? n : MIEN_EAGAIN;
	for (int i = 0; i < n; i++) {
		uint32_t len = pieces[i].len;

		if (c->plan.read == RIG_MIX && len > 1)
			len = 1 + rng_below(&c->rig->rng, len);
		take_bytes(c, pieces[i].data, len);
		taken += len;
		if (len < pieces[i].len)
			break;
	}
	rc = mien_tcp_consume(c->rig->st[c->stack], c->rig->now, c->handle, taken);
	if (rc != MIEN_OK)
		rig_fail(c->rig, "consume: %s", mien_err_name(rc));
	return taken;
}

static int64_t
read_mbuf(struct rig_conn *c)
{
	struct rte_mbuf *m = NULL;
	int rc = mien_tcp_recv_mbuf(c->rig->st[c->stack], c->rig->now, c->handle, &m);
	int64_t len;

	if (rc != MIEN_OK)
		return rc;
	len = rte_pktmbuf_pkt_len(m);
	if (len == 0)
		rig_fail(c->rig, "an mbuf without bytes was received");
	for (struct rte_mbuf *s = m; s; s = s->next)
		take_bytes(c, rte_pktmbuf_mtod(s, const uint8_t *), s->data_len);
	if (c->plan.echo)
		c->carry = m;
	else
		rte_pktmbuf_free(m);
	return len;
}

static int64_t
read_some(struct rig_conn *c)
{
	enum rig_move how = c->plan.read;

	if (c->plan.echo || how == RIG_MBUF)
		return read_mbuf(c);
	if (how == RIG_MIX)
		how = (enum rig_move)rng_below(&c->rig->rng, 3);
	if (how == RIG_COPY)
		return read_copy(c);
	return how == RIG_PIECES ? read_pieces(c) : read_mbuf(c);
}

/* Reads until nothing is there; an echo, as long as it can pass on. */
static void
pump_read(struct rig_conn *c)
{
	int64_t n = 1;

	while (!c->plan.hold && n > 0 && !c->closed && send_carried(c)) {
		n = read_some(c);
		if (n < 0 && n != MIEN_EAGAIN && n != MIEN_ESTALE && n != MIEN_ESTATE)
			rig_fail(c->rig, "recv: %s", mien_err_name((int)n));
	}
}

/* Is there anything left to read? */
static bool
has_unread(const struct rig_conn *c)
{
	struct mien_piece piece;

	return c->carry || mien_tcp_peek(c->rig->st[c->stack], c->handle, &piece, 1) > 0;
}

void
rig_pump(struct rig_conn *c)
{
	int rc;

	if (c->closed)
		return;
	pump_read(c);
	pump_send(c);
	if (!c->peer_closed || c->plan.keep || c->plan.hold || has_unread(c) ||
		(c->connected && !c->plan.echo && c->sent < c->plan.send))
		return;
	rc = mien_tcp_close(c->rig->st[c->stack], c->rig->now, c->handle);
	if (rc != MIEN_OK && rc != MIEN_ESTALE && rc != MIEN_ECLOSED)
		rig_fail(c->rig, "close: %s", mien_err_name(rc));
}

void
rig_hold(struct rig_conn *c, bool hold)
{
	c->plan.hold = hold;
	rig_pump(c);
}

bool
rig_app_hungry(struct stack_rig *r)
{
	struct rig_conn *c = r->hungry, *next;

	r->hungry = NULL;
	for (struct rig_conn *at = c; at; at = at->starved)
		at->waiting = false;
	for (bool any = c != NULL; c; c = next) {
		next = c->starved;
		rig_pump(c);
		if (!next)
			return any;
	}
	return false;
}

/* -- events ------------------------------------------------------------------------------------------------- */

static struct rig_conn *
accepted(struct stack_rig *r, unsigned stack, const struct mien_event *ev)
{
	struct rig_listener *l = (struct rig_listener *)(uintptr_t)ev->cookie;
	struct rig_conn *c;

	if (!l || l->stack != stack || (l->handle && ev->u.listener != l->handle)) {
		rig_fail(r, "ACCEPT without its listener");
		return NULL;
	}
	c = conn_new(r, stack, ev->object, &l->plan);
	c->passive = c->connected = true;
	if (mien_tcp_set_cookie(r->st[stack], c->handle, (uint64_t)(uintptr_t)c) != MIEN_OK)
		rig_fail(r, "the cookie of an accepted connection was refused");
	return c;
}

static void
close_conn(struct rig_conn *c, const struct mien_event *ev)
{
	struct mien_tcp_info info;

	c->closed = true;
	c->err = ev->err;
	c->rig->open--;
	rte_pktmbuf_free(c->carry);
	c->carry = NULL;
	if (mien_tcp_info(c->rig->st[c->stack], c->handle, &info) != MIEN_ESTALE)
		rig_fail(c->rig, "the handle lives on after CLOSED");
}

static void
hear(struct stack_rig *r, unsigned stack, const struct mien_event *ev)
{
	struct rig_conn *c = find(r, stack, ev->object);

	if (ev->type == MIEN_EV_ACCEPT) {
		if (c)
			rig_fail(r, "ACCEPT twice");
		c = accepted(r, stack, ev);
	} else if (ev->type >= MIEN_EV_UDP_READABLE) {
		return;
	}
	if (!c) {
		rig_fail(r, "event %u for a connection that nobody knows", ev->type);
		return;
	}
	c->events++;
	if (ev->type == MIEN_EV_CONNECTED)
		c->connected = true;
	if (ev->type == MIEN_EV_PEER_CLOSED)
		c->peer_closed = true;
	if (ev->type == MIEN_EV_CLOSED)
		close_conn(c, ev);
	if (c->plan.hook)
		c->plan.hook(c, ev);
	rig_pump(c);
}

void
rig_app_events(struct stack_rig *r, unsigned stack, const struct mien_event *ev, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		if (ev[i].type > MIEN_EV_HOST_READY) {
			rig_fail(r, "event of type %u", ev[i].type);
			continue;
		}
		r->events[ev[i].type]++;
		hear(r, stack, &ev[i]);
	}
}

/* -- opening ------------------------------------------------------------------------------------------------ */

uint64_t
rig_listen_with(struct stack_rig *r, unsigned stack, const struct mien_tcp_listen *listen,
	const struct rig_plan *plan)
{
	struct rig_listener *l = calloc(1, sizeof(*l));
	struct mien_tcp_listen config = *listen;
	int rc;

	if (!l)
		abort();
	*l = (struct rig_listener){.next = r->listeners, .stack = stack, .plan = *plan};
	r->listeners = l;
	config.cookie = (uint64_t)(uintptr_t)l;
	if (!config.personality)
		config.personality = plan->p;
	rc = mien_tcp_listen(r->st[stack], &config, &l->handle);
	if (rc != MIEN_OK)
		rig_fail(r, "listen: %s", mien_err_name(rc));
	return l->handle;
}

uint64_t
rig_listen(struct stack_rig *r, unsigned stack, uint16_t port, const struct rig_plan *plan)
{
	return rig_listen_with(r, stack, &(struct mien_tcp_listen){.port = port}, plan);
}

/* The first bytes of a connection that gives them at once. */
static uint32_t
first_bytes(const struct rig_plan *plan, uint16_t local_port, uint16_t port, uint8_t bytes[FIRST_BYTES])
{
	uint32_t n = (uint32_t)RTE_MIN(plan->send, (uint64_t)FIRST_BYTES);

	if (!plan->fast_open || !local_port || plan->echo)
		return 0;
	pattern_fill(bytes, 0, n, pattern_salt(local_port, port));
	return n;
}

struct rig_conn *
rig_connect_from(struct stack_rig *r, unsigned stack, uint16_t local_port, unsigned to, uint16_t port,
	const struct rig_plan *plan)
{
	uint8_t first[FIRST_BYTES];
	const struct mien_tcp_connect config = {
		.local = rig_addr(stack),
		.remote = rig_addr(to),
		.local_port = local_port,
		.remote_port = port,
		.personality = plan->p,
		.fast_open = plan->fast_open,
		.data = first,
		.data_len = first_bytes(plan, local_port, port, first),
	};
	uint64_t handle;
	struct rig_conn *c;

	if (mien_tcp_connect(r->st[stack], r->now, &config, &handle) != MIEN_OK)
		return NULL;
	c = conn_new(r, stack, handle, plan);
	sum_sent(c, first, config.data_len);
	if (mien_tcp_set_cookie(r->st[stack], handle, (uint64_t)(uintptr_t)c) != MIEN_OK)
		rig_fail(r, "the cookie of a new connection was refused");
	return c;
}

struct rig_conn *
rig_connect(struct stack_rig *r, unsigned stack, unsigned to, uint16_t port, const struct rig_plan *plan)
{
	struct rig_conn *c = rig_connect_from(r, stack, 0, to, port, plan);

	if (!c)
		rig_fail(r, "connect was refused");
	return c;
}

enum mien_tcp_state
rig_state(const struct rig_conn *c)
{
	struct mien_tcp_info info;

	if (c->closed || mien_tcp_info(c->rig->st[c->stack], c->handle, &info) != MIEN_OK)
		return MIEN_TCP_CLOSED;
	return (enum mien_tcp_state)info.state;
}

struct rig_conn *
rig_last(const struct stack_rig *r, unsigned stack)
{
	struct rig_conn *c = r->conns;

	while (c && c->stack != stack)
		c = c->all;
	return c;
}

void
rig_app_free(struct stack_rig *r)
{
	for (struct rig_conn *c = r->conns, *next; c; c = next) {
		next = c->all;
		rte_pktmbuf_free(c->carry);
		free(c);
	}
	for (struct rig_listener *l = r->listeners, *next; l; l = next) {
		next = l->next;
		free(l);
	}
	r->conns = NULL;
	r->listeners = NULL;
}
