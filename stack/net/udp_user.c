/* SPDX-License-Identifier: BSD-3-Clause */
/* UDP for applications: bind, receive, send, close. */
#include "udp_hdr.h"

#include "udp_ep.h"

/* RFC 6335 6: where no host says otherwise. */
#define PORT_LOW 49152
#define PORT_HIGH 65535
#define PORT_TRIES 64
#define DATA_MAX (65535 - IP4_HDR_MIN - UDP_HDR_LEN)

struct port_range {
	uint16_t low, high;
	int step; /* 0: random */
};

static struct port_range
range_of(const struct host *h)
{
	const struct mien_tcp_rule *t = h ? &h->tcp.p->tcp : NULL;

	if (!t || t->port_low == 0 || t->port_high < t->port_low)
		return (struct port_range){PORT_LOW, PORT_HIGH, 0};
	return (struct port_range){t->port_low, t->port_high,
		(t->port_pick == MIEN_PORT_ASCENDING) - (t->port_pick == MIEN_PORT_DESCENDING)};
}

static uint16_t
candidate(struct net *n, const struct port_range *r)
{
	uint16_t first = r->step > 0 ? r->low : r->high, last = r->step > 0 ? r->high : r->low;

	if (r->step == 0)
		return (uint16_t)rng_range(&n->env->rng, r->low, r->high);
	if (n->udp_port_last < r->low || n->udp_port_last > r->high || n->udp_port_last == last)
		n->udp_port_last = first;
	else
		n->udp_port_last = (uint16_t)(n->udp_port_last + r->step);
	return n->udp_port_last;
}

/* A free port as the host's personality picks them; 0: none was found. */
static uint16_t
pick_port(struct net *n, const struct mien_addr *addr)
{
	const struct port_range r = range_of(host_find(n, addr));

	for (unsigned int i = 0; i < PORT_TRIES; i++) {
		uint16_t port = candidate(n, &r);

		if (!udp_bound(n, addr, port))
			return port;
	}
	for (uint32_t port = r.low; port <= r.high; port++)
		if (!udp_bound(n, addr, (uint16_t)port))
			return (uint16_t)port;
	return 0;
}

static int
config_check(struct net *n, const struct mien_udp_bind *c, const struct mien_addr *addr)
{
	if (c->group && !mien_addr_is_any(&c->addr))
		return MIEN_EINVAL;
	if (!mien_addr_is_any(&c->addr) && !host_find(n, &c->addr))
		return MIEN_ENOENT;
	return c->port && udp_bound(n, addr, c->port) ? MIEN_EEXIST : MIEN_OK;
}

int
net_udp_bind(struct net *n, const struct mien_udp_bind *config, uint64_t *ep_out)
{
	const struct mien_addr addr = config->group ? group_addr(config->group) : config->addr;
	int err = config_check(n, config, &addr);
	uint16_t port = config->port;
	struct udp_ep *ep;
	uint32_t index;

	if (err != MIEN_OK)
		return err;
	if (port == 0)
		port = pick_port(n, &addr);
	if (port == 0)
		return MIEN_EPORTS;
	index = pool_get(&n->udps);
	if (index == POOL_NONE)
		return MIEN_EFULL;
	table_add(&n->udp_table, udp_hash(n, &addr, port), index);
	ep = pool_at(&n->udps, index);
	*ep = (struct udp_ep){
		.addr = addr,
		.port = port,
		.limit = config->queue ? config->queue : UDP_QUEUE,
		.cookie = config->cookie,
		.index = index,
		.ev = {.kind = SOURCE_UDP},
	};
	*ep_out = pool_handle(&n->udps, index);
	return MIEN_OK;
}

static struct rte_mbuf *
pop(struct net *n, struct udp_ep *ep)
{
	struct rte_mbuf *m = ep->head;

	if (!m)
		return NULL;
	ep->head = udp_meta(m)->next;
	if (!ep->head)
		ep->tail = NULL;
	ep->waiting--;
	n->env->mbufs_held -= m->nb_segs;
	return m;
}

