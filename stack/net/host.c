/* SPDX-License-Identifier: BSD-3-Clause */
/* Hosts come, go and change their personality. */
#include "net_parts.h"
#include "fast_open.h"

/*
 * What an observer can measure begins anew with each epoch: keys, counters, clocks, buckets.
 * Epochs of one address never share a key, unless the stack is made again with the same secret.
 */
static void
epoch_begin(struct net *n, struct host *h, const struct mien_personality *p)
{
	const uint64_t what[3] = {h->tcp.addr.q[0], h->tcp.addr.q[1], h->tcp.epoch};

	h->tcp.key = net_derive_key(n->env, what);
	h->tcp.p = p;
	h->tcp.epoch_ns = n->env->now;
	h->tcp.isn_last = 0;
	h->tcp.isn_count = 0;
	h->tcp.ts_count = 0;
	h->tcp.port_last = 0;
	h->tcp.rst_bucket = (struct token_bucket){0};
	fast_open_key_first(&h->tcp);
	h->icmp_errors = h->icmp_echo = (struct token_bucket){0};
	for (unsigned int i = 0; i < MIEN_IPID_COUNTERS; i++)
		h->id_counter[i] = h->tcp.p->id_start[i] ? h->tcp.p->id_start[i]
							 : (uint16_t)siphash24(&h->tcp.key, &i, sizeof(i));
}

static bool
ip4_config_valid(const struct mien_host_config *c)
{
	uint32_t a = mien_addr_get_ip4(&c->addr), mask = ip4_mask(c->prefix_len);

	if (c->prefix_len > 32 || ip4_is_bad_source(a) || ip4_is_subnet_broadcast(a, a, c->prefix_len))
		return false;
	return c->prefix_len >= 31 || (a & ~mask) != 0; /* RFC 1122 3.2.1.3 */
}

static int
config_check(const struct mien_host_config *c)
{
	if (!c->personality || eth_is_group(c->mac))
		return MIEN_EINVAL;
	if (!mien_addr_is_ip4(&c->addr))
		return MIEN_ENOTSUP;
	return ip4_config_valid(c) ? MIEN_OK : MIEN_EINVAL;
}

static struct host *
host_get(struct net *n, const struct mien_host_config *c)
{
	uint32_t index = pool_get(&n->hosts);
	struct host *h;

	if (index == POOL_NONE)
		return NULL;
	h = pool_at(&n->hosts, index);
	memset(h, 0, sizeof(*h));
	h->tcp.index = index;
	h->tcp.addr = c->addr;
	h->tcp.prefix_len = c->prefix_len;
	return h;
}

static void
link_mask_init(struct host *h)
{
	unsigned int bits = prefix_bits(&h->tcp.addr, h->tcp.prefix_len);
	uint8_t mask[16];

	for (unsigned int i = 0; i < 16; i++, bits = bits > 8 ? bits - 8 : 0)
		mask[i] = (uint8_t)(bits >= 8 ? 0xff : 0xff00u >> bits);
	memcpy(h->link_mask, mask, sizeof(mask));
}

static void
host_init(struct net *n, struct host *h, const struct mien_host_config *c)
{
	link_mask_init(h);
	h->cookie = c->cookie;
	h->tcp.group = c->group;
	h->ev.kind = SOURCE_HOST;
	h->timer.owner = TIMER_HOST;
	memcpy(h->mac, eth_is_zero(c->mac) ? n->limits.mac : c->mac, sizeof(h->mac));
	epoch_begin(n, h, c->personality);
	acd_start(n, h, c->probe, c->announce);
}

int
net_host_add(struct net *n, const struct mien_host_config *config, uint64_t *host)
{
	int err = config_check(config);
	struct host *h;

	if (err != MIEN_OK)
		return err;
	if (host_find(n, &config->addr))
		return MIEN_EEXIST;
	h = host_get(n, config);
	if (!h)
		return MIEN_EFULL;
	err = worn_take(n->tcp, config->personality);
	if (err != MIEN_OK) {
		pool_put(&n->hosts, h->tcp.index);
		return err;
	}
	subnet_take(n, h);
	table_add(&n->host_table, addr_hash(n, &config->addr), h->tcp.index);
	host_init(n, h, config);
	*host = host_handle(n, h);
	return MIEN_OK;
}

