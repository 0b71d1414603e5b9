/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The neighbour cache (RFC 826, RFC 1122 2.3.2).
 *
 * Entries stand on one of three lists, oldest first: those asked for, that did not answer yet, of which there may be a
 * quarter of the cache; cold ones, only heard of; hot ones, that were sent to. When the cache is full a cold one goes
 * first, then one asked for, and to remember somebody new that only asked, no hot one goes at all: neither strangers nor
 * packets to where nobody is can push out those in use. Static entries stand on no list.
 */
#include "neigh.h"

#define TOUCH_GAP NS_PER_SECOND /* a hot entry moves in its list at most so often */
#define NEW_PER_SECOND 10000 /* neighbours asked for anew: a flood from forged neighbours floods nobody else */
#define NEW_BURST 1000

static struct neigh *
neigh_at(const struct net *n, uint32_t index)
{
	return pool_at(&n->neighs, index);
}

static struct index_list *
list_of(struct net *n, const struct neigh *e)
{
	if (e->state == NEIGH_INCOMPLETE)
		return &n->neigh_asked;
	return e->hot ? &n->neigh_hot : &n->neigh_cold;
}

static void
list_append(struct net *n, struct neigh *e)
{
	struct index_list *l = list_of(n, e);

	n->neigh_asked_count += e->state == NEIGH_INCOMPLETE;
	e->older = l->newest;
	e->newer = POOL_NONE;
	if (l->newest != POOL_NONE)
		neigh_at(n, l->newest)->newer = e->index;
	else
		l->oldest = e->index;
	l->newest = e->index;
}

static void
list_remove(struct net *n, struct neigh *e)
{
	struct index_list *l = list_of(n, e);

	if (e->state == NEIGH_STATIC)
		return;
	n->neigh_asked_count -= e->state == NEIGH_INCOMPLETE;
	*(e->older != POOL_NONE ? &neigh_at(n, e->older)->newer : &l->oldest) = e->newer;
	*(e->newer != POOL_NONE ? &neigh_at(n, e->newer)->older : &l->newest) = e->older;
}

static struct neigh *
neigh_find(const struct net *n, const struct mien_addr *addr)
{
	struct flow_iter it;

	for (uint32_t i = flow_find_first(&n->neigh_table, addr_hash(n, addr), &it); i != FLOW_NONE;
		i = flow_find_next(&n->neigh_table, &it))
		if (mien_addr_eq(&neigh_at(n, i)->addr, addr))
			return neigh_at(n, i);
	return NULL;
}

/* Tells the transport of a packet that could not be sent (RFC 1122 4.2.3.9: a soft error). */
static void
report_unreachable(struct net *n, const struct rte_mbuf *m)
{
	struct icmp4_quote q = {0};
	struct transport_error e;

	(void)icmp4_quote_parse(pkt_data(m) + m->l2_len, rte_pktmbuf_data_len(m) - m->l2_len, &q); /* a header of ours */
	if (!q.has_ports)
		return;
	e = (struct transport_error){
		.local = mien_addr_ip4(q.src),
		.remote = mien_addr_ip4(q.dst),
		.lport = q.sport,
		.rport = q.dport,
		.seq = q.seq,
		.proto = q.proto,
		.err = MIEN_EUNREACH,
	};
	transport_error(n, &e);
}

/* Takes the frames; those that failed are reported. */
static void
frames_drop(struct net *n, struct rte_mbuf *const *frames, unsigned int count, enum mien_drop why)
{
	n->env->mbufs_held -= count;
	n->neigh_waiting -= count;
	for (unsigned int i = 0; i < count; i++) {
		env_drop(n->env, why);
		if (why == MIEN_DROP_NEIGH_FAILED)
			report_unreachable(n, frames[i]);
		rte_pktmbuf_free(frames[i]);
	}
}

/* Takes the entry out; its queue is the caller's. */
static void
neigh_free(struct net *n, struct neigh *e)
{
	wheel_cancel(&n->env->wheel, &e->timer);
	list_remove(n, e);
	flow_table_remove(&n->neigh_table, addr_hash(n, &e->addr), e->index);
	pool_put(&n->neighs, e->index);
}

static void
evict_entry(struct net *n, uint32_t index)
{
	struct neigh *e = neigh_at(n, index);

	frames_drop(n, e->queue, e->waiting, MIEN_DROP_NEIGH_QUEUE);
	neigh_free(n, e);
	n->env->counters.neigh_evicted++;
}

/* Makes room; false when nothing may go. */
static bool
evict(struct net *n, bool for_output)
{
	uint32_t index = n->neigh_cold.oldest;

	if (index == POOL_NONE && for_output)
		index = n->neigh_asked.oldest;
	if (index == POOL_NONE && for_output)
		index = n->neigh_hot.oldest;
	if (index == POOL_NONE)
		return false;
	evict_entry(n, index);
	return true;
}

