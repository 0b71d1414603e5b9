/* SPDX-License-Identifier: BSD-3-Clause */
/* The room's creation and end, its transmit ring, and the dispatch of timers and events. */
#include "net_parts.h"

static uint32_t
tx_room(const void *net)
{
	const struct net *n = net;

	uint32_t room = NET_TX_RING - (n->tx->tail - n->tx->head);

	return room > NET_TX_KEPT ? room - NET_TX_KEPT : 0;
}

struct siphash_key
net_derive_key(const struct env *env, const uint64_t what[3])
{
	struct siphash_key k = siphash_key_of(env->secret), key;
	uint64_t words[5] = {what[0], what[1], what[2]};

	memcpy(&words[3], env->secret + 16, 16);
	key.k0 = siphash24_5w(&k, words);
	words[2] = ~words[2];
	key.k1 = siphash24_5w(&k, words);
	return key;
}

static int
tables_create(struct net *n)
{
	const struct net_limits *l = &n->limits;

	if (pool_init(&n->hosts, &n->mem, l->max_hosts, sizeof(struct host), CACHE_LINE) ||
		flow_table_init(&n->host_table, &n->mem, l->max_hosts))
		return MIEN_ENOMEM;
	if (subnets_create(n) || neigh_create(n) || reass_create(n) || udp_create(n))
		return MIEN_ENOMEM;
	n->id_buckets = n->mem.alloc(n->mem.ctx, NET_ID_BUCKETS * sizeof(*n->id_buckets), CACHE_LINE);
	n->error_buckets = n->mem.alloc(n->mem.ctx, NET_ERROR_BUCKETS * sizeof(*n->error_buckets), CACHE_LINE);
	n->tx = n->mem.alloc(n->mem.ctx, sizeof(*n->tx), CACHE_LINE);
	return n->id_buckets && n->error_buckets && n->tx ? MIEN_OK : MIEN_ENOMEM;
}

static bool
limits_valid(const struct net_limits *l)
{
	return l->max_hosts > 0 && l->max_udp > 0 && l->max_neighbours > 0 && l->max_fragments > 0 &&
	       l->vlan < 4095 && !(l->mac[0] & 1);
}

int
net_create(struct net *n, struct env *env, struct tcp *tcp, const struct net_limits *limits,
	const struct mem_ops *mem)
{
	static const uint64_t tables[3] = {0x7461626c6573}; /* "tables" */
	int err;

	if (!limits_valid(limits))
		return MIEN_EINVAL;
	memset(n, 0, sizeof(*n));
	n->env = env;
	n->tcp = tcp;
	n->limits = *limits;
	n->mem = *mem;
	n->hash_key = net_derive_key(env, tables);
	err = tables_create(n);
	if (err != MIEN_OK) {
		net_destroy(n);
		return err;
	}
	for (unsigned int i = 0; i < NET_ID_BUCKETS; i++)
		n->id_buckets[i] = (uint16_t)rng_u32(&env->rng);
	memset(n->error_buckets, 0, NET_ERROR_BUCKETS * sizeof(*n->error_buckets));
	env->net = n;
	env->ip_output = ip_output;
	env->tx_room = tx_room;
	return MIEN_OK;
}

void
net_destroy(struct net *n)
{
	if (n->tx) {
		while (n->tx->head != n->tx->tail)
			rte_pktmbuf_free(n->tx->pkts[n->tx->head++ % NET_TX_RING]);
		n->mem.free(n->mem.ctx, n->tx, sizeof(*n->tx));
	}
	if (n->error_buckets)
		n->mem.free(n->mem.ctx, n->error_buckets, NET_ERROR_BUCKETS * sizeof(*n->error_buckets));
	if (n->id_buckets)
		n->mem.free(n->mem.ctx, n->id_buckets, NET_ID_BUCKETS * sizeof(*n->id_buckets));
	udp_destroy(n);
	reass_destroy(n);
	neigh_destroy(n);
	subnets_destroy(n);
	flow_table_fini(&n->host_table);
	pool_fini(&n->hosts);
	memset(n, 0, sizeof(*n));
}

void
link_header(struct net *n, const struct host *h, struct rte_mbuf *m, const uint8_t *dst, uint16_t ethertype)
{
	static const uint8_t unknown[ETH_ADDR_LEN];

	if (!dst)
		dst = unknown;
	if (n->limits.vlan)
		eth_build_tagged(pkt_push(m, ETH_HDR_LEN + VLAN_TAG_LEN), dst, h->mac,
			n->limits.vlan, ethertype);
	else
		eth_build(pkt_push(m, ETH_HDR_LEN), dst, h->mac, ethertype);
}

void
link_output(struct net *n, struct rte_mbuf *m)
{
	struct tx_ring *r = n->tx;

	if (r->tail - r->head == NET_TX_RING) {
		env_drop(n->env, MIEN_DROP_TX_FULL);
		rte_pktmbuf_free(m);
		return;
	}
	r->pkts[r->tail++ % NET_TX_RING] = m;
}

uint16_t
net_tx_take(struct net *n, struct rte_mbuf **pkts, uint16_t max)
{
	struct tx_ring *r = n->tx;
	uint16_t count = 0;

	while (count < max && r->head != r->tail)
		pkts[count++] = r->pkts[r->head++ % NET_TX_RING];
	return count;
}

void
net_timer(struct net *n, struct wheel_entry *entry)
{
	if (entry->owner == TIMER_NEIGH)
		neigh_timer(n, entry);
	else if (entry->owner == TIMER_FRAG)
		reass_timer(n, entry);
	else
		acd_timer(n, wheel_owner_of(entry, struct host, timer));
}

static unsigned int
host_take_events(struct net *n, struct event_source *src, struct mien_event *ev)
{
	struct host *h = wheel_owner_of(src, struct host, ev);
	enum mien_event_type type;

	if (!src->pending)
		return 0;
	type = (enum mien_event_type)__builtin_ctz(src->pending);
	src->pending &= (uint16_t)(src->pending - 1);
	*ev = (struct mien_event){.type = type, .object = host_handle(n, h), .cookie = h->cookie};
	if (type == MIEN_EV_CONFLICT) {
		ev->err = MIEN_ECONFLICT;
		memcpy(ev->u.mac, h->conflict_mac, sizeof(h->conflict_mac));
	}
	return 1;
}

unsigned int
net_take_events(struct net *n, struct event_source *src, struct mien_event *ev, unsigned int max)
{
	unsigned int count = 0, got = 1;

	while (count < max && got > 0) {
		got = src->kind == SOURCE_UDP ? udp_take_events(n, src, ev + count) : host_take_events(n, src, ev + count);
		count += got;
	}
	return count;
}

void
net_forget_events(struct env *env, struct event_source *src)
{
	struct event_source **link = &env->events.head, *last = NULL;

	if (!src->queued)
		return;
	while (*link != src) {
		last = *link;
		link = &last->next;
	}
	*link = src->next;
	if (env->events.tail == src)
		env->events.tail = last;
	src->queued = 0;
	src->pending = 0;
}

void
net_gauges(const struct net *n, struct mien_gauges *out)
{
	out->udp_endpoints = pool_used(&n->udps);
	out->hosts = flow_table_used(&n->host_table);
	out->neighbours = pool_used(&n->neighs);
	out->fragments = pool_used(&n->datagrams);
	out->fragment_mbufs = n->frag_mbufs;
	out->fragment_bytes = n->frag_bytes;
	out->neighbour_mbufs = n->neigh_waiting;
}
