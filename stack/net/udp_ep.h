/* SPDX-License-Identifier: BSD-3-Clause */
/* UDP endpoints and the datagrams that wait at them. */
#ifndef NET_UDP_EP_H
#define NET_UDP_EP_H

#include "net_parts.h"

#define UDP_QUEUE 256

struct udp_ep {
	struct mien_addr addr; /* any: every host; or group_addr() */
	struct event_source ev;
	struct rte_mbuf *head, *tail; /* linked through udp_meta.next */
	uint64_t cookie;
	uint32_t index;
	uint16_t port;
	uint16_t waiting, limit;
};

/* Private area of a waiting datagram's first mbuf. */
struct udp_meta {
	struct rte_mbuf *next;
	struct mien_udp_peer peer;
};
_Static_assert(sizeof(struct udp_meta) <= MIEN_MBUF_PRIV_SIZE, "a datagram's peer fits the private area");

static inline struct udp_meta *
udp_meta(struct rte_mbuf *m)
{
	return (struct udp_meta *)(void *)((uint8_t *)m + sizeof(struct rte_mbuf));
}

/* Does it speak for several hosts? */
static inline bool
udp_is_shared(const struct udp_ep *ep)
{
	return mien_addr_is_any(&ep->addr) || ep->addr.q[0] == UINT64_MAX;
}

/* The endpoint bound to exactly addr (any and groups included) and port. */
struct udp_ep *udp_bound(const struct net *n, const struct mien_addr *addr, uint16_t port);
/* The endpoint that hears what comes to addr, which is h's (NULL: nobody's). */
struct udp_ep *udp_find(const struct net *n, const struct mien_addr *addr, const struct host *h, uint16_t port);
uint64_t udp_hash(const struct net *n, const struct mien_addr *addr, uint16_t port);

#endif
