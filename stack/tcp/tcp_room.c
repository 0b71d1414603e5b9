/* SPDX-License-Identifier: BSD-3-Clause */
/* The room of one stack: its pools and tables, and finding what a segment belongs to. */
#include "fast_open.h"
#include "tcp_rx.h"

#include <errno.h>

static int
err_of(int negative_errno)
{
	return negative_errno == -ENOMEM ? MIEN_ENOMEM : MIEN_EINVAL;
}

/* Room for every TCB once; what is left over is for those taken off, until the ring is packed. */
static int
dirty_create(struct tcp *t)
{
	uint32_t size = rte_align32pow2(t->limits.max_conns + t->limits.max_conns / 4 + 1);

	t->dirty = t->mem.alloc(t->mem.ctx, size * sizeof(*t->dirty), CACHE_LINE);
	t->dirty_mask = size - 1;
	return t->dirty ? 0 : -ENOMEM;
}

static int
tables_create(struct tcp *t)
{
	const struct tcp_limits *l = &t->limits;
	int rc;

	rc = pool_init(&t->tcbs, &t->mem, l->max_conns, sizeof(struct tcb), CACHE_LINE);
	if (rc == 0)
		rc = pool_init(&t->tws, &t->mem, l->max_time_wait, sizeof(struct time_wait), 0);
	if (rc == 0)
		rc = pool_init(&t->listeners, &t->mem, l->max_listeners, sizeof(struct tcp_listener), 0);
	if (rc == 0)
		rc = flow_table_init(&t->flows, &t->mem, l->max_conns + l->max_time_wait);
	if (rc == 0)
		rc = flow_table_init(&t->listen_table, &t->mem, l->max_listeners);
	if (rc == 0)
		rc = dirty_create(t);
	if (rc == 0)
		rc = worn_create(t);
	if (rc == 0) {
		t->backlogs = t->mem.alloc(t->mem.ctx, BACKLOG_SLOTS * sizeof(*t->backlogs), CACHE_LINE);
		rc = t->backlogs ? 0 : -ENOMEM;
	}
	if (rc == 0)
		rc = fo_cache_create(t);
	if (rc == 0)
		rc = pmtu_create(t) == MIEN_OK ? 0 : -ENOMEM;
	return rc == 0 ? isn_create(t) : err_of(rc);
}

int
tcp_create(struct tcp *t, struct env *env, const struct tcp_limits *limits, const struct mem_ops *mem)
{
	static const uint8_t label[] = "flow table";
	struct siphash_key root = siphash_key_of(env->secret);
	int rc;

	memset(t, 0, sizeof(*t));
	t->env = env;
	t->limits = *limits;
	t->mem = *mem;
	t->hash_key.k0 = siphash24(&root, label, sizeof(label));
	t->hash_key.k1 = siphash24(&root, label, sizeof(label) - 1);
	rng_seed(&env->luck, t->hash_key.k0 ^ t->hash_key.k1);
	rc = tables_create(t);
	if (rc != MIEN_OK)
		tcp_destroy(t);
	return rc;
}

void
tcp_destroy(struct tcp *t)
{
	if (t->tcbs.max) {
		pool_foreach(&t->tcbs, i)
			tcp_queues_free(t, pool_at(&t->tcbs, i));
	}
	isn_destroy(t);
	pmtu_destroy(t);
	worn_destroy(t);
	fo_cache_destroy(t);
	if (t->dirty)
		t->mem.free(t->mem.ctx, t->dirty, (t->dirty_mask + 1) * sizeof(*t->dirty));
	t->dirty = NULL;
	if (t->backlogs)
		t->mem.free(t->mem.ctx, t->backlogs, BACKLOG_SLOTS * sizeof(*t->backlogs));
	flow_table_fini(&t->listen_table);
	flow_table_fini(&t->flows);
	pool_fini(&t->listeners);
	pool_fini(&t->tws);
	pool_fini(&t->tcbs);
}

/* IPv4 in both places: twelve bytes say it all. */
static bool
key_words4(const struct flow_key *key, uint64_t words[2])
{
	uint32_t local, remote;

	if (!mien_addr_is_ip4(&key->local) || !mien_addr_is_ip4(&key->remote))
		return false;
	memcpy(&local, (const uint8_t *)&key->local + 12, 4);
	memcpy(&remote, (const uint8_t *)&key->remote + 12, 4);
	words[0] = (uint64_t)local << 32 | remote;
	words[1] = UINT64_C(4) << 32 | (uint32_t)key->lport << 16 | key->rport;
	return true;
}

uint64_t
tcp_flow_hash(const struct tcp *t, const struct flow_key *key)
{
	uint64_t words[5];

	if (__builtin_expect(key_words4(key, words), 1))
		return siphash13_2w(&t->hash_key, words);
	memcpy(words, key, sizeof(words));
	return siphash13_5w(&t->hash_key, words);
}

void
tcp_prefetch_bucket(const struct tcp *t, uint64_t hash)
{
	flow_table_prefetch(&t->flows, hash);
}

uint32_t
tcp_prefetch_tcb(const struct tcp *t, uint64_t hash)
{
	struct flow_iter it;
	uint32_t index = flow_find_first(&t->flows, hash, &it);

	if (index & FLOW_TIME_WAIT) /* or FLOW_NONE */
		return FLOW_NONE;
	for (unsigned line = 0; line < TCB_HOT_LINES; line++)
		__builtin_prefetch((const uint8_t *)pool_at(&t->tcbs, index) + line * CACHE_LINE);
	return index;
}

void
tcp_prefetch_acked(const struct tcp *t, uint32_t index)
{
	const struct tcb *tcb;
	struct rte_mbuf *m;

	if (index == FLOW_NONE)
		return;
	tcb = pool_at(&t->tcbs, index);
	m = tcb->rtxq.head;
	if (!m)
		return;
	__builtin_prefetch(pkt_meta(m));
	if (tcb->rtxq.bytes <= t->env->small_room)
		return; /* a small copy */
	__builtin_prefetch(m);
	__builtin_prefetch(&m->next);
}

static bool
flow_matches(const struct tcp *t, uint32_t index, const struct flow_key *key)
{
	if (index & FLOW_TIME_WAIT) {
		const struct time_wait *tw = pool_at(&t->tws, index & ~FLOW_TIME_WAIT);

		return flow_key_eq(&tw->key, key);
	}
	return flow_key_eq(&((const struct tcb *)pool_at(&t->tcbs, index))->key, key);
}

uint32_t
flow_find(const struct tcp *t, const struct flow_key *key, uint64_t hash)
{
	struct flow_iter it;
	uint32_t i;

	for (i = flow_find_first(&t->flows, hash, &it); i != FLOW_NONE; i = flow_find_next(&t->flows, &it))
		if (flow_matches(t, i, key))
			return i;
	return FLOW_NONE;
}