/* Who asks for too many at once loses those that were asked for first. */
static void
make_place_to_ask(struct net *n)
{
	if (n->neigh_asked_count > 0 && n->neigh_asked_count >= (n->limits.max_neighbours + 3) / 4)
		evict_entry(n, n->neigh_asked.oldest);
}

static struct neigh *
neigh_new(struct net *n, const struct mien_addr *addr, bool for_output)
{
	struct neigh *e;
	uint32_t index;

	if (for_output)
		make_place_to_ask(n);
	if (pool_used(&n->neighs) == n->limits.max_neighbours && !evict(n, for_output))
		return NULL;
	index = pool_get(&n->neighs);
	table_add(&n->neigh_table, addr_hash(n, addr), index);
	e = neigh_at(n, index);
	memset(e, 0, sizeof(*e));
	e->index = index;
	e->addr = *addr;
	e->hot = for_output;
	e->used_at = n->env->now;
	e->timer.owner = TIMER_NEIGH;
	e->state = for_output ? NEIGH_INCOMPLETE : NEIGH_REACHABLE;
	list_append(n, e);
	return e;
}

static uint64_t
request_gap(const struct host *h)
{
	uint64_t gap = h->tcp.p->arp.retry_ms * NS_PER_MS;

	return gap > NEIGH_REQUEST_GAP ? gap : NEIGH_REQUEST_GAP;
}

static void
ask(struct net *n, struct host *h, struct neigh *e)
{
	e->tries++;
	e->asked_at = n->env->now;
	arp_request(n, h, mien_addr_get_ip4(&h->tcp.addr), mien_addr_get_ip4(&e->addr),
		e->state == NEIGH_PROBE ? e->mac : NULL);
	wheel_set(&n->env->wheel, &e->timer, n->env->now + request_gap(h));
}

static void
ask_first(struct net *n, struct host *h, struct neigh *e, enum neigh_state state)
{
	e->state = (uint8_t)state;
	e->asker = host_handle(n, h);
	e->tries = 0;
	ask(n, h, e);
}

static void
enqueue(struct net *n, struct neigh *e, struct rte_mbuf *m)
{
	if (e->waiting == NEIGH_QUEUE) {
		env_drop(n->env, MIEN_DROP_NEIGH_QUEUE);
		rte_pktmbuf_free(e->queue[0]);
		memmove(&e->queue[0], &e->queue[1], (NEIGH_QUEUE - 1) * sizeof(e->queue[0]));
		e->waiting--;
		n->env->mbufs_held--;
		n->neigh_waiting--;
	}
	while (n->env->hold_neighbours && n->neigh_waiting >= n->env->hold_neighbours &&
		n->neigh_asked.oldest != e->index)
		evict_entry(n, n->neigh_asked.oldest);
	e->queue[e->waiting++] = m;
	n->env->mbufs_held++;
	n->neigh_waiting++;
}

static void
touch(struct net *n, struct neigh *e)
{
	if (e->state == NEIGH_STATIC || (e->hot && n->env->now - e->used_at < TOUCH_GAP))
		return;
	list_remove(n, e);
	e->hot = true;
	e->used_at = n->env->now;
	list_append(n, e);
}

static struct neigh *
from_route(const struct net *n, const uint32_t *route, const struct mien_addr *hop)
{
	struct neigh *e;

	if (!route || *route == 0 || !pool_live(&n->neighs, *route - 1))
		return NULL;
	e = neigh_at(n, *route - 1);
	return mien_addr_eq(&e->addr, hop) ? e : NULL;
}

/* Is it time to ask again, while packets go on? */
static bool
is_due(const struct net *n, const struct host *h, const struct neigh *e)
{
	return e->state == NEIGH_REACHABLE && n->env->now - e->confirmed_at > h->tcp.p->arp.reachable_ms * NS_PER_MS &&
	       n->env->now - e->asked_at >= NEIGH_REQUEST_GAP;
}

void
neigh_output(struct net *n, struct host *h, const struct mien_addr *hop, uint32_t *route, struct rte_mbuf *m)
{
	struct neigh *e = from_route(n, route, hop);

	if (!e) {
		e = neigh_find(n, hop);
		if (!e) {
			e = token_bucket_take(&n->neigh_pace, n->env->now, NEW_PER_SECOND, NEW_BURST)
				    ? neigh_new(n, hop, true) : NULL;
			if (!e) {
				env_drop(n->env, MIEN_DROP_NEIGH_QUEUE);
				rte_pktmbuf_free(m);
				return;
			}
			enqueue(n, e, m);
			ask_first(n, h, e, NEIGH_INCOMPLETE);
			return;
		}
		if (route)
			*route = e->index + 1;
	}
	if (e->state == NEIGH_INCOMPLETE) {
		enqueue(n, e, m);
		return;
	}
	memcpy(pkt_data(m), e->mac, ETH_ADDR_LEN);
	link_output(n, m);
	touch(n, e);
	if (is_due(n, h, e))
		ask_first(n, h, e, NEIGH_PROBE);
}

