/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The hosts of one stack on their link, as core sees them. Every call happens with env.now set to the time of the
 * entry; all is used by the stack's lcore only. Tables are keyed by struct mien_addr, whatever the family.
 */
#ifndef NET_ROOM_H
#define NET_ROOM_H

#include <mien/drop.h>
#include <mien/udp.h>

#include "env.h"
#include "flow_table.h"
#include "host.h"
#include "pool.h"
#include "segment.h"
#include "siphash.h"
#include "tcp_room.h"

#define NET_TX_RING 4096 /* packets; a power of two */
#define NET_TX_KEPT 256	 /* of them for what nobody sends again: resets, answers, ICMP */
#define NET_ERROR_BUCKETS 4096 /* a power of two */
#define NET_FRAG_SOURCES 4096 /* a power of two */
#define NET_ID_BUCKETS 2048 /* MIEN_IPID_PER_DEST and PER_PEER; a power of two */

struct net_limits {
	uint32_t max_hosts, max_udp, max_neighbours;
	uint32_t max_fragments; /* datagrams in reassembly */
	uint64_t max_fragment_bytes;
	uint64_t max_source_bytes; /* of these, for one source; 0: no limit of its own */
	uint16_t vlan; /* 802.1Q id, 0: untagged */
	uint8_t mac[6]; /* of hosts that bring none */
};

struct tx_ring {
	uint32_t head, tail; /* put at tail, taken from head; free-running */
	struct rte_mbuf *pkts[NET_TX_RING];
};

/* A link, for broadcasts and routes. */
struct subnet {
	struct mien_addr prefix;
	uint32_t hosts; /* on it */
	uint32_t first; /* of them in the pool; POOL_NONE: not known */
	uint32_t index;
	uint8_t bits; /* of prefix, in the 128 of struct mien_addr */
};

/* A list through indices of a pool; POOL_NONE ends it. */
struct index_list {
	uint32_t oldest, newest;
};

struct net {
	struct env *env;
	struct tcp *tcp;
	struct net_limits limits;
	struct mem_ops mem;
	struct siphash_key hash_key;

	struct pool hosts, subnets, neighs, datagrams, udps;
	struct flow_table host_table;  /* by address */
	struct flow_table subnet_table; /* by prefix and its length */
	struct flow_table neigh_table; /* by address */
	struct flow_table frag_table;  /* by source, destination, protocol, identification */
	struct flow_table udp_table;   /* by address and port */
	struct host *last_host;	       /* found last; NULL: none */
	struct mien_addr gateway;      /* any: none */
	uint32_t links_of[129];	       /* how many subnets have so many bits */

	struct index_list neigh_cold, neigh_hot; /* never used by output; used */
	struct index_list neigh_asked; /* without an answer yet */
	uint32_t neigh_asked_count, neigh_waiting; /* entries, frames in their queues */
	struct token_bucket neigh_pace;	       /* of new neighbours asked for */
	struct index_list frag_age;
	uint64_t frag_bytes;
	uint32_t frag_mbufs;
	uint32_t *frag_sources; /* NET_FRAG_SOURCES: bytes of memory by hash of the source */
	struct token_bucket acd_pace; /* of all hosts' probes and announcements */
	uint16_t udp_port_last;

	struct token_bucket *error_buckets; /* NET_ERROR_BUCKETS: ICMP errors by host and destination */
	uint16_t *id_buckets; /* NET_ID_BUCKETS counters */
	struct tx_ring *tx;
};

/* -- creation ---------------------------------------------------------------------------------------------- */
/* Puts ip_output, tx_room and net into env. MIEN_ENOMEM, MIEN_EINVAL: nothing is kept. limits and mem are copied. */
int net_create(struct net *n, struct env *env, struct tcp *tcp, const struct net_limits *limits,
	const struct mem_ops *mem);
/* Frees every mbuf held; sends nothing. The hosts' connections must be ended by tcp_destroy, before or after. */
void net_destroy(struct net *n);

/* -- receive ----------------------------------------------------------------------------------------------- */
enum rx_kind {
	RX_TCP,	 /* seg is filled and checked: tcp_input(tcp, &host->tcp, &seg) */
	RX_SLOW, /* net_rx_slow() */
	RX_DROP	 /* free m, count drop */
};

struct rx_pkt {
	struct rte_mbuf *m; /* RX_TCP: seg.m, data at the payload; else the frame as it came */
	struct host *host;
	uint8_t kind; /* enum rx_kind */
	uint8_t drop; /* enum mien_drop */
	uint32_t tcb; /* what it most likely belongs to: index for prefetching, or FLOW_NONE */
	struct tcp_segment seg;
};

/* Pass one: parses and classifies; m stays the caller's until pass two. Sends nothing, changes no table. */
void net_rx_parse(struct net *n, struct rte_mbuf *m, struct rx_pkt *out);
/* Pass two of RX_SLOW. Takes pkt->m. The verdict is the caller's to count. */
enum mien_drop net_rx_slow(struct net *n, struct rx_pkt *pkt);

/* -- transmit ---------------------------------------------------------------------------------------------- */
/* Gives up to max frames in the order they were queued; counts nothing. */
uint16_t net_tx_take(struct net *n, struct rte_mbuf **pkts, uint16_t max);

static inline bool
net_tx_pending(const struct net *n)
{
	return n->tx->head != n->tx->tail;
}

/* -- time and events --------------------------------------------------------------------------------------- */
/* A wheel entry of TIMER_NEIGH, TIMER_FRAG or TIMER_HOST came due. */
void net_timer(struct net *n, struct wheel_entry *entry);
/* Fills up to max events of a host or UDP endpoint and clears what was told; 0 when none is left. */
unsigned int net_take_events(struct net *n, struct event_source *src, struct mien_event *ev, unsigned int max);
/* Fills the members that are this room's; adds to none. */
void net_gauges(const struct net *n, struct mien_gauges *out);

/* -- hosts: the mien_host_* functions without the stack ---------------------------------------------------- */
int net_host_add(struct net *n, const struct mien_host_config *config, uint64_t *host);
int net_host_remove(struct net *n, uint64_t host);
int net_host_find(const struct net *n, const struct mien_addr *addr, uint64_t *host);
int net_host_set_personality(struct net *n, uint64_t host, const struct mien_personality *p);
int net_host_set_fast_open_key(struct net *n, uint64_t host, const uint8_t key[16]);
int net_host_info(const struct net *n, uint64_t host, struct mien_host_info *out);
bool net_host_next(const struct net *n, uint32_t *it, uint64_t *host);
/* The host to talk to remote from: local when it is not any (NULL if it is no host), else chosen by route. */
struct host *net_source_host(struct net *n, const struct mien_addr *local, const struct mien_addr *remote);

int net_set_gateway(struct net *n, const struct mien_addr *gateway);
int net_add_neighbour(struct net *n, const struct mien_addr *addr, const uint8_t mac[6]);

/* -- UDP: the mien_udp_* functions without the stack ------------------------------------------------------- */
int net_udp_bind(struct net *n, const struct mien_udp_bind *config, uint64_t *ep);
int net_udp_close(struct net *n, uint64_t ep);
int net_udp_recv(struct net *n, uint64_t ep, struct rte_mbuf **m, struct mien_udp_peer *from);
int net_udp_send_mbuf(struct net *n, uint64_t ep, struct rte_mbuf *m, const struct mien_udp_peer *to);
int net_udp_send(struct net *n, uint64_t ep, const void *data, size_t len, const struct mien_udp_peer *to);

#endif
