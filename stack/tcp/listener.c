/* SPDX-License-Identifier: BSD-3-Clause */
/* Passive OPEN (RFC 9293 3.10.1): listeners by address and port; the host's own, its group's, those of any host. */
#include "tcp_rx.h"

#define BACKLOG_DEFAULT 1024
#define ACCEPT_BACKLOG_DEFAULT 4096
#define FAST_OPEN_DEFAULT 256

static uint64_t
listen_hash(const struct tcp *t, const struct mien_addr *addr, uint16_t port)
{
	const struct siphash_key key = {t->hash_key.k0, t->hash_key.k1 ^ port};

	return siphash13_2w(&key, addr->q);
}

static struct tcp_listener *
find_exact(const struct tcp *t, const struct mien_addr *addr, uint16_t port)
{
	struct flow_iter it;
	uint32_t i = flow_find_first(&t->listen_table, listen_hash(t, addr, port), &it);

	for (; i != FLOW_NONE; i = flow_find_next(&t->listen_table, &it)) {
		struct tcp_listener *l = pool_at(&t->listeners, i);

		if (l->port == port && mien_addr_eq(&l->addr, addr))
			return l;
	}
	return NULL;
}

struct tcp_listener *
listener_find(const struct tcp *t, const struct tcp_host *host, uint16_t port)
{
	const struct mien_addr any = mien_addr_any(), group = group_addr(host->group);
	struct tcp_listener *l;

	if (pool_used(&t->listeners) == 0)
		return NULL;
	l = find_exact(t, &host->addr, port);
	if (!l && host->group)
		l = find_exact(t, &group, port);
	return l ? l : find_exact(t, &any, port);
}

static void
listener_fill(struct tcp_listener *l, const struct mien_tcp_listen *config, const struct mien_addr *addr, uint32_t index)
{
	*l = (struct tcp_listener){
		.addr = *addr,
		.port = config->port,
		.backlog = config->backlog ? config->backlog : BACKLOG_DEFAULT,
		.accept_backlog = config->accept_backlog ? config->accept_backlog : ACCEPT_BACKLOG_DEFAULT,
		.nodelay = config->nodelay,
		.fast_open = config->fast_open,
		.fo_max = config->fast_open_max ? config->fast_open_max : FAST_OPEN_DEFAULT,
		.mss = config->mss,
		.p = config->personality,
		.cookie = config->cookie,
		.index = index,
	};
}

int
tcp_user_listen(struct tcp *t, const struct mien_tcp_listen *config, uint64_t *listener)
{
	const struct mien_addr addr = config->group ? group_addr(config->group) : config->addr;
	uint64_t hash = listen_hash(t, &addr, config->port);
	int rc __attribute__((unused));
	uint32_t index;

	if (config->port == 0 || config->fast_open > MIEN_FAST_OPEN_NO_COOKIE || (config->group && !mien_addr_is_any(&config->addr)))
		return MIEN_EINVAL;
	if (find_exact(t, &addr, config->port))
		return MIEN_EEXIST;
	if (config->personality && worn_take(t, config->personality) != MIEN_OK)
		return MIEN_EFULL;
	index = pool_get(&t->listeners);
	if (index == POOL_NONE) {
		if (config->personality)
			worn_give(t, config->personality);
		return MIEN_EFULL;
	}
	rc = flow_table_insert(&t->listen_table, hash, index);
	assert(rc == 0); /* it has room for all of the pool */
	listener_fill(pool_at(&t->listeners, index), config, &addr, index);
	*listener = pool_handle(&t->listeners, index);
	return MIEN_OK;
}

/* Half-open connections of a listener go without a word: their peers find nobody listening. */
static void
drop_half_open(struct tcp *t, const struct tcp_listener *l)
{
	if (l->half_open == 0)
		return;
	pool_foreach(&t->tcbs, i) {
		struct tcb *tcb = pool_at(&t->tcbs, i);

		if (tcb_half_open(tcb) && tcb->listener == l->index + 1)
			tcb_end(t, tcb, MIEN_EABORTED);
	}
}

int
tcp_user_unlisten(struct tcp *t, uint64_t listener)
{
	struct tcp_listener *l = pool_lookup(&t->listeners, listener);
	int rc __attribute__((unused));

	if (!l)
		return MIEN_ESTALE;
	drop_half_open(t, l);
	rc = flow_table_remove(&t->listen_table, listen_hash(t, &l->addr, l->port), l->index);
	assert(rc == 0);
	if (l->p)
		worn_give(t, l->p);
	pool_put(&t->listeners, l->index);
	return MIEN_OK;
}
