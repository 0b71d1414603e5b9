/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Seams between the parts of the net room; nothing outside it includes this.
 *
 * Receive:   rx (classify) -> arp_in | ip_in -> ip_opts, reass -> icmp_in | udp | tcp_input
 * Transmit:  ip_out -> ip_id, ip_frag, route -> neigh -> link_output
 */
#ifndef NET_PARTS_H
#define NET_PARTS_H

#include "eth.h"
#include "icmp4.h"
#include "ip4.h"
#include "net_room.h"
#include "pkt.h"

/* A packet for this stack behind its IP header; what answers need of that header. */
struct ip_rx {
	struct rte_mbuf *m;	/* data at the transport header, len bytes */
	struct host *host;	/* NULL: it came by broadcast */
	struct mien_addr src, dst;
	const uint8_t *hdr;	/* the IP header; of a reassembled datagram: as if it had come whole */
	uint32_t len;
	uint16_t id;
	uint16_t frag_off;	/* bytes; 0 once reassembled */
	uint8_t hdr_len;
	uint8_t proto, tos, ttl, df;
	bool more;		/* fragments follow; false once reassembled */
	bool group;		/* link or IP broadcast or multicast: never a reason for an error */
	bool cksum_ok;		/* the port verified the transport checksum */
};

static inline uint64_t
addr_hash(const struct net *n, const struct mien_addr *a)
{
	return siphash13_2w(&n->hash_key, a->q);
}

/* An entry for an object of a pool that is no larger than the table: there is room. */
static inline void
table_add(struct flow_table *t, uint64_t hash, uint32_t index)
{
	int err = flow_table_insert(t, hash, index);

	assert(err == 0);
	(void)err;
}

/* A prefix's length in the 128 bits of struct mien_addr. */
static inline unsigned int
prefix_bits(const struct mien_addr *a, uint8_t prefix_len)
{
	return mien_addr_is_ip4(a) ? 96u + prefix_len : prefix_len;
}

/* A key for a purpose, from the stack's secret. */
struct siphash_key net_derive_key(const struct env *env, const uint64_t what[3]);
/* Takes src out of env.events; its pending events are lost. */
void net_forget_events(struct env *env, struct event_source *src);

/* Is mac the host's (NULL: none) or the stack's? */
static inline bool
link_is_for(const struct net *n, const struct host *h, const uint8_t mac[6])
{
	return (h && eth_addr_eq(mac, h->mac)) || eth_addr_eq(mac, n->limits.mac);
}

/* -- host.c, route.c ------------------------------------------------------------------------------------------ */
struct host *host_find(struct net *n, const struct mien_addr *addr);
/* The host of a handle, NULL when it is gone. */
struct host *host_at(const struct net *n, uint64_t handle);
uint64_t host_handle(const struct net *n, const struct host *h);
int subnets_create(struct net *n);
void subnets_destroy(struct net *n);
/* h's link, by its address, prefix length and index. */
void subnet_take(struct net *n, const struct host *h);
void subnet_give(struct net *n, const struct host *h);
/* Is a the broadcast address of a host's link? */
bool subnet_is_broadcast(const struct net *n, const struct mien_addr *a);
/* The next hop from h to remote: itself when on the link, else the gateway; NULL: no route. */
const struct mien_addr *route_next_hop(const struct net *n, const struct host *h, const struct mien_addr *remote);

/* -- acd.c: RFC 5227 ------------------------------------------------------------------------------------------ */
/* tell: announces although it did not probe. */
void acd_start(struct net *n, struct host *h, bool probe, bool tell);
void acd_timer(struct net *n, struct host *h);
/* mac claims h's address. */
void acd_conflict(struct net *n, struct host *h, const uint8_t mac[6]);

/* -- arp_in.c, arp_out.c -------------------------------------------------------------------------------------- */
/* dst: the frame's destination. */
enum mien_drop arp_input(struct net *n, const uint8_t *dst, const uint8_t *body, uint32_t len);
/* Request for tpa; spa is 0 in probes. dst NULL: broadcast. */
void arp_request(struct net *n, struct host *h, uint32_t spa, uint32_t tpa, const uint8_t *dst);

/* -- neigh.c: resolution of next hops ------------------------------------------------------------------------- */
/*
 * Takes m, an Ethernet frame whose destination is still to be filled in. Sends it, or queues it until hop is
 * resolved. route: see ip_tx.
 */