int
net_udp_close(struct net *n, uint64_t handle)
{
	struct udp_ep *ep = pool_lookup(&n->udps, handle);
	struct rte_mbuf *m;

	if (!ep)
		return MIEN_ESTALE;
	while ((m = pop(n, ep)) != NULL)
		rte_pktmbuf_free(m);
	net_forget_events(n->env, &ep->ev);
	flow_table_remove(&n->udp_table, udp_hash(n, &ep->addr, ep->port), ep->index);
	pool_put(&n->udps, ep->index);
	return MIEN_OK;
}

int
net_udp_recv(struct net *n, uint64_t handle, struct rte_mbuf **m, struct mien_udp_peer *from)
{
	struct udp_ep *ep = pool_lookup(&n->udps, handle);

	if (!ep)
		return MIEN_ESTALE;
	*m = pop(n, ep);
	if (!*m)
		return MIEN_EAGAIN;
	*from = udp_meta(*m)->peer;
	pkt_drop_empty(*m);
	return MIEN_OK;
}

/* The host to send from: what the caller says, what the endpoint is bound to, else by route. */
static struct host *
source_of(struct net *n, const struct udp_ep *ep, const struct mien_udp_peer *to)
{
	const struct mien_addr *local = udp_is_shared(ep) ? &to->local : &ep->addr;

	return net_source_host(n, local, &to->remote);
}

static int
send_check(struct net *n, const struct udp_ep *ep, const struct mien_udp_peer *to, uint32_t len, struct host **from)
{
	if (!ep)
		return MIEN_ESTALE;
	if (to->remote_port == 0 || mien_addr_is_any(&to->remote) || !mien_addr_is_ip4(&to->remote))
		return MIEN_EINVAL;
	if (!udp_is_shared(ep) && !mien_addr_is_any(&to->local) && !mien_addr_eq(&ep->addr, &to->local))
		return MIEN_EINVAL;
	*from = source_of(n, ep, to);
	if (!*from)
		return MIEN_ENOROUTE;
	return len > DATA_MAX ? MIEN_EMSGSIZE : MIEN_OK;
}

/* The header goes in front; its checksum unless the port does it. */
static void
put_header(struct net *n, const struct host *h, struct rte_mbuf *m, uint16_t sport, const struct mien_udp_peer *to)
{
	uint16_t len = (uint16_t)(rte_pktmbuf_pkt_len(m) + UDP_HDR_LEN), ck;
	uint8_t *p = pkt_push(m, UDP_HDR_LEN);
	uint32_t sum;

	udp_build(p, sport, to->remote_port, len, 0);
	if (n->env->tx_offloads & MIEN_OFFLOAD_UDP_CKSUM)
		return;
	sum = cksum_pseudo4(mien_addr_get_ip4(&h->tcp.addr), mien_addr_get_ip4(&to->remote), IPP_UDP, len);
	ck = cksum_finish(pkt_sum(m, 0, len, sum));
	put_be16(p + 6, ck ? ck : 0xffff);
}

/* Takes m, which has headroom and is private. */
static void
transmit(struct net *n, struct host *h, struct rte_mbuf *m, uint16_t sport, const struct mien_udp_peer *to)
{
	const struct ip_tx tx = {
		.remote = to->remote,
		.cls = MIEN_CLASS_UDP,
		.proto = IPP_UDP,
		.tos = to->tos,
		.ttl = to->ttl,
		.reply_ttl = to->ttl,
	};

	put_header(n, h, m, sport, to);
	n->env->counters.udp_sent++;
	ip_output(n, &h->tcp, m, &tx);
}