static void
queue_send(struct net *n, struct neigh *e)
{
	unsigned int count = e->waiting;

	e->waiting = 0;
	for (unsigned int i = 0; i < count; i++) {
		memcpy(pkt_data(e->queue[i]), e->mac, ETH_ADDR_LEN);
		link_output(n, e->queue[i]);
	}
	n->env->mbufs_held -= count;
	n->neigh_waiting -= count;
}

static void
confirm(struct net *n, struct neigh *e, const uint8_t mac[6])
{
	memcpy(e->mac, mac, ETH_ADDR_LEN);
	e->confirmed_at = n->env->now;
	if (e->state == NEIGH_STATIC)
		return;
	if (e->state == NEIGH_INCOMPLETE) {
		list_remove(n, e);
		e->state = NEIGH_REACHABLE;
		list_append(n, e);
	}
	e->state = NEIGH_REACHABLE;
	wheel_set(&n->env->wheel, &e->timer, n->env->now + NEIGH_KEEP);
}

void
neigh_learn(struct net *n, const struct mien_addr *addr, const uint8_t mac[6], bool add)
{
	struct neigh *e = neigh_find(n, addr);

	if (!e) {
		e = add ? neigh_new(n, addr, false) : NULL;
		if (e)
			confirm(n, e, mac);
		return;
	}
	if (e->state == NEIGH_STATIC)
		return;
	if (e->state == NEIGH_REACHABLE && !eth_addr_eq(e->mac, mac) && n->env->now - e->confirmed_at < NEIGH_LOCK)
		return;
	confirm(n, e, mac);
	queue_send(n, e);
}

bool
neigh_known(const struct net *n, const struct mien_addr *addr)
{
	const struct neigh *e = neigh_find(n, addr);

	return e && e->state != NEIGH_INCOMPLETE;
}

/* Nobody answered. The entry goes first: a transport that is told may send again at once. */
static void
give_up(struct net *n, struct neigh *e)
{
	struct rte_mbuf *frames[NEIGH_QUEUE];
	unsigned int count = e->waiting;

	memcpy(frames, e->queue, sizeof(frames));
	neigh_free(n, e);
	frames_drop(n, frames, count, MIEN_DROP_NEIGH_FAILED);
}

void
neigh_timer(struct net *n, struct wheel_entry *entry)
{
	struct neigh *e = wheel_owner_of(entry, struct neigh, timer);
	struct host *h;

	if (e->state == NEIGH_REACHABLE) {
		if (n->env->now - e->used_at >= NEIGH_KEEP)
			neigh_free(n, e);
		else
			wheel_set(&n->env->wheel, &e->timer, e->used_at + NEIGH_KEEP);
		return;
	}
	h = host_at(n, e->asker);
	if (h && e->tries < h->tcp.p->arp.retries)
		ask(n, h, e);
	else
		give_up(n, e);
}

int
net_add_neighbour(struct net *n, const struct mien_addr *addr, const uint8_t mac[6])
{
	struct neigh *e = neigh_find(n, addr);

	if (!mien_addr_is_ip4(addr) || ip4_is_bad_source(mien_addr_get_ip4(addr)) || eth_is_group(mac) ||
		eth_is_zero(mac))
		return MIEN_EINVAL;
	if (!e)
		e = neigh_new(n, addr, true);
	if (!e)
		return MIEN_EFULL;
	list_remove(n, e);
	wheel_cancel(&n->env->wheel, &e->timer);
	e->state = NEIGH_STATIC;
	confirm(n, e, mac);
	queue_send(n, e);
	return MIEN_OK;
}

int
neigh_create(struct net *n)
{
	n->neigh_cold = n->neigh_hot = n->neigh_asked = (struct index_list){POOL_NONE, POOL_NONE};
	if (pool_init(&n->neighs, &n->mem, n->limits.max_neighbours, sizeof(struct neigh), CACHE_LINE))
		return MIEN_ENOMEM;
	return flow_table_init(&n->neigh_table, &n->mem, n->limits.max_neighbours) ? MIEN_ENOMEM : MIEN_OK;
}

void
neigh_destroy(struct net *n)
{
	if (n->neighs.objs)
		pool_foreach(&n->neighs, i) {
			struct neigh *e = neigh_at(n, i);

			while (e->waiting > 0)
				rte_pktmbuf_free(e->queue[--e->waiting]);
		}
	flow_table_fini(&n->neigh_table);
	pool_fini(&n->neighs);
}