void neigh_output(struct net *n, struct host *h, const struct mien_addr *hop, uint32_t *route, struct rte_mbuf *m);
/* An ARP sender (checked: a unicast station, no host of this stack). add: also when it is not known yet. */
void neigh_learn(struct net *n, const struct mien_addr *addr, const uint8_t mac[6], bool add);
bool neigh_known(const struct net *n, const struct mien_addr *addr);
void neigh_timer(struct net *n, struct wheel_entry *entry);
int neigh_create(struct net *n);
void neigh_destroy(struct net *n);

/* -- out ------------------------------------------------------------------------------------------------------ */
/* Ethernet header with h's MAC in front of m (headroom is there); dst NULL: zero. */
void link_header(struct net *n, const struct host *h, struct rte_mbuf *m, const uint8_t *dst, uint16_t ethertype);
/* Takes a finished frame. Dropped and counted when the ring is full. */
void link_output(struct net *n, struct rte_mbuf *m);
void ip_output(void *net, struct tcp_host *host, struct rte_mbuf *m, const struct ip_tx *tx); /* env.ip_output */
uint16_t ip_id_next(struct net *n, struct host *h, const struct mien_ip_rule *rule, const struct ip_tx *tx);
/* An identification that is unique for fragments (RFC 6864 4.3) whatever the policy. */
uint16_t ip_id_fragment(struct net *n, struct host *h, const struct mien_ip_rule *rule, const struct ip_tx *tx);
/* Takes m (transport). hdr: header of the whole; sends it in pieces of at most mtu bytes, without DF. */
void ip4_fragment(struct net *n, struct host *h, struct rte_mbuf *m, struct ip4_hdr_v *hdr, const struct ip_tx *tx, uint16_t mtu);
/* Takes m (transport, with headroom): writes hdr in front, without options, and sends it. */
void ip4_send(struct net *n, struct host *h, struct rte_mbuf *m, const struct ip4_hdr_v *hdr, const struct ip_tx *tx);

/* -- in ------------------------------------------------------------------------------------------------------- */
/* Takes m, data at the IP header, of which as much as there is (60 bytes at most) is contiguous. dst: the frame's. */
enum mien_drop ip4_input(struct net *n, struct rte_mbuf *m, const uint8_t *dst);
/* Takes rx->m: a whole datagram, to its protocol. */
enum mien_drop ip_deliver(struct net *n, struct ip_rx *rx);
/*
 * MIEN_DROP_NONE or MIEN_DROP_IP_OPTION; strict: also for what may be overlooked. *at: the byte that is wrong, counted
 * from the header's start; 0: none, but it is refused.
 */
enum mien_drop ip4_options_check(const struct ip4_hdr_v *v, bool strict, unsigned int *at);

/* -- reass.c -------------------------------------------------------------------------------------------------- */
#define IP_HDR_COPY 60
/*
 * Takes rx->m, a fragment. True: *rx is the whole datagram now, its header in hdr. False: kept or dropped (*drop).
 */
bool reass_input(struct net *n, struct ip_rx *rx, uint8_t hdr[IP_HDR_COPY], enum mien_drop *drop);
void reass_timer(struct net *n, struct wheel_entry *entry);
void reass_host_gone(struct net *n, const struct host *h);
int reass_create(struct net *n);
void reass_destroy(struct net *n);

/* -- ICMP and UDP --------------------------------------------------------------------------------------------- */
enum mien_drop icmp4_input(struct net *n, struct ip_rx *rx); /* takes rx->m */
/* Answers rx with an error, if the rules of RFC 1122 3.2.2 and the personality allow it. Borrows rx->m. */
void icmp_answer(struct net *n, const struct ip_rx *rx, uint8_t type, uint8_t code);
/* The same about the byte at `at` of its header: a parameter problem. */
void icmp_answer_problem(struct net *n, const struct ip_rx *rx, unsigned int at);

/* An error about a packet that was sent from local, as far as it is known. */
struct transport_error {
	struct mien_addr local, remote;
	uint32_t seq;
	int32_t err; /* enum mien_err */
	uint16_t lport, rport;
	uint16_t mtu;
	uint16_t len;  /* of the whole packet, as quoted; 0: it may have been cut on the way */
	uint8_t proto;
	bool hard;
};
enum mien_drop transport_error(struct net *n, const struct transport_error *e); /* of TCP or UDP: the others have no ports */

enum mien_drop udp_input(struct net *n, struct ip_rx *rx); /* takes rx->m */
enum mien_drop udp_error(struct net *n, const struct transport_error *e);
unsigned int udp_take_events(struct net *n, struct event_source *src, struct mien_event *ev);
int udp_create(struct net *n);
void udp_destroy(struct net *n);

#endif