/* An empty mbuf in front of the data, when the header cannot go into the data's own headroom. */
static struct rte_mbuf *
with_headroom(struct net *n, struct rte_mbuf *m)
{
	struct rte_mbuf *front;

	if (pkt_writable(m) && rte_pktmbuf_headroom(m) >= n->env->headroom + UDP_HDR_LEN)
		return m;
	front = pkt_new(n->env, 0);
	if (!front)
		return NULL;
	front->next = m;
	front->pkt_len = m->pkt_len;
	front->nb_segs = (uint16_t)(m->nb_segs + 1);
	return front;
}

int
net_udp_send_mbuf(struct net *n, uint64_t handle, struct rte_mbuf *m, const struct mien_udp_peer *to)
{
	struct udp_ep *ep = pool_lookup(&n->udps, handle);
	struct host *h = NULL;
	int err = send_check(n, ep, to, rte_pktmbuf_pkt_len(m), &h);

	if (err != MIEN_OK)
		return err;
	m = with_headroom(n, m);
	if (!m)
		return MIEN_ENOMEM;
	transmit(n, h, m, ep->port, to);
	return MIEN_OK;
}

/* Copies into as many mbufs as it takes; NULL without mbufs. */
static struct rte_mbuf *
copy_of(struct net *n, const uint8_t *data, size_t len)
{
	struct rte_mbuf *m = pkt_new(n->env, 0), *tail = m;

	while (m && len > 0) {
		size_t room = rte_pktmbuf_tailroom(tail), part = len < room ? len : room;

		if (part == 0) {
			struct rte_mbuf *next = pkt_new(n->env, 1);

			if (!next) {
				rte_pktmbuf_free(m);
				return NULL;
			}
			tail->next = next;
			tail = next;
			m->nb_segs++;
			continue;
		}
		memcpy(rte_pktmbuf_mtod_offset(tail, uint8_t *, tail->data_len), data, part);
		tail->data_len = (uint16_t)(tail->data_len + part);
		m->pkt_len += (uint32_t)part;
		data += part;
		len -= part;
	}
	return m;
}

int
net_udp_send(struct net *n, uint64_t handle, const void *data, size_t len, const struct mien_udp_peer *to)
{
	struct udp_ep *ep = pool_lookup(&n->udps, handle);
	struct host *h = NULL;
	struct rte_mbuf *m;
	int err;

	if (len > DATA_MAX)
		return MIEN_EMSGSIZE;
	err = send_check(n, ep, to, (uint32_t)len, &h);
	if (err != MIEN_OK)
		return err;
	m = copy_of(n, data, len);
	if (!m)
		return MIEN_ENOMEM;
	transmit(n, h, m, ep->port, to);
	return MIEN_OK;
}

unsigned int
udp_take_events(struct net *n, struct event_source *src, struct mien_event *ev)
{
	struct udp_ep *ep = wheel_owner_of(src, struct udp_ep, ev);
	enum mien_event_type type;

	if (!src->pending)
		return 0;
	type = (enum mien_event_type)__builtin_ctz(src->pending);
	src->pending &= (uint16_t)(src->pending - 1);
	*ev = (struct mien_event){
		.type = type,
		.err = type == MIEN_EV_UDP_ERROR ? src->err : MIEN_OK,
		.object = pool_handle(&n->udps, ep->index),
		.cookie = ep->cookie,
	};
	return 1;
}

int
udp_create(struct net *n)
{
	if (pool_init(&n->udps, &n->mem, n->limits.max_udp, sizeof(struct udp_ep), CACHE_LINE))
		return MIEN_ENOMEM;
	return flow_table_init(&n->udp_table, &n->mem, n->limits.max_udp) ? MIEN_ENOMEM : MIEN_OK;
}

void
udp_destroy(struct net *n)
{
	if (n->udps.objs)
		pool_foreach(&n->udps, i) {
			struct udp_ep *ep = pool_at(&n->udps, i);
			struct rte_mbuf *m;

			while ((m = pop(n, ep)) != NULL)
				rte_pktmbuf_free(m);
		}
	flow_table_fini(&n->udp_table);
	pool_fini(&n->udps);
}
