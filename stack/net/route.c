/* SPDX-License-Identifier: BSD-3-Clause */
/* Links' prefixes, and where a packet goes next: the link it is on, or the one gateway. */
#include "net_parts.h"

/* addr with only its first bits left. */
static struct mien_addr
prefix_of(const struct mien_addr *addr, unsigned int bits)
{
	struct mien_addr p = mien_addr_any();
	uint8_t bytes[16];

	memcpy(bytes, addr, 16);
	if (bits < 128)
		bytes[bits / 8] &= (uint8_t)(0xff00u >> bits % 8);
	memcpy(&p, bytes, (bits + 7) / 8);
	return p;
}

static uint64_t
subnet_hash(const struct net *n, const struct mien_addr *prefix, unsigned int bits)
{
	const struct siphash_key key = {n->hash_key.k0, n->hash_key.k1 ^ bits};

	return siphash13_2w(&key, prefix->q);
}

/* The link of that many bits which addr would be on. */
static struct subnet *
subnet_of(const struct net *n, const struct mien_addr *addr, unsigned int bits)
{
	const struct mien_addr prefix = prefix_of(addr, bits);
	struct flow_iter it;

	for (uint32_t i = flow_find_first(&n->subnet_table, subnet_hash(n, &prefix, bits), &it); i != FLOW_NONE;
		i = flow_find_next(&n->subnet_table, &it)) {
		struct subnet *s = pool_at(&n->subnets, i);

		if (s->bits == bits && mien_addr_eq(&s->prefix, &prefix))
			return s;
	}
	return NULL;
}

static struct subnet *
subnet_new(struct net *n, const struct mien_addr *addr, unsigned int bits)
{
	const struct mien_addr prefix = prefix_of(addr, bits);
	uint32_t index = pool_get(&n->subnets);
	struct subnet *s;

	assert(index != POOL_NONE); /* as many as hosts */
	table_add(&n->subnet_table, subnet_hash(n, &prefix, bits), index);
	s = pool_at(&n->subnets, index);
	*s = (struct subnet){.prefix = prefix, .first = POOL_NONE, .index = index, .bits = (uint8_t)bits};
	n->links_of[bits]++;
	return s;
}

void
subnet_take(struct net *n, const struct host *h)
{
	unsigned int bits = prefix_bits(&h->tcp.addr, h->tcp.prefix_len);
	struct subnet *s = subnet_of(n, &h->tcp.addr, bits);

	if (!s)
		s = subnet_new(n, &h->tcp.addr, bits);
	if (s->hosts++ == 0 || (s->first != POOL_NONE && h->tcp.index < s->first))
		s->first = h->tcp.index;
}

void
subnet_give(struct net *n, const struct host *h)
{
	unsigned int bits = prefix_bits(&h->tcp.addr, h->tcp.prefix_len);
	struct subnet *s = subnet_of(n, &h->tcp.addr, bits);

	if (s->first == h->tcp.index)
		s->first = POOL_NONE;
	if (--s->hosts > 0)
		return;
	flow_table_remove(&n->subnet_table, subnet_hash(n, &s->prefix, bits), s->index);
	n->links_of[bits]--;
	pool_put(&n->subnets, s->index);
}

/* A link of *bits or more that a is on; *bits becomes its own. NULL: none. */
static struct subnet *
next_link(const struct net *n, const struct mien_addr *a, unsigned int *bits)
{
	for (; *bits <= 128; ++*bits) {
		struct subnet *s = n->links_of[*bits] ? subnet_of(n, a, *bits) : NULL;

		if (s)
			return s;
	}
	return NULL;
}

static unsigned int
least_bits(const struct mien_addr *a)
{
	return mien_addr_is_ip4(a) ? 96 : 0;
}

/* Only ones follow the prefix: links with a shorter one than that are not asked for. */
bool
subnet_is_broadcast(const struct net *n, const struct mien_addr *a)
{
	const struct subnet *s;
	unsigned int bits;
	uint32_t zeros;

	if (!mien_addr_is_ip4(a))
		return false;
	zeros = ~mien_addr_get_ip4(a);
	bits = zeros ? 128 - (unsigned int)__builtin_ctz(zeros) : 96;
	for (; (s = next_link(n, a, &bits)) != NULL; bits++)
		if (ip4_is_subnet_broadcast(mien_addr_get_ip4(a), mien_addr_get_ip4(&s->prefix), (uint8_t)(bits - 96)))
			return true;
	return false;
}

const struct mien_addr *
route_next_hop(const struct net *n, const struct host *h, const struct mien_addr *remote)
{
	if (host_on_link(h, remote))
		return remote;
	return host_on_link(h, &n->gateway) ? &n->gateway : NULL;
}

static bool
reaches_directly(const struct net *n, const struct mien_addr *a)
{
	unsigned int bits = least_bits(a);

	return next_link(n, a, &bits) != NULL;
}

static bool
host_is_on(const struct host *h, const struct subnet *s)
{
	return prefix_bits(&h->tcp.addr, h->tcp.prefix_len) == s->bits && host_on_link(h, &s->prefix);
}

/* The first host of a link, which has one; looked for only when the one known has gone. */
static uint32_t
first_of(const struct net *n, struct subnet *s)
{
	if (s->first != POOL_NONE)
		return s->first;
	s->first = pool_next(&n->hosts, 0);
	while (!host_is_on(pool_at(&n->hosts, s->first), s))
		s->first = pool_next(&n->hosts, s->first + 1);
	return s->first;
}

/* Of all links that a is on. */
static struct host *
first_host_on_link(struct net *n, const struct mien_addr *a)
{
	unsigned int bits = least_bits(a);
	uint32_t first = POOL_NONE;
	struct subnet *s;

	for (; (s = next_link(n, a, &bits)) != NULL; bits++)
		if (first_of(n, s) < first)
			first = s->first;
	return first == POOL_NONE ? NULL : pool_at(&n->hosts, first);
}

/* A broadcast leaves by the first host's link. */
static struct host *
first_host(struct net *n)
{
	uint32_t index = pool_next(&n->hosts, 0);

	return index == POOL_NONE ? NULL : pool_at(&n->hosts, index);
}

struct host *
net_source_host(struct net *n, const struct mien_addr *local, const struct mien_addr *remote)
{
	struct host *h;

	if (!mien_addr_is_any(local))
		return host_find(n, local);
	if (mien_addr_is_ip4(remote) && ip4_is_broadcast(mien_addr_get_ip4(remote)))
		return first_host(n);
	h = first_host_on_link(n, remote);
	if (!h && !mien_addr_is_any(&n->gateway))
		h = first_host_on_link(n, &n->gateway);
	return h;
}

int
subnets_create(struct net *n)
{
	if (pool_init(&n->subnets, &n->mem, n->limits.max_hosts, sizeof(struct subnet), 0))
		return MIEN_ENOMEM;
	return flow_table_init(&n->subnet_table, &n->mem, n->limits.max_hosts) ? MIEN_ENOMEM : MIEN_OK;
}

void
subnets_destroy(struct net *n)
{
	flow_table_fini(&n->subnet_table);
	pool_fini(&n->subnets);
}

int
net_set_gateway(struct net *n, const struct mien_addr *gateway)
{
	if (!mien_addr_is_any(gateway) && !reaches_directly(n, gateway))
		return MIEN_ENOROUTE;
	n->gateway = *gateway;
	return MIEN_OK;
}