int
net_host_remove(struct net *n, uint64_t host)
{
	struct host *h = host_at(n, host);

	if (!h)
		return MIEN_ESTALE;
	h->tcp.ready = false;
	tcp_host_gone(n->tcp, &h->tcp);
	wheel_cancel(&n->env->wheel, &h->timer);
	net_forget_events(n->env, &h->ev);
	reass_host_gone(n, h);
	flow_table_remove(&n->host_table, addr_hash(n, &h->tcp.addr), h->tcp.index);
	subnet_give(n, h);
	worn_give(n->tcp, h->tcp.p);
	if (n->last_host == h)
		n->last_host = NULL;
	assert(h->tcp.conns == 0); /* TCP has let go of it */
	pool_put(&n->hosts, h->tcp.index);
	return MIEN_OK;
}

int
net_host_set_personality(struct net *n, uint64_t host, const struct mien_personality *p)
{
	struct host *h = host_at(n, host);
	int err;

	if (!h)
		return MIEN_ESTALE;
	if (!p)
		return MIEN_EINVAL;
	err = worn_take(n->tcp, p);
	if (err != MIEN_OK)
		return err;
	tcp_host_changes(n->tcp, &h->tcp);
	worn_give(n->tcp, h->tcp.p);
	h->tcp.epoch++;
	epoch_begin(n, h, p);
	return MIEN_OK;
}

int
net_host_set_fast_open_key(struct net *n, uint64_t host, const uint8_t key[16])
{
	struct host *h = host_at(n, host);
	struct siphash_key k;

	if (!h)
		return MIEN_ESTALE;
	if (key)
		k = siphash_key_of(key);
	else
		k = (struct siphash_key){rng_u64(&n->env->rng), rng_u64(&n->env->rng)};
	fast_open_key_set(&h->tcp, &k);
	return MIEN_OK;
}

struct host *
host_find(struct net *n, const struct mien_addr *addr)
{
	struct host *h = n->last_host;
	struct flow_iter it;
	uint64_t hash;

	if (h && mien_addr_eq(&h->tcp.addr, addr))
		return h;
	hash = addr_hash(n, addr);
	for (uint32_t i = flow_find_first(&n->host_table, hash, &it); i != FLOW_NONE;
		i = flow_find_next(&n->host_table, &it)) {
		h = pool_at(&n->hosts, i);
		if (mien_addr_eq(&h->tcp.addr, addr)) {
			n->last_host = h;
			return h;
		}
	}
	return NULL;
}

uint64_t
host_handle(const struct net *n, const struct host *h)
{
	return pool_handle(&n->hosts, h->tcp.index);
}

struct host *
host_at(const struct net *n, uint64_t handle)
{
	return pool_lookup(&n->hosts, handle);
}

int
net_host_find(const struct net *n, const struct mien_addr *addr, uint64_t *host)
{
	struct flow_iter it;
	uint64_t hash = addr_hash(n, addr);

	for (uint32_t i = flow_find_first(&n->host_table, hash, &it); i != FLOW_NONE;
		i = flow_find_next(&n->host_table, &it)) {
		const struct host *h = pool_at(&n->hosts, i);

		if (mien_addr_eq(&h->tcp.addr, addr)) {
			*host = host_handle(n, h);
			return MIEN_OK;
		}
	}
	return MIEN_ENOENT;
}

int
net_host_info(const struct net *n, uint64_t host, struct mien_host_info *out)
{
	const struct host *h = host_at(n, host);

	if (!h)
		return MIEN_ESTALE;
	*out = (struct mien_host_info){
		.addr = h->tcp.addr,
		.prefix_len = h->tcp.prefix_len,
		.ready = h->tcp.ready,
		.personality = h->tcp.p,
		.cookie = h->cookie,
		.epoch_ns = h->tcp.epoch_ns,
		.conns = h->tcp.conns,
		.group = h->tcp.group,
	};
	memcpy(out->mac, h->mac, sizeof(out->mac));
	return MIEN_OK;
}

bool
net_host_next(const struct net *n, uint32_t *it, uint64_t *host)
{
	uint32_t index = pool_next(&n->hosts, *it);

	if (index == POOL_NONE)
		return false;
	*it = index + 1;
	*host = pool_handle(&n->hosts, index);
	return true;
}
